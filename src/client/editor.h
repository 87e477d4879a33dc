/*
 * The line being typed, as a state machine: keys go in, and the bytes that draw the line on one row
 * of a terminal come out. Pure: no terminal, no clock.
 *
 * Ours rather than libedit's, after trying that: libedit does not say on which of its rows the
 * cursor stands, so a wrapped line cannot be taken off the screen when somebody else's message
 * comes (its first row stays, and the line is drawn again below); it erases code points where a
 * person sees one character (Hangul in conjoining pieces, joined emoji); and it knows no bracketed
 * paste. Here the line takes one row and scrolls sideways, so that there is never more than one row
 * to take away.
 */
#ifndef MADANG_CLIENT_EDITOR_H
#define MADANG_CLIENT_EDITOR_H

#include "base/bytes.h"
#include "client/history.h"
#include "client/keys.h"
#include "model/limits.h"

#define EDITOR_BYTES_MAX PLAIN_LINE_BYTES_MAX

enum editor_result {
    EDITOR_CHANGED,  /* The line must be drawn. */
    EDITOR_SUBMIT,   /* Enter: editor_line() is the line; editor_accept() comes next. */
    EDITOR_LEAVE,    /* Ctrl-D on an empty line. */
    EDITOR_REFUSED,  /* The key can do nothing here; a bell is due. */
    EDITOR_FULL,     /* The line would be longer than EDITOR_BYTES_MAX. */
    EDITOR_REDRAW,   /* The whole screen is to be drawn anew. */
    EDITOR_COMPLETE, /* Tab. */
};

/* One thread at a time. The text is always UTF-8 without controls and direction characters. */
struct editor {
    char text[EDITOR_BYTES_MAX];
    size_t count;
    size_t cursor; /* At the beginning of a grapheme cluster, or at the end. */
    size_t first;  /* What is drawn begins here: the cluster at the row's left edge. */

    char killed[EDITOR_BYTES_MAX]; /* What Ctrl-Y brings back. */
    size_t killed_count;

    struct history history;
    size_t age;                   /* 0: the draft; n: the line n back in the history. */
    char draft[EDITOR_BYTES_MAX]; /* The line that was being typed before going back. */
    size_t draft_count;
};

/* All zero is a valid empty editor. */
void editor_finish(struct editor *editor);
/* Paste keys and cursor reports are the caller's: they are refused. */
enum editor_result editor_key(struct editor *editor, const struct key *key);
/* Puts text at the cursor; what may not stand in a line (controls, direction characters, bytes that
 * are no UTF-8) is left out, a tab becomes a space. EDITOR_FULL changes nothing. */
enum editor_result editor_insert(struct editor *editor, struct text text);
/* Puts text in place of what stands between start (0 to the cursor) and the cursor. EDITOR_FULL
 * changes nothing. */
enum editor_result editor_replace(struct editor *editor, size_t start, struct text text);
/* The whole line; borrowed until the next change. */
struct text editor_line(const struct editor *editor);
/* The line is done: it goes into the history, and the next one is empty. ERR_MEMORY. */
MUST_USE enum error editor_accept(struct editor *editor);
/*
 * Appends what draws the prompt (narrower than the row) and the line on the row of the cursor,
 * which is columns wide (at least 1), and leaves the cursor in its place; nothing is ever written
 * into the last column. Sets *out_column to the column of the cursor, from 0. ERR_MEMORY.
 */
MUST_USE enum error editor_draw(struct editor *editor, struct text prompt, unsigned columns,
                                struct bytes *out, size_t *out_column);

#endif
