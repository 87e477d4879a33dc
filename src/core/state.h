/*
 * The state of the core, shared by its own files and by nobody else.
 *
 * Invariants:
 * - core->by_id, core->nicks, core->looks and core->sessions hold the same sessions: everybody has
 *   one nick, no two nicks have the same key, and no two have the same skeleton. Both are made from
 *   the nick when they are needed, and not kept.
 * - core->names and core->channels hold the same channels. A channel without members is there only
 *   with MODE_KEPT.
 * - A session's membership names its place in channel->members, and that place holds the session,
 *   with its rank (enum rank) as the tag. A session lists a channel at most once, in the order it
 *   joined.
 * - What core->…_count says is the number of sessions with that flag.
 * - A session that is gone is in core->past, without memberships and options, or nowhere.
 */
#ifndef MADANG_CORE_STATE_H
#define MADANG_CORE_STATE_H

#include "base/bytes.h"
#include "base/map.h"
#include "core/core.h"
#include "core/mask.h"
#include "core/note.h"
#include "core/slots.h"
#include "model/name.h"

/* The flags of a channel's modes: channel->modes. mode.c knows their letters. */
enum channel_mode {
    MODE_NO_CTCP = 1u << 0,          /* C */
    MODE_SPEAK_REGISTERED = 1u << 1, /* M */
    MODE_KEPT = 1u << 2,             /* P */
    MODE_JOIN_REGISTERED = 1u << 3,  /* R */
    MODE_NO_COLOURS = 1u << 4,       /* c */
    MODE_INVITE_ONLY = 1u << 5,      /* i */
    MODE_MODERATED = 1u << 6,        /* m */
    MODE_NO_EXTERNAL = 1u << 7,      /* n */
    MODE_SECRET = 1u << 8,           /* s */
    MODE_TOPIC_LOCKED = 1u << 9,     /* t */
    MODE_AUDITORIUM = 1u << 10,      /* u */
    MODE_KEY = 1u << 11,             /* k, with channel->options->key. */
    MODE_LIMIT = 1u << 12,           /* l, with channel->limit. */
    MODE_FORWARD = 1u << 13,         /* f, with channel->options->forward. */
};

enum channel_list {
    LIST_BANS,        /* b */
    LIST_EXCEPTIONS,  /* e */
    LIST_INVITATIONS, /* I */
    LIST_COUNT,
};

/* What most channels do not have. */
struct channel_options {
    struct note *topic; /* NULL without one. */
    struct notes lists[LIST_COUNT];
    struct notes metadata;
    uint8_t key_bytes;
    uint8_t forward_bytes;
    char key[KEY_BYTES_MAX];
    char forward[CHANNEL_BYTES_MAX]; /* The name of another channel, as it was given. */
};

struct channel {
    uint64_t id;          /* The number of the entry that made it, so never given twice. */
    int64_t created_ms;   /* Unix time. */
    struct slots members; /* struct session; the tag is the rank. */
    struct channel_options *options; /* NULL without any. */
    uint32_t slot;                   /* In core->channels. */
    uint32_t modes;                  /* enum channel_mode. */
    uint32_t limit;                  /* With MODE_LIMIT. */
    uint8_t name_bytes;
    uint8_t alias_bytes;
    char name[CHANNEL_BYTES_MAX]; /* As it was spelled by who made it. */
    /* Another spelling that led here last: it saves folding and means nothing. */
    char alias[CHANNEL_BYTES_MAX];
};

/* One channel that a session is in. */
struct membership {
    struct channel *channel;
    uint32_t slot; /* In channel->members. */
};

/* A channel that the session may enter whatever stands against it, until it has. */
struct invitation {
    uint64_t channel_id; /* The channel may be gone: slots_get() by the slot, then compare. */
    uint32_t channel_slot;
};

/* What most sessions do not have. */
struct session_options {
    struct note *away;     /* The text; NULL when it is here. */
    struct note *realname; /* The text: the one that SETNAME gave. */
    struct note *operator; /* The text: the name it became operator by. */
    struct notes metadata;
    /* INVITES_PER_SESSION_MAX of room; NULL before the first one. Oldest first. */
    struct invitation *invitations;
    /* ACCEPTS_PER_SESSION_MAX of room, or NULL: numbers of sessions, perhaps of ended ones. */
    uint64_t *accepts;
    uint32_t invitation_count;
    uint32_t accept_count;
};

