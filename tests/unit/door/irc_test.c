/* The IRC door's lines: where they begin and end, how long they may be, what they may hold. */
#include "irc_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define REPEAT_10(s) s s s s s s s s s s
#define REPEAT_100(s) REPEAT_10(REPEAT_10(s))

static void expect_commands(struct irc_peer *peer, const char *commands)
{
    assert_string_equal(irc_peer_string(&peer->commands), commands);
    peer->commands.count = 0;
}

static void expect_replies(struct irc_peer *peer, const char *replies)
{
    assert_string_equal(irc_peer_string(&peer->replies), replies);
    peer->replies.count = 0;
}

#define TOO_LONG ":irc.example 417 me :Input line was too long\n"
#define PONG ":irc.example PONG irc.example :"

/* A line of count bytes with its end: "PING " and letters. */
static struct text line_of(size_t count, const char *end, char *out)
{
    memset(out, 'x', count);
    memcpy(out, "PING ", 5);
    memcpy(out + count - strlen(end), end, strlen(end));
    return (struct text){.data = out, .count = count};
}

static void lines_end_with_lf_or_cr_lf(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "");
    irc_peer_send(&peer, TEXT("PING a\r\nPING b\nPING c\r\n"));
    expect_replies(&peer, PONG "a\n" PONG "b\n" PONG "c\n");
    irc_peer_finish(&peer);
}

static void blank_lines_are_passed_over(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "");
    irc_peer_send(&peer, TEXT("\r\n\n   \r\n:prefix\r\n@tag\r\n@\r\n@ \r\n@;\r\n@=\r\n@a=\\\r\n"));
    expect_replies(&peer, "");
    irc_peer_send(&peer, TEXT("  PING a\r\n"));
    expect_replies(&peer, PONG "a\n");
    irc_peer_finish(&peer);
}

static void lone_cr_and_nul_are_refused(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "");
    irc_peer_send(&peer, TEXT("PRIVMSG #a :b\rQUIT\r\nPRIVMSG #a :b\0c\r\nPING a\r\r\nPING b\r\n"));
    expect_commands(&peer, "PING text=b\n");
    expect_replies(&peer, TOO_LONG TOO_LONG TOO_LONG PONG "b\n");
    irc_peer_finish(&peer);
}

static void line_of_512_bytes_is_taken_and_513_not(void **state)
{
    (void)state;
    char line[600];
    static const struct {
        size_t count;
        const char *end;
        bool is_taken;
    } cases[] = {
        {511, "\r\n", true}, {512, "\r\n", true}, {513, "\r\n", false},
        {511, "\n", true},   {512, "\n", false},  {513, "\n", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct irc_peer peer;
        irc_peer_enter(&peer, "");
        irc_peer_send(&peer, line_of(cases[i].count, cases[i].end, line));
        if (cases[i].is_taken) {
            assert_int_equal(peer.given, 1);
        } else {
            expect_replies(&peer, TOO_LONG);
            assert_int_equal(peer.given, 0);
        }
        peer.replies.count = 0;
        irc_peer_send(&peer, TEXT("PING next\r\n"));
        expect_replies(&peer, PONG "next\n");
        irc_peer_finish(&peer);
    }
}

static void tags_of_4094_bytes_are_taken_and_4095_not(void **state)
{
    (void)state;
    for (size_t bytes = 4093; bytes <= 4096; bytes++) {
        struct irc_peer peer;
        irc_peer_enter(&peer, "message-tags");
        char *line = malloc(bytes + 100);
        line[0] = '@';
        memset(line + 1, 'a', bytes);
        memcpy(line + 1, "+x=", 3);
        memcpy(line + 1 + bytes, " PRIVMSG #a :b\r\n", 16);
        irc_peer_send(&peer, (struct text){.data = line, .count = bytes + 1 + 16});
        assert_int_equal(peer.given, bytes <= 4094 ? 1 : 0);
        if (bytes > 4094) {
            expect_replies(&peer, TOO_LONG);
        }
        free(line);
        irc_peer_finish(&peer);
    }
}

static void tags_and_512_bytes_go_together(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "message-tags");
    char line[5000];
    size_t count = 4096;
    memset(line, 'a', count);
    line[0] = '@';
    line[4095] = ' ';
    char rest[600];
    struct text body = line_of(512, "\r\n", rest);
    memcpy(line + count, body.data, body.count);
    irc_peer_send_bytes(&peer, (struct text){.data = line, .count = count + body.count});
    assert_int_equal(peer.given, 1);
    irc_peer_finish(&peer);
}

