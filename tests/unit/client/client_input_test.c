/* Lines and pastes on their way to the server. */
#include "stage.h"

static void take(struct stage *stage, struct text line)
{
    assert_int_equal(client_take_line(&stage->client, line, LINE_WHOLE), ERR_OK);
}

static void lines_are_said_in_the_lobby(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    come_in(&stage);
    take(&stage, TEXT("안녕"));
    take(&stage, TEXT("with a return\r"));
    take(&stage, TEXT(" spaces "));
    take(&stage, TEXT("/me is text here"));
    assert_server_got(&stage, "PRIVMSG #madang :안녕\r\nPRIVMSG #madang :with a return\r\n"
                              "PRIVMSG #madang : spaces \r\n"
                              "PRIVMSG #madang :/me is text here\r\n");
    tear_down(&stage);
}

static void blank_lines_are_not_sent(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    come_in(&stage);
    take(&stage, TEXT(""));
    take(&stage, TEXT("\r"));
    take(&stage, TEXT(" \t "));
    assert_server_got(&stage, "");
    assert_complaints(&stage, "");
    tear_down(&stage);
}

static void only_the_two_words_leave(void **state)
{
    (void)state;
    static const char *const stays[] = {"Q", " q", "q ", "quit now", "qq", "\xEF\xBD\x91"};
    struct stage stage;
    set_up(&stage, false, true);
    for (size_t i = 0; i < sizeof(stays) / sizeof(stays[0]); i++) {
        take(&stage, text_of(stays[i]));
        assert_false(stage.client.leaving);
    }
    take(&stage, TEXT("quit\r"));
    assert_true(stage.client.leaving);
    size_t pending = stage.client.wire->protocol->pending_bytes(stage.client.wire);
    take(&stage, TEXT("after"));
    assert_int_equal(stage.client.wire->protocol->pending_bytes(stage.client.wire), pending);
    tear_down(&stage);
}

static void a_line_has_a_bound(void **state)
{
    (void)state;
    char line[PLAIN_LINE_BYTES_MAX + 2];
    memset(line, 'x', sizeof(line));
    struct stage stage;
    set_up(&stage, false, false);
    come_in(&stage);
    struct wire *wire = stage.client.wire;
    take(&stage, (struct text){.data = line, .count = PLAIN_LINE_BYTES_MAX + 1});
    assert_int_equal(wire->protocol->pending_bytes(wire), 0);
    assert_int_equal(memcmp(stage.client.errors.pending.data, "! too-long: ", 12), 0);
    assert_true(stage.client.undelivered);
    take(&stage, (struct text){.data = line, .count = PLAIN_LINE_BYTES_MAX});
    size_t pending = wire->protocol->pending_bytes(wire);
    assert_true(pending > PLAIN_LINE_BYTES_MAX);
    line[PLAIN_LINE_BYTES_MAX] = '\r';
    take(&stage, (struct text){.data = line, .count = PLAIN_LINE_BYTES_MAX + 1});
    assert_int_equal(wire->protocol->pending_bytes(wire), 2 * pending);
    tear_down(&stage);
}

static void what_is_not_utf8_is_refused(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    come_in(&stage);
    take(&stage, TEXT("bad \xFF\xFE"));
    assert_server_got(&stage, "");
    assert_int_equal(memcmp(stage.client.errors.pending.data, "! bad-utf8: ", 12), 0);
    tear_down(&stage);
}

/* Pastes: bytes as the terminal sends them. */

static void press(struct stage *stage, const char *input)
{
    for (; *input != '\0'; input++) {
        struct key keys[2];
        size_t count = key_decode(&stage->client.keys, (unsigned char)*input, keys);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(client_paste_key(&stage->client, &keys[i]), ERR_OK);
        }
    }
}

#define PASTE(text) "\x1b[200~" text "\x1b[201~"

static void a_pasted_line_goes_into_the_line(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true, false);
    come_in(&stage);
    press(&stage, PASTE("안녕\t하세요\r"));
    assert_text(editor_line(stage.client.editor), "안녕 하세요");
    assert_false(stage.client.paste.asking);
    assert_server_got(&stage, "");
    tear_down(&stage);
}

