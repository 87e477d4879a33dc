/* The worker's step: events, arrivals, commands, effects, timers, the end of the round. */
#include "server/worker.h"

#include "base/check.h"
#include "base/mem.h"
#include "net/socket.h"
#include "server/room.h"

#include <string.h>

#define EVENTS_PER_STEP 256
/* The poller's word for the worker's own waker; no handle is 0, since generations begin at 1. */
#define TOKEN_WAKER 0
/*
 * What one round shows: rendered bytes, less than OUTPUT_BYTES_MAX, so that nobody who has read
 * everything before is cut off by one round, however much a slow disk has let gather; and packed
 * effects, so that the sockets are looked at in between.
 */
#define ROUND_BYTES (128 * 1024)
#define ROUND_EFFECT_BYTES (512 * 1024)
/* So long a flush may wait for entries that are on their way to the disk already. */
#define HOLD_MS 2
/* Peers that must have gone before spare chunks are given back. */
#define TRIM_PEER_COUNT 1000

struct worker *worker_new(struct bus *bus, uint32_t index, struct config *config)
{
    struct worker *worker = mem_zalloc(1, sizeof *worker);
    if (worker == NULL) {
        return NULL;
    }
    worker->index = index;
    worker->bus = bus;
    worker->lane = &bus->lanes[index];
    worker->rooms = map_new(index);
    worker->poller = poller_new();
    timers_init(&worker->timers);
    if (watch_table_init(&worker->watches, index) != ERR_OK || worker->rooms == NULL ||
        worker->poller == NULL ||
        poller_add(worker->poller, worker->lane->waker.fd, TOKEN_WAKER, POLLER_READ) != ERR_OK) {
        watch_table_finish(&worker->watches);
        map_free(worker->rooms);
        poller_free(worker->poller);
        mem_free(worker);
        return NULL;
    }
    fanout_init(&worker->fanout, worker->poller, bus->options.output_bytes_max);
    worker->fanout.pace_ms = config->pace_ms;
    worker->config = config_take(config);
    memcpy(worker->lobby, config->lobby, sizeof worker->lobby);
    return worker;
}

/* Their members are gone already. */
static void worker_free_rooms(struct worker *worker)
{
    size_t cursor = 0;
    for (struct room *room; (room = map_next(worker->rooms, &cursor)) != NULL;) {
        room_free(worker, room);
    }
    map_free(worker->rooms);
}

/* Closes everybody without a word more; what the hub and the gate were still to be told does not
 * matter any more. */
static void worker_end_all(struct worker *worker)
{
    uint32_t cursor = 0;
    for (struct peer *peer; (peer = peer_next(worker, &cursor)) != NULL;) {
        peer_destroy(worker, peer);
        peer_free(worker, peer);
    }
    worker->waiting = NULL;
}

/* Connections and configurations that came too late. */
static void worker_drop_arrivals(struct worker *worker)
{
    size_t record_bytes;
    const struct arrival *arrival;
    while ((arrival = ring_next(worker->lane->arrivals, &record_bytes)) != NULL) {
        if (arrival->socket >= 0) {
            socket_close(arrival->socket);
        }
        config_give(arrival->config);
    }
    ring_release(worker->lane->arrivals);
}

void worker_free(struct worker *worker)
{
    if (worker == NULL) {
        return;
    }
    worker_end_all(worker);
    worker_drop_arrivals(worker);
    worker_free_rooms(worker);
    watch_table_finish(&worker->watches);
    fanout_finish(&worker->fanout);
    timers_finish(&worker->timers);
    poller_free(worker->poller);
    bytes_finish(&worker->scratch);
    mem_free(worker->peers);
    mem_free(worker->generations);
    mem_free(worker->free_indices);
    config_give(worker->config);
    mem_free(worker);
}

static void worker_take_arrivals(struct worker *worker)
{
    size_t record_bytes;
    const struct arrival *arrival;
    /* Each arrival may need a note at once. */
    while (ring_has_room(worker->lane->notes, sizeof(struct note), 1) &&
           (arrival = ring_next(worker->lane->arrivals, &record_bytes)) != NULL) {
        if (arrival->config != NULL) {
            worker_set_config(worker, arrival->config);
        }
        if (arrival->socket >= 0) {
            peer_arrive(worker, arrival);
        }
    }
    ring_release(worker->lane->arrivals);
}

/* Whether the next effect may be shown already. */
static bool worker_has_effects(struct worker *worker)
{
    size_t record_bytes;
    const void *record = ring_peek(worker->lane->effects, &record_bytes);
    if (record == NULL) {
        return false;
    }
    return effect_packed_seq(record) <=
           atomic_load_explicit(&worker->bus->committed, memory_order_acquire);
}

