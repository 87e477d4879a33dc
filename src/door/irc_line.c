/*
 * Lines of IRC put together. Every byte that an IRC peer is sent passes here, so this is where it
 * is made sure that no field can end its line or begin another field, and that no line is too long.
 *
 * Room for a whole body is reserved once; from then on putting a field into it is a look through
 * its bytes, eight at a time, and a copy.
 */
#include "door/irc_message.h"

#include "base/check.h"
#include "base/grapheme.h"
#include "base/utf8.h"

#include <string.h>

#define BODY_BYTES_MAX (IRC_LINE_BYTES_MAX - 2)
/* What most lines have for tags; others ask for more. */
#define TAGS_BYTES_USUAL 256
/* Between '@' and the space: what the server adds, a semicolon, what a client has sent. */
#define TAGS_DATA_BYTES_MAX (2 * IRC_TAGS_BYTES_MAX + 1)
/* How far before the end of a piece of a long text a space or a whole cluster is looked for. */
#define CUT_BACK_BYTES_MAX 64

#define EVERY_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

static bool is_break(char byte)
{
    return byte == '\0' || byte == '\n' || byte == '\r';
}

/* Whether no byte of text is NUL, LF or CR; with is_word no space either. */
static inline bool is_clean(struct text text, bool is_word)
{
    size_t position = 0;
    while (text.count - position >= sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, text.data + position, sizeof(word));
        /* Some high bit is set if and only if some byte is below 0x0E, or a space. Few texts hold
         * others of the controls that this also finds: a closer look decides. */
        uint64_t found = (word - EVERY_BYTE(0x0E)) & ~word;
        if (is_word) {
            uint64_t spaces = word ^ EVERY_BYTE(0x20);
            found |= (spaces - EVERY_BYTE(0x01)) & ~spaces;
        }
        if ((found & EVERY_BYTE(0x80)) != 0) {
            break;
        }
        position += sizeof(word);
    }
    for (; position < text.count; position++) {
        char byte = text.data[position];
        if (is_break(byte) || (is_word && byte == ' ')) {
            return false;
        }
    }
    return true;
}

/* The caller has made sure of the room. */
static inline void put(struct bytes *out, struct text text)
{
    /* memcpy() may not be given NULL, which an empty text may hold. */
    if (text.count > 0) {
        memcpy(out->data + out->count, text.data, text.count);
        out->count += text.count;
    }
}

/* The same without what is_clean() does not like, as far as room goes. Returns whether all of it
 * went in. */
static bool put_cleaned(struct bytes *out, struct text text, bool is_word, size_t room)
{
    for (size_t i = 0; i < text.count; i++) {
        char byte = text.data[i];
        if (is_break(byte) || (is_word && byte == ' ')) {
            continue;
        }
        if (room == 0) {
            return false;
        }
        out->data[out->count++] = byte;
        room--;
    }
    return true;
}

/* Makes sure of the room; remembers when there is none. */
static inline bool reserve(struct irc_line *line, size_t more)
{
    struct bytes *out = line->out;
    if (line->error == ERR_OK && out->capacity - out->count < more) {
        line->error = bytes_reserve(out, more);
    }
    return line->error == ERR_OK;
}

void irc_line_begin(struct irc_line *line, struct bytes *out)
{
    *line = (struct irc_line){.out = out, .start = out->count};
    (void)reserve(line, TAGS_BYTES_USUAL + IRC_LINE_BYTES_MAX);
}

/* Before a tag of at most that many bytes. False: it does not go in. */
static bool begin_tag(struct irc_line *line, size_t tag_bytes_max)
{
    check(!line->in_body);
    if (!reserve(line, tag_bytes_max + 2)) {
        return false;
    }
    struct bytes *out = line->out;
    out->data[out->count] = out->count == line->start ? '@' : ';';
    out->count++;
    return true;
}

/* Takes the tag that began at before out again when there are too many bytes of tags now. */
static void end_tag(struct irc_line *line, size_t before)
{
    struct bytes *out = line->out;
    bool is_empty = out->count == before + 1;
    if (is_empty || out->count - line->start > TAGS_DATA_BYTES_MAX + 1) {
        out->count = before;
    }
}

void irc_line_tag(struct irc_line *line, struct text key, struct text value)
{
    size_t before = line->out->count;
    if (value.count > TAGS_DATA_BYTES_MAX || key.count > TAGS_DATA_BYTES_MAX ||
        !begin_tag(line, key.count + 1 + 2 * value.count)) {
        return;
    }
    struct bytes *out = line->out;
    (void)put_cleaned(out, key, true, key.count);
    if (value.count > 0 && out->count > before + 1) {
        out->data[out->count++] = '=';
        /* Room is there, so this cannot fail. */
        check(irc_tag_escape(value, out) == ERR_OK);
    }
    end_tag(line, before);
}

