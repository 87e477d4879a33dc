/* Threads, signals, and the order of beginning and ending. */
#include "server/server.h"

#include "base/check.h"
#include "base/lang.h"
#include "base/log.h"
#include "base/mem.h"
#include "server/clock.h"
#include "server/committer.h"
#include "server/console.h"
#include "server/gate.h"
#include "server/greeting.h"
#include "server/hub.h"
#include "server/store.h"
#include "server/worker.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define COMMANDS_PER_STEP 1024
/* Beyond what peers get (limit.shutdown_ms), so long the rest may take; the end comes within 5 s.
 */
#define END_SPARE_MS 2000
#define END_MS_MAX 4500
/* After so long without work, memory of a burst goes back to the system. */
#define QUIET_MS 1000
/* Connections that must have closed for that to be worth a look at the heap. */
#define TRIM_CLOSED_COUNT 1000
#define STACK_BYTES (256 * 1024)
/* Descriptors of our own: files, signals, wakers; each worker's poller and waker come on top. */
#define OWN_DESCRIPTORS 24

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
    struct gate *gate;
    struct hub *hub;
    struct committer committer;
    struct console console;
    struct worker *workers[WORKERS_MAX];
    struct thread hub_thread;
    struct thread committer_thread;
    struct thread console_thread;
    struct thread worker_threads[WORKERS_MAX];
    uint32_t connections_max;
    int lock_fd;
    int signal_fd;
    bool on_terminal; /* Standard error was a terminal at the start. */
};

static int64_t monotonic(void *context)
{
    (void)context;
    return clock_monotonic_ms();
}

static enum stage server_stage(struct server *server)
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

