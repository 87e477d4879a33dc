/* What the server's words and its end mean to the person. */
#include "stage.h"

static void leave(struct stage *stage)
{
    assert_int_equal(client_leave(&stage->client, TEXT_NONE, 1000), ERR_OK);
}

static void who_is_let_into_the_lobby_is_in(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    server_says(&stage, TEXT(":srv NOTICE * :*** Welcome\r\n" WELCOME));
    assert_screen(&stage, "");
    assert_server_got(&stage, GREETING "JOIN #madang\r\n");
    server_says(&stage, TEXT(":me!u@h JOIN #madang\r\n:srv 332 me #madang :topic\r\n"));
    assert_screen(&stage, "[me] 접속\n");
    server_says(&stage,
                TEXT(":user3!u@h JOIN #madang\r\n:user3!u@h PRIVMSG #madang :안녕하세요\r\n"));
    assert_screen(&stage, "[user3] 안녕하세요\n");
    server_says(&stage, TEXT(":user1!u@h PRIVMSG #madang :[me] 안녕\r\n:user3!u@h QUIT :x\r\n"));
    assert_screen(&stage, "[user1] [me] 안녕\n");
    assert_complaints(&stage, "");
    tear_down(&stage);
}

static void a_room_that_was_named_is_joined_on_any_server(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    assert_int_equal(options_room_name(TEXT("team"), stage.options.room), ERR_OK);
    server_says(&stage, TEXT(":srv 001 me :Hi\r\n:srv 422 me :No motd\r\n"));
    assert_server_got(&stage, GREETING "JOIN #team\r\n");
    tear_down(&stage);
}

static void a_server_without_a_lobby_needs_the_name_of_a_room(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    server_says(&stage, TEXT(":srv 001 me :Hi\r\n:srv 422 me :No motd\r\n"));
    assert_int_equal(memcmp(stage.client.errors.pending.data, "! no-room: ", 11), 0);
    assert_true(stage.client.ended);
    assert_int_equal(stage.client.status, 1);
    tear_down(&stage);
}

static void a_refused_name_does_not_look_like_a_join(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    server_says(&stage, TEXT(":srv 433 * me :In use\r\n"));
    assert_screen(&stage, "");
    assert_complaints(&stage, "! name-in-use: 이미 쓰이고 있는 이름입니다: me\n");
    assert_true(stage.client.ended);
    assert_int_equal(stage.client.status, 1);
    tear_down(&stage);
}

static void a_refused_room_does_not_look_like_a_join(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    server_says(&stage, TEXT(WELCOME ":srv 474 me #madang :Banned\r\n"));
    assert_screen(&stage, "");
    assert_complaints(&stage, "! banned: 이 방에 들어갈 수 없도록 막혀 있습니다: #madang\n");
    assert_true(stage.client.ended);
    assert_int_equal(stage.client.status, 1);
    tear_down(&stage);
}

static void an_error_about_a_line_comes_to_one_who_is_in(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    come_in(&stage);
    server_says(&stage, TEXT(":srv 404 me #madang :No\r\n"));
    assert_screen(&stage, "");
    assert_complaints(&stage, "! not-allowed: 이 방에 글을 쓸 수 없습니다: #madang\n");
    assert_true(stage.client.undelivered);
    assert_false(stage.client.ended);
    tear_down(&stage);
}

static void an_error_stands_among_the_lines_on_a_terminal(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true, false);
    come_in(&stage);
    server_says(&stage, TEXT(":srv 499 me :\x1b[2J\r\n"));
    assert_screen(&stage, "! 499: ^[[2J\r\n");
    assert_complaints(&stage, "");
    tear_down(&stage);
}

static void a_server_of_another_kind_is_left(void **state)
{
    (void)state;
    static const char *const others[] = {"HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-x\r\n",
                                         "220 mail ESMTP\r\n", "[CAP LS] hi\n"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct stage stage;
        set_up(&stage, false, false);
        server_says(&stage, text_of(others[i]));
        assert_true(stage.client.ended && stage.client.foreign);
        assert_int_equal(stage.client.status, 1);
        assert_screen(&stage, "");
        tear_down(&stage);
    }
}

static void a_server_that_goes_away_is_said(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    come_in(&stage);
    server_says(&stage, TEXT(":a!u@h PRIVMSG #madang :hi\r\n:a!u@h PRIVMSG #madang :hal"));
    server_ends(&stage);
    assert_screen(&stage, "[a] hi\n");
    assert_complaints(&stage, "madang: 서버가 연결을 끊었습니다\n");
    assert_true(stage.client.ended);
    assert_int_equal(stage.client.status, 1);
    tear_down(&stage);
}

