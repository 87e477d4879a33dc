/* The swarm: each seed makes a different kind of bad day. */
#include "sim/settings.h"

#include "base/check.h"
#include "base/mem.h"
#include "sim/chat.h"

#include <string.h>

/* Rings that hold just what one command may cause, or what the server has. */
static size_t ring_draw(struct random *random, size_t least, size_t usual)
{
    size_t bytes = random_below(random, 3) == 0 ? usual : least << random_below(random, 3);
    return bytes < usual ? bytes : usual;
}

static uint32_t mean_draw(struct random *random, uint32_t low, uint32_t high)
{
    return random_below(random, 3) == 0 ? 0 : random_between(random, low, high);
}

/* Some faults are absent from most runs, so that they do not hide what others would find. */
static uint32_t rate_draw(struct random *random, uint32_t present_in_ten, uint32_t max)
{
    return random_below(random, 10) < present_in_ten ? random_below(random, max + 1) : 0;
}

static void bus_draw(struct bus_options *out, struct random *random)
{
    const struct bus_options *usual = &bus_options_default;
    *out = (struct bus_options){
        .commands_bytes = ring_draw(random, 32 * 1024, usual->commands_bytes),
        .effects_bytes = ring_draw(random, 128 * 1024, usual->effects_bytes),
        .arrivals_bytes = ring_draw(random, 4096, usual->arrivals_bytes),
        .notes_bytes = ring_draw(random, 4096, usual->notes_bytes),
        .requests_bytes = usual->requests_bytes,
        .verdicts_bytes = usual->verdicts_bytes,
        .rows_bytes = ring_draw(random, 512 * 1024, usual->rows_bytes),
        .console_bytes = ring_draw(random, 128 * 1024, usual->console_bytes),
        .group_entries_max = usual->group_entries_max,
        .group_bytes_max = usual->group_bytes_max,
        .output_bytes_max = usual->output_bytes_max,
    };
    if (random_below(random, 2) == 0) {
        out->group_entries_max = random_between(random, 1, 20);
    }
    if (random_below(random, 3) == 0) {
        out->group_bytes_max = random_between(random, 1, 8000);
    }
    if (random_below(random, 2) == 0) {
        out->output_bytes_max = random_between(random, 4096, 40000);
    }
}

static void net_draw(struct net_faults *out, struct random *random)
{
    *out = (struct net_faults){
        .delay_ms_max = random_below(random, 3) == 0 ? 0 : random_below(random, 60),
        .stall = rate_draw(random, 6, 50),
        .stall_ms_max = random_between(random, 50, 4000),
        .split = rate_draw(random, 7, 1000),
        .short_write = rate_draw(random, 5, 300),
        .accept_fails = rate_draw(random, 4, 200),
        .partial_events = rate_draw(random, 5, 700),
        .down_bytes = random_below(random, 2) == 0 ? 128 * 1024 : random_between(random, 64, 9000),
        .up_bytes = random_below(random, 2) == 0 ? 128 * 1024 : random_between(random, 64, 9000),
    };
}

static void disk_draw(struct disk_faults *out, struct random *random)
{
    *out = (struct disk_faults){
        .trouble_ms_max = random_between(random, 100, 5000),
        .late_ms_max = rate_draw(random, 5, 40),
    };
    if (random_below(random, 2) == 0) {
        out->full_mean_ms = mean_draw(random, 2000, 60000);
        out->refuse_mean_ms = mean_draw(random, 2000, 60000);
        out->flush_mean_ms = random_below(random, 3) == 0 ? random_between(random, 5000, 60000) : 0;
    }
}

