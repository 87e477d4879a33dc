/* Workers: what guests say, and what they get, through real sockets on a clock of the test's. */
#include "yard.h"

#include "seam.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void three_talk_and_leave(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest user1, user2, user3;
    guest_join(yard, &user1, "user1");
    guest_join(yard, &user2, "user2");
    guest_join(yard, &user3, "user3");
    guest_say(yard, &user3, "안녕하세요\n");
    guest_expect(yard, &user1, "[user3] 안녕하세요\n");
    guest_expect(yard, &user2, "[user3] 안녕하세요\n");
    guest_expect_nothing(yard, &user3);
    guest_say(yard, &user1, "안녕\r\n");
    guest_expect(yard, &user2, "[user1] 안녕\n");
    guest_expect(yard, &user3, "[user1] 안녕\n");
    yard_expect_console(yard, "[user3] 안녕하세요\n[user1] 안녕\n");
    guest_say(yard, &user3, "q\n");
    guest_expect_end(yard, &user3);
    yard_expect_console(yard, "[user3] 접속 종료\n[2]명의 사용자 접속 중\n");
    guest_say(yard, &user2, "quit\n");
    guest_expect_end(yard, &user2);
    guest_say(yard, &user1, "q\n");
    guest_expect_end(yard, &user1);
    yard_expect_console(yard, "[0]명의 사용자 접속 중\n");
    yard_expect_connections(yard, 0);
    assert_int_equal(core_session_count(hub_core(yard->hub)), 0);
    yard_free(yard);
}

static void two_workers_show_the_same_order(void **state)
{
    (void)state;
    struct yard *yard = yard_new(2, NULL, NULL, 100);
    struct guest guests[4];
    static const char *const names[] = {"a", "b", "c", "d"};
    for (int i = 0; i < 4; i++) {
        guest_join(yard, &guests[i], names[i]);
    }
    char line[32];
    for (int i = 0; i < 100; i++) {
        (void)snprintf(line, sizeof line, "line %d\n", i);
        guest_push(&guests[i % 2], line);
        if (i % 3 == 0) {
            yard_step(yard);
        }
    }
    /* c and d sit on different workers. */
    for (int turn = 0; turn < 5000 && guests[3].seen.count < 1190; turn++) {
        yard_step(yard);
        guest_look(&guests[2]);
        guest_look(&guests[3]);
    }
    assert_int_equal(guests[2].seen.count, 1190);
    assert_int_equal(guests[3].seen.count, 1190);
    assert_memory_equal(guests[2].seen.data, guests[3].seen.data, 1190);
    for (int i = 0; i < 4; i++) {
        guest_go(&guests[i]);
    }
    yard_expect_connections(yard, 0);
    yard_free(yard);
}

static void nothing_is_shown_before_it_is_stored(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest anna, bob;
    guest_join(yard, &anna, "anna");
    guest_join(yard, &bob, "bob");
    yard->committer_rests = true;
    guest_say(yard, &anna, "not yet\n");
    guest_expect_nothing(yard, &bob);
    assert_int_equal(script_journal_count(&yard->journal, ROW_MESSAGE, "not yet"), 0);
    yard->committer_rests = false;
    guest_expect(yard, &bob, "[anna] not yet\n");
    assert_int_equal(script_journal_count(&yard->journal, ROW_MESSAGE, "not yet"), 1);
    guest_go(&anna);
    guest_go(&bob);
    yard_free(yard);
}

static void new_member_reads_from_its_own_join_on(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest anna, bob, carl;
    guest_join(yard, &anna, "anna");
    guest_join(yard, &carl, "carl");
    /* All in one group of the journal: before, the join, after. */
    yard->committer_rests = true;
    guest_say(yard, &anna, "before\n");
    guest_come(yard, &bob);
    yard_steps(yard, 20);
    guest_say(yard, &bob, "bob\n");
    guest_say(yard, &anna, "after\n");
    guest_say(yard, &bob, "mine\n");
    guest_say(yard, &anna, "last\n");
    yard->committer_rests = false;
    guest_expect(yard, &bob, "[anna] after\n[anna] last\n");
    guest_expect(yard, &carl, "[anna] before\n[anna] after\n[bob] mine\n[anna] last\n");
    guest_expect(yard, &anna, "[bob] mine\n");
    guest_go(&anna);
    guest_go(&bob);
    guest_go(&carl);
    yard_free(yard);
}

