/*
 * Korean unless English is meant, whatever locales the machine has. Each case runs in a process of
 * its own, because the choice is made once. The catalogue is the real one: asked for the empty
 * message, gettext() gives the catalogue's head, and nothing when there is no catalogue.
 */
#include "base/lang.h"

#include <langinfo.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum answer { ANSWER_KOREAN = 10, ANSWER_ENGLISH, ANSWER_NOT_UTF8, ANSWER_NUMBERS_CHANGED };

struct surroundings {
    const char *all;      /* LC_ALL; NULL: not set. */
    const char *messages; /* LC_MESSAGES. */
    const char *lang;     /* LANG. */
    const char *list;     /* LANGUAGE. */
    const char *wanted;
    enum answer answer;
};

static void set_or_unset(const char *name, const char *value)
{
    if (value == NULL) {
        unsetenv(name);
    } else {
        setenv(name, value, 1);
    }
}

/* What a program in these surroundings says. Runs in the child. */
static enum answer ask(const struct surroundings *surroundings)
{
    unsetenv("LC_CTYPE");
    set_or_unset("LC_ALL", surroundings->all);
    set_or_unset("LC_MESSAGES", surroundings->messages);
    set_or_unset("LANG", surroundings->lang);
    set_or_unset("LANGUAGE", surroundings->list);
    lang_init(surroundings->wanted);
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
        return ANSWER_NOT_UTF8;
    }
    if (strcmp(setlocale(LC_NUMERIC, NULL), "C") != 0) {
        return ANSWER_NUMBERS_CHANGED;
    }
    const char *head = _("");
    return strstr(head, "Language: en") != NULL ? ANSWER_ENGLISH : ANSWER_KOREAN;
}

static void assert_answer(const struct surroundings *surroundings)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit((int)ask(surroundings));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) != (int)surroundings->answer) {
        fail_msg("LC_ALL=%s LC_MESSAGES=%s LANG=%s LANGUAGE=%s wanted \"%s\" gave %d",
                 surroundings->all, surroundings->messages, surroundings->lang, surroundings->list,
                 surroundings->wanted, WEXITSTATUS(status));
    }
}

static void assert_answers(const struct surroundings *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_answer(&cases[i]);
    }
}

#define ASSERT_ANSWERS(cases) assert_answers(cases, sizeof(cases) / sizeof((cases)[0]))

static void english_locale_gives_english_installed_or_not(void **state)
{
    (void)state;
    static const struct surroundings cases[] = {
        {NULL, NULL, "en_US.UTF-8", NULL, "", ANSWER_ENGLISH},
        {NULL, NULL, "en_ZW.UTF-8", NULL, "", ANSWER_ENGLISH},
        {NULL, NULL, "en", NULL, "", ANSWER_ENGLISH},
        {NULL, NULL, "en_GB@euro", NULL, "", ANSWER_ENGLISH},
        {NULL, NULL, "en_US.ISO-8859-1", NULL, "", ANSWER_ENGLISH},
    };
    ASSERT_ANSWERS(cases);
}

static void every_other_locale_gives_korean(void **state)
{
    (void)state;
    static const struct surroundings cases[] = {
        {NULL, NULL, NULL, NULL, "", ANSWER_KOREAN},
        {NULL, NULL, "", NULL, "", ANSWER_KOREAN},
        {NULL, NULL, "C", NULL, "", ANSWER_KOREAN},
        {NULL, NULL, "POSIX", NULL, "", ANSWER_KOREAN},
        {NULL, NULL, "C.UTF-8", NULL, "", ANSWER_KOREAN},
        {NULL, NULL, "ko_KR.UTF-8", NULL, "", ANSWER_KOREAN},
        {NULL, NULL, "de_DE.UTF-8", NULL, "", ANSWER_KOREAN},
        {NULL, NULL, "english", NULL, "", ANSWER_KOREAN},
        {NULL, NULL, "../../en", NULL, "", ANSWER_KOREAN},
    };
    ASSERT_ANSWERS(cases);
}

