/* The life of one connection on its worker, from its arrival to its last note. */
#include "server/peer.h"

#include "base/check.h"
#include "base/mem.h"
#include "net/socket.h"

/* Reads that are spent at the end of the server on a peer that goes on sending. */
#define DISCARDS_MAX 16

static bool note_put(struct worker *worker, const struct note *note)
{
    struct note *record = ring_reserve(worker->lane->notes, sizeof *record);
    if (record == NULL) {
        return false;
    }
    *record = *note;
    worker->notes_put = true;
    return true;
}

static struct note peer_note(const struct peer *peer, bool registered)
{
    return (struct note){
        .registered = registered,
        .was_registered = peer->registered && !peer->note_due,
        .exempt = peer->exempt,
        .address = peer->address,
    };
}

/* A connection that there is no memory for; the gate must not count it for ever. */
static void arrival_drop(struct worker *worker, const struct arrival *arrival)
{
    socket_close(arrival->socket);
    struct note note = {.exempt = arrival->exempt, .address = arrival->address};
    check(note_put(worker, &note)); /* worker_take_arrivals() looked for room. */
}

void peer_arrive(struct worker *worker, const struct arrival *arrival)
{
    if (worker->draining) {
        arrival_drop(worker, arrival);
        return;
    }
    struct peer *peer = peer_new(worker);
    if (peer == NULL) {
        arrival_drop(worker, arrival);
        return;
    }
    if (connection_open(&worker->fanout, &peer->connection, arrival->socket, peer->handle) !=
        ERR_OK) {
        peer_free(worker, peer);
        arrival_drop(worker, arrival);
        return;
    }
    peer->exempt = arrival->exempt;
    peer->host_exempt = arrival->exempt;
    peer->unpaced = !arrival->flood;
    peer->proxy_due = arrival->proxy_protocol;
    peer->address = arrival->address;
    peer->host = arrival->address;
    peer->arrived_ms = worker->now_ms;
    peer->read_ms = worker->now_ms;
    peer->listener_door = (uint8_t)arrival->door;
    peer->stage = PEER_SNIFFING;
    peer_set_timer(worker, peer);
}

void peer_speak_for(struct worker *worker, struct peer *peer, const struct in6_addr *host)
{
    peer->host = *host;
    peer->host_exempt = config_is_exempt(worker->config, host);
}

void worker_count_notice(struct worker *worker, enum notice notice)
{
    worker->notices[notice]++;
    uint64_t skipped;
    if (log_limit_pass(&worker->notice_logs[notice], worker->now_ms, &skipped)) {
        log_line(LOG_INFO, "worker %u: told a client %s (%llu so far)", worker->index,
                 notice_code(notice), (unsigned long long)worker->notices[notice]);
    }
}

/* closes: the connection ends with it. */
static void peer_notice(struct worker *worker, struct peer *peer, enum notice notice,
                        struct text detail, bool closes)
{
    worker_count_notice(worker, notice);
    if (peer->door == DOOR_IRC) {
        struct peer_sink sink;
        peer_sink_init(&sink, worker, peer);
        irc_notice(peer->state.irc, notice, detail, closes, &sink.sink);
        return;
    }
    bool chunked = peer->door == DOOR_PLAIN && peer->state.plain.chunked;
    struct bytes line = {0};
    if (notice_append(notice, detail, chunked, &line) == ERR_OK) {
        connection_send(&worker->fanout, &peer->connection, bytes_text(&line));
    }
    bytes_finish(&line);
}

void peer_say(struct worker *worker, struct peer *peer, enum notice notice, struct text detail)
{
    peer_notice(worker, peer, notice, detail, false);
}

void peer_wait(struct worker *worker, struct peer *peer)
{
    if (!peer->waiting) {
        peer->waiting = true;
        peer->next_waiting = worker->waiting;
        worker->waiting = peer;
    }
}

/* True when the CLOSE that is due, if any, is in the ring. */
static bool peer_put_close(struct worker *worker, struct peer *peer)
{
    if (!peer->close_due) {
        return true;
    }
    if (worker->draining) {
        /* The hub was told that no more comes; sessions end with the server. */
        peer->close_due = false;
        return true;
    }
    struct command command = {
        .kind = COMMAND_CLOSE,
        .reason = (enum leave_reason)peer->leave,
        .session = peer->session,
        .origin = {.worker = worker->index, .connection = peer->handle},
        .text = bytes_text(&peer->input),
    };
    void *record = ring_reserve(worker->lane->commands, command_packed_bytes(&command));
    if (record == NULL) {
        return false;
    }
    command_pack(&command, record);
    worker->commands_put = true;
    peer->in_flight++;
    peer->close_due = false;
    bytes_finish(&peer->input);
    return true;
}

/* From here on nothing that it has sent matters: the place of that takes the words, until the CLOSE
 * is put. */
static void peer_want_close(struct worker *worker, struct peer *peer, enum leave_reason reason,
                            struct text words)
{
    if (peer->leave != 0) {
        return;
    }
    /* The words may be of what it has sent. */
    struct bytes kept = {0};
    bool is_kept = peer->session != 0 && bytes_append_text(&kept, words) == ERR_OK;
    bytes_finish(&peer->input);
    if (peer->session == 0) {
        return;
    }
    if (is_kept) {
        peer->input = kept;
    }
    peer->leave = (uint8_t)reason;
    peer->close_due = true;
    if (!peer_put_close(worker, peer)) {
        peer_wait(worker, peer);
    }
}

