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
#include "model/row.h"

#include <stdbool.h>

enum journal_sync {
    JOURNAL_SYNC_ALWAYS,   /* A commit returns when it is on the disk. */
    JOURNAL_SYNC_INTERVAL, /* Flushed by journal_maintain() every second: a power cut may take the
                              last second. */
    JOURNAL_SYNC_NEVER, /* The system flushes when it likes: a power cut may take more, or the file.
                         */
};

struct journal_options {
    const char *directory; /* Exists, 0700. The file is directory/madang.db. */
    /* SQLite's name of a VFS, for tests and the simulator; NULL is the default one. With another
       one, the owner, kind and mode of the files are not looked at. */
    const char *vfs;
    enum journal_sync sync;
    /* The WAL is copied back by a thread of the journal's own. False, for the simulator:
       journal_maintain() copies it, so that the same calls always do the same. */
    bool checkpoint_thread;
    /* The WAL gets its first room (JOURNAL_FILL_BYTES) when it is opened, so that no commit has to
       make it grow. False for tests that open many stores. */
    bool fill_wal;
    /* Each 0: as model/limits.h has it. */
    uint64_t checkpoint_bytes; /* A WAL that has grown by as much is copied back. */
    uint64_t wal_bytes_max;    /* Beyond it a commit does the copying, and the WAL begins anew. */
    uint64_t check_bytes_max;  /* A larger store is checked only in part when it is opened. */
};

/* What the last group was. */
struct journal_mark {
    uint64_t seq; /* 0 when nothing was ever stored. */
    int64_t time_ms;
    uint64_t seed; /* Drawn once when the file was made; for the core's hash tables. */
};

struct journal;

/*
 * Opens or makes the store, sets *out and *out_mark. seed is used when the file is made. A store of
 * an older madang is brought to the tables of this one, after a copy of it was made beside it
 * (madang.db.v1).
 *
 * *problem is cleared first. On failure it holds one English sentence for the operator that names
 * the file, and the database and its WAL are as they were. ERR_DAMAGED: not SQLite, not madang's,
 * fails its check, or its WAL has lost groups that were stored; ERR_VERSION: from a newer madang;
 * ERR_DENIED, also for a symbolic link, another owner or something that is no file; ERR_IO,
 * ERR_DISK_FULL, ERR_SYNC, ERR_BUSY, ERR_MEMORY, ERR_LIMIT (the path is too long, no more
 * threads), ERR_NOT_FOUND (no such VFS). On success it may hold sentences, each ended by a newline,
 * that the operator should see: what an interrupted run left behind, records that do not match
 * their check sums.
 *
 * Files are made 0600 whatever the umask. One server a directory: the caller sees to that. SQLite's
 * process-wide settings are left as they are: it must have been built thread-safe (any mode but
 * single-thread), and each connection here is used by one thread at a time, without SQLite's locks.
 */
MUST_USE enum error journal_sqlite_open(const struct journal_options *options, uint64_t seed,
                                        struct journal **out, struct journal_mark *out_mark,
                                        struct bytes *problem);
/* NULL when there is no memory. */
struct journal *journal_memory_new(void);
/* Never loses what was committed; a group that was begun is given up. NULL is fine. */
void journal_free(struct journal *journal);

/*
 * Reads the state that was put and not dropped since (ROW_STATE_FIRST and on, no drops), and gives
 * it to take row by row: each channel, and then what belongs to it; the bans of the server last.
 * What the row points to is borrowed for the call. Records that do not match their check sums are
 * left out, with what belongs to them; the opening has named them. Between groups, as a rule right
 * after the opening. ERR_MEMORY, ERR_BUSY, ERR_IO: not all was given; ERR_DAMAGED: nor will it be.
 */
MUST_USE enum error journal_load(struct journal *journal,
                                 void (*take)(void *context, const struct row *row), void *context);

/*
 * A group: begin, put as often as wanted, commit. After any error the group is rolled back entirely
 * and may be begun again with the same rows: ERR_DISK_FULL, ERR_IO, ERR_BUSY, ERR_MEMORY and
 * ERR_DENIED mean "try again later". ERR_SYNC means that a flush failed, ERR_DAMAGED that the store
 * holds something else than was written to it: this journal is done, and every later call says so
 * again. A group that failed with anything but ERR_SYNC is not in the store; if the process ends
 * before it is tried again it may be there, whole, at the next start.
 */
MUST_USE enum error journal_begin(struct journal *journal);
/*
 * The row's seq is larger than the last committed one; at most one ROW_MESSAGE has it. ROW_NONE
 * stores nothing. Rows of state replace the one of the same channel, list and mask, or key, to the
 * byte; a drop of what is not there is fine.
 */
MUST_USE enum error journal_put(struct journal *journal, const struct row *row);
/* Also stores seq and time as the last of the group. seq is larger than the last committed one, and
 * none of the group's rows has a larger one; it is below 2^63. */
MUST_USE enum error journal_commit(struct journal *journal, uint64_t seq, int64_t time_ms);
/* Gives up the group that was begun; fine when there is none. */
void journal_rollback(struct journal *journal);

/*
 * Housekeeping between groups, called about once a second: flushes (JOURNAL_SYNC_INTERVAL), and has
 * the WAL copied back when that is due. The copying is done by a thread of the journal's own, so
 * that commits do not wait for it (but see checkpoint_thread); ERR_SYNC and ERR_DAMAGED are as
 * for groups, any other error is tried again by the next call. The WAL stays within twice
 * wal_bytes_max and a group, except while another program holds a read transaction open: then it
 * grows until that ends.
 */
MUST_USE enum error journal_maintain(struct journal *journal);

/* A sentence for the operator about the last error; borrowed until the next call. */
const char *journal_problem(const struct journal *journal);

#endif
