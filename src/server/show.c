/*
 * Effects become bytes. Each kind goes its own way to whom it concerns: by the logs of rooms, to
 * one peer by its door, or to those who asked to be told. A worker_show() never waits and never
 * fails; a peer for whom there is no memory ends.
 */
#include "base/check.h"
#include "server/room.h"

/* Who lets nobody write unasked is told so often at most who wanted to. */
#define CALLED_MS (60 * 1000)

/* The peer behind a handle of this worker; NULL when it is another's, or gone. */
static struct peer *show_peer(struct worker *worker, uint32_t index, uint64_t connection)
{
    struct peer *peer = index == worker->index ? peer_at(worker, connection) : NULL;
    return peer != NULL && peer->stage != PEER_GHOST ? peer : NULL;
}

static struct peer *person_peer(struct worker *worker, const struct person *person)
{
    return person->session != 0 ? show_peer(worker, person->worker, person->connection) : NULL;
}

static struct room *show_room(struct worker *worker, const struct effect *effect)
{
    return effect->channel_count > 0 ? room_at(worker, effect->channels[0].id) : NULL;
}

/* An effect on its way. */
struct showing {
    struct worker *worker;
    const struct effect *effect;
    struct peer *own; /* Whose command it was; NULL when it is not here, or gone. */
    bool told;        /* Its door was given the effect. */
};

static void show_tell(struct showing *showing, struct peer *peer)
{
    if (peer != NULL) {
        peer_tell(showing->worker, peer, showing->effect);
        showing->told = showing->told || peer == showing->own;
    }
}

/* -- Rooms ----------------------------------------------------------------------------------- */

/* Who does something in a room need not be in it. room may be NULL: none of this worker's. */
static bool peer_reads_room(const struct peer *peer, const struct room *room)
{
    const struct membership *cursor = NULL;
    for (struct group *group;
         room != NULL && (group = connection_next_group(&peer->connection, &cursor)) != NULL;) {
        if (group_owner(group) == room) {
            return true;
        }
    }
    return false;
}

/* Whether own does not read the line from the room's log like the others. */
static bool own_is_spared(const struct showing *showing, const struct room *room)
{
    const struct peer *own = showing->own;
    if (own == NULL || own->door != DOOR_IRC) {
        return own != NULL;
    }
    return irc_wants_own(own->state.irc, showing->effect) || !peer_reads_room(own, room);
}

/* ranks: 0 for all of the room, which may be none of this worker's. */
static void show_to_ranks(const struct showing *showing, const struct room *room, uint8_t ranks,
                          const struct peer *except)
{
    if (room != NULL && ranks != 0) {
        struct readers readers = {.ranks = ranks, .except = except};
        room_show_some(showing->worker, room, showing->effect, &readers);
    } else if (room != NULL) {
        room_show(showing->worker, room, showing->effect, except);
    }
}

/* A line for all of a room, or for those of a rank. */
static void show_in_room(struct showing *showing, uint8_t ranks)
{
    const struct room *room = show_room(showing->worker, showing->effect);
    /* Who gets it by rank alone need not be among them. */
    bool is_spared = ranks != 0 ? showing->own != NULL : own_is_spared(showing, room);
    struct peer *except = is_spared ? showing->own : NULL;
    show_to_ranks(showing, room, ranks, except);
    show_tell(showing, except);
}

static uint8_t hidden_ranks(const struct effect *effect)
{
    bool is_hidden = (effect->flags & EFFECT_HIDDEN) != 0;
    return is_hidden ? RANKS_TOLD_HIDDEN : 0;
}

static void show_joined(struct showing *showing)
{
    struct worker *worker = showing->worker;
    const struct effect *effect = showing->effect;
    show_to_ranks(showing, show_room(worker, effect), hidden_ranks(effect), NULL);
    struct peer *peer = person_peer(worker, &effect->who);
    if (peer == NULL || peer->stage > PEER_LEAVING) {
        return;
    }
    if (!room_enter(worker, effect->channels[0].id, peer, effect->rank)) {
        peer_refuse(worker, peer, NOTICE_FULL, LEAVE_ERROR);
        return;
    }
    show_tell(showing, peer);
}

