/*
 * A bounded ring of records between exactly one producer thread and one consumer thread, without
 * locks. Records are of any size, contiguous in memory and aligned to 8 bytes, so that they are
 * written and read in place.
 *
 * Both sides work on private cursors and publish them when they choose: the producer makes a batch
 * visible with one ring_publish(), the consumer gives room back with one ring_release(). A consumer
 * may go back to what it has not released yet (ring_rewind()), so that a group can be tried again.
 */
#ifndef MADANG_BASE_RING_H
#define MADANG_BASE_RING_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

/* capacity_bytes is a power of two, at least 4,096. NULL when there is no memory. Pages are touched
 * only when used. */
struct ring *ring_new(size_t capacity_bytes);
void ring_free(struct ring *ring);

/* The largest record that always fits into an empty ring. */
size_t ring_record_bytes_max(const struct ring *ring);

/* Producer: room for a record of that many bytes (1 and more), or NULL when the ring is too full or
 * the record larger than ring_record_bytes_max(). Not yet visible. */
void *ring_reserve(struct ring *ring, size_t bytes);
/* Producer: when true, the next count calls of ring_reserve(), each for at most that many bytes,
 * cannot fail. Counts with the worst place of the end of the memory. */
bool ring_has_room(struct ring *ring, size_t bytes, size_t count);
/* Producer: makes all that was reserved since the last call visible. True when there was something.
 */
bool ring_publish(struct ring *ring);

/* Consumer: the next record and its bytes, or NULL when there is none. Stays valid until released.
 */
const void *ring_next(struct ring *ring, size_t *out_bytes);
/* Consumer: as ring_next(), but the same record is given again by the next call. */
const void *ring_peek(struct ring *ring, size_t *out_bytes);
/* Consumer: the room of all records that ring_next() gave is free again. */
void ring_release(struct ring *ring);
/* Consumer: the next ring_next() gives the first record that was not released. */
void ring_rewind(struct ring *ring);
/*
 * Consumer: nothing is waiting beyond what ring_next() gave. A consumer that means to sleep sets
 * its own "I sleep" flag first and asks then; a producer publishes first and reads the flag then;
 * both put atomic_thread_fence(memory_order_seq_cst) in between, or a wake-up can be lost.
 */
bool ring_empty(struct ring *ring);
/* Producer: true when a burst has touched more memory than quiet times need. */
bool ring_is_grown(const struct ring *ring);
/* Producer: gives the memory behind free room back to the system. For quiet times; costs a system
 * call, and a page fault for each page used again. */
void ring_trim(struct ring *ring);
/* Either side: bytes in use as far as this side knows, for metrics and tests. */
size_t ring_used_bytes(const struct ring *ring);

#endif
