/* Finds the server and connects to it, within a bounded time. */
#ifndef MADANG_CLIENT_CONNECTION_H
#define MADANG_CLIENT_CONNECTION_H

#include "base/bytes.h"

#include <stdint.h>

/* For the name and the connection together. */
#define CONNECTION_LIMIT_MS 10000

enum connection_verdict {
    CONNECTION_OPEN,
    CONNECTION_STOPPED,      /* stop_fd became readable. */
    CONNECTION_UNKNOWN_HOST, /* No such name. */
    CONNECTION_NO_RESOLVER,  /* Whoever knows names does not answer. */
    CONNECTION_REFUSED,
    CONNECTION_UNREACHABLE,
    CONNECTION_TIMEOUT,
    CONNECTION_FAILED, /* Something else; the errno says what. */
};

/*
 * Tries the addresses of host in turn. *out_fd is a non-blocking, close-on-exec socket, the
 * caller's, when the verdict is CONNECTION_OPEN; *out_errno says more about CONNECTION_FAILED. Main
 * thread.
 */
enum connection_verdict connection_open(const char *host, const char *port, int stop_fd,
                                        int *out_fd, int *out_errno);
/* Appends the sentence that says what went wrong, in the person's language. ERR_MEMORY. */
MUST_USE enum error connection_verdict_append(enum connection_verdict verdict, int error_number,
                                              const char *host, const char *port,
                                              struct bytes *out);
/* The time that one byte and its answer take, in ms, as the kernel measured it; 0 when unknown. */
int64_t connection_round_trip_ms(int fd);
/* Bytes that the other side has not acknowledged yet. */
size_t connection_unsent_bytes(int fd);

#endif
