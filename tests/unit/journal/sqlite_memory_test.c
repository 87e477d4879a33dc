/*
 * Every allocation fails in turn, SQLite's and ours: an answer, never a crash; nothing leaks; the
 * group that was refused is stored by the next try, once.
 */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/mem.h"
#include "scene.h"

#include <sqlite3.h>

#define TRIES_MAX 40

/* A build with AddressSanitizer takes every third allocation: it needs several times as long. */
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define STRIDE (3 * SCENE_STRIDE)
#else
#define STRIDE SCENE_STRIDE
#endif

static sqlite3_mem_methods sqlite_own;
/* SQLite's allocations until those that fail; 0: none does. */
static uint64_t countdown;
static uint64_t fails_left;
static uint64_t fail_count;

static bool must_fail(void)
{
    if (countdown > 1) {
        countdown--;
        return false;
    }
    if (countdown == 0 || fails_left == 0) {
        return false;
    }
    fails_left--;
    fail_count++;
    return true;
}

static void *failing_malloc(int bytes)
{
    return must_fail() ? NULL : sqlite_own.xMalloc(bytes);
}

static void *failing_realloc(void *block, int bytes)
{
    return must_fail() ? NULL : sqlite_own.xRealloc(block, bytes);
}

static int memory_setup(void **state)
{
    (void)state;
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_own) != SQLITE_OK) {
        return -1;
    }
    sqlite3_mem_methods failing = sqlite_own;
    failing.xMalloc = failing_malloc;
    failing.xRealloc = failing_realloc;
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &failing) == SQLITE_OK &&
                   sqlite3_initialize() == SQLITE_OK
               ? 0
               : -1;
}

static void open_at_last(struct scene *scene)
{
    enum error error = ERR_MEMORY;
    for (int tries = 0; tries < TRIES_MAX && error != ERR_OK; tries++) {
        error = scene_open(scene);
        if (error != ERR_OK) {
            assert_int_equal(error, ERR_MEMORY);
            assert_null(scene->journal);
        }
    }
    assert_int_equal(error, ERR_OK);
    assert_int_equal(scene->mark.seq, scene->stored);
}

static void store_at_last(struct scene *scene, uint64_t count)
{
    enum error error = ERR_MEMORY;
    for (int tries = 0; tries < TRIES_MAX && error != ERR_OK; tries++) {
        error = scene_group(scene->journal, scene->stored + 1, scene->stored + count);
        if (error != ERR_OK) {
            assert_int_equal(error, ERR_MEMORY);
        }
    }
    assert_int_equal(error, ERR_OK);
    scene->stored += count;
}

#define RUNS 2
#define GROUPS_PER_RUN 3
#define GROUP_ENTRIES 9

/* All that a journal does, whichever allocation fails. */
static void scene_play(struct scene *scene)
{
    for (int run = 0; run < RUNS; run++) {
        open_at_last(scene);
        for (int group = 0; group < GROUPS_PER_RUN; group++) {
            store_at_last(scene, GROUP_ENTRIES);
            enum error error = journal_maintain(scene->journal);
            assert_true(error == ERR_OK || error == ERR_MEMORY);
        }
        scene_close(scene);
    }
}

static void end_verify(struct scene *scene)
{
    scene_open_well(scene);
    assert_int_equal(scene->mark.seq, RUNS * GROUPS_PER_RUN * GROUP_ENTRIES);
    scene_close(scene);
    scene_verify(SCENE_VFS, SCENE_FILE, RUNS * GROUPS_PER_RUN * GROUP_ENTRIES);
}

/* Lets count allocations fail, from every step-th one on. */
static void sqlite_fails_at_each(uint64_t step, uint64_t count)
{
    uint64_t nth = 1;
    bool struck = true;
    sqlite3_int64 used = -1;
    for (; struck; nth += step * STRIDE) {
        struct scene scene;
        scene_init(&scene, 1);
        countdown = nth;
        fails_left = count;
        fail_count = 0;
        scene_play(&scene);
        struck = fail_count > 0;
        countdown = 0;
        end_verify(&scene);
        scene_finish(&scene);
        /* Whatever SQLite keeps once, it keeps the same each time. */
        if (used >= 0) {
            assert_int_equal(sqlite3_memory_used(), used);
        }
        used = sqlite3_memory_used();
    }
    assert_true(nth > 200);
}

static void each_allocation_of_sqlite_fails_once(void **state)
{
    (void)state;
    sqlite_fails_at_each(1, 1);
}

static void allocations_of_sqlite_fail_in_a_row(void **state)
{
    (void)state;
    sqlite_fails_at_each(5, 12);
}

static void each_allocation_of_ours_fails_once(void **state)
{
    (void)state;
    bool struck = true;
    uint64_t nth = 1;
    for (; struck; nth += SCENE_STRIDE) {
        struct scene scene;
        scene_init(&scene, 1);
        mem_fail_at(nth);
        scene_play(&scene);
        struck = !mem_fail_pending();
        mem_fail_at(0);
        end_verify(&scene);
        scene_finish(&scene);
    }
    assert_true(nth > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_of_sqlite_fails_once),
        cmocka_unit_test(allocations_of_sqlite_fail_in_a_row),
        cmocka_unit_test(each_allocation_of_ours_fails_once),
    };
    return cmocka_run_group_tests(tests, memory_setup, NULL);
}
