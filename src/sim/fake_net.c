/* Links: what is on its way, what has arrived, and how it goes wrong. */
#include "sim/fake_net.h"

#include "base/check.h"

#include <string.h>

static struct fake_net *used;

void fake_net_use(struct fake_net *net)
{
    used = net;
}

struct fake_net *fake_net_used(void)
{
    check(used != NULL);
    return used;
}

static void pipe_finish(struct pipe *pipe)
{
    bytes_finish(&pipe->bytes);
}

static void link_free(struct link *link)
{
    pipe_finish(&link->up);
    pipe_finish(&link->down);
    *link = (struct link){0};
}

void fake_net_finish(struct fake_net *net)
{
    for (size_t i = 0; i < NET_LINKS_MAX; i++) {
        link_free(&net->links[i]);
    }
}

struct link *net_link_of(struct fake_net *net, int fd)
{
    check(fd >= NET_LINK_FD && fd < NET_LINK_FD + NET_LINKS_MAX);
    struct link *link = &net->links[fd - NET_LINK_FD];
    check(link->in_use);
    return link;
}

static struct link *link_at(struct fake_net *net, int index)
{
    check(index >= 0 && index < NET_LINKS_MAX && net->links[index].in_use);
    return &net->links[index];
}

/* Nobody has an end of it any more. */
static void link_sweep(struct link *link)
{
    if (link->server_closed && link->client_closed) {
        link_free(link);
    }
}

static void pipe_delay(struct fake_net *net, struct pipe *pipe)
{
    const struct net_faults *faults = &net->faults;
    int64_t delay_ms = random_below(net->random, faults->delay_ms_max + 1);
    if (faults->stall > 0 && random_permille(net->random, faults->stall)) {
        delay_ms += random_below(net->random, faults->stall_ms_max + 1);
    }
    pipe->not_before_ms = net->now_ms + delay_ms;
}

static void pipe_put(struct fake_net *net, struct pipe *pipe, struct text text)
{
    if (pipe->bytes.count == pipe->arrived && text.count > 0) {
        pipe_delay(net, pipe);
    }
    check(bytes_append_text(&pipe->bytes, text) == ERR_OK);
}

static size_t pipe_room(const struct pipe *pipe)
{
    return pipe->bytes.count < pipe->capacity ? pipe->capacity - pipe->bytes.count : 0;
}

static size_t pipe_take(struct pipe *pipe, void *out, size_t capacity)
{
    size_t count = pipe->arrived < capacity ? pipe->arrived : capacity;
    memcpy(out, pipe->bytes.data, count);
    bytes_consume(&pipe->bytes, count);
    pipe->arrived -= count;
    if (pipe->bytes.count == 0) {
        bytes_finish(&pipe->bytes);
    }
    return count;
}

/* What is on the way is lost, but for a part that was faster; then the other end hears of it. */
static void pipe_reset(struct fake_net *net, struct pipe *pipe)
{
    size_t flying = pipe->bytes.count - pipe->arrived;
    size_t kept = flying > 0 ? random_below(net->random, (uint32_t)flying + 1) : 0;
    pipe->bytes.count = pipe->arrived + kept;
    pipe->ended = false;
    pipe->reset = true;
}

static bool pipe_has_flying(const struct pipe *pipe)
{
    return pipe->bytes.count > pipe->arrived || (pipe->ended && !pipe->end_arrived) ||
           (pipe->reset && !pipe->reset_arrived);
}

static bool pipe_can_arrive(const struct fake_net *net, const struct link *link,
                            const struct pipe *pipe)
{
    return !link->unplugged && pipe_has_flying(pipe) && pipe->not_before_ms <= net->now_ms;
}

/* Lets a piece arrive. */
static void pipe_step(struct fake_net *net, struct pipe *pipe)
{
    size_t flying = pipe->bytes.count - pipe->arrived;
    if (flying > 0) {
        size_t piece = flying;
        if (net->faults.split > 0 && random_permille(net->random, net->faults.split)) {
            piece = 1 + random_below(net->random, (uint32_t)flying);
        }
        pipe->arrived += piece;
        if (piece < flying) {
            pipe_delay(net, pipe);
        }
        return;
    }
    if (pipe->reset) {
        pipe->reset_arrived = true;
    } else {
        pipe->end_arrived = true;
    }
}