void peer_leave(struct worker *worker, struct peer *peer, enum leave_reason reason,
                struct text words)
{
    peer_want_close(worker, peer, reason, words);
    if (peer->session == 0) {
        peer_end(worker, peer);
    } else if (peer->stage < PEER_LEAVING) {
        peer->stage = PEER_LEAVING;
        peer_set_timer(worker, peer);
    }
}

void peer_refuse(struct worker *worker, struct peer *peer, enum notice notice,
                 enum leave_reason reason)
{
    if (peer->stage >= PEER_ENDING) {
        return;
    }
    peer_notice(worker, peer, notice, TEXT_NONE, true);
    peer_want_close(worker, peer, reason, TEXT_NONE);
    peer_end(worker, peer);
}

/* Unless it is the words of a CLOSE that is still to be put. */
static void peer_forget_input(struct peer *peer)
{
    if (!peer->close_due) {
        bytes_finish(&peer->input);
    }
}

void peer_end(struct worker *worker, struct peer *peer)
{
    if (peer->stage >= PEER_ENDING) {
        return;
    }
    peer->stage = PEER_ENDING;
    peer->read_ms = worker->now_ms;
    peer_forget_input(peer);
    connection_leave_all(&worker->fanout, &peer->connection);
    if (!peer->ending) {
        peer->ending = true;
        peer->next_ending = worker->ending;
        worker->ending = peer;
    }
    if (!peer->input_ended) {
        connection_set_reading(&worker->fanout, &peer->connection, true);
    }
    peer_set_timer(worker, peer);
}

/* Takes what has come by now out of the kernel. */
static void peer_discard_rest(struct peer *peer)
{
    char buffer[INPUT_BYTES_MAX];
    size_t count;
    for (int i = 0; i < DISCARDS_MAX; i++) {
        if (socket_read(peer->connection.socket, buffer, sizeof buffer, &count) != ERR_OK) {
            return;
        }
    }
}

void peer_end_output(struct worker *worker, struct peer *peer)
{
    if (peer->stage != PEER_ENDING || peer->output_ended ||
        !output_empty(&peer->connection.output)) {
        return;
    }
    socket_end(peer->connection.socket);
    peer->output_ended = true;
    /*
     * Closing while unread input waits would reset the connection and could take our last words
     * back, so the peer gets close_ms to close its side too; at the end of the server nobody waits
     * that long.
     */
    if (worker->goodbye) {
        peer_discard_rest(peer);
    }
    if (peer->input_ended || worker->goodbye) {
        peer_destroy(worker, peer);
    }
}

void peer_say_goodbye(struct worker *worker, struct peer *peer)
{
    if (peer->stage == PEER_GHOST) {
        return;
    }
    if (peer->output_ended) {
        peer_discard_rest(peer);
        peer_destroy(worker, peer);
        return;
    }
    if (peer->stage < PEER_ENDING) {
        peer_notice(worker, peer, NOTICE_SHUTDOWN, TEXT_NONE, true);
        peer->session = 0; /* Sessions end with the server. */
        peer_end(worker, peer);
    }
}

void peer_failed(struct worker *worker, struct peer *peer)
{
    enum connection_failure failure = peer->connection.failure;
    if (failure == CONNECTION_BEHIND && peer->stage < PEER_ENDING) {
        connection_forgive(&worker->fanout, &peer->connection);
        peer_refuse(worker, peer, NOTICE_SENDQ, LEAVE_SENDQ);
        return;
    }
    peer_want_close(worker, peer, failure == CONNECTION_GONE ? LEAVE_VANISHED : LEAVE_ERROR,
                    TEXT_NONE);
    peer_destroy(worker, peer);
}

/* Frees a ghost whose end everybody knows; else it waits. */
static void ghost_settle(struct worker *worker, struct peer *peer)
{
    if (peer->ending || !peer_put_close(worker, peer)) {
        peer_wait(worker, peer);
        return;
    }
    struct note note = peer_note(peer, false);
    if (!note_put(worker, &note)) {
        peer_wait(worker, peer);
        return;
    }
    peer_free(worker, peer);
}

void peer_destroy(struct worker *worker, struct peer *peer)
{
    if (peer->stage == PEER_GHOST) {
        return;
    }
    peer_want_close(worker, peer, LEAVE_VANISHED, TEXT_NONE);
    connection_close(&worker->fanout, &peer->connection);
    timers_cancel(&worker->timers, &peer->timer);
    watch_remove_all(&worker->watches, peer);
    peer_forget_input(peer);
    peer_end_door(peer);
    peer->stage = PEER_GHOST;
    /* Freed in a later step: whoever called may still hold the peer. */
    peer_wait(worker, peer);
}

void peer_retry(struct worker *worker, struct peer *peer)
{
    if (peer->stage == PEER_GHOST) {
        ghost_settle(worker, peer);
        return;
    }
    if (!peer_put_close(worker, peer)) {
        peer_wait(worker, peer);
    }
    if (peer->note_due) {
        peer_registered(worker, peer);
    }
    if (peer->stage < PEER_LEAVING && !peer->waiting) {
        peer_resume(worker, peer);
    }
}

void peer_registered(struct worker *worker, struct peer *peer)
{
    peer->registered = true;
    if (peer->door == DOOR_IRC) {
        peer->pace_us = 0; /* What it took to come in is no debt. */
    }
    struct note note = peer_note(peer, true);
    peer->note_due = !note_put(worker, &note);
    if (peer->note_due) {
        peer_wait(worker, peer);
    }
}
