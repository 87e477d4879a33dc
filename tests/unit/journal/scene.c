/* Rows that follow from their numbers, and looking for them. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "scene.h"

#include "journal/row_sum.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

void scene_init(struct scene *scene, uint64_t seed)
{
    *scene = (struct scene){.options = {.directory = SCENE_DIRECTORY,
                                        .vfs = SCENE_VFS,
                                        .checkpoint_bytes = UINT64_C(8) * 4096,
                                        .wal_bytes_max = UINT64_C(20) * 4096}};
    scene->disk = fault_disk_new(seed);
    assert_non_null(scene->disk);
    scene->vfs = fault_vfs_new(scene->disk, SCENE_VFS);
    assert_non_null(scene->vfs);
}

void scene_finish(struct scene *scene)
{
    scene_close(scene);
    fault_vfs_free(scene->vfs);
    fault_disk_free(scene->disk);
    bytes_finish(&scene->problem);
}

const char *scene_problem(struct scene *scene)
{
    if (bytes_append(&scene->problem, "", 1) != ERR_OK) {
        return "";
    }
    scene->problem.count--;
    return scene->problem.data;
}

enum error scene_open(struct scene *scene)
{
    return journal_sqlite_open(&scene->options, SCENE_SEED, &scene->journal, &scene->mark,
                               &scene->problem);
}

void scene_open_well(struct scene *scene)
{
    enum error error = scene_open(scene);
    if (error != ERR_OK) {
        fail_msg("%s: %s", error_name(error), scene_problem(scene));
    }
    assert_true(scene->mark.seed == SCENE_SEED);
    scene->stored = scene->mark.seq;
}

void scene_close(struct scene *scene)
{
    journal_free(scene->journal);
    scene->journal = NULL;
}

int64_t scene_time_ms(uint64_t seq)
{
    return INT64_C(1700000000000) + (int64_t)seq;
}

static struct text text_make(char *room, size_t count, uint64_t seq)
{
    for (size_t index = 0; index < count; index++) {
        /* All bytes, NUL and control characters too. */
        room[index] = (char)(seq * 31 + index * 7);
    }
    return (struct text){.data = room, .count = count};
}

static struct text text_print(char *room, size_t room_bytes, const char *word, uint64_t seq)
{
    int count = snprintf(room, room_bytes, "%s%llu", word, (unsigned long long)seq);
    assert_true(count > 0 && (size_t)count < room_bytes);
    return (struct text){.data = room, .count = (size_t)count};
}

size_t scene_rows(uint64_t seq, struct scene_memory *memory, struct row *out_rows)
{
    struct row row = {.seq = seq, .time_ms = scene_time_ms(seq), .kind = ROW_MESSAGE};
    row.nick = text_print(memory->nick, sizeof(memory->nick), "user", seq % 10);
    row.channel = text_print(memory->channel[0], sizeof(memory->channel[0]), "#room", seq % 3);
    size_t count = 1;
    if (seq % 11 == 0) {
        row.kind = ROW_NONE;
    } else if (seq % 7 == 0) {
        row.kind = ROW_CLOSED;
        row.reason = LEAVE_QUIT + seq / 7 % 6;
        count = 2;
    } else if (seq % 5 == 0) {
        row.kind = seq % 2 == 0 ? ROW_JOINED : ROW_PARTED;
    } else {
        /* Now and then one that takes pages of its own. */
        size_t bytes = seq % 13 == 0 ? MESSAGE_BYTES_MAX : seq * 37 % 200;
        row.text = text_make(memory->text, bytes, seq);
    }
    out_rows[0] = row;
    if (count == 2) {
        out_rows[1] = row;
        out_rows[1].channel =
            text_print(memory->channel[1], sizeof(memory->channel[1]), "#other", seq);
    }
    return count;
}

