/* Disks that fill up, refuse or forget; processes that die, end and begin; new configurations. */
#include "sim/world.h"

#include "base/check.h"
#include "base/mem.h"
#include "server/peer.h"
#include "sim/store_look.h"

#include <sqlite3.h>
#include <string.h>

#define DOWN_MS_MAX 3000
#define HOUR_MS (3600 * 1000)

static int64_t when(struct world *world, uint32_t mean_ms)
{
    if (mean_ms == 0) {
        return INT64_MAX;
    }
    return world->net.now_ms + 1 + random_below(&world->random, 2 * mean_ms);
}

void misfortune_begin(struct world *world)
{
    const struct settings *settings = &world->settings;
    world->process.calm = false;
    world->next_full_ms = when(world, settings->disk.full_mean_ms);
    world->next_refuse_ms = when(world, settings->disk.refuse_mean_ms);
    world->next_flush_ms = when(world, settings->disk.flush_mean_ms);
    world->next_crash_ms = when(world, settings->crash_mean_ms);
    world->next_stop_ms = when(world, settings->stop_mean_ms);
    world->next_reload_ms = when(world, settings->reload_mean_ms);
}

static void trouble_end(struct world *world)
{
    const struct fault_plan none = {0};
    fault_disk_plan(world->disk, &none);
    world->trouble = false;
    world->dying = false;
    world->trouble_end_ms = INT64_MAX;
}

void misfortune_end(struct world *world)
{
    trouble_end(world);
    world->process.calm = true;
    world->next_full_ms = INT64_MAX;
    world->next_refuse_ms = INT64_MAX;
    world->next_flush_ms = INT64_MAX;
    world->next_crash_ms = INT64_MAX;
    world->next_stop_ms = INT64_MAX;
    world->next_reload_ms = INT64_MAX;
}

int64_t misfortune_next_ms(const struct world *world)
{
    const int64_t times[] = {
        world->next_full_ms,
        world->next_refuse_ms,
        world->next_flush_ms,
        world->next_crash_ms,
        world->next_stop_ms,
        world->next_reload_ms,
        world->trouble ? world->trouble_end_ms : INT64_MAX,
    };
    int64_t at_ms = INT64_MAX;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        at_ms = times[i] < at_ms ? times[i] : at_ms;
    }
    return at_ms;
}

static void trouble_begin(struct world *world, const struct fault_plan *plan)
{
    if (world->trouble || world->dying) {
        return; /* One at a time. */
    }
    fault_disk_plan(world->disk, plan);
    world->trouble = true;
    world->troubled = true;
    world->trouble_end_ms =
        world->net.now_ms + 1 + random_below(&world->random, world->settings.disk.trouble_ms_max);
    report_event(&world->report, "disk: operations %x fail from number %llu on, %llu of them",
                 plan->ops, (unsigned long long)plan->first, (unsigned long long)plan->count);
}

static void disk_fills(struct world *world)
{
    const struct fault_plan plan = {
        .ops = FAULT_GROWING,
        .first = random_between(&world->random, 1, 10),
        .count = UINT64_MAX,
        .code = SQLITE_FULL,
    };
    trouble_begin(world, &plan);
}

static void disk_refuses(struct world *world)
{
    static const uint32_t kinds[] = {
        FAULT_BIT(FAULT_READ),
        FAULT_BIT(FAULT_WRITE),
        FAULT_BIT(FAULT_READ) | FAULT_BIT(FAULT_WRITE) | FAULT_BIT(FAULT_TRUNCATE),
        FAULT_BIT(FAULT_LOCK),
        FAULT_ALL & ~FAULT_BIT(FAULT_FLUSH),
    };
    struct random *random = &world->random;
    const struct fault_plan plan = {
        .ops = kinds[random_below(random, sizeof(kinds) / sizeof(kinds[0]))],
        .first = random_between(random, 1, 20),
        .count = random_below(random, 2) == 0 ? 1 : random_between(random, 1, 50),
    };
    trouble_begin(world, &plan);
}

static void flush_fails(struct world *world)
{
    const struct fault_plan plan = {
        .ops = FAULT_BIT(FAULT_FLUSH),
        .first = random_between(&world->random, 1, 5),
        .count = 1,
    };
    trouble_begin(world, &plan);
}

