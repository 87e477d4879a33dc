/*
 * The ceiling: the least that a single-threaded chat fan-out can do on this kernel.
 *
 * It exists to be measured beside madangd. It reads lines; the first line of a connection is its
 * name; every further line is formatted once as `[name] text\n` into one byte log; each member is
 * an offset into that log; and once per round each member that has something to read gets one
 * send(). There is no store, no checking of input, no limit but the log's size, and no cutting: the
 * writer gets its own line too, because leaving it out would cost something.
 *
 * usage: ceiling [PORT]    listens on 127.0.0.1 and prints `127.0.0.1:PORT` on standard error.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LOG_BYTES = 4 << 20,  /* a power of two; a member this far behind is closed */
    READ_BYTES = 1 << 16, /* most that one recv takes */
    NAME_BYTES = 32,
    PARTIAL_BYTES = 4096, /* longest line */
    MEMBERS_MAX = 20000,  /* also the highest descriptor */
    EVENTS_MAX = 1024,
};

struct member {
    uint64_t offset; /* in the log: all before it has been sent */
    char *partial;   /* an incomplete line, or NULL */
    uint16_t partial_bytes;
    uint8_t name_bytes; /* 0: no name yet */
    bool open, blocked; /* blocked: wait for EPOLLOUT */
    char name[NAME_BYTES];
};

static struct member members[MEMBERS_MAX];
static int fd_highest;
static int poll_fd;
static char *log_base; /* LOG_BYTES mapped twice in a row, so that no range ever wraps */
static uint64_t log_end;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static char *log_at(uint64_t offset)
{
    return log_base + (offset & (LOG_BYTES - 1));
}

static void log_open(void)
{
    int fd = memfd_create("ceiling", MFD_CLOEXEC);
    log_base = mmap(NULL, 2 * (size_t)LOG_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fd < 0 || ftruncate(fd, LOG_BYTES) || log_base == MAP_FAILED) {
        die("log");
    }
    for (int half = 0; half < 2; half++) {
        void *at = log_base + (size_t)half * LOG_BYTES;
        if (mmap(at, LOG_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) != at) {
            die("mmap");
        }
    }
}

static void member_close(int fd)
{
    close(fd);
    free(members[fd].partial);
    members[fd] = (struct member){0};
}

static void member_poll(int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(poll_fd, EPOLL_CTL_MOD, fd, &event)) {
        die("epoll_ctl");
    }
}

static void member_accept(int listener)
{
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            return;
        }
        if (fd >= MEMBERS_MAX) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event)) {
            die("epoll_ctl");
        }
        members[fd] = (struct member){.open = true};
        fd_highest = fd > fd_highest ? fd : fd_highest;
    }
}

/* A line without its end: the name if there is none yet, else a message for the log. */
static void member_line(struct member *member, const char *line, size_t bytes)
{
    if (member->name_bytes == 0) {
        member->name_bytes = (uint8_t)(bytes < NAME_BYTES ? bytes : NAME_BYTES);
        memcpy(member->name, line, member->name_bytes);
        member->offset = log_end;
        return;
    }
    char *at = log_at(log_end);
    *at++ = '[';
    at = mempcpy(at, member->name, member->name_bytes);
    *at++ = ']';
    *at++ = ' ';
    at = mempcpy(at, line, bytes);
    *at = '\n';
    log_end += member->name_bytes + bytes + 4;
}

static void member_read(int fd)
{
    static char buffer[PARTIAL_BYTES + READ_BYTES];
    struct member *member = &members[fd];
    size_t bytes = member->partial_bytes;
    if (bytes > 0) {
        memcpy(buffer, member->partial, bytes);
    }
    ssize_t got = recv(fd, buffer + bytes, READ_BYTES, 0);
    if (got <= 0) {
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            member_close(fd);
        }
        return;
    }
    char *line = buffer, *end = buffer + bytes + got, *newline;
    while ((newline = memchr(line, '\n', (size_t)(end - line))) != NULL) {
        member_line(member, line, (size_t)(newline - line));
        line = newline + 1;
    }
    size_t left = (size_t)(end - line);
    if (left > PARTIAL_BYTES ||
        (left > 0 && !member->partial && !(member->partial = malloc(PARTIAL_BYTES)))) {
        member_close(fd);
        return;
    }
    if (left > 0) {
        memcpy(member->partial, line, left);
    }
    member->partial_bytes = (uint16_t)left;
}

static void member_send(int fd)
{
    struct member *member = &members[fd];
    size_t owed = log_end - member->offset;
    if (owed > LOG_BYTES - READ_BYTES * 2) {
        member_close(fd);
        return;
    }
    ssize_t sent = send(fd, log_at(member->offset), owed, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        member_close(fd);
        return;
    }
    member->offset += sent < 0 ? 0 : (uint64_t)sent;
    if (member->offset != log_end) {
        member->blocked = true;
        member_poll(fd, EPOLLIN | EPOLLOUT);
    }
}

static int listener_open(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(fd, (struct sockaddr *)&address, bytes) || listen(fd, 4096) ||
        getsockname(fd, (struct sockaddr *)&address, &bytes)) {
        die("listen");
    }
    fprintf(stderr, "127.0.0.1:%u\n", ntohs(address.sin_port));
    return fd;
}

int main(int argc, char **argv)
{
    struct rlimit limit = {MEMBERS_MAX, MEMBERS_MAX};
    setrlimit(RLIMIT_NOFILE, &limit);
    log_open();
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    int listener = listener_open(argc > 1 ? (uint16_t)strtoul(argv[1], NULL, 10) : 0);
    struct epoll_event add = {.events = EPOLLIN, .data.fd = listener};
    if (poll_fd < 0 || epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &add)) {
        die("epoll");
    }
    for (;;) {
        static struct epoll_event events[EVENTS_MAX];
        uint64_t before = log_end;
        bool unblocked = false;
        int count = epoll_wait(poll_fd, events, EVENTS_MAX, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                member_accept(listener);
                continue;
            }
            if (events[i].events & EPOLLOUT) {
                members[fd].blocked = false;
                unblocked = true;
                member_poll(fd, EPOLLIN);
            }
            if (events[i].events & ~(uint32_t)EPOLLOUT) {
                member_read(fd);
            }
        }
        if (log_end == before && !unblocked) {
            continue;
        }
        for (int fd = 0; fd <= fd_highest; fd++) {
            struct member *member = &members[fd];
            if (member->open && member->name_bytes && !member->blocked &&
                member->offset != log_end) {
                member_send(fd);
            }
        }
    }
}
