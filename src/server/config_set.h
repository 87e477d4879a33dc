/* The forms of values that a function decides about; config_keys.c has the table of all keys. */
#ifndef MADANG_SERVER_CONFIG_SET_H
#define MADANG_SERVER_CONFIG_SET_H

#include "server/config_keys.h"

/* Each as struct config_key has it. */
bool config_set_lobby(const struct config_target *target, const char *value);
bool config_set_lang(const struct config_target *target, const char *value);
bool config_set_casemapping(const struct config_target *target, const char *value);
bool config_set_admin(const struct config_target *target, const char *value);
bool config_set_door(const struct config_target *target, const char *value);
bool config_set_hash(const struct config_target *target, const char *value);
bool config_set_cost(const struct config_target *target, const char *value);
bool config_set_always_on(const struct config_target *target, const char *value);
bool config_set_modes(const struct config_target *target, const char *value);
bool config_set_proxy(const struct config_target *target, const char *value);
bool config_set_exempt(const struct config_target *target, const char *value);
bool config_set_sync(const struct config_target *target, const char *value);

/* Copies value with its NUL when it has 1 to bytes_max bytes; out has room for one more. */
bool config_copy(char *out, size_t bytes_max, const char *value);

#endif
