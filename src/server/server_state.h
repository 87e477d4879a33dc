/*
 * The parts of the running server. Shared by server.c (their beginning and end) and
 * server_threads.c (the loops around their steps). The main thread owns the structure; a thread
 * touches its own part and the bus, whose marks are atomic.
 */
#ifndef MADANG_SERVER_SERVER_STATE_H
#define MADANG_SERVER_SERVER_STATE_H

#include "server/committer.h"
#include "server/console.h"
#include "server/gate.h"
#include "server/hub.h"
#include "server/server.h"
#include "server/verifier.h"
#include "server/worker.h"

#include <pthread.h>

struct thread {
    struct server *server;
    pthread_t id;
    uint32_t worker;
    bool started;
};

struct server {
    struct config *config;
    const struct config_arguments *arguments;
    struct bus bus;
    bool bus_made;
    struct journal *journal;
    struct journal_mark mark;
    struct siphash_key cloak_key;
    struct gate *gate;
    struct hub *hub;
    struct committer committer;
    struct console console;
    struct verifier verifier;
    struct worker *workers[WORKERS_MAX];
    struct thread hub_thread;
    struct thread committer_thread;
    struct thread console_thread;
    struct thread verifier_thread;
    struct thread worker_threads[WORKERS_MAX];
    uint32_t connections_max;
    int lock_fd;
    int signal_fd;
    bool on_terminal; /* Standard error was a terminal at the start. */
};

/* How far the end has come. Any thread. */
enum stage server_stage(struct server *server);
/* The clock of gate_step() and worker_step(). Any thread. */
int64_t server_clock(void *context);

/* Starts a thread for each part but the gate. ERR_LIMIT: those that were started run. Main thread.
 */
MUST_USE enum error server_threads_start(struct server *server);
/* Waits for the end of all that were started. Main thread. */
void server_threads_join(struct server *server);

#endif
