/* Workers at their bounds: the pace, the flood, who does not read, and a disk that refuses. */
#include "yard.h"

#include "seam.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Nobody is exempt; so many lines at once, and so many a second. */
static struct config *strict_config(uint32_t burst, uint32_t rate)
{
    struct config *config = yard_config();
    config->exempt_count = 0;
    config->burst = burst;
    config->rate = rate;
    return config;
}

static void say_lines(struct yard *yard, struct guest *guest, int from, int to)
{
    char line[32];
    for (int i = from; i < to; i++) {
        (void)snprintf(line, sizeof line, "%d\n", i);
        guest_push(guest, line);
    }
    yard_steps(yard, 20);
}

static void expect_lines(struct yard *yard, struct guest *guest, int from, int to)
{
    char line[32];
    for (int i = from; i < to; i++) {
        (void)snprintf(line, sizeof line, "[fast] %d\n", i);
        guest_expect_line(yard, guest, line);
    }
    guest_expect_nothing(yard, guest);
}

static void burst_goes_at_once_and_the_rest_at_the_rate(void **state)
{
    (void)state;
    /* The burst, the rate, and the whole milliseconds that a line then takes at least. */
    static const struct {
        uint32_t burst;
        uint32_t rate;
        int64_t line_ms;
    } cases[] = {{5, 2, 500}, {1, 1, 1000}, {3, 1000, 1}, {2, 3, 333}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct yard *yard = yard_new(1, strict_config(cases[i].burst, cases[i].rate), NULL, 100);
        struct guest bob, fast;
        guest_join(yard, &bob, "bob");
        guest_join(yard, &fast, "fast");
        int burst = (int)cases[i].burst;
        say_lines(yard, &fast, 0, burst + 2);
        expect_lines(yard, &bob, 0, burst);
        yard_pass(yard, cases[i].line_ms - 1);
        guest_expect_nothing(yard, &bob);
        yard_pass(yard, 1);
        expect_lines(yard, &bob, burst, burst + 1);
        yard_pass(yard, cases[i].line_ms);
        expect_lines(yard, &bob, burst + 1, burst + 2);
        /* Each of them was stored once, and nothing else came to the hub but the lobby and two who
         * joined. */
        assert_int_equal(core_seq(hub_core(yard->hub)), 1 + 4 + burst + 2);
        assert_int_equal(script_journal_count(&yard->journal, ROW_MESSAGE, NULL), burst + 2);
        assert_int_equal(core_session_count(hub_core(yard->hub)), 2);
        guest_go(&bob);
        guest_go(&fast);
        yard_free(yard);
    }
}

static void highest_rate_is_kept(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, strict_config(1, 1000000), NULL, 100);
    struct guest bob, fast;
    guest_join(yard, &bob, "bob");
    guest_join(yard, &fast, "fast");
    /* A thousand lines a millisecond. */
    say_lines(yard, &fast, 0, 1500);
    expect_lines(yard, &bob, 0, 1000);
    yard_pass(yard, 1);
    expect_lines(yard, &bob, 1000, 1500);
    guest_go(&bob);
    guest_go(&fast);
    yard_free(yard);
}

static void exempt_and_unpaced_ones_speak_as_they_like(void **state)
{
    (void)state;
    for (int exempt = 0; exempt <= 1; exempt++) {
        struct config *config = strict_config(1, 1);
        config->flood = exempt != 0;
        config->exempt_count = exempt != 0 ? 1 : 0;
        struct yard *yard = yard_new(1, config, NULL, 100);
        struct guest bob, fast;
        guest_join(yard, &bob, "bob");
        guest_join(yard, &fast, "fast");
        say_lines(yard, &fast, 0, 300);
        expect_lines(yard, &bob, 0, 300);
        /* What it has said while nobody counted is not held against it later. */
        struct config *next = strict_config(2, 1);
        yard_reload(yard, next);
        say_lines(yard, &fast, 300, 301);
        expect_lines(yard, &bob, 300, 301);
        guest_go(&bob);
        guest_go(&fast);
        yard_free(yard);
    }
}

/* The burst is spent; then so many bytes wait. */
static void say_waiting_bytes(struct yard *yard, struct guest *guest, size_t count)
{
    guest_say(yard, guest, "0\n");
    static char waiting[INPUT_BYTES_MAX + 2];
    memset(waiting, 'w', count);
    for (size_t at = 1000; at < count; at += 1001) {
        waiting[at] = '\n';
    }
    waiting[count - 1] = '\n';
    waiting[count] = '\0';
    guest_say(yard, guest, waiting);
}

