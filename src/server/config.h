/*
 * The configuration: the file's keys (libconfuse) over the defaults, the command line over the
 * file. dist/madang.conf documents every key. A config is read whole and checked whole before
 * anything uses it, then never changes.
 */
#ifndef MADANG_SERVER_CONFIG_H
#define MADANG_SERVER_CONFIG_H

#include "base/bytes.h"
#include "door/door.h"
#include "journal/journal.h"
#include "model/limits.h"

#include <netinet/in.h>
#include <stdatomic.h>

#define CONFIG_EXEMPT_MAX 64

/* An address of either family; IPv4 is kept mapped into IPv6, so that prefix lengths count from 0
 * to 128. */
struct network {
    struct in6_addr address;
    uint32_t prefix_bits;
};

struct config_listen {
    char address[INET6_ADDRSTRLEN]; /* Numeric, without brackets. */
    uint16_t port;                  /* 0: any. */
    enum door_kind door;
};

struct config {
    atomic_uint references;
    char name[SERVER_NAME_BYTES_MAX + 1];
    char info[256];
    char network[SERVER_NAME_BYTES_MAX + 1];
    char lobby[CHANNEL_BYTES_MAX + 1];
    char lang[8]; /* "", "ko" or "en". */

    struct config_listen listens[LISTENERS_MAX];
    uint32_t listen_count;

    bool flood;                       /* limit.flood: pacing of lines. */
    uint32_t burst;                   /* Lines at once. */
    uint32_t rate;                    /* Lines a second after that. */
    uint32_t connections_per_address; /* At once; 0: no limit. */
    uint32_t connects_per_address;    /* New ones in connects_window_ms; 0: no limit. */
    uint32_t connects_window_ms;
    uint32_t
        unregistered_start; /* Random early drop of connections without a name: from so many on, */
    uint32_t unregistered_percent; /* with so many percent, rising to 100 at */
    uint32_t unregistered_full;    /* so many. */
    uint32_t register_ms;          /* Time to give a name. */
    uint32_t pace_ms;     /* A room's readers are written to at most once in so long; 0: at once. */
    uint32_t quiet_ms;    /* A piece without newline is whole after so long. */
    uint32_t cut_ms;      /* So long is waited for the rest of a cut character. */
    uint32_t vanish_ms;   /* A peer that does not acknowledge is gone after so long. */
    uint32_t close_ms;    /* So long a closing connection may take to read our last words. */
    uint32_t shutdown_ms; /* So long peers may take at the end of the server. */
    struct network exempt[CONFIG_EXEMPT_MAX];
    uint32_t exempt_count;

    enum journal_sync sync;
    char data[1024];      /* --data or storage.data, resolved; never empty. */
    bool data_is_default; /* Nobody named it: its parents may be made as well. */
    uint32_t threads;     /* Workers; never 0. */
};

/* What the command line says over the file; zero and NULL mean "not given". */
struct config_arguments {
    const char *file;
    const char *data;
    uint32_t threads;
    struct config_listen listens[LISTENERS_MAX];
    uint32_t listen_count;
};

/* Parses "ADDR:PORT" or "[ADDR]:PORT" with a numeric address. ERR_INVALID. */
MUST_USE enum error config_listen_parse(const char *text, struct config_listen *out);

/* The same address and port. */
bool config_listen_equal(const struct config_listen *a, const struct config_listen *b);

/*
 * Reads file (may be NULL: defaults only) and lays the arguments over it. On failure nothing is
 * made, and problem (cleared first) holds one line: "file:line: " where the file is at fault, what
 * is wrong and what was expected. ERR_NOT_FOUND, ERR_DENIED, ERR_IO, ERR_LIMIT: of the file;
 * ERR_INVALID, ERR_MEMORY. Main thread.
 */
MUST_USE enum error config_read(const struct config_arguments *arguments, struct config **out,
                                struct bytes *problem);
/* Configs are shared between threads and replaced on reload. Any thread. */
struct config *config_take(struct config *config);
void config_give(struct config *config);
/* True when the address is in limit.exempt. Any thread. */
bool config_is_exempt(const struct config *config, const struct in6_addr *address);

#endif
