/*
 * An array in which a thing keeps its place while it is there, so that an answer which takes
 * several steps can be continued behind the place where it stopped: what is there all the time is
 * met exactly once. A new thing takes the place that became free last, or a new one at the end; so
 * the places follow from the calls alone.
 */
#ifndef MADANG_CORE_SLOTS_H
#define MADANG_CORE_SLOTS_H

#include "base/bytes.h"

struct slot {
    void *item;   /* NULL in a hole. */
    uint32_t tag; /* The owner's own; in a hole, 1 + the next hole, or 0. */
};

/* All zero is a valid empty one. */
struct slots {
    struct slot *slots;
    uint32_t capacity;
    uint32_t used;  /* Places that were ever taken; the rest is not initialised. */
    uint32_t count; /* Things. */
    uint32_t hole;  /* 1 + the hole to fill next, or 0. */
};

/* Frees the places, not the things. */
void slots_finish(struct slots *slots);
/* Makes room for one more, which slots_add() then takes without fail. ERR_MEMORY. */
MUST_USE enum error slots_reserve(struct slots *slots);
/* The place of the new thing. */
uint32_t slots_add(struct slots *slots, void *item, uint32_t tag);
/* Gives the place free; the memory is given back with the last one. */
void slots_remove(struct slots *slots, uint32_t index);
/* NULL when nothing is there, or the place does not exist. */
void *slots_get(const struct slots *slots, uint64_t index);
uint32_t slots_tag(const struct slots *slots, uint32_t index);
void slots_set_tag(struct slots *slots, uint32_t index, uint32_t tag);
/*
 * The first thing at *cursor or behind it, NULL at the end; *cursor is then the place behind it.
 * Begin with 0. The cursor stays good whatever is added and removed meanwhile.
 */
void *slots_next(const struct slots *slots, uint64_t *cursor);

#endif
