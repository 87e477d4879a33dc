/* Whether an opened store is whole: its tables, its pages, its records. Reads only. */
#include "journal/row_sum.h"
#include "journal/sqlite_schema.h"

#include "base/utf8.h"

#include <stdio.h>
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
    } else if (!text_equal(store_column(statement, 0), TEXT("ok"))) {
        struct text found = store_column(statement, 0);
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

/* The columns of both: name of the record, check_sum, and then the row. A word that is none of ours
 * has no number, and matches no sum. */
static bool message_matches(sqlite3_stmt *statement)
{
    struct text kind = store_column(statement, 7);
    const struct row row = {
        .kind = ROW_MESSAGE,
        .flags = message_kind_of_word(kind),
        .seq = (uint64_t)sqlite3_column_int64(statement, 2),
        .time_ms = sqlite3_column_int64(statement, 3),
        .channel = store_column(statement, 4),
        .nick = store_column(statement, 5),
        .text = store_column(statement, 6),
        .extra = store_column(statement, 8),
    };
    return (row.flags != 0 || kind.count == 0) &&
           row_sum(&row) == sqlite3_column_int64(statement, 1);
}

static bool event_matches(sqlite3_stmt *statement)
{
    const struct row row = {
        .seq = (uint64_t)sqlite3_column_int64(statement, 2),
        .time_ms = sqlite3_column_int64(statement, 3),
        .channel = store_column(statement, 4),
        .nick = store_column(statement, 5),
        .kind = row_kind_of_word(store_column(statement, 6)),
        .reason = leave_reason_of_word(store_column(statement, 7)),
        .extra = store_column(statement, 8),
        .text = store_column(statement, 9),
    };
    return row_sum(&row) == sqlite3_column_int64(statement, 1);
}

/* The tables of what people saw, the newest record first. */
#define SUMS_COUNT 2
struct sums {
    const char *table;
    const char *select;
    bool (*matches)(sqlite3_stmt *statement);
};

static const struct sums sums_of_tables[SUMS_COUNT] = {
    {"message",
     "SELECT seq, check_sum, seq, time_ms, channel, nick, text, kind, tags FROM message"
     " ORDER BY seq DESC LIMIT ?1",
     message_matches},
    {"event",
     "SELECT id, check_sum, seq, time_ms, channel, nick, kind, reason, target, text FROM event"
     " ORDER BY id DESC LIMIT ?1",
     event_matches},
};

static const struct sums sums_of_tables_1[SUMS_COUNT] = {
    {"message",
     "SELECT seq, check_sum, seq, time_ms, channel, nick, text, NULL, NULL FROM message"
     " ORDER BY seq DESC LIMIT ?1",
     message_matches},
    {"event",
     "SELECT id, check_sum, seq, time_ms, channel, nick, kind, reason, NULL, NULL FROM event"
     " ORDER BY id DESC LIMIT ?1",
     event_matches},
};

static void bad_records_say(const struct check_run *run, const char *table, const char *first,
                            int64_t count)
{
    sentence_add(run->notice,
                 "%s: table %s, record %s: is not what was written, its check sum says "
                 "(records like that: %lld)",
                 run->name, table, first, (long long)count);
}

static enum error sums_check(const struct check_run *run, const struct sums *sums, int64_t rows_max)
{
    sqlite3_stmt *statement = NULL;
    int64_t bad_count = 0;
    char bad_first[24] = "";
    int code = sqlite3_prepare_v2(run->db, sums->select, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_int64(statement, 1, rows_max);
        while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
            if (!sums->matches(statement)) {
                bad_count++;
                (void)snprintf(bad_first, sizeof(bad_first), "%lld",
                               (long long)sqlite3_column_int64(statement, 0));
            }
        }
    }
    enum error error = code == SQLITE_DONE ? ERR_OK : read_failed(run, code);
    sqlite3_finalize(statement);
    if (error == ERR_OK && bad_count > 0) {
        bad_records_say(run, sums->table, bad_first, bad_count);
    }
    return error;
}

/* The tables of state: what of a record tells it from others, after the first three columns. */
static const struct state_name {
    const char *table;
    int part_count;
} state_names[STATE_TABLE_COUNT] = {
    [STATE_CHANNEL] = {"channel", 1},
    [STATE_MASK] = {"channel_mask", 3},
    [STATE_METADATA] = {"channel_metadata", 2},
    [STATE_BAN] = {"server_ban", 1},
};
/* Damaged texts can be as long as they like. */
#define STATE_NAME_PART_BYTES_MAX 200

