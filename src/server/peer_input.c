/* From bytes to lines: reading, what waits, and the deadlines. */
#include "server/peer.h"

#include "net/socket.h"

#include <string.h>

/* A message of several lines (IRCv3 multiline) of which nothing more comes is dropped then. */
#define BATCH_MS 30000

/* Keeps what the door left; false when there is no memory for it. */
static bool peer_keep(struct peer *peer, struct text rest)
{
    if (rest.count == 0) {
        bytes_finish(&peer->input);
        return true;
    }
    struct bytes input = {0};
    if (bytes_append_text(&input, rest) != ERR_OK) {
        return false;
    }
    bytes_finish(&peer->input);
    peer->input = input;
    return true;
}

static void peer_keep_rest(struct worker *worker, struct peer *peer, struct text bytes,
                           size_t consumed)
{
    if (peer->stage >= PEER_LEAVING) {
        return;
    }
    struct text rest = {.data = bytes.data + consumed, .count = bytes.count - consumed};
    if (!peer_keep(peer, rest)) {
        peer_destroy(worker, peer);
    }
}

/* As peer_feed(): the ways to give the door what there is. */
typedef size_t feed_function(struct worker *worker, struct peer *peer, struct text bytes);

/*
 * Feeds the door what it left before. The bytes are out of the peer meanwhile: whatever ends the
 * peer in the middle of it frees the peer's input, which the door is still reading.
 */
static void peer_feed_kept(struct worker *worker, struct peer *peer, feed_function *feed)
{
    struct bytes input = peer->input;
    peer->input = (struct bytes){0};
    size_t consumed = feed(worker, peer, bytes_text(&input));
    if (peer->stage < PEER_LEAVING && consumed < input.count) {
        bytes_consume(&input, consumed);
        peer->input = input;
    } else {
        bytes_finish(&input);
    }
}

/* The sending side of the peer is closed: what is left is its last line. */
static void peer_finish_input(struct worker *worker, struct peer *peer)
{
    if (peer->stage == PEER_SNIFFING) {
        if (peer->input.count == 0) {
            peer_end(worker, peer);
            return;
        }
    }
    peer_feed_kept(worker, peer, peer_feed_end);
}

/* No use in feeding its door before something else has happened. */
static bool peer_is_held(const struct peer *peer)
{
    return peer->waiting || peer->paced || peer_awaits_answer(peer);
}

/* The end of its input is an end by QUIT: all that it said before is answered first. */
static bool peer_may_finish(const struct peer *peer)
{
    return !peer_is_held(peer) && (peer->door != DOOR_IRC || peer->in_flight == 0);
}

/* Nothing more of it can wait; whoever is held by its own pace hears of that when more comes. */
static bool peer_is_full(const struct peer *peer)
{
    return peer->input.count >= INPUT_BYTES_MAX && peer_awaits_answer(peer);
}

/* Who does not read is not listened to either, until the kernel has taken what waits. */
static bool peer_is_stalled(const struct peer *peer)
{
    return peer->connection.blocked && peer->connection.output.bytes > OUTPUT_STOP_READING_BYTES;
}

/* Reading goes on unless something stands against it. What a leaving peer sends is thrown away. */
static void peer_set_reading(struct worker *worker, struct peer *peer)
{
    bool listens =
        !peer->waiting && !worker->draining && !peer_is_stalled(peer) && !peer_is_full(peer);
    connection_set_reading(&worker->fanout, &peer->connection,
                           !peer->input_ended && (listens || peer->stage >= PEER_LEAVING));
}

void peer_resume(struct worker *worker, struct peer *peer)
{
    if (peer_is_stalled(peer)) {
        return; /* It does not read the answers to what it asked before. */
    }
    peer->paced = false;
    peer_feed_kept(worker, peer, peer_feed);
    if (peer->input_ended && peer->stage < PEER_LEAVING && peer_may_finish(peer)) {
        peer_finish_input(worker, peer);
    }
    peer_set_reading(worker, peer);
    peer_set_timer(worker, peer);
}

/* Bytes that came, behind those that wait already. */
static void peer_take(struct worker *worker, struct peer *peer, struct text bytes)
{
    if (bytes.count > INPUT_BYTES_MAX) {
        /* Reading stops while a ring is full; so it is the pace that this peer does not keep. */
        peer_refuse(worker, peer, NOTICE_FLOOD, LEAVE_FLOOD);
        return;
    }
    peer->read_ms = worker->now_ms;
    peer->cut_wait = false;
    size_t consumed = peer->paced || peer_awaits_answer(peer) ? 0 : peer_feed(worker, peer, bytes);
    if (peer_owes_too_much(worker, peer)) {
        peer_refuse(worker, peer, NOTICE_FLOOD, LEAVE_FLOOD);
    }
    peer_keep_rest(worker, peer, bytes, consumed);
}

