/* The loops of the server's threads, as server.c has them, cut at the places where they sleep. */
#include "sim/process.h"

#include "base/check.h"
#include "server/peer.h"

#include <string.h>

#define END_SPARE_MS 2000
#define END_MS_MAX 4500
#define QUIET_MS 1000
#define CONSOLE_STUCK_MS 100

static int64_t clock_read(void *context)
{
    const struct process *process = context;
    return process->net->now_ms;
}

static int64_t unix_ms(const struct process *process)
{
    return process->unix_start_ms + process->net->now_ms;
}

static enum stage stage_of(const struct process *process)
{
    return (enum stage)atomic_load(&process->bus.stage);
}

static void kept_take(void *context, const struct row *row)
{
    struct process *process = context;
    check(hub_load(process->hub, row) == ERR_OK);
    process->kept(process->context, row);
}

static enum error parts_make(struct process *process)
{
    const struct settings *settings = process->settings;
    struct bus *bus = &process->bus;
    struct bytes problem = {0};
    enum error error = bus_init(bus, settings->worker_count, process->mark.seq, &settings->bus);
    check(error == ERR_OK);
    const struct hub_options hub_options = {
        .mark = process->mark,
        .server = text_of(process->config->name),
        .info = text_of(process->config->info),
        .lobby = text_of(process->config->lobby),
    };
    process->hub = hub_new(bus, &hub_options);
    committer_init(&process->committer, bus, process->journal);
    process->gate =
        gate_new(bus, process->config, settings->connections_max, random_next(process->random));
    check(process->hub != NULL && process->gate != NULL);
    error = journal_load(process->journal, kept_take, process);
    if (error != ERR_OK) {
        return error;
    }
    for (uint32_t i = 0; i < settings->worker_count; i++) {
        process->workers[i] = worker_new(bus, i, process->config);
        check(process->workers[i] != NULL);
    }
    atomic_store(&bus->threads_left, settings->worker_count + 3);
    error = gate_listen(process->gate, &problem);
    bytes_finish(&problem);
    return error;
}

enum error process_start(struct process *process, struct bytes *problem)
{
    const struct settings *settings = process->settings;
    struct journal_options options = {
        .directory = JOURNAL_FOLDER,
        .vfs = JOURNAL_VFS,
        .sync = process->config->sync,
        .checkpoint_bytes = settings->checkpoint_bytes,
        .wal_bytes_max = settings->wal_bytes_max,
    };
    enum error error = journal_sqlite_open(&options, random_next(process->random),
                                           &process->journal, &process->mark, problem);
    if (error != ERR_OK) {
        process->journal = NULL;
        return error;
    }
    process->running = true;
    process->stop_asked = false;
    process->ending = false;
    process->stuck = false;
    memset(process->busy_ms, 0, sizeof(process->busy_ms));
    process->console_until_ms = 0;
    memset(process->done, 0, sizeof(process->done));
    error = parts_make(process);
    if (error != ERR_OK) {
        BEST_EFFORT(bytes_format(problem, "%s", journal_problem(process->journal)));
        process_free(process, PROCESS_EXITED);
    }
    return error;
}

uint32_t process_actor_count(const struct process *process)
{
    return process->running ? ACTOR_WORKER + process->settings->worker_count : 0;
}

static struct waker *actor_waker(const struct process *process, uint32_t actor)
{
    struct bus *bus = (struct bus *)(uintptr_t)&process->bus;
    switch (actor) {
    case ACTOR_GATE:
        return &bus->gate_waker;
    case ACTOR_HUB:
        return &bus->hub_waker;
    case ACTOR_COMMITTER:
        return &bus->committer_waker;
    case ACTOR_CONSOLE:
        return &bus->console_waker;
    default:
        return &bus->lanes[actor - ACTOR_WORKER].waker;
    }
}

bool process_is_runnable(const struct process *process, uint32_t actor)
{
    if (process->done[actor] || process->busy_ms[actor] > process->net->now_ms) {
        return false;
    }
    return net_is_awake(process->net, actor_waker(process, actor)->fd);
}

