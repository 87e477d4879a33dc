/* The defaults, the file over them, the command line over both. */
#include "server/config.h"

#include "base/lang.h"
#include "base/mem.h"
#include "server/config_file.h"
#include "server/config_named.h"
#include "server/config_text.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* The CPUs that the process may use, which may be fewer than the machine has. */
static uint32_t threads_default(void)
{
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    int count = sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
    if (count < 1) {
        return 1;
    }
    return count < WORKERS_MAX ? (uint32_t)count : WORKERS_MAX;
}

/* The most connections there can be: descriptors, which the server raises to the hard limit. */
static uint32_t connections_max(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max > SESSIONS_MAX) {
        return SESSIONS_MAX;
    }
    return limit.rlim_max > DESCRIPTORS_KEPT_BACK ? (uint32_t)limit.rlim_max - DESCRIPTORS_KEPT_BACK
                                                  : 1;
}

/* The least of the scaled limits, so that a small machine is not shut by a handful who are typing
 * their names. */
#define UNREGISTERED_START_MIN 10
#define UNREGISTERED_FULL_MIN 100

static uint32_t at_least(uint32_t value, uint32_t least)
{
    return value < least ? least : value;
}

/* 127.0.0.0/8 and ::1. Returns how many they are. */
static uint32_t loopback_put(struct network *out)
{
    out[0] = (struct network){.prefix_bits = 96 + 8};
    out[0].address.s6_addr[10] = 0xff;
    out[0].address.s6_addr[11] = 0xff;
    out[0].address.s6_addr[12] = 127;
    out[1] = (struct network){.address = IN6ADDR_LOOPBACK_INIT, .prefix_bits = 128};
    return 2;
}

/* What dist/madang.conf and madang.conf(5) state. config is all zero. */
static void set_defaults(struct config *config)
{
    atomic_init(&config->references, 1);
    (void)snprintf(config->name, sizeof(config->name), "madang");
    (void)snprintf(config->info, sizeof(config->info), "madang");
    (void)snprintf(config->network, sizeof(config->network), "madang");
    (void)snprintf(config->lobby, sizeof(config->lobby), "#madang");
    (void)snprintf(config->casemapping, sizeof(config->casemapping), "ascii");
    config->flood = true;
    config->burst = 5;
    config->rate = 2;
    config->connections_per_address = 16;
    config->connects_per_address = 32;
    config->connects_window_ms = 600000;
    uint32_t most = connections_max();
    config->unregistered_start = at_least(most / 10, UNREGISTERED_START_MIN);
    config->unregistered_percent = 30;
    config->unregistered_full = at_least(most, UNREGISTERED_FULL_MIN);
    config->register_ms = 30000;
    config->oper_again_ms = 10000;
    config->quiet_ms = 40;
    config->cut_ms = 1000;
    config->vanish_ms = 150000;
    config->close_ms = 2000;
    config->shutdown_ms = 2000;
    config->exempt_count = loopback_put(config->exempt);
    config->proxy_count = loopback_put(config->proxies);
    config->sync = JOURNAL_SYNC_ALWAYS;
    config->threads = threads_default();
}

static bool has_secrets(const struct config *config)
{
    return config->password[0] != '\0' || config->proxy_password[0] != '\0' ||
           config->operator_count > 0;
}

static enum error lay_file(const struct config_problem *problem, struct config *config)
{
    struct config_places places;
    struct bytes text;
    bytes_init(&text);
    bool others_read = false;
    enum error error = config_text_read(problem, &text, &others_read);
    if (error == ERR_OK) {
        error = config_file_parse(problem, &text, &places, config);
    }
    if (error == ERR_OK) {
        error = config_named_read(problem, &places, config);
    }
    if (error == ERR_OK) {
        config->others_read_secrets = others_read && has_secrets(config);
    }
    bytes_finish(&text);
    return error;
}

