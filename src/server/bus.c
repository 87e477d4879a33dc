/* Making and ending the rings between the threads. */
#include "server/bus.h"

#include <string.h>

const struct bus_options bus_options_default = {
    .commands_bytes = 1024 * 1024,
    .effects_bytes = 4 * 1024 * 1024,
    .arrivals_bytes = 64 * 1024,
    .notes_bytes = 256 * 1024,
    .requests_bytes = 16 * 1024,
    .verdicts_bytes = 4 * 1024,
    .rows_bytes = 4 * 1024 * 1024,
    .console_bytes = 1024 * 1024,
    .group_entries_max = GROUP_ENTRIES_MAX,
    .group_bytes_max = GROUP_BYTES_MAX,
    .output_bytes_max = OUTPUT_BYTES_MAX,
};

static enum error lane_init(struct lane *lane, const struct bus_options *options)
{
    lane->commands = ring_new(options->commands_bytes);
    lane->effects = ring_new(options->effects_bytes);
    lane->arrivals = ring_new(options->arrivals_bytes);
    lane->notes = ring_new(options->notes_bytes);
    lane->requests = ring_new(options->requests_bytes);
    lane->verdicts = ring_new(options->verdicts_bytes);
    if (lane->commands == NULL || lane->effects == NULL || lane->arrivals == NULL ||
        lane->notes == NULL || lane->requests == NULL || lane->verdicts == NULL) {
        return ERR_MEMORY;
    }
    return waker_init(&lane->waker);
}

static void lane_finish(struct lane *lane)
{
    ring_free(lane->commands);
    ring_free(lane->effects);
    ring_free(lane->arrivals);
    ring_free(lane->notes);
    ring_free(lane->requests);
    ring_free(lane->verdicts);
    waker_finish(&lane->waker);
}

enum error bus_init(struct bus *bus, uint32_t worker_count, uint64_t seq,
                    const struct bus_options *options)
{
    memset(bus, 0, sizeof *bus);
    struct waker *wakers[] = {&bus->gate_waker, &bus->hub_waker, &bus->committer_waker,
                              &bus->console_waker, &bus->verifier_waker};
    for (size_t i = 0; i < sizeof wakers / sizeof wakers[0]; i++) {
        wakers[i]->fd = -1;
    }
    for (uint32_t i = 0; i < WORKERS_MAX; i++) {
        bus->lanes[i].waker.fd = -1;
    }
    bus->options = *options;
    bus->worker_count = worker_count;
    atomic_init(&bus->committed, seq);
    atomic_init(&bus->journal_state, JOURNAL_FINE);
    atomic_init(&bus->stage, STAGE_RUN);
    enum error error = ERR_OK;
    for (size_t i = 0; i < sizeof wakers / sizeof wakers[0] && error == ERR_OK; i++) {
        error = waker_init(wakers[i]);
    }
    for (uint32_t i = 0; i < worker_count && error == ERR_OK; i++) {
        error = lane_init(&bus->lanes[i], options);
    }
    bus->rows = ring_new(options->rows_bytes);
    bus->console_effects = ring_new(options->console_bytes);
    if (error == ERR_OK && (bus->rows == NULL || bus->console_effects == NULL)) {
        error = ERR_MEMORY;
    }
    if (error != ERR_OK) {
        bus_finish(bus);
    }
    return error;
}

void bus_finish(struct bus *bus)
{
    for (uint32_t i = 0; i < bus->worker_count; i++) {
        lane_finish(&bus->lanes[i]);
    }
    ring_free(bus->rows);
    ring_free(bus->console_effects);
    waker_finish(&bus->gate_waker);
    waker_finish(&bus->hub_waker);
    waker_finish(&bus->committer_waker);
    waker_finish(&bus->console_waker);
    waker_finish(&bus->verifier_waker);
}

void bus_feed(atomic_bool *starved, struct waker *waker)
{
    /* Room first, then the flag; the producer does it the other way round: one of the two sees the
     * other. */
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(starved, memory_order_relaxed)) {
        atomic_store_explicit(starved, false, memory_order_relaxed);
        waker_wake(waker);
    }
}

void bus_wake_all(struct bus *bus)
{
    waker_wake(&bus->hub_waker);
    waker_wake(&bus->committer_waker);
    waker_wake(&bus->console_waker);
    waker_wake(&bus->verifier_waker);
    waker_wake(&bus->gate_waker);
    for (uint32_t i = 0; i < bus->worker_count; i++) {
        waker_wake(&bus->lanes[i].waker);
    }
}