static void bad_and_taken_names_hear_why(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest bob, other;
    guest_join(yard, &bob, "bob");
    static const struct {
        const char *said;
        const char *heard;
    } cases[] = {
        {"\n", "! bad-name:"},
        {"a b\n", "! bad-name:"},
        {"bob\n", "! name-in-use:"},
        {"bob\nhello\nq\n", "! name-in-use:"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "! bad-name:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        guest_come(yard, &other);
        guest_push(&other, cases[i].said);
        guest_expect_begin(yard, &other, cases[i].heard);
        guest_expect_end(yard, &other);
        guest_expect_nothing(yard, &bob);
    }
    yard_expect_connections(yard, 1);
    guest_go(&bob);
    yard_free(yard);
}

static void other_protocols_get_an_answer_of_theirs(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest browser;
    guest_come(yard, &browser);
    guest_push(&browser, "GET / HTTP/1.1\r\nHost: x\r\n\r\nbob\nhello\n");
    guest_expect_begin(yard, &browser, "HTTP/1.1 ");
    guest_expect_end(yard, &browser);
    yard_expect_connections(yard, 0);
    assert_int_equal(core_session_count(hub_core(yard->hub)), 0);
    yard_free(yard);
}

static void quiet_ends_a_piece(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest bob, report;
    guest_join(yard, &bob, "bob");
    guest_come(yard, &report);
    yard_steps(yard, 20);
    guest_say(yard, &report, "user1");
    yard_pass(yard, yard->config->quiet_ms - 1);
    assert_int_equal(core_session_count(hub_core(yard->hub)), 1);
    yard_pass(yard, 1);
    yard_expect_console(yard, "[user1] 접속\n");
    guest_say(yard, &report, "안녕");
    yard_pass(yard, yard->config->quiet_ms - 1);
    guest_expect_nothing(yard, &bob);
    guest_say(yard, &report, "하세요"); /* The quiet begins anew. */
    yard_pass(yard, yard->config->quiet_ms - 1);
    guest_expect_nothing(yard, &bob);
    yard_pass(yard, 1);
    guest_expect(yard, &bob, "[user1] 안녕하세요\n");
    guest_say(yard, &bob, "hello\nagain\n");
    guest_expect(yard, &report, "[bob] hello[bob] again");
    guest_say(yard, &report, "q");
    yard_pass(yard, yard->config->quiet_ms);
    guest_expect_end(yard, &report);
    guest_go(&bob);
    yard_free(yard);
}

static void cut_character_is_waited_for(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest bob, report;
    guest_join(yard, &bob, "bob");
    guest_come(yard, &report);
    yard_steps(yard, 20);
    guest_say(yard, &report, "user1");
    yard_pass(yard, yard->config->quiet_ms);
    yard_expect_console(yard, "[user1] 접속\n");
    guest_say(yard, &report, "\xec\x95");
    yard_pass(yard, yard->config->quiet_ms);
    yard_pass(yard, yard->config->cut_ms - yard->config->quiet_ms - 1);
    guest_expect_nothing(yard, &report);
    guest_say(yard, &report, "\x88"); /* 안 */
    yard_pass(yard, yard->config->quiet_ms);
    guest_expect(yard, &bob, "[user1] 안\n");
    /* The rest never comes. */
    guest_say(yard, &report, "\xec\x95");
    yard_pass(yard, yard->config->quiet_ms);
    yard_pass(yard, yard->config->cut_ms - yard->config->quiet_ms - 1);
    guest_expect_nothing(yard, &report);
    yard_pass(yard, 1);
    guest_expect_begin(yard, &report, "! bad-utf8:");
    guest_expect_nothing(yard, &bob);
    guest_go(&report);
    guest_go(&bob);
    yard_free(yard);
}

static void nameless_ones_have_their_time(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest silent, slow, named;
    guest_come(yard, &silent);
    guest_come(yard, &slow);
    guest_join(yard, &named, "named");
    guest_say(yard, &slow, "GE");
    yard_pass(yard, yard->config->register_ms - 1);
    guest_expect_nothing(yard, &silent);
    yard_pass(yard, 1);
    guest_expect_line(yard, &silent, "! timeout:");
    guest_expect_end(yard, &silent);
    guest_expect_nothing(yard, &named);
    yard_pass(yard, yard->config->quiet_ms);
    guest_go(&slow); /* Its quiet made a name of what it said. */
    guest_go(&named);
    yard_expect_connections(yard, 0);
    yard_free(yard);
}

static void half_close_is_a_leave_after_all_lines(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest bob, pipe;
    guest_join(yard, &bob, "bob");
    guest_come(yard, &pipe);
    guest_push(&pipe, "pipe\none\ntwo\nthree");
    guest_finish_sending(&pipe);
    guest_expect(yard, &bob, "[pipe] one\n[pipe] two\n[pipe] three\n");
    yard_expect_console(yard, "[pipe] three\n[pipe] 접속 종료\n");
    guest_expect_end(yard, &pipe);
    /* And one that sends nothing at all. */
    guest_come(yard, &pipe);
    guest_finish_sending(&pipe);
    guest_expect_end(yard, &pipe);
    yard_expect_connections(yard, 1);
    guest_go(&bob);
    yard_free(yard);
}

static void reset_in_a_line_is_a_vanishing(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest bob, gone;
    guest_join(yard, &bob, "bob");
    guest_join(yard, &gone, "gone");
    guest_say(yard, &gone, "whole\nhalf");
    guest_vanish(&gone);
    guest_expect(yard, &bob, "[gone] whole\n");
    yard_expect_console(yard, "[gone] 비정상 종료\n[1]명의 사용자 접속 중\n");
    guest_expect_nothing(yard, &bob);
    yard_expect_connections(yard, 1);
    assert_int_equal(script_journal_count(&yard->journal, ROW_CLOSED, NULL), 1);
    guest_go(&bob);
    yard_free(yard);
}

static void control_characters_reach_nobody_as_such(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest bob, rude;
    guest_join(yard, &bob, "bob");
    guest_join(yard, &rude, "rude");
    guest_say(yard, &rude, "a\x1b[2Jb\rc\xc2\x9b\n");
    guest_expect(yard, &bob, "[rude] a^[[2Jb^Mc\\x9b\n");
    guest_say(yard, &rude, "\xff\xfe\n");
    guest_expect_line(yard, &rude, "! bad-utf8:");
    guest_expect_nothing(yard, &bob);
    guest_go(&bob);
    guest_go(&rude);
    yard_free(yard);
}

static void longest_rendering_of_the_longest_message_is_shown(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest bob, rude;
    guest_join(yard, &bob, "bob");
    guest_join(yard, &rude, "rude");
    /* U+061C takes two bytes, and six to be seen. */
    static char line[MESSAGE_BYTES_MAX + 2];
    for (size_t i = 0; i < MESSAGE_BYTES_MAX; i += 2) {
        memcpy(&line[i], "\xd8\x9c", 2);
    }
    line[MESSAGE_BYTES_MAX] = '\n';
    guest_say(yard, &rude, line);
    static char shown[3 * MESSAGE_BYTES_MAX + 16] = "[rude] ";
    for (size_t i = 0; i < MESSAGE_BYTES_MAX / 2; i++) {
        memcpy(&shown[7 + 6 * i], "\\u061c", 6);
    }
    shown[7 + 3 * MESSAGE_BYTES_MAX] = '\n';
    guest_expect(yard, &bob, shown);
    guest_go(&bob);
    guest_go(&rude);
    yard_free(yard);
}

/* The rings of one small server; the largest command, effects and rows just fit. */
static struct bus_options small_options(void)
{
    return (struct bus_options){
        .commands_bytes = 32 * 1024,
        .effects_bytes = 64 * 1024,
        .arrivals_bytes = 4096,
        .notes_bytes = 4096,
        .requests_bytes = 4096,
        .verdicts_bytes = 4096,
        .rows_bytes = 1024 * 1024,
        .console_bytes = 64 * 1024,
        .group_entries_max = 3,
        .group_bytes_max = 20000,
        .output_bytes_max = OUTPUT_BYTES_MAX,
    };
}

static void full_rings_hold_everything_up_and_lose_nothing(void **state)
{
    (void)state;
    struct bus_options options = small_options();
    struct yard *yard = yard_new(2, NULL, &options, 100);
    struct guest writers[3], reader;
    static const char *const names[] = {"a", "b", "c"};
    guest_join(yard, &reader, "reader");
    for (int i = 0; i < 3; i++) {
        guest_join(yard, &writers[i], names[i]);
    }
    static char line[3000];
    memset(line, 'x', sizeof line);
    memcpy(&line[sizeof line - 2], "\n", 2);
    yard->hub_rests = true;
    for (int round = 0; round < 8; round++) {
        for (int i = 0; i < 3; i++) {
            line[0] = (char)('0' + round);
            guest_push(&writers[i], line);
        }
        yard_steps(yard, 3);
    }
    guest_push(&writers[0], "q\n");
    guest_finish_sending(&writers[1]);
    yard_steps(yard, 10);
    yard->hub_rests = false;
    size_t expected = 3 * 8 * (4 + sizeof line - 1);
    for (int turn = 0; turn < 20000 && reader.seen.count < expected; turn++) {
        yard_step(yard);
        guest_look(&reader);
    }
    assert_int_equal(reader.seen.count, expected);
    int next[3] = {0};
    for (size_t at = 0; at < expected; at += 4 + sizeof line - 1) {
        int writer = reader.seen.data[at + 1] - 'a';
        assert_int_equal(reader.seen.data[at + 4], '0' + next[writer]);
        next[writer]++;
    }
    yard_expect_console(yard, "[2]명의 사용자 접속 중\n");
    for (int i = 0; i < 3; i++) {
        guest_go(&writers[i]);
    }
    guest_go(&reader);
    yard_expect_connections(yard, 0);
    yard_free(yard);
}

static void reset_while_waiting_for_room_frees_the_name(void **state)
{
    (void)state;
    struct bus_options options = small_options();
    struct yard *yard = yard_new(1, NULL, &options, 100);
    struct guest bob, brief;
    guest_join(yard, &bob, "bob");
    guest_join(yard, &brief, "brief");
    static char line[3000];
    memset(line, 'x', sizeof line);
    memcpy(&line[sizeof line - 2], "\n", 2);
    yard->hub_rests = true;
    for (int i = 0; i < 10; i++) {
        guest_push(&bob, line);
        yard_steps(yard, 2);
    }
    for (int i = 0; i < 100; i++) {
        guest_push(&brief, "x\n");
    }
    yard_steps(yard, 5);
    guest_vanish(&bob);
    guest_vanish(&brief);
    yard_steps(yard, 20);
    assert_int_equal(gate_connection_count(yard->gate), 2); /* Their leaves have no room yet. */
    yard->hub_rests = false;
    yard_expect_console(yard, "비정상 종료\n[0]명의 사용자 접속 중\n");
    yard_expect_connections(yard, 0);
    guest_join(yard, &bob, "bob");
    guest_go(&bob);
    yard_free(yard);
}

static void notes_that_have_no_room_come_later(void **state)
{
    (void)state;
    struct bus_options options = small_options();
    options.rows_bytes = 1024 * 1024;
    struct config *config = yard_config();
    config->exempt_count = 0;
    config->connections_per_address = 200;
    config->connects_per_address = 0;
    config->unregistered_start = 300;
    config->unregistered_full = 300;
    struct yard *yard = yard_new(1, config, &options, 1000);
    static struct guest guests[150];
    for (int i = 0; i < 150; i++) {
        guest_come(yard, &guests[i]);
        yard_expect_connections(yard, (uint32_t)i + 1);
    }
    /* The gate does not listen: all give their names, and a few of them go again. */
    yard->gate_rests = true;
    for (int i = 0; i < 150; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "user%d\n", i);
        guest_push(&guests[i], name);
    }
    yard_expect_console(yard, "[150]명의 사용자 접속 중\n");
    for (int i = 0; i < 75; i++) {
        guest_vanish(&guests[i]);
    }
    yard_expect_console(yard, "[75]명의 사용자 접속 중\n");
    /* The places of those who are gone wait for their notes; new words go on. */
    guest_say(yard, &guests[149], "hello\n");
    yard->gate_rests = false;
    yard_expect_connections(yard, 75);
    for (int i = 75; i < 150; i++) {
        guest_go(&guests[i]);
    }
    yard_expect_connections(yard, 0);
    /* Every count is back at nothing: one nameless one, where one alone is allowed. */
    struct config *next = yard_config();
    next->exempt_count = 0;
    next->connects_per_address = 0;
    next->unregistered_start = 1;
    next->unregistered_full = 1;
    yard_reload(yard, next);
    guest_come(yard, &guests[0]);
    yard_expect_connections(yard, 1);
    guest_come(yard, &guests[1]);
    guest_expect_line(yard, &guests[1], "! slow-down:");
    guest_go(&guests[0]);
    guest_go(&guests[1]);
    yard_free(yard);
}

