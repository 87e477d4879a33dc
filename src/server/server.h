/* The whole server: makes the parts, runs their threads, ends them in order. */
#ifndef MADANG_SERVER_SERVER_H
#define MADANG_SERVER_SERVER_H

#include "server/options.h"

/*
 * Runs until SIGTERM or SIGINT, or until it cannot go on. Takes config. Returns the process's exit
 * status: 0, or 1 after one line about what is wrong in the environment. Main thread, before others
 * start.
 */
int server_run(struct config *config, const struct config_arguments *arguments);

#endif
