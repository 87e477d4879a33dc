/* Networks: a range of addresses, "192.0.2.0/24" or "2001:db8::/32", as bans of the server name
 * them. Pure: the core knows no sockets. */
#ifndef MADANG_CORE_NETWORK_H
#define MADANG_CORE_NETWORK_H

#include "base/bytes.h"

struct network {
    uint8_t bytes[16]; /* An address of IPv4 as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2). */
    uint32_t bits;     /* How many of them count. */
};

/* ERR_INVALID for what is no address, with "/" and its bits or without (then all of them). */
MUST_USE enum error network_parse(struct text text, struct network *out);
/* Whether address, also as it was parsed, is in the network. */
bool network_contains(const struct network *network, const struct network *address);

#endif
