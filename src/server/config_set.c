/* Values of the configuration that are more than a number, a flag or a text. */
#include "server/config_set.h"

#include "base/utf8.h"
#include "model/name.h"

#include <arpa/inet.h>
#include <string.h>

bool config_copy(char *out, size_t bytes_max, const char *value)
{
    size_t count = strlen(value);
    if (count == 0 || count > bytes_max) {
        return false;
    }
    memcpy(out, value, count + 1);
    return true;
}

/* The index of value among the words, which NULL ends; -1: it is none of them. */
static int word_index(const char *const *words, const char *value)
{
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], value) == 0) {
            return i;
        }
    }
    return -1;
}

bool config_set_lobby(const struct config_target *target, const char *value)
{
    return channel_name_check(text_of(value)) == NAME_OK &&
           config_copy(target->config->lobby, sizeof target->config->lobby - 1, value);
}

bool config_set_lang(const struct config_target *target, const char *value)
{
    static const char *const words[] = {"ko", "en", NULL};
    return word_index(words, value) >= 0 &&
           config_copy(target->config->lang, sizeof target->config->lang - 1, value);
}

bool config_set_casemapping(const struct config_target *target, const char *value)
{
    static const char *const words[] = {"ascii", "precis", NULL};
    return word_index(words, value) >= 0 &&
           config_copy(target->config->casemapping, sizeof target->config->casemapping - 1, value);
}

bool config_set_admin(const struct config_target *target, const char *value)
{
    struct config *config = target->config;
    if (config->admin_count == CONFIG_ADMIN_LINES_MAX || !text_is_visible(text_of(value)) ||
        !config_copy(config->admin[config->admin_count], CONFIG_ADMIN_BYTES_MAX, value)) {
        return false;
    }
    config->admin_count++;
    return true;
}

_Static_assert(CONFIG_ADMIN_LINES_MAX == 3 && CONFIG_ADMIN_BYTES_MAX == 200,
               "the sentence for server.admin states the bounds");

bool config_set_door(const struct config_target *target, const char *value)
{
    static const char *const words[] = {
        [DOOR_AUTO] = "auto", [DOOR_PLAIN] = "plain", [DOOR_IRC] = "irc", NULL};
    int index = word_index(words, value);
    if (index < 0) {
        return false;
    }
    target->listen->door = (enum door_kind)index;
    return true;
}

bool config_set_hash(const struct config_target *target, const char *value)
{
    return password_hash_check(text_of(value)) == PASSWORD_FORM_OK &&
           config_copy(target->oper->hash, PASSWORD_HASH_BYTES_MAX, value);
}

_Static_assert(PASSWORD_HASH_KIB_MAX == 65536 && PASSWORD_HASH_PASSES_MAX == 10,
               "the sentence for operator.password states the bounds");

bool config_set_cost(const struct config_target *target, const char *value)
{
    static const char *const words[] = {
        [CONFIG_COST_NORMAL] = "normal", [CONFIG_COST_TEST] = "test", NULL};
    int index = word_index(words, value);
    if (index < 0) {
        return false;
    }
    target->config->password_hash_cost = (enum config_hash_cost)index;
    return true;
}

bool config_set_always_on(const struct config_target *target, const char *value)
{
    static const char *const words[] = {"opt-in", "opt-out", NULL};
    int index = word_index(words, value);
    target->config->always_on = index == 1;
    return index >= 0;
}

bool config_set_modes(const struct config_target *target, const char *value)
{
    static const char *const words[] = {"+", "+i", NULL};
    int index = word_index(words, value);
    target->config->invisible = index == 1;
    return index >= 0;
}

/* "ADDRESS" or "ADDRESS/BITS". An address that its prefix cuts short is taken for a slip: it would
 * hold more than was written. */
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

static bool network_add(struct network *networks, uint32_t *count, uint32_t most, const char *value)
{
    if (*count == most || !network_parse(value, &networks[*count])) {
        return false;
    }
    ++*count;
    return true;
}

bool config_set_proxy(const struct config_target *target, const char *value)
{
    struct config *config = target->config;
    return network_add(config->proxies, &config->proxy_count, CONFIG_PROXIES_MAX, value);
}

bool config_set_exempt(const struct config_target *target, const char *value)
{
    struct config *config = target->config;
    return network_add(config->exempt, &config->exempt_count, CONFIG_EXEMPT_MAX, value);
}

_Static_assert(CONFIG_EXEMPT_MAX == 64 && CONFIG_PROXIES_MAX == 64,
               "the sentence for lists of addresses states the bound");

bool config_set_sync(const struct config_target *target, const char *value)
{
    static const char *const words[] = {[JOURNAL_SYNC_ALWAYS] = "always",
                                        [JOURNAL_SYNC_INTERVAL] = "interval",
                                        [JOURNAL_SYNC_NEVER] = "never",
                                        NULL};
    int index = word_index(words, value);
    if (index < 0) {
        return false;
    }
    target->config->sync = (enum journal_sync)index;
    return true;
}
