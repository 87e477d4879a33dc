/* The list of segments: merged, cut, sent in any pieces. */
#include "net/output.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PIECES_MAX 64
/* The longest list that is kept. */
#define SEGMENTS_MAX 8192

/* A log of a few small chunks, as a group makes it but with ends where the test wants them. */
struct log {
    struct chunk_pool pool;
    struct chunk *first;
    struct chunk *last;
    uint64_t end;
};

static void log_init(struct log *log)
{
    *log = (struct log){0};
    chunk_pool_init(&log->pool);
    log->first = chunk_new(&log->pool);
    assert_non_null(log->first);
    log->last = log->first;
}

static void log_finish(struct log *log)
{
    chunk_give(&log->pool, log->first);
    chunk_pool_finish(&log->pool);
}

static void log_chunk(struct log *log)
{
    log->last->next = chunk_new(&log->pool);
    assert_non_null(log->last->next);
    log->last = log->last->next;
}

/* The bytes behind those that the log has, as a segment. The pieces go into chunks of their own. */
static struct segment log_append(struct log *log, const char *piece, const char *next_piece)
{
    struct segment segment = {.chunk = log->last, .from = log->last->used, .log = 1};
    const char *pieces[] = {piece, next_piece};
    for (int i = 0; i < 2 && pieces[i] != NULL; i++) {
        if (i > 0) {
            log_chunk(log);
        }
        uint32_t count = (uint32_t)strlen(pieces[i]);
        memcpy(log->last->data + log->last->used, pieces[i], count);
        log->last->used += count;
        log->end += count;
        segment.count += count;
    }
    segment.end = log->end;
    return segment;
}

static void add(struct output *output, struct segment segment, bool merge)
{
    assert_int_equal(output_add(output, &segment, merge), ERR_OK);
}

/* All that the output holds, as one string. */
static const char *all_of(const struct output *output, char *out)
{
    struct iovec pieces[PIECES_MAX];
    uint32_t count = output_pieces(output, pieces, PIECES_MAX, UINT32_MAX);
    size_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        assert_true(pieces[i].iov_len > 0);
        memcpy(out + at, pieces[i].iov_base, pieces[i].iov_len);
        at += pieces[i].iov_len;
    }
    assert_int_equal(at, output->bytes);
    out[at] = '\0';
    return out;
}

static void neighbours_of_one_log_are_one_segment(void **state)
{
    (void)state;
    struct log log;
    log_init(&log);
    struct output output = {0};
    char text[64];
    add(&output, log_append(&log, "one\n", NULL), true);
    add(&output, log_append(&log, "two", "two\n"), true);
    add(&output, log_append(&log, "three\n", NULL), true);
    assert_int_equal(output.segment_count, 1);
    assert_string_equal(all_of(&output, text), "one\ntwotwo\nthree\n");
    output_finish(&output, &log.pool);
    log_finish(&log);
}

static void a_gap_another_log_and_separate_ones_are_not_merged(void **state)
{
    (void)state;
    struct log log;
    log_init(&log);
    struct output output = {0};
    char text[64];
    add(&output, log_append(&log, "one\n", NULL), true);
    (void)log_append(&log, "its own line\n", NULL);
    add(&output, log_append(&log, "two\n", NULL), true);
    assert_int_equal(output.segment_count, 2);
    struct segment other = log_append(&log, "three\n", NULL);
    other.log = 2;
    add(&output, other, true);
    assert_int_equal(output.segment_count, 3);
    add(&output, log_append(&log, "four\n", NULL), false);
    assert_int_equal(output.segment_count, 4);
    assert_int_equal(output_add_private(&output, &log.pool, TEXT("x\n"), false), ERR_OK);
    assert_int_equal(output_add_private(&output, &log.pool, TEXT("y\n"), false), ERR_OK);
    assert_int_equal(output.segment_count, 6);
    assert_string_equal(all_of(&output, text), "one\ntwo\nthree\nfour\nx\ny\n");
    output_finish(&output, &log.pool);
    log_finish(&log);
}

static void fill_mixed(struct output *output, struct log *log)
{
    add(output, log_append(log, "alpha\nbe", "ta\n"), true);
    assert_int_equal(output_add_private(output, &log->pool, TEXT("! private\n"), false), ERR_OK);
    add(output, log_append(log, "", "gamma\n"), true); /* Begins at a chunk's very end. */
    add(output, log_append(log, "delta", "\n"), true);
}

