/* The names of the store's files, reading them through SQLite's VFS, and saying what is wrong. */
#include "journal/sqlite_store.h"

#include "base/mem.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SENTENCE_BYTES_MAX 1024
#define DATABASE_NAME "madang.db"

__attribute__((format(printf, 2, 0))) static void
sentence_append(struct bytes *out, const char *format, va_list arguments)
{
    char sentence[SENTENCE_BYTES_MAX];
    int count = vsnprintf(sentence, sizeof(sentence), format, arguments);
    if (count < 0) {
        return;
    }
    size_t bytes = (size_t)count < sizeof(sentence) ? (size_t)count : sizeof(sentence) - 1;
    /* Without memory the error code has to do. */
    BEST_EFFORT(bytes_append(out, sentence, bytes));
}

void sentence_set(struct bytes *out, const char *format, ...)
{
    va_list arguments;
    bytes_clear(out);
    va_start(arguments, format);
    sentence_append(out, format, arguments);
    va_end(arguments);
}

void sentence_add(struct bytes *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    sentence_append(out, format, arguments);
    va_end(arguments);
    BEST_EFFORT(bytes_append_text(out, TEXT("\n")));
}

enum error store_error(int code)
{
    switch (code) {
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC:
        return ERR_SYNC;
    case SQLITE_IOERR_NOMEM:
        return ERR_MEMORY;
    default:
        break;
    }
    switch (code & 0xFF) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return ERR_OK;
    case SQLITE_FULL:
        return ERR_DISK_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return ERR_BUSY;
    case SQLITE_NOMEM:
        return ERR_MEMORY;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
        return ERR_DENIED;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_SCHEMA:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
    case SQLITE_ERROR:
        return ERR_DAMAGED;
    default:
        return ERR_IO;
    }
}

/* The directory as SQLite gets it. A path through symbolic links is fine (/tmp may be one), but
 * SQLite refuses them all when it is told to follow none, so they are resolved here. */
static enum error directory_path(const struct journal_options *options, bool is_system_vfs,
                                 struct bytes *out, struct bytes *problem)
{
    if (!is_system_vfs) {
        return bytes_append_text(out, text_of(options->directory));
    }
    char path[PATH_MAX];
    if (realpath(options->directory, path) == NULL) {
        int cause = errno;
        sentence_set(problem, "%s: the directory cannot be used: %s", options->directory,
                     strerror(cause));
        return cause == EACCES ? ERR_DENIED : cause == ENOMEM ? ERR_MEMORY : ERR_IO;
    }
    return bytes_append_text(out, text_of(path));
}

/* Makes the names of the database path and of what lies beside it; names has a VFS. */
static enum error names_make(struct store_names *names, struct text path)
{
    static const char *const suffixes[] = {"", "-journal", "-wal", "-shm"};
    struct bytes paths[4] = {{0}};
    enum error error = ERR_OK;
    for (size_t index = 0; index < 4 && error == ERR_OK; index++) {
        error = bytes_append_text(&paths[index], path);
        if (error == ERR_OK) {
            /* With its NUL. */
            error = bytes_append(&paths[index], suffixes[index], strlen(suffixes[index]) + 1);
        }
    }
    if (error == ERR_OK) {
        names->db = sqlite3_create_filename(paths[0].data, paths[1].data, paths[2].data, 0, NULL);
        error = names->db == NULL ? ERR_MEMORY : ERR_OK;
    }
    if (error == ERR_OK) {
        names->rollback = sqlite3_filename_journal(names->db);
        names->wal = sqlite3_filename_wal(names->db);
        names->shared = paths[3];
        paths[3] = (struct bytes){0};
    }
    for (size_t index = 0; index < 4; index++) {
        bytes_finish(&paths[index]);
    }
    return error;
}

enum error store_names_init(const struct journal_options *options, struct store_names *out,
                            struct bytes *problem)
{
    struct bytes path = {0};
    struct store_names names = {.vfs_name = options->vfs, .is_system_vfs = options->vfs == NULL};