/* Something came for an end that is closed: the sender hears a reset. */
static void link_answer_closed(struct fake_net *net, struct link *link)
{
    if (link->client_closed && link->down.arrived > 0) {
        link->down.arrived = 0;
        link->down.bytes.count = 0;
        if (!link->up.reset) {
            pipe_reset(net, &link->up);
        }
    }
    if (link->server_closed && link->up.arrived > 0) {
        link->up.arrived = 0;
        link->up.bytes.count = 0;
        if (!link->down.reset) {
            pipe_reset(net, &link->down);
        }
    }
}

bool net_step(struct fake_net *net)
{
    uint32_t start = random_below(net->random, NET_LINKS_MAX * 2);
    for (uint32_t i = 0; i < NET_LINKS_MAX * 2; i++) {
        uint32_t at = (start + i) % (NET_LINKS_MAX * 2);
        struct link *link = &net->links[at / 2];
        struct pipe *pipe = at % 2 == 0 ? &link->up : &link->down;
        if (!link->in_use || !pipe_can_arrive(net, link, pipe)) {
            continue;
        }
        pipe_step(net, pipe);
        report_add(net->report, (uint64_t)at << 32 | pipe->arrived);
        link_answer_closed(net, link);
        return true;
    }
    return false;
}

static int64_t link_gone_ms(const struct link *link)
{
    bool server_waits = link->unplugged && link->accepted && !link->server_closed &&
                        link->vanish_ms > 0 && !link->up.reset_arrived;
    return server_waits ? link->unplugged_ms + link->vanish_ms : INT64_MAX;
}

int64_t net_next_ms(const struct fake_net *net)
{
    int64_t next_ms = INT64_MAX;
    for (size_t i = 0; i < NET_LINKS_MAX; i++) {
        const struct link *link = &net->links[i];
        if (!link->in_use) {
            continue;
        }
        int64_t at_ms = link_gone_ms(link);
        if (!link->unplugged && pipe_has_flying(&link->up) && link->up.not_before_ms < at_ms) {
            at_ms = link->up.not_before_ms;
        }
        if (!link->unplugged && pipe_has_flying(&link->down) && link->down.not_before_ms < at_ms) {
            at_ms = link->down.not_before_ms;
        }
        next_ms = at_ms < next_ms ? at_ms : next_ms;
    }
    return next_ms;
}

void net_set_time(struct fake_net *net, int64_t now_ms)
{
    net->now_ms = now_ms;
    for (size_t i = 0; i < NET_LINKS_MAX; i++) {
        struct link *link = &net->links[i];
        if (link->in_use && link_gone_ms(link) <= now_ms) {
            link->up.reset = true;
            link->up.reset_arrived = true;
        }
    }
}

void net_calm(struct fake_net *net)
{
    for (size_t i = 0; i < NET_LINKS_MAX; i++) {
        net->links[i].up.not_before_ms = net->now_ms;
        net->links[i].down.not_before_ms = net->now_ms;
    }
}

int net_connect(struct fake_net *net, const struct in6_addr *host, uint32_t listener)
{
    struct fake_listener *to = &net->listeners[listener];
    if (!to->open || to->backlog_count == NET_LINKS_MAX) {
        return -1;
    }
    for (int i = 0; i < NET_LINKS_MAX; i++) {
        struct link *link = &net->links[i];
        if (link->in_use) {
            continue;
        }
        *link = (struct link){
            .in_use = true,
            .listener = listener,
            .host = *host,
            .port = (uint16_t)(1024 + net->next_port++ % 60000),
            .up = {.capacity = net->faults.up_bytes, .not_before_ms = net->now_ms},
            .down = {.capacity = net->faults.down_bytes, .not_before_ms = net->now_ms},
        };
        to->backlog[to->backlog_count++] = (uint32_t)i;
        return i;
    }
    return -1;
}

size_t net_send(struct fake_net *net, int index, struct text text)
{
    struct link *link = link_at(net, index);
    size_t room = pipe_room(&link->up);
    size_t count = text.count < room ? text.count : room;
    if (link->up.ended || link->up.reset || link->down.reset_arrived) {
        return text.count; /* Into the void. */
    }
    pipe_put(net, &link->up, (struct text){.data = text.data, .count = count});
    link_answer_closed(net, link);
    return count;
}

