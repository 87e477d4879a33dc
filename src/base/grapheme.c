/* Steps over a letter with its marks, a Hangul syllable in pieces, or a joined emoji as one. */
#include "base/grapheme.h"

#include "base/check.h"
#include "base/utf8.h"

#include <utf8proc.h>

static struct text text_at(struct text text, size_t position)
{
    return (struct text){.data = text.data + position, .count = text.count - position};
}

size_t grapheme_end(struct text text, size_t position)
{
    check(position < text.count);
    uint32_t rune;
    utf8proc_int32_t state = 0;
    position += utf8_decode(text_at(text, position), &rune);
    while (position < text.count) {
        uint32_t next;
        size_t count = utf8_decode(text_at(text, position), &next);
        if (utf8proc_grapheme_break_stateful((utf8proc_int32_t)rune, (utf8proc_int32_t)next,
                                             &state)) {
            break;
        }
        rune = next;
        position += count;
    }
    return position;
}

size_t grapheme_before(struct text text, size_t position)
{
    check(position > 0 && position <= text.count);
    size_t start = 0;
    for (;;) {
        size_t end = grapheme_end(text, start);
        if (end >= position) {
            return start;
        }
        start = end;
    }
}

bool text_has_right_to_left(struct text text)
{
    for (size_t position = 0; position < text.count;) {
        uint32_t rune;
        position += utf8_decode(text_at(text, position), &rune);
        /* Nothing before the Hebrew block is. */
        if (rune < 0x590) {
            continue;
        }
        utf8proc_propval_t class = utf8proc_get_property((utf8proc_int32_t)rune)->bidi_class;
        if (class == UTF8PROC_BIDI_CLASS_R || class == UTF8PROC_BIDI_CLASS_AL ||
            class == UTF8PROC_BIDI_CLASS_AN) {
            return true;
        }
    }
    return false;
}
