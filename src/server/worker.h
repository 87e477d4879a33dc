/*
 * A worker owns connections and runs their doors: bytes become commands for the hub, effects from
 * the hub become bytes. Steps are bounded and never block; the thread around them (server.c) or the
 * simulator decides when they run. One thread.
 */
#ifndef MADANG_SERVER_WORKER_H
#define MADANG_SERVER_WORKER_H

#include "server/bus.h"

struct worker;

/* Takes a reference of its own on config. NULL when memory or descriptors are lacking. */
struct worker *worker_new(struct bus *bus, uint32_t index, struct config *config);
/* Closes what is left, without a word. */
void worker_free(struct worker *worker);

/*
 * Waits for events at most wait_ms and as long as timers let it (0: not at all), then does all
 * there is to do. now_ms is monotonic and read by the caller's clock after the wait: clock may be
 * called once.
 */
void worker_step(struct worker *worker, int wait_ms, int64_t (*clock)(void *context),
                 void *context);
/* The end has come and nobody is left. */
bool worker_is_done(const struct worker *worker);

#endif
