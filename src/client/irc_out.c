/* Every line is made by door/irc_message.h, so nothing that was typed can be more than a parameter.
 */
#include "client/irc_out.h"

#include "base/check.h"
#include "door/irc_message.h"
#include "model/limits.h"

#include <stdio.h>
#include <string.h>

#define FENCE_WORD "PING"
/* "PRIVMSG ", " :", and the end of the line. */
#define FRAME_BYTES 12
#define ACTION_BYTES 9
/* ":nick!user@host " at its longest, for a server that has not shown us ours. */
#define PREFIX_BYTES_MAX (NAME_BYTES_MAX + USER_BYTES_MAX + HOST_BYTES_MAX + 5)
#define ROOM_BYTES_MIN 64
#define PONGS_BYTES_MAX 4096

void irc_out_finish(struct irc_out *out)
{
    bytes_finish(&out->lines);
    bytes_finish(&out->pongs);
}

/* The window. */

/* A line to be put. What is "" is left out. */
struct outgoing {
    const char *word;
    struct text middle[3];
    struct text last;
    struct text batch;
    bool goes_on; /* Within the batch. */
};

static enum error put(struct irc_out *out, const struct outgoing *going)
{
    size_t before = out->lines.count;
    struct irc_line line;
    irc_line_begin(&line, &out->lines);
    if (going->batch.count > 0) {
        irc_line_tag(&line, TEXT("batch"), going->batch);
    }
    if (going->goes_on) {
        irc_line_tag(&line, TEXT("draft/multiline-concat"), TEXT_NONE);
    }
    irc_line_command(&line, text_of(going->word));
    for (size_t i = 0; i < sizeof(going->middle) / sizeof(going->middle[0]); i++) {
        if (going->middle[i].count > 0) {
            irc_line_param(&line, going->middle[i]);
        }
    }
    if (going->last.count > 0) {
        irc_line_last(&line, going->last, true);
    }
    enum error error = irc_line_end(&line);
    if (error != ERR_OK) {
        return error;
    }
    out->unfenced += out->lines.count - before;
    if (!out->is_shut) {
        out->window = out->lines.count;
    }
    return ERR_OK;
}

enum error irc_out_put(struct irc_out *out, const char *word, struct text middle, struct text last)
{
    return put(out, &(struct outgoing){.word = word, .middle = {middle}, .last = last});
}

enum error irc_out_user(struct irc_out *out, struct text realname)
{
    /* The user name says nothing about anybody: people's names need not be ASCII, this must. */
    return put(out, &(struct outgoing){.word = "USER",
                                       .middle = {TEXT("madang"), TEXT("0"), TEXT("*")},
                                       .last = realname});
}

enum error irc_out_fence(struct irc_out *out)
{
    enum error error = irc_out_put(out, FENCE_WORD, TEXT("m"), TEXT_NONE);
    if (error == ERR_OK) {
        out->is_shut = true;
        out->unfenced = 0;
        out->pings++;
    }
    return error;
}

static bool is_fence(struct text line)
{
    return text_starts(line, TEXT(FENCE_WORD " "));
}

static size_t line_bytes(struct text lines)
{
    const char *newline = memchr(lines.data, '\n', lines.count);
    check(newline != NULL);
    return (size_t)(newline - lines.data) + 1;
}

void irc_out_pong(struct irc_out *out)
{
    if (out->pongs_seen == out->pings) {
        return;
    }
    out->pongs_seen++;
    out->is_shut = false;
    while (out->window < out->lines.count && !out->is_shut) {
        struct text rest = text_skip(bytes_text(&out->lines), out->window);
        out->is_shut = is_fence(rest);
        out->window += line_bytes(rest);
    }
    /* The last PING may still wait in the window, when the server's word came unasked. */
    out->is_shut = out->is_shut || out->pongs_seen < out->pings;
}

enum error irc_out_answer_ping(struct irc_out *out, struct text token)
{
    if (out->pongs.count > PONGS_BYTES_MAX) {
        /* It asks and does not read. */
        return ERR_OK;
    }
    struct irc_line line;
    irc_line_begin(&line, &out->pongs);
    irc_line_command(&line, TEXT("PONG"));
    irc_line_last(&line, token, true);
    return irc_line_end(&line);
}

static bool pongs_come_first(const struct irc_out *out)
{
    return out->pongs.count > 0 && !out->is_in_line;
}

struct text irc_out_next(const struct irc_out *out)
{
    if (pongs_come_first(out)) {
        return bytes_text(&out->pongs);
    }
    return (struct text){.data = out->lines.data, .count = out->window};
}

