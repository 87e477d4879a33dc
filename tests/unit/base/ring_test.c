/* The ring at its bounds in one thread, and under load between two. */
#include "base/ring.h"

#include "base/mem.h"
#include "dies.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define CAPACITY 4096
#define STRESS_CAPACITY (64 * 1024)
#define STRESS_RECORDS 300000

static struct ring *new_ring(void)
{
    struct ring *ring = ring_new(CAPACITY);
    assert_non_null(ring);
    return ring;
}

/* Reserves a record whose bytes all are fill. */
static bool put(struct ring *ring, size_t bytes, int fill)
{
    void *record = ring_reserve(ring, bytes);
    if (record == NULL) {
        return false;
    }
    assert_int_equal((uintptr_t)record % 8, 0);
    memset(record, fill, bytes);
    return true;
}

static void assert_next(struct ring *ring, size_t bytes, int fill)
{
    size_t found = 0;
    const unsigned char *record = ring_next(ring, &found);
    assert_non_null(record);
    assert_int_equal(found, bytes);
    for (size_t i = 0; i < bytes; i++) {
        assert_int_equal(record[i], fill);
    }
}

static void assert_none(struct ring *ring)
{
    size_t bytes = 77;
    assert_null(ring_next(ring, &bytes));
    assert_int_equal(bytes, 77);
}

static void new_ring_is_empty(void **state)
{
    (void)state;
    struct ring *ring = new_ring();
    assert_none(ring);
    assert_true(ring_empty(ring));
    assert_int_equal(ring_used_bytes(ring), 0);
    assert_false(ring_publish(ring));
    ring_release(ring);
    ring_rewind(ring);
    assert_none(ring);
    ring_free(ring);
    ring_free(NULL);
}

static void no_memory_gives_no_ring(void **state)
{
    (void)state;
    mem_fail_at(1);
    assert_null(ring_new(CAPACITY));
}

static void records_come_in_order_once_published(void **state)
{
    (void)state;
    struct ring *ring = new_ring();
    assert_true(put(ring, 1, 'a'));
    assert_true(put(ring, 8, 'b'));
    assert_true(put(ring, 9, 'c'));
    assert_none(ring);
    assert_true(ring_empty(ring));
    assert_true(ring_publish(ring));
    assert_false(ring_publish(ring));
    assert_false(ring_empty(ring));
    assert_next(ring, 1, 'a');
    assert_next(ring, 8, 'b');
    assert_false(ring_empty(ring));
    assert_next(ring, 9, 'c');
    assert_true(ring_empty(ring));
    assert_none(ring);
    ring_free(ring);
}

static void room_comes_back_with_the_release_only(void **state)
{
    (void)state;
    struct ring *ring = new_ring();
    size_t bytes_max = ring_record_bytes_max(ring);
    assert_true(put(ring, bytes_max, 'a'));
    assert_true(put(ring, bytes_max, 'b'));
    ring_publish(ring);
    assert_int_equal(ring_used_bytes(ring), CAPACITY);
    assert_false(put(ring, 1, 'c'));
    assert_next(ring, bytes_max, 'a');
    assert_false(put(ring, 1, 'c'));
    ring_release(ring);
    assert_int_equal(ring_used_bytes(ring), CAPACITY / 2);
    assert_true(put(ring, bytes_max, 'c'));
    assert_false(put(ring, 1, 'd'));
    ring_publish(ring);
    assert_next(ring, bytes_max, 'b');
    assert_next(ring, bytes_max, 'c');
    assert_none(ring);
    ring_free(ring);
}

static void full_ring_takes_no_record_and_stays_as_it_was(void **state)
{
    (void)state;
    struct ring *ring = new_ring();
    int count = 0;
    while (put(ring, 8, count % 100)) {
        count++;
    }
    assert_int_equal(count, CAPACITY / 16);
    ring_publish(ring);
    for (int i = 0; i < count; i++) {
        assert_next(ring, 8, i % 100);
    }
    assert_none(ring);
    ring_free(ring);
}

/* Moves both cursors on by bytes, a multiple of 16. */
static void advance(struct ring *ring, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += 16) {
        assert_true(put(ring, 8, 'x'));
        ring_publish(ring);
        assert_next(ring, 8, 'x');
        ring_release(ring);
    }
}

static void largest_record_fits_into_an_empty_ring_wherever_it_stands(void **state)
{
    (void)state;
    for (size_t start = 0; start < CAPACITY; start += 16) {
        struct ring *ring = new_ring();
        size_t bytes_max = ring_record_bytes_max(ring);
        advance(ring, start);
        assert_true(ring_has_room(ring, bytes_max, 1));
        assert_true(put(ring, bytes_max, 'm'));
        ring_publish(ring);
        assert_next(ring, bytes_max, 'm');
        assert_none(ring);
        ring_free(ring);
    }
}

