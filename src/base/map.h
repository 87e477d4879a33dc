/*
 * A hash table from byte strings or 64-bit numbers to pointers. The same calls with the same seed
 * give the same iteration order on every machine, so that the core may iterate. Keys are copied;
 * values are borrowed.
 */
#ifndef MADANG_BASE_MAP_H
#define MADANG_BASE_MAP_H

#include "base/bytes.h"

struct map;

/* NULL when there is no memory. The seed keeps strangers from choosing names that collide. */
struct map *map_new(uint64_t seed);
/* Frees the table and its keys, not the values. NULL is fine. */
void map_free(struct map *map);
size_t map_count(const struct map *map);

/* The value, or NULL. */
void *map_get(const struct map *map, struct text key);
void *map_get_number(const struct map *map, uint64_t key);
/* ERR_EXISTS when the key is there, ERR_MEMORY; value is not NULL. */
MUST_USE enum error map_put(struct map *map, struct text key, void *value);
MUST_USE enum error map_put_number(struct map *map, uint64_t key, void *value);
/* Removes the key and returns its value; NULL when it was not there. Never fails otherwise. */
void *map_take(struct map *map, struct text key);
void *map_take_number(struct map *map, uint64_t key);

/*
 * Walks all values: start with *cursor = 0; returns NULL at the end. The table must not change
 * during the walk.
 */
void *map_next(const struct map *map, size_t *cursor);

#endif