static void input_bound_may_wait_and_one_more_is_a_flood(void **state)
{
    (void)state;
    for (size_t more = 0; more <= 1; more++) {
        struct yard *yard = yard_new(1, strict_config(1, 1), NULL, 100);
        struct guest bob, fast;
        guest_join(yard, &bob, "bob");
        guest_join(yard, &fast, "fast");
        say_waiting_bytes(yard, &fast, INPUT_BYTES_MAX + more);
        guest_expect(yard, &bob, "[fast] 0\n");
        if (more == 0) {
            guest_expect_nothing(yard, &fast);
            /* The end of its sending is no flood either. */
            guest_finish_sending(&fast);
            guest_expect_nothing(yard, &fast);
            for (int line = 0; line < 9; line++) {
                yard_pass(yard, 1000);
                guest_expect_line(yard, &bob, "[fast] w");
            }
            guest_expect_end(yard, &fast);
            yard_expect_console(yard, "[fast] 접속 종료\n");
        } else {
            guest_expect_line(yard, &fast, "! flood:");
            guest_expect_end(yard, &fast);
            yard_expect_console(yard, "[fast] 비정상 종료\n");
            guest_expect_nothing(yard, &bob);
        }
        guest_go(&bob);
        yard_expect_connections(yard, 0);
        yard_free(yard);
    }
}

static void paced_one_may_leave_after_its_words(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, strict_config(1, 1), NULL, 100);
    struct guest bob, fast;
    guest_join(yard, &bob, "bob");
    guest_join(yard, &fast, "fast");
    guest_say(yard, &fast, "0\n1\nq\n");
    guest_expect(yard, &bob, "[fast] 0\n");
    guest_expect_nothing(yard, &fast);
    yard_pass(yard, 1000);
    guest_expect(yard, &bob, "[fast] 1\n");
    guest_expect_end(yard, &fast);
    yard_expect_console(yard, "[fast] 접속 종료\n");
    guest_go(&bob);
    yard_free(yard);
}

/* The server writes no more than a byte at a time, so that what waits is the test's to say. */
static void who_does_not_read_is_told_and_cut_off(void **state)
{
    (void)state;
    struct bus_options options = bus_options_default;
    options.output_bytes_max = 1000;
    struct yard *yard = yard_new(1, NULL, &options, 100);
    struct guest bob, talker, stalled;
    guest_join(yard, &bob, "bob");
    guest_join(yard, &talker, "talker");
    guest_join(yard, &stalled, "stalled");
    seam_limit_write(3);
    yard->committer_rests = true;
    for (int i = 0; i < 60; i++) {
        guest_push(&talker, "twenty bytes of text\n");
    }
    yard_steps(yard, 30);
    yard->committer_rests = false;
    yard_steps(yard, 2); /* 1,800 bytes for each reader in one round. */
    seam_limit_write(0);
    guest_expect(yard, &stalled,
                 "[talker] twenty bytes of text\n! sendq: "
                 "읽지 않은 글이 너무 많이 쌓여 연결을 끊습니다\n");
    guest_expect_end(yard, &stalled);
    guest_expect_line(yard, &bob, "[talker] twenty bytes of text\n");
    guest_expect_line(yard, &bob, "! sendq:");
    guest_expect_end(yard, &bob);
    guest_expect_nothing(yard, &talker);
    yard_expect_console(yard, "비정상 종료\n[1]명의 사용자 접속 중\n");
    guest_go(&talker);
    yard_expect_connections(yard, 0);
    yard_free(yard);
}

static void others_get_everything_beside_one_who_does_not_read(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest bob, talker, stalled;
    guest_join(yard, &bob, "bob");
    guest_join(yard, &talker, "talker");
    guest_join(yard, &stalled, "stalled");
    static char line[4001];
    memset(line, 'x', sizeof line - 2);
    line[sizeof line - 2] = '\n';
    size_t expected = 0;
    bool was_cut = false;
    for (int i = 0; i < 20000 && !was_cut; i++) {
        guest_push(&talker, line);
        yard_steps(yard, 3);
        guest_look(&bob);
        expected += strlen("[talker] ") + strlen(line);
        was_cut =
            gate_connection_count(yard->gate) == 2 || core_session_count(hub_core(yard->hub)) == 2;
    }
    assert_true(was_cut);
    for (int turn = 0; turn < 20000 && bob.seen.count < expected; turn++) {
        yard_step(yard);
        guest_look(&bob);
    }
    assert_int_equal(bob.seen.count, expected);
    /* What it was sent is whole lines, and then the reason, as far as it reads at all in time. */
    for (int turn = 0; turn < 2000 && !stalled.ended; turn++) {
        guest_look(&stalled);
        yard_step(yard);
    }
    assert_true(stalled.ended);
    size_t at = 0;
    while (at < stalled.seen.count && stalled.seen.data[at] == '[') {
        assert_true(stalled.seen.count - at >= 9 + strlen(line));
        assert_memory_equal(stalled.seen.data + at + 9, line, strlen(line));
        at += 9 + strlen(line);
    }
    assert_memory_equal(stalled.seen.data + at, "! sendq:", 8);
    guest_go(&stalled);
    guest_go(&bob);
    guest_go(&talker);
    yard_expect_connections(yard, 0);
    yard_free(yard);
}

