/* Order: the one place where commands of all workers meet. */
#include "server/hub.h"

#include "base/check.h"
#include "base/mem.h"

/* What a worker may have done in one turn, so that one busy worker does not keep the others
 * waiting. */
#define COMMANDS_PER_TURN 64

struct hub {
    struct bus *bus;
    struct core *core;
    uint64_t seq;
    int64_t time_ms;
    uint32_t next_worker;
    struct row_record *last_row; /* Of the entry that is being applied. */
    bool effects_put[WORKERS_MAX];
    bool console_put;
};

struct hub *hub_new(struct bus *bus, const struct journal_mark *mark)
{
    struct hub *hub = mem_zalloc(1, sizeof *hub);
    if (hub == NULL) {
        return NULL;
    }
    hub->bus = bus;
    hub->seq = mark->seq;
    hub->time_ms = mark->time_ms;
    struct core_options options = {.seed = mark->seed, .seq = mark->seq, .time_ms = mark->time_ms};
    hub->core = core_new(&options);
    if (hub->core == NULL) {
        mem_free(hub);
        return NULL;
    }
    return hub;
}

void hub_free(struct hub *hub)
{
    if (hub != NULL) {
        core_free(hub->core);
        mem_free(hub);
    }
}

const struct core *hub_core(const struct hub *hub)
{
    return hub->core;
}

static void hub_put_effect(struct hub *hub, uint32_t worker, const struct effect *effect)
{
    void *record = ring_reserve(hub->bus->lanes[worker].effects, effect_packed_bytes(effect));
    check(record != NULL); /* hub_has_room() promised it. */
    effect_pack(effect, record);
    hub->effects_put[worker] = true;
}

/* A console whose reader has stopped never holds the chat up: what it has no room for is lost, and
 * counted. */
static void hub_put_console(struct hub *hub, const struct effect *effect)
{
    void *record = ring_reserve(hub->bus->console_effects, effect_packed_bytes(effect));
    if (record == NULL) {
        atomic_fetch_add_explicit(&hub->bus->console_lost, 1, memory_order_relaxed);
        return;
    }
    effect_pack(effect, record);
    hub->console_put = true;
}

static void hub_effect(void *context, const struct effect *effect)
{
    struct hub *hub = context;
    switch (effect->kind) {
    case EFFECT_OPENED:
    case EFFECT_REFUSED:
    case EFFECT_PONG:
        hub_put_effect(hub, effect->origin.worker, effect);
        break;
    case EFFECT_JOINED:
    case EFFECT_PARTED:
    case EFFECT_MESSAGE:
    case EFFECT_CLOSED:
        for (uint32_t worker = 0; worker < hub->bus->worker_count; worker++) {
            hub_put_effect(hub, worker, effect);
        }
        hub_put_console(hub, effect);
        break;
    }
}

static void hub_row(void *context, const struct row *row)
{
    struct hub *hub = context;
    struct row_record *record =
        ring_reserve(hub->bus->rows, sizeof *record + row_packed_bytes(row));
    check(record != NULL);
    record->last_of_entry = 0;
    row_pack(row, record->row);
    hub->last_row = record;
}

/* Room for the most that one command may cause, so that applying it never has to wait. */
static bool hub_has_room(struct hub *hub)
{
    for (uint32_t worker = 0; worker < hub->bus->worker_count; worker++) {
        if (!ring_has_room(hub->bus->lanes[worker].effects, EFFECT_PACKED_BYTES_MAX,
                           EFFECTS_PER_ENTRY_MAX)) {
            return false;
        }
    }
    if (!atomic_load_explicit(&hub->bus->console_stuck, memory_order_relaxed) &&
        !ring_has_room(hub->bus->console_effects, EFFECT_PACKED_BYTES_MAX, EFFECTS_PER_ENTRY_MAX)) {
        return false;
    }
    return ring_has_room(hub->bus->rows, sizeof(struct row_record) + ROW_PACKED_BYTES_MAX,
                         ROWS_PER_ENTRY_MAX);
}

static void hub_apply(struct hub *hub, const struct command *command, int64_t now_ms)
{
    if (now_ms > hub->time_ms) {
        hub->time_ms = now_ms;
    }
    struct entry entry = {.seq = ++hub->seq, .time_ms = hub->time_ms, .command = *command};
    struct core_sink sink = {.context = hub, .effect = hub_effect, .row = hub_row};
    hub->last_row = NULL;
    core_apply(hub->core, &entry, &sink);
    if (hub->last_row == NULL) {
        /* The committed mark covers entries that leave nothing on the disk as well. */
        struct row none = {.kind = ROW_NONE, .seq = entry.seq, .time_ms = entry.time_ms};
        hub_row(hub, &none);
    }
    hub->last_row->last_of_entry = 1;
}

