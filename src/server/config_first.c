/* The first reading of the configuration: known keys over the defaults. To be replaced by config.c
 * with its checks. */
#include "server/config.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <confuse.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum error config_listen_parse(const char *text, struct config_listen *out)
{
    struct config_listen listen = {.door = DOOR_AUTO};
    const char *colon = strrchr(text, ':');
    if (colon == NULL) {
        return ERR_INVALID;
    }
    const char *host = text;
    size_t count = (size_t)(colon - text);
    if (count >= 2 && host[0] == '[' && host[count - 1] == ']') {
        host++;
        count -= 2;
    }
    char *end;
    unsigned long port = strtoul(colon + 1, &end, 10);
    struct in6_addr address;
    if (count == 0 || count >= sizeof listen.address || end == colon + 1 || *end != '\0' ||
        colon[1] == '-' || colon[1] == '+' || port > 65535) {
        return ERR_INVALID;
    }
    memcpy(listen.address, host, count);
    if (inet_pton(AF_INET, listen.address, &address) != 1 &&
        inet_pton(AF_INET6, listen.address, &address) != 1) {
        return ERR_INVALID;
    }
    listen.port = (uint16_t)port;
    *out = listen;
    return ERR_OK;
}

static void copy(char *out, size_t capacity, const char *value)
{
    size_t count = strlen(value);
    if (count < capacity) {
        memcpy(out, value, count + 1);
    }
}

