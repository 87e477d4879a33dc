/*
 * Replays a corpus: gives every file of the directories named on the command line to the fuzz
 * target that it is linked with, one TAP point a file, in the order of their names. A finding
 * aborts, as in the fuzzer, and the points that are missing then are failures.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Larger seeds than this do not belong into the repository. */
#define SEED_BYTES_MAX (1024 * 1024)

static int is_seed(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The file's bytes in memory of exactly their size, so that a sanitizer sees each look past it. */
static uint8_t *seed_read(const char *path, size_t *out_size)
{
    static uint8_t buffer[SEED_BYTES_MAX + 1];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    size_t size = fread(buffer, 1, sizeof(buffer), file);
    int failed = ferror(file) || size > SEED_BYTES_MAX;
    (void)fclose(file);
    uint8_t *seed = failed ? NULL : malloc(size > 0 ? size : 1);
    if (seed != NULL) {
        memcpy(seed, buffer, size);
        *out_size = size;
    }
    return seed;
}

static int seed_replay(const char *directory, const char *name)
{
    char path[4096];
    int length = snprintf(path, sizeof(path), "%s/%s", directory, name);
    if (length < 0 || (size_t)length >= sizeof(path)) {
        return 0;
    }
    size_t size = 0;
    uint8_t *seed = seed_read(path, &size);
    if (seed == NULL) {
        return 0;
    }
    (void)LLVMFuzzerTestOneInput(seed, size);
    free(seed);
    return 1;
}

int main(int argc, char **argv)
{
    int failed = argc < 2;
    int point = 0;
    for (int i = 1; i < argc; i++) {
        struct dirent **seeds = NULL;
        int seed_count = scandir(argv[i], &seeds, is_seed, alphasort);
        if (seed_count <= 0) {
            printf("not ok %d - %s holds no seeds\n", ++point, argv[i]);
            failed = 1;
        }
        for (int s = 0; s < seed_count; s++) {
            int ok = seed_replay(argv[i], seeds[s]->d_name);
            printf("%sok %d - %s\n", ok ? "" : "not ", ++point, seeds[s]->d_name);
            (void)fflush(stdout);
            failed = failed || !ok;
            free(seeds[s]);
        }
        free(seeds);
    }
    printf("1..%d\n", point);
    return failed;
}
