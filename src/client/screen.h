/*
 * What the person sees: other people's lines above, the line being typed below, in one row that is
 * taken away before anything is printed and drawn again after. Without an editor (a pipe, a dumb
 * terminal) it is lines and nothing else.
 */
#ifndef MADANG_CLIENT_SCREEN_H
#define MADANG_CLIENT_SCREEN_H

#include "base/bytes.h"
#include "client/editor.h"
#include "client/lines.h"
#include "client/output.h"
#include "client/render.h"

/* One thread at a time. Output and editor are borrowed. */
struct screen {
    struct output *output;
    struct editor *editor; /* NULL: no row of input. */
    struct render_style style;
    unsigned columns;

    bool row_drawn;        /* The row of input is on the screen. */
    bool row_changed;      /* It must be drawn (again). */
    size_t cursor_column;  /* Where the cursor stands on it, from 0. */
    struct bytes question; /* Stands in place of the line while it is not empty. */
    struct bytes prompt;   /* Stands before the line, where there is room for it. */
    bool drawn_prompt;     /* And did, when the row was drawn. */

    bool asked_cursor; /* After a resize: the terminal was asked where the cursor is. */
};

/* editor may be NULL. With one, the terminal must be in raw mode. */
void screen_init(struct screen *screen, struct output *output, struct editor *editor);
void screen_finish(struct screen *screen);

/* Every function below: ERR_MEMORY. */

/* A line from the server, with the room that it was said in before it unless that is "". */
MUST_USE enum error screen_received(struct screen *screen, struct text room, struct text line,
                                    enum line_kind kind);
/* A line of the client's own words; they hold nothing that came from outside unless rendered. */
MUST_USE enum error screen_say(struct screen *screen, struct text line);
/* The line that was typed stays where it stands, whole, and the next begins below it. */
MUST_USE enum error screen_keep_typed(struct screen *screen, struct text line);
/* The row of input has changed. */
void screen_row_changed(struct screen *screen);
/* Draws the row of input if that is needed: once after all that a turn has printed. */
MUST_USE enum error screen_refresh(struct screen *screen);
/* Asks in place of the line; an empty question brings the line back. */
MUST_USE enum error screen_ask(struct screen *screen, struct text question);
MUST_USE enum error screen_bell(struct screen *screen);
/* Ctrl-L: an empty screen with the row of input at its top. */
MUST_USE enum error screen_clear(struct screen *screen);

/* Before the terminal is given back, for good or for a while. What was being typed stays visible.
 */
MUST_USE enum error screen_suspend(struct screen *screen);
/* The terminal is raw again. */
MUST_USE enum error screen_resume(struct screen *screen);

/*
 * The terminal is columns wide now. Most terminals wrap the row anew when they become narrower, a
 * few cut it; where that matters, the terminal is asked, and screen_cursor_reported() draws when it
 * answers. screen_cursor_unknown() is for one that does not answer in time.
 */
MUST_USE enum error screen_resized(struct screen *screen, unsigned columns);
MUST_USE enum error screen_cursor_reported(struct screen *screen, unsigned row, unsigned column);
MUST_USE enum error screen_cursor_unknown(struct screen *screen);

#endif
