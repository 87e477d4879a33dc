/*
 * Lines to several groups: everybody gets each once, and in its place. Every line has a number, in
 * the order in which they were appended; so the order in which a reader got them can be looked at.
 */
#include "net/fanout.h"
#include "net/group.h"

#include "base/mem.h"
#include "seam.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "../core/random.h"

#define READERS 12
#define GROUPS 5
#define LINES_MAX 4096
#define PLENTY (1024 * 1024)

/* To whom a line went: the groups as bits; and who was left out. */
struct line {
    uint32_t groups;
    int except; /* -1: nobody. */
};

struct reader {
    struct connection connection; /* First: a connection is its reader. */
    int far;
    uint32_t groups; /* As bits. */
    char *seen;
    size_t seen_count;
    uint32_t owed[LINES_MAX]; /* Numbers of lines. */
    uint32_t owed_count;
};

struct hall {
    struct poller *poller;
    struct fanout fanout;
    struct group *groups[GROUPS];
    struct reader readers[READERS];
    struct line lines[LINES_MAX];
    uint32_t line_count;
};

static struct hall *hall_new(int send_buffer_bytes)
{
    struct hall *hall = calloc(1, sizeof *hall);
    assert_non_null(hall);
    seam_reset();
    hall->poller = poller_new();
    assert_non_null(hall->poller);
    fanout_init(&hall->fanout, hall->poller, PLENTY);
    for (uint32_t i = 0; i < GROUPS; i++) {
        hall->groups[i] = group_new(&hall->fanout, false, &hall->lines[i]);
        assert_non_null(hall->groups[i]);
        assert_ptr_equal(group_owner(hall->groups[i]), &hall->lines[i]);
    }
    for (uint32_t i = 0; i < READERS; i++) {
        struct reader *reader = &hall->readers[i];
        int sockets[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets), 0);
        assert_int_equal(setsockopt(sockets[0], SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes,
                                    sizeof send_buffer_bytes),
                         0);
        assert_int_equal(connection_open(&hall->fanout, &reader->connection, sockets[0], i),
                         ERR_OK);
        reader->far = sockets[1];
    }
    return hall;
}

static void hall_free(struct hall *hall)
{
    for (uint32_t i = 0; i < READERS; i++) {
        connection_close(&hall->fanout, &hall->readers[i].connection);
        close(hall->readers[i].far);
        free(hall->readers[i].seen);
    }
    for (uint32_t i = 0; i < GROUPS; i++) {
        group_free(&hall->fanout, hall->groups[i]);
    }
    fanout_finish(&hall->fanout);
    poller_free(hall->poller);
    free(hall);
}

static void join(struct hall *hall, uint32_t reader, uint32_t group)
{
    assert_int_equal(group_join(hall->groups[group], &hall->readers[reader].connection), ERR_OK);
    hall->readers[reader].groups |= 1u << group;
}

static void leave(struct hall *hall, uint32_t reader, uint32_t group)
{
    struct reader *one = &hall->readers[reader];
    assert_int_equal(group_leave(&hall->fanout, hall->groups[group], &one->connection), ERR_OK);
    one->groups &= ~(1u << group);
}

static void owe(struct reader *reader, uint32_t number)
{
    reader->owed[reader->owed_count++] = number;
}

/* A line for all in these groups but except (-1: nobody). */
static void append(struct hall *hall, uint32_t groups, int except)
{
    assert_true(hall->line_count < LINES_MAX);
    uint32_t number = hall->line_count++;
    hall->lines[number] = (struct line){.groups = groups, .except = except};
    struct group *some[GROUPS];
    uint32_t count = 0;
    for (uint32_t i = 0; i < GROUPS; i++) {
        if ((groups & 1u << i) != 0) {
            some[count++] = hall->groups[i];
        }
    }
    for (int i = 0; i < READERS; i++) {
        if (i != except && (hall->readers[i].groups & groups) != 0) {
            owe(&hall->readers[i], number);
        }
    }
    char text[32];
    int bytes = snprintf(text, sizeof text, "%u\n", number);
    group_append_once(&hall->fanout, some, count,
                      (struct text){.data = text, .count = (size_t)bytes},
                      except >= 0 ? &hall->readers[except].connection : NULL);
}

