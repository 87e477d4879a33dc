/* The files that a configuration names: what the server says at the entrance, and what TLS needs.
 */
#ifndef MADANG_SERVER_CONFIG_NAMED_H
#define MADANG_SERVER_CONFIG_NAMED_H

#include "server/config_keys.h"

/*
 * Reads server.motd into config and looks at the files of tls: they must be there and readable, and
 * nobody else may read the key. A name without a slash at its start begins where the process was
 * started. ERR_NOT_FOUND, ERR_DENIED, ERR_IO, ERR_INVALID, ERR_LIMIT, ERR_MEMORY: problem says at
 * the key's line what is wrong. Main thread.
 */
MUST_USE enum error config_named_read(const struct config_problem *problem,
                                      const struct config_places *places, struct config *config);

#endif
