/* The secret in the data directory: made once, kept, and nobody else's. */
#include "server/secret.h"

#include "base/mem.h"

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

struct place {
    char directory[64];
    char file[80];
    char new_file[80];
    struct bytes problem;
};

static int place_make(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    (void)snprintf(place->directory, sizeof place->directory, "/tmp/madang-secret-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    (void)snprintf(place->file, sizeof place->file, "%s/secret", place->directory);
    (void)snprintf(place->new_file, sizeof place->new_file, "%s/secret.new", place->directory);
    *state = place;
    return 0;
}

static int place_remove(void **state)
{
    struct place *place = *state;
    (void)unlink(place->file);
    (void)unlink(place->new_file);
    bytes_finish(&place->problem);
    int status = rmdir(place->directory);
    free(place);
    return status;
}

static void file_write(const char *path, const void *data, size_t count, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, count), count);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static struct siphash_key opened(struct place *place)
{
    struct siphash_key key = {0};
    assert_int_equal(secret_open(place->directory, &key, &place->problem), ERR_OK);
    assert_int_equal(place->problem.count, 0);
    return key;
}

static void refused(struct place *place, enum error error)
{
    struct siphash_key key = {.k0 = 7, .k1 = 8};
    assert_int_equal(secret_open(place->directory, &key, &place->problem), error);
    assert_int_equal(key.k0, 7);
    assert_int_equal(key.k1, 8);
    assert_non_null(
        memmem(place->problem.data, place->problem.count, place->file, strlen(place->file)));
}

static void secret_is_made_once_and_kept(void **state)
{
    struct place *place = *state;
    mode_t mask = umask(0);
    struct siphash_key first = opened(place);
    umask(mask);
    struct stat status;
    assert_int_equal(stat(place->file, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_not_equal(access(place->new_file, F_OK), 0);
    struct siphash_key second = opened(place);
    assert_int_equal(first.k0, second.k0);
    assert_int_equal(first.k1, second.k1);
    assert_int_equal(unlink(place->file), 0);
    struct siphash_key third = opened(place);
    assert_true(first.k0 != third.k0 && first.k1 != third.k1);
}

static void half_a_secret_of_an_interrupted_start_is_nothing(void **state)
{
    struct place *place = *state;
    file_write(place->new_file, "0123", 4, 0644);
    struct siphash_key first = opened(place);
    struct siphash_key second = opened(place);
    assert_int_equal(first.k0, second.k0);
    struct stat status;
    assert_int_equal(stat(place->file, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
}

static void written_secret_is_read_as_it_stands(void **state)
{
    struct place *place = *state;
    file_write(place->file, "00112233445566778899aabbccddeeff\n", 33, 0600);
    struct siphash_key key = opened(place);
    assert_true(key.k0 == UINT64_C(0x0011223344556677));
    assert_true(key.k1 == UINT64_C(0x8899aabbccddeeff));
}

static void what_we_did_not_write_is_refused_and_kept(void **state)
{
    static const char *const texts[] = {
        "",
        "\n",
        "00112233445566778899aabbccddeef\n",
        "00112233445566778899aabbccddeeff",
        "00112233445566778899aabbccddeeff\n\n",
        "00112233445566778899aabbccddeefg\n",
        "00112233445566778899AABBCCDDEEFF\n",
        "00112233445566778899aabbccddeefff",
    };
    struct place *place = *state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        file_write(place->file, texts[i], strlen(texts[i]), 0600);
        refused(place, ERR_DAMAGED);
        struct stat status;
        assert_int_equal(stat(place->file, &status), 0);
        assert_int_equal(status.st_size, strlen(texts[i]));
    }
}

static void secret_that_others_may_read_is_refused(void **state)
{
    static const mode_t modes[] = {0644, 0640, 0604, 0620, 0601};
    struct place *place = *state;
    (void)opened(place);
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        assert_int_equal(chmod(place->file, modes[i]), 0);
        refused(place, ERR_DENIED);
    }
    assert_int_equal(chmod(place->file, 0400), 0);
    (void)opened(place);
}

static void links_and_odd_files_are_refused_at_once(void **state)
{
    struct place *place = *state;
    assert_int_equal(symlink("/etc/hostname", place->file), 0);
    refused(place, ERR_DENIED);
    assert_int_equal(unlink(place->file), 0);
    assert_int_equal(mkfifo(place->file, 0600), 0);
    refused(place, ERR_DENIED);
    assert_int_equal(unlink(place->file), 0);
    assert_int_equal(mkdir(place->file, 0700), 0);
    refused(place, ERR_DENIED);
    assert_int_equal(rmdir(place->file), 0);
    /* A link where the new one is written does not lead us anywhere. */
    assert_int_equal(symlink("/tmp/madang-secret-elsewhere", place->new_file), 0);
    (void)opened(place);
    assert_int_not_equal(access("/tmp/madang-secret-elsewhere", F_OK), 0);
}

static void secret_of_another_user_is_refused(void **state)
{
    struct place *place = *state;
    if (geteuid() != 0) {
        skip(); /* Only root can give one away. */
    }
    (void)opened(place);
    assert_int_equal(chown(place->file, 12345, 12345), 0);
    refused(place, ERR_DENIED);
}

static void directory_that_is_not_there_is_told(void **state)
{
    (void)state;
    struct siphash_key key;
    struct bytes problem = {0};
    assert_int_equal(secret_open("/no such directory", &key, &problem), ERR_IO);
    assert_true(problem.count > 0);
    bytes_finish(&problem);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, place_make, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(secret_is_made_once_and_kept),
        TEST(half_a_secret_of_an_interrupted_start_is_nothing),
        TEST(written_secret_is_read_as_it_stands),
        TEST(what_we_did_not_write_is_refused_and_kept),
        TEST(secret_that_others_may_read_is_refused),
        TEST(links_and_odd_files_are_refused_at_once),
        TEST(secret_of_another_user_is_refused),
        TEST(directory_that_is_not_there_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
