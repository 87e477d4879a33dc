/*
 * Stores of version 1 become ones of this version: all that was in them is there, a copy of them
 * lies beside, and whatever fails or takes the process away on the way, there is a whole store of
 * the one version or of the other.
 */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "place.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OLD_FILE SCENE_FILE ".v1"
#define TRIES_MAX 8

static int64_t number_select(const char *vfs, const char *path, const char *text)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, vfs), SQLITE_OK);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return number;
}

static int64_t version_of(const char *vfs, const char *path)
{
    return number_select(vfs, path, "PRAGMA user_version");
}

static void sql_run(const char *vfs, const char *path, const char *text)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, vfs), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK) {
        fail_msg("%s", sqlite3_errmsg(db));
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static bool says(struct place *place, const char *words)
{
    return strstr(place_problem(place), words) != NULL;
}

/* On a real disk. */

static void old_store_is_kept_whole_and_beside_it_a_copy(void **state)
{
    struct place *place = *state;
    struct stat status;
    for (int wal = 0; wal < 2; wal++) {
        scene_make_old(NULL, place_path(place, ""), SCENE_OLD_SEQ_MAX, wal == 1);
        mode_t before = umask(0);
        place_open_well(place);
        umask(before);
        assert_int_equal(place->mark.seq, SCENE_OLD_SEQ_MAX);
        assert_int_equal(place->mark.time_ms, scene_time_ms(SCENE_OLD_SEQ_MAX));
        assert_true(place->mark.seed == SCENE_SEED);
        assert_true(says(place, "was of format 1 and is now of format 2"));
        assert_true(says(place, place_path(place, ".v1")));
        place_store(place, 60);
        place_close(place);
        scene_verify(NULL, place_path(place, ""), SCENE_OLD_SEQ_MAX + 60);
        /* The copy is for its owner alone, and is what the store was. */
        assert_int_equal(stat(place_path(place, ".v1"), &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
        assert_int_equal(version_of(NULL, place_path(place, ".v1")), 1);
        scene_verify_old(NULL, place_path(place, ".v1"), SCENE_OLD_SEQ_MAX);
        /* It is said once. */
        place_open_well(place);
        assert_int_equal(place->problem.count, 0);
        place_close(place);
        assert_int_equal(unlink(place_path(place, "")), 0);
    }
}

static void every_sync_mode_migrates(void **state)
{
    struct place *place = *state;
    for (int sync = JOURNAL_SYNC_ALWAYS; sync <= JOURNAL_SYNC_NEVER; sync++) {
        place->options.sync = (enum journal_sync)sync;
        scene_make_old(NULL, place_path(place, ""), 9, true);
        place_open_well(place);
        place_store(place, 20);
        place_close(place);
        scene_verify(NULL, place_path(place, ""), 29);
        assert_int_equal(unlink(place_path(place, "")), 0);
    }
}

static void migrated_store_reads_as_one_that_was_made_so(void **state)
{
    struct place *place = *state;
    struct bytes made = {0};
    for (int round = 0; round < 2; round++) {
        if (round == 1) {
            scene_make_old(NULL, place_path(place, ""), 0, false);
        }
        place_open_well(place);
        place_close(place);
        sqlite3 *db = NULL;
        sqlite3_stmt *statement = NULL;
        assert_int_equal(sqlite3_open(place_path(place, ""), &db), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(db, "SELECT group_concat(sql) FROM sqlite_schema", -1,
                                            &statement, NULL),
                         SQLITE_OK);
        assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
        struct text text = text_of((const char *)sqlite3_column_text(statement, 0));
        if (round == 0) {
            assert_int_equal(bytes_append_text(&made, text), ERR_OK);
        } else {
            assert_true(text_equal(bytes_text(&made), text));
        }
        sqlite3_finalize(statement);
        sqlite3_close(db);
        assert_int_equal(unlink(place_path(place, "")), 0);
    }
    bytes_finish(&made);
}

static void store_that_was_killed_migrates_with_its_wal(void **state)
{
    struct place *place = *state;
    struct bytes db = {0};
    struct bytes wal = {0};
    sqlite3 *open = NULL;
    scene_make_old(NULL, place_path(place, ""), 4, true);
    assert_int_equal(sqlite3_open(place_path(place, ""), &open), SQLITE_OK);
    assert_int_equal(sqlite3_exec(open, "DELETE FROM message WHERE seq = 4", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_true(place_read(place, "", &db));
    assert_true(place_read(place, "-wal", &wal));
    assert_int_equal(sqlite3_close(open), SQLITE_OK);
    place_write(place, "", bytes_text(&db));
    place_write(place, "-wal", bytes_text(&wal));
    place_open_well(place);
    place_close(place);
    scene_verify(NULL, place_path(place, ""), 3);
    scene_verify_old(NULL, place_path(place, ".v1"), 3);
    bytes_finish(&db);
    bytes_finish(&wal);
}

static void what_others_put_beside_our_tables_stays(void **state)
{
    struct place *place = *state;
    scene_make_old(NULL, place_path(place, ""), 9, true);
    sql_run(NULL, place_path(place, ""),
            "CREATE INDEX by_nick ON message(nick); CREATE TABLE note(t);"
            "CREATE VIEW recent AS SELECT * FROM message;"
            "CREATE TRIGGER t AFTER INSERT ON message BEGIN INSERT INTO note VALUES(1); END");
    place_open_well(place);
    place_store(place, 5);
    place_close(place);
    scene_verify(NULL, place_path(place, ""), 14);
    assert_int_equal(number_select(NULL, place_path(place, ""), "SELECT count(*) FROM recent"),
                     number_select(NULL, place_path(place, ""), "SELECT count(*) FROM message"));
}

static void table_of_another_with_a_name_of_ours_is_said_and_nothing_changed(void **state)
{
    struct place *place = *state;
    scene_make_old(NULL, place_path(place, ""), 9, true);
    sql_run(NULL, place_path(place, ""), "CREATE TABLE channel(t)");
    assert_int_equal(place_open(place), ERR_DAMAGED);
    assert_true(says(place, "from format 1 to 2"));
    assert_true(says(place, "table channel already exists"));
    assert_int_equal(version_of(NULL, place_path(place, "")), 1);
    scene_verify_old(NULL, place_path(place, ""), 9);
    sql_run(NULL, place_path(place, ""), "DROP TABLE channel");
    place_open_well(place);
    place_close(place);
    scene_verify(NULL, place_path(place, ""), 9);
}

static void damaged_record_is_named_and_kept(void **state)
{
    struct place *place = *state;
    scene_make_old(NULL, place_path(place, ""), 9, true);
    sql_run(NULL, place_path(place, ""), "UPDATE message SET text = 'x' WHERE seq = 2");
    place_open_well(place);
    assert_true(says(place, "table message, record 2:"));
    place_close(place);
    place_open_well(place);
    assert_true(says(place, "table message, record 2:"));
    place_close(place);
    assert_int_equal(
        number_select(NULL, place_path(place, ""), "SELECT count(*) FROM message WHERE text = 'x'"),
        1);
}

static void older_copy_is_replaced(void **state)
{
    struct place *place = *state;
    struct bytes old = {0};
    scene_make_old(NULL, place_path(place, ""), 9, true);
    place_open_well(place);
    place_close(place);
    /* Somebody went back to it, and on from there. */
    scene_make_old(NULL, place_path(place, ".v2"), 12, true);
    assert_true(place_read(place, ".v2", &old));
    place_write(place, "", bytes_text(&old));
    place_open_well(place);
    place_close(place);
    scene_verify_old(NULL, place_path(place, ".v1"), 12);
    scene_verify(NULL, place_path(place, ""), 12);
    bytes_finish(&old);
}

static void what_is_no_copy_of_ours_is_not_replaced(void **state)
{
    struct place *place = *state;
    struct bytes content = {0};
    char elsewhere[PLACE_PATH_BYTES];
    scene_make_old(NULL, place_path(place, ""), 9, true);
    place_write(place, ".v1", TEXT("somebody else's"));
    assert_int_equal(place_open(place), ERR_DAMAGED);
    assert_true(says(place, "is in the place of the copy"));
    assert_true(place_read(place, ".v1", &content));
    assert_true(text_equal(bytes_text(&content), TEXT("somebody else's")));
    bytes_finish(&content);
    assert_int_equal(unlink(place_path(place, ".v1")), 0);

    (void)snprintf(elsewhere, sizeof(elsewhere), "%s", place_path(place, ".elsewhere"));
    assert_int_equal(symlink(elsewhere, place_path(place, ".v1")), 0);
    assert_int_equal(place_open(place), ERR_DENIED);
    assert_true(says(place, "symbolic link"));
    assert_int_not_equal(access(elsewhere, F_OK), 0);
    assert_int_equal(unlink(place_path(place, ".v1")), 0);

    assert_int_equal(version_of(NULL, place_path(place, "")), 1);
    scene_verify_old(NULL, place_path(place, ""), 9);
    place_open_well(place);
}

static void larger_store_migrates_too(void **state)
{
    struct place *place = *state;
    scene_make_old(NULL, place_path(place, ""), SCENE_OLD_SEQ_MAX, true);
    place->options.check_bytes_max = 1;
    place_open_well(place);
    place_store(place, 30);
    place_close(place);
    scene_verify(NULL, place_path(place, ""), SCENE_OLD_SEQ_MAX + 30);
}

/* On a disk that fails. */

/* Makes a file as if it had been made long ago: whatever a crash takes, it is not taken from it. */
static void age(struct scene *scene, const char *name, struct text content)
{
    struct bytes copy = {0};
    assert_int_equal(bytes_append_text(&copy, content), ERR_OK);
    assert_int_equal(fault_disk_put(scene->disk, name, bytes_text(&copy)), ERR_OK);
    bytes_finish(&copy);
}

/* What kill -9 leaves: something is in the WAL alone. */
static void old_scene_kill(struct scene *scene)
{
    sqlite3 *db = NULL;
    struct text content = TEXT_NONE;
    assert_int_equal(sqlite3_open_v2(SCENE_FILE, &db, SQLITE_OPEN_READWRITE, SCENE_VFS), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "PRAGMA synchronous = OFF; PRAGMA user_version = 7;"
                                  "PRAGMA user_version = 1",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_true(fault_disk_look(scene->disk, SCENE_WAL, &content) && content.count > 0);
    fault_disk_crash(scene->disk, FAULT_LOSS_NONE);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_true(fault_disk_look(scene->disk, SCENE_WAL, &content));
    age(scene, SCENE_WAL, content);
}

/* A store that never knew a WAL, one that was closed, one that was killed: as the seed says. */
static void old_scene_init(struct scene *scene, uint64_t seed)
{
    struct text content = TEXT_NONE;
    scene_init(scene, seed);
    scene_make_old(SCENE_VFS, SCENE_FILE, SCENE_OLD_SEQ_MAX, seed % 3 > 0);
    if (seed % 3 == 2) {
        old_scene_kill(scene);
    }
    assert_true(fault_disk_look(scene->disk, SCENE_FILE, &content));
    age(scene, SCENE_FILE, content);
}

/* What lies there is one version or the other, whole; and of the newer one there is a copy of what
 * was before. */
static void whole_verify(struct scene *scene)
{
    fault_disk_pause(scene->disk, true);
    if (version_of(SCENE_VFS, SCENE_FILE) == 1) {
        scene_verify_old(SCENE_VFS, SCENE_FILE, SCENE_OLD_SEQ_MAX);
    } else {
        assert_int_equal(version_of(SCENE_VFS, SCENE_FILE), 2);
        scene_verify(SCENE_VFS, SCENE_FILE, SCENE_OLD_SEQ_MAX);
        assert_int_equal(version_of(SCENE_VFS, OLD_FILE), 1);
        scene_verify_old(SCENE_VFS, OLD_FILE, SCENE_OLD_SEQ_MAX);
    }
    fault_disk_pause(scene->disk, false);
}

/* Lets the plan strike at each operation of the opening in turn; what is left then opens. */
static void strike_each_at(uint64_t seed, uint32_t ops, bool dies, enum fault_loss loss)
{
    uint64_t nth = 1;
    bool struck = true;
    for (; struck; nth += SCENE_STRIDE) {
        struct scene scene;
        old_scene_init(&scene, seed);
        fault_disk_plan(scene.disk,
                        &(struct fault_plan){.ops = ops, .first = nth, .count = 1, .dies = dies});
        enum error error = scene_open(&scene);
        struck = fault_disk_fail_count(scene.disk) > 0;
        assert_true(error == ERR_OK || struck);
        assert_true(error == ERR_OK || scene.problem.count > 0);
        if (dies || error == ERR_SYNC) {
            fault_disk_crash(scene.disk, loss);
        } else {
            fault_disk_plan(scene.disk, &(struct fault_plan){0});
        }
        scene_close(&scene);
        whole_verify(&scene);
        scene_open_well(&scene);
        assert_int_equal(scene.mark.seq, SCENE_OLD_SEQ_MAX);
        scene_store(&scene, 9);
        scene_close(&scene);
        scene_verify(SCENE_VFS, SCENE_FILE, SCENE_OLD_SEQ_MAX + 9);
        scene_verify_old(SCENE_VFS, OLD_FILE, SCENE_OLD_SEQ_MAX);
        scene_finish(&scene);
    }
    assert_true(nth > (ops == FAULT_BIT(FAULT_FLUSH) ? 4 : 20));
}

static void strike_each(uint32_t ops, bool dies, enum fault_loss loss)
{
    for (uint64_t seed = 0; seed < 3; seed++) {
        strike_each_at(seed, ops, dies, loss);
    }
}

#define CHANGING                                                                                   \
    (FAULT_BIT(FAULT_OPEN) | FAULT_BIT(FAULT_WRITE) | FAULT_BIT(FAULT_FLUSH) |                     \
     FAULT_BIT(FAULT_TRUNCATE) | FAULT_BIT(FAULT_DELETE))

static void killed_at_each_operation(void **state)
{
    (void)state;
    strike_each(CHANGING, true, FAULT_LOSS_NONE);
}

static void power_cut_at_each_operation(void **state)
{
    (void)state;
    strike_each(CHANGING, true, FAULT_LOSS_ALL);
    strike_each(CHANGING, true, FAULT_LOSS_SOME);
}

static void each_operation_fails_once(void **state)
{
    (void)state;
    strike_each(FAULT_ALL & ~FAULT_BIT(FAULT_FLUSH), false, FAULT_LOSS_NONE);
}

static void each_flush_fails_once(void **state)
{
    (void)state;
    strike_each(FAULT_BIT(FAULT_FLUSH), false, FAULT_LOSS_ALL);
    strike_each(FAULT_BIT(FAULT_FLUSH), false, FAULT_LOSS_SOME);
    strike_each(FAULT_BIT(FAULT_FLUSH), false, FAULT_LOSS_NONE);
}

static void without_room_for_the_copy_nothing_is_changed(void **state)
{
    (void)state;
    struct scene scene;
    struct text content = TEXT_NONE;
    old_scene_init(&scene, 1);
    fault_disk_capacity_set(scene.disk, UINT64_C(24) * 1024);
    assert_int_equal(scene_open(&scene), ERR_DISK_FULL);
    assert_non_null(strstr(scene_problem(&scene), "the copy of the older store cannot be made"));
    /* Nor does a part of it stay. */
    assert_false(fault_disk_look(scene.disk, OLD_FILE, &content));
    assert_int_equal(version_of(SCENE_VFS, SCENE_FILE), 1);
    scene_verify_old(SCENE_VFS, SCENE_FILE, SCENE_OLD_SEQ_MAX);
    fault_disk_capacity_set(scene.disk, UINT64_MAX);
    scene_open_well(&scene);
    scene_finish(&scene);
}

static void each_allocation_of_ours_fails_once(void **state)
{
    (void)state;
    bool struck = true;
    for (uint64_t nth = 1; struck; nth++) {
        struct scene scene;
        old_scene_init(&scene, 1);
        mem_fail_at(nth);
        enum error error = scene_open(&scene);
        struck = !mem_fail_pending();
        mem_fail_at(0);
        assert_true(error == (struck ? ERR_MEMORY : ERR_OK) || error == ERR_OK);
        scene_close(&scene);
        whole_verify(&scene);
        scene_open_well(&scene);
        scene_close(&scene);
        scene_verify(SCENE_VFS, SCENE_FILE, SCENE_OLD_SEQ_MAX);
        scene_finish(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(old_store_is_kept_whole_and_beside_it_a_copy),
        PLACE_TEST(every_sync_mode_migrates),
        PLACE_TEST(migrated_store_reads_as_one_that_was_made_so),
        PLACE_TEST(store_that_was_killed_migrates_with_its_wal),
        PLACE_TEST(what_others_put_beside_our_tables_stays),
        PLACE_TEST(table_of_another_with_a_name_of_ours_is_said_and_nothing_changed),
        PLACE_TEST(damaged_record_is_named_and_kept),
        PLACE_TEST(older_copy_is_replaced),
        PLACE_TEST(what_is_no_copy_of_ours_is_not_replaced),
        PLACE_TEST(larger_store_migrates_too),
        cmocka_unit_test(killed_at_each_operation),
        cmocka_unit_test(power_cut_at_each_operation),
        cmocka_unit_test(each_operation_fails_once),
        cmocka_unit_test(each_flush_fails_once),
        cmocka_unit_test(without_room_for_the_copy_nothing_is_changed),
        cmocka_unit_test(each_allocation_of_ours_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
