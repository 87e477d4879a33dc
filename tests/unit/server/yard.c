/* Steps of a server, and its guests. */
#include "yard.h"

#include "seam.h"

#include "base/log.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* Waits of a millisecond until something that must come is given up. */
#define PATIENCE 10000
#define COMMANDS_PER_STEP 1024

static void log_nothing(void *context, const char *line)
{
    (void)context;
    (void)line;
}

struct config *yard_config(void)
{
    struct config *config = mem_zalloc(1, sizeof *config);
    assert_non_null(config);
    atomic_init(&config->references, 1);
    memcpy(config->lobby, "#madang", sizeof "#madang");
    config->flood = true;
    config->burst = 5;
    config->rate = 2;
    config->connections_per_address = 16;
    config->connects_per_address = 32;
    config->connects_window_ms = 600000;
    config->unregistered_start = 200;
    config->unregistered_percent = 30;
    config->unregistered_full = 2000;
    config->register_ms = 30000;
    config->quiet_ms = 40;
    config->cut_ms = 1000;
    config->vanish_ms = 150000;
    config->close_ms = 2000;
    config->shutdown_ms = 2000;
    config->exempt[0] = (struct network){.prefix_bits = 96 + 8};
    config->exempt[0].address.s6_addr[10] = 0xff;
    config->exempt[0].address.s6_addr[11] = 0xff;
    config->exempt[0].address.s6_addr[12] = 127;
    config->exempt_count = 1;
    config->threads = 1;
    memcpy(config->listens[0].address, "127.0.0.1", sizeof "127.0.0.1");
    config->listens[0].flood = true;
    config->listen_count = 1;
    memcpy(config->name, "madang.test", sizeof "madang.test");
    memcpy(config->network, "yard", sizeof "yard");
    memcpy(config->casemapping, "ascii", sizeof "ascii");
    irc_setup_make(config);
    return config;
}

struct yard *yard_new(uint32_t worker_count, struct config *config,
                      const struct bus_options *options, uint32_t connections_max)
{
    log_sink_set(log_nothing, NULL);
    seam_reset();
    struct yard *yard = calloc(1, sizeof *yard);
    assert_non_null(yard);
    yard->config = config != NULL ? config : yard_config();
    yard->now_ms = 1000000;
    if (options == NULL) {
        options = &bus_options_default;
    }
    struct journal_mark mark = {.seed = 7};
    script_journal_init(&yard->journal);
    assert_int_equal(bus_init(&yard->bus, worker_count, mark.seq, options), ERR_OK);
    struct hub_options hub_options = {
        .mark = mark,
        .server = TEXT("madang.test"),
        .info = TEXT("a yard"),
        .lobby = text_of(yard->config->lobby),
    };
    yard->hub = hub_new(&yard->bus, &hub_options);
    assert_non_null(yard->hub);
    verifier_init(&yard->verifier, &yard->bus);
    committer_init(&yard->committer, &yard->bus, &yard->journal.base);
    assert_int_equal(pipe(yard->console_fds), 0);
    console_init(&yard->console, &yard->bus, yard->console_fds[1], yard->config->lobby);
    for (uint32_t i = 0; i < worker_count; i++) {
        yard->workers[i] = worker_new(&yard->bus, i, yard->config);
        assert_non_null(yard->workers[i]);
    }
    yard->gate = gate_new(&yard->bus, yard->config, connections_max, 7);
    assert_non_null(yard->gate);
    struct bytes problem = {0};
    assert_int_equal(gate_listen(yard->gate, &problem), ERR_OK);
    bytes_finish(&problem);
    yard->address = gate_listener_address(yard->gate, 0);
    return yard;
}

void yard_free(struct yard *yard)
{
    for (uint32_t i = 0; i < yard->bus.worker_count; i++) {
        worker_free(yard->workers[i]);
    }
    gate_free(yard->gate);
    hub_free(yard->hub);
    console_finish(&yard->console);
    bus_finish(&yard->bus);
    journal_free(&yard->journal.base);
    config_give(yard->config);
    close(yard->console_fds[0]);
    close(yard->console_fds[1]);
    bytes_finish(&yard->console_seen);
    free(yard);
    seam_reset();
    log_sink_set(NULL, NULL);
}

int64_t yard_clock(void *context)
{
    return ((struct yard *)context)->now_ms;
}

/* The test's own memory does not fail. */
static void keep(struct bytes *bytes, const char *data, size_t count)
{
    bytes->data = realloc(bytes->data, bytes->count + count + 1);
    assert_non_null(bytes->data);
    memcpy(bytes->data + bytes->count, data, count);
    bytes->count += count;
    bytes->data[bytes->count] = '\0';
}