/* There may be very many of these, and each is small: mind the order of the members. */
struct session {
    uint64_t id;
    uint64_t connection; /* This and the next two: the origin of its COMMAND_OPEN. */
    uint32_t node;
    uint32_t worker;
    int64_t opened_ms;               /* Unix time; when it ended, for one that is gone. */
    int64_t active_ms;               /* When it last wrote a message. */
    struct session_options *options; /* NULL without any. */
    union {
        struct membership one;   /* While membership_capacity is 1. */
        struct membership *many; /* From then on. */
    } joined;                    /* In the order of joining; see session_memberships(). */
    uint32_t slot;               /* In core->sessions. */
    uint32_t flags;              /* enum person_flag. */
    uint16_t membership_count;
    uint16_t membership_capacity;
    uint16_t recent; /* Where it spoke last: a place to look first, it means nothing. */
    uint8_t nick_bytes;
    uint8_t user_bytes;
    uint8_t host_bytes;
    uint8_t address_bytes;
    uint8_t realname_bytes;
    uint8_t account_bytes;
    char nick[NAME_BYTES_MAX];
    char texts[]; /* user, host, address, realname, account. */
};

/* A message that can still be taken back. */
struct recent {
    uint64_t seq;    /* 0: none. */
    uint64_t writer; /* A session's number. */
    uint64_t place;  /* The number of the channel, or of the recipient's session. */
    uint8_t rank;    /* Only those of it and above were sent it; 0: all. */
    bool is_private; /* It went to one person. */
};

/* Whom WHOWAS tells of. */
struct past {
    struct session *session; /* Its opened_ms is when it ended. */
    uint64_t hash;           /* past_hash() of its nick's key. */
};

struct core {
    struct map *by_id;     /* struct session by its number. */
    struct map *nicks;     /* struct session by the key of its nick. */
    struct map *looks;     /* struct session by the skeleton of its nick. */
    struct map *names;     /* struct channel by its key. */
    struct slots sessions; /* struct session. */
    struct slots channels; /* struct channel. */
    struct notes bans;     /* Of the server: subject the mask, text why. */
    struct bytes *key;     /* Room to fold a channel's name in, so that folding needs no memory. */
    uint64_t seed;
    uint64_t first_seq; /* Of the last entry before the first one here. */
    uint64_t seq;
    int64_t time_ms;
    uint32_t operator_count;
    uint32_t invisible_count;
    uint32_t session_peak; /* The most sessions that there were at once. */
    uint32_t defcon;       /* 5 to 1. */
    uint64_t
        past_count; /* Ever put; the last WHOWAS_MAX are there, at their number % WHOWAS_MAX. */
    struct past past[WHOWAS_MAX];
    struct recent *recents; /* Each at its seq % REDACT_ENTRIES_MAX; older ones mean nothing. */
    uint8_t server_bytes;
    uint8_t info_bytes;
    char server[SERVER_NAME_BYTES_MAX];
    char info[UINT8_MAX];
};

/* One entry on its way through the core. */
struct turn {
    struct core *core;
    const struct entry *entry;
    const struct core_sink *sink;
    struct session *session; /* Who acts; NULL before its COMMAND_OPEN is done. */
    uint64_t more;           /* What core_apply() will return. */
};

/* -- turn.c: what is told, and to whom ------------------------------------------------------- */

/* An effect with all that the turn knows filled in: who is the acting session, without realname. */
struct effect turn_effect(const struct turn *turn, enum effect_kind kind);
/* The same for what happens in a channel; borrows the concerned one, which it sets. */
struct effect turn_channel_effect(const struct turn *turn, enum effect_kind kind,
                                  const struct channel *channel, struct effect_channel *concerned);
void turn_tell(const struct turn *turn, const struct effect *effect);
/* Tells the asker that nothing was changed, because of refusal; with the command's name and extra
 * (not with a message's tags). */
void turn_refuse(const struct turn *turn, enum refusal refusal);
/* The same with another extra, or with a text. */
void turn_refuse_extra(const struct turn *turn, enum refusal refusal, struct text extra);
void turn_refuse_text(const struct turn *turn, enum refusal refusal, struct text text);
/* The same, because name is none. */
void turn_refuse_name(const struct turn *turn, struct text name, enum name_verdict verdict);
/* A row with all that the turn knows filled in; channel TEXT_NONE where there is none. */
struct row turn_row(const struct turn *turn, enum row_kind kind, struct text channel);
void turn_keep(const struct turn *turn, const struct row *row);
/* The prefix "nick!user@host" of whom it is. */
#define PREFIX_BYTES_MAX (NAME_BYTES_MAX + USER_BYTES_MAX + HOST_BYTES_MAX + 2)
struct text session_prefix(const struct session *session, char out[PREFIX_BYTES_MAX]);

/* What somebody typed, as one of a reply's params before the last: "*" for what cannot be one. */
struct text param_of(struct text typed);
/* One reply. Each of params as struct reply wants them; at most REPLY_PARAMS_MAX. */
void sink_reply(const struct core_sink *sink, enum numeric numeric, const struct text *params,
                uint32_t param_count);
/* SINK_REPLY(sink, RPL_TOPIC, name, topic): the same, with one param and more as arguments. */
#define SINK_REPLY(sink, numeric, ...)                                                             \
    sink_reply((sink), (numeric), (const struct text[]){__VA_ARGS__},                              \
               (uint32_t)(sizeof((const struct text[]){__VA_ARGS__}) / sizeof(struct text)))
