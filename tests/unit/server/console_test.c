/* The console: the seed's lines, and a reader who stops nobody. */
#include "server/console.h"

#include "base/log.h"
#include "base/mem.h"
#include "model/effect.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LOBBY TEXT("#madang")

static struct effect effect_of(enum effect_kind kind, const struct effect_channel *channel)
{
    return (struct effect){
        .kind = kind,
        .seq = 1,
        .who = {.session = 1, .flags = PERSON_PLAIN, .nick = TEXT("user1")},
        .name = LOBBY,
        .channels = channel,
        .channel_count = 1,
    };
}

static void each_effect_has_the_seeds_lines(void **state)
{
    (void)state;
    static const struct effect_channel lobby = {.id = 7, .member_count = 3};
    struct effect joined = effect_of(EFFECT_JOINED, &lobby);
    struct effect parted = effect_of(EFFECT_PARTED, &lobby);
    struct effect message = effect_of(EFFECT_MESSAGE, &lobby);
    message.text = TEXT("안녕\x1b[2J");
    struct effect closed = effect_of(EFFECT_CLOSED, &lobby);
    closed.reason = LEAVE_QUIT;
    struct effect vanished = closed;
    vanished.reason = LEAVE_VANISHED;
    struct effect killed = closed;
    killed.reason = LEAVE_KILLED;
    struct effect kicked = effect_of(EFFECT_KICKED, &lobby);
    kicked.target.nick = TEXT("user2");
    struct effect kicked_with_words = kicked;
    kicked_with_words.text = TEXT("\x02"
                                  "out\x1b[2J\n");
    struct effect renamed = effect_of(EFFECT_NICK, &lobby);
    renamed.text = TEXT("마당쇠");
    struct effect refused = effect_of(EFFECT_REFUSED, &lobby);
    const struct {
        const struct effect *effect;
        const char *lines;
    } cases[] = {
        {&joined, "[user1] 접속\n[3]명의 사용자 접속 중\n"},
        {&parted, "[user1] 접속 종료\n[3]명의 사용자 접속 중\n"},
        {&message, "[user1] 안녕^[[2J\n"},
        {&closed, "[user1] 접속 종료\n[3]명의 사용자 접속 중\n"},
        {&vanished, "[user1] 비정상 종료\n[3]명의 사용자 접속 중\n"},
        {&killed, "[user1] 내보내짐\n[3]명의 사용자 접속 중\n"},
        {&kicked, "[user2] 내보내짐 ([user1])\n[3]명의 사용자 접속 중\n"},
        {&kicked_with_words, "[user2] 내보내짐 ([user1]): out^[[2J^J\n[3]명의 사용자 접속 중\n"},
        {&renamed, "[user1] 이름 변경: [마당쇠]\n"},
        {&refused, ""},
    };
    uint64_t lobby_id = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes out = {0};
        assert_int_equal(console_render(cases[i].effect, LOBBY, &lobby_id, &out), ERR_OK);
        assert_true(text_equal(bytes_text(&out), text_of(cases[i].lines)));
        bytes_finish(&out);
    }
    assert_int_equal(lobby_id, 7);
}

/* As plain people read them. */
static void what_irc_people_do_in_the_lobby_is_readable(void **state)
{
    (void)state;
    static const struct effect_channel lobby = {.id = 7, .member_count = 3};
    static const struct {
        uint32_t flags;
        const char *text;
        const char *extra;
        const char *lines;
    } cases[] = {
        {0,
         "\x01"
         "ACTION waves\x01",
         "", "* user1 waves\n"},
        {0,
         "\x01"
         "VERSION\x01",
         "", ""},
        {0,
         "\x03"
         "4red\x0f",
         "", "[user1] red\n"},
        {MESSAGE_NOTICE, "careful", "", "-user1- careful\n"},
        {MESSAGE_TAGMSG, "", "+draft/react=👍", "* user1: 👍\n"},
        {MESSAGE_TAGMSG, "", "+typing=active", ""},
        {MESSAGE_MULTILINE, "one\ntwo", "", "[user1] one\n[user1] two\n"},
    };
    uint64_t lobby_id = 7;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes out = {0};
        struct effect message = effect_of(EFFECT_MESSAGE, &lobby);
        message.who.flags = 0;
        message.flags = cases[i].flags;
        message.text = text_of(cases[i].text);
        message.extra = text_of(cases[i].extra);
        assert_int_equal(console_render(&message, LOBBY, &lobby_id, &out), ERR_OK);
        assert_true(text_equal(bytes_text(&out), text_of(cases[i].lines)));
        bytes_finish(&out);
    }
}

