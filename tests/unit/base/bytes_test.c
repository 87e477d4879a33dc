/* Byte buffers keep their contents through growth and through failure. */
#include "base/bytes.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_holds(const struct bytes *bytes, const char *expected)
{
    assert_true(text_equal(bytes_text(bytes), text_of(expected)));
}

static void text_is_equal_by_bytes_not_by_pointer(void **state)
{
    (void)state;
    char copy[] = "madang";
    assert_true(text_equal(TEXT("madang"), text_of(copy)));
    assert_false(text_equal(TEXT("madang"), TEXT("madans")));
    assert_false(text_equal(TEXT("madang"), TEXT("madan")));
    assert_true(text_equal(TEXT_NONE, TEXT("")));
    assert_false(text_equal(TEXT("a\0b"), TEXT("a\0c")));
}

static void zeroed_bytes_are_an_empty_buffer(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    assert_int_equal(bytes_append_text(&bytes, TEXT("")), ERR_OK);
    assert_int_equal(bytes_append(&bytes, NULL, 0), ERR_OK);
    assert_null(bytes.data);
    bytes_consume(&bytes, 5);
    bytes_finish(&bytes);
}

static void append_adds_at_the_end(void **state)
{
    (void)state;
    struct bytes bytes;
    bytes_init(&bytes);
    assert_int_equal(bytes_append(&bytes, "ab", 2), ERR_OK);
    assert_int_equal(bytes_append_text(&bytes, TEXT("cd")), ERR_OK);
    assert_holds(&bytes, "abcd");
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(bytes_append(&bytes, "x", 1), ERR_OK);
    }
    assert_int_equal(bytes.count, 10004);
    assert_memory_equal(bytes.data, "abcdxxxx", 8);
    bytes_finish(&bytes);
    assert_null(bytes.data);
    assert_int_equal(bytes.capacity, 0);
}

static void reserve_makes_exactly_the_promised_room(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    static const size_t sizes[] = {1, 63, 64, 65, 127, 128, 129, 100000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_int_equal(bytes_reserve(&bytes, sizes[i]), ERR_OK);
        assert_true(bytes.capacity - bytes.count >= sizes[i]);
        /* The planned failure would show an allocation that should not be. */
        mem_fail_at(1);
        assert_int_equal(bytes_reserve(&bytes, sizes[i]), ERR_OK);
        mem_fail_at(0);
        memset(bytes.data + bytes.count, 'x', sizes[i]);
    }
    bytes_finish(&bytes);
}

static void size_that_overflows_is_out_of_memory(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    assert_int_equal(bytes_append(&bytes, "abc", 3), ERR_OK);
    assert_int_equal(bytes_reserve(&bytes, SIZE_MAX), ERR_MEMORY);
    assert_int_equal(bytes_reserve(&bytes, SIZE_MAX - 2), ERR_MEMORY);
    assert_int_equal(bytes_reserve(&bytes, SIZE_MAX / 2), ERR_MEMORY);
    assert_holds(&bytes, "abc");
    bytes_finish(&bytes);
}

static void failed_growth_leaves_the_contents(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    assert_int_equal(bytes_append(&bytes, "abc", 3), ERR_OK);
    char large[1000] = {0};
    mem_fail_at(1);
    assert_int_equal(bytes_append(&bytes, large, sizeof(large)), ERR_MEMORY);
    assert_holds(&bytes, "abc");
    mem_fail_at(1);
    assert_int_equal(bytes_format(&bytes, "%1000d", 1), ERR_MEMORY);
    assert_holds(&bytes, "abc");
    bytes_finish(&bytes);
}

static void format_prints_what_printf_prints(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    assert_int_equal(bytes_append(&bytes, "a", 1), ERR_OK);
    assert_int_equal(bytes_format(&bytes, "[%s] %d%%", "안녕", -7), ERR_OK);
    assert_holds(&bytes, "a[안녕] -7%");
    assert_int_equal(bytes_format(&bytes, "%s", ""), ERR_OK);
    assert_holds(&bytes, "a[안녕] -7%");
    bytes_finish(&bytes);
}

