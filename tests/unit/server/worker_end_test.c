/* The end of the server, as the workers take part in it: whatever stands open at that moment. */
#include "yard.h"

#include "seam.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void what_was_accepted_is_shown_and_then_goodbye(void **state)
{
    (void)state;
    struct yard *yard = yard_new(2, NULL, NULL, 100);
    struct guest anna, bob, nameless;
    guest_join(yard, &anna, "anna");
    guest_join(yard, &bob, "bob");
    guest_come(yard, &nameless);
    yard_expect_connections(yard, 3);
    yard->hub_rests = true;
    guest_say(yard, &anna, "one\ntwo\n");
    yard->hub_rests = false;
    yard_drain(yard);
    guest_expect_begin(yard, &bob, "[anna] one\n[anna] two\n! shutdown:");
    guest_expect_line(yard, &anna, "! shutdown:");
    guest_expect_line(yard, &nameless, "! shutdown:");
    guest_expect_end(yard, &anna);
    guest_expect_end(yard, &bob);
    guest_expect_end(yard, &nameless);
    assert_int_equal(script_journal_count(&yard->journal, ROW_MESSAGE, NULL), 2);
    yard_expect_connections(yard, 0);
    yard_free(yard);
}

static void more_than_a_round_is_shown_before_goodbye(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest anna, bob;
    guest_join(yard, &anna, "anna");
    guest_join(yard, &bob, "bob");
    static char line[2001];
    memset(line, 'x', sizeof line - 2);
    line[sizeof line - 2] = '\n';
    yard->committer_rests = true;
    size_t expected = 0;
    for (int i = 0; i < 100; i++) {
        guest_push(&anna, line);
        yard_steps(yard, 2);
        expected += strlen("[anna] ") + strlen(line);
    }
    yard->committer_rests = false;
    yard_drain(yard);
    while (!bob.ended && !bob.reset) {
        guest_look(&bob);
    }
    assert_true(bob.seen.count > expected);
    assert_memory_equal(bob.seen.data + expected, "! shutdown:", 11);
    guest_go(&bob);
    guest_go(&anna);
    yard_free(yard);
}

static void nothing_is_put_behind_the_mark(void **state)
{
    (void)state;
    struct config *config = yard_config();
    config->exempt_count = 0;
    config->burst = 1;
    config->rate = 1;
    struct yard *yard = yard_new(1, config, NULL, 100);
    struct guest bob, paced, piece;
    guest_join(yard, &bob, "bob");
    guest_join(yard, &paced, "paced");
    guest_come(yard, &piece);
    yard_steps(yard, 10);
    guest_say(yard, &piece, "piece"); /* Quiet would make a name of it. */
    guest_say(yard, &paced, "one\ntwo\nq\n");
    guest_expect(yard, &bob, "[paced] one\n");
    gate_close(yard->gate);
    /* The journal takes its time, so that the timers come first. */
    yard->committer_rests = true;
    yard->hub_rests = true;
    atomic_store(&yard->bus.stage, STAGE_DRAIN);
    yard_steps(yard, 2);
    assert_int_equal(atomic_load(&yard->bus.workers_drained), 1);
    guest_push(&bob, "unread\n");
    yard_pass(yard, 5000);
    assert_int_equal(ring_used_bytes(yard->bus.lanes[0].commands), 0);
    yard->committer_rests = false;
    yard->hub_rests = false;
    yard_drain(yard);
    assert_int_equal(script_journal_count(&yard->journal, ROW_MESSAGE, "two"), 0);
    guest_expect_line(yard, &paced, "! shutdown:");
    guest_expect_begin(yard, &piece, "! shutdown:"); /* It was taken for a piece all the same. */
    guest_expect_end(yard, &paced);
    guest_expect_end(yard, &piece);
    guest_expect_begin(yard, &bob, "! shutdown:");
    guest_go(&bob);
    yard_free(yard);
}

