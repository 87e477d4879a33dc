/* termios, and the environment's word on what the terminal can do. No terminfo: the few sequences
 * used are ECMA-48 ones that every terminal in use obeys. */
#include "client/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_DEFAULT 80

/* TERM, or "dumb" when nothing is known. */
static const char *terminal_name(void)
{
    const char *name = getenv("TERM");
    return name == NULL || name[0] == '\0' ? "dumb" : name;
}

bool terminal_can_edit(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && strcmp(terminal_name(), "dumb") != 0;
}

bool terminal_has_colours(void)
{
    const char *refusal = getenv("NO_COLOR");
    if ((refusal != NULL && refusal[0] != '\0') || !isatty(STDOUT_FILENO)) {
        return false;
    }
    const char *name = terminal_name();
    size_t count = strlen(name);
    bool monochrome = count >= 2 && strcmp(name + count - 2, "-m") == 0;
    return strcmp(name, "dumb") != 0 && strncmp(name, "vt", 2) != 0 && !monochrome &&
           strstr(name, "-mono") == NULL;
}

unsigned terminal_columns(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return COLUMNS_DEFAULT;
    }
    return size.ws_col;
}

bool terminal_enter(struct terminal *terminal)
{
    if (terminal->is_raw) {
        return true;
    }
    if (tcgetattr(STDIN_FILENO, &terminal->before) != 0) {
        return false;
    }
    struct termios raw = terminal->before;
    /* Ctrl-S must not stop the chat, and Enter is \r whatever was set. */
    raw.c_iflag &= ~(tcflag_t)(IXON | ICRNL | INLCR | IGNCR | ISTRIP);
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
    raw.c_lflag |= ISIG;
    raw.c_oflag |= OPOST | ONLCR;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    /* What was typed already stays: TCSADRAIN, not TCSAFLUSH. */
    terminal->is_raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
    return terminal->is_raw;
}

void terminal_leave(struct terminal *terminal)
{
    if (terminal->is_raw) {
        tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal->before);
        terminal->is_raw = false;
    }
}