static enum error add_listen(const struct config_problem *problem, struct config *config,
                             const struct config_listen *listen)
{
    for (uint32_t i = 0; i < config->listen_count; i++) {
        if (listen->port != 0 && config_listen_equal(&config->listens[i], listen)) {
            return ERR_OK;
        }
    }
    if (config->listen_count == LISTENERS_MAX) {
        config_problem_put(problem, 0, _("listen은 %d개까지입니다"), LISTENERS_MAX);
        return ERR_INVALID;
    }
    config->listens[config->listen_count++] = *listen;
    return ERR_OK;
}

static enum error lay_listens(const struct config_problem *problem, struct config *config,
                              const struct config_arguments *arguments)
{
    enum error error = ERR_OK;
    for (uint32_t i = 0; i < arguments->listen_count && error == ERR_OK; i++) {
        error = add_listen(problem, config, &arguments->listens[i]);
    }
    if (error == ERR_OK && config->listen_count == 0) {
        /* Nothing is open to strangers by accident. */
        error = config_listen_parse("127.0.0.1:9999", &config->listens[0]);
        config->listen_count = 1;
    }
    return error;
}

/* A variable counts when it is an absolute path (XDG Base Directory Specification). */
static const char *directory_variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] == '/' ? value : NULL;
}

static enum error lay_data(const struct config_problem *problem, struct config *config,
                           const char *argument)
{
    const char *directory = argument;
    const char *below = "";
    if (argument == NULL && config->data[0] != '\0') {
        return ERR_OK;
    }
    if (argument == NULL) {
        config->data_is_default = true;
        directory = directory_variable("XDG_DATA_HOME");
        below = "/madang";
    }
    if (directory == NULL) {
        directory = directory_variable("HOME");
        below = "/.local/share/madang";
    }
    /* The environment's fault or the command line's, not the file's. */
    struct config_problem elsewhere = {.file = NULL, .out = problem->out};
    if (directory == NULL) {
        config_problem_put(&elsewhere, 0, "%s",
                           _("저장할 디렉터리를 알 수 없습니다. HOME이 없으니 --data나 "
                             "storage.data로 정해 주십시오"));
        return ERR_INVALID;
    }
    int count = snprintf(config->data, sizeof(config->data), "%s%s", directory, below);
    if (count <= 0 || (size_t)count >= sizeof(config->data)) {
        config_problem_put(&elsewhere, 0,
                           _("저장할 디렉터리의 이름이 너무 깁니다. %zu바이트까지 쓸 수 있습니다"),
                           sizeof(config->data) - 1);
        return ERR_INVALID;
    }
    return ERR_OK;
}

static enum error config_fill(const struct config_arguments *arguments, struct config *config,
                              struct bytes *problem_out)
{
    struct config_problem problem = {.file = arguments->file, .out = problem_out};
    set_defaults(config);
    enum error error = ERR_OK;
    if (arguments->file != NULL) {
        error = lay_file(&problem, config);
    }
    if (error == ERR_OK) {
        error = lay_listens(&problem, config, arguments);
    }
    if (error == ERR_OK) {
        error = lay_data(&problem, config, arguments->data);
    }
    if (error == ERR_OK && arguments->threads > 0) {
        config->threads = arguments->threads;
    }
    config->started_ms = arguments->started_ms;
    irc_setup_make(config);
    return error;
}

enum error config_read(const struct config_arguments *arguments, struct config **out,
                       struct bytes *problem)
{
    bytes_clear(problem);
    struct config *config = mem_zalloc(1, sizeof(*config));
    if (config == NULL) {
        struct config_problem no_file = {.file = NULL, .out = problem};
        config_problem_put(&no_file, 0, "%s", _("메모리가 모자랍니다"));
        return ERR_MEMORY;
    }
    enum error error = config_fill(arguments, config, problem);
    if (error != ERR_OK) {
        config_give(config);
        return error;
    }
    *out = config;
    return ERR_OK;
}
