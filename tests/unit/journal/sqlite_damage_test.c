/*
 * Bits that flip and files that are cut: what was stored is read back as it was put, or it is said
 * that it is not. Nothing is silently gone.
 */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "scene.h"

#include <sqlite3.h>
#include <string.h>

/* A copy of one file of the disk. */
static void copy_take(const struct scene *scene, const char *name, struct bytes *out)
{
    struct text text = TEXT_NONE;
    bytes_clear(out);
    assert_true(fault_disk_look(scene->disk, name, &text));
    assert_int_equal(bytes_append_text(out, text), ERR_OK);
}

static void put(struct scene *scene, const char *name, struct text content)
{
    assert_int_equal(fault_disk_put(scene->disk, name, content), ERR_OK);
}

/* The database and the WAL of a journal that was killed; every group is in the WAL. */
static void killed_make(struct scene *scene, struct bytes *out_db, struct bytes *out_wal,
                        uint64_t group_count)
{
    scene->options.checkpoint_bytes = 0;
    scene->options.wal_bytes_max = 0;
    scene_open_well(scene);
    for (uint64_t group = 0; group < group_count; group++) {
        scene_store(scene, 3);
    }
    fault_disk_crash(scene->disk, FAULT_LOSS_NONE);
    scene_close(scene);
    copy_take(scene, SCENE_FILE, out_db);
    copy_take(scene, SCENE_WAL, out_wal);
}

/* Puts a store on the disk as somebody else might find it. */
static void lay(struct scene *scene, const struct bytes *db, struct text wal)
{
    put(scene, SCENE_FILE, bytes_text(db));
    put(scene, SCENE_WAL, wal);
}

static bool says(struct scene *scene, const char *words)
{
    return strstr(scene_problem(scene), words) != NULL;
}

static void file_same_expect(const struct scene *scene, const char *name, struct text expected)
{
    struct text text = TEXT_NONE;
    assert_true(fault_disk_look(scene->disk, name, &text));
    assert_true(text_equal(text, expected));
}

/* Runs SQL on the store's file through SQLite itself. */
static void sql_run(const char *text)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open_v2(SCENE_FILE, &db, SQLITE_OPEN_READWRITE, SCENE_VFS), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void cut_wal_gives_all_groups_before_the_cut(void **state)
{
    (void)state;
    struct scene scene;
    struct bytes db = {0};
    struct bytes wal = {0};
    scene_init(&scene, 1);
    killed_make(&scene, &db, &wal, 4);
    uint64_t seq = 0;
    for (size_t count = 32; count <= wal.count; count += count + 515 < wal.count ? 515 : 1) {
        lay(&scene, &db, (struct text){.data = wal.data, .count = count});
        scene_open_well(&scene);
        /* Whole groups, more the later the cut. */
        assert_int_equal(scene.mark.seq % 3, 0);
        assert_true(scene.mark.seq >= seq);
        seq = scene.mark.seq;
        if ((count - 32) % (4096 + 24) != 0) {
            assert_true(says(&scene, "unfinished group"));
        }
        scene_close(&scene);
        scene_verify(SCENE_VFS, SCENE_FILE, seq);
    }
    assert_int_equal(seq, 12);
    bytes_finish(&db);
    bytes_finish(&wal);
    scene_finish(&scene);
}

static void zeros_at_the_end_of_the_wal_are_left_out_and_said(void **state)
{
    (void)state;
    struct scene scene;
    struct bytes db = {0};
    struct bytes wal = {0};
    scene_init(&scene, 1);
    killed_make(&scene, &db, &wal, 4);
    size_t count = wal.count;
    char zeros[10000] = {0};
    assert_int_equal(bytes_append(&wal, zeros, sizeof(zeros)), ERR_OK);
    lay(&scene, &db, bytes_text(&wal));
    scene_open_well(&scene);
    assert_int_equal(scene.mark.seq, 12);
    assert_true(says(&scene, "unfinished group"));
    scene_close(&scene);
    /* Zeros in place of the last group. */
    memset(wal.data + count - 100, 0, 100);
    lay(&scene, &db, bytes_text(&wal));
    scene_open_well(&scene);
    assert_int_equal(scene.mark.seq, 9);
    assert_true(says(&scene, "unfinished group"));
    scene_close(&scene);
    scene_verify(SCENE_VFS, SCENE_FILE, 9);
    bytes_finish(&db);
    bytes_finish(&wal);
    scene_finish(&scene);
}

#define FRAME_BYTES (24 + 4096)
#define SECTOR_BYTES 512

static size_t frame_offset(size_t index)
{
    return 32 + index * FRAME_BYTES;
}

