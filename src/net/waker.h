/*
 * Wakes a thread that sleeps because its rings are empty. The sleeper says that it will sleep,
 * looks at its rings once more, and sleeps; whoever puts something into a ring wakes it, which
 * costs a system call only when it really sleeps.
 */
#ifndef MADANG_NET_WAKER_H
#define MADANG_NET_WAKER_H

#include "base/error.h"

#include <stdatomic.h>
#include <stdbool.h>

struct waker {
    int fd;
    atomic_bool sleeping;
};

/* ERR_LIMIT: no descriptor. */
MUST_USE enum error waker_init(struct waker *waker);
void waker_finish(struct waker *waker);

/* Sleeper: from now on wakes are for real. Look at the rings after this and before sleeping. */
void waker_prepare(struct waker *waker);
/* Sleeper: awake again (also when it did not sleep after all). */
void waker_awake(struct waker *waker);
/* Sleeper with a poller: call when the poller reports waker->fd, or it will be reported again. */
void waker_clear(struct waker *waker);
/*
 * Sleeper without a poller: sleeps until woken, at most timeout_ms (-1: without end). False when
 * the time ran out.
 */
bool waker_sleep(struct waker *waker, int timeout_ms);
/* Any thread. What was published before is seen by the sleeper's next look. */
void waker_wake(struct waker *waker);

#endif