static void slow_flush_cuts_nobody_off(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest talker, reader;
    guest_join(yard, &talker, "talker");
    guest_join(yard, &reader, "reader");
    static char line[2001];
    memset(line, 'x', sizeof line - 2);
    line[sizeof line - 2] = '\n';
    /* Far more than one may be behind gathers behind one flush. */
    yard->committer_rests = true;
    size_t expected = 0;
    for (int i = 0; i < 480; i++) {
        guest_push(&talker, line);
        yard_steps(yard, 2);
        expected += strlen("[talker] ") + strlen(line);
    }
    assert_true(expected > 3 * OUTPUT_BYTES_MAX);
    yard->committer_rests = false;
    /* The reader reads whenever it can, and the kernel takes no more than a round has. */
    seam_limit_write(150000);
    for (int turn = 0; turn < 5000 && reader.seen.count < expected; turn++) {
        yard_step(yard);
        guest_look(&reader);
        assert_false(reader.ended || reader.reset);
    }
    assert_int_equal(reader.seen.count, expected);
    guest_go(&talker);
    guest_go(&reader);
    yard_free(yard);
}

static void who_does_not_read_its_answers_is_not_read(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest rude;
    guest_join(yard, &rude, "rude");
    seam_limit_write(1);
    /* Each bad line is answered with more bytes than it has; one byte of them goes out. */
    static char bad[1201];
    for (size_t i = 0; i + 2 < sizeof bad; i += 3) {
        memcpy(&bad[i], "\xff\xff\n", 3);
    }
    guest_say(yard, &rude, bad);
    uint64_t read = seam_read_bytes();
    /* The kernel took that byte, and takes another whenever it is asked: nothing may be, from now
     * on, until less than 16 KiB waits. */
    guest_push(&rude, "a message\n");
    yard_steps(yard, 50);
    assert_int_equal(seam_read_bytes(), read);
    seam_limit_write(0);
    for (int turn = 0; turn < 10000 && seam_read_bytes() < read + 10; turn++) {
        yard_step(yard);
        guest_look(&rude);
    }
    assert_int_equal(seam_read_bytes(), read + 10);
    assert_int_equal(script_journal_count(&yard->journal, ROW_MESSAGE, "a message"), 1);
    guest_go(&rude);
    yard_expect_connections(yard, 0);
    yard_free(yard);
}

static void refusing_disk_is_said_and_nothing_is_said_twice(void **state)
{
    (void)state;
    static const struct {
        enum error error;
        const char *answer;
    } cases[] = {
        {ERR_DISK_FULL, "! not-saved: 저장할 수 없어 글을 전하지 않았습니다 ("},
        {ERR_IO, "! not-saved: 저장할 수 없어 글을 전하지 않았습니다\n"},
    };
    for (size_t i = 0; i < 2; i++) {
        struct yard *yard = yard_new(1, NULL, NULL, 100);
        struct guest bob, anna, late;
        guest_join(yard, &bob, "bob");
        guest_join(yard, &anna, "anna");
        yard->journal.commit_error = cases[i].error;
        guest_say(yard, &anna, "accepted\n");
        guest_expect_line(yard, &anna, "! pending:");
        guest_expect_nothing(yard, &bob); /* Nothing of it waits for bob to say. */
        guest_say(yard, &anna, "refused\n");
        guest_expect_line(yard, &anna, cases[i].answer);
        guest_come(yard, &late);
        guest_push(&late, "late\nhello\n");
        guest_expect_line(yard, &late, "! not-saved:");
        guest_expect_end(yard, &late);
        /* It is tried again, and refused again: nobody hears of it. */
        yard_pass(yard, 1000);
        guest_expect_nothing(yard, &anna);
        yard->journal.commit_error = ERR_OK;
        yard_pass(yard, 1000);
        guest_expect(yard, &bob, "[anna] accepted\n");
        guest_expect_nothing(yard, &anna);
        guest_say(yard, &anna, "again\n");
        guest_expect(yard, &bob, "[anna] again\n");
        assert_int_equal(script_journal_count(&yard->journal, ROW_MESSAGE, "accepted"), 1);
        assert_int_equal(script_journal_count(&yard->journal, ROW_MESSAGE, "refused"), 0);
        yard_expect_connections(yard, 2);
        guest_go(&bob);
        guest_go(&anna);
        yard_free(yard);
    }
}