static void show_parted(struct showing *showing)
{
    show_in_room(showing, hidden_ranks(showing->effect));
    struct room *room = show_room(showing->worker, showing->effect);
    struct peer *peer = person_peer(showing->worker, &showing->effect->who);
    if (room != NULL && peer != NULL) {
        room_leave(showing->worker, room, peer);
    }
}

static void show_kicked(struct showing *showing)
{
    show_in_room(showing, 0);
    struct room *room = show_room(showing->worker, showing->effect);
    struct peer *target = person_peer(showing->worker, &showing->effect->target);
    if (target == NULL) {
        return;
    }
    if (room != NULL) {
        room_leave(showing->worker, room, target);
    }
    if (target->door == DOOR_PLAIN) {
        /* There is nothing else that it could read. */
        show_tell(showing, target);
    }
}

static void show_mode(struct showing *showing)
{
    const struct effect *effect = showing->effect;
    show_in_room(showing, 0);
    struct room *room = show_room(showing->worker, effect);
    for (uint32_t i = 0; i < effect->rank_count && room != NULL; i++) {
        const struct effect_rank *rank = &effect->ranks[i];
        struct peer *peer = show_peer(showing->worker, rank->worker, rank->connection);
        if (peer != NULL) {
            room_set_rank(room, peer, rank->rank);
        }
    }
}

/* To those who do not know of renaming it looks as if they left one room and came into another. Who
 * does not know of it and is not there either is only answered that it is done. */
static void show_renamed(struct showing *showing)
{
    struct worker *worker = showing->worker;
    struct room *room = show_room(worker, showing->effect);
    struct peer *own = showing->own;
    bool knows =
        own != NULL && own->door == DOOR_IRC && (peer_dialect(own) & IRC_DIALECT_RENAME) != 0;
    struct peer *except = knows ? own : NULL;
    if (room != NULL) {
        room_show(worker, room, showing->effect, except);
        room_visit_without(worker, room, showing->effect, IRC_DIALECT_RENAME, peer_tell);
        showing->told = own != NULL && !knows && peer_reads_room(own, room);
    }
    show_tell(showing, except);
}

/* To one person: the plain door's part of that is the rendering. */
static void show_private(struct showing *showing, struct peer *target)
{
    struct worker *worker = showing->worker;
    if (target == NULL || target->door != DOOR_PLAIN) {
        show_tell(showing, target);
    } else if (target->stage < PEER_ENDING &&
               worker_render(worker, showing->effect, peer_dialect(target)) == ERR_OK) {
        connection_send(&worker->fanout, &target->connection, bytes_text(&worker->scratch));
    }
}

static void show_message(struct showing *showing)
{
    const struct effect *effect = showing->effect;
    if (effect->channel_count > 0) {
        show_in_room(showing, effect->rank != 0 ? ranks_from(effect->rank) : 0);
        return;
    }
    struct peer *target = person_peer(showing->worker, &effect->target);
    show_private(showing, target);
    if (showing->own != target) {
        show_tell(showing, showing->own);
    }
}

static void show_invited(struct showing *showing)
{
    const struct effect *effect = showing->effect;
    struct room *room = show_room(showing->worker, effect);
    if (room != NULL) {
        struct readers readers = {
            .ranks = RANKS_TOLD_HIDDEN, .bit = IRC_DIALECT_INVITE, .except = showing->own};
        room_show_some(showing->worker, room, effect, &readers);
    }
    show_tell(showing, person_peer(showing->worker, &effect->target));
}

/* -- People ---------------------------------------------------------------------------------- */

/* Tells those who watch the nick that it is there, or not any more. */
static void watchers_tell_online(struct worker *worker, const struct effect *effect, bool online)
{
    const struct watch *watch = watch_first(&worker->watches, effect->who.nick);
    for (; watch != NULL; watch = watch_next(watch)) {
        struct peer *peer = watch_peer(watch);
        if (peer->door == DOOR_IRC && peer->stage < PEER_ENDING) {
            struct peer_sink sink;
            peer_sink_init(&sink, worker, peer);
            irc_tell_online(peer->state.irc, effect, online, &sink.sink);
        }
    }
}

