/*
 * A connection as a worker would hold it for the plain door, for tests and the fuzzer: keeps the
 * rest, feeds it again, and writes down what the door did, one word an event:
 *   open(bob) join(#madang) message(hello) error(bad-name) close(quit)
 * An error that went out without a newline is written error(bad-name,chunk).
 */
#ifndef MADANG_TESTS_DOOR_PLAIN_PEER_H
#define MADANG_TESTS_DOOR_PLAIN_PEER_H

#include "base/check.h"
#include "base/utf8.h"
#include "door/plain.h"

#include <string.h>

struct plain_peer {
    struct plain plain;
    struct bytes rest;
    struct bytes events;
    struct bytes words;     /* The replies themselves. */
    uint32_t command_count; /* Taken ones. */
    uint32_t no_at;         /* Says no to this command (from 0), */
    uint32_t no_times;      /* so many times. */
    uint32_t no_count;      /* How often it said no. */
    const char *fault;      /* The code of the last fault that was counted and not yet told. */
    bool quiet_due;         /* Quiet time passed while there was no room. */
    bool closed;
};

static inline void peer_must(enum error error)
{
    check(error == ERR_OK);
}

static inline void peer_event(struct plain_peer *peer, const char *word, struct text what)
{
    peer_must(bytes_format(&peer->events, "%s%s(", peer->events.count > 0 ? " " : "", word));
    peer_must(text_append_visible(&peer->events, what));
    peer_must(bytes_append_text(&peer->events, TEXT(")")));
}

static inline bool peer_command(void *context, const struct command *command)
{
    struct plain_peer *peer = context;
    check(!peer->closed);
    if (peer->command_count == peer->no_at && peer->no_count < peer->no_times) {
        peer->no_count++;
        return false;
    }
    peer->command_count++;
    check(command->extra.count == 0 && command->cursor == 0);
    if (command->kind == COMMAND_OPEN) {
        check(command->name.count <= NAME_BYTES_MAX);
        check(command->flags == OPEN_PLAIN);
        peer_event(peer, "open", command->name);
    } else if (command->kind == COMMAND_JOIN) {
        check(command->flags == 0 && command->text.count == 0);
        peer_event(peer, "join", command->name);
    } else {
        check(command->kind == COMMAND_MESSAGE && command->flags == 0);
        check(text_equal(command->name, TEXT("#madang")));
        check(command->text.count >= 1 && command->text.count <= MESSAGE_BYTES_MAX);
        check(utf8_valid(command->text));
        peer_event(peer, "message", command->text);
    }
    return true;
}

static inline void peer_fault(void *context, enum notice notice)
{
    struct plain_peer *peer = context;
    check((unsigned)notice < NOTICE_COUNT);
    peer->fault = notice_code(notice);
}

static inline void peer_reply(void *context, struct text bytes)
{
    struct plain_peer *peer = context;
    check(!peer->closed || peer->plain.state == PLAIN_ENDED);
    check(bytes.count > 4 && memcmp(bytes.data, "! ", 2) == 0);
    const char *colon = memchr(bytes.data, ':', bytes.count);
    check(colon != NULL);
    const char *newline = memchr(bytes.data, '\n', bytes.count);
    check(newline == NULL || newline == bytes.data + bytes.count - 1);
    check(utf8_valid(bytes));
    /* What is told is counted, once and by its code. */
    check(peer->fault != NULL && colon - bytes.data - 2 == (ptrdiff_t)strlen(peer->fault) &&
          memcmp(bytes.data + 2, peer->fault, strlen(peer->fault)) == 0);
    peer->fault = NULL;
    char code[64];
    size_t code_count = (size_t)(colon - bytes.data) - 2;
    check(code_count + sizeof(",chunk") <= sizeof(code));
    memcpy(code, bytes.data + 2, code_count);
    if (newline == NULL) {
        memcpy(code + code_count, ",chunk", 6);
        code_count += 6;
    }
    peer_event(peer, "error", (struct text){.data = code, .count = code_count});
    peer_must(bytes_append_text(&peer->words, bytes));
}

