/*
 * What the readers of rooms get. A line is rendered once a dialect, into the log that all of that
 * dialect read; what only some of a room get is rendered once a dialect as well, into a chunk that
 * they share.
 *
 * Walks through several rooms put a stamp on what they have passed, so that nobody gets a thing
 * twice who is in two of the rooms.
 */
#include "base/check.h"
#include "server/room.h"

#include <string.h>

/* So much of text as one append takes, whole lines. */
static struct text piece_of(struct text text)
{
    if (text.count > GROUP_APPEND_BYTES_MAX) {
        const char *newline = memrchr(text.data, '\n', GROUP_APPEND_BYTES_MAX);
        check(newline != NULL);
        text.count = (size_t)(newline - text.data) + 1;
    }
    return text;
}

static const struct connection *connection_of(const struct peer *peer)
{
    return peer != NULL ? &peer->connection : NULL;
}

/* Groups of one dialect. */
struct same_groups {
    struct group *const *groups;
    uint32_t count;
    dialect reader;
};

static void groups_show(struct worker *worker, const struct same_groups *same,
                        const struct effect *effect, const struct peer *except)
{
    struct group *const *groups = same->groups;
    if (worker_render(worker, effect, same->reader) != ERR_OK) {
        for (uint32_t i = 0; i < same->count; i++) {
            group_fail(&worker->fanout, groups[i]);
        }
        return;
    }
    struct text lines = bytes_text(&worker->scratch);
    while (lines.count > 0) {
        struct text piece = piece_of(lines);
        if (same->count == 1) {
            group_append(&worker->fanout, groups[0], piece, connection_of(except));
        } else {
            group_append_once(&worker->fanout, groups, same->count, piece, connection_of(except));
        }
        lines.data += piece.count;
        lines.count -= piece.count;
    }
}

void room_show(struct worker *worker, const struct room *room, const struct effect *effect,
               const struct peer *except)
{
    for (const struct room_group *one = room->groups; one != NULL; one = one->next) {
        if (group_member_count(one->group) > 0) {
            struct group *group = one->group;
            struct same_groups same = {.groups = &group, .count = 1, .reader = one->reader};
            groups_show(worker, &same, effect, except);
        }
    }
}

/* A rendered line that is given to readers one by one; made when the first of a dialect comes. */
struct line {
    struct worker *worker;
    const struct effect *effect;
    struct chunk *chunk; /* NULL: not made, or there is nothing to give. */
    dialect reader;
    bool is_made;
};

static void line_finish(struct line *line)
{
    if (line->chunk != NULL) {
        chunk_give(&line->worker->fanout.pool, line->chunk);
    }
    line->chunk = NULL;
    line->is_made = false;
}

/* Where there is no memory for it, the reader fails: an end is better than a hole. */
static void line_give(struct line *line, struct group *group, struct connection *to, dialect reader)
{
    struct worker *worker = line->worker;
    if (!line->is_made || line->reader != reader) {
        line_finish(line);
        if (worker_render(worker, line->effect, reader) != ERR_OK) {
            group_fail(&worker->fanout, group);
            return;
        }
        if (worker->scratch.count > 0) {
            line->chunk = chunk_of(bytes_text(&worker->scratch), 0);
            if (line->chunk == NULL) {
                group_fail(&worker->fanout, group);
                return;
            }
        }
        line->reader = reader;
        line->is_made = true;
    }
    if (line->chunk != NULL) {
        connection_send_chunk(&worker->fanout, to, line->chunk);
    }
}

static bool has_bit(dialect reader, dialect bit)
{
    return (reader & DIALECT_IRC) != 0 && (reader & bit) != 0;
}

void room_show_some(struct worker *worker, const struct room *room, const struct effect *effect,
                    const struct readers *readers)
{
    struct line line = {.worker = worker, .effect = effect};
    for (const struct room_group *one = room->groups; one != NULL; one = one->next) {
        if (readers->bit != 0 && !has_bit(one->reader, readers->bit)) {
            continue;
        }
        uint32_t cursor = 0;
        for (struct connection *to;
             (to = group_next(one->group, readers->ranks, &cursor)) != NULL;) {
            if (to != connection_of(readers->except)) {
                line_give(&line, one->group, to, one->reader);
            }
        }
    }
    line_finish(&line);
}

/* The rooms of an effect that this worker has. */
struct rooms {
    struct room *open[CHANNELS_PER_SESSION_MAX];
    struct room *hidden[CHANNELS_PER_SESSION_MAX];
    uint32_t open_count;
    uint32_t hidden_count;
};

static void rooms_find(struct worker *worker, const struct effect *effect, struct rooms *out)
{
    out->open_count = 0;
    out->hidden_count = 0;
    for (uint32_t i = 0; i < effect->channel_count; i++) {
        struct room *room = room_at(worker, effect->channels[i].id);
        if (room != NULL && effect->channels[i].hidden != 0) {
            out->hidden[out->hidden_count++] = room;
        } else if (room != NULL) {
            out->open[out->open_count++] = room;
        }
    }
}

/* The groups of that dialect in the rooms from first on, each with the stamp now; returns how many.
 */
static uint32_t rooms_gather(const struct rooms *rooms, uint32_t first, dialect reader,
                             uint64_t stamp, struct group **out)
{
    uint32_t count = 0;
    for (uint32_t i = first; i < rooms->open_count; i++) {
        struct room_group *one = rooms->open[i]->groups;
        while (one != NULL && one->reader != reader) {
            one = one->next;
        }
        if (one != NULL) {
            one->stamp = stamp;
            if (group_member_count(one->group) > 0) {
                out[count++] = one->group;
            }
        }
    }
    return count;
}

