/* The data directory: made, looked at, and held by one server. */
#include "server/store.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A directory of this test's own, and paths in it. */
struct place {
    char root[64];
    char paths[6][128];
};

static void place_make(struct place *place)
{
    (void)snprintf(place->root, sizeof place->root, "/tmp/madang-store-XXXXXX");
    assert_non_null(mkdtemp(place->root));
    static const char *const names[] = {"data", "a", "a/b", "a/b/c", "link", "data/lock"};
    for (int i = 0; i < 6; i++) {
        (void)snprintf(place->paths[i], sizeof place->paths[i], "%s/%s", place->root, names[i]);
    }
}

static void place_remove(struct place *place)
{
    char lock[160];
    (void)snprintf(lock, sizeof lock, "%s/lock", place->paths[3]);
    (void)unlink(lock);
    (void)unlink(place->paths[5]);
    (void)unlink(place->paths[4]);
    for (int i = 3; i >= 0; i--) {
        (void)rmdir(place->paths[i]);
    }
    assert_int_equal(rmdir(place->root), 0);
}

enum { DATA, A, AB, ABC, LINK, LOCK };

static enum error lock(const char *path, bool parents, int *out, char *problem, size_t capacity)
{
    struct bytes said = {0};
    enum error error = store_lock(path, parents, out, &said);
    (void)snprintf(problem, capacity, "%.*s", (int)said.count, said.count > 0 ? said.data : "");
    bytes_finish(&said);
    return error;
}

static void directory_is_made_for_us_alone(void **state)
{
    (void)state;
    struct place place;
    place_make(&place);
    char problem[256];
    int fd = -1;
    mode_t mask = umask(0);
    assert_int_equal(lock(place.paths[DATA], false, &fd, problem, sizeof problem), ERR_OK);
    umask(mask);
    assert_true(fd >= 0);
    struct stat status;
    assert_int_equal(stat(place.paths[DATA], &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_int_equal(stat(place.paths[LOCK], &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_not_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    close(fd);
    place_remove(&place);
}

static void second_server_is_refused_until_the_first_is_gone(void **state)
{
    (void)state;
    struct place place;
    place_make(&place);
    char problem[256];
    int first = -1;
    int second = -77;
    assert_int_equal(lock(place.paths[DATA], false, &first, problem, sizeof problem), ERR_OK);
    assert_int_equal(lock(place.paths[DATA], false, &second, problem, sizeof problem), ERR_BUSY);
    assert_int_equal(second, -77);
    assert_non_null(strstr(problem, place.paths[DATA]));
    close(first);
    assert_int_equal(lock(place.paths[DATA], false, &second, problem, sizeof problem), ERR_OK);
    close(second);
    place_remove(&place);
}

static void parents_are_made_only_when_asked_for(void **state)
{
    (void)state;
    struct place place;
    place_make(&place);
    char problem[256];
    int fd = -1;
    assert_int_equal(lock(place.paths[ABC], false, &fd, problem, sizeof problem), ERR_NOT_FOUND);
    assert_int_not_equal(access(place.paths[A], F_OK), 0);
    assert_int_equal(lock(place.paths[ABC], true, &fd, problem, sizeof problem), ERR_OK);
    struct stat status;
    assert_int_equal(stat(place.paths[AB], &status), 0);
    assert_int_equal(status.st_mode & 077, 0);
    close(fd);
    place_remove(&place);
}

static void link_and_file_are_refused(void **state)
{
    (void)state;
    struct place place;
    place_make(&place);
    char problem[256];
    int fd = -77;
    assert_int_equal(mkdir(place.paths[DATA], 0700), 0);
    assert_int_equal(symlink(place.paths[DATA], place.paths[LINK]), 0);
    assert_int_equal(lock(place.paths[LINK], false, &fd, problem, sizeof problem), ERR_DENIED);
    assert_non_null(strstr(problem, place.paths[LINK]));
    assert_int_equal(unlink(place.paths[LINK]), 0);
    int file = open(place.paths[LINK], O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    close(file);
    assert_int_equal(lock(place.paths[LINK], false, &fd, problem, sizeof problem), ERR_DENIED);
    /* A lock that is a link could make us write to anything. */
    assert_int_equal(symlink(place.paths[LINK], place.paths[LOCK]), 0);
    assert_int_not_equal(lock(place.paths[DATA], false, &fd, problem, sizeof problem), ERR_OK);
    assert_int_equal(fd, -77);
    place_remove(&place);
}

static void directory_of_another_is_refused(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        skip(); /* Only root can give one away. */
    }
    struct place place;
    place_make(&place);
    char problem[256];
    int fd = -77;
    assert_int_equal(mkdir(place.paths[DATA], 0700), 0);
    assert_int_equal(chown(place.paths[DATA], 12345, 12345), 0);
    assert_int_equal(lock(place.paths[DATA], false, &fd, problem, sizeof problem), ERR_DENIED);
    assert_int_equal(fd, -77);
    place_remove(&place);
}

static void odd_characters_of_a_path_are_made_visible(void **state)
{
    (void)state;
    char problem[256];
    int fd = -77;
    assert_int_not_equal(lock("/nonexistent\x1b[2J/x", false, &fd, problem, sizeof problem),
                         ERR_OK);
    assert_null(strchr(problem, '\x1b'));
    assert_int_equal(fd, -77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directory_is_made_for_us_alone),
        cmocka_unit_test(second_server_is_refused_until_the_first_is_gone),
        cmocka_unit_test(parents_are_made_only_when_asked_for),
        cmocka_unit_test(link_and_file_are_refused),
        cmocka_unit_test(directory_of_another_is_refused),
        cmocka_unit_test(odd_characters_of_a_path_are_made_visible),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
