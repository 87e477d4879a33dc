/*
 * Private to the SQLite journal: the file, its names, its tables. What is said to the operator goes
 * into a `struct bytes *problem` (why it is refused) or `*notice` (what was found on the way).
 */
#ifndef MADANG_JOURNAL_SQLITE_STORE_H
#define MADANG_JOURNAL_SQLITE_STORE_H

#include "journal/journal.h"

#include <sqlite3.h>
#include <stdbool.h>

/* "mada", at byte 68 of the file; file(1) and SQLite show it. */
#define STORE_APPLICATION_ID 0x6D616461
/* At byte 60. Raise it with every change of the tables. */
#define STORE_VERSION 2
#define STORE_PAGE_BYTES 4096

/* The names of the database and of the files that SQLite puts beside it. */
struct store_names {
    sqlite3_vfs *vfs;
    const char *vfs_name; /* NULL for SQLite's default one. */
    sqlite3_filename db;  /* Owned. */
    const char *wal;      /* Part of db's memory, as the next. */
    const char *rollback; /* SQLite's "-journal". */
    struct bytes shared;  /* "-shm". NUL-terminated. */
    bool is_system_vfs;   /* Real files: their owner, kind and mode can be looked at. */
};

/* ERR_NOT_FOUND: no such VFS; ERR_MEMORY, ERR_LIMIT, or what is wrong with the directory. */
MUST_USE enum error store_names_init(const struct journal_options *options, struct store_names *out,
                                     struct bytes *problem);
/* Of the copy that is made of a store of an older version: "madang.db.v1". ERR_MEMORY. */
MUST_USE enum error store_names_of_backup(const struct store_names *names, uint32_t version,
                                          struct store_names *out);
void store_names_finish(struct store_names *names);

/* A file read through SQLite's VFS, so that closing it drops no lock of another connection. */
struct store_file {
    sqlite3_file *file; /* NULL when the file is not there, or empty. */
    int64_t bytes;
};

/* kind is SQLITE_OPEN_MAIN_DB, _WAL or _MAIN_JOURNAL. ERR_MEMORY, ERR_IO, ERR_DENIED. */
MUST_USE enum error store_file_open(const struct store_names *names, int kind,
                                    struct store_file *out);
void store_file_close(struct store_file *file);
/* ERR_NOT_FOUND when the file has not that many bytes there, ERR_IO. */
MUST_USE enum error store_file_read(const struct store_file *file, void *out, int count,
                                    int64_t offset);

/* What the WAL's own headers say, before SQLite reads it. */
struct wal_look {
    bool there;         /* It is there and not empty. */
    bool holds_groups;  /* At least one whole group. */
    bool unfinished;    /* After the last whole group comes the beginning of another one. */
    bool groups_lost;   /* After damage come more groups, which SQLite would leave out. */
    int64_t damaged_at; /* With groups_lost: the byte. */
    /* The first page of the database, as the last whole group has it. */
    bool has_header;
    uint32_t version;
    uint32_t application_id;
};

/* ERR_IO, ERR_MEMORY. */
MUST_USE enum error wal_look(const struct store_names *names, struct wal_look *out);

enum store_state { STORE_NEW, STORE_THERE };

/*
 * Looks at the files without changing anything, and says whether they are a store that this program
 * may open, or none yet. Otherwise an error and *problem, as journal_sqlite_open() has it.
 */
MUST_USE enum error store_look(const struct store_names *names, enum journal_sync sync,
                               enum store_state *out_state, struct wal_look *out_wal,
                               struct bytes *problem);
/* A file of ours has that path, or none: not what a stranger has put there for us to write into.
 * Only where the files are real. ERR_DENIED, ERR_IO. */
MUST_USE enum error store_path_look(const char *path, struct bytes *problem);
/* Makes an empty database file, 0600; fine when an empty one is there. */
MUST_USE enum error store_create(const struct store_names *names, struct bytes *problem);

/* What the table state holds. */
struct store_state_row {
    uint64_t last_seq;
    int64_t last_time_ms;
    uint64_t seed;
    bool closed; /* The journal was closed properly, and nothing was in its WAL then. */
};

/* Settings of one connection; before anything is read through it. Returns SQLite's code. */
int store_configure(sqlite3 *db, bool writes);
/* Makes the tables, in one transaction; the database is in SQLite's rollback mode. */
int store_make_tables(sqlite3 *db, uint64_t seed);
/* Within a transaction: writes the first page although nothing in it changes. Returns SQLite's
 * code. */
int store_touch(sqlite3 *db);
/* The version that the database says, with what is in its WAL. Returns SQLite's code. */
int store_version_read(sqlite3 *db, uint32_t *out);
/*
 * Compares the tables' definitions with those of that version, checks the file's structure and the
 * records' check sums: all of them, or when the store is larger than bytes_max the last ones.
 * Changes nothing. ERR_DAMAGED when the structure is not sound; records that are not go to *notice.
 */
MUST_USE enum error store_check(sqlite3 *db, uint32_t version, uint64_t bytes_max,
                                struct bytes *problem, struct bytes *notice);
