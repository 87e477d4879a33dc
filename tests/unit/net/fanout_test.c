/* The fan-out: everybody gets everything, once, in order, whatever the others do. */
#include "crowd.h"
#include "seam.h"

#include "base/mem.h"
#include "net/group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "../core/random.h"

#define PLENTY (1024 * 1024)
#define NOBODY SEATS_MAX

enum { LINES, SEPARATE };

static void append(struct crowd *crowd, uint32_t group, const char *text, uint32_t except)
{
    crowd_append(crowd, group, text_of(text), except);
}

static void one_to_fifty_members_get_the_same(void **state)
{
    (void)state;
    static const uint32_t counts[] = {1, 2, 3, 4, 5, 49, 50};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct crowd *crowd = crowd_new(PLENTY);
        for (uint32_t seat = 0; seat < counts[i]; seat++) {
            assert_true(crowd_sit(crowd, seat));
            crowd_join(crowd, seat, LINES);
        }
        append(crowd, LINES, "[a] one\n", NOBODY);
        append(crowd, LINES, "[b] two\n", NOBODY);
        crowd_flush(crowd);
        /* One write each, for all that the round brought. */
        assert_int_equal(crowd->fanout.write_count, counts[i]);
        crowd_settle(crowd);
        assert_int_equal(crowd->fanout.pool.free_count, 1); /* An idle room holds no chunk. */
        crowd_free(crowd);
    }
}

static void own_line_is_cut_out_of_the_middle(void **state)
{
    (void)state;
    struct crowd *crowd = crowd_new(PLENTY);
    for (uint32_t seat = 0; seat < 3; seat++) {
        assert_true(crowd_sit(crowd, seat));
        crowd_join(crowd, seat, LINES);
    }
    append(crowd, LINES, "[a] one\n", NOBODY);
    append(crowd, LINES, "[1] mine\n", 1);
    append(crowd, LINES, "[a] two\n", NOBODY);
    append(crowd, LINES, "[2] mine\n", 2);
    append(crowd, LINES, "[1] last\n", 1);
    crowd_settle(crowd);
    assert_true(
        text_equal(bytes_text(&crowd->seats[1].seen), TEXT("[a] one\n[a] two\n[2] mine\n")));
    assert_true(text_equal(bytes_text(&crowd->seats[2].seen),
                           TEXT("[a] one\n[1] mine\n[a] two\n[1] last\n")));
    crowd_free(crowd);
}

static void only_its_own_line_costs_no_write(void **state)
{
    (void)state;
    struct crowd *crowd = crowd_new(PLENTY);
    assert_true(crowd_sit(crowd, 0));
    crowd_join(crowd, 0, LINES);
    append(crowd, LINES, "[0] mine\n", 0);
    crowd_flush(crowd);
    assert_int_equal(crowd->fanout.write_count, 0);
    crowd_free(crowd);
}

static void exception_of_a_stranger_changes_nothing(void **state)
{
    (void)state;
    struct crowd *crowd = crowd_new(PLENTY);
    assert_true(crowd_sit(crowd, 0));
    assert_true(crowd_sit(crowd, 1));
    crowd_join(crowd, 0, LINES);
    append(crowd, LINES, "[1] from outside\n", 1);
    crowd_settle(crowd);
    assert_int_equal(crowd->seats[0].seen.count, 17);
    crowd_free(crowd);
}

static void private_words_stand_behind_what_the_group_held(void **state)
{
    (void)state;
    struct crowd *crowd = crowd_new(PLENTY);
    assert_true(crowd_sit(crowd, 0));
    crowd_join(crowd, 0, LINES);
    append(crowd, LINES, "one\n", NOBODY);
    crowd_send(crowd, 0, TEXT("! answer\n"));
    append(crowd, LINES, "two\n", NOBODY);
    crowd_settle(crowd);
    assert_true(text_equal(bytes_text(&crowd->seats[0].seen), TEXT("one\n! answer\ntwo\n")));
    crowd_free(crowd);
}

