/*
 * The plain door's writing side: what members of a channel read. Every message that is delivered
 * passes plain_render() once for each dialect, so it has a short way for text that needs no escape.
 */
#include "door/plain.h"

#include "base/check.h"
#include "base/utf8.h"
#include "door/irc_message.h"

#include <string.h>

/* "[", "] " and a newline. */
#define FRAME_BYTES 4
#define CTCP '\x01'

static char *put(char *at, struct text text)
{
    memcpy(at, text.data, text.count);
    return at + text.count;
}

/* Nick and text are shown as they are: one reservation, no further test. */
static enum error render_clean(const struct effect *effect, bool newline, struct bytes *out)
{
    struct text nick = effect->who.nick;
    enum error error = bytes_reserve(out, nick.count + effect->text.count + FRAME_BYTES);
    if (error != ERR_OK) {
        return error;
    }
    char *at = out->data + out->count;
    *at++ = '[';
    at = put(at, nick);
    *at++ = ']';
    *at++ = ' ';
    at = put(at, effect->text);
    if (newline) {
        *at++ = '\n';
    }
    out->count = (size_t)(at - out->data);
    check(out->count <= out->capacity);
    return ERR_OK;
}

/* How the lines of a message begin. */
struct manner {
    const char *before; /* The nick. */
    const char *behind;
};

static const struct manner said = {"[", "] "};
static const struct manner done = {"* ", " "};
/* A nick holds no ':', so this is nothing that anybody could have done. */
static const struct manner reacted = {"* ", ": "};
static const struct manner noticed = {"-", "- "};
static const struct manner in_private = {"*", "* "};

/* What an effect says. */
struct saying {
    struct text nick;
    struct text text;
    const struct manner *outer;
    const struct manner *inner; /* Behind the outer one; may be NULL. */
    bool verbatim;              /* Of a plain person: text and nothing else. */
    bool several_lines;
};

static bool starts_with(struct text text, struct text start)
{
    return text.count >= start.count && memcmp(text.data, start.data, start.count) == 0;
}

/* The messages that IRC's clients send each other ("CTCP") begin so; of them ACTION is for people.
 * False when it is not; else the text becomes what is done. */
static bool action_take(struct text *text)
{
    const struct text word = TEXT("\x01"
                                  "ACTION ");
    if (!starts_with(*text, word)) {
        return false;
    }
    text->data += word.count;
    text->count -= word.count;
    if (text->count > 0 && text->data[text->count - 1] == CTCP) {
        text->count--;
    }
    return true;
}

/* To this reader alone, or to those of a rank. */
static bool is_private(const struct effect *effect)
{
    return effect->channel_count == 0 || effect->rank != 0;
}

/* Says it as it is to be shown; false when plain people are not told. A reaction's text is put
 * into *reaction. *error is set when that is not possible. */
static bool saying_make(const struct effect *effect, struct bytes *reaction, struct saying *out,
                        enum error *error)
{
    bool notice = (effect->flags & MESSAGE_NOTICE) != 0;
    struct saying saying = {
        .nick = effect->who.nick,
        .text = effect->text,
        .outer = notice               ? &noticed
                 : is_private(effect) ? &in_private
                                      : &said,
        .verbatim = (effect->who.flags & PERSON_PLAIN) != 0,
    };
    if (saying.verbatim) {
        *out = saying;
        return true;
    }
    const struct manner *inner = NULL;
    if ((effect->flags & MESSAGE_TAGMSG) != 0) {
        struct text value;
        if (!irc_tag_find(effect->extra, TEXT("+draft/react"), &value)) {
            return false;
        }
        *error = irc_tag_unescape(value, reaction);
        saying.text = bytes_text(reaction);
        inner = &reacted;
    } else if (effect->text.count > 0 && effect->text.data[0] == CTCP) {
        if (notice || !action_take(&saying.text)) {
            return false;
        }
        inner = &done;
    }
    if (inner != NULL && is_private(effect)) {
        saying.inner = inner;
    } else if (inner != NULL) {
        saying.outer = inner;
    }
    saying.several_lines = (effect->flags & MESSAGE_MULTILINE) != 0;
    *out = saying;
    return *error == ERR_OK;
}

static enum error manner_append(const struct manner *manner, struct text nick, struct bytes *out)
{
    enum error error = bytes_append_text(out, text_of(manner->before));
    if (error == ERR_OK) {
        error = text_append_visible(out, nick);
    }
    return error == ERR_OK ? bytes_append_text(out, text_of(manner->behind)) : error;
}

/* Appends one line without its end. *out_empty tells that nothing was left of it. */
static enum error line_append(const struct saying *saying, struct text line, struct bytes *out,
                              bool *out_empty)
{
    enum error error = manner_append(saying->outer, saying->nick, out);
    if (error == ERR_OK && saying->inner != NULL) {
        error = manner_append(saying->inner, saying->nick, out);
    }
    size_t count_before = out->count;
    if (error == ERR_OK) {
        error =
            saying->verbatim ? text_append_visible(out, line) : plain_readable_append(line, out);
    }
    *out_empty = out->count == count_before;
    return error;
}

/* Cuts the first line off the text; the last one that may be is all that is left. */
static struct text line_take(struct text *text, bool last)
{
    struct text line = *text;
    const char *newline = last || text->count == 0 ? NULL : memchr(text->data, '\n', text->count);
    if (newline == NULL) {
        *text = TEXT_NONE;
        return line;
    }
    line.count = (size_t)(newline - text->data);
    text->data += line.count + 1;
    text->count -= line.count + 1;
    return line;
}

static enum error saying_append(const struct saying *saying, bool newline, struct bytes *out)
{
    size_t count_before = out->count;
    struct text rest = saying->text;
    enum error error = ERR_OK;
    bool empty = true;
    for (int lines = 1; error == ERR_OK; lines++) {
        struct text line = line_take(&rest, !saying->several_lines || lines == MULTILINE_LINES_MAX);
        bool line_empty;
        error = line_append(saying, line, out, &line_empty);
        empty = empty && line_empty;
        if (rest.data == NULL) {
            break;
        }
        if (error == ERR_OK) {
            error = bytes_append_text(out, TEXT("\n"));
        }
    }
    if (error == ERR_OK && newline) {
        error = bytes_append_text(out, TEXT("\n"));
    }
    /* Nobody sees a blank message. */
    if (error != ERR_OK || empty) {
        out->count = count_before;
    }
    return error;
}

static bool is_simple(const struct effect *effect)
{
    const uint32_t special = MESSAGE_NOTICE | MESSAGE_TAGMSG | MESSAGE_MULTILINE;
    return (effect->flags & special) == 0 && !is_private(effect) && effect->text.count > 0 &&
           text_is_visible(effect->text) && text_is_visible(effect->who.nick);
}

enum error plain_render(const struct effect *effect, dialect reader, struct bytes *out)
{
    if (effect->kind != EFFECT_MESSAGE || effect->who.nick.count == 0) {
        return ERR_OK;
    }
    bool newline = reader == DIALECT_PLAIN_LINE;
    if (is_simple(effect)) {
        return render_clean(effect, newline, out);
    }
    struct bytes reaction = {0};
    struct saying saying;
    enum error error = ERR_OK;
    if (saying_make(effect, &reaction, &saying, &error)) {
        error = saying_append(&saying, newline, out);
    }
    bytes_finish(&reaction);
    return error;
}
