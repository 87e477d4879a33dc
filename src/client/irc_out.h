/* What goes out to an IRC server: lines, in windows (irc_wire.h says why). */
#ifndef MADANG_CLIENT_IRC_OUT_H
#define MADANG_CLIENT_IRC_OUT_H

#include "client/wire.h"

/* What the server takes of several lines as one message (IRCv3 multiline); zero: nothing. */
struct irc_multiline {
    size_t bytes_max;
    size_t lines_max;
};

/* All zero is a valid start. One thread at a time. */
struct irc_out {
    struct bytes lines;  /* Not yet written. */
    size_t window;       /* Bytes of them that may be; it ends between lines. */
    bool is_shut;        /* The window ends with a PING: no further lines get into it. */
    bool is_in_line;     /* The last byte that was written did not end a line. */
    struct bytes pongs;  /* Go before everything else. */
    size_t unfenced;     /* Bytes since the last PING. */
    uint32_t pings;      /* So many were put, */
    uint32_t pongs_seen; /* and so many answered. */
    uint32_t batches;
    size_t prefix_bytes; /* What the server puts before our lines; 0: not known. */
    struct irc_multiline multiline;
};

void irc_out_finish(struct irc_out *out);

/* All below: ERR_MEMORY. */

/* A line of a word, a middle parameter and a last one; the latter two may be "". */
MUST_USE enum error irc_out_put(struct irc_out *out, const char *word, struct text middle,
                                struct text last);
/* USER, of which only the last parameter is ours to choose. */
MUST_USE enum error irc_out_user(struct irc_out *out, struct text realname);
/* Text to a room or a person: in one line, in a batch, or in several lines. */
MUST_USE enum error irc_out_say(struct irc_out *out, struct text target, struct text text,
                                bool is_action);
/* A PING behind all that was put. */
MUST_USE enum error irc_out_fence(struct irc_out *out);
MUST_USE enum error irc_out_leave(struct irc_out *out, struct text reason, bool at_once);
/* The server's PING is answered before all else. */
MUST_USE enum error irc_out_answer_ping(struct irc_out *out, struct text token);

/* The server has answered a PING. */
void irc_out_pong(struct irc_out *out);
struct text irc_out_next(const struct irc_out *out);
void irc_out_written(struct irc_out *out, size_t count);

#endif