static bool network_parse(const char *text, struct network *out)
{
    char host[INET6_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    size_t count = slash != NULL ? (size_t)(slash - text) : strlen(text);
    if (count >= sizeof host) {
        return false;
    }
    memcpy(host, text, count);
    host[count] = '\0';
    struct network network = {.prefix_bits = 128};
    uint32_t offset = 0;
    struct in_addr v4;
    if (inet_pton(AF_INET, host, &v4) == 1) {
        network.address.s6_addr[10] = 0xff;
        network.address.s6_addr[11] = 0xff;
        memcpy(&network.address.s6_addr[12], &v4, 4);
        offset = 96;
    } else if (inet_pton(AF_INET6, host, &network.address) != 1) {
        return false;
    }
    if (slash != NULL) {
        network.prefix_bits = offset + (uint32_t)strtoul(slash + 1, NULL, 10);
    }
    *out = network;
    return network.prefix_bits <= 128;
}

static void defaults(struct config *config)
{
    copy(config->name, sizeof config->name, "madang");
    copy(config->info, sizeof config->info, "madang");
    copy(config->network, sizeof config->network, "madang");
    copy(config->lobby, sizeof config->lobby, "#madang");
    config->flood = true;
    config->burst = 5;
    config->rate = 2;
    config->connections_per_address = 16;
    config->connects_per_address = 32;
    config->connects_window_ms = 600000;
    config->unregistered_start = 200;
    config->unregistered_percent = 30;
    config->unregistered_full = 2000;
    config->register_ms = 30000;
    config->quiet_ms = 40;
    config->cut_ms = 1000;
    config->vanish_ms = 150000;
    config->close_ms = 2000;
    config->shutdown_ms = 2000;
    config->sync = JOURNAL_SYNC_ALWAYS;
    (void)network_parse("127.0.0.0/8", &config->exempt[0]);
    (void)network_parse("::1", &config->exempt[1]);
    config->exempt_count = 2;
}

static cfg_opt_t server_keys[] = {
    CFG_STR("name", NULL, CFGF_NONE),
    CFG_STR("info", NULL, CFGF_NONE),
    CFG_STR("network", NULL, CFGF_NONE),
    CFG_STR("lobby", NULL, CFGF_NONE),
    CFG_STR("lang", NULL, CFGF_NONE),
    CFG_INT("threads", 0, CFGF_NONE),
    CFG_END(),
};
static cfg_opt_t listen_keys[] = {CFG_STR("door", "auto", CFGF_NONE), CFG_END()};
static cfg_opt_t limit_keys[] = {
    CFG_BOOL("flood", cfg_true, CFGF_NONE),
    CFG_INT("burst", 5, CFGF_NONE),
    CFG_INT("rate", 2, CFGF_NONE),
    CFG_INT("connections_per_address", 16, CFGF_NONE),
    CFG_INT("connects_per_address", 32, CFGF_NONE),
    CFG_INT("connects_window_ms", 600000, CFGF_NONE),
    CFG_INT("unregistered_start", 200, CFGF_NONE),
    CFG_INT("unregistered_percent", 30, CFGF_NONE),
    CFG_INT("unregistered_full", 2000, CFGF_NONE),
    CFG_INT("register_ms", 30000, CFGF_NONE),
    CFG_INT("quiet_ms", 40, CFGF_NONE),
    CFG_INT("cut_ms", 1000, CFGF_NONE),
    CFG_INT("vanish_ms", 150000, CFGF_NONE),
    CFG_INT("close_ms", 2000, CFGF_NONE),
    CFG_INT("shutdown_ms", 2000, CFGF_NONE),
    CFG_STR_LIST("exempt", "{127.0.0.0/8, ::1}", CFGF_NONE),
    CFG_END(),
};
static cfg_opt_t storage_keys[] = {CFG_STR("sync", "always", CFGF_NONE),
                                   CFG_STR("data", NULL, CFGF_NONE), CFG_END()};
static cfg_opt_t keys[] = {
    CFG_SEC("server", server_keys, CFGF_NONE),
    CFG_SEC("listen", listen_keys, CFGF_MULTI | CFGF_TITLE),
    CFG_SEC("limit", limit_keys, CFGF_NONE),
    CFG_SEC("storage", storage_keys, CFGF_NONE),
    CFG_END(),
};

static void take_string(cfg_t *section, const char *key, char *out, size_t capacity)
{
    const char *value = cfg_getstr(section, key);
    if (value != NULL) {
        copy(out, capacity, value);
    }
}

static uint32_t number(cfg_t *section, const char *key)
{
    return (uint32_t)cfg_getint(section, key);
}

static void take_limits(struct config *config, cfg_t *limit)
{
    config->flood = cfg_getbool(limit, "flood");
    config->burst = number(limit, "burst");
    config->rate = number(limit, "rate");
    config->connections_per_address = number(limit, "connections_per_address");
    config->connects_per_address = number(limit, "connects_per_address");
    config->connects_window_ms = number(limit, "connects_window_ms");
    config->unregistered_start = number(limit, "unregistered_start");
    config->unregistered_percent = number(limit, "unregistered_percent");
    config->unregistered_full = number(limit, "unregistered_full");
    config->register_ms = number(limit, "register_ms");
    config->quiet_ms = number(limit, "quiet_ms");
    config->cut_ms = number(limit, "cut_ms");
    config->vanish_ms = number(limit, "vanish_ms");
    config->close_ms = number(limit, "close_ms");
    config->shutdown_ms = number(limit, "shutdown_ms");
    config->exempt_count = 0;
    for (unsigned i = 0; i < cfg_size(limit, "exempt") && i < CONFIG_EXEMPT_MAX; i++) {
        if (network_parse(cfg_getnstr(limit, "exempt", i), &config->exempt[config->exempt_count])) {
            config->exempt_count++;
        }
    }
}

static enum error take_file(struct config *config, const char *file, struct bytes *problem)
{
    cfg_t *cfg = cfg_init(keys, CFGF_NONE);
    if (cfg_parse(cfg, file) != CFG_SUCCESS) {
        cfg_free(cfg);
        return bytes_format(problem, "%s: cannot be read", file) == ERR_OK ? ERR_INVALID
                                                                           : ERR_MEMORY;
    }
    cfg_t *server = cfg_getsec(cfg, "server");
    take_string(server, "name", config->name, sizeof config->name);
    take_string(server, "info", config->info, sizeof config->info);
    take_string(server, "network", config->network, sizeof config->network);
    take_string(server, "lobby", config->lobby, sizeof config->lobby);
    take_string(server, "lang", config->lang, sizeof config->lang);
    config->threads = number(server, "threads");
    for (unsigned i = 0; i < cfg_size(cfg, "listen") && i < LISTENERS_MAX; i++) {
        cfg_t *listen = cfg_getnsec(cfg, "listen", i);
        if (config_listen_parse(cfg_title(listen), &config->listens[i]) == ERR_OK) {
            config->listen_count++;
            config->listens[i].door =
                strcmp(cfg_getstr(listen, "door"), "plain") == 0 ? DOOR_PLAIN : DOOR_AUTO;
        }
    }
    take_limits(config, cfg_getsec(cfg, "limit"));
    cfg_t *storage = cfg_getsec(cfg, "storage");
    take_string(storage, "data", config->data, sizeof config->data);
    const char *sync = cfg_getstr(storage, "sync");
    config->sync = strcmp(sync, "interval") == 0 ? JOURNAL_SYNC_INTERVAL
                   : strcmp(sync, "never") == 0  ? JOURNAL_SYNC_NEVER
                                                 : JOURNAL_SYNC_ALWAYS;
    cfg_free(cfg);
    return ERR_OK;
}

static void take_arguments(struct config *config, const struct config_arguments *arguments)
{
    for (uint32_t i = 0; i < arguments->listen_count && config->listen_count < LISTENERS_MAX; i++) {
        config->listens[config->listen_count++] = arguments->listens[i];
    }
    if (config->listen_count == 0) {
        (void)!config_listen_parse("127.0.0.1:9999", &config->listens[0]);
        config->listen_count = 1;
    }
    if (arguments->threads > 0) {
        config->threads = arguments->threads;
    }
    if (config->threads == 0) {
        cpu_set_t cpus;
        config->threads =
            sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? (uint32_t)CPU_COUNT(&cpus) : 1;
    }
    const char *home = getenv("HOME");
    const char *xdg = getenv("XDG_DATA_HOME");
    if (arguments->data != NULL) {
        copy(config->data, sizeof config->data, arguments->data);
    } else if (config->data[0] == '\0') {
        struct bytes path = {0};
        config->data_is_default = true;
        if (bytes_format(&path, "%s%s/madang",
                         xdg != NULL    ? xdg
                         : home != NULL ? home
                                        : ".",
                         xdg != NULL ? "" : "/.local/share") == ERR_OK &&
            bytes_append(&path, "", 1) == ERR_OK) {
            copy(config->data, sizeof config->data, path.data);
        }
        bytes_finish(&path);
    }
}

enum error config_read(const struct config_arguments *arguments, struct config **out,
                       struct bytes *problem)
{
    struct config *config = mem_zalloc(1, sizeof *config);
    if (config == NULL) {
        return ERR_MEMORY;
    }
    atomic_init(&config->references, 1);
    defaults(config);
    if (arguments->file != NULL) {
        enum error error = take_file(config, arguments->file, problem);
        if (error != ERR_OK) {
            mem_free(config);
            return error;
        }
    }
    take_arguments(config, arguments);
    *out = config;
    return ERR_OK;
}

struct config *config_take(struct config *config)
{
    atomic_fetch_add_explicit(&config->references, 1, memory_order_relaxed);
    return config;
}

void config_give(struct config *config)
{
    if (atomic_fetch_sub_explicit(&config->references, 1, memory_order_acq_rel) == 1) {
        mem_free(config);
    }
}

bool config_is_exempt(const struct config *config, const struct in6_addr *address)
{
    for (uint32_t i = 0; i < config->exempt_count; i++) {
        const struct network *network = &config->exempt[i];
        uint32_t bits = network->prefix_bits;
        bool same = memcmp(address->s6_addr, network->address.s6_addr, bits / 8) == 0;
        if (same && bits % 8 != 0) {
            uint8_t mask = (uint8_t)(0xff << (8 - bits % 8));
            same = ((address->s6_addr[bits / 8] ^ network->address.s6_addr[bits / 8]) & mask) == 0;
        }
        if (same) {
            return true;
        }
    }
    return false;
}
