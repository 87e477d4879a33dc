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
#include "journal/sqlite_schema.h"

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

/* What somebody did, of the kinds that came later. */
static void event_make(struct row *row, struct scene_memory *memory)
{
    row->kind = ROW_KICKED + row->seq % (ROW_RENAMED - ROW_KICKED + 1);
    row->text = text_make(memory->text, row->seq % 60, row->seq);
    if (row->kind == ROW_KICKED) {
        row->extra = text_print(memory->extra, sizeof(memory->extra), "target", row->seq);
    }
}

static void message_make(struct row *row, struct scene_memory *memory)
{
    uint64_t seq = row->seq;
    /* Now and then one that takes pages of its own. */
    size_t bytes = seq % 13 == 0 ? MESSAGE_BYTES_MAX : seq * 37 % 200;
    row->kind = ROW_MESSAGE;
    row->text = text_make(memory->text, bytes, seq);
    if (seq <= SCENE_OLD_SEQ_MAX) {
        return;
    }
    row->flags = seq % 4 == 0 ? MESSAGE_NOTICE : seq % 8 == 1 ? MESSAGE_TAGMSG : 0;
    if (seq % 3 == 0) {
        row->extra = text_print(memory->extra, sizeof(memory->extra), "+draft/react=", seq);
    }
}

/* A kept channel changes; a mask comes, and goes the next time. */
static void kept_make(struct row rows[2], struct scene_memory *memory)
{
    bool drops = rows[0].seq / SCENE_KEPT_STEP % 2 == 0;
    rows[0].channel = SCENE_KEPT;
    rows[1] = rows[0];
    rows[0].kind = ROW_CHANNEL;
    rows[0].text = text_print(memory->text, sizeof(memory->text), "topic", rows[0].seq);
    rows[0].extra = TEXT("+ntk key");
    rows[0].number = scene_time_ms(rows[0].seq) - 1;
    rows[1].kind = drops ? ROW_MASK_DROP : ROW_MASK;
    rows[1].extra = text_print(memory->extra, sizeof(memory->extra), "b *!*@host",
                               rows[0].seq - (drops ? SCENE_KEPT_STEP : 0));
    rows[1].number = rows[0].number;
}

size_t scene_rows(uint64_t seq, struct scene_memory *memory, struct row *out_rows)
{
    struct row row = {.seq = seq, .time_ms = scene_time_ms(seq)};
    row.nick = text_print(memory->nick, sizeof(memory->nick), "user", seq % 10);
    row.channel = text_print(memory->channel[0], sizeof(memory->channel[0]), "#room", seq % 3);
    size_t count = 1;
    if (seq > SCENE_OLD_SEQ_MAX && seq % SCENE_KEPT_STEP == 0) {
        out_rows[0] = row;
        kept_make(out_rows, memory);
        return 2;
    }
    if (seq > SCENE_OLD_SEQ_MAX && seq % 6 == 1) {
        event_make(&row, memory);
    } else if (seq % 11 == 0) {
        row.kind = ROW_NONE;
    } else if (seq % 7 == 0) {
        row.kind = ROW_CLOSED;
        row.reason = LEAVE_QUIT + seq / 7 % 6;
        if (seq > SCENE_OLD_SEQ_MAX) {
            row.text = text_print(memory->text, sizeof(memory->text), "words", seq);
        }
        count = 2;
    } else if (seq % 5 == 0) {
        row.kind = seq % 2 == 0 ? ROW_JOINED : ROW_PARTED;
    } else {
        message_make(&row, memory);
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

/* Nothing is NULL, not an empty text. */
static void column_or_null_expect(struct reader *reader, int column, struct text expected)
{
    column_expect(reader, column, expected);
    assert_int_equal(sqlite3_column_type(reader->statement, column) == SQLITE_NULL,
                     expected.count == 0);
}

static struct text text_of_word(const char *word)
{
    return word == NULL ? TEXT_NONE : text_of(word);
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
        column_or_null_expect(reader, 6, text_of_word(message_kind_word(row->flags)));
        column_or_null_expect(reader, 7, row->extra);
        return;
    }
    column_expect(reader, 5, text_of(row_kind_word(row->kind)));
    column_or_null_expect(
        reader, 6, text_of_word(row->kind == ROW_CLOSED ? leave_reason_word(row->reason) : NULL));
    column_or_null_expect(reader, 7, row->extra);
    column_or_null_expect(reader, 8, row->text);
}

static void reader_finish(struct reader *reader)
{
    int code = sqlite3_step(reader->statement);
    if (code != SQLITE_DONE) {
        fail_msg("more than was put: %lld", sqlite3_column_int64(reader->statement, 0));
    }
    sqlite3_finalize(reader->statement);
}

static sqlite3 *look_open(const char *vfs, const char *path)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, vfs), SQLITE_OK);
    /* Looking changes nothing for whoever comes next. */
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    return db;
}