static void *worker_main(void *context)
{
    struct thread *thread = context;
    struct worker *worker = thread->server->workers[thread->worker];
    while (!worker_is_done(worker)) {
        worker_step(worker, -1, monotonic, NULL);
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

static enum error threads_start(struct server *server)
{
    enum error error = thread_start(server, &server->hub_thread, hub_main, "hub");
    if (error == ERR_OK) {
        error = thread_start(server, &server->committer_thread, committer_main, "committer");
    }
    if (error == ERR_OK) {
        error = thread_start(server, &server->console_thread, console_main, "console");
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

static void threads_join(struct server *server)
{
    thread_join(&server->hub_thread);
    thread_join(&server->committer_thread);
    thread_join(&server->console_thread);
    for (uint32_t i = 0; i < server->bus.worker_count; i++) {
        thread_join(&server->worker_threads[i]);
    }
}

/* As many descriptors as the system lets us have; returns how many connections that leaves, 0 when
 * too few. */
static uint32_t connections_allowed(uint32_t worker_count)
{
    struct rlimit limit;
    check(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    check(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    rlim_t own = OWN_DESCRIPTORS + 2 * (rlim_t)worker_count;
    if (limit.rlim_cur <= own) {
        return 0;
    }
    rlim_t left = limit.rlim_cur - own;
    left -= left > 2 * DESCRIPTORS_KEPT_BACK ? DESCRIPTORS_KEPT_BACK : 0;
    return left < SESSIONS_MAX ? (uint32_t)left : SESSIONS_MAX;
}

static int server_fail(const char *what)
{
    struct bytes line = {0};
    if (bytes_format(&line, "madangd: %s\n", what) == ERR_OK) {
        (void)!write(STDERR_FILENO, line.data, line.count);
    }
    bytes_finish(&line);
    return 1;
}

static uint64_t random_seed(void)
{
    uint64_t seed;
    check(getrandom(&seed, sizeof seed, 0) == sizeof seed);
    return seed;
}

/* What the journal found when it was opened, a sentence a line. */
static void log_notices(struct text notices)
{
    while (notices.count > 0) {
        const char *newline = memchr(notices.data, '\n', notices.count);
        size_t count = newline != NULL ? (size_t)(newline - notices.data) : notices.count;
        log_line(LOG_WARNING, "journal: %.*s", (int)count, notices.data);
        count += newline != NULL;
        notices.data += count;
        notices.count -= count;
    }
}

/* Opens what lasts: the directory, its lock, the journal. False after a line about what is wrong.
 */
static bool server_open_store(struct server *server)
{
    struct bytes problem = {0};
    const struct config *config = server->config;
    enum error error =
        store_lock(config->data, config->data_is_default, &server->lock_fd, &problem);
    if (error == ERR_OK) {
        struct journal_options options = {
            .directory = config->data,
            .sync = config->sync,
            .checkpoint_thread = true,
        };
        error =
            journal_sqlite_open(&options, random_seed(), &server->journal, &server->mark, &problem);
    }
    if (error == ERR_OK) {
        log_notices(bytes_text(&problem));
    } else if (bytes_append(&problem, "", 1) == ERR_OK) {
        (void)server_fail(problem.data);
    } else {
        (void)server_fail(error_name(error));
    }
    bytes_finish(&problem);
    return error == ERR_OK;
}

/* Makes all parts but the threads. False after a line about what is wrong. */
static bool server_make(struct server *server)
{
    struct bus *bus = &server->bus;
    if (bus_init(bus, server->config->threads, server->mark.seq, &bus_options_default) != ERR_OK) {
        (void)server_fail(_("메모리나 파일 디스크립터가 모자랍니다"));
        return false;
    }
    server->bus_made = true;
    server->hub = hub_new(bus, &server->mark);
    committer_init(&server->committer, bus, server->journal);
    console_init(&server->console, bus, STDOUT_FILENO, server->config->lobby);
    bool is_whole = server->hub != NULL;
    for (uint32_t i = 0; i < bus->worker_count && is_whole; i++) {
        server->workers[i] = worker_new(bus, i, server->config);
        is_whole = server->workers[i] != NULL;
    }
    server->gate = gate_new(bus, server->config, server->connections_max, random_seed());
    if (!is_whole || server->gate == NULL ||
        gate_watch(server->gate, server->signal_fd) != ERR_OK) {
        (void)server_fail(_("메모리나 파일 디스크립터가 모자랍니다"));
        return false;
    }
    struct bytes problem = {0};
    bool listens = gate_listen(server->gate, &problem) == ERR_OK;
    if (!listens) {
        bool said = bytes_append(&problem, "", 1) == ERR_OK;
        (void)server_fail(said ? problem.data : error_name(ERR_MEMORY));
    }
    bytes_finish(&problem);
    return listens;
}

static void server_free(struct server *server)
{
    for (uint32_t i = 0; i < WORKERS_MAX; i++) {
        worker_free(server->workers[i]);
    }
    gate_free(server->gate);
    hub_free(server->hub);
    console_finish(&server->console);
    if (server->bus_made) {
        bus_finish(&server->bus);
    }
    journal_free(server->journal);
    if (server->lock_fd >= 0) {
        close(server->lock_fd);
    }
    close(server->signal_fd);
    config_give(server->config);
    mem_free(server);
}

static void server_greet(const struct server *server)
{
    struct socket_address bound[LISTENERS_MAX];
    struct greeting greeting = {
        .data = server->config->data,
        .bound = bound,
        .bound_count = gate_listener_count(server->gate),
        .connections_max = server->connections_max,
    };
    for (uint32_t i = 0; i < greeting.bound_count; i++) {
        bound[i] = gate_listener_address(server->gate, i);
    }
    struct bytes text = {0};
    if (greeting_append(&greeting, &text) == ERR_OK) {
        (void)!write(STDERR_FILENO, text.data, text.count);
    }
    bytes_finish(&text);
}

/* All or nothing: with any fault in the file, what runs goes on as it was. */
static void server_reload(struct server *server)
{
    struct bytes problem = {0};
    struct config *config;
    if (config_read(server->arguments, &config, &problem) != ERR_OK) {
        log_line(LOG_ERROR, "reload refused, nothing changed: %.*s", (int)problem.count,
                 problem.data != NULL ? problem.data : "");
    } else {
        gate_reload(server->gate, config);
        config_give(server->config);
        server->config = config;
        log_line(LOG_INFO, "reload: limits and pace are as in the file now, all else at a restart");
    }
    bytes_finish(&problem);
}

/* True when a signal asks for the end. */
static bool server_take_signals(struct server *server)
{
    bool ends = false;
    bool reloads = false;
    struct signalfd_siginfo info;
    while (read(server->signal_fd, &info, sizeof info) == sizeof info) {
        ends = ends || info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT;
        reloads = reloads || info.ssi_signo == SIGHUP;
    }
    /* A terminal that hangs up sends the same signal, and is none any more: who ran us there is
     * gone. */
    ends = ends || (reloads && server->on_terminal && isatty(STDERR_FILENO) == 0);
    if (reloads && !ends) {
        server_reload(server);
    }
    return ends;
}

static int journal_state(struct server *server)
{
    return atomic_load_explicit(&server->bus.journal_state, memory_order_acquire);
}

static void server_set_stage(struct server *server, enum stage stage)
{
    atomic_store_explicit(&server->bus.stage, (int)stage, memory_order_release);
    bus_wake_all(&server->bus);
}

/* Gives everybody time to end, then ends what has not. Returns the exit status. */
static int server_end(struct server *server)
{
    bool failed = journal_state(server) == JOURNAL_FAILED;
    gate_close(server->gate);
    server_set_stage(server, failed ? STAGE_ABANDON : STAGE_DRAIN);
    int64_t now_ms = clock_monotonic_ms();
    int64_t end_ms = (int64_t)server->config->shutdown_ms + END_SPARE_MS;
    int64_t abandon_ms = now_ms + (end_ms < END_MS_MAX ? end_ms : END_MS_MAX) - 500;
    while (atomic_load_explicit(&server->bus.threads_left, memory_order_acquire) > 0) {
        gate_step(server->gate, 20, monotonic, NULL);
        (void)server_take_signals(server);
        now_ms = clock_monotonic_ms();
        /* Also when the journal has failed only now: nothing can become of what waits. */
        failed = failed || journal_state(server) == JOURNAL_FAILED;
        if ((failed || now_ms >= abandon_ms) && server_stage(server) != STAGE_ABANDON) {
            server_set_stage(server, STAGE_ABANDON);
        }
        if (now_ms >= abandon_ms + 400) {
            /* A thread hangs in the disk. Nothing that waits for it was ever shown. */
            log_line(LOG_ERROR, "the disk does not answer: ended without it");
            _exit(1);
        }
    }
    threads_join(server);
    bool stored = atomic_load_explicit(&server->bus.journal_drained, memory_order_acquire);
    if (!stored) {
        log_line(LOG_ERROR, "ended with messages that could not be stored; nobody was shown them");
    }
    return stored && !failed ? 0 : 1;
}

static int server_serve(struct server *server)
{
    server_greet(server);
    uint64_t trimmed_at = 0;
    for (;;) {
        uint64_t closed = gate_closed_count(server->gate);
        bool is_grown = closed - trimmed_at >= TRIM_CLOSED_COUNT;
        gate_step(server->gate, is_grown ? QUIET_MS : -1, monotonic, NULL);
        if (is_grown && gate_closed_count(server->gate) == closed) {
            (void)malloc_trim(0);
            trimmed_at = closed;
        }
        if (server_take_signals(server) || journal_state(server) == JOURNAL_FAILED) {
            return server_end(server);
        }
    }
}

/* Signals come through a descriptor, to the main thread's loop. Blocked before any thread starts.
 */
static int signals_open(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    check(pthread_sigmask(SIG_BLOCK, &signals, NULL) == 0);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    check(sigaction(SIGPIPE, &ignore, NULL) == 0);
    return signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

int server_run(struct config *config, const struct config_arguments *arguments)
{
    /* One arena: workers take their memory from pools, so more would only hold on to it. */
    (void)mallopt(M_ARENA_MAX, 1);
    uint32_t connections_max = connections_allowed(config->threads);
    struct server *server = mem_zalloc(1, sizeof *server);
    int signal_fd = signals_open();
    if (server == NULL || signal_fd < 0 || connections_max == 0) {
        config_give(config);
        mem_free(server);
        return server_fail(connections_max == 0
                               ? _("파일 디스크립터의 한도(ulimit -n)가 너무 작습니다")
                               : _("메모리나 파일 디스크립터가 모자랍니다"));
    }
    server->config = config;
    server->arguments = arguments;
    server->connections_max = connections_max;
    server->lock_fd = -1;
    server->signal_fd = signal_fd;
    server->on_terminal = isatty(STDERR_FILENO) == 1;
    int status = 1;
    if (server_open_store(server) && server_make(server)) {
        if (threads_start(server) == ERR_OK) {
            status = server_serve(server);
        } else {
            (void)server_end(server);
            status = server_fail(_("스레드를 띄울 수 없습니다"));
        }
    }
    server_free(server);
    return status;
}
