/*
 * The plain door: the seed's protocol. The first line is the name, every other line a message to
 * the lobby, "q" or "quit" ends. Lines end in \n or \r\n; or, from the report's own client, a piece
 * of bytes after which nothing comes for a while (the quiet time) is a whole line.
 * docs/protocol/plain.md says it in words.
 */
#ifndef MADANG_DOOR_PLAIN_H
#define MADANG_DOOR_PLAIN_H

#include "door/door.h"

enum plain_state {
    PLAIN_NAME,    /* Waiting for the name. */
    PLAIN_OPENING, /* The name was asked for; messages already go behind it. */
    PLAIN_JOINED,  /* In the lobby. */
    PLAIN_ENDED,   /* Asked to close. */
};

/* One connection's state; the caller's memory, no resources inside. */
struct plain {
    enum plain_state state;
    bool chunked;  /* The name came unterminated: pieces are lines, and answers carry no newline. */
    bool skipping; /* Inside a line that is too long: drop up to its end. */
    uint32_t skipped_bytes;
    struct text lobby; /* Borrowed; outlives the door. */
};

void plain_init(struct plain *plain, struct text lobby);

/*
 * Takes what it can of bytes and returns how many it consumed: all whole lines, unless
 * sink->command said no. The caller keeps the rest and feeds it again with what comes next. The
 * rest is never more than PLAIN_LINE_BYTES_MAX + 2.
 */
size_t plain_input(struct plain *plain, struct text bytes, const struct door_sink *sink);

/* True while quiet time matters: the caller then calls plain_quiet() when rest is not empty and no
 * byte came for that while. */
bool plain_wants_quiet(const struct plain *plain);
/*
 * Nothing came for the quiet time; rest is what plain_input() left. Returns the bytes consumed:
 * all, as one line, or 0 when rest ends inside a character and last is false (call again, with last
 * true, when the longer wait for cut characters is over), or when sink->command said no.
 */
size_t plain_quiet(struct plain *plain, struct text rest, bool last, const struct door_sink *sink);
/* The peer closed its sending side properly; rest, if any, is its last line. Then the session
 * leaves as with q. */
void plain_end(struct plain *plain, struct text rest, const struct door_sink *sink);

/* An effect of this connection's own session or command: opened, joined, refused. */
void plain_effect(struct plain *plain, const struct effect *effect, const struct door_sink *sink);

/* Which rendering of shared lines this connection reads. */
enum dialect plain_dialect(const struct plain *plain);
/*
 * Appends what members of the channel see of the effect (EFFECT_MESSAGE: "[nick] text", made
 * visible); nothing for what plain people are not told. ERR_MEMORY.
 */
MUST_USE enum error plain_render(const struct effect *effect, enum dialect dialect,
                                 struct bytes *out);

/* The server's own words to one plain connection: "! code: sentence", with a newline unless it is
 * chunked. */
enum plain_error {
    PLAIN_TIMEOUT,
    PLAIN_BAD_NAME,
    PLAIN_NAME_IN_USE,
    PLAIN_TOO_LONG,
    PLAIN_BAD_UTF8,
    PLAIN_SENDQ,
    PLAIN_FLOOD,
    PLAIN_SLOW_DOWN,
    PLAIN_TOO_MANY,
    PLAIN_FULL,
    PLAIN_NOT_MADANG,
    PLAIN_NO_TLS,
    PLAIN_NOT_SAVED,
    PLAIN_PENDING,
    PLAIN_SHUTDOWN,
    PLAIN_ERROR_COUNT,
};
/* Appends the line, in the server's language; detail (may be empty) stands behind the sentence.
 * ERR_MEMORY. */
MUST_USE enum error plain_error_append(enum plain_error error, struct text detail, bool chunked,
                                       struct bytes *out);

/* The answers to protocols that are not spoken here: one line of that protocol, then the connection
 * is closed. ERR_MEMORY. */
MUST_USE enum error foreign_answer_append(int sniff_verdict, struct text first, struct bytes *out);

#endif