static void failed_journal_promises_nothing(void **state)
{
    (void)state;
    static const enum error errors[] = {ERR_SYNC, ERR_DAMAGED};
    for (size_t i = 0; i < 2; i++) {
        struct yard *yard = yard_new(1, NULL, NULL, 100);
        struct guest bob, anna;
        guest_join(yard, &bob, "bob");
        guest_join(yard, &anna, "anna");
        yard->journal.commit_error = errors[i];
        guest_say(yard, &anna, "lost\n");
        yard_pass(yard, 5000);
        assert_int_equal(atomic_load(&yard->bus.journal_state), JOURNAL_FAILED);
        assert_int_equal(committer_wait_ms(&yard->committer, yard->now_ms), -1);
        guest_expect_nothing(yard, &anna);
        guest_say(yard, &anna, "more\n");
        guest_expect_line(yard, &anna, "! not-saved:");
        guest_expect_nothing(yard, &bob);
        atomic_store(&yard->bus.stage, STAGE_ABANDON);
        yard_steps(yard, 3);
        guest_expect_line(yard, &bob, "! shutdown:");
        guest_expect_end(yard, &bob);
        guest_expect_end(yard, &anna);
        assert_true(worker_is_done(yard->workers[0]));
        yard_free(yard);
    }
}

static void refused_in_the_middle_of_its_input(void **state)
{
    (void)state;
    struct bus_options options = bus_options_default;
    options.commands_bytes = 32 * 1024;
    struct yard *yard = yard_new(1, NULL, &options, 100);
    struct guest busy, brief, bob;
    guest_join(yard, &busy, "busy");
    guest_join(yard, &brief, "brief");
    yard->journal.commit_error = ERR_DISK_FULL;
    yard->hub_rests = true;
    static char line[3001];
    memset(line, 'x', sizeof line - 2);
    line[sizeof line - 2] = '\n';
    for (int i = 0; i < 16; i++) {
        guest_push(&busy, line);
        yard_steps(yard, 2);
    }
    for (int i = 0; i < 100; i++) {
        guest_push(&brief, "x\n");
    }
    yard_steps(yard, 5);
    /* No room for bob's name: it waits, with all that follows. */
    guest_come(yard, &bob);
    yard_steps(yard, 10);
    guest_say(yard, &bob, "bob\nhello\nworld\n");
    /* Then the hub takes what there is, and the disk refuses it: bob is refused while his lines
     * are being read. */
    yard->hub_rests = false;
    guest_expect_line(yard, &bob, "! not-saved:");
    guest_expect_end(yard, &bob);
    yard->journal.commit_error = ERR_OK;
    yard_pass(yard, 1000);
    assert_int_equal(script_journal_count(&yard->journal, ROW_MESSAGE, "hello"), 0);
    guest_go(&busy);
    guest_go(&brief);
    yard_expect_connections(yard, 0);
    yard_free(yard);
}

static void leaving_waits_for_the_disk(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest bob, anna;
    guest_join(yard, &bob, "bob");
    guest_join(yard, &anna, "anna");
    yard->journal.put_error = ERR_BUSY;
    guest_say(yard, &anna, "accepted\nq\n");
    guest_expect_line(yard, &anna, "! pending:");
    guest_push(&anna, "nobody reads this\n");
    yard_pass(yard, 10000);
    guest_expect_nothing(yard, &anna);
    yard->journal.put_error = ERR_OK;
    yard_pass(yard, 1000);
    guest_expect(yard, &bob, "[anna] accepted\n");
    guest_expect_end(yard, &anna);
    yard_expect_console(yard, "[anna] 접속 종료\n");
    guest_go(&bob);
    yard_free(yard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(burst_goes_at_once_and_the_rest_at_the_rate),
        cmocka_unit_test(highest_rate_is_kept),
        cmocka_unit_test(exempt_and_unpaced_ones_speak_as_they_like),
        cmocka_unit_test(input_bound_may_wait_and_one_more_is_a_flood),
        cmocka_unit_test(paced_one_may_leave_after_its_words),
        cmocka_unit_test(who_does_not_read_is_told_and_cut_off),
        cmocka_unit_test(others_get_everything_beside_one_who_does_not_read),
        cmocka_unit_test(slow_flush_cuts_nobody_off),
        cmocka_unit_test(who_does_not_read_its_answers_is_not_read),
        cmocka_unit_test(refusing_disk_is_said_and_nothing_is_said_twice),
        cmocka_unit_test(failed_journal_promises_nothing),
        cmocka_unit_test(refused_in_the_middle_of_its_input),
        cmocka_unit_test(leaving_waits_for_the_disk),
    };
    return cmocka_run_group_tests_name("worker limits", tests, NULL, NULL);
}
