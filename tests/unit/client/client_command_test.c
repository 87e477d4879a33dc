/* Keys at a terminal: commands, completion, and what happens without a server. */
#include "stage.h"

/* Presses these keys as a terminal sends them. */
static void press(struct stage *stage, const char *input)
{
    struct client *client = &stage->client;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int before = dup(STDIN_FILENO);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(write(ends[1], input, strlen(input)), (ssize_t)strlen(input));
    assert_int_equal(client_read_input(client), ERR_OK);
    assert_int_equal(dup2(before, STDIN_FILENO), STDIN_FILENO);
    close(before);
    close(ends[0]);
    close(ends[1]);
}

static void start(struct stage *stage)
{
    set_up(stage, true, false);
    come_in(stage);
}

struct exchange {
    const char *typed;
    const char *sent;
};

static void commands_ask_the_server(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        {"안녕", "PRIVMSG #madang :안녕\r\n"},
        {"//etc is a folder", "PRIVMSG #madang :/etc is a folder\r\n"},
        {"//", "PRIVMSG #madang :/\r\n"},
        {" /me", "PRIVMSG #madang : /me\r\n"},
        {"/join team", "JOIN #team\r\n"},
        {"/JOIN #team key", "JOIN #team :key\r\n"},
        {"/part", "PART #madang\r\n"},
        {"/part #team bye all", "PART #team :bye all\r\n"},
        {"/part bye", "PART #madang :bye\r\n"},
        {"/msg bob hi there", "PRIVMSG bob :hi there\r\n"},
        {"/me waves", "PRIVMSG #madang :\x01"
                      "ACTION waves\x01\r\n"},
        {"/nick 마당쇠", "NICK :마당쇠\r\n"},
        {"/names", "NAMES #madang\r\nPING m\r\n"},
        {"/topic", "TOPIC #madang\r\nPING m\r\n"},
        {"/topic new words", "TOPIC #madang :new words\r\nPING m\r\n"},
        {"/topic #team new words", "TOPIC #team :new words\r\nPING m\r\n"},
        {"/list", "LIST\r\nPING m\r\n"},
        {"/who", "WHO #madang\r\nPING m\r\n"},
        {"/who bob", "WHO bob\r\nPING m\r\n"},
        {"/away lunch", "AWAY :lunch\r\nPING m\r\n"},
        {"/away", "AWAY\r\nPING m\r\n"},
    };
    for (size_t i = 0; i < sizeof(exchanges) / sizeof(exchanges[0]); i++) {
        struct stage stage;
        start(&stage);
        press(&stage, exchanges[i].typed);
        press(&stage, "\r");
        assert_server_got(&stage, exchanges[i].sent);
        tear_down(&stage);
    }
}

static void a_wrong_command_is_explained(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        {"/msg", "! usage: /msg NAME TEXT\r\n"},
        {"/msg bob", "! usage: /msg NAME TEXT\r\n"},
        {"/me", "! usage: /me TEXT\r\n"},
        {"/join", "! usage: /join ROOM [KEY]\r\n"},
        {"/nick", "! usage: /nick NAME\r\n"},
        {"/", "! unknown-command: 그런 명령이 없습니다. /help 를 쳐 보십시오\r\n"},
        {"/dance", "! unknown-command: 그런 명령이 없습니다. /help 를 쳐 보십시오\r\n"},
        {"/2", "! unknown-command: 그런 명령이 없습니다. /help 를 쳐 보십시오\r\n"},
    };
    for (size_t i = 0; i < sizeof(exchanges) / sizeof(exchanges[0]); i++) {
        struct stage stage;
        start(&stage);
        press(&stage, exchanges[i].typed);
        bytes_clear(&stage.client.output.pending);
        press(&stage, "\r");
        struct text shown = bytes_text(&stage.client.output.pending);
        const char *error = memmem(shown.data, shown.count, "! ", 2);
        assert_non_null(error);
        shown.count -= (size_t)(error - shown.data);
        shown.data = error;
        assert_text(shown, exchanges[i].sent);
        assert_server_got(&stage, "");
        tear_down(&stage);
    }
}

static void help_names_every_command(void **state)
{
    (void)state;
    struct stage stage;
    start(&stage);
    press(&stage, "/help\r");
    struct text shown = bytes_text(&stage.client.output.pending);
    for (size_t i = 0; client_command_name(i) != NULL; i++) {
        assert_non_null(memmem(shown.data, shown.count, client_command_name(i),
                               strlen(client_command_name(i))));
    }
    tear_down(&stage);
}