void irc_line_tags_raw(struct irc_line *line, struct text tags)
{
    size_t before = line->out->count;
    if (tags.count == 0 || tags.count > TAGS_DATA_BYTES_MAX || !begin_tag(line, tags.count)) {
        return;
    }
    if (is_clean(tags, true)) {
        put(line->out, tags);
    } else {
        (void)put_cleaned(line->out, tags, true, tags.count);
    }
    end_tag(line, before);
}

/* Before anything that is no tag. False: nothing more goes in. */
static inline bool begin_field(struct irc_line *line)
{
    if (!line->in_body) {
        if (!reserve(line, IRC_LINE_BYTES_MAX + 1)) {
            return false;
        }
        struct bytes *out = line->out;
        if (out->count > line->start) {
            out->data[out->count++] = ' ';
        }
        line->body = out->count;
        line->in_body = true;
    }
    return line->error == ERR_OK && !line->is_full;
}

static inline size_t room_left(const struct irc_line *line)
{
    return line->body + BODY_BYTES_MAX - line->out->count;
}

size_t irc_line_room(const struct irc_line *line)
{
    if (!line->in_body) {
        return BODY_BYTES_MAX;
    }
    return line->is_full ? 0 : room_left(line);
}

static inline void put_byte(struct irc_line *line, char byte)
{
    if (room_left(line) == 0) {
        line->is_full = true;
        return;
    }
    line->out->data[line->out->count++] = byte;
}

/* What does not fit is cut off, between characters. */
static inline void put_field(struct irc_line *line, struct text text, bool is_word)
{
    if (line->is_full) {
        return;
    }
    size_t room = room_left(line);
    if (text.count <= room && is_clean(text, is_word)) {
        put(line->out, text);
        return;
    }
    struct bytes *out = line->out;
    size_t before = out->count;
    if (!put_cleaned(out, text, is_word, room)) {
        struct text written = {.data = out->data + before, .count = out->count - before};
        out->count -= utf8_tail_bytes(written);
        line->is_full = true;
    }
}

void irc_line_source(struct irc_line *line, struct text nick, struct text user, struct text host)
{
    if (!begin_field(line)) {
        return;
    }
    put_byte(line, ':');
    put_field(line, nick, true);
    if (user.count > 0 && host.count > 0) {
        put_byte(line, '!');
        put_field(line, user, true);
        put_byte(line, '@');
        put_field(line, host, true);
    }
}

/* The space before a field that is not the first. */
static inline void put_space(struct irc_line *line)
{
    if (line->out->count > line->body) {
        put_byte(line, ' ');
    }
}

void irc_line_command(struct irc_line *line, struct text command)
{
    if (begin_field(line)) {
        put_space(line);
        put_field(line, command, true);
    }
}

void irc_line_param(struct irc_line *line, struct text param)
{
    if (!begin_field(line)) {
        return;
    }
    bool is_middle = param.count > 0 && param.data[0] != ':' && is_clean(param, true);
    put_space(line);
    put_field(line, is_middle ? param : TEXT("*"), true);
}

void irc_line_last(struct irc_line *line, struct text param, bool always)
{
    if (!begin_field(line)) {
        return;
    }
    bool is_middle = !always && param.count > 0 && param.data[0] != ':' && is_clean(param, true);
    put_space(line);
    if (!is_middle) {
        put_byte(line, ':');
    }
    put_field(line, param, false);
}

enum error irc_line_end(struct irc_line *line)
{
    struct bytes *out = line->out;
    if (line->error != ERR_OK) {
        out->count = line->start;
        return line->error;
    }
    check(line->in_body);
    out->data[out->count++] = '\r';
    out->data[out->count++] = '\n';
    check(out->count - line->body <= IRC_LINE_BYTES_MAX && out->count <= out->capacity);
    return ERR_OK;
}

size_t irc_text_cut(struct text text, size_t room)
{
    check(room >= 4 && text.count > room);
    struct text piece = {.data = text.data, .count = room};
    size_t edge = room - utf8_tail_bytes(piece);
    size_t back_max = edge - 1 < CUT_BACK_BYTES_MAX ? edge - 1 : CUT_BACK_BYTES_MAX;
    for (size_t back = 0; back < back_max; back++) {
        if (text.data[edge - back - 1] == ' ') {
            return edge - back;
        }
    }
    /* Not between a letter and its marks, unless they are very many. */
    size_t near = edge + CUT_BACK_BYTES_MAX < text.count ? edge + CUT_BACK_BYTES_MAX : text.count;
    struct text nearby = {.data = text.data, .count = near};
    size_t cluster = grapheme_before(nearby, edge);
    bool is_inside = grapheme_end(nearby, cluster) > edge;
    return is_inside && cluster > 0 && edge - cluster <= back_max ? cluster : edge;
}
