/*
 * What others see of an address: three labels and "ip", such as "k3x9a2bq.8dfm2q7x.q2bnz4tt.ip".
 * They are of the whole address, of its network (IPv4 /24, IPv6 /64) and of the larger one around
 * it (/16, /48), so that "*.8dfm2q7x.q2bnz4tt.ip" and "*.q2bnz4tt.ip" stand for networks. Who does
 * not know the key learns nothing else from them.
 */
#ifndef MADANG_SERVER_CLOAK_H
#define MADANG_SERVER_CLOAK_H

#include "base/siphash.h"
#include "model/limits.h"

#include <netinet/in.h>

#define CLOAK_LABEL_CHARACTERS 8
#define CLOAK_BYTES (3 * (CLOAK_LABEL_CHARACTERS + 1) + 2)

/* Writes the cloak with a NUL behind it. The same address, key and cloak on every machine; IPv4 is
 * mapped into IPv6. Any thread. */
void cloak_address(const struct siphash_key *key, const struct in6_addr *address,
                   char out[CLOAK_BYTES + 1]);

#endif