static void manners_draw(struct manners *out, struct random *random)
{
    *out = (struct manners){
        .think_ms_max = random_between(random, 20, 8000),
        .burst = rate_draw(random, 5, 300),
        .burst_max = random_between(random, 2, 40),
        .irc = random_below(random, 5) == 0 ? 0 : random_below(random, 1001),
        .caps = random_below(random, 4) == 0 ? 0 : random_below(random, 1001),
        .labels = rate_draw(random, 6, 800),
        .rooms = random_below(random, SIM_ROOMS),
        .enter_all = random_below(random, 1001),
        .talk = random_between(random, 200, 900),
        .chunk = random_below(random, 3) == 0 ? 0 : random_below(random, 1001),
        .hasty = rate_draw(random, 4, 500),
        .odd_line = rate_draw(random, 6, 200),
        .long_line = rate_draw(random, 6, 300),
        .odd_name = rate_draw(random, 5, 200),
        .foreign = rate_draw(random, 3, 150),
        .leave = rate_draw(random, 8, random_below(random, 4) == 0 ? 600 : 80),
        .silent = rate_draw(random, 3, 100),
        .stop_reading = rate_draw(random, 4, 100),
        .stop_reading_ms_max = random_between(random, 100, 30000),
        .away_ms_max = random_between(random, 10, 10000),
    };
}

/* Everybody is on IRC, in all rooms and for long: answers become so large that they come in pages.
 */
static void crowd_draw(struct settings *out, struct random *random)
{
    struct manners *manners = &out->manners;
    manners->irc = 1000;
    manners->caps = 700;
    manners->labels = 500;
    manners->rooms = SIM_ROOMS - 1;
    manners->enter_all = 1000;
    manners->talk = random_between(random, 100, 500);
    manners->think_ms_max = random_between(random, 500, 4000);
    manners->leave = random_below(random, 10);
    manners->silent = 0;
    manners->odd_line = random_below(random, 30);
    out->people_count = PEOPLE_MAX;
    out->name_count = PEOPLE_MAX;
    out->connections_max = NET_LINKS_MAX;
    out->strict = false;
    out->phase_ms = random_between(random, 10000, 60000);
}

/* Some days are special: everybody talks at once and much, or comes and goes, or is slow; or all
 * are on IRC. */
static void day_draw(struct settings *out, struct random *random)
{
    struct manners *manners = &out->manners;
    switch (random_below(random, 9)) {
    case 0:
        manners->think_ms_max = random_between(random, 20, 400);
        manners->burst = 800;
        manners->burst_max = 40;
        manners->long_line = 700;
        manners->odd_line = 0;
        out->bus.commands_bytes = 32 * 1024;
        out->bus.console_bytes = 128 * 1024;
        out->console_stops = random_between(random, 50, 200);
        out->stalls = random_between(random, 10, 100);
        break;
    case 1:
        manners->think_ms_max = random_between(random, 5, 100);
        manners->away_ms_max = random_between(random, 1, 50);
        manners->leave = random_between(random, 300, 900);
        manners->abrupt = random_below(random, 2) == 0 ? 950 : 300;
        manners->silent = 0;
        out->worker_count = random_between(random, 1, 2);
        out->stall_ms_max = 10000;
        out->people_count = PEOPLE_MAX;
        out->connections_max = NET_LINKS_MAX;
        out->strict = false;
        out->bus.arrivals_bytes = 4096;
        out->bus.notes_bytes = 4096;
        out->stalls = random_between(random, 1, 30);
        out->phase_ms = random_between(random, 3000, 20000);
        break;
    case 2:
    case 3:
        manners->think_ms_max = random_between(random, 5000, 60000);
        out->phase_ms = random_between(random, 300000, 1500000);
        out->crash_mean_ms *= 5;
        out->stop_mean_ms *= 5;
        break;
    case 4:
        crowd_draw(out, random);
        break;
    default:
        break;
    }
}

void settings_draw(struct settings *out, struct random *random)
{
    *out = (struct settings){
        .worker_count = random_between(random, 1, SIM_WORKERS_MAX),
        .people_count = random_between(random, 2, random_below(random, 2) == 0 ? 6 : PEOPLE_MAX),
        .connections_max =
            random_below(random, 4) == 0 ? random_between(random, 2, 20) : NET_LINKS_MAX,
        .commands_max = random_below(random, 2) == 0 ? 1024 : random_between(random, 1, 10),
        .phases = random_between(random, 1, 3),
        .phase_ms = random_between(random, 5000, 120000),
        .crash_mean_ms = random_below(random, 2) == 0 ? random_between(random, 3000, 60000) : 0,
        .stop_mean_ms = random_below(random, 4) == 0 ? random_between(random, 5000, 60000) : 0,
        .reload_mean_ms = random_below(random, 4) == 0 ? random_between(random, 500, 20000) : 0,
        .console_stops = rate_draw(random, 4, 100),
        .power_permille = random_below(random, 1001),
        .step_us_max = random_between(random, 10, 2000),
        .lazy_actor = random_below(random, 2) == 0 ? 0 : random_below(random, 8),
        .stalls = rate_draw(random, 5, 20),
        .stall_ms_max = random_between(random, 10, 3000),
        .interval = random_below(random, 8) == 0,
        .strict = random_below(random, 4) == 0,
        .checkpoint_bytes = (uint64_t)random_between(random, 16, 256) * 1024,
        .wal_bytes_max = (uint64_t)random_between(random, 64, 1024) * 1024,
    };
    out->name_count = random_between(random, 2, out->people_count + 6);
    bus_draw(&out->bus, random);
    net_draw(&out->net, random);
    disk_draw(&out->disk, random);
    manners_draw(&out->manners, random);
    day_draw(out, random);
}

