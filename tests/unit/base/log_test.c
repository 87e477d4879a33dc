/* A log line is one line of harmless text, and never waited for. */
#include "base/log.h"

#include "base/utf8.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LINE_BYTES_MAX 1000
/* "YYYY-MM-DDTHH:MM:SSZ " */
#define TIME_BYTES 21

struct sink {
    char line[2048];
    int count;
};

static void take_line(void *context, const char *line)
{
    struct sink *sink = context;
    assert_true(strlen(line) < sizeof(sink->line));
    memcpy(sink->line, line, strlen(line) + 1);
    sink->count++;
}

static int listen_to_log(void **state)
{
    struct sink *sink = calloc(1, sizeof(*sink));
    log_sink_set(take_line, sink);
    *state = sink;
    return 0;
}

static int stop_listening(void **state)
{
    log_sink_set(NULL, NULL);
    log_level_set(LOG_INFO);
    free(*state);
    return 0;
}

static void line_is_time_level_and_message(void **state)
{
    struct sink *sink = *state;
    log_line(LOG_WARNING, "%s: %d", "connections", 7);
    static const char shape[] = "0000-00-00T00:00:00Z ";
    for (size_t i = 0; i < TIME_BYTES; i++) {
        bool is_digit = sink->line[i] >= '0' && sink->line[i] <= '9';
        assert_true(shape[i] == '0' ? is_digit : sink->line[i] == shape[i]);
    }
    assert_string_equal(sink->line + TIME_BYTES, "warning connections: 7");
}

static void levels_below_the_set_one_are_not_written(void **state)
{
    struct sink *sink = *state;
    log_line(LOG_DEBUG, "debug");
    assert_int_equal(sink->count, 0);
    log_line(LOG_INFO, "info");
    assert_int_equal(sink->count, 1);
    log_level_set(LOG_ERROR);
    log_line(LOG_WARNING, "warning");
    assert_int_equal(sink->count, 1);
    log_line(LOG_ERROR, "error");
    assert_int_equal(sink->count, 2);
    log_level_set(LOG_DEBUG);
    log_line(LOG_DEBUG, "debug");
    assert_string_equal(sink->line + TIME_BYTES, "debug debug");
}

static void what_users_sent_is_shown_as_text(void **state)
{
    struct sink *sink = *state;
    log_line(LOG_INFO, "refused %s", "x\n[user9] 접속\x1b[2J\xff%n\u202e");
    assert_string_equal(sink->line + TIME_BYTES, "info refused x^J[user9] 접속^[[2J\\xff%n\\u202e");
}

/* How long the line with the prefix "...Z info " and so many bytes of message comes out. */
static size_t line_bytes(struct sink *sink, const char *piece, size_t message_bytes)
{
    char message[4000];
    size_t piece_bytes = strlen(piece);
    assert_true(message_bytes < sizeof(message));
    for (size_t i = 0; i < message_bytes; i++) {
        message[i] = piece[i % piece_bytes];
    }
    message[message_bytes] = '\0';
    log_line(LOG_INFO, "%s", message);
    return strlen(sink->line);
}

static void line_is_cut_at_its_bound(void **state)
{
    struct sink *sink = *state;
    size_t prefix_bytes = TIME_BYTES + strlen("info ");
    size_t bytes_max = LINE_BYTES_MAX - prefix_bytes;
    assert_int_equal(line_bytes(sink, "a", bytes_max), LINE_BYTES_MAX);
    assert_int_equal(line_bytes(sink, "a", bytes_max + 1), LINE_BYTES_MAX);
    assert_int_equal(line_bytes(sink, "a", 3000), LINE_BYTES_MAX);
    /* What grows when made visible is cut at the same place. */
    assert_int_equal(line_bytes(sink, "\x1b", bytes_max), LINE_BYTES_MAX);
}

static void line_is_cut_between_characters(void **state)
{
    struct sink *sink = *state;
    for (size_t spaces = 1; spaces <= 3; spaces++) {
        char piece[3000] = {0};
        memset(piece, ' ', spaces);
        for (size_t i = spaces; i + 3 < 2500; i += 3) {
            memcpy(piece + i, "한", 3);
        }
        size_t bytes = line_bytes(sink, piece, strlen(piece));
        assert_true(bytes <= LINE_BYTES_MAX && bytes > LINE_BYTES_MAX - 3);
        assert_true(utf8_valid(text_of(sink->line)));
        assert_null(strchr(sink->line, '\\'));
    }
}

