/* Growing byte buffers that survive a failed allocation. */
#include "base/bytes.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CAPACITY_MIN 64

struct text text_of(const char *string)
{
    return (struct text){.data = string, .count = strlen(string)};
}

bool text_equal(struct text a, struct text b)
{
    /* memcmp() may not be given NULL, which an empty text may hold. */
    return a.count == b.count && (a.count == 0 || memcmp(a.data, b.data, a.count) == 0);
}

bool text_starts(struct text text, struct text start)
{
    return text.count >= start.count &&
           text_equal((struct text){.data = text.data, .count = start.count}, start);
}

struct text text_skip(struct text text, size_t count)
{
    /* Nothing may be added to NULL, which an empty text may hold. */
    return count == 0 ? text
                      : (struct text){.data = text.data + count, .count = text.count - count};
}

bool text_equal_secret(struct text a, struct text b)
{
    unsigned char difference = a.count != b.count;
    for (size_t i = 0; i < a.count && i < b.count; i++) {
        difference |= (unsigned char)(a.data[i] ^ b.data[i]);
    }
    /* Keeps the compiler from ending the loop where the difference is known. */
    volatile unsigned char result = difference;
    return result == 0;
}

void bytes_init(struct bytes *bytes)
{
    *bytes = (struct bytes){0};
}

void bytes_finish(struct bytes *bytes)
{
    mem_free(bytes->data);
    *bytes = (struct bytes){0};
}

void bytes_clear(struct bytes *bytes)
{
    bytes->count = 0;
}

enum error bytes_reserve(struct bytes *bytes, size_t more)
{
    check(bytes->count <= bytes->capacity);
    if (more <= bytes->capacity - bytes->count) {
        return ERR_OK;
    }
    /* Half of the address space is more than any buffer can be, and keeps the doubling exact. */
    if (more > SIZE_MAX / 2 - bytes->count) {
        return ERR_MEMORY;
    }
    size_t capacity = bytes->capacity < CAPACITY_MIN ? CAPACITY_MIN : bytes->capacity;
    while (capacity - bytes->count < more) {
        capacity *= 2;
    }
    char *data = mem_realloc(bytes->data, capacity);
    if (data == NULL) {
        return ERR_MEMORY;
    }
    bytes->data = data;
    bytes->capacity = capacity;
    return ERR_OK;
}

enum error bytes_append(struct bytes *bytes, const void *data, size_t count)
{
    if (count == 0) {
        return ERR_OK;
    }
    enum error error = bytes_reserve(bytes, count);
    if (error != ERR_OK) {
        return error;
    }
    memcpy(bytes->data + bytes->count, data, count);
    bytes->count += count;
    return ERR_OK;
}

enum error bytes_append_text(struct bytes *bytes, struct text text)
{
    return bytes_append(bytes, text.data, text.count);
}

enum error bytes_join(struct bytes *bytes, const struct text *texts, size_t count)
{
    size_t count_before = bytes->count;
    for (size_t i = 0; i < count; i++) {
        enum error error = bytes_append_text(bytes, texts[i]);
        if (error != ERR_OK) {
            bytes->count = count_before;
            return error;
        }
    }
    return ERR_OK;
}

enum error bytes_format(struct bytes *bytes, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        return ERR_INVALID;
    }
    /* One more for the NUL that vsnprintf() insists on; it is not part of the contents. */
    enum error error = bytes_reserve(bytes, (size_t)length + 1);
    if (error != ERR_OK) {
        return error;
    }
    va_start(arguments, format);
    int written = vsnprintf(bytes->data + bytes->count, (size_t)length + 1, format, arguments);
    va_end(arguments);
    if (written != length) {
        return ERR_INVALID;
    }
    bytes->count += (size_t)length;
    return ERR_OK;
}

void bytes_consume(struct bytes *bytes, size_t count)
{
    if (count >= bytes->count) {
        bytes->count = 0;
        return;
    }
    if (count > 0) {
        memmove(bytes->data, bytes->data + count, bytes->count - count);
        bytes->count -= count;
    }
}

struct text bytes_text(const struct bytes *bytes)
{
    return (struct text){.data = bytes->data, .count = bytes->count};
}