void world_crash(struct world *world, bool power)
{
    struct process *process = &world->process;
    if (process->running) {
        world->committed = atomic_load(&process->bus.committed);
    }
    world->was_clean = false;
    /* Without a flush for each group, a power cut takes the last of what was shown. */
    world->may_forget = world->may_forget || (power && world->settings.interval);
    report_mark(&world->report, power ? MARK_CRASH_POWER : MARK_CRASH_KILL);
    report_event(&world->report, "crash, %s; %llu was shown", power ? "power cut" : "killed",
                 (unsigned long long)world->committed);
    enum fault_loss loss = FAULT_LOSS_NONE;
    if (power) {
        loss = random_below(&world->random, 4) == 0 ? FAULT_LOSS_ALL : FAULT_LOSS_SOME;
    }
    trouble_end(world);
    fault_disk_crash(world->disk, loss);
    process_free(process, power ? PROCESS_UNPLUGGED : PROCESS_KILLED);
    world->restart_ms = world->net.now_ms +
                        random_below(&world->random, random_below(&world->random, DOWN_MS_MAX) + 1);
}

/* The process will die in one of its next calls to the disk. */
static void crash_soon(struct world *world, bool power, uint32_t ops, uint32_t first_max)
{
    const struct fault_plan plan = {
        .ops = ops,
        .first = random_between(&world->random, 1, first_max),
        .count = 1,
        .dies = true,
    };
    trouble_end(world);
    fault_disk_plan(world->disk, &plan);
    world->dying = true;
    world->dying_power = power;
}

static void crash_now_or_soon(struct world *world)
{
    bool power = random_permille(&world->random, world->settings.power_permille);
    if (random_below(&world->random, 3) == 0) {
        world_crash(world, power);
        return;
    }
    crash_soon(world, power,
               random_below(&world->random, 2) == 0 ? FAULT_ALL : FAULT_BIT(FAULT_FLUSH), 30);
}

static bool due(const struct world *world, int64_t at_ms)
{
    return at_ms <= world->net.now_ms;
}

/* The wall clock is set, an hour there or back at most. */
static void clock_jump(struct world *world)
{
    world->process.unix_start_ms +=
        (int64_t)random_below(&world->random, 2 * HOUR_MS + 1) - HOUR_MS;
}

static void process_misfortune(struct world *world)
{
    const struct settings *settings = &world->settings;
    struct process *process = &world->process;
    if (due(world, world->next_reload_ms)) {
        world->next_reload_ms = when(world, settings->reload_mean_ms);
        if (process->running && !process->ending) {
            struct config *config = settings_config(settings, &world->random);
            process_reload(process, config);
            if (config->close_ms < world->people.close_ms_min) {
                world->people.close_ms_min = config->close_ms;
            }
            config_give(config);
            clock_jump(world);
            report_mark(&world->report, MARK_RELOAD);
        }
    }
    if (due(world, world->next_stop_ms)) {
        world->next_stop_ms = when(world, settings->stop_mean_ms);
        if (process->running && !process->stop_asked) {
            report_event(&world->report, "the server is told to end");
            report_mark(&world->report, MARK_STOP_UNDER_LOAD);
            process_stop(process);
            if (random_below(&world->random, 4) == 0) {
                crash_soon(world, random_permille(&world->random, settings->power_permille),
                           FAULT_ALL, 60);
            }
        }
    }
    if (due(world, world->next_crash_ms)) {
        world->next_crash_ms = when(world, settings->crash_mean_ms);
        if (process->running && !world->dying) {
            crash_now_or_soon(world);
        }
    }
}

void misfortune_step(struct world *world)
{
    const struct disk_faults *disk = &world->settings.disk;
    if (world->quiet) {
        return;
    }
    if (world->trouble && due(world, world->trouble_end_ms)) {
        trouble_end(world);
    }
    if (due(world, world->next_full_ms)) {
        world->next_full_ms = when(world, disk->full_mean_ms);
        disk_fills(world);
    }
    if (due(world, world->next_refuse_ms)) {
        world->next_refuse_ms = when(world, disk->refuse_mean_ms);
        disk_refuses(world);
    }
    if (due(world, world->next_flush_ms)) {
        world->next_flush_ms = when(world, disk->flush_mean_ms);
        flush_fails(world);
    }
    process_misfortune(world);
}

