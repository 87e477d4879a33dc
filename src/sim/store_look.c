/* SELECT, and compare. */
#include "sim/store_look.h"

#include "base/check.h"
#include "sim/process.h"

#include <sqlite3.h>
#include <string.h>

static struct text column(sqlite3_stmt *statement, int index)
{
    const char *data = sqlite3_column_blob(statement, index);
    int count = sqlite3_column_bytes(statement, index);
    return (struct text){.data = data, .count = data == NULL ? 0 : (size_t)count};
}

static const char *kind_word(int kind)
{
    static const char *const words[] = {
        [ROW_JOINED] = "joined", [ROW_PARTED] = "parted",   [ROW_CLOSED] = "closed",
        [ROW_KICKED] = "kicked", [ROW_NICK] = "nick",       [ROW_TOPIC] = "topic",
        [ROW_MODE] = "mode",     [ROW_RENAMED] = "renamed", [ROW_REDACTED] = "redacted",
    };
    check((size_t)kind < sizeof(words) / sizeof(words[0]) && words[kind] != NULL);
    return words[kind];
}

/* Taken back, by what is stored as well. */
static bool is_redacted(const struct truth *truth, const struct fact *fact)
{
    return fact->redaction != 0 && !truth->facts[fact->redaction].lost;
}

static bool row_matches(const struct truth *truth, const struct fact *fact, sqlite3_stmt *statement)
{
    bool matches = (uint64_t)sqlite3_column_int64(statement, 0) == fact->seq &&
                   sqlite3_column_int64(statement, 1) == fact->time_ms &&
                   text_equal(column(statement, 2), bytes_text(&fact->place)) &&
                   text_equal(column(statement, 3), bytes_text(&fact->nick));
    if (fact->kind == ROW_MESSAGE) {
        struct bytes text = {0};
        if (!is_redacted(truth, fact)) {
            fact_text_append(fact, &text);
        }
        matches = matches && text_equal(column(statement, 4), bytes_text(&text));
        bytes_finish(&text);
        return matches;
    }
    return matches && text_equal(column(statement, 4), text_of(kind_word(fact->kind))) &&
           text_equal(column(statement, 5), bytes_text(&fact->text)) &&
           text_equal(column(statement, 6), bytes_text(&fact->extra));
}

/* The next fact of the table that is not lost; NULL at the end. */
static const struct fact *fact_next(const struct truth *truth, bool messages, size_t *cursor)
{
    while (*cursor < truth->fact_count) {
        const struct fact *fact = &truth->facts[(*cursor)++];
        if (fact->is_row && !fact->lost && (fact->kind == ROW_MESSAGE) == messages) {
            return fact;
        }
    }
    return NULL;
}

static void table_compare(struct truth *truth, sqlite3 *db, bool messages)
{
    const char *select = messages
                             ? "SELECT seq, time_ms, channel, nick, text FROM message"
                               " ORDER BY seq"
                             : "SELECT seq, time_ms, channel, nick, kind, text, target FROM event"
                               " ORDER BY id";
    sqlite3_stmt *statement = NULL;
    check(sqlite3_prepare_v2(db, select, -1, &statement, NULL) == SQLITE_OK);
    size_t cursor = 0;
    int code = 0;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        const struct fact *fact = fact_next(truth, messages, &cursor);
        if (fact == NULL || !row_matches(truth, fact, statement)) {
            struct text nick = column(statement, 3);
            report_violation(
                truth->report, "the store has %s %lld of %.*s, where %s %llu should be",
                messages ? "message" : "event", (long long)sqlite3_column_int64(statement, 0),
                (int)nick.count, nick.data, fact == NULL ? "nothing, after" : "entry",
                (unsigned long long)(fact == NULL ? truth->seq : fact->seq));
            break;
        }
    }
    const struct fact *missing = fact_next(truth, messages, &cursor);
    if (code == SQLITE_DONE && missing != NULL) {
        report_violation(truth->report, "the store lacks entry %llu%s",
                         (unsigned long long)missing->seq,
                         missing->shown ? ", which somebody was shown" : "");
    } else if (code != SQLITE_DONE && code != SQLITE_ROW) {
        report_violation(truth->report, "the store cannot be read: %s", sqlite3_errmsg(db));
    }
    sqlite3_finalize(statement);
}

void store_look_compare(struct truth *truth)
{
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(JOURNAL_FILE, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                        JOURNAL_VFS) != SQLITE_OK) {
        report_violation(truth->report, "the store cannot be opened: %s", sqlite3_errmsg(db));
    } else {
        sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        table_compare(truth, db, true);
        table_compare(truth, db, false);
    }
    sqlite3_close(db);
}