/* The tables alone. */
MUST_USE enum error store_check_tables(sqlite3 *db, uint32_t version, struct bytes *problem);
/* Reads the table state. Its number is at least that of the last message; where its own check sum
 * is wrong, number and time are those of the last sound records, and *notice says so. */
MUST_USE enum error store_read_state(sqlite3 *db, struct store_state_row *out,
                                     struct bytes *problem, struct bytes *notice);
/* The number in the column state.check_sum. */
int64_t store_state_sum(const struct store_state_row *row);

/* The statements that the running journal uses. */
enum store_statement {
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_PUT_STATE,
    STATEMENT_PUT_MESSAGE,
    STATEMENT_PUT_EVENT,
    STATEMENT_RARE, /* From here on: prepared when it is first used. */
    STATEMENT_PUT_OTHER_MESSAGE = STATEMENT_RARE, /* With a kind or tags. */
    STATEMENT_FIND_MESSAGE,
    STATEMENT_CLEAR_MESSAGE,
    STATEMENT_PUT_CHANNEL,
    STATEMENT_DROP_CHANNEL,
    STATEMENT_DROP_CHANNEL_MASKS,
    STATEMENT_DROP_CHANNEL_METADATA,
    STATEMENT_PUT_MASK,
    STATEMENT_DROP_MASK,
    STATEMENT_PUT_METADATA,
    STATEMENT_DROP_METADATA,
    STATEMENT_PUT_BAN,
    STATEMENT_DROP_BAN,
    STATEMENT_COUNT,
};

/* All NULL is a valid empty set. */
struct store_statements {
    sqlite3 *db;
    sqlite3_stmt *of[STATEMENT_COUNT];
    /* What STATEMENT_PUT_MESSAGE has bound: most messages come in the channel of the one before,
     * and under load in the same millisecond. */
    char channel[COMMAND_NAME_BYTES_MAX];
    size_t channel_bytes; /* 0: nothing yet. */
    int64_t time_ms;
};

int store_prepare(sqlite3 *db, struct store_statements *out);
void store_statements_finish(struct store_statements *statements);
/* Runs a statement that takes no values and returns no rows, and resets it. Returns SQLITE_DONE, or
 * SQLite's error; so do the next ones. */
int store_run(const struct store_statements *statements, enum store_statement which);
int store_put_state(const struct store_statements *statements, const struct store_state_row *row);
/* Puts a row that is not ROW_NONE into its table, or drops it from there. */
int store_put_row(struct store_statements *statements, const struct row *row);

/*
 * Reads the state that a start needs, as journal_load() has it. What does not match its check sum
 * is left out; store_check() has named it. Returns SQLite's code.
 */
int store_load(sqlite3 *db, void (*take)(void *context, const struct row *row), void *context);

/* A text of the row that a statement has found; borrowed until its next step. */
struct text store_column(sqlite3_stmt *statement, int column);
/* The tables of state, each with its row as journal_put() was given it. */
enum store_state_table {
    STATE_CHANNEL,
    STATE_MASK,
    STATE_METADATA,
    STATE_BAN,
    STATE_TABLE_COUNT,
};
/* The columns that store_state_read() reads. */
extern const char *const store_state_selects[STATE_TABLE_COUNT];
/* Makes the row again. False when it is not as it was put, or larger than rows are. extra is put
 * together in room, MASK_BYTES_MAX + 2 bytes, where the table holds it in pieces. */
bool store_state_read(enum store_state_table table, sqlite3_stmt *statement, char *room,
                      struct row *out);

/*
 * A copy of a store of an older version, whole and flushed, beside it: madang.db.v1. One that lies
 * there is replaced. On failure there is none, or the one before. ERR_DAMAGED when something else
 * has that name.
 */
MUST_USE enum error store_backup(const struct store_names *names, sqlite3 *db, uint32_t version,
                                 struct bytes *problem);
/* Brings the tables to STORE_VERSION, in one transaction that is on the disk when this returns, or
 * leaves them as they were. db is in WAL mode. */
MUST_USE enum error store_migrate(sqlite3 *db, uint32_t version, struct bytes *problem);

/* SQLite's (extended) code as an error of ours; ERR_OK for SQLITE_OK, _DONE and _ROW. */
enum error store_error(int code);
/* Puts one sentence into out, in place of what it holds; what does not fit into memory is left out.
 */
void sentence_set(struct bytes *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds one sentence and a newline. */
void sentence_add(struct bytes *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Writes all of an old WAL once more and flushes it. After a flush that failed the system may hold
 * what is not on the disk, and take it for written: the next flush says yes, and a power cut takes
 * it all the same. What was copied out of it into the database by then would be the half of a
 * group. A code of SQLite.
 */
MUST_USE int store_rewrite_wal(sqlite3 *db);
/* Makes the WAL, which has been begun, at least so many bytes long, as far as the disk lets it.
 * Before anybody else uses the database. ERR_SYNC. */
MUST_USE enum error store_fill_wal(sqlite3 *db, int64_t bytes, struct bytes *problem);

#endif
