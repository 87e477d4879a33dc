/*
 * Chooses between Korean, which is in the program, and English, which comes from a catalogue.
 *
 * gettext() alone would give Korean to whoever has no locale installed but asks for English, and
 * could not be told by a configuration file. So the choice is made here, and gettext() is then led
 * to it: it looks at LANGUAGE in any locale but "C", and C.UTF-8 is in every C library of our time.
 */
#include "base/lang.h"

#include "base/bytes.h"

#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOMAIN "madang"

enum language { LANGUAGE_UNKNOWN, LANGUAGE_KOREAN, LANGUAGE_ENGLISH };

/* The language of a locale's name: "en" in "en_US.UTF-8", "en@quot" or "en". */
static enum language language_of(struct text locale)
{
    size_t count = 0;
    while (count < locale.count && strchr("_.@", locale.data[count]) == NULL) {
        count++;
    }
    struct text name = {.data = locale.data, .count = count};
    if (text_equal(name, TEXT("ko"))) {
        return LANGUAGE_KOREAN;
    }
    return text_equal(name, TEXT("en")) ? LANGUAGE_ENGLISH : LANGUAGE_UNKNOWN;
}

/* The first language of a list like "de:en_GB:ko" that we have. */
static enum language language_in_list(const char *list)
{
    while (*list != '\0') {
        size_t count = strcspn(list, ":");
        struct text name = {.data = list, .count = count};
        if (text_equal(name, TEXT("C")) || text_equal(name, TEXT("POSIX"))) {
            /* There gettext() stops looking. */
            return LANGUAGE_UNKNOWN;
        }
        enum language language = language_of(name);
        if (language != LANGUAGE_UNKNOWN) {
            return language;
        }
        list += count + (list[count] == ':');
    }
    return LANGUAGE_UNKNOWN;
}

/* The environment's value, or "" when it is not set. */
static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value != NULL ? value : "";
}

/* The name of the locale for messages, in the order of setlocale(). */
static const char *messages_locale(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = environment(names[i]);
        if (*value != '\0') {
            return value;
        }
    }
    return "C";
}

static enum language choose(const char *wanted)
{
    if (*wanted != '\0') {
        return language_of(text_of(wanted));
    }
    const char *locale = messages_locale();
    if (strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0) {
        /* gettext() does not look at LANGUAGE then. */
        return LANGUAGE_KOREAN;
    }
    const char *list = environment("LANGUAGE");
    return *list != '\0' ? language_in_list(list) : language_of(text_of(locale));
}

static void set_character_set(void)
{
    if (setlocale(LC_CTYPE, "") != NULL && strcmp(nl_langinfo(CODESET), "UTF-8") == 0) {
        return;
    }
    /* Text is UTF-8 here whatever the environment says. Without either of these locales only the
     * width of characters in other libraries suffers. */
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
        (void)setlocale(LC_CTYPE, "en_US.UTF-8");
    }
}

/* Sets any locale in which gettext() looks at LANGUAGE. */
static void leave_c_locale(void)
{
    static const char *const names[] = {"", "en_US.UTF-8", "C.UTF-8"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *name = setlocale(LC_MESSAGES, names[i]);
        if (name != NULL && strcmp(name, "C") != 0 && strcmp(name, "POSIX") != 0) {
            return;
        }
    }
}

const char *lang_folder(const char *program)
{
    static const char build_folder[] = MADANG_LOCALE_BUILD_DIR;
    /* The build tree is what the folder lies in, its '/' included. */
    size_t tree_bytes = (size_t)(strrchr(build_folder, '/') - build_folder) + 1;
    return strncmp(program, build_folder, tree_bytes) == 0 ? build_folder : MADANG_LOCALE_DIR;
}

void lang_init(const char *wanted)
{
    enum language language = choose(wanted);
    set_character_set();
    if (language != LANGUAGE_ENGLISH) {
        /* In the "C" locale gettext() gives the message ids, which are Korean. */
        (void)setlocale(LC_MESSAGES, "C");
        return;
    }
    char program[PATH_MAX];
    ssize_t count = readlink("/proc/self/exe", program, sizeof(program) - 1);
    program[count > 0 ? count : 0] = '\0';
    /* Each of these can only fail for lack of memory; then it stays Korean. */
    (void)setenv("LANGUAGE", "en", 1);
    leave_c_locale();
    (void)bindtextdomain(DOMAIN, lang_folder(program));
    (void)bind_textdomain_codeset(DOMAIN, "UTF-8");
    (void)textdomain(DOMAIN);
}
