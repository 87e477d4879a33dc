/* Seeded numbers for tests: the same seed gives the same run on every machine. */
#ifndef MADANG_TESTS_UNIT_CORE_RANDOM_H
#define MADANG_TESTS_UNIT_CORE_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state;
};

/* 0 to below - 1; below is small. A linear congruence, of which only the high bits are used. */
static inline uint32_t random_below(struct random *random, uint32_t below)
{
    random->state = random->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random->state >> 33) % below);
}

#endif