enum error scene_group(struct journal *journal, uint64_t first, uint64_t last)
{
    struct scene_memory memory;
    struct row rows[2];
    enum error error = journal_begin(journal);
    for (uint64_t seq = first; seq <= last && error == ERR_OK; seq++) {
        size_t count = scene_rows(seq, &memory, rows);
        for (size_t index = 0; index < count && error == ERR_OK; index++) {
            error = journal_put(journal, &rows[index]);
        }
    }
    return error == ERR_OK ? journal_commit(journal, last, scene_time_ms(last)) : error;
}

void scene_store(struct scene *scene, uint64_t count)
{
    enum error error = scene_group(scene->journal, scene->stored + 1, scene->stored + count);
    if (error != ERR_OK) {
        fail_msg("%s: %s", error_name(error), journal_problem(scene->journal));
    }
    scene->stored += count;
}

/* The rows of one table in their order, as they are read back. */
struct reader {
    sqlite3 *db;
    sqlite3_stmt *statement;
};

static void reader_init(struct reader *reader, sqlite3 *db, const char *text)
{
    reader->db = db;
    if (sqlite3_prepare_v2(db, text, -1, &reader->statement, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", text, sqlite3_errmsg(db));
    }
}

static void column_expect(struct reader *reader, int column, struct text expected)
{
    struct text found = {.data = sqlite3_column_blob(reader->statement, column),
                         .count = (size_t)sqlite3_column_bytes(reader->statement, column)};
    assert_true(text_equal(found, expected));
}

/* The next row is this one. */
static void row_expect(struct reader *reader, const struct row *row)
{
    sqlite3_stmt *statement = reader->statement;
    int code = sqlite3_step(statement);
    if (code != SQLITE_ROW) {
        fail_msg("entry %llu is not there: %s", (unsigned long long)row->seq,
                 code == SQLITE_DONE ? "the table ends" : sqlite3_errmsg(reader->db));
    }
    assert_int_equal(sqlite3_column_int64(statement, 0), row->seq);
    assert_int_equal(sqlite3_column_int64(statement, 1), row->time_ms);
    column_expect(reader, 2, row->channel);
    column_expect(reader, 3, row->nick);
    assert_true(sqlite3_column_int64(statement, 4) == row_sum(row));
    if (row->kind == ROW_MESSAGE) {
        column_expect(reader, 5, row->text);
        return;
    }
    column_expect(reader, 5, text_of(row_kind_word(row->kind)));
    if (row->kind == ROW_CLOSED) {
        column_expect(reader, 6, text_of(leave_reason_word(row->reason)));
    } else {
        assert_int_equal(sqlite3_column_type(statement, 6), SQLITE_NULL);
    }
}

static void reader_finish(struct reader *reader)
{
    int code = sqlite3_step(reader->statement);
    if (code != SQLITE_DONE) {
        fail_msg("more than was put: %lld", sqlite3_column_int64(reader->statement, 0));
    }
    sqlite3_finalize(reader->statement);
}

void scene_verify(const char *vfs, const char *path, uint64_t last)
{
    sqlite3 *db = NULL;
    struct reader messages;
    struct reader events;
    struct scene_memory memory;
    struct row rows[2];
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, vfs), SQLITE_OK);
    /* Looking changes nothing for whoever comes next. */
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    reader_init(&messages, db,
                "SELECT seq, time_ms, channel, nick, check_sum, text FROM message ORDER BY seq");
    reader_init(&events, db,
                "SELECT seq, time_ms, channel, nick, check_sum, kind, reason FROM event"
                " ORDER BY id");
    for (uint64_t seq = 1; seq <= last; seq++) {
        size_t count = scene_rows(seq, &memory, rows);
        for (size_t index = 0; index < count; index++) {
            if (rows[index].kind != ROW_NONE) {
                row_expect(rows[index].kind == ROW_MESSAGE ? &messages : &events, &rows[index]);
            }
        }
    }
    reader_finish(&messages);
    reader_finish(&events);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}