int64_t process_wake_ms(const struct process *process, bool patient)
{
    int64_t wake_ms = INT64_MAX;
    for (uint32_t actor = 0; actor < process_actor_count(process); actor++) {
        if (process->done[actor]) {
            continue;
        }
        int64_t at_ms = net_wake_ms(process->net, actor_waker(process, actor)->fd);
        if (actor == ACTOR_COMMITTER) {
            bool rests = patient && ring_used_bytes(process->bus.rows) == 0 &&
                         atomic_load(&process->bus.journal_state) == JOURNAL_FINE;
            at_ms = rests ? INT64_MAX : at_ms;
        }
        if (net_is_awake(process->net, actor_waker(process, actor)->fd)) {
            at_ms = process->net->now_ms;
        }
        if (at_ms != INT64_MAX && process->busy_ms[actor] > at_ms) {
            at_ms = process->busy_ms[actor];
        }
        wake_ms = at_ms < wake_ms ? at_ms : wake_ms;
    }
    return wake_ms;
}

static void actor_done(struct process *process, uint32_t actor)
{
    process->done[actor] = true;
    atomic_fetch_sub(&process->bus.threads_left, 1);
    waker_wake(&process->bus.gate_waker);
}

static void set_stage(struct process *process, enum stage stage)
{
    atomic_store(&process->bus.stage, (int)stage);
    bus_wake_all(&process->bus);
}

static void gate_run(struct process *process)
{
    struct bus *bus = &process->bus;
    int64_t now_ms = process->net->now_ms;
    gate_step(process->gate, process->ending ? 20 : -1, clock_read, process);
    bool failed = atomic_load(&bus->journal_state) == JOURNAL_FAILED;
    if (!process->ending && (process->stop_asked || failed)) {
        process->ending = true;
        gate_close(process->gate);
        set_stage(process, failed ? STAGE_ABANDON : STAGE_DRAIN);
        int64_t end_ms = (int64_t)process->config->shutdown_ms + END_SPARE_MS;
        process->abandon_ms = now_ms + (end_ms < END_MS_MAX ? end_ms : END_MS_MAX) - 500;
    }
    if (process->ending && now_ms >= process->abandon_ms && stage_of(process) != STAGE_ABANDON) {
        set_stage(process, STAGE_ABANDON);
    }
    if (process->ending && now_ms >= process->abandon_ms + 400) {
        process->stuck = true;
    }
}

static void hub_run(struct process *process)
{
    struct bus *bus = &process->bus;
    bool ends = stage_of(process) == STAGE_ABANDON;
    if (process->hub_rests) {
        process->hub_rests = false;
        hub_trim(process->hub);
    }
    if (!ends) {
        uint32_t command_max = 1 + random_below(process->random, process->settings->commands_max);
        uint32_t taken = hub_step(process->hub, unix_ms(process), command_max);
        report_add(process->report, taken);
        if (taken > 0) {
            return;
        }
        ends = hub_is_drained(process->hub);
    }
    if (ends) {
        atomic_store(&bus->hub_drained, true);
        bus_wake_all(bus);
        actor_done(process, ACTOR_HUB);
        return;
    }
    waker_prepare(&bus->hub_waker);
    if (!hub_has_work(process->hub)) {
        process->hub_rests = hub_is_grown(process->hub);
        if (atomic_load(&bus->hub_starved)) {
            report_mark(process->report, MARK_HUB_STARVED);
        }
        (void)waker_sleep(&bus->hub_waker, process->hub_rests ? QUIET_MS : -1);
    }
    waker_awake(&bus->hub_waker);
}

static bool committer_is_drained(struct process *process)
{
    return atomic_load(&process->bus.hub_drained) && ring_empty(process->bus.rows);
}

