/* The keys of the configuration: their names, what they may be, and where in a file they stand. */
#ifndef MADANG_SERVER_CONFIG_KEYS_H
#define MADANG_SERVER_CONFIG_KEYS_H

#include "server/config.h"
#include "server/config_problem.h"

enum config_section {
    CONFIG_SERVER,
    CONFIG_LISTEN, /* May be there several times, each with a title. */
    CONFIG_LIMIT,
    CONFIG_STORAGE,
    CONFIG_SECTION_COUNT,
};

/* A key has a whole number, or true or false, at offset of struct config, or is set by a function.
 */
enum config_kind { CONFIG_NUMBER, CONFIG_FLAG, CONFIG_VALUE, CONFIG_LIST };

/* What a value is set in. */
struct config_target {
    struct config *config;
    struct config_listen *listen; /* For keys of a listen section; NULL for the others. */
};

struct config_key {
    enum config_section section;
    enum config_kind kind;
    const char *name;
    size_t offset;
    uint32_t min; /* Of a number. */
    uint32_t max;
    /* False when value is not of the form. Called for each value of a list. */
    bool (*set)(const struct config_target *target, const char *value);
    const char *expected; /* The form of what set takes, for gettext(). */
};

#define CONFIG_KEYS_MAX 32

/* All keys, in the order of the manual page; *out_count gets how many. */
const struct config_key *config_keys(size_t *out_count);
const char *config_section_name(enum config_section section);
/* A whole number in decimal digits alone, within min and max; false: it is something else. */
bool config_number_parse(const char *value, uint32_t min, uint32_t max, uint32_t *out);

/* Where keys and listen sections stand: lines of the file, 0 for what is not there. */
struct config_places {
    uint32_t key_lines[CONFIG_KEYS_MAX]; /* By the index in config_keys(). */
    uint32_t listen_lines[LISTENERS_MAX];
    uint32_t door_lines[LISTENERS_MAX];
    uint32_t listen_count;
};

/*
 * Finds the keys and sections of a text that config_text_clean() has passed. ERR_INVALID: one is
 * unknown, twice there or not where it belongs, and problem says the nearest known one. What is
 * wrong with the grammar is left to libconfuse. Main thread.
 */
MUST_USE enum error config_places_find(const struct config_problem *problem, struct text text,
                                       struct config_places *out);

/* Sets the key from one value; says at line what was expected. ERR_INVALID. */
MUST_USE enum error config_key_set(const struct config_problem *problem, uint32_t line,
                                   const struct config_key *key, const char *value,
                                   const struct config_target *target);

#endif