/* Shows what is committed, in order, up to the bound of a round. */
static void worker_take_effects(struct worker *worker)
{
    worker->round_bytes = 0;
    uint64_t committed = atomic_load_explicit(&worker->bus->committed, memory_order_acquire);
    struct ring *effects = worker->lane->effects;
    size_t taken_bytes = 0;
    size_t record_bytes;
    const void *record;
    while (worker->round_bytes < ROUND_BYTES && taken_bytes < ROUND_EFFECT_BYTES &&
           (record = ring_peek(effects, &record_bytes)) != NULL) {
        if (effect_packed_seq(record) > committed) {
            break;
        }
        struct effect effect;
        effect_unpack(record, &effect);
        (void)ring_next(effects, &record_bytes);
        worker_show(worker, &effect);
        taken_bytes += record_bytes;
    }
    if (taken_bytes > 0) {
        ring_release(effects);
        bus_feed(&worker->bus->hub_starved, &worker->bus->hub_waker);
    }
}

/* Those whose answer has come go on with what they had said behind the question. */
static void worker_resume_answered(struct worker *worker)
{
    while (worker->answered != NULL) {
        struct peer *peer = worker->answered;
        worker->answered = peer->next_answered;
        peer->answered = false;
        if (peer->stage == PEER_TALKING && !peer->waiting) {
            peer_resume(worker, peer);
        }
    }
}

/* Under load the next group is all but stored: one flush for both costs half of two. */
static void worker_hold(struct worker *worker)
{
    size_t record_bytes;
    bool more_comes = ring_peek(worker->lane->effects, &record_bytes) != NULL ||
                      ring_used_bytes(worker->lane->commands) > 0;
    if (!more_comes || worker->draining) {
        worker->fanout.hold_until_ms = 0;
    } else if (worker->fanout.hold_until_ms == 0) {
        worker->fanout.hold_until_ms = worker->now_ms + HOLD_MS;
    }
}

static void worker_resume_waiting(struct worker *worker)
{
    struct peer *waiting = worker->waiting;
    worker->waiting = NULL;
    while (waiting != NULL) {
        struct peer *peer = waiting;
        waiting = peer->next_waiting;
        peer->waiting = false;
        peer->next_waiting = NULL;
        peer_retry(worker, peer);
    }
}

/* Whose words are on their way to a disk that refuses them is told so, once, so that nobody says a
 * thing twice. */
static void worker_watch_journal(struct worker *worker)
{
    int state = atomic_load_explicit(&worker->bus->journal_state, memory_order_acquire);
    if (state == worker->journal_state) {
        return;
    }
    bool begins = worker->journal_state == JOURNAL_FINE;
    worker->journal_state = state;
    if (!begins || state == JOURNAL_FAILED) {
        return; /* Of a journal that has failed nothing can be promised: the server ends. */
    }
    uint32_t cursor = 0;
    for (struct peer *peer; (peer = peer_next(worker, &cursor)) != NULL;) {
        /* Nobody asks for its own end twice. */
        uint32_t closes = peer->leave != 0 && !peer->close_due ? 1 : 0;
        if (peer->in_flight > closes && peer->stage < PEER_ENDING) {
            peer_say(worker, peer, NOTICE_PENDING, TEXT_NONE);
        }
    }
}

static void worker_publish(struct worker *worker)
{
    if (worker->commands_put) {
        ring_publish(worker->lane->commands);
        waker_wake(&worker->bus->hub_waker);
        worker->commands_put = false;
    }
    if (worker->requests_put) {
        ring_publish(worker->lane->requests);
        waker_wake(&worker->bus->verifier_waker);
        worker->requests_put = false;
    }
    if (worker->notes_put) {
        ring_publish(worker->lane->notes);
        waker_wake(&worker->bus->gate_waker);
        worker->notes_put = false;
    }
}

static void worker_run_timers(struct worker *worker)
{
    for (struct timer *timer; (timer = timers_take(&worker->timers, worker->now_ms)) != NULL;) {
        struct peer *peer = (struct peer *)((char *)timer - offsetof(struct peer, timer));
        peer_timer(worker, peer);
    }
}

/* Ends the round: one write a connection, and what came of those that failed. */
static void worker_flush(struct worker *worker)
{
    fanout_flush(&worker->fanout);
    if (worker->fanout.dirty == NULL) {
        worker->fanout.hold_until_ms = 0;
    }
    for (struct connection *connection;
         (connection = connection_take_failed(&worker->fanout)) != NULL;) {
        peer_failed(worker, (struct peer *)connection);
        /* Its last words. */
        fanout_flush(&worker->fanout);
    }
    while (worker->ending != NULL) {
        struct peer *peer = worker->ending;
        worker->ending = peer->next_ending;
        peer->ending = false;
        peer_end_output(worker, peer);
    }
}

