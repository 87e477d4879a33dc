/*
 * Counted chunks of bytes that many connections read: the links of a group's byte log, or one
 * private answer. A chunk is freed when nobody has a place in it any more; it keeps the one behind
 * it alive until then. One thread.
 */
#ifndef MADANG_NET_CHUNK_H
#define MADANG_NET_CHUNK_H

#include "base/bytes.h"

/* Of a log's chunk, its head included. */
#define CHUNK_BYTES 16384

struct chunk {
    struct chunk *next;
    struct chunk *
        *owner; /* Set to NULL when the chunk is freed: the log's weak pointer to its last chunk. */
    uint32_t references;
    uint32_t used;
    uint32_t capacity;
    char data[];
};

/* Keeps some empty chunks, so that a busy room does not go to the allocator for each. */
struct chunk_pool {
    struct chunk *free;
    uint32_t free_count;
};

void chunk_pool_init(struct chunk_pool *pool);
void chunk_pool_finish(struct chunk_pool *pool);
/* Gives the empty ones back to the system. */
void chunk_pool_trim(struct chunk_pool *pool);

/* An empty chunk of a log with one reference; NULL when there is no memory. */
struct chunk *chunk_new(struct chunk_pool *pool);
/* A chunk that holds text, with room for more up to capacity, and one reference; NULL when there is
 * no memory. */
struct chunk *chunk_of(struct text text, uint32_t capacity);
struct chunk *chunk_take(struct chunk *chunk);
/* Gives a reference back. */
void chunk_give(struct chunk_pool *pool, struct chunk *chunk);

#endif
