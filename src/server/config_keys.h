/* The keys of the configuration: their names, what they may be, and where in a file they stand. */
#ifndef MADANG_SERVER_CONFIG_KEYS_H
#define MADANG_SERVER_CONFIG_KEYS_H

#include "server/config.h"
#include "server/config_problem.h"

enum config_section {
    CONFIG_SERVER,
    CONFIG_TLS,
    CONFIG_LISTEN,   /* May be there several times, each with a title. */
    CONFIG_OPERATOR, /* The same. */
    CONFIG_ACCOUNT,
    CONFIG_PROXY,
    CONFIG_LIMIT,
    CONFIG_STORAGE,
    CONFIG_SECTION_COUNT,
};

/*
 * What stands at offset of struct config, or of the structure of the part that a titled section is:
 * a uint32_t, a bool, or characters up to a NUL: text that shows as it is, a word (text without
 * spaces), the path of a file. The last two are set by a function, once, or for each value of a
 * list whose count stands at offset.
 */
enum config_kind {
    CONFIG_NUMBER,
    CONFIG_FLAG,
    CONFIG_TEXT,
    CONFIG_WORD,
    CONFIG_PATH,
    CONFIG_VALUE,
    CONFIG_LIST,
};

/* What a value is set in. */
struct config_target {
    struct config *config;
    struct config_listen *listen; /* For keys of a listen section; else NULL. */
    struct config_operator *oper; /* For keys of an operator section; else NULL. */
};

struct config_key {
    enum config_section section;
    enum config_kind kind;
    const char *name;
    size_t offset;
    uint32_t min; /* Of a number. */
    uint32_t max; /* Of a number; of text, word or path in bytes. */
    /* False when value is not of the form. Called for each value of a list. */
    bool (*set)(const struct config_target *target, const char *value);
    const char *expected; /* The form of what is taken, for gettext(); not of a number. */
    bool is_secret;       /* Its value is told to nobody, not even when it is wrong. */
};

#define CONFIG_KEYS_MAX 64

/* All keys, in the order of the manual page, those of a section together; *out_count gets how many.
 */
const struct config_key *config_keys(size_t *out_count);
const char *config_section_name(enum config_section section);
/* Whether the section may be there several times, each with a title. */
bool config_section_is_titled(enum config_section section);
/* A whole number in decimal digits alone, within min and max; false: it is something else. */
bool config_number_parse(const char *value, uint32_t min, uint32_t max, uint32_t *out);

/* One part of a titled section: the line where it begins, and those of its keys by their index
 * among the section's. 0 for what is not there. */
#define CONFIG_PART_KEYS_MAX 4
struct config_part {
    uint32_t line;
    uint32_t key_lines[CONFIG_PART_KEYS_MAX];
};

/* Where keys and titled sections stand: lines of the file, 0 for what is not there. */
struct config_places {
    uint32_t key_lines[CONFIG_KEYS_MAX]; /* By the index in config_keys(). */
    struct config_part listens[LISTENERS_MAX];
    struct config_part operators[OPERATORS_MAX];
    uint32_t listen_count;
    uint32_t operator_count;
};

/*
 * Finds the keys and sections of a text that config_text_clean() has passed. ERR_INVALID: one is
 * unknown, twice there or not where it belongs, and problem says the nearest known one. What is
 * wrong with the grammar is left to libconfuse. Main thread.
 */
MUST_USE enum error config_places_find(const struct config_problem *problem, struct text text,
                                       struct config_places *out);
/* The line of the key of an untitled section, 0 when the file does not have it. */
uint32_t config_places_line(const struct config_places *places, enum config_section section,
                            const char *name);

/* Sets the key from one value; says at line what was expected. ERR_INVALID. */
MUST_USE enum error config_key_set(const struct config_problem *problem, uint32_t line,
                                   const struct config_key *key, const char *value,
                                   const struct config_target *target);

#endif