static void what_changes_no_line_shows_none(void **state)
{
    (void)state;
    static const struct effect_channel lobby = {.id = 7, .member_count = 3};
    uint64_t lobby_id = 7;
    struct bytes out = {0};
    for (int kind = EFFECT_OPENED; kind < EFFECT_KIND_COUNT; kind++) {
        struct effect effect = effect_of((enum effect_kind)kind, &lobby);
        effect.text = TEXT("text");
        effect.target.nick = TEXT("user2");
        assert_int_equal(console_render(&effect, LOBBY, &lobby_id, &out), ERR_OK);
        bool has_line = kind == EFFECT_JOINED || kind == EFFECT_PARTED || kind == EFFECT_MESSAGE ||
                        kind == EFFECT_CLOSED || kind == EFFECT_NICK || kind == EFFECT_KICKED;
        assert_true((out.count > 0) == has_line);
        bytes_clear(&out);
    }
    bytes_finish(&out);
}

/* A kept room goes by the name that it was made with. */
static void lobby_may_be_spelled_otherwise(void **state)
{
    (void)state;
    static const struct effect_channel lobby = {.id = 7, .member_count = 1};
    uint64_t lobby_id = 0;
    struct bytes out = {0};
    struct effect joined = effect_of(EFFECT_JOINED, &lobby);
    joined.name = TEXT("#Madang");
    assert_int_equal(console_render(&joined, LOBBY, &lobby_id, &out), ERR_OK);
    assert_int_equal(lobby_id, 7);
    assert_true(text_equal(bytes_text(&out), TEXT("[user1] 접속\n[1]명의 사용자 접속 중\n")));
    bytes_finish(&out);
}

static void other_rooms_are_not_shown(void **state)
{
    (void)state;
    static const struct effect_channel other = {.id = 8, .member_count = 1};
    uint64_t lobby_id = 0;
    struct bytes out = {0};
    struct effect message = effect_of(EFFECT_MESSAGE, &other);
    message.name = TEXT("#other");
    message.text = TEXT("psst");
    assert_int_equal(console_render(&message, LOBBY, &lobby_id, &out), ERR_OK);
    struct effect joined = effect_of(EFFECT_JOINED, &other);
    joined.name = TEXT("#other");
    assert_int_equal(console_render(&joined, LOBBY, &lobby_id, &out), ERR_OK);
    assert_int_equal(out.count, 0);
    assert_int_equal(lobby_id, 0);
}

/* The line of who made the lobby anew may have been lost. */
static void message_tells_which_room_is_the_lobby(void **state)
{
    (void)state;
    static const struct effect_channel lobby = {.id = 9, .member_count = 2};
    uint64_t lobby_id = 7;
    struct bytes out = {0};
    struct effect message = effect_of(EFFECT_MESSAGE, &lobby);
    message.text = TEXT("hello");
    assert_int_equal(console_render(&message, LOBBY, &lobby_id, &out), ERR_OK);
    assert_true(text_equal(bytes_text(&out), TEXT("[user1] hello\n")));
    assert_int_equal(lobby_id, 9);
    bytes_finish(&out);
}

static void leave_of_several_rooms_counts_the_lobby(void **state)
{
    (void)state;
    static const struct effect_channel rooms[] = {
        {.id = 8, .member_count = 50}, {.id = 7, .member_count = 2}, {.id = 9, .member_count = 60}};
    uint64_t lobby_id = 7;
    struct bytes out = {0};
    struct effect closed = effect_of(EFFECT_CLOSED, rooms);
    closed.channel_count = 3;
    closed.reason = LEAVE_QUIT;
    assert_int_equal(console_render(&closed, LOBBY, &lobby_id, &out), ERR_OK);
    assert_true(text_equal(bytes_text(&out), TEXT("[user1] 접속 종료\n[2]명의 사용자 접속 중\n")));
    bytes_finish(&out);
}

static void without_memory_there_is_no_half_line(void **state)
{
    (void)state;
    static const struct effect_channel lobby = {.id = 7, .member_count = 3};
    static const enum effect_kind kinds[] = {EFFECT_JOINED, EFFECT_MESSAGE, EFFECT_CLOSED,
                                             EFFECT_KICKED};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct effect effect = effect_of(kinds[i], &lobby);
        static char text[MESSAGE_BYTES_MAX];
        memset(text, '\x01', sizeof text);
        effect.text = (struct text){text, sizeof text};
        bool was_pending = false;
        for (uint64_t nth = 1; !was_pending; nth++) {
            uint64_t lobby_id = 7;
            struct bytes out = {0};
            assert_int_equal(bytes_append(&out, "before\n", 7), ERR_OK);
            mem_fail_at(nth);
            enum error error = console_render(&effect, LOBBY, &lobby_id, &out);
            was_pending = mem_fail_pending();
            mem_fail_at(0);
            assert_int_equal(error, was_pending ? ERR_OK : ERR_MEMORY);
            if (error != ERR_OK) {
                assert_int_equal(out.count, 7);
            }
            bytes_finish(&out);
        }
    }
}

