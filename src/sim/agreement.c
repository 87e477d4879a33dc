/* When all is quiet: the core, its twin, the workers, the gate, the model and the people agree. */
#include "sim/world.h"

#include "base/check.h"
#include "server/room.h"

#include <string.h>

/* What one group may add to the WAL: its rows and their pages. */
#define WAL_GROUP_BYTES_MAX (4 * 1024 * 1024)

static void differ(struct world *world, const char *what, uint64_t is, uint64_t should)
{
    if (is != should) {
        report_violation(&world->report, "all is quiet, and %s: %llu, but should be %llu", what,
                         (unsigned long long)is, (unsigned long long)should);
    }
}

struct count {
    uint32_t peers;
    uint32_t sessions;
    uint32_t members;
    uint32_t workers; /* That have any. */
};

static struct count workers_count(struct world *world)
{
    struct count count = {0};
    for (uint32_t i = 0; i < world->settings.worker_count; i++) {
        struct worker *worker = world->process.workers[i];
        count.peers += worker->peer_count;
        count.workers += worker->peer_count > 0 ? 1 : 0;
        uint32_t cursor = 0;
        for (const struct peer *peer; (peer = peer_next(worker, &cursor)) != NULL;) {
            count.sessions += peer->session != 0 ? 1 : 0;
            differ(world, "a connection's unsent bytes", peer->connection.output.bytes, 0);
            differ(world, "a connection's commands in flight", peer->in_flight, 0);
            differ(world, "a connection that waits for room", peer->waiting ? 1 : 0, 0);
        }
        const struct room *room;
        for (size_t at = 0; (room = map_next(worker->rooms, &at)) != NULL;) {
            for (const struct room_group *one = room->groups; one != NULL; one = one->next) {
                count.members += group_member_count(one->group);
            }
        }
    }
    return count;
}

static void console_check(struct world *world)
{
    const struct truth *truth = &world->truth;
    uint64_t missing = truth_console_missing(truth);
    uint64_t lost = atomic_load(&world->process.bus.console_lost);
    if (lost > 0) {
        report_mark(&world->report, MARK_CONSOLE_LOST);
    }
    if (missing > lost + (lost > 0 ? truth->console_blind : 0)) {
        report_violation(&world->report,
                         "the console lacks %llu events, of which %llu were counted",
                         (unsigned long long)missing, (unsigned long long)lost);
    }
}

void world_check_quiet(struct world *world)
{
    struct process *process = &world->process;
    struct truth *truth = &world->truth;
    if (!process->running) {
        report_violation(&world->report, "all is quiet, and no server runs");
        return;
    }
    const struct core *core = hub_core(process->hub);
    struct count count = workers_count(world);
    uint32_t members = 0;
    uint32_t visitors = 0;
    for (uint32_t i = 0; i < world->settings.people_count; i++) {
        struct visit *visit = world->people.persons[i].visit;
        if (visit != NULL) {
            visitors++;
            visit_check_quiet(&world->people, visit);
        }
    }
    uint32_t sitters = chat_sitter_count(&truth->chat);
    for (uint32_t i = 0; i < SIM_ROOMS; i++) {
        const struct chat_room *room = &truth->chat.rooms[i];
        members += room->seat_count;
        differ(world, "members of a room in the core",
               core_member_count(core, text_of(sim_room_names[i][0])), room->seat_count);
    }
    differ(world, "sessions of the core", core_session_count(core), sitters);
    differ(world, "rooms of the core", core_channel_count(core), chat_room_count(&truth->chat));
    differ(world, "digest of the core", core_digest(core), core_digest(truth->twin));
    differ(world, "sessions of the workers", count.sessions, sitters);
    differ(world, "members in the workers", count.members, members);
    differ(world, "connections of the workers", count.peers, visitors);
    differ(world, "connections of the gate", gate_connection_count(process->gate), visitors);
    differ(world, "sessions of the people", sitters, visitors);
    differ(world, "journal's state", (uint64_t)atomic_load(&process->bus.journal_state),
           JOURNAL_FINE);
    differ(world, "committed entries", atomic_load(&process->bus.committed), truth->seq);
    differ(world, "what waits in rings", process_is_empty(process) ? 0 : 1, 0);
    console_check(world);
    if (count.workers > 1) {
        report_mark(&world->report, MARK_TWO_WORKERS);
    }
}

void world_check_empty(struct world *world)
{
    const struct core *core = hub_core(world->process.hub);
    differ(world, "connections of the gate", gate_connection_count(world->process.gate), 0);
    differ(world, "sessions of the core", core_session_count(core), 0);
    differ(world, "channels of the core", core_channel_count(core), 1);
}

/* The WAL stays within what was promised, unless the disk kept it from being copied back. */
static void wal_check(struct world *world)
{
    struct text wal;
    if (!fault_disk_look(world->disk, JOURNAL_FILE "-wal", &wal) || wal.count < 16) {
        return;
    }
    const unsigned char *round = (const unsigned char *)wal.data + 12;
    uint32_t number =
        (uint32_t)round[0] << 24 | (uint32_t)round[1] << 16 | (uint32_t)round[2] << 8 | round[3];
    if (number > world->wal_round && world->wal_round > 0) {
        report_mark(&world->report, MARK_WAL_COPIED);
    }
    world->wal_round = number;
    uint64_t bytes_max = 2 * world->settings.wal_bytes_max + WAL_GROUP_BYTES_MAX;
    if (!world->troubled && wal.count > bytes_max) {
        report_violation(&world->report, "the WAL has %zu bytes and may have %llu", wal.count,
                         (unsigned long long)bytes_max);
    }
}

/* IPv4 whole, IPv6 by /64, as server/address.h says. */
static bool same_place(const struct in6_addr *a, const struct in6_addr *b)
{
    return memcmp(a, b, IN6_IS_ADDR_V4MAPPED(a) ? 16 : 8) == 0;
}

static void links_check(struct world *world)
{
    const struct config *config = world->process.config;
    uint32_t open_count = 0;
    for (size_t i = 0; i < NET_LINKS_MAX; i++) {
        const struct link *link = &world->net.links[i];
        if (!link->in_use || !link->accepted || link->server_closed) {
            continue;
        }
        open_count++;
        uint32_t here = 0;
        for (size_t k = 0; k < NET_LINKS_MAX; k++) {
            const struct link *other = &world->net.links[k];
            here += other->in_use && other->accepted && !other->server_closed &&
                            same_place(&link->host, &other->host)
                        ? 1
                        : 0;
        }
        if (config->connections_per_address > 0 && world->settings.reload_mean_ms == 0 &&
            here > config->connections_per_address && !config_is_exempt(config, &link->host)) {
            report_violation(&world->report, "%u connections of one address, of which %u may be",
                             here, config->connections_per_address);
        }
    }
    if (open_count > world->settings.connections_max) {
        report_violation(&world->report, "%u connections, of which %u may be", open_count,
                         world->settings.connections_max);
    }
}

void world_check_bounds(struct world *world, uint32_t turn)
{
    if (turn == ACTOR_COMMITTER) {
        wal_check(world);
    } else if (turn == ACTOR_GATE) {
        links_check(world);
        const struct bus *bus = &world->process.bus;
        for (uint32_t i = 0; i < bus->worker_count; i++) {
            if (ring_used_bytes(bus->lanes[i].arrivals) + 2 * sizeof(struct arrival) >
                bus->options.arrivals_bytes) {
                report_mark(&world->report, MARK_ARRIVALS_FULL);
            }
        }
    }
}
