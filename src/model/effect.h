/* Effects: what an applied entry did, for the doors to show and for the journal to keep. */
#ifndef MADANG_MODEL_EFFECT_H
#define MADANG_MODEL_EFFECT_H

#include "model/command.h"

enum effect_kind {
    EFFECT_OPENED = 1, /* To the origin: the session exists and is called nick. */
    EFFECT_REFUSED,    /* To the origin: nothing was changed, because of refusal; command_kind says
                          what was asked. */
    EFFECT_PONG,       /* To the origin. */
    EFFECT_JOINED,     /* To the channel, the new member included. */
    EFFECT_PARTED,     /* To the channel, the former member included. */
    EFFECT_MESSAGE,    /* To the channel, the writer included. */
    EFFECT_CLOSED,     /* To every channel that the session was in (once a peer), and to the session
                          itself. */
};

enum refusal {
    REFUSAL_NONE = 0,
    REFUSAL_NAME_BAD,        /* verdict says which rule. */
    REFUSAL_NAME_IN_USE,     /* The same key. */
    REFUSAL_NAME_LOOKS_LIKE, /* The same skeleton as the present nick in nick. */
    REFUSAL_NO_CHANNEL,
    REFUSAL_NOT_MEMBER,
    REFUSAL_MEMBER_ALREADY,
    REFUSAL_TOO_MANY, /* A bound of model/limits.h. */
    REFUSAL_NO_MEMORY,
};

/* A channel as effects name it: a number that is never used for another channel in one run. */
struct effect_channel {
    uint64_t id;
    uint32_t member_count; /* After the effect. */
};

struct effect {
    enum effect_kind kind;
    enum refusal refusal;
    uint32_t verdict; /* enum name_verdict, with REFUSAL_NAME_BAD. */
    enum command_kind command_kind;
    enum leave_reason reason;
    uint64_t seq; /* Of the entry. */
    int64_t time_ms;
    uint64_t session;     /* Who did it. */
    struct origin origin; /* Of the acting session, as its COMMAND_OPEN gave it; of the command
                             where there is no session. */
    struct text nick;     /* Of the acting session; of the session that is in the way with
                             REFUSAL_NAME_IN_USE and REFUSAL_NAME_LOOKS_LIKE. */
    struct text name;     /* The channel's name as it was made, where one channel is meant; what
                             was asked for with EFFECT_REFUSED. */
    struct text text;     /* The message. */
    /* The channels concerned: one for JOINED, PARTED and MESSAGE, all of the session's for CLOSED.
     * Borrowed. */
    const struct effect_channel *channels;
    uint32_t channel_count;
};

/* The largest packed effect. */
#define EFFECT_PACKED_BYTES_MAX                                                                    \
    (192 + NAME_BYTES_MAX + CHANNEL_BYTES_MAX + MESSAGE_BYTES_MAX + 16 * CHANNELS_PER_SESSION_MAX)
/* The most effects that one entry causes. */
#define EFFECTS_PER_ENTRY_MAX 2

/* As the functions of model/command.h. */
size_t effect_packed_bytes(const struct effect *effect);
void effect_pack(const struct effect *effect, void *out);
void effect_unpack(const void *data, struct effect *out);

/* What lasts: a row that the entry's group puts into the journal. */
enum row_kind {
    ROW_NONE = 0, /* Nothing to keep; only the number goes on. */
    ROW_MESSAGE = 1,
    ROW_JOINED,
    ROW_PARTED,
    ROW_CLOSED, /* One for each channel the session was in. */
};

struct row {
    enum row_kind kind;
    enum leave_reason reason; /* ROW_CLOSED only. */
    uint64_t seq;
    int64_t time_ms;
    struct text channel; /* Its name. Borrowed, as the others. */
    struct text nick;
    struct text text;
};

#define ROW_PACKED_BYTES_MAX (64 + NAME_BYTES_MAX + CHANNEL_BYTES_MAX + MESSAGE_BYTES_MAX)
/* The most rows that one entry causes. */
#define ROWS_PER_ENTRY_MAX CHANNELS_PER_SESSION_MAX

size_t row_packed_bytes(const struct row *row);
void row_pack(const struct row *row, void *out);
void row_unpack(const void *data, struct row *out);

#endif
