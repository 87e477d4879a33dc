/* getaddrinfo() can take a minute when no resolver answers, so names are looked up aside. */
#include "client/connection.h"

#include "base/lang.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "client/clock.h"
#include "model/limits.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/sockios.h>

#define KEEPALIVE_IDLE_S 30
#define KEEPALIVE_EVERY_S 10
#define KEEPALIVE_COUNT 3
/* What was sent and is not acknowledged for so long means that the server is gone. */
#define UNACKNOWLEDGED_MS_MAX 60000
#define LOOKUP_STEP_MS 50

static bool is_readable(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    return poll(&ready, 1, 0) > 0;
}

static enum connection_verdict lookup_verdict(int code)
{
    switch (code) {
    case 0:
        return CONNECTION_OPEN;
    case EAI_NONAME:
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
        return CONNECTION_UNKNOWN_HOST;
    case EAI_SYSTEM:
        return CONNECTION_FAILED;
    default:
        return CONNECTION_NO_RESOLVER;
    }
}

static struct addrinfo lookup_hints(void)
{
    return (struct addrinfo){.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
}

/* What a lookup on a thread of the C library's works with. */
struct lookup {
    char host[CLIENT_HOST_BYTES_MAX + 1];
    char port[6];
    struct addrinfo hints;
    struct gaicb request;
};

/* Waits for the lookup; the verdict is CONNECTION_OPEN when it has ended well. */
static enum connection_verdict wait_lookup(struct lookup *lookup, int stop_fd, int64_t end_ms)
{
    const struct timespec step = {.tv_nsec = LOOKUP_STEP_MS * 1000000L};
    const struct gaicb *const waits[] = {&lookup->request};
    int code;
    while ((code = gai_error(&lookup->request)) == EAI_INPROGRESS) {
        if (is_readable(stop_fd)) {
            return CONNECTION_STOPPED;
        }
        if (clock_now_ms() >= end_ms) {
            return CONNECTION_NO_RESOLVER;
        }
        gai_suspend(waits, 1, &step);
    }
    return lookup_verdict(code);
}

static enum connection_verdict look_up_name(const char *host, const char *port, int stop_fd,
                                            int64_t end_ms, struct addrinfo **out)
{
    struct lookup *lookup = mem_zalloc(1, sizeof(*lookup));
    if (lookup == NULL) {
        errno = ENOMEM;
        return CONNECTION_FAILED;
    }
    snprintf(lookup->host, sizeof(lookup->host), "%s", host);
    snprintf(lookup->port, sizeof(lookup->port), "%s", port);
    lookup->hints = lookup_hints();
    lookup->request = (struct gaicb){
        .ar_name = lookup->host, .ar_service = lookup->port, .ar_request = &lookup->hints};
    struct gaicb *requests[] = {&lookup->request};
    int code = getaddrinfo_a(GAI_NOWAIT, requests, 1, NULL);
    enum connection_verdict verdict =
        code == 0 ? wait_lookup(lookup, stop_fd, end_ms) : lookup_verdict(code);
    if (gai_error(&lookup->request) == EAI_INPROGRESS) {
        /* The thread goes on with it, so it stays; the program is about to end. */
        return verdict;
    }
    if (verdict == CONNECTION_OPEN) {
        *out = lookup->request.ar_result;
    }
    mem_free(lookup);
    return verdict;
}

static enum connection_verdict look_up(const char *host, const char *port, int stop_fd,
                                       int64_t end_ms, struct addrinfo **out)
{
    struct addrinfo hints = lookup_hints();
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    if (getaddrinfo(host, port, &hints, out) == 0) {
        return CONNECTION_OPEN;
    }
    return look_up_name(host, port, stop_fd, end_ms, out);
}

/* On loopback a connection to a free port of the dynamic range can, once in a while, meet itself.
 */
static bool is_connected_to_itself(int fd)
{
    struct sockaddr_storage own = {0};
    struct sockaddr_storage peer = {0};
    socklen_t own_bytes = sizeof(own);
    socklen_t peer_bytes = sizeof(peer);
    return getsockname(fd, (struct sockaddr *)&own, &own_bytes) == 0 &&
           getpeername(fd, (struct sockaddr *)&peer, &peer_bytes) == 0 && own_bytes == peer_bytes &&
           memcmp(&own, &peer, own_bytes) == 0;
}

/* Waits until the connection is made or refused: 0, an errno, or -1 when stopped. */
static int wait_connected(int fd, int stop_fd, int64_t end_ms)
{
    for (;;) {
        int64_t left_ms = end_ms - clock_now_ms();
        if (left_ms <= 0) {
            return ETIMEDOUT;
        }
        struct pollfd ready[] = {{.fd = fd, .events = POLLOUT}, {.fd = stop_fd, .events = POLLIN}};
        if (poll(ready, 2, (int)left_ms) < 0 && errno != EINTR) {
            return errno;
        }
        if (ready[1].revents != 0) {
            return -1;
        }
        if (ready[0].revents != 0) {
            int failure = 0;
            socklen_t bytes = sizeof(failure);
            if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &bytes) != 0) {
                return errno;
            }
            return failure == 0 && is_connected_to_itself(fd) ? ECONNREFUSED : failure;
        }
    }
}