static void seen_verify(sqlite3 *db, uint64_t last, const char *message_select,
                        const char *event_select)
{
    struct reader messages;
    struct reader events;
    struct scene_memory memory;
    struct row rows[2];
    reader_init(&messages, db, message_select);
    reader_init(&events, db, event_select);
    for (uint64_t seq = 1; seq <= last; seq++) {
        size_t count = scene_rows(seq, &memory, rows);
        for (size_t index = 0; index < count; index++) {
            if (rows[index].kind != ROW_NONE && rows[index].kind < ROW_STATE_FIRST) {
                row_expect(rows[index].kind == ROW_MESSAGE ? &messages : &events, &rows[index]);
            }
        }
    }
    reader_finish(&messages);
    reader_finish(&events);
}

/* The kept channel as the last entry that changed it has left it. */
static void kept_verify(sqlite3 *db, uint64_t last)
{
    struct reader channels;
    struct reader masks;
    struct scene_memory memory;
    struct row rows[2];
    uint64_t seq = last - last % SCENE_KEPT_STEP;
    reader_init(&channels, db,
                "SELECT seq, time_ms, name, topic_nick, check_sum, topic, modes, topic_time_ms"
                " FROM channel");
    reader_init(&masks, db,
                "SELECT seq, time_ms, channel, nick, check_sum, list || ' ' || mask, set_time_ms"
                " FROM channel_mask");
    if (seq > 0) {
        assert_int_equal(scene_rows(seq, &memory, rows), 2);
        assert_int_equal(sqlite3_step(channels.statement), SQLITE_ROW);
        assert_int_equal(sqlite3_column_int64(channels.statement, 0), seq);
        column_expect(&channels, 2, rows[0].channel);
        column_expect(&channels, 3, rows[0].nick);
        assert_true(sqlite3_column_int64(channels.statement, 4) == row_sum(&rows[0]));
        column_expect(&channels, 5, rows[0].text);
        column_expect(&channels, 6, rows[0].extra);
        assert_int_equal(sqlite3_column_int64(channels.statement, 7), rows[0].number);
        if (rows[1].kind == ROW_MASK) {
            assert_int_equal(sqlite3_step(masks.statement), SQLITE_ROW);
            assert_int_equal(sqlite3_column_int64(masks.statement, 0), seq);
            assert_true(sqlite3_column_int64(masks.statement, 4) == row_sum(&rows[1]));
            column_expect(&masks, 5, rows[1].extra);
            assert_int_equal(sqlite3_column_int64(masks.statement, 6), rows[1].number);
        }
    }
    reader_finish(&channels);
    reader_finish(&masks);
}

