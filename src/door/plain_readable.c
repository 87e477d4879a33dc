/*
 * What people write by IRC, for those who read lines of text: the codes for bold, colours and so on
 * are left out (https://modern.ircdocs.horse/formatting), all other controls are made visible.
 */
#include "door/plain.h"

#include "base/utf8.h"

#include <string.h>

#define COLOUR_DIGITS_MAX 2
#define HEX_COLOUR_DIGITS 6

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_hex_digit(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

static size_t digits_count(struct text text, size_t from, size_t max, bool (*is_one)(char byte))
{
    size_t count = 0;
    while (count < max && from + count < text.count && is_one(text.data[from + count])) {
        count++;
    }
    return count;
}

/* A colour of letters and perhaps, behind a comma, one of the ground; from is behind its code.
 * Returns its bytes. */
static size_t colour_bytes(struct text text, size_t from, bool hex)
{
    size_t min = hex ? HEX_COLOUR_DIGITS : 1;
    size_t max = hex ? HEX_COLOUR_DIGITS : COLOUR_DIGITS_MAX;
    bool (*is_one)(char byte) = hex ? is_hex_digit : is_digit;
    size_t letters = digits_count(text, from, max, is_one);
    if (letters < min) {
        return 0;
    }
    if (from + letters >= text.count || text.data[from + letters] != ',') {
        return letters;
    }
    size_t ground = digits_count(text, from + letters + 1, max, is_one);
    return ground < min ? letters : letters + 1 + ground;
}

/* How many bytes at the start of what is left, which begins at from, mean no text. */
static size_t format_bytes(struct text text, size_t from)
{
    switch (text.data[from]) {
    case '\0': /* Where two pieces of one line meet (IRCv3 multiline). */
    case '\x02':
    case '\x0f':
    case '\x11':
    case '\x16':
    case '\x1d':
    case '\x1e':
    case '\x1f':
        return 1;
    case '\x03':
        return 1 + colour_bytes(text, from + 1, false);
    case '\x04':
        return 1 + colour_bytes(text, from + 1, true);
    default:
        return 0;
    }
}

static struct text slice(struct text text, size_t from, size_t end)
{
    return (struct text){.data = text.data + from, .count = end - from};
}

enum error plain_readable_append(struct text text, struct bytes *out)
{
    size_t count_before = out->count;
    size_t run = 0; /* Where what is not appended yet begins. */
    size_t at = 0;
    enum error error = ERR_OK;
    while (at < text.count && error == ERR_OK) {
        size_t skipped = format_bytes(text, at);
        if (skipped == 0) {
            at++;
            continue;
        }
        error = text_append_visible(out, slice(text, run, at));
        at += skipped;
        run = at;
    }
    if (error == ERR_OK && run < text.count) {
        error = text_append_visible(out, slice(text, run, text.count));
    }
    if (error != ERR_OK) {
        out->count = count_before;
    }
    return error;
}
