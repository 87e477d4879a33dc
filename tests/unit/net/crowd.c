/* What each reader is owed, and what it has got. */
#include "crowd.h"

#include "seam.h"

#include "base/mem.h"
#include "net/group.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* Of the sockets; the kernel makes some KiB of it. */
#define SEND_BUFFER_BYTES 2048

/* A write to a reader of separate messages ends where a message ends. */
static void watch_write(void *context, int socket, size_t asked, size_t taken)
{
    struct crowd *crowd = context;
    for (uint32_t i = 0; i < SEATS_MAX; i++) {
        struct seat *seat = &crowd->seats[i];
        if (seat->far < 0 || seat->connection.socket != socket || !seat->separate) {
            continue;
        }
        if (seat->length_left == 0) {
            assert_true(seat->length_done < seat->length_count);
            seat->length_left = seat->lengths[seat->length_done];
        }
        assert_int_equal(asked, seat->length_left);
        seat->length_left -= taken;
        seat->length_done += seat->length_left == 0 ? 1 : 0;
    }
}

struct crowd *crowd_new(uint32_t output_bytes_max)
{
    struct crowd *crowd = calloc(1, sizeof *crowd);
    assert_non_null(crowd);
    crowd->poller = poller_new();
    assert_non_null(crowd->poller);
    fanout_init(&crowd->fanout, crowd->poller, output_bytes_max);
    for (uint32_t i = 0; i < CROWD_GROUPS; i++) {
        crowd->groups[i] = group_new(&crowd->fanout, i == 1, NULL);
        assert_non_null(crowd->groups[i]);
    }
    for (uint32_t i = 0; i < SEATS_MAX; i++) {
        crowd->seats[i].far = -1;
    }
    seam_reset();
    seam_watch_writes(watch_write, crowd);
    return crowd;
}

void crowd_free(struct crowd *crowd)
{
    for (uint32_t i = 0; i < SEATS_MAX; i++) {
        crowd_close(crowd, i);
    }
    for (uint32_t i = 0; i < CROWD_GROUPS; i++) {
        group_free(&crowd->fanout, crowd->groups[i]);
    }
    fanout_finish(&crowd->fanout);
    poller_free(crowd->poller);
    free(crowd);
    seam_reset();
}

bool crowd_sit(struct crowd *crowd, uint32_t index)
{
    struct seat *seat = &crowd->seats[index];
    int sockets[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets), 0);
    int bytes = SEND_BUFFER_BYTES;
    assert_int_equal(setsockopt(sockets[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes), 0);
    *seat = (struct seat){.far = -1};
    if (connection_open(&crowd->fanout, &seat->connection, sockets[0], index) != ERR_OK) {
        close(sockets[0]);
        close(sockets[1]);
        return false;
    }
    seat->far = sockets[1];
    return true;
}

void crowd_close(struct crowd *crowd, uint32_t index)
{
    struct seat *seat = &crowd->seats[index];
    if (seat->far < 0) {
        return;
    }
    connection_close(&crowd->fanout, &seat->connection);
    close(seat->far);
    seat->far = -1;
    seat->group = NULL;
    bytes_finish(&seat->owed);
    bytes_finish(&seat->seen);
    free(seat->lengths);
}

void crowd_join(struct crowd *crowd, uint32_t index, uint32_t group)
{
    struct seat *seat = &crowd->seats[index];
    assert_int_equal(group_join(crowd->groups[group], &seat->connection), ERR_OK);
    seat->group = crowd->groups[group];
    seat->separate = seat->separate || group == 1;
}

void crowd_leave(struct crowd *crowd, uint32_t index)
{
    struct seat *seat = &crowd->seats[index];
    enum error error = group_leave(&crowd->fanout, seat->group, &seat->connection);
    assert_int_equal(error, ERR_OK);
    seat->group = NULL;
}

/* The test's own memory does not fail. */
static void owe(struct seat *seat, struct text bytes)
{
    if (seat->connection.failure != CONNECTION_FINE) {
        return; /* Its end is certain. */
    }
    if (seat->owed.capacity < seat->owed.count + bytes.count) {
        size_t capacity = (seat->owed.count + bytes.count) * 2;
        seat->owed.data = realloc(seat->owed.data, capacity);
        assert_non_null(seat->owed.data);
        seat->owed.capacity = capacity;
    }
    memcpy(seat->owed.data + seat->owed.count, bytes.data, bytes.count);
    seat->owed.count += bytes.count;
    if (seat->length_count == seat->length_capacity) {
        seat->length_capacity = seat->length_capacity * 2 + 16;
        seat->lengths = realloc(seat->lengths, seat->length_capacity * sizeof *seat->lengths);
        assert_non_null(seat->lengths);
    }
    seat->lengths[seat->length_count++] = (uint32_t)bytes.count;
}

