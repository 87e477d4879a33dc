/*
 * Opening the SQLite journal. The order matters: nothing is written before the file has been found
 * to be ours and whole, and a connection that is closed before that leaves the WAL where it is.
 */
#include "base/check.h"
#include "base/mem.h"
#include "journal/sqlite.h"

#include <errno.h>
#include <string.h>

/* How long a start waits for another program's lock, and how long a group does. */
#define OPEN_BUSY_MS 2000
#define GROUP_BUSY_MS 50

struct opening {
    const struct journal_options *options;
    struct store_names names;
    struct wal_look wal;
    enum store_state state;
    uint32_t version; /* Of a store that is there. */
    struct sqlite_journal *journal;
    struct bytes *problem;
    struct bytes notice; /* What is said when all goes well. */
};

/* Says what SQLite has just failed with. */
static enum error open_failed(struct opening *opening, sqlite3 *db, int code)
{
    enum error error = store_error(code);
    int cause = db == NULL ? 0 : sqlite3_system_errno(db);
    if (error == ERR_IO && (cause == EACCES || cause == EROFS)) {
        error = ERR_DENIED;
    }
    sentence_set(opening->problem, "%s: %s: %s%s%s", opening->names.db,
                 error == ERR_DAMAGED ? "is damaged" : "cannot be opened",
                 db == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(db), cause == 0 ? "" : ": ",
                 cause == 0 ? "" : strerror(cause));
    return error;
}

/* A connection with the settings of all of the journal's. */
static enum error connect(struct opening *opening, bool writes, sqlite3 **out)
{
    sqlite3 *db = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
    if (!opening->names.is_system_vfs) {
        flags |= SQLITE_OPEN_CREATE;
    }
    int code = sqlite3_open_v2(opening->names.db, &db, flags, opening->names.vfs_name);
    if (code == SQLITE_OK) {
        /* Already the settings read the file; when that fails, the close must leave the WAL. */
        sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, opening->wal.there, NULL);
        sqlite3_busy_timeout(db, OPEN_BUSY_MS);
        code = store_configure(db, writes);
    }
    if (code != SQLITE_OK) {
        enum error error = open_failed(opening, db, code);
        sqlite3_close(db);
        return error;
    }
    *out = db;
    return ERR_OK;
}

static int run_text(sqlite3 *db, const char *statements)
{
    return sqlite3_exec(db, statements, NULL, NULL, NULL);
}

static int synchronous_set(sqlite3 *db, enum journal_sync sync)
{
    switch (sync) {
    case JOURNAL_SYNC_ALWAYS:
        return run_text(db, "PRAGMA synchronous = FULL");
    case JOURNAL_SYNC_INTERVAL:
        return run_text(db, "PRAGMA synchronous = NORMAL");
    case JOURNAL_SYNC_NEVER:
        return run_text(db, "PRAGMA synchronous = OFF");
    }
    check(!"a sync mode");
    return SQLITE_MISUSE;
}

/* Not one of SQLite's: it stays in another mode, where memory cannot be shared through a file. */
#define WAL_REFUSED (-1)

/* Switches to WAL, or finds that the file is in it. */
static int wal_set(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, "PRAGMA journal_mode = WAL", -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    if (code == SQLITE_ROW) {
        const char *mode = (const char *)sqlite3_column_text(statement, 0);
        code = mode != NULL && strcmp(mode, "wal") == 0 ? SQLITE_OK : WAL_REFUSED;
    }
    sqlite3_finalize(statement);
    return code;
}

static enum error make(struct opening *opening)
{
    sqlite3 *db = opening->journal->db;
    int code = store_make_tables(db, opening->journal->state.seed);
    return code == SQLITE_OK ? ERR_OK : open_failed(opening, db, code);
}

/* Says what an interrupted run has left behind. */
static void notice_add(struct opening *opening, const struct store_state_row *state)
{
    const struct wal_look *wal = &opening->wal;
    if (wal->groups_lost) {
        sentence_add(&opening->notice,
                     "%s: messages that were not flushed to the disk before a power cut are gone; "
                     "what was stored before them is here",
                     opening->names.wal);
    } else if (wal->unfinished) {
        sentence_add(&opening->notice,
                     "%s: ends in an unfinished group, as after a crash; all that was stored "
                     "before it is here",
                     opening->names.wal);
    }
    if (!state->closed && !wal->there) {
        sentence_add(&opening->notice,
                     "%s: was not closed properly and its -wal file is not there: unless this is a "
                     "backup made by SQLite, what was stored last is missing",
                     opening->names.db);
    }
}

