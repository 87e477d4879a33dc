/* Rooms and their groups: who reads which, and what they get. */
#include "server/room.h"

#include "base/check.h"
#include "base/mem.h"

_Static_assert(PLAIN_RENDERED_BYTES_MAX <= GROUP_APPEND_BYTES_MAX,
               "what the readers of chunks get in one piece can be appended");

struct room *room_at(struct worker *worker, uint64_t id)
{
    return map_get_number(worker->rooms, id);
}

static struct room *room_new(struct worker *worker, uint64_t id)
{
    struct room *room = mem_zalloc(1, sizeof *room);
    if (room != NULL) {
        room->id = id;
        if (map_put_number(worker->rooms, id, room) != ERR_OK) {
            mem_free(room);
            return NULL;
        }
    }
    return room;
}

static struct room_group *room_group_find(const struct room *room, dialect reader)
{
    struct room_group *one = room->groups;
    while (one != NULL && one->reader != reader) {
        one = one->next;
    }
    return one;
}

/* The group of that dialect, made when it is not there. NULL when there is no memory. */
static struct room_group *room_group_make(struct worker *worker, struct room *room, dialect reader)
{
    struct room_group *one = room_group_find(room, reader);
    if (one != NULL) {
        return one;
    }
    one = mem_zalloc(1, sizeof *one);
    if (one == NULL) {
        return NULL;
    }
    one->group = group_new(&worker->fanout, reader == DIALECT_PLAIN_CHUNK, room);
    if (one->group == NULL) {
        mem_free(one);
        return NULL;
    }
    one->reader = reader;
    one->next = room->groups;
    room->groups = one;
    return one;
}

/* Frees the groups that nobody reads. */
static void room_drop_groups(struct worker *worker, struct room *room)
{
    struct room_group **at = &room->groups;
    while (*at != NULL) {
        struct room_group *one = *at;
        if (group_member_count(one->group) == 0) {
            *at = one->next;
            group_free(&worker->fanout, one->group);
            mem_free(one);
        } else {
            at = &one->next;
        }
    }
}

void room_free(struct worker *worker, struct room *room)
{
    room_drop_groups(worker, room);
    check(room->groups == NULL);
    mem_free(room);
}

void room_tidy(struct worker *worker, uint64_t id)
{
    struct room *room = room_at(worker, id);
    if (room == NULL) {
        return;
    }
    room_drop_groups(worker, room);
    if (room->groups == NULL) {
        check(map_take_number(worker->rooms, id) == room);
        room_free(worker, room);
    }
}

bool room_enter(struct worker *worker, uint64_t id, struct peer *peer, uint32_t rank)
{
    struct room *room = room_at(worker, id);
    if (room == NULL) {
        room = room_new(worker, id);
        if (room == NULL) {
            return false;
        }
    }
    struct room_group *one = room_group_make(worker, room, peer_dialect(peer));
    if (one == NULL || group_join(one->group, &peer->connection) != ERR_OK) {
        room_tidy(worker, id);
        return false;
    }
    room_set_rank(room, peer, rank);
    return true;
}

void room_leave(struct worker *worker, struct room *room, struct peer *peer)
{
    struct room_group *one = room_group_find(room, peer_dialect(peer));
    /* It may have been put out of all its rooms already, at its end. */
    if (one != NULL && group_leave(&worker->fanout, one->group, &peer->connection) == ERR_OK &&
        group_member_count(one->group) == 0) {
        room_tidy(worker, room->id);
    }
}

void room_set_rank(struct room *room, const struct peer *peer, uint32_t rank)
{
    const struct room_group *one = room_group_find(room, peer_dialect(peer));
    if (one != NULL &&
        group_set_tag(one->group, &peer->connection, (uint8_t)rank) == ERR_NOT_FOUND) {
        /* It has just been put out of all its rooms. */
    }
}

bool rooms_change_dialect(struct worker *worker, struct peer *peer)
{
    struct group *groups[CHANNELS_PER_SESSION_MAX];
    uint32_t count = 0;
    const struct membership *cursor = NULL;
    for (struct group *group;
         (group = connection_next_group(&peer->connection, &cursor)) != NULL;) {
        check(count < CHANNELS_PER_SESSION_MAX);
        groups[count++] = group;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct room *room = group_owner(groups[i]);
        struct room_group *one = room_group_make(worker, room, peer_dialect(peer));
        if (one == NULL) {
            return false;
        }
        if (one->group != groups[i] &&
            group_move(&worker->fanout, groups[i], one->group, &peer->connection) != ERR_OK) {
            room_drop_groups(worker, room);
            return false;
        }
        room_drop_groups(worker, room);
    }
    return true;
}
