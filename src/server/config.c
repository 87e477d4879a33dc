/* A configuration's life between threads, and the addresses in it. */
#include "server/config.h"

#include "base/check.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <string.h>

struct config *config_take(struct config *config)
{
    unsigned before = atomic_fetch_add_explicit(&config->references, 1, memory_order_relaxed);
    check(before > 0 && before < UINT32_MAX);
    return config;
}

void config_give(struct config *config)
{
    if (config == NULL) {
        return;
    }
    /* Whoever frees it must see that all others are done with it. */
    unsigned before = atomic_fetch_sub_explicit(&config->references, 1, memory_order_acq_rel);
    check(before > 0);
    if (before == 1) {
        mem_free(config->motd);
        mem_wipe(config, sizeof *config);
        mem_free(config);
    }
}

void config_keep(struct config *next, const struct config *now)
{
    memcpy(next->name, now->name, sizeof next->name);
    memcpy(next->info, now->info, sizeof next->info);
    memcpy(next->network, now->network, sizeof next->network);
    memcpy(next->lobby, now->lobby, sizeof next->lobby);
    memcpy(next->casemapping, now->casemapping, sizeof next->casemapping);
    irc_setup_make(next);
}

static bool network_holds(const struct network *network, const struct in6_addr *address)
{
    size_t whole_bytes = network->prefix_bits / 8;
    uint32_t left_bits = network->prefix_bits % 8;
    if (memcmp(network->address.s6_addr, address->s6_addr, whole_bytes) != 0) {
        return false;
    }
    if (left_bits == 0) {
        return true;
    }
    unsigned mask = 0xffu << (8 - left_bits) & 0xffu;
    return ((network->address.s6_addr[whole_bytes] ^ address->s6_addr[whole_bytes]) & mask) == 0;
}

static bool networks_hold(const struct network *networks, uint32_t count,
                          const struct in6_addr *address)
{
    for (uint32_t i = 0; i < count; i++) {
        if (network_holds(&networks[i], address)) {
            return true;
        }
    }
    return false;
}

bool config_is_exempt(const struct config *config, const struct in6_addr *address)
{
    return networks_hold(config->exempt, config->exempt_count, address);
}

bool config_trusts_proxy(const struct config *config, const struct in6_addr *address)
{
    return networks_hold(config->proxies, config->proxy_count, address);
}

bool config_trusts_webirc(const struct config *config, const struct in6_addr *address,
                          struct text password)
{
    return config->proxy_password[0] != '\0' && config_trusts_proxy(config, address) &&
           text_equal_secret(text_of(config->proxy_password), password);
}

/* A port in decimal digits alone. */
static bool port_parse(const char *text, uint16_t *out)
{
    uint32_t port = 0;
    size_t digits = 0;
    for (; text[digits] >= '0' && text[digits] <= '9' && digits < 5; digits++) {
        port = port * 10 + (uint32_t)(text[digits] - '0');
    }
    if (digits == 0 || text[digits] != '\0' || (digits > 1 && text[0] == '0') || port > 65535) {
        return false;
    }
    *out = (uint16_t)port;
    return true;
}

enum error config_listen_parse(const char *text, struct config_listen *out)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL) {
        return ERR_INVALID;
    }
    bool bracketed = text[0] == '[';
    const char *start = text + (bracketed ? 1 : 0);
    const char *end = colon;
    if (bracketed) {
        end--;
        if (end < start || *end != ']') {
            return ERR_INVALID;
        }
    }
    char address[INET6_ADDRSTRLEN];
    size_t address_count = (size_t)(end - start);
    if (address_count >= sizeof(address)) {
        return ERR_INVALID;
    }
    memcpy(address, start, address_count);
    address[address_count] = '\0';

    struct config_listen listen = {.door = DOOR_AUTO, .flood = true};
    struct in6_addr binary;
    int family = bracketed ? AF_INET6 : AF_INET;
    /* Written anew: two spellings of one address become the same. */
    if (!port_parse(colon + 1, &listen.port) || inet_pton(family, address, &binary) != 1 ||
        inet_ntop(family, &binary, listen.address, sizeof(listen.address)) == NULL) {
        return ERR_INVALID;
    }
    *out = listen;
    return ERR_OK;
}

bool config_listen_equal(const struct config_listen *a, const struct config_listen *b)
{
    return a->port == b->port && strcmp(a->address, b->address) == 0;
}
