/* The report's wire has no message boundaries: what can be kept apart is, and nothing is guessed.
 */
#include "client/plain_wire.h"

#include "base/check.h"
#include "base/utf8.h"
#include "client/options.h"

#include <string.h>

/* A held piece longer than this is shown as it is. */
#define HELD_BYTES_MAX CLIENT_LINE_BYTES_MAX

enum error plain_wire_init(struct plain_wire *wire, struct text name)
{
    *wire = (struct plain_wire){.held_until_ms = PLAIN_WIRE_NEVER};
    return bytes_format(&wire->own, "[%.*s] ", (int)name.count, name.data);
}

void plain_wire_finish(struct plain_wire *wire)
{
    for (size_t i = 0; i < CLIENT_ECHO_COUNT_MAX; i++) {
        bytes_finish(&wire->echoes[i]);
    }
    bytes_finish(&wire->own);
    bytes_finish(&wire->piece);
    bytes_finish(&wire->held);
}

/* Sending. */

static bool is_inside_character(struct text line, size_t position)
{
    return ((unsigned char)line.data[position] & 0xC0) == 0x80;
}

/* The last position before the given one where a character begins; bytes that are no UTF-8 are
 * characters of their own after three steps. */
static size_t character_start(struct text line, size_t position)
{
    size_t start = position;
    for (int i = 0; i < 3 && start > 0 && is_inside_character(line, start); i++) {
        start--;
    }
    return is_inside_character(line, start) ? position : start;
}

size_t plain_piece_bytes(struct text line)
{
    if (line.count <= CLIENT_PIECE_BYTES_MAX) {
        return line.count;
    }
    size_t count = character_start(line, CLIENT_PIECE_BYTES_MAX);
    struct text rest = {.data = line.data + count, .count = line.count - count};
    return is_leave_word(rest) ? character_start(line, count - 1) : count;
}

/* Moves the next piece from the front of outbox into wire->piece. */
static enum error take_piece(struct plain_wire *wire, struct bytes *outbox)
{
    const char *newline = memchr(outbox->data, '\n', outbox->count);
    check(newline != NULL);
    struct text line = {.data = outbox->data, .count = (size_t)(newline - outbox->data)};
    size_t count = plain_piece_bytes(line);
    bytes_clear(&wire->piece);
    enum error error = bytes_append(&wire->piece, line.data, count);
    if (error != ERR_OK) {
        return error;
    }
    wire->piece_written = 0;
    wire->piece_echoes = wire->named && !is_leave_word(line);
    bytes_consume(outbox, count == line.count ? count + 1 : count);
    return ERR_OK;
}

enum error plain_wire_next(struct plain_wire *wire, struct bytes *outbox, int64_t now_ms,
                           struct text *out)
{
    *out = TEXT_NONE;
    if (!plain_wire_in_piece(wire)) {
        if (now_ms < wire->write_at_ms || outbox->count == 0) {
            return ERR_OK;
        }
        enum error error = take_piece(wire, outbox);
        if (error != ERR_OK) {
            return error;
        }
    }
    *out = text_skip(bytes_text(&wire->piece), wire->piece_written);
    return ERR_OK;
}

static void forget_echoes(struct plain_wire *wire, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bytes_finish(&wire->echoes[i]);
    }
    wire->echo_count -= count;
    memmove(wire->echoes, wire->echoes + count, wire->echo_count * sizeof(wire->echoes[0]));
    memset(wire->echoes + wire->echo_count, 0, count * sizeof(wire->echoes[0]));
}

/* The piece will come back with the name before it. */
static enum error expect_echo(struct plain_wire *wire)
{
    if (wire->echo_count == CLIENT_ECHO_COUNT_MAX) {
        forget_echoes(wire, 1);
    }
    struct bytes echo;
    bytes_init(&echo);
    enum error error = BYTES_JOIN(&echo, bytes_text(&wire->own), bytes_text(&wire->piece));
    if (error != ERR_OK) {
        bytes_finish(&echo);
        return error;
    }
    wire->echoes[wire->echo_count] = echo;
    wire->echo_count++;
    return ERR_OK;
}

enum error plain_wire_written(struct plain_wire *wire, size_t count, int64_t now_ms)
{
    check(count <= wire->piece.count - wire->piece_written);
    wire->piece_written += count;
    if (plain_wire_in_piece(wire)) {
        return ERR_OK;
    }
    wire->write_at_ms = now_ms + (wire->named ? PLAIN_WIRE_PAUSE_MS : PLAIN_WIRE_NAME_PAUSE_MS);
    wire->named = true;
    return wire->piece_echoes ? expect_echo(wire) : ERR_OK;
}