static void member_reads_from_its_join_to_its_leave(void **state)
{
    (void)state;
    struct crowd *crowd = crowd_new(PLENTY);
    assert_true(crowd_sit(crowd, 0));
    assert_true(crowd_sit(crowd, 1));
    crowd_join(crowd, 0, LINES);
    append(crowd, LINES, "before\n", NOBODY);
    crowd_join(crowd, 1, LINES);
    append(crowd, LINES, "within\n", NOBODY);
    crowd_leave(crowd, 1);
    append(crowd, LINES, "after\n", NOBODY);
    crowd_settle(crowd);
    assert_true(text_equal(bytes_text(&crowd->seats[1].seen), TEXT("within\n")));
    assert_int_equal(group_leave(&crowd->fanout, crowd->groups[LINES], &crowd->seats[1].connection),
                     ERR_NOT_FOUND);
    assert_int_equal(group_member_count(crowd->groups[LINES]), 1);
    crowd_free(crowd);
}

static void all_leaving_in_a_round_still_get_it(void **state)
{
    (void)state;
    struct crowd *crowd = crowd_new(PLENTY);
    for (uint32_t seat = 0; seat < 5; seat++) {
        assert_true(crowd_sit(crowd, seat));
        crowd_join(crowd, seat, LINES);
    }
    append(crowd, LINES, "last\n", NOBODY);
    for (uint32_t seat = 0; seat < 5; seat++) {
        connection_leave_all(&crowd->fanout, &crowd->seats[seat].connection);
        crowd->seats[seat].group = NULL;
    }
    assert_int_equal(group_member_count(crowd->groups[LINES]), 0);
    crowd_settle(crowd);
    assert_int_equal(crowd->seats[4].seen.count, 5);
    crowd_free(crowd);
}

static void group_that_waits_for_its_flush_can_be_freed(void **state)
{
    (void)state;
    struct crowd *crowd = crowd_new(PLENTY);
    struct group *others[3];
    assert_true(crowd_sit(crowd, 0));
    for (int i = 0; i < 3; i++) {
        others[i] = group_new(&crowd->fanout, false, NULL);
        assert_non_null(others[i]);
        struct connection *connection = &crowd->seats[0].connection;
        assert_int_equal(group_join(others[i], connection), ERR_OK);
        group_append(&crowd->fanout, others[i], TEXT("x\n"), NULL);
        assert_int_equal(group_leave(&crowd->fanout, others[i], connection), ERR_OK);
    }
    group_free(&crowd->fanout, others[1]); /* From the middle of the list, */
    group_free(&crowd->fanout, others[2]); /* its head, */
    group_free(&crowd->fanout, others[0]); /* and its end. */
    fanout_flush(&crowd->fanout);
    crowd_read(crowd, 0, 0);
    connection_send(&crowd->fanout, &crowd->seats[0].connection, TEXT("y\n"));
    fanout_flush(&crowd->fanout);
    char seen[16] = "";
    ssize_t count = recv(crowd->seats[0].far, seen, sizeof seen, 0);
    assert_int_equal(count, 8);
    assert_memory_equal(seen, "x\nx\nx\ny\n", 8);
    crowd_free(crowd);
}

static void separate_ones_come_one_a_write(void **state)
{
    (void)state;
    struct crowd *crowd = crowd_new(PLENTY);
    for (uint32_t seat = 0; seat < 3; seat++) {
        assert_true(crowd_sit(crowd, seat));
        crowd_join(crowd, seat, SEPARATE);
    }
    append(crowd, SEPARATE, "[a] one", NOBODY);
    append(crowd, SEPARATE, "[0] own", 0);
    append(crowd, SEPARATE, "[a] three", NOBODY);
    crowd_send(crowd, 1, TEXT("! private: "));
    append(crowd, SEPARATE, "[a] four", NOBODY);
    crowd_settle(crowd); /* crowd.c looks at each write. */
    assert_int_equal(crowd->fanout.write_count, 3 + 5 + 4);
    /* Also what the kernel takes in pieces. */
    seam_limit_write(3);
    append(crowd, SEPARATE, "[a] five and more", NOBODY);
    append(crowd, SEPARATE, "[a] six", NOBODY);
    crowd_settle(crowd);
    crowd_free(crowd);
}