static void look(struct reader *reader)
{
    char buffer[4096];
    ssize_t count;
    while ((count = read(reader->far, buffer, sizeof buffer)) > 0) {
        reader->seen = realloc(reader->seen, reader->seen_count + (size_t)count + 1);
        assert_non_null(reader->seen);
        memcpy(reader->seen + reader->seen_count, buffer, (size_t)count);
        reader->seen_count += (size_t)count;
        reader->seen[reader->seen_count] = '\0';
    }
    assert_true(count == 0 || errno == EAGAIN);
}

static void settle(struct hall *hall)
{
    for (int turn = 0; turn < 200; turn++) {
        fanout_flush(&hall->fanout);
        assert_null(connection_take_failed(&hall->fanout));
        struct poller_event events[READERS];
        uint32_t count = poller_wait(hall->poller, events, READERS, 0);
        for (uint32_t i = 0; i < count; i++) {
            if (events[i].writable) {
                connection_writable(&hall->fanout, &hall->readers[events[i].token].connection);
            }
        }
        for (uint32_t i = 0; i < READERS; i++) {
            look(&hall->readers[i]);
        }
    }
}

/* Each reader has got what it was owed, each line once, and in the order of the appends, to
 * whichever groups they were. */
static void assert_all_came(struct hall *hall)
{
    settle(hall);
    for (uint32_t i = 0; i < READERS; i++) {
        struct reader *reader = &hall->readers[i];
        uint32_t count = 0;
        char *at = reader->seen != NULL ? reader->seen : (char[1]){""};
        while (*at != '\0') {
            unsigned long number = strtoul(at, &at, 10);
            assert_true(*at == '\n' && count < reader->owed_count);
            at++;
            assert_int_equal(number, reader->owed[count++]);
        }
        assert_int_equal(count, reader->owed_count);
    }
}

static void member_of_several_gets_it_once_and_in_its_place(void **state)
{
    (void)state;
    struct hall *hall = hall_new(65536);
    join(hall, 0, 0);
    join(hall, 0, 1);
    join(hall, 0, 2);
    join(hall, 1, 0);
    join(hall, 2, 1);
    join(hall, 3, 3);
    append(hall, 1u << 0, -1);
    append(hall, 1u << 1, -1);
    append(hall, 1u << 0 | 1u << 1, -1);
    append(hall, 1u << 1, -1);
    append(hall, 1u << 0, -1);
    append(hall, 1u << 2, -1);
    settle(hall);
    assert_string_equal(hall->readers[1].seen, "0\n2\n4\n");
    assert_string_equal(hall->readers[2].seen, "1\n2\n3\n");
    assert_null(hall->readers[3].seen);
    assert_all_came(hall);
    hall_free(hall);
}

static void writer_is_left_out_of_all_of_them(void **state)
{
    (void)state;
    struct hall *hall = hall_new(65536);
    for (uint32_t reader = 0; reader < 3; reader++) {
        for (uint32_t group = 0; group < 3; group++) {
            join(hall, reader, group);
        }
    }
    append(hall, 1u << 0, -1);
    append(hall, 7, 1);
    append(hall, 1u << 2, -1);
    assert_all_came(hall);
    assert_string_equal(hall->readers[1].seen, "0\n2\n");
    assert_string_equal(hall->readers[0].seen, "0\n1\n2\n");
    hall_free(hall);
}