static void several_lines_are_sent_after_a_yes(void **state)
{
    (void)state;
    static const char *const yes[] = {"y", "Y", "ㅛ"};
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        struct stage stage;
        set_up(&stage, true, false);
        come_in(&stage);
        press(&stage, PASTE("one\r\ntwo\n\nthree\r"));
        assert_true(stage.client.paste.asking);
        assert_server_got(&stage, "");
        assert_true(stage.client.screen.question.count > 0);
        press(&stage, yes[i]);
        assert_server_got(&stage, "PRIVMSG #madang :one\r\nPRIVMSG #madang :two\r\n"
                                  "PRIVMSG #madang :three\r\n");
        assert_taken(&stage.client.output.pending, "one\r\ntwo\r\nthree\r\n");
        assert_int_equal(stage.client.screen.question.count, 0);
        tear_down(&stage);
    }
}

static void several_lines_are_dropped_after_anything_else(void **state)
{
    (void)state;
    static const char *const no[] = {"n", "\r", "x", "\x1b[A"};
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        struct stage stage;
        set_up(&stage, true, false);
        come_in(&stage);
        press(&stage, PASTE("one\ntwo"));
        press(&stage, no[i]);
        assert_false(stage.client.paste.asking);
        assert_server_got(&stage, "");
        tear_down(&stage);
    }
}

static void a_second_paste_is_no_answer(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true, false);
    come_in(&stage);
    press(&stage, PASTE("one\ntwo") PASTE("yes\nyes"));
    assert_true(stage.client.paste.asking);
    assert_server_got(&stage, "");
    press(&stage, "y");
    assert_server_got(&stage, "PRIVMSG #madang :one\r\nPRIVMSG #madang :two\r\n");
    tear_down(&stage);
}

static void a_paste_that_leaves_sends_nothing_after_it(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true, false);
    come_in(&stage);
    press(&stage, PASTE("one\nq\ntwo"));
    press(&stage, "y");
    assert_true(stage.client.leaving);
    assert_server_got(&stage, "PRIVMSG #madang :one\r\nPING m\r\n");
    tear_down(&stage);
}

static void pasted_slashes_are_no_commands(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true, false);
    come_in(&stage);
    press(&stage, PASTE("/quit\n// comment"));
    press(&stage, "y");
    assert_server_got(&stage, "PRIVMSG #madang :/quit\r\nPRIVMSG #madang :// comment\r\n");
    tear_down(&stage);
}

static void a_paste_waits_for_the_server(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true, false);
    come_in(&stage);
    press(&stage, PASTE("one\ntwo"));
    stage.client.joined = false;
    press(&stage, "y");
    assert_true(stage.client.paste.asking);
    stage.client.joined = true;
    press(&stage, "y");
    assert_server_got(&stage, "PRIVMSG #madang :one\r\nPRIVMSG #madang :two\r\n");
    tear_down(&stage);
}

static void a_paste_has_a_bound(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true, false);
    come_in(&stage);
    press(&stage, "\x1b[200~");
    struct key key = {.kind = KEY_TEXT, .data = {'x'}, .count = 1};
    for (int i = 0; i <= CLIENT_PASTE_BYTES_MAX; i++) {
        assert_int_equal(client_paste_key(&stage.client, &key), ERR_OK);
        assert_true(stage.client.paste.text.count <= CLIENT_PASTE_BYTES_MAX);
    }
    press(&stage, "\x1b[201~");
    assert_int_equal(memcmp(stage.client.output.pending.data, "! too-long: ", 12), 0);
    assert_int_equal(stage.client.editor->count, 0);
    assert_server_got(&stage, "");
    tear_down(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_said_in_the_lobby),
        cmocka_unit_test(blank_lines_are_not_sent),
        cmocka_unit_test(only_the_two_words_leave),
        cmocka_unit_test(a_line_has_a_bound),
        cmocka_unit_test(what_is_not_utf8_is_refused),
        cmocka_unit_test(a_pasted_line_goes_into_the_line),
        cmocka_unit_test(several_lines_are_sent_after_a_yes),
        cmocka_unit_test(several_lines_are_dropped_after_anything_else),
        cmocka_unit_test(a_second_paste_is_no_answer),
        cmocka_unit_test(a_paste_that_leaves_sends_nothing_after_it),
        cmocka_unit_test(pasted_slashes_are_no_commands),
        cmocka_unit_test(a_paste_waits_for_the_server),
        cmocka_unit_test(a_paste_has_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
