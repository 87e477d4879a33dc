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
 * The mark of a group's end and the salts behind it may lie in two sectors. Then a power cut can
 * leave the mark of an older frame with the salts of a newer one.
 */
static bool mark_is_of_frame(int64_t offset)
{
    return offset % SECTOR_BYTES + 16 <= SECTOR_BYTES;
}

static bool frame_ends_group(const unsigned char *frame)
{
    return big_endian_read(frame + 4) != 0;
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
        if (!frame_is_current(walk, frame)) {
            break;
        }
        sum_add(walk, frame, 8);
        sum_add(walk, frame + WAL_FRAME_BYTES, walk->page_bytes);
        if (!sum_matches(walk, frame + 16)) {
            break;
        }
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

/*
 * Looks at what lies behind the frames that SQLite will take. Each group is on the disk before the
 * next is written, so a crash leaves at most one that is torn. When the end of a group is there and
 * then yet another frame, a group has been damaged that had been whole.
 */
static enum error tail_walk(struct wal_walk *walk, int64_t first, struct wal_look *look)
{
    static const unsigned char zeros[WAL_FRAME_BYTES];
    bool group_ended = false;
    for (int64_t index = first;; index++) {
        unsigned char *frame = walk->frame;
        enum error error =
            store_file_read(&walk->file, frame, WAL_FRAME_BYTES, frame_offset(walk, index));
        if (error == ERR_NOT_FOUND) {
            break;
        }
        if (error != ERR_OK) {
            return error;
        }
        if (index == first && memcmp(frame, zeros, sizeof(zeros)) == 0) {
            look->unfinished = true;
        }
        if (!frame_is_current(walk, frame)) {
            continue;
        }
        look->unfinished = true;
        if (group_ended) {
            look->groups_lost = true;
            look->damaged_at = frame_offset(walk, first);
            break;
        }
        group_ended = frame_ends_group(frame) && mark_is_of_frame(frame_offset(walk, index));
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
