/* Numbers that look random and are not. */
#include "sim/random.h"

#include "base/check.h"

static uint64_t rotated(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

void random_init(struct random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = seed;
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        random->state[i] = z ^ z >> 31;
    }
}

uint64_t random_next(struct random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotated(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotated(s[3], 45);
    return result;
}

uint32_t random_below(struct random *random, uint32_t below)
{
    check(below > 0);
    /* The slight preference for small numbers does not matter here. */
    return (uint32_t)((random_next(random) >> 32) * below >> 32);
}

uint32_t random_between(struct random *random, uint32_t low, uint32_t high)
{
    check(low <= high);
    return low + random_below(random, high - low + 1);
}

bool random_permille(struct random *random, uint32_t permille)
{
    return random_below(random, 1000) < permille;
}
