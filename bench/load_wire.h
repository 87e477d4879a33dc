/*
 * The wires that the load generator speaks, as pure functions: what to send to come in and to write
 * a message, and how to cut what a server sends into units.
 *
 * The text of every message is
 *     K wwww nnnnnnnnnn tttttttttttttttt xxxx...
 * K is 'S' (a probe before the measurement, not counted) or 'M'; then the writer, the number of the
 * message among that writer's, and its send time in ns of CLOCK_MONOTONIC, in hexadecimal of fixed
 * width. So each wire's messages are all of one length, and every reader can check loss, doubles
 * and order, and knows the latency.
 */
#ifndef BENCH_LOAD_WIRE_H
#define BENCH_LOAD_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WIRE_TEXT_BYTES_MIN = 37,  /* what the fixed fields need */
    WIRE_TEXT_BYTES_MAX = 400, /* fits an IRC line with its prefix */
    WIRE_UNIT_BYTES_MAX = 4096,
    WIRE_OUT_BYTES_MAX = WIRE_TEXT_BYTES_MAX + 112, /* the longest that the functions below write */
    WIRE_WRITERS_MAX = 64,
    WIRE_STREAMS_MAX = 2,
};

/* Of WIRE_IRC_MIX every other connection asks for message-tags and server-time. */
enum wire { WIRE_PLAIN, WIRE_IRC, WIRE_IRC_MIX, WIRE_REDIS, WIRE_NATS };

enum unit_kind {
    UNIT_PARTIAL, /* more bytes are needed */
    UNIT_MESSAGE,
    UNIT_WELCOME, /* send wire_join() now */
    UNIT_READY,   /* the connection hears the room from here on */
    UNIT_PING,    /* answer with wire_pong() */
    UNIT_FAULT,   /* the server refuses or ends something */
    UNIT_OTHER,
};

struct unit {
    enum unit_kind kind;
    size_t bytes;
    const char *text; /* of a message: borrowed from the buffer that was cut */
};

struct text {
    uint64_t number;
    uint64_t sent_ns;
    uint32_t writer;
    bool probe;
};

/* False if there is no wire of that name. */
bool wire_by_name(const char *name, enum wire *out_wire);
/* Does a connection that writes also hear the room? (Redis and NATS: writers only publish.) */
bool wire_writer_hears(enum wire wire);
/* Is a connection ready without any word from the server? */
bool wire_ready_unsaid(enum wire wire);

/* Connections of one stream read the very same bytes. */
uint32_t wire_stream(enum wire wire, uint32_t id);

/* The next four write at most WIRE_OUT_BYTES_MAX bytes to `out` and return how many. */
size_t wire_hello(enum wire wire, uint32_t id, bool hears, char *out);
/* own_room: into a room that is the connection's alone. */
size_t wire_join(enum wire wire, uint32_t id, bool own_room, char *out);
size_t wire_pong(enum wire wire, const struct unit *ping, const char *unit, char *out);
size_t wire_message(enum wire wire, const struct text *text, size_t text_bytes, char *out);

/* Cuts the first unit of `buffer`; a message is one only if its text is `text_bytes` long. */
struct unit wire_cut(enum wire wire, const char *buffer, size_t bytes, size_t text_bytes);
/* False if `from` (at least WIRE_TEXT_BYTES_MIN bytes) is no text of ours. */
bool wire_text(const char *from, struct text *out_text);

#endif