/* The cost that the header promises: one write a member, straight from the log. */
static void who_is_in_one_of_them_alone_reads_it_from_the_log(void **state)
{
    (void)state;
    struct hall *hall = hall_new(65536);
    for (uint32_t reader = 0; reader < READERS; reader++) {
        join(hall, reader, reader % 2);
    }
    join(hall, 0, 1);
    append(hall, 3, -1);
    for (uint32_t reader = 1; reader < READERS; reader++) {
        assert_null(hall->readers[reader].connection.output.segments);
    }
    fanout_flush(&hall->fanout);
    assert_int_equal(hall->fanout.write_count, READERS);
    assert_all_came(hall);
    hall_free(hall);
}

static void random_rooms_keep_their_order(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct hall *hall = hall_new(seed % 2 == 0 ? 65536 : 2048);
        struct random random = {.state = seed};
        print_message("# seed %llu\n", (unsigned long long)seed);
        for (int step = 0; step < 600; step++) {
            uint32_t reader = random_below(&random, READERS);
            uint32_t group = random_below(&random, GROUPS);
            bool is_in = (hall->readers[reader].groups & 1u << group) != 0;
            switch (random_below(&random, 8)) {
            case 0:
                if (is_in && random_below(&random, 3) == 0) {
                    leave(hall, reader, group);
                } else if (!is_in) {
                    join(hall, reader, group);
                }
                break;
            case 1:
                fanout_flush(&hall->fanout);
                look(&hall->readers[reader]);
                break;
            case 2:
            case 3: {
                uint32_t groups = 1 + random_below(&random, (1u << GROUPS) - 1);
                append(hall, groups, random_below(&random, 4) == 0 ? (int)reader : -1);
                break;
            }
            default:
                append(hall, 1u << group, random_below(&random, 4) == 0 ? (int)reader : -1);
                break;
            }
        }
        assert_all_came(hall);
        hall_free(hall);
    }
}

static void every_failing_allocation_makes_no_hole(void **state)
{
    (void)state;
    bool was_pending = false;
    for (uint64_t nth = 1; !was_pending; nth++) {
        struct hall *hall = hall_new(65536);
        for (uint32_t reader = 0; reader < 4; reader++) {
            join(hall, reader, reader % 3);
            join(hall, reader, 3);
        }
        mem_fail_at(nth);
        append(hall, 1u << 0, -1);
        append(hall, 15, 1);
        append(hall, 1u << 3, -1);
        fanout_flush(&hall->fanout);
        was_pending = mem_fail_pending();
        mem_fail_at(0);
        uint32_t failed = 0;
        while (connection_take_failed(&hall->fanout) != NULL) {
            failed++;
        }
        assert_int_equal(failed == 0, was_pending);
        for (uint32_t reader = 0; reader < 4; reader++) {
            /* Who goes on has read everything. */
            if (hall->readers[reader].connection.failure == CONNECTION_FINE) {
                look(&hall->readers[reader]);
                static const char *const all[] = {"0\n1\n2\n", "2\n", "1\n2\n", "0\n1\n2\n"};
                assert_string_equal(hall->readers[reader].seen, all[reader]);
            }
        }
        hall_free(hall);
    }
}

