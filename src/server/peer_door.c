/* The doors as the rest of the worker sees them: what a peer's own door does is asked here. */
#include "base/check.h"
#include "server/cloak.h"
#include "server/peer.h"

#include <arpa/inet.h>
#include <string.h>

/* The address as operators see it; IPv4 without the prefix by which it is mapped. */
static struct text address_print(const struct in6_addr *address, char out[INET6_ADDRSTRLEN])
{
    bool is_ipv4 = IN6_IS_ADDR_V4MAPPED(address);
    const void *bytes = is_ipv4 ? &address->s6_addr[12] : (const void *)address;
    check(inet_ntop(is_ipv4 ? AF_INET : AF_INET6, bytes, out, INET6_ADDRSTRLEN) != NULL);
    return text_of(out);
}

struct peer_names peer_names(const struct worker *worker, const struct peer *peer)
{
    struct peer_names names = {0};
    cloak_address(&worker->bus->cloak_key, &peer->host, names.host);
    (void)address_print(&peer->host, names.address);
    return names;
}

bool peer_begin_door(struct worker *worker, struct peer *peer, enum door_kind door)
{
    check(peer->door == DOOR_AUTO);
    if (door == DOOR_IRC) {
        struct peer_names names = peer_names(worker, peer);
        peer->state.irc = irc_new(&worker->config->irc.server, text_of(names.host),
                                  text_of(names.address), peer->secure);
        if (peer->state.irc == NULL) {
            return false;
        }
    } else {
        plain_init(&peer->state.plain, text_of(worker->lobby));
    }
    peer->door = (uint8_t)door;
    peer->stage = PEER_TALKING;
    return true;
}

void peer_end_door(struct peer *peer)
{
    if (peer->door == DOOR_IRC) {
        irc_free(peer->state.irc);
        peer->door = DOOR_AUTO;
    }
}

void peer_tell(struct worker *worker, struct peer *peer, const struct effect *effect)
{
    struct peer_sink sink;
    peer_sink_init(&sink, worker, peer);
    if (peer->door == DOOR_IRC) {
        if (peer->stage < PEER_ENDING) {
            irc_effect(peer->state.irc, effect, &sink.sink);
            (void)peer_sink_settle(&sink);
        }
    } else if (peer->door == DOOR_PLAIN) {
        plain_effect(&peer->state.plain, effect, &sink.sink);
    }
}

void peer_answered(struct worker *worker, struct peer *peer, const struct effect *effect, bool told)
{
    if (!told && peer->door == DOOR_IRC) {
        /* The line was in the room's log, or it was somebody else's effect. */
        struct effect done = {
            .kind = EFFECT_REPLIES,
            .command_kind = effect->command_kind,
            .seq = effect->seq,
            .time_ms = effect->time_ms,
            .origin = effect->origin,
            .done = true,
            .more = effect->more,
        };
        peer_tell(worker, peer, &done);
    }
    peer_count_answer(worker, peer);
}

void peer_count_answer(struct worker *worker, struct peer *peer)
{
    check(peer->in_flight > 0);
    peer->in_flight--;
    if (peer->in_flight == 0 && peer->door == DOOR_IRC && peer->stage == PEER_TALKING &&
        !peer->answered &&
        (peer->input.count > 0 || peer->input_ended || irc_is_waiting(peer->state.irc))) {
        peer->answered = true;
        peer->next_answered = worker->answered;
        worker->answered = peer;
    }
}

bool peer_is_nameless(const struct peer *peer)
{
    switch ((enum door_kind)peer->door) {
    case DOOR_PLAIN:
        return peer->state.plain.state == PLAIN_NAME;
    case DOOR_IRC:
        return irc_is_nameless(peer->state.irc);
    case DOOR_AUTO:
        break;
    }
    return true;
}

bool peer_awaits_answer(const struct peer *peer)
{
    return peer->door == DOOR_IRC && peer->in_flight > 0 && irc_is_waiting(peer->state.irc);
}

dialect peer_dialect(const struct peer *peer)
{
    return peer->door == DOOR_IRC ? irc_dialect(peer->state.irc)
                                  : plain_dialect(&peer->state.plain);
}

uint32_t peer_flags(const struct peer *peer)
{
    return peer->door == DOOR_IRC ? irc_flags(peer->state.irc) : 0;
}

enum error worker_render(struct worker *worker, const struct effect *effect, dialect reader)
{
    bytes_clear(&worker->scratch);
    enum error error = (reader & DIALECT_IRC) != 0 ? irc_render(&worker->config->irc.server, effect,
                                                                reader, &worker->scratch)
                                                   : plain_render(effect, reader, &worker->scratch);
    worker->round_bytes += worker->scratch.count;
    return error;
}

void worker_set_config(struct worker *worker, struct config *config)
{
    uint32_t cursor = 0;
    for (struct peer *peer; (peer = peer_next(worker, &cursor)) != NULL;) {
        if (peer->door == DOOR_IRC) {
            irc_attach(peer->state.irc, &config->irc.server);
        }
    }
    config_give(worker->config);
    worker->config = config;
    worker->fanout.pace_ms = config->pace_ms;
}