static void larger_record_than_the_largest_is_never_taken(void **state)
{
    (void)state;
    struct ring *ring = new_ring();
    size_t bytes_max = ring_record_bytes_max(ring);
    assert_null(ring_reserve(ring, bytes_max + 1));
    assert_null(ring_reserve(ring, SIZE_MAX));
    assert_false(ring_has_room(ring, bytes_max + 1, 1));
    assert_false(ring_has_room(ring, SIZE_MAX, 1));
    assert_false(ring_publish(ring));
    ring_free(ring);
}

static void record_that_does_not_fit_before_the_end_begins_at_the_start(void **state)
{
    (void)state;
    struct ring *ring = new_ring();
    const char *memory = ring_reserve(ring, 8);
    ring_publish(ring);
    assert_non_null(memory);
    size_t bytes;
    assert_non_null(ring_next(ring, &bytes));
    ring_release(ring);
    advance(ring, CAPACITY - 32);
    /* 16 bytes are left before the end: enough for 8 with the header, not for 9. */
    char *record = ring_reserve(ring, 9);
    assert_ptr_equal(record, memory);
    memset(record, 'w', 9);
    ring_publish(ring);
    assert_next(ring, 9, 'w');
    assert_none(ring);
    ring_release(ring);
    assert_int_equal(ring_used_bytes(ring), 0);
    ring_free(ring);
}

static void promised_room_is_there_wherever_the_ring_stands(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 8, 9, 100, 1000, CAPACITY / 2 - 8};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (size_t start = 0; start < CAPACITY; start += 16) {
            struct ring *ring = new_ring();
            advance(ring, start);
            size_t count = 0;
            while (ring_has_room(ring, sizes[i], count + 1)) {
                count++;
            }
            assert_true(count >= 1);
            for (size_t record = 0; record < count; record++) {
                /* Records may also be smaller than was said. */
                size_t bytes = record % 2 == 0 ? sizes[i] : (sizes[i] + 1) / 2;
                assert_true(put(ring, bytes, 'r'));
            }
            ring_free(ring);
        }
    }
}

static void room_for_nothing_is_always_there(void **state)
{
    (void)state;
    struct ring *ring = new_ring();
    assert_true(ring_has_room(ring, 8, 0));
    assert_false(ring_has_room(ring, 8, SIZE_MAX));
    assert_false(ring_has_room(ring, 8, CAPACITY / 16 + 1));
    assert_true(ring_has_room(ring, 8, CAPACITY / 16 - 1));
    ring_free(ring);
}

static void rewind_gives_again_what_was_not_released(void **state)
{
    (void)state;
    struct ring *ring = new_ring();
    advance(ring, CAPACITY - 64);
    assert_true(put(ring, 8, 'a'));
    assert_true(put(ring, 8, 'b'));
    assert_true(put(ring, 100, 'c')); /* Behind a marker. */
    ring_publish(ring);
    assert_next(ring, 8, 'a');
    ring_release(ring);
    for (int round = 0; round < 3; round++) {
        assert_next(ring, 8, 'b');
        assert_next(ring, 100, 'c');
        assert_none(ring);
        ring_rewind(ring);
        assert_false(ring_empty(ring));
    }
    assert_next(ring, 8, 'b');
    ring_release(ring);
    ring_rewind(ring);
    assert_next(ring, 100, 'c');
    ring_free(ring);
}

static size_t pages_in_memory(void *begin, size_t page_count)
{
    unsigned char resident[64];
    size_t count = 0;
    assert_true(page_count <= sizeof(resident));
    assert_int_equal(mincore(begin, page_count * 4096, resident), 0);
    for (size_t i = 0; i < page_count; i++) {
        count += resident[i] & 1;
    }
    return count;
}

static void trimmed_ring_keeps_its_records_and_gives_the_rest_back(void **state)
{
    (void)state;
    struct ring *ring = ring_new(STRESS_CAPACITY);
    assert_non_null(ring);
    size_t page_count = STRESS_CAPACITY / 4096;
    char *memory = (char *)ring + 4096;
    assert_int_equal(pages_in_memory(memory, page_count), 0);
    size_t bytes_max = ring_record_bytes_max(ring);
    for (int i = 0; i < 3; i++) {
        assert_true(put(ring, bytes_max, 'x'));
        ring_publish(ring);
        assert_next(ring, bytes_max, 'x');
        ring_release(ring);
    }
    assert_int_equal(pages_in_memory(memory, page_count), page_count);
    /* The cursor stands in the middle: one record before the end, one at the start. */
    assert_true(put(ring, bytes_max - 5000, 'a'));
    assert_true(put(ring, 10000, 'b'));
    ring_publish(ring);
    ring_trim(ring);
    assert_true(pages_in_memory(memory, page_count) < page_count);
    assert_next(ring, bytes_max - 5000, 'a');
    assert_next(ring, 10000, 'b');
    assert_none(ring);
    ring_release(ring);
    ring_trim(ring);
    assert_true(pages_in_memory(memory, page_count) <= 1);
    assert_true(put(ring, bytes_max, 'c'));
    ring_publish(ring);
    assert_next(ring, bytes_max, 'c');
    ring_free(ring);
}

