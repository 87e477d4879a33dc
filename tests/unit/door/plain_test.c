/* The plain door's reading side: every scenario is fed whole, byte by byte, cut in two at every
 * point, and with each of its commands refused for a while; all must come to the same. */
#include "plain_peer.h"

#include "base/mem.h"
#include "model/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum act { SEND, QUIET, CUT, END };

struct part {
    enum act act;
    struct text bytes;
};

#define SAY(literal)                                                                               \
    {                                                                                              \
        SEND,                                                                                      \
        {                                                                                          \
            literal, sizeof(literal) - 1                                                           \
        }                                                                                          \
    }
#define THEN(act)                                                                                  \
    {                                                                                              \
        act,                                                                                       \
        {                                                                                          \
            NULL, 0                                                                                \
        }                                                                                          \
    }
#define PARTS_MAX 12

struct scenario {
    const char *rule;
    struct part parts[PARTS_MAX];
    const char *events;
};

#define BOB "open(bob) join(#madang)"
#define NAME_8 "abcdefgh"
#define NAME_32 NAME_8 NAME_8 NAME_8 NAME_8

static const struct scenario scenarios[] = {
    {"a name and a message", {SAY("bob\nhello\n")}, BOB " message(hello)"},
    {"CR LF ends a line as LF does", {SAY("bob\r\nhello\r\n")}, BOB " message(hello)"},
    {"only the last CR belongs to the line's end",
     {SAY("bob\nhello\r\r\n")},
     BOB " message(hello^M)"},
    {"Korean names and messages",
     {SAY("마당쇠\n안녕하세요\n")},
     "open(마당쇠) join(#madang) message(안녕하세요)"},
    {"a line without its end waits", {SAY("bob\nhel")}, BOB},
    {"a name without its end waits", {SAY("bob")}, ""},
    {"P02: an empty name", {SAY("\n")}, "error(bad-name) close(error)"},
    {"P02: an empty name with CR", {SAY("\r\n")}, "error(bad-name) close(error)"},
    {"P03: a name of spaces", {SAY("  \n")}, "error(bad-name) close(error)"},
    {"P03: a leading space is not trimmed", {SAY(" bob\n")}, "error(bad-name) close(error)"},
    {"P03: a trailing space is not trimmed", {SAY("bob \n")}, "error(bad-name) close(error)"},
    {"a name of 32 bytes", {SAY(NAME_32 "\n")}, "open(" NAME_32 ") join(#madang)"},
    {"a name of 32 bytes and CR LF", {SAY(NAME_32 "\r\n")}, "open(" NAME_32 ") join(#madang)"},
    {"P04: a name of 33 bytes is refused before its end",
     {SAY(NAME_32 "i")},
     "error(bad-name) close(error)"},
    {"P04: a name of 33 bytes with its end",
     {SAY(NAME_32 "i\nhello\n")},
     "error(bad-name) close(error)"},
    {"P04: CR as byte 33 and then no LF", {SAY(NAME_32 "\rx")}, "error(bad-name) close(error)"},
    {"P05: a line that looks like another's is text",
     {SAY("bob\n[admin] hello\n")},
     BOB " message([admin] hello)"},
    {"P06: CR inside a name", {SAY("b\rob\n")}, "error(bad-name) close(error)"},
    {"P06: tab", {SAY("b\tob\n")}, "error(bad-name) close(error)"},
    {"P06: NUL", {SAY("b\0ob\n")}, "error(bad-name) close(error)"},
    {"P06: BEL", {SAY("b\aob\n")}, "error(bad-name) close(error)"},
    {"P06: clear screen", {SAY("b\x1b[2J\n")}, "error(bad-name) close(error)"},
    {"P06: DEL", {SAY("b\x7f\n")}, "error(bad-name) close(error)"},
    {"P06: U+0085", {SAY("b\xc2\x85\n")}, "error(bad-name) close(error)"},
    {"P06: U+009B", {SAY("b\xc2\x9b\n")}, "error(bad-name) close(error)"},
    {"P06: U+2028", {SAY("b\xe2\x80\xa8\n")}, "error(bad-name) close(error)"},
    {"P07: a name that could end the writer's name",
     {SAY("a] hi [b\n")},
     "error(bad-name) close(error)"},
    {"P08: overlong", {SAY("b\xc0\xaf\n")}, "error(bad-name) close(error)"},
    {"P08: surrogate", {SAY("b\xed\xa0\x80\n")}, "error(bad-name) close(error)"},
    {"P08: past U+10FFFF", {SAY("b\xf4\x90\x80\x80\n")}, "error(bad-name) close(error)"},
    {"P08: a continuation alone", {SAY("\x80\n")}, "error(bad-name) close(error)"},
    {"P08: a cut character", {SAY("b\xec\x95\n")}, "error(bad-name) close(error)"},
    {"P09: U+202E", {SAY("b\xe2\x80\xaeob\n")}, "error(bad-name) close(error)"},
    {"P09: U+200B", {SAY("b\xe2\x80\x8bob\n")}, "error(bad-name) close(error)"},
    {"P09: U+FEFF",
     {SAY("\xef\xbb\xbf"
          "bob\n")},
     "error(bad-name) close(error)"},
    {"P13: reserved", {SAY("*\n")}, "error(bad-name) close(error)"},
    {"P14: q as the name", {SAY("q\nhello\n")}, "close(quit)"},
    {"P14: quit as the name", {SAY("quit\r\n")}, "close(quit)"},
    {"P14: q as a piece", {SAY("q"), THEN(QUIET)}, "close(quit)"},
    {"P15: NICK is a name", {SAY("NICK\n")}, "open(NICK) join(#madang)"},
    {"P19: a name that ended in a newline stays in line mode",
     {SAY("bob\n"), THEN(QUIET), SAY("hel"), THEN(QUIET), SAY("lo\n"), THEN(CUT)},
     BOB " message(hello)"},
    {"P20: name and message in one piece",
     {SAY("bobhello"), THEN(QUIET)},
     "open(bobhello) join(#madang)"},
    {"the report's client",
     {SAY("user1"), THEN(QUIET), SAY("안녕"), THEN(QUIET), SAY("q"), THEN(QUIET)},
     "open(user1) join(#madang) message(안녕) close(quit)"},
    {"a newline ends a line of a chunk client too",
     {SAY("bob"), THEN(QUIET), SAY("one\ntwo"), THEN(QUIET), SAY("quit\nthree"), THEN(QUIET)},
     BOB " message(one) message(two) close(quit)"},
    {"a piece that ends in a newline is one line",
     {SAY("bob"), THEN(QUIET), SAY("one\n"), THEN(QUIET), SAY("two"), THEN(QUIET)},
     BOB " message(one) message(two)"},
    {"P21: quiet never cuts a character",
     {SAY("bob"), THEN(QUIET), SAY("\xec\x95"), THEN(QUIET), SAY("\x88"), THEN(QUIET)},
     BOB " message(안)"},
    {"P21: nor in a name",
     {SAY("\xec\x95"), THEN(QUIET), SAY("\x88"), THEN(QUIET)},
     "open(안) join(#madang)"},
    {"P22: a piece that stays cut goes to nobody",
     {SAY("bob"), THEN(QUIET), SAY("a\xec\x95"), THEN(QUIET), THEN(CUT), SAY("b"), THEN(QUIET)},
     BOB " error(bad-utf8,chunk) message(b)"},
    {"P22: a name that stays cut",
     {SAY("a\xec\x95"), THEN(CUT)},
     "error(bad-name,chunk) close(error)"},
    {"a bad name in a piece", {SAY("a b"), THEN(QUIET)}, "error(bad-name,chunk) close(error)"},
    {"a line that is not UTF-8 goes to nobody",
     {SAY("bob\na\xff\nb\n")},
     BOB " error(bad-utf8) message(b)"},
    {"P25: controls are text",
     {SAY("bob\n\x1b]0;x\a\r.\0.\b\xc2\x9b\n")},
     BOB " message(^[]0;x^G^M.^@.^H\\x9b)"},
    {"P27: only exactly q or quit leaves",
     {SAY("bob\nQ\n q\nq \nquit now\nqq\nq\nlate\n")},
     BOB " message(Q) message( q) message(q ) message(quit now) message(qq) close(quit)"},
    {"P28: what follows quit is dropped", {SAY("bob\nquit\nhello\n")}, BOB " close(quit)"},
    {"P29: blank lines are ignored", {SAY("bob\n\n\r\n  \n \t\nx\n")}, BOB " message(x)"},
    {"P31: the end takes the last line with it",
     {SAY("bob\none\ntwo"), THEN(END)},
     BOB " message(one) message(two) close(quit)"},
    {"P31: the end right after a line",
     {SAY("bob\none\n"), THEN(END)},
     BOB " message(one) close(quit)"},
    {"the end with q", {SAY("bob\nq"), THEN(END)}, BOB " close(quit)"},
    {"the end of a chunk client",
     {SAY("bob"), THEN(QUIET), SAY("one"), THEN(END)},
     BOB " message(one) close(quit)"},
    {"the end inside a character",
     {SAY("bob\none\xec"), THEN(END)},
     BOB " error(bad-utf8) close(quit)"},
    {"the end before a name", {THEN(END)}, "close(quit)"},
    {"the end as a name's end", {SAY("bob"), THEN(END)}, BOB " close(quit)"},
    {"the end of a bad name", {SAY("b b"), THEN(END)}, "error(bad-name) close(error)"},
    {"P40: telnet's negotiation inside a session",
     {SAY("bob\n\xff\xfb\x01\nx\n")},
     BOB " error(bad-utf8) message(x)"},
};