static void partial_write_of_every_size_leaves_no_hole(void **state)
{
    (void)state;
    char text[60];
    memset(text, 'x', sizeof text);
    for (size_t taken = 1; taken <= 130; taken += taken < 62 ? 1 : 5) {
        struct crowd *crowd = crowd_new(PLENTY);
        for (uint32_t seat = 0; seat < 2; seat++) {
            assert_true(crowd_sit(crowd, seat));
            crowd_join(crowd, seat, LINES);
        }
        seam_limit_write(taken);
        for (int round = 0; round < 3; round++) {
            for (int line = 0; line < 2; line++) {
                int count = snprintf(text, sizeof text, "[a] round %d line %d ", round, line);
                text[count] = 'x';
                text[sizeof text - 1] = '\n';
                crowd_append(crowd, LINES, (struct text){text, sizeof text}, NOBODY);
            }
            crowd_send(crowd, 1, TEXT("! word\n"));
            crowd_flush(crowd);
        }
        seam_limit_write(taken % 7 == 0 ? 0 : taken);
        crowd_settle(crowd);
        crowd_free(crowd);
    }
}

/* Lines of a size at which chunks end in the middle of them. */
static void fill_line(char *line, size_t count, unsigned number)
{
    memset(line, 'a' + (int)(number % 26), count);
    int head = snprintf(line, count, "[%u] ", number);
    line[head] = '.';
    line[count - 1] = '\n';
}

static void bytes_over_many_chunks_come_whole(void **state)
{
    (void)state;
    struct crowd *crowd = crowd_new(64 * PLENTY);
    for (uint32_t seat = 0; seat < 3; seat++) {
        assert_true(crowd_sit(crowd, seat));
        crowd_join(crowd, seat, LINES);
    }
    /* One round of more chunks than one write has pieces (64 of 16 KiB). */
    static char line[GROUP_APPEND_BYTES_MAX];
    for (unsigned i = 0; i < 80; i++) {
        fill_line(line, sizeof line, i);
        crowd_append(crowd, LINES, (struct text){line, sizeof line}, i % 9 == 3 ? 1 : NOBODY);
    }
    crowd_settle(crowd);
    assert_int_equal(crowd->seats[0].seen.count, 80 * sizeof line);
    crowd_free(crowd);
}

static void chunk_that_is_just_full_goes_on_in_the_next(void **state)
{
    (void)state;
    static char line[GROUP_APPEND_BYTES_MAX];
    size_t capacity = CHUNK_BYTES - sizeof(struct chunk);
    for (int off = -1; off <= 1; off++) {
        struct crowd *crowd = crowd_new(PLENTY);
        assert_true(crowd_sit(crowd, 0));
        crowd_join(crowd, 0, LINES);
        /* Nobody reads: the chunk stays. */
        size_t first = 12000;
        fill_line(line, first, 1);
        crowd_append(crowd, LINES, (struct text){line, first}, NOBODY);
        crowd_flush(crowd);
        size_t second = (size_t)((long)(capacity - first) + off);
        fill_line(line, second, 2);
        crowd_append(crowd, LINES, (struct text){line, second}, NOBODY);
        crowd_flush(crowd);
        fill_line(line, 100, 3);
        crowd_append(crowd, LINES, (struct text){line, 100}, NOBODY);
        crowd_settle(crowd);
        assert_int_equal(crowd->fanout.pool.free_count, 2);
        crowd_free(crowd);
    }
}

static void stalled_reader_fails_past_the_bound_and_only_it(void **state)
{
    (void)state;
    struct crowd *crowd = crowd_new(10000);
    for (uint32_t seat = 0; seat < 4; seat++) {
        assert_true(crowd_sit(crowd, seat));
        crowd_join(crowd, seat, LINES);
    }
    for (int i = 0; i < 3000 && crowd->seats[3].far >= 0; i++) {
        append(crowd, LINES, "[a] a line of thirty bytes...\n", NOBODY);
        crowd_flush(crowd);
        for (uint32_t seat = 0; seat < 3; seat++) {
            crowd_read(crowd, seat, SIZE_MAX);
        }
        if (crowd->seats[3].far >= 0) {
            assert_true(crowd->seats[3].connection.output.bytes <= 10000);
        }
    }
    assert_int_equal(crowd->seats[3].far, -1);
    assert_int_equal(crowd->failed_counts[CONNECTION_BEHIND], 1);
    crowd_settle(crowd);
    crowd_free(crowd);
}

