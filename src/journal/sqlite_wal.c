/*
 * Reads a WAL before SQLite does. SQLite takes a WAL up to the first frame that does not fit and
 * silently leaves out the rest: right after a crash, where the rest was never acknowledged, and
 * wrong after a flipped bit, where whole groups come behind it. This tells the two apart.
 *
 * The format: SQLite's "Database File Format", section 4, "The Write-Ahead Log".
 */
#include "base/mem.h"
#include "journal/sqlite_store.h"

#include <string.h>

#define WAL_HEADER_BYTES 32
#define WAL_FRAME_BYTES 24
#define SECTOR_BYTES 512
#define WAL_MAGIC 0x377F0682U
#define WAL_PAGE_BYTES_MIN 512
#define WAL_PAGE_BYTES_MAX 65536

struct wal_walk {
    struct store_file file;
    uint32_t page_bytes;
    bool big_endian; /* How the words are read that are summed up. */
    uint32_t sum[2];
    unsigned char salt[8];
    unsigned char *frame; /* One frame, header and page. */
};

static uint32_t big_endian_read(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t little_endian_read(const unsigned char *at)
{
    return (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

/* Goes on with the running sum over count bytes, a multiple of 8. */
static void sum_add(struct wal_walk *walk, const unsigned char *data, size_t count)
{
    for (size_t at = 0; at < count; at += 8) {
        uint32_t first =
            walk->big_endian ? big_endian_read(data + at) : little_endian_read(data + at);
        uint32_t second =
            walk->big_endian ? big_endian_read(data + at + 4) : little_endian_read(data + at + 4);
        walk->sum[0] += first + walk->sum[1];
        walk->sum[1] += second + walk->sum[0];
    }
}

/* The sum as a frame's header holds it. */
static void sum_of_frame(const unsigned char *frame, uint32_t out_sum[2])
{
    out_sum[0] = big_endian_read(frame + 16);
    out_sum[1] = big_endian_read(frame + 20);
}

static bool sum_matches(const struct wal_walk *walk, const unsigned char *stored)
{
    return walk->sum[0] == big_endian_read(stored) && walk->sum[1] == big_endian_read(stored + 4);
}

/* Reads the header. False when SQLite would take nothing from this file. */
static bool header_accept(struct wal_walk *walk, const unsigned char *header)
{
    uint32_t magic = big_endian_read(header);
    uint32_t page_bytes = big_endian_read(header + 8);
    if ((magic & ~1U) != WAL_MAGIC || page_bytes < WAL_PAGE_BYTES_MIN ||
        page_bytes > WAL_PAGE_BYTES_MAX || (page_bytes & (page_bytes - 1)) != 0) {
        return false;
    }
    walk->big_endian = (magic & 1U) != 0;
    walk->page_bytes = page_bytes;
    memcpy(walk->salt, header + 16, sizeof(walk->salt));
    sum_add(walk, header, 24);
    return sum_matches(walk, header + 24);
}

static int64_t frame_offset(const struct wal_walk *walk, int64_t index)
{
    return WAL_HEADER_BYTES + index * (int64_t)(WAL_FRAME_BYTES + walk->page_bytes);
}

/* A frame written since the WAL began anew the last time; older ones lie behind it. */
static bool frame_is_current(const struct wal_walk *walk, const unsigned char *frame)
{
    return memcmp(frame + 8, walk->salt, sizeof(walk->salt)) == 0 && big_endian_read(frame) != 0;
}

/*
 * The mark of a group's end, the salts and the sum may lie in two sectors. Then a power cut can
 * leave the mark of an older frame with the sum of a newer one.
 */
static bool mark_is_of_frame(int64_t offset)
{
    return offset % SECTOR_BYTES + WAL_FRAME_BYTES <= SECTOR_BYTES;
}

static bool frame_ends_group(const unsigned char *frame)
{
    return big_endian_read(frame + 4) != 0;
}

/* The sum of the frame in walk->frame, behind one with the sum before. */
static void frame_sum(const struct wal_walk *walk, const uint32_t before[2], uint32_t out_sum[2])
{
    struct wal_walk here = *walk;
    here.sum[0] = before[0];
    here.sum[1] = before[1];
    sum_add(&here, walk->frame, 8);
    sum_add(&here, walk->frame + WAL_FRAME_BYTES, walk->page_bytes);
    out_sum[0] = here.sum[0];
    out_sum[1] = here.sum[1];
}

/* The frame was written behind one with the sum before. */
static bool frame_follows(const struct wal_walk *walk, const uint32_t before[2])
{
    uint32_t sum[2];
    uint32_t stored[2];
    frame_sum(walk, before, sum);
    sum_of_frame(walk->frame, stored);
    return sum[0] == stored[0] && sum[1] == stored[1];
}

/* Goes over the frames that SQLite will take. *out_index becomes the first that it will not. */
static enum error frames_walk(struct wal_walk *walk, struct wal_look *look, int64_t *out_index)
{
    struct wal_look pending = *look;
    int64_t index = 0;
    int64_t group_end = 0;
    int frame_bytes = (int)(WAL_FRAME_BYTES + walk->page_bytes);
    for (;; index++) {
        unsigned char *frame = walk->frame;
        enum error error =
            store_file_read(&walk->file, frame, frame_bytes, frame_offset(walk, index));
        if (error == ERR_NOT_FOUND) {
            break;
        }
        if (error != ERR_OK) {
            return error;
        }
        if (!frame_is_current(walk, frame) || !frame_follows(walk, walk->sum)) {
            break;
        }
        sum_of_frame(frame, walk->sum);
        if (big_endian_read(frame) == 1) {
            pending.has_header = true;
            pending.version = big_endian_read(frame + WAL_FRAME_BYTES + 60);
            pending.application_id = big_endian_read(frame + WAL_FRAME_BYTES + 68);
        }
        if (frame_ends_group(frame)) {
            pending.holds_groups = true;
            *look = pending;
            group_end = index + 1;
        }
    }
    look->unfinished = index > group_end;
    *out_index = index;
    return ERR_OK;
}

/* What is known of the frame before, behind the first that SQLite will not take. */
struct tail {
    uint32_t sum[2];      /* As its header holds it. */
    uint32_t computed[2]; /* As it should be; of the first frame only. */
    bool is_first;
    bool ends_group; /* Its mark says so, and is to be believed when its header's sum is. */
    bool marked;     /* The same when the computed sum is the right one. */
};

static void tail_begin(struct wal_walk *walk, int64_t offset, struct tail *tail)
{
    const unsigned char *frame = walk->frame;
    frame_sum(walk, walk->sum, tail->computed);
    sum_of_frame(frame, tail->sum);
    tail->is_first = true;
    tail->marked = frame_ends_group(frame);
    tail->ends_group = tail->marked && mark_is_of_frame(offset);
}

/* Goes on to the frame in walk->frame. True when it was written behind a group that had ended: then
 * that group was stored. */
static bool tail_step(struct wal_walk *walk, struct tail *tail)
{
    const unsigned char *frame = walk->frame;
    bool by_header = frame_follows(walk, tail->sum);
    bool by_content = tail->is_first && frame_follows(walk, tail->computed);
    bool is_behind_group = (by_header && tail->ends_group) || (by_content && tail->marked);
    *tail = (struct tail){.ends_group = (by_header || by_content) && frame_ends_group(frame)};
    sum_of_frame(frame, tail->sum);
    return is_behind_group && frame_is_current(walk, frame);
}

/*
 * Looks at what lies behind the frames that SQLite will take. That may be a torn group, or what was
 * written of groups that failed. But each frame's sum goes on from that of the frame before, and
 * behind the end of a group only a frame of the next one does; it is written when the group is on
 * the disk. So where that is found, a group has been damaged that had been whole.
 */
static enum error tail_walk(struct wal_walk *walk, int64_t first, struct wal_look *look)
{
    static const unsigned char zeros[WAL_FRAME_BYTES];
    struct tail tail = {0};
    int frame_bytes = (int)(WAL_FRAME_BYTES + walk->page_bytes);
    for (int64_t index = first;; index++) {
        unsigned char *frame = walk->frame;
        enum error error =
            store_file_read(&walk->file, frame, frame_bytes, frame_offset(walk, index));
        if (error == ERR_NOT_FOUND) {
            break;
        }
        if (error != ERR_OK) {
            return error;
        }
        look->unfinished = look->unfinished || frame_is_current(walk, frame) ||
                           (index == first && memcmp(frame, zeros, sizeof(zeros)) == 0);
        if (index == first) {
            tail_begin(walk, frame_offset(walk, first), &tail);
        } else if (tail_step(walk, &tail)) {
            look->groups_lost = true;
            look->damaged_at = frame_offset(walk, first);
            break;
        }
    }
    /* Cut within that very frame. */
    if (walk->file.bytes > frame_offset(walk, first) &&
        walk->file.bytes < frame_offset(walk, first + 1)) {
        look->unfinished = true;
    }
    return ERR_OK;
}

enum error wal_look(const struct store_names *names, struct wal_look *out)
{
    struct wal_walk walk = {0};
    struct wal_look look = {0};
    unsigned char header[WAL_HEADER_BYTES];
    int64_t index = 0;
    enum error error = store_file_open(names, SQLITE_OPEN_WAL, &walk.file);
    if (error != ERR_OK) {
        return error;
    }
    look.there = walk.file.file != NULL;
    error = store_file_read(&walk.file, header, sizeof(header), 0);
    if (error == ERR_OK && !header_accept(&walk, header)) {
        /* SQLite flushes the header before the first frame, and takes nothing without it. */
        look.groups_lost = walk.file.bytes > WAL_HEADER_BYTES;
        error = ERR_NOT_FOUND;
    }
    if (error != ERR_OK) {
        goto done;
    }
    walk.frame = mem_alloc(WAL_FRAME_BYTES + walk.page_bytes);
    if (walk.frame == NULL) {
        error = ERR_MEMORY;
        goto done;
    }
    error = frames_walk(&walk, &look, &index);
    if (error == ERR_OK) {
        error = tail_walk(&walk, index, &look);
    }
done:
    if (error == ERR_OK || error == ERR_NOT_FOUND) {
        *out = look;
        error = ERR_OK;
    }
    mem_free(walk.frame);
    store_file_close(&walk.file);
    return error;
}