/* How the bytes of a scenario are cut. */
struct cutting {
    size_t piece_bytes; /* Each send in pieces of so many bytes; 0: whole. */
    size_t at;          /* And cut in two after so many bytes of the whole scenario; 0: not. */
};

static void send_cut(struct plain_peer *peer, struct text bytes, const struct cutting *cutting,
                     size_t *sent)
{
    while (bytes.count > 0) {
        size_t count = bytes.count;
        if (cutting->piece_bytes > 0 && count > cutting->piece_bytes) {
            count = cutting->piece_bytes;
        }
        if (cutting->at > *sent && cutting->at - *sent < count) {
            count = cutting->at - *sent;
        }
        peer_send(peer, (struct text){.data = bytes.data, .count = count});
        *sent += count;
        bytes.data += count;
        bytes.count -= count;
    }
}

static void play(struct plain_peer *peer, const struct part *parts, const struct cutting *cutting)
{
    size_t sent = 0;
    for (size_t i = 0; i < PARTS_MAX; i++) {
        switch (parts[i].act) {
        case SEND:
            send_cut(peer, parts[i].bytes, cutting, &sent);
            break;
        case QUIET:
            peer_quiet(peer, false);
            break;
        case CUT:
            peer_quiet(peer, true);
            break;
        case END:
            peer_end(peer);
            break;
        }
    }
    /* What had no room gets its turn. */
    for (int i = 0; i < 2 && !peer->closed; i++) {
        peer_turn(peer);
    }
}

