/*
 * Sockets: the seam between madang and the kernel. socket.c is the real one; the simulator links
 * another file with the same functions. All descriptors are non-blocking and closed on exec. Any
 * thread, one at a time for a socket.
 */
#ifndef MADANG_NET_SOCKET_H
#define MADANG_NET_SOCKET_H

#include "base/bytes.h"
#include "base/error.h"

#include <netinet/in.h>
#include <sys/uio.h>

struct socket_address {
    struct in6_addr host; /* IPv4 is mapped into IPv6. */
    uint16_t port;
};

/* Pieces that one socket_write() takes at most. */
#define SOCKET_PIECES_MAX 64

/*
 * Listens on the numeric address; port 0 lets the system choose, and *out_bound says what it chose.
 * ERR_ADDRESS: taken, not of this machine, or of a family that is off; ERR_DENIED; ERR_LIMIT: no
 * descriptor.
 */
MUST_USE enum error socket_listen(const char *host, uint16_t port, int *out_socket,
                                  struct socket_address *out_bound);

/*
 * ERR_AGAIN: nobody waits; ERR_CLOSED: this one went away again, try the next; ERR_LIMIT: no
 * descriptor is left, the connection still waits; ERR_MEMORY: the kernel has none.
 */
MUST_USE enum error socket_accept(int listener, int *out_socket, struct socket_address *out_peer);

/* How long a peer may leave our bytes unacknowledged, or a silent one our probes, before it counts
 * as gone. */
void socket_set_vanish(int socket, uint32_t vanish_ms);

/*
 * Reads up to capacity bytes, *out_count of them (at least 1). ERR_AGAIN: nothing there;
 * ERR_CLOSED: the peer properly closed its sending side; ERR_IO: the connection is gone (reset,
 * timed out).
 */
MUST_USE enum error socket_read(int socket, void *data, size_t capacity, size_t *out_count);

/* Writes from 1 to SOCKET_PIECES_MAX pieces; *out_count may be less than all. ERR_AGAIN: no room at
 * all; ERR_IO: gone. */
MUST_USE enum error socket_write(int socket, const struct iovec *pieces, uint32_t piece_count,
                                 size_t *out_count);

/* Our last byte is out: the peer's read ends. */
void socket_end(int socket);
void socket_close(int socket);

/* "1.2.3.4:5" or "[::1]:5", appended. ERR_MEMORY. */
MUST_USE enum error socket_address_append(const struct socket_address *address, struct bytes *out);

#endif
