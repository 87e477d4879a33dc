/* Whether an opened store is whole: its tables, its pages, its records. Reads only. */
#include "journal/row_sum.h"
#include "journal/sqlite_schema.h"

#include <string.h>

/* No number of ours is ever as large: a larger one is damage. */
#define SEQ_MAX ((uint64_t)INT64_MAX / 2)
/* So far may the records be ahead of the table state, by somebody else's hand. */
#define SEQ_JUMP_MAX (UINT64_C(1) << 32)

struct check_run {
    sqlite3 *db;
    const char *name;
    struct bytes *problem;
    struct bytes *notice;
};

/* What SQLite says when it cannot read on. */
static enum error read_failed(const struct check_run *run, int code)
{
    enum error error = store_error(code);
    sentence_set(run->problem, error == ERR_DAMAGED ? "%s: is damaged: %s" : "%s: %s", run->name,
                 sqlite3_errmsg(run->db));
    return error;
}

static struct text column_text(sqlite3_stmt *statement, int column)
{
    /* The blob form takes the bytes as they are, whatever they are. */
    const char *data = sqlite3_column_blob(statement, column);
    int count = sqlite3_column_bytes(statement, column);
    return (struct text){.data = data, .count = data == NULL ? 0 : (size_t)count};
}

static enum error table_check(const struct check_run *run, const struct store_table *table)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(
        run->db,
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1 AND sql = ?2", -1,
        &statement, NULL);
    enum error error = ERR_OK;
    if (code == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, table->name, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 2, table->definition, -1, SQLITE_STATIC);
        code = sqlite3_step(statement);
    }
    if (code != SQLITE_ROW) {
        error = read_failed(run, code);
    } else if (sqlite3_column_int(statement, 0) != 1) {
        sentence_set(run->problem, "%s: its table %s is missing or not as madang made it",
                     run->name, table->name);
        error = ERR_DAMAGED;
    }
    sqlite3_finalize(statement);
    return error;
}

static enum error structure_check(const struct check_run *run)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(run->db, "PRAGMA quick_check(1)", -1, &statement, NULL);
    enum error error = ERR_OK;
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    if (code != SQLITE_ROW) {
        error = read_failed(run, code);
    } else if (!text_equal(column_text(statement, 0), TEXT("ok"))) {
        struct text found = column_text(statement, 0);
        sentence_set(run->problem, "%s: is damaged: %.*s", run->name,
                     found.count > 200 ? 200 : (int)found.count,
                     found.data == NULL ? "" : found.data);
        /* The sentence ends where SQLite's words do. */
        for (size_t index = 0; index < run->problem->count; index++) {
            if (run->problem->data[index] == '\n') {
                run->problem->data[index] = ' ';
            }
        }
        error = ERR_DAMAGED;
    }
    sqlite3_finalize(statement);
    return error;
}

static bool message_matches(sqlite3_stmt *statement)
{
    const struct row row = {
        .kind = ROW_MESSAGE,
        .seq = (uint64_t)sqlite3_column_int64(statement, 2),
        .time_ms = sqlite3_column_int64(statement, 3),
        .channel = column_text(statement, 4),
        .nick = column_text(statement, 5),
        .text = column_text(statement, 6),
    };
    return row_sum(&row) == sqlite3_column_int64(statement, 1);
}

static bool event_matches(sqlite3_stmt *statement)
{
    const struct row row = {
        .seq = (uint64_t)sqlite3_column_int64(statement, 2),
        .time_ms = sqlite3_column_int64(statement, 3),
        .channel = column_text(statement, 4),
        .nick = column_text(statement, 5),
        .kind = row_kind_of_word(column_text(statement, 6)),
        .reason = leave_reason_of_word(column_text(statement, 7)),
    };
    return row_sum(&row) == sqlite3_column_int64(statement, 1);
}

/* The tables whose records carry check sums, the newest record first. The first column names the
 * record. */
#define SUMS_COUNT 2
static const struct sums {
    const char *table;
    const char *select;
    bool (*matches)(sqlite3_stmt *statement);
} sums_of_tables[SUMS_COUNT] = {
    {"message",
     "SELECT seq, check_sum, seq, time_ms, channel, nick, text FROM message"
     " ORDER BY seq DESC LIMIT ?1",
     message_matches},
    {"event",
     "SELECT id, check_sum, seq, time_ms, channel, nick, kind, reason FROM event"
     " ORDER BY id DESC LIMIT ?1",
     event_matches},
};

static enum error sums_check(const struct check_run *run, const struct sums *sums, int64_t rows_max)
{
    sqlite3_stmt *statement = NULL;
    int64_t bad_count = 0;
    int64_t bad_first = 0;
    int code = sqlite3_prepare_v2(run->db, sums->select, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_int64(statement, 1, rows_max);
        while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
            if (!sums->matches(statement)) {
                bad_count++;
                bad_first = sqlite3_column_int64(statement, 0);
            }
        }
    }
    enum error error = code == SQLITE_DONE ? ERR_OK : read_failed(run, code);
    sqlite3_finalize(statement);
    if (error == ERR_OK && bad_count > 0) {
        sentence_add(run->notice,
                     "%s: table %s, record %lld: is not what was written, its check sum says "
                     "(records like that: %lld)",
                     run->name, sums->table, (long long)bad_first, (long long)bad_count);
    }
    return error;
}

