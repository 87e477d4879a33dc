/* UTF-8 as RFC 3629 has it, and text that cannot do anything to a terminal or a log. */
#include "base/utf8.h"

#include "base/check.h"

#include <string.h>
#include <utf8proc.h>

#define REPLACEMENT 0xFFFDu
#define EVERY_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

/* How a character begins: its bytes, and what the second of them may be (RFC 3629 section 4). */
struct lead {
    size_t bytes; /* 0: no character begins so. */
    unsigned char second_low;
    unsigned char second_high;
};

static struct lead lead_of(unsigned char byte)
{
    if (byte < 0x80) {
        return (struct lead){1, 0, 0};
    }
    if (byte < 0xC2) {
        return (struct lead){0, 0, 0};
    }
    if (byte < 0xE0) {
        return (struct lead){2, 0x80, 0xBF};
    }
    if (byte < 0xF0) {
        /* E0 below A0 would be overlong, ED above 9F a surrogate. */
        return (struct lead){3, byte == 0xE0 ? 0xA0 : 0x80, byte == 0xED ? 0x9F : 0xBF};
    }
    if (byte < 0xF5) {
        /* F0 below 90 would be overlong, F4 above 8F past U+10FFFF. */
        return (struct lead){4, byte == 0xF0 ? 0x90 : 0x80, byte == 0xF4 ? 0x8F : 0xBF};
    }
    return (struct lead){0, 0, 0};
}

/* How many of the first bytes of text form a correct beginning of the character (at most
 * lead.bytes). */
static size_t match_bytes(struct text text, struct lead lead)
{
    size_t count = text.count < lead.bytes ? text.count : lead.bytes;
    const unsigned char *data = (const unsigned char *)text.data;
    if (count >= 2 && (data[1] < lead.second_low || data[1] > lead.second_high)) {
        return 1;
    }
    for (size_t i = 2; i < count; i++) {
        if ((data[i] & 0xC0) != 0x80) {
            return i;
        }
    }
    return count;
}

static uint64_t load_8(const char *data)
{
    uint64_t word;
    memcpy(&word, data, sizeof(word));
    return word;
}

/* From position on, the first byte that is not plain ASCII, or the end. */
static size_t skip_ascii(struct text text, size_t position)
{
    while (text.count - position >= 8) {
        if ((load_8(text.data + position) & EVERY_BYTE(0x80)) != 0) {
            break;
        }
        position += 8;
    }
    while (position < text.count && (unsigned char)text.data[position] < 0x80) {
        position++;
    }
    return position;
}

/*
 * From position on, past all characters of U+3000 to U+D7FF: Hangul, Kana and Chinese. None of them
 * is special in any way here, and most text that is not ASCII is made of them.
 */
static size_t skip_east_asian(struct text text, size_t position)
{
    while (text.count - position >= 3) {
        const unsigned char *data = (const unsigned char *)text.data + position;
        if (data[0] < 0xE3 || data[0] > 0xED || (data[1] & 0xC0) != 0x80 ||
            (data[2] & 0xC0) != 0x80 || (data[0] == 0xED && data[1] > 0x9F)) {
            break;
        }
        position += 3;
    }
    return position;
}

static struct text text_from(struct text text, size_t position)
{
    return (struct text){.data = text.data + position, .count = text.count - position};
}

bool utf8_valid(struct text text)
{
    size_t position = 0;
    for (;;) {
        position = skip_east_asian(text, skip_ascii(text, position));
        if (position == text.count) {
            return true;
        }
        struct lead lead = lead_of((unsigned char)text.data[position]);
        if (lead.bytes == 0 || match_bytes(text_from(text, position), lead) != lead.bytes) {
            return false;
        }
        position += lead.bytes;
    }
}

size_t utf8_tail_bytes(struct text text)
{
    for (size_t back = 1; back <= 3 && back <= text.count; back++) {
        unsigned char byte = (unsigned char)text.data[text.count - back];
        if ((byte & 0xC0) == 0x80) {
            continue;
        }
        struct lead lead = lead_of(byte);
        bool incomplete =
            lead.bytes > back && match_bytes(text_from(text, text.count - back), lead) == back;
        return incomplete ? back : 0;
    }
    return 0;
}

size_t utf8_decode(struct text text, uint32_t *out_rune)
{
    check(text.count >= 1);
    const unsigned char *data = (const unsigned char *)text.data;
    struct lead lead = lead_of(data[0]);
    if (lead.bytes == 0 || match_bytes(text, lead) != lead.bytes) {
        *out_rune = REPLACEMENT;
        return 1;
    }
    /* The first byte of a longer character gives 7 - bytes bits, each other one 6. */
    uint32_t rune = lead.bytes == 1 ? data[0] : data[0] & (0x7Fu >> lead.bytes);
    for (size_t i = 1; i < lead.bytes; i++) {
        rune = rune << 6 | (data[i] & 0x3Fu);
    }
    *out_rune = rune;
    return lead.bytes;
}

struct width_range {
    uint32_t first;
    uint32_t last;
    int width;
};

/*
 * Where utf8proc counts otherwise than wcwidth() of the C library, which terminals and line editors
 * go by. Ascending.
 */
static const struct width_range width_corrections[] = {
    /* Arabic and Syriac number signs: format characters, but seen. */
    {0x0600, 0x0605, 1},
    {0x06DD, 0x06DD, 1},
    {0x070F, 0x070F, 1},
    {0x0890, 0x0891, 1},
    {0x08E2, 0x08E2, 1},
    /* Vowels and final consonants of conjoining Hangul join the initial consonant before them,
     * which already takes both columns. */
    {0x1160, 0x11FF, 0},
    /* Hangul tone marks. */
    {0x302E, 0x302F, 2},
    /* Circled numbers on black squares, hexagrams. */
    {0x3248, 0x324F, 2},
    {0x4DC0, 0x4DFF, 2},
    /* The further vowels and final consonants. */
    {0xD7B0, 0xD7C6, 0},
    {0xD7CB, 0xD7FB, 0},
    /* Kaithi number signs. */
    {0x110BD, 0x110BD, 1},
    {0x110CD, 0x110CD, 1},
    /* Vietnamese reading marks. */
    {0x16FF0, 0x16FF1, 2},
};

