/* The SQLite journal on a real disk: what is put can be read, by SQLite's own tool too. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t number_select(const char *path, const char *text)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return number;
}

static void new_store_is_empty_and_keeps_its_seed(void **state)
{
    struct place *place = *state;
    place_open_well(place);
    assert_true(place->mark.seq == 0);
    assert_true(place->mark.seed == SCENE_SEED);
    assert_int_equal(place->problem.count, 0);
    journal_free(place->journal);
    enum error error =
        journal_sqlite_open(&place->options, 1, &place->journal, &place->mark, &place->problem);
    assert_int_equal(error, ERR_OK);
    assert_true(place->mark.seed == SCENE_SEED);
}

static void what_is_stored_is_there_after_a_restart(void **state)
{
    struct place *place = *state;
    place_open_well(place);
    place_store(place, 1);
    place_store(place, 100);
    place_store(place, 10);
    place_close(place);
    /* A journal that was closed leaves one file. */
    assert_int_not_equal(access(place_path(place, "-wal"), F_OK), 0);
    place_open_well(place);
    assert_int_equal(place->mark.seq, 111);
    assert_int_equal(place->mark.time_ms, scene_time_ms(111));
    assert_int_equal(place->problem.count, 0);
    place_store(place, 5);
    place_close(place);
    scene_verify(NULL, place_path(place, ""), 116);
}

static void every_sync_mode_stores(void **state)
{
    struct place *place = *state;
    for (int sync = JOURNAL_SYNC_ALWAYS; sync <= JOURNAL_SYNC_NEVER; sync++) {
        place->options.sync = (enum journal_sync)sync;
        place_open_well(place);
        place_store(place, 20);
        assert_int_equal(journal_maintain(place->journal), ERR_OK);
        place_close(place);
    }
    scene_verify(NULL, place_path(place, ""), 60);
}

static void group_without_rows_moves_the_mark(void **state)
{
    struct place *place = *state;
    place_open_well(place);
    assert_int_equal(journal_begin(place->journal), ERR_OK);
    assert_int_equal(journal_commit(place->journal, 77, 1234), ERR_OK);
    place_close(place);
    place_open_well(place);
    assert_int_equal(place->mark.seq, 77);
    assert_int_equal(place->mark.time_ms, 1234);
}

static void rolled_back_group_leaves_nothing(void **state)
{
    struct place *place = *state;
    struct scene_memory memory;
    struct row rows[2];
    place_open_well(place);
    place_store(place, 3);
    assert_int_equal(journal_begin(place->journal), ERR_OK);
    assert_int_equal(scene_rows(4, &memory, rows), 1);
    assert_int_equal(journal_put(place->journal, &rows[0]), ERR_OK);
    journal_rollback(place->journal);
    journal_rollback(place->journal);
    assert_int_equal(number_select(place_path(place, ""), "SELECT max(seq) FROM message"), 3);
    place_store(place, 4);
    place_close(place);
    scene_verify(NULL, place_path(place, ""), 7);
}

static void group_under_way_is_given_up_by_a_close(void **state)
{
    struct place *place = *state;
    struct scene_memory memory;
    struct row rows[2];
    place_open_well(place);
    place_store(place, 3);
    assert_int_equal(journal_begin(place->journal), ERR_OK);
    assert_int_equal(scene_rows(4, &memory, rows), 1);
    assert_int_equal(journal_put(place->journal, &rows[0]), ERR_OK);
    place_close(place);
    scene_verify(NULL, place_path(place, ""), 3);
}

static void second_row_of_a_number_is_refused_and_the_group_gone(void **state)
{
    struct place *place = *state;
    struct scene_memory memory;
    struct row rows[2];
    place_open_well(place);
    assert_int_equal(journal_begin(place->journal), ERR_OK);
    assert_int_equal(scene_rows(1, &memory, rows), 1);
    assert_int_equal(rows[0].kind, ROW_MESSAGE);
    assert_int_equal(journal_put(place->journal, &rows[0]), ERR_OK);
    assert_int_equal(journal_put(place->journal, &rows[0]), ERR_DAMAGED);
    assert_non_null(strstr(journal_problem(place->journal), "UNIQUE"));
    /* Somebody else has written: this journal does not go on. */
    assert_int_equal(journal_begin(place->journal), ERR_DAMAGED);
    place_close(place);
    scene_verify(NULL, place_path(place, ""), 0);
}