static size_t scenario_bytes(const struct scenario *scenario)
{
    size_t count = 0;
    for (size_t i = 0; i < PARTS_MAX; i++) {
        count += scenario->parts[i].bytes.count;
    }
    return count;
}

static void expect(const struct scenario *scenario, const struct plain_peer *peer,
                   const char *manner, size_t number)
{
    struct text events = bytes_text(&peer->events);
    if (!text_equal(events, text_of(scenario->events))) {
        fail_msg("%s, %s %zu:\n  got  %.*s\n  want %s", scenario->rule, manner, number,
                 (int)events.count, events.count > 0 ? events.data : "", scenario->events);
    }
}

static void play_and_expect(const struct scenario *scenario, struct cutting cutting,
                            const char *manner)
{
    struct plain_peer peer;
    peer_init(&peer);
    play(&peer, scenario->parts, &cutting);
    expect(scenario, &peer, manner, cutting.at + cutting.piece_bytes);
    peer_finish(&peer);
}

static void whole_bytewise_and_cut_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        const struct scenario *scenario = &scenarios[i];
        play_and_expect(scenario, (struct cutting){0, 0}, "whole");
        play_and_expect(scenario, (struct cutting){1, 0}, "pieces of");
        play_and_expect(scenario, (struct cutting){3, 0}, "pieces of");
        for (size_t at = 1; at < scenario_bytes(scenario); at++) {
            play_and_expect(scenario, (struct cutting){0, at}, "cut at");
        }
    }
}

