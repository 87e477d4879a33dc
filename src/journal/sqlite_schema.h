/* Private to the SQLite journal: what its tables are, in this version of the store and in those
 * before it. */
#ifndef MADANG_JOURNAL_SQLITE_SCHEMA_H
#define MADANG_JOURNAL_SQLITE_SCHEMA_H

#include "journal/sqlite_store.h"

struct store_table {
    const char *name;
    const char *definition; /* As SQLite keeps it in sqlite_schema. */
};

/* The tables of stores of version 1. */
#define STORE_TABLE_1_COUNT 3
extern const struct store_table store_tables_1[STORE_TABLE_1_COUNT];

/* Of STORE_VERSION. */
#define STORE_TABLE_COUNT 7
extern const struct store_table store_tables[STORE_TABLE_COUNT];

/*
 * Within a transaction: makes the tables of STORE_VERSION out of those of the version before. They
 * then read as if they had been made so, which the caller checks. Returns SQLite's code.
 */
int store_change_tables(sqlite3 *db);

#endif
