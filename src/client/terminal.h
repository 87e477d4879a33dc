/* The terminal itself: whether there is one, how wide it is, and the mode in which keys come one by
 * one. */
#ifndef MADANG_CLIENT_TERMINAL_H
#define MADANG_CLIENT_TERMINAL_H

#include "base/bytes.h"

#include <termios.h>

/* The terminal of standard input. All zero is one that was not touched. */
struct terminal {
    bool is_raw;
    struct termios before;
};

/* True when a line can be edited: standard input and output are a terminal, and TERM names one that
 * obeys (not "dumb"). */
bool terminal_can_edit(void);
/* True when standard output is a terminal with colours and NO_COLOR does not forbid them. */
bool terminal_has_colours(void);
/* Columns of the terminal of standard output; 80 when it does not say. */
unsigned terminal_columns(void);
/* Keys come one by one and unechoed from now on; those that raise signals still do. False: it could
 * not be done. */
bool terminal_enter(struct terminal *terminal);
/* Gives the terminal back as it was. */
void terminal_leave(struct terminal *terminal);

#endif
