/*
 * The SQLite journal on a disk that fails, at every operation in turn. Whatever fails, and whatever
 * a crash takes: what a commit has acknowledged is there at the next start, once; a group that was
 * refused is stored by the next try, once; and there is nothing else.
 */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "scene.h"

#include <string.h>

/* A scene of all that a journal does: made, filled past the bounds of its WAL, closed, opened. */
#define RUNS 2
#define GROUPS_PER_RUN 6
#define TRIES_MAX 8

static uint64_t group_size(uint64_t seq)
{
    return 1 + seq * 5 % 9;
}

struct play {
    struct scene scene;
    uint64_t acknowledged; /* What a commit has said to be stored. */
    uint64_t asked;        /* The end of the last group that was ever tried. */
    uint64_t refusals;
    enum fault_loss loss; /* What a crash takes. */
    uint64_t crashes;
};

/* After a crash: all that was acknowledged, and at most the whole group that was under way. */
static void opened_verify(struct play *play)
{
    uint64_t seq = play->scene.mark.seq;
    if (seq != play->acknowledged && seq != play->asked) {
        fail_msg("acknowledged %llu, asked %llu, found %llu",
                 (unsigned long long)play->acknowledged, (unsigned long long)play->asked,
                 (unsigned long long)seq);
    }
    assert_true(seq == 0 || play->scene.mark.time_ms == scene_time_ms(seq));
    /* No crash takes a WAL that was flushed, so nobody is told that one is missing. */
    assert_null(strstr(scene_problem(&play->scene), "is not there"));
    play->acknowledged = seq;
    play->asked = seq;
    fault_disk_pause(play->scene.disk, true);
    scene_verify(SCENE_VFS, SCENE_FILE, seq);
    fault_disk_pause(play->scene.disk, false);
}

static void open_at_last(struct play *play)
{
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        enum error error = scene_open(&play->scene);
        if (error == ERR_OK) {
            opened_verify(play);
            return;
        }
        /* A failed start says why, and changes nothing that the next one needs. */
        assert_true(play->scene.problem.count > 0);
        play->refusals++;
        if (error == ERR_SYNC) {
            fault_disk_crash(play->scene.disk, play->loss);
            play->crashes++;
        }
    }
    fail_msg("it does not open: %s", scene_problem(&play->scene));
}

static void crash(struct play *play)
{
    fault_disk_crash(play->scene.disk, play->loss);
    scene_close(&play->scene);
    play->crashes++;
    open_at_last(play);
}

/* Stores the next group, however often it takes; restarts when the journal says that it is done. */
static void store_at_last(struct play *play, bool dies)
{
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        uint64_t first = play->acknowledged + 1;
        uint64_t last = play->acknowledged + group_size(first);
        play->asked = last;
        enum error error = scene_group(play->scene.journal, first, last);
        if (error == ERR_OK) {
            play->acknowledged = last;
            return;
        }
        play->refusals++;
        assert_true(journal_problem(play->scene.journal)[0] != '\0');
        if (error == ERR_SYNC) {
            /* And it stays done. */
            assert_int_equal(journal_begin(play->scene.journal), ERR_SYNC);
        }
        if (error == ERR_SYNC || dies) {
            crash(play);
        }
    }
    fail_msg("it stores no more: %s", journal_problem(play->scene.journal));
}

static void maintain(struct play *play)
{
    enum error error = journal_maintain(play->scene.journal);
    if (error == ERR_SYNC) {
        crash(play);
    }
}

/* Plays the scene under a plan; true when the plan has struck. */
static bool play_scene(enum fault_loss loss, uint64_t seed, const struct fault_plan *plan)
{
    struct play play = {.loss = loss};
    scene_init(&play.scene, seed);
    fault_disk_plan(play.scene.disk, plan);
    for (int run = 0; run < RUNS; run++) {
        open_at_last(&play);
        for (int group = 0; group < GROUPS_PER_RUN; group++) {
            store_at_last(&play, plan->dies);
            maintain(&play);
        }
        scene_close(&play.scene);
    }
    bool struck = fault_disk_fail_count(play.scene.disk) > 0 || play.crashes > 0;
    /* In the end the power is cut. */
    fault_disk_crash(play.scene.disk, loss);
    open_at_last(&play);
    assert_int_equal(play.scene.mark.seq, play.acknowledged);
    scene_finish(&play.scene);
    return struck;
}

/* Lets the first, second, third … operation of these kinds fail, until there is none left. */
static void fail_each(uint32_t ops, uint64_t count, int code)
{
    for (int loss = FAULT_LOSS_NONE; loss <= FAULT_LOSS_ALL; loss++) {
        uint64_t nth = 1;
        while (play_scene(
            (enum fault_loss)loss, nth,
            &(struct fault_plan){.ops = ops, .first = nth, .count = count, .code = code})) {
            nth += SCENE_STRIDE;
        }
        /* That many there were at least: the scene does what it is for. */
        assert_true(nth > 4);
    }
}

static void a_failed_write_is_tried_again(void **state)
{
    (void)state;
    fail_each(FAULT_BIT(FAULT_WRITE), 1, 0);
}

