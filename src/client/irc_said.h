/* What somebody said by IRC, as the lines that people read. */
#ifndef MADANG_CLIENT_IRC_SAID_H
#define MADANG_CLIENT_IRC_SAID_H

#include "client/wire.h"

/* One message, whole. */
struct irc_said {
    struct text nick;
    struct text target;
    struct text text; /* Lines, with '\n' between them. */
    bool is_notice;
    enum line_kind kind;
};

bool irc_is_room(struct text name);
/*
 * Tells it to the sink, line by line: "[nick] text" to a room, "* nick waves", "-nick- text" for a
 * notice, "*nick* text" to us alone or to those of a rank; empty lines and what programs say to
 * each other (CTCP) are left out. scratch is overwritten. ERR_MEMORY, or the sink's.
 */
MUST_USE enum error irc_said_tell(const struct irc_said *said, struct bytes *scratch,
                                  const struct event_sink *sink);

#endif
