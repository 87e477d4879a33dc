/* The lines that were typed, to be brought back with the arrow keys. */
#ifndef MADANG_CLIENT_HISTORY_H
#define MADANG_CLIENT_HISTORY_H

#include "base/bytes.h"
#include "model/limits.h"

/* The last CLIENT_HISTORY_COUNT_MAX lines, oldest first. All zero is a valid empty one. One thread
 * at a time. */
struct history {
    struct bytes lines[CLIENT_HISTORY_COUNT_MAX];
    size_t count;
};

void history_finish(struct history *history);
/* Adds a line, unless it is empty or the same as the newest; the oldest goes when there is no room.
 * ERR_MEMORY. */
MUST_USE enum error history_add(struct history *history, struct text line);
/* The line that is age lines back: 0 is the newest; age below history->count. Borrowed until the
 * next change. */
struct text history_line(const struct history *history, size_t age);

#endif
