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

static inline uint64_t load_8(const char *data)
{
    uint64_t word;
    memcpy(&word, data, sizeof(word));
    return word;
}

static inline uint64_t load_4(const char *data)
{
    uint32_t half;
    memcpy(&half, data, sizeof(half));
    return half;
}

/* Eight bytes in which each of the 1 to 7 of text stands at least once, and no other that matters.
 */
static inline uint64_t load_few(struct text text)
{
    if (text.count >= 4) {
        return load_4(text.data) << 32 | load_4(text.data + text.count - 4);
    }
    return EVERY_BYTE('x') << 24 | (uint64_t)(unsigned char)text.data[0] << 16 |
           (uint64_t)(unsigned char)text.data[text.count / 2] << 8 |
           (uint64_t)(unsigned char)text.data[text.count - 1];
}

/*
 * Not 0 if and only if some byte of word is below 0x0E or, with is_word, a space. So NUL, LF and CR
 * are found, and with them a few other controls, which hardly any text holds: a closer look tells.
 */
static inline uint64_t find_suspects(uint64_t word, bool is_word)
{
    uint64_t found = (word - EVERY_BYTE(0x0E)) & ~word;
    if (is_word) {
        uint64_t spaces = word ^ EVERY_BYTE(0x20);
        found |= (spaces - EVERY_BYTE(0x01)) & ~spaces;
    }
    return found & EVERY_BYTE(0x80);
}

static bool is_clean_for_sure(struct text text, bool is_word)
{
    for (size_t i = 0; i < text.count; i++) {
        if (is_break(text.data[i]) || (is_word && text.data[i] == ' ')) {
            return false;
        }
    }
    return true;
}

/* Sixteen bytes that are looked at in one step where the processor can. */
typedef uint8_t sixteen __attribute__((vector_size(16)));

static inline sixteen find_suspects_16(const char *data, bool is_word)
{
    sixteen bytes;
    memcpy(&bytes, data, sizeof(bytes));
    sixteen found = (sixteen)(bytes < 0x0E);
    return is_word ? found | (sixteen)(bytes == ' ') : found;
}

static inline bool has_suspects(struct text text, bool is_word)
{
    if (text.count < 8) {
        return text.count > 0 && find_suspects(load_few(text), is_word) != 0;
    }
    if (text.count < 16) {
        return (find_suspects(load_8(text.data), is_word) |
                find_suspects(load_8(text.data + text.count - 8), is_word)) != 0;
    }
    sixteen found = find_suspects_16(text.data + text.count - 16, is_word);
    for (size_t position = 0; position + 16 < text.count; position += 16) {
        found |= find_suspects_16(text.data + position, is_word);
    }
    uint64_t halves[2];
    memcpy(halves, &found, sizeof(halves));
    return (halves[0] | halves[1]) != 0;
}

/* Whether no byte of text is NUL, LF or CR; of a word no space either. */
static bool line_is_clean(struct text text)
{
    return !has_suspects(text, false) || is_clean_for_sure(text, false);
}

static bool word_is_clean(struct text text)
{
    return !has_suspects(text, true) || is_clean_for_sure(text, true);
}

/* The caller has made sure of the room. Most fields are so short that a call would cost more than
 * the copy: the two halves may overlap. */
static inline void put(struct bytes *out, struct text text)
{
    char *to = out->data + out->count;
    size_t count = text.count;
    if (count > 16) {
        memcpy(to, text.data, count);
    } else if (count >= 8) {
        uint64_t first = load_8(text.data);
        uint64_t last = load_8(text.data + count - 8);
        memcpy(to, &first, 8);
        memcpy(to + count - 8, &last, 8);
    } else {
        for (size_t i = 0; i < count; i++) {
            to[i] = text.data[i];
        }
    }
    out->count += count;
}

/* The same without what is not clean, as far as room goes. Returns whether all of it went in. */
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
    if (word_is_clean(tags)) {
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

/* What is not clean, or does not fit and is cut off between characters. */
static void put_field_slowly(struct irc_line *line, struct text text, bool is_word)
{
    if (line->is_full) {
        return;
    }
    struct bytes *out = line->out;
    size_t before = out->count;
    if (!put_cleaned(out, text, is_word, room_left(line))) {
        struct text written = {.data = out->data + before, .count = out->count - before};
        out->count -= utf8_tail_bytes(written);
        line->is_full = true;
    }
}

/* A field with what stands before it. fine: it is clean. */
static inline void put_field(struct irc_line *line, struct text lead, struct text text, bool fine)
{
    if (fine && !line->is_full && lead.count + text.count <= room_left(line)) {
        put(line->out, lead);
        put(line->out, text);
        return;
    }
    put_field_slowly(line, lead, false);
    put_field_slowly(line, text, false);
}

/* A field from which spaces are left out too. */
static inline void put_word(struct irc_line *line, struct text lead, struct text text)
{
    if (word_is_clean(text)) {
        put_field(line, lead, text, true);
        return;
    }
    put_field_slowly(line, lead, false);
    put_field_slowly(line, text, true);
}

void irc_line_source(struct irc_line *line, struct text nick, struct text user, struct text host)
{
    if (!begin_field(line)) {
        return;
    }
    put_word(line, TEXT(":"), nick);
    if (user.count > 0 && host.count > 0) {
        put_word(line, TEXT("!"), user);
        put_word(line, TEXT("@"), host);
    }
}

/* What can stand between two spaces without being taken for something else. */
static inline bool is_middle(struct text text)
{
    return text.count > 0 && text.data[0] != ':' && word_is_clean(text);
}

void irc_line_command(struct irc_line *line, struct text command)
{
    if (!begin_field(line)) {
        return;
    }
    bool is_first = line->out->count == line->body;
    bool is_command = is_middle(command) && command.data[0] != '@';
    put_field(line, is_first ? TEXT_NONE : TEXT(" "), is_command ? command : TEXT("*"), true);
}

void irc_line_param(struct irc_line *line, struct text param)
{
    if (begin_field(line)) {
        put_field(line, TEXT(" "), is_middle(param) ? param : TEXT("*"), true);
    }
}

void irc_line_last(struct irc_line *line, struct text param, bool always)
{
    if (!begin_field(line)) {
        return;
    }
    if (!always && is_middle(param)) {
        put_field(line, TEXT(" "), param, true);
    } else {
        put_field(line, TEXT(" :"), param, line_is_clean(param));
    }
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
