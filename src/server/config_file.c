/*
 * From a file's text to the configuration: config_text.c and config_places.c first refuse what
 * libconfuse would take wrongly, libconfuse reads sections, keys and values, and config_keys.c
 * decides what they may be.
 */
#include "server/config_file.h"

#include "base/lang.h"
#include "base/utf8.h"
#include "server/config_text.h"

#include <confuse.h>
#include <stdio.h>
#include <string.h>

/* The options as libconfuse wants them, each list ending in an empty one. */
struct options {
    cfg_opt_t sections[CONFIG_SECTION_COUNT + 1];
    cfg_opt_t keys[CONFIG_SECTION_COUNT][CONFIG_KEYS_MAX + 1];
};

/* Gives libconfuse's error function, which gets no context, the way to ours: the options are copied
 * into every section with their default numbers, which text has no use for. */
_Static_assert(sizeof(long) >= sizeof(void *), "a default number can hold a pointer");

static const struct config_problem *problem_of(const cfg_t *cfg)
{
    return (const struct config_problem *)cfg->opts[0].def.number;
}

__attribute__((format(printf, 2, 0))) static void error_take(cfg_t *cfg, const char *format,
                                                             va_list arguments)
{
    char message[200];
    if (vsnprintf(message, sizeof(message), format, arguments) < 0) {
        message[0] = '\0';
    }
    config_problem_put(problem_of(cfg), cfg->line > 0 ? (uint32_t)cfg->line : 0,
                       _("문법이 틀렸습니다: %s"), message);
}

static void options_init(struct options *options, const struct config_problem *problem)
{
    static const cfg_opt_t end = CFG_END();
    size_t used[CONFIG_SECTION_COUNT] = {0};
    size_t key_count;
    const struct config_key *keys = config_keys(&key_count);
    for (size_t i = 0; i < key_count; i++) {
        cfg_opt_t option = CFG_STR(keys[i].name, NULL, CFGF_NODEFAULT);
        if (keys[i].kind == CONFIG_LIST) {
            option.flags |= CFGF_LIST;
        }
        option.def.number = (long)problem;
        options->keys[keys[i].section][used[keys[i].section]++] = option;
    }
    for (int i = 0; i < CONFIG_SECTION_COUNT; i++) {
        options->keys[i][used[i]] = end;
        cfg_opt_t section =
            CFG_SEC(config_section_name((enum config_section)i), options->keys[i], CFGF_NONE);
        if (config_section_is_titled((enum config_section)i)) {
            section.flags = CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES;
        }
        section.def.number = (long)problem;
        options->sections[i] = section;
    }
    options->sections[CONFIG_SECTION_COUNT] = end;
}

static bool is_set(const cfg_opt_t *option)
{
    return option != NULL && (option->flags & CFGF_MODIFIED) != 0;
}

/* Our own walk and libconfuse's came to different ends: better refused than guessed. */
static enum error fail_differing(const struct config_problem *problem)
{
    config_problem_put(problem, 0, "%s", _("문법이 틀렸습니다"));
    return ERR_INVALID;
}

static enum error take_key(const struct config_problem *problem, uint32_t line,
                           const struct config_key *key, cfg_opt_t *option, struct config *config)
{
    if (line == 0) {
        return fail_differing(problem);
    }
    if (key->kind == CONFIG_LIST) {
        /* The defaults give way. */
        const uint32_t none = 0;
        memcpy((char *)config + key->offset, &none, sizeof(none));
    }
    struct config_target target = {.config = config};
    enum error error = ERR_OK;
    for (unsigned i = 0; i < cfg_opt_size(option) && error == ERR_OK; i++) {
        error = config_key_set(problem, line, key, cfg_opt_getnstr(option, i), &target);
    }
    return error;
}

static enum error take_keys(const struct config_problem *problem, cfg_t *cfg,
                            const struct config_places *places, struct config *config)
{
    size_t key_count;
    const struct config_key *keys = config_keys(&key_count);
    enum error error = ERR_OK;
    for (size_t i = 0; i < key_count && error == ERR_OK; i++) {
        if (config_section_is_titled(keys[i].section)) {
            continue;
        }
        cfg_t *section = cfg_getsec(cfg, config_section_name(keys[i].section));
        cfg_opt_t *option = cfg_getopt(section, keys[i].name);
        if (is_set(option)) {
            error = take_key(problem, places->key_lines[i], &keys[i], option, config);
        }
    }
    return error;
}

