/* Things that keep their place while they are there. */
#include "core/slots.h"

#include "base/check.h"
#include "base/mem.h"

#define SLOTS_MIN 4

void slots_finish(struct slots *slots)
{
    mem_free(slots->slots);
    *slots = (struct slots){0};
}

enum error slots_reserve(struct slots *slots)
{
    if (slots->hole != 0 || slots->used < slots->capacity) {
        return ERR_OK;
    }
    const uint32_t capacity = slots->capacity == 0 ? SLOTS_MIN : slots->capacity * 2;
    struct slot *larger = mem_realloc(slots->slots, capacity * sizeof(*larger));
    if (larger == NULL) {
        return ERR_MEMORY;
    }
    slots->slots = larger;
    slots->capacity = capacity;
    return ERR_OK;
}

uint32_t slots_add(struct slots *slots, void *item, uint32_t tag)
{
    check(item != NULL);
    uint32_t index;
    if (slots->hole != 0) {
        index = slots->hole - 1;
        slots->hole = slots->slots[index].tag;
    } else {
        check(slots->used < slots->capacity);
        index = slots->used++;
    }
    slots->slots[index] = (struct slot){.item = item, .tag = tag};
    slots->count++;
    return index;
}

void slots_remove(struct slots *slots, uint32_t index)
{
    check(slots_get(slots, index) != NULL);
    slots->count--;
    if (slots->count == 0) {
        slots_finish(slots);
        return;
    }
    slots->slots[index] = (struct slot){.item = NULL, .tag = slots->hole};
    slots->hole = index + 1;
}

void *slots_get(const struct slots *slots, uint64_t index)
{
    return index < slots->used ? slots->slots[index].item : NULL;
}

uint32_t slots_tag(const struct slots *slots, uint32_t index)
{
    check(slots_get(slots, index) != NULL);
    return slots->slots[index].tag;
}

void slots_set_tag(struct slots *slots, uint32_t index, uint32_t tag)
{
    check(slots_get(slots, index) != NULL);
    slots->slots[index].tag = tag;
}

void *slots_next(const struct slots *slots, uint64_t *cursor)
{
    while (*cursor < slots->used) {
        void *item = slots->slots[(*cursor)++].item;
        if (item != NULL) {
            return item;
        }
    }
    return NULL;
}
