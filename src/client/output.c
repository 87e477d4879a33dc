/* A write is only made when poll() says that it will not block, and is no bigger than that means.
 */
#include "client/output.h"

#include "client/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

void output_init(struct output *output, int fd)
{
    /* A pipe that is writable takes PIPE_BUF bytes at once. */
    *output = (struct output){.fd = fd, .write_bytes_max = PIPE_BUF};
    struct stat status;
    if (fstat(fd, &status) != 0) {
        output->failure = errno;
    } else if (S_ISSOCK(status.st_mode)) {
        output->is_socket = true;
    } else if (isatty(fd)) {
        char path[32];
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        int own = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        output->owns_fd = own >= 0;
        output->fd = own >= 0 ? own : fd;
        output->write_bytes_max = own >= 0 ? PIPE_BUF : 256;
    }
}

void output_finish(struct output *output)
{
    bytes_finish(&output->pending);
    if (output->owns_fd) {
        close(output->fd);
    }
}

static ssize_t write_some(const struct output *output)
{
    size_t count = output->pending.count;
    if (count > output->write_bytes_max) {
        count = output->write_bytes_max;
    }
    return output->is_socket
               ? send(output->fd, output->pending.data, count, MSG_DONTWAIT | MSG_NOSIGNAL)
               : write(output->fd, output->pending.data, count);
}

void output_flush(struct output *output)
{
    while (output->pending.count > 0 && output->failure == 0) {
        struct pollfd ready = {.fd = output->fd, .events = POLLOUT};
        if (poll(&ready, 1, 0) <= 0) {
            return;
        }
        ssize_t written = write_some(output);
        if (written > 0) {
            bytes_consume(&output->pending, (size_t)written);
        } else if (written < 0 && errno == EAGAIN) {
            return;
        } else if (written < 0 && errno != EINTR) {
            output->failure = errno;
        }
    }
    if (output->failure != 0) {
        bytes_clear(&output->pending);
    }
}

void output_drain(struct output *output, int stop_fd, int64_t limit_ms)
{
    int64_t end_ms = limit_ms < 0 ? INT64_MAX : clock_now_ms() + limit_ms;
    for (;;) {
        output_flush(output);
        int64_t left_ms = end_ms - clock_now_ms();
        if (output->pending.count == 0 || left_ms <= 0) {
            return;
        }
        struct pollfd ready[] = {{.fd = output->fd, .events = POLLOUT},
                                 {.fd = stop_fd, .events = POLLIN}};
        int wait_ms = left_ms > 1000 ? 1000 : (int)left_ms;
        if (poll(ready, 2, wait_ms) > 0 && ready[1].revents != 0) {
            return;
        }
    }
}