/* Feeding goes on while the command has no room, once; or nothing is sent until it has. */
static void a_command_without_room_is_neither_lost_nor_doubled(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        const struct scenario *scenario = &scenarios[i];
        for (uint32_t no_at = 0; no_at < 8; no_at++) {
            for (size_t piece_bytes = 0; piece_bytes < 3; piece_bytes++) {
                struct plain_peer peer;
                peer_init(&peer);
                peer.no_at = no_at;
                peer.no_times = 1;
                play(&peer, scenario->parts, &(struct cutting){piece_bytes, 0});
                expect(scenario, &peer, "no room for command", no_at);
                check(peer.no_count == 1 || peer.command_count <= no_at);
                peer_finish(&peer);
            }
        }
    }
}

static void a_command_may_be_refused_often(void **state)
{
    (void)state;
    for (uint32_t no_at = 0; no_at < 5; no_at++) {
        struct plain_peer peer;
        peer_init(&peer);
        peer.no_at = no_at;
        peer.no_times = 100;
        peer_send(&peer, TEXT("bob\none\ntwo\nthree\nfour"));
        for (int i = 0; i < 50; i++) {
            peer_turn(&peer);
            peer_quiet(&peer, true);
        }
        peer_end(&peer);
        assert_int_equal(peer.no_count, 100);
        assert_true(text_equal(
            bytes_text(&peer.events),
            TEXT(BOB " message(one) message(two) message(three) message(four) close(quit)")));
        peer_finish(&peer);
    }
}

static void a_piece_without_room_stays_one_line(void **state)
{
    (void)state;
    struct plain_peer peer;
    peer_init(&peer);
    peer.no_at = 2;
    peer.no_times = 2;
    peer_send(&peer, TEXT("bob"));
    peer_quiet(&peer, false);
    peer_send(&peer, TEXT("one"));
    peer_quiet(&peer, false);
    peer_send(&peer, TEXT("two"));
    peer_quiet(&peer, false);
    assert_int_equal(peer.no_count, 2);
    assert_true(text_equal(bytes_text(&peer.events), TEXT(BOB " message(one) message(two)")));
    peer_finish(&peer);
}

static char *filled(size_t count)
{
    char *data = malloc(count + 2);
    assert_non_null(data);
    memset(data, 'a', count + 2);
    return data;
}

/* Plays "bob\n", count letters, end and "x\n" in pieces; returns the events as text of peer. */
static struct text long_line(struct plain_peer *peer, size_t count, struct text line_end,
                             size_t piece_bytes)
{
    char *line = filled(count);
    peer_init(peer);
    size_t sent = 0;
    struct cutting cutting = {.piece_bytes = piece_bytes};
    send_cut(peer, TEXT("bob\n"), &cutting, &sent);
    send_cut(peer, (struct text){.data = line, .count = count}, &cutting, &sent);
    send_cut(peer, line_end, &cutting, &sent);
    send_cut(peer, TEXT("x\n"), &cutting, &sent);
    free(line);
    return bytes_text(&peer->events);
}

static bool text_contains(struct text text, const char *what)
{
    return text.count > 0 && memmem(text.data, text.count, what, strlen(what)) != NULL;
}

static const size_t piece_sizes[] = {0, 1, 2, 7, 1024, 4096, 4097, 4098};
#define FOR_PIECE_SIZES(i) for (size_t i = 0; i < sizeof(piece_sizes) / sizeof(piece_sizes[0]); i++)