static inline void peer_close(void *context, enum leave_reason reason, struct text words)
{
    struct plain_peer *peer = context;
    check(!peer->closed);
    check(words.count == 0);
    check(reason == LEAVE_QUIT || reason == LEAVE_ERROR || reason == LEAVE_SHUTDOWN ||
          reason == LEAVE_KILLED);
    peer->closed = true;
    peer_event(peer, "close",
               reason == LEAVE_QUIT     ? TEXT("quit")
               : reason == LEAVE_ERROR  ? TEXT("error")
               : reason == LEAVE_KILLED ? TEXT("killed")
                                        : TEXT("shutdown"));
}

static inline struct door_sink peer_sink(struct plain_peer *peer)
{
    return (struct door_sink){.context = peer,
                              .command = peer_command,
                              .reply = peer_reply,
                              .fault = peer_fault,
                              .close = peer_close};
}

static inline void peer_init(struct plain_peer *peer)
{
    *peer = (struct plain_peer){0};
    plain_init(&peer->plain, TEXT("#madang"));
}

static inline void peer_finish(struct plain_peer *peer)
{
    bytes_finish(&peer->rest);
    bytes_finish(&peer->events);
    bytes_finish(&peer->words);
}

/* What holds after every call, whatever was sent. said_no: the call ended by a "no". */
static inline void peer_check(const struct plain_peer *peer, bool said_no)
{
    check(peer->closed == (peer->plain.state == PLAIN_ENDED));
    check(peer->fault == NULL);
    check(!peer->closed || peer->rest.count == 0);
    check(said_no || peer->rest.count <= PLAIN_LINE_BYTES_MAX + 1);
    check(peer->plain.piece_bytes <= peer->rest.count);
    check(peer->plain.skipped_bytes <= PLAIN_SKIP_BYTES_MAX);
    check(!peer->plain.skipping || peer->rest.count > 0);
}

/* Feeds the rest again, as when there is room. */
static inline void peer_turn(struct plain_peer *peer)
{
    struct door_sink sink = peer_sink(peer);
    uint32_t no_count = peer->no_count;
    size_t used = plain_input(&peer->plain, bytes_text(&peer->rest), &sink);
    check(used <= peer->rest.count);
    bytes_consume(&peer->rest, used);
    peer_check(peer, peer->no_count != no_count);
}

static inline void peer_send(struct plain_peer *peer, struct text bytes)
{
    if (peer->closed) {
        return;
    }
    peer_must(bytes_append_text(&peer->rest, bytes));
    peer_turn(peer);
}

/* The quiet time passed; last: the longer one for cut characters too. */
static inline void peer_quiet(struct plain_peer *peer, bool last)
{
    if (peer->closed || peer->rest.count == 0 || !plain_wants_quiet(&peer->plain)) {
        return;
    }
    struct door_sink sink = peer_sink(peer);
    uint32_t no_count = peer->no_count;
    size_t used = plain_quiet(&peer->plain, bytes_text(&peer->rest), last, &sink);
    check(used <= peer->rest.count);
    bytes_consume(&peer->rest, used);
    peer_check(peer, peer->no_count != no_count);
}

/* The peer closed its side. Calls until it is done; each "no" was worth one call. */
static inline void peer_end(struct plain_peer *peer)
{
    struct door_sink sink = peer_sink(peer);
    while (!peer->closed) {
        uint32_t no_count = peer->no_count;
        size_t used = plain_end(&peer->plain, bytes_text(&peer->rest), &sink);
        check(used <= peer->rest.count);
        bytes_consume(&peer->rest, used);
        peer_check(peer, peer->no_count != no_count);
        check(peer->closed || peer->no_count > no_count);
    }
}

#endif
