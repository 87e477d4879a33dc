/* The configuration: how the values of file, command line and machine come together. */
#include "config_scratch.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

/* n listen sections, then the command line's. */
static enum error read_listens(const struct scratch *scratch, uint32_t in_file, uint32_t on_line,
                               struct config **out)
{
    char text[4096];
    size_t count = 0;
    for (uint32_t i = 0; i < in_file; i++) {
        count += (size_t)snprintf(text + count, sizeof(text) - count,
                                  "listen \"127.0.0.1:%u\" { door = plain }\n", 1000 + i);
    }
    file_write(scratch, text, count);
    struct config_arguments arguments = {.file = scratch->file, .listen_count = on_line};
    for (uint32_t i = 0; i < on_line; i++) {
        assert_int_equal(config_listen_parse("[::]:0", &arguments.listens[i]), ERR_OK);
        arguments.listens[i].port = (uint16_t)i;
    }
    struct bytes problem = {0};
    enum error error = config_read(&arguments, out, &problem);
    assert_true((error == ERR_OK) == (problem.count == 0));
    bytes_finish(&problem);
    return error;
}

static void listens_add_up_to_their_bound(void **state)
{
    struct config *config = NULL;
    assert_int_equal(read_listens(*state, LISTENERS_MAX - 1, 1, &config), ERR_OK);
    assert_int_equal(config->listen_count, LISTENERS_MAX);
    assert_int_equal(config->listens[0].door, DOOR_PLAIN);
    assert_int_equal(config->listens[LISTENERS_MAX - 1].door, DOOR_AUTO);
    config_give(config);
    config = NULL;
    assert_int_equal(read_listens(*state, LISTENERS_MAX, 0, &config), ERR_OK);
    config_give(config);
    assert_int_equal(read_listens(*state, 0, LISTENERS_MAX, &config), ERR_OK);
    assert_int_equal(config->listen_count, LISTENERS_MAX);
    config_give(config);
    config = NULL;
    assert_int_equal(read_listens(*state, LISTENERS_MAX, 1, &config), ERR_INVALID);
    assert_int_equal(read_listens(*state, LISTENERS_MAX + 1, 0, &config), ERR_INVALID);
    assert_null(config);
}

static void a_listen_of_both_is_one(void **state)
{
    const struct scratch *scratch = *state;
    const char *text = "listen \"127.0.0.1:1000\" { door = plain }\n";
    file_write(scratch, text, strlen(text));
    struct config_arguments arguments = {.file = scratch->file, .listen_count = 1};
    assert_int_equal(config_listen_parse("127.0.0.1:1000", &arguments.listens[0]), ERR_OK);
    struct config *config = NULL;
    struct bytes problem = {0};
    assert_int_equal(config_read(&arguments, &config, &problem), ERR_OK);
    assert_int_equal(config->listen_count, 1);
    assert_int_equal(config->listens[0].door, DOOR_PLAIN);
    config_give(config);
}

static void the_command_line_wins(void **state)
{
    const struct scratch *scratch = *state;
    const char *text = "storage { data = /from/file }\nserver { threads = 2 }\n";
    file_write(scratch, text, strlen(text));
    struct config_arguments arguments = {.file = scratch->file, .data = "here", .threads = 5};
    struct config *config = NULL;
    struct bytes problem = {0};
    assert_int_equal(config_read(&arguments, &config, &problem), ERR_OK);
    assert_string_equal(config->data, "here");
    assert_int_equal(config->threads, 5);
    assert_false(config->data_is_default);
    config_give(config);
}

static void the_data_directory_comes_from_the_environment(void **state)
{
    (void)state;
    static const struct {
        const char *xdg;
        const char *home;
        const char *data; /* NULL: refused. */
    } homes[] = {
        {"/x", "/h", "/x/madang"},
        {NULL, "/h", "/h/.local/share/madang"},
        {"", "/h", "/h/.local/share/madang"},
        {"relative", "/h", "/h/.local/share/madang"},
        {"/x", NULL, "/x/madang"},
        {NULL, NULL, NULL},
        {"relative", "", NULL},
        {NULL, "home", NULL},
    };
    char *home = getenv("HOME");
    char home_before[1024] = "";
    snprintf(home_before, sizeof(home_before), "%s", home != NULL ? home : "");
    for (size_t i = 0; i < sizeof(homes) / sizeof(homes[0]); i++) {
        homes[i].xdg != NULL ? setenv("XDG_DATA_HOME", homes[i].xdg, 1) : unsetenv("XDG_DATA_HOME");
        homes[i].home != NULL ? setenv("HOME", homes[i].home, 1) : unsetenv("HOME");
        struct config *config = NULL;
        struct bytes problem = {0};
        enum error error = read_file(NULL, &config, &problem);
        if (homes[i].data == NULL) {
            assert_int_equal(error, ERR_INVALID);
            assert_non_null(memmem(problem.data, problem.count, "--data", 6));
        } else {
            assert_int_equal(error, ERR_OK);
            assert_string_equal(config->data, homes[i].data);
            assert_true(config->data_is_default);
            config_give(config);
        }
        bytes_finish(&problem);
        struct config_arguments arguments = {.data = "/given"};
        assert_int_equal(config_read(&arguments, &config, &problem), ERR_OK);
        assert_string_equal(config->data, "/given");
        config_give(config);
    }
    setenv("HOME", home_before, 1);
    setenv("XDG_DATA_HOME", "/data home", 1);
}