static void committer_run(struct process *process)
{
    struct bus *bus = &process->bus;
    int64_t now_ms = process->net->now_ms;
    if (stage_of(process) == STAGE_ABANDON || committer_is_drained(process)) {
        if (committer_is_drained(process)) {
            atomic_store(&bus->journal_drained, true);
        }
        bus_wake_all(bus);
        actor_done(process, ACTOR_COMMITTER);
        return;
    }
    int before = atomic_load(&bus->journal_state);
    uint32_t count = committer_step(&process->committer, now_ms);
    report_add(process->report, count);
    int after = atomic_load(&bus->journal_state);
    if (before == JOURNAL_FINE && after != JOURNAL_FINE) {
        report_mark(process->report, after == JOURNAL_REFUSING_FULL ? MARK_DISK_FULL
                                     : after == JOURNAL_REFUSING_IO ? MARK_DISK_IO_ERROR
                                                                    : MARK_FSYNC_FAILED);
        report_event(process->report, "journal: state %d: %s", after,
                     journal_problem(process->journal));
    } else if (before != JOURNAL_FINE && after == JOURNAL_FINE) {
        report_mark(process->report, MARK_DISK_RECOVERED);
        report_mark(process->report, MARK_GROUP_RETRIED);
        report_event(process->report, "journal: stores again");
    }
    if (count > 0) {
        uint32_t late_ms_max = process->settings->disk.late_ms_max;
        process->busy_ms[ACTOR_COMMITTER] = now_ms + random_below(process->random, late_ms_max + 1);
        return;
    }
    waker_prepare(&bus->committer_waker);
    (void)waker_sleep(&bus->committer_waker, committer_wait_ms(&process->committer, now_ms));
    waker_awake(&bus->committer_waker);
}

/* As console.c, but the lines go to the checker. */
static bool console_take(struct process *process)
{
    struct ring *ring = process->bus.console_effects;
    uint64_t committed = atomic_load(&process->bus.committed);
    uint32_t left = 1 + random_below(process->random, 64);
    bool taken = false;
    size_t record_bytes;
    const void *record;
    while (left > 0 && (record = ring_peek(ring, &record_bytes)) != NULL) {
        struct effect effect;
        effect_unpack(record, &effect);
        if (effect.seq > committed) {
            break;
        }
        (void)ring_next(ring, &record_bytes);
        process->console(process->context, &effect);
        taken = true;
        left--;
    }
    if (taken) {
        ring_release(ring);
        bus_feed(&process->bus.hub_starved, &process->bus.hub_waker);
    }
    return taken;
}

/* The console's reader stops now and then; true while it does. The hub is told when that lasts, and
 * when it is over, as console.c does. */
static bool console_rests(struct process *process)
{
    struct bus *bus = &process->bus;
    int64_t now_ms = process->net->now_ms;
    if (!process->calm && process->console_until_ms <= now_ms &&
        random_permille(process->random, process->settings->console_stops)) {
        process->console_since_ms = now_ms;
        process->console_until_ms = now_ms + random_below(process->random, 5000);
    }
    bool rests = process->console_until_ms > now_ms;
    bool stuck = rests && now_ms - process->console_since_ms >= CONSOLE_STUCK_MS;
    if (stuck != atomic_load(&bus->console_stuck)) {
        atomic_store(&bus->console_stuck, stuck);
        bus_feed(&bus->hub_starved, &bus->hub_waker);
    }
    return rests;
}

static void console_run(struct process *process)
{
    struct bus *bus = &process->bus;
    bool rests = console_rests(process);
    bool taken = !rests && console_take(process);
    bool drained = !rests && !taken && atomic_load(&bus->journal_drained);
    if (drained || stage_of(process) == STAGE_ABANDON) {
        actor_done(process, ACTOR_CONSOLE);
    } else if (rests) {
        (void)waker_sleep(&bus->console_waker, 50);
    } else if (!taken) {
        (void)waker_sleep(&bus->console_waker, -1);
    }
}