/* A store that was made or left by a crash, and nothing worse. */
static void look_at_notice(struct world *world, const struct bytes *notice)
{
    if (notice->count == 0) {
        return;
    }
    report_event(&world->report, "notice: %.*s", (int)notice->count, notice->data);
    /* Without a flush for each group a flush that fails, or a power cut, may take the whole WAL. */
    bool is_missing =
        !world->settings.interval && memmem(notice->data, notice->count, "missing", 7) != NULL;
    if (world->was_clean || memmem(notice->data, notice->count, "check sum", 9) != NULL ||
        is_missing) {
        report_violation(&world->report, "after %s the journal says: %.*s",
                         world->was_clean ? "a clean end" : "a crash", (int)notice->count,
                         notice->data);
    }
}

static void look_at_store(struct world *world)
{
    struct truth *truth = &world->truth;
    uint64_t seq = world->process.mark.seq;
    for (size_t i = truth->epoch_first; i < truth->fact_count; i++) {
        const struct fact *fact = &truth->facts[i];
        if (world->may_forget) {
            continue;
        }
        if (fact->is_row && fact->seq > seq && (fact->shown || fact->seq <= world->committed)) {
            report_violation(&world->report, "entry %llu was %s, and the store ends with %llu",
                             (unsigned long long)fact->seq, fact->shown ? "shown" : "committed",
                             (unsigned long long)seq);
        }
    }
    truth_forget(truth, seq, world->may_forget);
    world->may_forget = false;
    truth_begin_epoch(truth, seq, world->process.mark.time_ms, random_next(&world->random));
    fault_disk_pause(world->disk, true);
    store_look_compare(truth);
    fault_disk_pause(world->disk, false);
}

void world_restart(struct world *world)
{
    struct process *process = &world->process;
    if (process->running || world->net.now_ms < world->restart_ms) {
        return;
    }
    if (!world->quiet && world->settings.crash_mean_ms > 0 && !world->dying &&
        random_below(&world->random, 8) == 0) {
        crash_soon(world, random_permille(&world->random, world->settings.power_permille),
                   FAULT_ALL, 100);
    }
    struct bytes problem = {0};
    struct text wal = TEXT_NONE;
    (void)fault_disk_look(world->disk, JOURNAL_FILE "-wal", &wal);
    report_event(&world->report, "the WAL has %zu bytes", wal.count);
    /* A start that failed may have read some. */
    bytes_clear(&world->truth.kept);
    enum error error = process_start(process, &problem);
    report_event(&world->report, "the server begins: %s, entry %llu", error_name(error),
                 (unsigned long long)process->mark.seq);
    if (error != ERR_OK) {
        report_event(&world->report, "%.*s", (int)problem.count, problem.data);
    }
    if (world->dying && fault_disk_fail_count(world->disk) > 0) {
        report_mark(&world->report, MARK_CRASH_IN_START);
        bytes_finish(&problem);
        world_crash(world, world->dying_power);
        return;
    }
    if (error == ERR_OK) {
        look_at_notice(world, &problem);
        world->troubled = false;
        look_at_store(world);
    } else if (world->trouble) {
        report_mark(&world->report, MARK_OPEN_FAILED);
        world->was_clean = false;
        world->restart_ms = world->net.now_ms + 200;
    } else {
        report_violation(&world->report, "the store cannot be opened: %.*s", (int)problem.count,
                         problem.data);
    }
    bytes_finish(&problem);
}

void world_look_ended(struct world *world)
{
    struct process *process = &world->process;
    int status = 0;
    if (!process->running) {
        return;
    }
    if (process->ending && atomic_load(&process->bus.stage) == STAGE_ABANDON) {
        people_hurry(&world->people);
    }
    if (!process_has_ended(process, &status)) {
        return;
    }
    world->committed = atomic_load(&process->bus.committed);
    report_event(&world->report, "the server has ended with %d", status);
    if (process->stuck && world->last) {
        report_violation(&world->report, "the server took too long to end");
    }
    world->was_clean = status == 0 && !world->trouble;
    if (status == 0) {
        report_mark(&world->report, MARK_CLEAN_STOP);
        if (world->committed != world->truth.seq) {
            report_violation(&world->report, "ended well at %llu of %llu entries",
                             (unsigned long long)world->committed,
                             (unsigned long long)world->truth.seq);
        }
    }
    process_free(process, PROCESS_EXITED);
    if (world->dying && fault_disk_fail_count(world->disk) > 0) {
        report_mark(&world->report, MARK_CRASH_IN_END);
        world_crash(world, world->dying_power);
    }
    world->restart_ms = world->net.now_ms + random_below(&world->random, DOWN_MS_MAX);
}
