/* A directory of a test's own on a real disk, and the journal in it. */
#ifndef MADANG_TESTS_PLACE_H
#define MADANG_TESTS_PLACE_H

#include "scene.h"

#include <sqlite3.h>

#define PLACE_PATH_BYTES 256

struct place {
    char directory[PLACE_PATH_BYTES];
    char path[PLACE_PATH_BYTES]; /* What place_path() gave last. */
    struct journal_options options;
    struct journal *journal; /* NULL when none is open. */
    struct journal_mark mark;
    struct bytes problem;
    uint64_t stored;
};

/* cmocka's: *state becomes a struct place. */
int place_setup(void **state);
int place_teardown(void **state);
#define PLACE_TEST(function) cmocka_unit_test_setup_teardown(function, place_setup, place_teardown)

/* directory/madang.db and the suffix; valid until the next call. */
const char *place_path(struct place *place, const char *suffix);
const char *place_problem(struct place *place);
MUST_USE enum error place_open(struct place *place);
void place_open_well(struct place *place);
void place_store(struct place *place, uint64_t count);
void place_close(struct place *place);

/* The whole file; false when there is none. Frees what *out held. */
bool place_read(struct place *place, const char *suffix, struct bytes *out);
void place_write(struct place *place, const char *suffix, struct text content);

#endif
