/* The report's wire: what goes out apart, and what comes in without one's own lines. */
#include "client/plain_wire.h"

#include "expect.h"

#define GA "\xEA\xB0\x80" /* 가 */

static void start(struct plain_wire *wire)
{
    assert_int_equal(plain_wire_init(wire, TEXT("me")), ERR_OK);
}

/* Sends all of outbox as the clock allows; pieces go to the sink with the time of each. */
static void send_all(struct plain_wire *wire, struct bytes *outbox, int64_t *now_ms,
                     struct seen *out)
{
    for (int turn = 0; turn < 100000; turn++) {
        struct text piece;
        assert_int_equal(plain_wire_next(wire, outbox, *now_ms, &piece), ERR_OK);
        if (piece.count == 0) {
            if (outbox->count == 0) {
                return;
            }
            assert_true(wire->write_at_ms > *now_ms);
            *now_ms = wire->write_at_ms;
            continue;
        }
        assert_int_equal(see_line(out, piece, LINE_WHOLE), ERR_OK);
        assert_int_equal(plain_wire_written(wire, piece.count, *now_ms), ERR_OK);
    }
    fail_msg("the outbox never became empty");
}

/* Lets the wire send its name and then these lines. */
static void say(struct plain_wire *wire, struct text lines)
{
    struct bytes outbox = {0};
    struct seen seen = {0};
    int64_t now_ms = 0;
    assert_int_equal(bytes_append_text(&outbox, TEXT("me\n")), ERR_OK);
    assert_int_equal(bytes_append_text(&outbox, lines), ERR_OK);
    send_all(wire, &outbox, &now_ms, &seen);
    bytes_finish(&seen.lines);
    bytes_finish(&outbox);
}

static void receive(struct plain_wire *wire, struct text piece, struct seen *seen)
{
    struct line_sink sink = sink_to(seen);
    assert_int_equal(plain_wire_receive(wire, piece, 0, &sink), ERR_OK);
}

static void flush(struct plain_wire *wire, struct seen *seen)
{
    struct line_sink sink = sink_to(seen);
    assert_int_equal(plain_wire_flush(wire, &sink), ERR_OK);
    assert_int_equal(plain_wire_flush_at_ms(wire), PLAIN_WIRE_NEVER);
}

static void lines_go_out_bare_and_one_at_a_time(void **state)
{
    (void)state;
    struct plain_wire wire;
    start(&wire);
    struct bytes outbox = {0};
    struct seen seen = {0};
    int64_t now_ms = 1000;
    assert_int_equal(bytes_append_text(&outbox, TEXT("me\n안녕\nq\n")), ERR_OK);
    send_all(&wire, &outbox, &now_ms, &seen);
    assert_seen(&seen, "=me\n=안녕\n=q\n");
    assert_int_equal(now_ms, 1000 + PLAIN_WIRE_NAME_PAUSE_MS + PLAIN_WIRE_PAUSE_MS);
    bytes_finish(&outbox);
    plain_wire_finish(&wire);
}

static void a_short_write_goes_on_without_a_pause(void **state)
{
    (void)state;
    struct plain_wire wire;
    start(&wire);
    struct bytes outbox = {0};
    struct text piece;
    assert_int_equal(bytes_append_text(&outbox, TEXT("me\nx\n")), ERR_OK);
    assert_int_equal(plain_wire_next(&wire, &outbox, 0, &piece), ERR_OK);
    assert_int_equal(plain_wire_written(&wire, 1, 0), ERR_OK);
    assert_true(plain_wire_in_piece(&wire));
    assert_int_equal(plain_wire_next(&wire, &outbox, 0, &piece), ERR_OK);
    assert_text(piece, "e");
    assert_int_equal(plain_wire_written(&wire, 1, 5), ERR_OK);
    assert_false(plain_wire_in_piece(&wire));
    assert_int_equal(plain_wire_next(&wire, &outbox, 6, &piece), ERR_OK);
    assert_int_equal(piece.count, 0);
    bytes_finish(&outbox);
    plain_wire_finish(&wire);
}

