/*
 * Private to src/model: texts in the packed forms. A packed form is a fixed head, in which the
 * texts' lengths stand, and then the texts' bytes one behind the other.
 */
#ifndef MADANG_MODEL_PACKING_H
#define MADANG_MODEL_PACKING_H

#include "base/bytes.h"

#include <string.h>

/* Writes the text to out and returns where the next one goes. memcpy() may not be given NULL, which
 * an empty text may hold. */
static inline char *packing_put(char *out, struct text text)
{
    if (text.count > 0) {
        memcpy(out, text.data, text.count);
    }
    return out + text.count;
}

/* The text of so many bytes at *data, which moves on behind it. */
static inline struct text packing_take(const char **data, size_t count)
{
    struct text text = {.data = *data, .count = count};
    *data += count;
    return text;
}

#endif
