/*
 * The text of a configuration file before libconfuse sees it: read with bounds, and refused where
 * libconfuse would hang, go on in silence or understand something else than a person does.
 */
#ifndef MADANG_SERVER_CONFIG_TEXT_H
#define MADANG_SERVER_CONFIG_TEXT_H

#include "server/config_problem.h"

#define CONFIG_FILE_BYTES_MAX (1024 * 1024)
#define CONFIG_LINE_BYTES_MAX 4096

/*
 * Appends the file's bytes to out; *out_others_read tells whether anybody on the machine may read
 * it. Only regular files are read, and opening one never waits. ERR_NOT_FOUND, ERR_DENIED, ERR_IO,
 * ERR_INVALID (not a regular file), ERR_LIMIT (too large), ERR_MEMORY; problem says which. Main
 * thread.
 */
MUST_USE enum error config_text_read(const struct config_problem *problem, struct bytes *out,
                                     bool *out_others_read);

/*
 * Checks the bytes and blanks their comments in place, so that lines stay where they are. What is
 * left is UTF-8 without controls but tab and newline; strings end on their line and hold no escapes
 * but of quotes and backslashes; nothing refers to the environment. ERR_INVALID. Main thread.
 */
MUST_USE enum error config_text_clean(const struct config_problem *problem, struct bytes *text);

#endif