static void yard_read_console(struct yard *yard)
{
    struct pollfd poll_fd = {.fd = yard->console_fds[0], .events = POLLIN};
    while (poll(&poll_fd, 1, 0) == 1) {
        char buffer[4096];
        ssize_t count = read(yard->console_fds[0], buffer, sizeof buffer);
        assert_true(count > 0);
        keep(&yard->console_seen, buffer, (size_t)count);
    }
}

void yard_step(struct yard *yard)
{
    if (!yard->gate_rests) {
        gate_step(yard->gate, 0, yard_clock, yard);
    }
    for (uint32_t i = 0; i < yard->bus.worker_count && !yard->workers_rest; i++) {
        if (!worker_is_done(yard->workers[i])) {
            worker_step(yard->workers[i], 0, yard_clock, yard);
        }
    }
    if (!yard->hub_rests) {
        (void)hub_step(yard->hub, yard->now_ms, COMMANDS_PER_STEP);
    }
    if (!yard->committer_rests) {
        (void)committer_step(&yard->committer, yard->now_ms);
    }
    (void)verifier_step(&yard->verifier, yard->now_ms);
    (void)console_step(&yard->console, yard->now_ms);
    yard_read_console(yard);
}

void yard_steps(struct yard *yard, int count)
{
    for (int i = 0; i < count; i++) {
        yard_step(yard);
    }
}

void yard_pass(struct yard *yard, int64_t ms)
{
    yard->now_ms += ms;
    yard_steps(yard, 4);
}

void yard_reload(struct yard *yard, struct config *config)
{
    gate_reload(yard->gate, config);
    config_give(config);
    yard_steps(yard, 3);
}

/* Steps, and lets the kernel do its part when it takes more than a few. */
static void yard_wait(struct yard *yard, int turn)
{
    yard_step(yard);
    if (turn > 20) {
        (void)poll(NULL, 0, 1);
    }
    assert_true(turn < PATIENCE);
}

void yard_expect_console(struct yard *yard, const char *text)
{
    for (int turn = 0;; turn++) {
        const char *found =
            yard->console_seen.count > 0 ? strstr(yard->console_seen.data, text) : NULL;
        if (found != NULL) {
            size_t used = (size_t)(found - yard->console_seen.data) + strlen(text);
            bytes_consume(&yard->console_seen, used);
            keep(&yard->console_seen, "", 0);
            return;
        }
        yard_wait(yard, turn);
    }
}

void yard_expect_connections(struct yard *yard, uint32_t count)
{
    for (int turn = 0; gate_connection_count(yard->gate) != count; turn++) {
        yard_wait(yard, turn);
    }
}

void yard_drain(struct yard *yard)
{
    gate_close(yard->gate);
    atomic_store(&yard->bus.stage, STAGE_DRAIN);
    bus_wake_all(&yard->bus);
    for (int turn = 0;; turn++) {
        yard_wait(yard, turn);
        if (hub_is_drained(yard->hub)) {
            atomic_store(&yard->bus.hub_drained, true);
            if (ring_empty(yard->bus.rows)) {
                atomic_store(&yard->bus.journal_drained, true);
            }
        }
        bool is_done = true;
        for (uint32_t i = 0; i < yard->bus.worker_count; i++) {
            is_done = is_done && worker_is_done(yard->workers[i]);
        }
        if (is_done) {
            return;
        }
    }
}

void guest_come(struct yard *yard, struct guest *guest)
{
    *guest = (struct guest){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assert_true(guest->fd >= 0);
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(yard->address.port)};
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(guest->fd, (struct sockaddr *)&in, sizeof in), 0);
}

void guest_join(struct yard *yard, struct guest *guest, const char *name)
{
    guest_come(yard, guest);
    guest_push(guest, name);
    guest_push(guest, "\n");
    char line[NAME_BYTES_MAX * 2];
    (void)snprintf(line, sizeof line, "[%s] 접속\n", name);
    yard_expect_console(yard, line);
    yard_steps(yard, 2);
}

void guest_push(struct guest *guest, const char *text)
{
    size_t count = strlen(text);
    while (count > 0) {
        ssize_t sent = send(guest->fd, text, count, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            assert_true(errno == EPIPE || errno == ECONNRESET);
            return;
        }
        text += sent;
        count -= (size_t)sent;
    }
}

void guest_say(struct yard *yard, struct guest *guest, const char *text)
{
    uint64_t target = seam_read_bytes() + strlen(text);
    guest_push(guest, text);
    for (int turn = 0; seam_read_bytes() < target; turn++) {
        yard_wait(yard, turn);
    }
    yard_steps(yard, 3);
}

