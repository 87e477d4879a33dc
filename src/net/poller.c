/* The poller on epoll. */
#include "net/poller.h"

#include "base/check.h"
#include "base/mem.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS_PER_WAIT 256

struct poller {
    int epoll_fd;
    struct epoll_event events[EVENTS_PER_WAIT];
};

struct poller *poller_new(void)
{
    struct poller *poller = mem_alloc(sizeof *poller);
    if (poller == NULL) {
        return NULL;
    }
    poller->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (poller->epoll_fd < 0) {
        mem_free(poller);
        return NULL;
    }
    return poller;
}

void poller_free(struct poller *poller)
{
    if (poller != NULL) {
        close(poller->epoll_fd);
        mem_free(poller);
    }
}

static struct epoll_event event_of(uint64_t token, enum poller_interest interest)
{
    struct epoll_event event = {.events = 0, .data.u64 = token};
    if ((interest & POLLER_READ) != 0) {
        event.events |= EPOLLIN;
    }
    if ((interest & POLLER_WRITE) != 0) {
        event.events |= EPOLLOUT;
    }
    return event;
}

enum error poller_add(struct poller *poller, int fd, uint64_t token, enum poller_interest interest)
{
    struct epoll_event event = event_of(token, interest);
    if (epoll_ctl(poller->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        return errno == ENOSPC ? ERR_LIMIT : ERR_MEMORY;
    }
    return ERR_OK;
}

void poller_set(struct poller *poller, int fd, uint64_t token, enum poller_interest interest)
{
    struct epoll_event event = event_of(token, interest);
    check(epoll_ctl(poller->epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0);
}

void poller_remove(struct poller *poller, int fd)
{
    check(epoll_ctl(poller->epoll_fd, EPOLL_CTL_DEL, fd, NULL) == 0);
}

uint32_t poller_wait(struct poller *poller, struct poller_event *events, uint32_t capacity,
                     int timeout_ms)
{
    int room = capacity < EVENTS_PER_WAIT ? (int)capacity : EVENTS_PER_WAIT;
    int count = epoll_wait(poller->epoll_fd, poller->events, room, timeout_ms);
    if (count < 0) {
        check(errno == EINTR);
        return 0;
    }
    for (int i = 0; i < count; i++) {
        uint32_t bits = poller->events[i].events;
        events[i] = (struct poller_event){
            .token = poller->events[i].data.u64,
            .readable = (bits & EPOLLIN) != 0,
            .writable = (bits & EPOLLOUT) != 0,
            .gone = (bits & (EPOLLERR | EPOLLHUP)) != 0,
        };
    }
    return (uint32_t)count;
}