/* How many frames from the first on have the salts of the WAL's header. */
static size_t frames_current(const struct bytes *wal)
{
    size_t count = 0;
    while (frame_offset(count + 1) <= wal->count &&
           memcmp(wal->data + frame_offset(count) + 8, wal->data + 16, 8) == 0) {
        count++;
    }
    return count;
}

/*
 * The power went while the last group was written: of a frame's header the first sector still is
 * that of an older frame, which had ended a group, and the rest is there. Fails the test when such
 * a group is taken for one that had been stored. Returns whether there is such a frame.
 */
static bool torn_header_verify(struct scene *scene, const struct bytes *before,
                               const struct bytes *db, struct bytes *after)
{
    const size_t last = frames_current(after) - 1;
    for (size_t index = frames_current(before); index < last; index++) {
        size_t offset = frame_offset(index);
        size_t in_first = SECTOR_BYTES - offset % SECTOR_BYTES;
        bool was_end = offset + 8 <= before->count && before->data[offset + 7] != 0;
        if (in_first >= 24 || in_first < 8 || !was_end) {
            continue;
        }
        memcpy(after->data + offset, before->data + offset, in_first);
        lay(scene, db, bytes_text(after));
        enum error error = scene_open(scene);
        if (error != ERR_OK) {
            fail_msg("frame %zu: %s", index, scene_problem(scene));
        }
        assert_true(says(scene, "unfinished group"));
        assert_int_equal(scene->mark.seq, scene->stored - 1);
        scene_close(scene);
        return true;
    }
    return false;
}

static void torn_header_of_the_last_group_is_no_damage(void **state)
{
    (void)state;
    struct bytes db = {0};
    struct bytes before = {0};
    struct bytes after = {0};
    size_t tried = 0;
    for (uint64_t entries = 60; entries < 72; entries++) {
        struct scene scene;
        scene_init(&scene, entries);
        scene.options.checkpoint_bytes = 4096;
        scene.options.wal_bytes_max = 0;
        scene_open_well(&scene);
        /* Frames of another round of the WAL, and then so many of this one. */
        for (uint64_t entry = 0; entry < entries; entry++) {
            scene_store(&scene, 1);
        }
        assert_int_equal(journal_maintain(scene.journal), ERR_OK);
        bool is_tried = false;
        for (int group = 0; group < 40 && !is_tried; group++) {
            copy_take(&scene, SCENE_WAL, &before);
            copy_take(&scene, SCENE_FILE, &db);
            scene_store(&scene, 1);
            copy_take(&scene, SCENE_WAL, &after);
            size_t current = frames_current(&after);
            if (current > 1 && current > frames_current(&before)) {
                struct scene other;
                scene_init(&other, 1);
                other.stored = scene.stored;
                is_tried = torn_header_verify(&other, &before, &db, &after);
                scene_finish(&other);
            }
        }
        tried += is_tried;
        scene_close(&scene);
        scene_finish(&scene);
    }
    assert_true(tried > 3);
    bytes_finish(&db);
    bytes_finish(&before);
    bytes_finish(&after);
}

/* With groups behind the damage: SQLite alone would open it without them and say nothing. */
static void flipped_bit_in_the_wal_is_refused_and_nothing_touched(void **state)
{
    (void)state;
    struct scene scene;
    struct bytes db = {0};
    struct bytes wal = {0};
    scene_init(&scene, 1);
    killed_make(&scene, &db, &wal, 6);
    /* The last two groups have no whole group behind them: there it could be a torn write. */
    size_t sure = wal.count / 2;
    size_t refused = 0;
    for (size_t at = 0; at < wal.count; at += UINT64_C(127) * SCENE_STRIDE) {
        wal.data[at] ^= (char)(1 << at % 8);
        lay(&scene, &db, bytes_text(&wal));
        enum error error = scene_open(&scene);
        if (error == ERR_OK) {
            assert_true(at >= sure);
            scene_close(&scene);
            assert_true(says(&scene, "unfinished group"));
            scene_verify(SCENE_VFS, SCENE_FILE, scene.mark.seq);
        } else {
            assert_int_equal(error, ERR_DAMAGED);
            assert_true(says(&scene, "is damaged at byte"));
            file_same_expect(&scene, SCENE_FILE, bytes_text(&db));
            file_same_expect(&scene, SCENE_WAL, bytes_text(&wal));
            refused++;
        }
        wal.data[at] ^= (char)(1 << at % 8);
    }
    assert_true(refused > 50 / SCENE_STRIDE);
    bytes_finish(&db);
    bytes_finish(&wal);
    scene_finish(&scene);
}

