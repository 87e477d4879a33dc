/* A directory of a test's own on a real disk. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int place_setup(void **state)
{
    struct place *place = test_calloc(1, sizeof(*place));
    const char *base = getenv("TMPDIR");
    int count = snprintf(place->directory, sizeof(place->directory), "%s/madang-test-XXXXXX",
                         base == NULL ? "/tmp" : base);
    if (count < 0 || (size_t)count >= sizeof(place->directory) ||
        mkdtemp(place->directory) == NULL) {
        return -1;
    }
    place->options = (struct journal_options){.directory = place->directory};
    *state = place;
    return 0;
}

int place_teardown(void **state)
{
    struct place *place = *state;
    place_close(place);
    bytes_finish(&place->problem);
    DIR *directory = opendir(place->directory);
    struct dirent *entry = NULL;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        (void)unlinkat(dirfd(directory), entry->d_name, 0);
    }
    if (directory != NULL) {
        (void)closedir(directory);
    }
    int result = rmdir(place->directory);
    test_free(place);
    return result;
}

const char *place_path(struct place *place, const char *suffix)
{
    int count =
        snprintf(place->path, sizeof(place->path), "%s/madang.db%s", place->directory, suffix);
    assert_in_range(count, 1, sizeof(place->path) - 1);
    return place->path;
}

const char *place_problem(struct place *place)
{
    if (bytes_append(&place->problem, "", 1) != ERR_OK) {
        return "";
    }
    place->problem.count--;
    return place->problem.data;
}

enum error place_open(struct place *place)
{
    return journal_sqlite_open(&place->options, SCENE_SEED, &place->journal, &place->mark,
                               &place->problem);
}

void place_open_well(struct place *place)
{
    enum error error = place_open(place);
    if (error != ERR_OK) {
        fail_msg("%s: %s", error_name(error), place_problem(place));
    }
    place->stored = place->mark.seq;
}

void place_store(struct place *place, uint64_t count)
{
    enum error error = scene_group(place->journal, place->stored + 1, place->stored + count);
    if (error != ERR_OK) {
        fail_msg("%s: %s", error_name(error), journal_problem(place->journal));
    }
    place->stored += count;
}

void place_close(struct place *place)
{
    journal_free(place->journal);
    place->journal = NULL;
}

bool place_read(struct place *place, const char *suffix, struct bytes *out)
{
    char buffer[4096];
    int descriptor = open(place_path(place, suffix), O_RDONLY | O_CLOEXEC);
    bytes_clear(out);
    if (descriptor < 0) {
        assert_int_equal(errno, ENOENT);
        return false;
    }
    ssize_t count = 0;
    while ((count = read(descriptor, buffer, sizeof(buffer))) > 0) {
        assert_int_equal(bytes_append(out, buffer, (size_t)count), ERR_OK);
    }
    assert_int_equal(count, 0);
    close(descriptor);
    return true;
}

void place_write(struct place *place, const char *suffix, struct text content)
{
    int descriptor =
        open(place_path(place, suffix), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, content.data, content.count), content.count);
    close(descriptor);
}
