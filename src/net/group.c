/* The byte log of a group and its members' places in it. */
#include "net/group.h"

#include "base/check.h"
#include "base/mem.h"
#include "net/socket.h"

#include <string.h>

/* A member of more groups than this is not asked whether the others hold something for it. */
#define GROUPS_LOOKED_AT_MAX 8

struct group *group_new(struct fanout *fanout, bool separate, void *owner)
{
    struct group *group = mem_zalloc(1, sizeof *group);
    if (group != NULL) {
        group->owner = owner;
        group->separate = separate;
        group->number = ++fanout->log_count;
    }
    return group;
}

void group_free(struct fanout *fanout, struct group *group)
{
    check(group->member_count == 0);
    if (group->is_dirty) {
        struct group **at = &fanout->dirty;
        while (*at != group) {
            at = &(*at)->next_dirty;
        }
        *at = group->next_dirty;
        if (fanout->dirty_end == &group->next_dirty) {
            fanout->dirty_end = at;
        }
    }
    if (group->first != NULL) {
        chunk_give(&fanout->pool, group->first);
    }
    if (group->last != NULL) {
        group->last->owner = NULL;
    }
    if (fanout->appended == group) {
        fanout->appended = NULL;
    }
    mem_free(group->marks);
    mem_free(group->members);
    mem_free(group);
}

uint32_t group_member_count(const struct group *group)
{
    return group->member_count;
}

void *group_owner(const struct group *group)
{
    return group->owner;
}

/* Room for one more. ERR_MEMORY. */
static enum error group_make_room(struct group *group)
{
    if (group->member_count < group->member_capacity) {
        return ERR_OK;
    }
    uint32_t capacity = group->member_capacity == 0 ? 4 : group->member_capacity * 2;
    struct membership **members =
        mem_realloc(group->members, capacity * sizeof(struct membership *));
    if (members == NULL) {
        return ERR_MEMORY;
    }
    group->members = members;
    group->member_capacity = capacity;
    return ERR_OK;
}

/* There is room. */
static void group_enter(struct group *group, struct membership *membership)
{
    membership->group = group;
    membership->position = group->end;
    membership->index = group->member_count;
    group->members[group->member_count++] = membership;
    membership->connection->separate |= group->separate;
}

/* The last one takes its place. */
static void group_exit(struct membership *membership)
{
    struct group *group = membership->group;
    struct membership *last = group->members[group->member_count - 1];
    group->members[membership->index] = last;
    last->index = membership->index;
    group->member_count--;
}

enum error group_join(struct group *group, struct connection *connection)
{
    struct membership *membership = mem_alloc(sizeof *membership);
    if (membership == NULL || group_make_room(group) != ERR_OK) {
        mem_free(membership);
        return ERR_MEMORY;
    }
    *membership = (struct membership){.connection = connection, .next = connection->memberships};
    connection->memberships = membership;
    connection->membership_count++;
    group_enter(group, membership);
    return ERR_OK;
}

void group_drop(struct fanout *fanout, struct membership *membership)
{
    (void)fanout;
    struct connection *connection = membership->connection;
    struct membership **at = &connection->memberships;
    while (*at != membership) {
        at = &(*at)->next;
    }
    *at = membership->next;
    connection->membership_count--;
    group_exit(membership);
    mem_free(membership);
}

static struct membership *membership_find(const struct group *group,
                                          const struct connection *connection)
{
    struct membership *m = connection->memberships;
    while (m != NULL && m->group != group) {
        m = m->next;
    }
    return m;
}

enum error group_leave(struct fanout *fanout, struct group *group, struct connection *connection)
{
    struct membership *m = membership_find(group, connection);
    if (m == NULL) {
        return ERR_NOT_FOUND;
    }
    connection_catch_up(fanout, connection);
    group_drop(fanout, m);
    return ERR_OK;
}

enum error group_move(struct fanout *fanout, struct group *from, struct group *to,
                      struct connection *connection)
{
    struct membership *m = membership_find(from, connection);
    if (m == NULL) {
        return ERR_NOT_FOUND;
    }
    enum error error = group_make_room(to);
    if (error == ERR_OK) {
        connection_catch_up(fanout, connection);
        group_exit(m);
        group_enter(to, m);
    }
    return error;
}

enum error group_set_tag(const struct group *group, const struct connection *connection,
                         uint8_t tag)
{
    struct membership *m = membership_find(group, connection);
    if (m == NULL) {
        return ERR_NOT_FOUND;
    }
    m->tag = tag;
    return ERR_OK;
}

struct connection *group_next(const struct group *group, uint8_t mask, uint32_t *cursor)
{
    while (*cursor < group->member_count) {
        const struct membership *m = group->members[(*cursor)++];
        if (mask == 0 || (m->tag & mask) != 0) {
            return m->connection;
        }
    }
    return NULL;
}

