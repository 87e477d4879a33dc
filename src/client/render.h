/* What a received line looks like: nothing but text, whatever the line holds. */
#ifndef MADANG_CLIENT_RENDER_H
#define MADANG_CLIENT_RENDER_H

#include "base/bytes.h"
#include "client/lines.h"

struct render_style {
    bool isolates;   /* Put names and texts that are written from right to left into isolates. */
    bool colours;    /* Colour names, and make what mentions own bold. */
    struct text own; /* The reader's name; borrowed. */
};

/*
 * Appends text so that it cannot move a cursor, change colours or break a line: controls, C1 and
 * direction characters in their visible form (^[, \x9b, \u202e), what is not UTF-8 as U+FFFD (stray
 * bytes that a terminal might take for C1 controls as \xNN), and at most CLIENT_MARK_COUNT_MAX
 * zero-width characters in a row. No newline. ERR_MEMORY.
 */
MUST_USE enum error render_text(struct text text, struct bytes *out);
/*
 * Appends a line that came from the server, without a newline at its end: the room before it unless
 * that is "", its "[name]" in the colour of that name, a mark before a continued one, "…" after a
 * cut one. ERR_MEMORY.
 */
MUST_USE enum error render_line(struct text room, struct text line, enum line_kind kind,
                                const struct render_style *style, struct bytes *out);
/* The SGR parameter of a name's colour; the same name has the same one everywhere. */
int render_colour(struct text name);

#endif
