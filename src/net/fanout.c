/* Connections in the fan-out, and the end of the round. */
#include "net/fanout.h"

#include "base/check.h"
#include "base/mem.h"
#include "net/group.h"
#include "net/socket.h"

/* A group that has gathered so much is flushed before its pace is due, or it would cut off readers
 * that are not behind. */
#define PACED_BYTES_MAX (64 * 1024)
/* Members from which on it pays to wait for more before a flush. */
#define HELD_MEMBERS_MIN 32

void fanout_init(struct fanout *fanout, struct poller *poller, uint32_t output_bytes_max)
{
    *fanout = (struct fanout){.poller = poller, .output_bytes_max = output_bytes_max};
    fanout->dirty_end = &fanout->dirty;
    chunk_pool_init(&fanout->pool);
}

void fanout_finish(struct fanout *fanout)
{
    check(fanout->dirty == NULL && fanout->failed == NULL);
    chunk_pool_finish(&fanout->pool);
}

static void connection_set_interest(struct fanout *fanout, struct connection *connection,
                                    enum poller_interest interest)
{
    if (connection->interest != interest) {
        connection->interest = interest;
        poller_set(fanout->poller, connection->socket, connection->token, interest);
    }
}

enum error connection_open(struct fanout *fanout, struct connection *connection, int socket,
                           uint64_t token)
{
    enum error error = poller_add(fanout->poller, socket, token, POLLER_READ);
    if (error != ERR_OK) {
        return error;
    }
    *connection = (struct connection){.socket = socket, .token = token, .interest = POLLER_READ};
    return ERR_OK;
}

/* Walks only the lists that it is in: many may fail in one round, and be closed one by one. */
static void fanout_forget(struct fanout *fanout, struct connection *connection)
{
    if (connection->is_touched) {
        struct connection **at = &fanout->touched;
        while (*at != connection) {
            at = &(*at)->next_touched;
        }
        *at = connection->next_touched;
        connection->is_touched = false;
    }
    if (connection->is_failed) {
        struct connection **at = &fanout->failed;
        while (*at != connection) {
            at = &(*at)->next_failed;
        }
        *at = connection->next_failed;
        connection->is_failed = false;
    }
}

void connection_close(struct fanout *fanout, struct connection *connection)
{
    while (connection->memberships != NULL) {
        group_drop(fanout, connection->memberships);
    }
    fanout_forget(fanout, connection);
    output_finish(&connection->output, &fanout->pool);
    poller_remove(fanout->poller, connection->socket);
    socket_close(connection->socket);
    connection->socket = -1;
}

void connection_set_reading(struct fanout *fanout, struct connection *connection, bool reading)
{
    enum poller_interest writing = connection->interest & POLLER_WRITE;
    connection_set_interest(fanout, connection, writing | (reading ? POLLER_READ : POLLER_NONE));
}

void connection_fail(struct fanout *fanout, struct connection *connection,
                     enum connection_failure failure)
{
    if (connection->failure == CONNECTION_FINE) {
        connection->failure = failure;
        connection->is_failed = true;
        connection->next_failed = fanout->failed;
        fanout->failed = connection;
    }
}

void connection_fail_output(struct fanout *fanout, struct connection *connection, enum error error)
{
    connection_fail(fanout, connection,
                    error == ERR_LIMIT ? CONNECTION_BEHIND : CONNECTION_STARVED);
}

struct connection *connection_take_failed(struct fanout *fanout)
{
    struct connection *connection = fanout->failed;
    if (connection != NULL) {
        fanout->failed = connection->next_failed;
        connection->next_failed = NULL;
        connection->is_failed = false;
    }
    return connection;
}

void connection_leave_all(struct fanout *fanout, struct connection *connection)
{
    connection_catch_up(fanout, connection);
    while (connection->memberships != NULL) {
        group_drop(fanout, connection->memberships);
    }
}

void connection_forgive(struct fanout *fanout, struct connection *connection)
{
    while (connection->memberships != NULL) {
        group_drop(fanout, connection->memberships);
    }
    output_cut(&connection->output, &fanout->pool, connection->separate);
    connection->failure = CONNECTION_FINE;
}

void connection_touch(struct fanout *fanout, struct connection *connection)
{
    if (!connection->is_touched) {
        connection->is_touched = true;
        connection->next_touched = fanout->touched;
        fanout->touched = connection;
    }
}