void scene_verify(const char *vfs, const char *path, uint64_t last)
{
    sqlite3 *db = look_open(vfs, path);
    seen_verify(db, last,
                "SELECT seq, time_ms, channel, nick, check_sum, text, kind, tags FROM message"
                " ORDER BY seq",
                "SELECT seq, time_ms, channel, nick, check_sum, kind, reason, target, text"
                " FROM event ORDER BY id");
    kept_verify(db, last);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

void scene_verify_old(const char *vfs, const char *path, uint64_t last)
{
    sqlite3 *db = look_open(vfs, path);
    assert_true(last <= SCENE_OLD_SEQ_MAX);
    seen_verify(db, last,
                "SELECT seq, time_ms, channel, nick, check_sum, text, NULL, NULL FROM message"
                " ORDER BY seq",
                "SELECT seq, time_ms, channel, nick, check_sum, kind, reason, NULL, NULL"
                " FROM event ORDER BY id");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Runs SQL; all that ?1 to ?7 stand for is bound, whichever of them it has. */
static void old_run(sqlite3 *db, const char *text, const struct row *row)
{
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &statement, NULL), SQLITE_OK);
    if (row != NULL) {
        sqlite3_bind_int64(statement, 1, (sqlite3_int64)row->seq);
        sqlite3_bind_int64(statement, 2, row->time_ms);
        sqlite3_bind_text(statement, 3, row->channel.data, (int)row->channel.count, NULL);
        sqlite3_bind_text(statement, 4, row->nick.data, (int)row->nick.count, NULL);
        sqlite3_bind_int64(statement, 5, row_sum(row));
        if (row->kind == ROW_MESSAGE) {
            sqlite3_bind_text(statement, 6, row->text.data == NULL ? "" : row->text.data,
                              (int)row->text.count, NULL);
        } else {
            sqlite3_bind_text(statement, 6, row_kind_word(row->kind), -1, NULL);
            sqlite3_bind_text(statement, 7,
                              row->kind == ROW_CLOSED ? leave_reason_word(row->reason) : NULL, -1,
                              NULL);
        }
    }
    assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_finalize(statement);
}

static void old_state_put(sqlite3 *db, uint64_t last)
{
    const struct store_state_row state = {.last_seq = last,
                                          .last_time_ms = last == 0 ? 0 : scene_time_ms(last),
                                          .seed = SCENE_SEED,
                                          .closed = true};
    char text[200];
    int count =
        snprintf(text, sizeof(text), "INSERT INTO state VALUES (1, %lld, %lld, %lld, 1, %lld)",
                 (long long)state.last_seq, (long long)state.last_time_ms, (long long)state.seed,
                 (long long)store_state_sum(&state));
    assert_true(count > 0 && (size_t)count < sizeof(text));
    old_run(db, text, NULL);
}

void scene_make_old(const char *vfs, const char *path, uint64_t last, bool wal)
{
    sqlite3 *db = NULL;
    struct scene_memory memory;
    struct row rows[2];
    assert_true(last <= SCENE_OLD_SEQ_MAX);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "BEGIN; PRAGMA application_id = 0x6D616461;"
                                  "PRAGMA user_version = 1",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    for (size_t index = 0; index < STORE_TABLE_1_COUNT; index++) {
        old_run(db, store_tables_1[index].definition, NULL);
    }
    for (uint64_t seq = 1; seq <= last; seq++) {
        size_t count = scene_rows(seq, &memory, rows);
        for (size_t index = 0; index < count; index++) {
            if (rows[index].kind == ROW_MESSAGE) {
                old_run(db, "INSERT INTO message VALUES (?1, ?2, ?3, ?4, ?6, ?5)", &rows[index]);
            } else if (rows[index].kind != ROW_NONE) {
                old_run(db, "INSERT INTO event VALUES (NULL, ?1, ?2, ?3, ?4, ?6, ?7, ?5)",
                        &rows[index]);
            }
        }
    }
    old_state_put(db, last);
    assert_int_equal(
        sqlite3_exec(db, wal ? "COMMIT; PRAGMA journal_mode = WAL" : "COMMIT", NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}