static void bound_is_allowed_and_one_more_is_not(void **state)
{
    (void)state;
    for (uint32_t more = 0; more <= 1; more++) {
        struct crowd *crowd = crowd_new(1000);
        assert_true(crowd_sit(crowd, 0));
        crowd_join(crowd, 0, LINES);
        seam_limit_write(1); /* The kernel takes one byte, and then waits to be asked. */
        char line[1001 + 1];
        fill_line(line, 1001 + more, 1);
        crowd_append(crowd, LINES, (struct text){line, 1001 + more}, NOBODY);
        fanout_flush(&crowd->fanout);
        struct connection *failed = connection_take_failed(&crowd->fanout);
        if (more == 0) {
            assert_null(failed);
            assert_int_equal(crowd->seats[0].connection.output.bytes, 1000);
        } else {
            assert_ptr_equal(failed, &crowd->seats[0].connection);
            assert_int_equal(failed->failure, CONNECTION_BEHIND);
        }
        crowd_free(crowd);
    }
}

static void forgiven_one_gets_the_rest_of_its_line_and_last_words(void **state)
{
    (void)state;
    struct crowd *crowd = crowd_new(100);
    assert_true(crowd_sit(crowd, 0));
    crowd_join(crowd, 0, LINES);
    struct connection *connection = &crowd->seats[0].connection;
    seam_limit_write(4);
    for (int i = 0; i < 20; i++) {
        group_append(&crowd->fanout, crowd->groups[LINES], TEXT("[a] line\n"), NULL);
    }
    fanout_flush(&crowd->fanout);
    assert_ptr_equal(connection_take_failed(&crowd->fanout), connection);
    assert_null(connection_take_failed(&crowd->fanout));
    connection_forgive(&crowd->fanout, connection);
    assert_int_equal(group_member_count(crowd->groups[LINES]), 0);
    connection_send(&crowd->fanout, connection, TEXT("! sendq: too far behind\n"));
    fanout_flush(&crowd->fanout);
    seam_limit_write(0);
    connection_writable(&crowd->fanout, connection);
    assert_null(connection_take_failed(&crowd->fanout));
    char seen[64] = "";
    ssize_t count = recv(crowd->seats[0].far, seen, sizeof seen - 1, 0);
    assert_true(count > 0);
    assert_string_equal(seen, "[a] line\n! sendq: too far behind\n");
    crowd_free(crowd);
}

static void many_short_messages_are_being_behind_as_well(void **state)
{
    (void)state;
    struct crowd *crowd = crowd_new(PLENTY);
    assert_true(crowd_sit(crowd, 0));
    crowd_join(crowd, 0, SEPARATE);
    seam_limit_write(1);
    for (int i = 0; i < 9000 && crowd->seats[0].far >= 0; i++) {
        append(crowd, SEPARATE, "[a] b", NOBODY);
        crowd_flush(crowd);
    }
    assert_int_equal(crowd->failed_counts[CONNECTION_BEHIND], 1);
    crowd_free(crowd);
}

static void gone_reader_fails_and_only_it(void **state)
{
    (void)state;
    for (uint32_t nth = 1; nth <= 3; nth++) {
        struct crowd *crowd = crowd_new(PLENTY);
        for (uint32_t seat = 0; seat < 3; seat++) {
            assert_true(crowd_sit(crowd, seat));
            crowd_join(crowd, seat, LINES);
        }
        seam_fail_at(SEAM_WRITE, nth, ERR_IO);
        append(crowd, LINES, "one\n", NOBODY);
        append(crowd, LINES, "[1] own\n", 1);
        crowd_settle(crowd);
        assert_int_equal(crowd->failed_counts[CONNECTION_GONE], 1);
        append(crowd, LINES, "two\n", NOBODY);
        crowd_settle(crowd);
        assert_int_equal(group_member_count(crowd->groups[LINES]), 2);
        crowd_free(crowd);
    }
}

static void closing_the_failed_and_touched_ones_forgets_them(void **state)
{
    (void)state;
    struct crowd *crowd = crowd_new(PLENTY);
    for (uint32_t seat = 0; seat < 6; seat++) {
        assert_true(crowd_sit(crowd, seat));
        crowd_join(crowd, seat, LINES);
        crowd_send(crowd, seat, TEXT("touched\n"));
    }
    append(crowd, LINES, "pending\n", NOBODY);
    crowd_close(crowd, 2);
    crowd_close(crowd, 5);
    crowd_close(crowd, 0);
    group_fail(&crowd->fanout, crowd->groups[LINES]);
    crowd_close(crowd, 3);
    crowd_close(crowd, 1);
    crowd_flush(crowd);
    assert_int_equal(crowd->failed_counts[CONNECTION_STARVED], 1);
    assert_int_equal(crowd->seats[4].far, -1);
    crowd_free(crowd);
}

