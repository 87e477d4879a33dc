/* What one run is like: everything that the seed decides before it begins. */
#ifndef MADANG_SIM_SETTINGS_H
#define MADANG_SIM_SETTINGS_H

#include "server/bus.h"
#include "sim/fake_net.h"
#include "sim/random.h"

#define PEOPLE_MAX 40
#define SIM_LOBBY "#madang"
/* The second listener is for IRC. */
#define SIM_LISTENER_PLAIN 0
#define SIM_LISTENER_IRC 1
#define SIM_WORKERS_MAX 4

/* How often the disk misbehaves; mean milliseconds between two, 0: never. */
struct disk_faults {
    uint32_t full_mean_ms;
    uint32_t refuse_mean_ms;
    uint32_t flush_mean_ms;
    uint32_t trouble_ms_max; /* So long a full or refusing disk stays so. */
    uint32_t late_ms_max;    /* A commit may take so long. */
};

/* How people behave; permille where not said otherwise. */
struct manners {
    uint32_t think_ms_max;
    uint32_t burst;     /* Says several things at once, */
    uint32_t burst_max; /* at most so many. */
    uint32_t irc;       /* Speaks IRC, */
    uint32_t caps;      /* with capabilities: each of them; */
    uint32_t labels;    /* puts labels on its lines, */
    uint32_t rooms;     /* is in so many besides the lobby at most, */
    uint32_t enter_all; /* enters all of these at once, */
    uint32_t talk;      /* mostly talks, rather than doing other things. */
    uint32_t chunk;     /* Speaks as the report's client does. */
    uint32_t hasty;     /* Such a one does not wait between pieces. */
    uint32_t odd_line;  /* Blank, too long, not UTF-8, controls. */
    uint32_t long_line;
    uint32_t odd_name;
    uint32_t foreign; /* Speaks another protocol. */
    uint32_t leave;   /* Leaves now, */
    uint32_t abrupt;  /* without waiting for anything. */
    uint32_t silent;  /* Connects and says nothing. */
    uint32_t stop_reading;
    uint32_t stop_reading_ms_max;
    uint32_t away_ms_max;
};

struct settings {
    uint32_t worker_count;
    uint32_t people_count;
    uint32_t name_count; /* Of which people choose. */
    uint32_t connections_max;
    uint32_t commands_max; /* That the hub takes in one step. */
    uint32_t phases;       /* Times that faults begin and end. */
    uint32_t phase_ms;
    uint32_t crash_mean_ms;  /* 0: never. */
    uint32_t stop_mean_ms;   /* The same: clean stops. */
    uint32_t reload_mean_ms; /* The same: another configuration. */
    uint32_t console_stops;  /* Permille of its turns. */
    uint32_t power_permille; /* Of crashes. */
    uint32_t step_us_max;    /* What one step takes. */
    uint32_t lazy_actor;     /* One of the server's threads is seldom chosen; 0: none. */
    uint32_t stalls;         /* Permille of turns after which a thread does not run for a while, */
    uint32_t stall_ms_max;   /* at most so long. */
    bool interval;           /* JOURNAL_SYNC_INTERVAL. */
    bool strict;             /* Few connections an address. */
    uint64_t checkpoint_bytes;
    uint64_t wal_bytes_max;
    struct bus_options bus;
    struct net_faults net;
    struct disk_faults disk;
    struct manners manners;
};

void settings_draw(struct settings *out, struct random *random);
/* A configuration that suits them; the caller's reference. */
struct config *settings_config(const struct settings *settings, struct random *random);
/* The address of the person; some share one, some are exempt. */
struct in6_addr settings_address(uint32_t person);

#endif
