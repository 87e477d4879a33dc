/*
 * The load generator: one process, one thread, as many connections as are asked for, and one line
 * of key=value on standard output that says what came of it. bench/run starts it beside a server.
 *
 * It measures the server's CPU time (all threads) between two marks, never its own, and shows its
 * own beside it, so that the generator is never the bottleneck unnoticed.
 */
#include "load.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define SECOND_NS UINT64_C(1000000000)
#define MS_NS UINT64_C(1000000)

static const char usage[] =
    "usage: load --port PORT --pid SERVER [option value]...\n"
    "  --mode loaded   writers keep --in-flight messages each under way (default)\n"
    "         paced    --rate messages a second, whatever comes back; latency of every delivery\n"
    "         idle     memory: connected, after a burst, after all have left\n"
    "         joins    connect --members; counts the joins in --console FILE\n"
    "         entries  register --members on IRC, each into a room of its own; until all names "
    "came\n"
    "         crowd    the same into one room\n"
    "         stalled  paced, without and then with --stalled members that never read\n"
    "  --wire plain|irc|irc-mix|redis|nats   --members N   --writers N   --in-flight N   --rate N\n"
    "  --observers N   --sources N   --stalled N   --prefill BYTES   --text BYTES\n"
    "  --warm MS   --run MS   --console FILE\n";

/* What stood at the beginning of a measurement, and then what came of it. */
struct mark {
    uint64_t time_ns, server_ns, own_ns, delivered, sent;
};

static uint64_t sent_count(const struct room *room)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < room->options.writers; i++) {
        count += room->sent[i];
    }
    return count;
}

static struct mark mark_take(const struct room *room)
{
    return (struct mark){
        .time_ns = now_ns(),
        .server_ns = process_cpu_ns(room->options.pid),
        .own_ns = process_cpu_ns(0),
        .delivered = room->delivered,
        .sent = sent_count(room),
    };
}

static struct mark mark_since(const struct room *room, const struct mark *from)
{
    struct mark mark = mark_take(room);
    mark.time_ns -= from->time_ns;
    mark.server_ns -= from->server_ns;
    mark.own_ns -= from->own_ns;
    mark.delivered -= from->delivered;
    mark.sent -= from->sent;
    return mark;
}

static void print_rates(const struct mark *mark)
{
    double seconds = (double)mark->time_ns / 1e9, delivered = (double)mark->delivered;
    printf(" seconds=%.3f messages=%lu delivered=%lu", seconds, mark->sent, mark->delivered);
    printf(" messages_per_s=%.0f delivered_per_s=%.0f", (double)mark->sent / seconds,
           delivered / seconds);
    printf(" server_cpu=%.3f own_cpu=%.3f", (double)mark->server_ns / (double)mark->time_ns,
           (double)mark->own_ns / (double)mark->time_ns);
    printf(" us_per_delivery=%.4f us_per_message=%.3f",
           delivered > 0 ? (double)mark->server_ns / 1e3 / delivered : 0,
           mark->sent > 0 ? (double)mark->server_ns / 1e3 / (double)mark->sent : 0);
}

static void print_latency(const struct room *room, const char *prefix)
{
    static const struct {
        const char *name;
        double share;
    } rows[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        printf(" %s%s_us=%.1f", prefix, rows[i].name,
               (double)histogram_at(&room->latency, rows[i].share) / 1e3);
    }
    printf(" %smax_us=%.1f %ssamples=%lu", prefix, (double)room->latency.max_ns / 1e3, prefix,
           room->latency.count);
}

/* Returns the exit status: were all messages delivered once and in order? */
static int print_verdict(const struct room *room)
{
    struct tally verdict = room_verdict(room);
    uint64_t sent = sent_count(room);
    printf(" sent=%lu lost=%lu doubled=%lu disordered=%lu diverged=%lu closed=%lu faults=%lu\n",
           sent, verdict.lost, verdict.doubled, verdict.disordered, room->diverged, room->closed,
           room->faults);
    return verdict.lost + verdict.doubled + verdict.disordered > 0 ? 2 : 0;
}