static void worker_stop_reading(struct worker *worker)
{
    uint32_t cursor = 0;
    for (struct peer *peer; (peer = peer_next(worker, &cursor)) != NULL;) {
        if (peer->stage < PEER_LEAVING) {
            connection_set_reading(&worker->fanout, &peer->connection, false);
        }
    }
    worker->draining = true;
    worker_publish(worker);
    atomic_fetch_add_explicit(&worker->bus->workers_drained, 1, memory_order_acq_rel);
    waker_wake(&worker->bus->hub_waker);
}

static void worker_say_goodbye(struct worker *worker)
{
    worker->goodbye = true;
    worker->goodbye_ms = worker->now_ms + worker->config->shutdown_ms;
    uint32_t cursor = 0;
    for (struct peer *peer; (peer = peer_next(worker, &cursor)) != NULL;) {
        peer_say_goodbye(worker, peer);
    }
}

/* The steps to the end: stop reading, show what was accepted, say goodbye, go. */
static void worker_wind_up(struct worker *worker)
{
    enum stage stage = (enum stage)atomic_load_explicit(&worker->bus->stage, memory_order_acquire);
    worker->stage = stage;
    if (stage >= STAGE_DRAIN && !worker->draining) {
        worker_stop_reading(worker);
    }
    bool journal_drained =
        atomic_load_explicit(&worker->bus->journal_drained, memory_order_acquire);
    /* All that is committed is shown first, a round a step. */
    if (worker->draining && !worker->goodbye && (journal_drained || stage == STAGE_ABANDON) &&
        !worker_has_effects(worker)) {
        worker_say_goodbye(worker);
        worker_flush(worker);
    }
    if (worker->goodbye && (stage == STAGE_ABANDON || worker->now_ms >= worker->goodbye_ms)) {
        worker_end_all(worker);
    }
}

bool worker_is_done(const struct worker *worker)
{
    return worker->goodbye && worker->peer_count == 0;
}

/* Of two waits, where -1 is one without end. */
static int sooner_ms(int a, int b)
{
    return b < 0 || (a >= 0 && a < b) ? a : b;
}

static int worker_wait_ms(const struct worker *worker, int wait_ms)
{
    wait_ms = sooner_ms(wait_ms, worker->waiting != NULL ? 10 : -1);
    wait_ms = sooner_ms(wait_ms, worker->goodbye ? 20 : -1);
    wait_ms = sooner_ms(wait_ms, timers_wait_ms(&worker->timers, worker->now_ms));
    return sooner_ms(wait_ms, fanout_wait_ms(&worker->fanout));
}

static bool worker_has_work(struct worker *worker)
{
    if (!ring_empty(worker->lane->arrivals) || !ring_empty(worker->lane->verdicts) ||
        atomic_load_explicit(&worker->bus->journal_state, memory_order_acquire) !=
            worker->journal_state ||
        atomic_load_explicit(&worker->bus->stage, memory_order_acquire) != (int)worker->stage ||
        (worker->draining && !worker->goodbye &&
         atomic_load_explicit(&worker->bus->journal_drained, memory_order_acquire))) {
        return true;
    }
    return worker_has_effects(worker);
}

static void worker_trim(struct worker *worker)
{
    if (worker->peer_closed >= TRIM_PEER_COUNT && worker->peer_closed > worker->peer_count) {
        worker->peer_closed = 0;
        chunk_pool_trim(&worker->fanout.pool);
    }
}

void worker_step(struct worker *worker, int wait_ms, int64_t (*clock)(void *context), void *context)
{
    struct poller_event events[EVENTS_PER_STEP];
    if (worker->waiting != NULL) {
        atomic_store_explicit(&worker->lane->starved, true, memory_order_seq_cst);
    }
    waker_prepare(&worker->lane->waker);
    int timeout_ms = worker_has_work(worker) ? 0 : worker_wait_ms(worker, wait_ms);
    uint32_t event_count = poller_wait(worker->poller, events, EVENTS_PER_STEP, timeout_ms);
    waker_awake(&worker->lane->waker);
    worker->now_ms = clock(context);
    worker->fanout.now_ms = worker->now_ms;

    worker_watch_journal(worker);
    worker_resume_waiting(worker);
    for (uint32_t i = 0; i < event_count; i++) {
        if (events[i].token == TOKEN_WAKER) {
            waker_clear(&worker->lane->waker);
            continue;
        }
        struct peer *peer = peer_at(worker, events[i].token);
        if (peer != NULL && peer->stage != PEER_GHOST) {
            peer_event(worker, peer, &events[i]);
        }
    }
    worker_take_arrivals(worker);
    worker_run_timers(worker);
    /* The hub works on what was read while we write what was shown. */
    worker_publish(worker);
    worker_take_effects(worker);
    worker_take_verdicts(worker);
    worker_resume_answered(worker);
    worker_hold(worker);
    worker_flush(worker);
    worker_wind_up(worker);
    worker_publish(worker);
    worker_trim(worker);
}