/* Failing to set one of these makes the connection worse, not wrong. */
static void set_up(int fd)
{
    int one = 1;
    int idle_s = KEEPALIVE_IDLE_S;
    int every_s = KEEPALIVE_EVERY_S;
    int count = KEEPALIVE_COUNT;
    unsigned int limit_ms = UNACKNOWLEDGED_MS_MAX;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every_s, sizeof(every_s));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit_ms, sizeof(limit_ms));
}

/* As wait_connected(); *out_fd is set when it returns 0. */
static int connect_to(const struct addrinfo *address, int stop_fd, int64_t end_ms, int *out_fd)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return errno;
    }
    set_up(fd);
    int failure = 0;
    if (connect(fd, address->ai_addr, address->ai_addrlen) != 0) {
        failure = errno == EINPROGRESS ? wait_connected(fd, stop_fd, end_ms) : errno;
    } else if (is_connected_to_itself(fd)) {
        failure = ECONNREFUSED;
    }
    if (failure != 0) {
        close(fd);
        return failure;
    }
    *out_fd = fd;
    return 0;
}

static enum connection_verdict connect_verdict(int failure)
{
    switch (failure) {
    case 0:
        return CONNECTION_OPEN;
    case -1:
        return CONNECTION_STOPPED;
    case ECONNREFUSED:
        return CONNECTION_REFUSED;
    case ETIMEDOUT:
        return CONNECTION_TIMEOUT;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
        return CONNECTION_UNREACHABLE;
    default:
        return CONNECTION_FAILED;
    }
}

enum connection_verdict connection_open(const char *host, const char *port, int stop_fd,
                                        int *out_fd, int *out_errno)
{
    int64_t end_ms = clock_now_ms() + CONNECTION_LIMIT_MS;
    struct addrinfo *addresses = NULL;
    errno = 0;
    enum connection_verdict verdict = look_up(host, port, stop_fd, end_ms, &addresses);
    if (verdict != CONNECTION_OPEN) {
        *out_errno = errno;
        return verdict;
    }
    int left = 0;
    for (const struct addrinfo *address = addresses; address != NULL; address = address->ai_next) {
        left++;
    }
    int failure = EHOSTUNREACH;
    for (const struct addrinfo *address = addresses; address != NULL; address = address->ai_next) {
        /* Each of those left gets an equal part of the time left. */
        int64_t now_ms = clock_now_ms();
        failure = connect_to(address, stop_fd, now_ms + (end_ms - now_ms) / left, out_fd);
        left--;
        if (failure <= 0) {
            break;
        }
    }
    freeaddrinfo(addresses);
    *out_errno = failure;
    return connect_verdict(failure);
}

static enum error verdict_format(enum connection_verdict verdict, int error_number,
                                 const char *server, struct bytes *out)
{
    switch (verdict) {
    case CONNECTION_UNKNOWN_HOST:
        return bytes_format(out, _("그런 서버를 찾을 수 없습니다: %s"), server);
    case CONNECTION_NO_RESOLVER:
        return bytes_format(
            out, _("이름으로 주소를 찾지 못했습니다 (이름 서버가 답하지 않습니다): %s"), server);
    case CONNECTION_REFUSED:
        return bytes_format(out, _("그 주소에 열려 있는 서버가 없습니다: %s"), server);
    case CONNECTION_UNREACHABLE:
        return bytes_format(out, _("그 주소까지 가는 길이 없습니다: %s"), server);
    case CONNECTION_TIMEOUT:
        return bytes_format(out, _("서버가 시간 안에 답하지 않습니다: %s"), server);
    case CONNECTION_FAILED:
        return bytes_format(out, _("접속할 수 없습니다: %s (%s)"), server, strerror(error_number));
    case CONNECTION_OPEN:
    case CONNECTION_STOPPED:
        break;
    }
    return ERR_OK;
}

enum error connection_verdict_append(enum connection_verdict verdict, int error_number,
                                     const char *host, const char *port, struct bytes *out)
{
    struct bytes server;
    bytes_init(&server);
    bool bracketed = strchr(host, ':') != NULL;
    enum error error = bytes_append_text(&server, bracketed ? TEXT("[") : TEXT(""));
    if (error == ERR_OK) {
        error = text_append_visible(&server, text_of(host));
    }
    if (error == ERR_OK) {
        error = bytes_format(&server, bracketed ? "]:%s" : ":%s", port);
    }
    if (error == ERR_OK) {
        error = bytes_append(&server, "", 1);
    }
    if (error == ERR_OK) {
        error = verdict_format(verdict, error_number, server.data, out);
    }
    bytes_finish(&server);
    return error;
}

int64_t connection_round_trip_ms(int fd)
{
    struct tcp_info info;
    socklen_t bytes = sizeof(info);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &bytes) != 0) {
        return 0;
    }
    return (int64_t)info.tcpi_rtt / 1000;
}

size_t connection_unsent_bytes(int fd)
{
    int count = 0;
    return ioctl(fd, SIOCOUTQ, &count) == 0 && count > 0 ? (size_t)count : 0;
}
