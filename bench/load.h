/*
 * The load generator's parts: a room of connections (load_room.c) and what is done with it
 * (load.c, one function a scenario).
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "load_check.h"
#include "load_stat.h"
#include "load_wire.h"

#include <netinet/in.h>

struct options {
    const char *mode;
    const char *console; /* file that the server's standard output goes to, or NULL */
    enum wire wire;
    pid_t pid;
    uint16_t port;
    uint32_t members; /* that hear the room */
    uint32_t writers;
    uint32_t in_flight; /* per writer */
    uint32_t observers; /* readers whose having seen a message returns the writer's credit */
    uint32_t sources;   /* addresses 127.0.0.1 and following that connections come from */
    uint32_t stalled;   /* members that never read */
    bool own_rooms;     /* each connection joins a room of its own */
    uint64_t prefill_bytes;
    uint64_t rate; /* messages per second, of all writers */
    size_t text_bytes;
    uint64_t warm_ms, run_ms;
};

struct member {
    int fd;
    bool open, hears, ready, synced, joined;
    bool follows; /* is compared with the record; otherwise `tally` follows it */
    bool polls_out;
    uint32_t id;
    struct record *record; /* of its stream */
    uint64_t seen;         /* of the record's units, while it follows */
    struct tally *tally;
    char *carry; /* an incomplete unit, WIRE_UNIT_BYTES_MAX */
    size_t carry_bytes;
    char *out; /* what the socket did not take */
    size_t out_from, out_bytes, out_size;
};

struct room {
    struct options options;
    int poll_fd;
    struct member *members; /* writers first, then readers, then the stalled */
    uint32_t member_count;
    struct member **observers;
    struct record records[WIRE_STREAMS_MAX];
    uint64_t sent[WIRE_WRITERS_MAX];
    uint32_t writer_turn;
    uint64_t ready_count, synced_count, hearing_count;
    uint64_t delivered; /* messages that members received, probes not counted */
    uint64_t diverged, closed, faults;
    uint64_t now_ns;  /* time of the last receive, where latency is taken */
    bool measuring;   /* latencies go into the histogram */
    bool latency_all; /* of every member; otherwise of those with a tally */
    struct histogram latency;
};

void room_init(struct room *room, const struct options *options);
void room_finish(struct room *room);
/* Connects members [from, to) and says hello; does not wait for answers. `receive_bytes`:
 * SO_RCVBUF, 0 for the kernel's default. */
void room_connect(struct room *room, uint32_t from, uint32_t to, int receive_bytes);
/* Waits at most `wait_ns` for something to happen and deals with it. */
void room_turn(struct room *room, uint64_t wait_ns);
/* Waits until all are ready, then sends probes until everyone that hears has heard one. */
void room_sync(struct room *room);
/* Writes a message of `writer`; queued if the socket is full. room_flush sends what is queued. */
void room_write(struct room *room, uint32_t writer, uint64_t sent_ns, bool probe);
void room_flush(struct room *room, uint32_t writer);
/* Has `writer` fewer than `in_flight` messages that not all observers have seen? How many fewer. */
uint32_t room_credit(const struct room *room, uint32_t writer);
/* Waits until every member has everything, or nothing has come for 3 s. */
void room_drain(struct room *room);
/* Over all members: what was sent and has not come, came twice, came late. After room_drain. */
struct tally room_verdict(const struct room *room);

#endif
