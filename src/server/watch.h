/*
 * Whom the peers of one worker want to know about (IRCv3 monitor): by the key of a nick the peers
 * that watch it, and by a peer the nicks that it watches. One thread, the worker's.
 */
#ifndef MADANG_SERVER_WATCH_H
#define MADANG_SERVER_WATCH_H

#include "base/bytes.h"
#include "base/map.h"
#include "model/limits.h"

struct peer;

/* One nick that one peer watches. */
struct watch;

struct watch_table {
    struct map *nicks; /* struct watched by the key of the nick. */
};

/* ERR_MEMORY. */
MUST_USE enum error watch_table_init(struct watch_table *table, uint64_t seed);
/* All watches are removed already. */
void watch_table_finish(struct watch_table *table);

/* ERR_LIMIT past MONITOR_COUNT_MAX, ERR_EXISTS, ERR_MEMORY, ERR_INVALID for what can be no nick. */
MUST_USE enum error watch_add(struct watch_table *table, struct peer *peer, struct text nick);
/* Nothing happens when it is not watched. */
void watch_remove(struct watch_table *table, struct peer *peer, struct text nick);
void watch_remove_all(struct watch_table *table, struct peer *peer);
/* The index-th nick that the peer watches, as it was given; TEXT_NONE at the end. */
struct text watch_nick(const struct peer *peer, uint32_t index);

/* The first watch of the nick, and the next of the same nick; NULL at the end. None may be added or
 * removed meanwhile. */
const struct watch *watch_first(const struct watch_table *table, struct text nick);
const struct watch *watch_next(const struct watch *watch);
/* Whether two nicks are the same name, in whatever case. */
bool watch_same_nick(struct text a, struct text b);
struct peer *watch_peer(const struct watch *watch);

#endif