/* Writers keep their messages in flight until `end_ns`, or until `messages_max` have been sent. */
static void load_run(struct room *room, uint64_t end_ns, uint64_t messages_max)
{
    uint64_t now, progress_ns = now_ns(), delivered = room->delivered, left = messages_max;
    while ((now = now_ns()) < end_ns && left > 0) {
        for (uint32_t writer = 0; writer < room->options.writers; writer++) {
            uint32_t credit = room_credit(room, writer);
            for (uint32_t i = 0; i < credit && left > 0; i++, left--) {
                room_write(room, writer, now, false);
            }
            if (credit > 0) {
                room_flush(room, writer);
            }
        }
        room_turn(room, SECOND_NS / 10);
        if (room->delivered != delivered) {
            delivered = room->delivered;
            progress_ns = now;
        } else if (now - progress_ns > 5 * SECOND_NS) {
            fail("nothing has come for 5 s; %lu connections closed", room->closed);
        }
    }
}

/* `rate` messages a second until `end_ns`; the time in a message is when it was due. */
static void pace_run(struct room *room, uint64_t end_ns)
{
    uint64_t step_ns = SECOND_NS / room->options.rate, due_ns = now_ns() + step_ns;
    for (;;) {
        uint64_t now = now_ns();
        if (now >= end_ns) {
            return;
        }
        bool queued[WIRE_WRITERS_MAX] = {false};
        for (; due_ns <= now; due_ns += step_ns) {
            room->writer_turn = (room->writer_turn + 1) % room->options.writers;
            room_write(room, room->writer_turn, due_ns, false);
            queued[room->writer_turn] = true;
        }
        for (uint32_t writer = 0; writer < room->options.writers; writer++) {
            if (queued[writer]) {
                room_flush(room, writer);
            }
        }
        uint64_t until = due_ns < end_ns ? due_ns : end_ns;
        now = now_ns();
        room_turn(room, until > now ? until - now : 0);
    }
}

static void latency_begin(struct room *room, bool all)
{
    memset(&room->latency, 0, sizeof room->latency);
    room->latency_all = all;
    room->measuring = true;
}

static void connect_all(struct room *room)
{
    room_connect(room, 0, room->member_count - room->options.stalled, 0);
    room_sync(room);
}

static int run_loaded(struct room *room)
{
    const struct options *options = &room->options;
    connect_all(room);
    load_run(room, now_ns() + options->warm_ms * MS_NS, UINT64_MAX);
    latency_begin(room, false);
    struct mark begin = mark_take(room);
    load_run(room, now_ns() + options->run_ms * MS_NS, UINT64_MAX);
    struct mark result = mark_since(room, &begin);
    room->measuring = false;
    room_drain(room);
    print_rates(&result);
    print_latency(room, "");
    return print_verdict(room);
}

static int run_paced(struct room *room)
{
    const struct options *options = &room->options;
    connect_all(room);
    pace_run(room, now_ns() + options->warm_ms * MS_NS);
    latency_begin(room, true);
    struct mark begin = mark_take(room);
    pace_run(room, now_ns() + options->run_ms * MS_NS);
    struct mark result = mark_since(room, &begin);
    room->measuring = false;
    room_drain(room);
    print_rates(&result);
    print_latency(room, "");
    return print_verdict(room);
}

/* Memory once it has not moved and the server has rested for two seconds; at most 20 s. Servers
 * give memory back when it has been quiet for a while. */
static uint64_t settled_kib(struct room *room)
{
    pid_t pid = room->options.pid;
    uint64_t kib = process_kib(pid, "VmRSS:");
    for (int tries = 0; tries < 10; tries++) {
        uint64_t cpu_ns = process_cpu_ns(pid), before = kib;
        for (uint64_t end = now_ns() + 2 * SECOND_NS; now_ns() < end;) {
            room_turn(room, SECOND_NS / 20);
        }
        kib = process_kib(pid, "VmRSS:");
        if (kib == before && process_cpu_ns(pid) - cpu_ns < 20 * MS_NS) {
            break;
        }
    }
    return kib;
}

static void leave_all(struct room *room)
{
    for (uint32_t i = 0; i < room->member_count; i++) {
        if (room->members[i].open) {
            close(room->members[i].fd);
            room->members[i].open = false;
        }
    }
}

