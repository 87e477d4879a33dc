/* Order: the one place where commands of all workers meet. */
#include "server/hub.h"

#include "base/check.h"
#include "base/mem.h"

#include <string.h>

/* What a worker may have done in one turn, so that one busy worker does not keep the others
 * waiting. */
#define COMMANDS_PER_TURN 64
/*
 * What the rows of one entry take in the ring at most: one of them may hold a message and a
 * client's tags; what stands in the others is bounded by the texts that go with a topic or a leave.
 */
#define ROW_RECORD_BYTES_MAX (sizeof(struct row_record) + ROW_PACKED_BYTES_MAX)
#define ROW_SMALL_BYTES_MAX 1024
#define ROWS_BYTES_MAX (ROWS_PER_ENTRY_MAX * ROW_SMALL_BYTES_MAX + ROW_RECORD_BYTES_MAX)
/* The same room, in records of the largest size. */
#define ROW_RECORDS_MAX ((ROWS_BYTES_MAX + ROW_RECORD_BYTES_MAX - 1) / ROW_RECORD_BYTES_MAX)

_Static_assert(ROW_SMALL_BYTES_MAX >= 192 + NAME_BYTES_MAX + CHANNEL_BYTES_MAX + REASON_BYTES_MAX +
                                          METADATA_VALUE_BYTES_MAX,
               "a row without a message is a small one");

struct hub {
    struct bus *bus;
    struct core *core;
    uint64_t seq;
    int64_t time_ms;
    uint32_t next_worker;
    /* Of the command that is being applied. */
    const struct command *command;
    void *last_effect; /* The last record for the worker that it came from. */
    struct row_record *last_row;
    size_t row_bytes;
    uint32_t reply_bytes; /* In replies. */
    bool effects_put[WORKERS_MAX];
    bool answers_put[WORKERS_MAX]; /* Perhaps nothing is committed that would wake the worker. */
    bool console_put;
    bool is_begun;   /* The lobby is there. */
    bool is_refused; /* There was no memory for it. */
    uint8_t lobby_bytes;
    char lobby[CHANNEL_BYTES_MAX];
    char replies[REPLIES_BYTES_MAX]; /* Packed. */
};