static void the_servers_own_word_is_enough(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    come_in(&stage);
    server_says(&stage, TEXT("ERROR :shutdown: The server ends\r\n"));
    server_ends(&stage);
    assert_screen(&stage, "");
    assert_complaints(&stage, "! shutdown: 서버를 닫습니다\n");
    assert_int_equal(stage.client.status, 1);
    tear_down(&stage);
}

static void the_end_after_leaving_is_the_proper_one(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    come_in(&stage);
    leave(&stage);
    assert_server_got(&stage, "PING m\r\n");
    server_says(&stage, TEXT("PONG m\r\n"));
    assert_server_got(&stage, "QUIT\r\n");
    server_says(&stage, TEXT("ERROR :Bye\r\n"));
    server_ends(&stage);
    assert_screen(&stage, "");
    assert_complaints(&stage, "");
    assert_int_equal(stage.client.status, 0);
    tear_down(&stage);
}

static void an_end_before_all_was_taken_is_not(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    come_in(&stage);
    assert_int_equal(client_take_line(&stage.client, TEXT("hi"), LINE_WHOLE), ERR_OK);
    leave(&stage);
    assert_server_got(&stage, "PRIVMSG #madang :hi\r\nPING m\r\n");
    server_ends(&stage);
    assert_complaints(&stage, "madang: 서버가 연결을 끊었습니다\n");
    assert_int_equal(stage.client.status, 1);
    tear_down(&stage);
}

static void what_the_server_said_before_it_closed_is_still_read(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    struct client *client = &stage.client;
    struct text last = TEXT(":srv 433 * me :x\r\n");
    assert_int_equal(send(stage.server, last.data, last.count, 0), (ssize_t)last.count);
    close(stage.server);
    stage.server = -1;
    assert_int_equal(client_write_socket(client), ERR_OK);
    assert_true(client->write_ended);
    bool wants_write = true;
    assert_int_equal(client_wants_write(client, &wants_write), ERR_OK);
    assert_false(wants_write);
    assert_int_equal(client_read_socket(client), ERR_OK);
    assert_complaints(&stage, "! name-in-use: 이미 쓰이고 있는 이름입니다: me\n");
    tear_down(&stage);
}

static void who_is_put_out_of_the_only_room_leaves(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    come_in(&stage);
    server_says(&stage, TEXT(":op!u@h KICK #madang me :go\r\n"));
    assert_complaints(&stage, "! kicked: op님이 #madang에서 내보냈습니다: go\n");
    assert_true(stage.client.leaving && stage.client.undelivered);
    tear_down(&stage);
}

/* On a terminal. */

static void another_room_is_named_and_counted(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true, false);
    come_in(&stage);
    assert_text(bytes_text(&stage.client.screen.prompt), "");
    server_says(&stage, TEXT(":me!u@h JOIN #team\r\n"));
    assert_screen(&stage, "#team 방에 들어왔습니다\r\n");
    assert_text(bytes_text(&stage.client.screen.prompt), "[#team] 1:#madang ");
    server_says(&stage, TEXT(":a!u@h PRIVMSG #madang :one\r\n:a!u@h PRIVMSG #team :two\r\n"
                             ":a!u@h PRIVMSG #MADANG :three\r\n:a!u@h PRIVMSG me :four\r\n"));
    assert_screen(&stage, "#madang [a] one\r\n[a] two\r\n#MADANG [a] three\r\n*a* four\r\n");
    assert_text(bytes_text(&stage.client.screen.prompt), "[#team] 1:#madang(2) ");
    server_says(&stage, TEXT(":me!u@h PART #team\r\n"));
    assert_screen(&stage, "#team 방에서 나왔습니다\r\n");
    assert_text(bytes_text(&stage.client.screen.prompt), "");
    tear_down(&stage);
}

static void a_lost_connection_is_made_again(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true, false);
    come_in(&stage);
    struct client *client = &stage.client;
    server_says(&stage, TEXT(":me!u@h JOIN #team\r\n"));
    bytes_clear(&client->output.pending);
    server_ends(&stage);
    assert_false(client->ended);
    assert_null(client->wire);
    assert_screen(&stage, "madang: 서버가 연결을 끊었습니다\r\n접속 해제\r\n"
                          "1초 뒤에 다시 접속합니다\r\n");
    assert_true(client->retry_at_ms >= CLIENT_RETRY_MS_MIN);
    /* It is back, and goes where it was. */
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    client->socket = ends[0];
    stage.server = ends[1];
    client->wire = irc_wire_new(TEXT("me"));
    server_says(&stage, TEXT(WELCOME));
    assert_server_got(&stage, GREETING "JOIN #madang\r\nJOIN #team\r\n");
    server_says(&stage, TEXT(":me!u@h JOIN #madang\r\n:me!u@h JOIN #team\r\n"));
    assert_screen(&stage, "[me] 접속\r\n");
    assert_text(bytes_text(&client->screen.prompt), "[#team] 1:#madang ");
    tear_down(&stage);
}

