/*
 * The simulator's network, in the place of the kernel: connections as two streams of bytes that
 * arrive late, in pieces, or not at all, with stalls, resets and half-closes; pollers and wakers
 * that tell who would sleep. fake_socket.c and fake_poller.c put it behind the seam of src/net
 * (socket.h, poller.h, waker.h). One thread; nothing real is touched.
 */
#ifndef MADANG_SIM_FAKE_NET_H
#define MADANG_SIM_FAKE_NET_H

#include "base/bytes.h"
#include "sim/random.h"
#include "sim/report.h"

#include <netinet/in.h>

#define NET_LINKS_MAX 128
#define NET_LISTENERS_MAX 4
#define NET_WAKERS_MAX 16
#define NET_POLLERS_MAX 8
/* Descriptors as the server sees them: far from real ones. */
#define NET_WAKER_FD 100000
#define NET_LISTENER_FD 200000
#define NET_LINK_FD 300000

/* How badly it behaves; all may be changed while it runs. Permille where not said otherwise. */
struct net_faults {
    uint32_t delay_ms_max;   /* Of each piece. */
    uint32_t stall;          /* A piece waits much longer: */
    uint32_t stall_ms_max;   /* up to so long. */
    uint32_t split;          /* A piece is cut anywhere. */
    uint32_t short_write;    /* The kernel takes less than there is room for. */
    uint32_t accept_fails;   /* An accept fails in one of its ways. */
    uint32_t partial_events; /* A poller tells only some of what is ready. */
    uint32_t down_bytes;     /* What the way to a client holds, when a connection is made. */
    uint32_t up_bytes;       /* The same to the server. */
};

/* One direction. */
struct pipe {
    struct bytes bytes; /* Sent and not yet read. */
    size_t arrived;     /* So many of them can be read. */
    size_t capacity;
    bool ended; /* The writer has closed it: an end comes behind the bytes. */
    bool end_arrived;
    bool reset; /* A reset comes behind the bytes. */
    bool reset_arrived;
    int64_t not_before_ms; /* The next piece does not arrive earlier. */
};

struct link {
    bool in_use;
    bool accepted;
    bool server_closed; /* The server has no descriptor for it any more. */
    bool client_closed;
    bool was_cut;   /* The server has closed it without having said that all is sent. */
    bool unplugged; /* Nothing passes any more. */
    int64_t unplugged_ms;
    uint32_t vanish_ms;
    uint32_t listener;
    struct in6_addr host;
    uint16_t port;
    struct pipe up;   /* To the server. */
    struct pipe down; /* To the client. */
};

struct poller;

struct fake_waker {
    bool in_use;
    bool signaled;
    uint32_t block_count; /* Turns in a row that would have slept. */
    int64_t wake_ms;      /* INT64_MAX: only when woken. */
    struct poller *poller;
};

struct fake_listener {
    bool open;
    uint32_t backlog[NET_LINKS_MAX];
    uint32_t backlog_count;
};

struct fake_net {
    struct random *random;
    struct report *report;
    struct net_faults faults;
    bool server_dead; /* What is called from now on is only the freeing of its memory. */
    int64_t now_ms;
    uint32_t next_port;
    struct link links[NET_LINKS_MAX];
    struct fake_listener listeners[NET_LISTENERS_MAX];
    struct fake_waker wakers[NET_WAKERS_MAX];
};

/* The network that the seam's functions use, until the next call. NULL: none. */
void fake_net_use(struct fake_net *net);
struct fake_net *fake_net_used(void);
/* All links are gone. */
void fake_net_finish(struct fake_net *net);

/* Moves the clock: what has been unplugged for too long counts as gone. */
void net_set_time(struct fake_net *net, int64_t now_ms);
/* Lets one piece arrive somewhere. False when nothing can arrive now. */
bool net_step(struct fake_net *net);
/* When something can arrive or be found gone; INT64_MAX: never. */
int64_t net_next_ms(const struct fake_net *net);
/* Faults are over: nothing waits longer than now. */
void net_calm(struct fake_net *net);

/* The clients' side. A link is named by its index. -1: refused, or no room. */
int net_connect(struct fake_net *net, const struct in6_addr *host, uint32_t listener);
/* Returns how much of text was taken. */
size_t net_send(struct fake_net *net, int index, struct text text);
enum net_input { NET_BYTES, NET_NOTHING, NET_ENDED, NET_RESET };
enum net_input net_receive(struct fake_net *net, int index, void *out, size_t capacity,
                           size_t *out_count);
bool net_was_cut(const struct fake_net *net, int index);
/* Whether net_receive() and net_send() would do something. */
bool net_has_input(const struct fake_net *net, int index);
bool net_has_room(const struct fake_net *net, int index);
/* Half-close. */
void net_end(struct fake_net *net, int index);
void net_close(struct fake_net *net, int index);
void net_reset(struct fake_net *net, int index);
void net_unplug(struct fake_net *net, int index);

/* The server's process is gone. Killed: its kernel still sends what it had taken. Otherwise the
 * machine is gone, and with it everything on the way. */
void net_server_died(struct fake_net *net, bool killed);

/* Would whoever sleeps with this waker (by its descriptor) run now? */
bool net_is_awake(const struct fake_net *net, int waker_fd);
/* Was it woken, rather than that its time ran out? */
bool net_is_signaled(const struct fake_net *net, int waker_fd);
/* When it wakes by itself; INT64_MAX: never. */
int64_t net_wake_ms(const struct fake_net *net, int waker_fd);
/* It has been chosen to run: its sleep is over. */
void net_wake_now(struct fake_net *net, int waker_fd);

/* For the seam's files. */
struct link *net_link_of(struct fake_net *net, int fd);
bool net_fd_readable(const struct fake_net *net, int fd);
bool net_fd_writable(const struct fake_net *net, int fd);
bool net_fd_gone(const struct fake_net *net, int fd);
/* The server closes its end. */
void net_server_close(struct fake_net *net, struct link *link);
bool poller_any_ready(const struct poller *poller);

#endif
