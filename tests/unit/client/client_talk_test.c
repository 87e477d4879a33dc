/* What the server's lines and its end mean to the person. */
#include "stage.h"

static void server_says(struct stage *stage, struct text text)
{
    assert_int_equal(send(stage->server, text.data, text.count, 0), (ssize_t)text.count);
    assert_int_equal(client_read_socket(&stage->client), ERR_OK);
}

static void server_ends(struct stage *stage)
{
    close(stage->server);
    stage->server = -1;
    assert_int_equal(client_read_socket(&stage->client), ERR_OK);
    assert_true(stage->client.ended);
}

static void the_first_message_shows_that_we_are_in(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    server_says(&stage, TEXT("[user3] 안녕하세요\n"));
    assert_taken(&stage.client.output.pending, "[me] 접속\n[user3] 안녕하세요\n");
    server_says(&stage, TEXT("[user1] [me] 안녕\n"));
    assert_taken(&stage.client.output.pending, "[user1] [me] 안녕\n");
    tear_down(&stage);
}

static void a_refused_name_does_not_look_like_a_join(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    server_says(&stage, TEXT("! name-in-use: 이미 쓰이고 있는 이름입니다\n"));
    server_ends(&stage);
    assert_taken(&stage.client.output.pending, "");
    assert_taken(&stage.client.errors.pending, "! name-in-use: 이미 쓰이고 있는 이름입니다\n");
    assert_int_equal(stage.client.status, 1);
    tear_down(&stage);
}

static void a_name_is_refused_even_to_one_who_left(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    client_leave(&stage.client, 1000);
    server_says(&stage, TEXT("! bad-name: no\n"));
    server_ends(&stage);
    assert_taken(&stage.client.output.pending, "");
    assert_int_equal(stage.client.status, 1);
    tear_down(&stage);
}

static void an_error_about_a_line_comes_to_one_who_is_in(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    server_says(&stage, TEXT("! too-long: 4097\n"));
    assert_taken(&stage.client.output.pending, "[me] 접속\n");
    assert_taken(&stage.client.errors.pending, "! too-long: 4097\n");
    assert_true(stage.client.undelivered);
    tear_down(&stage);
}

static void an_error_stands_among_the_lines_on_a_terminal(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true, false);
    stage.client.joined = true;
    server_says(&stage, TEXT("! too-long: \x1b[2J\n"));
    assert_taken(&stage.client.output.pending, "! too-long: ^[[2J\r\n");
    assert_taken(&stage.client.errors.pending, "");
    tear_down(&stage);
}

static void a_message_cannot_look_like_an_error(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    server_says(&stage, TEXT("[eve] ! name-in-use: lie\n"));
    assert_taken(&stage.client.errors.pending, "");
    tear_down(&stage);
}

static void a_server_of_another_kind_is_left(void **state)
{
    (void)state;
    static const char *const others[] = {"HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-x\r\n",
                                         "220 mail ESMTP\r\n", "\n"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct stage stage;
        set_up(&stage, false, false);
        server_says(&stage, text_of(others[i]));
        assert_true(stage.client.ended && stage.client.not_madang);
        assert_int_equal(stage.client.status, 1);
        assert_taken(&stage.client.output.pending, "");
        tear_down(&stage);
    }
}

static void a_server_that_goes_away_is_said(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    server_says(&stage, TEXT("[a] hi\n[a] hal"));
    server_ends(&stage);
    assert_taken(&stage.client.output.pending, "[me] 접속\n[a] hi\n[a] hal\n");
    assert_taken(&stage.client.errors.pending, "madang: 서버가 연결을 끊었습니다\n");
    assert_int_equal(stage.client.status, 1);
    tear_down(&stage);
}

static void the_servers_own_word_is_enough(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    server_says(&stage, TEXT("! shutdown: 서버를 닫습니다\n"));
    server_ends(&stage);
    assert_taken(&stage.client.output.pending, "[me] 접속\n");
    assert_taken(&stage.client.errors.pending, "! shutdown: 서버를 닫습니다\n");
    assert_int_equal(stage.client.status, 1);
    tear_down(&stage);
}

static void the_end_after_leaving_is_the_proper_one(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    client_leave(&stage.client, 1000);
    server_ends(&stage);
    assert_taken(&stage.client.output.pending, "[me] 접속\n");
    assert_taken(&stage.client.errors.pending, "");
    assert_int_equal(stage.client.status, 0);
    tear_down(&stage);
}

static void all_is_sent_before_the_half_close(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    struct client *client = &stage.client;
    for (int i = 0; i < 100000; i++) {
        assert_int_equal(bytes_append_text(&client->outbox, TEXT("line\n")), ERR_OK);
    }
    client_leave(client, 1000);
    size_t received = 0;
    char data[4096];
    for (;;) {
        assert_int_equal(client_write_socket(client), ERR_OK);
        ssize_t count = recv(stage.server, data, sizeof(data), 0);
        if (count == 0) {
            break;
        }
        assert_true(count > 0);
        received += (size_t)count;
    }
    assert_int_equal(received, 500000);
    assert_true(client->write_ended);
    tear_down(&stage);
}

static void what_the_server_said_before_it_closed_is_still_read(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, false);
    struct client *client = &stage.client;
    struct text last = TEXT("! name-in-use: x\n");
    assert_int_equal(send(stage.server, last.data, last.count, 0), (ssize_t)last.count);
    close(stage.server);
    stage.server = -1;
    assert_int_equal(bytes_append_text(&client->outbox, TEXT("line\n")), ERR_OK);
    assert_int_equal(client_write_socket(client), ERR_OK);
    assert_true(client->write_ended);
    assert_false(client_wants_write(client));
    assert_int_equal(client_read_socket(client), ERR_OK);
    assert_taken(&client->errors.pending, "! name-in-use: x\n");
    tear_down(&stage);
}

static void the_plain_wire_takes_any_first_word(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false, true);
    server_says(&stage, TEXT("welcome"));
    assert_taken(&stage.client.output.pending, "[me] 접속\nwelcome\n");
    assert_false(stage.client.ended);
    tear_down(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_message_shows_that_we_are_in),
        cmocka_unit_test(a_refused_name_does_not_look_like_a_join),
        cmocka_unit_test(a_name_is_refused_even_to_one_who_left),
        cmocka_unit_test(an_error_about_a_line_comes_to_one_who_is_in),
        cmocka_unit_test(an_error_stands_among_the_lines_on_a_terminal),
        cmocka_unit_test(a_message_cannot_look_like_an_error),
        cmocka_unit_test(a_server_of_another_kind_is_left),
        cmocka_unit_test(a_server_that_goes_away_is_said),
        cmocka_unit_test(the_servers_own_word_is_enough),
        cmocka_unit_test(the_end_after_leaving_is_the_proper_one),
        cmocka_unit_test(all_is_sent_before_the_half_close),
        cmocka_unit_test(what_the_server_said_before_it_closed_is_still_read),
        cmocka_unit_test(the_plain_wire_takes_any_first_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
