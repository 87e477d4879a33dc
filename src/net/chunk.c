/* Counting and pooling of chunks. */
#include "net/chunk.h"

#include "base/check.h"
#include "base/mem.h"

#include <string.h>

#define FREE_COUNT_MAX 64

void chunk_pool_init(struct chunk_pool *pool)
{
    *pool = (struct chunk_pool){0};
}

void chunk_pool_finish(struct chunk_pool *pool)
{
    chunk_pool_trim(pool);
}

void chunk_pool_trim(struct chunk_pool *pool)
{
    while (pool->free != NULL) {
        struct chunk *chunk = pool->free;
        pool->free = chunk->next;
        mem_free(chunk);
    }
    pool->free_count = 0;
}

struct chunk *chunk_new(struct chunk_pool *pool)
{
    struct chunk *chunk = pool->free;
    if (chunk != NULL) {
        pool->free = chunk->next;
        pool->free_count--;
    } else {
        chunk = mem_alloc(CHUNK_BYTES);
        if (chunk == NULL) {
            return NULL;
        }
    }
    *chunk = (struct chunk){.references = 1, .capacity = CHUNK_BYTES - sizeof(struct chunk)};
    return chunk;
}

struct chunk *chunk_of(struct text text, uint32_t capacity)
{
    capacity = text.count > capacity ? (uint32_t)text.count : capacity;
    struct chunk *chunk = mem_alloc(sizeof(struct chunk) + capacity);
    if (chunk == NULL) {
        return NULL;
    }
    *chunk = (struct chunk){.references = 1, .used = (uint32_t)text.count, .capacity = capacity};
    memcpy(chunk->data, text.data, text.count);
    return chunk;
}

struct chunk *chunk_take(struct chunk *chunk)
{
    chunk->references++;
    return chunk;
}

void chunk_give(struct chunk_pool *pool, struct chunk *chunk)
{
    /* A freed chunk gives back its hold on the next one, which may then be free as well. */
    while (chunk != NULL) {
        check(chunk->references > 0);
        chunk->references--;
        if (chunk->references > 0) {
            return;
        }
        struct chunk *next = chunk->next;
        if (chunk->owner != NULL) {
            *chunk->owner = NULL;
        }
        if (chunk->capacity == CHUNK_BYTES - sizeof(struct chunk) &&
            pool->free_count < FREE_COUNT_MAX) {
            chunk->next = pool->free;
            pool->free = chunk;
            pool->free_count++;
        } else {
            mem_free(chunk);
        }
        chunk = next;
    }
}
