/*
 * The journal keeps what lasts, in groups: either all rows of a group and the number of its last
 * entry are on the disk, or none. One implementation is SQLite (journal_sqlite_open), one keeps
 * nothing but numbers (journal_memory_new, for tests). All functions of one journal: one thread at
 * a time, the journal thread's.
 */
#ifndef MADANG_JOURNAL_JOURNAL_H
#define MADANG_JOURNAL_JOURNAL_H

#include "base/bytes.h"
#include "base/error.h"
#include "model/effect.h"

enum journal_sync {
    JOURNAL_SYNC_ALWAYS,   /* A commit returns when it is on the disk. */
    JOURNAL_SYNC_INTERVAL, /* Flushed by journal_maintain() every second: a power cut may take the
                              last second. */
    JOURNAL_SYNC_NEVER, /* The system flushes when it likes: a power cut may take more, or the file.
                         */
};

struct journal_options {
    const char *directory; /* Exists, 0700. The file is directory/madang.db. */
    const char
        *vfs; /* SQLite's name of a VFS, for tests and the simulator; NULL is the default one. */
    enum journal_sync sync;
};

/* What the last group was. */
struct journal_mark {
    uint64_t seq; /* 0 when nothing was ever stored. */
    int64_t time_ms;
    uint64_t seed; /* Drawn once when the file was made; for the core's hash tables. */
};

struct journal;

/*
 * Opens or makes the store, sets *out and *out_mark. On failure *problem (cleared first) holds one
 * English sentence for the operator that names the file, and the file is as it was. ERR_DAMAGED:
 * not SQLite, not madang's, or fails its check; ERR_VERSION: from a newer madang; ERR_DENIED,
 * ERR_IO, ERR_DISK_FULL, ERR_BUSY, ERR_MEMORY. Refuses symbolic links; files are made 0600. seed is
 * used when the file is made.
 */
MUST_USE enum error journal_sqlite_open(const struct journal_options *options, uint64_t seed,
                                        struct journal **out, struct journal_mark *out_mark,
                                        struct bytes *problem);
/* NULL when there is no memory. */
struct journal *journal_memory_new(void);
/* Never loses what was committed. NULL is fine. */
void journal_free(struct journal *journal);

/*
 * A group: begin, put as often as wanted, commit. After any error the group is rolled back entirely
 * and may be begun again with the same rows: ERR_DISK_FULL, ERR_IO, ERR_BUSY, ERR_MEMORY mean "try
 * again later". ERR_SYNC means that a flush failed: this journal is done, nothing more may be
 * acknowledged.
 */
MUST_USE enum error journal_begin(struct journal *journal);
MUST_USE enum error journal_put(struct journal *journal, const struct row *row);
/* Also stores seq and time as the last of the group. seq is larger than the last committed one. */
MUST_USE enum error journal_commit(struct journal *journal, uint64_t seq, int64_t time_ms);
/* Gives up the group that was begun; fine when there is none. */
void journal_rollback(struct journal *journal);

/*
 * Housekeeping between groups, called about once a second: flushes (JOURNAL_SYNC_INTERVAL). The WAL
 * is copied back by a thread of the journal's own, so that commits do not wait for it, and its size
 * is bounded.
 */
MUST_USE enum error journal_maintain(struct journal *journal);

/* A sentence for the operator about the last error; borrowed until the next call. */
const char *journal_problem(const struct journal *journal);

#endif
