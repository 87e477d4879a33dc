/* Deadlines in a binary heap: one timer an owner, set and cancelled in O(log n). One thread. */
#ifndef MADANG_NET_TIMERS_H
#define MADANG_NET_TIMERS_H

#include "base/error.h"

#include <stdint.h>

/* All zero is a timer that is not set. Its memory must stay in place while it is set. */
struct timer {
    int64_t deadline_ms;
    uint32_t place; /* In the heap, from 1; 0: not set. */
};

struct timers {
    struct timer **heap; /* From 1. */
    uint32_t count;
    uint32_t capacity;
};

void timers_init(struct timers *timers);
void timers_finish(struct timers *timers);
/* Makes room for so many timers, so that setting never fails. ERR_MEMORY. */
MUST_USE enum error timers_reserve(struct timers *timers, uint32_t count);
/* Sets or moves it. At most as many as were reserved. */
void timers_set(struct timers *timers, struct timer *timer, int64_t deadline_ms);
void timers_cancel(struct timers *timers, struct timer *timer);
/* Takes one whose deadline is not after now_ms; NULL when there is none. */
struct timer *timers_take(struct timers *timers, int64_t now_ms);
/* Milliseconds to the next deadline, 0 when it has passed, -1 when no timer is set; at most an
 * hour. */
int timers_wait_ms(const struct timers *timers, int64_t now_ms);

#endif
