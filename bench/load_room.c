/* A room of connections, all in one epoll loop: connecting, receiving with checks, writing. */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { RECEIVE_BYTES = 1 << 18, EVENTS_MAX = 512, FAULTS_SHOWN = 5 };

#define SECOND_NS UINT64_C(1000000000)

void room_init(struct room *room, const struct options *options)
{
    memset(room, 0, sizeof *room);
    room->options = *options;
    uint32_t readers = options->members;
    if (wire_writer_hears(options->wire)) {
        readers = options->members - options->writers;
    }
    room->member_count = options->writers + readers + options->stalled;
    room->members = get_memory(room->member_count, sizeof *room->members);
    room->observers = get_memory(options->observers, sizeof(struct member *));
    for (uint32_t i = 0; i < WIRE_STREAMS_MAX; i++) {
        tally_init(&room->records[i].tally, options->writers);
    }
    room->poll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (room->poll_fd < 0) {
        fail("epoll: %s", strerror(errno));
    }
    for (uint32_t i = 0; i < room->member_count; i++) {
        struct member *member = &room->members[i];
        member->id = i;
        member->fd = -1;
        member->record = &room->records[wire_stream(options->wire, i)];
        bool writer = i < options->writers, stalled = i >= options->writers + readers;
        member->hears = !stalled && (!writer || wire_writer_hears(options->wire));
        member->follows = !writer;
        room->hearing_count += member->hears;
    }
    for (uint32_t i = 0; i < options->observers; i++) {
        uint32_t at = options->writers + (uint32_t)((uint64_t)i * readers / options->observers);
        room->observers[i] = &room->members[at];
        room->members[at].follows = false;
    }
    for (uint32_t i = 0; i < options->writers + readers; i++) {
        if (!room->members[i].follows) {
            room->members[i].tally = get_memory(1, sizeof(struct tally));
            tally_init(room->members[i].tally, options->writers);
        }
    }
}

static void member_close(struct room *room, struct member *member)
{
    if (member->open) {
        close(member->fd);
        member->open = false;
        room->closed++;
    }
}

void room_finish(struct room *room)
{
    for (uint32_t i = 0; i < room->member_count; i++) {
        struct member *member = &room->members[i];
        member_close(room, member);
        if (member->tally) {
            tally_finish(member->tally);
        }
        free(member->tally);
        free(member->carry);
        free(member->out);
    }
    for (uint32_t i = 0; i < WIRE_STREAMS_MAX; i++) {
        record_finish(&room->records[i]);
    }
    free(room->members);
    free(room->observers);
    close(room->poll_fd);
}

/* Polls for reading, and for writing while something is queued. The stalled are never read. */
static void member_poll(struct room *room, struct member *member, int operation)
{
    bool stalled = member->id >= room->member_count - room->options.stalled;
    struct epoll_event event = {.data.ptr = member};
    event.events = (stalled ? 0 : EPOLLIN) | (member->polls_out ? EPOLLOUT : 0);
    if (epoll_ctl(room->poll_fd, operation, member->fd, &event)) {
        fail("epoll_ctl: %s", strerror(errno));
    }
}

static void member_flush(struct room *room, struct member *member)
{
    while (member->open && member->out_from < member->out_bytes) {
        ssize_t sent = send(member->fd, member->out + member->out_from,
                            member->out_bytes - member->out_from, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR) {
            if (errno != EAGAIN) {
                member_close(room, member);
                return;
            }
            break;
        }
        member->out_from += sent > 0 ? (size_t)sent : 0;
    }
    bool left = member->out_from < member->out_bytes;
    if (!left) {
        member->out_from = member->out_bytes = 0;
    }
    if (member->open && left != member->polls_out) {
        member->polls_out = left;
        member_poll(room, member, EPOLL_CTL_MOD);
    }
}

static void member_queue(struct member *member, const char *bytes, size_t count)
{
    if (member->out_size - member->out_bytes < count) {
        memmove(member->out, member->out + member->out_from, member->out_bytes - member->out_from);
        member->out_bytes -= member->out_from;
        member->out_from = 0;
    }
    if (member->out_size - member->out_bytes < count) {
        member->out_size = member->out_size * 2 + count;
        member->out = realloc(member->out, member->out_size);
        if (!member->out) {
            fail("out of memory");
        }
    }
    memcpy(member->out + member->out_bytes, bytes, count);
    member->out_bytes += count;
}

static void member_ready(struct room *room, struct member *member)
{
    room->ready_count += !member->ready;
    member->ready = true;
}

void room_connect(struct room *room, uint32_t from, uint32_t to, int receive_bytes)
{
    const struct options *options = &room->options;
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(options->port)};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (uint32_t i = from; i < to; i++) {
        struct member *member = &room->members[i];
        struct sockaddr_in source = {.sin_family = AF_INET};
        source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + i % options->sources);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){1}, sizeof(int));
        if (receive_bytes > 0) {
            setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
        }
        if (fd < 0 || bind(fd, (struct sockaddr *)&source, sizeof source) ||
            connect(fd, (struct sockaddr *)&server, sizeof server)) {
            fail("connection %u: %s", i, strerror(errno));
        }
        member->fd = fd;
        member->open = true;
        member_poll(room, member, EPOLL_CTL_ADD);
        char hello[WIRE_OUT_BYTES_MAX];
        member_queue(member, hello, wire_hello(options->wire, i, member->hears, hello));
        member_flush(room, member);
        if (wire_ready_unsaid(options->wire)) {
            member_ready(room, member);
        }
    }
}