static void one_who_waits_for_room_does_not_hold_it_up(void **state)
{
    (void)state;
    struct bus_options options = bus_options_default;
    options.commands_bytes = 32 * 1024;
    struct yard *yard = yard_new(1, NULL, &options, 100);
    struct guest busy, bob;
    guest_join(yard, &busy, "busy");
    guest_join(yard, &bob, "bob");
    static char line[3001];
    memset(line, 'x', sizeof line - 2);
    line[sizeof line - 2] = '\n';
    yard->hub_rests = true;
    for (int i = 0; i < 20; i++) {
        guest_push(&busy, line);
        yard_steps(yard, 2);
    }
    atomic_store(&yard->bus.stage, STAGE_DRAIN);
    yard_steps(yard, 2);
    yard->hub_rests = false;
    yard_drain(yard);
    /* What was in the ring, and no more. */
    uint32_t stored = script_journal_count(&yard->journal, ROW_MESSAGE, NULL);
    assert_true(stored > 0 && stored < 20);
    for (uint32_t i = 0; i < stored; i++) {
        guest_expect_line(yard, &bob, "[busy] xxx");
    }
    guest_expect_line(yard, &bob, "! shutdown:");
    guest_expect_end(yard, &bob);
    guest_go(&busy);
    yard_free(yard);
}

static void abandoned_ones_are_told_what_they_can_be(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest anna, bob;
    guest_join(yard, &anna, "anna");
    guest_join(yard, &bob, "bob");
    yard->journal.commit_error = ERR_DISK_FULL;
    guest_say(yard, &anna, "never\n");
    guest_expect_line(yard, &anna, "! pending:");
    atomic_store(&yard->bus.stage, STAGE_DRAIN);
    yard_pass(yard, 1000);
    guest_expect_nothing(yard, &bob);
    assert_false(worker_is_done(yard->workers[0]));
    atomic_store(&yard->bus.stage, STAGE_ABANDON);
    yard_steps(yard, 2);
    assert_true(worker_is_done(yard->workers[0]));
    guest_expect_line(yard, &anna, "! shutdown:");
    guest_expect_line(yard, &bob, "! shutdown:");
    guest_expect_end(yard, &anna);
    guest_expect_end(yard, &bob);
    assert_int_equal(script_journal_count(&yard->journal, ROW_MESSAGE, NULL), 0);
    yard_free(yard);
}

static void change_of_stage_is_not_slept_through(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest bob;
    guest_join(yard, &bob, "bob");
    yard->journal.commit_error = ERR_DISK_FULL;
    guest_say(yard, &bob, "never\n");
    /* Nobody is woken: the worker is between two steps each time. Without end it would sleep. */
    atomic_store(&yard->bus.stage, STAGE_DRAIN);
    worker_step(yard->workers[0], -1, yard_clock, yard);
    atomic_store(&yard->bus.stage, STAGE_ABANDON);
    worker_step(yard->workers[0], -1, yard_clock, yard);
    assert_true(worker_is_done(yard->workers[0]));
    guest_go(&bob);
    yard_free(yard);
}

static void who_does_not_read_has_its_time_and_no_more(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest anna, stalled;
    guest_join(yard, &anna, "anna");
    guest_join(yard, &stalled, "stalled");
    seam_limit_write(1);
    guest_say(yard, &anna, "something\n");
    seam_fail_at(SEAM_WRITE, 1, ERR_AGAIN);
    atomic_store(&yard->bus.stage, STAGE_DRAIN);
    atomic_store(&yard->bus.hub_drained, true);
    atomic_store(&yard->bus.journal_drained, true);
    worker_step(yard->workers[0], 0, yard_clock, yard);
    assert_false(worker_is_done(yard->workers[0]));
    yard->now_ms += yard->config->shutdown_ms - 1;
    worker_step(yard->workers[0], 0, yard_clock, yard);
    assert_false(worker_is_done(yard->workers[0]));
    yard->now_ms += 1;
    worker_step(yard->workers[0], 0, yard_clock, yard);
    assert_true(worker_is_done(yard->workers[0]));
    guest_go(&anna);
    guest_go(&stalled);
    yard_free(yard);
}

static void who_was_told_goodbye_before_does_not_hold_it_up(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest lingering;
    guest_come(yard, &lingering);
    guest_push(&lingering, "a b\n");
    guest_expect_line(yard, &lingering, "! bad-name:");
    yard_expect_connections(yard, 1); /* It does not close its side. */
    yard_drain(yard);
    guest_expect_end(yard, &lingering);
    yard_free(yard);
}

