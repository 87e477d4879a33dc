/* The server's log: short lines, safe to read on a terminal, and never waited for. */
#include "base/log.h"

#include "base/bytes.h"
#include "base/utf8.h"

#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES_MAX 1000
#define LIMIT_MS 1000

typedef void log_sink_function(void *context, const char *line);

/* One line at a time: so no two threads find room for one line in the pipe and both write. Nothing
 * under the lock waits. */
static pthread_mutex_t sink_lock = PTHREAD_MUTEX_INITIALIZER;
static log_sink_function *sink_function;
static void *sink_context;
static uint64_t lost_count;
static _Atomic int level_min = LOG_INFO;

static const char *level_name(enum log_level level)
{
    switch (level) {
    case LOG_DEBUG:
        return "debug";
    case LOG_INFO:
        return "info";
    case LOG_WARNING:
        return "warning";
    case LOG_ERROR:
        return "error";
    }
    return "unknown";
}

/* Writes to standard error if that can be done at once. line has room for a newline at count. */
static int write_line(char *line, size_t count)
{
    struct pollfd target = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&target, 1, 0) != 1 || (target.revents & POLLOUT) == 0) {
        return 0;
    }
    line[count] = '\n';
    return write(STDERR_FILENO, line, count + 1) == (ssize_t)(count + 1);
}

static void write_lost(void)
{
    char line[64];
    int count = snprintf(line, sizeof(line), "(%llu lines of the log were lost here)",
                         (unsigned long long)lost_count);
    if (count > 0 && write_line(line, (size_t)count)) {
        lost_count = 0;
    }
}

/* The beginning of a line: time and level. Returns its bytes. */
static size_t start_line(char out[LINE_BYTES_MAX + 1], enum log_level level)
{
    struct timespec now;
    struct tm parts;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || gmtime_r(&now.tv_sec, &parts) == NULL) {
        parts = (struct tm){.tm_mday = 1, .tm_year = 70};
    }
    size_t count = strftime(out, LINE_BYTES_MAX, "%Y-%m-%dT%H:%M:%SZ ", &parts);
    int level_bytes = snprintf(out + count, LINE_BYTES_MAX - count, "%s ", level_name(level));
    return count + (level_bytes > 0 ? (size_t)level_bytes : 0);
}

/* Appends the visible form of message as far as whole characters fit. */
static size_t append_visible(char out[LINE_BYTES_MAX + 1], size_t count, struct text message)
{
    while (message.count > 0) {
        char form[UTF8_VISIBLE_BYTES_MAX];
        size_t form_bytes;
        size_t bytes = text_visible_rune(message, form, &form_bytes);
        if (count + form_bytes > LINE_BYTES_MAX) {
            break;
        }
        memcpy(out + count, form, form_bytes);
        count += form_bytes;
        message.data += bytes;
        message.count -= bytes;
    }
    return count;
}

void log_line(enum log_level level, const char *format, ...)
{
    if ((int)level < atomic_load_explicit(&level_min, memory_order_relaxed)) {
        return;
    }
    /* The visible form is never shorter, so more than a line's worth need not be formatted. The
     * time takes room too: what the cut here may do to the last character is never reached. */
    char message[LINE_BYTES_MAX + 1];
    va_list arguments;
    va_start(arguments, format);
    int message_bytes = vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    if (message_bytes < 0) {
        message[0] = '\0';
    }
    char line[LINE_BYTES_MAX + 1];
    size_t count = append_visible(line, start_line(line, level), text_of(message));
    pthread_mutex_lock(&sink_lock);
    if (sink_function != NULL) {
        line[count] = '\0';
        sink_function(sink_context, line);
    } else {
        if (lost_count > 0) {
            write_lost();
        }
        if (lost_count > 0 || !write_line(line, count)) {
            lost_count++;
        }
    }
    pthread_mutex_unlock(&sink_lock);
}

void log_level_set(enum log_level level)
{
    atomic_store_explicit(&level_min, (int)level, memory_order_relaxed);
}

void log_sink_set(void (*sink)(void *context, const char *line), void *context)
{
    pthread_mutex_lock(&sink_lock);
    sink_function = sink;
    sink_context = context;
    pthread_mutex_unlock(&sink_lock);
}

int log_limit_pass(struct log_limit *limit, int64_t now_ms, uint64_t *out_skipped)
{
    if (now_ms < limit->next_ms) {
        limit->skipped++;
        return 0;
    }
    *out_skipped = limit->skipped;
    limit->skipped = 0;
    limit->next_ms = now_ms + LIMIT_MS;
    return 1;
}
