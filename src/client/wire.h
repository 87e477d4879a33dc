/*
 * What the client and the protocol that it speaks say to each other. A wire is pure: bytes and the
 * time go in, events and the bytes to send come out. irc_wire.c speaks IRC, plain_talk.c to the
 * report's server.
 */
#ifndef MADANG_CLIENT_WIRE_H
#define MADANG_CLIENT_WIRE_H

#include "base/bytes.h"
#include "client/lines.h"

#include <stdint.h>

enum event_kind {
    EVENT_READY,   /* We are taken in and may join rooms; room: where one starts, or "". */
    EVENT_JOINED,  /* We are in room, as nick. */
    EVENT_LEFT,    /* We are no longer in room; line, if not empty, is the error that says why. */
    EVENT_RENAMED, /* We are called nick now. */
    EVENT_MESSAGE, /* line, as people read it, to room; "": to us alone. */
    EVENT_TOLD,    /* line: an answer to what was asked, or news for a person. */
    EVENT_ERROR,   /* line: "! code: sentence"; about room, or "". */
    EVENT_REFUSED, /* The same: we are not taken in. */
    EVENT_FOREIGN, /* The other side speaks something else. */
    EVENT_PRESENT, /* nick is there, */
    EVENT_ABSENT,  /* and is not any more. */
};

/* The texts are borrowed for the call and may hold anything but a newline. */
struct event {
    enum event_kind kind;
    enum line_kind line_kind; /* Of a message's line. */
    bool for_good;            /* EVENT_REFUSED: no use in trying again. */
    struct text room;
    struct text nick;
    struct text line;
};

/* Where events go. An error ends what caused them and is returned from it. */
struct event_sink {
    enum error (*event)(void *context, const struct event *event);
    void *context;
};

/* What the client can want. What is said is UTF-8; a target is a room's name or a person's. */
enum request_kind {
    REQUEST_SAY, /* text to target. */
    REQUEST_ACT, /* The same as something done: "* nick waves". */
    REQUEST_JOIN,
    REQUEST_PART,
    REQUEST_NICK, /* text is the new one. */
    REQUEST_NAMES,
    REQUEST_TOPIC, /* Asks, or sets it to text. */
    REQUEST_LIST,
    REQUEST_WHO,
    REQUEST_AWAY, /* Without text: back again. */
};

struct request {
    enum request_kind kind;
    struct text target;
    struct text text;
};

#define WIRE_NEVER INT64_MAX

struct wire;

/* The functions of a protocol. All that return an error: ERR_MEMORY, or the sink's. */
struct wire_protocol {
    bool has_rooms; /* And so names, private messages, and all requests but REQUEST_SAY. */
    void (*dispose)(struct wire *wire);
    /* What one read of the socket returned. */
    enum error (*receive)(struct wire *wire, struct text bytes, const struct event_sink *sink);
    /* The connection has ended. */
    enum error (*end)(struct wire *wire, const struct event_sink *sink);
    /* wire->now_ms has reached due_ms(). */
    enum error (*tick)(struct wire *wire, const struct event_sink *sink);
    /* WIRE_NEVER when nothing is waited for. */
    int64_t (*due_ms)(const struct wire *wire);
    enum error (*ask)(struct wire *wire, const struct request *request);
    /* Says goodbye behind all that was asked, or at once, in place of what can still be dropped. */
    enum error (*leave)(struct wire *wire, struct text reason, bool at_once);
    /* The bytes that may be written now, or none; valid until the next call. */
    enum error (*next)(struct wire *wire, struct text *out);
    /* So many of them were. */
    enum error (*written)(struct wire *wire, size_t count);
    /* Bytes of what was asked that still wait. */
    size_t (*pending_bytes)(const struct wire *wire);
};

/* The beginning of what a protocol keeps of one connection. One thread at a time. */
struct wire {
    const struct wire_protocol *protocol;
    int64_t now_ms; /* Set by the client before each call. */
};

#endif
