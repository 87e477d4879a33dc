/* Deadlines: against a plain list that is searched anew each time. */
#include "net/timers.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../core/random.h"

#define TIMER_COUNT 100
#define HOUR_MS (3600 * 1000)

static void none_is_due_when_none_is_set(void **state)
{
    (void)state;
    struct timers timers;
    timers_init(&timers);
    assert_null(timers_take(&timers, INT64_MAX));
    assert_int_equal(timers_wait_ms(&timers, 0), -1);
    struct timer timer = {0};
    timers_cancel(&timers, &timer);
    timers_finish(&timers);
}

static void timer_is_due_at_its_deadline_not_before(void **state)
{
    (void)state;
    struct timers timers;
    timers_init(&timers);
    assert_int_equal(timers_reserve(&timers, 1), ERR_OK);
    struct timer timer = {0};
    timers_set(&timers, &timer, 1000);
    assert_null(timers_take(&timers, 999));
    assert_int_equal(timers_wait_ms(&timers, 999), 1);
    assert_int_equal(timers_wait_ms(&timers, 1000), 0);
    assert_int_equal(timers_wait_ms(&timers, 5000), 0);
    assert_ptr_equal(timers_take(&timers, 1000), &timer);
    assert_int_equal(timer.place, 0);
    assert_null(timers_take(&timers, 1000));
    timers_finish(&timers);
}

static void wait_is_an_hour_at_most(void **state)
{
    (void)state;
    struct timers timers;
    timers_init(&timers);
    assert_int_equal(timers_reserve(&timers, 1), ERR_OK);
    struct timer timer = {0};
    timers_set(&timers, &timer, HOUR_MS);
    assert_int_equal(timers_wait_ms(&timers, 0), HOUR_MS);
    timers_set(&timers, &timer, HOUR_MS + 1);
    assert_int_equal(timers_wait_ms(&timers, 0), HOUR_MS);
    timers_set(&timers, &timer, INT64_MAX);
    assert_int_equal(timers_wait_ms(&timers, 1), HOUR_MS);
    timers_finish(&timers);
}

static void without_memory_there_is_no_more_room(void **state)
{
    (void)state;
    struct timers timers;
    timers_init(&timers);
    mem_fail_at(1);
    assert_int_equal(timers_reserve(&timers, 10), ERR_MEMORY);
    assert_int_equal(timers.capacity, 0);
    assert_int_equal(timers_reserve(&timers, 10), ERR_OK);
    struct timer timer = {0};
    timers_set(&timers, &timer, 5);
    mem_fail_at(1);
    assert_int_equal(timers_reserve(&timers, 100000), ERR_MEMORY);
    assert_ptr_equal(timers_take(&timers, 5), &timer);
    timers_finish(&timers);
}

struct reference {
    struct timers timers;
    struct timer set[TIMER_COUNT];
    int64_t deadline_ms[TIMER_COUNT];
    bool is_set[TIMER_COUNT];
};

static int64_t earliest(const struct reference *reference)
{
    int64_t found = INT64_MAX;
    for (int i = 0; i < TIMER_COUNT; i++) {
        if (reference->is_set[i] && reference->deadline_ms[i] < found) {
            found = reference->deadline_ms[i];
        }
    }
    return found;
}

static void assert_agrees(struct reference *reference, int64_t now_ms)
{
    int64_t first = earliest(reference);
    int expected = first == INT64_MAX ? -1 : first <= now_ms ? 0 : (int)(first - now_ms);
    assert_int_equal(timers_wait_ms(&reference->timers, now_ms), expected);
}

static void take_all(struct reference *reference, int64_t now_ms)
{
    for (struct timer *timer; (timer = timers_take(&reference->timers, now_ms)) != NULL;) {
        ptrdiff_t index = timer - reference->set;
        assert_true(reference->is_set[index]);
        assert_int_equal(reference->deadline_ms[index], earliest(reference));
        assert_true(reference->deadline_ms[index] <= now_ms);
        reference->is_set[index] = false;
    }
    assert_true(earliest(reference) > now_ms);
}

static void random_calls_agree_with_a_plain_list(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct random random = {.state = seed};
        struct reference *reference = calloc(1, sizeof *reference);
        assert_non_null(reference);
        timers_init(&reference->timers);
        /* Room grows while timers are set, as a worker's does. */
        assert_int_equal(timers_reserve(&reference->timers, TIMER_COUNT), ERR_OK);
        int64_t now_ms = 0;
        for (int call = 0; call < 3000; call++) {
            uint32_t index = random_below(&random, TIMER_COUNT);
            switch (random_below(&random, 6)) {
            case 0:
                timers_cancel(&reference->timers, &reference->set[index]);
                reference->is_set[index] = false;
                break;
            case 1:
                now_ms += random_below(&random, 20);
                take_all(reference, now_ms);
                break;
            default:
                reference->deadline_ms[index] = now_ms + random_below(&random, 200);
                reference->is_set[index] = true;
                timers_set(&reference->timers, &reference->set[index],
                           reference->deadline_ms[index]);
                break;
            }
            if (call == 100) {
                assert_int_equal(timers_reserve(&reference->timers, 1000), ERR_OK);
            }
            assert_agrees(reference, now_ms);
        }
        timers_finish(&reference->timers);
        free(reference);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_is_due_when_none_is_set),
        cmocka_unit_test(timer_is_due_at_its_deadline_not_before),
        cmocka_unit_test(wait_is_an_hour_at_most),
        cmocka_unit_test(without_memory_there_is_no_more_room),
        cmocka_unit_test(random_calls_agree_with_a_plain_list),
    };
    return cmocka_run_group_tests_name("timers", tests, NULL, NULL);
}
