/* The scheduler: who runs next, how time goes on, and the order of a run. */
#include "sim/world.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "server/peer.h"
#include "sim/core_watch.h"
#include "sim/store_look.h"

#include <sqlite3.h>

#define STEPS_MAX 60000
#define CALM_STEPS_MAX 400000
#define CALM_MS_MAX (40 * 60 * 1000)
/* The wall clock when a run begins. */
#define UNIX_START_MS INT64_C(1767225600000)

/* What the watch of the core sees. */

static struct visit *visit_of_origin(struct world *world, const struct origin *origin,
                                     bool *out_chunked)
{
    struct worker *worker = world->process.workers[origin->worker];
    struct peer *peer = peer_at(worker, origin->connection);
    if (peer == NULL || peer->stage == PEER_GHOST) {
        return NULL;
    }
    *out_chunked = peer->door == DOOR_PLAIN && peer->state.plain.chunked;
    return people_of_link(&world->people, peer->connection.socket - NET_LINK_FD);
}

static void watch_entry(void *context, const struct entry *entry)
{
    struct world *world = context;
    truth_entry(&world->truth, entry);
    struct visit *visit = people_of_session(&world->people, entry->command.session);
    if (visit != NULL) {
        visit_entry(visit, &entry->command);
    }
}

static void watch_question(void *context, const struct command *command, int64_t time_ms)
{
    struct world *world = context;
    truth_question(&world->truth, command, time_ms);
}

static void watch_effect(void *context, const struct effect *effect)
{
    struct world *world = context;
    const struct command *command = &world->truth.entry.command;
    bool chunked = false;
    truth_effect(&world->truth, effect);
    if (effect->kind == EFFECT_OPENED) {
        struct visit *visit = visit_of_origin(world, &command->origin, &chunked);
        if (visit != NULL) {
            visit_opened(&world->people, visit, command, chunked);
        }
        return;
    }
    struct visit *visit = people_of_session(&world->people, effect->who.session);
    if (visit != NULL && effect->kind == EFFECT_MESSAGE) {
        world->truth.echo = visit_message(&world->people, visit, effect);
    } else if (visit != NULL && effect->kind == EFFECT_CLOSED) {
        visit_closed(&world->people, visit, effect->reason);
    }
}

static void watch_reply(void *context, const struct reply *reply)
{
    struct world *world = context;
    truth_reply(&world->truth, reply);
}

static void watch_row(void *context, const struct row *row)
{
    struct world *world = context;
    truth_row(&world->truth, row);
}

/* Whoever was in the room is in the one that it has become. */
static void room_renamed(struct world *world, const struct expected *expected)
{
    const struct chat_room *room = &world->truth.chat.rooms[expected->rooms[0]];
    for (uint32_t i = 0; i < room->seat_count && expected->from != expected->rooms[0]; i++) {
        struct visit *visit = people_of_session(&world->people, room->seats[i].sitter->session);
        if (visit != NULL) {
            visit_leaves(&world->people, visit, expected->from);
            visit_enters(&world->people, visit, expected->rooms[0]);
        }
    }
}

/* Who reads which rooms from here on. */
static void watch_applied(void *context, const struct core *core, uint64_t more)
{
    struct world *world = context;
    struct truth *truth = &world->truth;
    struct people *people = &world->people;
    const struct command *command = &truth->entry.command;
    const struct expected *expected = &truth->expected;
    struct visit *visit = people_of_session(people, command->session);
    struct visit *target = expected->effect == EFFECT_KICKED
                               ? people_of_session(people, expected->target->session)
                               : NULL;
    if (visit != NULL && expected->effect == EFFECT_JOINED) {
        visit_enters(people, visit, expected->rooms[0]);
    } else if (visit != NULL && expected->effect == EFFECT_PARTED) {
        visit_leaves(people, visit, expected->rooms[0]);
    } else if (target != NULL) {
        visit_leaves(people, target, expected->rooms[0]);
    } else if (expected->effect == EFFECT_RENAMED) {
        room_renamed(world, expected);
    }
    truth_applied(truth, core, more);
}

static void watch_answered(void *context, const struct core *core, uint64_t more)
{
    struct world *world = context;
    if (more != 0) {
        report_mark(&world->report, MARK_IRC_PAGED);
    }
    truth_answered(&world->truth, core, more);
}

static void watch_kept(void *context, const struct row *row)
{
    struct world *world = context;
    truth_keep(&world->truth, row);
}

