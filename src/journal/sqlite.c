/*
 * The running SQLite journal: groups, and the care of its WAL.
 *
 * A group is one transaction. After any failure the transaction is rolled back: a half-written
 * group in the WAL has no valid end, the next group overwrites it, and a restart does not count it.
 */
#include "journal/sqlite.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static struct sqlite_journal *sqlite_of(struct journal *base)
{
    return (struct sqlite_journal *)base;
}

int sqlite_wal_hook(void *context, sqlite3 *db, const char *name, int pages)
{
    struct sqlite_journal *journal = context;
    (void)db;
    (void)name;
    if ((uint64_t)pages <= journal->wal_pages) {
        /* The WAL has begun anew. */
        journal->wal_pages_asked = 0;
        journal->wal_pages_help = journal->wal_pages_max;
    }
    journal->wal_pages = (uint64_t)pages;
    return SQLITE_OK;
}

/* Says what SQLite has just failed with; code is what it returned. */
static enum error say_failed(struct sqlite_journal *journal, const char *what, int code)
{
    enum error error = store_error(code);
    int cause = sqlite3_system_errno(journal->db);
    const char *file = sqlite3_db_filename(journal->db, "main");
    const char *words = sqlite3_errmsg(journal->db);
    if (cause != 0 && (error == ERR_IO || error == ERR_DISK_FULL || error == ERR_SYNC)) {
        words = strerror(cause);
    }
    (void)snprintf(journal->base.problem, sizeof(journal->base.problem), "%s: %s: %s (%s, %d)",
                   file == NULL ? "" : file, what, error_name(error), words, code);
    return error;
}

static void transaction_end(struct sqlite_journal *journal)
{
    /* SQLite has often rolled back by itself. */
    if (!sqlite3_get_autocommit(journal->db)) {
        (void)store_run(&journal->statements, STATEMENT_ROLLBACK);
    }
}

static enum error group_failed(struct sqlite_journal *journal, const char *what, int code)
{
    enum error error = say_failed(journal, what, code);
    transaction_end(journal);
    return error;
}

/* What the thread has met. */
static enum error verdict_look(struct sqlite_journal *journal)
{
    if (journal->checkpointer == NULL) {
        return ERR_OK;
    }
    enum error error = checkpointer_verdict(journal->checkpointer);
    if (error != ERR_OK) {
        (void)snprintf(journal->base.problem, sizeof(journal->base.problem),
                       "%s: the WAL could not be copied back: %s",
                       sqlite3_db_filename(journal->db, "main"), error_name(error));
    }
    return error;
}

static enum error sqlite_begin(struct journal *base)
{
    struct sqlite_journal *journal = sqlite_of(base);
    enum error error = verdict_look(journal);
    if (error != ERR_OK) {
        return error;
    }
    /* A rollback that failed for want of memory is made up for. */
    transaction_end(journal);
    /* The lock is taken now, so that a group is not built up in vain. */
    int code = store_run(&journal->statements, STATEMENT_BEGIN);
    return code == SQLITE_DONE ? ERR_OK : group_failed(journal, "cannot begin a group", code);
}

static enum error sqlite_put(struct journal *base, const struct row *row)
{
    struct sqlite_journal *journal = sqlite_of(base);
    int code = store_put_row(&journal->statements, row);
    return code == SQLITE_DONE ? ERR_OK : group_failed(journal, "cannot store a record", code);
}

static enum error sqlite_load(struct journal *base,
                              void (*take)(void *context, const struct row *row), void *context)
{
    struct sqlite_journal *journal = sqlite_of(base);
    int code = store_load(journal->db, take, context);
    return code == SQLITE_OK ? ERR_OK : say_failed(journal, "cannot read the state", code);
}

/*
 * Copies the whole WAL back, so that the next group begins it anew: the thread copies only what was
 * there when its pass began, and under steady load never reaches the end. A failure here takes
 * nothing back from the group that was just stored.
 */