static void latency_add(struct room *room, uint64_t sent_ns)
{
    histogram_add(&room->latency, room->now_ns > sent_ns ? room->now_ns - sent_ns : 0, 1);
}

/* From here on the member's stream is followed by itself, from the point that it had reached. */
static void member_diverge(struct room *room, struct member *member)
{
    room->diverged++;
    member->follows = false;
    member->tally = get_memory(1, sizeof(struct tally));
    tally_init(member->tally, room->options.writers);
    record_tally(member->record, member->seen, member->tally);
}

static void member_message(struct room *room, struct member *member, const struct unit *unit,
                           const char *bytes)
{
    struct text text;
    if (!wire_text(unit->text, &text) || text.writer >= room->options.writers) {
        room->faults++;
        return;
    }
    if (text.probe) {
        room->synced_count += !member->synced && member->hears;
        member->synced = true;
        return;
    }
    room->delivered++;
    if (room->measuring && (room->latency_all || !member->follows)) {
        latency_add(room, text.sent_ns);
    }
    if (member->follows) {
        bool same = member->seen < member->record->head
                        ? record_match(member->record, member->seen, bytes, unit->bytes) == 1
                        : record_add(member->record, unit, bytes, &text);
        if (same) {
            member->seen++;
            return;
        }
        member_diverge(room, member);
    }
    tally_add(member->tally, &text);
}

static void member_unit(struct room *room, struct member *member, const struct unit *unit,
                        const char *bytes)
{
    char out[WIRE_OUT_BYTES_MAX];
    switch (unit->kind) {
    case UNIT_MESSAGE:
        member_message(room, member, unit, bytes);
        break;
    case UNIT_WELCOME:
        if (!member->joined) {
            member_queue(member, out,
                         wire_join(room->options.wire, member->id, room->options.own_rooms, out));
            member->joined = true;
        }
        break;
    case UNIT_READY:
        member_ready(room, member);
        break;
    case UNIT_PING:
        member_queue(member, out, wire_pong(room->options.wire, unit, bytes, out));
        break;
    case UNIT_FAULT:
        if (room->faults++ < FAULTS_SHOWN) {
            fprintf(stderr, "load: member %u: %.*s", member->id, (int)unit->bytes, bytes);
        }
        break;
    case UNIT_PARTIAL:
    case UNIT_OTHER:
        break;
    }
}

/* Whole units that are the record's next are taken in one comparison. */
static size_t member_follow(struct room *room, struct member *member, const char *buffer,
                            size_t bytes)
{
    size_t units = record_match(member->record, member->seen, buffer, bytes);
    if (room->measuring && room->latency_all) {
        for (size_t i = 0; i < units; i++) {
            latency_add(room, record_text(member->record, member->seen + i)->sent_ns);
        }
    }
    member->seen += units;
    room->delivered += units;
    return units * member->record->unit_bytes;
}

static void member_feed(struct room *room, struct member *member, const char *buffer, size_t bytes)
{
    const struct options *options = &room->options;
    while (bytes > 0) {
        size_t used = 0;
        if (member->carry_bytes > 0) {
            /* The carried unit is completed with as much as it may need, then cut once more. */
            size_t held = member->carry_bytes, whole = member->record->unit_bytes;
            size_t more = (whole > held ? whole : WIRE_UNIT_BYTES_MAX) - held;
            more = bytes < more ? bytes : more;
            memcpy(member->carry + held, buffer, more);
            struct unit unit =
                wire_cut(options->wire, member->carry, held + more, options->text_bytes);
            member->carry_bytes = 0;
            if (unit.kind == UNIT_PARTIAL) {
                member->carry_bytes = held + more;
                used = more;
            } else {
                member_unit(room, member, &unit, member->carry);
                used = unit.bytes - held;
            }
        } else if (!member->follows || (used = member_follow(room, member, buffer, bytes)) == 0) {
            struct unit unit = wire_cut(options->wire, buffer, bytes, options->text_bytes);
            used = unit.bytes;
            if (unit.kind == UNIT_PARTIAL) {
                used = bytes < WIRE_UNIT_BYTES_MAX ? bytes : WIRE_UNIT_BYTES_MAX;
                member->carry = member->carry ? member->carry : get_memory(1, WIRE_UNIT_BYTES_MAX);
                memcpy(member->carry, buffer, used);
                member->carry_bytes = used;
            } else {
                member_unit(room, member, &unit, buffer);
            }
        }
        if (member->carry_bytes == WIRE_UNIT_BYTES_MAX) {
            fail("member %u: a unit is longer than %d bytes", member->id, WIRE_UNIT_BYTES_MAX);
        }
        buffer += used;
        bytes -= used;
    }
}

