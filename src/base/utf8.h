/* UTF-8 by the rules of RFC 3629, the width of characters on a terminal, and the visible form of
 * text. */
#ifndef MADANG_BASE_UTF8_H
#define MADANG_BASE_UTF8_H

#include "base/bytes.h"

/* True when all of it is whole, shortest-form, surrogate-free UTF-8 up to U+10FFFF. NUL is a
 * character. */
bool utf8_valid(struct text text);
/*
 * How many of its last bytes are the beginning of a character that is still incomplete (0 to 3).
 * Bytes that can never become a character count as complete: utf8_valid() will refuse them.
 */
size_t utf8_tail_bytes(struct text text);
/*
 * Decodes the character at the start of text (count >= 1) into *out_rune and returns its bytes (1
 * to 4). What is not UTF-8 gives U+FFFD and 1.
 */
size_t utf8_decode(struct text text, uint32_t *out_rune);
/* Columns that the character takes on a terminal: 0, 1 or 2; Hangul syllables take 2. Controls take
 * 0. */
int utf8_rune_width(uint32_t rune);
/* Columns of a whole text without controls. */
size_t utf8_width(struct text text);

/*
 * Appends the form of text that can be shown on a terminal or written to a log as nothing but text:
 * C0 controls and DEL as ^X, C1 as \xNN, U+2028, U+2029 and the direction controls (U+202A-202E,
 * U+2066-2069, U+200E, U+200F, U+061C) as \uNNNN, bytes that are not UTF-8 as \xNN. The result
 * holds no newline. ERR_MEMORY.
 */
MUST_USE enum error text_append_visible(struct bytes *out, struct text text);
/*
 * The visible form of the first character of text (count >= 1) alone, into out; sets *out_bytes to
 * the length of the form and returns how many bytes of text it stands for. For callers that must
 * not allocate.
 */
#define UTF8_VISIBLE_BYTES_MAX 6
size_t text_visible_rune(struct text text, char out[UTF8_VISIBLE_BYTES_MAX], size_t *out_bytes);
/* True when text_append_visible() would append the very same bytes. Fast for plain ASCII. */
bool text_is_visible(struct text text);

#endif
