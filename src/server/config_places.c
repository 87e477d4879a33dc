/*
 * Finds where the keys of a configuration stand. libconfuse keeps no lines, takes the last of two
 * equal keys in silence, and knows nothing of nearest names.
 */
#include "server/config_keys.h"

#include "base/check.h"
#include "base/lang.h"

#include <string.h>

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_STRING, TOKEN_MARK };

struct token {
    enum token_kind kind;
    char mark; /* Of TOKEN_MARK. */
    uint32_t line;
    struct text text; /* Of a string: without its quotes. */
};

struct finder {
    const struct config_problem *problem;
    struct config_places *places;
    const char *at;
    const char *end;
    uint32_t line;
    /* The two tokens before this one; TOKEN_END where a statement begins. */
    struct token before;
    struct token before_that;
    bool in_section;
    bool in_list;
    enum config_section section;
    uint32_t section_line;
};

/* Quotes are closed: config_text_clean() has seen to it. */
static struct token string_next(struct finder *finder)
{
    struct token token = {.kind = TOKEN_STRING, .line = finder->line};
    char quote = *finder->at++;
    token.text.data = finder->at;
    while (finder->at < finder->end && *finder->at != quote) {
        finder->at += *finder->at == '\\' && finder->end - finder->at > 1 ? 2 : 1;
    }
    token.text.count = (size_t)(finder->at - token.text.data);
    if (finder->at < finder->end) {
        finder->at++;
    }
    return token;
}

static struct token token_next(struct finder *finder)
{
    while (finder->at < finder->end && strchr(" \t\n", *finder->at) != NULL) {
        finder->line += *finder->at == '\n';
        finder->at++;
    }
    struct token token = {.kind = TOKEN_END, .line = finder->line};
    if (finder->at == finder->end) {
        return token;
    }
    if (*finder->at == '"' || *finder->at == '\'') {
        return string_next(finder);
    }
    token.text.data = finder->at;
    if (strchr("={},", *finder->at) != NULL) {
        token.kind = TOKEN_MARK;
        token.mark = *finder->at++;
    } else {
        token.kind = TOKEN_WORD;
        while (finder->at < finder->end && strchr(" \t\n\"'={},", *finder->at) == NULL) {
            finder->at++;
        }
    }
    token.text.count = (size_t)(finder->at - token.text.data);
    return token;
}

#define WORD_BYTES_MAX 40

/* The least number of letters to change, add or leave out to make known of word, which is cut at
 * WORD_BYTES_MAX. */
static size_t distance(struct text word, const char *known)
{
    size_t row[WORD_BYTES_MAX + 1];
    size_t word_count = word.count < WORD_BYTES_MAX ? word.count : WORD_BYTES_MAX;
    for (size_t i = 0; i <= word_count; i++) {
        row[i] = i;
    }
    for (size_t k = 1; known[k - 1] != '\0'; k++) {
        size_t diagonal = row[0];
        row[0] = k;
        for (size_t i = 1; i <= word_count; i++) {
            size_t change = diagonal + (word.data[i - 1] != known[k - 1]);
            diagonal = row[i];
            size_t shorter = (row[i] < row[i - 1] ? row[i] : row[i - 1]) + 1;
            row[i] = change < shorter ? change : shorter;
        }
    }
    return row[word_count];
}

/* The nearest key, one of this section when two are as near; section CONFIG_SECTION_COUNT: none. */
static const struct config_key *nearest_key(struct text word, enum config_section section)
{
    size_t count;
    const struct config_key *keys = config_keys(&count);
    const struct config_key *nearest = &keys[0];
    size_t nearest_distance = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        size_t far = 2 * distance(word, keys[i].name) + (keys[i].section != section);
        if (far < nearest_distance) {
            nearest_distance = far;
            nearest = &keys[i];
        }
    }
    return nearest;
}

static const char *nearest_section(struct text word)
{
    enum config_section nearest = CONFIG_SERVER;
    size_t nearest_distance = SIZE_MAX;
    for (int i = 0; i < CONFIG_SECTION_COUNT; i++) {
        size_t far = distance(word, config_section_name((enum config_section)i));
        if (far < nearest_distance) {
            nearest_distance = far;
            nearest = (enum config_section)i;
        }
    }
    return config_section_name(nearest);
}

/* What goes into a message of a word. */
static int word_bytes(struct text word)
{
    return word.count < WORD_BYTES_MAX ? (int)word.count : WORD_BYTES_MAX;
}

static enum error unknown_section(const struct finder *finder, const struct token *head)
{
    config_problem_put(finder->problem, head->line,
                       _("모르는 구역 %.*s: 가장 가까운 것은 %s입니다"), word_bytes(head->text),
                       head->text.data, nearest_section(head->text));
    return ERR_INVALID;
}

/* The line is where the key stood before, 0 when it did not. */
static enum error place_once(const struct finder *finder, const struct token *key, uint32_t *line)
{
    if (*line != 0) {
        config_problem_put(
            finder->problem, key->line, _("%s.%.*s: 두 번 썼습니다. 처음은 %u번째 줄입니다"),
            config_section_name(finder->section), word_bytes(key->text), key->text.data, *line);
        return ERR_INVALID;
    }
    *line = key->line;
    return ERR_OK;
}

/* libconfuse reads the name of a key in quotes as a path through the sections. */
static enum error quoted(const struct finder *finder, const struct token *name)
{
    config_problem_put(finder->problem, name->line, _("%.*s: 이름은 따옴표 없이 씁니다"),
                       word_bytes(name->text), name->text.data);
    return ERR_INVALID;
}