static void a_text_starts_with_its_beginnings(void **state)
{
    (void)state;
    assert_true(text_starts(TEXT("abc"), TEXT("ab")));
    assert_true(text_starts(TEXT("abc"), TEXT_NONE));
    assert_true(text_starts(TEXT_NONE, TEXT_NONE));
    assert_false(text_starts(TEXT("abc"), TEXT("abd")));
    assert_false(text_starts(TEXT("ab"), TEXT("abc")));
    assert_true(text_equal(text_skip(TEXT("abc"), 1), TEXT("bc")));
    assert_true(text_equal(text_skip(TEXT("abc"), 3), TEXT_NONE));
    assert_true(text_equal(text_skip(TEXT_NONE, 0), TEXT_NONE));
}

static void join_appends_all_or_nothing(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    assert_int_equal(BYTES_JOIN(&bytes, TEXT("["), TEXT("bob"), TEXT_NONE, TEXT("] ")), ERR_OK);
    assert_holds(&bytes, "[bob] ");
    char much[1000] = {0};
    mem_fail_at(1);
    struct text long_text = {.data = much, .count = sizeof(much)};
    assert_int_equal(BYTES_JOIN(&bytes, TEXT("x"), long_text), ERR_MEMORY);
    assert_holds(&bytes, "[bob] ");
    bytes_finish(&bytes);
}

static void consume_drops_from_the_front(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    assert_int_equal(bytes_append(&bytes, "abcdef", 6), ERR_OK);
    bytes_consume(&bytes, 0);
    assert_holds(&bytes, "abcdef");
    bytes_consume(&bytes, 2);
    assert_holds(&bytes, "cdef");
    bytes_consume(&bytes, 5);
    assert_holds(&bytes, "");
    bytes_finish(&bytes);
}

static void clear_keeps_the_memory(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    assert_int_equal(bytes_append(&bytes, "abcdef", 6), ERR_OK);
    size_t capacity = bytes.capacity;
    bytes_clear(&bytes);
    assert_int_equal(bytes.count, 0);
    assert_int_equal(bytes.capacity, capacity);
    bytes_finish(&bytes);
}

static void secrets_are_equal_only_as_a_whole(void **state)
{
    (void)state;
    assert_true(text_equal_secret(TEXT("sesame"), TEXT("sesame")));
    assert_true(text_equal_secret(TEXT_NONE, TEXT("")));
    assert_true(text_equal_secret(TEXT("a\0b"), TEXT("a\0b")));
    assert_false(text_equal_secret(TEXT("sesame"), TEXT("sesam")));
    assert_false(text_equal_secret(TEXT("sesam"), TEXT("sesame")));
    assert_false(text_equal_secret(TEXT("sesame"), TEXT("Sesame")));
    assert_false(text_equal_secret(TEXT("sesame"), TEXT("sesamE")));
    assert_false(text_equal_secret(TEXT("a\0b"), TEXT("a\0c")));
    assert_false(text_equal_secret(TEXT("x"), TEXT_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_equal_only_as_a_whole),
        cmocka_unit_test(text_is_equal_by_bytes_not_by_pointer),
        cmocka_unit_test(zeroed_bytes_are_an_empty_buffer),
        cmocka_unit_test(append_adds_at_the_end),
        cmocka_unit_test(reserve_makes_exactly_the_promised_room),
        cmocka_unit_test(size_that_overflows_is_out_of_memory),
        cmocka_unit_test(failed_growth_leaves_the_contents),
        cmocka_unit_test(format_prints_what_printf_prints),
        cmocka_unit_test(a_text_starts_with_its_beginnings),
        cmocka_unit_test(join_appends_all_or_nothing),
        cmocka_unit_test(consume_drops_from_the_front),
        cmocka_unit_test(clear_keeps_the_memory),
    };
    return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
