/*
 * Gives the WAL its room before it is needed. A flush of a file that has grown writes its size as
 * well, and takes twice as long as one of a file that is written over.
 */
#include "base/check.h"
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

enum error store_fill_wal(sqlite3 *db, int64_t bytes, struct bytes *problem)
{
    sqlite3_file *wal = NULL;
    sqlite3_int64 there = 0;
    int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, (void *)&wal);
    /* Without its header the file is not SQLite's yet. */
    if (code != SQLITE_OK || wal == NULL || wal->pMethods == NULL ||
        wal->pMethods->xFileSize(wal, &there) != SQLITE_OK || there == 0 || there >= bytes) {
        return ERR_OK;
    }
    if (file_fill(wal, there, bytes) != SQLITE_OK) {
        /* A disk without that much room: what was taken is given back, and commits say the rest. */
        (void)wal->pMethods->xTruncate(wal, there);
        return ERR_OK;
    }
    code = wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL);
    if (code != SQLITE_OK) {
        /* What stands before the filling may not be on the disk either. */
        sentence_set(problem, "%s-wal: cannot be flushed: %s", sqlite3_db_filename(db, "main"),
                     sqlite3_errstr(code));
        return ERR_SYNC;
    }
    return ERR_OK;
}
