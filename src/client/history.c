/* An array that moves is enough for a hundred lines. */
#include "client/history.h"

#include "base/check.h"

#include <string.h>

void history_finish(struct history *history)
{
    for (size_t i = 0; i < history->count; i++) {
        bytes_finish(&history->lines[i]);
    }
    history->count = 0;
}

enum error history_add(struct history *history, struct text line)
{
    if (line.count == 0 || (history->count > 0 && text_equal(line, history_line(history, 0)))) {
        return ERR_OK;
    }
    struct bytes copy;
    bytes_init(&copy);
    enum error error = bytes_append_text(&copy, line);
    if (error != ERR_OK) {
        return error;
    }
    if (history->count == CLIENT_HISTORY_COUNT_MAX) {
        bytes_finish(&history->lines[0]);
        history->count--;
        memmove(history->lines, history->lines + 1, history->count * sizeof(history->lines[0]));
    }
    history->lines[history->count] = copy;
    history->count++;
    return ERR_OK;
}

struct text history_line(const struct history *history, size_t age)
{
    check(age < history->count);
    return bytes_text(&history->lines[history->count - 1 - age]);
}