static void tags_choose_some_of_the_members(void **state)
{
    (void)state;
    struct hall *hall = hall_new(65536);
    for (uint32_t reader = 0; reader < 4; reader++) {
        join(hall, reader, 0);
        assert_int_equal(
            group_set_tag(hall->groups[0], &hall->readers[reader].connection, (uint8_t)reader),
            ERR_OK);
    }
    assert_int_equal(group_set_tag(hall->groups[1], &hall->readers[0].connection, 1),
                     ERR_NOT_FOUND);
    static const struct {
        uint8_t mask;
        uint32_t readers; /* As bits. */
    } cases[] = {{0, 15}, {1, 10}, {2, 12}, {3, 14}, {4, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t cursor = 0;
        uint32_t found = 0;
        for (struct connection *connection;
             (connection = group_next(hall->groups[0], cases[i].mask, &cursor)) != NULL;) {
            uint32_t bit = 1u << (uint32_t)((struct reader *)connection - hall->readers);
            assert_int_equal(found & bit, 0);
            found |= bit;
        }
        assert_int_equal(found, cases[i].readers);
    }
    hall_free(hall);
}

static void moving_keeps_tag_and_order(void **state)
{
    (void)state;
    struct hall *hall = hall_new(65536);
    struct reader *mover = &hall->readers[0];
    join(hall, 0, 0);
    join(hall, 1, 0);
    join(hall, 2, 1);
    assert_int_equal(group_set_tag(hall->groups[0], &mover->connection, 5), ERR_OK);
    append(hall, 1u << 0, -1);
    append(hall, 1u << 1, -1);
    assert_int_equal(
        group_move(&hall->fanout, hall->groups[0], hall->groups[1], &mover->connection), ERR_OK);
    mover->groups = 1u << 1;
    append(hall, 1u << 0, -1);
    append(hall, 1u << 1, -1);
    assert_int_equal(
        group_move(&hall->fanout, hall->groups[0], hall->groups[1], &mover->connection),
        ERR_NOT_FOUND);
    const struct membership *cursor = NULL;
    assert_ptr_equal(connection_next_group(&mover->connection, &cursor), hall->groups[1]);
    assert_int_equal(membership_tag(cursor), 5);
    assert_null(connection_next_group(&mover->connection, &cursor));
    assert_int_equal(group_member_count(hall->groups[0]), 1);
    settle(hall);
    assert_string_equal(mover->seen, "0\n3\n");
    assert_string_equal(hall->readers[1].seen, "0\n2\n");
    assert_string_equal(hall->readers[2].seen, "1\n3\n");
    hall_free(hall);
}

static void shared_chunk_is_one_for_all_and_in_its_place(void **state)
{
    (void)state;
    struct hall *hall = hall_new(65536);
    join(hall, 0, 0);
    append(hall, 1u << 0, -1);
    struct chunk *chunk = chunk_of(TEXT("shared\n"), 0);
    assert_non_null(chunk);
    connection_send_chunk(&hall->fanout, &hall->readers[0].connection, chunk);
    connection_send_chunk(&hall->fanout, &hall->readers[1].connection, chunk);
    assert_int_equal(chunk->references, 3);
    append(hall, 1u << 0, -1);
    settle(hall);
    assert_int_equal(chunk->references, 1);
    chunk_give(&hall->fanout.pool, chunk);
    assert_string_equal(hall->readers[0].seen, "0\nshared\n1\n");
    assert_string_equal(hall->readers[1].seen, "shared\n");
    hall_free(hall);
}

static void first_room_that_got_something_is_flushed_first(void **state)
{
    (void)state;
    struct hall *hall = hall_new(65536);
    for (uint32_t group = 0; group < GROUPS; group++) {
        join(hall, 0, group);
    }
    static const uint32_t order[] = {3, 0, 4, 1, 2};
    for (uint32_t i = 0; i < GROUPS; i++) {
        append(hall, 1u << order[i], -1);
    }
    settle(hall);
    assert_string_equal(hall->readers[0].seen, "0\n1\n2\n3\n4\n");
    hall_free(hall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(member_of_several_gets_it_once_and_in_its_place),
        cmocka_unit_test(writer_is_left_out_of_all_of_them),
        cmocka_unit_test(who_is_in_one_of_them_alone_reads_it_from_the_log),
        cmocka_unit_test(random_rooms_keep_their_order),
        cmocka_unit_test(every_failing_allocation_makes_no_hole),
        cmocka_unit_test(tags_choose_some_of_the_members),
        cmocka_unit_test(moving_keeps_tag_and_order),
        cmocka_unit_test(shared_chunk_is_one_for_all_and_in_its_place),
        cmocka_unit_test(first_room_that_got_something_is_flushed_first),
    };
    return cmocka_run_group_tests_name("groups at once", tests, NULL, NULL);
}
