/*
 * The simulator's one source of chance: xoshiro256** (Blackman and Vigna), seeded with splitmix64.
 * The same seed gives the same numbers on every machine. One thread.
 */
#ifndef MADANG_SIM_RANDOM_H
#define MADANG_SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
    uint64_t state[4];
};

void random_init(struct random *random, uint64_t seed);
uint64_t random_next(struct random *random);
/* 0 to below - 1; below is at least 1. */
uint32_t random_below(struct random *random, uint32_t below);
/* low to high, both included. */
uint32_t random_between(struct random *random, uint32_t low, uint32_t high);
/* True that many times in a thousand. */
bool random_permille(struct random *random, uint32_t permille);

#endif
