/* Every key of the configuration in one table, and how its value is set. */
#include "server/config_keys.h"

#include "base/check.h"
#include "base/lang.h"
#include "base/utf8.h"
#include "server/config_set.h"

#include <confuse.h>
#include <stddef.h>
#include <string.h>

#define HOUR_MS (60 * 60 * 1000)
#define DAY_MS (24 * HOUR_MS)

static const char *const section_names[CONFIG_SECTION_COUNT] = {
    [CONFIG_SERVER] = "server",     [CONFIG_TLS] = "tls",         [CONFIG_LISTEN] = "listen",
    [CONFIG_OPERATOR] = "operator", [CONFIG_ACCOUNT] = "account", [CONFIG_PROXY] = "proxy",
    [CONFIG_LIMIT] = "limit",       [CONFIG_STORAGE] = "storage",
};

#define IN_CONFIG(field) offsetof(struct config, field)
#define NUMBER(section_, field, min_, max_)                                                        \
    {                                                                                              \
        .section = (section_), .kind = CONFIG_NUMBER, .name = #field, .offset = IN_CONFIG(field),  \
        .min = (min_), .max = (max_)                                                               \
    }
#define FLAG(section_, structure, field)                                                           \
    {                                                                                              \
        .section = (section_), .kind = CONFIG_FLAG, .name = #field,                                \
        .offset = offsetof(structure, field), .expected = N_("true나 false를 씁니다")              \
    }
/* A text, word or path, in a field that has room for its longest and a NUL. */
#define STRING(section_, kind_, name_, field, expected_)                                           \
    {                                                                                              \
        .section = (section_), .kind = (kind_), .name = (name_), .offset = IN_CONFIG(field),       \
        .max = sizeof(((struct config *)NULL)->field) - 1, .expected = (expected_)                 \
    }
#define SECRET(section_, name_, field, expected_)                                                  \
    {                                                                                              \
        .section = (section_), .kind = CONFIG_TEXT, .name = (name_), .offset = IN_CONFIG(field),   \
        .max = sizeof(((struct config *)NULL)->field) - 1, .expected = (expected_),                \
        .is_secret = true                                                                          \
    }
#define VALUE(section_, name_, set_, expected_)                                                    \
    {                                                                                              \
        .section = (section_), .kind = CONFIG_VALUE, .name = (name_), .set = (set_),               \
        .expected = (expected_)                                                                    \
    }
#define LIST(section_, name_, count, set_, expected_)                                              \
    {                                                                                              \
        .section = (section_), .kind = CONFIG_LIST, .name = (name_), .offset = IN_CONFIG(count),   \
        .set = (set_), .expected = (expected_)                                                     \
    }

#define PATH_EXPECTED N_("파일 이름을 1023바이트까지 씁니다. ~는 쓸 수 없습니다")
#define PASSWORD_EXPECTED N_("제어 문자 없는 300바이트까지의 글을 씁니다")
#define NETWORKS_EXPECTED N_("127.0.0.0/8이나 ::1처럼 숫자 주소나 그 앞부분을 64개까지 씁니다")

_Static_assert(CONFIG_PATH_BYTES_MAX == 1023 && PASSWORD_BYTES_MAX == 300 &&
                   CONFIG_ICON_BYTES_MAX == 200,
               "the sentences state the bounds");