static void failed_writes_in_a_row_are_tried_again(void **state)
{
    (void)state;
    fail_each(FAULT_BIT(FAULT_WRITE), 5, 0);
}

static void a_full_disk_is_waited_for(void **state)
{
    (void)state;
    fail_each(FAULT_GROWING, 3, 13 /* SQLITE_FULL */);
}

static void a_failed_flush_ends_the_journal(void **state)
{
    (void)state;
    fail_each(FAULT_BIT(FAULT_FLUSH), 1, 0);
}

static void a_failed_open_or_read_is_tried_again(void **state)
{
    (void)state;
    fail_each(FAULT_BIT(FAULT_OPEN) | FAULT_BIT(FAULT_READ), 1, 0);
}

static void a_failed_lock_is_tried_again(void **state)
{
    (void)state;
    fail_each(FAULT_BIT(FAULT_LOCK), 1, 0);
}

static void failed_truncating_deleting_and_sharing_are_survived(void **state)
{
    (void)state;
    fail_each(FAULT_BIT(FAULT_TRUNCATE) | FAULT_BIT(FAULT_DELETE) | FAULT_BIT(FAULT_SHARE), 1, 0);
}

static void die_at_each(enum fault_loss loss)
{
    uint64_t nth = 1;
    const uint32_t ops = FAULT_BIT(FAULT_OPEN) | FAULT_BIT(FAULT_WRITE) | FAULT_BIT(FAULT_FLUSH) |
                         FAULT_BIT(FAULT_TRUNCATE) | FAULT_BIT(FAULT_DELETE);
    for (;; nth += SCENE_STRIDE) {
        struct play play = {.loss = loss};
        const struct fault_plan plan = {.ops = ops, .first = nth, .count = 1, .dies = true};
        scene_init(&play.scene, nth);
        fault_disk_plan(play.scene.disk, &plan);
        bool died = false;
        for (int run = 0; run < RUNS && !died; run++) {
            died = scene_open(&play.scene) != ERR_OK;
            for (int group = 0; group < GROUPS_PER_RUN && !died; group++) {
                uint64_t first = play.acknowledged + 1;
                uint64_t last = play.acknowledged + group_size(first);
                play.asked = last;
                died = scene_group(play.scene.journal, first, last) != ERR_OK;
                if (!died) {
                    play.acknowledged = last;
                    died = journal_maintain(play.scene.journal) != ERR_OK;
                }
            }
            scene_close(&play.scene);
        }
        bool struck = fault_disk_fail_count(play.scene.disk) > 0;
        fault_disk_crash(play.scene.disk, loss);
        /* The next run goes on from there, whatever is there. */
        open_at_last(&play);
        store_at_last(&play, false);
        scene_close(&play.scene);
        scene_verify(SCENE_VFS, SCENE_FILE, play.acknowledged);
        scene_finish(&play.scene);
        if (!struck) {
            break;
        }
    }
    assert_true(nth > 50);
}

static void killed_at_each_operation(void **state)
{
    (void)state;
    die_at_each(FAULT_LOSS_NONE);
}

static void power_cut_at_each_operation_loses_what_was_not_flushed(void **state)
{
    (void)state;
    die_at_each(FAULT_LOSS_ALL);
}

static void power_cut_at_each_operation_tears_what_was_not_flushed(void **state)
{
    (void)state;
    die_at_each(FAULT_LOSS_SOME);
}

static void power_cut_with_interval_takes_only_what_was_not_flushed(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct scene scene;
        scene_init(&scene, seed);
        scene.options.sync = JOURNAL_SYNC_INTERVAL;
        scene_open_well(&scene);
        for (uint64_t group = 0; group < seed % 5; group++) {
            scene_store(&scene, 3);
        }
        assert_int_equal(journal_maintain(scene.journal), ERR_OK);
        uint64_t flushed = scene.stored;
        for (uint64_t group = 0; group < 4; group++) {
            scene_store(&scene, 2);
        }
        fault_disk_crash(scene.disk, FAULT_LOSS_SOME);
        scene_close(&scene);
        uint64_t stored = scene.stored;
        scene_open_well(&scene);
        assert_in_range(scene.mark.seq, flushed, stored);
        scene_verify(SCENE_VFS, SCENE_FILE, scene.mark.seq);
        scene_finish(&scene);
    }
}

static void interval_flush_that_fails_ends_the_journal(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 1);
    scene.options.sync = JOURNAL_SYNC_INTERVAL;
    scene_open_well(&scene);
    scene_store(&scene, 3);
    fault_disk_plan(scene.disk,
                    &(struct fault_plan){.ops = FAULT_BIT(FAULT_FLUSH), .first = 1, .count = 1});
    assert_int_equal(journal_maintain(scene.journal), ERR_SYNC);
    assert_int_equal(journal_maintain(scene.journal), ERR_SYNC);
    assert_int_equal(journal_begin(scene.journal), ERR_SYNC);
    scene_finish(&scene);
}

