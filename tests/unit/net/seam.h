/*
 * The seam between madang and the kernel, at a test's wish: the n-th call of a kind fails, a write
 * takes only so many bytes, and every write is shown. The real functions do the rest. Linked in by
 * the linker's --wrap, so that the code under test is the one that ships. One thread.
 */
#ifndef MADANG_TESTS_UNIT_NET_SEAM_H
#define MADANG_TESTS_UNIT_NET_SEAM_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum seam_call {
    SEAM_READ,
    SEAM_WRITE,
    SEAM_ACCEPT,
    SEAM_POLLER_ADD,
    SEAM_CALL_COUNT,
};

/* Nothing fails, nothing is shown, nothing is counted yet. */
void seam_reset(void);
/* The n-th call of that kind from now (1 is the next one) fails with error, once; 0: none. */
void seam_fail_at(enum seam_call call, uint64_t nth, enum error error);
/* True when the planned failure is still to come. */
bool seam_fail_pending(void);
/* Calls of that kind since seam_reset(). */
uint64_t seam_count(enum seam_call call);
/* Bytes that were read since seam_reset(). */
uint64_t seam_read_bytes(void);
/* Every write takes at most so many bytes; 0: as many as the kernel does. */
void seam_limit_write(size_t bytes_max);
/* The kernel takes nothing more, until that is over. */
void seam_block_write(bool blocked);
/* Is told of each write: how many bytes were asked for, and how many were taken (0 on failure). */
typedef void seam_write_watcher(void *context, int socket, size_t asked, size_t taken);
void seam_watch_writes(seam_write_watcher *watcher, void *context);

#endif