/* Puts "#room b nick!*@*" in place of what out holds; without memory the rest is left out. */
static void state_name_set(sqlite3_stmt *statement, int part_count, struct bytes *out)
{
    bytes_clear(out);
    for (int part = 0; part < part_count; part++) {
        struct text text = store_column(statement, 3 + part);
        if (text.count > STATE_NAME_PART_BYTES_MAX) {
            text.count = STATE_NAME_PART_BYTES_MAX;
        }
        if (part > 0) {
            BEST_EFFORT(bytes_append_text(out, TEXT(" ")));
        }
        BEST_EFFORT(text_append_visible(out, text));
    }
}

/* All of them, whatever the size of the store: a start reads them all. */
static enum error state_check(const struct check_run *run, enum store_state_table table)
{
    sqlite3_stmt *statement = NULL;
    struct bytes bad_first = {0};
    char room[MASK_BYTES_MAX + 2];
    struct row row;
    int64_t bad_count = 0;
    int code = sqlite3_prepare_v2(run->db, store_state_selects[table], -1, &statement, NULL);
    if (code == SQLITE_OK) {
        while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
            if (!store_state_read(table, statement, room, &row)) {
                bad_count++;
                state_name_set(statement, state_names[table].part_count, &bad_first);
            }
        }
    }
    enum error error = code == SQLITE_DONE ? ERR_OK : read_failed(run, code);
    sqlite3_finalize(statement);
    if (error == ERR_OK && bad_count > 0) {
        BEST_EFFORT(bytes_append(&bad_first, "", 1));
        bad_records_say(run, state_names[table].table, bad_first.count > 0 ? bad_first.data : "",
                        bad_count);
    }
    bytes_finish(&bad_first);
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

int store_version_read(sqlite3 *db, uint32_t *out)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    if (code == SQLITE_ROW) {
        *out = (uint32_t)sqlite3_column_int64(statement, 0);
        code = SQLITE_OK;
    }
    sqlite3_finalize(statement);
    return code;
}

static struct check_run run_of(sqlite3 *db, struct bytes *problem, struct bytes *notice)
{
    return (struct check_run){
        .db = db, .name = sqlite3_db_filename(db, "main"), .problem = problem, .notice = notice};
}

/* SQLite keeps the definition as it was written. */
static enum error tables_check(const struct check_run *run, uint32_t version)
{
    const struct store_table *tables = version == 1 ? store_tables_1 : store_tables;
    size_t table_count = version == 1 ? STORE_TABLE_1_COUNT : STORE_TABLE_COUNT;
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(
        run->db,
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1 AND sql = ?2", -1,
        &statement, NULL);
    enum error error = code == SQLITE_OK ? ERR_OK : read_failed(run, code);
    for (size_t index = 0; index < table_count && error == ERR_OK; index++) {
        sqlite3_bind_text(statement, 1, tables[index].name, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 2, tables[index].definition, -1, SQLITE_STATIC);
        code = sqlite3_step(statement);
        if (code != SQLITE_ROW) {
            error = read_failed(run, code);
        } else if (sqlite3_column_int(statement, 0) != 1) {
            sentence_set(run->problem, "%s: its table %s is missing or not as madang made it",
                         run->name, tables[index].name);
            error = ERR_DAMAGED;
        }
        sqlite3_reset(statement);
    }
    sqlite3_finalize(statement);
    return error;
}

enum error store_check_tables(sqlite3 *db, uint32_t version, struct bytes *problem)
{
    const struct check_run run = run_of(db, problem, NULL);
    return tables_check(&run, version);
}

enum error store_check(sqlite3 *db, uint32_t version, uint64_t bytes_max, struct bytes *problem,
                       struct bytes *notice)
{
    const struct check_run run = run_of(db, problem, notice);
    enum error error = tables_check(&run, version);
    bool all = (uint64_t)store_bytes(db) <= bytes_max;
    if (error == ERR_OK && all) {
        error = structure_check(&run);
    }
    const struct sums *sums = version == 1 ? sums_of_tables_1 : sums_of_tables;
    int64_t rows_max = all ? -1 : JOURNAL_CHECK_ROWS_MAX;
    for (size_t index = 0; index < SUMS_COUNT && error == ERR_OK; index++) {
        error = sums_check(&run, &sums[index], rows_max);
    }
    for (int table = 0; version > 1 && table < STATE_TABLE_COUNT && error == ERR_OK; table++) {
        error = state_check(&run, (enum store_state_table)table);
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
    const struct check_run run = run_of(db, problem, notice);
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