static void line_of_8192_bytes_is_dropped_and_a_longer_one_ends_it(void **state)
{
    (void)state;
    static char line[20000];
    static const struct {
        size_t count;
        bool ends;
    } cases[] = {{8192, false}, {8193, true}, {16384, true}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int by_bytes = 0; by_bytes < 2; by_bytes++) {
            struct irc_peer peer;
            irc_peer_enter(&peer, "");
            memset(line, 'x', cases[i].count);
            line[cases[i].count] = '\n';
            struct text all = {.data = line, .count = cases[i].count + 1};
            if (by_bytes != 0) {
                irc_peer_send_bytes(&peer, all);
            } else {
                irc_peer_send(&peer, all);
            }
            irc_peer_send(&peer, TEXT("PING a\r\n"));
            if (cases[i].ends) {
                expect_replies(&peer, "ERROR :too-long: RecvQ exceeded\n");
                assert_true(peer.closed);
                assert_int_equal(peer.reason, LEAVE_FLOOD);
            } else {
                expect_replies(&peer, TOO_LONG PONG "a\n");
            }
            assert_string_equal(irc_peer_string(&peer.faults), "too-long ");
            irc_peer_finish(&peer);
        }
    }
}

static void long_line_is_answered_once_and_at_its_end(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "");
    irc_peer_send(&peer, TEXT(REPEAT_100("xxxxxx")));
    expect_replies(&peer, "");
    assert_int_equal(peer.rest.count, 0);
    irc_peer_send(&peer, TEXT("more\r\nPING a\r\n"));
    expect_replies(&peer, TOO_LONG PONG "a\n");
    irc_peer_finish(&peer);
}

static void what_is_not_utf8_is_refused(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "batch labeled-response");
    irc_peer_send(&peer, TEXT("PRIVMSG #a :hi\xaa\r\nFOO \xc0\xaf\r\n@label=x TOPIC #a :\xff\r\n"));
    expect_commands(&peer, "");
    expect_replies(&peer,
                   ":irc.example FAIL PRIVMSG INVALID_UTF8 :Your line was not passed on: this "
                   "server takes UTF-8 only\n"
                   ":irc.example FAIL * INVALID_UTF8 :Your line was not passed on: this "
                   "server takes UTF-8 only\n"
                   "@label=x :irc.example FAIL TOPIC INVALID_UTF8 :Your line was not passed "
                   "on: this server takes UTF-8 only\n");
    assert_string_equal(irc_peer_string(&peer.faults), "bad-utf8 bad-utf8 bad-utf8 ");
    irc_peer_finish(&peer);
}

static void source_of_a_client_is_passed_over(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "");
    irc_peer_send(&peer, TEXT(":admin!a@b PRIVMSG #c :x\r\n"));
    expect_commands(&peer, "MESSAGE name=#c text=x\n");
    irc_peer_finish(&peer);
}

static void what_comes_after_the_end_is_thrown_away(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "");
    irc_peer_send(&peer, TEXT("QUIT :bye\r\nPRIVMSG #a :b\r\nhalf"));
    expect_commands(&peer, "");
    expect_replies(&peer, "ERROR :Closing link: Quit: bye\n");
    assert_int_equal(peer.reason, LEAVE_QUIT);
    assert_string_equal(irc_peer_string(&peer.words), "bye");
    assert_int_equal(peer.rest.count, 0);
    irc_peer_finish(&peer);
}

static void half_a_line_at_the_end_is_dropped(void **state)
{
    (void)state;
    struct irc_peer peer;
    irc_peer_enter(&peer, "");
    irc_peer_send(&peer, TEXT("PRIVMSG #a :one\r\nPRIVMSG #a :tw"));
    struct door_sink sink = irc_peer_sink(&peer);
    irc_end(peer.irc, &sink);
    expect_commands(&peer, "MESSAGE name=#a text=one\n");
    assert_true(peer.closed);
    assert_int_equal(peer.reason, LEAVE_QUIT);
    irc_peer_finish(&peer);
}

static void idle_connection_is_small(void **state)
{
    (void)state;
    /* What a registered connection has: nothing else is allocated for it. */
    assert_true(sizeof(struct irc) <= 320);
    struct irc_peer peer;
    irc_peer_enter(&peer, "message-tags batch labeled-response");
    assert_null(peer.irc->early);
    assert_null(peer.irc->label);
    assert_null(peer.irc->batch);
    assert_null(peer.irc->answer);
    assert_null(peer.irc->errands);
    irc_peer_finish(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_with_lf_or_cr_lf),
        cmocka_unit_test(blank_lines_are_passed_over),
        cmocka_unit_test(lone_cr_and_nul_are_refused),
        cmocka_unit_test(line_of_512_bytes_is_taken_and_513_not),
        cmocka_unit_test(tags_of_4094_bytes_are_taken_and_4095_not),
        cmocka_unit_test(tags_and_512_bytes_go_together),
        cmocka_unit_test(line_of_8192_bytes_is_dropped_and_a_longer_one_ends_it),
        cmocka_unit_test(long_line_is_answered_once_and_at_its_end),
        cmocka_unit_test(what_is_not_utf8_is_refused),
        cmocka_unit_test(source_of_a_client_is_passed_over),
        cmocka_unit_test(what_comes_after_the_end_is_thrown_away),
        cmocka_unit_test(half_a_line_at_the_end_is_dropped),
        cmocka_unit_test(idle_connection_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
