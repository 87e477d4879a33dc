/* The heap of deadlines. */
#include "net/timers.h"

#include "base/check.h"
#include "base/mem.h"

#include <stddef.h>

#define WAIT_MS_MAX (3600 * 1000)

void timers_init(struct timers *timers)
{
    *timers = (struct timers){0};
}

void timers_finish(struct timers *timers)
{
    mem_free(timers->heap);
    *timers = (struct timers){0};
}

enum error timers_reserve(struct timers *timers, uint32_t count)
{
    if (count <= timers->capacity) {
        return ERR_OK;
    }
    uint32_t capacity = timers->capacity == 0 ? 64 : timers->capacity;
    while (capacity < count) {
        capacity *= 2;
    }
    struct timer **heap =
        mem_realloc(timers->heap, ((size_t)capacity + 1) * sizeof(struct timer *));
    if (heap == NULL) {
        return ERR_MEMORY;
    }
    timers->heap = heap;
    timers->capacity = capacity;
    return ERR_OK;
}

static void heap_put(struct timers *timers, uint32_t place, struct timer *timer)
{
    timers->heap[place] = timer;
    timer->place = place;
}

/* Moves the timer, which stands nowhere yet, from place to where it belongs. */
static void heap_settle(struct timers *timers, uint32_t place, struct timer *timer)
{
    while (place > 1 && timers->heap[place / 2]->deadline_ms > timer->deadline_ms) {
        heap_put(timers, place, timers->heap[place / 2]);
        place /= 2;
    }
    for (;;) {
        uint32_t child = place * 2;
        if (child > timers->count) {
            break;
        }
        if (child < timers->count &&
            timers->heap[child + 1]->deadline_ms < timers->heap[child]->deadline_ms) {
            child++;
        }
        if (timers->heap[child]->deadline_ms >= timer->deadline_ms) {
            break;
        }
        heap_put(timers, place, timers->heap[child]);
        place = child;
    }
    heap_put(timers, place, timer);
}

void timers_set(struct timers *timers, struct timer *timer, int64_t deadline_ms)
{
    timer->deadline_ms = deadline_ms;
    if (timer->place == 0) {
        check(timers->count < timers->capacity);
        timers->count++;
        heap_settle(timers, timers->count, timer);
    } else {
        heap_settle(timers, timer->place, timer);
    }
}

void timers_cancel(struct timers *timers, struct timer *timer)
{
    uint32_t place = timer->place;
    if (place == 0) {
        return;
    }
    check(timers->heap[place] == timer);
    timer->place = 0;
    struct timer *last = timers->heap[timers->count];
    timers->count--;
    if (last != timer) {
        heap_settle(timers, place, last);
    }
}

struct timer *timers_take(struct timers *timers, int64_t now_ms)
{
    if (timers->count == 0 || timers->heap[1]->deadline_ms > now_ms) {
        return NULL;
    }
    struct timer *timer = timers->heap[1];
    timers_cancel(timers, timer);
    return timer;
}

int timers_wait_ms(const struct timers *timers, int64_t now_ms)
{
    if (timers->count == 0) {
        return -1;
    }
    int64_t wait_ms = timers->heap[1]->deadline_ms - now_ms;
    if (wait_ms <= 0) {
        return 0;
    }
    return wait_ms < WAIT_MS_MAX ? (int)wait_ms : WAIT_MS_MAX;
}