static void the_waits_grow_up_to_a_bound(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true, false);
    come_in(&stage);
    struct client *client = &stage.client;
    int64_t before_ms = 0;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(client_lose(client, 0), ERR_OK);
        assert_true(client->retry_ms >= before_ms && client->retry_ms <= CLIENT_RETRY_MS_MAX);
        before_ms = client->retry_ms;
        client->wire = irc_wire_new(TEXT("me"));
    }
    assert_int_equal(before_ms, CLIENT_RETRY_MS_MAX);
    tear_down(&stage);
}

static void a_name_that_is_still_taken_is_waited_for(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true, false);
    come_in(&stage);
    struct client *client = &stage.client;
    client->wire->protocol->dispose(client->wire);
    client->wire = irc_wire_new(TEXT("me"));
    client->joined = false;
    server_says(&stage, TEXT(":srv 433 * me :In use\r\n"));
    assert_false(client->ended);
    assert_null(client->wire);
    assert_screen(&stage, "! name-in-use: 이미 쓰이고 있는 이름입니다: me\r\n"
                          "1초 뒤에 다시 접속합니다\r\n");
    tear_down(&stage);
}

static void who_is_banned_does_not_come_back(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true, false);
    come_in(&stage);
    struct client *client = &stage.client;
    client->wire->protocol->dispose(client->wire);
    client->wire = irc_wire_new(TEXT("me"));
    client->joined = false;
    server_says(&stage, TEXT(":srv 465 * :Banned\r\n"));
    assert_true(client->ended);
    assert_int_equal(client->status, 1);
    tear_down(&stage);
}

static void only_a_person_comes_back(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true, true);
    server_says(&stage, TEXT("[a] hi"));
    server_ends(&stage);
    assert_true(stage.client.ended);
    assert_int_equal(stage.client.status, 1);
    tear_down(&stage);
}

/* The report's wire. */

static void the_first_message_shows_that_we_are_in(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, true);
    server_says(&stage, TEXT("[user3] 안녕하세요"));
    assert_screen(&stage, "[me] 접속\n[user3] 안녕하세요\n");
    server_says(&stage, TEXT("[user1] [me] 안녕"));
    assert_screen(&stage, "[user1] [me] 안녕\n");
    assert_false(stage.client.ended);
    tear_down(&stage);
}

static void a_name_is_refused_by_the_plain_door(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, true);
    server_says(&stage, TEXT("! name-in-use: 이미 쓰이고 있는 이름입니다"));
    assert_screen(&stage, "");
    assert_complaints(&stage, "! name-in-use: 이미 쓰이고 있는 이름입니다\n");
    assert_true(stage.client.ended);
    assert_int_equal(stage.client.status, 1);
    tear_down(&stage);
}

static void the_plain_wire_takes_any_first_word(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, true);
    server_says(&stage, TEXT("welcome"));
    assert_screen(&stage, "[me] 접속\nwelcome\n");
    assert_false(stage.client.ended);
    tear_down(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_let_into_the_lobby_is_in),
        cmocka_unit_test(a_room_that_was_named_is_joined_on_any_server),
        cmocka_unit_test(a_server_without_a_lobby_needs_the_name_of_a_room),
        cmocka_unit_test(a_refused_name_does_not_look_like_a_join),
        cmocka_unit_test(a_refused_room_does_not_look_like_a_join),
        cmocka_unit_test(an_error_about_a_line_comes_to_one_who_is_in),
        cmocka_unit_test(an_error_stands_among_the_lines_on_a_terminal),
        cmocka_unit_test(a_server_of_another_kind_is_left),
        cmocka_unit_test(a_server_that_goes_away_is_said),
        cmocka_unit_test(the_servers_own_word_is_enough),
        cmocka_unit_test(the_end_after_leaving_is_the_proper_one),
        cmocka_unit_test(an_end_before_all_was_taken_is_not),
        cmocka_unit_test(what_the_server_said_before_it_closed_is_still_read),
        cmocka_unit_test(who_is_put_out_of_the_only_room_leaves),
        cmocka_unit_test(another_room_is_named_and_counted),
        cmocka_unit_test(a_lost_connection_is_made_again),
        cmocka_unit_test(the_waits_grow_up_to_a_bound),
        cmocka_unit_test(a_name_that_is_still_taken_is_waited_for),
        cmocka_unit_test(who_is_banned_does_not_come_back),
        cmocka_unit_test(only_a_person_comes_back),
        cmocka_unit_test(the_first_message_shows_that_we_are_in),
        cmocka_unit_test(a_name_is_refused_by_the_plain_door),
        cmocka_unit_test(the_plain_wire_takes_any_first_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
