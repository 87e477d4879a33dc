/* What comes of the first bytes, and what the door gets of all the others. */
#include "server/peer.h"

#include "door/sniff.h"
#include "server/proxy.h"

static struct text text_from(struct text text, size_t count)
{
    if (count == 0) {
        return text; /* Perhaps none at all. */
    }
    return (struct text){.data = text.data + count, .count = text.count - count};
}

/* Not a chat connection at all: an answer that its program understands, and the end. */
static void peer_answer_foreign(struct worker *worker, struct peer *peer, enum sniff verdict,
                                struct text first)
{
    worker_count_notice(worker, verdict == SNIFF_TLS ? NOTICE_NO_TLS : NOTICE_NOT_MADANG);
    struct bytes answer = {0};
    if (foreign_answer_append((int)verdict, first, &answer) == ERR_OK) {
        connection_send(&worker->fanout, &peer->connection, bytes_text(&answer));
    }
    bytes_finish(&answer);
    peer_end(worker, peer);
}

/*
 * A proxy says first for whom it speaks; nobody else may. Returns how much it took, *out_goes_on
 * whether what follows is the peer's own.
 */
static size_t peer_take_proxy(struct worker *worker, struct peer *peer, struct text first,
                              bool *out_goes_on)
{
    const struct config *config = worker->config;
    struct proxy_header header;
    enum proxy_verdict verdict = proxy_header_find(first, &header);
    bool is_due = peer->proxy_due || config->proxy_protocol;
    *out_goes_on = verdict == PROXY_NONE && !is_due;
    if (*out_goes_on || verdict == PROXY_MORE) {
        return 0;
    }
    if (verdict != PROXY_TAKEN || !config_trusts_proxy(config, &peer->address)) {
        peer_refuse(worker, peer, NOTICE_NOT_ALLOWED, LEAVE_ERROR);
        return first.count;
    }
    peer->proxied = true;
    if (header.has_address) {
        peer_speak_for(worker, peer, &header.address);
    }
    *out_goes_on = true;
    return header.bytes;
}

/* By that door from now on. False: it may not, and is ended. */
static bool peer_enter(struct worker *worker, struct peer *peer, enum door_kind door)
{
    /* The plain door has no word for a password, and would be a way around it; but where a listener
     * is plain alone, that is meant. */
    if (door == DOOR_PLAIN && peer->listener_door != DOOR_PLAIN &&
        worker->config->password[0] != '\0') {
        peer_refuse(worker, peer, NOTICE_NOT_ALLOWED, LEAVE_ERROR);
        return false;
    }
    if (!peer_begin_door(worker, peer, door)) {
        peer_refuse(worker, peer, NOTICE_FULL, LEAVE_ERROR);
        return false;
    }
    return true;
}

/* Decides which door it is. Returns how much it took. */
static size_t peer_sniff(struct worker *worker, struct peer *peer, struct text first)
{
    size_t taken = 0;
    if (!peer->proxied) {
        bool goes_on;
        taken = peer_take_proxy(worker, peer, first, &goes_on);
        if (!goes_on || taken == first.count) {
            return taken;
        }
        first = text_from(first, taken);
    }
    enum door_kind door = (enum door_kind)peer->listener_door;
    if (door == DOOR_AUTO) {
        enum sniff verdict = sniff_bytes(first);
        if (verdict == SNIFF_MORE) {
            return taken;
        }
        if (verdict != SNIFF_PLAIN && verdict != SNIFF_IRC) {
            peer_answer_foreign(worker, peer, verdict, first);
            return taken + first.count;
        }
        door = verdict == SNIFF_IRC ? DOOR_IRC : DOOR_PLAIN;
    }
    return peer_enter(worker, peer, door) ? taken : taken + first.count;
}

/* Feeds the lines that may be said now; nothing at all when only the door's own errands go on. */
static size_t irc_feed(struct worker *worker, struct peer *peer, struct text bytes)
{
    size_t affordable = peer_affordable_bytes(worker, peer, bytes);
    size_t taken = 0;
    bool again = true;
    while (again && peer->stage == PEER_TALKING) {
        struct peer_sink sink;
        peer_sink_init(&sink, worker, peer);
        struct text now = {.data = bytes.data, .count = affordable};
        taken += irc_input(peer->state.irc, text_from(now, taken), &sink.sink);
        again = peer_sink_settle(&sink);
    }
    peer_pay_lines(worker, peer, (struct text){.data = bytes.data, .count = taken});
    /* The others have to wait for their turn. */
    peer->paced = taken == affordable && affordable < bytes.count;
    return taken;
}

static size_t door_feed(struct worker *worker, struct peer *peer, struct text bytes)
{
    if (peer->door == DOOR_IRC) {
        return irc_feed(worker, peer, bytes);
    }
    struct peer_sink sink;
    peer_sink_init(&sink, worker, peer);
    return plain_input(&peer->state.plain, bytes, &sink.sink);
}

size_t peer_feed(struct worker *worker, struct peer *peer, struct text bytes)
{
    size_t taken = 0;
    if (peer->stage == PEER_SNIFFING) {
        taken = peer_sniff(worker, peer, bytes);
        if (peer->stage != PEER_TALKING || taken == bytes.count) {
            return taken;
        }
    }
    return taken + door_feed(worker, peer, text_from(bytes, taken));
}

/* What it has sent so far must do: a proxy's header that is due will not come, and what could still
 * have become a verb of IRC is a name. False: it is ended. */
static bool peer_settle(struct worker *worker, struct peer *peer)
{
    if (peer->door != DOOR_AUTO) {
        return true;
    }
    if ((peer->proxy_due || worker->config->proxy_protocol) && !peer->proxied) {
        peer_refuse(worker, peer, NOTICE_NOT_ALLOWED, LEAVE_ERROR);
        return false;
    }
    enum door_kind door = peer->listener_door == DOOR_IRC ? DOOR_IRC : DOOR_PLAIN;
    return peer_enter(worker, peer, door);
}

size_t peer_feed_quiet(struct worker *worker, struct peer *peer, struct text bytes)
{
    if (!peer_settle(worker, peer)) {
        return bytes.count;
    }
    if (peer->door == DOOR_IRC) {
        return irc_feed(worker, peer, bytes);
    }
    bool last = worker->now_ms >= peer->read_ms + worker->config->cut_ms;
    struct peer_sink sink;
    peer_sink_init(&sink, worker, peer);
    return plain_quiet(&peer->state.plain, bytes, last, &sink.sink);
}

size_t peer_feed_end(struct worker *worker, struct peer *peer, struct text bytes)
{
    if (!peer_settle(worker, peer)) {
        return bytes.count;
    }
    struct peer_sink sink;
    peer_sink_init(&sink, worker, peer);
    if (peer->door == DOOR_PLAIN) {
        return plain_end(&peer->state.plain, bytes, &sink.sink);
    }
    irc_end(peer->state.irc, &sink.sink);
    return bytes.count;
}