/* Where the line of a key of the section that is open is kept. */
static uint32_t *key_line(const struct finder *finder, const struct config_key *key)
{
    size_t count;
    const struct config_key *keys = config_keys(&count);
    size_t index = (size_t)(key - keys);
    struct config_places *places = finder->places;
    if (!config_section_is_titled(finder->section)) {
        return &places->key_lines[index];
    }
    struct config_part *part = finder->section == CONFIG_LISTEN
                                   ? &places->listens[places->listen_count - 1]
                                   : &places->operators[places->operator_count - 1];
    size_t first = index;
    while (first > 0 && keys[first - 1].section == finder->section) {
        first--;
    }
    check(index - first < CONFIG_PART_KEYS_MAX);
    return &part->key_lines[index - first];
}

static enum error key_found(const struct finder *finder, const struct token *key)
{
    if (key->kind != TOKEN_WORD) {
        return quoted(finder, key);
    }
    enum config_section section = finder->in_section ? finder->section : CONFIG_SECTION_COUNT;
    const struct config_key *nearest = nearest_key(key->text, section);
    if (!text_equal(key->text, text_of(nearest->name)) || nearest->section != section) {
        config_problem_put(finder->problem, key->line,
                           _("모르는 키 %s%s%.*s: 가장 가까운 것은 %s.%s입니다"),
                           finder->in_section ? config_section_name(section) : "",
                           finder->in_section ? "." : "", word_bytes(key->text), key->text.data,
                           config_section_name(nearest->section), nearest->name);
        return ERR_INVALID;
    }
    return place_once(finder, key, key_line(finder, nearest));
}

/* One more part of a section that may be there several times. */
static enum error part_found(const struct finder *finder, uint32_t line)
{
    struct config_places *places = finder->places;
    bool listens = finder->section == CONFIG_LISTEN;
    uint32_t *count = listens ? &places->listen_count : &places->operator_count;
    uint32_t most = listens ? LISTENERS_MAX : OPERATORS_MAX;
    if (*count == most) {
        config_problem_put(finder->problem, line, _("%s은(는) %u개까지입니다"),
                           config_section_name(finder->section), most);
        return ERR_INVALID;
    }
    struct config_part *parts = listens ? places->listens : places->operators;
    parts[(*count)++].line = line;
    return ERR_OK;
}

static enum error section_found(struct finder *finder)
{
    /* A title stands between the section's name and the brace. */
    const struct token *head = &finder->before;
    if (finder->before_that.kind != TOKEN_END) {
        head = &finder->before_that;
    }
    if (head->kind == TOKEN_STRING) {
        return quoted(finder, head);
    }
    if (head->kind != TOKEN_WORD) {
        return ERR_OK;
    }
    int found = 0;
    while (found < CONFIG_SECTION_COUNT &&
           !text_equal(head->text, text_of(config_section_name((enum config_section)found)))) {
        found++;
    }
    if (found == CONFIG_SECTION_COUNT) {
        return unknown_section(finder, head);
    }
    finder->in_section = true;
    finder->section = (enum config_section)found;
    finder->section_line = head->line;
    return config_section_is_titled(finder->section) ? part_found(finder, head->line) : ERR_OK;
}

static void statement_begin(struct finder *finder)
{
    finder->before = (struct token){.kind = TOKEN_END};
    finder->before_that = finder->before;
}

/* Sets *out_done when the braces are no longer such as libconfuse would take. */
static enum error mark_found(struct finder *finder, const struct token *token, bool *out_done)
{
    enum error error = ERR_OK;
    bool after_equal = finder->before.kind == TOKEN_MARK && finder->before.mark == '=';
    switch (token->mark) {
    case '=':
        if (!finder->in_list &&
            (finder->before.kind == TOKEN_WORD || finder->before.kind == TOKEN_STRING)) {
            error = key_found(finder, &finder->before);
        }
        break;
    case '{':
        if (after_equal) {
            finder->in_list = true;
        } else if (finder->in_section) {
            *out_done = true;
        } else {
            error = section_found(finder);
            statement_begin(finder);
            return error;
        }
        break;
    case '}':
        finder->in_section = finder->in_section && finder->in_list;
        finder->in_list = false;
        statement_begin(finder);
        return ERR_OK;
    default:
        break;
    }
    finder->before_that = finder->before;
    finder->before = *token;
    return error;
}

enum error config_places_find(const struct config_problem *problem, struct text text,
                              struct config_places *out)
{
    struct config_places places = {0};
    struct finder finder = {.problem = problem,
                            .places = &places,
                            .at = text.data,
                            .end = text.count > 0 ? text.data + text.count : text.data,
                            .line = 1};
    enum error error = ERR_OK;
    bool done = false;
    while (error == ERR_OK && !done) {
        struct token token = token_next(&finder);
        if (token.kind == TOKEN_END) {
            break;
        }
        if (token.kind == TOKEN_MARK) {
            error = mark_found(&finder, &token, &done);
        } else {
            finder.before_that = finder.before;
            finder.before = token;
        }
    }
    if (error == ERR_OK && !done && finder.in_section) {
        /* libconfuse takes the end of the file for the end of a section. */
        config_problem_put(problem, finder.section_line,
                           _("구역 %s: 닫히지 않았습니다. }로 닫아 주십시오"),
                           config_section_name(finder.section));
        error = ERR_INVALID;
    }
    if (error == ERR_OK) {
        *out = places;
    }
    return error;
}

uint32_t config_places_line(const struct config_places *places, enum config_section section,
                            const char *name)
{
    size_t count;
    const struct config_key *keys = config_keys(&count);
    for (size_t i = 0; i < count; i++) {
        if (keys[i].section == section && strcmp(keys[i].name, name) == 0) {
            return places->key_lines[i];
        }
    }
    return 0;
}
