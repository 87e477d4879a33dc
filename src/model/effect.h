/* Effects: what an applied entry did, for the doors to show. */
#ifndef MADANG_MODEL_EFFECT_H
#define MADANG_MODEL_EFFECT_H

#include "model/command.h"

#include <stdbool.h>

enum effect_kind {
    EFFECT_OPENED = 1, /* To every worker (IRCv3 monitor): the session exists, as who says. */
    EFFECT_REFUSED,    /* To the origin: nothing was changed, because of refusal; command_kind says
                          what was asked, name and extra of whom. */
    EFFECT_REPLIES,    /* To the origin: text holds packed replies (model/reply.h), perhaps none. */
    EFFECT_PONG,       /* To the origin: text is the token. */
    EFFECT_JOINED,     /* To the channel, the new member included. rank is the member's; extra an
                          away message. */
    EFFECT_PARTED,     /* To the channel, the former member included. text the words. */
    EFFECT_MESSAGE,    /* To the channel, the writer included; with rank, to the members of that
                          rank and above and the writer. Without a channel: to target and who. text,
                          extra and flags as in COMMAND_MESSAGE. */
    EFFECT_CLOSED,     /* To every channel that the session was in (once a peer), to the session
                          itself and to all workers (IRCv3 monitor). text the words. */
    EFFECT_NICK,       /* As CLOSED: who.nick is the old, text the new one. */
    EFFECT_AWAY,       /* As CLOSED: text the message, "" is back. */
    EFFECT_SETNAME,    /* As CLOSED: who.realname is the new one. */
    EFFECT_KICKED,     /* To the channel: target was a member. text the words. */
    EFFECT_TOPIC,      /* To the channel: text the topic. */
    EFFECT_MODE,       /* To the channel: text "+o-v a b"; ranks, whose rank is now another. */
    EFFECT_USER_MODE,  /* To the session itself: text "+i", who.flags as they are now. */
    EFFECT_RENAMED,    /* To the channel: name is the new one, extra the old one, text the words. */
    EFFECT_INVITED,    /* To target; and to the channel's operators (IRCv3 invite-notify). */
    EFFECT_WALLOPS,    /* To every peer with PERSON_WALLOPS. */
    EFFECT_METADATA,   /* To who subscribes to the key extra of target (or of the channel): text the
                          value; flags METADATA_UNSET without one. channels are those in which target
                          is seen. */
    EFFECT_REDACTED, /* As MESSAGE: to those who were sent the message, and who. extra is its number
                        as COMMAND_REDACT had it, text the words. */
    EFFECT_REHASH,   /* To the worker of the origin: the configuration is to be read again. */
    EFFECT_KIND_COUNT,
};

enum refusal {
    REFUSAL_NONE = 0,
    REFUSAL_NAME_BAD,        /* verdict says which rule. */
    REFUSAL_NAME_IN_USE,     /* The same key as the nick in extra; for RENAME, the channel's. */
    REFUSAL_NAME_LOOKS_LIKE, /* The same skeleton as the present nick in extra. */
    REFUSAL_NO_CHANNEL,
    REFUSAL_NOT_MEMBER,
    REFUSAL_MEMBER_ALREADY,
    REFUSAL_TOO_MANY, /* A bound of model/limits.h. */
    REFUSAL_NO_MEMORY,
    REFUSAL_NO_NICK,           /* Nobody is called that. */
    REFUSAL_TARGET_NOT_MEMBER, /* extra is not in name. */
    REFUSAL_TARGET_MEMBER,     /* extra is in name already. */
    REFUSAL_BANNED,            /* From a channel; from the server with COMMAND_OPEN (text why). */
    REFUSAL_KEY,
    REFUSAL_FULL,
    REFUSAL_INVITE_ONLY,
    REFUSAL_REGISTERED_ONLY,
    REFUSAL_CANNOT_SEND,   /* Modes of the channel stand against it: text says which letter. */
    REFUSAL_CALLER_ID,     /* extra has +g and does not accept the writer. */
    REFUSAL_NOT_OPERATOR,  /* Of the channel. */
    REFUSAL_NO_PRIVILEGES, /* Not an operator of the server. */
    REFUSAL_SERVER_CLOSED, /* DEFCON. */
    REFUSAL_NO_MESSAGE,    /* There is none of that number there, or it is too old. */
    REFUSAL_UNSUPPORTED,   /* What it asks for cannot be: too deep a forward, a kept channel. */
};