static void paced_group_is_flushed_when_it_is_due(void **state)
{
    (void)state;
    struct crowd *crowd = crowd_new(PLENTY);
    crowd->fanout.pace_ms = 5;
    crowd->fanout.now_ms = 100;
    assert_true(crowd_sit(crowd, 0));
    crowd_join(crowd, 0, LINES);
    append(crowd, LINES, "at once\n", NOBODY);
    assert_int_equal(fanout_wait_ms(&crowd->fanout), 0);
    crowd_flush(crowd);
    assert_int_equal(crowd->fanout.write_count, 1);
    assert_int_equal(fanout_wait_ms(&crowd->fanout), -1);
    crowd->fanout.now_ms = 101;
    append(crowd, LINES, "paced\n", NOBODY);
    crowd_flush(crowd);
    assert_int_equal(crowd->fanout.write_count, 1);
    assert_int_equal(fanout_wait_ms(&crowd->fanout), 4);
    /* Private words come behind it all the same. */
    crowd_send(crowd, 0, TEXT("! word\n"));
    crowd_flush(crowd);
    assert_int_equal(crowd->fanout.write_count, 2);
    append(crowd, LINES, "paced again\n", NOBODY);
    crowd->fanout.now_ms = 104;
    crowd_flush(crowd);
    assert_int_equal(crowd->fanout.write_count, 2);
    crowd->fanout.now_ms = 105;
    crowd_flush(crowd);
    assert_int_equal(crowd->fanout.write_count, 3);
    crowd_settle(crowd);
    crowd_free(crowd);
}

static void paced_group_gathers_no_more_than_its_bound(void **state)
{
    (void)state;
    struct crowd *crowd = crowd_new(PLENTY);
    crowd->fanout.pace_ms = 1000;
    crowd->fanout.now_ms = 100;
    assert_true(crowd_sit(crowd, 0));
    crowd_join(crowd, 0, LINES);
    append(crowd, LINES, "at once\n", NOBODY);
    crowd_flush(crowd);
    char line[1024];
    fill_line(line, sizeof line, 1);
    for (int i = 0; i < 63; i++) {
        crowd_append(crowd, LINES, (struct text){line, sizeof line}, NOBODY);
        crowd_flush(crowd);
    }
    assert_int_equal(crowd->fanout.write_count, 1);
    crowd_append(crowd, LINES, (struct text){line, sizeof line}, NOBODY);
    crowd_flush(crowd);
    assert_true(crowd->fanout.write_count > 1);
    crowd_settle(crowd);
    crowd_free(crowd);
}

/* So many members wait for what is on its way; one less is written to at once. */
static uint64_t writes_while_held(uint32_t member_count, int64_t now_ms)
{
    struct crowd *crowd = crowd_new(PLENTY);
    crowd->fanout.hold_until_ms = 102;
    crowd->fanout.now_ms = now_ms;
    for (uint32_t seat = 0; seat < member_count; seat++) {
        assert_true(crowd_sit(crowd, seat));
        crowd_join(crowd, seat, LINES);
    }
    append(crowd, LINES, "held\n", NOBODY);
    crowd_flush(crowd);
    uint64_t writes = crowd->fanout.write_count;
    assert_int_equal(fanout_wait_ms(&crowd->fanout), writes > 0 ? -1 : (int)(102 - now_ms));
    crowd->fanout.hold_until_ms = 0;
    crowd_settle(crowd);
    crowd_free(crowd);
    return writes;
}

static void large_group_waits_for_what_is_on_its_way(void **state)
{
    (void)state;
    assert_int_equal(writes_while_held(31, 100), 31);
    assert_int_equal(writes_while_held(32, 100), 0);
    assert_int_equal(writes_while_held(32, 101), 0);
    assert_int_equal(writes_while_held(32, 102), 32);
}

