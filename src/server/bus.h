/*
 * What the threads of the server share: rings between each pair that talks, wakers, and a few
 * marks. Nothing else is shared.
 *
 *   gate (main thread) -- arrivals --> worker -- commands --> hub -- rows --> committer
 *                      <-- notes ----         <-- effects ---     -- effects --> console
 *                                     worker -- requests --> verifier
 *                                            <-- verdicts --
 */
#ifndef MADANG_SERVER_BUS_H
#define MADANG_SERVER_BUS_H

#include "base/ring.h"
#include "base/siphash.h"
#include "model/limits.h"
#include "net/waker.h"
#include "server/config.h"

#include <netinet/in.h>
#include <stdatomic.h>

/* The rings between one worker and the others. */
struct lane {
    struct ring *commands; /* Packed commands, to the hub. */
    struct ring *effects;  /* Packed effects, from the hub. */
    struct ring *arrivals; /* struct arrival, from the gate. */
    struct ring *notes;    /* struct note, to the gate. */
    struct ring *requests; /* Packed passwords, to the verifier (verifier.h). */
    struct ring *verdicts; /* struct verdict, from the verifier. */
    struct waker waker;    /* The worker's. */
    atomic_bool starved;   /* The worker waits for room in commands or requests. */
};

/* The gate hands a connection, or a new configuration, to a worker. */
struct arrival {
    int socket; /* -1: only the configuration. */
    bool exempt;
    bool flood;          /* Who comes by that listener is paced. */
    bool proxy_protocol; /* It must begin with the header of a proxy. */
    enum door_kind door;
    struct in6_addr address;
    struct config *config; /* Given, with its reference, when not NULL. */
};

/* A worker tells the gate what became of a connection. */
struct note {
    bool registered; /* It has given a name; else it is closed. */
    bool was_registered;
    bool exempt;
    struct in6_addr address;
};

/* Packed rows travel with a mark on the last one of each entry. */
struct row_record {
    uint64_t last_of_entry;
    char row[];
};

/* How far the end of the server has come; it only goes forward. */
enum stage {
    STAGE_RUN,
    STAGE_DRAIN,   /* Nothing is read any more; what is in the rings is applied. */
    STAGE_ABANDON, /* The time is over, or the journal is done: everybody ends now. */
};

enum journal_state {
    JOURNAL_FINE,
    JOURNAL_REFUSING_FULL, /* The disk is full. */
    JOURNAL_REFUSING_IO,   /* The disk refuses for another reason. */
    JOURNAL_FAILED,        /* A flush failed: what waits can never be promised. */
};

/* How large the rings are, and what else is bounded in a turn. Small ones are for tests: they must
 * hold the most that one command may cause. */
struct bus_options {
    size_t commands_bytes; /* Powers of two, as ring_new() has it. */
    size_t effects_bytes;
    size_t arrivals_bytes;
    size_t notes_bytes;
    size_t requests_bytes;
    size_t verdicts_bytes;
    size_t rows_bytes;
    size_t console_bytes;
    uint32_t group_entries_max; /* Of one journal group. */
    uint32_t group_bytes_max;
    uint32_t output_bytes_max; /* That one connection may be behind. */
};

/* What a server runs with. */
extern const struct bus_options bus_options_default;

struct bus {
    struct bus_options options;
    uint32_t worker_count;
    struct lane lanes[WORKERS_MAX];
    struct ring *rows;            /* Hub to committer. */
    struct ring *console_effects; /* Hub to console. */
    struct waker gate_waker;
    struct waker hub_waker;
    struct waker committer_waker;
    struct waker console_waker;
    struct waker verifier_waker;
    struct siphash_key cloak_key; /* Set before the threads start, and never again (cloak.h). */

    atomic_uint_fast64_t committed; /* Entries up to this number may be shown. */
    atomic_int journal_state;       /* enum journal_state; the committer writes. */
    atomic_uint pace_ms;            /* server.pace_ms; the gate writes. */
    atomic_int stage;               /* enum stage; the gate writes. */
    atomic_bool reload_asked;       /* An operator said REHASH: the gate's thread reads the file. */
    atomic_uint workers_drained;    /* They will put no more commands. */
    atomic_bool hub_starved;        /* The hub waits for room in effects or rows. */
    atomic_bool hub_drained;        /* It will put no more rows and effects. */
    atomic_bool journal_drained;    /* All rows are committed, or never will be. */
    atomic_uint threads_left;       /* Threads besides the gate's that have not ended. */
    atomic_bool console_stuck;      /* Its reader has stopped: the hub does not wait for it. */
    atomic_uint_fast64_t console_lost; /* Lines that nobody read in time. */
};

/* Makes the rings and wakers. ERR_MEMORY, ERR_LIMIT. Main thread. */
MUST_USE enum error bus_init(struct bus *bus, uint32_t worker_count, uint64_t seq,
                             const struct bus_options *options);
void bus_finish(struct bus *bus);
/*
 * Consumer of a ring, after it released room: wakes the producer if it said that it is starved. The
 * producer says so, and then looks for room once more before it sleeps.
 */
void bus_feed(atomic_bool *starved, struct waker *waker);
/* Wakes all threads: a mark has changed. */
void bus_wake_all(struct bus *bus);

#endif
