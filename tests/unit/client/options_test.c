/* The command line, and addresses. */
#include "client/options.h"

#include "expect.h"

#define ARGUMENTS_MAX 8

struct command_line {
    const char *arguments[ARGUMENTS_MAX];
    enum options_problem problem;
};

static struct options parse(const char *const arguments[ARGUMENTS_MAX])
{
    char *all[ARGUMENTS_MAX + 2] = {(char *)"madang"};
    int count = 1;
    for (; count <= ARGUMENTS_MAX && arguments[count - 1] != NULL; count++) {
        all[count] = (char *)arguments[count - 1];
    }
    struct options options;
    options_parse(count, all, &options);
    return options;
}

static void each_command_line_has_its_verdict(void **state)
{
    (void)state;
    static const struct command_line lines[] = {
        {{"bob"}, OPTIONS_FINE},
        {{"마당쇠"}, OPTIONS_FINE},
        {{"--plain", "bob"}, OPTIONS_FINE},
        {{"bob", "--plain"}, OPTIONS_FINE},
        {{"--", "bob"}, OPTIONS_FINE},
        {{"--help"}, OPTIONS_FINE},
        {{"--help", "--nonsense"}, OPTIONS_FINE},
        {{"--version"}, OPTIONS_FINE},
        {{NULL}, OPTIONS_NAME_MISSING},
        {{"--plain"}, OPTIONS_NAME_MISSING},
        {{"bob", "extra"}, OPTIONS_NAME_TWICE},
        {{"a b"}, OPTIONS_NAME_BAD},
        {{""}, OPTIONS_NAME_BAD},
        {{"-"}, OPTIONS_NAME_BAD},
        {{"--", "--plain"}, OPTIONS_NAME_BAD},
        {{"\x1b[2J"}, OPTIONS_NAME_BAD},
        {{"q"}, OPTIONS_NAME_LEAVES},
        {{"quit"}, OPTIONS_NAME_LEAVES},
        {{"Q"}, OPTIONS_FINE},
        {{"--nonsense", "bob"}, OPTIONS_UNKNOWN},
        {{"--plainer", "bob"}, OPTIONS_UNKNOWN},
        {{"-x", "bob"}, OPTIONS_UNKNOWN},
        {{"--plain=yes", "bob"}, OPTIONS_VALUE_UNWANTED},
        {{"bob", "--server"}, OPTIONS_VALUE_MISSING},
        {{"--server", ":", "bob"}, OPTIONS_SERVER_BAD},
        {{"--server=", "bob"}, OPTIONS_SERVER_BAD},
        {{"--tls", "bob"}, OPTIONS_NO_TLS},
        {{"--room", "x", "bob"}, OPTIONS_FINE},
        {{"--room=#우리 방", "bob"}, OPTIONS_ROOM_BAD},
        {{"--room", "", "bob"}, OPTIONS_ROOM_BAD},
        {{"--room", "#", "bob"}, OPTIONS_ROOM_BAD},
        {{"--room", "a,b", "bob"}, OPTIONS_ROOM_BAD},
        {{"--room", "x", "--plain", "bob"}, OPTIONS_ROOM_PLAIN},
        {{"bob", "--room"}, OPTIONS_VALUE_MISSING},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct options options = parse(lines[i].arguments);
        if (options.problem != lines[i].problem) {
            fail_msg("%s: verdict %d, expected %d", lines[i].arguments[0], options.problem,
                     lines[i].problem);
        }
    }
}

static void defaults_hold_unless_told(void **state)
{
    (void)state;
    struct options options = parse((const char *[ARGUMENTS_MAX]){"bob"});
    assert_string_equal(options.host, "127.0.0.1");
    assert_string_equal(options.port, "9999");
    assert_string_equal(options.name, "bob");
    assert_false(options.plain);
    options = parse((const char *[ARGUMENTS_MAX]){"--server=there:1", "--plain", "bob"});
    assert_string_equal(options.host, "there");
    assert_string_equal(options.port, "1");
    assert_true(options.plain);
}

static void a_room_has_its_sign(void **state)
{
    (void)state;
    assert_string_equal(parse((const char *[ARGUMENTS_MAX]){"bob"}).room, "");
    assert_string_equal(parse((const char *[ARGUMENTS_MAX]){"--room=팀", "bob"}).room, "#팀");
    assert_string_equal(parse((const char *[ARGUMENTS_MAX]){"--room", "#a", "b"}).room, "#a");
    char room[CHANNEL_BYTES_MAX + 1];
    char word[CHANNEL_BYTES_MAX];
    memset(word, 'x', sizeof(word));
    struct text text = {.data = word, .count = CHANNEL_BYTES_MAX - 1};
    assert_int_equal(options_room_name(text, room), ERR_OK);
    assert_int_equal(strlen(room), CHANNEL_BYTES_MAX);
    text.count++;
    assert_int_equal(options_room_name(text, room), ERR_LIMIT);
}

