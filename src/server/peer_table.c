/* Handles of peers: index and generation. */
#include "server/peer.h"

#include "base/check.h"
#include "base/mem.h"

static bool table_grow(struct worker *worker)
{
    uint32_t capacity = worker->peer_capacity == 0 ? 64 : worker->peer_capacity * 2;
    /* One more timer than peers is never needed: each peer has one. */
    if (timers_reserve(&worker->timers, capacity) != ERR_OK) {
        return false;
    }
    struct peer **peers = mem_realloc(worker->peers, capacity * sizeof *peers);
    if (peers == NULL) {
        return false;
    }
    worker->peers = peers;
    uint32_t *generations = mem_realloc(worker->generations, capacity * sizeof *generations);
    if (generations == NULL) {
        return false;
    }
    worker->generations = generations;
    uint32_t *free_indices = mem_realloc(worker->free_indices, capacity * sizeof *free_indices);
    if (free_indices == NULL) {
        return false;
    }
    worker->free_indices = free_indices;
    for (uint32_t i = capacity; i > worker->peer_capacity; i--) {
        worker->peers[i - 1] = NULL;
        worker->generations[i - 1] = 1;
        worker->free_indices[worker->free_count++] = i - 1;
    }
    worker->peer_capacity = capacity;
    return true;
}

struct peer *peer_new(struct worker *worker)
{
    if (worker->free_count == 0 && !table_grow(worker)) {
        return NULL;
    }
    struct peer *peer = mem_zalloc(1, sizeof *peer);
    if (peer == NULL) {
        return NULL;
    }
    uint32_t index = worker->free_indices[--worker->free_count];
    peer->handle = (uint64_t)worker->generations[index] << 32 | index;
    worker->peers[index] = peer;
    worker->peer_count++;
    return peer;
}

void peer_free(struct worker *worker, struct peer *peer)
{
    uint32_t index = (uint32_t)peer->handle;
    check(worker->peers[index] == peer);
    worker->peers[index] = NULL;
    /* Never 0: a handle of 0 is the waker's token. */
    worker->generations[index] += worker->generations[index] == UINT32_MAX ? 2 : 1;
    worker->free_indices[worker->free_count++] = index;
    worker->peer_count--;
    worker->peer_closed++;
    bytes_finish(&peer->input);
    peer_end_door(peer);
    mem_free(peer);
}

struct peer *peer_at(struct worker *worker, uint64_t handle)
{
    uint32_t index = (uint32_t)handle;
    if (index >= worker->peer_capacity || worker->generations[index] != handle >> 32) {
        return NULL;
    }
    return worker->peers[index];
}

struct peer *peer_next(struct worker *worker, uint32_t *cursor)
{
    while (*cursor < worker->peer_capacity) {
        struct peer *peer = worker->peers[(*cursor)++];
        if (peer != NULL) {
            return peer;
        }
    }
    return NULL;
}