static void watch_console(void *context, const struct effect *effect)
{
    struct world *world = context;
    truth_console(&world->truth, effect);
}

/* Beginning and ending. */

static void log_drop(void *context, const char *line)
{
    const struct world *world = context;
    if (world->report.trace) {
        /* Behind the real time, which is no part of a run. */
        fprintf(stderr, "                      log: %s\n", line + 21);
    }
}

static void world_init(struct world *world, uint64_t seed, bool trace)
{
    *world = (struct world){.seed = seed};
    random_init(&world->random, seed);
    report_init(&world->report, trace);
    settings_draw(&world->settings, &world->random);
    log_sink_set(log_drop, world);
    world->net.random = &world->random;
    world->net.report = &world->report;
    world->net.faults = world->settings.net;
    fake_net_use(&world->net);
    world->disk = fault_disk_new(random_next(&world->random));
    check(world->disk != NULL && sqlite3_initialize() == SQLITE_OK);
    world->vfs = fault_vfs_new(world->disk, JOURNAL_VFS);
    check(world->vfs != NULL);
    /* SQLite takes its own random numbers from the default VFS: now ours, from the beginning. */
    check(sqlite3_vfs_register(sqlite3_vfs_find(JOURNAL_VFS), 1) == SQLITE_OK);
    sqlite3_randomness(0, NULL);
    world->process = (struct process){
        .net = &world->net,
        .report = &world->report,
        .random = &world->random,
        .settings = &world->settings,
        .config = settings_config(&world->settings, &world->random),
        .unix_start_ms = UNIX_START_MS,
        .kept = watch_kept,
        .console = watch_console,
        .context = world,
    };
    truth_init(&world->truth, &world->report, SIM_LOBBY);
    world->people = (struct people){
        .net = &world->net,
        .truth = &world->truth,
        .report = &world->report,
        .random = &world->random,
    };
    world->people.close_ms_min = world->process.config->close_ms;
    people_init(&world->people, &world->settings);
    world->was_clean = true;
    world->step_max = STEPS_MAX;
}

void world_finish(struct world *world)
{
    if (world->process.running) {
        fault_disk_crash(world->disk, FAULT_LOSS_NONE);
        process_free(&world->process, PROCESS_KILLED);
    }
    people_finish(&world->people);
    truth_finish(&world->truth);
    config_give(world->process.config);
    fake_net_finish(&world->net);
    fault_vfs_free(world->vfs);
    fault_disk_free(world->disk);
    report_finish(&world->report);
    log_sink_set(NULL, NULL);
    fake_net_use(NULL);
}

/* Time and turns. */

static void time_set(struct world *world, int64_t now_us)
{
    world->now_us = now_us;
    if (now_us / 1000 != world->net.now_ms) {
        net_set_time(&world->net, now_us / 1000);
        world->report.now_ms = now_us / 1000;
    }
}

enum { TURN_NET = ACTORS_MAX, TURN_PEOPLE, TURN_COUNT };

/* Who may run now, each as often as its chance is large; returns how many. */
static uint32_t turns_list(struct world *world, uint32_t turns[TURN_COUNT * 4])
{
    struct process *process = &world->process;
    uint32_t count = 0;
    uint32_t lazy = TURN_COUNT;
    for (uint32_t actor = 0; actor < process_actor_count(process); actor++) {
        if (!process_is_runnable(process, actor)) {
            continue;
        }
        if (actor + 1 == world->settings.lazy_actor && random_below(&world->random, 50) != 0) {
            lazy = actor;
            continue;
        }
        turns[count++] = actor;
    }
    if (net_next_ms(&world->net) <= world->net.now_ms) {
        turns[count++] = TURN_NET;
        turns[count++] = TURN_NET;
    }
    if (people_next_ms(&world->people, world->net.now_ms) <= world->net.now_ms) {
        turns[count++] = TURN_PEOPLE;
        turns[count++] = TURN_PEOPLE;
    }
    if (count == 0 && lazy != TURN_COUNT) {
        turns[count++] = lazy;
    }
    return count;
}

