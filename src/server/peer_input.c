/* From a peer's bytes, and its silences, to commands. */
#include "server/peer.h"

#include "base/check.h"
#include "base/lang.h"
#include "door/sniff.h"
#include "net/socket.h"

#include <string.h>

/* Refused lines beyond the burst that a peer may owe for. */
#define FAULTS_OWED_MAX 100

/* Microseconds, so that a rate above one line a millisecond is kept as well. */
static int64_t pace_line_us(const struct config *config)
{
    return 1000000 / config->rate;
}

/* What may be owed when a line is said. */
static int64_t pace_debt_us(const struct config *config)
{
    return pace_line_us(config) * ((int64_t)config->burst - 1);
}

static bool peer_is_paced(const struct worker *worker, const struct peer *peer)
{
    return worker->config->flood && !peer->exempt;
}

/* A leaky bucket: each line costs 1/rate of a second, and burst lines may be owed. */
static bool peer_may_speak(const struct worker *worker, const struct peer *peer)
{
    return !peer_is_paced(worker, peer) ||
           peer->pace_us - worker->now_ms * 1000 <= pace_debt_us(worker->config);
}

static void peer_pay_line(const struct worker *worker, struct peer *peer)
{
    if (peer_is_paced(worker, peer)) {
        /* The clock counts whole milliseconds: what a fast rate allows in one of them is no debt.
         */
        int64_t from_us = worker->now_ms * 1000 - 999;
        peer->pace_us =
            (peer->pace_us > from_us ? peer->pace_us : from_us) + pace_line_us(worker->config);
    }
}

/* A line that was refused costs as much as one that was said, but nothing of it can wait: whoever
 * owes for too many of them is not let go on. */
static bool peer_owes_too_much(const struct worker *worker, const struct peer *peer)
{
    int64_t most_us = pace_debt_us(worker->config) + FAULTS_OWED_MAX * pace_line_us(worker->config);
    return peer_is_paced(worker, peer) && peer->pace_us - worker->now_ms * 1000 > most_us;
}

/* Rounded up: a timer that comes too early would only have to be set again. */
static int64_t peer_speaks_again_ms(const struct worker *worker, const struct peer *peer)
{
    return (peer->pace_us - pace_debt_us(worker->config) + 999) / 1000;
}

/* While the disk refuses, nothing new is accepted: the writer is told, and nothing of it waits
 * anywhere. */
static bool peer_refuse_unsaved(struct worker *worker, struct peer *peer,
                                const struct command *command)
{
    if (worker->journal_state == JOURNAL_FINE) {
        return false;
    }
    if (command->kind == COMMAND_MESSAGE) {
        peer_say(worker, peer, PLAIN_NOT_SAVED,
                 worker->journal_state == JOURNAL_REFUSING_FULL
                     ? text_of(_("디스크에 자리가 없습니다"))
                     : TEXT_NONE);
    } else {
        peer_refuse(worker, peer, PLAIN_NOT_SAVED, LEAVE_ERROR);
    }
    return true;
}

static bool sink_command(void *context, const struct command *asked)
{
    struct peer_sink *self = context;
    struct worker *worker = self->worker;
    struct peer *peer = self->peer;
    if (peer->stage != PEER_TALKING || worker->draining ||
        peer_refuse_unsaved(worker, peer, asked)) {
        return true; /* When the server ends, the hub was told that no more comes. */
    }
    /* The pace first: what was reserved in the ring goes to the hub. */
    if (asked->kind == COMMAND_MESSAGE && !peer_may_speak(worker, peer)) {
        peer->paced = true;
        return false;
    }
    void *record = ring_reserve(worker->lane->commands, command_packed_bytes(asked));
    if (record == NULL) {
        peer_wait(worker, peer);
        return false;
    }
    if (asked->kind == COMMAND_MESSAGE) {
        peer_pay_line(worker, peer);
    }
    struct command command = *asked;
    if (command.kind == COMMAND_OPEN) {
        peer->session = (uint64_t)(worker->index + 1) << 48 | ++worker->session_count;
    }
    command.session = peer->session;
    command.origin = (struct origin){.worker = worker->index, .connection = peer->handle};
    command_pack(&command, record);
    worker->commands_put = true;
    peer->in_flight++;
    return true;
}

static void sink_reply(void *context, struct text bytes)
{
    struct peer_sink *self = context;
    if (!self->peer->output_ended) {
        connection_send(&self->worker->fanout, &self->peer->connection, bytes);
    }
}

static void sink_fault(void *context, int error)
{
    struct peer_sink *self = context;
    worker_count_error(self->worker, (enum plain_error)error);
    peer_pay_line(self->worker, self->peer);
}

static void sink_close(void *context, enum leave_reason reason)
{
    struct peer_sink *self = context;
    peer_leave(self->worker, self->peer, reason);
}

void peer_sink_init(struct peer_sink *out, struct worker *worker, struct peer *peer)
{
    *out = (struct peer_sink){
        .worker = worker,
        .peer = peer,
        .sink = {.context = out,
                 .command = sink_command,
                 .reply = sink_reply,
                 .fault = sink_fault,
                 .close = sink_close},
    };
}

