/* The bound is kept while bytes come, so a line of a gigabyte takes no memory. */
#include "client/lines.h"

#include "base/check.h"

#include <string.h>

void lines_init(struct lines *lines, size_t line_bytes_max)
{
    check(line_bytes_max > 0);
    *lines = (struct lines){.line_bytes_max = line_bytes_max};
}

void lines_finish(struct lines *lines)
{
    bytes_finish(&lines->rest);
}

/* Adds a part of a line that stays below the bound, or gives the line away, cut at the bound. */
static enum error add_part(struct lines *lines, struct text part, const struct line_sink *sink)
{
    if (lines->dropping) {
        return ERR_OK;
    }
    size_t room = lines->line_bytes_max - lines->rest.count;
    bool fits = part.count <= room;
    enum error error = bytes_append(&lines->rest, part.data, fits ? part.count : room);
    if (error != ERR_OK || fits) {
        return error;
    }
    lines->dropping = true;
    error = sink->line(sink->context, bytes_text(&lines->rest), LINE_CUT);
    bytes_clear(&lines->rest);
    return error;
}

static enum error end_line(struct lines *lines, struct text part, const struct line_sink *sink)
{
    /* Most lines come whole: they need no copy. */
    if (!lines->dropping && lines->rest.count == 0 && part.count <= lines->line_bytes_max) {
        return sink->line(sink->context, part, LINE_WHOLE);
    }
    enum error error = add_part(lines, part, sink);
    if (error != ERR_OK) {
        return error;
    }
    if (!lines->dropping) {
        error = sink->line(sink->context, bytes_text(&lines->rest), LINE_WHOLE);
        bytes_clear(&lines->rest);
    }
    lines->dropping = false;
    return error;
}

enum error lines_feed(struct lines *lines, struct text input, const struct line_sink *sink)
{
    size_t position = 0;
    while (position < input.count) {
        struct text part = {.data = input.data + position, .count = input.count - position};
        const char *newline = memchr(part.data, '\n', part.count);
        if (newline == NULL) {
            return add_part(lines, part, sink);
        }
        part.count = (size_t)(newline - part.data);
        enum error error = end_line(lines, part, sink);
        if (error != ERR_OK) {
            return error;
        }
        position += part.count + 1;
    }
    return ERR_OK;
}

enum error lines_end(struct lines *lines, const struct line_sink *sink)
{
    if (lines->dropping || lines->rest.count == 0) {
        lines->dropping = false;
        return ERR_OK;
    }
    enum error error = sink->line(sink->context, bytes_text(&lines->rest), LINE_WHOLE);
    bytes_clear(&lines->rest);
    return error;
}