static void thousands_come_and_go_and_leave_nothing(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 1000);
    static struct guest guests[200];
    int before = dup(0);
    assert_true(before >= 0);
    close(before);
    for (int turn = 0; turn < 6; turn++) {
        for (int i = 0; i < 200; i++) {
            guest_come(yard, &guests[i]);
            yard_step(yard);
        }
        yard_expect_connections(yard, 200);
        for (int i = 0; i < 200; i++) {
            guest_vanish(&guests[i]);
        }
        yard_expect_connections(yard, 0);
    }
    int after = dup(0);
    assert_int_equal(after, before); /* No descriptor is left open. */
    close(after);
    yard_free(yard);
}

static void second_reload_leaves_the_lobby_alone(void **state)
{
    (void)state;
    struct yard *yard = yard_new(1, NULL, NULL, 100);
    struct guest bob, carl;
    guest_join(yard, &bob, "bob");
    struct config *next = yard_config();
    memcpy(next->lobby, "#other", sizeof "#other");
    yard_reload(yard, next);
    guest_join(yard, &carl, "carl");
    yard_reload(yard, yard_config()); /* The second one frees the first. */
    guest_say(yard, &carl, "still here\n");
    guest_expect(yard, &bob, "[carl] still here\n");
    guest_go(&bob);
    guest_go(&carl);
    yard_free(yard);
}

