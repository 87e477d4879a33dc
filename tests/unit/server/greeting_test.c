/* The lines at start, for every kind of address. */
#include "server/greeting.h"

#include "base/mem.h"
#include "model/limits.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct socket_address address_of(const char *host, uint16_t port)
{
    struct socket_address address = {.port = port};
    char mapped[INET6_ADDRSTRLEN + 8] = "::ffff:";
    if (strchr(host, ':') != NULL) {
        mapped[0] = '\0';
    }
    strncat(mapped, host, INET6_ADDRSTRLEN);
    assert_int_equal(inet_pton(AF_INET6, mapped, &address.host), 1);
    return address;
}

/* What is spoken at the first listener of the next greetings; at the others, anything. */
static enum door_kind first_door = DOOR_AUTO;

/* The greeting of a server with these listeners, as a string that stays until the next call. */
static const char *greet(const struct socket_address *bound, uint32_t count, uint32_t most)
{
    static char lines[2000];
    const struct config_listen listens[] = {{.door = first_door}, {.door = DOOR_AUTO}};
    struct greeting greeting = {.data = "/srv/\x1b[2J",
                                .bound = bound,
                                .bound_count = count,
                                .listens = listens,
                                .lobby = "#마당",
                                .connections_max = most};
    struct bytes out = {0};
    assert_int_equal(greeting_append(&greeting, &out), ERR_OK);
    assert_true(out.count < sizeof lines);
    memcpy(lines, out.data, out.count);
    lines[out.count] = '\0';
    bytes_finish(&out);
    return lines;
}

static const char *greet_one(const char *host, uint16_t port)
{
    struct socket_address bound = address_of(host, port);
    return greet(&bound, 1, SESSIONS_MAX);
}

static void assert_says(const char *lines, const char *part)
{
    if (strstr(lines, part) == NULL) {
        fail_msg("no \"%s\" in:\n%s", part, lines);
    }
}

static void assert_says_not(const char *lines, const char *part)
{
    if (strstr(lines, part) != NULL) {
        fail_msg("\"%s\" in:\n%s", part, lines);
    }
}

#define LAN "madangd --listen 0.0.0.0:"
#define ELSEWHERE "hostname -I"

static int first_door_reset(void **state)
{
    (void)state;
    first_door = DOOR_AUTO;
    return 0;
}

static void default_place_needs_no_option(void **state)
{
    (void)state;
    const char *lines = greet_one("127.0.0.1", 9999);
    assert_says(lines, "127.0.0.1:9999\n");
    assert_says(lines, "madang 이름");
    assert_says(lines, "nc 127.0.0.1 9999\n");
    assert_says(lines, "/connect 127.0.0.1 9999");
    assert_says(lines, "/join #마당\n");
    assert_says(lines, LAN "9999\n");
    assert_says_not(lines, ELSEWHERE);
}

static void other_port_is_in_both_commands(void **state)
{
    (void)state;
    const char *lines = greet_one("127.0.0.1", 7000);
    assert_says(lines, "madang --server 127.0.0.1:7000 이름");
    assert_says(lines, "nc 127.0.0.1 7000\n");
}

static void ipv6_alone_is_joined_by_ipv6(void **state)
{
    (void)state;
    const char *lines = greet_one("::1", 9999);
    assert_says(lines, "madang --server [::1]:9999 이름");
    assert_says(lines, "nc ::1 9999\n");
    assert_says_not(lines, "nc 127.0.0.1");
    assert_says(lines, LAN "9999\n");
}

static void one_address_of_the_network_is_joined_there(void **state)
{
    (void)state;
    const char *lines = greet_one("192.0.2.7", 9999);
    assert_says(lines, "madang --server 192.0.2.7:9999 이름");
    assert_says(lines, "nc 192.0.2.7 9999\n");
    assert_says_not(lines, LAN);
    assert_says_not(lines, ELSEWHERE);
}

