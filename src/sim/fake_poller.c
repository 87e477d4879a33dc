/*
 * The seam's pollers and wakers (net/poller.h, net/waker.h) on the fake network. Nothing here
 * waits: a poller that would sleep says so in its waker, and the scheduler (process.c) does not run
 * its owner again before there is a reason to. Only after two turns in a row that would have slept
 * does the owner count as asleep, since the first one may still have changed what it waits for.
 */
#include "net/poller.h"
#include "net/waker.h"

#include "base/check.h"
#include "base/mem.h"
#include "sim/fake_net.h"

#define BLOCKS_TO_SLEEP 2

struct entry {
    int fd;
    uint64_t token;
    enum poller_interest interest;
};

struct poller {
    struct entry entries[NET_LINKS_MAX + NET_LISTENERS_MAX + 1];
    uint32_t count;
    struct fake_waker *waker;
};

struct poller *poller_new(void)
{
    return mem_zalloc(1, sizeof(struct poller));
}

void poller_free(struct poller *poller)
{
    if (poller != NULL && poller->waker != NULL) {
        poller->waker->poller = NULL;
    }
    mem_free(poller);
}

static struct entry *entry_of(struct poller *poller, int fd)
{
    for (uint32_t i = 0; i < poller->count; i++) {
        if (poller->entries[i].fd == fd) {
            return &poller->entries[i];
        }
    }
    return NULL;
}

enum error poller_add(struct poller *poller, int fd, uint64_t token, enum poller_interest interest)
{
    struct fake_net *net = fake_net_used();
    check(entry_of(poller, fd) == NULL);
    check(poller->count < sizeof(poller->entries) / sizeof(poller->entries[0]));
    poller->entries[poller->count++] =
        (struct entry){.fd = fd, .token = token, .interest = interest};
    if (fd >= NET_WAKER_FD && fd < NET_LISTENER_FD) {
        poller->waker = &net->wakers[fd - NET_WAKER_FD];
        poller->waker->poller = poller;
    }
    return ERR_OK;
}

void poller_set(struct poller *poller, int fd, uint64_t token, enum poller_interest interest)
{
    struct entry *entry = entry_of(poller, fd);
    check(entry != NULL);
    entry->token = token;
    entry->interest = interest;
}

void poller_remove(struct poller *poller, int fd)
{
    struct entry *entry = entry_of(poller, fd);
    check(entry != NULL);
    *entry = poller->entries[--poller->count];
}

static bool entry_look(const struct fake_net *net, const struct entry *entry,
                       struct poller_event *out)
{
    *out = (struct poller_event){
        .token = entry->token,
        .readable = (entry->interest & POLLER_READ) != 0 && net_fd_readable(net, entry->fd),
        .writable = (entry->interest & POLLER_WRITE) != 0 && net_fd_writable(net, entry->fd),
        .gone = net_fd_gone(net, entry->fd),
    };
    return out->readable || out->writable || out->gone;
}

bool poller_any_ready(const struct poller *poller)
{
    const struct fake_net *net = fake_net_used();
    struct poller_event event;
    for (uint32_t i = 0; i < poller->count; i++) {
        if (entry_look(net, &poller->entries[i], &event)) {
            return true;
        }
    }
    return false;
}

static void waker_block(struct fake_net *net, struct fake_waker *waker, int timeout_ms)
{
    waker->block_count++;
    waker->wake_ms = timeout_ms < 0 ? INT64_MAX : net->now_ms + timeout_ms;
}

uint32_t poller_wait(struct poller *poller, struct poller_event *events, uint32_t capacity,
                     int timeout_ms)
{
    struct fake_net *net = fake_net_used();
    uint32_t count = 0;
    uint32_t start = poller->count > 0 ? random_below(net->random, poller->count) : 0;
    uint32_t limit = capacity;
    if (net->faults.partial_events > 0 &&
        random_permille(net->random, net->faults.partial_events)) {
        limit = random_between(net->random, 1, 3);
    }
    for (uint32_t i = 0; i < poller->count && count < limit && count < capacity; i++) {
        const struct entry *entry = &poller->entries[(start + i) % poller->count];
        count += entry_look(net, entry, &events[count]) ? 1 : 0;
    }
    if (poller->waker != NULL) {
        if (count == 0 && timeout_ms != 0) {
            waker_block(net, poller->waker, timeout_ms);
        } else {
            poller->waker->block_count = 0;
        }
    }
    return count;
}

static struct fake_waker *fake_of(const struct waker *waker)
{
    return &fake_net_used()->wakers[waker->fd - NET_WAKER_FD];
}

enum error waker_init(struct waker *waker)
{
    struct fake_net *net = fake_net_used();
    for (int i = 0; i < NET_WAKERS_MAX; i++) {
        if (!net->wakers[i].in_use) {
            net->wakers[i] = (struct fake_waker){.in_use = true};
            waker->fd = NET_WAKER_FD + i;
            atomic_init(&waker->sleeping, false);
            return ERR_OK;
        }
    }
    return ERR_LIMIT;
}

void waker_finish(struct waker *waker)
{
    if (waker->fd >= 0) {
        *fake_of(waker) = (struct fake_waker){0};
    }
}

void waker_prepare(struct waker *waker)
{
    (void)waker;
}

void waker_awake(struct waker *waker)
{
    (void)waker;
}

void waker_clear(struct waker *waker)
{
    fake_of(waker)->signaled = false;
}

bool waker_sleep(struct waker *waker, int timeout_ms)
{
    struct fake_waker *fake = fake_of(waker);
    if (timeout_ms != 0) {
        waker_block(fake_net_used(), fake, timeout_ms);
        fake->block_count = BLOCKS_TO_SLEEP;
    }
    /* How it really ended is asked with net_is_signaled() when it is over. */
    return true;
}

void waker_wake(struct waker *waker)
{
    struct fake_waker *fake = fake_of(waker);
    /* As the real one: a signal only for somebody who sleeps or is about to. */
    fake->signaled = fake->signaled || fake->block_count > 0;
}

static bool waker_sleeps(const struct fake_waker *waker)
{
    return waker->block_count >= BLOCKS_TO_SLEEP;
}

bool net_is_awake(const struct fake_net *net, int waker_fd)
{
    const struct fake_waker *waker = &net->wakers[waker_fd - NET_WAKER_FD];
    return !waker_sleeps(waker) || waker->signaled || waker->wake_ms <= net->now_ms ||
           (waker->poller != NULL && poller_any_ready(waker->poller));
}

bool net_is_signaled(const struct fake_net *net, int waker_fd)
{
    return net->wakers[waker_fd - NET_WAKER_FD].signaled;
}

int64_t net_wake_ms(const struct fake_net *net, int waker_fd)
{
    const struct fake_waker *waker = &net->wakers[waker_fd - NET_WAKER_FD];
    return waker_sleeps(waker) ? waker->wake_ms : net->now_ms;
}

void net_wake_now(struct fake_net *net, int waker_fd)
{
    struct fake_waker *waker = &net->wakers[waker_fd - NET_WAKER_FD];
    if (waker_sleeps(waker)) {
        waker->block_count = 0;
        /* One without a poller has read its signal by waking up. */
        waker->signaled = waker->signaled && waker->poller != NULL;
    }
}
