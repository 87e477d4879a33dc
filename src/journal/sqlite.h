/* Private to the SQLite journal: one that runs. */
#ifndef MADANG_JOURNAL_SQLITE_H
#define MADANG_JOURNAL_SQLITE_H

#include "journal/checkpoint.h"
#include "journal/journal_ops.h"
#include "journal/sqlite_store.h"

struct sqlite_journal {
    struct journal base;
    sqlite3 *db;
    struct store_statements statements;
    struct store_state_row state;      /* As committed last. */
    struct checkpointer *checkpointer; /* NULL: journal_maintain() does it. */
    enum journal_sync sync;
    bool unflushed; /* JOURNAL_SYNC_INTERVAL: commits that are not on the disk yet. */
    /* All in pages of the WAL. */
    uint64_t wal_pages;        /* In it now. */
    uint64_t wal_pages_asked;  /* When it was last to be copied back. */
    uint64_t wal_pages_help;   /* From then on a commit copies it back. */
    uint64_t checkpoint_pages; /* It is copied back whenever it has grown by as much. */
    uint64_t wal_pages_max;
};

extern const struct journal_ops sqlite_ops;
/* For sqlite3_wal_hook(), with the journal as context: counts the WAL's pages. */
int sqlite_wal_hook(void *context, sqlite3 *db, const char *name, int pages);

#endif
