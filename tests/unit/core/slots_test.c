/* Things that keep their place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "core/slots.h"
#include "random.h"

#include <string.h>

#define THINGS 200

static char things[THINGS];

static uint32_t add(struct slots *slots, uint32_t thing)
{
    assert_int_equal(slots_reserve(slots), ERR_OK);
    return slots_add(slots, &things[thing], thing);
}

static void thing_keeps_its_place_and_tag(void **state)
{
    struct slots slots = {0};
    (void)state;
    const uint32_t a = add(&slots, 0);
    const uint32_t b = add(&slots, 1);
    const uint32_t c = add(&slots, 2);
    slots_remove(&slots, b);
    assert_ptr_equal(slots_get(&slots, a), &things[0]);
    assert_null(slots_get(&slots, b));
    assert_ptr_equal(slots_get(&slots, c), &things[2]);
    assert_null(slots_get(&slots, 3));
    assert_null(slots_get(&slots, UINT64_MAX));
    slots_set_tag(&slots, c, 77);
    assert_int_equal(slots_tag(&slots, c), 77);
    assert_int_equal(slots.count, 2);
    /* The place that became free last is taken first. */
    slots_remove(&slots, a);
    assert_int_equal(add(&slots, 3), a);
    assert_int_equal(add(&slots, 4), b);
    assert_int_equal(add(&slots, 5), 3);
    slots_finish(&slots);
}

static void last_thing_takes_the_memory_with_it(void **state)
{
    struct slots slots = {0};
    (void)state;
    for (uint32_t i = 0; i < THINGS; i++) {
        assert_int_equal(add(&slots, i), i);
    }
    for (uint32_t i = 0; i < THINGS; i++) {
        slots_remove(&slots, i);
    }
    assert_null(slots.slots);
    assert_int_equal(slots.capacity, 0);
    assert_int_equal(add(&slots, 7), 0);
    slots_finish(&slots);
}

static void failed_reserve_changes_nothing(void **state)
{
    struct slots slots = {0};
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        (void)add(&slots, i);
    }
    mem_fail_at(1);
    assert_int_equal(slots_reserve(&slots), ERR_MEMORY);
    assert_int_equal(slots.count, 4);
    assert_ptr_equal(slots_get(&slots, 3), &things[3]);
    assert_int_equal(add(&slots, 4), 4);
    slots_finish(&slots);
}

/* Random changes between the steps of a walk: what is there all the time is met once. */
static void walk_meets_what_stays_exactly_once(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct random random = {seed};
        struct slots slots = {0};
        uint32_t places[THINGS];
        bool present[THINGS] = {0};
        bool stayed[THINGS] = {0};
        uint32_t met[THINGS] = {0};
        for (uint32_t i = 0; i < THINGS; i++) {
            if (random_below(&random, 2) == 0) {
                places[i] = add(&slots, i);
                present[i] = stayed[i] = true;
            }
        }
        uint64_t cursor = 0;
        const char *thing;
        while ((thing = slots_next(&slots, &cursor)) != NULL) {
            met[thing - things]++;
            const uint32_t changes = random_below(&random, 4);
            for (uint32_t j = 0; j < changes; j++) {
                const uint32_t i = random_below(&random, THINGS);
                if (present[i]) {
                    slots_remove(&slots, places[i]);
                    stayed[i] = false;
                } else {
                    places[i] = add(&slots, i);
                }
                present[i] = !present[i];
            }
        }
        for (uint32_t i = 0; i < THINGS; i++) {
            assert_true(!stayed[i] || met[i] == 1);
        }
        slots_finish(&slots);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thing_keeps_its_place_and_tag),
        cmocka_unit_test(last_thing_takes_the_memory_with_it),
        cmocka_unit_test(failed_reserve_changes_nothing),
        cmocka_unit_test(walk_meets_what_stays_exactly_once),
    };
    return cmocka_run_group_tests_name("core/slots", tests, NULL, NULL);
}