/* A console on a pipe, fed through its ring. */
struct screen {
    struct bus bus;
    struct console console;
    int fds[2];
    uint64_t seq;
    int64_t now_ms;
    uint32_t logged; /* Lines in the log. */
};

static void count_line(void *context, const char *line)
{
    (void)line;
    ((struct screen *)context)->logged++;
}

static struct screen *screen_new(void)
{
    struct screen *screen = calloc(1, sizeof *screen);
    assert_non_null(screen);
    log_sink_set(count_line, screen);
    struct bus_options options = bus_options_default;
    options.console_bytes = 256 * 1024;
    assert_int_equal(bus_init(&screen->bus, 1, 0, &options), ERR_OK);
    assert_int_equal(pipe(screen->fds), 0);
    assert_true(fcntl(screen->fds[1], F_SETPIPE_SZ, 4096) >= 4096);
    console_init(&screen->console, &screen->bus, screen->fds[1], "#madang");
    screen->now_ms = 1000;
    return screen;
}

static void screen_free(struct screen *screen)
{
    console_finish(&screen->console);
    bus_finish(&screen->bus);
    if (screen->fds[0] >= 0) {
        close(screen->fds[0]);
    }
    close(screen->fds[1]);
    free(screen);
    log_sink_set(NULL, NULL);
}

/* Something happens in the lobby; false when the ring has no room for it. */
static bool happen(struct screen *screen, enum effect_kind kind, struct text text)
{
    static const struct effect_channel lobby = {.id = 7, .member_count = 3};
    struct effect effect = effect_of(kind, &lobby);
    effect.seq = ++screen->seq;
    effect.text = text;
    void *record = ring_reserve(screen->bus.console_effects, effect_packed_bytes(&effect));
    if (record == NULL) {
        return false;
    }
    effect_pack(&effect, record);
    ring_publish(screen->bus.console_effects);
    return true;
}

static void commit_all(struct screen *screen)
{
    atomic_store(&screen->bus.committed, screen->seq);
}

static size_t read_all(struct screen *screen, char *out, size_t capacity)
{
    struct pollfd poll_fd = {.fd = screen->fds[0], .events = POLLIN};
    size_t count = 0;
    while (poll(&poll_fd, 1, 0) == 1 && count < capacity) {
        ssize_t got = read(screen->fds[0], out + count, capacity - count);
        assert_true(got > 0);
        count += (size_t)got;
    }
    return count;
}

static void only_what_is_committed_is_shown(void **state)
{
    (void)state;
    struct screen *screen = screen_new();
    assert_true(happen(screen, EFFECT_JOINED, TEXT_NONE));
    assert_false(console_has_work(&screen->console));
    assert_false(console_step(&screen->console, screen->now_ms));
    char seen[256];
    assert_int_equal(read_all(screen, seen, sizeof seen), 0);
    commit_all(screen);
    assert_true(console_has_work(&screen->console));
    assert_true(console_step(&screen->console, screen->now_ms));
    assert_false(console_has_work(&screen->console));
    assert_false(console_is_behind(&screen->console));
    size_t count = read_all(screen, seen, sizeof seen);
    assert_true(
        text_equal((struct text){seen, count}, TEXT("[user1] 접속\n[3]명의 사용자 접속 중\n")));
    screen_free(screen);
}

