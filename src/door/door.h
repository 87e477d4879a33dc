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
    DOOR_IRC,
};

/*
 * How the bytes of a shared line differ between readers. One of the first two, or DIALECT_IRC with
 * the capabilities that change shared bytes (door/irc.h).
 */
typedef uint32_t dialect;
#define DIALECT_PLAIN_LINE 0u  /* "[name] text\n" */
#define DIALECT_PLAIN_CHUNK 1u /* "[name] text", one message a write: the report's client. */
#define DIALECT_IRC 0x80000000u

/* What the server itself tells a connection, whatever its door; counted by its class. */
enum notice {
    NOTICE_TIMEOUT, /* Did not give a name in time. */
    NOTICE_BAD_NAME,
    NOTICE_NAME_IN_USE,
    NOTICE_TOO_LONG,
    NOTICE_BAD_UTF8,
    NOTICE_SENDQ,
    NOTICE_FLOOD,
    NOTICE_SLOW_DOWN,
    NOTICE_TOO_MANY,
    NOTICE_FULL,
    NOTICE_NOT_MADANG,
    NOTICE_NO_TLS,
    NOTICE_NOT_SAVED,
    NOTICE_PENDING,
    NOTICE_SHUTDOWN,
    NOTICE_BANNED,
    NOTICE_KICKED,
    NOTICE_NOT_ALLOWED, /* Modes of the room stand against it, or its operators. */
    NOTICE_COUNT,
};
/* The code alone ("bad-name"), for counters and logs. Any thread. */
const char *notice_code(enum notice notice);

/* What the worker does for a door. Called within the door's functions; what they get is borrowed
 * for the call. */
struct door_sink {
    void *context;
    /*
     * Takes the command; the worker fills in session and origin but for origin.label. False: not
     * now (no room, or pacing); the door then stops and leaves the bytes of this command
     * unconsumed, and will be fed them again.
     */
    bool (*command)(void *context, const struct command *command);
    /*
     * True when every command of this connection has been answered: what the door replies now comes
     * in its order. False: the door stops, leaves the bytes unconsumed, and will be fed them again.
     */
    bool (*idle)(void *context);
    /* Sends bytes to this connection alone. */
    void (*reply)(void *context, struct text bytes);
    /* The peer was told of a fault: counted by its class for the operator. */
    void (*fault)(void *context, enum notice notice);
    /* Ends the connection once what was replied is out. The door gets no more input. A session that
     * exists ends for reason, with words (may be empty). */
    void (*close)(void *context, enum leave_reason reason, struct text words);

    /* The rest is used by the IRC door alone. */

    /* irc_dialect() is another one now. */
    void (*dialect)(void *context);
    /* Has the password checked against the hash ("$argon2id$…") by the helper; the verdict comes by
     * irc_verdict(). False: as with command. sink->idle() is false meanwhile. */
    bool (*verify)(void *context, struct text hash, struct text password);
    /* MONITOR: whom this connection watches (IRCv3 monitor). ERR_LIMIT past MONITOR_COUNT_MAX,
     * ERR_EXISTS, ERR_MEMORY, ERR_INVALID for what can be no nick. */
    enum error (*watch)(void *context, struct text nick);
    void (*unwatch)(void *context, struct text nick); /* "": all. */
    /* Walks them: the index-th nick as it was given; TEXT_NONE at the end. */
    struct text (*watched)(void *context, uint32_t index);
    /* WEBIRC: the connection speaks for somebody at that address. False: it may not, or address is
     * none. */
    bool (*proxied)(void *context, struct text password, struct text address, bool secure);
};

#endif