static int64_t store_bytes(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    int64_t bytes = INT64_MAX;
    if (sqlite3_prepare_v2(db,
                           "SELECT page_count * page_size FROM pragma_page_count(), "
                           "pragma_page_size()",
                           -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        bytes = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return bytes;
}

enum error store_check(sqlite3 *db, uint64_t bytes_max, const char *name, struct bytes *problem,
                       struct bytes *notice)
{
    const struct check_run run = {.db = db, .name = name, .problem = problem, .notice = notice};
    enum error error = ERR_OK;
    for (size_t index = 0; index < STORE_TABLE_COUNT && error == ERR_OK; index++) {
        error = table_check(&run, &store_tables[index]);
    }
    bool all = (uint64_t)store_bytes(db) <= bytes_max;
    if (error == ERR_OK && all) {
        error = structure_check(&run);
    }
    int64_t rows_max = all ? -1 : JOURNAL_CHECK_ROWS_MAX;
    for (size_t index = 0; index < SUMS_COUNT && error == ERR_OK; index++) {
        error = sums_check(&run, &sums_of_tables[index], rows_max);
    }
    return error;
}

/* Where the numbers go on when the table state does not say it: at the last record that is as it
 * was written. */
static enum error last_sound_read(const struct check_run *run, const struct sums *sums,
                                  struct store_state_row *row)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(run->db, sums->select, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_int64(statement, 1, JOURNAL_CHECK_ROWS_MAX);
        while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
            uint64_t seq = (uint64_t)sqlite3_column_int64(statement, 2);
            if (sums->matches(statement) && seq <= SEQ_MAX) {
                row->last_seq = seq > row->last_seq ? seq : row->last_seq;
                int64_t time_ms = sqlite3_column_int64(statement, 3);
                row->last_time_ms = time_ms > row->last_time_ms ? time_ms : row->last_time_ms;
                code = SQLITE_DONE;
                break;
            }
        }
    }
    enum error error = code == SQLITE_DONE ? ERR_OK : read_failed(run, code);
    sqlite3_finalize(statement);
    return error;
}

/* Numbers that somebody else has taken are left out, or each message would meet theirs. */
static enum error last_taken_read(const struct check_run *run, struct store_state_row *row)
{
    sqlite3_stmt *statement = NULL;
    const uint64_t seq_max = row->last_seq + SEQ_JUMP_MAX;
    int code = sqlite3_prepare_v2(run->db, "SELECT max(seq) FROM message WHERE seq <= ?1", -1,
                                  &statement, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_int64(statement, 1, (sqlite3_int64)seq_max);
        code = sqlite3_step(statement);
    }
    enum error error = code == SQLITE_ROW ? ERR_OK : read_failed(run, code);
    if (error == ERR_OK && sqlite3_column_int64(statement, 0) > (sqlite3_int64)row->last_seq) {
        row->last_seq = (uint64_t)sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return error;
}

enum error store_read_state(sqlite3 *db, struct store_state_row *out, struct bytes *problem,
                            struct bytes *notice)
{
    const struct check_run run = {
        .db = db, .name = sqlite3_db_filename(db, "main"), .problem = problem, .notice = notice};
    struct store_state_row row = {0};
    sqlite3_stmt *statement = NULL;
    enum error error = ERR_OK;
    bool is_sound = false;
    int code = sqlite3_prepare_v2(
        db, "SELECT last_seq, last_time_ms, seed, closed, check_sum FROM state WHERE id = 1", -1,
        &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    if (code == SQLITE_ROW) {
        row.last_seq = (uint64_t)sqlite3_column_int64(statement, 0);
        row.last_time_ms = sqlite3_column_int64(statement, 1);
        row.seed = (uint64_t)sqlite3_column_int64(statement, 2);
        row.closed = sqlite3_column_int64(statement, 3) != 0;
        is_sound =
            row.last_seq <= SEQ_MAX && store_state_sum(&row) == sqlite3_column_int64(statement, 4);
    } else if (code == SQLITE_DONE) {
        sentence_set(problem, "%s: its table state is empty", run.name);
        error = ERR_DAMAGED;
    } else {
        error = read_failed(&run, code);
    }
    sqlite3_finalize(statement);
    if (error == ERR_OK && !is_sound) {
        sentence_add(notice,
                     "%s: table state: is not what was written, its check sum says; numbers and "
                     "time go on from the last record",
                     run.name);
        row = (struct store_state_row){.seed = row.seed, .closed = row.closed};
        for (size_t index = 0; index < SUMS_COUNT && error == ERR_OK; index++) {
            error = last_sound_read(&run, &sums_of_tables[index], &row);
        }
    }
    if (error == ERR_OK) {
        error = last_taken_read(&run, &row);
    }
    if (error == ERR_OK) {
        *out = row;
    }
    return error;
}