static void reloaded_limits_hold_from_then_on(void **state)
{
    (void)state;
    struct yard *yard = yard_new(2, NULL, NULL, 100);
    struct config *next = yard_config();
    next->register_ms = 50;
    yard_reload(yard, next);
    struct guest silent;
    guest_come(yard, &silent);
    yard_expect_connections(yard, 1);
    yard_pass(yard, 50);
    guest_expect_line(yard, &silent, "! timeout:");
    guest_expect_end(yard, &silent);
    yard_free(yard);
}

static void configuration_that_nobody_took_is_not_lost(void **state)
{
    (void)state;
    struct yard *yard = yard_new(2, NULL, NULL, 100);
    struct guest bob;
    yard->workers_rest = true;
    yard_reload(yard, yard_config()); /* In the rings when the end comes; */
    guest_come(yard, &bob);           /* and so is this one. */
    yard_expect_connections(yard, 1);
    yard_free(yard);
    while (!bob.ended && !bob.reset) {
        guest_look(&bob); /* Its socket was closed as well. */
    }
    guest_go(&bob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_talk_and_leave),
        cmocka_unit_test(two_workers_show_the_same_order),
        cmocka_unit_test(nothing_is_shown_before_it_is_stored),
        cmocka_unit_test(new_member_reads_from_its_own_join_on),
        cmocka_unit_test(bad_and_taken_names_hear_why),
        cmocka_unit_test(other_protocols_get_an_answer_of_theirs),
        cmocka_unit_test(quiet_ends_a_piece),
        cmocka_unit_test(cut_character_is_waited_for),
        cmocka_unit_test(nameless_ones_have_their_time),
        cmocka_unit_test(half_close_is_a_leave_after_all_lines),
        cmocka_unit_test(reset_in_a_line_is_a_vanishing),
        cmocka_unit_test(control_characters_reach_nobody_as_such),
        cmocka_unit_test(longest_rendering_of_the_longest_message_is_shown),
        cmocka_unit_test(full_rings_hold_everything_up_and_lose_nothing),
        cmocka_unit_test(reset_while_waiting_for_room_frees_the_name),
        cmocka_unit_test(notes_that_have_no_room_come_later),
        cmocka_unit_test(thousands_come_and_go_and_leave_nothing),
        cmocka_unit_test(second_reload_leaves_the_lobby_alone),
        cmocka_unit_test(reloaded_limits_hold_from_then_on),
        cmocka_unit_test(configuration_that_nobody_took_is_not_lost),
    };
    return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