static void reader_who_stops_is_passed_over_and_gets_the_rest_later(void **state)
{
    (void)state;
    struct screen *screen = screen_new();
    char text[1000];
    memset(text, 'x', sizeof text);
    assert_true(happen(screen, EFFECT_JOINED, TEXT_NONE));
    uint32_t put = 0;
    for (int i = 0; i < 2000; i++) {
        put += happen(screen, EFFECT_MESSAGE, (struct text){text, sizeof text}) ? 1 : 0;
        commit_all(screen);
        (void)console_step(&screen->console, screen->now_ms);
    }
    assert_true(console_is_behind(&screen->console));
    assert_false(console_has_work(&screen->console)); /* No more room for lines. */
    assert_true(put < 2000);
    assert_false(atomic_load(&screen->bus.console_stuck));
    /* Nothing is taken for 100 ms. */
    screen->now_ms += 99;
    atomic_store(&screen->bus.hub_starved, true);
    (void)console_step(&screen->console, screen->now_ms);
    assert_false(atomic_load(&screen->bus.console_stuck));
    screen->now_ms += 1;
    (void)console_step(&screen->console, screen->now_ms);
    assert_true(atomic_load(&screen->bus.console_stuck));
    assert_false(atomic_load(&screen->bus.hub_starved)); /* Who waited for it is told. */
    /* It reads again: whole lines, all that was not lost. */
    atomic_store(&screen->bus.console_lost, 5);
    size_t capacity = (size_t)put * 1100 + 1000;
    char *seen = malloc(capacity);
    assert_non_null(seen);
    size_t count = 0;
    for (int i = 0;
         i < 100000 && (console_is_behind(&screen->console) || console_has_work(&screen->console));
         i++) {
        (void)console_step(&screen->console, screen->now_ms);
        count += read_all(screen, seen + count, capacity - count);
    }
    (void)console_step(&screen->console, screen->now_ms);
    assert_false(atomic_load(&screen->bus.console_stuck));
    assert_int_equal(screen->logged, 1); /* The lost ones, once. */
    count += read_all(screen, seen + count, capacity - count);
    uint32_t lines = 0;
    for (size_t i = 0; i < count; i++) {
        lines += seen[i] == '\n' ? 1 : 0;
    }
    assert_int_equal(lines, put + 2);
    assert_int_equal(seen[count - 1], '\n');
    free(seen);
    screen_free(screen);
}

static void line_longer_than_a_write_comes_whole(void **state)
{
    (void)state;
    struct screen *screen = screen_new();
    static char text[MESSAGE_BYTES_MAX];
    memset(text, '\x01', sizeof text); /* Two bytes each, when seen. */
    assert_true(happen(screen, EFFECT_JOINED, TEXT_NONE));
    assert_true(happen(screen, EFFECT_MESSAGE, (struct text){text, sizeof text}));
    commit_all(screen);
    static char seen[4 * MESSAGE_BYTES_MAX];
    size_t count = 0;
    for (int i = 0; i < 100; i++) {
        (void)console_step(&screen->console, screen->now_ms);
        count += read_all(screen, seen + count, sizeof seen - count);
    }
    assert_int_equal(count,
                     strlen("[user1] 접속\n[3]명의 사용자 접속 중\n[user1] \n") + 2 * sizeof text);
    screen_free(screen);
}

static void closed_output_is_said_once_and_stops_nobody(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    struct screen *screen = screen_new();
    close(screen->fds[0]);
    screen->fds[0] = -1;
    for (int i = 0; i < 5000; i++) {
        assert_true(happen(screen, EFFECT_JOINED, TEXT_NONE));
        commit_all(screen);
        (void)console_step(&screen->console, screen->now_ms);
        screen->now_ms += 50;
    }
    assert_int_equal(screen->logged, 1);
    assert_false(console_is_behind(&screen->console));
    assert_false(atomic_load(&screen->bus.console_stuck));
    screen_free(screen);
}

static void line_without_memory_is_lost_and_counted(void **state)
{
    (void)state;
    struct screen *screen = screen_new();
    assert_true(happen(screen, EFFECT_JOINED, TEXT_NONE));
    commit_all(screen);
    mem_fail_at(1);
    (void)console_step(&screen->console, screen->now_ms);
    assert_false(mem_fail_pending());
    assert_int_equal(atomic_load(&screen->bus.console_lost), 1);
    screen_free(screen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_effect_has_the_seeds_lines),
        cmocka_unit_test(what_irc_people_do_in_the_lobby_is_readable),
        cmocka_unit_test(what_changes_no_line_shows_none),
        cmocka_unit_test(lobby_may_be_spelled_otherwise),
        cmocka_unit_test(other_rooms_are_not_shown),
        cmocka_unit_test(message_tells_which_room_is_the_lobby),
        cmocka_unit_test(leave_of_several_rooms_counts_the_lobby),
        cmocka_unit_test(without_memory_there_is_no_half_line),
        cmocka_unit_test(only_what_is_committed_is_shown),
        cmocka_unit_test(reader_who_stops_is_passed_over_and_gets_the_rest_later),
        cmocka_unit_test(line_longer_than_a_write_comes_whole),
        cmocka_unit_test(closed_output_is_said_once_and_stops_nobody),
        cmocka_unit_test(line_without_memory_is_lost_and_counted),
    };
    return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
