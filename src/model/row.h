/* Rows: what lasts. An entry's rows go into the journal in one group with its number. */
#ifndef MADANG_MODEL_ROW_H
#define MADANG_MODEL_ROW_H

#include "model/command.h"

/* What channel, nick, text, extra and number hold. The check sums in stores are made with these
 * numbers: a kind that is added gets a new one. */
enum row_kind {
    ROW_NONE = 0, /* Nothing to keep; only the number goes on. */
    /* Added for ever: what people saw. One MESSAGE an entry at most. */
    ROW_MESSAGE = 1, /* channel: the channel, with the sign of STATUSMSG before it, or the
                        recipient's nick; text (with MESSAGE_MULTILINE,
                        lines with '\n'); extra the client's tags; flags MESSAGE_*. */
    ROW_JOINED,
    ROW_PARTED,   /* text the words. */
    ROW_CLOSED,   /* reason, text the words; one for each channel the session was in. */
    ROW_KICKED,   /* extra who was, text the words. */
    ROW_NICK,     /* nick the old, text the new one; one for each channel. */
    ROW_TOPIC,    /* text. */
    ROW_MODE,     /* text "+o-v a b". */
    ROW_RENAMED,  /* channel the old name, text the new one. */
    ROW_REDACTED, /* The message of the entry number was taken back, and its text and tags are no
                     longer kept. channel as it had it, extra the number in decimal, text the words.
                   */

    /* State: put replaces, drop removes. Read again at a start, by core_load(). */
    ROW_STATE_FIRST = 32,
    ROW_CHANNEL = ROW_STATE_FIRST, /* A kept channel: text its topic, nick who set it, number when
                                      (Unix ms); extra its modes, "+nt", with parameters. */
    ROW_CHANNEL_DROP,              /* With its masks and metadata. */
    ROW_MASK,      /* Of a kept channel: extra the list's letter, a space and the mask; nick who
                      set it, number when. */
    ROW_MASK_DROP, /* extra as above. */
    ROW_METADATA,  /* Of a kept channel: extra the key, text the value. */
    ROW_METADATA_DROP,
    ROW_BAN, /* Of the server: extra the mask, text why, nick who set it, number until when (Unix
                ms; 0: for ever). */
    ROW_BAN_DROP,
    ROW_KIND_COUNT,
};

struct row {
    enum row_kind kind;
    enum leave_reason reason; /* ROW_CLOSED only. */
    uint32_t flags;
    uint64_t seq;
    int64_t time_ms;
    int64_t number;
    struct text channel; /* Its name. Borrowed, as the others. */
    struct text nick;
    struct text text;
    struct text extra;
};

#define ROW_PACKED_BYTES_MAX                                                                       \
    (128 + NAME_BYTES_MAX + COMMAND_NAME_BYTES_MAX + MESSAGE_BYTES_MAX + IRC_TAGS_BYTES_MAX)
/* The most rows that one entry causes. */
#define ROWS_PER_ENTRY_MAX (CHANNELS_PER_SESSION_MAX + MODES_PER_COMMAND_MAX + 4)

size_t row_packed_bytes(const struct row *row);
void row_pack(const struct row *row, void *out);
void row_unpack(const void *data, struct row *out);

#endif