static void lines_up_to_the_bound_are_whole_messages(void **state)
{
    (void)state;
    static const size_t counts[] = {1023, 1024, 1025, 4095, 4096};
    for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
        FOR_PIECE_SIZES(i)
        {
            for (int crlf = 0; crlf < 2; crlf++) {
                struct plain_peer peer;
                struct text events =
                    long_line(&peer, counts[c], crlf ? TEXT("\r\n") : TEXT("\n"), piece_sizes[i]);
                assert_int_equal(events.count, strlen(BOB " message() message(x)") + counts[c]);
                assert_int_equal(peer.words.count, 0);
                peer_finish(&peer);
            }
        }
    }
}

static void a_longer_line_is_refused_once_and_its_tail_dropped(void **state)
{
    (void)state;
    static const size_t counts[] = {4097, 4098, 4099, 8192, PLAIN_SKIP_BYTES_MAX - 1};
    for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
        FOR_PIECE_SIZES(i)
        {
            for (int crlf = 0; crlf < 2; crlf++) {
                struct plain_peer peer;
                struct text events =
                    long_line(&peer, counts[c], crlf ? TEXT("\r\n") : TEXT("\n"), piece_sizes[i]);
                assert_true(text_equal(events, TEXT(BOB " error(too-long) message(x)")));
                char count[32];
                snprintf(count, sizeof(count), "! too-long: %zu", counts[c]);
                assert_true(text_contains(bytes_text(&peer.words), count));
                assert_true(text_contains(bytes_text(&peer.words), "4096"));
                peer_finish(&peer);
            }
        }
    }
}

static void a_line_without_an_end_closes_at_the_limit(void **state)
{
    (void)state;
    FOR_PIECE_SIZES(i)
    {
        struct plain_peer peer;
        struct text events = long_line(&peer, PLAIN_SKIP_BYTES_MAX + 1, TEXT("\n"), piece_sizes[i]);
        assert_true(text_equal(events, TEXT(BOB " error(too-long) close(error)")));
        peer_finish(&peer);
        events = long_line(&peer, PLAIN_SKIP_BYTES_MAX, TEXT("\n"), piece_sizes[i]);
        assert_true(text_equal(events, TEXT(BOB " error(too-long) message(x)")));
        peer_finish(&peer);
    }
}

static void a_gibibyte_without_an_end_keeps_no_bytes(void **state)
{
    (void)state;
    char *block = filled(65536);
    struct plain_peer peer;
    peer_init(&peer);
    peer_send(&peer, TEXT("bob\n"));
    for (size_t i = 0; i < 16384; i++) {
        peer_send(&peer, (struct text){.data = block, .count = 65536});
        assert_true(peer.rest.count <= PLAIN_LINE_BYTES_MAX + 1);
    }
    assert_true(text_equal(bytes_text(&peer.events), TEXT(BOB " error(too-long) close(error)")));
    peer_finish(&peer);
    free(block);
}

static struct text long_piece(struct plain_peer *peer, size_t count, bool end)
{
    char *piece = filled(count);
    peer_init(peer);
    peer_send(peer, TEXT("bob"));
    peer_quiet(peer, false);
    peer_send(peer, (struct text){.data = piece, .count = count});
    if (end) {
        peer_end(peer);
    } else {
        peer_quiet(peer, false);
        peer_send(peer, TEXT("x"));
        peer_quiet(peer, false);
    }
    free(piece);
    return bytes_text(&peer->events);
}

static void pieces_have_the_same_bound_as_lines(void **state)
{
    (void)state;
    struct plain_peer peer;
    struct text events = long_piece(&peer, 4096, false);
    assert_int_equal(events.count, strlen(BOB " message() message(x)") + 4096);
    peer_finish(&peer);

    static const size_t counts[] = {4097, 4098, 10000, PLAIN_SKIP_BYTES_MAX};
    for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
        events = long_piece(&peer, counts[c], false);
        assert_true(text_equal(events, TEXT(BOB " error(too-long,chunk) message(x)")));
        char count[32];
        snprintf(count, sizeof(count), "! too-long: %zu", counts[c]);
        assert_true(text_contains(bytes_text(&peer.words), count));
        peer_finish(&peer);
        events = long_piece(&peer, counts[c], true);
        assert_true(text_equal(events, TEXT(BOB " error(too-long,chunk) close(quit)")));
        peer_finish(&peer);
    }
    events = long_piece(&peer, PLAIN_SKIP_BYTES_MAX + 1, false);
    assert_true(text_equal(events, TEXT(BOB " error(too-long,chunk) close(error)")));
    peer_finish(&peer);
}

