/* Allocation answers, and the planned failure fails exactly one. */
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void nothing_is_still_a_block(void **state)
{
    (void)state;
    void *block = mem_alloc(0);
    assert_non_null(block);
    mem_free(block);
    block = mem_zalloc(0, 8);
    assert_non_null(block);
    mem_free(block);
    block = mem_realloc(mem_alloc(8), 0);
    assert_non_null(block);
    mem_free(block);
    mem_free(NULL);
}

static void zalloc_gives_zeroes(void **state)
{
    (void)state;
    unsigned char *block = mem_zalloc(100, 3);
    assert_non_null(block);
    for (int i = 0; i < 300; i++) {
        assert_int_equal(block[i], 0);
    }
    mem_free(block);
}

static void zalloc_refuses_a_size_that_overflows(void **state)
{
    (void)state;
    /* Read at run time, so that the compiler does not refuse it first. */
    volatile size_t half = SIZE_MAX / 2;
    assert_null(mem_zalloc(half, 3));
}

static void realloc_keeps_the_contents(void **state)
{
    (void)state;
    char *block = mem_alloc(4);
    memcpy(block, "abc", 4);
    block = mem_realloc(block, 100000);
    assert_string_equal(block, "abc");
    mem_free(block);
}

static void pages_are_zeroed_and_writable(void **state)
{
    (void)state;
    char *pages = mem_pages_alloc(10000);
    assert_non_null(pages);
    assert_int_equal((uintptr_t)pages % 4096, 0);
    assert_int_equal(pages[9999], 0);
    pages[9999] = 1;
    mem_pages_free(pages, 10000);
    mem_pages_free(NULL, 0);
}

static void planned_failure_fails_the_nth_allocation_once(void **state)
{
    (void)state;
    mem_fail_at(3);
    void *first = mem_alloc(1);
    void *second = mem_zalloc(1, 1);
    assert_non_null(first);
    assert_non_null(second);
    assert_true(mem_fail_pending());
    assert_null(mem_realloc(first, 2));
    assert_false(mem_fail_pending());
    void *third = mem_alloc(1);
    assert_non_null(third);
    mem_free(first);
    mem_free(second);
    mem_free(third);
}

static void every_kind_of_allocation_can_be_made_to_fail(void **state)
{
    (void)state;
    mem_fail_at(1);
    assert_null(mem_alloc(1));
    mem_fail_at(1);
    assert_null(mem_zalloc(1, 1));
    mem_fail_at(1);
    assert_null(mem_realloc(NULL, 1));
    mem_fail_at(1);
    assert_null(mem_pages_alloc(4096));
}

static void zero_takes_the_plan_back(void **state)
{
    (void)state;
    mem_fail_at(1);
    mem_fail_at(0);
    assert_false(mem_fail_pending());
    void *block = mem_alloc(1);
    assert_non_null(block);
    mem_free(block);
}

static void wiped_bytes_are_zero_and_no_others(void **state)
{
    (void)state;
    char data[] = "before secret after";
    mem_wipe(data + 7, 6);
    assert_memory_equal(data, "before \0\0\0\0\0\0 after", sizeof data);
    mem_wipe(data, 0);
    assert_int_equal(data[0], 'b');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wiped_bytes_are_zero_and_no_others),
        cmocka_unit_test(nothing_is_still_a_block),
        cmocka_unit_test(zalloc_gives_zeroes),
        cmocka_unit_test(zalloc_refuses_a_size_that_overflows),
        cmocka_unit_test(realloc_keeps_the_contents),
        cmocka_unit_test(pages_are_zeroed_and_writable),
        cmocka_unit_test(planned_failure_fails_the_nth_allocation_once),
        cmocka_unit_test(every_kind_of_allocation_can_be_made_to_fail),
        cmocka_unit_test(zero_takes_the_plan_back),
    };
    return cmocka_run_group_tests_name("mem", tests, NULL, NULL);
}