static void a_data_directory_has_a_bound(void **state)
{
    (void)state;
    char data[1025];
    memset(data, 'x', sizeof(data));
    data[1023] = '\0';
    struct config_arguments arguments = {.data = data};
    struct config *config = NULL;
    struct bytes problem = {0};
    assert_int_equal(config_read(&arguments, &config, &problem), ERR_OK);
    config_give(config);
    data[1023] = 'x';
    data[1024] = '\0';
    assert_int_equal(config_read(&arguments, &config, &problem), ERR_INVALID);
    assert_non_null(memmem(problem.data, problem.count, "1023", 4));
    bytes_finish(&problem);
}

static void listens_are_numeric_addresses_and_ports(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *address; /* NULL: refused. */
        uint16_t port;
    } listens[] = {
        {"127.0.0.1:9999", "127.0.0.1", 9999},
        {"0.0.0.0:0", "0.0.0.0", 0},
        {"1.2.3.4:65535", "1.2.3.4", 65535},
        {"[::]:9999", "::", 9999},
        {"[2001:DB8::0:1]:1", "2001:db8::1", 1},
        {"[::ffff:1.2.3.4]:1", "::ffff:1.2.3.4", 1},
        {"127.0.0.1:65536", NULL, 0},
        {"127.0.0.1:99999", NULL, 0},
        {"127.0.0.1:-1", NULL, 0},
        {"127.0.0.1:+1", NULL, 0},
        {"127.0.0.1:", NULL, 0},
        {"127.0.0.1: ", NULL, 0},
        {"127.0.0.1: 1", NULL, 0},
        {"127.0.0.1:1 ", NULL, 0},
        {"127.0.0.1:1e3", NULL, 0},
        {"127.0.0.1:0x10", NULL, 0},
        {"127.0.0.1:010", NULL, 0},
        {"127.0.0.1:99999999999999999999", NULL, 0},
        {"127.0.0.1", NULL, 0},
        {"127.0.0:1", NULL, 0},
        {"localhost:1", NULL, 0},
        {":1", NULL, 0},
        {"[]:1", NULL, 0},
        {"[:1", NULL, 0},
        {"[", NULL, 0},
        {":", NULL, 0},
        {"", NULL, 0},
        {"::1:1", NULL, 0},
        {"[::1]1", NULL, 0},
        {"[::1]", NULL, 0},
        {"[127.0.0.1]:1", NULL, 0},
        {"[fe80::1%lo]:1", NULL, 0},
        {"1.2.3.4:5:6", NULL, 0},
        {"[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc]:1", NULL, 0},
    };
    for (size_t i = 0; i < sizeof(listens) / sizeof(listens[0]); i++) {
        struct config_listen listen = {.port = 7};
        enum error error = config_listen_parse(listens[i].text, &listen);
        if ((error == ERR_OK) != (listens[i].address != NULL)) {
            fail_msg("%s: %s", listens[i].text, error_name(error));
        }
        if (listens[i].address != NULL) {
            assert_string_equal(listen.address, listens[i].address);
            assert_int_equal(listen.port, listens[i].port);
        } else {
            assert_int_equal(error, ERR_INVALID);
            assert_int_equal(listen.port, 7);
        }
    }
}

static bool is_exempt(const struct config *config, const char *address)
{
    struct in6_addr binary = {0};
    if (inet_pton(AF_INET, address, &binary.s6_addr[12]) == 1) {
        binary.s6_addr[10] = 0xff;
        binary.s6_addr[11] = 0xff;
    } else {
        assert_int_equal(inet_pton(AF_INET6, address, &binary), 1);
    }
    return config_is_exempt(config, &binary);
}

