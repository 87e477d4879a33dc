/* SipHash, a keyed hash: who does not know the key cannot find texts that collide. */
#ifndef MADANG_BASE_SIPHASH_H
#define MADANG_BASE_SIPHASH_H

#include "base/bytes.h"

struct siphash_key {
    uint64_t k0;
    uint64_t k1;
};

/*
 * SipHash-c-d of text. Rounds as the paper names them: 2 and 4 is the cautious choice, 1 and 3 is
 * enough for hash tables. The same on every machine. Any thread. Source: Aumasson and Bernstein,
 * "SipHash: a fast short-input PRF", section 2.
 */
uint64_t siphash(const struct siphash_key *key, struct text text, int rounds_a_word,
                 int rounds_at_end);

#endif