static void quiet_matters_before_the_name_and_for_chunk_clients(void **state)
{
    (void)state;
    struct plain_peer peer;
    peer_init(&peer);
    assert_true(plain_wants_quiet(&peer.plain));
    assert_int_equal(plain_dialect(&peer.plain), DIALECT_PLAIN_LINE);
    peer_send(&peer, TEXT("bob\n"));
    assert_false(plain_wants_quiet(&peer.plain));
    assert_int_equal(plain_dialect(&peer.plain), DIALECT_PLAIN_LINE);
    peer_finish(&peer);

    peer_init(&peer);
    peer_send(&peer, TEXT("bob"));
    peer_quiet(&peer, false);
    assert_true(plain_wants_quiet(&peer.plain));
    assert_int_equal(plain_dialect(&peer.plain), DIALECT_PLAIN_CHUNK);
    peer_send(&peer, TEXT("q"));
    peer_quiet(&peer, false);
    assert_false(plain_wants_quiet(&peer.plain));
    peer_finish(&peer);
}

static void give(struct plain_peer *peer, struct effect effect)
{
    struct door_sink sink = peer_sink(peer);
    plain_effect(&peer->plain, &effect, &sink);
}

static void the_session_is_told_nothing_when_all_is_well(void **state)
{
    (void)state;
    struct plain_peer peer;
    peer_init(&peer);
    peer_send(&peer, TEXT("bob\n"));
    assert_int_equal(peer.plain.state, PLAIN_OPENING);
    give(&peer, (struct effect){.kind = EFFECT_OPENED, .who = {.nick = TEXT("bob")}});
    assert_int_equal(peer.plain.state, PLAIN_OPENING);
    give(&peer, (struct effect){.kind = EFFECT_JOINED, .who = {.nick = TEXT("bob")}});
    assert_int_equal(peer.plain.state, PLAIN_JOINED);
    give(&peer, (struct effect){.kind = EFFECT_MESSAGE, .text = TEXT("x")});
    give(&peer, (struct effect){.kind = EFFECT_PONG});
    assert_true(text_equal(bytes_text(&peer.events), TEXT(BOB)));
    assert_int_equal(peer.words.count, 0);
    peer_finish(&peer);
}

static void a_refused_name_is_told_and_closes(void **state)
{
    (void)state;
    static const struct {
        enum refusal refusal;
        const char *code;
        const char *word;
    } refusals[] = {
        {REFUSAL_NAME_BAD, "bad-name", "빈칸"},
        {REFUSAL_NAME_IN_USE, "name-in-use", "이미"},
        {REFUSAL_NAME_LOOKS_LIKE, "name-in-use", "[admin]처럼"},
        {REFUSAL_TOO_MANY, "full", "자리"},
        {REFUSAL_NO_MEMORY, "full", "자리"},
        {REFUSAL_FULL, "full", "자리"},
        {REFUSAL_BANNED, "banned", "(no spam)"},
        {REFUSAL_SERVER_CLOSED, "not-allowed", "새로 오는"},
        {REFUSAL_KEY, "not-allowed", "아무나"},
        {REFUSAL_INVITE_ONLY, "not-allowed", "아무나"},
        {REFUSAL_REGISTERED_ONLY, "not-allowed", "아무나"},
    };
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        for (int kind = COMMAND_OPEN; kind <= COMMAND_JOIN; kind++) {
            struct plain_peer peer;
            peer_init(&peer);
            peer_send(&peer, TEXT("bob\nhello\n"));
            give(&peer, (struct effect){.kind = EFFECT_REFUSED,
                                        .command_kind = (enum command_kind)kind,
                                        .refusal = refusals[i].refusal,
                                        .verdict = NAME_SPACE,
                                        .text = TEXT("no spam"),
                                        .extra = TEXT("admin")});
            char events[128];
            snprintf(events, sizeof(events), BOB " message(hello) error(%s) close(error)",
                     refusals[i].code);
            assert_true(text_equal(bytes_text(&peer.events), text_of(events)));
            assert_true(text_contains(bytes_text(&peer.words), refusals[i].word));
            peer_send(&peer, TEXT("more\n"));
            assert_true(text_equal(bytes_text(&peer.events), text_of(events)));
            peer_finish(&peer);
        }
    }
}

