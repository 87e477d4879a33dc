/*
 * Who has come from where: counts connections by address (IPv4 whole, IPv6 by /64), so that one
 * address cannot take the whole server. The gate's thread.
 */
#ifndef MADANG_SERVER_ADDRESS_H
#define MADANG_SERVER_ADDRESS_H

#include "base/error.h"
#include "base/map.h"
#include "server/config.h"

struct address_table {
    struct map *entries;
    struct address_entry *oldest; /* In the order in which their windows end. */
    struct address_entry *newest;
};

enum address_verdict {
    ADDRESS_FINE,
    ADDRESS_TOO_MANY,  /* At once. */
    ADDRESS_SLOW_DOWN, /* New ones in the window. */
    ADDRESS_NO_MEMORY,
};

/* ERR_MEMORY. */
MUST_USE enum error address_table_init(struct address_table *table, uint64_t seed);
void address_table_finish(struct address_table *table);
/* One more from address, unless the verdict is against it. */
enum address_verdict address_enter(struct address_table *table, const struct config *config,
                                   const struct in6_addr *address, int64_t now_ms);
/* One that had entered is gone. */
void address_leave(struct address_table *table, const struct in6_addr *address);
/* Forgets addresses whose window has passed and of which nobody is here. Bounded work a call. */
void address_forget(struct address_table *table, int64_t now_ms);

#endif
