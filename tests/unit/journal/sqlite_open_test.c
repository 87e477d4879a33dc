/*
 * Opening what is not a sound store of this madang: it is refused in one sentence and left as it
 * was, byte for byte, or what can be recovered is, and that is said.
 */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "place.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX_COUNT 3
static const char *const suffixes[SUFFIX_COUNT] = {"", "-wal", "-journal"};

/* The files as they are, with the times of their last change. */
struct before {
    bool there[SUFFIX_COUNT];
    struct bytes content[SUFFIX_COUNT];
    struct timespec changed[SUFFIX_COUNT];
};

static void remember(struct place *place, struct before *before)
{
    for (size_t index = 0; index < SUFFIX_COUNT; index++) {
        struct stat status;
        before->there[index] = lstat(place_path(place, suffixes[index]), &status) == 0;
        if (before->there[index]) {
            before->changed[index] = status.st_mtim;
        }
        if (before->there[index] && S_ISREG(status.st_mode)) {
            assert_true(place_read(place, suffixes[index], &before->content[index]));
        }
    }
}

static void same_expect(struct place *place, struct before *before)
{
    struct before after = {0};
    remember(place, &after);
    for (size_t index = 0; index < SUFFIX_COUNT; index++) {
        assert_int_equal(after.there[index], before->there[index]);
        assert_true(
            text_equal(bytes_text(&after.content[index]), bytes_text(&before->content[index])));
        assert_int_equal(after.changed[index].tv_sec, before->changed[index].tv_sec);
        assert_int_equal(after.changed[index].tv_nsec, before->changed[index].tv_nsec);
        bytes_finish(&after.content[index]);
        bytes_finish(&before->content[index]);
    }
}

/* Opening fails so, says these words and the file's name, and touches nothing. */
static void refuse_expect(struct place *place, enum error expected, const char *words)
{
    struct before before = {0};
    remember(place, &before);
    enum error error = place_open(place);
    if (error != expected) {
        fail_msg("%s: %s", error_name(error), place_problem(place));
    }
    if (strstr(place_problem(place), words) == NULL ||
        strstr(place_problem(place), place_path(place, "")) == NULL) {
        fail_msg("it says: %s", place_problem(place));
    }
    assert_null(strchr(place_problem(place), '\n'));
    same_expect(place, &before);
}

