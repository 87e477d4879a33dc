/*
 * The plain door's reading side: finds the lines and pieces in what a peer sends and makes commands
 * of them. Nothing is kept here but flags; the bytes of what is not whole yet stay with the caller.
 */
#include "door/plain.h"

#include "base/check.h"
#include "base/lang.h"
#include "base/utf8.h"
#include "door/plain_state.h"
#include "model/name.h"

#include <string.h>

/* A line that was found: its text without its end, and the bytes it takes with it. */
struct line {
    struct text text;
    size_t used_bytes;
};

static struct text text_after(struct text text, size_t count)
{
    check(count <= text.count);
    if (count == 0) {
        return text;
    }
    return (struct text){.data = text.data + count, .count = text.count - count};
}

static const char *newline_find(struct text bytes)
{
    return bytes.count == 0 ? NULL : memchr(bytes.data, '\n', bytes.count);
}

static void say_too_long(const struct plain *plain, size_t line_bytes, const struct door_sink *sink)
{
    struct bytes detail;
    bytes_init(&detail);
    /* Translators: the bytes of the line, and the most that a line may have. */
    if (bytes_format(&detail, _("%zu바이트입니다 (최대 %d바이트)"), line_bytes,
                     PLAIN_LINE_BYTES_MAX) != ERR_OK) {
        bytes_clear(&detail);
    }
    plain_say(plain, NOTICE_TOO_LONG, bytes_text(&detail), sink);
    bytes_finish(&detail);
}

static void refuse_name(struct plain *plain, enum name_verdict verdict,
                        const struct door_sink *sink)
{
    plain_say(plain, NOTICE_BAD_NAME, text_of(name_verdict_sentence(verdict)), sink);
    plain_leave(plain, LEAVE_ERROR, sink);
}

static bool is_quit(struct text line)
{
    return text_equal(line, TEXT("q")) || text_equal(line, TEXT("quit"));
}

static bool is_blank(struct text line)
{
    for (size_t i = 0; i < line.count; i++) {
        if (line.data[i] != ' ' && line.data[i] != '\t') {
            return false;
        }
    }
    return true;
}

/* Asks for the lobby. The name's own bytes count as consumed only now, so that a "no" in between
 * makes the caller come again even when nothing else follows. */
static size_t lobby_join(struct plain *plain, const struct door_sink *sink)
{
    struct command join = {.kind = COMMAND_JOIN, .name = plain->lobby};
    if (!sink->command(sink->context, &join)) {
        return 0;
    }
    size_t used_bytes = plain->piece_bytes;
    plain->join_due = false;
    plain->piece_bytes = 0;
    return used_bytes;
}

static size_t name_take(struct plain *plain, const struct line *line, const struct door_sink *sink)
{
    if (is_quit(line->text)) {
        plain_leave(plain, LEAVE_QUIT, sink);
        return line->used_bytes;
    }
    /* Length first: the same answer as when the bytes come one by one. */
    enum name_verdict verdict =
        line->text.count > NAME_BYTES_MAX ? NAME_TOO_LONG : name_check(line->text);
    if (verdict != NAME_OK) {
        refuse_name(plain, verdict, sink);
        return line->used_bytes;
    }
    struct command open = {.kind = COMMAND_OPEN, .flags = OPEN_PLAIN, .name = line->text};
    if (!sink->command(sink->context, &open)) {
        return 0;
    }
    plain->state = PLAIN_OPENING;
    plain->join_due = true;
    plain->piece_bytes = (uint32_t)line->used_bytes;
    return lobby_join(plain, sink);
}

static size_t message_take(struct plain *plain, const struct line *line,
                           const struct door_sink *sink)
{
    if (is_quit(line->text)) {
        plain_leave(plain, LEAVE_QUIT, sink);
    } else if (is_blank(line->text)) {
        /* Nobody sees a blank line. */
    } else if (line->text.count > PLAIN_LINE_BYTES_MAX) {
        say_too_long(plain, line->text.count, sink);
    } else if (!utf8_valid(line->text)) {
        plain_say(plain, NOTICE_BAD_UTF8, TEXT_NONE, sink);
    } else {
        struct command message = {
            .kind = COMMAND_MESSAGE, .name = plain->lobby, .text = line->text};
        if (!sink->command(sink->context, &message)) {
            return 0;
        }
    }
    plain->piece_bytes = 0;
    return line->used_bytes;
}

/*
 * Drops what has come of a line that is too long. Its last byte is kept back until more is known:
 * it may be the \r of the line's end, and a piece that only quiet ends must leave the caller a rest
 * to wait with.
 */
static size_t skip(struct plain *plain, struct text bytes, const struct door_sink *sink)
{
    const char *newline = newline_find(bytes);
    size_t here_bytes = newline == NULL ? bytes.count : (size_t)(newline - bytes.data);
    size_t line_bytes = plain->skipped_bytes + here_bytes;
    plain->skipping = true;
    if (line_bytes > PLAIN_SKIP_BYTES_MAX) {
        say_too_long(plain, PLAIN_SKIP_BYTES_MAX + 1, sink);
        plain_leave(plain, LEAVE_ERROR, sink);
        return bytes.count;
    }
    if (newline == NULL) {
        plain->skipped_bytes += (uint32_t)(bytes.count - 1);
        return bytes.count - 1;
    }
    if (here_bytes > 0 && newline[-1] == '\r') {
        line_bytes--;
    }
    plain->skipping = false;
    plain->skipped_bytes = 0;
    say_too_long(plain, line_bytes, sink);
    return here_bytes + 1;
}