/* What is told of somebody who is watched, to those who are in no room with them (IRCv3
 * extended-monitor). */
static void watchers_show(struct worker *worker, const struct effect *effect,
                          const struct peer *subject)
{
    const struct watch *watch = watch_first(&worker->watches, effect->who.nick);
    if (watch == NULL) {
        return;
    }
    rooms_mark(worker, effect);
    for (; watch != NULL; watch = watch_next(watch)) {
        struct peer *peer = watch_peer(watch);
        if (peer->door != DOOR_IRC || peer->stage >= PEER_ENDING || peer == subject ||
            (peer_dialect(peer) & IRC_DIALECT_EXTENDED_MONITOR) == 0 ||
            peer_reads_marked(worker, peer)) {
            continue;
        }
        if (worker_render(worker, effect, peer_dialect(peer)) == ERR_OK) {
            connection_send(&worker->fanout, &peer->connection, bytes_text(&worker->scratch));
        }
    }
}

static void show_opened(struct showing *showing)
{
    struct peer *peer = person_peer(showing->worker, &showing->effect->who);
    if (peer != NULL) {
        peer_registered(showing->worker, peer);
    }
    show_tell(showing, peer);
    watchers_tell_online(showing->worker, showing->effect, true);
}

static void show_closed(struct showing *showing)
{
    struct worker *worker = showing->worker;
    const struct effect *effect = showing->effect;
    struct peer *peer = person_peer(worker, &effect->who);
    rooms_show_once(worker, effect, peer);
    if (peer != NULL) {
        peer->session = 0;
        show_tell(showing, peer);
        peer_end(worker, peer);
    }
    for (uint32_t i = 0; i < effect->channel_count; i++) {
        room_tidy(worker, effect->channels[i].id);
    }
    watchers_tell_online(worker, effect, false);
}

static void show_nick(struct showing *showing)
{
    struct worker *worker = showing->worker;
    const struct effect *effect = showing->effect;
    struct peer *peer = person_peer(worker, &effect->who);
    rooms_show_once(worker, effect, peer);
    show_tell(showing, peer);
    if (watch_same_nick(effect->who.nick, effect->text)) {
        return;
    }
    watchers_tell_online(worker, effect, false);
    struct effect appeared = *effect;
    appeared.kind = EFFECT_OPENED;
    appeared.who.nick = effect->text;
    watchers_tell_online(worker, &appeared, true);
}

/* AWAY, SETNAME. */
static void show_person(struct showing *showing)
{
    struct peer *peer = person_peer(showing->worker, &showing->effect->who);
    rooms_show_once(showing->worker, showing->effect, peer);
    show_tell(showing, peer);
    watchers_show(showing->worker, showing->effect, peer);
}

static void metadata_tell(struct worker *worker, struct peer *peer, const struct effect *effect)
{
    if (peer->stage < PEER_ENDING && irc_subscribes(peer->state.irc, effect->extra)) {
        struct peer_sink sink;
        peer_sink_init(&sink, worker, peer);
        irc_tell_metadata(peer->state.irc, effect, &sink.sink);
    }
}

static void show_metadata(struct showing *showing)
{
    struct worker *worker = showing->worker;
    const struct effect *effect = showing->effect;
    rooms_visit_once(worker, effect, IRC_DIALECT_METADATA, metadata_tell);
    const struct watch *watch = watch_first(&worker->watches, effect->target.nick);
    if (watch == NULL) {
        return;
    }
    rooms_mark(worker, effect);
    for (; watch != NULL; watch = watch_next(watch)) {
        struct peer *peer = watch_peer(watch);
        if (peer->door == DOOR_IRC && !peer_reads_marked(worker, peer) &&
            (peer_dialect(peer) & IRC_DIALECT_METADATA) != 0) {
            metadata_tell(worker, peer, effect);
        }
    }
}