static void member_of_two_groups_gets_both(void **state)
{
    (void)state;
    struct crowd *crowd = crowd_new(PLENTY);
    assert_true(crowd_sit(crowd, 0));
    crowd_join(crowd, 0, LINES);
    struct group *other = group_new(&crowd->fanout, false, NULL);
    assert_int_equal(group_join(other, &crowd->seats[0].connection), ERR_OK);
    group_append(&crowd->fanout, crowd->groups[LINES], TEXT("a1\n"), NULL);
    group_append(&crowd->fanout, other, TEXT("b1\n"), NULL);
    group_append(&crowd->fanout, crowd->groups[LINES], TEXT("a2\n"), NULL);
    fanout_flush(&crowd->fanout);
    char seen[16] = "";
    assert_int_equal(recv(crowd->seats[0].far, seen, sizeof seen - 1, 0), 9);
    const char *first = strstr(seen, "a1\n");
    const char *second = strstr(seen, "a2\n");
    assert_non_null(strstr(seen, "b1\n"));
    assert_non_null(first);
    assert_true(second > first);
    assert_int_equal(group_leave(&crowd->fanout, other, &crowd->seats[0].connection), ERR_OK);
    group_free(&crowd->fanout, other);
    crowd_free(crowd);
}

struct plan {
    uint64_t seed;
    uint32_t steps;
    size_t write_bytes_max;
    uint32_t output_bytes_max;
};

static void random_step(struct crowd *crowd, struct random *random, unsigned number)
{
    char line[700];
    uint32_t index = random_below(random, SEATS_MAX);
    struct seat *seat = &crowd->seats[index];
    uint32_t group = index % 2 == 0 ? LINES : SEPARATE; /* Once and for all. */
    size_t count = 20 + random_below(random, random_below(random, 4) == 0 ? 680 : 40);
    fill_line(line, count, number);
    switch (random_below(random, 16)) {
    case 0:
    case 1:
        if (seat->far < 0) {
            assert_true(crowd_sit(crowd, index));
        }
        break;
    case 2:
    case 3:
    case 4:
        if (seat->far >= 0 && seat->group == NULL) {
            crowd_join(crowd, index, group);
        }
        break;
    case 5:
        if (seat->far >= 0 && seat->group != NULL) {
            crowd_leave(crowd, index);
        }
        break;
    case 6:
        if (seat->far >= 0 && random_below(random, 4) == 0) {
            crowd_close(crowd, index);
        }
        break;
    case 7:
        /* Only its group makes a connection one of separate messages. */
        if (seat->far >= 0 && (group == LINES || seat->separate)) {
            crowd_send(crowd, index, (struct text){line, count});
        }
        break;
    case 8:
    case 9:
        crowd_read(crowd, index, 1 + random_below(random, 5000));
        break;
    case 10:
        crowd_poll(crowd);
        crowd_flush(crowd);
        break;
    case 11:
        crowd_flush(crowd);
        break;
    default:
        crowd_append(crowd, group, (struct text){line, count},
                     seat->far >= 0 && random_below(random, 3) == 0 ? index : NOBODY);
        break;
    }
}

static struct crowd *play(const struct plan *plan)
{
    struct random random = {.state = plan->seed};
    struct crowd *crowd = crowd_new(plan->output_bytes_max);
    seam_limit_write(plan->write_bytes_max);
    for (unsigned i = 0; i < plan->steps; i++) {
        random_step(crowd, &random, i);
    }
    crowd_settle(crowd);
    return crowd;
}

static void random_rounds_leave_no_hole(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        static const size_t write_bytes[] = {0, 0, 1000, 37};
        struct plan plan = {
            .seed = seed,
            .steps = 2000,
            .write_bytes_max = write_bytes[seed % 4],
            .output_bytes_max = seed % 3 == 0 ? 20000 : 64 * PLENTY,
        };
        crowd_free(play(&plan));
    }
}

static void joins_with_every_failing_allocation(struct crowd *crowd)
{
    for (uint32_t seat = 0; seat < 8; seat++) {
        if (crowd_sit(crowd, seat)) {
            struct seat *sitting = &crowd->seats[seat];
            uint32_t group = seat % 2;
            if (group_join(crowd->groups[group], &sitting->connection) == ERR_OK) {
                sitting->group = crowd->groups[group];
                sitting->separate = group == SEPARATE;
            }
        }
    }
}

