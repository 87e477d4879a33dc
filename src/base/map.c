/*
 * A hash table whose walk does not depend on hashes.
 *
 * The entries lie in a dense array in the order of their insertion; taking one moves the last into
 * its place. So the order of a walk follows from the calls alone, whatever the seed, the machine or
 * the growth of the table. Beside it is an index: open addressing with linear probing, at most
 * three quarters full, whose slots hold half of the hash and the number of the entry. Most probes
 * are decided in the index, and growing it looks at no key.
 */
#include "base/map.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/siphash.h"

#include <string.h>

#define SLOTS_MIN 8
#define ENTRIES_MIN 4
/* Slot numbers must fit into the half of the hash that a slot keeps. */
#define ENTRIES_MAX (UINT32_C(1) << 30)
#define EMPTY UINT32_MAX

struct map_key {
    size_t count;
    char data[];
};

struct entry {
    struct map_key *key; /* NULL when the key is a number. */
    uint64_t number;     /* The key; or the hash of the text, to compare before the text. */
    void *value;
};

struct slot {
    uint32_t tag;   /* The low half of the hash; its low bits say where the slot belongs. */
    uint32_t entry; /* EMPTY or a place in entries. */
};

struct map {
    struct slot *slots;
    struct entry *entries;
    uint32_t slot_mask; /* Slots less one; a power of two less one. */
    uint32_t entry_capacity;
    uint32_t count;
    struct siphash_key key;
};

/* What one call looks for. */
struct wanted {
    struct text text;
    uint64_t number; /* As in struct entry. */
    uint32_t tag;
    bool is_text;
};

/* The finalizer of splitmix64 (Steele, Lea and Flood 2014): every bit of the number changes about
 * half of the result's. */
static uint64_t scramble(uint64_t number)
{
    number ^= number >> 30;
    number *= UINT64_C(0xbf58476d1ce4e5b9);
    number ^= number >> 27;
    number *= UINT64_C(0x94d049bb133111eb);
    return number ^ number >> 31;
}

static struct wanted wanted_text(const struct map *map, struct text text)
{
    uint64_t hash = siphash(&map->key, text, 1, 3);
    return (struct wanted){.text = text, .number = hash, .tag = (uint32_t)hash, .is_text = true};
}

static struct wanted wanted_number(const struct map *map, uint64_t number)
{
    uint64_t hash = scramble(number ^ map->key.k0);
    return (struct wanted){.number = number, .tag = (uint32_t)hash, .is_text = false};
}

static bool entry_is(const struct entry *entry, const struct wanted *wanted)
{
    if (entry->number != wanted->number || (entry->key != NULL) != wanted->is_text) {
        return false;
    }
    return !wanted->is_text ||
           text_equal((struct text){entry->key->data, entry->key->count}, wanted->text);
}

struct map *map_new(uint64_t seed)
{
    struct map *map = mem_zalloc(1, sizeof(*map));
    if (map == NULL) {
        return NULL;
    }
    map->slots = mem_alloc(SLOTS_MIN * sizeof(*map->slots));
    if (map->slots == NULL) {
        mem_free(map);
        return NULL;
    }
    memset(map->slots, 0xFF, SLOTS_MIN * sizeof(*map->slots));
    map->slot_mask = SLOTS_MIN - 1;
    map->key.k0 = scramble(seed + UINT64_C(0x9e3779b97f4a7c15));
    map->key.k1 = scramble(seed + 2 * UINT64_C(0x9e3779b97f4a7c15));
    return map;
}

void map_free(struct map *map)
{
    if (map == NULL) {
        return;
    }
    for (uint32_t i = 0; i < map->count; i++) {
        mem_free(map->entries[i].key);
    }
    mem_free(map->entries);
    mem_free(map->slots);
    mem_free(map);
}

size_t map_count(const struct map *map)
{
    return map->count;
}

/* The slot of what is wanted, or the empty slot where its probing ends. There always is an empty
 * one. */
static uint32_t find_slot(const struct map *map, const struct wanted *wanted)
{
    uint32_t slot = wanted->tag & map->slot_mask;
    for (;;) {
        const struct slot *here = &map->slots[slot];
        if (here->entry == EMPTY ||
            (here->tag == wanted->tag && entry_is(&map->entries[here->entry], wanted))) {
            return slot;
        }
        slot = (slot + 1) & map->slot_mask;
    }
}

static void *get(const struct map *map, const struct wanted *wanted)
{
    uint32_t entry = map->slots[find_slot(map, wanted)].entry;
    return entry == EMPTY ? NULL : map->entries[entry].value;
}

void *map_get(const struct map *map, struct text key)
{
    struct wanted wanted = wanted_text(map, key);
    return get(map, &wanted);
}

void *map_get_number(const struct map *map, uint64_t key)
{
    struct wanted wanted = wanted_number(map, key);
    return get(map, &wanted);
}

/* Moves the index into slot_count new slots. Nothing changes on failure. */
MUST_USE static enum error resize_slots(struct map *map, uint32_t slot_count)
{
    struct slot *slots = mem_alloc(slot_count * sizeof(*slots));
    if (slots == NULL) {
        return ERR_MEMORY;
    }
    memset(slots, 0xFF, slot_count * sizeof(*slots));
    uint32_t mask = slot_count - 1;
    for (size_t old = 0; old <= map->slot_mask; old++) {
        if (map->slots[old].entry == EMPTY) {
            continue;
        }
        uint32_t slot = map->slots[old].tag & mask;
        while (slots[slot].entry != EMPTY) {
            slot = (slot + 1) & mask;
        }
        slots[slot] = map->slots[old];
    }
    mem_free(map->slots);
    map->slots = slots;
    map->slot_mask = mask;
    return ERR_OK;
}

