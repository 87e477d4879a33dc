/*
 * The reference model: a small chat of its own, without hash tables, workers or disk, that is told
 * every entry and says what must come of it. It knows what the simulator's people do, and nothing
 * more. One thread.
 */
#ifndef MADANG_SIM_CHAT_H
#define MADANG_SIM_CHAT_H

#include "core/core.h"

#define SITTERS_MAX 512
#define SIM_ROOMS 5 /* The lobby is the first. */
#define ROOM_NONE UINT32_MAX

/* Their names, each in two spellings that are the same to the server. */
extern const char *const sim_room_names[SIM_ROOMS][2];
/* Which of them is called that; ROOM_NONE. */
uint32_t sim_room_find(struct text name);

/* A session that is there. */
struct sitter {
    uint64_t session; /* 0: nobody. */
    struct origin origin;
    struct bytes nick;
    struct bytes away;
    bool is_plain;
    uint32_t rooms[SIM_ROOMS]; /* In the order in which they were entered. */
    uint32_t room_count;
};

struct seat {
    struct sitter *sitter;
    uint32_t rank;
};

struct chat_room {
    struct bytes name; /* As it was made; empty: there is no such room. */
    struct bytes topic;
    bool is_kept;
    struct seat seats[SITTERS_MAX];
    uint32_t seat_count;
};

/* What must come of an entry. */
struct expected {
    enum effect_kind effect; /* 0: none. */
    enum refusal refusal;
    enum row_kind row;
    uint32_t row_count;
    uint32_t rooms[SIM_ROOMS]; /* Concerned, in this order; rows come one for each. */
    uint32_t room_count;
    struct sitter *actor;  /* NULL: its session is not there. */
    struct sitter *target; /* Of a kick, a change of rank or a private message. */
};

struct chat {
    struct sitter sitters[SITTERS_MAX];
    struct chat_room rooms[SIM_ROOMS];
};

/* Nobody is there, and no room. */
void chat_clear(struct chat *chat);
struct sitter *chat_sitter(struct chat *chat, uint64_t session);
uint32_t chat_sitter_count(const struct chat *chat);
uint32_t chat_room_count(const struct chat *chat);
/* Takes the entry; names are as they were until chat_applied() is called. */
void chat_entry(struct chat *chat, const struct command *command, struct expected *out);
void chat_applied(struct chat *chat, const struct command *command,
                  const struct expected *expected);

#endif