static void help_and_version_need_no_name(void **state)
{
    (void)state;
    assert_int_equal(parse((const char *[ARGUMENTS_MAX]){"--help"}).action, OPTIONS_HELP);
    assert_int_equal(parse((const char *[ARGUMENTS_MAX]){"-h", "bob"}).action, OPTIONS_HELP);
    assert_int_equal(parse((const char *[ARGUMENTS_MAX]){"--version"}).action, OPTIONS_VERSION);
    assert_int_equal(parse((const char *[ARGUMENTS_MAX]){"bob"}).action, OPTIONS_RUN);
}

struct address {
    const char *server;
    const char *host; /* NULL: refused. */
    const char *port;
};

static void addresses_are_taken_apart(void **state)
{
    (void)state;
    static const struct address addresses[] = {
        {"host", "host", "9999"},
        {"host:1", "host", "1"},
        {"10.0.0.1:65535", "10.0.0.1", "65535"},
        {"[::1]", "::1", "9999"},
        {"[::1]:9999", "::1", "9999"},
        {"[fe80::1%eth0]:80", "fe80::1%eth0", "80"},
        {"::1", "::1", "9999"},
        {"호스트:2", "호스트", "2"},
        {"", NULL, NULL},
        {":", NULL, NULL},
        {":9999", NULL, NULL},
        {"host:", NULL, NULL},
        {"host:0", NULL, NULL},
        {"host:65536", NULL, NULL},
        {"host:99999999999999999999", NULL, NULL},
        {"host:x", NULL, NULL},
        {"host:+1", NULL, NULL},
        {"[::1", NULL, NULL},
        {"[::1]9", NULL, NULL},
        {"[]:9", NULL, NULL},
        {"ho st", NULL, NULL},
        {"http://host", NULL, NULL},
        {"host\n", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        struct options options = {.host = "before", .port = OPTIONS_PORT_DEFAULT};
        enum error error = options_server_parse(addresses[i].server, &options);
        if (addresses[i].host == NULL) {
            assert_int_equal(error, ERR_INVALID);
            assert_string_equal(options.host, "before");
        } else {
            assert_int_equal(error, ERR_OK);
            assert_string_equal(options.host, addresses[i].host);
            assert_string_equal(options.port, addresses[i].port);
        }
    }
}

static void a_host_has_a_bound(void **state)
{
    (void)state;
    char host[CLIENT_HOST_BYTES_MAX + 2];
    memset(host, 'a', sizeof(host));
    struct options options = {0};
    host[CLIENT_HOST_BYTES_MAX] = '\0';
    assert_int_equal(options_server_parse(host, &options), ERR_OK);
    host[CLIENT_HOST_BYTES_MAX] = 'a';
    host[CLIENT_HOST_BYTES_MAX + 1] = '\0';
    assert_int_equal(options_server_parse(host, &options), ERR_INVALID);
}

static void a_problem_shows_no_raw_control(void **state)
{
    (void)state;
    struct options options = parse((const char *[ARGUMENTS_MAX]){"--\x1b[2J\n", "bob"});
    struct bytes out = {0};
    assert_int_equal(options_problem_append(&options, &out), ERR_OK);
    assert_non_null(memmem(out.data, out.count, "--^[[2J^J", 9));
    bytes_finish(&out);
}

static void every_problem_has_a_sentence(void **state)
{
    (void)state;
    for (int problem = OPTIONS_UNKNOWN; problem <= OPTIONS_ROOM_PLAIN; problem++) {
        struct options options = {
            .problem = (enum options_problem)problem, .name_verdict = NAME_SPACE, .argument = "x"};
        struct bytes out = {0};
        assert_int_equal(options_problem_append(&options, &out), ERR_OK);
        assert_true(out.count > 0);
        assert_null(memchr(out.data, '\n', out.count));
        bytes_finish(&out);
    }
}

static void only_two_whole_lines_leave(void **state)
{
    (void)state;
    assert_true(is_leave_word(TEXT("q")));
    assert_true(is_leave_word(TEXT("quit")));
    assert_false(is_leave_word(TEXT("Q")));
    assert_false(is_leave_word(TEXT("q ")));
    assert_false(is_leave_word(TEXT("qq")));
    assert_false(is_leave_word(TEXT("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_command_line_has_its_verdict),
        cmocka_unit_test(defaults_hold_unless_told),
        cmocka_unit_test(a_room_has_its_sign),
        cmocka_unit_test(help_and_version_need_no_name),
        cmocka_unit_test(addresses_are_taken_apart),
        cmocka_unit_test(a_host_has_a_bound),
        cmocka_unit_test(a_problem_shows_no_raw_control),
        cmocka_unit_test(every_problem_has_a_sentence),
        cmocka_unit_test(only_two_whole_lines_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
