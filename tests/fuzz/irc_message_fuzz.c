/*
 * Lines of IRC under arbitrary bytes: what is taken apart and put together again means the same,
 * and is one line whatever it was. Looked at whole and cut off after every byte.
 */
#include "irc_lines.h"

#include "base/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Past it a line is only looked at whole. */
#define PREFIX_BYTES_MAX 256

#define SOURCE_BYTES_MAX 256

static void must(enum error error)
{
    check(error == ERR_OK);
}

static bool has_break(struct text text)
{
    for (size_t i = 0; i < text.count; i++) {
        if (lines_byte_is_break(text.data[i])) {
            return true;
        }
    }
    return false;
}

static void put_together(const struct irc_message *message, struct bytes *out)
{
    struct irc_line line;
    irc_line_begin(&line, out);
    irc_line_tags_raw(&line, message->tags);
    irc_line_source(&line, message->source, TEXT_NONE, TEXT_NONE);
    irc_line_command(&line, message->command);
    for (uint32_t i = 0; i < message->param_count; i++) {
        if (i + 1 < message->param_count) {
            irc_line_param(&line, message->params[i]);
        } else {
            irc_line_last(&line, message->params[i], false);
        }
    }
    must(irc_line_end(&line));
}

static void check_same(const struct irc_message *a, const struct irc_message *b)
{
    check(text_equal(a->tags, b->tags));
    check(text_equal(a->source, b->source));
    check(text_equal(a->command, b->command));
    check(a->param_count == b->param_count);
    for (uint32_t i = 0; i < a->param_count; i++) {
        check(text_equal(a->params[i], b->params[i]));
    }
}

static void check_line(struct text line)
{
    struct irc_message message;
    if (!irc_message_parse(line, &message)) {
        return;
    }
    check(message.command.count > 0 && message.param_count <= IRC_PARAMS_MAX);
    /* Whoever it is from, there is room for a command behind. */
    if (message.source.count > SOURCE_BYTES_MAX) {
        message.source.count = SOURCE_BYTES_MAX;
    }
    struct bytes out = {0};
    put_together(&message, &out);
    struct text rest = bytes_text(&out);
    struct irc_message again;
    check(lines_take(&rest, &again));
    check(rest.count == 0);
    /* A colon may be added; what is longer is cut. */
    bool is_short = message.source.count < SOURCE_BYTES_MAX &&
                    line.count - message.tags.count + 2 < IRC_LINE_BYTES_MAX - 2 &&
                    message.tags.count <= 2 * IRC_TAGS_BYTES_MAX;
    if (is_short && !has_break(line) && message.command.data[0] != ':' &&
        message.command.data[0] != '@') {
        check_same(&message, &again);
    }
    bytes_finish(&out);
}

static void check_tags(struct text tags)
{
    struct bytes value = {0};
    struct bytes escaped = {0};
    struct bytes back = {0};
    struct text key;
    struct text raw;
    while (irc_tag_take(&tags, &key, &raw)) {
        check(key.count > 0);
        bytes_clear(&value);
        bytes_clear(&escaped);
        bytes_clear(&back);
        must(irc_tag_unescape(raw, &value));
        must(irc_tag_escape(bytes_text(&value), &escaped));
        must(irc_tag_unescape(bytes_text(&escaped), &back));
        check(!has_break(bytes_text(&escaped)));
        check(escaped.count == 0 || memchr(escaped.data, ' ', escaped.count) == NULL);
        check(escaped.count == 0 || memchr(escaped.data, ';', escaped.count) == NULL);
        check(text_equal(bytes_text(&value), bytes_text(&back)));
    }
    bytes_finish(&value);
    bytes_finish(&escaped);
    bytes_finish(&back);
}

static void check_cuts(struct text text, size_t room)
{
    bool is_utf8 = utf8_valid(text);
    while (text.count > room) {
        size_t count = irc_text_cut(text, room);
        check(count > 0 && count <= room);
        struct text piece = {.data = text.data, .count = count};
        check(!is_utf8 || utf8_valid(piece));
        text.data += count;
        text.count -= count;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text line = {.data = (const char *)data, .count = size};
    check_line(line);
    for (size_t count = 0; count < size && count <= PREFIX_BYTES_MAX; count++) {
        /* In memory of its own size, so that a sanitizer sees each look past it. */
        char *prefix = malloc(count > 0 ? count : 1);
        check(prefix != NULL);
        memcpy(prefix, data, count);
        check_line((struct text){.data = prefix, .count = count});
        free(prefix);
    }
    check_tags(line);
    if (size > 0) {
        check_cuts((struct text){.data = line.data + 1, .count = size - 1}, 4u + data[0]);
    }
    return 0;
}