static void rooms_show_open(struct worker *worker, const struct rooms *rooms,
                            const struct effect *effect, const struct peer *except)
{
    struct group *groups[CHANNELS_PER_SESSION_MAX];
    uint64_t stamp = ++worker->stamp;
    for (uint32_t i = 0; i < rooms->open_count; i++) {
        for (const struct room_group *one = rooms->open[i]->groups; one != NULL; one = one->next) {
            if (one->stamp == stamp) {
                continue;
            }
            uint32_t count = rooms_gather(rooms, i, one->reader, stamp, groups);
            if (count > 0) {
                const struct same_groups same = {
                    .groups = groups, .count = count, .reader = one->reader};
                groups_show(worker, &same, effect, except);
            }
        }
    }
}

/* Whether the connection is in one of the rooms that the walk has passed; ranks: and, if that room
 * is a hidden one, had one of them there. */
static bool connection_was_passed(const struct connection *connection, uint64_t open_stamp,
                                  uint64_t hidden_stamp)
{
    const struct membership *cursor = NULL;
    for (struct group *group; (group = connection_next_group(connection, &cursor)) != NULL;) {
        const struct room *room = group_owner(group);
        if (room->stamp == open_stamp ||
            (room->stamp == hidden_stamp && (membership_tag(cursor) & RANKS_TOLD_HIDDEN) != 0)) {
            return true;
        }
    }
    return false;
}

/* Of each hidden room those whom it concerns, unless they were reached in another one. */
static void rooms_show_hidden(struct worker *worker, const struct rooms *rooms,
                              const struct effect *effect, const struct peer *except)
{
    struct line line = {.worker = worker, .effect = effect};
    uint64_t open_stamp = ++worker->stamp;
    uint64_t hidden_stamp = ++worker->stamp;
    for (uint32_t i = 0; i < rooms->open_count; i++) {
        rooms->open[i]->stamp = open_stamp;
    }
    for (uint32_t i = 0; i < rooms->hidden_count; i++) {
        for (const struct room_group *one = rooms->hidden[i]->groups; one != NULL;
             one = one->next) {
            uint32_t cursor = 0;
            for (struct connection *to;
                 (to = group_next(one->group, RANKS_TOLD_HIDDEN, &cursor)) != NULL;) {
                if (to != connection_of(except) &&
                    !connection_was_passed(to, open_stamp, hidden_stamp)) {
                    line_give(&line, one->group, to, one->reader);
                }
            }
        }
        rooms->hidden[i]->stamp = hidden_stamp;
    }
    line_finish(&line);
}

void rooms_show_once(struct worker *worker, const struct effect *effect, const struct peer *except)
{
    struct rooms rooms;
    rooms_find(worker, effect, &rooms);
    if (rooms.open_count == 1) {
        room_show(worker, rooms.open[0], effect, except);
    } else {
        rooms_show_open(worker, &rooms, effect, except);
    }
    if (rooms.hidden_count > 0) {
        rooms_show_hidden(worker, &rooms, effect, except);
    }
}

void rooms_visit_once(struct worker *worker, const struct effect *effect, dialect bit,
                      room_visit *visit)
{
    uint64_t open_stamp = ++worker->stamp;
    uint64_t hidden_stamp = ++worker->stamp;
    for (uint32_t i = 0; i < effect->channel_count; i++) {
        struct room *room = room_at(worker, effect->channels[i].id);
        if (room == NULL) {
            continue;
        }
        bool is_hidden = effect->channels[i].hidden != 0;
        for (const struct room_group *one = room->groups; one != NULL; one = one->next) {
            uint32_t cursor = 0;
            struct connection *reader = NULL;
            while (has_bit(one->reader, bit) &&
                   (reader = group_next(one->group, is_hidden ? RANKS_TOLD_HIDDEN : 0, &cursor)) !=
                       NULL) {
                if (!connection_was_passed(reader, open_stamp, hidden_stamp)) {
                    visit(worker, (struct peer *)reader, effect);
                }
            }
        }
        room->stamp = is_hidden ? hidden_stamp : open_stamp;
    }
}

void room_visit_without(struct worker *worker, const struct room *room, const struct effect *effect,
                        dialect bit, room_visit *visit)
{
    for (const struct room_group *one = room->groups; one != NULL; one = one->next) {
        if ((one->reader & DIALECT_IRC) == 0 || has_bit(one->reader, bit)) {
            continue;
        }
        uint32_t cursor = 0;
        for (struct connection *to; (to = group_next(one->group, 0, &cursor)) != NULL;) {
            visit(worker, (struct peer *)to, effect);
        }
    }
}

void rooms_mark(struct worker *worker, const struct effect *effect)
{
    worker->stamp++;
    for (uint32_t i = 0; i < effect->channel_count; i++) {
        struct room *room = room_at(worker, effect->channels[i].id);
        if (room != NULL) {
            room->stamp = worker->stamp;
        }
    }
}

bool peer_reads_marked(const struct worker *worker, const struct peer *peer)
{
    const struct membership *cursor = NULL;
    for (struct group *group;
         (group = connection_next_group(&peer->connection, &cursor)) != NULL;) {
        if (((const struct room *)group_owner(group))->stamp == worker->stamp) {
            return true;
        }
    }
    return false;
}
