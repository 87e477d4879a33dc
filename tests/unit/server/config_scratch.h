/* What the tests of the configuration share: a file of the run's own, read well or refused. */
#ifndef MADANG_TESTS_CONFIG_SCRATCH_H
#define MADANG_TESTS_CONFIG_SCRATCH_H

#include "server/config.h"

/* A directory of this run's own, with one file in it. */
struct scratch {
    char directory[64];
    char file[96];
};

int scratch_make(void **state);
int scratch_remove(void **state);
void file_write(const struct scratch *scratch, const char *data, size_t count);
enum error read_file(const char *file, struct config **out, struct bytes *problem);
/* Reads text as a file; it must be right. */
struct config *read_text(const struct scratch *scratch, const char *text);
/* Reads bytes as a file; they must be refused with "file:rest", rest beginning with expected and
 * holding word. */
void assert_refused(const struct scratch *scratch, struct text bytes, const char *expected,
                    const char *word);
void assert_same(const struct config *a, const struct config *b);
struct config *read_defaults(void);

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_make, scratch_remove)

#endif
