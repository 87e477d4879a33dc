/* Standing in a channel: what a rank permits, and how it is shown. */
#include "core/state.h"

/* Highest first, as a name is shown with them. */
static const struct {
    uint32_t rank;
    char sign;
} signs[RANK_SIGNS_BYTES_MAX] = {
    {RANK_FOUNDER, '~'}, {RANK_PROTECTED, '&'}, {RANK_OPERATOR, '@'},
    {RANK_HALFOP, '%'},  {RANK_VOICE, '+'},
};

bool rank_may_kick(uint32_t rank)
{
    return rank >= RANK_HALFOP;
}

bool rank_may_operate(uint32_t rank)
{
    return rank >= RANK_OPERATOR;
}

uint32_t rank_highest(uint32_t rank)
{
    for (size_t i = 0; i < RANK_SIGNS_BYTES_MAX; i++) {
        if ((rank & signs[i].rank) != 0) {
            return signs[i].rank;
        }
    }
    return 0;
}

uint32_t rank_of_sign(char sign)
{
    for (size_t i = 0; i < RANK_SIGNS_BYTES_MAX; i++) {
        if (signs[i].sign == sign) {
            return signs[i].rank;
        }
    }
    return 0;
}

struct text rank_signs(uint32_t rank, bool all, char out[RANK_SIGNS_BYTES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < RANK_SIGNS_BYTES_MAX; i++) {
        if ((rank & signs[i].rank) != 0 && (all || count == 0)) {
            out[count++] = signs[i].sign;
        }
    }
    return (struct text){.data = out, .count = count};
}
