/* Lines cut out of a stream, fed whole and byte by byte. */
#include "expect.h"

#define BOUND 8

static void feed(struct text input, size_t step, const char *expected)
{
    struct seen seen = {0};
    struct line_sink sink = sink_to(&seen);
    struct lines lines;
    lines_init(&lines, BOUND);
    for (size_t i = 0; i < input.count; i += step) {
        size_t count = input.count - i < step ? input.count - i : step;
        struct text part = {.data = input.data + i, .count = count};
        assert_int_equal(lines_feed(&lines, part, &sink), ERR_OK);
        assert_true(lines.rest.count <= BOUND);
    }
    assert_int_equal(lines_end(&lines, &sink), ERR_OK);
    assert_seen(&seen, expected);
    lines_finish(&lines);
}

static void feed_all_ways(struct text input, const char *expected)
{
    for (size_t step = 1; step <= input.count; step++) {
        feed(input, step, expected);
    }
}

static void lines_end_at_newlines(void **state)
{
    (void)state;
    feed_all_ways(TEXT("one\ntwo\n"), "=one\n=two\n");
    feed_all_ways(TEXT("\n\na\n"), "=\n=\n=a\n");
}

static void what_is_left_at_the_end_is_a_line(void **state)
{
    (void)state;
    feed_all_ways(TEXT("one\ntw"), "=one\n=tw\n");
}

static void a_return_is_part_of_the_line(void **state)
{
    (void)state;
    feed_all_ways(TEXT("a\r\nb\n"), "=a\r\n=b\n");
}

static void a_line_at_the_bound_is_whole(void **state)
{
    (void)state;
    feed_all_ways(TEXT("12345678\nx\n"), "=12345678\n=x\n");
}

static void a_longer_line_is_cut_once_and_its_rest_dropped(void **state)
{
    (void)state;
    feed_all_ways(TEXT("123456789\nx\n"), "<12345678\n=x\n");
    feed_all_ways(TEXT("12345678901234567890123\nx\n"), "<12345678\n=x\n");
    feed_all_ways(TEXT("123456789012"), "<12345678\n");
}

static void a_line_without_end_takes_no_memory(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct line_sink sink = sink_to(&seen);
    struct lines lines;
    lines_init(&lines, BOUND);
    char block[4096];
    memset(block, 'x', sizeof(block));
    for (int i = 0; i < 10000; i++) {
        struct text part = {.data = block, .count = sizeof(block)};
        assert_int_equal(lines_feed(&lines, part, &sink), ERR_OK);
    }
    assert_true(lines.rest.capacity < 1024);
    assert_int_equal(lines_feed(&lines, TEXT("\nnext\n"), &sink), ERR_OK);
    assert_seen(&seen, "<xxxxxxxx\n=next\n");
    lines_finish(&lines);
}

static enum error refuse(void *context, struct text line, enum line_kind kind)
{
    (void)line;
    (void)kind;
    int *count = context;
    (*count)++;
    return ERR_MEMORY;
}

static void the_error_of_the_sink_ends_the_feeding(void **state)
{
    (void)state;
    int count = 0;
    struct line_sink sink = {.line = refuse, .context = &count};
    struct lines lines;
    lines_init(&lines, BOUND);
    assert_int_equal(lines_feed(&lines, TEXT("a\nb\n"), &sink), ERR_MEMORY);
    assert_int_equal(count, 1);
    lines_finish(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_at_newlines),
        cmocka_unit_test(what_is_left_at_the_end_is_a_line),
        cmocka_unit_test(a_return_is_part_of_the_line),
        cmocka_unit_test(a_line_at_the_bound_is_whole),
        cmocka_unit_test(a_longer_line_is_cut_once_and_its_rest_dropped),
        cmocka_unit_test(a_line_without_end_takes_no_memory),
        cmocka_unit_test(the_error_of_the_sink_ends_the_feeding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