int utf8_rune_width(uint32_t rune)
{
    if (rune < 0x7F) {
        return rune >= 0x20;
    }
    /* Hangul syllables and Chinese characters, the most of what is not ASCII here. */
    if ((rune >= 0xAC00 && rune <= 0xD7A3) || (rune >= 0x4E00 && rune <= 0x9FFF)) {
        return 2;
    }
    size_t count = sizeof(width_corrections) / sizeof(width_corrections[0]);
    for (size_t i = 0; i < count && rune >= width_corrections[i].first; i++) {
        if (rune <= width_corrections[i].last) {
            return width_corrections[i].width;
        }
    }
    if (utf8proc_category((utf8proc_int32_t)rune) == UTF8PROC_CATEGORY_MC) {
        return 1; /* A spacing mark takes space, as its name says. */
    }
    int width = utf8proc_charwidth((utf8proc_int32_t)rune);
    return width < 0 ? 0 : width;
}

size_t utf8_width(struct text text)
{
    size_t width = 0;
    for (size_t position = 0; position < text.count;) {
        uint32_t rune;
        position += utf8_decode(text_from(text, position), &rune);
        width += (size_t)utf8_rune_width(rune);
    }
    return width;
}

static bool is_direction_or_separator(uint32_t rune)
{
    return (rune >= 0x2028 && rune <= 0x202E) || (rune >= 0x2066 && rune <= 0x2069) ||
           rune == 0x200E || rune == 0x200F || rune == 0x061C;
}

static char hex_digit(uint32_t value)
{
    return "0123456789abcdef"[value & 0xF];
}

size_t text_visible_rune(struct text text, char out[UTF8_VISIBLE_BYTES_MAX], size_t *out_bytes)
{
    uint32_t rune;
    size_t bytes = utf8_decode(text, &rune);
    unsigned char first = (unsigned char)text.data[0];
    if (first < 0x20 || first == 0x7F) {
        out[0] = '^';
        out[1] = (char)(first ^ 0x40);
        *out_bytes = 2;
    } else if ((bytes == 1 && first >= 0x80) || (rune >= 0x80 && rune <= 0x9F)) {
        uint32_t value = bytes == 1 ? first : rune;
        out[0] = '\\';
        out[1] = 'x';
        out[2] = hex_digit(value >> 4);
        out[3] = hex_digit(value);
        *out_bytes = 4;
    } else if (is_direction_or_separator(rune)) {
        out[0] = '\\';
        out[1] = 'u';
        for (unsigned i = 0; i < 4; i++) {
            out[2 + i] = hex_digit(rune >> (12 - 4 * i));
        }
        *out_bytes = 6;
    } else {
        memcpy(out, text.data, bytes);
        *out_bytes = bytes;
    }
    return bytes;
}

/* True when the visible form of the character at the start is the character; its bytes go to
 * *out_bytes. */
static bool rune_is_visible(struct text text, size_t *out_bytes)
{
    uint32_t rune;
    *out_bytes = utf8_decode(text, &rune);
    if (rune < 0x80) {
        return rune >= 0x20 && rune != 0x7F;
    }
    bool is_stray_byte = *out_bytes == 1;
    return !is_stray_byte && rune > 0x9F && !is_direction_or_separator(rune);
}

/* From position on, the first byte that is not printable ASCII, or somewhat before it. */
static size_t skip_printable_ascii(struct text text, size_t position)
{
    while (text.count - position >= 8) {
        uint64_t word = load_8(text.data + position);
        /* The high bit of a byte of these is set when that byte is below 0x20, is 0x7F, or is
         * above; a borrow can reach a further byte only after one that is set already. */
        uint64_t below = (word - EVERY_BYTE(0x20)) & ~word;
        uint64_t flipped = word ^ EVERY_BYTE(0x7F);
        uint64_t delete = (flipped - EVERY_BYTE(0x01)) & ~flipped;
        if (((below | delete | word) & EVERY_BYTE(0x80)) != 0) {
            break;
        }
        position += 8;
    }
    return position;
}

/* From position on, the first character whose visible form differs, or the end. */
static size_t skip_visible(struct text text, size_t position)
{
    while (position < text.count) {
        position = skip_east_asian(text, skip_printable_ascii(text, position));
        if (position == text.count) {
            break;
        }
        size_t bytes;
        if (!rune_is_visible(text_from(text, position), &bytes)) {
            break;
        }
        position += bytes;
    }
    return position;
}

bool text_is_visible(struct text text)
{
    return skip_visible(text, 0) == text.count;
}

enum error text_append_visible(struct bytes *out, struct text text)
{
    size_t count_before = out->count;
    size_t position = 0;
    while (position < text.count) {
        size_t run_end = skip_visible(text, position);
        enum error error = bytes_append(out, text.data + position, run_end - position);
        position = run_end;
        if (error == ERR_OK && position < text.count) {
            char form[UTF8_VISIBLE_BYTES_MAX];
            size_t form_bytes;
            position += text_visible_rune(text_from(text, position), form, &form_bytes);
            error = bytes_append(out, form, form_bytes);
        }
        if (error != ERR_OK) {
            out->count = count_before;
            return error;
        }
    }
    return ERR_OK;
}