void crowd_append(struct crowd *crowd, uint32_t group, struct text bytes, uint32_t except)
{
    for (uint32_t i = 0; i < SEATS_MAX; i++) {
        struct seat *seat = &crowd->seats[i];
        if (seat->far >= 0 && i != except && seat->group == crowd->groups[group]) {
            owe(seat, bytes);
        }
    }
    group_append(&crowd->fanout, crowd->groups[group], bytes,
                 except < SEATS_MAX ? &crowd->seats[except].connection : NULL);
}

void crowd_send(struct crowd *crowd, uint32_t index, struct text bytes)
{
    owe(&crowd->seats[index], bytes);
    connection_send(&crowd->fanout, &crowd->seats[index].connection, bytes);
}

static void assert_no_hole(const struct seat *seat)
{
    assert_true(seat->seen.count <= seat->owed.count);
    if (seat->seen.count > 0) {
        assert_memory_equal(seat->seen.data, seat->owed.data, seat->seen.count);
    }
}

void crowd_flush(struct crowd *crowd)
{
    fanout_flush(&crowd->fanout);
    for (struct connection *connection;
         (connection = connection_take_failed(&crowd->fanout)) != NULL;) {
        struct seat *seat = (struct seat *)connection;
        crowd->failed_counts[connection->failure]++;
        crowd_read(crowd, (uint32_t)(seat - crowd->seats), SIZE_MAX);
        crowd_close(crowd, (uint32_t)(seat - crowd->seats));
    }
}

void crowd_read(struct crowd *crowd, uint32_t index, size_t bytes_max)
{
    struct seat *seat = &crowd->seats[index];
    if (seat->far < 0) {
        return;
    }
    char buffer[65536];
    while (bytes_max > 0) {
        ssize_t count =
            read(seat->far, buffer, bytes_max < sizeof buffer ? bytes_max : sizeof buffer);
        if (count <= 0) {
            assert_true(count == 0 || errno == EAGAIN);
            break;
        }
        seat->seen.data = realloc(seat->seen.data, seat->seen.count + (size_t)count);
        assert_non_null(seat->seen.data);
        memcpy(seat->seen.data + seat->seen.count, buffer, (size_t)count);
        seat->seen.count += (size_t)count;
        bytes_max -= (size_t)count;
    }
    assert_no_hole(seat);
}

void crowd_poll(struct crowd *crowd)
{
    struct poller_event events[SEATS_MAX];
    uint32_t count = poller_wait(crowd->poller, events, SEATS_MAX, 0);
    for (uint32_t i = 0; i < count; i++) {
        if (events[i].writable) {
            connection_writable(&crowd->fanout, &crowd->seats[events[i].token].connection);
        }
    }
}

static bool crowd_is_settled(const struct crowd *crowd)
{
    for (uint32_t i = 0; i < SEATS_MAX; i++) {
        const struct seat *seat = &crowd->seats[i];
        if (seat->far >= 0 && (seat->seen.count < seat->owed.count ||
                               (seat->connection.interest & POLLER_WRITE) != 0)) {
            return false;
        }
    }
    return true;
}

void crowd_settle(struct crowd *crowd)
{
    crowd_flush(crowd);
    for (int turn = 0; turn < 2000 && !crowd_is_settled(crowd); turn++) {
        for (uint32_t i = 0; i < SEATS_MAX; i++) {
            crowd_read(crowd, i, SIZE_MAX);
        }
        crowd_poll(crowd);
        crowd_flush(crowd);
    }
    for (uint32_t i = 0; i < SEATS_MAX; i++) {
        struct seat *seat = &crowd->seats[i];
        if (seat->far >= 0) {
            assert_int_equal(seat->seen.count, seat->owed.count);
            assert_no_hole(seat);
            assert_true(output_empty(&seat->connection.output));
            assert_int_equal(seat->connection.interest & POLLER_WRITE, 0);
        }
    }
}