/* What the member has not read up to end becomes a segment. */
static void membership_take(struct fanout *fanout, struct membership *membership, uint64_t end)
{
    struct group *group = membership->group;
    struct connection *connection = membership->connection;
    if (membership->position == end) {
        return;
    }
    uint64_t skip = membership->position - group->start;
    struct segment segment = {
        .chunk = group->first,
        .from = group->first_from,
        .count = (uint32_t)(end - membership->position),
        .log = group->number,
        .end = end,
    };
    while (skip >= segment.chunk->used - segment.from) {
        skip -= segment.chunk->used - segment.from;
        segment.chunk = segment.chunk->next;
        segment.from = 0;
    }
    segment.from += (uint32_t)skip;
    membership->position = end;
    if (connection->failure != CONNECTION_FINE) {
        return;
    }
    enum error error = output_add(&connection->output, &segment, !group->separate);
    if (error != ERR_OK) {
        connection_fail_output(fanout, connection, error);
        return;
    }
    connection_touch(fanout, connection);
}

void membership_catch_up(struct fanout *fanout, struct membership *membership)
{
    membership_take(fanout, membership, membership->group->end);
}

/* The run of appends in which the next byte is that the member reads. */
static const struct group_mark *membership_mark(const struct membership *membership)
{
    const struct group *group = membership->group;
    uint32_t low = 0;
    uint32_t high = group->mark_count - 1;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (group->marks[middle].end > membership->position) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return &group->marks[low];
}

/* The membership that has the oldest bytes; *out_mark is their run. NULL when none has any. */
static struct membership *oldest_membership(const struct connection *connection,
                                            const struct group_mark **out_mark)
{
    struct membership *oldest = NULL;
    for (struct membership *m = connection->memberships; m != NULL; m = m->next) {
        if (m->position == m->group->end) {
            continue;
        }
        const struct group_mark *mark = membership_mark(m);
        if (oldest == NULL || mark->order < (*out_mark)->order) {
            oldest = m;
            *out_mark = mark;
        }
    }
    return oldest;
}

void connection_catch_up(struct fanout *fanout, struct connection *connection)
{
    if (connection->membership_count == 1) {
        membership_catch_up(fanout, connection->memberships);
        return;
    }
    const struct group_mark *mark = NULL;
    for (struct membership *m; (m = oldest_membership(connection, &mark)) != NULL;) {
        membership_take(fanout, m, mark->end);
    }
}

/* Room for one more mark, which is the first of a round or not. ERR_MEMORY. */
static enum error group_make_mark(struct group *group)
{
    if (group->first == NULL) {
        group->mark_count = 0;
    }
    if (group->mark_count < group->mark_capacity) {
        return ERR_OK;
    }
    uint32_t capacity = group->mark_capacity == 0 ? 4 : group->mark_capacity * 2;
    struct group_mark *marks = mem_realloc(group->marks, capacity * sizeof(*marks));
    if (marks == NULL) {
        return ERR_MEMORY;
    }
    group->marks = marks;
    group->mark_capacity = capacity;
    return ERR_OK;
}

/* The last append went to the end of the log. There is room. */
static void group_mark_end(struct fanout *fanout, struct group *group)
{
    if (fanout->appended != group || group->mark_count == 0) {
        group->marks[group->mark_count++].order = ++fanout->append_order;
        fanout->appended = group;
    }
    group->marks[group->mark_count - 1].end = group->end;
}

/* Makes sure that the log's last chunk exists and that the round's first place is set. ERR_MEMORY.
 */
static enum error group_begin_round(struct fanout *fanout, struct group *group)
{
    if (group->first != NULL) {
        return ERR_OK;
    }
    if (group->last == NULL) {
        group->last = chunk_new(&fanout->pool);
        if (group->last == NULL) {
            return ERR_MEMORY;
        }
        group->last->owner = &group->last;
        group->first = group->last;
    } else {
        group->first = chunk_take(group->last);
    }
    group->first_from = group->first->used;
    group->start = group->end;
    if (!group->is_dirty) {
        group->is_dirty = true;
        group->next_dirty = NULL;
        *fanout->dirty_end = group;
        fanout->dirty_end = &group->next_dirty;
    }
    return ERR_OK;
}

/* Copies the bytes to the end of the log. All chunks that are needed are made before the first
 * byte, so that it is all or none. */