static void a_refused_name_is_told_even_to_one_who_left(void **state)
{
    (void)state;
    struct plain_peer peer;
    peer_init(&peer);
    peer_send(&peer, TEXT("bob\nq\n"));
    give(&peer, (struct effect){.kind = EFFECT_REFUSED,
                                .command_kind = COMMAND_OPEN,
                                .refusal = REFUSAL_NAME_IN_USE});
    assert_true(text_equal(bytes_text(&peer.events), TEXT(BOB " close(quit) error(name-in-use)")));
    peer_finish(&peer);
}

static void a_refused_name_ends_the_wait_for_the_lobby(void **state)
{
    (void)state;
    struct plain_peer peer;
    peer_init(&peer);
    peer.no_at = 1;
    peer.no_times = 1;
    peer_send(&peer, TEXT("bob\n"));
    give(&peer, (struct effect){.kind = EFFECT_REFUSED,
                                .command_kind = COMMAND_OPEN,
                                .refusal = REFUSAL_NAME_IN_USE});
    peer_turn(&peer);
    assert_true(
        text_equal(bytes_text(&peer.events), TEXT("open(bob) error(name-in-use) close(error)")));
    peer_finish(&peer);
}

static void a_refused_message_is_told(void **state)
{
    (void)state;
    struct plain_peer peer;
    peer_init(&peer);
    peer_send(&peer, TEXT("bob\nhello\n"));
    give(&peer, (struct effect){.kind = EFFECT_REFUSED,
                                .command_kind = COMMAND_MESSAGE,
                                .refusal = REFUSAL_NOT_MEMBER});
    assert_true(text_equal(bytes_text(&peer.events), TEXT(BOB " message(hello) error(not-saved)")));
    peer_finish(&peer);
}

static void a_message_that_the_room_does_not_take_is_told(void **state)
{
    (void)state;
    static const enum refusal refusals[] = {REFUSAL_CANNOT_SEND, REFUSAL_BANNED,
                                            REFUSAL_REGISTERED_ONLY, REFUSAL_NOT_OPERATOR};
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct plain_peer peer;
        peer_init(&peer);
        peer_send(&peer, TEXT("bob\nhello\n"));
        give(&peer, (struct effect){.kind = EFFECT_REFUSED,
                                    .command_kind = COMMAND_MESSAGE,
                                    .refusal = refusals[i],
                                    .text = TEXT("m")});
        assert_true(
            text_equal(bytes_text(&peer.events), TEXT(BOB " message(hello) error(not-allowed)")));
        peer_finish(&peer);
    }
}

static void who_is_put_out_is_told_and_closed(void **state)
{
    (void)state;
    struct effect effects[] = {
        {.kind = EFFECT_KICKED,
         .text = TEXT("\x02"
                      "out\x02\x1b\n! x: y")},
        {.kind = EFFECT_CLOSED, .reason = LEAVE_KILLED, .text = TEXT("out\x1b\n! x: y")},
    };
    for (size_t i = 0; i < sizeof(effects) / sizeof(effects[0]); i++) {
        struct plain_peer peer;
        peer_init(&peer);
        peer_send(&peer, TEXT("bob\n"));
        give(&peer, effects[i]);
        assert_true(text_equal(bytes_text(&peer.events), TEXT(BOB " error(kicked) close(killed)")));
        assert_true(text_contains(bytes_text(&peer.words), "(out^[^J! x: y)\n"));
        /* Once: the end of its session changes nothing more. */
        give(&peer, (struct effect){.kind = EFFECT_CLOSED, .reason = LEAVE_KILLED});
        give(&peer, effects[0]);
        assert_true(text_equal(bytes_text(&peer.events), TEXT(BOB " error(kicked) close(killed)")));
        peer_finish(&peer);
    }
}