static void exempt_addresses_are_found_by_prefix(void **state)
{
    struct config *config = read_defaults();
    assert_true(is_exempt(config, "127.0.0.1"));
    assert_true(is_exempt(config, "127.255.255.255"));
    assert_false(is_exempt(config, "128.0.0.0"));
    assert_false(is_exempt(config, "126.255.255.255"));
    assert_true(is_exempt(config, "::1"));
    assert_false(is_exempt(config, "::2"));
    assert_false(is_exempt(config, "::127.0.0.1"));
    config_give(config);

    config = read_text(*state,
                       "limit { exempt = {10.1.0.0/17, 1.2.3.4, \"fe80::/10\", \"2001:db8::5\"} }");
    assert_true(is_exempt(config, "10.1.127.255"));
    assert_false(is_exempt(config, "10.1.128.0"));
    assert_true(is_exempt(config, "1.2.3.4"));
    assert_false(is_exempt(config, "1.2.3.5"));
    assert_true(is_exempt(config, "febf::1"));
    assert_false(is_exempt(config, "fec0::1"));
    assert_true(is_exempt(config, "2001:db8::5"));
    assert_false(is_exempt(config, "127.0.0.1"));
    config_give(config);

    config = read_text(*state, "limit { exempt = {0.0.0.0/0} }");
    assert_true(is_exempt(config, "8.8.8.8"));
    assert_false(is_exempt(config, "2001:db8::5"));
    config_give(config);

    config = read_text(*state, "limit { exempt = {\"::/0\"} }");
    assert_true(is_exempt(config, "8.8.8.8"));
    assert_true(is_exempt(config, "2001:db8::5"));
    config_give(config);
}

static void limits_that_are_not_set_give_way(void **state)
{
    struct config *config = read_text(*state, "limit { quiet_ms = 3000 }");
    assert_int_equal(config->quiet_ms, 3000);
    assert_int_equal(config->cut_ms, 3000);
    config_give(config);
    config = read_text(*state, "limit { unregistered_full = 4 }");
    assert_int_equal(config->unregistered_start, 4);
    assert_int_equal(config->unregistered_full, 4);
    config_give(config);
    config = read_text(*state, "limit { unregistered_start = 200000 }");
    assert_int_equal(config->unregistered_start, 200000);
    assert_int_equal(config->unregistered_full, 200000);
    config_give(config);
}

static void the_list_of_the_exempt_has_a_bound(void **state)
{
    for (int extra = 0; extra < 2; extra++) {
        char text[4096];
        size_t count = (size_t)snprintf(text, sizeof(text), "limit { exempt = {\n\"10.0.0.0\"");
        for (int i = 1; i < CONFIG_EXEMPT_MAX + extra; i++) {
            count += (size_t)snprintf(text + count, sizeof(text) - count, ",\n\"10.0.0.%d\"", i);
        }
        (void)snprintf(text + count, sizeof(text) - count, "} }\n");
        if (extra == 0) {
            struct config *config = read_text(*state, text);
            assert_int_equal(config->exempt_count, CONFIG_EXEMPT_MAX);
            config_give(config);
        } else {
            assert_refused(*state, text_of(text), "1: limit.exempt", "64");
        }
    }
}

static void unregistered_limits_scale_with_the_descriptors(void **state)
{
    (void)state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct config *config = read_defaults();
    uint64_t most =
        before.rlim_max > SESSIONS_MAX ? SESSIONS_MAX : before.rlim_max - DESCRIPTORS_KEPT_BACK;
    assert_int_equal(config->unregistered_full, most < 100 ? 100 : most);
    assert_int_equal(config->unregistered_start, most / 10 < 10 ? 10 : most / 10);
    config_give(config);
}

static void a_config_lives_until_all_have_given_it_back(void **state)
{
    (void)state;
    struct config *config = read_defaults();
    assert_ptr_equal(config_take(config), config);
    config_give(config);
    assert_string_equal(config->name, "madang");
    config_give(config);
    config_give(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(listens_add_up_to_their_bound),
        TEST(a_listen_of_both_is_one),
        TEST(the_command_line_wins),
        TEST(the_data_directory_comes_from_the_environment),
        TEST(a_data_directory_has_a_bound),
        TEST(listens_are_numeric_addresses_and_ports),
        TEST(exempt_addresses_are_found_by_prefix),
        TEST(limits_that_are_not_set_give_way),
        TEST(the_list_of_the_exempt_has_a_bound),
        TEST(unregistered_limits_scale_with_the_descriptors),
        TEST(a_config_lives_until_all_have_given_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
