/* Ways in which a server cannot be reached, and output that nobody takes. Loopback only. */
#include "client/connection.h"
#include "client/output.h"

#include "expect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* A socket on a port of its own, listening or not; *out_port is text. */
static int loopback_socket(bool listening, char out_port[6])
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof(address);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, bytes), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &bytes), 0);
    if (listening) {
        assert_int_equal(listen(fd, 1), 0);
    }
    snprintf(out_port, 6, "%u", ntohs(address.sin_port));
    return fd;
}

/* A stop descriptor that never (or already) becomes readable. */
static void open_stop(int out_ends[2], bool stopped)
{
    assert_int_equal(pipe(out_ends), 0);
    if (stopped) {
        assert_int_equal(write(out_ends[1], "x", 1), 1);
    }
}

static void a_server_that_listens_is_reached(void **state)
{
    (void)state;
    char port[6];
    int stop[2];
    int fd = -1;
    int failure = 0;
    open_stop(stop, false);
    int listener = loopback_socket(true, port);
    assert_int_equal(connection_open("127.0.0.1", port, stop[0], &fd, &failure), CONNECTION_OPEN);
    assert_true(fd >= 0);
    assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    assert_true(connection_round_trip_ms(fd) < 1000);
    close(fd);
    close(listener);
    close(stop[0]);
    close(stop[1]);
}

static void a_closed_port_refuses(void **state)
{
    (void)state;
    char port[6];
    int stop[2];
    int fd = -1;
    int failure = 0;
    open_stop(stop, false);
    /* Bound and not listening, so that nobody else can open it meanwhile. */
    int holder = loopback_socket(false, port);
    assert_int_equal(connection_open("127.0.0.1", port, stop[0], &fd, &failure),
                     CONNECTION_REFUSED);
    assert_int_equal(fd, -1);
    close(holder);
    close(stop[0]);
    close(stop[1]);
}

static void a_signal_ends_the_attempt(void **state)
{
    (void)state;
    char port[6];
    int stop[2];
    int fd = -1;
    int failure = 0;
    open_stop(stop, true);
    int listener = loopback_socket(true, port);
    assert_int_equal(connection_open("127.0.0.1", port, stop[0], &fd, &failure),
                     CONNECTION_STOPPED);
    close(listener);
    close(stop[0]);
    close(stop[1]);
}

static void every_failure_has_a_sentence_that_names_the_server(void **state)
{
    (void)state;
    for (int verdict = CONNECTION_UNKNOWN_HOST; verdict <= CONNECTION_FAILED; verdict++) {
        struct bytes out = {0};
        assert_int_equal(
            connection_verdict_append((enum connection_verdict)verdict, EPERM, "::1", "9999", &out),
            ERR_OK);
        assert_non_null(memmem(out.data, out.count, "[::1]:9999", 10));
        assert_null(memchr(out.data, '\n', out.count));
        bytes_finish(&out);
    }
}

static void a_host_is_shown_as_text(void **state)
{
    (void)state;
    struct bytes out = {0};
    assert_int_equal(connection_verdict_append(CONNECTION_UNKNOWN_HOST, 0, "\x1b[2Jx\n", "1", &out),
                     ERR_OK);
    assert_non_null(memmem(out.data, out.count, "^[[2Jx^J:1", 10));
    bytes_finish(&out);
}

static void a_reader_who_stops_blocks_nothing(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct output output;
    output_init(&output, ends[1]);
    char block[4096];
    memset(block, 'x', sizeof(block));
    for (int i = 0; i < 64; i++) {
        assert_int_equal(bytes_append(&output.pending, block, sizeof(block)), ERR_OK);
    }
    output_flush(&output);
    assert_true(output.pending.count > 0 && output.pending.count < 64 * sizeof(block));
    assert_int_equal(output.failure, 0);
    /* What was taken makes room for the next. */
    size_t before = output.pending.count;
    assert_int_equal(read(ends[0], block, sizeof(block)), (ssize_t)sizeof(block));
    output_flush(&output);
    assert_int_equal(output.pending.count, before - sizeof(block));
    output_finish(&output);
    close(ends[0]);
    close(ends[1]);
}

static void a_reader_who_is_gone_is_noticed(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    struct output output;
    output_init(&output, ends[1]);
    assert_int_equal(bytes_append_text(&output.pending, TEXT("x")), ERR_OK);
    output_flush(&output);
    assert_int_equal(output.failure, EPIPE);
    assert_int_equal(output.pending.count, 0);
    output_finish(&output);
    close(ends[1]);
}

static void a_signal_ends_the_wait_for_a_reader(void **state)
{
    (void)state;
    int ends[2];
    int stop[2];
    assert_int_equal(pipe(ends), 0);
    open_stop(stop, true);
    struct output output;
    output_init(&output, ends[1]);
    char block[4096] = {0};
    for (int i = 0; i < 64; i++) {
        assert_int_equal(bytes_append(&output.pending, block, sizeof(block)), ERR_OK);
    }
    output_drain(&output, stop[0], -1);
    assert_true(output.pending.count > 0);
    output_finish(&output);
    for (int i = 0; i < 2; i++) {
        close(ends[i]);
        close(stop[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_listens_is_reached),
        cmocka_unit_test(a_closed_port_refuses),
        cmocka_unit_test(a_signal_ends_the_attempt),
        cmocka_unit_test(every_failure_has_a_sentence_that_names_the_server),
        cmocka_unit_test(a_host_is_shown_as_text),
        cmocka_unit_test(a_reader_who_stops_blocks_nothing),
        cmocka_unit_test(a_reader_who_is_gone_is_noticed),
        cmocka_unit_test(a_signal_ends_the_wait_for_a_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
