/* The map against a plain list, at its sizes, and in its order. */
#include "base/map.h"

#include "base/mem.h"
#include "dies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MANY 100000

/* Something to point at. */
static int values[MANY];

static struct map *new_map(uint64_t seed)
{
    struct map *map = map_new(seed);
    assert_non_null(map);
    return map;
}

static struct text name_of(size_t number, char out[32])
{
    int count = snprintf(out, 32, "user%zu", number);
    return (struct text){out, (size_t)count};
}

static void what_was_put_is_found_until_taken(void **state)
{
    (void)state;
    struct map *map = new_map(1);
    assert_null(map_get(map, TEXT("a")));
    assert_int_equal(map_put(map, TEXT("a"), &values[0]), ERR_OK);
    assert_int_equal(map_put(map, TEXT("b"), &values[1]), ERR_OK);
    assert_int_equal(map_count(map), 2);
    assert_ptr_equal(map_get(map, TEXT("a")), &values[0]);
    assert_ptr_equal(map_take(map, TEXT("a")), &values[0]);
    assert_null(map_get(map, TEXT("a")));
    assert_null(map_take(map, TEXT("a")));
    assert_ptr_equal(map_get(map, TEXT("b")), &values[1]);
    assert_int_equal(map_count(map), 1);
    map_free(map);
    map_free(NULL);
}

static void key_that_is_there_is_not_put_again(void **state)
{
    (void)state;
    struct map *map = new_map(1);
    assert_int_equal(map_put(map, TEXT("a"), &values[0]), ERR_OK);
    assert_int_equal(map_put(map, TEXT("a"), &values[1]), ERR_EXISTS);
    assert_ptr_equal(map_get(map, TEXT("a")), &values[0]);
    assert_int_equal(map_put_number(map, 7, &values[2]), ERR_OK);
    assert_int_equal(map_put_number(map, 7, &values[3]), ERR_EXISTS);
    assert_ptr_equal(map_get_number(map, 7), &values[2]);
    assert_int_equal(map_count(map), 2);
    map_free(map);
}

static void keys_are_bytes_and_copied(void **state)
{
    (void)state;
    struct map *map = new_map(1);
    char key[] = "name";
    assert_int_equal(map_put(map, text_of(key), &values[0]), ERR_OK);
    key[0] = 'g';
    assert_ptr_equal(map_get(map, TEXT("name")), &values[0]);
    assert_null(map_get(map, TEXT("game")));
    assert_int_equal(map_put(map, TEXT("a\0b"), &values[1]), ERR_OK);
    assert_null(map_get(map, TEXT("a\0c")));
    assert_null(map_get(map, TEXT("a")));
    assert_int_equal(map_put(map, TEXT_NONE, &values[2]), ERR_OK);
    assert_ptr_equal(map_get(map, TEXT("")), &values[2]);
    map_free(map);
}

static void numbers_at_both_ends_are_keys(void **state)
{
    (void)state;
    struct map *map = new_map(1);
    assert_int_equal(map_put_number(map, 0, &values[0]), ERR_OK);
    assert_int_equal(map_put_number(map, UINT64_MAX, &values[1]), ERR_OK);
    assert_int_equal(map_put_number(map, UINT64_C(1) << 32, &values[2]), ERR_OK);
    assert_ptr_equal(map_get_number(map, 0), &values[0]);
    assert_ptr_equal(map_get_number(map, UINT64_MAX), &values[1]);
    assert_ptr_equal(map_take_number(map, UINT64_C(1) << 32), &values[2]);
    assert_null(map_get_number(map, 1));
    map_free(map);
}

static void many_keys_come_and_go(void **state)
{
    (void)state;
    struct map *map = new_map(2);
    char name[32];
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(map_put(map, name_of(i, name), &values[i]), ERR_OK);
        assert_int_equal(map_put_number(map, i, &values[i]), ERR_OK);
    }
    assert_int_equal(map_count(map), 2 * MANY);
    for (size_t i = 0; i < MANY; i += 2) {
        assert_ptr_equal(map_take(map, name_of(i, name)), &values[i]);
        assert_ptr_equal(map_take_number(map, i + 1), &values[i + 1]);
    }
    for (size_t i = 0; i < MANY; i++) {
        bool is_even = i % 2 == 0;
        assert_ptr_equal(map_get(map, name_of(i, name)), is_even ? NULL : &values[i]);
        assert_ptr_equal(map_get_number(map, i), is_even ? &values[i] : NULL);
    }
    for (size_t i = 0; i < MANY; i++) {
        map_take(map, name_of(i, name));
        map_take_number(map, i);
    }
    assert_int_equal(map_count(map), 0);
    size_t cursor = 0;
    assert_null(map_next(map, &cursor));
    map_free(map);
}