/* Standing in a channel; a member has any set of them. */
enum rank {
    RANK_VOICE = 1u << 0,     /* + v */
    RANK_HALFOP = 1u << 1,    /* % h */
    RANK_OPERATOR = 1u << 2,  /* @ o */
    RANK_PROTECTED = 1u << 3, /* & a */
    RANK_FOUNDER = 1u << 4,   /* ~ q */
};

enum person_flag {
    PERSON_OPERATOR = 1u << 0,
    PERSON_BOT = 1u << 1,
    PERSON_AWAY = 1u << 2,
    PERSON_WALLOPS = 1u << 3,
    PERSON_INVISIBLE = 1u << 4,
    PERSON_SECURE = 1u << 5,
    PERSON_PLAIN = 1u << 6,
    PERSON_CALLER_ID = 1u << 7,
    PERSON_REGISTERED_ONLY = 1u << 8,
};

/* Somebody, as others see them. Texts borrowed. */
struct person {
    uint64_t session;
    uint64_t connection; /* With worker and node: where COMMAND_OPEN came from. */
    uint32_t node;
    uint32_t worker;
    uint32_t flags; /* enum person_flag. */
    struct text nick;
    struct text user;
    struct text host;
    struct text account;  /* "" without one. */
    struct text realname; /* Only with OPENED, JOINED and SETNAME. */
};

/* A channel as effects name it: a number that is never used for another channel in one run. */
struct effect_channel {
    uint64_t id;
    uint32_t member_count; /* After the effect. */
    uint32_t hidden;       /* 1: only its operators and who itself are told (mode u). */
};

/* Somebody's rank in the effect's channel has changed. */
struct effect_rank {
    uint64_t connection;
    uint32_t node;
    uint32_t worker;
    uint32_t rank;
    uint32_t unused;
};

enum effect_flag {
    /* Flags of the command stand here as well: MESSAGE_*, METADATA_UNSET, ASK_*. */
    /* Only for operators of the channel (half ones too) and for who itself (mode u): the one
     * channel of JOINED and PARTED is hidden. Of several channels each says it for itself. */
    EFFECT_HIDDEN = 1u << 30,
};

struct effect {
    enum effect_kind kind;
    enum refusal refusal;
    uint32_t verdict; /* enum name_verdict, with REFUSAL_NAME_BAD. */
    enum command_kind command_kind;
    enum leave_reason reason;
    uint32_t flags;
    uint32_t rank;
    uint64_t seq; /* Of the entry; of the last one before it for a question. */
    int64_t time_ms;
    struct origin origin; /* Of the command. */
    /* Of the last effect that the origin's worker gets for the command; the hub sets both. */
    bool done;
    uint64_t more;        /* The cursor to go on with; 0 when the answer is whole. */
    struct person who;    /* Who did it; the asking session. All empty where there is none. */
    struct person target; /* To whom it was done, where one is meant. */
    struct text name;     /* The channel's name as it was made, where one channel is meant; what
                             was asked for with EFFECT_REFUSED; the recipient's nick or the prefix
                             and channel of a message. */
    struct text text;
    struct text extra;
    /* The channels concerned: one for what happens in a channel, all of the session's for CLOSED,
     * NICK, AWAY, SETNAME and METADATA. Borrowed. */
    const struct effect_channel *channels;
    const struct effect_rank *ranks;
    uint32_t channel_count;
    uint32_t rank_count;
};

#define PERSON_BYTES_MAX (2 * NAME_BYTES_MAX + USER_BYTES_MAX + HOST_BYTES_MAX + REALNAME_BYTES_MAX)
/* Packed replies of one entry or one step of an answer. */
#define REPLIES_BYTES_MAX (8 * 1024)
/* The largest packed effect. */
#define EFFECT_PACKED_BYTES_MAX                                                                    \
    (320 + 2 * PERSON_BYTES_MAX + COMMAND_NAME_BYTES_MAX + REPLIES_BYTES_MAX +                     \
     IRC_TAGS_BYTES_MAX + 16 * CHANNELS_PER_SESSION_MAX + 24 * MODES_PER_COMMAND_MAX)
/* The most effects that one entry causes for one worker, its replies included. */
#define EFFECTS_PER_ENTRY_MAX 3

/* As the functions of model/command.h. */
size_t effect_packed_bytes(const struct effect *effect);
void effect_pack(const struct effect *effect, void *out);
void effect_unpack(const void *data, struct effect *out);
/* Of a packed effect alone, for who puts it into a ring: sets done and more. */
void effect_packed_finish(void *data, uint64_t more);
/* Of a packed effect alone: its number. */
uint64_t effect_packed_seq(const void *data);

#endif