#define MIXED "alpha\nbeta\n! private\ngamma\ndelta\n"

static void sent_in_two_parts_cut_at_every_byte(void **state)
{
    (void)state;
    for (size_t cut = 1; cut < sizeof MIXED - 1; cut++) {
        struct log log;
        log_init(&log);
        struct output output = {0};
        fill_mixed(&output, &log);
        char text[64];
        assert_string_equal(all_of(&output, text), MIXED);
        output_sent(&output, &log.pool, cut);
        assert_string_equal(all_of(&output, text), &MIXED[cut]);
        output_sent(&output, &log.pool, sizeof MIXED - 1 - cut);
        assert_true(output_empty(&output));
        assert_null(output.segments); /* Who is not behind costs nothing. */
        log_finish(&log);
    }
}

static void sent_byte_by_byte(void **state)
{
    (void)state;
    struct log log;
    log_init(&log);
    struct output output = {0};
    fill_mixed(&output, &log);
    /* The log itself lets go: the output alone keeps what it still needs. */
    chunk_give(&log.pool, log.first);
    char text[64];
    for (size_t sent = 0; sent < sizeof MIXED - 1; sent++) {
        assert_string_equal(all_of(&output, text), &MIXED[sent]);
        output_sent(&output, &log.pool, 1);
    }
    assert_true(output_empty(&output));
    assert_int_equal(log.pool.free_count, 4); /* All of its chunks are back. */
    chunk_pool_finish(&log.pool);
}

static void segments_go_on_being_merged_after_a_partial_send(void **state)
{
    (void)state;
    struct log log;
    log_init(&log);
    struct output output = {0};
    add(&output, log_append(&log, "one\n", NULL), true);
    output_sent(&output, &log.pool, 3);
    add(&output, log_append(&log, "tw", "o\n"), true);
    char text[64];
    assert_int_equal(output.segment_count, 1);
    assert_string_equal(all_of(&output, text), "\ntwo\n");
    output_finish(&output, &log.pool);
    log_finish(&log);
}