    names.vfs = sqlite3_vfs_find(options->vfs);
    if (names.vfs == NULL) {
        sentence_set(problem, "SQLite has no VFS named %s",
                     options->vfs == NULL ? "(default)" : options->vfs);
        return ERR_NOT_FOUND;
    }
    enum error error = directory_path(options, names.is_system_vfs, &path, problem);
    if (error == ERR_OK) {
        error = bytes_append_text(&path, TEXT("/" DATABASE_NAME));
    }
    if (error == ERR_OK && path.count + sizeof("-journal") > (size_t)names.vfs->mxPathname) {
        sentence_set(problem, "%.*s: the path is too long: SQLite takes at most %d bytes",
                     (int)path.count, path.data, names.vfs->mxPathname);
        error = ERR_LIMIT;
    }
    if (error == ERR_OK) {
        error = names_make(&names, bytes_text(&path));
    }
    if (error == ERR_OK) {
        *out = names;
    }
    bytes_finish(&path);
    return error;
}

enum error store_names_of_backup(const struct store_names *names, uint32_t version,
                                 struct store_names *out)
{
    struct bytes path = {0};
    struct store_names copy = {
        .vfs = names->vfs, .vfs_name = names->vfs_name, .is_system_vfs = names->is_system_vfs};
    enum error error = bytes_format(&path, "%s.v%u", names->db, (unsigned)version);
    if (error == ERR_OK) {
        error = names_make(&copy, bytes_text(&path));
    }
    if (error == ERR_OK) {
        *out = copy;
    }
    bytes_finish(&path);
    return error;
}

void store_names_finish(struct store_names *names)
{
    sqlite3_free_filename(names->db);
    bytes_finish(&names->shared);
    *names = (struct store_names){0};
}

enum error store_file_open(const struct store_names *names, int kind, struct store_file *out)
{
    const char *path = kind == SQLITE_OPEN_WAL            ? names->wal
                       : kind == SQLITE_OPEN_MAIN_JOURNAL ? names->rollback
                                                          : names->db;
    struct store_file file = {0};
    sqlite3_int64 bytes = 0;
    int there = 0;
    int code = names->vfs->xAccess(names->vfs, path, SQLITE_ACCESS_EXISTS, &there);
    if (code == SQLITE_OK && !there) {
        *out = file;
        return ERR_OK;
    }
    if (code != SQLITE_OK) {
        return store_error(code);
    }
    file.file = mem_zalloc(1, (size_t)names->vfs->szOsFile);
    if (file.file == NULL) {
        return ERR_MEMORY;
    }
    int flags = 0;
    /* SQLite's own VFS opens the others only beside a database, unless it is told that they are
       something else of its own. */
    int vfs_kind = kind == SQLITE_OPEN_MAIN_DB ? kind : SQLITE_OPEN_SUPER_JOURNAL;
    errno = 0;
    code = names->vfs->xOpen(names->vfs, path, file.file, vfs_kind | SQLITE_OPEN_READONLY, &flags);
    if (code == SQLITE_OK) {
        code = file.file->pMethods->xFileSize(file.file, &bytes);
    }
    if (code != SQLITE_OK) {
        store_file_close(&file);
        return (code & 0xFF) == SQLITE_CANTOPEN && errno == EACCES ? ERR_DENIED : store_error(code);
    }
    /* SQLite's own VFS has said that it is not empty, and takes a file of one byte for empty. */
    file.bytes = bytes == 0 && names->is_system_vfs ? 1 : bytes;
    if (file.bytes == 0) {
        store_file_close(&file);
    }
    *out = file;
    return ERR_OK;
}

void store_file_close(struct store_file *file)
{
    if (file->file != NULL) {
        /* A VFS sets pMethods when there is something to close. */
        if (file->file->pMethods != NULL) {
            file->file->pMethods->xClose(file->file);
        }
        mem_free(file->file);
    }
    *file = (struct store_file){0};
}

enum error store_file_read(const struct store_file *file, void *out, int count, int64_t offset)
{
    if (file->file == NULL || offset > file->bytes || file->bytes - offset < count) {
        return ERR_NOT_FOUND;
    }
    int code = file->file->pMethods->xRead(file->file, out, count, offset);
    return code == SQLITE_IOERR_SHORT_READ ? ERR_NOT_FOUND : store_error(code);
}
