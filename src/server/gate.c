/* Accepting, and the reasons not to. */
#include "server/gate.h"

#include "base/check.h"
#include "base/lang.h"
#include "base/log.h"
#include "base/mem.h"
#include "door/plain.h"
#include "net/poller.h"
#include "server/address.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define EVENTS_PER_STEP 64
/* Connections taken from one listener before the others have their turn. */
#define ACCEPTS_PER_TURN 64
/* After the kernel had no descriptor or memory, the listeners rest for so long; */
#define REST_MS 100
/* and for so long when the worker whose turn it is has not taken those before. */
#define FULL_REST_MS 2

enum { TOKEN_WAKER, TOKEN_WATCHED, TOKEN_LISTENER };

struct listener {
    int socket;
    struct config_listen wanted; /* As the configuration had it. */
    struct socket_address bound;
};

struct gate {
    struct bus *bus;
    struct config *config;
    struct poller *poller;
    struct address_table addresses;
    struct listener listeners[LISTENERS_MAX];
    uint32_t listener_count;
    uint32_t connections_max;
    uint32_t connection_count;
    uint64_t closed_count;
    uint32_t unregistered_count; /* Of those that are subject to early drop. */
    uint32_t worker_connections[WORKERS_MAX];
    struct config *pending[WORKERS_MAX]; /* Configurations that a full ring could not take yet. */
    int spare_fd; /* Given up for a moment when no descriptor is left, to tell the next in line. */
    uint64_t random;
    int64_t now_ms;
    int64_t rest_until_ms; /* 0: the listeners are watched. */
    int journal_state;     /* The one that the gate's caller can have seen. */
    bool arrivals_put[WORKERS_MAX];
    uint64_t refused[NOTICE_COUNT];
    struct log_limit refused_logs[NOTICE_COUNT];
    struct log_limit full_log;
};

