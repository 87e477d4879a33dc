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
/* The rank whose sign stands before the name; 0: none. */
uint32_t chat_rank_of_sign(struct text name);
/* Which of them is called that, perhaps behind such a sign; ROOM_NONE. */
uint32_t sim_room_find(struct text name);

/* The names that people choose from: some are the same to the server, or look the same. */
#define SIM_NAMES 30
extern const char *const sim_names[SIM_NAMES];
bool chat_same_nick(struct text a, struct text b);
/* The first of them that is the same to the server; SIM_NAMES: none. */
uint32_t sim_name_find(struct text nick);

/* A session that is there. */
struct sitter {
    uint64_t session; /* 0: nobody. */
    struct origin origin;
    struct bytes nick;
    struct bytes away;
    struct bytes address; /* "user@host" */
    bool is_plain;
    uint32_t invited;          /* Bits of the rooms that it may enter whatever stands against it. */
    uint32_t rooms[SIM_ROOMS]; /* In the order in which they were entered. */
    uint32_t room_count;
};

struct seat {
    struct sitter *sitter;
    uint32_t rank;
};

/* A room's modes that are on or off. */
enum room_mode {
    ROOM_KEPT = 1u << 0,         /* P */
    ROOM_INVITE_ONLY = 1u << 1,  /* i */
    ROOM_MODERATED = 1u << 2,    /* m */
    ROOM_NO_EXTERNAL = 1u << 3,  /* n */
    ROOM_TOPIC_LOCKED = 1u << 4, /* t */
};

enum room_list { ROOM_BANS, ROOM_EXCEPTIONS, ROOM_LISTS };

/* "nick!*@*", as they came. */
struct mask_list {
    struct bytes masks[LIST_MASKS_MAX];
    uint32_t count;
};

struct chat_room {
    uint64_t made;     /* By this entry: no other room is. */
    struct bytes name; /* As it was made; empty: there is no such room. */
    struct bytes topic;
    uint32_t modes;   /* enum room_mode. */
    struct bytes key; /* Empty: none. */
    uint32_t limit;   /* 0: none. */
    struct mask_list lists[ROOM_LISTS];
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
    struct sitter *target; /* Of a kick, an invitation or a private message. */
    uint32_t rank;         /* Of who comes in; those who are written to have it or a higher one. */
    struct text words;     /* Of a mode; an old name; the letter that a refused message is told. */
    struct sitter *ranked[MODES_PER_COMMAND_MAX]; /* Who has another rank now. */
    uint32_t ranked_count;
    uint32_t from;   /* The room that is renamed. */
    bool is_let_in;  /* By an invitation, in spite of all. */
    bool is_outside; /* Said by who is not in the room. */
};

/* A message in a room. */
struct spoken {
    uint64_t seq;
    uint64_t session; /* Its writer's. */
    uint64_t made;    /* The room's. */
    uint32_t rank;    /* Of those who were written to; 0: all. */
    bool is_gone;     /* Taken back. */
};

struct chat {
    uint64_t seq; /* Of the entry at hand. */
    struct spoken *spoken;
    size_t spoken_count;
    size_t spoken_capacity;
    struct sitter sitters[SITTERS_MAX];
    struct chat_room rooms[SIM_ROOMS];
    struct bytes words; /* Room for those of struct expected. */
};

/* Nobody is there, and no room. */
void chat_clear(struct chat *chat);
struct sitter *chat_sitter(struct chat *chat, uint64_t session);
uint32_t chat_sitter_count(const struct chat *chat);
uint32_t chat_room_count(const struct chat *chat);
/* Takes the entry of that number; names are as they were until chat_applied() is called. */
void chat_entry(struct chat *chat, uint64_t seq, const struct command *command,
                struct expected *out);
void chat_applied(struct chat *chat, const struct command *command,
                  const struct expected *expected);
/* Its rank there; 0 for who is not in the room. */
uint32_t chat_rank(const struct chat *chat, uint32_t index, const struct sitter *sitter);
/* chat_mode.c: what the modes of the room are told the session, " +nt", with their params. */
void chat_modes_append(const struct chat *chat, uint32_t index, uint64_t session,
                       struct bytes *out);

#endif
