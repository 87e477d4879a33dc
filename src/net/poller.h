/*
 * Waits for sockets: epoll, level-triggered, behind a seam that the simulator fills with another
 * file. One thread.
 */
#ifndef MADANG_NET_POLLER_H
#define MADANG_NET_POLLER_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct poller;

/* What to wait for. A connection that is gone is reported whatever was asked for. */
enum poller_interest {
    POLLER_NONE = 0,
    POLLER_READ = 1,
    POLLER_WRITE = 2,
};

struct poller_event {
    uint64_t token; /* As given to poller_add(). */
    bool readable;  /* There is something to read: bytes, an end or an error. */
    bool writable;
    bool gone; /* Reset, timed out, or closed on both sides. */
};

/* NULL when the system gives none. */
struct poller *poller_new(void);
void poller_free(struct poller *poller);

MUST_USE enum error poller_add(struct poller *poller, int fd, uint64_t token,
                               enum poller_interest interest);
void poller_set(struct poller *poller, int fd, uint64_t token, enum poller_interest interest);
/* Call before the descriptor is closed. */
void poller_remove(struct poller *poller, int fd);

/*
 * Waits at most timeout_ms (-1: without end; 0: not at all) and returns how many of events
 * (capacity of them) were filled; 0 also when a signal came.
 */
uint32_t poller_wait(struct poller *poller, struct poller_event *events, uint32_t capacity,
                     int timeout_ms);

#endif
