/* What is done with the WAL's bytes besides SQLite: it gets its room before it is needed, and an
 * old one is made durable before anything is copied out of it. */
#include "base/mem.h"
#include "journal/sqlite_store.h"

#include <string.h>

#define PIECE_BYTES (64 * 1024)
/*
 * No zeros: these are what a lost tail looks like (wal_look()). These bytes are taken for frames of
 * another time, like those that an older round of the WAL has left.
 */
#define FILLING 0xA5

static int file_fill(sqlite3_file *file, int64_t from, int64_t end)
{
    unsigned char piece[PIECE_BYTES];
    memset(piece, FILLING, sizeof(piece));
    int code = SQLITE_OK;
    while (from < end && code == SQLITE_OK) {
        int64_t left = end - from;
        int count = left < (int64_t)sizeof(piece) ? (int)left : (int)sizeof(piece);
        code = file->pMethods->xWrite(file, piece, count, from);
        from += count;
    }
    return code;
}

/* NULL when there is none. */
static sqlite3_file *wal_file(sqlite3 *db, sqlite3_int64 *out_bytes)
{
    sqlite3_file *wal = NULL;
    int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, (void *)&wal);
    bool is_there = code == SQLITE_OK && wal != NULL && wal->pMethods != NULL &&
                    wal->pMethods->xFileSize(wal, out_bytes) == SQLITE_OK;
    return is_there ? wal : NULL;
}

/* Writes each piece as it was read. */
static int file_rewrite(sqlite3_file *file, unsigned char *piece, int64_t bytes)
{
    int code = SQLITE_OK;
    for (int64_t at = 0; at < bytes && code == SQLITE_OK; at += PIECE_BYTES) {
        int count = bytes - at < PIECE_BYTES ? (int)(bytes - at) : PIECE_BYTES;
        code = file->pMethods->xRead(file, piece, count, at);
        if (code == SQLITE_OK) {
            code = file->pMethods->xWrite(file, piece, count, at);
        }
    }
    return code == SQLITE_OK ? file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) : code;
}

int store_rewrite_wal(sqlite3 *db)
{
    sqlite3_int64 bytes = 0;
    sqlite3_file *wal = wal_file(db, &bytes);
    if (wal == NULL || bytes == 0) {
        return SQLITE_OK;
    }
    unsigned char *piece = mem_alloc(PIECE_BYTES);
    if (piece == NULL) {
        return SQLITE_NOMEM;
    }
    int code = file_rewrite(wal, piece, bytes);
    mem_free(piece);
    return code;
}

/* A flush of a file that has grown writes its size as well, and takes twice as long as one of a
 * file that is written over. */
enum error store_fill_wal(sqlite3 *db, int64_t bytes, struct bytes *problem)
{
    sqlite3_int64 there = 0;
    sqlite3_file *wal = wal_file(db, &there);
    /* Without its header the file is not SQLite's yet. */
    if (wal == NULL || there == 0 || there >= bytes) {
        return ERR_OK;
    }
    if (file_fill(wal, there, bytes) != SQLITE_OK) {
        /* A disk without that much room: what was taken is given back, and commits say the rest. */
        (void)wal->pMethods->xTruncate(wal, there);
        return ERR_OK;
    }
    int code = wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL);
    if (code != SQLITE_OK) {
        /* What stands before the filling may not be on the disk either. */
        sentence_set(problem, "%s-wal: cannot be flushed: %s", sqlite3_db_filename(db, "main"),
                     sqlite3_errstr(code));
        return ERR_SYNC;
    }
    return ERR_OK;
}
