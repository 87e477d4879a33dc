/*
 * What the files that render effects for IRC share. One effect becomes one or more lines, "outer"
 * ones, and for a long message a batch with lines inside. All of them go into out, or none.
 */
#ifndef MADANG_DOOR_IRC_RENDER_H
#define MADANG_DOOR_IRC_RENDER_H

#include "door/irc.h"
#include "door/irc_message.h"
#include "door/irc_time.h"

/* "time=…;bot;draft/oper;msgid=" and twelve digits. */
#define RENDERING_TAGS_BYTES_MAX (5 + IRC_TIME_BYTES + 4 + 11 + 7 + IRC_MSGID_BYTES)

struct rendering {
    const struct irc_server *server;
    const struct effect *effect;
    dialect spoken;
    struct bytes *out;
    /* The tags that every outer line has: the time; who it is by; and, on the first line of a
     * message or of REDACT, its number. Each is the beginning of the next. RENDERING_TAGS_BYTES_MAX
     * of room. */
    char *tags;
    size_t time_bytes;
    size_t who_bytes;
    size_t all_bytes;
    bool has_line; /* An outer one was begun. */
};

static inline bool rendering_has(const struct rendering *rendering, enum irc_dialect_bit bit)
{
    return (rendering->spoken & (dialect)bit) != 0;
}

/* Puts the tags together; all else is set. */
void rendering_prepare(struct rendering *rendering);
/* Begins an outer line: its tags, and who did it as its source; the server where that is nobody. */
void rendering_line(struct rendering *rendering, struct irc_line *line);
/* The same for what the server itself adds. */
void rendering_server_line(struct rendering *rendering, struct irc_line *line);

/* irc_render_message.c, irc_render_mode.c: the lines of EFFECT_MESSAGE and EFFECT_MODE; how many
 * outer ones. */
MUST_USE enum error irc_render_message(struct rendering *rendering);
uint32_t irc_render_message_count(const struct effect *effect, dialect spoken);
MUST_USE enum error irc_render_mode(struct rendering *rendering);
uint32_t irc_render_mode_count(const struct effect *effect);

#endif
