/* Cuts a stream of bytes into lines of bounded length: what the server sends, and what a pipe
 * brings. */
#ifndef MADANG_CLIENT_LINES_H
#define MADANG_CLIENT_LINES_H

#include "base/bytes.h"

enum line_kind {
    LINE_WHOLE,
    LINE_CUT,       /* Longer than the bound: this is its beginning, the rest is dropped. */
    LINE_CONTINUED, /* Follows a newline inside one message. */
};

/* Where lines go. line is borrowed for the call and holds no newline. An error ends the feeding and
 * is returned from it. */
struct line_sink {
    enum error (*line)(void *context, struct text line, enum line_kind kind);
    void *context;
};

/* One stream. One thread at a time. */
struct lines {
    struct bytes rest; /* The beginning of a line that has not ended; never more than the bound. */
    size_t line_bytes_max;
    bool dropping; /* Inside a line whose beginning was given away as LINE_CUT. */
};

void lines_init(struct lines *lines, size_t line_bytes_max);
void lines_finish(struct lines *lines);
/* Gives each line that ends in input (without its \n) to the sink. ERR_MEMORY, or the sink's. */
MUST_USE enum error lines_feed(struct lines *lines, struct text input,
                               const struct line_sink *sink);
/* The stream has ended: what is left is a line too. */
MUST_USE enum error lines_end(struct lines *lines, const struct line_sink *sink);

#endif
