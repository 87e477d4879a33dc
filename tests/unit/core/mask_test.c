/* Masks, and how what they are compared with is folded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/mask.h"

#include <string.h>

static void assert_match(const char *mask, const char *text, bool expected)
{
    if (mask_match(text_of(mask), text_of(text)) != expected) {
        fail_msg("\"%s\" and \"%s\"", mask, text);
    }
}

static void star_is_any_and_question_mark_is_one_character(void **state)
{
    (void)state;
    assert_match("", "", true);
    assert_match("", "a", false);
    assert_match("*", "", true);
    assert_match("**", "abc", true);
    assert_match("?", "", false);
    assert_match("?", "a", true);
    assert_match("?", "\ud55c", true);
    assert_match("??", "\ud55c", false);
    assert_match("a*c", "abbc", true);
    assert_match("a*c", "abbcd", false);
    assert_match("a*c*", "abbcd", true);
    assert_match("*ab", "aab", true);
    assert_match("*a?b*", "xxaabxx", true);
    assert_match("*a?b*", "xxabxx", false);
    assert_match("abc", "ab", false);
    assert_match("ab", "abc", false);
    assert_match("*?", "", false);
    assert_match("*?", "\ud55c\uae00", true);
    assert_match("*!*@*.example", "eve!u@a.b.example", true);
    assert_match("*!*@*.example", "eve!u@example", false);
}

static void many_stars_take_no_time(void **state)
{
    (void)state;
    char mask[MASK_BYTES_MAX + 1];
    char text[400];
    for (size_t i = 0; i + 1 < sizeof(mask); i += 2) {
        mask[i] = '*';
        mask[i + 1] = 'a';
    }
    mask[sizeof(mask) - 2] = 'b';
    mask[sizeof(mask) - 1] = '\0';
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_match(mask, text, false);
}

static void assert_folded(const char *text, const char *expected)
{
    struct folded folded;
    mask_fold(text_of(text), &folded);
    assert_int_equal(folded.count, strlen(expected));
    assert_memory_equal(folded.data, expected, folded.count);
}

static void names_are_folded_as_names_and_the_rest_by_letters(void **state)
{
    (void)state;
    assert_folded("", "");
    assert_folded("EVE!U@Host.Example", "eve!u@host.example");
    assert_folded("\u00c4B*!X@Y", "\u00e4b*!x@y");
    assert_folded("\u1112\u1161\u11ab", "\ud55c");
    /* Only a name is folded so. */
    assert_folded("a!\u00c4@Y", "a!\u00c4@y");
    assert_folded("!X", "!x");
}

static void what_is_too_long_or_no_name_is_folded_all_the_same(void **state)
{
    (void)state;
    char text[MASK_BYTES_MAX + 20];
    struct folded folded;
    memset(text, 'X', sizeof(text));
    mask_fold((struct text){.data = text, .count = sizeof(text)}, &folded);
    assert_int_equal(folded.count, MASK_BYTES_MAX);
    assert_int_equal(folded.data[0], 'x');
    mask_fold(TEXT("\xff\xfeX"), &folded);
    assert_int_equal(folded.count, 3);
    for (int i = 0; i < 10; i++) {
        folded_append(&folded, (struct text){.data = text, .count = sizeof(text)});
    }
    assert_int_equal(folded.count, FOLDED_BYTES_MAX);
    assert_true(mask_match_unfolded(TEXT("\u00c4*"), TEXT("\u00e4ffin")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(star_is_any_and_question_mark_is_one_character),
        cmocka_unit_test(many_stars_take_no_time),
        cmocka_unit_test(names_are_folded_as_names_and_the_rest_by_letters),
        cmocka_unit_test(what_is_too_long_or_no_name_is_folded_all_the_same),
    };
    return cmocka_run_group_tests_name("core/mask", tests, NULL, NULL);
}
