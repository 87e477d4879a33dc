/* What the person who starts the server reads: where it stores and listens, and how to come in. */
#ifndef MADANG_SERVER_GREETING_H
#define MADANG_SERVER_GREETING_H

#include "net/socket.h"
#include "server/config.h"

struct greeting {
    const char *data;                   /* The directory. */
    const struct socket_address *bound; /* Where it listens; at least one. */
    uint32_t bound_count;
    const struct config_listen *listens; /* What is spoken at each of them. */
    const char *lobby;
    uint32_t connections_max; /* As far as descriptors go; said when that is not far. */
};

/* Appends the lines, in the server's language and safe to print. ERR_MEMORY. Main thread. */
MUST_USE enum error greeting_append(const struct greeting *greeting, struct bytes *out);

#endif