/* Not a chat connection at all: an answer that its program understands, and the end. */
static void peer_answer_foreign(struct worker *worker, struct peer *peer, enum sniff verdict,
                                struct text first)
{
    worker_count_error(worker, verdict == SNIFF_TLS ? PLAIN_NO_TLS : PLAIN_NOT_MADANG);
    struct bytes answer = {0};
    if (foreign_answer_append((int)verdict, first, &answer) == ERR_OK) {
        connection_send(&worker->fanout, &peer->connection, bytes_text(&answer));
    }
    bytes_finish(&answer);
    peer_end(worker, peer);
}

/* Gives the door what there is; returns how much it took. */
static size_t peer_feed(struct worker *worker, struct peer *peer, struct text bytes)
{
    if (peer->stage == PEER_SNIFFING) {
        enum sniff verdict = sniff_bytes(bytes);
        if (verdict == SNIFF_MORE) {
            return 0;
        }
        if (verdict != SNIFF_PLAIN) {
            peer_answer_foreign(worker, peer, verdict, bytes);
            return bytes.count;
        }
        peer->stage = PEER_TALKING;
    }
    struct peer_sink sink;
    peer_sink_init(&sink, worker, peer);
    return plain_input(&peer->plain, bytes, &sink.sink);
}

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

static size_t feed_end(struct worker *worker, struct peer *peer, struct text bytes)
{
    struct peer_sink sink;
    peer_sink_init(&sink, worker, peer);
    return plain_end(&peer->plain, bytes, &sink.sink);
}

static size_t feed_quiet(struct worker *worker, struct peer *peer, struct text bytes)
{
    bool last = worker->now_ms >= peer->read_ms + worker->config->cut_ms;
    struct peer_sink sink;
    peer_sink_init(&sink, worker, peer);
    return plain_quiet(&peer->plain, bytes, last, &sink.sink);
}

/* The sending side of the peer is closed: what is left is its last line. */
static void peer_finish_input(struct worker *worker, struct peer *peer)
{
    if (peer->stage == PEER_SNIFFING) {
        if (peer->input.count == 0) {
            peer_end(worker, peer);
            return;
        }
        peer->stage = PEER_TALKING;
    }
    peer_feed_kept(worker, peer, feed_end);
}

/* Who does not read is not listened to either, until the kernel has taken what waits. */
static bool peer_is_stalled(const struct peer *peer)
{
    return peer->connection.blocked && peer->connection.output.bytes > OUTPUT_STOP_READING_BYTES;
}

/* Reading goes on unless something stands against it. What a leaving peer sends is thrown away. */
static void peer_set_reading(struct worker *worker, struct peer *peer)
{
    bool listens = !peer->waiting && !worker->draining && !peer_is_stalled(peer);
    connection_set_reading(&worker->fanout, &peer->connection,
                           !peer->input_ended && (listens || peer->stage >= PEER_LEAVING));
}

void peer_resume(struct worker *worker, struct peer *peer)
{
    peer->paced = false;
    peer_feed_kept(worker, peer, peer_feed);
    if (peer->input_ended && peer->stage < PEER_LEAVING && !peer->waiting && !peer->paced) {
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
        peer_refuse(worker, peer, PLAIN_FLOOD, LEAVE_FLOOD);
        return;
    }
    peer->read_ms = worker->now_ms;
    peer->cut_wait = false;
    size_t consumed = peer->paced ? 0 : peer_feed(worker, peer, bytes);
    if (peer_owes_too_much(worker, peer)) {
        peer_refuse(worker, peer, PLAIN_FLOOD, LEAVE_FLOOD);
    }
    peer_keep_rest(worker, peer, bytes, consumed);
}

static void peer_read(struct worker *worker, struct peer *peer)
{
    if (peer_is_stalled(peer)) {
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
        if (!peer->waiting && !peer->paced) {
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
        connection_writable(&worker->fanout, &peer->connection);
        peer_set_reading(worker, peer);
        peer_end_output(worker, peer);
    }
}

static bool peer_wants_quiet(const struct peer *peer)
{
    return peer->input.count > 0 && !peer->waiting && !peer->paced &&
           (peer->stage == PEER_SNIFFING ||
            (peer->stage == PEER_TALKING && plain_wants_quiet(&peer->plain)));
}

static bool peer_is_nameless(const struct peer *peer)
{
    return peer->stage < PEER_LEAVING && peer->plain.state == PLAIN_NAME;
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
    if (peer_is_nameless(peer)) {
        deadline = sooner(deadline, peer->arrived_ms + config->register_ms);
    }
    if (peer_wants_quiet(peer)) {
        deadline =
            sooner(deadline, peer->read_ms + (peer->cut_wait ? config->cut_ms : config->quiet_ms));
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
    peer->stage = PEER_TALKING;
    peer_feed_kept(worker, peer, feed_quiet);
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
    if (peer_is_nameless(peer) &&
        worker->now_ms >= peer->arrived_ms + worker->config->register_ms) {
        peer_refuse(worker, peer, PLAIN_TIMEOUT, LEAVE_ERROR);
    }
    if (peer->stage < PEER_GHOST) {
        peer_set_timer(worker, peer);
    }
}
