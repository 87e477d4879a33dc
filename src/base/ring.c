/*
 * A ring for one producer and one consumer.
 *
 * Cursors are byte counts since the beginning and only grow; the place in memory is the cursor
 * modulo the capacity. A record is a header of 8 bytes and its data, rounded up to 8. A record that
 * does not fit before the end of the memory is preceded by a marker that fills the rest, and begins
 * at the start. Marker and record become visible together.
 *
 * Each side's cursors lie on cache lines of their own, with its last copy of the other side's
 * cursor: as long as that copy says that there is enough room (or enough records), no cache line
 * moves between the processors.
 */
#include "base/ring.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <sys/mman.h>

#define LINE_BYTES 64
#define PAGE_BYTES 4096
#define HEADER_BYTES 8
#define CAPACITY_BYTES_MIN 4096
/* Below it the records of a ring that is emptied in time stay: in the cache, and in few pages. */
#define LOW_BYTES (64 * 1024)
/* Stands in a header's place for "go on at the start of the memory". */
#define WRAP_MARKER UINT64_MAX

struct ring {
    /* Never changes after ring_new(). */
    char *data;
    size_t capacity;

    /* Written by the producer only. */
    alignas(LINE_BYTES) _Atomic uint64_t published;
    uint64_t reserved; /* The end of what was reserved; >= published. */
    uint64_t
        released_seen;    /* The producer's copy of released; may be too small, never too large. */
    size_t touched_bytes; /* The highest offset written since the memory was given back. */
    uint64_t promised_bytes; /* What ring_has_room() last said yes to. */

    /* Written by the consumer only. */
    alignas(LINE_BYTES) _Atomic uint64_t released;
    uint64_t given;          /* The end of what ring_next() gave; >= released. */
    uint64_t published_seen; /* The consumer's copy of published; may be too small. */

    /* Keeps the records off the consumer's line. */
    alignas(LINE_BYTES) char end[LINE_BYTES];
};

/* The control block takes the first page of the mapping, the records the others. */
_Static_assert(sizeof(struct ring) <= PAGE_BYTES, "the control block fits its page");

struct ring *ring_new(size_t capacity_bytes)
{
    check(capacity_bytes >= CAPACITY_BYTES_MIN);
    check((capacity_bytes & (capacity_bytes - 1)) == 0);
    struct ring *ring = mem_pages_alloc(PAGE_BYTES + capacity_bytes);
    if (ring == NULL) {
        return NULL;
    }
    ring->data = (char *)ring + PAGE_BYTES;
    ring->capacity = capacity_bytes;
    atomic_init(&ring->published, 0);
    atomic_init(&ring->released, 0);
    return ring;
}

void ring_free(struct ring *ring)
{
    if (ring != NULL) {
        mem_pages_free(ring, PAGE_BYTES + ring->capacity);
    }
}

size_t ring_record_bytes_max(const struct ring *ring)
{
    /* An empty ring's cursor may stand anywhere: only half is sure to be in one piece. */
    return ring->capacity / 2 - HEADER_BYTES;
}

static size_t record_total(size_t bytes)
{
    return HEADER_BYTES + ((bytes + 7) & ~(size_t)7);
}

static size_t offset_of(const struct ring *ring, uint64_t cursor)
{
    return (size_t)(cursor & (ring->capacity - 1));
}

static uint64_t *header_at(const struct ring *ring, size_t offset)
{
    /* Offsets are multiples of 8 in page-aligned memory. */
    return (uint64_t *)(void *)(ring->data + offset);
}

/* Producer: whether that many bytes are free; asks the consumer's line only when it must. */
static bool has_free(struct ring *ring, uint64_t bytes)
{
    if (ring->capacity - (ring->reserved - ring->released_seen) >= bytes) {
        return true;
    }
    /* Acquire, with the release in ring_release(): the consumer's reads of the records are over
     * before we write over them. */
    ring->released_seen = atomic_load_explicit(&ring->released, memory_order_acquire);
    return ring->capacity - (ring->reserved - ring->released_seen) >= bytes;
}

/*
 * Producer, at the start of a batch: whether everything was consumed and the cursor has wandered
 * up, so that it is better to begin again at the bottom than to touch ever more memory.
 */
static bool should_return(struct ring *ring, size_t offset, size_t total)
{
    /* What lies above the cursor is lost until the consumer has passed it: the promise must fit
     * below. */
    if (offset < LOW_BYTES || offset < total || offset < ring->promised_bytes ||
        ring->reserved != atomic_load_explicit(&ring->published, memory_order_relaxed)) {
        return false;
    }
    ring->released_seen = atomic_load_explicit(&ring->released, memory_order_acquire);
    return ring->released_seen == ring->reserved;
}