static int spare_open(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

struct gate *gate_new(struct bus *bus, struct config *config, uint32_t connections_max,
                      uint64_t seed)
{
    struct gate *gate = mem_zalloc(1, sizeof *gate);
    if (gate == NULL) {
        return NULL;
    }
    gate->bus = bus;
    gate->connections_max = connections_max;
    gate->random = seed | 1;
    gate->spare_fd = spare_open();
    gate->poller = poller_new();
    if (gate->poller == NULL || address_table_init(&gate->addresses, seed) != ERR_OK) {
        poller_free(gate->poller);
        close(gate->spare_fd);
        mem_free(gate);
        return NULL;
    }
    gate->config = config_take(config);
    atomic_store_explicit(&gate->bus->pace_ms, config->pace_ms, memory_order_relaxed);
    if (poller_add(gate->poller, bus->gate_waker.fd, TOKEN_WAKER, POLLER_READ) != ERR_OK) {
        gate_free(gate);
        return NULL;
    }
    return gate;
}

void gate_free(struct gate *gate)
{
    if (gate == NULL) {
        return;
    }
    gate_close(gate);
    for (uint32_t worker = 0; worker < WORKERS_MAX; worker++) {
        if (gate->pending[worker] != NULL) {
            config_give(gate->pending[worker]);
        }
    }
    address_table_finish(&gate->addresses);
    poller_free(gate->poller);
    config_give(gate->config);
    if (gate->spare_fd >= 0) {
        close(gate->spare_fd);
    }
    mem_free(gate);
}

static enum error gate_listen_one(struct gate *gate, const struct config_listen *wanted)
{
    struct listener *listener = &gate->listeners[gate->listener_count];
    enum error error =
        socket_listen(wanted->address, wanted->port, &listener->socket, &listener->bound);
    if (error != ERR_OK) {
        return error;
    }
    listener->wanted = *wanted;
    error = poller_add(gate->poller, listener->socket, TOKEN_LISTENER + gate->listener_count,
                       POLLER_READ);
    if (error != ERR_OK) {
        socket_close(listener->socket);
        return error;
    }
    gate->listener_count++;
    return ERR_OK;
}

static void listen_fail(const struct config_listen *wanted, enum error error, struct bytes *problem)
{
    const char *why = error_name(error);
    if (error == ERR_ADDRESS) {
        why = _("이미 쓰이고 있거나, 이 컴퓨터의 주소가 아닙니다");
    } else if (error == ERR_DENIED) {
        why = _("그 포트를 열 권한이 없습니다");
    }
    bool is_ipv6 = strchr(wanted->address, ':') != NULL;
    bytes_clear(problem);
    BEST_EFFORT(bytes_format(problem, _("%s%s%s:%u 에서 들을 수 없습니다: %s"), is_ipv6 ? "[" : "",
                             wanted->address, is_ipv6 ? "]" : "", (unsigned)wanted->port, why));
}

enum error gate_listen(struct gate *gate, struct bytes *problem)
{
    for (uint32_t i = 0; i < gate->config->listen_count; i++) {
        const struct config_listen *wanted = &gate->config->listens[i];
        enum error error = gate_listen_one(gate, wanted);
        if (error != ERR_OK) {
            listen_fail(wanted, error, problem);
            return error;
        }
    }
    return ERR_OK;
}

uint32_t gate_listener_count(const struct gate *gate)
{
    return gate->listener_count;
}

struct socket_address gate_listener_address(const struct gate *gate, uint32_t index)
{
    check(index < gate->listener_count);
    return gate->listeners[index].bound;
}

enum error gate_watch(struct gate *gate, int fd)
{
    return poller_add(gate->poller, fd, TOKEN_WATCHED, POLLER_READ);
}

uint32_t gate_connection_count(const struct gate *gate)
{
    return gate->connection_count;
}

uint64_t gate_closed_count(const struct gate *gate)
{
    return gate->closed_count;
}

/* Turned away with a word; the socket is new, so that a few bytes always fit. */
static void gate_refuse(struct gate *gate, int socket, enum notice notice)
{
    struct bytes line = {0};
    if (notice_append(notice, TEXT_NONE, false, &line) == ERR_OK) {
        struct iovec piece = {.iov_base = line.data, .iov_len = line.count};
        size_t sent;
        if (socket_write(socket, &piece, 1, &sent) == ERR_OK) {
            socket_end(socket);
        }
    }
    bytes_finish(&line);
    socket_close(socket);
    gate->refused[notice]++;
    uint64_t skipped;
    if (log_limit_pass(&gate->refused_logs[notice], gate->now_ms, &skipped)) {
        log_line(LOG_INFO, "gate: turned away with %s (%llu so far)", notice_code(notice),
                 (unsigned long long)gate->refused[notice]);
    }
}

/* 0 to 99; xorshift is random enough for whom to turn away. */
static uint32_t gate_percent(struct gate *gate)
{
    gate->random ^= gate->random << 13;
    gate->random ^= gate->random >> 7;
    gate->random ^= gate->random << 17;
    return (uint32_t)(gate->random % 100);
}

/* Random early drop: the more connections have no name yet, the likelier a new one is turned away.
 */
static bool gate_drops_early(struct gate *gate)
{
    const struct config *config = gate->config;
    uint32_t count = gate->unregistered_count;
    if (count < config->unregistered_start) {
        return false;
    }
    if (count >= config->unregistered_full) {
        return true;
    }
    uint32_t span = config->unregistered_full - config->unregistered_start;
    uint32_t rise = (100 - config->unregistered_percent) * (count - config->unregistered_start);
    return gate_percent(gate) < config->unregistered_percent + rise / span;
}

static uint32_t gate_choose_worker(const struct gate *gate)
{
    uint32_t chosen = 0;
    for (uint32_t worker = 1; worker < gate->bus->worker_count; worker++) {
        if (gate->worker_connections[worker] < gate->worker_connections[chosen]) {
            chosen = worker;
        }
    }
    return chosen;
}

/* True with nothing to say: the peer may come in. */
static bool gate_admits(struct gate *gate, int socket, const struct in6_addr *address, bool exempt)
{
    if (gate->connection_count >= gate->connections_max) {
        gate_refuse(gate, socket, NOTICE_FULL);
        return false;
    }
    if (exempt) {
        return true;
    }
    if (gate_drops_early(gate)) {
        gate_refuse(gate, socket, NOTICE_SLOW_DOWN);
        return false;
    }
    switch (address_enter(&gate->addresses, gate->config, address, gate->now_ms)) {
    case ADDRESS_FINE:
        return true;
    case ADDRESS_TOO_MANY:
        gate_refuse(gate, socket, NOTICE_TOO_MANY);
        return false;
    case ADDRESS_SLOW_DOWN:
        gate_refuse(gate, socket, NOTICE_SLOW_DOWN);
        return false;
    case ADDRESS_NO_MEMORY:
        break;
    }
    gate_refuse(gate, socket, NOTICE_FULL);
    return false;
}

static void gate_admit(struct gate *gate, const struct listener *listener, int socket,
                       const struct in6_addr *address)
{
    bool exempt = config_is_exempt(gate->config, address);
    if (!gate_admits(gate, socket, address, exempt)) {
        return;
    }
    socket_set_vanish(socket, gate->config->vanish_ms);
    uint32_t worker = gate_choose_worker(gate);
    struct arrival *arrival = ring_reserve(gate->bus->lanes[worker].arrivals, sizeof *arrival);
    check(arrival != NULL); /* gate_accept() looked for room. */
    *arrival = (struct arrival){
        .socket = socket,
        .exempt = exempt,
        .flood = listener->wanted.flood,
        .proxy_protocol = listener->wanted.proxy_protocol,
        .door = listener->wanted.door,
        .address = *address,
    };
    gate->arrivals_put[worker] = true;
    gate->worker_connections[worker]++;
    gate->connection_count++;
    gate->unregistered_count += exempt ? 0 : 1;
}

static void gate_rest(struct gate *gate, int64_t rest_ms)
{
    for (uint32_t i = 0; i < gate->listener_count; i++) {
        poller_set(gate->poller, gate->listeners[i].socket, TOKEN_LISTENER + i, POLLER_NONE);
    }
    gate->rest_until_ms = gate->now_ms + rest_ms;
}

static void gate_end_rest(struct gate *gate)
{
    gate->rest_until_ms = 0;
    for (uint32_t i = 0; i < gate->listener_count; i++) {
        poller_set(gate->poller, gate->listeners[i].socket, TOKEN_LISTENER + i, POLLER_READ);
    }
}

/*
 * No descriptor is left, but somebody waits and would wake us for ever: the spare one lets us take,
 * tell and drop the next in line.
 */
static void gate_tell_full(struct gate *gate, const struct listener *listener)
{
    uint64_t skipped;
    if (log_limit_pass(&gate->full_log, gate->now_ms, &skipped)) {
        log_line(LOG_WARNING, "gate: no descriptor left with %u connections (%llu more times)",
                 gate->connection_count, (unsigned long long)skipped);
    }
    if (gate->spare_fd >= 0) {
        close(gate->spare_fd);
        int socket;
        struct socket_address peer;
        if (socket_accept(listener->socket, &socket, &peer) == ERR_OK) {
            gate_refuse(gate, socket, NOTICE_FULL);
        }
    }
    gate->spare_fd = spare_open();
    gate_rest(gate, REST_MS);
}

static void gate_accept(struct gate *gate, const struct listener *listener)
{
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        struct lane *lane = &gate->bus->lanes[gate_choose_worker(gate)];
        if (!ring_has_room(lane->arrivals, sizeof(struct arrival), 1)) {
            /* They wait in the kernel as well as anywhere. */
            gate_rest(gate, FULL_REST_MS);
            return;
        }
        int socket;
        struct socket_address peer;
        enum error error = socket_accept(listener->socket, &socket, &peer);
        if (error == ERR_OK) {
            gate_admit(gate, listener, socket, &peer.host);
        } else if (error == ERR_LIMIT) {
            gate_tell_full(gate, listener);
            return;
        } else if (error == ERR_MEMORY) {
            gate_rest(gate, REST_MS);
            return;
        } else if (error != ERR_CLOSED) {
            return;
        }
    }
}

