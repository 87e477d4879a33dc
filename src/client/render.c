/* The client trusts no server: this is the one place through which all that is received goes. */
#include "client/render.h"

#include "base/grapheme.h"
#include "base/utf8.h"
#include "client/names.h"
#include "model/limits.h"

#include <stdint.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD"          /* U+FFFD */
#define FIRST_STRONG_ISOLATE "\xE2\x81\xA8" /* U+2068 */
#define POP_ISOLATE "\xE2\x81\xA9"          /* U+2069 */
#define ELLIPSIS "\xE2\x80\xA6"             /* U+2026 */

/* The bytes at the start of text that are no UTF-8 but look like one character's beginning: 1 for a
 * stray byte, more for a character that was cut. */
static size_t broken_bytes(struct text text)
{
    for (size_t count = text.count < 3 ? text.count : 3; count > 1; count--) {
        struct text start = {.data = text.data, .count = count};
        if (utf8_tail_bytes(start) == count) {
            return count;
        }
    }
    return 1;
}

/* Appends the form of bytes that are no UTF-8 and returns how many it stands for. */
static enum error render_broken(struct text text, struct bytes *out, size_t *out_bytes)
{
    unsigned char first = (unsigned char)text.data[0];
    *out_bytes = broken_bytes(text);
    if (first >= 0x80 && first <= 0x9F) {
        return bytes_format(out, "\\x%02x", first);
    }
    return bytes_append_text(out, TEXT(REPLACEMENT));
}

/* Appends one character's form; marks counts the zero-width characters on the letter before. */
static enum error render_rune(struct text text, struct bytes *out, size_t *marks, size_t *out_bytes)
{
    uint32_t rune;
    size_t count = utf8_decode(text, &rune);
    if (count == 1 && (unsigned char)text.data[0] >= 0x80) {
        *marks = 0;
        return render_broken(text, out, out_bytes);
    }
    struct text character = {.data = text.data, .count = count};
    *out_bytes = count;
    if (!text_is_visible(character) || utf8_rune_width(rune) > 0) {
        *marks = 0;
        return text_append_visible(out, character);
    }
    *marks += 1;
    return *marks > CLIENT_MARK_COUNT_MAX ? ERR_OK : bytes_append_text(out, character);
}

enum error render_text(struct text text, struct bytes *out)
{
    size_t marks = 0;
    for (size_t position = 0; position < text.count;) {
        size_t run_end = position;
        while (run_end < text.count && text.data[run_end] >= ' ' && text.data[run_end] < 0x7F) {
            run_end++;
        }
        enum error error;
        if (run_end > position) {
            error = bytes_append(out, text.data + position, run_end - position);
            marks = 0;
            position = run_end;
        } else {
            size_t count;
            error = render_rune(text_skip(text, position), out, &marks, &count);
            position += error == ERR_OK ? count : 0;
        }
        if (error != ERR_OK) {
            return error;
        }
    }
    return ERR_OK;
}

int render_colour(struct text name)
{
    /* The six hues, dark and bright; black, white and grey are the texts' own. */
    static const int colours[] = {31, 32, 33, 34, 35, 36, 91, 92, 93, 94, 95, 96};
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.count; i++) {
        hash = (hash ^ (unsigned char)name.data[i]) * 16777619u;
    }
    return colours[(hash ^ hash >> 16) % (sizeof(colours) / sizeof(colours[0]))];
}

static enum error render_isolated(struct text text, const struct render_style *style,
                                  struct bytes *out)
{
    if (!style->isolates || !text_has_right_to_left(text)) {
        return render_text(text, out);
    }
    struct bytes shown = {0};
    enum error error = render_text(text, &shown);
    if (error == ERR_OK) {
        error = BYTES_JOIN(out, TEXT(FIRST_STRONG_ISOLATE), bytes_text(&shown), TEXT(POP_ISOLATE));
    }
    bytes_finish(&shown);
    return error;
}

static enum error render_name(struct text name, const struct render_style *style, struct bytes *out)
{
    enum error error = ERR_OK;
    if (style->colours) {
        error = bytes_format(out, "\033[%dm", render_colour(name));
    }
    if (error == ERR_OK) {
        error = render_isolated(name, style, out);
    }
    if (error == ERR_OK && style->colours) {
        error = bytes_append_text(out, TEXT("\033[m"));
    }
    return error;
}

/* The name of "[name] text": names hold no space, so the first "] " ends it. */
static bool find_name(struct text line, struct text *out_name)
{
    if (line.count == 0 || line.data[0] != '[') {
        return false;
    }
    const char *end = memmem(line.data, line.count, "] ", 2);
    if (end == NULL) {
        return false;
    }
    *out_name = (struct text){.data = line.data + 1, .count = (size_t)(end - line.data) - 1};
    return true;
}

/* Bold when it mentions the reader, unless the terminal has no colours. */
static enum error render_words(struct text words, const struct render_style *style,
                               struct bytes *out)
{
    if (!style->colours || !name_is_in(style->own, words)) {
        return render_isolated(words, style, out);
    }
    enum error error = bytes_append_text(out, TEXT("\033[1m"));
    if (error == ERR_OK) {
        error = render_isolated(words, style, out);
    }
    return error == ERR_OK ? bytes_append_text(out, TEXT("\033[m")) : error;
}

/* What stands before the words; takes it off the line. */
static enum error render_start(struct text *line, enum line_kind kind,
                               const struct render_style *style, struct bytes *out)
{
    struct text name;
    if (kind == LINE_CONTINUED) {
        return bytes_append_text(out, TEXT("  | "));
    }
    if (!find_name(*line, &name)) {
        return ERR_OK;
    }
    enum error error = bytes_append_text(out, TEXT("["));
    if (error == ERR_OK) {
        error = render_name(name, style, out);
    }
    *line = text_skip(*line, name.count + 3);
    return error == ERR_OK ? bytes_append_text(out, TEXT("] ")) : error;
}

enum error render_line(struct text room, struct text line, enum line_kind kind,
                       const struct render_style *style, struct bytes *out)
{
    enum error error = ERR_OK;
    if (room.count > 0) {
        error = render_isolated(room, style, out);
    }
    if (error == ERR_OK && room.count > 0) {
        error = bytes_append_text(out, TEXT(" "));
    }
    if (kind == LINE_CUT) {
        line.count -= utf8_tail_bytes(line);
    }
    if (error == ERR_OK) {
        error = render_start(&line, kind, style, out);
    }
    if (error == ERR_OK) {
        error = render_words(line, style, out);
    }
    if (error == ERR_OK && kind == LINE_CUT) {
        error = bytes_append_text(out, TEXT(ELLIPSIS));
    }
    return error;
}