static void wal_help(struct sqlite_journal *journal)
{
    if (journal->checkpointer != NULL && checkpointer_is_busy(journal->checkpointer)) {
        /* It holds the lock that is needed here; the next commit tries again. */
        if (journal->wal_pages < 2 * journal->wal_pages_max) {
            return;
        }
        checkpointer_wait(journal->checkpointer);
    }
    int code = sqlite3_wal_checkpoint_v2(journal->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    if (code != SQLITE_OK) {
        enum error error = say_failed(journal, "cannot copy the WAL back", code);
        if (error == ERR_SYNC || error == ERR_DAMAGED) {
            journal->base.done = error;
        }
        /* Most likely another program reads: not again at every commit. */
        journal->wal_pages_help = journal->wal_pages + journal->checkpoint_pages;
    }
}

static void wal_tend(struct sqlite_journal *journal)
{
    if (journal->wal_pages >= journal->wal_pages_help) {
        wal_help(journal);
    } else if (journal->checkpointer != NULL &&
               journal->wal_pages - journal->wal_pages_asked >= journal->checkpoint_pages) {
        journal->wal_pages_asked = journal->wal_pages;
        checkpointer_ask(journal->checkpointer);
    }
}

static enum error sqlite_commit(struct journal *base, uint64_t seq, int64_t time_ms)
{
    struct sqlite_journal *journal = sqlite_of(base);
    enum error error = verdict_look(journal);
    if (error != ERR_OK) {
        transaction_end(journal);
        return error;
    }
    struct store_state_row state = journal->state;
    state.last_seq = seq;
    state.last_time_ms = time_ms;
    state.closed = false;
    int code = store_put_state(&journal->statements, &state);
    if (code == SQLITE_DONE) {
        code = store_run(&journal->statements, STATEMENT_COMMIT);
    }
    if (code != SQLITE_DONE) {
        return group_failed(journal, "cannot store a group", code);
    }
    journal->state = state;
    journal->unflushed = true;
    wal_tend(journal);
    return ERR_OK;
}

static void sqlite_rollback(struct journal *base)
{
    transaction_end(sqlite_of(base));
}

/* Flushes the WAL to the disk; SQLite has no call of its own for that. */
static int wal_flush(struct sqlite_journal *journal)
{
    sqlite3_file *wal = NULL;
    int code =
        sqlite3_file_control(journal->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, (void *)&wal);
    if (code != SQLITE_OK || wal == NULL || wal->pMethods == NULL) {
        return SQLITE_IOERR_FSYNC;
    }
    return wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL);
}

static enum error sqlite_maintain(struct journal *base)
{
    struct sqlite_journal *journal = sqlite_of(base);
    enum error error = verdict_look(journal);
    if (error != ERR_OK) {
        return error;
    }
    if (journal->sync == JOURNAL_SYNC_INTERVAL && journal->unflushed) {
        int code = wal_flush(journal);
        if (code != SQLITE_OK) {
            /* Whatever it was: nobody can say what of it is on the disk. */
            (void)say_failed(journal, "cannot flush the WAL", code);
            return ERR_SYNC;
        }
        journal->unflushed = false;
    }
    if (journal->wal_pages < journal->checkpoint_pages ||
        journal->wal_pages == journal->wal_pages_asked) {
        return ERR_OK;
    }
    if (journal->checkpointer != NULL) {
        checkpointer_ask(journal->checkpointer);
    } else {
        int code =
            sqlite3_wal_checkpoint_v2(journal->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        if (code != SQLITE_OK) {
            return say_failed(journal, "cannot copy the WAL back", code);
        }
    }
    journal->wal_pages_asked = journal->wal_pages;
    return ERR_OK;
}

/* Says in the store that it was closed properly. False when it cannot: the next start then looks
 * for the WAL. */
static bool state_close(struct sqlite_journal *journal)
{
    struct store_state_row state = journal->state;
    state.closed = true;
    transaction_end(journal);
    bool closed = store_run(&journal->statements, STATEMENT_BEGIN) == SQLITE_DONE &&
                  store_put_state(&journal->statements, &state) == SQLITE_DONE &&
                  store_run(&journal->statements, STATEMENT_COMMIT) == SQLITE_DONE;
    transaction_end(journal);
    return closed;
}

static void sqlite_finish(struct journal *base)
{
    struct sqlite_journal *journal = sqlite_of(base);
    bool sound = base->done == ERR_OK && verdict_look(journal) == ERR_OK;
    /* The thread ends first: the last connection to close copies the WAL back and removes it. */
    checkpointer_free(journal->checkpointer);
    if (!sound || !state_close(journal)) {
        /* After a failed flush the WAL is the only thing to start from. */
        sqlite3_db_config(journal->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    }
    store_statements_finish(&journal->statements);
    /* All statements are finished, so it closes. */
    sqlite3_close(journal->db);
    mem_free(journal);
}

const struct journal_ops sqlite_ops = {
    .load = sqlite_load,
    .begin = sqlite_begin,
    .put = sqlite_put,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .maintain = sqlite_maintain,
    .finish = sqlite_finish,
};