static void gate_take_note(struct gate *gate, uint32_t worker, const struct note *note)
{
    if (note->registered) {
        gate->unregistered_count -= note->exempt ? 0 : 1;
        return;
    }
    gate->connection_count--;
    gate->closed_count++;
    gate->worker_connections[worker]--;
    if (!note->exempt) {
        gate->unregistered_count -= note->was_registered ? 0 : 1;
        address_leave(&gate->addresses, &note->address);
    }
}

static void gate_take_notes(struct gate *gate)
{
    for (uint32_t worker = 0; worker < gate->bus->worker_count; worker++) {
        struct ring *notes = gate->bus->lanes[worker].notes;
        size_t record_bytes;
        const struct note *note;
        while ((note = ring_next(notes, &record_bytes)) != NULL) {
            gate_take_note(gate, worker, note);
        }
        ring_release(notes);
    }
}

static void gate_send_configs(struct gate *gate)
{
    for (uint32_t worker = 0; worker < gate->bus->worker_count; worker++) {
        if (gate->pending[worker] == NULL) {
            continue;
        }
        struct arrival *arrival = ring_reserve(gate->bus->lanes[worker].arrivals, sizeof *arrival);
        if (arrival != NULL) {
            *arrival = (struct arrival){.socket = -1, .config = gate->pending[worker]};
            gate->pending[worker] = NULL;
            gate->arrivals_put[worker] = true;
        }
    }
}

