/* Sockets over loopback: what each answer of the seam means. */
#include "net/socket.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* Far more than loopback needs. */
#define WAIT_MS 10000

struct talk {
    int listener;
    int near; /* Accepted. */
    int far;
    struct socket_address peer;
};

static int connect_to(const struct socket_address *address)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    memcpy(&in.sin_addr, &address->host.s6_addr[12], 4);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof in), 0);
    return fd;
}

static void wait_for(int fd, short events)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    assert_int_equal(poll(&poll_fd, 1, WAIT_MS), 1);
}

static void talk_open(struct talk *talk)
{
    struct socket_address bound;
    assert_int_equal(socket_listen("127.0.0.1", 0, &talk->listener, &bound), ERR_OK);
    assert_int_not_equal(bound.port, 0);
    int none;
    assert_int_equal(socket_accept(talk->listener, &none, &talk->peer), ERR_AGAIN);
    talk->far = connect_to(&bound);
    wait_for(talk->listener, POLLIN);
    assert_int_equal(socket_accept(talk->listener, &talk->near, &talk->peer), ERR_OK);
}

static void talk_close(struct talk *talk)
{
    socket_close(talk->listener);
    if (talk->near >= 0) {
        socket_close(talk->near);
    }
    if (talk->far >= 0) {
        close(talk->far);
    }
}

static void accepted_peer_has_its_address(void **state)
{
    (void)state;
    struct talk talk;
    talk_open(&talk);
    struct bytes text = {0};
    assert_int_equal(socket_address_append(&talk.peer, &text), ERR_OK);
    assert_memory_equal(text.data, "127.0.0.1:", 10);
    bytes_finish(&text);
    talk_close(&talk);
}

static void accepted_socket_has_the_options(void **state)
{
    (void)state;
    struct talk talk;
    talk_open(&talk);
    int value = 0;
    socklen_t bytes = sizeof value;
    assert_int_equal(getsockopt(talk.near, IPPROTO_TCP, TCP_NODELAY, &value, &bytes), 0);
    assert_int_not_equal(value, 0);
    assert_int_equal(getsockopt(talk.near, SOL_SOCKET, SO_KEEPALIVE, &value, &bytes), 0);
    assert_int_not_equal(value, 0);
    assert_int_equal(getsockopt(talk.near, SOL_SOCKET, SO_SNDBUF, &value, &bytes), 0);
    assert_true(value <= 2 * 128 * 1024); /* A stalled reader holds no more of the kernel. */
    talk_close(&talk);
}

static int option_of(int fd, int name)
{
    int value = -1;
    socklen_t bytes = sizeof value;
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, name, &value, &bytes), 0);
    return value;
}

static void vanished_peer_is_found_in_time(void **state)
{
    (void)state;
    /* The time, and what the kernel is told: first probe, interval. */
    static const struct {
        uint32_t vanish_ms;
        int idle_s;
        int interval_s;
    } cases[] = {
        {150000, 75, 18},
        {100, 1, 1},
        {86400000, 32767, 10800},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct talk talk;
        talk_open(&talk);
        socket_set_vanish(talk.near, cases[i].vanish_ms);
        assert_int_equal(option_of(talk.near, TCP_KEEPIDLE), cases[i].idle_s);
        assert_int_equal(option_of(talk.near, TCP_KEEPINTVL), cases[i].interval_s);
        assert_int_equal(option_of(talk.near, TCP_USER_TIMEOUT), (int)cases[i].vanish_ms);
        talk_close(&talk);
    }
}