static void all_addresses_are_joined_by_loopback_here(void **state)
{
    (void)state;
    static const char *const hosts[] = {"0.0.0.0", "::"};
    for (size_t i = 0; i < 2; i++) {
        const char *lines = greet_one(hosts[i], 9999);
        assert_says(lines, "madang 이름");
        assert_says(lines, "nc 127.0.0.1 9999\n");
        assert_says_not(lines, LAN);
        assert_says(lines, ELSEWHERE);
    }
}

static void every_listener_is_named_and_the_first_is_joined(void **state)
{
    (void)state;
    struct socket_address bound[] = {address_of("::1", 7001), address_of("192.0.2.7", 7002)};
    const char *lines = greet(bound, 2, SESSIONS_MAX);
    assert_says(lines, " [::1]:7001\n");
    assert_says(lines, " 192.0.2.7:7002\n");
    assert_says(lines, "nc ::1 7001\n");
    assert_says_not(lines, LAN);
}

static void each_is_sent_where_it_is_understood(void **state)
{
    (void)state;
    struct socket_address bound[] = {address_of("127.0.0.1", 7001), address_of("::1", 7002)};
    first_door = DOOR_PLAIN;
    const char *lines = greet(bound, 2, SESSIONS_MAX);
    assert_says(lines, "nc 127.0.0.1 7001\n");
    assert_says(lines, "/connect ::1 7002");
    first_door = DOOR_IRC;
    lines = greet(bound, 2, SESSIONS_MAX);
    assert_says(lines, "nc ::1 7002\n");
    assert_says(lines, "/connect 127.0.0.1 7001");
}

static void nobody_is_sent_where_nobody_understands(void **state)
{
    (void)state;
    struct socket_address bound = address_of("127.0.0.1", 7001);
    first_door = DOOR_PLAIN;
    const char *lines = greet(&bound, 1, SESSIONS_MAX);
    assert_says_not(lines, "/connect");
    assert_says(lines, "nc 127.0.0.1 7001\n");
    first_door = DOOR_IRC;
    lines = greet(&bound, 1, SESSIONS_MAX);
    assert_says_not(lines, "nc ");
    assert_says(lines, "/connect 127.0.0.1 7001");
}

static void few_descriptors_are_told(void **state)
{
    (void)state;
    struct socket_address bound = address_of("127.0.0.1", 9999);
    assert_says(greet(&bound, 1, 999), " 999명");
    assert_says_not(greet(&bound, 1, 1000), "ulimit");
}

static void directory_is_shown_as_text(void **state)
{
    (void)state;
    const char *lines = greet_one("127.0.0.1", 9999);
    assert_says(lines, "/srv/^[[2J ");
    assert_null(strchr(lines, '\x1b'));
}

static void every_failing_allocation_is_an_error(void **state)
{
    (void)state;
    struct socket_address bound = address_of("::1", 7001);
    struct config_listen listen = {.door = DOOR_AUTO};
    struct greeting greeting = {
        .data = "/d", .bound = &bound, .bound_count = 1, .listens = &listen, .lobby = "#a"};
    int pending = 0;
    for (uint64_t nth = 1; !pending; nth++) {
        struct bytes out = {0};
        mem_fail_at(nth);
        enum error error = greeting_append(&greeting, &out);
        pending = mem_fail_pending();
        mem_fail_at(0);
        assert_int_equal(error, pending ? ERR_OK : ERR_MEMORY);
        bytes_finish(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_place_needs_no_option),
        cmocka_unit_test(other_port_is_in_both_commands),
        cmocka_unit_test(ipv6_alone_is_joined_by_ipv6),
        cmocka_unit_test(one_address_of_the_network_is_joined_there),
        cmocka_unit_test(all_addresses_are_joined_by_loopback_here),
        cmocka_unit_test(every_listener_is_named_and_the_first_is_joined),
        cmocka_unit_test_teardown(each_is_sent_where_it_is_understood, first_door_reset),
        cmocka_unit_test_teardown(nobody_is_sent_where_nobody_understands, first_door_reset),
        cmocka_unit_test(few_descriptors_are_told),
        cmocka_unit_test(directory_is_shown_as_text),
        cmocka_unit_test(every_failing_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