static void text_set(char *out, const char *text)
{
    memcpy(out, text, strlen(text) + 1);
}

struct config *settings_config(const struct settings *settings, struct random *random)
{
    struct config *config = mem_zalloc(1, sizeof(*config));
    check(config != NULL);
    atomic_init(&config->references, 1);
    text_set(config->name, "madang");
    text_set(config->info, "simulated");
    text_set(config->network, "madang");
    text_set(config->lobby, SIM_LOBBY);
    text_set(config->casemapping, "ascii");
    text_set(config->data, "/store");
    text_set(config->listens[0].address, "127.0.0.1");
    config->listens[0].port = 9999;
    config->listens[0].door = random_below(random, 4) == 0 ? DOOR_PLAIN : DOOR_AUTO;
    config->listens[0].flood = true;
    text_set(config->listens[1].address, "127.0.0.1");
    config->listens[1].port = 6667;
    /* A verb in two pieces, with a pause in between, is a name where both protocols are spoken. */
    config->listens[1].door = settings->net.split > 0 ? DOOR_IRC : DOOR_AUTO;
    config->listens[1].flood = random_below(random, 4) != 0;
    config->listen_count = 2;
    config->threads = settings->worker_count;
    config->flood = random_below(random, 2) == 0;
    config->burst = random_between(random, 1, 10);
    config->rate = random_between(random, 1, 50);
    bool strict = settings->strict;
    config->connections_per_address = strict ? random_between(random, 1, 8) : 0;
    config->connects_per_address = strict ? random_between(random, 2, 30) : 0;
    config->connects_window_ms = random_between(random, 1000, 600000);
    config->unregistered_start = strict ? random_between(random, 1, 4) : 200;
    config->unregistered_percent = random_below(random, 101);
    config->unregistered_full = config->unregistered_start + random_between(random, 1, 10);
    config->register_ms = random_between(random, 500, 30000);
    config->pace_ms = random_below(random, 3) == 0 ? random_between(random, 1, 100) : 0;
    config->quiet_ms = random_below(random, 2) == 0 ? 40 : random_between(random, 1, 80);
    config->cut_ms = config->quiet_ms + random_between(random, 1, 1000);
    config->vanish_ms = random_between(random, 2000, 150000);
    config->close_ms = random_between(random, 100, 4000);
    config->shutdown_ms = random_between(random, 50, 2000);
    config->sync = settings->interval ? JOURNAL_SYNC_INTERVAL : JOURNAL_SYNC_ALWAYS;
    config->exempt[0].address.s6_addr[10] = 0xff;
    config->exempt[0].address.s6_addr[11] = 0xff;
    config->exempt[0].address.s6_addr[12] = 127;
    config->exempt[0].prefix_bits = 104;
    config->exempt_count = 1;
    irc_setup_make(config);
    return config;
}

struct in6_addr settings_address(uint32_t person)
{
    struct in6_addr address = {0};
    if (person % 3 == 2) {
        address.s6_addr[0] = 0xfd;
        address.s6_addr[15] = (uint8_t)person;
        return address;
    }
    address.s6_addr[10] = 0xff;
    address.s6_addr[11] = 0xff;
    address.s6_addr[12] = person % 3 == 0 ? 127 : 10;
    address.s6_addr[15] = (uint8_t)(person % 7 + 1);
    return address;
}