static void rooms_are_gone_to_by_name_and_number(void **state)
{
    (void)state;
    struct stage stage;
    start(&stage);
    struct rooms *rooms = &stage.client.rooms;
    server_says(&stage, TEXT(":me!u@h JOIN #team\r\n"));
    assert_text(rooms_current(rooms), "#team");
    press(&stage, "/1\r");
    assert_text(rooms_current(rooms), "#madang");
    press(&stage, "/join TEAM\r");
    assert_text(rooms_current(rooms), "#team");
    assert_server_got(&stage, "");
    press(&stage, "hi\r");
    assert_server_got(&stage, "PRIVMSG #team :hi\r\n");
    server_says(&stage, TEXT(":me!u@h PART #team\r\n:me!u@h PART #madang\r\n"));
    assert_text(rooms_current(rooms), "");
    bytes_clear(&stage.client.output.pending);
    press(&stage, "hi\r");
    struct text shown = bytes_text(&stage.client.output.pending);
    assert_non_null(memmem(shown.data, shown.count, "! no-room: ", 11));
    press(&stage, "/names\r");
    assert_server_got(&stage, "");
    tear_down(&stage);
}

static void leaving_by_command_has_words(void **state)
{
    (void)state;
    struct stage stage;
    start(&stage);
    press(&stage, "/quit so long\r");
    assert_true(stage.client.leaving);
    assert_server_got(&stage, "PING m\r\n");
    server_says(&stage, TEXT(":srv PONG srv m\r\n"));
    assert_server_got(&stage, "QUIT :so long\r\n");
    tear_down(&stage);
}

static void without_a_server_the_line_stays(void **state)
{
    (void)state;
    struct stage stage;
    start(&stage);
    press(&stage, "half");
    server_ends(&stage);
    press(&stage, "\r");
    assert_text(editor_line(stage.client.editor), "half");
    press(&stage, "\x15/names\r");
    assert_text(editor_line(stage.client.editor), "/names");
    press(&stage, "\x15"
                  "q\r");
    assert_true(stage.client.ended);
    assert_int_equal(stage.client.status, 1);
    tear_down(&stage);
}

static void the_report_has_no_commands(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true, true);
    server_says(&stage, TEXT("[a] hi"));
    press(&stage, "/me too\r//\r");
    assert_server_got(&stage, "me");
    stage.client.wire->now_ms = 1000;
    assert_server_got(&stage, "/me too");
    stage.client.wire->now_ms = 2000;
    assert_server_got(&stage, "//");
    tear_down(&stage);
}

/* Completion. */

struct completion {
    const char *typed;
    const char *line;
};

static void tab_completes_what_is_known(void **state)
{
    (void)state;
    static const struct completion completions[] = {
        {"/jo\t", "/join "},
        {"/n\t", "/n"}, /* nick, names */
        {"/ni\t", "/nick "},
        {"/q\tbye", "/quit bye"},
        {"bo\t", "bob: "},
        {"BO\t", "bob: "},
        {"hi bo\t", "hi bob "},
        {"김\t", "김철수: "},
        {"an\t", "ann"}, /* ann, anna */
        {"anna\t", "anna: "},
        {"x\t", "x"},
        {"/join #m\t", "/join #madang "},
        {"/topic #t\t", "/topic #tea"}, /* #team, #tea */
        {"bo world\x1b[1;5D\x1b[D\t", "bob:  world"},
    };
    for (size_t i = 0; i < sizeof(completions) / sizeof(completions[0]); i++) {
        struct stage stage;
        start(&stage);
        server_says(&stage, TEXT(":srv 353 me = #madang :@bob +ann anna me 김철수 gone\r\n"
                                 ":gone!u@h QUIT :x\r\n"
                                 ":me!u@h JOIN #team\r\n:me!u@h JOIN #tea\r\n"));
        press(&stage, completions[i].typed);
        assert_text(editor_line(stage.client.editor), completions[i].line);
        tear_down(&stage);
    }
}

static void what_is_not_decided_is_listed(void **state)
{
    (void)state;
    struct stage stage;
    start(&stage);
    server_says(&stage, TEXT(":ann!u@h JOIN #madang\r\n:anna!u@h JOIN #madang\r\n"));
    press(&stage, "ann\t");
    assert_screen(&stage, "anna  ann  \r\n");
    press(&stage, "\x15gon\t");
    assert_screen(&stage, "\a");
    tear_down(&stage);
}

static void a_server_cannot_put_controls_into_the_line(void **state)
{
    (void)state;
    struct stage stage;
    start(&stage);
    server_says(&stage, TEXT(":bo\x1b[2J!u@h JOIN #madang\r\n:bo\xC2\x9B!u@h JOIN #madang\r\n"
                             ":bo\xFF!u@h JOIN #madang\r\n"));
    press(&stage, "bo\t");
    assert_text(editor_line(stage.client.editor), "bo");
    tear_down(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_ask_the_server),
        cmocka_unit_test(a_wrong_command_is_explained),
        cmocka_unit_test(help_names_every_command),
        cmocka_unit_test(rooms_are_gone_to_by_name_and_number),
        cmocka_unit_test(leaving_by_command_has_words),
        cmocka_unit_test(without_a_server_the_line_stays),
        cmocka_unit_test(the_report_has_no_commands),
        cmocka_unit_test(tab_completes_what_is_known),
        cmocka_unit_test(what_is_not_decided_is_listed),
        cmocka_unit_test(a_server_cannot_put_controls_into_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
