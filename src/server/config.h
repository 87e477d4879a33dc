/*
 * The configuration: the file's keys (libconfuse) over the defaults, the command line over the
 * file. dist/madang.conf documents every key. A config is read whole and checked whole before
 * anything uses it, then never changes.
 */
#ifndef MADANG_SERVER_CONFIG_H
#define MADANG_SERVER_CONFIG_H

#include "auth/password.h"
#include "base/bytes.h"
#include "door/door.h"
#include "journal/journal.h"
#include "model/limits.h"
#include "server/irc_setup.h"

#include <netinet/in.h>
#include <stdatomic.h>

#define CONFIG_EXEMPT_MAX 64
#define CONFIG_PROXIES_MAX 64
#define CONFIG_PATH_BYTES_MAX 1023
#define CONFIG_ICON_BYTES_MAX 200
#define CONFIG_ADMIN_BYTES_MAX 200
#define CONFIG_ADMIN_LINES_MAX 3

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
    bool flood;          /* False: who comes in here is not paced. */
    bool proxy_protocol; /* Who comes in here begins with a PROXY header. */
};

struct config_operator {
    char name[NAME_BYTES_MAX + 1];
    char hash[PASSWORD_HASH_BYTES_MAX + 1]; /* "$argon2id$…"; password_hash_check() has passed. */
};

/* account.password_hash_cost: what new hashes of accounts take. */
enum config_hash_cost { CONFIG_COST_NORMAL, CONFIG_COST_TEST };

struct config {
    atomic_uint references;
    char name[SERVER_NAME_BYTES_MAX + 1];
    char info[256];
    char network[SERVER_NAME_BYTES_MAX + 1];
    char lobby[CHANNEL_BYTES_MAX + 1];
    char lang[8];                          /* "", "ko" or "en". */
    char password[PASSWORD_BYTES_MAX + 1]; /* That IRC clients give with PASS; "": none. */
    char casemapping[8];                   /* As ISUPPORT names it: "ascii" or "precis". */
    char icon[CONFIG_ICON_BYTES_MAX + 1];
    char admin[CONFIG_ADMIN_LINES_MAX][CONFIG_ADMIN_BYTES_MAX + 1];
    uint32_t admin_count;
    char motd_file[CONFIG_PATH_BYTES_MAX + 1]; /* "": none. */
    char *motd; /* What it holds, lines with '\n'; NULL: nothing. Freed with the configuration. */
    size_t motd_bytes;
    bool proxy_protocol; /* Every connection begins with a PROXY header. */

    char certificate[CONFIG_PATH_BYTES_MAX + 1]; /* "": no TLS. */
    char certificate_key[CONFIG_PATH_BYTES_MAX + 1];

    struct config_operator operators[OPERATORS_MAX];
    uint32_t operator_count;

    bool registration; /* The keys of the section account. */
    bool registration_before_connect;
    bool registration_needs_email;
    bool always_on; /* opt-out: the sessions of an account outlive their connections by default. */
    bool invisible; /* default_user_modes has i: who comes in has mode +i from the start. */
    enum config_hash_cost password_hash_cost;

    struct network proxies[CONFIG_PROXIES_MAX]; /* Who may speak for others. */
    uint32_t proxy_count;
    char proxy_password[PASSWORD_BYTES_MAX + 1]; /* Of WEBIRC; "": nobody may say that. */

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
    uint32_t oper_again_ms; /* After a wrong password of OPER, so long no other is looked at. */
    uint32_t pace_ms;     /* A room's readers are written to at most once in so long; 0: at once. */
    uint32_t quiet_ms;    /* A piece without newline is whole after so long. */
    uint32_t cut_ms;      /* So long is waited for the rest of a cut character. */
    uint32_t vanish_ms;   /* A peer that does not acknowledge is gone after so long. */
    uint32_t close_ms;    /* So long a closing connection may take to read our last words. */
    uint32_t shutdown_ms; /* So long peers may take at the end of the server. */
    struct network exempt[CONFIG_EXEMPT_MAX];
    uint32_t exempt_count;

    enum journal_sync sync;
    char data[CONFIG_PATH_BYTES_MAX + 1]; /* --data or storage.data, resolved; never empty. */
    bool data_is_default;                 /* Nobody named it: its parents may be made as well. */
    uint32_t threads;                     /* Workers; never 0. */

    bool others_read_secrets; /* The file holds secrets, and anybody on the machine may read it. */
    int64_t started_ms;       /* Of the server, Unix time, as the arguments have it. */
    struct irc_setup irc;     /* Made of the above. */
};

/* What the command line says over the file; zero and NULL mean "not given". */
struct config_arguments {
    const char *file;
    const char *data;
    uint32_t threads;
    struct config_listen listens[LISTENERS_MAX];
    uint32_t listen_count;
    int64_t started_ms; /* When the server was started, Unix time; for irc_server.created. */
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
/*
 * Before others see next, which was read while now holds: what cannot change while the server runs
 * (names and what the core or a client was told of them) stays as it is. Main thread.
 */
void config_keep(struct config *next, const struct config *now);
/* True when the address is in limit.exempt. Any thread. */
bool config_is_exempt(const struct config *config, const struct in6_addr *address);
/* Whether a connection from address may say by a PROXY header for whom it speaks. Any thread. */
bool config_trusts_proxy(const struct config *config, const struct in6_addr *address);
/* The same by WEBIRC, with the password that came with it. Any thread. */
bool config_trusts_webirc(const struct config *config, const struct in6_addr *address,
                          struct text password);

#endif
