/*
 * The world of one seed: a server's process on a fake network and disk, people, and misfortune. One
 * thread; everything that happens is decided by the seed.
 */
#ifndef MADANG_SIM_WORLD_H
#define MADANG_SIM_WORLD_H

#include "sim/fault_vfs.h"
#include "sim/people.h"
#include "sim/process.h"

struct world {
    uint64_t seed;
    struct random random;
    struct report report;
    struct settings settings;
    struct fake_net net;
    struct fault_disk *disk;
    struct fault_vfs *vfs;
    struct process process;
    struct truth truth;
    struct people people;
    int64_t now_us;
    uint64_t step_max; /* Chaos ends there, so that a run takes a bounded time. */
    bool quiet;        /* No misfortune now. */
    bool last;         /* Nobody is here any more, and nothing goes wrong: all must end well. */
    bool trouble;      /* The disk has some. */
    bool dying;        /* The process dies within one of its next calls to the disk. */
    bool dying_power;
    bool was_clean;     /* The last process has ended properly. */
    bool may_forget;    /* The last crash may have taken what was shown. */
    bool troubled;      /* This process has had trouble with its disk. */
    uint32_t wal_round; /* How often the WAL has begun anew, as it says itself. */
    uint64_t committed; /* What the last one had let people see. */
    int64_t restart_ms;
    int64_t trouble_end_ms;
    int64_t next_full_ms;
    int64_t next_refuse_ms;
    int64_t next_flush_ms;
    int64_t next_crash_ms;
    int64_t next_stop_ms;
    int64_t next_reload_ms;
};

/* Runs the seed to its end, or to the first violation; world->report says how it went. */
void world_run(struct world *world, uint64_t seed, bool trace);
void world_finish(struct world *world);
/* misfortune.c: what goes wrong now, if anything. */
void misfortune_step(struct world *world);
int64_t misfortune_next_ms(const struct world *world);
/* All troubles are over. */
void misfortune_end(struct world *world);
/* From now on they come. */
void misfortune_begin(struct world *world);
void world_crash(struct world *world, bool power);
/* A process, if there is none and it is time. */
void world_restart(struct world *world);
/* The process has ended by itself. */
void world_look_ended(struct world *world);
/* agreement.c: all is quiet: does everybody agree? */
void world_check_quiet(struct world *world);
void world_check_empty(struct world *world);
/* Bounds that hold at any time. */
void world_check_bounds(struct world *world, uint32_t turn);

#endif
