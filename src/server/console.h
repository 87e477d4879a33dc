/*
 * The room's console: the lobby's comings, goings and messages as lines on a descriptor, the seed's
 * screen of the server. A reader of it that stops reading stops nobody: lines that find no room are
 * lost, and counted. One thread.
 */
#ifndef MADANG_SERVER_CONSOLE_H
#define MADANG_SERVER_CONSOLE_H

#include "base/bytes.h"
#include "server/bus.h"

struct console {
    struct bus *bus;
    int fd;
    char lobby[CHANNEL_BYTES_MAX + 1];
    uint64_t lobby_id;    /* 0: nobody has been there yet. */
    struct bytes lines;   /* Rendered, not yet written. */
    uint64_t lost_logged; /* Lost lines that the log knows of. */
    int64_t written_ms;   /* When the descriptor last took something, or nothing waited. */
    bool broken; /* The descriptor is closed on the other side: nothing is written any more. */
};

void console_init(struct console *console, struct bus *bus, int fd, const char *lobby);
void console_finish(struct console *console);
/* now_ms is monotonic. Renders what is committed and writes what the descriptor takes without
 * waiting. True when there may be more to do now. */
bool console_step(struct console *console, int64_t now_ms);
/* Before sleeping: true when console_step() may find something to render. */
bool console_has_work(const struct console *console);
/* True when lines wait for the descriptor to take them. */
bool console_is_behind(const struct console *console);

/*
 * Appends the lines that the effect means on the console: nothing for what does not concern the
 * lobby, whose id is in *lobby_id and is learned from the effects. ERR_MEMORY.
 */
MUST_USE enum error console_render(const struct effect *effect, struct text lobby,
                                   uint64_t *lobby_id, struct bytes *out);

#endif
