/*
 * What all doors share. A door is a protocol: it turns bytes into commands and effects into bytes.
 * Pure: no socket, no clock, no globals; a test feeds it strings.
 */
#ifndef MADANG_DOOR_DOOR_H
#define MADANG_DOOR_DOOR_H

#include "base/bytes.h"
#include "model/command.h"
#include "model/effect.h"

enum door_kind {
    DOOR_AUTO,  /* The first bytes decide. */
    DOOR_PLAIN, /* The seed's lines. */
};

/* How the bytes of a shared line differ between readers. */
enum dialect {
    DIALECT_PLAIN_LINE,  /* "[name] text\n" */
    DIALECT_PLAIN_CHUNK, /* "[name] text", one message a write: the report's client. */
    DIALECT_COUNT,
};

/* What the worker does for a door. Called within the door's functions; what they get is borrowed
 * for the call. */
struct door_sink {
    void *context;
    /*
     * Takes the command; the worker fills in session and origin. False: not now (no room, or
     * pacing); the door then stops and leaves the bytes of this command unconsumed, and will be fed
     * them again.
     */
    bool (*command)(void *context, const struct command *command);
    /* Sends bytes to this connection alone. */
    void (*reply)(void *context, struct text bytes);
    /* The peer was told of a fault: counted by its class, an enum plain_error, for the operator. */
    void (*fault)(void *context, int error);
    /* Ends the connection once what was replied is out. The door gets no more input. A session that
     * exists ends for reason. */
    void (*close)(void *context, enum leave_reason reason);
};

#endif
