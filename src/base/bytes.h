/* A growable run of bytes, and the borrowed view of one. */
#ifndef MADANG_BASE_BYTES_H
#define MADANG_BASE_BYTES_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A borrowed view: valid as long as what it was taken from. No NUL at the end; may hold NUL. */
struct text {
    const char *data;
    size_t count; /* Bytes. */
};

#define TEXT(literal) ((struct text){.data = (literal), .count = sizeof(literal) - 1})
#define TEXT_NONE ((struct text){.data = NULL, .count = 0})

/* Of a NUL-terminated string; borrowed. */
struct text text_of(const char *string);
bool text_equal(struct text a, struct text b);
bool text_starts(struct text text, struct text start);
/* What is left of text behind its first count bytes (at most all of them). */
struct text text_skip(struct text text, size_t count);
/* For secrets: takes as long wherever the two differ, and depends on their lengths alone. */
bool text_equal_secret(struct text a, struct text b);

/*
 * Owned bytes. All zero is a valid empty one. After an error the contents are as before the call.
 * One thread at a time.
 */
struct bytes {
    char *data;
    size_t count;
    size_t capacity;
};

void bytes_init(struct bytes *bytes);
/* Frees the memory and makes it empty again. */
void bytes_finish(struct bytes *bytes);
/* Forgets the contents and keeps the memory. */
void bytes_clear(struct bytes *bytes);
/* Makes room for that many more bytes. ERR_MEMORY. */
MUST_USE enum error bytes_reserve(struct bytes *bytes, size_t more);
MUST_USE enum error bytes_append(struct bytes *bytes, const void *data, size_t count);
MUST_USE enum error bytes_append_text(struct bytes *bytes, struct text text);
/* Appends texts one after another: BYTES_JOIN(&line, TEXT("["), name, TEXT("]")). ERR_MEMORY. */
MUST_USE enum error bytes_join(struct bytes *bytes, const struct text *texts, size_t count);
#define BYTES_JOIN(bytes, ...)                                                                     \
    bytes_join(bytes, (const struct text[]){__VA_ARGS__},                                          \
               sizeof((const struct text[]){__VA_ARGS__}) / sizeof(struct text))
/* As printf(); ERR_MEMORY, or ERR_INVALID when the format cannot be printed. */
MUST_USE enum error bytes_format(struct bytes *bytes, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Drops the first count bytes (at most all of them). */
void bytes_consume(struct bytes *bytes, size_t count);
struct text bytes_text(const struct bytes *bytes);

#endif