static bool journal_takes(const struct bus *bus)
{
    return atomic_load_explicit(&bus->journal_state, memory_order_acquire) == JOURNAL_FINE;
}

static void hub_publish(struct hub *hub)
{
    for (uint32_t worker = 0; worker < hub->bus->worker_count; worker++) {
        if (hub->effects_put[worker]) {
            /* The worker is woken when the committed mark has passed, not now. */
            ring_publish(hub->bus->lanes[worker].effects);
            hub->effects_put[worker] = false;
        }
    }
    if (hub->console_put) {
        ring_publish(hub->bus->console_effects);
        hub->console_put = false;
    }
    /* Rows last: when the committer moves the mark, the effects up to it are in the rings. */
    ring_publish(hub->bus->rows);
    waker_wake(&hub->bus->committer_waker);
}

static uint32_t hub_serve(struct hub *hub, uint32_t worker, int64_t now_ms, uint32_t command_max)
{
    struct lane *lane = &hub->bus->lanes[worker];
    uint32_t taken = 0;
    while (taken < command_max && hub_has_room(hub)) {
        size_t record_bytes;
        const void *record = ring_next(lane->commands, &record_bytes);
        if (record == NULL) {
            break;
        }
        struct command command;
        command_unpack(record, &command);
        hub_apply(hub, &command, now_ms);
        taken++;
    }
    if (taken > 0) {
        ring_release(lane->commands);
    }
    return taken;
}

uint32_t hub_step(struct hub *hub, int64_t now_ms, uint32_t command_max)
{
    struct bus *bus = hub->bus;
    if (!journal_takes(bus)) {
        return 0;
    }
    uint32_t taken = 0;
    uint32_t idle_turns = 0;
    while (taken < command_max && idle_turns < bus->worker_count) {
        uint32_t left = command_max - taken;
        uint32_t turn = hub_serve(hub, hub->next_worker, now_ms,
                                  left < COMMANDS_PER_TURN ? left : COMMANDS_PER_TURN);
        if (turn > 0) {
            struct lane *lane = &bus->lanes[hub->next_worker];
            bus_feed(&lane->starved, &lane->waker);
        }
        taken += turn;
        idle_turns = turn > 0 ? 0 : idle_turns + 1;
        hub->next_worker = (hub->next_worker + 1) % bus->worker_count;
    }
    if (taken > 0) {
        hub_publish(hub);
    }
    return taken;
}

bool hub_is_grown(const struct hub *hub)
{
    const struct bus *bus = hub->bus;
    bool is_grown = ring_is_grown(bus->rows) || ring_is_grown(bus->console_effects);
    for (uint32_t worker = 0; worker < bus->worker_count; worker++) {
        is_grown = is_grown || ring_is_grown(bus->lanes[worker].effects);
    }
    return is_grown;
}

void hub_trim(struct hub *hub)
{
    struct bus *bus = hub->bus;
    ring_trim(bus->rows);
    ring_trim(bus->console_effects);
    for (uint32_t worker = 0; worker < bus->worker_count; worker++) {
        ring_trim(bus->lanes[worker].effects);
    }
}

bool hub_is_drained(struct hub *hub)
{
    struct bus *bus = hub->bus;
    /* Acquire: what the workers put before they said so is seen. */
    if (atomic_load_explicit(&bus->workers_drained, memory_order_acquire) < bus->worker_count) {
        return false;
    }
    for (uint32_t worker = 0; worker < bus->worker_count; worker++) {
        if (!ring_empty(bus->lanes[worker].commands)) {
            return false;
        }
    }
    return true;
}

bool hub_has_work(struct hub *hub)
{
    if (!journal_takes(hub->bus)) {
        return false; /* The committer wakes us when that changes. */
    }
    atomic_store_explicit(&hub->bus->hub_starved, true, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
    if (!hub_has_room(hub)) {
        return false;
    }
    atomic_store_explicit(&hub->bus->hub_starved, false, memory_order_relaxed);
    for (uint32_t worker = 0; worker < hub->bus->worker_count; worker++) {
        if (!ring_empty(hub->bus->lanes[worker].commands)) {
            return true;
        }
    }
    return false;
}
