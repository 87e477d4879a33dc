/* Effects become bytes: each shared line is rendered once a dialect, into the log that all of that
 * dialect read. */
#include "server/peer.h"

#include "base/check.h"
#include "base/mem.h"

/* Made visible, a character of two bytes takes up to six. */
_Static_assert(3 * MESSAGE_BYTES_MAX + NAME_BYTES_MAX + 4 <= GROUP_APPEND_BYTES_MAX,
               "every rendered message can be appended");

static struct peer *effect_peer(struct worker *worker, const struct effect *effect)
{
    if (effect->origin.worker != worker->index) {
        return NULL;
    }
    struct peer *peer = peer_at(worker, effect->origin.connection);
    return peer != NULL && peer->stage != PEER_GHOST ? peer : NULL;
}

static struct room *worker_room(struct worker *worker, const struct effect *effect)
{
    return effect->channel_count > 0 ? map_get_number(worker->rooms, effect->channels[0].id) : NULL;
}

static void room_render(struct worker *worker, struct room *room, const struct effect *effect,
                        const struct peer *except)
{
    for (int dialect = 0; dialect < DIALECT_COUNT; dialect++) {
        struct group *group = room->groups[dialect];
        if (group == NULL || group_member_count(group) == 0) {
            continue;
        }
        bytes_clear(&worker->scratch);
        if (plain_render(effect, (enum dialect)dialect, &worker->scratch) != ERR_OK) {
            group_fail(&worker->fanout, group);
            continue;
        }
        worker->round_bytes += worker->scratch.count;
        if (worker->scratch.count > 0) {
            group_append(&worker->fanout, group, bytes_text(&worker->scratch),
                         except != NULL ? &except->connection : NULL);
        }
    }
}

/* The peer reads the room from here on. False when there is no memory for it. */
static bool room_enter(struct worker *worker, const struct effect *effect, struct peer *peer)
{
    struct room *room = worker_room(worker, effect);
    if (room == NULL) {
        room = mem_zalloc(1, sizeof *room);
        if (room == NULL) {
            return false;
        }
        room->id = effect->channels[0].id;
        if (map_put_number(worker->rooms, room->id, room) != ERR_OK) {
            mem_free(room);
            return false;
        }
    }
    enum dialect dialect = plain_dialect(&peer->plain);
    if (room->groups[dialect] == NULL) {
        room->groups[dialect] = group_new(&worker->fanout, dialect == DIALECT_PLAIN_CHUNK);
    }
    return room->groups[dialect] != NULL &&
           group_join(room->groups[dialect], &peer->connection) == ERR_OK;
}

void room_free(struct worker *worker, struct room *room)
{
    for (int dialect = 0; dialect < DIALECT_COUNT; dialect++) {
        if (room->groups[dialect] != NULL) {
            group_free(&worker->fanout, room->groups[dialect]);
        }
    }
    mem_free(room);
}

/* Drops what nobody of this worker reads any more. */
static void room_tidy(struct worker *worker, uint64_t id)
{
    struct room *room = map_get_number(worker->rooms, id);
    if (room == NULL) {
        return;
    }
    bool is_empty = true;
    for (int dialect = 0; dialect < DIALECT_COUNT; dialect++) {
        struct group *group = room->groups[dialect];
        if (group != NULL && group_member_count(group) == 0) {
            group_free(&worker->fanout, group);
            room->groups[dialect] = NULL;
        }
        is_empty = is_empty && room->groups[dialect] == NULL;
    }
    if (is_empty) {
        (void)map_take_number(worker->rooms, id);
        room_free(worker, room);
    }
}

static void peer_show_own(struct worker *worker, struct peer *peer, const struct effect *effect)
{
    struct peer_sink sink;
    peer_sink_init(&sink, worker, peer);
    plain_effect(&peer->plain, effect, &sink.sink);
}

static void show_joined(struct worker *worker, struct peer *own, const struct effect *effect)
{
    struct room *room = worker_room(worker, effect);
    if (room != NULL) {
        room_render(worker, room, effect, own);
    }
    if (own == NULL || own->stage > PEER_LEAVING) {
        return;
    }
    if (!room_enter(worker, effect, own)) {
        peer_refuse(worker, own, PLAIN_FULL, LEAVE_ERROR);
        return;
    }
    peer_show_own(worker, own, effect);
}

static void show_refused(struct worker *worker, struct peer *own, const struct effect *effect)
{
    if (own == NULL) {
        return;
    }
    if (effect->command_kind == COMMAND_OPEN) {
        own->session = 0; /* There never was one. */
        own->leave = 0;
        own->close_due = false;
    }
    peer_show_own(worker, own, effect);
    if (own->stage == PEER_LEAVING && own->session == 0) {
        peer_end(worker, own); /* "bob\nq\n", and bob is taken: no CLOSED will come. */
    }
}

static void show_gone(struct worker *worker, struct peer *own, const struct effect *effect)
{
    for (uint32_t i = 0; i < effect->channel_count; i++) {
        struct room *room = map_get_number(worker->rooms, effect->channels[i].id);
        if (room != NULL) {
            room_render(worker, room, effect, own);
        }
    }
    if (own != NULL && effect->kind == EFFECT_CLOSED) {
        own->session = 0;
        peer_show_own(worker, own, effect);
        peer_end(worker, own);
    }
    for (uint32_t i = 0; i < effect->channel_count; i++) {
        room_tidy(worker, effect->channels[i].id);
    }
}

void worker_show(struct worker *worker, const struct effect *effect)
{
    struct peer *own = effect_peer(worker, effect);
    if (own != NULL && effect->kind != EFFECT_CLOSED) {
        check(own->in_flight > 0);
        own->in_flight--;
    }
    switch (effect->kind) {
    case EFFECT_OPENED:
        if (own != NULL) {
            peer_registered(worker, own);
        }
        break;
    case EFFECT_REFUSED:
        show_refused(worker, own, effect);
        break;
    case EFFECT_PONG:
        break;
    case EFFECT_JOINED:
        show_joined(worker, own, effect);
        break;
    case EFFECT_MESSAGE: {
        struct room *room = worker_room(worker, effect);
        if (room != NULL) {
            room_render(worker, room, effect, own);
        }
        break;
    }
    case EFFECT_PARTED:
    case EFFECT_CLOSED:
        show_gone(worker, own, effect);
        break;
    }
}
