/*
 * The hub gives commands their order and applies them to the core, which it alone owns. Steps are
 * bounded and never block; the thread around them (server.c) or the simulator decides when they
 * run. One thread.
 */
#ifndef MADANG_SERVER_HUB_H
#define MADANG_SERVER_HUB_H

#include "core/core.h"
#include "journal/journal.h"
#include "server/bus.h"

struct hub;

struct hub_options {
    struct journal_mark mark; /* What the journal ended with. */
    struct text server;       /* Its name and description; copied. */
    struct text info;
    struct text lobby; /* The room that is always there; copied. "": none. */
};

/* NULL when there is no memory. */
struct hub *hub_new(struct bus *bus, const struct hub_options *options);
void hub_free(struct hub *hub);
/* Before the first step: a row of state as the journal kept it. Errors as core_load(). */
MUST_USE enum error hub_load(struct hub *hub, const struct row *row);

/*
 * Takes what commands there are, at most command_max of them, and publishes what they caused; the
 * first entry of all is the lobby's. now_ms is Unix time. Returns how many commands it took. Takes
 * none while the journal refuses or a ring lacks room.
 */
uint32_t hub_step(struct hub *hub, int64_t now_ms, uint32_t command_max);
/* Before sleeping: true when hub_step() may find something to do. When not, whoever makes room
 * wakes the hub. */
bool hub_has_work(struct hub *hub);
/* True when the workers have said that no more commands come, and all are taken. */
bool hub_is_drained(struct hub *hub);
/* After a burst, in a quiet time: gives the rings' memory back. */
bool hub_is_grown(const struct hub *hub);
void hub_trim(struct hub *hub);
/* The core, for metrics and the simulator's checks. */
const struct core *hub_core(const struct hub *hub);

#endif
