/* The chat itself: from the connection to the last line. */
#ifndef MADANG_CLIENT_CLIENT_H
#define MADANG_CLIENT_CLIENT_H

#include "client/options.h"

/*
 * Connects, talks until one side ends, and returns the exit status: 0 when the person left (or a
 * signal said so), 1 when the server could not be reached, refused, or went away. Main thread;
 * descriptors 0 to 2 must be open.
 */
int client_run(const struct options *options);

#endif