static void a_long_line_is_cut_between_characters(void **state)
{
    (void)state;
    struct bytes line = {0};
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(bytes_append_text(&line, TEXT(GA)), ERR_OK);
    }
    /* 1,024 is no multiple of 3. */
    assert_int_equal(plain_piece_bytes(bytes_text(&line)), 1023);
    line.count = 1023;
    assert_int_equal(plain_piece_bytes(bytes_text(&line)), 1023);
    bytes_finish(&line);
    char ascii[1025];
    memset(ascii, 'a', sizeof(ascii));
    assert_int_equal(plain_piece_bytes((struct text){.data = ascii, .count = 1024}), 1024);
    assert_int_equal(plain_piece_bytes((struct text){.data = ascii, .count = 1025}), 1024);
}

static void no_cut_leaves_a_word_that_leaves(void **state)
{
    (void)state;
    char line[1024 + 4];
    memset(line, 'a', sizeof(line));
    memcpy(line + 1024, "quit", 4);
    assert_int_equal(plain_piece_bytes((struct text){.data = line, .count = 1028}), 1023);
    assert_int_equal(plain_piece_bytes((struct text){.data = line, .count = 1025}), 1023);
    assert_int_equal(plain_piece_bytes((struct text){.data = line, .count = 1026}), 1024);
}

static void bytes_that_are_no_utf8_are_cut_all_the_same(void **state)
{
    (void)state;
    char line[2000];
    memset(line, 0x80, sizeof(line));
    size_t count = plain_piece_bytes((struct text){.data = line, .count = sizeof(line)});
    assert_true(count > 0 && count <= CLIENT_PIECE_BYTES_MAX);
}

static void only_the_own_lines_are_dropped(void **state)
{
    (void)state;
    struct plain_wire wire;
    start(&wire);
    struct seen seen = {0};
    say(&wire, TEXT("안녕\n"));
    receive(&wire, TEXT("[you] me, [me] 안녕"), &seen);
    receive(&wire, TEXT("[me] 안녕"), &seen);
    receive(&wire, TEXT("[you] 안녕"), &seen);
    assert_seen(&seen, "=[you] me, [me] 안녕\n=[you] 안녕\n");
    /* Said once, dropped once: the second is from somebody else of that name. */
    receive(&wire, TEXT("[me] 안녕"), &seen);
    assert_seen(&seen, "=[me] 안녕\n");
    plain_wire_finish(&wire);
}

static void what_was_never_said_is_shown(void **state)
{
    (void)state;
    struct plain_wire wire;
    start(&wire);
    struct seen seen = {0};
    say(&wire, TEXT("hello\n"));
    receive(&wire, TEXT("[me] hell no"), &seen);
    receive(&wire, TEXT("[me] hello"), &seen);
    assert_seen(&seen, "=[me] hell no\n");
    plain_wire_finish(&wire);
}

static void an_own_line_in_front_of_another_is_taken_off(void **state)
{
    (void)state;
    struct plain_wire wire;
    start(&wire);
    struct seen seen = {0};
    say(&wire, TEXT("a\nb\n"));
    receive(&wire, TEXT("[me] a[me] b[you] c"), &seen);
    assert_seen(&seen, "=[you] c\n");
    plain_wire_finish(&wire);
}

static void echoes_that_were_lost_do_not_hide_later_ones(void **state)
{
    (void)state;
    struct plain_wire wire;
    start(&wire);
    struct seen seen = {0};
    say(&wire, TEXT("a\nb\n"));
    receive(&wire, TEXT("[you] c[me] a"), &seen);
    receive(&wire, TEXT("[me] b"), &seen);
    assert_seen(&seen, "=[you] c[me] a\n");
    assert_int_equal(wire.echo_count, 0);
    plain_wire_finish(&wire);
}

static void the_list_of_own_lines_is_bounded(void **state)
{
    (void)state;
    struct plain_wire wire;
    start(&wire);
    struct bytes lines = {0};
    for (int i = 0; i <= CLIENT_ECHO_COUNT_MAX; i++) {
        assert_int_equal(bytes_format(&lines, "line %d\n", i), ERR_OK);
    }
    say(&wire, bytes_text(&lines));
    assert_int_equal(wire.echo_count, CLIENT_ECHO_COUNT_MAX);
    struct seen seen = {0};
    receive(&wire, TEXT("[me] line 0"), &seen);
    assert_seen(&seen, "=[me] line 0\n");
    receive(&wire, TEXT("[me] line 1"), &seen);
    assert_seen(&seen, "");
    bytes_finish(&lines);
    plain_wire_finish(&wire);
}

static void neither_the_name_nor_the_leave_word_comes_back(void **state)
{
    (void)state;
    struct plain_wire wire;
    start(&wire);
    say(&wire, TEXT("q\n"));
    assert_int_equal(wire.echo_count, 0);
    plain_wire_finish(&wire);
}