static void cut_keeps_the_rest_of_the_line_it_is_in(void **state)
{
    (void)state;
    /* What is sent before, and what must then be left. */
    static const struct {
        size_t sent;
        const char *left;
    } cases[] = {
        {0, "alpha\n"}, {3, "ha\n"}, {5, "\n"}, {6, "beta\n"}, {8, "ta\n"}, {12, " private\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct log log;
        log_init(&log);
        struct output output = {0};
        fill_mixed(&output, &log);
        output_sent(&output, &log.pool, cases[i].sent);
        output_cut(&output, &log.pool, false);
        char text[64];
        assert_string_equal(all_of(&output, text), cases[i].left);
        /* What comes after is not taken for a neighbour. */
        add(&output, log_append(&log, "later\n", NULL), true);
        output_finish(&output, &log.pool);
        log_finish(&log);
    }
}

static void cut_of_separate_ones_keeps_the_first_segment(void **state)
{
    (void)state;
    struct log log;
    log_init(&log);
    struct output output = {0};
    add(&output, log_append(&log, "[a] x", NULL), false);
    add(&output, log_append(&log, "[b] y", NULL), false);
    output_sent(&output, &log.pool, 2);
    output_cut(&output, &log.pool, true);
    char text[64];
    assert_string_equal(all_of(&output, text), "] x");
    output_finish(&output, &log.pool);
    log_finish(&log);
}

static void cut_of_nothing_is_nothing(void **state)
{
    (void)state;
    struct chunk_pool pool;
    chunk_pool_init(&pool);
    struct output output = {0};
    output_cut(&output, &pool, false);
    assert_true(output_empty(&output));
    chunk_pool_finish(&pool);
}

static void pieces_are_as_many_as_asked_for(void **state)
{
    (void)state;
    struct log log;
    log_init(&log);
    struct output output = {0};
    fill_mixed(&output, &log);
    struct iovec pieces[PIECES_MAX];
    assert_int_equal(output_pieces(&output, pieces, PIECES_MAX, UINT32_MAX), 5);
    assert_int_equal(output_pieces(&output, pieces, 4, UINT32_MAX), 4);
    assert_int_equal(output_pieces(&output, pieces, 1, UINT32_MAX), 1);
    assert_int_equal(pieces[0].iov_len, 8);
    assert_int_equal(output_pieces(&output, pieces, PIECES_MAX, 1), 2); /* One segment's. */
    output_finish(&output, &log.pool);
    log_finish(&log);
}

static void list_has_a_bound(void **state)
{
    (void)state;
    struct log log;
    log_init(&log);
    struct output output = {0};
    struct segment segment = log_append(&log, "x", NULL);
    for (int i = 0; i < SEGMENTS_MAX; i++) {
        add(&output, segment, false);
    }
    assert_int_equal(output_add(&output, &segment, false), ERR_LIMIT);
    assert_int_equal(output.bytes, SEGMENTS_MAX);
    output_sent(&output, &log.pool, SEGMENTS_MAX / 2);
    add(&output, segment, false); /* There is room again. */
    output_finish(&output, &log.pool);
    log_finish(&log);
}

static void private_bytes_are_gathered_in_one_chunk(void **state)
{
    (void)state;
    struct log log;
    log_init(&log);
    struct output output = {0};
    char text[2048];
    char expected[2048];
    size_t count = 0;
    char line[64];
    for (int i = 0; i < 40; i++) {
        int bytes = snprintf(line, sizeof line, "answer %d of many\n", i);
        memcpy(expected + count, line, (size_t)bytes);
        count += (size_t)bytes;
        assert_int_equal(output_add_private(&output, &log.pool, text_of(line), true), ERR_OK);
        if (i == 20) {
            output_sent(&output, &log.pool, 30); /* In the middle of the second one. */
        }
    }
    assert_int_equal(output.segment_count, 1);
    expected[count] = '\0';
    assert_string_equal(all_of(&output, text), expected + 30);
    /* Not behind what others have as well, nor behind what a log holds. */
    struct segment *last = &output.segments[0];
    struct chunk *held = chunk_take(last->chunk);
    assert_int_equal(output_add_private(&output, &log.pool, TEXT("x\n"), true), ERR_OK);
    assert_int_equal(output.segment_count, 2);
    add(&output, log_append(&log, "room\n", NULL), true);
    assert_int_equal(output_add_private(&output, &log.pool, TEXT("y\n"), true), ERR_OK);
    assert_int_equal(output.segment_count, 4);
    chunk_give(&log.pool, held);
    memcpy(expected + count, "x\nroom\ny\n", sizeof "x\nroom\ny\n");
    assert_string_equal(all_of(&output, text), expected + 30);
    /* Nor behind a line that was cut. */
    output_cut(&output, &log.pool, false);
    assert_int_equal(output_add_private(&output, &log.pool, TEXT("end\n"), true), ERR_OK);
    assert_string_equal(all_of(&output, text), "any\nend\n");
    output_finish(&output, &log.pool);
    log_finish(&log);
}

static void without_memory_nothing_changes(void **state)
{
    (void)state;
    struct log log;
    log_init(&log);
    struct output output = {0};
    char text[64];
    struct segment segment = log_append(&log, "x\n", NULL);
    mem_fail_at(1);
    assert_int_equal(output_add(&output, &segment, false), ERR_MEMORY);
    assert_true(output_empty(&output));
    add(&output, segment, false);
    for (uint64_t nth = 1; nth <= 1; nth++) {
        mem_fail_at(nth);
        assert_int_equal(output_add_private(&output, &log.pool, TEXT("y\n"), false), ERR_MEMORY);
        assert_string_equal(all_of(&output, text), "x\n");
    }
    mem_fail_at(0);
    output_finish(&output, &log.pool);
    log_finish(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_of_one_log_are_one_segment),
        cmocka_unit_test(a_gap_another_log_and_separate_ones_are_not_merged),
        cmocka_unit_test(sent_in_two_parts_cut_at_every_byte),
        cmocka_unit_test(sent_byte_by_byte),
        cmocka_unit_test(segments_go_on_being_merged_after_a_partial_send),
        cmocka_unit_test(cut_keeps_the_rest_of_the_line_it_is_in),
        cmocka_unit_test(cut_of_separate_ones_keeps_the_first_segment),
        cmocka_unit_test(cut_of_nothing_is_nothing),
        cmocka_unit_test(pieces_are_as_many_as_asked_for),
        cmocka_unit_test(list_has_a_bound),
        cmocka_unit_test(private_bytes_are_gathered_in_one_chunk),
        cmocka_unit_test(without_memory_nothing_changes),
    };
    return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