/* The keys of one part of a titled section. */
static enum error take_part(const struct config_problem *problem, cfg_t *cfg,
                            enum config_section section, const struct config_part *part,
                            const struct config_target *target)
{
    size_t key_count;
    const struct config_key *keys = config_keys(&key_count);
    enum error error = ERR_OK;
    size_t index = 0;
    for (size_t i = 0; i < key_count && error == ERR_OK; i++) {
        if (keys[i].section != section) {
            continue;
        }
        cfg_opt_t *option = cfg_getopt(cfg, keys[i].name);
        if (is_set(option)) {
            error = config_key_set(problem, part->key_lines[index], &keys[i],
                                   cfg_opt_getnstr(option, 0), target);
        }
        index++;
    }
    return error;
}

static enum error take_listen(const struct config_problem *problem, cfg_t *section,
                              const struct config_places *places, struct config *config)
{
    uint32_t index = config->listen_count;
    const struct config_part *part = &places->listens[index];
    struct config_listen listen;
    if (config_listen_parse(cfg_title(section), &listen) != ERR_OK) {
        config_problem_put(problem, part->line,
                           _("listen \"%.80s\": 127.0.0.1:9999나 [::1]:9999처럼 숫자 주소와 0부터 "
                             "65535까지의 포트를 씁니다"),
                           cfg_title(section));
        return ERR_INVALID;
    }
    for (uint32_t i = 0; i < index; i++) {
        if (listen.port != 0 && config_listen_equal(&config->listens[i], &listen)) {
            config_problem_put(problem, part->line,
                               _("listen \"%.80s\": 두 번 썼습니다. 처음은 %u번째 줄입니다"),
                               cfg_title(section), places->listens[i].line);
            return ERR_INVALID;
        }
    }
    struct config_target target = {.config = config, .listen = &listen};
    enum error error = take_part(problem, section, CONFIG_LISTEN, part, &target);
    if (error == ERR_OK) {
        config->listens[config->listen_count++] = listen;
    }
    return error;
}

/* What can be a parameter of a line of IRC, and shows as it is. */
static bool is_operator_name(struct text name)
{
    return name.count >= 1 && name.count <= NAME_BYTES_MAX && text_is_visible(name) &&
           memchr(name.data, ' ', name.count) == NULL && name.data[0] != ':';
}

static enum error take_operator(const struct config_problem *problem, cfg_t *section,
                                const struct config_places *places, struct config *config)
{
    const struct config_part *part = &places->operators[config->operator_count];
    struct text name = text_of(cfg_title(section));
    if (!is_operator_name(name)) {
        config_problem_put(problem, part->line,
                           _("operator \"%.80s\": 빈칸 없는 32바이트까지의 이름을 씁니다"),
                           cfg_title(section));
        return ERR_INVALID;
    }
    struct config_operator *oper = &config->operators[config->operator_count];
    memcpy(oper->name, name.data, name.count + 1);
    oper->hash[0] = '\0';
    struct config_target target = {.config = config, .oper = oper};
    enum error error = take_part(problem, section, CONFIG_OPERATOR, part, &target);
    if (error == ERR_OK && oper->hash[0] == '\0') {
        /* Without a password everybody would be one. */
        config_problem_put(problem, part->line, _("operator \"%s\": password가 없습니다"),
                           oper->name);
        return ERR_INVALID;
    }
    config->operator_count++;
    return error;
}

_Static_assert(NAME_BYTES_MAX == 32, "the sentence for operator states the bound");

static enum error take_listens(const struct config_problem *problem, cfg_t *cfg,
                               const struct config_places *places, struct config *config)
{
    const char *name = config_section_name(CONFIG_LISTEN);
    uint32_t count = cfg_size(cfg, name);
    if (count != places->listen_count) {
        return fail_differing(problem);
    }
    config->listen_count = 0;
    enum error error = ERR_OK;
    for (uint32_t i = 0; i < count && error == ERR_OK; i++) {
        error = take_listen(problem, cfg_getnsec(cfg, name, i), places, config);
    }
    return error;
}

