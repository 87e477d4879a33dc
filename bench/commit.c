/*
 * What one message costs at least where nothing is shown before it is stored: a commit of a single
 * row by SQLite (WAL, synchronous=FULL), the disk flush in it, and the wake-up of a thread.
 * bench/run holds the latency of one writer and one reader against these.
 *
 * usage: commit FOLDER [COUNT]    prints medians and 99th percentiles in µs; leaves FOLDER as it
 * was.
 */
#include "load_stat.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { PATH_BYTES = 512, FLUSH_BYTES = 4096 };

static void print_row(const char *name, const struct histogram *histogram)
{
    printf("%s_p50_us=%.1f %s_p99_us=%.1f ", name, (double)histogram_at(histogram, 0.5) / 1e3, name,
           (double)histogram_at(histogram, 0.99) / 1e3);
}

static void statement(sqlite3 *base, const char *text)
{
    char *error = NULL;
    if (sqlite3_exec(base, text, NULL, NULL, &error) != SQLITE_OK) {
        fail("%s: %s", text, error);
    }
}

static void time_commits(const char *folder, int count, struct histogram *out_histogram)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    static const char text[] = "a message of 64 bytes, as the load generator writes them xxxxxxx";
    char path[PATH_BYTES];
    sqlite3 *base;
    sqlite3_stmt *insert;
    snprintf(path, sizeof path, "%s/commit.db", folder);
    if (sqlite3_open(path, &base) != SQLITE_OK) {
        fail("%s: %s", path, sqlite3_errmsg(base));
    }
    statement(base, "PRAGMA journal_mode=WAL");
    statement(base, "PRAGMA synchronous=FULL");
    statement(base, "PRAGMA wal_autocheckpoint=0");
    /* A WAL that grows makes each flush write its inode as well. One that has been copied back once
     * is written over, as in any server that has run for a while: that is what is measured. */
    statement(base, "CREATE TABLE fill(bytes)");
    statement(base, "INSERT INTO fill VALUES(zeroblob(16000000))");
    statement(base, "DROP TABLE fill");
    statement(base, "PRAGMA wal_checkpoint(RESTART)");
    statement(base, "CREATE TABLE message(seq INTEGER PRIMARY KEY, time_ms INTEGER, channel TEXT, "
                    "nick TEXT, text TEXT)");
    if (sqlite3_prepare_v2(base, "INSERT INTO message VALUES(?,?,'#madang','u00001',?)", -1,
                           &insert, NULL) != SQLITE_OK) {
        fail("prepare: %s", sqlite3_errmsg(base));
    }
    for (int i = 0; i < count; i++) {
        uint64_t begin = now_ns();
        sqlite3_bind_int(insert, 1, i + 1);
        sqlite3_bind_int64(insert, 2, (sqlite3_int64)(begin / 1000000));
        sqlite3_bind_text(insert, 3, text, sizeof text - 1, SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE) {
            fail("insert: %s", sqlite3_errmsg(base));
        }
        sqlite3_reset(insert);
        histogram_add(out_histogram, now_ns() - begin, 1);
    }
    sqlite3_finalize(insert);
    sqlite3_close(base);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(path, sizeof path, "%s/commit.db%s", folder, ends[i]);
        unlink(path);
    }
}

static void time_flushes(const char *folder, int count, struct histogram *out_histogram)
{
    static const char page[FLUSH_BYTES];
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/commit.flush", folder);
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) {
        fail("%s cannot be written", path);
    }
    for (int i = 0; i < count; i++) {
        uint64_t begin = now_ns();
        if (write(fd, page, sizeof page) != (ssize_t)sizeof page || fdatasync(fd)) {
            fail("%s: flush failed", path);
        }
        histogram_add(out_histogram, now_ns() - begin, 1);
    }
    close(fd);
    unlink(path);
}

struct echo {
    int there, back;
    int count;
};

static void pass(int fd, bool give)
{
    uint64_t value = 1;
    ssize_t done = give ? write(fd, &value, sizeof value) : read(fd, &value, sizeof value);
    if (done != (ssize_t)sizeof value) {
        fail("eventfd failed");
    }
}

static void *echo_run(void *argument)
{
    const struct echo *echo = argument;
    for (int i = 0; i < echo->count; i++) {
        pass(echo->there, false);
        pass(echo->back, true);
    }
    return NULL;
}

/* Half of a round trip between two threads that sleep in between. */
static void time_wakeups(int count, struct histogram *out_histogram)
{
    struct echo echo = {
        .there = eventfd(0, EFD_CLOEXEC), .back = eventfd(0, EFD_CLOEXEC), .count = count};
    pthread_t thread;
    if (echo.there < 0 || echo.back < 0 || pthread_create(&thread, NULL, echo_run, &echo)) {
        fail("no thread");
    }
    for (int i = 0; i < count; i++) {
        uint64_t begin = now_ns();
        pass(echo.there, true);
        pass(echo.back, false);
        histogram_add(out_histogram, (now_ns() - begin) / 2, 1);
    }
    pthread_join(thread, NULL);
    close(echo.there);
    close(echo.back);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fail("usage: commit FOLDER [COUNT]");
    }
    int count = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 2000;
    struct histogram *rows = get_memory(3, sizeof *rows);
    time_commits(argv[1], count, &rows[0]);
    time_flushes(argv[1], count, &rows[1]);
    time_wakeups(count * 5, &rows[2]);
    print_row("commit", &rows[0]);
    print_row("flush", &rows[1]);
    print_row("wakeup", &rows[2]);
    printf("\n");
    free(rows);
    return 0;
}
