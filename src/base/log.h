/*
 * The server's own log: one line an event, to standard error unless a test sets another sink. What
 * users sent must come through as text: every %s argument is made visible first by the caller with
 * text_append_visible() or printed by log_line() which makes the whole line visible and cuts it at
 * 1,000 bytes.
 */
#ifndef MADANG_BASE_LOG_H
#define MADANG_BASE_LOG_H

#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* Writes "YYYY-MM-DDTHH:MM:SSZ level message". Any thread; a full pipe loses the line rather than
 * the server's time. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Lines below it are not written; LOG_INFO at start. */
void log_level_set(enum log_level level);
/* For tests: lines go to sink instead of standard error; NULL sets it back. */
void log_sink_set(void (*sink)(void *context, const char *line), void *context);

/*
 * At most one line a second for one class of events, with the count of those that were not written.
 * All zero is a valid start; one thread at a time. log_limit_pass() returns true when a line may be
 * written now and sets *out_skipped.
 */
struct log_limit {
    int64_t next_ms;
    uint64_t skipped;
};
int log_limit_pass(struct log_limit *limit, int64_t now_ms, uint64_t *out_skipped);

#endif
