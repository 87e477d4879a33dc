/* Cloaks: keyed hashes of an address and of the networks around it. */
#include "server/cloak.h"

#include "base/check.h"

#include <stdbool.h>
#include <string.h>

_Static_assert(CLOAK_BYTES <= HOST_BYTES_MAX, "a cloak is a host");

/* So many bytes of an address each label stands for. */
static const size_t ipv4_bytes[] = {4, 3, 2};
static const size_t ipv6_bytes[] = {16, 8, 6};

/* None of the letters looks like another. 40 bits of the hash: few enough to read out, and many
 * enough that two addresses hardly ever share a label. */
static void label_write(uint64_t hash, char out[CLOAK_LABEL_CHARACTERS])
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
    for (size_t i = 0; i < CLOAK_LABEL_CHARACTERS; i++) {
        out[i] = letters[hash & 31];
        hash >>= 5;
    }
}

void cloak_address(const struct siphash_key *key, const struct in6_addr *address,
                   char out[CLOAK_BYTES + 1])
{
    bool is_ipv4 = IN6_IS_ADDR_V4MAPPED(address);
    const uint8_t *bytes = is_ipv4 ? &address->s6_addr[12] : address->s6_addr;
    const size_t *counts = is_ipv4 ? ipv4_bytes : ipv6_bytes;
    char *at = out;
    for (size_t i = 0; i < 3; i++) {
        /* What family it is, and how much of it, so that no two things have the same text. */
        char text[2 + 16] = {is_ipv4 ? 4 : 6, (char)counts[i]};
        memcpy(&text[2], bytes, counts[i]);
        label_write(siphash(key, (struct text){.data = text, .count = 2 + counts[i]}, 2, 4), at);
        at += CLOAK_LABEL_CHARACTERS;
        *at++ = '.';
    }
    memcpy(at, "ip", sizeof "ip");
    check(at + 2 == out + CLOAK_BYTES);
}
