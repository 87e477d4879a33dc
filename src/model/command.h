/*
 * Commands: what people ask of the chat. A door makes them, a worker puts them into the ring to the
 * hub, the hub makes an entry of each (number and time) and the core applies it.
 */
#ifndef MADANG_MODEL_COMMAND_H
#define MADANG_MODEL_COMMAND_H

#include "base/bytes.h"
#include "base/error.h"
#include "model/limits.h"

/* Where a command came from. Opaque to the core, which copies it into the effects that the command
 * causes. */
struct origin {
    uint32_t node;
    uint32_t worker;
    uint64_t connection; /* The worker's own handle: index and generation. */
    uint64_t label;      /* For the door that asked; 0 when it does not care. */
};

enum command_kind {
    COMMAND_OPEN = 1, /* A new session named name. */
    COMMAND_JOIN,     /* Into the channel named name, which is made when it is not there. */
    COMMAND_PART,     /* Out of the channel named name. */
    COMMAND_MESSAGE,  /* text to the channel named name. */
    COMMAND_CLOSE,    /* The session ends, for reason. */
    COMMAND_PING, /* Changes nothing; its effect comes back after all that was accepted before it.
                   */
};

/* Why a session ended. */
enum leave_reason {
    LEAVE_QUIT = 1, /* It said so, or closed its side properly. */
    LEAVE_VANISHED, /* Reset, timed out, cable pulled. */
    LEAVE_SENDQ,    /* It did not read. */
    LEAVE_FLOOD,    /* It wrote too fast. */
    LEAVE_ERROR,    /* It broke its protocol. */
    LEAVE_SHUTDOWN, /* The server ends. */
};

struct command {
    enum command_kind kind;
    enum leave_reason reason; /* COMMAND_CLOSE only. */
    uint64_t session; /* Chosen by the worker at COMMAND_OPEN, never used twice in one run. */
    struct origin origin;
    struct text name; /* Borrowed, as the peer spelled it; at most CHANNEL_BYTES_MAX bytes. */
    struct text text; /* Borrowed; at most MESSAGE_BYTES_MAX bytes. */
};

/* The largest packed command. */
#define COMMAND_PACKED_BYTES_MAX (128 + CHANNEL_BYTES_MAX + MESSAGE_BYTES_MAX)

/* Bytes that command_pack() will write. */
size_t command_packed_bytes(const struct command *command);
/* Writes the command to out, which has command_packed_bytes() of room and is aligned to 8. */
void command_pack(const struct command *command, void *out);
/* The command packed at data; its texts point into data. data comes from command_pack() of this
 * process. */
void command_unpack(const void *data, struct command *out);

/* An ordered command: the only thing that changes the core. */
struct entry {
    uint64_t seq;    /* 1 and up, without gaps within a run. */
    int64_t time_ms; /* Unix time; never smaller than the one before. */
    struct command command;
};

#endif