#define turn_reply(turn, numeric, ...) SINK_REPLY((turn)->sink, (numeric), __VA_ARGS__)

/* The decimal form of number in out. */
#define NUMBER_BYTES_MAX 20
struct text number_text(uint64_t number, char out[NUMBER_BYTES_MAX]);
/* The first of text's characters that are at most bytes_max bytes together. */
struct text text_cut(struct text text, size_t bytes_max);

/* -- session.c, nick.c: sessions and how they are found -------------------------------------- */

/* NULL when nobody is called that. */
struct session *session_find(const struct core *core, struct text nick);
/* The session of that number, or NULL. */
struct session *session_by_id(const struct core *core, uint64_t id);
struct text session_nick(const struct session *session);
struct text session_user(const struct session *session);
struct text session_host(const struct session *session);
struct text session_address(const struct session *session);
struct text session_realname(const struct session *session);
struct text session_account(const struct session *session); /* "" without one. */
/* "" when it is here. */
struct text session_away(const struct session *session);
/* As others see it; with realname. */
struct person person_of(const struct session *session);
/* "+iw": its modes. */
#define USER_MODES_BYTES_MAX 16
struct text session_modes(const struct session *session, char out[USER_MODES_BYTES_MAX]);
/* The channels it is in, membership_count of them; until it joins another one. */
struct membership *session_memberships(struct session *session);
const struct membership *session_memberships_const(const struct session *session);
/* Its membership of the channel, or NULL. */
const struct membership *session_membership(const struct session *session,
                                            const struct channel *channel);
/* Its rank in the channel; 0 for one without rank, and for who is no member. */
uint32_t session_rank(const struct session *session, const struct channel *channel);
bool session_is_operator(const struct session *session); /* Of the server. */
/* Whether session accepts messages of other in spite of +g. */
bool session_accepts(const struct session *session, const struct session *other);

/* -- channel.c: channels and how they are found ---------------------------------------------- */

struct text channel_name(const struct channel *channel);
/*
 * Sets *out to the channel of that name, however it is spelled, or to NULL, and leaves the key in
 * core->key. ERR_INVALID when nothing can be called that.
 */
MUST_USE enum error channel_find(const struct core *core, struct text name, struct channel **out);
/* The same, with NULL for what nothing can be called. */
struct channel *channel_get(const struct core *core, struct text name);
/* The one that the invitation is for, or NULL when it is gone. */
struct channel *invitation_channel(const struct core *core, const struct invitation *invitation);
struct text channel_topic(const struct channel *channel); /* "" without one. */
/* The list of masks; NULL when it is empty. enum channel_list says which. */
const struct notes *channel_list(const struct channel *channel, enum channel_list list);
/* The metadata; NULL without any. */
const struct notes *channel_metadata(const struct channel *channel);
const struct notes *session_metadata(const struct session *session);
uint32_t channel_member_count(const struct channel *channel);
/* At least a half operator; at least an operator. */
bool rank_may_kick(uint32_t rank);
bool rank_may_operate(uint32_t rank);
/* The highest of its bits alone; the bit of "@" and the like, 0 for any other byte. */
uint32_t rank_highest(uint32_t rank);
uint32_t rank_of_sign(char sign);
/* The signs of the rank, highest first, "" without one; only the first unless all. */
#define RANK_SIGNS_BYTES_MAX 5
struct text rank_signs(uint32_t rank, bool all, char out[RANK_SIGNS_BYTES_MAX]);

/* The modes of a channel, as 324 tells them. */
struct channel_modes {
    char letters[32]; /* "+knt" */
    uint32_t letter_bytes;
    uint32_t param_count;
    struct text params[3]; /* Of k, l and f, as they stand in letters. */
    char limit[NUMBER_BYTES_MAX];
};
/* Only who is_inside is told the key, and where the channel sends people on, which may be a secret
 * one; else "*" stands there. out is not to be moved. */
void channel_modes(const struct channel *channel, bool is_inside, struct channel_modes *out);

/* -- visible.c: who may know of what --------------------------------------------------------- */

/* A secret channel is known to its members and to operators of the server. */
bool channel_is_visible_to(const struct channel *channel, const struct session *viewer);
/* Somebody with +i is known to those who share a channel, and to operators. */
bool person_is_visible_to(const struct session *person, const struct session *viewer);
/* Whether they are in a channel together where viewer sees person. */
bool person_shares_with(const struct session *person, const struct session *viewer);
/* Whether viewer sees that person is in the channel: not in an auditorium (mode u), unless person
 * has a rank there, viewer is at least a half operator, or they are the same. Says nothing about
 * the channel itself and about +i. */
bool member_is_visible_to(const struct channel *channel, const struct session *person,
                          const struct session *viewer);

/* -- past.c: who was here -------------------------------------------------------------------- */

/* Of the key of a nick (model/name.h), to find it among core->past. */
uint64_t past_hash(const struct core *core, struct text key);

#endif