void guest_look(struct guest *guest)
{
    char buffer[65536];
    while (!guest->ended && !guest->reset) {
        ssize_t count = recv(guest->fd, buffer, sizeof buffer, MSG_DONTWAIT);
        if (count > 0) {
            keep(&guest->seen, buffer, (size_t)count);
        } else if (count == 0) {
            guest->ended = true;
        } else if (errno == ECONNRESET) {
            guest->reset = true;
        } else {
            assert_int_equal(errno, EAGAIN);
            return;
        }
    }
}

/* What it has read and not expected yet. */
static struct text guest_new(const struct guest *guest)
{
    return (struct text){.data = guest->seen.count > 0 ? guest->seen.data + guest->read : "",
                         .count = guest->seen.count - guest->read};
}

void guest_expect(struct yard *yard, struct guest *guest, const char *text)
{
    size_t count = strlen(text);
    for (int turn = 0;; turn++) {
        guest_look(guest);
        struct text new = guest_new(guest);
        size_t both = new.count < count ? new.count : count;
        assert_memory_equal(new.data, text, both);
        if (new.count >= count) {
            assert_int_equal(new.count, count);
            guest->read += count;
            return;
        }
        assert_false(guest->ended || guest->reset);
        yard_wait(yard, turn);
    }
}

void guest_expect_begin(struct yard *yard, struct guest *guest, const char *text)
{
    size_t count = strlen(text);
    for (int turn = 0;; turn++) {
        guest_look(guest);
        struct text new = guest_new(guest);
        size_t both = new.count < count ? new.count : count;
        assert_memory_equal(new.data, text, both);
        if (new.count >= count) {
            guest->read = guest->seen.count;
            return;
        }
        assert_false(guest->ended || guest->reset);
        yard_wait(yard, turn);
    }
}

void guest_expect_line(struct yard *yard, struct guest *guest, const char *text)
{
    size_t count = strlen(text);
    for (int turn = 0;; turn++) {
        guest_look(guest);
        struct text new = guest_new(guest);
        size_t both = new.count < count ? new.count : count;
        assert_memory_equal(new.data, text, both);
        const char *newline = memchr(new.data, '\n', new.count);
        if (newline != NULL) {
            assert_true(new.count >= count);
            guest->read += (size_t)(newline - new.data) + 1;
            return;
        }
        assert_false(guest->ended || guest->reset);
        yard_wait(yard, turn);
    }
}

void guest_expect_some(struct yard *yard, struct guest *guest, const char *text)
{
    for (int turn = 0;; turn++) {
        guest_look(guest);
        struct text new = guest_new(guest);
        const char *found = memmem(new.data, new.count, text, strlen(text));
        const char *newline =
            found != NULL ? memchr(found, '\n', new.count - (size_t)(found - new.data)) : NULL;
        if (newline != NULL) {
            guest->read += (size_t)(newline - new.data) + 1;
            return;
        }
        assert_false(guest->ended || guest->reset);
        yard_wait(yard, turn);
    }
}

void guest_join_irc(struct yard *yard, struct guest *guest, const char *name, const char *caps)
{
    char lines[512];
    (void)snprintf(lines, sizeof lines,
                   "CAP REQ :%s\r\nNICK %s\r\nUSER %s 0 * :%s\r\nCAP END\r\n"
                   "JOIN #madang\r\n",
                   caps, name, "u", name);
    guest_come(yard, guest);
    int at_once = 1;
    assert_int_equal(setsockopt(guest->fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once), 0);
    guest_push(guest, lines);
    guest_expect_some(yard, guest, " 366 ");
    guest_forget(yard, guest);
}

void guest_forget(struct yard *yard, struct guest *guest)
{
    yard_steps(yard, 5);
    guest_look(guest);
    guest->read = guest->seen.count;
}

void guest_expect_nothing(struct yard *yard, struct guest *guest)
{
    yard_steps(yard, 5);
    guest_look(guest);
    assert_int_equal(guest_new(guest).count, 0);
    assert_false(guest->ended || guest->reset);
}

void guest_expect_end(struct yard *yard, struct guest *guest)
{
    for (int turn = 0; !guest->ended && !guest->reset; turn++) {
        guest_look(guest);
        yard_wait(yard, turn);
    }
    guest_go(guest);
}

void guest_finish_sending(struct guest *guest)
{
    /* The server may have reset it just now. */
    assert_true(shutdown(guest->fd, SHUT_WR) == 0 || errno == ENOTCONN);
}

void guest_go(struct guest *guest)
{
    close(guest->fd);
    guest->fd = -1;
    bytes_finish(&guest->seen);
}

void guest_vanish(struct guest *guest)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(guest->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    guest_go(guest);
}