static void unread_input_does_not_take_the_last_words_back(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest anna, bob;
    guest_join(yard, &anna, "anna");
    guest_join(yard, &bob, "bob");
    yard->workers_rest = true;
    for (int i = 0; i < 1000; i++) {
        guest_push(&bob, "typed too late\n");
    }
    gate_close(yard->gate);
    yard->workers_rest = false;
    yard_drain(yard);
    while (!bob.ended && !bob.reset) {
        guest_look(&bob);
    }
    assert_false(bob.reset);
    assert_memory_equal(bob.seen.data, "! shutdown:", 11);
    guest_go(&bob);
    guest_go(&anna);
    yard_free(yard);
}

static void late_arrival_is_closed(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest bob, late;
    guest_join(yard, &bob, "bob");
    yard->journal.commit_error = ERR_DISK_FULL;
    guest_say(yard, &bob, "never\n");
    atomic_store(&yard->bus.stage, STAGE_DRAIN);
    yard_steps(yard, 2);
    guest_come(yard, &late); /* The gate is still open here. */
    guest_expect_end(yard, &late);
    yard_expect_connections(yard, 1);
    atomic_store(&yard->bus.stage, STAGE_ABANDON);
    yard_steps(yard, 2);
    guest_go(&bob);
    yard_free(yard);
}

static void end_before_anybody_came(void **state)
{
    (void)state;
    struct yard *yard = yard_new(2, NULL, NULL, 100);
    yard_drain(yard);
    yard_free(yard);
}

/* The end comes after every number of steps of a busy evening. */
static void end_at_any_moment_keeps_order_and_store_together(void **state)
{
    (void)state;
    for (int steps = 0; steps < 40; steps++) {
        struct bus_options options = bus_options_default;
        options.commands_bytes = 32 * 1024;
        options.group_entries_max = 3;
        struct yard *yard = yard_new(2, NULL, &options, 100);
        struct guest guests[4];
        static const char *const names[] = {"a", "b", "c", "d"};
        for (int i = 0; i < 4; i++) {
            guest_join(yard, &guests[i], names[i]);
        }
        for (int i = 0; i < 8; i++) {
            char line[16];
            (void)snprintf(line, sizeof line, "line %d\n", i);
            for (int writer = 0; writer < 3; writer++) {
                guest_push(&guests[writer], line);
            }
            guest_push(&guests[2], i == 5 ? "q\n" : "more\n");
        }
        yard_steps(yard, steps / 4);
        yard->committer_rests = steps % 4 == 1;
        yard->hub_rests = steps % 4 == 2;
        yard_steps(yard, 2);
        yard->committer_rests = false;
        yard->hub_rests = false;
        yard_drain(yard);
        /* d has seen just what is stored, in that order. */
        while (!guests[3].ended && !guests[3].reset) {
            guest_look(&guests[3]);
        }
        size_t at = 0;
        for (uint32_t i = 0; i < yard->journal.stored_count; i++) {
            const struct stored *stored = &yard->journal.stored[i];
            char line[96];
            int count = snprintf(line, sizeof line, "[%s] %s\n", stored->nick, stored->text);
            if (stored->kind == ROW_MESSAGE) {
                assert_true(guests[3].seen.count - at >= (size_t)count);
                assert_memory_equal(guests[3].seen.data + at, line, (size_t)count);
                at += (size_t)count;
            }
        }
        assert_memory_equal(guests[3].seen.data + at, "! shutdown:", 11);
        for (int i = 0; i < 4; i++) {
            guest_go(&guests[i]);
        }
        yard_free(yard);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_accepted_is_shown_and_then_goodbye),
        cmocka_unit_test(more_than_a_round_is_shown_before_goodbye),
        cmocka_unit_test(nothing_is_put_behind_the_mark),
        cmocka_unit_test(one_who_waits_for_room_does_not_hold_it_up),
        cmocka_unit_test(abandoned_ones_are_told_what_they_can_be),
        cmocka_unit_test(change_of_stage_is_not_slept_through),
        cmocka_unit_test(who_does_not_read_has_its_time_and_no_more),
        cmocka_unit_test(who_was_told_goodbye_before_does_not_hold_it_up),
        cmocka_unit_test(unread_input_does_not_take_the_last_words_back),
        cmocka_unit_test(late_arrival_is_closed),
        cmocka_unit_test(end_before_anybody_came),
        cmocka_unit_test(end_at_any_moment_keeps_order_and_store_together),
    };
    return cmocka_run_group_tests_name("worker end", tests, NULL, NULL);
}
