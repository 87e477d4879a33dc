/* The loops of the threads: each runs a part's steps, and sleeps when there is nothing to do. */
#include "server/server_state.h"

#include "base/check.h"
#include "server/clock.h"

#include <poll.h>

#define COMMANDS_PER_STEP 1024
/* After so long without work, memory of a burst goes back to the system. */
#define QUIET_MS 1000
/* A paced committer looks up at least so often, so that the end of the server does not wait. */
#define PACE_LOOK_MS 20
#define STACK_BYTES (256 * 1024)

int64_t server_clock(void *context)
{
    (void)context;
    return clock_monotonic_ms();
}

enum stage server_stage(struct server *server)
{
    return (enum stage)atomic_load_explicit(&server->bus.stage, memory_order_acquire);
}

static void thread_done(struct server *server)
{
    atomic_fetch_sub_explicit(&server->bus.threads_left, 1, memory_order_acq_rel);
    waker_wake(&server->bus.gate_waker);
}

static void *hub_main(void *context)
{
    struct server *server = ((struct thread *)context)->server;
    struct bus *bus = &server->bus;
    while (server_stage(server) != STAGE_ABANDON) {
        if (hub_step(server->hub, clock_unix_ms(), COMMANDS_PER_STEP) > 0) {
            continue;
        }
        if (hub_is_drained(server->hub)) {
            break;
        }
        waker_prepare(&bus->hub_waker);
        if (!hub_has_work(server->hub) && !hub_is_drained(server->hub) &&
            server_stage(server) != STAGE_ABANDON &&
            !waker_sleep(&bus->hub_waker, hub_is_grown(server->hub) ? QUIET_MS : -1)) {
            hub_trim(server->hub);
        }
        waker_awake(&bus->hub_waker);
    }
    atomic_store_explicit(&bus->hub_drained, true, memory_order_release);
    bus_wake_all(bus);
    thread_done(server);
    return NULL;
}

/* The hub said that no more comes, and all that came is stored. */
static bool committer_is_drained(struct server *server)
{
    return atomic_load_explicit(&server->bus.hub_drained, memory_order_acquire) &&
           ring_empty(server->bus.rows);
}

static void *committer_main(void *context)
{
    struct server *server = ((struct thread *)context)->server;
    struct bus *bus = &server->bus;
    while (server_stage(server) != STAGE_ABANDON && !committer_is_drained(server)) {
        if (committer_step(&server->committer, clock_monotonic_ms()) > 0) {
            continue;
        }
        int pace_ms = committer_pace_ms(&server->committer, clock_monotonic_ms());
        if (pace_ms > 0) {
            /* Whatever comes now goes with the rest: it need not wake us. */
            (void)poll(NULL, 0, pace_ms < PACE_LOOK_MS ? pace_ms : PACE_LOOK_MS);
            continue;
        }
        waker_prepare(&bus->committer_waker);
        int wait_ms = committer_wait_ms(&server->committer, clock_monotonic_ms());
        if (wait_ms != 0 && !committer_is_drained(server) &&
            server_stage(server) != STAGE_ABANDON) {
            (void)waker_sleep(&bus->committer_waker, wait_ms);
        }
        waker_awake(&bus->committer_waker);
    }
    if (committer_is_drained(server)) {
        atomic_store_explicit(&bus->journal_drained, true, memory_order_release);
    }
    bus_wake_all(bus);
    thread_done(server);
    return NULL;
}

static bool console_is_done(struct server *server)
{
    if (server_stage(server) == STAGE_ABANDON) {
        return true;
    }
    return atomic_load_explicit(&server->bus.journal_drained, memory_order_acquire) &&
           !console_has_work(&server->console) && !console_is_behind(&server->console);
}

static void console_wait(struct server *server)
{
    struct waker *waker = &server->bus.console_waker;
    struct pollfd poll_fds[] = {
        {.fd = waker->fd, .events = POLLIN},
        {.fd = server->console.fd, .events = POLLOUT},
    };
    bool is_behind = console_is_behind(&server->console);
    /* While lines wait, time matters: a reader that has stopped must be noticed. */
    if (poll(poll_fds, is_behind ? 2 : 1, is_behind ? 50 : -1) > 0 &&
        (poll_fds[0].revents & POLLIN) != 0) {
        waker_clear(waker);
    }
}

static void *console_main(void *context)
{
    struct server *server = ((struct thread *)context)->server;
    while (!console_is_done(server)) {
        if (console_step(&server->console, clock_monotonic_ms())) {
            continue;
        }
        waker_prepare(&server->bus.console_waker);
        if (!console_has_work(&server->console) && !console_is_done(server)) {
            console_wait(server);
        }
        waker_awake(&server->bus.console_waker);
    }
    thread_done(server);
    return NULL;
}

static void *verifier_main(void *context)
{
    struct server *server = ((struct thread *)context)->server;
    struct verifier *verifier = &server->verifier;
    while (!verifier_is_done(verifier)) {
        if (verifier_step(verifier, clock_monotonic_ms())) {
            continue;
        }
        waker_prepare(&server->bus.verifier_waker);
        if (!verifier_has_work(verifier) && !verifier_is_done(verifier)) {
            (void)waker_sleep(&server->bus.verifier_waker, -1);
        }
        waker_awake(&server->bus.verifier_waker);
    }
    thread_done(server);
    return NULL;
}

static void *worker_main(void *context)
{
    struct thread *thread = context;
    struct worker *worker = thread->server->workers[thread->worker];
    while (!worker_is_done(worker)) {
        worker_step(worker, -1, server_clock, NULL);
    }
    thread_done(thread->server);
    return NULL;
}

/* name, at most 15 bytes, is what tools like top show. */
static enum error thread_start(struct server *server, struct thread *thread, void *(*body)(void *),
                               const char *name)
{
    thread->server = server;
    pthread_attr_t attributes;
    check(pthread_attr_init(&attributes) == 0);
    check(pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0);
    atomic_fetch_add_explicit(&server->bus.threads_left, 1, memory_order_relaxed);
    int result = pthread_create(&thread->id, &attributes, body, thread);
    (void)pthread_attr_destroy(&attributes);
    if (result != 0) {
        atomic_fetch_sub_explicit(&server->bus.threads_left, 1, memory_order_relaxed);
        return ERR_LIMIT;
    }
    (void)pthread_setname_np(thread->id, name);
    thread->started = true;
    return ERR_OK;
}

enum error server_threads_start(struct server *server)
{
    enum error error = thread_start(server, &server->hub_thread, hub_main, "hub");
    if (error == ERR_OK) {
        error = thread_start(server, &server->committer_thread, committer_main, "committer");
    }
    if (error == ERR_OK) {
        error = thread_start(server, &server->console_thread, console_main, "console");
    }
    if (error == ERR_OK) {
        error = thread_start(server, &server->verifier_thread, verifier_main, "verifier");
    }
    for (uint32_t i = 0; i < server->bus.worker_count && error == ERR_OK; i++) {
        server->worker_threads[i].worker = i;
        error = thread_start(server, &server->worker_threads[i], worker_main, "worker");
    }
    return error;
}

static void thread_join(struct thread *thread)
{
    if (thread->started) {
        check(pthread_join(thread->id, NULL) == 0);
    }
}

void server_threads_join(struct server *server)
{
    thread_join(&server->hub_thread);
    thread_join(&server->committer_thread);
    thread_join(&server->console_thread);
    thread_join(&server->verifier_thread);
    for (uint32_t i = 0; i < server->bus.worker_count; i++) {
        thread_join(&server->worker_threads[i]);
    }
}
