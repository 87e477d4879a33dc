/*
 * A store of an older version becomes one of this version: first a copy of it is made beside it,
 * whole and on the disk; then its tables are changed in one transaction. A process that is killed
 * anywhere in between leaves a store of one version or of the other, and each is whole.
 */
#include "journal/sqlite_schema.h"

#include "base/check.h"

#define HEADER_BYTES 100

static int run_text(sqlite3 *db, const char *statements)
{
    return sqlite3_exec(db, statements, NULL, NULL, NULL);
}

static enum error copy_failed(const char *path, sqlite3 *db, int code, struct bytes *problem)
{
    enum error error = store_error(code);
    sentence_set(problem, "%s: the copy of the older store cannot be made: %s", path,
                 db == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(db));
    return error;
}

static uint32_t number_read(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* One that was under way when the process ended: SQLite's rollback journal lies beside it. */
static enum error is_unfinished(const struct store_names *copy, bool *out)
{
    struct store_file file = {0};
    enum error error = store_file_open(copy, SQLITE_OPEN_MAIN_JOURNAL, &file);
    *out = error == ERR_OK && file.file != NULL;
    store_file_close(&file);
    return error;
}

/* What has the copy's name already is a copy that may be replaced, or nothing. */
static enum error place_look(const struct store_names *copy, uint32_t version,
                             struct bytes *problem)
{
    unsigned char header[HEADER_BYTES];
    struct store_file file = {0};
    bool ours = false;
    if (copy->is_system_vfs) {
        enum error error = store_path_look(copy->db, problem);
        if (error != ERR_OK) {
            return error;
        }
    }
    enum error error = is_unfinished(copy, &ours);
    if (error == ERR_OK) {
        error = store_file_open(copy, SQLITE_OPEN_MAIN_DB, &file);
    }
    if (error == ERR_OK && file.file != NULL && !ours) {
        error = store_file_read(&file, header, sizeof(header), 0);
        ours = error == ERR_OK && number_read(header + 68) == STORE_APPLICATION_ID &&
               number_read(header + 60) == version;
        error = error == ERR_NOT_FOUND ? ERR_OK : error;
    }
    if (error != ERR_OK) {
        sentence_set(problem, "%s: cannot be read: %s", copy->db, error_name(error));
    } else if (file.file != NULL && !ours) {
        sentence_set(problem,
                     "%s: is in the place of the copy that is made before the store is changed: "
                     "move it away",
                     copy->db);
        error = ERR_DAMAGED;
    }
    store_file_close(&file);
    return error;
}

/* Fine when there is none. */
static int file_remove(const struct store_names *names, const char *path)
{
    int code = names->vfs->xDelete(names->vfs, path, 1);
    return code == SQLITE_IOERR_DELETE_NOENT ? SQLITE_OK : code;
}

/* The database first: what is left beside none SQLite takes for nothing. */
static int copy_remove(const struct store_names *copy)
{
    int code = file_remove(copy, copy->db);
    if (code == SQLITE_OK) {
        code = file_remove(copy, copy->rollback);
    }
    return code == SQLITE_OK ? file_remove(copy, copy->wal) : code;
}

static enum error copy_make(const struct store_names *copy, sqlite3 *db, struct bytes *problem)
{
    sqlite3 *target = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
    if (!copy->is_system_vfs) {
        flags |= SQLITE_OPEN_CREATE;
    }
    int code = sqlite3_open_v2(copy->db, &target, flags, copy->vfs_name);
    if (code == SQLITE_OK) {
        /* EXTRA also flushes the directory, or the rollback journal could be there again after a
         * power cut, and undo the copy. */
        code = run_text(target, "PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA");
    }
    if (code == SQLITE_OK) {
        sqlite3_backup *backup = sqlite3_backup_init(target, "main", db, "main");
        if (backup == NULL) {
            code = sqlite3_extended_errcode(target);
        } else {
            /* Reads through the WAL, and ends with the flush. */
            int step = sqlite3_backup_step(backup, -1);
            code = sqlite3_backup_finish(backup);
            code = code == SQLITE_OK && step != SQLITE_DONE ? step : code;
        }
    }
    enum error error = code == SQLITE_OK ? ERR_OK : copy_failed(copy->db, target, code, problem);
    sqlite3_close(target);
    return error;
}

enum error store_backup(const struct store_names *names, sqlite3 *db, uint32_t version,
                        struct bytes *problem)
{
    struct store_names copy = {0};
    enum error error = store_names_of_backup(names, version, &copy);
    if (error != ERR_OK) {
        sentence_set(problem, "%s: %s", names->db, error_name(error));
        return error;
    }
    error = place_look(&copy, version, problem);
    if (error == ERR_OK) {
        int code = copy_remove(&copy);
        if (code != SQLITE_OK) {
            error = copy_failed(copy.db, NULL, code, problem);
        }
        if (error == ERR_OK && copy.is_system_vfs) {
            error = store_create(&copy, problem);
        }
        if (error == ERR_OK) {
            error = copy_make(&copy, db, problem);
        }
        if (error != ERR_OK) {
            /* A part of a copy helps nobody. */
            (void)copy_remove(&copy);
        }
    }
    store_names_finish(&copy);
    return error;
}

enum error store_migrate(sqlite3 *db, uint32_t version, struct bytes *problem)
{
    const char *name = sqlite3_db_filename(db, "main");
    check(version == STORE_VERSION - 1);
    int code = run_text(db, "PRAGMA synchronous = FULL; BEGIN IMMEDIATE");
    if (code == SQLITE_OK) {
        code = store_change_tables(db);
    }
    enum error error = ERR_OK;
    if (code == SQLITE_OK) {
        /* As a start looks at them: it must be able to open what is here committed. */
        error = store_check_tables(db, STORE_VERSION, problem);
    }
    if (code == SQLITE_OK && error == ERR_OK) {
        code = run_text(db, "COMMIT");
    }
    if (code != SQLITE_OK) {
        error = store_error(code);
        sentence_set(problem, "%s: cannot be brought from format %u to %d: %s", name,
                     (unsigned)version, STORE_VERSION, sqlite3_errmsg(db));
    }
    if (!sqlite3_get_autocommit(db)) {
        (void)run_text(db, "ROLLBACK");
    }
    return error;
}