static void member_receive(struct room *room, struct member *member)
{
    static char buffer[RECEIVE_BYTES];
    ssize_t got = recv(member->fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got <= 0) {
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            member_close(room, member);
        }
        return;
    }
    if (room->measuring) {
        room->now_ns = now_ns();
    }
    member_feed(room, member, buffer, (size_t)got);
    if (member->id >= room->options.writers) {
        /* A writer's queue is flushed by whoever fills it, so that it goes out in one piece. */
        member_flush(room, member);
    }
}

void room_turn(struct room *room, uint64_t wait_ns)
{
    struct epoll_event events[EVENTS_MAX];
    struct timespec wait = {.tv_sec = (time_t)(wait_ns / SECOND_NS),
                            .tv_nsec = (long)(wait_ns % SECOND_NS)};
    int count = epoll_pwait2(room->poll_fd, events, EVENTS_MAX, &wait, NULL);
    for (int i = 0; i < count; i++) {
        struct member *member = events[i].data.ptr;
        if (events[i].events & EPOLLOUT) {
            member_flush(room, member);
        }
        if (events[i].events & EPOLLIN) {
            member_receive(room, member);
        } else if (events[i].events & (EPOLLHUP | EPOLLERR)) {
            member_close(room, member);
        }
    }
}

void room_write(struct room *room, uint32_t writer, uint64_t sent_ns, bool probe)
{
    char out[WIRE_OUT_BYTES_MAX];
    struct text text = {
        .writer = writer, .number = room->sent[writer], .sent_ns = sent_ns, .probe = probe};
    room->sent[writer] += !probe;
    member_queue(&room->members[writer], out,
                 wire_message(room->options.wire, &text, room->options.text_bytes, out));
}

void room_flush(struct room *room, uint32_t writer)
{
    member_flush(room, &room->members[writer]);
}

void room_sync(struct room *room)
{
    uint64_t give_up_ns = now_ns() + 60 * SECOND_NS;
    uint64_t wanted = room->member_count - room->options.stalled;
    while (room->ready_count < wanted) {
        room_turn(room, SECOND_NS / 10);
        for (uint32_t i = 0; i < room->options.writers; i++) {
            room_flush(room, i);
        }
        if (now_ns() > give_up_ns || room->closed > 0) {
            fail("%lu of %lu ready, %lu closed", room->ready_count, wanted, room->closed);
        }
    }
    if (wire_writer_hears(room->options.wire) && !room->members[0].synced) {
        /* The writer of the probes need not hear itself. */
        room->members[0].synced = true;
        room->synced_count++;
    }
    uint64_t probe_ns = 0;
    while (room->synced_count < room->hearing_count) {
        uint64_t now = now_ns();
        if (now - probe_ns > SECOND_NS / 10) {
            room_write(room, 0, now, true);
            room_flush(room, 0);
            probe_ns = now;
        }
        room_turn(room, SECOND_NS / 100);
        if (now > give_up_ns) {
            fail("%lu of %lu have heard a probe", room->synced_count, room->hearing_count);
        }
    }
    for (uint64_t end = now_ns() + SECOND_NS / 5; now_ns() < end;) {
        room_turn(room, SECOND_NS / 100);
    }
}

uint32_t room_credit(const struct room *room, uint32_t writer)
{
    uint64_t seen = UINT64_MAX;
    for (uint32_t i = 0; i < room->options.observers; i++) {
        uint64_t next = room->observers[i]->tally->next[writer];
        seen = next < seen ? next : seen;
    }
    uint64_t in_flight = room->sent[writer] - seen;
    return in_flight < room->options.in_flight ? room->options.in_flight - (uint32_t)in_flight : 0;
}

struct tally room_verdict(const struct room *room)
{
    struct tally verdict = {0};
    for (uint32_t i = 0; i < room->member_count; i++) {
        const struct member *member = &room->members[i];
        if (!member->hears) {
            continue;
        }
        const struct tally *tally = member->follows ? &member->record->tally : member->tally;
        verdict.lost += tally->lost + (member->follows ? member->record->head - member->seen : 0);
        verdict.doubled += tally->doubled;
        verdict.disordered += tally->disordered;
        for (uint32_t writer = 0; writer < room->options.writers; writer++) {
            /* Whether writers hear themselves is the server's to say; if so, all of it. */
            if (writer != i || tally->next[writer] > 0) {
                verdict.lost += room->sent[writer] - tally->next[writer];
            }
        }
    }
    return verdict;
}

void room_drain(struct room *room)
{
    uint64_t last = room->delivered, last_ns = now_ns();
    while (room_verdict(room).lost > 0 && now_ns() - last_ns < 3 * SECOND_NS) {
        for (uint32_t i = 0; i < room->options.writers; i++) {
            room_flush(room, i);
        }
        room_turn(room, SECOND_NS / 100);
        if (room->delivered != last) {
            last = room->delivered;
            last_ns = now_ns();
        }
    }
    /* Doubles come after the first copy. */
    for (uint64_t end = now_ns() + SECOND_NS / 10; now_ns() < end;) {
        room_turn(room, SECOND_NS / 100);
    }
}
