/* Characters as a person sees them, and their direction. */
#include "base/grapheme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Clusters of different kinds; none joins the one before it. */
static const char *const clusters[] = {
    "a",
    "\xEA\xB0\x80",                                 /* 가 */
    "\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8",         /* 각 in conjoining pieces */
    "e\xCC\x81\xCC\x82",                            /* a letter with two marks */
    "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7", /* two emoji, joined */
    "\xF0\x9F\x87\xB0\xF0\x9F\x87\xB7",             /* a flag of two letters */
    " ",
    "\xFF", /* no UTF-8: a byte of its own */
};
#define CLUSTER_COUNT (sizeof(clusters) / sizeof(clusters[0]))

static struct text join(struct bytes *joined)
{
    for (size_t i = 0; i < CLUSTER_COUNT; i++) {
        assert_int_equal(bytes_append_text(joined, text_of(clusters[i])), ERR_OK);
    }
    return bytes_text(joined);
}

static void clusters_end_where_a_person_sees_it(void **state)
{
    (void)state;
    struct bytes joined = {0};
    struct text text = join(&joined);
    size_t position = 0;
    for (size_t i = 0; i < CLUSTER_COUNT; i++) {
        size_t end = grapheme_end(text, position);
        assert_int_equal(end - position, strlen(clusters[i]));
        position = end;
    }
    assert_int_equal(position, text.count);
    bytes_finish(&joined);
}

static void the_cluster_before_any_position_is_found(void **state)
{
    (void)state;
    struct bytes joined = {0};
    struct text text = join(&joined);
    size_t start = 0;
    for (size_t i = 0; i < CLUSTER_COUNT; i++) {
        size_t end = start + strlen(clusters[i]);
        /* From inside as from the end. */
        for (size_t position = start + 1; position <= end; position++) {
            assert_int_equal(grapheme_before(text, position), start);
        }
        start = end;
    }
    bytes_finish(&joined);
}

static void right_to_left_scripts_are_known(void **state)
{
    (void)state;
    assert_true(text_has_right_to_left(TEXT("abc \xD7\xA9")));     /* Hebrew */
    assert_true(text_has_right_to_left(TEXT("\xD8\xA7")));         /* Arabic */
    assert_true(text_has_right_to_left(TEXT("\xD9\xA1")));         /* an Arabic digit */
    assert_true(text_has_right_to_left(TEXT("\xF0\x9E\xA4\x80"))); /* Adlam */
    assert_false(text_has_right_to_left(TEXT("")));
    assert_false(text_has_right_to_left(TEXT("abc 123 안녕 \xFF \xCC\x81")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clusters_end_where_a_person_sees_it),
        cmocka_unit_test(the_cluster_before_any_position_is_found),
        cmocka_unit_test(right_to_left_scripts_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
