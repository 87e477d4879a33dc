/* The list of segments. */
#include "net/output.h"

#include "base/check.h"
#include "base/mem.h"

#include <string.h>

/* Far above what OUTPUT_BYTES_MAX of ordinary lines need; reached only by someone who is about to
 * be dropped anyway. */
#define SEGMENTS_MAX 8192
/* Answers come line by line, and several of them at once. */
#define PRIVATE_CHUNK_BYTES 1000

void output_finish(struct output *output, struct chunk_pool *pool)
{
    for (uint32_t i = output->first; i < output->segment_count; i++) {
        chunk_give(pool, output->segments[i].chunk);
    }
    mem_free(output->segments);
    *output = (struct output){0};
}

static enum error output_make_room(struct output *output)
{
    if (output->segment_count < output->segment_capacity) {
        return ERR_OK;
    }
    uint32_t live = output->segment_count - output->first;
    if (output->first > 0 && live <= output->segment_capacity / 2) {
        memmove(output->segments, output->segments + output->first, live * sizeof(struct segment));
        output->first = 0;
        output->segment_count = live;
        return ERR_OK;
    }
    if (live >= SEGMENTS_MAX) {
        return ERR_LIMIT;
    }
    uint32_t capacity = output->segment_capacity == 0 ? 4 : output->segment_capacity * 2;
    struct segment *segments = mem_realloc(output->segments, capacity * sizeof(struct segment));
    if (segments == NULL) {
        return ERR_MEMORY;
    }
    output->segments = segments;
    output->segment_capacity = capacity;
    return ERR_OK;
}

enum error output_add(struct output *output, const struct segment *segment, bool merge)
{
    check(segment->count > 0);
    if (merge && segment->log != 0 && output->segment_count > output->first) {
        struct segment *last = &output->segments[output->segment_count - 1];
        if (last->log == segment->log && last->end + segment->count == segment->end) {
            last->count += segment->count;
            last->end = segment->end;
            output->bytes += segment->count;
            return ERR_OK;
        }
    }
    enum error error = output_make_room(output);
    if (error != ERR_OK) {
        return error;
    }
    output->segments[output->segment_count++] = *segment;
    output->bytes += segment->count;
    chunk_take(segment->chunk);
    return ERR_OK;
}

/* Whether the bytes fit behind the last segment, which nobody else has a part of. */
static bool output_extend(struct output *output, struct text bytes)
{
    if (output->segment_count == output->first) {
        return false;
    }
    struct segment *last = &output->segments[output->segment_count - 1];
    struct chunk *chunk = last->chunk;
    if (last->log != 0 || chunk->references != 1 || last->from + last->count != chunk->used ||
        chunk->capacity - chunk->used < bytes.count) {
        return false;
    }
    memcpy(chunk->data + chunk->used, bytes.data, bytes.count);
    chunk->used += (uint32_t)bytes.count;
    last->count += (uint32_t)bytes.count;
    output->bytes += (uint32_t)bytes.count;
    return true;
}

enum error output_add_private(struct output *output, struct chunk_pool *pool, struct text bytes,
                              bool merge)
{
    if (merge && output_extend(output, bytes)) {
        return ERR_OK;
    }
    struct chunk *chunk = chunk_of(bytes, merge ? PRIVATE_CHUNK_BYTES : 0);
    if (chunk == NULL) {
        return ERR_MEMORY;
    }
    struct segment segment = {.chunk = chunk, .count = (uint32_t)bytes.count};
    enum error error = output_add(output, &segment, false);
    chunk_give(pool, chunk);
    return error;
}

uint32_t output_pieces(const struct output *output, struct iovec *pieces, uint32_t piece_max,
                       uint32_t segment_max)
{
    uint32_t piece_count = 0;
    uint32_t segments_left = segment_max;
    for (uint32_t i = output->first; i < output->segment_count && segments_left > 0; i++) {
        const struct segment *segment = &output->segments[i];
        const struct chunk *chunk = segment->chunk;
        uint32_t from = segment->from;
        uint32_t left = segment->count;
        while (left > 0) {
            if (piece_count == piece_max) {
                return piece_count;
            }
            uint32_t here = chunk->used - from < left ? chunk->used - from : left;
            if (here > 0) {
                pieces[piece_count].iov_base = (char *)(uintptr_t)(chunk->data + from);
                pieces[piece_count].iov_len = here;
                piece_count++;
            }
            left -= here;
            from = 0;
            chunk = chunk->next;
        }
        segments_left--;
    }
    return piece_count;
}

/* Bytes of the segment up to and with its first newline; all of them when it has none. */
static uint32_t segment_line_bytes(const struct segment *segment)
{
    const struct chunk *chunk = segment->chunk;
    uint32_t from = segment->from;
    uint32_t passed = 0;
    while (passed < segment->count) {
        uint32_t left = segment->count - passed;
        uint32_t here = chunk->used - from < left ? chunk->used - from : left;
        const char *newline = memchr(chunk->data + from, '\n', here);
        if (newline != NULL) {
            return passed + (uint32_t)(newline - (chunk->data + from)) + 1;
        }
        passed += here;
        from = 0;
        chunk = chunk->next;
    }
    return segment->count;
}

void output_cut(struct output *output, struct chunk_pool *pool, bool separate)
{
    if (output_empty(output)) {
        return;
    }
    struct segment *first = &output->segments[output->first];
    if (!separate) {
        uint32_t kept = segment_line_bytes(first);
        first->end -= first->count - kept;
        first->count = kept;
    }
    output->bytes = first->count;
    while (output->segment_count > output->first + 1) {
        output->segment_count--;
        chunk_give(pool, output->segments[output->segment_count].chunk);
    }
}

/* Moves the segment's start on; its reference moves with it from chunk to chunk. */
static void segment_advance(struct segment *segment, struct chunk_pool *pool, uint32_t count)
{
    segment->count -= count;
    while (count > 0) {
        uint32_t here = segment->chunk->used - segment->from;
        if (count < here || (count == here && segment->count == 0)) {
            segment->from += count;
            return;
        }
        count -= here;
        struct chunk *passed = segment->chunk;
        segment->chunk = chunk_take(passed->next);
        segment->from = 0;
        chunk_give(pool, passed);
    }
}

void output_sent(struct output *output, struct chunk_pool *pool, size_t count)
{
    check(count <= output->bytes);
    output->bytes -= (uint32_t)count;
    while (count > 0) {
        struct segment *segment = &output->segments[output->first];
        if (count < segment->count) {
            segment_advance(segment, pool, (uint32_t)count);
            return;
        }
        count -= segment->count;
        chunk_give(pool, segment->chunk);
        output->first++;
    }
    if (output->bytes == 0) {
        check(output->first == output->segment_count);
        output_finish(output, pool);
    }
}