/* Runs SQL on the store's file through SQLite itself, and leaves the WAL where it is. */
static void sql_run(struct place *place, const char *text)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(place_path(place, ""), &db), SQLITE_OK);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK) {
        fail_msg("%s", sqlite3_errmsg(db));
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void store_make(struct place *place, uint64_t count)
{
    place_open_well(place);
    place_store(place, count);
    place_close(place);
}

/* A store as kill -9 leaves it: copied while it is open. */
static void crash_copy(struct place *place, bool with_wal)
{
    struct bytes db = {0};
    struct bytes wal = {0};
    assert_true(place_read(place, "", &db));
    assert_true(place_read(place, "-wal", &wal));
    place_close(place);
    place_write(place, "", bytes_text(&db));
    if (with_wal) {
        place_write(place, "-wal", bytes_text(&wal));
    }
    bytes_finish(&db);
    bytes_finish(&wal);
}

static void what_is_no_database_is_refused(void **state)
{
    struct place *place = *state;
    place_write(place, "", TEXT("x"));
    refuse_expect(place, ERR_DAMAGED, "is not an SQLite database");
    place_write(place, "", TEXT("SQLite format 3"));
    refuse_expect(place, ERR_DAMAGED, "is not an SQLite database");
    char text[5000];
    memset(text, 'a', sizeof(text));
    place_write(place, "", (struct text){.data = text, .count = sizeof(text)});
    refuse_expect(place, ERR_DAMAGED, "is not an SQLite database");
}

static void database_of_another_program_is_refused(void **state)
{
    struct place *place = *state;
    sql_run(place, "CREATE TABLE message(seq)");
    refuse_expect(place, ERR_DAMAGED, "another program");
    sql_run(place, "PRAGMA journal_mode = WAL; INSERT INTO message VALUES (1)");
    refuse_expect(place, ERR_DAMAGED, "another program");
}

static void newer_version_is_refused(void **state)
{
    struct place *place = *state;
    store_make(place, 20);
    sql_run(place, "PRAGMA journal_mode = DELETE; PRAGMA user_version = 3");
    refuse_expect(place, ERR_VERSION, "newer madang");
    assert_null(strstr(place_problem(place), "as it was before"));
    /* It names what the newer one has left for this one. */
    place_write(place, ".v2", TEXT("a copy"));
    refuse_expect(place, ERR_VERSION, "as it was before, it is kept in");
    assert_non_null(strstr(place_problem(place), place_path(place, ".v2")));
}

static void newer_version_that_is_still_in_the_wal_is_refused(void **state)
{
    struct place *place = *state;
    store_make(place, 20);
    sql_run(place, "PRAGMA user_version = 3");
    assert_int_equal(access(place_path(place, "-wal"), F_OK), 0);
    refuse_expect(place, ERR_VERSION, "newer madang");
}

static void file_without_version_is_refused(void **state)
{
    struct place *place = *state;
    store_make(place, 2);
    sql_run(place, "PRAGMA journal_mode = DELETE; PRAGMA user_version = 0");
    refuse_expect(place, ERR_DAMAGED, "no version");
}

static void other_tables_are_refused(void **state)
{
    struct place *place = *state;
    store_make(place, 2);
    sql_run(place, "ALTER TABLE event RENAME COLUMN reason TO why");
    refuse_expect(place, ERR_DAMAGED, "table event");
    sql_run(place, "DROP TABLE event");
    refuse_expect(place, ERR_DAMAGED, "table event");
}

static void own_tables_and_indices_beside_ours_are_fine(void **state)
{
    struct place *place = *state;
    store_make(place, 20);
    sql_run(place,
            "CREATE INDEX by_nick ON message(nick); CREATE TABLE note(t);"
            "CREATE TRIGGER t AFTER INSERT ON message BEGIN INSERT INTO note VALUES(1); END");
    place_open_well(place);
    assert_int_equal(place->problem.count, 0);
    place_store(place, 10);
    place_close(place);
    scene_verify(NULL, place_path(place, ""), 30);
    sql_run(place, "DROP TRIGGER t; CREATE UNIQUE INDEX no_note ON note(t);"
                   "INSERT INTO note VALUES(1)"); /* The trigger has put nothing there. */
}

static void symbolic_links_are_refused(void **state)
{
    struct place *place = *state;
    static const char *const links[] = {"-wal", "-shm", "-journal", ""};
    char elsewhere[PLACE_PATH_BYTES + 16];
    int count = snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", place->directory);
    assert_in_range(count, 1, sizeof(elsewhere) - 1);
    for (size_t index = 0; index < 4; index++) {
        /* Beside no store, then beside one. */
        for (int round = 0; round < 2 && (round == 0 || links[index][0] != '\0'); round++) {
            assert_int_equal(symlink(elsewhere, place_path(place, links[index])), 0);
            refuse_expect(place, ERR_DENIED, "symbolic link");
            assert_int_not_equal(access(elsewhere, F_OK), 0);
            assert_int_equal(unlink(place_path(place, links[index])), 0);
            store_make(place, 1);
        }
        assert_int_equal(unlink(place_path(place, "")), 0);
    }
}

static void directory_behind_a_symbolic_link_is_fine(void **state)
{
    struct place *place = *state;
    char link[PLACE_PATH_BYTES + 16];
    int count = snprintf(link, sizeof(link), "%s.link", place->directory);
    assert_in_range(count, 1, sizeof(link) - 1);
    assert_int_equal(symlink(place->directory, link), 0);
    place->options.directory = link;
    store_make(place, 5);
    assert_int_equal(unlink(link), 0);
    scene_verify(NULL, place_path(place, ""), 5);
}

static void what_is_no_file_is_refused(void **state)
{
    struct place *place = *state;
    assert_int_equal(mkfifo(place_path(place, ""), 0600), 0);
    refuse_expect(place, ERR_DENIED, "not a regular file");
}

static void file_of_another_owner_is_refused(void **state)
{
    struct place *place = *state;
    if (geteuid() != 0) {
        skip();
    }
    store_make(place, 5);
    assert_int_equal(chown(place_path(place, ""), 65534, 65534), 0);
    refuse_expect(place, ERR_DENIED, "belongs to");
}

static void directory_that_is_not_there_is_said(void **state)
{
    struct place *place = *state;
    place->options.directory = "/nowhere/at all";
    assert_int_equal(place_open(place), ERR_IO);
    assert_non_null(strstr(place_problem(place), "/nowhere/at all"));
    assert_null(place->journal);
}

static void path_that_is_too_long_is_refused(void **state)
{
    struct place *place = *state;
    char path[600];
    memset(path, '/', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    place->options.directory = path;
    /* Slashes alone are the root. */
    place->options.vfs = "unix-dotfile";
    assert_int_equal(place_open(place), ERR_LIMIT);
    assert_non_null(strstr(place_problem(place), "too long"));
}

static void vfs_that_is_not_there_is_said(void **state)
{
    struct place *place = *state;
    place->options.vfs = "none such";
    assert_int_equal(place_open(place), ERR_NOT_FOUND);
    assert_non_null(strstr(place_problem(place), "none such"));
}

static void place_without_shared_memory_is_refused(void **state)
{
    struct place *place = *state;
    place->options.vfs = "unix-none";
    assert_int_equal(place_open(place), ERR_IO);
    assert_non_null(strstr(place_problem(place), "cannot use its WAL"));
}

static void wal_without_its_database_is_refused(void **state)
{
    struct place *place = *state;
    place_open_well(place);
    place_store(place, 20);
    crash_copy(place, true);
    assert_int_equal(unlink(place_path(place, "")), 0);
    refuse_expect(place, ERR_DAMAGED, "is missing or empty");
    place_write(place, "", TEXT(""));
    refuse_expect(place, ERR_DAMAGED, "is missing or empty");
}

static void database_without_its_wal_opens_and_says_so(void **state)
{
    struct place *place = *state;
    place_open_well(place);
    place_store(place, 20);
    crash_copy(place, false);
    place_open_well(place);
    assert_non_null(strstr(place_problem(place), "its -wal file is not there"));
    assert_int_equal(place->mark.seq, 0);
    place_store(place, 5);
    place_close(place);
    scene_verify(NULL, place_path(place, ""), 5);
    /* Said once. */
    place_open_well(place);
    assert_int_equal(place->problem.count, 0);
}

static void store_after_kill_opens_and_says_nothing(void **state)
{
    struct place *place = *state;
    place_open_well(place);
    place_store(place, 20);
    crash_copy(place, true);
    place_open_well(place);
    if (place->problem.count > 0) {
        fail_msg("it says: %s", place_problem(place));
    }
    assert_int_equal(place->mark.seq, 20);
}

static void database_with_its_tail_cut_is_refused(void **state)
{
    struct place *place = *state;
    struct stat status;
    store_make(place, 400);
    assert_int_equal(stat(place_path(place, ""), &status), 0);
    for (off_t cut = 4096; cut < status.st_size - 200; cut += 4096 / 2) {
        assert_int_equal(truncate(place_path(place, ""), status.st_size - cut), 0);
        refuse_expect(place, ERR_DAMAGED, "damaged");
    }
}

/* So many entries make a file that ends in a page of records. */
#define RECORDS_AT_TAIL 410

/* SQLite reads what is missing of a page as zeros: the records there are named, the others served.
 */
static void database_cut_within_its_last_page_names_the_record(void **state)
{
    struct place *place = *state;
    struct stat status;
    store_make(place, RECORDS_AT_TAIL);
    assert_int_equal(stat(place_path(place, ""), &status), 0);
    assert_int_equal(truncate(place_path(place, ""), status.st_size - 1), 0);
    place_open_well(place);
    assert_non_null(strstr(place_problem(place), "its check sum says"));
    assert_int_equal(place->mark.seq, RECORDS_AT_TAIL);
}

static void database_with_zeros_at_its_tail_is_refused(void **state)
{
    struct place *place = *state;
    struct stat status;
    store_make(place, RECORDS_AT_TAIL);
    assert_int_equal(stat(place_path(place, ""), &status), 0);
    assert_int_equal(truncate(place_path(place, ""), status.st_size - 6000), 0);
    assert_int_equal(truncate(place_path(place, ""), status.st_size), 0);
    refuse_expect(place, ERR_DAMAGED, "damaged");
    /* And when only a part of it is checked. */
    place->options.check_bytes_max = 1;
    refuse_expect(place, ERR_DAMAGED, "damaged");
}

static void damaged_database_is_refused_with_its_wal(void **state)
{
    struct place *place = *state;
    struct bytes db = {0};
    store_make(place, 400);
    place_open_well(place);
    place_store(place, 3);
    crash_copy(place, true);
    assert_true(place_read(place, "", &db));
    memset(db.data + db.count / 2, 0x55, 5000);
    place_write(place, "", bytes_text(&db));
    bytes_finish(&db);
    refuse_expect(place, ERR_DAMAGED, "is damaged");
}

static void larger_store_is_checked_in_part(void **state)
{
    struct place *place = *state;
    struct bytes db = {0};
    store_make(place, 400);
    assert_true(place_read(place, "", &db));
    char *at = memmem(db.data, db.count, "#room", 5);
    assert_non_null(at);
    *at = '!';
    place_write(place, "", bytes_text(&db));
    bytes_finish(&db);
    place->options.check_bytes_max = 1;
    place_open_well(place);
    /* So few are among the last ones; this one is named and the rest served. */
    assert_non_null(strstr(place_problem(place), "record "));
    place_store(place, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(what_is_no_database_is_refused),
        PLACE_TEST(database_of_another_program_is_refused),
        PLACE_TEST(newer_version_is_refused),
        PLACE_TEST(newer_version_that_is_still_in_the_wal_is_refused),
        PLACE_TEST(file_without_version_is_refused),
        PLACE_TEST(other_tables_are_refused),
        PLACE_TEST(own_tables_and_indices_beside_ours_are_fine),
        PLACE_TEST(symbolic_links_are_refused),
        PLACE_TEST(directory_behind_a_symbolic_link_is_fine),
        PLACE_TEST(what_is_no_file_is_refused),
        PLACE_TEST(file_of_another_owner_is_refused),
        PLACE_TEST(directory_that_is_not_there_is_said),
        PLACE_TEST(path_that_is_too_long_is_refused),
        PLACE_TEST(vfs_that_is_not_there_is_said),
        PLACE_TEST(place_without_shared_memory_is_refused),
        PLACE_TEST(wal_without_its_database_is_refused),
        PLACE_TEST(database_without_its_wal_opens_and_says_so),
        PLACE_TEST(store_after_kill_opens_and_says_nothing),
        PLACE_TEST(database_with_its_tail_cut_is_refused),
        PLACE_TEST(database_cut_within_its_last_page_names_the_record),
        PLACE_TEST(database_with_zeros_at_its_tail_is_refused),
        PLACE_TEST(damaged_database_is_refused_with_its_wal),
        PLACE_TEST(larger_store_is_checked_in_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