void connection_send(struct fanout *fanout, struct connection *connection, struct text bytes)
{
    if (connection->failure != CONNECTION_FINE || bytes.count == 0) {
        return;
    }
    connection_catch_up(fanout, connection);
    enum error error =
        output_add_private(&connection->output, &fanout->pool, bytes, !connection->separate);
    if (error != ERR_OK) {
        connection_fail_output(fanout, connection, error);
        return;
    }
    connection_touch(fanout, connection);
}

void connection_send_chunk(struct fanout *fanout, struct connection *connection,
                           struct chunk *chunk)
{
    if (connection->failure != CONNECTION_FINE) {
        return;
    }
    connection_catch_up(fanout, connection);
    struct segment segment = {.chunk = chunk, .count = chunk->used};
    enum error error = output_add(&connection->output, &segment, false);
    if (error != ERR_OK) {
        connection_fail_output(fanout, connection, error);
        return;
    }
    connection_touch(fanout, connection);
}

struct group *connection_next_group(const struct connection *connection,
                                    const struct membership **cursor)
{
    *cursor = *cursor == NULL ? connection->memberships : (*cursor)->next;
    return *cursor != NULL ? (*cursor)->group : NULL;
}

uint8_t membership_tag(const struct membership *membership)
{
    return membership->tag;
}

void connection_block(struct fanout *fanout, struct connection *connection)
{
    connection->blocked = true;
    connection_set_interest(fanout, connection, connection->interest | POLLER_WRITE);
}

void connection_measure(struct fanout *fanout, struct connection *connection)
{
    if (connection->output.bytes > fanout->output_bytes_max) {
        connection_fail(fanout, connection, CONNECTION_BEHIND);
    }
}

/* Writes until all is out or the kernel takes no more. */
static void connection_write(struct fanout *fanout, struct connection *connection)
{
    struct iovec pieces[SOCKET_PIECES_MAX];
    while (!output_empty(&connection->output)) {
        uint32_t count = output_pieces(&connection->output, pieces, SOCKET_PIECES_MAX,
                                       connection->separate ? 1 : UINT32_MAX);
        size_t asked = 0;
        for (uint32_t i = 0; i < count; i++) {
            asked += pieces[i].iov_len;
        }
        size_t sent = 0;
        enum error error = socket_write(connection->socket, pieces, count, &sent);
        fanout->write_count++;
        if (error == ERR_IO) {
            connection_fail(fanout, connection, CONNECTION_GONE);
            return;
        }
        if (error == ERR_OK) {
            fanout->written_bytes += sent;
            output_sent(&connection->output, &fanout->pool, sent);
        }
        if (sent < asked) {
            connection_block(fanout, connection);
            break;
        }
    }
    connection_measure(fanout, connection);
}

void connection_writable(struct fanout *fanout, struct connection *connection)
{
    if (connection->failure != CONNECTION_FINE) {
        return;
    }
    connection->blocked = false;
    connection_write(fanout, connection);
    if (!connection->blocked) {
        connection_set_interest(fanout, connection, connection->interest & POLLER_READ);
    }
}

/* Not before this time, unless it has gathered much. */
static int64_t group_due_ms(const struct fanout *fanout, const struct group *group)
{
    if (group->end - group->start >= PACED_BYTES_MAX) {
        return 0;
    }
    if (group->member_count >= HELD_MEMBERS_MIN && fanout->hold_until_ms > group->due_ms) {
        return fanout->hold_until_ms;
    }
    return group->due_ms;
}

void fanout_flush(struct fanout *fanout)
{
    struct group **at = &fanout->dirty;
    while (*at != NULL) {
        struct group *group = *at;
        if (fanout->now_ms < group_due_ms(fanout, group)) {
            at = &group->next_dirty;
            continue;
        }
        *at = group->next_dirty;
        group_flush(fanout, group);
        group->due_ms = group->separate ? 0 : fanout->now_ms + fanout->pace_ms;
    }
    fanout->dirty_end = at;
    while (fanout->touched != NULL) {
        struct connection *connection = fanout->touched;
        fanout->touched = connection->next_touched;
        connection->next_touched = NULL;
        connection->is_touched = false;
        if (connection->failure != CONNECTION_FINE) {
            continue;
        }
        if (connection->blocked) {
            connection_measure(fanout, connection);
        } else {
            connection_write(fanout, connection);
        }
    }
}

int fanout_wait_ms(const struct fanout *fanout)
{
    int wait_ms = -1;
    for (const struct group *group = fanout->dirty; group != NULL; group = group->next_dirty) {
        int64_t due_ms = group_due_ms(fanout, group) - fanout->now_ms;
        if (wait_ms < 0 || due_ms < wait_ms) {
            wait_ms = due_ms > 0 ? (int)due_ms : 0;
        }
    }
    return wait_ms;
}
