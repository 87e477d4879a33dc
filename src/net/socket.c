/* Sockets as Linux has them. */
#include "net/socket.h"

#include "base/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel doubles it. A stalled reader must not hold much of the kernel's memory. */
#define SEND_BUFFER_BYTES (64 * 1024)
#define BACKLOG 4096

static void option_set(int fd, int level, int name, int value)
{
    /* An option that the kernel refuses costs comfort, not correctness. */
    (void)setsockopt(fd, level, name, &value, sizeof value);
}

static enum error error_of_errno(int number)
{
    switch (number) {
    case EADDRINUSE:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
        return ERR_ADDRESS;
    case EACCES:
    case EPERM:
        return ERR_DENIED;
    case EMFILE:
    case ENFILE:
        return ERR_LIMIT;
    case ENOMEM:
    case ENOBUFS:
        return ERR_MEMORY;
    default:
        return ERR_IO;
    }
}

static void address_from_system(const struct sockaddr_storage *system, struct socket_address *out)
{
    memset(out, 0, sizeof *out);
    if (system->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)system;
        out->host = in6->sin6_addr;
        out->port = ntohs(in6->sin6_port);
    } else if (system->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)system;
        out->host.s6_addr[10] = 0xff;
        out->host.s6_addr[11] = 0xff;
        memcpy(&out->host.s6_addr[12], &in->sin_addr, 4);
        out->port = ntohs(in->sin_port);
    }
}

static socklen_t address_to_system(const char *host, uint16_t port, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    struct sockaddr_in *in = (struct sockaddr_in *)out;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
    if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
        in->sin_family = AF_INET;
        in->sin_port = htons(port);
        return sizeof *in;
    }
    if (inet_pton(AF_INET6, host, &in6->sin6_addr) == 1) {
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(port);
        return sizeof *in6;
    }
    return 0;
}

enum error socket_listen(const char *host, uint16_t port, int *out_socket,
                         struct socket_address *out_bound)
{
    struct sockaddr_storage address;
    socklen_t address_bytes = address_to_system(host, port, &address);
    if (address_bytes == 0) {
        return ERR_ADDRESS;
    }
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return error_of_errno(errno);
    }
    option_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    /* What a listener has, the accepted sockets inherit: two system calls less for each of them. */
    option_set(fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER_BYTES);
    option_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    option_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    if (address.ss_family == AF_INET6) {
        /* [::] takes both families. */
        option_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    }
    socklen_t bound_bytes = sizeof address;
    if (bind(fd, (struct sockaddr *)&address, address_bytes) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &bound_bytes) != 0) {
        enum error error = error_of_errno(errno);
        close(fd);
        return error;
    }
    address_from_system(&address, out_bound);
    *out_socket = fd;
    return ERR_OK;
}

enum error socket_accept(int listener, int *out_socket, struct socket_address *out_peer)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t address_bytes = sizeof address;
    int fd = accept4(listener, (struct sockaddr *)&address, &address_bytes,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        address_from_system(&address, out_peer);
        *out_socket = fd;
        return ERR_OK;
    }
    switch (errno) {
    case EAGAIN:
        return ERR_AGAIN;
    case EMFILE:
    case ENFILE:
        return ERR_LIMIT;
    case ENOMEM:
    case ENOBUFS:
        return ERR_MEMORY;
    default:
        /* accept(2): errors that wait on the new socket (reset, network down) and EINTR mean "take
         * the next". */
        return ERR_CLOSED;
    }
}

/* As the kernel takes it: from 1 to 32767. */
static int keepalive_s(uint32_t seconds)
{
    return seconds == 0 ? 1 : seconds > INT16_MAX ? INT16_MAX : (int)seconds;
}

void socket_set_vanish(int socket, uint32_t vanish_ms)
{
    /* Half of the time to the first probe, the rest in four more, so that an idle peer is found in
     * time as well. */
    int idle_s = keepalive_s(vanish_ms / 2000);
    int interval_s = keepalive_s(vanish_ms / 8000);
    option_set(socket, IPPROTO_TCP, TCP_KEEPIDLE, idle_s);
    option_set(socket, IPPROTO_TCP, TCP_KEEPINTVL, interval_s);
    option_set(socket, IPPROTO_TCP, TCP_KEEPCNT, 3);
    option_set(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, (int)vanish_ms);
}

enum error socket_read(int socket, void *data, size_t capacity, size_t *out_count)
{
    for (;;) {
        ssize_t count = recv(socket, data, capacity, 0);
        if (count > 0) {
            *out_count = (size_t)count;
            return ERR_OK;
        }
        if (count == 0) {
            return ERR_CLOSED;
        }
        if (errno == EAGAIN) {
            return ERR_AGAIN;
        }
        if (errno != EINTR) {
            return ERR_IO;
        }
    }
}

enum error socket_write(int socket, const struct iovec *pieces, uint32_t piece_count,
                        size_t *out_count)
{
    check(piece_count >= 1 && piece_count <= SOCKET_PIECES_MAX);
    for (;;) {
        ssize_t count;
        if (piece_count == 1) {
            /* The fan-out's usual case; send() spares the kernel copying a vector. */
            count = send(socket, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
        } else {
            struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)pieces,
                                     .msg_iovlen = piece_count};
            count = sendmsg(socket, &message, MSG_NOSIGNAL);
        }
        if (count >= 0) {
            *out_count = (size_t)count;
            return ERR_OK;
        }
        if (errno == EAGAIN) {
            return ERR_AGAIN;
        }
        /* ENOBUFS and ENOMEM pass: the poller says when to try again. */
        if (errno == ENOBUFS || errno == ENOMEM) {
            return ERR_AGAIN;
        }
        if (errno != EINTR) {
            return ERR_IO;
        }
    }
}

void socket_end(int socket)
{
    (void)shutdown(socket, SHUT_WR);
}

void socket_close(int socket)
{
    /* Linux frees the descriptor even when close() reports EINTR: never again for the same number.
     */
    (void)close(socket);
}

enum error socket_address_append(const struct socket_address *address, struct bytes *out)
{
    char host[INET6_ADDRSTRLEN];
    if (IN6_IS_ADDR_V4MAPPED(&address->host)) {
        check(inet_ntop(AF_INET, &address->host.s6_addr[12], host, sizeof host) != NULL);
        return bytes_format(out, "%s:%u", host, (unsigned)address->port);
    }
    check(inet_ntop(AF_INET6, &address->host, host, sizeof host) != NULL);
    return bytes_format(out, "[%s]:%u", host, (unsigned)address->port);
}