/* Sizes and contents of the stress are functions of the record's number. */
static size_t stress_bytes(uint64_t number)
{
    uint64_t mixed = number * UINT64_C(0x9e3779b97f4a7c15) >> 40;
    /* Mostly small, now and then up to 4 KiB. */
    return 8 + (size_t)(mixed % 64 == 0 ? mixed % 4096 : mixed % 100);
}

static void *produce(void *argument)
{
    struct ring *ring = argument;
    for (uint64_t number = 0; number < STRESS_RECORDS;) {
        size_t bytes = stress_bytes(number);
        bool sure = ring_has_room(ring, bytes, 1);
        char *record = ring_reserve(ring, bytes);
        if (record == NULL) {
            if (sure) {
                return (void *)1;
            }
            ring_publish(ring);
            sched_yield();
            continue;
        }
        memset(record, (int)(number & 0xFF), bytes);
        memcpy(record, &number, sizeof(number));
        number++;
        if (number % 7 == 0) {
            ring_publish(ring);
        }
        if (number % 50000 == 0) {
            ring_trim(ring);
        }
    }
    ring_publish(ring);
    return NULL;
}

/* Whether the record is the one of that number, whole. */
static bool is_record(const unsigned char *record, size_t bytes, uint64_t number)
{
    uint64_t found;
    memcpy(&found, record, sizeof(found));
    bool same = found == number && bytes == stress_bytes(number);
    for (size_t i = sizeof(number); same && i < bytes; i++) {
        same = record[i] == (number & 0xFF);
    }
    return same;
}

static void two_threads_lose_and_tear_nothing(void **state)
{
    (void)state;
    struct ring *ring = ring_new(STRESS_CAPACITY);
    assert_non_null(ring);
    pthread_t producer;
    assert_int_equal(pthread_create(&producer, NULL, produce, ring), 0);
    uint64_t released = 0;
    uint64_t given = 0;
    uint64_t rewound = 0;
    uint64_t wrong_count = 0;
    while (released < STRESS_RECORDS) {
        size_t bytes;
        const unsigned char *record = ring_next(ring, &bytes);
        if (record == NULL) {
            ring_release(ring);
            released = given;
            sched_yield();
            continue;
        }
        wrong_count += !is_record(record, bytes, given);
        given++;
        if (given % 5 == 0 && given > rewound) {
            /* Once at each of these places: go back, see the same records again. */
            rewound = given;
            ring_rewind(ring);
            given = released;
        } else if (given % 11 == 0) {
            ring_release(ring);
            released = given;
        }
    }
    void *failure = NULL;
    assert_int_equal(pthread_join(producer, &failure), 0);
    assert_null(failure);
    assert_int_equal(wrong_count, 0);
    assert_int_equal(given, STRESS_RECORDS);
    assert_none(ring);
    assert_int_equal(ring_used_bytes(ring), 0);
    ring_free(ring);
}

static void make_ring(void *context)
{
    ring_free(ring_new(*(const size_t *)context));
}

static void reserve_nothing(void *ring)
{
    (void)ring_reserve(ring, 0);
}

static void odd_sizes_are_a_fault_of_the_program(void **state)
{
    (void)state;
    size_t sizes[] = {0, 2048, 4095, 4097, 4096 + 8192};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_dies(make_ring, &sizes[i]);
    }
    struct ring *ring = new_ring();
    assert_dies(reserve_nothing, ring);
    ring_free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_ring_is_empty),
        cmocka_unit_test(no_memory_gives_no_ring),
        cmocka_unit_test(records_come_in_order_once_published),
        cmocka_unit_test(room_comes_back_with_the_release_only),
        cmocka_unit_test(full_ring_takes_no_record_and_stays_as_it_was),
        cmocka_unit_test(largest_record_fits_into_an_empty_ring_wherever_it_stands),
        cmocka_unit_test(larger_record_than_the_largest_is_never_taken),
        cmocka_unit_test(record_that_does_not_fit_before_the_end_begins_at_the_start),
        cmocka_unit_test(promised_room_is_there_wherever_the_ring_stands),
        cmocka_unit_test(room_for_nothing_is_always_there),
        cmocka_unit_test(rewind_gives_again_what_was_not_released),
        cmocka_unit_test(trimmed_ring_keeps_its_records_and_gives_the_rest_back),
        cmocka_unit_test(odd_sizes_are_a_fault_of_the_program),
        cmocka_unit_test(two_threads_lose_and_tear_nothing),
    };
    return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