static const struct config_key keys[] = {
    STRING(CONFIG_SERVER, CONFIG_WORD, "name", name, N_("빈칸 없는 63바이트까지의 이름을 씁니다")),
    STRING(CONFIG_SERVER, CONFIG_TEXT, "info", info, N_("255바이트까지의 글을 씁니다")),
    STRING(CONFIG_SERVER, CONFIG_WORD, "network", network,
           N_("빈칸 없는 63바이트까지의 이름을 씁니다")),
    VALUE(CONFIG_SERVER, "lobby", config_set_lobby,
          N_("#으로 시작하는 64바이트까지의 채널 이름을 씁니다")),
    VALUE(CONFIG_SERVER, "lang", config_set_lang, N_("ko나 en을 씁니다")),
    SECRET(CONFIG_SERVER, "password", password, PASSWORD_EXPECTED),
    VALUE(CONFIG_SERVER, "casemapping", config_set_casemapping, N_("ascii나 precis를 씁니다")),
    STRING(CONFIG_SERVER, CONFIG_PATH, "motd", motd_file, PATH_EXPECTED),
    LIST(CONFIG_SERVER, "admin", admin_count, config_set_admin,
         N_("200바이트까지의 글을 셋까지 씁니다")),
    STRING(CONFIG_SERVER, CONFIG_WORD, "icon", icon,
           N_("빈칸 없는 200바이트까지의 주소(URL)를 씁니다")),
    FLAG(CONFIG_SERVER, struct config, proxy_protocol),
    NUMBER(CONFIG_SERVER, threads, 1, WORKERS_MAX),
    NUMBER(CONFIG_SERVER, pace_ms, 0, 1000),
    STRING(CONFIG_TLS, CONFIG_PATH, "certificate", certificate, PATH_EXPECTED),
    STRING(CONFIG_TLS, CONFIG_PATH, "key", certificate_key, PATH_EXPECTED),
    VALUE(CONFIG_LISTEN, "door", config_set_door, N_("auto, plain, irc 가운데 하나를 씁니다")),
    FLAG(CONFIG_LISTEN, struct config_listen, flood),
    FLAG(CONFIG_LISTEN, struct config_listen, proxy_protocol),
    {.section = CONFIG_OPERATOR,
     .kind = CONFIG_VALUE,
     .name = "password",
     .set = config_set_hash,
     .expected = N_("암호가 아니라 그 Argon2id 해시를 씁니다: $argon2id$v=19$m=19456,t=2,p=1$…, "
                    "m은 65536까지, t는 10까지"),
     .is_secret = true},
    FLAG(CONFIG_ACCOUNT, struct config, registration),
    FLAG(CONFIG_ACCOUNT, struct config, registration_before_connect),
    FLAG(CONFIG_ACCOUNT, struct config, registration_needs_email),
    VALUE(CONFIG_ACCOUNT, "password_hash_cost", config_set_cost, N_("normal이나 test를 씁니다")),
    VALUE(CONFIG_ACCOUNT, "always_on", config_set_always_on, N_("opt-in이나 opt-out을 씁니다")),
    VALUE(CONFIG_ACCOUNT, "default_user_modes", config_set_modes, N_("+나 +i를 씁니다")),
    LIST(CONFIG_PROXY, "addresses", proxy_count, config_set_proxy, NETWORKS_EXPECTED),
    SECRET(CONFIG_PROXY, "password", proxy_password, PASSWORD_EXPECTED),
    FLAG(CONFIG_LIMIT, struct config, flood),
    NUMBER(CONFIG_LIMIT, burst, 1, 10000),
    NUMBER(CONFIG_LIMIT, rate, 1, 1000000),
    NUMBER(CONFIG_LIMIT, connections_per_address, 0, SESSIONS_MAX),
    NUMBER(CONFIG_LIMIT, connects_per_address, 0, 1000000),
    NUMBER(CONFIG_LIMIT, connects_window_ms, 100, DAY_MS),
    NUMBER(CONFIG_LIMIT, unregistered_start, 1, SESSIONS_MAX),
    NUMBER(CONFIG_LIMIT, unregistered_percent, 0, 100),
    NUMBER(CONFIG_LIMIT, unregistered_full, 1, SESSIONS_MAX),
    NUMBER(CONFIG_LIMIT, register_ms, 10, HOUR_MS),
    NUMBER(CONFIG_LIMIT, oper_again_ms, 0, HOUR_MS),
    NUMBER(CONFIG_LIMIT, quiet_ms, 1, 60000),
    NUMBER(CONFIG_LIMIT, cut_ms, 1, 60000),
    NUMBER(CONFIG_LIMIT, vanish_ms, 100, DAY_MS),
    NUMBER(CONFIG_LIMIT, close_ms, 10, 60000),
    NUMBER(CONFIG_LIMIT, shutdown_ms, 10, 60000),
    LIST(CONFIG_LIMIT, "exempt", exempt_count, config_set_exempt, NETWORKS_EXPECTED),
    VALUE(CONFIG_STORAGE, "sync", config_set_sync,
          N_("always, interval, never 가운데 하나를 씁니다")),
    STRING(CONFIG_STORAGE, CONFIG_PATH, "data", data,
           N_("디렉터리를 1023바이트까지 씁니다. ~는 쓸 수 없습니다")),
};

