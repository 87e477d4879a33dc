/* The command line: what is taken, and the one line that everything else hears. */
#include "server/options.h"

#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 40

struct line {
    char *words[WORDS_MAX + 2];
    int count;
    struct options options;
    struct bytes problem;
};

/* Parses the words that NULL ends. */
static enum error parse(struct line *line, const char *const *words)
{
    *line = (struct line){.words = {(char[]){"madangd"}}, .count = 1};
    for (; *words != NULL; words++) {
        line->words[line->count++] = (char *)(uintptr_t)*words;
    }
    optind = 0; /* getopt begins anew. */
    return options_parse(line->count, line->words, &line->options, &line->problem);
}

#define PARSE(line, ...) parse(line, (const char *const[]){__VA_ARGS__, NULL})

static void nothing_is_to_run_with_the_defaults(void **state)
{
    (void)state;
    struct line line;
    assert_int_equal(parse(&line, (const char *const[]){NULL}), ERR_OK);
    assert_int_equal(line.options.action, OPTIONS_RUN);
    assert_int_equal(line.options.arguments.threads, 0);
    assert_int_equal(line.options.arguments.listen_count, 0);
    assert_null(line.options.arguments.file);
    assert_null(line.options.arguments.data);
}

static void everything_is_taken(void **state)
{
    (void)state;
    struct line line;
    assert_int_equal(PARSE(&line, "--listen", "127.0.0.1:9999", "--data=/somewhere", "--config",
                           "file", "--threads", "64", "--listen", "[::1]:0", "--check"),
                     ERR_OK);
    assert_int_equal(line.options.action, OPTIONS_CHECK);
    assert_int_equal(line.options.arguments.threads, 64);
    assert_int_equal(line.options.arguments.listen_count, 2);
    assert_int_equal(line.options.arguments.listens[0].port, 9999);
    assert_string_equal(line.options.arguments.listens[1].address, "::1");
    assert_string_equal(line.options.arguments.data, "/somewhere");
    assert_string_equal(line.options.arguments.file, "file");
}

static void help_and_version_come_before_faults_behind_them(void **state)
{
    (void)state;
    struct line line;
    assert_int_equal(PARSE(&line, "--help", "--nonsense"), ERR_OK);
    assert_int_equal(line.options.action, OPTIONS_HELP);
    assert_int_equal(PARSE(&line, "--version", "rest"), ERR_OK);
    assert_int_equal(line.options.action, OPTIONS_VERSION);
    assert_non_null(strstr(options_help(), "--listen"));
}

static void expect_problem(const char *const *words, const char *named)
{
    struct line line;
    line.options.action = OPTIONS_CHECK;
    assert_int_equal(parse(&line, words), ERR_INVALID);
    assert_int_equal(bytes_append(&line.problem, "", 1), ERR_OK);
    assert_non_null(strstr(line.problem.data, named));
    assert_null(strchr(line.problem.data, '\n'));
    assert_null(strchr(line.problem.data, '\x1b'));
    bytes_finish(&line.problem);
}

#define PROBLEM(named, ...) expect_problem((const char *const[]){__VA_ARGS__, NULL}, named)

static void faults_are_named_in_one_line(void **state)
{
    (void)state;
    PROBLEM("--tls", "--tls");
    PROBLEM("--room", "--room", "x");
    PROBLEM("--listen", "--listen");
    PROBLEM("-x", "-x");
    PROBLEM("-x", "-xy");
    PROBLEM("here:9999", "--listen", "here:9999");
    PROBLEM("1.2.3.4", "--listen", "1.2.3.4");
    PROBLEM("1.2.3.4:65536", "--listen", "1.2.3.4:65536");
    PROBLEM("--data", "--data", "");
    PROBLEM("--config", "--config=");
    PROBLEM("rest", "--check", "rest");
    PROBLEM("^[[2J", "\x1b[2J");
    PROBLEM("^[", "--listen", "\x1b:1");
}

static void threads_have_bounds(void **state)
{
    (void)state;
    struct line line;
    assert_int_equal(PARSE(&line, "--threads", "1"), ERR_OK);
    assert_int_equal(line.options.arguments.threads, 1);
    static const char *const bad[] = {
        "0", "65", "-1", "+1", " 1", "1x", "", "0x2", "99999999999999999999", "1.5"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        PROBLEM("--threads", "--threads", bad[i]);
    }
}

static void listens_have_a_bound(void **state)
{
    (void)state;
    const char *words[2 * (LISTENERS_MAX + 1) + 1];
    int count = 0;
    for (int i = 0; i < LISTENERS_MAX; i++) {
        words[count++] = "--listen";
        words[count++] = "127.0.0.1:0";
    }
    words[count] = NULL;
    struct line line;
    assert_int_equal(parse(&line, words), ERR_OK);
    assert_int_equal(line.options.arguments.listen_count, LISTENERS_MAX);
    words[count++] = "--listen";
    words[count++] = "127.0.0.1:0";
    words[count] = NULL;
    expect_problem(words, "16");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_to_run_with_the_defaults),
        cmocka_unit_test(everything_is_taken),
        cmocka_unit_test(help_and_version_come_before_faults_behind_them),
        cmocka_unit_test(faults_are_named_in_one_line),
        cmocka_unit_test(threads_have_bounds),
        cmocka_unit_test(listens_have_a_bound),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