static int run_idle(struct room *room)
{
    const struct options *options = &room->options;
    uint64_t empty = settled_kib(room), base = process_fds(options->pid);
    uint32_t count = room->member_count - options->stalled;
    room_connect(room, 0, count, 0);
    for (uint64_t end = now_ns() + 30 * SECOND_NS; process_fds(options->pid) < base + count;) {
        room_turn(room, SECOND_NS / 100);
        if (now_ns() > end) {
            fail("the server has not taken all connections");
        }
    }
    uint64_t idle = settled_kib(room);
    room_sync(room);
    process_peak_reset(options->pid);
    load_run(room, now_ns() + options->run_ms * MS_NS, UINT64_MAX);
    room_drain(room);
    uint64_t peak = process_kib(options->pid, "VmHWM:"), burst = settled_kib(room);
    uint64_t server_ns = process_cpu_ns(options->pid), begin_ns = now_ns();
    sleep_ns(SECOND_NS);
    double share =
        (double)(process_cpu_ns(options->pid) - server_ns) / (double)(now_ns() - begin_ns);
    struct tally verdict = room_verdict(room);
    leave_all(room);
    printf(" empty_kib=%lu idle_kib=%lu kib_per_connection=%.3f peak_kib=%lu after_burst_kib=%lu",
           empty, idle, ((double)idle - (double)empty) / count, peak, burst);
    printf(" left_kib=%lu idle_cpu=%.5f sent=%lu lost=%lu closed=%lu\n", settled_kib(room), share,
           sent_count(room), verdict.lost, room->closed);
    return verdict.lost > 0 ? 2 : 0;
}

/* Follows a file that grows; counts the lines that say who has joined, and those that say how many.
 */
struct console {
    FILE *file;
    uint64_t joined, counted;
};

static void console_read(struct console *console)
{
    char line[512];
    clearerr(console->file);
    for (;;) {
        long at = ftell(console->file);
        if (!fgets(line, sizeof line, console->file)) {
            return;
        }
        size_t bytes = strlen(line);
        if (line[bytes - 1] != '\n') {
            fseek(console->file, at, SEEK_SET); /* half a line: again later */
            return;
        }
        console->joined += strstr(line, "] 접속\n") != NULL;
        console->counted += strstr(line, "]명의 사용자 접속 중\n") != NULL;
    }
}

static int run_joins(struct room *room)
{
    enum { AHEAD_MAX = 1024 }; /* joins not yet on the console; the listen queue holds more */
    const struct options *options = &room->options;
    struct console console = {.file = options->console ? fopen(options->console, "re") : NULL};
    if (!console.file) {
        fail("joins: --console FILE cannot be read");
    }
    uint32_t connected = 0;
    struct mark begin = mark_take(room);
    while (console.joined < room->member_count || console.counted < room->member_count) {
        if (connected < room->member_count && connected < console.joined + AHEAD_MAX) {
            uint32_t to = connected + 32 < room->member_count ? connected + 32 : room->member_count;
            room_connect(room, connected, to, 0);
            connected = to;
        } else {
            sleep_ns(MS_NS / 5);
        }
        console_read(&console);
        if (now_ns() - begin.time_ns > 60 * SECOND_NS) {
            break;
        }
    }
    struct mark result = mark_since(room, &begin);
    double seconds = (double)result.time_ns / 1e9;
    printf(" seconds=%.3f joined=%lu counted=%lu joins_per_s=%.0f us_per_join=%.2f server_cpu=%.3f "
           "own_cpu=%.3f",
           seconds, console.joined, console.counted, (double)console.joined / seconds,
           (double)result.server_ns / 1e3 / (double)room->member_count,
           (double)result.server_ns / (double)result.time_ns,
           (double)result.own_ns / (double)result.time_ns);
    room_sync(room);
    printf(" heard=%lu closed=%lu\n", room->synced_count, room->closed);
    fclose(console.file);
    return console.joined == room->member_count && console.counted == room->member_count ? 0 : 2;
}

