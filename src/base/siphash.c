/* SipHash, written from section 2 of the paper that defines it. */
#include "base/siphash.h"

#include <endian.h>
#include <string.h>

struct state {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate_left(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

static void mix(struct state *state, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        state->v0 += state->v1;
        state->v2 += state->v3;
        state->v1 = rotate_left(state->v1, 13) ^ state->v0;
        state->v3 = rotate_left(state->v3, 16) ^ state->v2;
        state->v0 = rotate_left(state->v0, 32);
        state->v2 += state->v1;
        state->v0 += state->v3;
        state->v1 = rotate_left(state->v1, 17) ^ state->v2;
        state->v3 = rotate_left(state->v3, 21) ^ state->v0;
        state->v2 = rotate_left(state->v2, 32);
    }
}

static void absorb(struct state *state, uint64_t word, int rounds)
{
    state->v3 ^= word;
    mix(state, rounds);
    state->v0 ^= word;
}

uint64_t siphash(const struct siphash_key *key, struct text text, int rounds_a_word,
                 int rounds_at_end)
{
    struct state state = {
        .v0 = key->k0 ^ UINT64_C(0x736f6d6570736575),
        .v1 = key->k1 ^ UINT64_C(0x646f72616e646f6d),
        .v2 = key->k0 ^ UINT64_C(0x6c7967656e657261),
        .v3 = key->k1 ^ UINT64_C(0x7465646279746573),
    };
    size_t position = 0;
    for (; text.count - position >= 8; position += 8) {
        uint64_t word;
        memcpy(&word, text.data + position, sizeof(word));
        absorb(&state, le64toh(word), rounds_a_word);
    }
    /* The last word: what is left, and the count modulo 256 in the highest byte. */
    uint64_t last = (uint64_t)(text.count & 0xFF) << 56;
    for (unsigned shift = 0; position < text.count; position++, shift += 8) {
        last |= (uint64_t)(unsigned char)text.data[position] << shift;
    }
    absorb(&state, last, rounds_a_word);
    state.v2 ^= 0xFF;
    mix(&state, rounds_at_end);
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}
