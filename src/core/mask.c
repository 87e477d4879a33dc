/* Patterns, and the folding of what they are compared with. */
#include "core/mask.h"

#include "base/utf8.h"

#include <string.h>

#define NO_STAR SIZE_MAX

static char folded_byte(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

void folded_append(struct folded *out, struct text text)
{
    const size_t room = FOLDED_BYTES_MAX - out->count;
    const size_t count = text.count < room ? text.count : room;
    for (size_t i = 0; i < count; i++) {
        out->data[out->count + i] = folded_byte(text.data[i]);
    }
    out->count += count;
}

void folded_append_name(struct folded *out, struct text name)
{
    struct name_key key;
    if (name_key(name, &key) == ERR_OK) {
        folded_append(out, (struct text){.data = key.data, .count = key.count});
    } else {
        folded_append(out, name);
    }
}

void mask_fold(struct text text, struct folded *out)
{
    if (text.count > MASK_BYTES_MAX) {
        text.count = MASK_BYTES_MAX;
    }
    const char *end = text.count > 0 ? memchr(text.data, '!', text.count) : NULL;
    const size_t name_bytes = end != NULL ? (size_t)(end - text.data) : text.count;
    out->count = 0;
    folded_append_name(out, (struct text){.data = text.data, .count = name_bytes});
    if (end != NULL) {
        folded_append(out, (struct text){.data = end, .count = text.count - name_bytes});
    }
}

struct text folded_text(const struct folded *folded)
{
    return (struct text){.data = folded->data, .count = folded->count};
}

/* The bytes of the character at position. */
static size_t character_bytes(struct text text, size_t position)
{
    uint32_t rune;
    return utf8_decode((struct text){.data = text.data + position, .count = text.count - position},
                       &rune);
}

bool mask_match(struct text mask, struct text text)
{
    size_t in_mask = 0;
    size_t in_text = 0;
    /* The last '*', and where the text goes on behind what it stands for. */
    size_t star = NO_STAR;
    size_t behind = 0;
    while (in_text < text.count) {
        const bool left = in_mask < mask.count;
        if (left && mask.data[in_mask] == '*') {
            star = in_mask++;
            behind = in_text;
        } else if (left && mask.data[in_mask] == '?') {
            in_mask++;
            in_text += character_bytes(text, in_text);
        } else if (left && mask.data[in_mask] == text.data[in_text]) {
            in_mask++;
            in_text++;
        } else if (star != NO_STAR) {
            /* One character more for the star; earlier stars need not be tried again. */
            behind += character_bytes(text, behind);
            in_text = behind;
            in_mask = star + 1;
        } else {
            return false;
        }
    }
    while (in_mask < mask.count && mask.data[in_mask] == '*') {
        in_mask++;
    }
    return in_mask == mask.count;
}

bool mask_match_unfolded(struct text mask, struct text text)
{
    struct folded folded_mask;
    struct folded folded;
    mask_fold(mask, &folded_mask);
    mask_fold(text, &folded);
    return mask_match(folded_text(&folded_mask), folded_text(&folded));
}