static void texts_are_data(void **state)
{
    struct place *place = *state;
    const struct text text =
        TEXT("'; DROP TABLE message;-- %s %_\\ \0 \x1b]0;x\x07 \r\n \xc2\x9b 안녕");
    const struct row row = {.kind = ROW_MESSAGE,
                            .seq = 1,
                            .time_ms = -5,
                            .channel = TEXT("#'\";--"),
                            .nick = TEXT("%_\\"),
                            .text = text};
    place_open_well(place);
    assert_int_equal(journal_begin(place->journal), ERR_OK);
    assert_int_equal(journal_put(place->journal, &row), ERR_OK);
    assert_int_equal(journal_commit(place->journal, 1, -5), ERR_OK);
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(place_path(place, ""), &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT text, nick, channel FROM message", -1, &statement, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_int_equal(sqlite3_column_bytes(statement, 0), text.count);
    assert_memory_equal(sqlite3_column_text(statement, 0), text.data, text.count);
    assert_string_equal(sqlite3_column_text(statement, 1), "%_\\");
    assert_string_equal(sqlite3_column_text(statement, 2), "#'\";--");
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

static void others_read_while_it_writes(void **state)
{
    struct place *place = *state;
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    place_open_well(place);
    place_store(place, 10);
    assert_int_equal(sqlite3_open(place_path(place, ""), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT max(seq) FROM message", -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t before = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    place_store(place, 10);
    assert_int_equal(journal_maintain(place->journal), ERR_OK);
    /* It goes on seeing what it saw, and the journal does not wait for it. */
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int64(statement, 0), before);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    place_close(place);
    scene_verify(NULL, place_path(place, ""), 20);
}

static void writer_elsewhere_is_waited_for(void **state)
{
    struct place *place = *state;
    sqlite3 *db = NULL;
    place_open_well(place);
    place_store(place, 2);
    assert_int_equal(sqlite3_open(place_path(place, ""), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(scene_group(place->journal, 3, 5), ERR_BUSY);
    assert_int_equal(scene_group(place->journal, 3, 5), ERR_BUSY);
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(scene_group(place->journal, 3, 5), ERR_OK);
    sqlite3_close(db);
    place_close(place);
    scene_verify(NULL, place_path(place, ""), 5);
}

static void mode_expect(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
}

static void files_are_private_whatever_the_umask(void **state)
{
    struct place *place = *state;
    static const mode_t umasks[] = {0, 0777};
    for (size_t index = 0; index < sizeof(umasks) / sizeof(umasks[0]); index++) {
        mode_t before = umask(umasks[index]);
        enum error error = place_open(place);
        umask(before);
        assert_int_equal(error, ERR_OK);
        place_store(place, 5);
        mode_expect(place_path(place, ""));
        mode_expect(place_path(place, "-wal"));
        mode_expect(place_path(place, "-shm"));
        place_close(place);
        assert_int_equal(unlink(place_path(place, "")), 0);
    }
}

static void sqlite_tool_shows_messages(void **state)
{
    struct place *place = *state;
    char command[PLACE_PATH_BYTES * 2];
    char line[64] = "";
    place_open_well(place);
    place_store(place, 4);
    if (system("command -v sqlite3 >/dev/null") != 0) {
        skip();
    }
    int count =
        snprintf(command, sizeof(command), "sqlite3 '%s' 'SELECT count(*), max(nick) FROM message'",
                 place_path(place, ""));
    assert_in_range(count, 1, sizeof(command) - 1);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_non_null(fgets(line, sizeof(line), pipe));
    assert_int_equal(pclose(pipe), 0);
    assert_string_equal(line, "4|user4\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(new_store_is_empty_and_keeps_its_seed),
        PLACE_TEST(what_is_stored_is_there_after_a_restart),
        PLACE_TEST(every_sync_mode_stores),
        PLACE_TEST(group_without_rows_moves_the_mark),
        PLACE_TEST(rolled_back_group_leaves_nothing),
        PLACE_TEST(group_under_way_is_given_up_by_a_close),
        PLACE_TEST(second_row_of_a_number_is_refused_and_the_group_gone),
        PLACE_TEST(texts_are_data),
        PLACE_TEST(others_read_while_it_writes),
        PLACE_TEST(writer_elsewhere_is_waited_for),
        PLACE_TEST(files_are_private_whatever_the_umask),
        PLACE_TEST(sqlite_tool_shows_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
