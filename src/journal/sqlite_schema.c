/*
 * The tables of the store. People open the file with sqlite3 and read it, so the columns hold what
 * they say, in plain words.
 */
#include "journal/sqlite_schema.h"
#include "base/check.h"
#include "journal/row_sum.h"

#include <stdio.h>

/* A store whose tables read otherwise is not opened. */
const struct store_table store_tables_1[STORE_TABLE_1_COUNT] = {
    {"message", "CREATE TABLE message(\n"
                "  seq INTEGER PRIMARY KEY,\n"
                "  time_ms INTEGER NOT NULL,\n"
                "  channel TEXT NOT NULL,\n"
                "  nick TEXT NOT NULL,\n"
                "  text TEXT NOT NULL,\n"
                "  check_sum INTEGER NOT NULL\n"
                ") STRICT"},
    {"event", "CREATE TABLE event(\n"
              "  id INTEGER PRIMARY KEY,\n"
              "  seq INTEGER NOT NULL,\n"
              "  time_ms INTEGER NOT NULL,\n"
              "  channel TEXT NOT NULL,\n"
              "  nick TEXT NOT NULL,\n"
              "  kind TEXT NOT NULL,\n"
              "  reason TEXT,\n"
              "  check_sum INTEGER NOT NULL\n"
              ") STRICT"},
    {"state", "CREATE TABLE state(\n"
              "  id INTEGER PRIMARY KEY CHECK (id = 1),\n"
              "  last_seq INTEGER NOT NULL,\n"
              "  last_time_ms INTEGER NOT NULL,\n"
              "  seed INTEGER NOT NULL,\n"
              "  closed INTEGER NOT NULL,\n"
              "  check_sum INTEGER NOT NULL\n"
              ") STRICT"},
};

/* The last columns of message and event stand as SQLite writes them down when they are added to a
 * table that is there. */
const struct store_table store_tables[STORE_TABLE_COUNT] = {
    {"message", "CREATE TABLE message(\n"
                "  seq INTEGER PRIMARY KEY,\n"
                "  time_ms INTEGER NOT NULL,\n"
                "  channel TEXT NOT NULL,\n"
                "  nick TEXT NOT NULL,\n"
                "  text TEXT NOT NULL,\n"
                "  check_sum INTEGER NOT NULL\n"
                ", kind TEXT, tags TEXT) STRICT"},
    {"event", "CREATE TABLE event(\n"
              "  id INTEGER PRIMARY KEY,\n"
              "  seq INTEGER NOT NULL,\n"
              "  time_ms INTEGER NOT NULL,\n"
              "  channel TEXT NOT NULL,\n"
              "  nick TEXT NOT NULL,\n"
              "  kind TEXT NOT NULL,\n"
              "  reason TEXT,\n"
              "  check_sum INTEGER NOT NULL\n"
              ", target TEXT, text TEXT) STRICT"},
    {"state", "CREATE TABLE state(\n"
              "  id INTEGER PRIMARY KEY CHECK (id = 1),\n"
              "  last_seq INTEGER NOT NULL,\n"
              "  last_time_ms INTEGER NOT NULL,\n"
              "  seed INTEGER NOT NULL,\n"
              "  closed INTEGER NOT NULL,\n"
              "  check_sum INTEGER NOT NULL\n"
              ") STRICT"},
    {"channel", "CREATE TABLE channel(\n"
                "  name TEXT NOT NULL PRIMARY KEY,\n"
                "  topic TEXT NOT NULL,\n"
                "  topic_nick TEXT NOT NULL,\n"
                "  topic_time_ms INTEGER NOT NULL,\n"
                "  modes TEXT NOT NULL,\n"
                "  seq INTEGER NOT NULL,\n"
                "  time_ms INTEGER NOT NULL,\n"
                "  check_sum INTEGER NOT NULL\n"
                ") STRICT, WITHOUT ROWID"},
    {"channel_mask", "CREATE TABLE channel_mask(\n"
                     "  channel TEXT NOT NULL,\n"
                     "  list TEXT NOT NULL,\n"
                     "  mask TEXT NOT NULL,\n"
                     "  nick TEXT NOT NULL,\n"
                     "  set_time_ms INTEGER NOT NULL,\n"
                     "  seq INTEGER NOT NULL,\n"
                     "  time_ms INTEGER NOT NULL,\n"
                     "  check_sum INTEGER NOT NULL,\n"
                     "  PRIMARY KEY (channel, list, mask)\n"
                     ") STRICT, WITHOUT ROWID"},
    {"channel_metadata", "CREATE TABLE channel_metadata(\n"
                         "  channel TEXT NOT NULL,\n"
                         "  key TEXT NOT NULL,\n"
                         "  value TEXT NOT NULL,\n"
                         "  seq INTEGER NOT NULL,\n"
                         "  time_ms INTEGER NOT NULL,\n"
                         "  check_sum INTEGER NOT NULL,\n"
                         "  PRIMARY KEY (channel, key)\n"
                         ") STRICT, WITHOUT ROWID"},
    {"server_ban", "CREATE TABLE server_ban(\n"
                   "  mask TEXT NOT NULL PRIMARY KEY,\n"
                   "  reason TEXT NOT NULL,\n"
                   "  nick TEXT NOT NULL,\n"
                   "  until_time_ms INTEGER NOT NULL,\n"
                   "  seq INTEGER NOT NULL,\n"
                   "  time_ms INTEGER NOT NULL,\n"
                   "  check_sum INTEGER NOT NULL\n"
                   ") STRICT, WITHOUT ROWID"},
};

