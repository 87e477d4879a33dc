/*
 * The state of the core, shared by its own files and by nobody else.
 *
 * Invariants:
 * - core->sessions, core->nicks and core->looks hold the same sessions: everybody has one nick, no
 *   two nicks have the same key, and no two have the same skeleton. Both are made from the nick
 *   when they are needed, and not kept.
 * - channel->member_count is the number of sessions that list the channel, never 0 between entries.
 * - A session lists a channel at most once, in the order it joined.
 */
#ifndef MADANG_CORE_STATE_H
#define MADANG_CORE_STATE_H

#include "base/bytes.h"
#include "base/map.h"
#include "core/core.h"
#include "model/name.h"

struct core {
    struct map *sessions; /* struct session by its number. */
    struct map *nicks;    /* struct session by the key of its nick. */
    struct map *looks;    /* struct session by the skeleton of its nick. */
    struct map *channels; /* struct channel by its key. */
    struct bytes *key;    /* Room to fold a channel's name in, so that folding needs no memory. */
    uint64_t seq;
    int64_t time_ms;
};

struct channel {
    uint64_t id; /* The number of the entry that made it, so never given twice. */
    uint32_t member_count;
    uint8_t name_bytes;
    uint8_t alias_bytes;
    char name[CHANNEL_BYTES_MAX]; /* As it was spelled by who made it. */
    /* Another spelling that led here last: it saves folding and means nothing. */
    char alias[CHANNEL_BYTES_MAX];
};

/* There may be very many of these, and each is small: mind the order of the members. */
struct session {
    uint64_t id;
    uint64_t connection; /* This and the next two: the origin of its COMMAND_OPEN. */
    uint32_t node;
    uint32_t worker;
    union {
        struct channel *one;   /* While channel_capacity is 1. */
        struct channel **many; /* From then on. */
    } joined;                  /* In the order of joining; see session_channels(). */
    uint16_t channel_count;
    uint16_t channel_capacity;
    uint16_t recent; /* Where it spoke last: a place to look first, it means nothing. */
    uint8_t nick_bytes;
    char nick[];
};

/* One entry on its way through the core. */
struct turn {
    struct core *core;
    const struct entry *entry;
    const struct core_sink *sink;
    struct session *session; /* Who acts; NULL before its COMMAND_OPEN is done. */
};

/* core.c: an effect with all that the turn knows filled in. */
struct effect turn_effect(const struct turn *turn, enum effect_kind kind);
/* core.c: tells the asker that nothing was changed, because of refusal. */
void turn_refuse(const struct turn *turn, enum refusal refusal);
/* core.c: the same, because the name is none. */
void turn_refuse_name(const struct turn *turn, enum name_verdict verdict);
/* core.c: a row for channel with all that the turn knows filled in, given to the sink. */
void turn_row(const struct turn *turn, enum row_kind kind, const struct channel *channel);

/* session.c */
void session_open(struct turn *turn);
void session_close(struct turn *turn);
void session_free(struct session *session);
struct text session_nick(const struct session *session);
/* The channels it is in, channel_count of them; until session_reserve() is called. */
struct channel **session_channels(struct session *session);
/* The index of the channel in the session's list, or channel_count. */
size_t session_index(struct session *session, const struct channel *channel);
/* Makes room for one more channel. ERR_MEMORY. */
MUST_USE enum error session_reserve(struct session *session);

/* channel.c */
void channel_join(struct turn *turn);
void channel_part(struct turn *turn);
void channel_message(struct turn *turn);
struct text channel_name(const struct channel *channel);
/* One member less; without members the channel is out of the table, but there to be told of. */
void channel_leave(struct core *core, struct channel *channel);
/* After all is told: frees the channel when it has no members. */
void channel_free_empty(struct channel *channel);
/*
 * Sets *out to the channel of that name, however it is spelled, or to NULL, and leaves the key in
 * core->key. ERR_INVALID when nothing can be called that.
 */
MUST_USE enum error channel_find(const struct core *core, struct text name, struct channel **out);

#endif
