/* Private to the SQLite journal: what its tables are. */
#ifndef MADANG_JOURNAL_SQLITE_SCHEMA_H
#define MADANG_JOURNAL_SQLITE_SCHEMA_H

#include "journal/sqlite_store.h"

struct store_table {
    const char *name;
    const char *definition;
};

#define STORE_TABLE_COUNT 3
extern const struct store_table store_tables[STORE_TABLE_COUNT];

#endif