static void without_flushes_such_a_wal_opens_and_says_so(void **state)
{
    (void)state;
    struct scene scene;
    struct bytes db = {0};
    struct bytes wal = {0};
    scene_init(&scene, 1);
    scene.options.sync = JOURNAL_SYNC_INTERVAL;
    killed_make(&scene, &db, &wal, 6);
    wal.data[wal.count / 2] ^= 1;
    lay(&scene, &db, bytes_text(&wal));
    scene_open_well(&scene);
    assert_true(says(&scene, "not flushed"));
    assert_in_range(scene.mark.seq, 3, 15);
    bytes_finish(&db);
    bytes_finish(&wal);
    scene_finish(&scene);
}

/* One bit of every seventh byte: refused, or said, or without effect on what is read. */
static void flipped_bit_in_the_database_is_never_silent(void **state)
{
    (void)state;
    struct scene scene;
    struct bytes db = {0};
    size_t refused = 0;
    size_t said = 0;
    scene_init(&scene, 1);
    scene_open_well(&scene);
    for (int group = 0; group < 10; group++) {
        scene_store(&scene, 10);
    }
    scene_close(&scene);
    copy_take(&scene, SCENE_FILE, &db);
    for (size_t at = 0; at < db.count; at += UINT64_C(7) * SCENE_STRIDE) {
        char flip = (char)(1 << at / (UINT64_C(7) * SCENE_STRIDE) % 8);
        db.data[at] ^= flip;
        fault_disk_remove(scene.disk, SCENE_WAL);
        put(&scene, SCENE_FILE, bytes_text(&db));
        enum error error = scene_open(&scene);
        scene_close(&scene);
        if (error != ERR_OK) {
            assert_true(error == ERR_DAMAGED || error == ERR_VERSION);
            assert_true(scene.problem.count > 0);
            file_same_expect(&scene, SCENE_FILE, bytes_text(&db));
            refused++;
        } else if (scene.problem.count > 0) {
            assert_true(says(&scene, "check sum"));
            said++;
        } else {
            assert_int_equal(scene.mark.seq, 100);
            scene_verify(SCENE_VFS, SCENE_FILE, 100);
        }
        db.data[at] ^= flip;
    }
    assert_true(refused > 50 / SCENE_STRIDE);
    assert_true(said > 400 / SCENE_STRIDE);
    bytes_finish(&db);
    scene_finish(&scene);
}

static void state_that_was_changed_goes_on_after_the_last_record(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 1);
    scene_open_well(&scene);
    scene_store(&scene, 9);
    scene_close(&scene);
    sql_run("UPDATE state SET last_seq = 4");
    scene_open_well(&scene);
    assert_true(says(&scene, "table state"));
    assert_int_equal(scene.mark.seq, 9);
    assert_int_equal(scene.mark.time_ms, scene_time_ms(9));
    scene_store(&scene, 3);
    scene_close(&scene);
    scene_open_well(&scene);
    assert_int_equal(scene.problem.count, 0);
    scene_finish(&scene);
}

static void numbers_that_others_took_are_left_out(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 1);
    scene_open_well(&scene);
    scene_store(&scene, 9);
    scene_close(&scene);
    sql_run("INSERT INTO message(seq, time_ms, channel, nick, text, check_sum)"
            " VALUES (20, 0, '#room', 'somebody', 'by hand', 0)");
    scene_open_well(&scene);
    assert_true(says(&scene, "record 20"));
    assert_int_equal(scene.mark.seq, 20);
    assert_int_equal(scene.mark.time_ms, scene_time_ms(9));
    scene_store(&scene, 3);
    scene_close(&scene);
    /* But no damaged number leads the numbers to their end. */
    sql_run("INSERT INTO message(seq, time_ms, channel, nick, text, check_sum)"
            " VALUES (9223372036854775807, 0, '#room', 'somebody', 'x', 0)");
    scene_open_well(&scene);
    assert_int_equal(scene.mark.seq, 23);
    scene_close(&scene);
    sql_run("UPDATE state SET last_seq = 9223372036854775807");
    scene_open_well(&scene);
    assert_int_equal(scene.mark.seq, 23);
    scene_store(&scene, 3);
    scene_finish(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_wal_gives_all_groups_before_the_cut),
        cmocka_unit_test(zeros_at_the_end_of_the_wal_are_left_out_and_said),
        cmocka_unit_test(torn_header_of_the_last_group_is_no_damage),
        cmocka_unit_test(flipped_bit_in_the_wal_is_refused_and_nothing_touched),
        cmocka_unit_test(without_flushes_such_a_wal_opens_and_says_so),
        cmocka_unit_test(flipped_bit_in_the_database_is_never_silent),
        cmocka_unit_test(state_that_was_changed_goes_on_after_the_last_record),
        cmocka_unit_test(numbers_that_others_took_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
