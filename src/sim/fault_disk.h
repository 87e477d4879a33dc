/*
 * A disk in memory that can fail: any operation, for a while or for ever, and with a crash that
 * loses, tears or keeps what was written and not yet flushed. The same seed and the same calls give
 * the same bytes. fault_vfs.h puts SQLite on it.
 *
 * What a flush promises here is what POSIX promises and no more: a file's bytes are on the disk
 * after its flush, its name only after the directory's. A flush that has failed has lost what it
 * was to flush: it stays readable until the crash, and a later flush that succeeds does not bring
 * it to the disk (as on Linux).
 *
 * One thread at a time; fault_vfs.c takes a lock for all that SQLite does.
 */
#ifndef MADANG_SIM_FAULT_DISK_H
#define MADANG_SIM_FAULT_DISK_H

#include "base/bytes.h"

enum fault_op {
    FAULT_OPEN,
    FAULT_READ,
    FAULT_WRITE,
    FAULT_FLUSH,
    FAULT_TRUNCATE,
    FAULT_DELETE,
    FAULT_SHARE, /* Shared memory grows. */
    FAULT_LOCK,
    FAULT_OP_COUNT,
};

#define FAULT_BIT(op) (1U << (op))
#define FAULT_ALL ((1U << FAULT_OP_COUNT) - 1)
/* What a disk without room does not do. */
#define FAULT_GROWING (FAULT_BIT(FAULT_WRITE) | FAULT_BIT(FAULT_OPEN) | FAULT_BIT(FAULT_SHARE))

struct fault_plan {
    uint32_t ops;   /* Which operations count and fail: FAULT_BIT()s. */
    uint64_t first; /* The first to fail; 1 is the next one. 0: none. */
    uint64_t count; /* How many fail in a row; UINT64_MAX: all from then on. */
    int code;       /* What the VFS answers; 0: what fits the operation. */
    bool dies;      /* The process dies there: nothing is done any more until fault_disk_crash(). */
};

/* What a crash does to what was not flushed. */
enum fault_loss {
    FAULT_LOSS_NONE, /* Nothing: only the process has died. */
    FAULT_LOSS_SOME, /* Each write is kept, lost, or torn at sectors, by chance. */
    FAULT_LOSS_ALL,
};

struct fault_disk;

/* NULL when there is no memory. */
struct fault_disk *fault_disk_new(uint64_t seed);
/* No file is open any more. NULL is fine. */
void fault_disk_free(struct fault_disk *disk);

/* Replaces the plan; all zero: nothing fails. */
void fault_disk_plan(struct fault_disk *disk, const struct fault_plan *plan);
/* While it is paused nothing is counted and nothing fails: for looking at the files. */
void fault_disk_pause(struct fault_disk *disk, bool paused);
/* How many operations of these kinds there have been since the plan was set. */
uint64_t fault_disk_op_count(const struct fault_disk *disk, uint32_t ops);
/* How often the plan has struck. */
uint64_t fault_disk_fail_count(const struct fault_disk *disk);
/* What all files together may hold; UINT64_MAX at first. */
void fault_disk_capacity_set(struct fault_disk *disk, uint64_t bytes);

/* Ends the plan; what is open becomes useless, and can only be closed. */
void fault_disk_crash(struct fault_disk *disk, enum fault_loss loss);

/* The file's bytes as a reader sees them; borrowed until something is done to the disk. False when
 * there is no such file. */
bool fault_disk_look(const struct fault_disk *disk, const char *name, struct text *out);
/* Replaces or makes a file, flushed. ERR_MEMORY, ERR_LIMIT (names, files). */
MUST_USE enum error fault_disk_put(struct fault_disk *disk, const char *name, struct text content);
/* Flushed. Fine when there is no such file. */
void fault_disk_remove(struct fault_disk *disk, const char *name);

/* The rest is for fault_vfs.c. */

struct fault_file;

enum fault_verdict {
    FAULT_GO,    /* Do it. */
    FAULT_FAIL,  /* Do not, or only in part. */
    FAULT_DYING, /* The same, and the process dies in it. */
    FAULT_DEAD,  /* The process is dead: do nothing. */
};

/* Counts an operation and says whether it is to fail. */
enum fault_verdict fault_disk_step(struct fault_disk *disk, enum fault_op op);
int fault_disk_plan_code(const struct fault_disk *disk);
/* Raised by every crash. */
uint64_t fault_disk_generation(const struct fault_disk *disk);
uint64_t fault_disk_random(struct fault_disk *disk);

/* How much of a write that fails is done all the same: none, all, or up to the end of a sector. */
size_t fault_disk_part(struct fault_disk *disk, uint64_t offset, size_t count);

/* ERR_NOT_FOUND, ERR_MEMORY, ERR_LIMIT. Each open needs a close. */
MUST_USE enum error fault_disk_open(struct fault_disk *disk, const char *name, bool create,
                                    struct fault_file **out);
void fault_disk_close(struct fault_disk *disk, struct fault_file *file);
/* Without flushing the directory a crash may bring it back. ERR_NOT_FOUND. */
MUST_USE enum error fault_disk_delete(struct fault_disk *disk, const char *name, bool flush);
/* Names made and deleted so far are on the disk. */
void fault_disk_flush_names(struct fault_disk *disk);

struct text fault_file_text(const struct fault_file *file);
/* ERR_MEMORY, ERR_DISK_FULL: nothing was done. */
MUST_USE enum error fault_file_write(struct fault_disk *disk, struct fault_file *file,
                                     uint64_t offset, struct text data);
MUST_USE enum error fault_file_truncate(struct fault_disk *disk, struct fault_file *file,
                                        uint64_t bytes);
void fault_file_flush(struct fault_file *file);
/* What a failed flush does. */
void fault_file_flush_fail(struct fault_file *file);
/* Room for what the VFS keeps about a file: memory that mem_free() releases together with it. */
void **fault_file_slot(struct fault_file *file);

#endif
