/*
 * The IRC door's entrance: its life, and the lines in what a peer sends. Sizes are those of RFC
 * 2812 section 2.3 and IRCv3 message-tags: 4,094 bytes of tags, and 512 with CR LF for the rest. A
 * line ends with LF or CR LF. What is longer is dropped up to its end and answered with 417, which
 * is told once, when that end has come; whoever does not come to an end is not listened to any
 * more.
 */
#include "door/irc_state.h"

#include "base/check.h"
#include "base/mem.h"

#include <string.h>

#define BODY_BYTES_MAX (IRC_LINE_BYTES_MAX - 2)

/* Copies as much as there is room for; what the worker gives is within its bounds. */
static uint8_t text_copy(char *out, size_t room, struct text text)
{
    size_t count = text.count < room ? text.count : room;
    if (count > 0) {
        memcpy(out, text.data, count);
    }
    return (uint8_t)count;
}

void irc_set_host(struct irc *irc, struct text host, struct text address, bool secure)
{
    struct irc_early *early = irc->early;
    if (early == NULL) {
        return;
    }
    irc->host_bytes = text_copy(irc->host, sizeof(irc->host), host);
    early->address_bytes = text_copy(early->address, sizeof(early->address), address);
    early->secure = secure;
}

struct irc *irc_new(const struct irc_server *server, struct text host, struct text address,
                    bool secure)
{
    struct irc *irc = mem_zalloc(1, sizeof(*irc));
    struct irc_early *early = mem_zalloc(1, sizeof(*early));
    if (irc == NULL || early == NULL) {
        mem_free(irc);
        mem_free(early);
        return NULL;
    }
    irc->server = server;
    irc->early = early;
    irc_set_host(irc, host, address, secure);
    return irc;
}

void irc_free(struct irc *irc)
{
    if (irc == NULL) {
        return;
    }
    irc_early_free(irc);
    irc_batch_free(irc);
    irc_errands_free(irc);
    irc_pairs_free(&irc->subscriptions);
    if (irc->label != NULL) {
        bytes_finish(&irc->label->held);
        mem_free(irc->label);
    }
    mem_free(irc);
}

void irc_attach(struct irc *irc, const struct irc_server *server)
{
    irc->server = server;
}

/* Whether the bytes of a line before its LF, or as many as have come, are too many. */
static bool line_is_too_long(struct text line)
{
    if (line.count > 0 && line.data[0] == '@') {
        size_t tags_end_max = IRC_TAGS_BYTES_MAX + 2;
        size_t count = line.count < tags_end_max ? line.count : tags_end_max;
        const char *space = memchr(line.data, ' ', count);
        if (space == NULL) {
            return line.count > IRC_TAGS_BYTES_MAX + 1;
        }
        size_t tags_end = (size_t)(space - line.data) + 1;
        line = (struct text){.data = line.data + tags_end, .count = line.count - tags_end};
    }
    bool ends_with_cr = line.count > 0 && line.data[line.count - 1] == '\r';
    return line.count - (ends_with_cr ? 1 : 0) > BODY_BYTES_MAX;
}

static void refuse_endless(struct irc *irc)
{
    irc->sink->fault(irc->sink->context, NOTICE_TOO_LONG);
    irc_hang_up(irc, LEAVE_FLOOD, TEXT("too-long: RecvQ exceeded"), TEXT("RecvQ exceeded"));
}

/* Bytes of a line that is too long; its LF is consumed when that was told. */
static size_t skip(struct irc *irc, struct text rest, const char *newline)
{
    size_t count = newline == NULL ? rest.count : (size_t)(newline - rest.data);
    if (count > 0) {
        irc->skipped += (uint32_t)(count <= INPUT_BYTES_MAX ? count : INPUT_BYTES_MAX + 1);
        if (irc->skipped > INPUT_BYTES_MAX) {
            refuse_endless(irc);
        }
        return count;
    }
    if (newline == NULL || !irc_line_refuse(irc)) {
        return 0;
    }
    irc->skipping = false;
    irc->skipped = 0;
    return 1;
}

/* Takes a line, or a part of one that is too long, from rest; returns the bytes consumed, 0 when
 * nothing more can be done now. */
static size_t line_take(struct irc *irc, struct text rest)
{
    const char *newline = rest.count == 0 ? NULL : memchr(rest.data, '\n', rest.count);
    struct text line = {.data = rest.data,
                        .count = newline == NULL ? rest.count : (size_t)(newline - rest.data)};
    if (!irc->skipping && line_is_too_long(line)) {
        irc->skipping = true;
    }
    if (irc->skipping) {
        return skip(irc, rest, newline);
    }
    if (newline == NULL) {
        return 0;
    }
    size_t used = line.count + 1;
    if (line.count > 0 && line.data[line.count - 1] == '\r') {
        line.count--;
    }
    return irc_line_run(irc, line) ? used : 0;
}

static size_t lines_take(struct irc *irc, struct text bytes)
{
    size_t consumed = 0;
    while (irc->stage != IRC_STAGE_ENDED && consumed < bytes.count) {
        struct text rest = {.data = bytes.data + consumed, .count = bytes.count - consumed};
        size_t used = line_take(irc, rest);
        if (used == 0) {
            return irc->stage == IRC_STAGE_ENDED ? bytes.count : consumed;
        }
        consumed += used;
    }
    return irc->stage == IRC_STAGE_ENDED ? bytes.count : consumed;
}

size_t irc_input(struct irc *irc, struct text bytes, const struct door_sink *sink)
{
    const struct door_sink *before = irc->sink;
    irc->sink = sink;
    irc->waiting = false;
    size_t consumed = lines_take(irc, bytes);
    if (irc->stage == IRC_STAGE_OPEN && !irc->begun && !irc->asked) {
        (void)irc_errands_run(irc); /* They go on when it is fed again. */
    }
    irc->sink = before;
    return irc->stage == IRC_STAGE_ENDED ? bytes.count : consumed;
}

void irc_end(struct irc *irc, const struct door_sink *sink)
{
    if (irc->stage == IRC_STAGE_ENDED) {
        return;
    }
    const struct door_sink *before = irc->sink;
    irc->sink = sink;
    irc_hang_up(irc, LEAVE_QUIT, TEXT("Closing link: you have closed your side"), TEXT_NONE);
    irc->sink = before;
}

bool irc_is_waiting(const struct irc *irc)
{
    return irc->waiting && irc->stage != IRC_STAGE_ENDED;
}

bool irc_is_nameless(const struct irc *irc)
{
    return irc->early != NULL;
}

struct text irc_nick(const struct irc *irc)
{
    return irc->early == NULL ? irc_own_nick(irc) : TEXT_NONE;
}

uint32_t irc_flags(const struct irc *irc)
{
    return irc->flags;
}