static void every_failing_allocation_makes_no_hole(void **state)
{
    (void)state;
    char line[5000];
    uint64_t nth = 0;
    bool was_pending = false;
    for (nth = 1; !was_pending; nth++) {
        struct crowd *crowd = crowd_new(PLENTY);
        mem_fail_at(nth);
        joins_with_every_failing_allocation(crowd);
        for (unsigned i = 0; i < 12; i++) {
            fill_line(line, sizeof line, i);
            crowd_append(crowd, i % 2, (struct text){line, sizeof line},
                         i % 3 == 0 ? i % 8 : NOBODY);
            if (crowd->seats[i % 8].far >= 0) {
                crowd_send(crowd, i % 8, TEXT("! word\n"));
            }
            if (i % 4 == 3) {
                crowd_flush(crowd);
            }
        }
        crowd_settle(crowd);
        was_pending = mem_fail_pending();
        mem_fail_at(0);
        /* Who is in no group because of it has failed alone; a group fails as a whole. */
        assert_int_equal(crowd->failed_counts[CONNECTION_GONE], 0);
        assert_int_equal(crowd->failed_counts[CONNECTION_BEHIND], 0);
        append(crowd, LINES, "afterwards all is well\n", NOBODY);
        crowd_settle(crowd);
        crowd_free(crowd);
    }
    assert_true(nth > 30); /* The scene needs as many. */
}

static void every_failing_write_makes_no_hole(void **state)
{
    (void)state;
    static const enum error errors[] = {ERR_IO, ERR_AGAIN};
    for (size_t kind = 0; kind < 2; kind++) {
        bool was_pending = false;
        for (uint64_t nth = 1; !was_pending; nth += 1 + nth / 8) {
            struct random random = {.state = 7};
            struct crowd *crowd = crowd_new(PLENTY);
            seam_fail_at(SEAM_WRITE, nth, errors[kind]);
            for (unsigned i = 0; i < 400; i++) {
                random_step(crowd, &random, i);
            }
            crowd_settle(crowd);
            was_pending = seam_fail_pending();
            assert_int_equal(crowd->failed_counts[CONNECTION_GONE],
                             was_pending || errors[kind] == ERR_AGAIN ? 0 : 1);
            crowd_free(crowd);
        }
    }
}

static void socket_that_the_poller_refuses_is_no_connection(void **state)
{
    (void)state;
    struct crowd *crowd = crowd_new(PLENTY);
    seam_fail_at(SEAM_POLLER_ADD, 1, ERR_LIMIT);
    assert_false(crowd_sit(crowd, 0));
    assert_true(crowd_sit(crowd, 0));
    crowd_free(crowd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_to_fifty_members_get_the_same),
        cmocka_unit_test(own_line_is_cut_out_of_the_middle),
        cmocka_unit_test(only_its_own_line_costs_no_write),
        cmocka_unit_test(exception_of_a_stranger_changes_nothing),
        cmocka_unit_test(private_words_stand_behind_what_the_group_held),
        cmocka_unit_test(member_reads_from_its_join_to_its_leave),
        cmocka_unit_test(all_leaving_in_a_round_still_get_it),
        cmocka_unit_test(group_that_waits_for_its_flush_can_be_freed),
        cmocka_unit_test(separate_ones_come_one_a_write),
        cmocka_unit_test(partial_write_of_every_size_leaves_no_hole),
        cmocka_unit_test(bytes_over_many_chunks_come_whole),
        cmocka_unit_test(chunk_that_is_just_full_goes_on_in_the_next),
        cmocka_unit_test(stalled_reader_fails_past_the_bound_and_only_it),
        cmocka_unit_test(bound_is_allowed_and_one_more_is_not),
        cmocka_unit_test(forgiven_one_gets_the_rest_of_its_line_and_last_words),
        cmocka_unit_test(many_short_messages_are_being_behind_as_well),
        cmocka_unit_test(gone_reader_fails_and_only_it),
        cmocka_unit_test(closing_the_failed_and_touched_ones_forgets_them),
        cmocka_unit_test(paced_group_is_flushed_when_it_is_due),
        cmocka_unit_test(paced_group_gathers_no_more_than_its_bound),
        cmocka_unit_test(large_group_waits_for_what_is_on_its_way),
        cmocka_unit_test(member_of_two_groups_gets_both),
        cmocka_unit_test(random_rounds_leave_no_hole),
        cmocka_unit_test(every_failing_allocation_makes_no_hole),
        cmocka_unit_test(every_failing_write_makes_no_hole),
        cmocka_unit_test(socket_that_the_poller_refuses_is_no_connection),
    };
    return cmocka_run_group_tests_name("fanout", tests, NULL, NULL);
}
