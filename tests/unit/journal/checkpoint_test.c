/* The WAL is copied back, by the thread, by commits or by journal_maintain(), and stays bounded. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "place.h"

#include <sys/stat.h>

#define FRAME_BYTES (4096 + 24)
#define CHECKPOINT_BYTES (UINT64_C(8) * 4096)
#define WAL_BYTES_MAX (UINT64_C(32) * 4096)
/* The most that one of the groups here takes. */
#define GROUP_WAL_BYTES (UINT64_C(16) * FRAME_BYTES)

static uint64_t file_bytes(struct place *place, const char *suffix)
{
    struct stat status;
    return stat(place_path(place, suffix), &status) == 0 ? (uint64_t)status.st_size : 0;
}

static void options_set(struct place *place, bool thread)
{
    place->options.checkpoint_thread = thread;
    place->options.checkpoint_bytes = CHECKPOINT_BYTES;
    place->options.wal_bytes_max = WAL_BYTES_MAX;
    /* The bounds are counted, not timed; nothing here is about flushing. */
    place->options.sync = JOURNAL_SYNC_NEVER;
}

static void commits_alone_keep_the_wal_bounded(void **state)
{
    struct place *place = *state;
    options_set(place, false);
    place_open_well(place);
    for (int group = 0; group < 300; group++) {
        place_store(place, 7);
        assert_true(file_bytes(place, "-wal") <= WAL_BYTES_MAX * 2 + GROUP_WAL_BYTES);
    }
    assert_true(file_bytes(place, "") > WAL_BYTES_MAX);
    place_close(place);
    scene_verify(NULL, place_path(place, ""), 2100);
}

static void thread_and_commits_keep_the_wal_bounded(void **state)
{
    struct place *place = *state;
    options_set(place, true);
    place_open_well(place);
    for (int group = 0; group < 1000; group++) {
        place_store(place, 7);
        assert_true(file_bytes(place, "-wal") <= WAL_BYTES_MAX * 3 + GROUP_WAL_BYTES);
    }
    place_close(place);
    scene_verify(NULL, place_path(place, ""), 7000);
}

static void maintain_copies_the_wal_back(void **state)
{
    struct place *place = *state;
    options_set(place, false);
    place->options.wal_bytes_max = 0;
    place_open_well(place);
    uint64_t before = file_bytes(place, "");
    while (file_bytes(place, "-wal") < CHECKPOINT_BYTES * 2) {
        place_store(place, 7);
    }
    assert_int_equal(file_bytes(place, ""), before);
    assert_int_equal(journal_maintain(place->journal), ERR_OK);
    assert_true(file_bytes(place, "") > before);
    /* And all of it, so that the WAL begins anew and grows no further. */
    uint64_t wal = file_bytes(place, "-wal");
    place_store(place, 7);
    assert_int_equal(file_bytes(place, "-wal"), wal);
}

static void small_wal_is_left_alone_by_maintain(void **state)
{
    struct place *place = *state;
    options_set(place, false);
    place_open_well(place);
    uint64_t before = file_bytes(place, "");
    place_store(place, 7);
    assert_int_equal(journal_maintain(place->journal), ERR_OK);
    assert_int_equal(file_bytes(place, ""), before);
}

/* Somebody reads for long: the WAL cannot begin anew, commits go on, and it does when that ends. */
static void reader_elsewhere_stops_nobody(void **state)
{
    struct place *place = *state;
    sqlite3 *db = NULL;
    options_set(place, true);
    place_open_well(place);
    place_store(place, 7);
    assert_int_equal(sqlite3_open(place_path(place, ""), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT max(seq) FROM message", NULL, NULL, NULL),
                     SQLITE_OK);
    for (int group = 0; group < 200; group++) {
        place_store(place, 7);
    }
    assert_true(file_bytes(place, "-wal") > WAL_BYTES_MAX * 2);
    sqlite3_close(db);
    uint64_t wal = file_bytes(place, "-wal");
    for (int group = 0; group < 200; group++) {
        place_store(place, 7);
    }
    /* At most until the next try. */
    assert_true(file_bytes(place, "-wal") <= wal + CHECKPOINT_BYTES + 2 * GROUP_WAL_BYTES);
    place_close(place);
    scene_verify(NULL, place_path(place, ""), 7 + 400 * 7);
}

/* A flush that the thread fails ends the journal, though its own commits go well. */
static void thread_that_fails_to_flush_ends_the_journal(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 3);
    scene.options.checkpoint_thread = true;
    /* Commits of this mode do not flush: only the thread does. */
    scene.options.sync = JOURNAL_SYNC_INTERVAL;
    scene.options.wal_bytes_max = UINT64_C(1) << 40;
    scene_open_well(&scene);
    fault_disk_plan(
        scene.disk,
        &(struct fault_plan){.ops = FAULT_BIT(FAULT_FLUSH), .first = 1, .count = UINT64_MAX});
    enum error error = ERR_OK;
    uint64_t seq = 0;
    /* However late the thread gets its turn, it does. */
    while (error == ERR_OK && seq < 1000000) {
        error = scene_group(scene.journal, seq + 1, seq + 20);
        seq += 20;
    }
    assert_int_equal(error, ERR_SYNC);
    assert_true(journal_problem(scene.journal)[0] != '\0');
    assert_int_equal(journal_begin(scene.journal), ERR_SYNC);
    scene_finish(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(commits_alone_keep_the_wal_bounded),
        PLACE_TEST(thread_and_commits_keep_the_wal_bounded),
        PLACE_TEST(maintain_copies_the_wal_back),
        PLACE_TEST(small_wal_is_left_alone_by_maintain),
        PLACE_TEST(reader_elsewhere_stops_nobody),
        cmocka_unit_test(thread_that_fails_to_flush_ends_the_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
