/*
 * Standard output: bytes wait here until whoever reads them takes them, so that a reader who stops
 * (a pager, a stalled terminal) never stops the client from answering keys and signals.
 */
#ifndef MADANG_CLIENT_OUTPUT_H
#define MADANG_CLIENT_OUTPUT_H

#include "base/bytes.h"

#include <stdint.h>

/* One thread at a time. */
struct output {
    int fd;
    bool owns_fd;
    bool is_socket;
    size_t write_bytes_max; /* What one write may take without blocking. */
    struct bytes pending;
    int failure; /* The errno that ended it, 0 before that: what comes later is dropped. */
};

/* Begins to write to fd, which stays the caller's. A terminal is opened a second time, because
 * O_NONBLOCK on the caller's own descriptor would reach the shell too. */
void output_init(struct output *output, int fd);
void output_finish(struct output *output);
/* Writes what can be written at once. Never blocks. */
void output_flush(struct output *output);
/* Writes all that is pending; ends early at the time limit (-1: none), or when stop_fd becomes
 * readable. */
void output_drain(struct output *output, int stop_fd, int64_t limit_ms);

#endif