static void commit_whose_flush_fails_ends_the_journal(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 1);
    scene_open_well(&scene);
    scene_store(&scene, 3);
    fault_disk_plan(scene.disk,
                    &(struct fault_plan){.ops = FAULT_BIT(FAULT_FLUSH), .first = 1, .count = 1});
    assert_int_equal(scene_group(scene.journal, 4, 6), ERR_SYNC);
    /* The disk works again, and nobody is told that it does. */
    assert_int_equal(journal_begin(scene.journal), ERR_SYNC);
    assert_int_equal(journal_maintain(scene.journal), ERR_SYNC);
    scene_finish(&scene);
}

/* A group whose flush failed may be there at the next start; if it is, it stays. */
static void what_a_start_has_found_outlives_a_power_cut(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 1);
    scene_open_well(&scene);
    scene_store(&scene, 3);
    fault_disk_plan(scene.disk,
                    &(struct fault_plan){.ops = FAULT_BIT(FAULT_FLUSH), .first = 1, .count = 1});
    assert_int_equal(scene_group(scene.journal, 4, 6), ERR_SYNC);
    scene_close(&scene);
    scene_open_well(&scene);
    uint64_t found = scene.mark.seq;
    assert_true(found == 3 || found == 6);
    fault_disk_crash(scene.disk, FAULT_LOSS_ALL);
    scene_close(&scene);
    scene_open_well(&scene);
    assert_int_equal(scene.mark.seq, found);
    scene_verify(SCENE_VFS, SCENE_FILE, found);
    scene_finish(&scene);
}

static void full_disk_recovers_alone_when_there_is_room(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 7);
    scene_open_well(&scene);
    scene_store(&scene, 10);
    fault_disk_capacity_set(scene.disk, 0);
    enum error error = ERR_OK;
    uint64_t stored = scene.stored;
    while ((error = scene_group(scene.journal, stored + 1, stored + 5)) == ERR_OK) {
        stored += 5;
        assert_true(stored < 10000);
    }
    assert_int_equal(error, ERR_DISK_FULL);
    for (int again = 0; again < 20; again++) {
        assert_int_equal(scene_group(scene.journal, stored + 1, stored + 5), ERR_DISK_FULL);
    }
    /* What is there can be read meanwhile. */
    scene_verify(SCENE_VFS, SCENE_FILE, stored);
    fault_disk_capacity_set(scene.disk, UINT64_MAX);
    scene.stored = stored;
    scene_store(&scene, 5);
    scene_close(&scene);
    scene_verify(SCENE_VFS, SCENE_FILE, scene.stored);
    scene_finish(&scene);
}

/* The end of a group that could not be written is not taken for one when the process then dies. */
static void half_a_group_in_the_wal_does_not_count(void **state)
{
    (void)state;
    for (uint64_t nth = 1; nth <= 12; nth++) {
        struct scene scene;
        scene_init(&scene, nth);
        scene.options.checkpoint_bytes = 0;
        scene.options.wal_bytes_max = 0;
        scene_open_well(&scene);
        scene_store(&scene, 6);
        fault_disk_plan(
            scene.disk,
            &(struct fault_plan){.ops = FAULT_BIT(FAULT_WRITE), .first = nth, .count = UINT64_MAX});
        enum error error = scene_group(scene.journal, scene.stored + 1, scene.stored + 20);
        fault_disk_crash(scene.disk, FAULT_LOSS_NONE);
        scene_close(&scene);
        if (error == ERR_OK) {
            scene.stored += 20;
            /* The group takes several writes, so that failing in its midst was tried. */
            assert_true(nth > 4);
        } else {
            assert_int_equal(error, ERR_IO);
        }
        uint64_t stored = scene.stored;
        scene_open_well(&scene);
        assert_int_equal(scene.mark.seq, stored);
        scene_verify(SCENE_VFS, SCENE_FILE, stored);
        scene_finish(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_write_is_tried_again),
        cmocka_unit_test(failed_writes_in_a_row_are_tried_again),
        cmocka_unit_test(a_full_disk_is_waited_for),
        cmocka_unit_test(a_failed_flush_ends_the_journal),
        cmocka_unit_test(a_failed_open_or_read_is_tried_again),
        cmocka_unit_test(a_failed_lock_is_tried_again),
        cmocka_unit_test(failed_truncating_deleting_and_sharing_are_survived),
        cmocka_unit_test(killed_at_each_operation),
        cmocka_unit_test(power_cut_at_each_operation_loses_what_was_not_flushed),
        cmocka_unit_test(power_cut_at_each_operation_tears_what_was_not_flushed),
        cmocka_unit_test(power_cut_with_interval_takes_only_what_was_not_flushed),
        cmocka_unit_test(interval_flush_that_fails_ends_the_journal),
        cmocka_unit_test(commit_whose_flush_fails_ends_the_journal),
        cmocka_unit_test(what_a_start_has_found_outlives_a_power_cut),
        cmocka_unit_test(full_disk_recovers_alone_when_there_is_room),
        cmocka_unit_test(half_a_group_in_the_wal_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