static enum error take_operators(const struct config_problem *problem, cfg_t *cfg,
                                 const struct config_places *places, struct config *config)
{
    const char *name = config_section_name(CONFIG_OPERATOR);
    uint32_t count = cfg_size(cfg, name);
    if (count != places->operator_count) {
        return fail_differing(problem);
    }
    config->operator_count = 0;
    enum error error = ERR_OK;
    for (uint32_t i = 0; i < count && error == ERR_OK; i++) {
        error = take_operator(problem, cfg_getnsec(cfg, name, i), places, config);
    }
    return error;
}

/* Limits that must fit each other. One that the file does not set gives way; of two that it sets,
 * the operator must choose. */
static enum error fit_limits(const struct config_problem *problem,
                             const struct config_places *places, struct config *config)
{
    if (config->cut_ms < config->quiet_ms) {
        config->cut_ms = config->quiet_ms;
    }
    if (config->unregistered_start <= config->unregistered_full) {
        return ERR_OK;
    }
    uint32_t start_line = config_places_line(places, CONFIG_LIMIT, "unregistered_start");
    uint32_t full_line = config_places_line(places, CONFIG_LIMIT, "unregistered_full");
    if (start_line > 0 && full_line > 0) {
        config_problem_put(
            problem, start_line > full_line ? start_line : full_line,
            _("limit.unregistered_start = %u: limit.unregistered_full = %u보다 클 수 "
              "없습니다"),
            config->unregistered_start, config->unregistered_full);
        return ERR_INVALID;
    }
    if (start_line > 0) {
        config->unregistered_full = config->unregistered_start;
    } else {
        config->unregistered_start = config->unregistered_full;
    }
    return ERR_OK;
}

/* Neither is of use without the other. */
static enum error fit_tls(const struct config_problem *problem, const struct config_places *places)
{
    uint32_t certificate_line = config_places_line(places, CONFIG_TLS, "certificate");
    uint32_t key_line = config_places_line(places, CONFIG_TLS, "key");
    if ((certificate_line > 0) == (key_line > 0)) {
        return ERR_OK;
    }
    config_problem_put(problem, certificate_line > 0 ? certificate_line : key_line, "%s",
                       _("tls: certificate와 key는 함께 씁니다"));
    return ERR_INVALID;
}

/* What libconfuse has read becomes the configuration. */
static enum error take_all(const struct config_problem *problem, cfg_t *cfg,
                           const struct config_places *places, struct config *config)
{
    enum error error = take_keys(problem, cfg, places, config);
    if (error == ERR_OK) {
        error = take_listens(problem, cfg, places, config);
    }
    if (error == ERR_OK) {
        error = take_operators(problem, cfg, places, config);
    }
    if (error == ERR_OK) {
        error = fit_limits(problem, places, config);
    }
    if (error == ERR_OK) {
        error = fit_tls(problem, places);
    }
    return error;
}

static enum error fail_memory(const struct config_problem *problem)
{
    config_problem_put(problem, 0, "%s", _("메모리가 모자랍니다"));
    return ERR_MEMORY;
}

enum error config_file_parse(const struct config_problem *problem, struct bytes *text,
                             struct config_places *places, struct config *config)
{
    enum error error = config_text_clean(problem, text);
    if (error == ERR_OK) {
        error = config_places_find(problem, bytes_text(text), places);
    }
    if (error != ERR_OK) {
        return error;
    }
    if (bytes_append(text, "", 1) != ERR_OK) {
        return fail_memory(problem);
    }
    struct options options;
    options_init(&options, problem);
    cfg_t *cfg = cfg_init(options.sections, CFGF_NONE);
    if (cfg == NULL) {
        return fail_memory(problem);
    }
    (void)cfg_set_error_function(cfg, error_take);
    if (cfg_parse_buf(cfg, text->data) == CFG_SUCCESS) {
        error = take_all(problem, cfg, places, config);
    } else {
        /* It says nothing about an empty name, and when it has no memory. */
        config_problem_put(problem, cfg->line > 0 ? (uint32_t)cfg->line : 1, "%s",
                           _("문법이 틀렸습니다"));
        error = ERR_INVALID;
    }
    (void)cfg_free(cfg);
    return error;
}
