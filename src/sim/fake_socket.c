/* The seam's sockets (net/socket.h) on the fake network. */
#include "net/socket.h"

#include "base/check.h"
#include "sim/fake_net.h"

#include <string.h>

enum error socket_listen(const char *host, uint16_t port, int *out_socket,
                         struct socket_address *out_bound)
{
    struct fake_net *net = fake_net_used();
    (void)host;
    for (int i = 0; i < NET_LISTENERS_MAX; i++) {
        if (!net->listeners[i].open) {
            net->listeners[i].open = true;
            net->listeners[i].backlog_count = 0;
            *out_socket = NET_LISTENER_FD + i;
            *out_bound = (struct socket_address){.port = port};
            return ERR_OK;
        }
    }
    return ERR_ADDRESS;
}

static struct link *backlog_take(struct fake_net *net, struct fake_listener *listener)
{
    struct link *link = &net->links[listener->backlog[0]];
    listener->backlog_count--;
    memmove(listener->backlog, listener->backlog + 1,
            listener->backlog_count * sizeof(listener->backlog[0]));
    return link;
}

/* One of the ways in which accept4() can fail. */
static enum error accept_fail(struct fake_net *net, struct fake_listener *listener)
{
    report_mark(net->report, MARK_ACCEPT_FAILED);
    switch (random_below(net->random, 3)) {
    case 0: {
        /* It went away while it waited. */
        struct link *link = backlog_take(net, listener);
        link->accepted = true;
        net_server_close(net, link);
        return ERR_CLOSED;
    }
    case 1:
        return ERR_MEMORY;
    default:
        return ERR_LIMIT;
    }
}

enum error socket_accept(int listener, int *out_socket, struct socket_address *out_peer)
{
    struct fake_net *net = fake_net_used();
    struct fake_listener *from = &net->listeners[listener - NET_LISTENER_FD];
    check(from->open);
    if (from->backlog_count == 0) {
        return ERR_AGAIN;
    }
    if (net->faults.accept_fails > 0 && random_permille(net->random, net->faults.accept_fails)) {
        return accept_fail(net, from);
    }
    struct link *link = backlog_take(net, from);
    link->accepted = true;
    *out_socket = NET_LINK_FD + (int)(link - net->links);
    *out_peer = (struct socket_address){.host = link->host, .port = link->port};
    return ERR_OK;
}

void socket_set_vanish(int socket, uint32_t vanish_ms)
{
    net_link_of(fake_net_used(), socket)->vanish_ms = vanish_ms;
}

enum error socket_read(int socket, void *data, size_t capacity, size_t *out_count)
{
    struct link *link = net_link_of(fake_net_used(), socket);
    struct pipe *pipe = &link->up;
    check(!link->server_closed);
    if (pipe->arrived > 0) {
        size_t count = pipe->arrived < capacity ? pipe->arrived : capacity;
        memcpy(data, pipe->bytes.data, count);
        bytes_consume(&pipe->bytes, count);
        pipe->arrived -= count;
        *out_count = count;
        return ERR_OK;
    }
    if (pipe->reset_arrived) {
        return ERR_IO;
    }
    return pipe->end_arrived ? ERR_CLOSED : ERR_AGAIN;
}

enum error socket_write(int socket, const struct iovec *pieces, uint32_t piece_count,
                        size_t *out_count)
{
    struct fake_net *net = fake_net_used();
    struct link *link = net_link_of(net, socket);
    struct pipe *pipe = &link->down;
    check(!link->server_closed && piece_count >= 1 && piece_count <= SOCKET_PIECES_MAX);
    if (net->server_dead || link->up.reset_arrived || pipe->ended) {
        return ERR_IO;
    }
    size_t room = pipe->bytes.count < pipe->capacity ? pipe->capacity - pipe->bytes.count : 0;
    if (room == 0) {
        return ERR_AGAIN;
    }
    size_t asked = 0;
    for (uint32_t i = 0; i < piece_count; i++) {
        asked += pieces[i].iov_len;
    }
    size_t limit = asked < room ? asked : room;
    if (net->faults.short_write > 0 && random_permille(net->random, net->faults.short_write)) {
        limit = 1 + random_below(net->random, (uint32_t)limit);
    }
    if (limit < asked) {
        report_mark(net->report, MARK_SHORT_WRITE);
    }
    size_t left = limit;
    if (pipe->bytes.count == pipe->arrived) {
        pipe->not_before_ms = net->now_ms + random_below(net->random, net->faults.delay_ms_max + 1);
    }
    for (uint32_t i = 0; i < piece_count && left > 0; i++) {
        size_t count = pieces[i].iov_len < left ? pieces[i].iov_len : left;
        check(bytes_append(&pipe->bytes, pieces[i].iov_base, count) == ERR_OK);
        left -= count;
    }
    report_add(net->report, (uint64_t)socket << 32 | limit);
    *out_count = limit;
    return ERR_OK;
}

void socket_end(int socket)
{
    struct fake_net *net = fake_net_used();
    struct link *link = net_link_of(net, socket);
    if (!link->down.reset && !net->server_dead) {
        link->down.ended = true;
    }
}

void socket_close(int socket)
{
    struct fake_net *net = fake_net_used();
    if (net->server_dead) {
        return;
    }
    if (socket >= NET_LISTENER_FD && socket < NET_LINK_FD) {
        struct fake_listener *listener = &net->listeners[socket - NET_LISTENER_FD];
        check(listener->open);
        listener->open = false;
        while (listener->backlog_count > 0) {
            struct link *link = backlog_take(net, listener);
            link->accepted = true;
            net_server_close(net, link);
        }
        return;
    }
    net_server_close(net, net_link_of(net, socket));
}

enum error socket_address_append(const struct socket_address *address, struct bytes *out)
{
    return bytes_format(out, "simulated:%u", (unsigned)address->port);
}
