/*
 * The server's process: the production parts (gate, hub, committer, workers, journal) with the
 * loops of server.c around them, a step at a time. Who runs next is the scheduler's choice
 * (world.c); who would sleep is not asked to run. One thread.
 */
#ifndef MADANG_SIM_PROCESS_H
#define MADANG_SIM_PROCESS_H

#include "server/committer.h"
#include "server/gate.h"
#include "server/hub.h"
#include "server/worker.h"
#include "sim/settings.h"

#define JOURNAL_VFS "simulated"
#define JOURNAL_FOLDER "/store"
#define JOURNAL_FILE JOURNAL_FOLDER "/madang.db"

/* The actors of a process; workers come last. */
enum { ACTOR_GATE, ACTOR_HUB, ACTOR_COMMITTER, ACTOR_CONSOLE, ACTOR_WORKER };
#define ACTORS_MAX (ACTOR_WORKER + SIM_WORKERS_MAX)

struct process {
    struct fake_net *net;
    struct report *report;
    struct random *random;
    const struct settings *settings;
    struct config *config;
    struct bus bus;
    struct journal *journal;
    struct journal_mark mark; /* What the store ended with at the start. */
    struct gate *gate;
    struct hub *hub;
    struct committer committer;
    struct worker *workers[SIM_WORKERS_MAX];
    bool running;
    bool calm; /* No thread stalls. */
    bool done[ACTORS_MAX];
    bool stop_asked;
    bool ending;
    bool hub_rests; /* It sleeps for a while only, to give memory back after that. */
    bool stuck;     /* The end took longer than it may. */
    int64_t abandon_ms;
    int64_t
        busy_ms[ACTORS_MAX];  /* It does not run before: the disk is at work, or other threads. */
    int64_t console_since_ms; /* The console's reader has stopped then, */
    int64_t console_until_ms; /* until then. */
    int64_t unix_start_ms;    /* The wall clock, less the monotonic one; it may jump. */
    /* Called with each row of state that a start finds in the store. */
    void (*kept)(void *context, const struct row *row);
    /* Called with each effect that the console shows. */
    void (*console)(void *context, const struct effect *effect);
    void *context; /* Of both. */
};

/* A new process on the store that is there. problem is as journal_sqlite_open() leaves it. */
MUST_USE enum error process_start(struct process *process, struct bytes *problem);
uint32_t process_actor_count(const struct process *process);
/* True when the actor's thread would not sleep now. */
bool process_is_runnable(const struct process *process, uint32_t actor);
void process_run(struct process *process, uint32_t actor);
/* When some actor wakes by itself; INT64_MAX: never. With patient the committer's housekeeping does
 * not count. */
int64_t process_wake_ms(const struct process *process, bool patient);
/* SIGTERM. */
void process_stop(struct process *process);
/* SIGHUP with another configuration, whose reference is the caller's. */
void process_reload(struct process *process, struct config *config);
/* All threads have ended; *out_status is what the process exits with. */
bool process_has_ended(const struct process *process, int *out_status);
/* Gives everything back, whatever state it is in. When it has not exited by itself, the disk has
 * been crashed before. */
enum process_end { PROCESS_EXITED, PROCESS_KILLED, PROCESS_UNPLUGGED };
void process_free(struct process *process, enum process_end end);
/* True when nothing is on its way inside. */
bool process_is_empty(const struct process *process);

#endif