struct hub *hub_new(struct bus *bus, const struct hub_options *options)
{
    struct hub *hub = mem_zalloc(1, sizeof *hub);
    if (hub == NULL) {
        return NULL;
    }
    const struct journal_mark *mark = &options->mark;
    hub->bus = bus;
    hub->seq = mark->seq;
    hub->time_ms = mark->time_ms;
    check(options->lobby.count <= CHANNEL_BYTES_MAX);
    hub->is_begun = options->lobby.count == 0;
    hub->lobby_bytes = (uint8_t)options->lobby.count;
    if (options->lobby.count > 0) {
        memcpy(hub->lobby, options->lobby.data, options->lobby.count);
    }
    struct core_options core_options = {
        .seed = mark->seed,
        .seq = mark->seq,
        .time_ms = mark->time_ms,
        .server = options->server,
        .info = options->info,
    };
    hub->core = core_new(&core_options);
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

enum error hub_load(struct hub *hub, const struct row *row)
{
    return core_load(hub->core, row);
}

const struct core *hub_core(const struct hub *hub)
{
    return hub->core;
}

/* Whether the command came by a worker; the hub's own did not. */
static bool command_has_asker(const struct command *command)
{
    return command->kind != COMMAND_KEEP;
}

static void hub_put_effect(struct hub *hub, uint32_t worker, const struct effect *effect)
{
    void *record = ring_reserve(hub->bus->lanes[worker].effects, effect_packed_bytes(effect));
    check(record != NULL); /* hub_has_room() promised it. */
    effect_pack(effect, record);
    hub->effects_put[worker] = true;
    if (worker == hub->command->origin.worker) {
        hub->last_effect = record;
    }
}

static void hub_put_all(struct hub *hub, const struct effect *effect)
{
    for (uint32_t worker = 0; worker < hub->bus->worker_count; worker++) {
        hub_put_effect(hub, worker, effect);
    }
}

static void hub_put_both(struct hub *hub, uint32_t worker, uint32_t other,
                         const struct effect *effect)
{
    hub_put_effect(hub, worker, effect);
    if (other != worker) {
        hub_put_effect(hub, other, effect);
    }
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

/* The console shows what everybody in a room sees. */
static void hub_put_channels(struct hub *hub, const struct effect *effect)
{
    bool is_for_some = effect->kind == EFFECT_MESSAGE && effect->rank != 0;
    hub_put_all(hub, effect);
    if (effect->channel_count > 0 && !is_for_some) {
        hub_put_console(hub, effect);
    }
}

static void hub_effect(void *context, const struct effect *effect)
{
    struct hub *hub = context;
    if (!command_has_asker(hub->command)) {
        /* Nobody is in the lobby yet who could be told. */
        hub->is_refused = hub->is_refused ||
                          (effect->kind == EFFECT_REFUSED && effect->refusal == REFUSAL_NO_MEMORY);
        return;
    }
    switch (effect->kind) {
    case EFFECT_REFUSED:
        if (effect->target.session != 0) {
            hub_put_both(hub, effect->target.worker, effect->origin.worker, effect);
        } else {
            hub_put_effect(hub, effect->origin.worker, effect);
        }
        break;
    case EFFECT_REPLIES:
    case EFFECT_PONG:
    case EFFECT_REHASH:
        hub_put_effect(hub, effect->origin.worker, effect);
        break;
    case EFFECT_USER_MODE:
        hub_put_effect(hub, effect->who.worker, effect);
        break;
    case EFFECT_MESSAGE:
    case EFFECT_REDACTED:
        if (effect->channel_count == 0) {
            hub_put_both(hub, effect->target.worker, effect->who.worker, effect);
        } else {
            hub_put_channels(hub, effect);
        }
        break;
    case EFFECT_OPENED:
    case EFFECT_WALLOPS:
    case EFFECT_METADATA:
    case EFFECT_AWAY:
    case EFFECT_SETNAME:
    case EFFECT_INVITED:
        hub_put_all(hub, effect);
        break;
    case EFFECT_JOINED:
    case EFFECT_PARTED:
    case EFFECT_CLOSED:
    case EFFECT_NICK:
    case EFFECT_KICKED:
    case EFFECT_TOPIC:
    case EFFECT_MODE:
    case EFFECT_RENAMED:
        hub_put_channels(hub, effect);
        break;
    case EFFECT_KIND_COUNT:
        check(false);
    }
}

static void hub_reply(void *context, const struct reply *reply)
{
    struct hub *hub = context;
    size_t bytes = reply_packed_bytes(reply);
    check(bytes <= REPLIES_BYTES_MAX - hub->reply_bytes);
    reply_pack(reply, hub->replies + hub->reply_bytes);
    hub->reply_bytes += (uint32_t)bytes;
}

static void hub_row(void *context, const struct row *row)
{
    struct hub *hub = context;
    size_t bytes = sizeof(struct row_record) + row_packed_bytes(row);
    hub->row_bytes += bytes;
    check(hub->row_bytes <= ROWS_BYTES_MAX);
    struct row_record *record = ring_reserve(hub->bus->rows, bytes);
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
    return ring_has_room(hub->bus->rows, ROW_RECORD_BYTES_MAX, ROW_RECORDS_MAX);
}

/* Nothing of the command has been done yet. */
static struct core_sink hub_begin(struct hub *hub, const struct command *command, int64_t now_ms)
{
    if (now_ms > hub->time_ms) {
        hub->time_ms = now_ms;
    }
    hub->command = command;
    hub->last_effect = NULL;
    hub->last_row = NULL;
    hub->row_bytes = 0;
    hub->reply_bytes = 0;
    return (struct core_sink){
        .context = hub, .effect = hub_effect, .reply = hub_reply, .row = hub_row};
}

/* The asker's worker gets the replies, and with its last record the word that this was all. */
static void hub_finish(struct hub *hub, uint64_t more)
{
    const struct command *command = hub->command;
    if (!command_has_asker(command)) {
        return;
    }
    if (hub->reply_bytes > 0 || hub->last_effect == NULL) {
        struct effect replies = {
            .kind = EFFECT_REPLIES,
            .command_kind = command->kind,
            .seq = hub->seq,
            .time_ms = hub->time_ms,
            .origin = command->origin,
            .text = {.data = hub->replies, .count = hub->reply_bytes},
        };
        hub_put_effect(hub, command->origin.worker, &replies);
    }
    effect_packed_finish(hub->last_effect, more);
}

static void hub_apply(struct hub *hub, const struct command *command, int64_t now_ms)
{
    struct core_sink sink = hub_begin(hub, command, now_ms);
    struct entry entry = {.seq = ++hub->seq, .time_ms = hub->time_ms, .command = *command};
    uint64_t more = core_apply(hub->core, &entry, &sink);
    if (hub->last_row == NULL) {
        /* The committed mark covers entries that leave nothing on the disk as well. */
        struct row none = {.kind = ROW_NONE, .seq = entry.seq, .time_ms = entry.time_ms};
        hub_row(hub, &none);
    }
    hub->last_row->last_of_entry = 1;
    hub_finish(hub, more);
}

/* A question takes no number: it is shown when all before it is committed. */
static void hub_answer(struct hub *hub, const struct command *command, int64_t now_ms)
{
    struct core_sink sink = hub_begin(hub, command, now_ms);
    uint64_t more = core_query(hub->core, command, hub->time_ms, &sink);
    check(hub->last_effect == NULL && hub->last_row == NULL);
    hub_finish(hub, more);
    hub->answers_put[command->origin.worker] = true;
}

static bool journal_takes(const struct bus *bus)
{
    return atomic_load_explicit(&bus->journal_state, memory_order_acquire) == JOURNAL_FINE;
}

static void hub_publish(struct hub *hub)
{
    struct bus *bus = hub->bus;
    for (uint32_t worker = 0; worker < bus->worker_count; worker++) {
        if (hub->effects_put[worker]) {
            /* The worker is woken when the committed mark has passed, not now; */
            ring_publish(bus->lanes[worker].effects);
            hub->effects_put[worker] = false;
        }
        if (hub->answers_put[worker]) {
            /* but an answer may wait for no mark. */
            waker_wake(&bus->lanes[worker].waker);
            hub->answers_put[worker] = false;
        }
    }
    if (hub->console_put) {
        ring_publish(bus->console_effects);
        hub->console_put = false;
    }
    /* Rows last: when the committer moves the mark, the effects up to it are in the rings. */
    if (ring_publish(bus->rows)) {
        waker_wake(&bus->committer_waker);
    }
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
        if (command_is_question(command.kind)) {
            hub_answer(hub, &command, now_ms);
        } else {
            hub_apply(hub, &command, now_ms);
        }
        taken++;
    }
    if (taken > 0) {
        ring_release(lane->commands);
    }
    return taken;
}

/* The lobby is there before anybody comes. False: there is no room or memory yet. */
static bool hub_keep_lobby(struct hub *hub, int64_t now_ms)
{
    if (!hub->is_begun) {
        if (!hub_has_room(hub)) {
            return false;
        }
        hub->is_refused = false;
        struct command keep = {
            .kind = COMMAND_KEEP,
            .name = {.data = hub->lobby, .count = hub->lobby_bytes},
        };
        hub_apply(hub, &keep, now_ms);
        hub_publish(hub);
        hub->is_begun = !hub->is_refused;
    }
    return hub->is_begun;
}

uint32_t hub_step(struct hub *hub, int64_t now_ms, uint32_t command_max)
{
    struct bus *bus = hub->bus;
    if (!journal_takes(bus) || !hub_keep_lobby(hub, now_ms)) {
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
    if (!hub->is_begun) {
        return true;
    }
    for (uint32_t worker = 0; worker < hub->bus->worker_count; worker++) {
        if (!ring_empty(hub->bus->lanes[worker].commands)) {
            return true;
        }
    }
    return false;
}