#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))
_Static_assert(KEY_COUNT <= CONFIG_KEYS_MAX, "every key has a place");

const struct config_key *config_keys(size_t *out_count)
{
    *out_count = KEY_COUNT;
    return keys;
}

const char *config_section_name(enum config_section section)
{
    check(section < CONFIG_SECTION_COUNT);
    return section_names[section];
}

bool config_section_is_titled(enum config_section section)
{
    return section == CONFIG_LISTEN || section == CONFIG_OPERATOR;
}

bool config_number_parse(const char *value, uint32_t min, uint32_t max, uint32_t *out)
{
    uint64_t number = 0;
    size_t digits = 0;
    for (; value[digits] >= '0' && value[digits] <= '9' && digits < 10; digits++) {
        number = number * 10 + (uint64_t)(value[digits] - '0');
    }
    /* 010 is eight to some and ten to others. */
    bool leading_zero = digits > 1 && value[0] == '0';
    if (digits == 0 || value[digits] != '\0' || leading_zero || number < min || number > max) {
        return false;
    }
    *out = (uint32_t)number;
    return true;
}

static bool set_number(const struct config_key *key, const char *value, char *base)
{
    uint32_t number;
    if (!config_number_parse(value, key->min, key->max, &number)) {
        return false;
    }
    memcpy(base + key->offset, &number, sizeof(number));
    return true;
}

static bool set_flag(const struct config_key *key, const char *value, char *base)
{
    int boolean = cfg_parse_boolean(value);
    if (boolean != 0 && boolean != 1) {
        return false;
    }
    bool flag = boolean == 1;
    memcpy(base + key->offset, &flag, sizeof(flag));
    return true;
}

/* What has no visible form of its own, or for a word a space, cannot be meant. No shell reads the
 * file: "~" in a path would be a file of that name. */
static bool set_string(const struct config_key *key, const char *value, char *base)
{
    bool fits = key->kind == CONFIG_PATH ? value[0] != '~' : text_is_visible(text_of(value));
    if (key->kind == CONFIG_WORD && strchr(value, ' ') != NULL) {
        fits = false;
    }
    return fits && config_copy(base + key->offset, key->max, value);
}

static bool set_value(const struct config_key *key, const char *value,
                      const struct config_target *target)
{
    char *base = (char *)target->config;
    if (key->section == CONFIG_LISTEN) {
        base = (char *)target->listen;
    }
    switch (key->kind) {
    case CONFIG_NUMBER:
        return set_number(key, value, base);
    case CONFIG_FLAG:
        return set_flag(key, value, base);
    case CONFIG_TEXT:
    case CONFIG_WORD:
    case CONFIG_PATH:
        return set_string(key, value, base);
    case CONFIG_VALUE:
    case CONFIG_LIST:
        break;
    }
    return key->set(target, value);
}

/* As much of a value as a message can hold; whole characters. */
static int shown_bytes(const char *value)
{
    struct text text = text_of(value);
    if (text.count > 80) {
        text.count = 80;
        text.count -= utf8_tail_bytes(text);
    }
    return (int)text.count;
}

enum error config_key_set(const struct config_problem *problem, uint32_t line,
                          const struct config_key *key, const char *value,
                          const struct config_target *target)
{
    if (set_value(key, value, target)) {
        return ERR_OK;
    }
    const char *section = config_section_name(key->section);
    if (key->kind == CONFIG_NUMBER) {
        /* Translators: a key, what it was given, the least and the greatest that it may be. */
        config_problem_put(problem, line, _("%s.%s = \"%.*s\": %u부터 %u까지의 정수를 씁니다"),
                           section, key->name, shown_bytes(value), value, key->min, key->max);
    } else if (key->is_secret) {
        config_problem_put(problem, line, "%s.%s: %s", section, key->name, gettext(key->expected));
    } else {
        config_problem_put(problem, line, "%s.%s = \"%.*s\": %s", section, key->name,
                           shown_bytes(value), value, gettext(key->expected));
    }
    return ERR_INVALID;
}
