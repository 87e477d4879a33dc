/* Wakers on eventfd. */
#include "net/waker.h"

#include "base/check.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum error waker_init(struct waker *waker)
{
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0) {
        return ERR_LIMIT;
    }
    waker->fd = fd;
    atomic_init(&waker->sleeping, false);
    return ERR_OK;
}

void waker_finish(struct waker *waker)
{
    close(waker->fd);
}

/*
 * The sleeper stores "sleeping" and then reads the rings; the waker writes a ring and then reads
 * "sleeping". Both need their store to be seen before their load, which only sequential consistency
 * promises.
 */
void waker_prepare(struct waker *waker)
{
    atomic_store_explicit(&waker->sleeping, true, memory_order_seq_cst);
    atomic_thread_fence(memory_order_seq_cst);
}

void waker_awake(struct waker *waker)
{
    atomic_store_explicit(&waker->sleeping, false, memory_order_relaxed);
}

void waker_clear(struct waker *waker)
{
    uint64_t count;
    ssize_t got = read(waker->fd, &count, sizeof count);
    check(got == sizeof count || errno == EAGAIN || errno == EINTR);
}

bool waker_sleep(struct waker *waker, int timeout_ms)
{
    struct pollfd poll_fd = {.fd = waker->fd, .events = POLLIN};
    int count = poll(&poll_fd, 1, timeout_ms);
    check(count >= 0 || errno == EINTR);
    if (count > 0) {
        waker_clear(waker);
    }
    return count != 0;
}

void waker_wake(struct waker *waker)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (!atomic_load_explicit(&waker->sleeping, memory_order_seq_cst)) {
        return;
    }
    if (atomic_exchange_explicit(&waker->sleeping, false, memory_order_seq_cst)) {
        uint64_t one = 1;
        ssize_t put = write(waker->fd, &one, sizeof one);
        check(put == sizeof one);
    }
}