static void variables_count_in_the_order_of_setlocale(void **state)
{
    (void)state;
    static const struct surroundings cases[] = {
        {"C", "en_US.UTF-8", "en_US.UTF-8", NULL, "", ANSWER_KOREAN},
        {"en_US.UTF-8", "ko_KR.UTF-8", "ko_KR.UTF-8", NULL, "", ANSWER_ENGLISH},
        {"", "en_US.UTF-8", "ko_KR.UTF-8", NULL, "", ANSWER_ENGLISH},
        {NULL, "ko_KR.UTF-8", "en_US.UTF-8", NULL, "", ANSWER_KOREAN},
        {NULL, "", "en_US.UTF-8", NULL, "", ANSWER_ENGLISH},
    };
    ASSERT_ANSWERS(cases);
}

static void list_of_languages_counts_as_for_gettext(void **state)
{
    (void)state;
    static const struct surroundings cases[] = {
        {NULL, NULL, "ko_KR.UTF-8", "en", "", ANSWER_ENGLISH},
        {NULL, NULL, "en_US.UTF-8", "ko:en", "", ANSWER_KOREAN},
        {NULL, NULL, "de_DE.UTF-8", "de:en_GB:ko", "", ANSWER_ENGLISH},
        {NULL, NULL, "en_US.UTF-8", "de:fr", "", ANSWER_KOREAN},
        {NULL, NULL, "en_US.UTF-8", "de:C:en", "", ANSWER_KOREAN},
        {NULL, NULL, "en_US.UTF-8", ":::", "", ANSWER_KOREAN},
        {NULL, NULL, "en_US.UTF-8", "", "", ANSWER_ENGLISH},
        {NULL, NULL, "C", "en", "", ANSWER_KOREAN},
        {NULL, NULL, NULL, "en", "", ANSWER_KOREAN},
    };
    ASSERT_ANSWERS(cases);
}

static void what_is_wanted_wins_over_all(void **state)
{
    (void)state;
    static const struct surroundings cases[] = {
        {"C", "C", "C", NULL, "en", ANSWER_ENGLISH},
        {NULL, NULL, NULL, NULL, "en", ANSWER_ENGLISH},
        {"ko_KR.UTF-8", NULL, NULL, "ko", "en", ANSWER_ENGLISH},
        {"en_US.UTF-8", "en_US.UTF-8", "en_US.UTF-8", "en", "ko", ANSWER_KOREAN},
        {NULL, NULL, "en_US.UTF-8", NULL, "de", ANSWER_KOREAN},
    };
    ASSERT_ANSWERS(cases);
}

static void catalogues_lie_in_the_build_tree_of_the_program(void **state)
{
    (void)state;
    char program[4096];
    ssize_t count = readlink("/proc/self/exe", program, sizeof(program) - 1);
    assert_true(count > 0);
    program[count] = '\0';
    const char *build = lang_folder(program);
    const char *installed = lang_folder("/usr/bin/madang");
    assert_string_not_equal(build, installed);
    assert_int_equal(strncmp(build, program, (size_t)(strrchr(build, '/') - build) + 1), 0);
    /* A neighbour whose name only begins like the build tree is not in it. */
    char neighbour[5000];
    snprintf(neighbour, sizeof(neighbour), "%.*s-old/madang", (int)(strrchr(build, '/') - build),
             build);
    assert_string_equal(lang_folder(neighbour), installed);
    assert_string_equal(lang_folder(""), installed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(english_locale_gives_english_installed_or_not),
        cmocka_unit_test(every_other_locale_gives_korean),
        cmocka_unit_test(variables_count_in_the_order_of_setlocale),
        cmocka_unit_test(list_of_languages_counts_as_for_gettext),
        cmocka_unit_test(what_is_wanted_wins_over_all),
        cmocka_unit_test(catalogues_lie_in_the_build_tree_of_the_program),
    };
    return cmocka_run_group_tests_name("lang", tests, NULL, NULL);
}
