/*
 * IRC as this client speaks it: RFC 1459 as modern IRC describes it, and of IRCv3 message-tags,
 * batch, draft/multiline, multi-prefix and standard-replies where the server has them.
 *
 * What is asked goes out in windows: behind every CLIENT_WINDOW_BYTES a PING, and nothing more
 * before its PONG. So no server is flooded however much is piped, and once the QUIT has gone out
 * all that was said before it has arrived.
 */
#ifndef MADANG_CLIENT_IRC_WIRE_H
#define MADANG_CLIENT_IRC_WIRE_H

#include "client/wire.h"

/* A wire that is about to register as nick; NULL when there is no memory. */
struct wire *irc_wire_new(struct text nick);

#endif