/* Limits that hold between steps, and what waits for room. */
static void worker_look(struct process *process, struct worker *worker)
{
    struct report *report = process->report;
    uint32_t cursor = 0;
    for (const struct peer *peer; (peer = peer_next(worker, &cursor)) != NULL;) {
        if (peer->connection.output.bytes > process->settings->bus.output_bytes_max) {
            report_violation(report, "worker %u: a connection may be %u bytes behind and is %u",
                             worker->index, process->settings->bus.output_bytes_max,
                             peer->connection.output.bytes);
        }
        if (peer->input.count > INPUT_BYTES_MAX) {
            report_violation(report, "worker %u: %zu bytes of input are kept", worker->index,
                             peer->input.count);
        }
        if (peer->paced) {
            report_mark(report, MARK_PACED);
        }
        if (peer->cut_wait) {
            report_mark(report, MARK_CUT_CHARACTER);
        }
        if (peer->waiting && peer->stage == PEER_GHOST && peer->close_due) {
            report_mark(report, MARK_GHOST_WAITED);
        } else if (peer->waiting && peer->stage != PEER_GHOST) {
            report_mark(report, MARK_COMMANDS_FULL);
        }
    }
}

void process_run(struct process *process, uint32_t actor)
{
    int waker_fd = actor_waker(process, actor)->fd;
    if (actor == ACTOR_HUB && net_is_signaled(process->net, waker_fd)) {
        process->hub_rests = false;
    }
    net_wake_now(process->net, waker_fd);
    if (!process->calm && random_permille(process->random, process->settings->stalls)) {
        process->busy_ms[actor] =
            process->net->now_ms + random_below(process->random, process->settings->stall_ms_max);
    }
    switch (actor) {
    case ACTOR_GATE:
        gate_run(process);
        return;
    case ACTOR_HUB:
        hub_run(process);
        return;
    case ACTOR_COMMITTER:
        committer_run(process);
        return;
    case ACTOR_CONSOLE:
        console_run(process);
        return;
    default:
        break;
    }
    struct worker *worker = process->workers[actor - ACTOR_WORKER];
    worker_step(worker, -1, clock_read, process);
    worker_look(process, worker);
    if (worker_is_done(worker)) {
        actor_done(process, actor);
    }
}

void process_stop(struct process *process)
{
    process->stop_asked = true;
    /* The signal's descriptor wakes the gate. */
    net_wake_now(process->net, process->bus.gate_waker.fd);
}

void process_reload(struct process *process, struct config *config)
{
    config_give(process->config);
    process->config = config_take(config);
    gate_reload(process->gate, config);
}

bool process_has_ended(const struct process *process, int *out_status)
{
    bool ended =
        process->ending && (process->stuck || atomic_load(&process->bus.threads_left) == 0);
    if (ended) {
        bool failed = atomic_load(&process->bus.journal_state) == JOURNAL_FAILED;
        bool stored = atomic_load(&process->bus.journal_drained);
        *out_status = process->stuck || failed || !stored ? 1 : 0;
    }
    return ended;
}

/* Configurations that are still on their way are nobody's. */
static void arrivals_drop(struct process *process, uint32_t worker)
{
    struct ring *arrivals = process->bus.lanes[worker].arrivals;
    size_t record_bytes;
    const struct arrival *arrival;
    while ((arrival = ring_next(arrivals, &record_bytes)) != NULL) {
        if (arrival->config != NULL) {
            config_give(arrival->config);
        }
    }
}

void process_free(struct process *process, enum process_end end)
{
    if (!process->running) {
        return;
    }
    process->net->server_dead = end != PROCESS_EXITED;
    for (uint32_t i = 0; i < process->settings->worker_count; i++) {
        worker_free(process->workers[i]);
        process->workers[i] = NULL;
        arrivals_drop(process, i);
    }
    gate_free(process->gate);
    hub_free(process->hub);
    bus_finish(&process->bus);
    journal_free(process->journal);
    process->gate = NULL;
    process->hub = NULL;
    process->journal = NULL;
    process->running = false;
    process->net->server_dead = false;
    net_server_died(process->net, end != PROCESS_UNPLUGGED);
}

bool process_is_empty(const struct process *process)
{
    const struct bus *bus = &process->bus;
    size_t used = ring_used_bytes(bus->rows) + ring_used_bytes(bus->console_effects);
    for (uint32_t i = 0; i < bus->worker_count; i++) {
        used += ring_used_bytes(bus->lanes[i].commands) + ring_used_bytes(bus->lanes[i].effects) +
                ring_used_bytes(bus->lanes[i].arrivals) + ring_used_bytes(bus->lanes[i].notes);
    }
    return used == 0;
}
