/* Signals, and the order of beginning and ending. */
#include "server/server.h"

#include "base/check.h"
#include "base/lang.h"
#include "base/log.h"
#include "base/mem.h"
#include "server/clock.h"
#include "server/greeting.h"
#include "server/secret.h"
#include "server/server_state.h"
#include "server/store.h"

#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Beyond what peers get (limit.shutdown_ms), so long the rest may take; the end comes within 5 s.
 */
#define END_SPARE_MS 2000
#define END_MS_MAX 4500
/* After so long without work, memory of a burst goes back to the system. */
#define QUIET_MS 1000
/* Connections that must have closed for that to be worth a look at the heap. */
#define TRIM_CLOSED_COUNT 1000
/* Descriptors of our own: files, signals, wakers; each worker's poller and waker come on top. */
#define OWN_DESCRIPTORS 24

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

/* Opens what lasts: the directory, its lock, the secret, the journal. False after a line about what
 * is wrong. */
static bool server_open_store(struct server *server)
{
    struct bytes problem = {0};
    const struct config *config = server->config;
    enum error error =
        store_lock(config->data, config->data_is_default, &server->lock_fd, &problem);
    if (error == ERR_OK) {
        error = secret_open(config->data, &server->cloak_key, &problem);
    }
    if (error == ERR_OK) {
        struct journal_options options = {
            .directory = config->data,
            .sync = config->sync,
            .checkpoint_thread = true,
            .fill_wal = config->sync == JOURNAL_SYNC_ALWAYS,
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

/* The rows of state on their way from the journal to the hub. */
struct loading {
    struct hub *hub;
    enum error error; /* The first that says that nothing more fits. */
};

static void loading_take(void *context, const struct row *row)
{
    struct loading *loading = context;
    if (loading->error != ERR_OK) {
        return;
    }
    enum error error = hub_load(loading->hub, row);
    if (error == ERR_INVALID) {
        /* One such row is no reason to shut out everybody. */
        log_line(LOG_ERROR, "journal: what is kept of %.*s cannot be taken: kind %d",
                 (int)row->channel.count, row->channel.count > 0 ? row->channel.data : "",
                 (int)row->kind);
    } else {
        loading->error = error;
    }
}

/* Makes the hub with the state that outlives a run. False after a line about what is wrong. */
static bool server_make_hub(struct server *server)
{
    const struct config *config = server->config;
    struct hub_options options = {
        .mark = server->mark,
        .server = text_of(config->name),
        .info = text_of(config->info),
        .lobby = text_of(config->lobby),
    };
    struct loading loading = {.hub = hub_new(&server->bus, &options)};
    server->hub = loading.hub;
    if (loading.hub == NULL) {
        loading.error = ERR_MEMORY;
    } else if (journal_load(server->journal, loading_take, &loading) != ERR_OK) {
        (void)server_fail(journal_problem(server->journal));
        return false;
    }
    if (loading.error != ERR_OK) {
        (void)server_fail(loading.error == ERR_MEMORY ? _("메모리나 파일 디스크립터가 모자랍니다")
                                                      : error_name(loading.error));
    }
    return loading.error == ERR_OK;
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
    bus->cloak_key = server->cloak_key;
    verifier_init(&server->verifier, bus);
    committer_init(&server->committer, bus, server->journal);
    console_init(&server->console, bus, STDOUT_FILENO, server->config->lobby);
    if (!server_make_hub(server)) {
        return false;
    }
    bool is_whole = true;
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
        .listens = server->config->listens,
        .lobby = server->config->lobby,
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

/* Said, not refused: who runs a server for an hour may not care. */
static void server_warn(const struct server *server)
{
    if (server->config->others_read_secrets) {
        log_line(LOG_WARNING,
                 "config: %s holds passwords or their hashes, and anybody on this machine may read "
                 "it: chmod o= it",
                 server->arguments->file);
    }
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
        config_keep(config, server->config);
        gate_reload(server->gate, config);
        config_give(server->config);
        server->config = config;
        log_line(LOG_INFO, "reload: limits, pace, operators, passwords and what newcomers are told "
                           "are as in the file now, all else at a restart");
        server_warn(server);
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
        gate_step(server->gate, 20, server_clock, NULL);
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
    server_threads_join(server);
    bool stored = atomic_load_explicit(&server->bus.journal_drained, memory_order_acquire);
    if (!stored) {
        log_line(LOG_ERROR, "ended with messages that could not be stored; nobody was shown them");
    }
    return stored && !failed ? 0 : 1;
}

static int server_serve(struct server *server)
{
    server_greet(server);
    server_warn(server);
    uint64_t trimmed_at = 0;
    for (;;) {
        uint64_t closed = gate_closed_count(server->gate);
        bool is_grown = closed - trimmed_at >= TRIM_CLOSED_COUNT;
        gate_step(server->gate, is_grown ? QUIET_MS : -1, server_clock, NULL);
        if (is_grown && gate_closed_count(server->gate) == closed) {
            (void)malloc_trim(0);
            trimmed_at = closed;
        }
        if (atomic_exchange_explicit(&server->bus.reload_asked, false, memory_order_acq_rel)) {
            server_reload(server);
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
        if (server_threads_start(server) == ERR_OK) {
            status = server_serve(server);
        } else {
            (void)server_end(server);
            status = server_fail(_("스레드를 띄울 수 없습니다"));
        }
    }
    server_free(server);
    return status;
}
