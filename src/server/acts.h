/* What operators of the server do is written to the log. */
#ifndef MADANG_SERVER_ACTS_H
#define MADANG_SERVER_ACTS_H

#include "server/peer.h"

/* A line when the peer is an operator and the command is one of theirs. */
void act_log(const struct peer *peer, const struct command *command);

#endif