static void show_wallops(struct showing *showing)
{
    struct worker *worker = showing->worker;
    uint32_t cursor = 0;
    for (struct peer *peer; (peer = peer_next(worker, &cursor)) != NULL;) {
        if (peer->door != DOOR_IRC || peer->stage >= PEER_ENDING ||
            (peer_flags(peer) & PERSON_WALLOPS) == 0) {
            continue;
        }
        if (worker_render(worker, showing->effect, peer_dialect(peer)) == ERR_OK) {
            connection_send(&worker->fanout, &peer->connection, bytes_text(&worker->scratch));
        }
    }
}

/* -- The asker ------------------------------------------------------------------------------- */

/* Somebody whom nobody may write to unasked hears who wanted to, but not all the time: that would
 * be as bad as the messages. */
static void show_caller(struct showing *showing)
{
    int64_t now_ms = showing->worker->now_ms;
    struct peer *target = person_peer(showing->worker, &showing->effect->target);
    if (target != NULL && target->door == DOOR_IRC && target->stage < PEER_ENDING &&
        now_ms >= target->called_ms) {
        target->called_ms = now_ms + CALLED_MS;
        struct peer_sink sink;
        peer_sink_init(&sink, showing->worker, target);
        irc_tell_caller(target->state.irc, showing->effect, &sink.sink);
    }
}

static void show_refused(struct showing *showing)
{
    struct peer *own = showing->own;
    if (showing->effect->refusal == REFUSAL_CALLER_ID && showing->effect->target.session != 0) {
        show_caller(showing);
    }
    if (own == NULL) {
        return;
    }
    if (showing->effect->command_kind == COMMAND_OPEN) {
        own->session = 0; /* There never was one. */
        own->leave = 0;
        own->close_due = false;
    }
    show_tell(showing, own);
    if (own->stage == PEER_LEAVING && own->session == 0) {
        peer_end(showing->worker, own); /* "bob\nq\n", and bob is taken: no CLOSED will come. */
    }
}

static void show_rehash(struct showing *showing)
{
    struct bus *bus = showing->worker->bus;
    atomic_store_explicit(&bus->reload_asked, true, memory_order_release);
    waker_wake(&bus->gate_waker);
    show_tell(showing, showing->own);
}

static void show(struct showing *showing)
{
    const struct effect *effect = showing->effect;
    switch (effect->kind) {
    case EFFECT_OPENED:
        show_opened(showing);
        break;
    case EFFECT_REFUSED:
        show_refused(showing);
        break;
    case EFFECT_REPLIES:
    case EFFECT_PONG:
        show_tell(showing, showing->own);
        break;
    case EFFECT_USER_MODE:
        show_tell(showing, person_peer(showing->worker, &effect->who));
        break;
    case EFFECT_REHASH:
        show_rehash(showing);
        break;
    case EFFECT_JOINED:
        show_joined(showing);
        break;
    case EFFECT_PARTED:
        show_parted(showing);
        break;
    case EFFECT_MESSAGE:
    case EFFECT_REDACTED:
        show_message(showing);
        break;
    case EFFECT_CLOSED:
        show_closed(showing);
        break;
    case EFFECT_NICK:
        show_nick(showing);
        break;
    case EFFECT_AWAY:
    case EFFECT_SETNAME:
        show_person(showing);
        break;
    case EFFECT_KICKED:
        show_kicked(showing);
        break;
    case EFFECT_TOPIC:
        show_in_room(showing, 0);
        break;
    case EFFECT_MODE:
        show_mode(showing);
        break;
    case EFFECT_RENAMED:
        show_renamed(showing);
        break;
    case EFFECT_INVITED:
        show_invited(showing);
        break;
    case EFFECT_WALLOPS:
        show_wallops(showing);
        break;
    case EFFECT_METADATA:
        show_metadata(showing);
        break;
    case EFFECT_KIND_COUNT:
        check(false);
    }
}

void worker_show(struct worker *worker, const struct effect *effect)
{
    struct showing showing = {
        .worker = worker,
        .effect = effect,
        .own = show_peer(worker, effect->origin.worker, effect->origin.connection),
    };
    show(&showing);
    if (effect->done && showing.own != NULL) {
        peer_answered(worker, showing.own, effect, showing.told);
    }
}