/* A small table has the same key's slot taken and freed in all ways: compared with a plain list. */
static void small_map_agrees_with_a_list(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct map *map = new_map(seed);
        void *list[24] = {0};
        size_t count = 0;
        for (int step = 0; step < 500; step++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            size_t key = (size_t)(random >> 33) % 24;
            if ((random >> 60) % 2 == 0) {
                enum error expected = list[key] != NULL ? ERR_EXISTS : ERR_OK;
                assert_int_equal(map_put_number(map, key, &values[key]), expected);
                count += expected == ERR_OK;
                list[key] = &values[key];
            } else {
                assert_ptr_equal(map_take_number(map, key), list[key]);
                count -= list[key] != NULL;
                list[key] = NULL;
            }
            assert_int_equal(map_count(map), count);
            for (size_t i = 0; i < 24; i++) {
                assert_ptr_equal(map_get_number(map, i), list[i]);
            }
        }
        map_free(map);
    }
}

static void walk_gives_every_value_once(void **state)
{
    (void)state;
    struct map *map = new_map(3);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(map_put_number(map, i * 1000, &values[i]), ERR_OK);
        values[i] = 0;
    }
    size_t cursor = 0;
    size_t count = 0;
    for (int *value; (value = map_next(map, &cursor)) != NULL; count++) {
        assert_int_equal((*value)++, 0);
    }
    assert_int_equal(count, 1000);
    assert_null(map_next(map, &cursor));
    map_free(map);
}

/* Fills, thins and refills a map; the n-th allocation fails and is tried again. */
static void play(struct map *map, uint64_t fail_at)
{
    char name[32];
    mem_fail_at(fail_at);
    for (size_t i = 0; i < 500; i++) {
        struct text key = name_of(i * 37 % 500, name);
        enum error error = map_put(map, key, &values[i]);
        if (error == ERR_MEMORY) {
            error = map_put(map, key, &values[i]);
        }
        assert_int_equal(error, ERR_OK);
        if (i % 3 == 0) {
            assert_non_null(map_take(map, name_of(i / 3 * 37 % 500, name)));
        }
    }
    mem_fail_at(0);
}

static void order_follows_from_the_calls_alone(void **state)
{
    (void)state;
    struct map *first = new_map(1);
    struct map *second = new_map(99);
    play(first, 0);
    /* Neither another seed nor a failed allocation changes the order. */
    play(second, 100);
    assert_int_equal(map_count(first), map_count(second));
    size_t first_cursor = 0;
    size_t second_cursor = 0;
    void *value;
    do {
        value = map_next(first, &first_cursor);
        assert_ptr_equal(map_next(second, &second_cursor), value);
    } while (value != NULL);
    map_free(first);
    map_free(second);
}

static void failed_put_changes_nothing(void **state)
{
    (void)state;
    mem_fail_at(1);
    assert_null(map_new(1));
    mem_fail_at(2);
    assert_null(map_new(1));
    struct map *map = new_map(1);
    char name[32];
    size_t count = 0;
    for (size_t i = 0; i < 200; i++) {
        struct text key = name_of(i, name);
        uint64_t nth = 0;
        enum error error;
        do {
            mem_fail_at(++nth);
            error = map_put(map, key, &values[i]);
            assert_int_equal(map_count(map), error == ERR_OK ? count + 1 : count);
            assert_ptr_equal(map_get(map, key), error == ERR_OK ? &values[i] : NULL);
        } while (error == ERR_MEMORY);
        assert_int_equal(error, ERR_OK);
        mem_fail_at(0);
        count++;
    }
    map_free(map);
}

static void take_works_without_memory(void **state)
{
    (void)state;
    struct map *map = new_map(1);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(map_put_number(map, i, &values[i]), ERR_OK);
    }
    for (size_t i = 0; i < 1000; i++) {
        mem_fail_at(1);
        assert_ptr_equal(map_take_number(map, i), &values[i]);
        mem_fail_at(0);
        assert_int_equal(map_count(map), 999 - i);
    }
    map_free(map);
}

static void put_nothing(void *map)
{
    (void)!map_put_number(map, 1, NULL);
}

static void value_that_would_read_as_absent_is_a_fault_of_the_program(void **state)
{
    (void)state;
    struct map *map = new_map(1);
    assert_dies(put_nothing, map);
    map_free(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found_until_taken),
        cmocka_unit_test(key_that_is_there_is_not_put_again),
        cmocka_unit_test(keys_are_bytes_and_copied),
        cmocka_unit_test(numbers_at_both_ends_are_keys),
        cmocka_unit_test(many_keys_come_and_go),
        cmocka_unit_test(small_map_agrees_with_a_list),
        cmocka_unit_test(walk_gives_every_value_once),
        cmocka_unit_test(order_follows_from_the_calls_alone),
        cmocka_unit_test(failed_put_changes_nothing),
        cmocka_unit_test(take_works_without_memory),
        cmocka_unit_test(value_that_would_read_as_absent_is_a_fault_of_the_program),
    };
    return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