static void a_session_that_ends_elsewhere_closes_once(void **state)
{
    (void)state;
    struct plain_peer peer;
    peer_init(&peer);
    peer_send(&peer, TEXT("bob\n"));
    give(&peer, (struct effect){.kind = EFFECT_CLOSED, .reason = LEAVE_SHUTDOWN});
    give(&peer, (struct effect){.kind = EFFECT_CLOSED, .reason = LEAVE_SHUTDOWN});
    assert_true(text_equal(bytes_text(&peer.events), TEXT(BOB " close(shutdown)")));
    peer_finish(&peer);
}

/* Counts replies without allocating, so that the door's allocation is the only one. */
struct reply_count {
    size_t replies;
    size_t faults;
    size_t bytes;
};

static bool count_command(void *context, const struct command *command)
{
    (void)context;
    (void)command;
    return true;
}

static void count_reply(void *context, struct text bytes)
{
    struct reply_count *count = context;
    count->replies++;
    count->bytes += bytes.count;
    check(bytes.count > 4 && bytes.data[0] == '!' && bytes.data[bytes.count - 1] == '\n');
}

static void count_fault(void *context, enum notice notice)
{
    struct reply_count *count = context;
    check((unsigned)notice < NOTICE_COUNT);
    count->faults++;
}

static void count_close(void *context, enum leave_reason reason, struct text words)
{
    (void)context;
    (void)reason;
    (void)words;
}

/* Whatever allocation fails, the peer hears the code. */
static void an_error_is_told_without_memory(void **state)
{
    (void)state;
    static const struct text inputs[] = {
        {"a b\n", 4},
        {"bob\n\xff\n", 6},
        {NAME_32 "i", 33},
    };
    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
        int pending = 0;
        for (uint64_t nth = 1; !pending; nth++) {
            struct reply_count count = {0};
            struct door_sink sink = {.context = &count,
                                     .command = count_command,
                                     .reply = count_reply,
                                     .fault = count_fault,
                                     .close = count_close};
            struct plain plain;
            plain_init(&plain, TEXT("#madang"));
            mem_fail_at(nth);
            (void)plain_input(&plain, inputs[i], &sink);
            pending = mem_fail_pending();
            mem_fail_at(0);
            assert_int_equal(count.replies, 1);
            assert_int_equal(count.faults, 1);
            assert_true(nth > 1 || !pending);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_bytewise_and_cut_agree),
        cmocka_unit_test(a_command_without_room_is_neither_lost_nor_doubled),
        cmocka_unit_test(a_command_may_be_refused_often),
        cmocka_unit_test(a_piece_without_room_stays_one_line),
        cmocka_unit_test(lines_up_to_the_bound_are_whole_messages),
        cmocka_unit_test(a_longer_line_is_refused_once_and_its_tail_dropped),
        cmocka_unit_test(a_line_without_an_end_closes_at_the_limit),
        cmocka_unit_test(a_gibibyte_without_an_end_keeps_no_bytes),
        cmocka_unit_test(pieces_have_the_same_bound_as_lines),
        cmocka_unit_test(quiet_matters_before_the_name_and_for_chunk_clients),
        cmocka_unit_test(the_session_is_told_nothing_when_all_is_well),
        cmocka_unit_test(a_refused_name_is_told_and_closes),
        cmocka_unit_test(a_refused_name_is_told_even_to_one_who_left),
        cmocka_unit_test(a_refused_name_ends_the_wait_for_the_lobby),
        cmocka_unit_test(a_refused_message_is_told),
        cmocka_unit_test(a_message_that_the_room_does_not_take_is_told),
        cmocka_unit_test(who_is_put_out_is_told_and_closed),
        cmocka_unit_test(a_session_that_ends_elsewhere_closes_once),
        cmocka_unit_test(an_error_is_told_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