static void turn_run(struct world *world, uint32_t turn)
{
    report_add(&world->report, turn);
    if (turn == TURN_NET) {
        (void)net_step(&world->net);
    } else if (turn == TURN_PEOPLE) {
        (void)people_step(&world->people, world->net.now_ms);
    } else {
        process_run(&world->process, turn);
        if (world->dying && fault_disk_fail_count(world->disk) > 0) {
            report_mark(&world->report, MARK_CRASH_IN_COMMIT);
            world_crash(world, world->dying_power);
        } else {
            world_check_bounds(world, turn);
            world_look_ended(world);
        }
    }
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When something happens although nobody can run now; INT64_MAX: never again. */
static int64_t next_ms(const struct world *world)
{
    int64_t at_ms = process_wake_ms(&world->process, world->quiet);
    at_ms = earlier(at_ms, net_next_ms(&world->net));
    at_ms = earlier(at_ms, people_next_ms(&world->people, world->net.now_ms));
    if (!world->process.running) {
        at_ms = earlier(at_ms, world->restart_ms);
    }
    return earlier(at_ms, misfortune_next_ms(world));
}

/* One turn, or time goes on to the next one. False when nothing will ever happen again. */
static bool world_step(struct world *world, int64_t end_ms)
{
    uint32_t turns[TURN_COUNT * 4];
    misfortune_step(world);
    world_restart(world);
    uint32_t count = turns_list(world, turns);
    if (count == 0) {
        int64_t at_ms = next_ms(world);
        if (at_ms == INT64_MAX) {
            return false;
        }
        at_ms = earlier(at_ms, end_ms);
        if (at_ms <= world->net.now_ms) {
            at_ms = world->net.now_ms + 1;
        }
        time_set(world, at_ms * 1000);
        return true;
    }
    world->report.step_count++;
    turn_run(world, turns[random_below(&world->random, count)]);
    uint32_t step_us = random_below(&world->random, world->settings.step_us_max + 1);
    time_set(world, world->now_us + step_us);
    return true;
}

/* People talk, and everything goes wrong. */
static void run_chaos(struct world *world, uint32_t phase)
{
    int64_t end_ms = world->net.now_ms + world->settings.phase_ms;
    uint64_t step_end = world->step_max * (phase + 1) / world->settings.phases;
    world->quiet = false;
    world->people.quiet = false;
    world->net.faults = world->settings.net;
    misfortune_begin(world);
    while (!world->report.failed && world->net.now_ms < end_ms &&
           world->report.step_count < step_end) {
        (void)world_step(world, end_ms);
    }
}

/* Nothing goes wrong any more: all that is owed must come, within a bounded number of steps. */
static void run_calm(struct world *world)
{
    struct net_faults fine = {
        .down_bytes = world->settings.net.down_bytes,
        .up_bytes = world->settings.net.up_bytes,
    };
    uint64_t steps_before = world->report.step_count;
    int64_t begin_ms = world->net.now_ms;
    misfortune_end(world);
    world->quiet = true;
    world->net.faults = fine;
    net_calm(&world->net);
    while (!world->report.failed && world_step(world, INT64_MAX)) {
        if (world->report.step_count - steps_before > CALM_STEPS_MAX ||
            world->net.now_ms - begin_ms > CALM_MS_MAX) {
            report_violation(&world->report, "%llu steps and %lld ms without faults, and no quiet",
                             (unsigned long long)(world->report.step_count - steps_before),
                             (long long)(world->net.now_ms - begin_ms));
        }
    }
    if (!world->report.failed) {
        world_check_quiet(world);
    }
}

/* Everybody leaves, the server ends, and a last one looks at the store. */
static void run_end(struct world *world)
{
    people_leave(&world->people);
    run_calm(world);
    if (!world->report.failed) {
        world_check_empty(world);
    }
    world->last = true;
    for (int round = 0; round < 2 && !world->report.failed; round++) {
        process_stop(&world->process);
        while (!world->report.failed && world->process.running) {
            (void)world_step(world, INT64_MAX);
        }
        if (!world->was_clean) {
            report_violation(&world->report, "a server without people and faults did not end well");
        }
        while (!world->report.failed && round == 0 && !world->process.running) {
            (void)world_step(world, INT64_MAX);
        }
    }
}

void world_run(struct world *world, uint64_t seed, bool trace)
{
    world_init(world, seed, trace);
    const struct core_watch watch = {
        .context = world,
        .entry = watch_entry,
        .question = watch_question,
        .effect = watch_effect,
        .reply = watch_reply,
        .row = watch_row,
        .applied = watch_applied,
        .answered = watch_answered,
    };
    core_watch_use(&watch);
    for (uint32_t phase = 0; phase < world->settings.phases && !world->report.failed; phase++) {
        run_chaos(world, phase);
        if (!world->report.failed) {
            people_calm(&world->people);
            run_calm(world);
        }
    }
    if (!world->report.failed) {
        run_end(world);
    }
    core_watch_use(NULL);
}