/* Memory that a connection keeps pages in. A group's pages fit, so none is written before its
 * commit. */
#define CACHE_KIB "4096"
/* Far above the largest record; a damaged length allocates no more. */
#define VALUE_BYTES_MAX (1024 * 1024)

static int run_text(sqlite3 *db, const char *statements)
{
    return sqlite3_exec(db, statements, NULL, NULL, NULL);
}

int store_configure(sqlite3 *db, bool writes)
{
    sqlite3_extended_result_codes(db, 1);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    /* Nothing in a file that somebody has tampered with may run as part of our statements. */
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    /* The WAL is copied back when the journal says so, never inside of a commit. */
    sqlite3_wal_autocheckpoint(db, 0);
    int code = run_text(db, "PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"
                            "PRAGMA cell_size_check = ON; PRAGMA foreign_keys = OFF");
    if (code == SQLITE_OK && writes) {
        /* What is taken out of the store is overwritten, not only given free. */
        code = run_text(db, "PRAGMA secure_delete = ON; PRAGMA cache_size = -" CACHE_KIB);
    }
    return code;
}

static int state_insert(sqlite3 *db, uint64_t seed)
{
    const struct store_state_row row = {.seed = seed, .closed = true};
    sqlite3_stmt *insert = NULL;
    int code =
        sqlite3_prepare_v2(db, "INSERT INTO state VALUES (1, 0, 0, ?1, 1, ?2)", -1, &insert, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_int64(insert, 1, (sqlite3_int64)seed);
        sqlite3_bind_int64(insert, 2, store_state_sum(&row));
        code = sqlite3_step(insert);
        code = code == SQLITE_DONE ? SQLITE_OK : code;
    }
    sqlite3_finalize(insert);
    return code;
}

int store_make_tables(sqlite3 *db, uint64_t seed)
{
    char header[128];
    int count =
        snprintf(header, sizeof(header), "PRAGMA application_id = %d; PRAGMA user_version = %d",
                 STORE_APPLICATION_ID, STORE_VERSION);
    check(count > 0 && (size_t)count < sizeof(header));
    /* EXTRA also flushes the directory, or the finished store could fall back to an empty one. */
    int code = run_text(db, "PRAGMA page_size = 4096; PRAGMA auto_vacuum = NONE;"
                            "PRAGMA encoding = 'UTF-8'; PRAGMA journal_mode = DELETE;"
                            "PRAGMA synchronous = EXTRA; BEGIN EXCLUSIVE");
    if (code == SQLITE_OK) {
        code = run_text(db, header);
    }
    for (size_t index = 0; index < STORE_TABLE_COUNT && code == SQLITE_OK; index++) {
        code = run_text(db, store_tables[index].definition);
    }
    if (code == SQLITE_OK) {
        code = state_insert(db, seed);
    }
    if (code == SQLITE_OK) {
        code = run_text(db, "COMMIT");
    }
    return code;
}

int store_change_tables(sqlite3 *db)
{
    int code = run_text(db, "ALTER TABLE message ADD COLUMN kind TEXT;"
                            "ALTER TABLE message ADD COLUMN tags TEXT;"
                            "ALTER TABLE event ADD COLUMN target TEXT;"
                            "ALTER TABLE event ADD COLUMN text TEXT");
    for (size_t index = STORE_TABLE_1_COUNT; index < STORE_TABLE_COUNT && code == SQLITE_OK;
         index++) {
        code = run_text(db, store_tables[index].definition);
    }
    return code == SQLITE_OK ? store_touch(db) : code;
}

int64_t store_state_sum(const struct store_state_row *row)
{
    const int64_t numbers[] = {(int64_t)row->last_seq, row->last_time_ms, (int64_t)row->seed,
                               row->closed ? 1 : 0};
    return numbers_sum(numbers, sizeof(numbers) / sizeof(numbers[0]));
}

int store_touch(sqlite3 *db)
{
    char version[64];
    int count = snprintf(version, sizeof(version), "PRAGMA user_version = %d", STORE_VERSION);
    check(count > 0 && (size_t)count < sizeof(version));
    return run_text(db, version);
}