static void peer_read(struct worker *worker, struct peer *peer)
{
    if (peer_is_stalled(peer) || peer_is_full(peer)) {
        peer_set_reading(worker, peer);
        return;
    }
    /* One byte more than may wait shows whether there is more. */
    char buffer[INPUT_BYTES_MAX + 1];
    size_t kept = peer->input.count;
    if (kept > 0) {
        memcpy(buffer, peer->input.data, kept);
    }
    size_t room = kept < INPUT_BYTES_MAX ? INPUT_BYTES_MAX - kept : 1;
    size_t count;
    enum error error = socket_read(peer->connection.socket, buffer + kept, room, &count);
    if (error == ERR_AGAIN) {
        return;
    }
    if (error == ERR_IO) {
        peer_destroy(worker, peer); /* A half line of a peer that vanished is nobody's word. */
        return;
    }
    if (error == ERR_CLOSED) {
        peer->input_ended = true;
        if (peer_may_finish(peer)) {
            peer_finish_input(worker, peer);
        }
    } else {
        peer_take(worker, peer, (struct text){.data = buffer, .count = kept + count});
    }
    if (peer->stage < PEER_GHOST) {
        peer_set_reading(worker, peer);
        peer_set_timer(worker, peer);
    }
}

/* Nothing that a leaving peer sends matters; its end does. */
static void peer_discard(struct worker *worker, struct peer *peer)
{
    char buffer[INPUT_BYTES_MAX];
    size_t count;
    enum error error = socket_read(peer->connection.socket, buffer, sizeof buffer, &count);
    if (error == ERR_IO) {
        peer_destroy(worker, peer);
    } else if (error == ERR_CLOSED) {
        peer->input_ended = true;
        connection_set_reading(&worker->fanout, &peer->connection, false);
        if (peer->output_ended) {
            peer_destroy(worker, peer);
        }
    }
}

void peer_event(struct worker *worker, struct peer *peer, const struct poller_event *event)
{
    bool reading = (peer->connection.interest & POLLER_READ) != 0;
    if (event->gone && !reading) {
        /* Reset while we were not reading; nothing more can be had from it. */
        peer_destroy(worker, peer);
        return;
    }
    if (event->readable || event->gone) {
        if (peer->stage < PEER_LEAVING) {
            peer_read(worker, peer);
        } else {
            peer_discard(worker, peer);
        }
    }
    if (event->writable && peer->stage != PEER_GHOST) {
        bool was_stalled = peer_is_stalled(peer);
        connection_writable(&worker->fanout, &peer->connection);
        if (was_stalled && peer->stage < PEER_LEAVING && !peer->waiting) {
            peer_resume(worker, peer);
        }
        peer_set_reading(worker, peer);
        peer_end_output(worker, peer);
    }
}

static bool peer_wants_quiet(const struct peer *peer)
{
    return peer->input.count > 0 && !peer->waiting && !peer->paced &&
           (peer->stage == PEER_SNIFFING ||
            (peer->stage == PEER_TALKING && peer->door == DOOR_PLAIN &&
             plain_wants_quiet(&peer->state.plain)));
}

static bool peer_has_batch(const struct peer *peer)
{
    return peer->stage == PEER_TALKING && peer->door == DOOR_IRC &&
           irc_batch_may_expire(peer->state.irc);
}

static void peer_expire_batch(struct worker *worker, struct peer *peer)
{
    struct peer_sink sink;
    peer_sink_init(&sink, worker, peer);
    irc_batch_expire(peer->state.irc, &sink.sink);
}

/* The time to give a name is running. */
static bool peer_must_register(const struct peer *peer)
{
    return peer->stage < PEER_LEAVING && peer_is_nameless(peer);
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void peer_set_timer(struct worker *worker, struct peer *peer)
{
    const struct config *config = worker->config;
    int64_t deadline = INT64_MAX;
    if (peer->stage == PEER_ENDING) {
        deadline = peer->read_ms + config->close_ms;
    }
    if (peer_must_register(peer)) {
        deadline = sooner(deadline, peer->arrived_ms + config->register_ms);
    }
    if (peer_wants_quiet(peer)) {
        deadline =
            sooner(deadline, peer->read_ms + (peer->cut_wait ? config->cut_ms : config->quiet_ms));
    }
    if (peer_has_batch(peer)) {
        deadline = sooner(deadline, peer->read_ms + BATCH_MS);
    }
    if (peer->paced && peer->stage < PEER_LEAVING) {
        deadline = sooner(deadline, peer_speaks_again_ms(worker, peer));
    }
    if (deadline == INT64_MAX || peer->stage == PEER_GHOST) {
        timers_cancel(&worker->timers, &peer->timer);
    } else {
        timers_set(&worker->timers, &peer->timer, deadline);
    }
}

/* The quiet time is over: what came is a whole line, unless it ends inside a character. */
static void peer_quiet(struct worker *worker, struct peer *peer)
{
    peer_feed_kept(worker, peer, peer_feed_quiet);
    peer->cut_wait = peer->input.count > 0 && !peer->waiting && !peer->paced;
}

void peer_timer(struct worker *worker, struct peer *peer)
{
    if (peer->stage == PEER_ENDING) {
        peer_destroy(worker, peer);
        return;
    }
    if (peer->paced && worker->now_ms >= peer_speaks_again_ms(worker, peer)) {
        peer_resume(worker, peer);
        return;
    }
    if (peer_wants_quiet(peer) && worker->now_ms >= peer->read_ms + worker->config->quiet_ms) {
        peer_quiet(worker, peer);
    }
    if (peer_has_batch(peer) && worker->now_ms >= peer->read_ms + BATCH_MS) {
        peer_expire_batch(worker, peer);
    }
    if (peer_must_register(peer) &&
        worker->now_ms >= peer->arrived_ms + worker->config->register_ms) {
        peer_refuse(worker, peer, NOTICE_TIMEOUT, LEAVE_ERROR);
    }
    if (peer->stage < PEER_GHOST) {
        peer_set_timer(worker, peer);
    }
}