/* All come in, as fast as the server lets them; each has heard the end of its room's names. */
static int run_crowd(struct room *room)
{
    enum { AHEAD_MAX = 1024, STEP = 32 };
    const struct options *options = &room->options;
    uint32_t connected = 0;
    struct mark begin = mark_take(room);
    process_peak_reset(options->pid);
    while (room->ready_count < room->member_count && room->closed == 0 &&
           now_ns() - begin.time_ns < 120 * SECOND_NS) {
        if (connected < room->member_count && connected < room->ready_count + AHEAD_MAX) {
            uint32_t left = room->member_count - connected;
            uint32_t to = connected + (left < STEP ? left : STEP);
            room_connect(room, connected, to, 0);
            connected = to;
            room_turn(room, 0);
        } else {
            room_turn(room, MS_NS);
        }
        for (uint32_t i = 0; i < options->writers && i < connected; i++) {
            room_flush(room, i);
        }
    }
    struct mark result = mark_since(room, &begin);
    double seconds = (double)result.time_ns / 1e9;
    printf(" seconds=%.3f entered=%lu entries_per_s=%.0f us_per_entry=%.2f peak_mib=%.1f"
           " server_cpu=%.3f own_cpu=%.3f closed=%lu faults=%lu\n",
           seconds, room->ready_count, (double)room->ready_count / seconds,
           (double)result.server_ns / 1e3 / (double)room->member_count,
           (double)process_kib(options->pid, "VmHWM:") / 1024,
           (double)result.server_ns / (double)result.time_ns,
           (double)result.own_ns / (double)result.time_ns, room->closed, room->faults);
    return room->ready_count == room->member_count && room->closed == 0 ? 0 : 2;
}

static int run_entries(struct room *room)
{
    room->options.own_rooms = true;
    return run_crowd(room);
}

/* Paced traffic in slices, with the highest memory of the server and of TCP on the way. */
static void pace_watched(struct room *room, uint64_t run_ms, uint64_t *out_rss_kib,
                         uint64_t *out_tcp_kib)
{
    for (uint64_t end = now_ns() + run_ms * MS_NS; now_ns() < end;) {
        pace_run(room, now_ns() + SECOND_NS / 5);
        uint64_t rss = process_kib(room->options.pid, "VmRSS:"), tcp = tcp_kib();
        *out_rss_kib = rss > *out_rss_kib ? rss : *out_rss_kib;
        *out_tcp_kib = tcp > *out_tcp_kib ? tcp : *out_tcp_kib;
    }
}

/*
 * The same paced traffic twice: alone, and with members who have stopped reading. Between the two,
 * a prefill brings these to the point where the kernel takes no more for them; while it still does,
 * they cost what any member costs, and that is not what is asked here.
 */
static int run_stalled(struct room *room)
{
    const struct options *options = &room->options;
    uint64_t rss_alone = 0, tcp_alone = 0, rss = 0, tcp = 0;
    connect_all(room);
    pace_run(room, now_ns() + options->warm_ms * MS_NS);
    latency_begin(room, true);
    pace_watched(room, options->run_ms, &rss_alone, &tcp_alone);
    print_latency(room, "alone_");
    room->measuring = false;
    uint64_t fds = process_fds(options->pid);
    room_connect(room, room->member_count - options->stalled, room->member_count, 4096);
    for (uint64_t end = now_ns() + SECOND_NS; now_ns() < end;) {
        room_turn(room, SECOND_NS / 100);
    }
    load_run(room, now_ns() + 60 * SECOND_NS, options->prefill_bytes / (options->text_bytes + 9));
    room_drain(room);
    uint64_t fds_full = process_fds(options->pid);
    latency_begin(room, true);
    struct mark begin = mark_take(room);
    pace_watched(room, options->run_ms, &rss, &tcp);
    struct mark result = mark_since(room, &begin);
    room->measuring = false;
    room_drain(room);
    print_rates(&result);
    print_latency(room, "");
    printf(" stalled=%u stalled_at_begin=%lu stalled_at_end=%ld", options->stalled, fds_full - fds,
           (long)process_fds(options->pid) - (long)fds);
    printf(" rss_alone_kib=%lu rss_kib=%lu tcp_alone_kib=%lu tcp_kib=%lu", rss_alone, rss,
           tcp_alone, tcp);
    return print_verdict(room);
}

static uint64_t option_number(const char *name, const char *value, uint64_t min, uint64_t max)
{
    char *end;
    unsigned long long number = strtoull(value, &end, 10);
    if (*end != '\0' || end == value || number < min || number > max) {
        fail("--%s: expected %lu to %lu, not %s", name, min, max, value);
    }
    return number;
}

enum option_key {
    KEY_MODE,
    KEY_WIRE,
    KEY_CONSOLE,
    KEY_PORT,
    KEY_PID,
    KEY_MEMBERS,
    KEY_WRITERS,
    KEY_IN_FLIGHT,
    KEY_OBSERVERS,
    KEY_SOURCES,
    KEY_STALLED,
    KEY_PREFILL,
    KEY_RATE,
    KEY_TEXT,
    KEY_WARM,
    KEY_RUN,
    KEY_COUNT,
};