static void a_cut_character_waits_for_its_rest(void **state)
{
    (void)state;
    struct plain_wire wire;
    start(&wire);
    struct seen seen = {0};
    receive(&wire, TEXT("[you] \xEA\xB0"), &seen);
    assert_seen(&seen, "");
    assert_int_equal(plain_wire_flush_at_ms(&wire), PLAIN_WIRE_HOLD_MS);
    receive(&wire, TEXT("\x80!"), &seen);
    assert_seen(&seen, "=[you] " GA "!\n");
    assert_int_equal(plain_wire_flush_at_ms(&wire), PLAIN_WIRE_NEVER);
    plain_wire_finish(&wire);
}

static void a_cut_character_is_shown_when_its_rest_does_not_come(void **state)
{
    (void)state;
    struct plain_wire wire;
    start(&wire);
    struct seen seen = {0};
    receive(&wire, TEXT("[you] \xEA\xB0"), &seen);
    flush(&wire, &seen);
    assert_seen(&seen, "=[you] \xEA\xB0\n");
    /* The next message is not its rest. */
    receive(&wire, TEXT("[you] \xEA"), &seen);
    receive(&wire, TEXT("[she] hi"), &seen);
    assert_seen(&seen, "=[you] \xEA\n=[she] hi\n");
    plain_wire_finish(&wire);
}

static void an_own_line_in_two_pieces_is_dropped_whole(void **state)
{
    (void)state;
    struct text echo = TEXT("[me] " GA " is long");
    for (size_t cut = 1; cut < echo.count; cut++) {
        struct plain_wire wire;
        start(&wire);
        struct seen seen = {0};
        say(&wire, TEXT(GA " is long\n"));
        receive(&wire, (struct text){.data = echo.data, .count = cut}, &seen);
        receive(&wire, (struct text){.data = echo.data + cut, .count = echo.count - cut}, &seen);
        assert_seen(&seen, "");
        assert_int_equal(wire.held.count, 0);
        plain_wire_finish(&wire);
    }
}

static void a_piece_like_the_beginning_of_an_own_line_is_shown_at_last(void **state)
{
    (void)state;
    struct plain_wire wire;
    start(&wire);
    struct seen seen = {0};
    say(&wire, TEXT("hello\n"));
    receive(&wire, TEXT("[me] hel"), &seen);
    assert_seen(&seen, "");
    receive(&wire, TEXT("[you] hi"), &seen);
    assert_seen(&seen, "=[me] hel\n=[you] hi\n");
    plain_wire_finish(&wire);
}

static void lines_inside_a_message_are_marked(void **state)
{
    (void)state;
    struct plain_wire wire;
    start(&wire);
    struct seen seen = {0};
    receive(&wire, TEXT("[eve] hi\n[user1] forged\r\nmore\n"), &seen);
    assert_seen(&seen, "=[eve] hi\n+[user1] forged\n+more\n");
    receive(&wire, TEXT("\n\n[eve] hi"), &seen);
    assert_seen(&seen, "=[eve] hi\n");
    plain_wire_finish(&wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_go_out_bare_and_one_at_a_time),
        cmocka_unit_test(a_short_write_goes_on_without_a_pause),
        cmocka_unit_test(a_long_line_is_cut_between_characters),
        cmocka_unit_test(no_cut_leaves_a_word_that_leaves),
        cmocka_unit_test(bytes_that_are_no_utf8_are_cut_all_the_same),
        cmocka_unit_test(only_the_own_lines_are_dropped),
        cmocka_unit_test(what_was_never_said_is_shown),
        cmocka_unit_test(an_own_line_in_front_of_another_is_taken_off),
        cmocka_unit_test(echoes_that_were_lost_do_not_hide_later_ones),
        cmocka_unit_test(the_list_of_own_lines_is_bounded),
        cmocka_unit_test(neither_the_name_nor_the_leave_word_comes_back),
        cmocka_unit_test(a_cut_character_waits_for_its_rest),
        cmocka_unit_test(a_cut_character_is_shown_when_its_rest_does_not_come),
        cmocka_unit_test(an_own_line_in_two_pieces_is_dropped_whole),
        cmocka_unit_test(a_piece_like_the_beginning_of_an_own_line_is_shown_at_last),
        cmocka_unit_test(lines_inside_a_message_are_marked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
