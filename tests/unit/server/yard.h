/*
 * A whole server on one thread, for its tests: gate, workers, hub, committer and console take
 * their steps in turn, on a clock that only the test moves. Guests come through real loopback
 * sockets. The journal is script_journal.h's. One yard at a time; one thread.
 */
#ifndef MADANG_TESTS_UNIT_SERVER_YARD_H
#define MADANG_TESTS_UNIT_SERVER_YARD_H

#include "script_journal.h"

#include "server/bus.h"
#include "server/committer.h"
#include "server/console.h"
#include "server/gate.h"
#include "server/hub.h"
#include "server/verifier.h"
#include "server/worker.h"

struct yard {
    struct bus bus;
    struct config *config;
    struct gate *gate;
    struct hub *hub;
    struct worker *workers[2];
    struct committer committer;
    struct console console;
    struct verifier verifier;
    struct script_journal journal;
    int console_fds[2];
    struct bytes console_seen;
    struct socket_address address;
    int64_t now_ms;
    bool hub_rests; /* These take no steps for now. */
    bool committer_rests;
    bool workers_rest;
    bool gate_rests;
};

struct guest {
    int fd; /* -1: none. */
    struct bytes seen;
    size_t read; /* Of seen, expected before. */
    bool ended;  /* The server's side has ended, */
    bool reset;  /* or was reset. */
};

/* The defaults of the configuration, with loopback exempt; one worker; ordinary rings. */
struct config *yard_config(void);
/* config (given) and options may be changed before; NULL: as they are by default. connections_max
 * is the gate's. */
struct yard *yard_new(uint32_t worker_count, struct config *config,
                      const struct bus_options *options, uint32_t connections_max);
void yard_free(struct yard *yard);

/* The clock, for steps that a test takes itself; context is the yard. */
int64_t yard_clock(void *context);
/* Everybody's step, once. */
void yard_step(struct yard *yard);
/* Several. */
void yard_steps(struct yard *yard, int count);
/* The clock goes on; then some steps. */
void yard_pass(struct yard *yard, int64_t ms);
/* A new configuration (given) for gate and workers. */
void yard_reload(struct yard *yard, struct config *config);
/* Steps until the console has shown text. Forgets all up to it. */
void yard_expect_console(struct yard *yard, const char *text);
/* Steps until so many connections are open. */
void yard_expect_connections(struct yard *yard, uint32_t count);
/* Asks for the end, and steps until the workers are done; the committer goes on. */
void yard_drain(struct yard *yard);

/* Comes in; whether the server takes it is seen later. */
void guest_come(struct yard *yard, struct guest *guest);
/* Comes in, gives its name as a line, and is in the lobby. */
void guest_join(struct yard *yard, struct guest *guest, const char *name);
/* Sends the bytes; steps until a worker has read as many. */
void guest_say(struct yard *yard, struct guest *guest, const char *text);
/* Sends the bytes, whether anybody reads them or not. */
void guest_push(struct guest *guest, const char *text);
/* Steps until the guest has read text, and nothing but text, since it last expected something. */
void guest_expect(struct yard *yard, struct guest *guest, const char *text);
/* The same for text and whatever follows up to a newline. */
void guest_expect_line(struct yard *yard, struct guest *guest, const char *text);
/* The same for what the server says when it ends the connection, and no newline is certain. */
void guest_expect_begin(struct yard *yard, struct guest *guest, const char *text);
/* Steps until the guest has read text among whatever comes; forgets all up to the end of that line.
 */
void guest_expect_some(struct yard *yard, struct guest *guest, const char *text);
/* Comes in as an IRC client with these capabilities ("" for none) and is in the lobby. */
void guest_join_irc(struct yard *yard, struct guest *guest, const char *name, const char *caps);
/* What it has read and not expected is forgotten. */
void guest_forget(struct yard *yard, struct guest *guest);
/* Some steps bring nothing. */
void guest_expect_nothing(struct yard *yard, struct guest *guest);
/* Steps until the server has ended it; anything may come before. */
void guest_expect_end(struct yard *yard, struct guest *guest);
/* Reads what there is. */
void guest_look(struct guest *guest);
/* No more is sent; the rest is still read. */
void guest_finish_sending(struct guest *guest);
void guest_go(struct guest *guest);
/* With a reset. */
void guest_vanish(struct guest *guest);

#endif
