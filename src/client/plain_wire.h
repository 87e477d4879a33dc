/*
 * The wire of the report's programs, as a client of theirs speaks it: the name and every line go
 * out as bare bytes, one write each, with a pause between two so that the server's reads keep them
 * apart; what comes in is "[name] text" without an end, the own lines among it. Pure: no socket, no
 * clock. docs/protocol/plain.md says it in words.
 */
#ifndef MADANG_CLIENT_PLAIN_WIRE_H
#define MADANG_CLIENT_PLAIN_WIRE_H

#include "base/bytes.h"
#include "client/lines.h"
#include "model/limits.h"

#include <stdint.h>

/* Between two writes; the server needs the time to read the one before. */
#define PLAIN_WIRE_PAUSE_MS 60
/* After the name: the server may still have a thread to start. */
#define PLAIN_WIRE_NAME_PAUSE_MS 150
/* So long is waited for the rest of a character, or of an own line, that was cut in two. */
#define PLAIN_WIRE_HOLD_MS 50
/* No time: nothing is waited for. */
#define PLAIN_WIRE_NEVER INT64_MAX

/* One connection. One thread at a time. */
struct plain_wire {
    struct bytes own; /* "[NAME] ". */
    bool named;       /* The name is on its way; what goes out now are lines. */

    struct bytes piece; /* The piece being written, and how much of it is. */
    size_t piece_written;
    bool piece_echoes;
    int64_t write_at_ms; /* Not before it may the next piece go; 0: at once. */

    struct bytes
        echoes[CLIENT_ECHO_COUNT_MAX]; /* Own lines as they will come back, oldest first. */
    size_t echo_count;

    struct bytes held; /* A piece that may go on in the next read. */
    int64_t held_until_ms;
};

/* ERR_MEMORY; then nothing needs to be finished. */
MUST_USE enum error plain_wire_init(struct plain_wire *wire, struct text name);
void plain_wire_finish(struct plain_wire *wire);

/*
 * The bytes of a line that go out as its first piece: at most CLIENT_PIECE_BYTES_MAX, cut between
 * characters, and never so that what is left would be a word that leaves.
 */
size_t plain_piece_bytes(struct text line);
/*
 * Sets *out to the bytes to write now, or to none when it is too early or nothing is left. Lines
 * are taken from the front of outbox (each ends in \n; the first of all is the name). *out is valid
 * until the next call on wire. ERR_MEMORY.
 */
MUST_USE enum error plain_wire_next(struct plain_wire *wire, struct bytes *outbox, int64_t now_ms,
                                    struct text *out);
/* So many bytes of what plain_wire_next() gave were written at now_ms. ERR_MEMORY. */
MUST_USE enum error plain_wire_written(struct plain_wire *wire, size_t count, int64_t now_ms);
/* True when a piece is only partly written. */
bool plain_wire_in_piece(const struct plain_wire *wire);

/*
 * Takes what one read of the socket returned and gives what is to be shown to the sink: the own
 * lines are left out, and a newline inside a message starts a LINE_CONTINUED. ERR_MEMORY, or the
 * sink's.
 */
MUST_USE enum error plain_wire_receive(struct plain_wire *wire, struct text piece, int64_t now_ms,
                                       const struct line_sink *sink);
/* When to call plain_wire_flush(), or PLAIN_WIRE_NEVER. */
int64_t plain_wire_flush_at_ms(const struct plain_wire *wire);
/* Nothing more came: gives away what was held back. As plain_wire_receive(). */
MUST_USE enum error plain_wire_flush(struct plain_wire *wire, const struct line_sink *sink);

#endif
