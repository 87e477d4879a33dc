/* Bytes from a terminal, as keys. */
#include "client/keys.h"

#include "expect.h"

#include <stdio.h>

static const char *kind_name(enum key_kind kind)
{
    static const char *const names[] = {
        [KEY_TEXT] = "text",
        [KEY_ENTER] = "enter",
        [KEY_TAB] = "tab",
        [KEY_BACKSPACE] = "backspace",
        [KEY_DELETE] = "delete",
        [KEY_LEFT] = "left",
        [KEY_RIGHT] = "right",
        [KEY_UP] = "up",
        [KEY_DOWN] = "down",
        [KEY_HOME] = "home",
        [KEY_END] = "end",
        [KEY_WORD_LEFT] = "word-left",
        [KEY_WORD_RIGHT] = "word-right",
        [KEY_DELETE_OR_LEAVE] = "ctrl-d",
        [KEY_KILL_TO_END] = "ctrl-k",
        [KEY_KILL_TO_START] = "ctrl-u",
        [KEY_KILL_WORD] = "ctrl-w",
        [KEY_YANK] = "ctrl-y",
        [KEY_REDRAW] = "ctrl-l",
        [KEY_PASTE_BEGIN] = "paste",
        [KEY_PASTE_END] = "pasted",
        [KEY_CURSOR_REPORT] = "report",
        [KEY_INVALID] = "invalid",
        [KEY_UNKNOWN] = "unknown",
    };
    return names[kind];
}

static void assert_keys(struct text input, const char *expected)
{
    struct key_decoder decoder = {0};
    struct bytes out = {0};
    for (size_t i = 0; i < input.count; i++) {
        struct key keys[2];
        size_t count = key_decode(&decoder, (unsigned char)input.data[i], keys);
        for (size_t k = 0; k < count; k++) {
            const char *gap = out.count > 0 ? " " : "";
            if (keys[k].kind == KEY_TEXT) {
                assert_int_equal(bytes_format(&out, "%s'%.*s'", gap, keys[k].count, keys[k].data),
                                 ERR_OK);
            } else if (keys[k].kind == KEY_CURSOR_REPORT) {
                assert_int_equal(
                    bytes_format(&out, "%sreport(%u,%u)", gap, keys[k].row, keys[k].column),
                    ERR_OK);
            } else {
                assert_int_equal(bytes_format(&out, "%s%s", gap, kind_name(keys[k].kind)), ERR_OK);
            }
        }
    }
    assert_text(bytes_text(&out), expected);
    bytes_finish(&out);
}

static void characters_come_whole(void **state)
{
    (void)state;
    assert_keys(TEXT("a안🙂"), "'a' '안' '🙂'");
}

static void bytes_that_are_no_utf8_are_refused(void **state)
{
    (void)state;
    assert_keys(TEXT("\xFF"), "invalid");
    assert_keys(TEXT("\x80z"), "invalid 'z'");
    assert_keys(TEXT("\xC0\xAF"), "invalid invalid");
    assert_keys(TEXT("\xED\xA0\x80"), "invalid invalid invalid");
    /* A character that was cut does not swallow the key behind it. */
    assert_keys(TEXT("\xEC\x95\r"), "invalid enter");
    assert_keys(TEXT("\xEC\x95\xEC\x95\x88"), "invalid '안'");
    assert_keys(TEXT("\xEC\x1b[A"), "invalid up");
}

static void controls_are_keys(void **state)
{
    (void)state;
    assert_keys(TEXT("\r\n\t\x7f\b"), "enter enter tab backspace backspace");
    assert_keys(TEXT("\x01\x02\x04\x05\x06\x0b\x0c"), "home left ctrl-d end right ctrl-k ctrl-l");
    assert_keys(TEXT("\x0e\x10\x15\x17\x19"), "down up ctrl-u ctrl-w ctrl-y");
    assert_keys(TEXT("\0\x07\x1c"), "unknown unknown unknown");
}

static void sequences_are_keys(void **state)
{
    (void)state;
    assert_keys(TEXT("\x1b[A\x1b[B\x1b[C\x1b[D"), "up down right left");
    assert_keys(TEXT("\x1bOA\x1bOB\x1bOH\x1bOF"), "up down home end");
    assert_keys(TEXT("\x1b[H\x1b[F\x1b[1~\x1b[4~\x1b[7~\x1b[8~\x1b[3~"),
                "home end home end home end delete");
    assert_keys(TEXT("\x1b[1;5C\x1b[1;3D\x1b"
                     "b\x1b"
                     "f"),
                "word-right word-left word-left word-right");
    assert_keys(TEXT("\x1b\x7f"), "ctrl-w");
    assert_keys(TEXT("\x1b[200~x\x1b[201~"), "paste 'x' pasted");
    assert_keys(TEXT("\x1b[12;80R"), "report(12,80)");
}

static void unknown_sequences_are_swallowed_whole(void **state)
{
    (void)state;
    assert_keys(TEXT("\x1b[15~x"), "unknown 'x'");
    assert_keys(TEXT("\x1b[?1;2cx"), "unknown 'x'");
    assert_keys(TEXT("\x1b[<0;1;1Mx"), "unknown 'x'");
    assert_keys(TEXT("\x1b[R\x1b[0;5R"), "unknown unknown");
    assert_keys(TEXT("\x1bxy"), "unknown 'y'");
    assert_keys(TEXT("\x1b[111111111111111111111111111111111111111111~x"), "unknown 'x'");
    assert_keys(TEXT("\x1b[9999999;999999A"), "up");
}

static void a_lone_escape_swallows_no_character(void **state)
{
    (void)state;
    assert_keys(TEXT("\x1b안"), "'안'");
    assert_keys(TEXT("\x1b\r"), "enter");
    assert_keys(TEXT("\x1b\x1b[A"), "up");
    assert_keys(TEXT("\x1b[1안"), "'안'");
    assert_keys(TEXT("\x1bO\r"), "enter");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_come_whole),
        cmocka_unit_test(bytes_that_are_no_utf8_are_refused),
        cmocka_unit_test(controls_are_keys),
        cmocka_unit_test(sequences_are_keys),
        cmocka_unit_test(unknown_sequences_are_swallowed_whole),
        cmocka_unit_test(a_lone_escape_swallows_no_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