/* The bytes so far have no newline: true when they are more than max bytes and the end of a line
 * could be. */
static bool is_past(struct text bytes, size_t max)
{
    return bytes.count > max + 1 || (bytes.count == max + 1 && bytes.data[max] != '\r');
}

/* Takes one line from the start of bytes; 0 when there is none or it has no room. */
static size_t step(struct plain *plain, struct text bytes, const struct door_sink *sink)
{
    if (plain->join_due) {
        return lobby_join(plain, sink);
    }
    if (bytes.count == 0) {
        return 0;
    }
    if (plain->skipping) {
        return skip(plain, bytes, sink);
    }

    struct line line;
    if (plain->piece_bytes > 0) {
        check(plain->piece_bytes <= bytes.count);
        line.used_bytes = plain->piece_bytes;
        line.text = (struct text){.data = bytes.data, .count = plain->piece_bytes};
    } else {
        const char *newline = newline_find(bytes);
        if (newline == NULL) {
            if (plain->state == PLAIN_NAME) {
                if (is_past(bytes, NAME_BYTES_MAX)) {
                    refuse_name(plain, NAME_TOO_LONG, sink);
                }
                return 0;
            }
            return is_past(bytes, PLAIN_LINE_BYTES_MAX) ? skip(plain, bytes, sink) : 0;
        }
        line.text = (struct text){.data = bytes.data, .count = (size_t)(newline - bytes.data)};
        line.used_bytes = line.text.count + 1;
        if (line.text.count > 0 && newline[-1] == '\r') {
            line.text.count--;
        }
    }
    if (plain->state == PLAIN_NAME) {
        return name_take(plain, &line, sink);
    }
    if (line.text.count > PLAIN_LINE_BYTES_MAX && plain->piece_bytes == 0) {
        return skip(plain, bytes, sink);
    }
    return message_take(plain, &line, sink);
}

void plain_init(struct plain *plain, struct text lobby)
{
    *plain = (struct plain){.state = PLAIN_NAME, .lobby = lobby};
}

size_t plain_input(struct plain *plain, struct text bytes, const struct door_sink *sink)
{
    size_t consumed = 0;
    while (plain->state != PLAIN_ENDED) {
        size_t used_bytes = step(plain, text_after(bytes, consumed), sink);
        if (used_bytes == 0) {
            break;
        }
        consumed += used_bytes;
        check(consumed <= bytes.count);
    }
    return plain->state == PLAIN_ENDED ? bytes.count : consumed;
}

bool plain_wants_quiet(const struct plain *plain)
{
    return plain->state == PLAIN_NAME || (plain->chunked && plain->state != PLAIN_ENDED);
}

/* True when plain_input() left the rest because sink->command said no. */
static bool has_whole_line(const struct plain *plain, struct text rest)
{
    return plain->join_due || plain->piece_bytes > 0 || newline_find(rest) != NULL;
}

/* What is left has no end and gets none: takes it as a whole line. */
static size_t piece_take(struct plain *plain, struct text rest, const struct door_sink *sink)
{
    check(rest.count > 0 && rest.count <= PLAIN_LINE_BYTES_MAX + 1);
    if (plain->skipping) {
        say_too_long(plain, plain->skipped_bytes + rest.count, sink);
        plain->skipping = false;
        plain->skipped_bytes = 0;
        return rest.count;
    }
    plain->piece_bytes = (uint32_t)rest.count;
    return plain_input(plain, rest, sink);
}

size_t plain_quiet(struct plain *plain, struct text rest, bool last, const struct door_sink *sink)
{
    size_t consumed = plain_input(plain, rest, sink);
    struct text piece = text_after(rest, consumed);
    if (piece.count == 0 || !plain_wants_quiet(plain) || has_whole_line(plain, piece)) {
        return consumed;
    }
    if (!last && !plain->skipping && utf8_tail_bytes(piece) > 0) {
        return consumed;
    }
    plain->chunked = true;
    return consumed + piece_take(plain, piece, sink);
}

size_t plain_end(struct plain *plain, struct text rest, const struct door_sink *sink)
{
    size_t consumed = plain_input(plain, rest, sink);
    struct text piece = text_after(rest, consumed);
    if (plain->state == PLAIN_ENDED) {
        return rest.count;
    }
    if (has_whole_line(plain, piece)) {
        return consumed;
    }
    if (piece.count > 0) {
        consumed += piece_take(plain, piece, sink);
    }
    if (plain->state != PLAIN_ENDED && consumed == rest.count) {
        plain_leave(plain, LEAVE_QUIT, sink);
    }
    return consumed;
}

dialect plain_dialect(const struct plain *plain)
{
    return plain->chunked ? DIALECT_PLAIN_CHUNK : DIALECT_PLAIN_LINE;
}