bool plain_wire_in_piece(const struct plain_wire *wire)
{
    return wire->piece_written < wire->piece.count;
}

/* Receiving. */

/* Takes an own line off the front of text. The echoes come back in order, so those before it were
 * lost, joined to other people's words. */
static bool drop_echo(struct plain_wire *wire, struct text *text)
{
    for (size_t i = 0; i < wire->echo_count; i++) {
        struct text echo = bytes_text(&wire->echoes[i]);
        if (text_starts(*text, echo)) {
            *text = text_skip(*text, echo.count);
            forget_echoes(wire, i + 1);
            return true;
        }
    }
    return false;
}

static bool may_become_echo(const struct plain_wire *wire, struct text text)
{
    for (size_t i = 0; i < wire->echo_count; i++) {
        if (text_starts(bytes_text(&wire->echoes[i]), text)) {
            return true;
        }
    }
    return false;
}

/* Shows text as one message: only its first line can look like "[name] text". */
static enum error show(struct text text, const struct line_sink *sink)
{
    enum line_kind kind = LINE_WHOLE;
    while (text.count > 0) {
        const char *newline = memchr(text.data, '\n', text.count);
        size_t count = newline == NULL ? text.count : (size_t)(newline - text.data);
        struct text line = {.data = text.data, .count = count};
        if (newline != NULL && count > 0 && line.data[count - 1] == '\r') {
            line.count--;
        }
        text = text_skip(text, newline == NULL ? count : count + 1);
        if (line.count == 0) {
            continue;
        }
        enum error error = sink->line(sink->context, line, kind);
        if (error != ERR_OK) {
            return error;
        }
        kind = LINE_CONTINUED;
    }
    return ERR_OK;
}

/* Shows what is held, or goes on holding it when the rest may still come. */
static enum error settle(struct plain_wire *wire, bool final, int64_t now_ms,
                         const struct line_sink *sink)
{
    struct text text = bytes_text(&wire->held);
    while (text.count > 0 && drop_echo(wire, &text)) {
    }
    bool waits = text.count > 0 && text.count < HELD_BYTES_MAX &&
                 (may_become_echo(wire, text) || utf8_tail_bytes(text) > 0);
    if (waits && !final) {
        bytes_consume(&wire->held, wire->held.count - text.count);
        wire->held_until_ms = now_ms + PLAIN_WIRE_HOLD_MS;
        return ERR_OK;
    }
    enum error error = show(text, sink);
    bytes_clear(&wire->held);
    wire->held_until_ms = PLAIN_WIRE_NEVER;
    return error;
}

/* Whether piece may be the rest of what is held: of its cut character, or of an own line. */
static enum error held_goes_on(struct plain_wire *wire, struct text piece, bool *out)
{
    struct text held = bytes_text(&wire->held);
    if (utf8_tail_bytes(held) > 0 && is_inside_character(piece, 0)) {
        *out = true;
        return ERR_OK;
    }
    struct bytes joined;
    bytes_init(&joined);
    enum error error = BYTES_JOIN(&joined, held, piece);
    if (error == ERR_OK) {
        *out = may_become_echo(wire, bytes_text(&joined));
        for (size_t i = 0; i < wire->echo_count && !*out; i++) {
            *out = text_starts(bytes_text(&joined), bytes_text(&wire->echoes[i]));
        }
    }
    bytes_finish(&joined);
    return error;
}

enum error plain_wire_receive(struct plain_wire *wire, struct text piece, int64_t now_ms,
                              const struct line_sink *sink)
{
    if (piece.count == 0) {
        return ERR_OK;
    }
    if (wire->held.count > 0) {
        bool goes_on = false;
        enum error error = held_goes_on(wire, piece, &goes_on);
        if (error == ERR_OK && !goes_on) {
            error = plain_wire_flush(wire, sink);
        }
        if (error != ERR_OK) {
            return error;
        }
    }
    enum error error = bytes_append_text(&wire->held, piece);
    return error != ERR_OK ? error : settle(wire, false, now_ms, sink);
}

int64_t plain_wire_flush_at_ms(const struct plain_wire *wire)
{
    return wire->held.count > 0 ? wire->held_until_ms : PLAIN_WIRE_NEVER;
}

enum error plain_wire_flush(struct plain_wire *wire, const struct line_sink *sink)
{
    return settle(wire, true, 0, sink);
}