static void gate_publish(struct gate *gate)
{
    for (uint32_t worker = 0; worker < gate->bus->worker_count; worker++) {
        if (gate->arrivals_put[worker]) {
            gate->arrivals_put[worker] = false;
            ring_publish(gate->bus->lanes[worker].arrivals);
            waker_wake(&gate->bus->lanes[worker].waker);
        }
    }
}

/* Looked at after waker_prepare(): what changes later wakes the gate. */
static bool gate_has_work(struct gate *gate)
{
    if (atomic_load_explicit(&gate->bus->journal_state, memory_order_acquire) !=
            gate->journal_state ||
        atomic_load_explicit(&gate->bus->reload_asked, memory_order_acquire)) {
        return true;
    }
    for (uint32_t worker = 0; worker < gate->bus->worker_count; worker++) {
        if (!ring_empty(gate->bus->lanes[worker].notes)) {
            return true;
        }
    }
    return false;
}

void gate_step(struct gate *gate, int wait_ms, int64_t (*clock)(void *context), void *context)
{
    struct poller_event events[EVENTS_PER_STEP];
    int64_t rest_ms = gate->rest_until_ms - gate->now_ms;
    if (gate->rest_until_ms != 0 && (wait_ms < 0 || wait_ms > rest_ms)) {
        wait_ms = rest_ms > 0 ? (int)rest_ms : 0;
    }
    waker_prepare(&gate->bus->gate_waker);
    uint32_t event_count =
        poller_wait(gate->poller, events, EVENTS_PER_STEP, gate_has_work(gate) ? 0 : wait_ms);
    waker_awake(&gate->bus->gate_waker);
    gate->now_ms = clock(context);
    gate->journal_state = atomic_load_explicit(&gate->bus->journal_state, memory_order_acquire);

    gate_take_notes(gate);
    for (uint32_t i = 0; i < event_count; i++) {
        if (events[i].token == TOKEN_WAKER) {
            waker_clear(&gate->bus->gate_waker);
        } else if (events[i].token >= TOKEN_LISTENER) {
            uint32_t index = (uint32_t)(events[i].token - TOKEN_LISTENER);
            if (index < gate->listener_count) {
                gate_accept(gate, &gate->listeners[index]);
            }
        }
    }
    if (gate->rest_until_ms != 0 && gate->now_ms >= gate->rest_until_ms) {
        gate_end_rest(gate);
    }
    address_forget(&gate->addresses, gate->now_ms);
    gate_send_configs(gate);
    gate_publish(gate);
}

void gate_close(struct gate *gate)
{
    for (uint32_t i = 0; i < gate->listener_count; i++) {
        poller_remove(gate->poller, gate->listeners[i].socket);
        socket_close(gate->listeners[i].socket);
    }
    gate->listener_count = 0;
    gate->rest_until_ms = 0;
}

void gate_reload(struct gate *gate, struct config *config)
{
    config_give(gate->config);
    gate->config = config_take(config);
    atomic_store_explicit(&gate->bus->pace_ms, config->pace_ms, memory_order_relaxed);
    for (uint32_t worker = 0; worker < gate->bus->worker_count; worker++) {
        if (gate->pending[worker] != NULL) {
            config_give(gate->pending[worker]);
        }
        gate->pending[worker] = config_take(config);
    }
    gate_send_configs(gate);
    gate_publish(gate);
}