void *ring_reserve(struct ring *ring, size_t bytes)
{
    check(bytes >= 1);
    if (bytes > ring_record_bytes_max(ring)) {
        return NULL;
    }
    size_t total = record_total(bytes);
    size_t offset = offset_of(ring, ring->reserved);
    size_t until_end = ring->capacity - offset;
    if (total > until_end || should_return(ring, offset, total)) {
        if (!has_free(ring, until_end + total)) {
            return NULL;
        }
        *header_at(ring, offset) = WRAP_MARKER;
        ring->reserved += until_end;
        offset = 0;
    } else if (!has_free(ring, total)) {
        return NULL;
    }
    *header_at(ring, offset) = bytes;
    ring->reserved += total;
    if (offset + total > ring->touched_bytes) {
        ring->touched_bytes = offset + total;
    }
    return ring->data + offset + HEADER_BYTES;
}

bool ring_has_room(struct ring *ring, size_t bytes, size_t count)
{
    check(bytes >= 1);
    if (bytes > ring_record_bytes_max(ring) || count > ring->capacity / record_total(1)) {
        return count == 0;
    }
    /* The end of the memory is passed at most once, and wastes less than one record. */
    size_t total = record_total(bytes);
    uint64_t needed = (uint64_t)total * count + (total - HEADER_BYTES);
    if (!has_free(ring, needed)) {
        return false;
    }
    ring->promised_bytes = needed;
    return true;
}

bool ring_publish(struct ring *ring)
{
    /* Relaxed: we are the only writer of it. */
    if (atomic_load_explicit(&ring->published, memory_order_relaxed) == ring->reserved) {
        return false;
    }
    /* Release, with the acquire in refresh_published(): who sees the cursor sees the records. */
    atomic_store_explicit(&ring->published, ring->reserved, memory_order_release);
    return true;
}

/* Consumer: takes a new copy of the producer's cursor. */
static void refresh_published(struct ring *ring)
{
    /* Acquire, with the release in ring_publish(). */
    ring->published_seen = atomic_load_explicit(&ring->published, memory_order_acquire);
}

const void *ring_next(struct ring *ring, size_t *out_bytes)
{
    if (ring->given == ring->published_seen) {
        refresh_published(ring);
        if (ring->given == ring->published_seen) {
            return NULL;
        }
    }
    size_t offset = offset_of(ring, ring->given);
    uint64_t bytes = *header_at(ring, offset);
    if (bytes == WRAP_MARKER) {
        ring->given += ring->capacity - offset;
        /* A marker is never published without its record. */
        check(ring->given != ring->published_seen);
        offset = 0;
        bytes = *header_at(ring, offset);
    }
    check(bytes >= 1 && bytes <= ring_record_bytes_max(ring));
    ring->given += record_total((size_t)bytes);
    *out_bytes = (size_t)bytes;
    return ring->data + offset + HEADER_BYTES;
}

const void *ring_peek(struct ring *ring, size_t *out_bytes)
{
    uint64_t given = ring->given;
    const void *record = ring_next(ring, out_bytes);
    ring->given = given;
    return record;
}

void ring_release(struct ring *ring)
{
    /* Relaxed load: we are the only writer. Release store, with the acquire in has_free(): our
     * reads come before the producer's next writes. Not storing an equal value keeps the line from
     * moving. */
    if (atomic_load_explicit(&ring->released, memory_order_relaxed) != ring->given) {
        atomic_store_explicit(&ring->released, ring->given, memory_order_release);
    }
}

void ring_rewind(struct ring *ring)
{
    ring->given = atomic_load_explicit(&ring->released, memory_order_relaxed);
}

bool ring_empty(struct ring *ring)
{
    refresh_published(ring);
    return ring->given == ring->published_seen;
}

bool ring_is_grown(const struct ring *ring)
{
    return ring->touched_bytes > 2 * LOW_BYTES;
}

void ring_trim(struct ring *ring)
{
    ring->touched_bytes = 0;
    /* Acquire for the same reason as in has_free(): dropping a page is a write to it. */
    ring->released_seen = atomic_load_explicit(&ring->released, memory_order_acquire);
    /* The free room is [reserved, released + capacity): in memory one or two pieces. */
    uint64_t begin = (ring->reserved + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
    uint64_t end = (ring->released_seen + ring->capacity) & ~(uint64_t)(PAGE_BYTES - 1);
    while (begin < end) {
        size_t offset = offset_of(ring, begin);
        size_t piece = ring->capacity - offset;
        if (piece > end - begin) {
            piece = (size_t)(end - begin);
        }
        /* Failure only means that the memory stays. */
        (void)madvise(ring->data + offset, piece, MADV_DONTNEED);
        begin += piece;
    }
}

size_t ring_used_bytes(const struct ring *ring)
{
    /* released first: it cannot pass a published that is read after it. */
    uint64_t released = atomic_load_explicit(&ring->released, memory_order_acquire);
    uint64_t published = atomic_load_explicit(&ring->published, memory_order_acquire);
    return (size_t)(published - released);
}
