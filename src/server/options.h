/* The command line of madangd. */
#ifndef MADANG_SERVER_OPTIONS_H
#define MADANG_SERVER_OPTIONS_H

#include "base/bytes.h"
#include "server/config.h"

enum options_action {
    OPTIONS_RUN,
    OPTIONS_CHECK, /* Read the configuration, say whether it is right, end. */
    OPTIONS_HELP,
    OPTIONS_VERSION,
};

struct options {
    enum options_action action;
    struct config_arguments arguments; /* Borrows from argv. */
};

/* ERR_INVALID: problem holds one line for the person. Main thread, before others start. */
MUST_USE enum error options_parse(int argc, char **argv, struct options *out,
                                  struct bytes *problem);
/* The text of --help. */
const char *options_help(void);

#endif
