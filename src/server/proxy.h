/*
 * The PROXY protocol: what a proxy says before the first bytes of whom it speaks for. Version 1 is
 * a line, version 2 a binary header (HAProxy, "The PROXY protocol", sections 2.1 and 2.2).
 */
#ifndef MADANG_SERVER_PROXY_H
#define MADANG_SERVER_PROXY_H

#include "base/bytes.h"

#include <netinet/in.h>

enum proxy_verdict {
    PROXY_NONE, /* These bytes begin something else. */
    PROXY_MORE, /* They may be the beginning of a header. */
    PROXY_BAD,  /* Of a header that cannot be understood. */
    PROXY_TAKEN,
};

struct proxy_header {
    size_t bytes;            /* What it takes. */
    bool has_address;        /* Else the proxy speaks for itself. */
    struct in6_addr address; /* IPv4 mapped into IPv6. */
};

/* *out is set with PROXY_TAKEN. Looks at no more than 560 bytes. Any thread. */
enum proxy_verdict proxy_header_find(struct text first, struct proxy_header *out);

#endif