static enum error group_copy(struct fanout *fanout, struct group *group, struct text bytes)
{
    struct chunk *last = group->last;
    uint32_t here = last->capacity - last->used;
    if (bytes.count > here) {
        struct chunk *chunk = chunk_new(&fanout->pool);
        if (chunk == NULL) {
            return ERR_MEMORY;
        }
        check(bytes.count - here <= chunk->capacity);
        chunk->used = (uint32_t)(bytes.count - here);
        memcpy(chunk->data, bytes.data + here, chunk->used);
        last->next = chunk; /* The new chunk's one reference is this link. */
        last->owner = NULL;
        chunk->owner = &group->last;
        group->last = chunk;
    } else {
        here = (uint32_t)bytes.count;
    }
    memcpy(last->data + last->used, bytes.data, here);
    last->used += here;
    group->end += bytes.count;
    return ERR_OK;
}

void group_append(struct fanout *fanout, struct group *group, struct text bytes,
                  const struct connection *except)
{
    check(bytes.count >= 1 && bytes.count <= GROUP_APPEND_BYTES_MAX);
    if (group->separate && group->first != NULL) {
        /* The last append is written before this one, so that each is a write of its own. */
        for (uint32_t i = 0; i < group->member_count; i++) {
            membership_catch_up(fanout, group->members[i]);
        }
    }
    struct membership *spared = except != NULL ? membership_find(group, except) : NULL;
    if (spared != NULL) {
        connection_catch_up(fanout, spared->connection);
    }
    enum error error = group_make_mark(group);
    if (error == ERR_OK) {
        error = group_begin_round(fanout, group);
    }
    if (error == ERR_OK) {
        error = group_copy(fanout, group, bytes);
    }
    if (error != ERR_OK) {
        group_fail(fanout, group);
        return;
    }
    group_mark_end(fanout, group);
    if (spared != NULL) {
        spared->position = group->end;
    }
}

void group_fail(struct fanout *fanout, struct group *group)
{
    for (uint32_t i = 0; i < group->member_count; i++) {
        connection_fail(fanout, group->members[i]->connection, CONNECTION_STARVED);
    }
}

/* Fills pieces with the round's whole range; 0 when it has more pieces than that. */
static uint32_t group_pieces(const struct group *group, struct iovec *pieces)
{
    uint32_t count = 0;
    uint32_t from = group->first_from;
    for (const struct chunk *chunk = group->first; chunk != NULL; chunk = chunk->next) {
        if (chunk->used > from) {
            if (count == SOCKET_PIECES_MAX) {
                return 0;
            }
            pieces[count].iov_base = (char *)(uintptr_t)(chunk->data + from);
            pieces[count].iov_len = chunk->used - from;
            count++;
        }
        from = 0;
    }
    return count;
}

/* Whether no other group holds something for the member's connection, so that one write is enough.
 */
static bool member_reads_this_alone(const struct membership *member)
{
    const struct connection *connection = member->connection;
    if (connection->membership_count == 1) {
        return true;
    }
    if (connection->membership_count > GROUPS_LOOKED_AT_MAX) {
        return false;
    }
    for (const struct membership *m = connection->memberships; m != NULL; m = m->next) {
        if (m != member && m->position != m->group->end) {
            return false;
        }
    }
    return true;
}

/*
 * The usual member has read all before this round and has something to read in this group alone: it
 * is written to straight from the log. What the kernel does not take becomes a segment.
 */
static void member_write(struct fanout *fanout, struct membership *member,
                         const struct iovec *pieces, uint32_t piece_count)
{
    struct group *group = member->group;
    struct connection *connection = member->connection;
    size_t sent = 0;
    enum error error = socket_write(connection->socket, pieces, piece_count, &sent);
    fanout->write_count++;
    if (error == ERR_IO) {
        member->position = group->end;
        connection_fail(fanout, connection, CONNECTION_GONE);
        return;
    }
    fanout->written_bytes += sent;
    member->position += sent;
    if (member->position == group->end) {
        return;
    }
    membership_catch_up(fanout, member);
    connection_block(fanout, connection);
    connection_measure(fanout, connection);
}

void group_flush(struct fanout *fanout, struct group *group)
{
    struct iovec pieces[SOCKET_PIECES_MAX];
    uint32_t piece_count = group_pieces(group, pieces);
    for (uint32_t i = 0; i < group->member_count; i++) {
        struct membership *member = group->members[i];
        struct connection *connection = member->connection;
        if (member->position == group->end) {
            continue;
        }
        if (piece_count > 0 && member->position == group->start && !connection->blocked &&
            output_empty(&connection->output) && connection->failure == CONNECTION_FINE &&
            member_reads_this_alone(member)) {
            member_write(fanout, member, pieces, piece_count);
        } else {
            connection_catch_up(fanout, connection);
        }
    }
    group->is_dirty = false;
    struct chunk *first = group->first;
    group->first = NULL;
    chunk_give(&fanout->pool, first);
}