/* Standard error as a pipe that nobody reads, and back. */
struct pipe_for_errors {
    int saved;
    int reader;
    int writer;
};

static void redirect_errors(struct pipe_for_errors *redirect)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    redirect->saved = dup(STDERR_FILENO);
    redirect->reader = ends[0];
    redirect->writer = ends[1];
    assert_true(redirect->saved >= 0 && dup2(ends[1], STDERR_FILENO) >= 0);
}

static void restore_errors(struct pipe_for_errors *redirect)
{
    assert_true(dup2(redirect->saved, STDERR_FILENO) >= 0);
    close(redirect->saved);
    close(redirect->reader);
    close(redirect->writer);
}

static void full_pipe_loses_lines_and_counts_them(void **state)
{
    (void)state;
    struct pipe_for_errors redirect;
    redirect_errors(&redirect);
    /* A pipe holds 64 KiB: without the look before the write this would wait for ever. */
    for (int i = 0; i < 10000; i++) {
        log_line(LOG_INFO, "%d %0100d", i, 0);
    }
    static char text[1 << 20];
    ssize_t before = read(redirect.reader, text, sizeof(text));
    assert_true(before > 0);
    assert_int_equal(text[before - 1], '\n');
    log_line(LOG_INFO, "here again");
    ssize_t after = read(redirect.reader, text, sizeof(text) - 1);
    restore_errors(&redirect);
    assert_true(after > 0);
    text[after] = '\0';
    assert_non_null(strstr(text, " lines of the log were lost here)\n"));
    assert_non_null(strstr(text, "info here again\n"));
}

static void *write_many(void *argument)
{
    for (int i = 0; i < 200; i++) {
        log_line(LOG_INFO, "%s", (const char *)argument);
    }
    return NULL;
}

static void threads_write_whole_lines(void **state)
{
    (void)state;
    struct pipe_for_errors redirect;
    redirect_errors(&redirect);
    static char words[3][81];
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        memset(words[i], 'a' + i, 80);
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, words[i]), 0);
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    static char text[1 << 20];
    ssize_t count = read(redirect.reader, text, sizeof(text) - 1);
    restore_errors(&redirect);
    assert_true(count > 0);
    text[count] = '\0';
    int lines = 0;
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0'; lines++) {
        const char *word = line + TIME_BYTES + strlen("info ");
        assert_int_equal(strlen(word), 80);
        assert_int_equal(strspn(word, (char[]){word[0], '\0'}), 80);
    }
    assert_true(lines > 0);
}

static void limit_lets_one_line_a_second_through_and_counts(void **state)
{
    (void)state;
    struct log_limit limit = {0};
    uint64_t skipped = 99;
    assert_true(log_limit_pass(&limit, 5000, &skipped));
    assert_int_equal(skipped, 0);
    skipped = 99;
    assert_false(log_limit_pass(&limit, 5000, &skipped));
    assert_false(log_limit_pass(&limit, 5999, &skipped));
    assert_int_equal(skipped, 99);
    assert_true(log_limit_pass(&limit, 6000, &skipped));
    assert_int_equal(skipped, 2);
    assert_true(log_limit_pass(&limit, 9000, &skipped));
    assert_int_equal(skipped, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(line_is_time_level_and_message, listen_to_log,
                                        stop_listening),
        cmocka_unit_test_setup_teardown(levels_below_the_set_one_are_not_written, listen_to_log,
                                        stop_listening),
        cmocka_unit_test_setup_teardown(what_users_sent_is_shown_as_text, listen_to_log,
                                        stop_listening),
        cmocka_unit_test_setup_teardown(line_is_cut_at_its_bound, listen_to_log, stop_listening),
        cmocka_unit_test_setup_teardown(line_is_cut_between_characters, listen_to_log,
                                        stop_listening),
        cmocka_unit_test(full_pipe_loses_lines_and_counts_them),
        cmocka_unit_test(threads_write_whole_lines),
        cmocka_unit_test(limit_lets_one_line_a_second_through_and_counts),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
