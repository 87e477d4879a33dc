/* Every key of the configuration in one table, and the forms of their values. */
#include "server/config_keys.h"

#include "base/check.h"
#include "base/lang.h"
#include "base/utf8.h"
#include "model/name.h"

#include <arpa/inet.h>
#include <confuse.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#define HOUR_MS (60 * 60 * 1000)
#define DAY_MS (24 * HOUR_MS)

static const char *const section_names[CONFIG_SECTION_COUNT] = {"server", "listen", "limit",
                                                                "storage"};

/* Copies value with its NUL when it has 1 to size - 1 bytes. */
static bool copy_text(char *out, size_t size, const char *value)
{
    size_t count = strlen(value);
    if (count == 0 || count >= size) {
        return false;
    }
    memcpy(out, value, count + 1);
    return true;
}

/* Text that shows as it is and has no spaces. */
static bool copy_word(char *out, size_t size, const char *value)
{
    return text_is_visible(text_of(value)) && strchr(value, ' ') == NULL &&
           copy_text(out, size, value);
}

static bool set_name(const struct config_target *target, const char *value)
{
    return copy_word(target->config->name, sizeof(target->config->name), value);
}

static bool set_info(const struct config_target *target, const char *value)
{
    return text_is_visible(text_of(value)) &&
           copy_text(target->config->info, sizeof(target->config->info), value);
}

static bool set_network(const struct config_target *target, const char *value)
{
    return copy_word(target->config->network, sizeof(target->config->network), value);
}

static bool set_lobby(const struct config_target *target, const char *value)
{
    return channel_name_check(text_of(value)) == NAME_OK &&
           copy_text(target->config->lobby, sizeof(target->config->lobby), value);
}

static bool set_lang(const struct config_target *target, const char *value)
{
    return (strcmp(value, "ko") == 0 || strcmp(value, "en") == 0) &&
           copy_text(target->config->lang, sizeof(target->config->lang), value);
}

static bool set_door(const struct config_target *target, const char *value)
{
    bool plain = strcmp(value, "plain") == 0;
    if (!plain && strcmp(value, "auto") != 0) {
        return false;
    }
    target->listen->door = plain ? DOOR_PLAIN : DOOR_AUTO;
    return true;
}

/* "ADDRESS" or "ADDRESS/BITS". An address that its prefix cuts short is taken for a slip: it would
 * exempt more than was written. */
static bool network_parse(const char *value, struct network *out)
{
    char address[INET6_ADDRSTRLEN];
    const char *slash = strchr(value, '/');
    size_t address_count = slash != NULL ? (size_t)(slash - value) : strlen(value);
    if (address_count >= sizeof(address)) {
        return false;
    }
    memcpy(address, value, address_count);
    address[address_count] = '\0';

    struct network network = {.prefix_bits = 128};
    uint32_t mapped_bits = 0;
    if (inet_pton(AF_INET, address, &network.address.s6_addr[12]) == 1) {
        mapped_bits = 96;
        network.address.s6_addr[10] = 0xff;
        network.address.s6_addr[11] = 0xff;
    } else if (inet_pton(AF_INET6, address, &network.address) != 1) {
        return false;
    }
    if (slash != NULL) {
        if (!config_number_parse(slash + 1, 0, 128 - mapped_bits, &network.prefix_bits)) {
            return false;
        }
        network.prefix_bits += mapped_bits;
    }
    for (uint32_t bit = network.prefix_bits; bit < 128; bit++) {
        if ((network.address.s6_addr[bit / 8] & (0x80 >> (bit % 8))) != 0) {
            return false;
        }
    }
    *out = network;
    return true;
}

static bool set_exempt(const struct config_target *target, const char *value)
{
    if (target->config->exempt_count == CONFIG_EXEMPT_MAX ||
        !network_parse(value, &target->config->exempt[target->config->exempt_count])) {
        return false;
    }
    target->config->exempt_count++;
    return true;
}

_Static_assert(CONFIG_EXEMPT_MAX == 64, "the sentence for limit.exempt states the bound");

static bool set_sync(const struct config_target *target, const char *value)
{
    static const char *const names[] = {[JOURNAL_SYNC_ALWAYS] = "always",
                                        [JOURNAL_SYNC_INTERVAL] = "interval",
                                        [JOURNAL_SYNC_NEVER] = "never"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i]) == 0) {
            target->config->sync = (enum journal_sync)i;
            return true;
        }
    }
    return false;
}

/* No shell reads the file: "~" would be made as a directory of that name. */
static bool set_data(const struct config_target *target, const char *value)
{
    return value[0] != '~' && copy_text(target->config->data, sizeof(target->config->data), value);
}

#define NUMBER(section, field, min, max)                                                           \
    {                                                                                              \
        section, CONFIG_NUMBER, #field, offsetof(struct config, field), min, max, NULL, NULL       \
    }