enum net_input net_receive(struct fake_net *net, int index, void *out, size_t capacity,
                           size_t *out_count)
{
    struct link *link = link_at(net, index);
    if (link->down.arrived > 0) {
        *out_count = pipe_take(&link->down, out, capacity);
        return NET_BYTES;
    }
    if (link->down.reset_arrived) {
        return NET_RESET;
    }
    return link->down.end_arrived ? NET_ENDED : NET_NOTHING;
}

bool net_was_cut(const struct fake_net *net, int index)
{
    return net->links[index].was_cut;
}

bool net_has_input(const struct fake_net *net, int index)
{
    const struct pipe *down = &net->links[index].down;
    return down->arrived > 0 || down->end_arrived || down->reset_arrived;
}

bool net_has_room(const struct fake_net *net, int index)
{
    const struct link *link = &net->links[index];
    return link->up.ended || link->up.reset || link->down.reset_arrived || pipe_room(&link->up) > 0;
}

void net_end(struct fake_net *net, int index)
{
    struct link *link = link_at(net, index);
    if (!link->up.reset) {
        if (!pipe_has_flying(&link->up)) {
            pipe_delay(net, &link->up);
        }
        link->up.ended = true;
    }
}

void net_reset(struct fake_net *net, int index)
{
    struct link *link = link_at(net, index);
    link->client_closed = true;
    if (!link->up.reset) {
        pipe_reset(net, &link->up);
    }
    link_sweep(link);
}

void net_close(struct fake_net *net, int index)
{
    struct link *link = link_at(net, index);
    if (link->down.arrived > 0) {
        net_reset(net, index);
        return;
    }
    link->client_closed = true;
    if (!link->up.reset) {
        link->up.ended = true;
    }
    link_sweep(link);
}

void net_unplug(struct fake_net *net, int index)
{
    struct link *link = link_at(net, index);
    link->unplugged = true;
    link->unplugged_ms = net->now_ms;
    link->client_closed = true;
    link_sweep(link);
}

void net_server_close(struct fake_net *net, struct link *link)
{
    check(!link->server_closed);
    link->server_closed = true;
    link->was_cut = !link->down.ended;
    if (link->up.bytes.count > 0 && link->up.arrived > 0) {
        /* Closed with unread bytes: a reset that may overtake the last words. */
        link->up.arrived = 0;
        link->up.bytes.count = 0;
        pipe_reset(net, &link->down);
    } else if (!link->down.reset) {
        link->down.ended = true;
    }
    link_sweep(link);
}

static void link_server_died(struct fake_net *net, struct link *link, bool killed)
{
    if (killed && link->accepted) {
        net_server_close(net, link);
        return;
    }
    link->server_closed = true;
    link->down.ended = false;
    link->down.bytes.count = link->down.arrived;
    link->down.reset = true;
    link_sweep(link);
}

void net_server_died(struct fake_net *net, bool killed)
{
    for (size_t i = 0; i < NET_LINKS_MAX; i++) {
        struct link *link = &net->links[i];
        if (link->in_use && !link->server_closed) {
            link_server_died(net, link, killed);
        }
    }
    for (size_t i = 0; i < NET_LISTENERS_MAX; i++) {
        net->listeners[i].open = false;
        net->listeners[i].backlog_count = 0;
    }
}

bool net_fd_readable(const struct fake_net *net, int fd)
{
    if (fd >= NET_LINK_FD) {
        const struct link *link = &net->links[fd - NET_LINK_FD];
        return link->up.arrived > 0 || link->up.end_arrived || link->up.reset_arrived;
    }
    if (fd >= NET_LISTENER_FD) {
        return net->listeners[fd - NET_LISTENER_FD].backlog_count > 0;
    }
    return net->wakers[fd - NET_WAKER_FD].signaled;
}

bool net_fd_writable(const struct fake_net *net, int fd)
{
    if (fd < NET_LINK_FD) {
        return false;
    }
    const struct link *link = &net->links[fd - NET_LINK_FD];
    /* As Linux: when a third of the room is free. */
    return link->up.reset_arrived || pipe_room(&link->down) * 3 >= link->down.capacity;
}

bool net_fd_gone(const struct fake_net *net, int fd)
{
    if (fd < NET_LINK_FD) {
        return false;
    }
    const struct link *link = &net->links[fd - NET_LINK_FD];
    return link->up.reset_arrived || (link->up.end_arrived && link->down.ended);
}
