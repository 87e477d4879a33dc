/* A configuration file's text, laid over a configuration. */
#ifndef MADANG_SERVER_CONFIG_FILE_H
#define MADANG_SERVER_CONFIG_FILE_H

#include "server/config_keys.h"

/*
 * Sets what text says in config, which holds the defaults; its listens and operators are those of
 * the file. Uses up text; *places gets where all of it stands. ERR_INVALID, ERR_MEMORY: problem
 * says what is wrong, and config is of no more use. Main thread: libconfuse's lexer has one state
 * for the whole process.
 */
MUST_USE enum error config_file_parse(const struct config_problem *problem, struct bytes *text,
                                      struct config_places *places, struct config *config);

#endif