#define FLAG(section, field)                                                                       \
    {                                                                                              \
        section, CONFIG_FLAG, #field, offsetof(struct config, field), 0, 0, NULL,                  \
            N_("true나 false를 씁니다")                                                            \
    }
#define VALUE(section, name, set, expected)                                                        \
    {                                                                                              \
        section, CONFIG_VALUE, name, 0, 0, 0, set, expected                                        \
    }

static const struct config_key keys[] = {
    VALUE(CONFIG_SERVER, "name", set_name, N_("빈칸 없는 63바이트까지의 이름을 씁니다")),
    VALUE(CONFIG_SERVER, "info", set_info, N_("255바이트까지의 글을 씁니다")),
    VALUE(CONFIG_SERVER, "network", set_network, N_("빈칸 없는 63바이트까지의 이름을 씁니다")),
    VALUE(CONFIG_SERVER, "lobby", set_lobby,
          N_("#으로 시작하는 64바이트까지의 채널 이름을 씁니다")),
    VALUE(CONFIG_SERVER, "lang", set_lang, N_("ko나 en을 씁니다")),
    NUMBER(CONFIG_SERVER, threads, 1, WORKERS_MAX),
    NUMBER(CONFIG_SERVER, pace_ms, 0, 1000),
    VALUE(CONFIG_LISTEN, "door", set_door, N_("auto나 plain을 씁니다")),
    FLAG(CONFIG_LIMIT, flood),
    NUMBER(CONFIG_LIMIT, burst, 1, 10000),
    NUMBER(CONFIG_LIMIT, rate, 1, 1000000),
    NUMBER(CONFIG_LIMIT, connections_per_address, 0, SESSIONS_MAX),
    NUMBER(CONFIG_LIMIT, connects_per_address, 0, 1000000),
    NUMBER(CONFIG_LIMIT, connects_window_ms, 100, DAY_MS),
    NUMBER(CONFIG_LIMIT, unregistered_start, 1, SESSIONS_MAX),
    NUMBER(CONFIG_LIMIT, unregistered_percent, 0, 100),
    NUMBER(CONFIG_LIMIT, unregistered_full, 1, SESSIONS_MAX),
    NUMBER(CONFIG_LIMIT, register_ms, 10, HOUR_MS),
    NUMBER(CONFIG_LIMIT, quiet_ms, 1, 60000),
    NUMBER(CONFIG_LIMIT, cut_ms, 1, 60000),
    NUMBER(CONFIG_LIMIT, vanish_ms, 100, DAY_MS),
    NUMBER(CONFIG_LIMIT, close_ms, 10, 60000),
    NUMBER(CONFIG_LIMIT, shutdown_ms, 10, 60000),
    {CONFIG_LIMIT, CONFIG_LIST, "exempt", 0, 0, 0, set_exempt,
     N_("127.0.0.0/8이나 ::1처럼 숫자 주소나 그 앞부분을 64개까지 씁니다")},
    VALUE(CONFIG_STORAGE, "sync", set_sync, N_("always, interval, never 가운데 하나를 씁니다")),
    VALUE(CONFIG_STORAGE, "data", set_data,
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

static bool set_number(const struct config_key *key, const char *value, struct config *config)
{
    uint32_t number;
    if (!config_number_parse(value, key->min, key->max, &number)) {
        return false;
    }
    memcpy((char *)config + key->offset, &number, sizeof(number));
    return true;
}

static bool set_flag(const struct config_key *key, const char *value, struct config *config)
{
    int boolean = cfg_parse_boolean(value);
    if (boolean != 0 && boolean != 1) {
        return false;
    }
    bool flag = boolean == 1;
    memcpy((char *)config + key->offset, &flag, sizeof(flag));
    return true;
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
    const char *section = config_section_name(key->section);
    bool set = false;
    switch (key->kind) {
    case CONFIG_NUMBER:
        set = set_number(key, value, target->config);
        break;
    case CONFIG_FLAG:
        set = set_flag(key, value, target->config);
        break;
    case CONFIG_VALUE:
    case CONFIG_LIST:
        set = key->set(target, value);
        break;
    }
    if (set) {
        return ERR_OK;
    }
    if (key->kind == CONFIG_NUMBER) {
        /* Translators: a key, what it was given, the least and the greatest that it may be. */
        config_problem_put(problem, line, _("%s.%s = \"%.*s\": %u부터 %u까지의 정수를 씁니다"),
                           section, key->name, shown_bytes(value), value, key->min, key->max);
    } else {
        config_problem_put(problem, line, "%s.%s = \"%.*s\": %s", section, key->name,
                           shown_bytes(value), value, gettext(key->expected));
    }
    return ERR_INVALID;
}
