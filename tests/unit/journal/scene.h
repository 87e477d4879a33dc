/*
 * What the tests of the journal write, and how they look for it: the rows of an entry follow from
 * its number, so that a store can be compared with what must be in it, record by record.
 */
#ifndef MADANG_TESTS_SCENE_H
#define MADANG_TESTS_SCENE_H

#include "journal/journal.h"

#include "sim/fault_vfs.h"

#define SCENE_VFS "scene"
#define SCENE_DIRECTORY "/disk"
#define SCENE_FILE SCENE_DIRECTORY "/madang.db"
#define SCENE_WAL SCENE_FILE "-wal"
#define SCENE_SEED UINT64_C(0xFEDCBA9876543210)

/* Tests that try one fault after the other take each, or every so-many-th where a sanitizer makes
 * them slow and, as they have one thread, has little to find. */
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define SCENE_STRIDE 16
#else
#define SCENE_STRIDE 1
#endif

struct scene {
    struct fault_disk *disk;
    struct fault_vfs *vfs;
    struct journal *journal; /* NULL when none is open. */
    struct journal_options options;
    struct journal_mark mark;
    struct bytes problem;
    uint64_t stored; /* The last number that a commit has acknowledged. */
};

/* A new disk with nothing on it; options for small WALs and no thread. */
void scene_init(struct scene *scene, uint64_t seed);
void scene_finish(struct scene *scene);

/* The problem as a string. */
const char *scene_problem(struct scene *scene);
MUST_USE enum error scene_open(struct scene *scene);
/* Fails the test when it does not open. */
void scene_open_well(struct scene *scene);
void scene_close(struct scene *scene);

/* Up to this one an entry has rows that a store of version 1 could hold. */
#define SCENE_OLD_SEQ_MAX 16
/* Every so-many-th entry after them changes a kept channel. */
#define SCENE_KEPT_STEP 17
#define SCENE_KEPT TEXT("#kept")

/* The rows of entry seq; at most 2. Their texts live as long as memory. */
struct scene_memory {
    char text[MESSAGE_BYTES_MAX];
    char nick[NAME_BYTES_MAX];
    char channel[2][CHANNEL_BYTES_MAX];
    char extra[CHANNEL_BYTES_MAX];
};
size_t scene_rows(uint64_t seq, struct scene_memory *memory, struct row *out_rows);
int64_t scene_time_ms(uint64_t seq);

/* Puts the entries first to last as one group. */
MUST_USE enum error scene_group(struct journal *journal, uint64_t first, uint64_t last);
/* Stores the next count entries as one group; fails the test when that fails. */
void scene_store(struct scene *scene, uint64_t count);

/* Fails the test unless the database holds the rows of the entries 1 to last, each once, each as it
 * was put, the state that these have left, and nothing else. vfs NULL: a real file. */
void scene_verify(const char *vfs, const char *path, uint64_t last);

/* Makes a store of version 1 with the entries 1 to last, in the mode that SQLite opens files in, or
 * in WAL mode. */
void scene_make_old(const char *vfs, const char *path, uint64_t last, bool wal);
/* As scene_verify(), of such a store. */
void scene_verify_old(const char *vfs, const char *path, uint64_t last);

#endif