static void read_tells_bytes_nothing_end_and_reset_apart(void **state)
{
    (void)state;
    struct talk talk;
    talk_open(&talk);
    char data[16];
    size_t count = 77;
    assert_int_equal(socket_read(talk.near, data, sizeof data, &count), ERR_AGAIN);
    assert_int_equal(count, 77);
    assert_int_equal(write(talk.far, "hello", 5), 5);
    wait_for(talk.near, POLLIN);
    assert_int_equal(socket_read(talk.near, data, 3, &count), ERR_OK);
    assert_int_equal(count, 3);
    assert_int_equal(socket_read(talk.near, data, sizeof data, &count), ERR_OK);
    assert_int_equal(count, 2);
    assert_int_equal(shutdown(talk.far, SHUT_WR), 0);
    wait_for(talk.near, POLLIN);
    assert_int_equal(socket_read(talk.near, data, sizeof data, &count), ERR_CLOSED);
    talk_close(&talk);

    talk_open(&talk);
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(talk.far, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    close(talk.far);
    talk.far = -1;
    wait_for(talk.near, POLLIN);
    assert_int_equal(socket_read(talk.near, data, sizeof data, &count), ERR_IO);
    talk_close(&talk);
}

static void write_takes_several_pieces_and_less_than_all(void **state)
{
    (void)state;
    struct talk talk;
    talk_open(&talk);
    struct iovec pieces[SOCKET_PIECES_MAX];
    for (int i = 0; i < SOCKET_PIECES_MAX; i++) {
        pieces[i] = (struct iovec){.iov_base = (char[]){'a'}, .iov_len = 1};
    }
    size_t count = 0;
    assert_int_equal(socket_write(talk.near, pieces, SOCKET_PIECES_MAX, &count), ERR_OK);
    assert_int_equal(count, SOCKET_PIECES_MAX);
    static char much[1 << 20];
    struct iovec large = {.iov_base = much, .iov_len = sizeof much};
    bool was_partial = false;
    enum error error = ERR_OK;
    for (int i = 0; i < 1000 && error == ERR_OK; i++) {
        error = socket_write(talk.near, &large, 1, &count);
        was_partial = was_partial || (error == ERR_OK && count < sizeof much);
    }
    assert_true(was_partial);
    assert_int_equal(error, ERR_AGAIN);
    talk_close(&talk);
}

static void write_to_one_who_is_gone_is_an_error_and_no_signal(void **state)
{
    (void)state;
    struct talk talk;
    talk_open(&talk);
    close(talk.far);
    talk.far = -1;
    struct iovec piece = {.iov_base = (char[]){'a'}, .iov_len = 1};
    size_t count;
    enum error error = ERR_OK;
    for (int i = 0; i < 1000 && error == ERR_OK; i++) {
        error = socket_write(talk.near, &piece, 1, &count);
    }
    assert_int_equal(error, ERR_IO);
    talk_close(&talk);
}

static void end_is_read_by_the_peer(void **state)
{
    (void)state;
    struct talk talk;
    talk_open(&talk);
    socket_end(talk.near);
    char data[1];
    wait_for(talk.far, POLLIN);
    assert_int_equal(read(talk.far, data, sizeof data), 0);
    talk_close(&talk);
}

static void taken_or_foreign_address_is_refused(void **state)
{
    (void)state;
    int first;
    struct socket_address bound;
    assert_int_equal(socket_listen("127.0.0.1", 0, &first, &bound), ERR_OK);
    int second = -77;
    struct socket_address other;
    assert_int_equal(socket_listen("127.0.0.1", bound.port, &second, &other), ERR_ADDRESS);
    assert_int_equal(socket_listen("not an address", 0, &second, &other), ERR_ADDRESS);
    assert_int_equal(socket_listen("localhost", 0, &second, &other), ERR_ADDRESS);
    assert_int_equal(second, -77);
    socket_close(first);
}

static void no_descriptor_left_is_a_limit(void **state)
{
    (void)state;
    struct talk talk;
    talk_open(&talk);
    struct socket_address bound = {.port = 0};
    struct sockaddr_in in;
    socklen_t bytes = sizeof in;
    assert_int_equal(getsockname(talk.listener, (struct sockaddr *)&in, &bytes), 0);
    memcpy(&bound.host.s6_addr[12], &in.sin_addr, 4);
    bound.port = ntohs(in.sin_port);
    int waiting = connect_to(&bound);
    wait_for(talk.listener, POLLIN);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int accepted;
    struct socket_address peer;
    enum error accept_error = socket_accept(talk.listener, &accepted, &peer);
    enum error listen_error = socket_listen("127.0.0.1", 0, &accepted, &peer);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(accept_error, ERR_LIMIT);
    assert_int_equal(listen_error, ERR_LIMIT);
    /* It still waits. */
    assert_int_equal(socket_accept(talk.listener, &accepted, &peer), ERR_OK);
    socket_close(accepted);
    close(waiting);
    talk_close(&talk);
}

static void both_families_have_their_form(void **state)
{
    (void)state;
    struct bytes text = {0};
    struct socket_address address = {.host = IN6ADDR_LOOPBACK_INIT, .port = 9999};
    assert_int_equal(socket_address_append(&address, &text), ERR_OK);
    assert_true(text_equal(bytes_text(&text), TEXT("[::1]:9999")));
    bytes_finish(&text);
}

static void both_families_come_through_one_listener(void **state)
{
    (void)state;
    int listener;
    struct socket_address bound;
    if (socket_listen("::", 0, &listener, &bound) != ERR_OK) {
        skip(); /* A machine without IPv6. */
    }
    struct socket_address four = {.port = bound.port};
    static const unsigned char loopback[] = {127, 0, 0, 1};
    memcpy(&four.host.s6_addr[12], loopback, 4);
    int far = connect_to(&four);
    wait_for(listener, POLLIN);
    int near;
    struct socket_address peer;
    assert_int_equal(socket_accept(listener, &near, &peer), ERR_OK);
    assert_true(IN6_IS_ADDR_V4MAPPED(&peer.host));
    socket_close(near);
    close(far);
    socket_close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted_peer_has_its_address),
        cmocka_unit_test(accepted_socket_has_the_options),
        cmocka_unit_test(vanished_peer_is_found_in_time),
        cmocka_unit_test(read_tells_bytes_nothing_end_and_reset_apart),
        cmocka_unit_test(write_takes_several_pieces_and_less_than_all),
        cmocka_unit_test(write_to_one_who_is_gone_is_an_error_and_no_signal),
        cmocka_unit_test(end_is_read_by_the_peer),
        cmocka_unit_test(taken_or_foreign_address_is_refused),
        cmocka_unit_test(no_descriptor_left_is_a_limit),
        cmocka_unit_test(both_families_have_their_form),
        cmocka_unit_test(both_families_come_through_one_listener),
    };
    return cmocka_run_group_tests_name("socket", tests, NULL, NULL);
}