/* Reads through the open connection and writes nothing to the store; but a copy of an older one. */
static enum error look_through(struct opening *opening)
{
    sqlite3 *db = opening->journal->db;
    uint64_t bytes_max = opening->options->check_bytes_max;
    /* A connection that is closed would otherwise copy the WAL into a file that is refused. Without
     * a WAL, the close removes the empty one that the reading made. */
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, opening->wal.there, NULL);
    int code = store_version_read(db, &opening->version);
    if (code != SQLITE_OK) {
        return open_failed(opening, db, code);
    }
    enum error error =
        store_check(db, opening->version, bytes_max == 0 ? JOURNAL_CHECK_BYTES_MAX : bytes_max,
                    opening->problem, &opening->notice);
    if (error == ERR_OK && opening->version < STORE_VERSION) {
        error = store_backup(&opening->names, db, opening->version, opening->problem);
    }
    return error;
}

/* From here on the WAL has to be there at the next start, even if this one still fails. */
static void wal_keep(sqlite3 *db)
{
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

/* Brings a store of an older version to this one. */
static enum error migrate(struct opening *opening)
{
    sqlite3 *db = opening->journal->db;
    wal_keep(db);
    enum error error = store_migrate(db, opening->version, opening->problem);
    if (error == ERR_OK) {
        sentence_add(&opening->notice,
                     "%s: was of format %u and is now of format %d; as it was before, it is kept "
                     "in %s.v%u",
                     opening->names.db, (unsigned)opening->version, STORE_VERSION,
                     opening->names.db, (unsigned)opening->version);
    }
    return error;
}

/* Switches to WAL, and puts all of an old WAL into the database. */
static enum error wal_settle(struct opening *opening)
{
    sqlite3 *db = opening->journal->db;
    int code = wal_set(db);
    if (code == WAL_REFUSED) {
        sentence_set(opening->problem,
                     "%s: SQLite cannot use its WAL there: is it a network file system?",
                     opening->names.db);
        return ERR_IO;
    }
    if (code == SQLITE_OK) {
        code = synchronous_set(db, opening->options->sync);
    }
    if (code == SQLITE_OK && opening->wal.holds_groups) {
        code = store_rewrite_wal(db);
    }
    if (code == SQLITE_OK && opening->wal.holds_groups) {
        code = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
        /* Another program that reads does not keep the server from starting. */
        code = code == SQLITE_BUSY ? SQLITE_OK : code;
    }
    return code == SQLITE_OK ? ERR_OK : open_failed(opening, db, code);
}

/* Says in the store that it is open. */
static int state_open(struct sqlite_journal *journal)
{
    const struct store_statements *statements = &journal->statements;
    int code = store_run(statements, STATEMENT_BEGIN);
    if (code == SQLITE_DONE) {
        code = store_put_state(statements, &journal->state);
    }
    if (code == SQLITE_DONE) {
        /*
         * A state that is the same is not written at all, but the WAL must begin anew: after a
         * failed flush the disk may hold less of the old one than was copied, and would lay it
         * over the database at the start after a power cut.
         */
        code = store_touch(journal->db);
    }
    if (code == SQLITE_OK) {
        code = store_run(statements, STATEMENT_COMMIT);
    }
    if (code == SQLITE_DONE) {
        code = sqlite3_wal_checkpoint_v2(journal->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    }
    return code;
}

/*
 * Brings the store into its running state: all of an old WAL in the database, the tables of this
 * version, and the word that it is open, so that a start without its WAL can tell. Copying the old
 * WAL also makes durable what a failed flush of the last run may have left only in the system's
 * memory.
 */
static enum error settle(struct opening *opening)
{
    struct sqlite_journal *journal = opening->journal;
    sqlite3 *db = journal->db;
    struct store_state_row state = {0};
    enum error error = wal_settle(opening);
    if (error == ERR_OK && opening->state == STORE_THERE && opening->version < STORE_VERSION) {
        error = migrate(opening);
    }
    if (error != ERR_OK) {
        return error;
    }
    int code = synchronous_set(db, opening->options->sync);
    if (code == SQLITE_OK) {
        code = store_prepare(db, &journal->statements);
    }
    if (code != SQLITE_OK) {
        return open_failed(opening, db, code);
    }
    error = store_read_state(db, &state, opening->problem, &opening->notice);
    if (error != ERR_OK) {
        return error;
    }
    if (opening->state == STORE_THERE) {
        notice_add(opening, &state);
    }
    state.closed = false;
    journal->state = state;
    wal_keep(db);
    code = state_open(journal);
    return code == SQLITE_OK ? ERR_OK : open_failed(opening, db, code);
}

static enum error thread_add(struct opening *opening)
{
    sqlite3 *db = NULL;
    enum error error = connect(opening, false, &db);
    if (error != ERR_OK) {
        return error;
    }
    int code = synchronous_set(db, opening->options->sync);
    if (code != SQLITE_OK) {
        error = open_failed(opening, db, code);
        sqlite3_close(db);
        return error;
    }
    error = checkpointer_new_take(db, &opening->journal->checkpointer);
    if (error != ERR_OK) {
        sentence_set(opening->problem, "%s: cannot start a thread: %s", opening->names.db,
                     error_name(error));
    }
    return error;
}

static uint64_t pages_of(uint64_t bytes, uint64_t bytes_default)
{
    uint64_t pages = (bytes == 0 ? bytes_default : bytes) / STORE_PAGE_BYTES;
    return pages == 0 ? 1 : pages;
}

static void bounds_set(struct sqlite_journal *journal, const struct journal_options *options)
{
    journal->checkpoint_pages = pages_of(options->checkpoint_bytes, JOURNAL_CHECKPOINT_BYTES);
    journal->wal_pages_max = pages_of(options->wal_bytes_max, JOURNAL_WAL_BYTES_MAX);
    journal->wal_pages_help = journal->wal_pages_max;
}

static enum error open_all(struct opening *opening)
{
    struct sqlite_journal *journal = opening->journal;
    enum error error = store_look(&opening->names, opening->options->sync, &opening->state,
                                  &opening->wal, opening->problem);
    if (error == ERR_OK && opening->state == STORE_NEW && opening->names.is_system_vfs) {
        error = store_create(&opening->names, opening->problem);
    }
    if (error == ERR_OK) {
        error = connect(opening, true, &journal->db);
    }
    if (error != ERR_OK) {
        return error;
    }
    error = opening->state == STORE_NEW ? make(opening) : look_through(opening);
    if (error == ERR_OK) {
        sqlite3_wal_hook(journal->db, sqlite_wal_hook, journal);
        error = settle(opening);
    }
    if (error == ERR_OK && opening->options->fill_wal) {
        error = store_fill_wal(journal->db, JOURNAL_FILL_BYTES, opening->problem);
    }
    if (error == ERR_OK && opening->options->checkpoint_thread) {
        error = thread_add(opening);
    }
    return error;
}

enum error journal_sqlite_open(const struct journal_options *options, uint64_t seed,
                               struct journal **out, struct journal_mark *out_mark,
                               struct bytes *problem)
{
    check(sqlite3_threadsafe() != 0);
    bytes_clear(problem);
    int code = sqlite3_initialize();
    if (code != SQLITE_OK) {
        sentence_set(problem, "SQLite cannot start: %s", sqlite3_errstr(code));
        return store_error(code);
    }
    struct opening opening = {.options = options, .problem = problem};
    enum error error = store_names_init(options, &opening.names, problem);
    if (error != ERR_OK) {
        return error;
    }
    struct sqlite_journal *journal = mem_zalloc(1, sizeof(*journal));
    if (journal == NULL) {
        sentence_set(problem, "%s: %s", opening.names.db, error_name(ERR_MEMORY));
        store_names_finish(&opening.names);
        return ERR_MEMORY;
    }
    opening.journal = journal;
    journal->base.ops = &sqlite_ops;
    journal->sync = options->sync;
    journal->state.seed = seed;
    bounds_set(journal, options);
    error = open_all(&opening);
    if (error == ERR_OK) {
        sqlite3_busy_timeout(journal->db, GROUP_BUSY_MS);
        sqlite3_db_config(journal->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
        journal->base.last_seq = journal->state.last_seq;
        *out = &journal->base;
        *out_mark = (struct journal_mark){.seq = journal->state.last_seq,
                                          .time_ms = journal->state.last_time_ms,
                                          .seed = journal->state.seed};
        bytes_finish(problem);
        *problem = opening.notice;
    } else {
        bytes_finish(&opening.notice);
        checkpointer_free(journal->checkpointer);
        store_statements_finish(&journal->statements);
        sqlite3_close(journal->db);
        mem_free(journal);
    }
    store_names_finish(&opening.names);
    return error;
}