MUST_USE static enum error resize_entries(struct map *map, uint32_t capacity)
{
    struct entry *entries = mem_realloc(map->entries, capacity * sizeof(*entries));
    if (entries == NULL) {
        return ERR_MEMORY;
    }
    map->entries = entries;
    map->entry_capacity = capacity;
    return ERR_OK;
}

/* Makes room for one more entry. */
MUST_USE static enum error grow(struct map *map)
{
    if (map->count == ENTRIES_MAX) {
        return ERR_MEMORY;
    }
    if (map->count == map->entry_capacity) {
        uint32_t capacity = map->entry_capacity == 0 ? ENTRIES_MIN : map->entry_capacity * 2;
        enum error error = resize_entries(map, capacity);
        if (error != ERR_OK) {
            return error;
        }
    }
    uint64_t slot_count = (uint64_t)map->slot_mask + 1;
    if (((uint64_t)map->count + 1) * 4 > slot_count * 3) {
        return resize_slots(map, (uint32_t)(slot_count * 2));
    }
    return ERR_OK;
}

MUST_USE static enum error put(struct map *map, const struct wanted *wanted, void *value)
{
    check(value != NULL);
    if (map->slots[find_slot(map, wanted)].entry != EMPTY) {
        return ERR_EXISTS;
    }
    enum error error = grow(map);
    if (error != ERR_OK) {
        return error;
    }
    struct map_key *key = NULL;
    if (wanted->is_text) {
        key = mem_alloc(sizeof(*key) + wanted->text.count);
        if (key == NULL) {
            return ERR_MEMORY;
        }
        key->count = wanted->text.count;
        if (key->count > 0) {
            memcpy(key->data, wanted->text.data, key->count);
        }
    }
    /* Growing may have moved the slots: look again. */
    struct slot *slot = &map->slots[find_slot(map, wanted)];
    slot->tag = wanted->tag;
    slot->entry = map->count;
    map->entries[map->count] = (struct entry){.key = key, .number = wanted->number, .value = value};
    map->count++;
    return ERR_OK;
}

enum error map_put(struct map *map, struct text key, void *value)
{
    struct wanted wanted = wanted_text(map, key);
    return put(map, &wanted, value);
}

enum error map_put_number(struct map *map, uint64_t key, void *value)
{
    struct wanted wanted = wanted_number(map, key);
    return put(map, &wanted, value);
}

/* Empties the slot and moves back those after it that would no longer be found. */
static void remove_slot(struct map *map, uint32_t hole)
{
    uint32_t mask = map->slot_mask;
    for (uint32_t slot = (hole + 1) & mask; map->slots[slot].entry != EMPTY;
         slot = (slot + 1) & mask) {
        uint32_t home = map->slots[slot].tag & mask;
        /* It may move when its home is not between the hole and itself. */
        if (((slot - home) & mask) >= ((slot - hole) & mask)) {
            map->slots[hole] = map->slots[slot];
            hole = slot;
        }
    }
    map->slots[hole].entry = EMPTY;
}

/* The slot that names this entry. */
static uint32_t slot_of_entry(const struct map *map, uint32_t entry)
{
    const struct entry *kept = &map->entries[entry];
    uint64_t hash = kept->key != NULL ? kept->number : scramble(kept->number ^ map->key.k0);
    uint32_t slot = (uint32_t)hash & map->slot_mask;
    while (map->slots[slot].entry != entry) {
        check(map->slots[slot].entry != EMPTY);
        slot = (slot + 1) & map->slot_mask;
    }
    return slot;
}

/* Gives memory back after a crowd has left. Without memory for it the table stays large. */
static void shrink(struct map *map)
{
    uint32_t slot_count = map->slot_mask + 1;
    if (slot_count > SLOTS_MIN && map->count < slot_count / 8 &&
        resize_slots(map, slot_count / 2) != ERR_OK) {
        return;
    }
    if (map->entry_capacity > ENTRIES_MIN && map->count < map->entry_capacity / 4 &&
        resize_entries(map, map->entry_capacity / 2) != ERR_OK) {
        return;
    }
}

static void *take(struct map *map, const struct wanted *wanted)
{
    uint32_t slot = find_slot(map, wanted);
    uint32_t hole = map->slots[slot].entry;
    if (hole == EMPTY) {
        return NULL;
    }
    void *value = map->entries[hole].value;
    mem_free(map->entries[hole].key);
    remove_slot(map, slot);
    uint32_t last = map->count - 1;
    if (hole != last) {
        map->slots[slot_of_entry(map, last)].entry = hole;
        map->entries[hole] = map->entries[last];
    }
    map->count = last;
    shrink(map);
    return value;
}

void *map_take(struct map *map, struct text key)
{
    struct wanted wanted = wanted_text(map, key);
    return take(map, &wanted);
}

void *map_take_number(struct map *map, uint64_t key)
{
    struct wanted wanted = wanted_number(map, key);
    return take(map, &wanted);
}

void *map_next(const struct map *map, size_t *cursor)
{
    if (*cursor >= map->count) {
        return NULL;
    }
    return map->entries[(*cursor)++].value;
}
