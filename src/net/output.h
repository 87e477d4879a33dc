/*
 * What a connection still has to be sent: an ordered list of segments, each a range of a chain of
 * chunks. Neighbouring ranges of one log are one segment. A connection that is not behind has no
 * list and costs no memory for it. One thread.
 */
#ifndef MADANG_NET_OUTPUT_H
#define MADANG_NET_OUTPUT_H

#include "net/chunk.h"

#include <sys/uio.h>

/* Bytes from chunk->data[from] on, through the chunks behind it. Holds one reference to chunk. */
struct segment {
    struct chunk *chunk;
    uint32_t from;
    uint32_t count;
    uint64_t log; /* The log's number, 0 for private bytes. */
    uint64_t end; /* Place in the log behind the last byte. */
};

/* All zero is an empty one. */
struct output {
    struct segment *segments;
    uint32_t first; /* Those before it are sent. */
    uint32_t segment_count;
    uint32_t segment_capacity;
    uint32_t bytes; /* In all segments. */
};

/* Gives everything back. */
void output_finish(struct output *output, struct chunk_pool *pool);

static inline bool output_empty(const struct output *output)
{
    return output->bytes == 0;
}

/*
 * Adds the range; takes a reference of its own on chunk. merge: when it goes on just where the last
 * segment of the same log ended, lengthens that one. ERR_MEMORY; ERR_LIMIT when the list is too
 * long to be kept.
 */
MUST_USE enum error output_add(struct output *output, const struct segment *segment, bool merge);
/* Adds private bytes (count >= 1), copied; with merge, behind private ones that stand last in one
 * chunk with them. ERR_MEMORY, ERR_LIMIT. */
MUST_USE enum error output_add_private(struct output *output, struct chunk_pool *pool,
                                       struct text bytes, bool merge);

/* Keeps only the rest of the first line; with separate, of the first segment. */
void output_cut(struct output *output, struct chunk_pool *pool, bool separate);

/* Fills pieces (room for piece_max) from the front, of at most segment_max segments; returns how
 * many. */
uint32_t output_pieces(const struct output *output, struct iovec *pieces, uint32_t piece_max,
                       uint32_t segment_max);
/* That many bytes from the front are sent. */
void output_sent(struct output *output, struct chunk_pool *pool, size_t count);

#endif