void irc_out_written(struct irc_out *out, size_t count)
{
    if (count == 0) {
        return;
    }
    if (pongs_come_first(out)) {
        check(count <= out->pongs.count);
        bytes_consume(&out->pongs, count);
        return;
    }
    check(count <= out->window);
    out->is_in_line = out->lines.data[count - 1] != '\n';
    bytes_consume(&out->lines, count);
    out->window -= count;
}

/* Goodbye. */

/* Drops what was not begun to be written. */
static void drop_unwritten(struct irc_out *out)
{
    out->lines.count = out->is_in_line ? line_bytes(bytes_text(&out->lines)) : 0;
    out->window = out->lines.count;
    out->is_shut = false;
    out->unfenced = 0;
}

enum error irc_out_leave(struct irc_out *out, struct text reason, bool at_once)
{
    enum error error = ERR_OK;
    if (at_once) {
        drop_unwritten(out);
    } else if (out->unfenced > 0) {
        error = irc_out_fence(out);
    }
    return error == ERR_OK ? irc_out_put(out, "QUIT", TEXT_NONE, reason) : error;
}

/* Saying something. */

/* Where one message goes, and how much of it fits into a line. */
struct saying {
    struct text target;
    size_t room;
    bool is_action;
    struct text batch; /* "": in none. */
};

static size_t piece_bytes(const struct saying *saying, struct text text)
{
    return text.count <= saying->room ? text.count : irc_text_cut(text, saying->room);
}

static size_t count_pieces(const struct saying *saying, struct text text)
{
    size_t count = 0;
    for (; text.count > 0; count++) {
        text = text_skip(text, piece_bytes(saying, text));
    }
    return count;
}

static enum error put_piece(struct irc_out *out, const struct saying *saying, struct text piece,
                            bool goes_on)
{
    struct bytes framed = {0};
    struct outgoing going = {.word = "PRIVMSG",
                             .middle = {saying->target},
                             .last = piece,
                             .batch = saying->batch,
                             .goes_on = goes_on && saying->batch.count > 0};
    enum error error = ERR_OK;
    if (saying->is_action) {
        /* CTCP's frame (modern IRC, Client-to-Client Protocol). */
        error = BYTES_JOIN(&framed, TEXT("\x01"), TEXT("ACTION "), piece, TEXT("\x01"));
        going.last = bytes_text(&framed);
    }
    if (error == ERR_OK) {
        error = put(out, &going);
    }
    bytes_finish(&framed);
    return error;
}

static enum error put_pieces(struct irc_out *out, const struct saying *saying, struct text text)
{
    enum error error = ERR_OK;
    for (bool goes_on = false; text.count > 0 && error == ERR_OK; goes_on = true) {
        struct text piece = {.data = text.data, .count = piece_bytes(saying, text)};
        error = put_piece(out, saying, piece, goes_on);
        text = text_skip(text, piece.count);
    }
    return error;
}

static enum error put_batch(struct irc_out *out, struct saying *saying, struct text text)
{
    char name[16];
    out->batches++;
    (void)snprintf(name, sizeof(name), "+m%u", out->batches);
    saying->batch = text_of(name + 1);
    enum error error =
        put(out,
            &(struct outgoing){.word = "BATCH",
                               .middle = {text_of(name), TEXT("draft/multiline"), saying->target}});
    if (error == ERR_OK) {
        error = put_pieces(out, saying, text);
    }
    name[0] = '-';
    return error == ERR_OK ? irc_out_put(out, "BATCH", text_of(name), TEXT_NONE) : error;
}

enum error irc_out_say(struct irc_out *out, struct text target, struct text text, bool is_action)
{
    size_t taken = FRAME_BYTES + target.count + (is_action ? ACTION_BYTES : 0) +
                   (out->prefix_bytes > 0 ? out->prefix_bytes : PREFIX_BYTES_MAX);
    struct saying saying = {.target = target, .is_action = is_action, .room = ROOM_BYTES_MIN};
    if (IRC_LINE_BYTES_MAX > taken + ROOM_BYTES_MIN) {
        saying.room = IRC_LINE_BYTES_MAX - taken;
    }
    size_t count = count_pieces(&saying, text);
    bool batched = count > 1 && !is_action && text.count <= out->multiline.bytes_max &&
                   count <= out->multiline.lines_max;
    enum error error = batched ? put_batch(out, &saying, text) : put_pieces(out, &saying, text);
    if (error == ERR_OK && out->unfenced >= CLIENT_WINDOW_BYTES) {
        error = irc_out_fence(out);
    }
    return error;
}