struct option_row {
    const char *name;
    uint64_t min, max, value;
};

static void options_read(int argc, char **argv, struct options *out_options)
{
    struct option_row rows[KEY_COUNT] = {
        [KEY_MODE] = {.name = "mode"},
        [KEY_WIRE] = {.name = "wire"},
        [KEY_CONSOLE] = {.name = "console"},
        [KEY_PORT] = {"port", 1, 65535, 0},
        [KEY_PID] = {"pid", 1, 1 << 22, 0},
        [KEY_MEMBERS] = {"members", 1, 15000, 100},
        [KEY_WRITERS] = {"writers", 1, WIRE_WRITERS_MAX, 4},
        [KEY_IN_FLIGHT] = {"in-flight", 1, 4096, 64},
        [KEY_OBSERVERS] = {"observers", 1, 64, 4},
        [KEY_SOURCES] = {"sources", 1, 250, 1},
        [KEY_STALLED] = {"stalled", 0, 4000, 0},
        [KEY_PREFILL] = {"prefill", 0, 1 << 30, 1 << 20},
        [KEY_RATE] = {"rate", 1, 1000000, 20},
        [KEY_TEXT] = {"text", WIRE_TEXT_BYTES_MIN, WIRE_TEXT_BYTES_MAX, 64},
        [KEY_WARM] = {"warm", 0, 600000, 1000},
        [KEY_RUN] = {"run", 1, 600000, 3000},
    };
    struct options options = {.mode = "loaded"};
    struct option long_options[KEY_COUNT + 1] = {0};
    for (int i = 0; i < KEY_COUNT; i++) {
        long_options[i] = (struct option){rows[i].name, required_argument, NULL, i};
    }
    for (int key; (key = getopt_long(argc, argv, "", long_options, NULL)) != -1;) {
        if (key == KEY_MODE) {
            options.mode = optarg;
        } else if (key == KEY_CONSOLE) {
            options.console = optarg;
        } else if (key == KEY_WIRE ? !wire_by_name(optarg, &options.wire) : key >= KEY_COUNT) {
            fail("%s", usage);
        } else if (key != KEY_WIRE) {
            rows[key].value = option_number(rows[key].name, optarg, rows[key].min, rows[key].max);
        }
    }
    options.port = (uint16_t)rows[KEY_PORT].value;
    options.pid = (pid_t)rows[KEY_PID].value;
    options.members = (uint32_t)rows[KEY_MEMBERS].value;
    options.writers = (uint32_t)rows[KEY_WRITERS].value;
    options.in_flight = (uint32_t)rows[KEY_IN_FLIGHT].value;
    options.observers = (uint32_t)rows[KEY_OBSERVERS].value;
    options.sources = (uint32_t)rows[KEY_SOURCES].value;
    options.stalled = (uint32_t)rows[KEY_STALLED].value;
    options.prefill_bytes = rows[KEY_PREFILL].value;
    options.rate = rows[KEY_RATE].value;
    options.text_bytes = rows[KEY_TEXT].value;
    options.warm_ms = rows[KEY_WARM].value;
    options.run_ms = rows[KEY_RUN].value;
    uint32_t readers = options.members - (wire_writer_hears(options.wire) ? options.writers : 0);
    if (options.port == 0 || options.pid == 0 || optind != argc || readers < 1 ||
        readers > options.members) {
        fail("%s", usage);
    }
    options.observers = options.observers < readers ? options.observers : readers;
    *out_options = options;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(struct room *room);
    } modes[] = {{"loaded", run_loaded},  {"paced", run_paced},     {"idle", run_idle},
                 {"joins", run_joins},    {"entries", run_entries}, {"crowd", run_crowd},
                 {"stalled", run_stalled}};
    struct options options;
    options_read(argc, argv, &options);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(options.mode, modes[i].name) == 0) {
            struct room *room = get_memory(1, sizeof *room);
            room_init(room, &options);
            printf("mode=%s members=%u writers=%u in_flight=%u rate=%lu text=%zu", options.mode,
                   options.members, options.writers, options.in_flight, options.rate,
                   options.text_bytes);
            int status = modes[i].run(room);
            room_finish(room);
            free(room);
            return status;
        }
    }
    fail("%s", usage);
}
