/* From the configuration's words to those of the IRC door. */
#include "server/irc_setup.h"

#include "base/check.h"
#include "server/config.h"

#include <time.h>

/* Of the server's start: the door shows it as it stands. */
static void created_print(int64_t started_ms, char *out, size_t size)
{
    time_t seconds = (time_t)(started_ms / 1000);
    struct tm parts;
    check(gmtime_r(&seconds, &parts) != NULL);
    if (strftime(out, size, "%Y-%m-%d %H:%M:%S UTC", &parts) == 0) {
        out[0] = '\0'; /* Of a year that no clock of ours shows. */
    }
}

void irc_setup_make(struct config *config)
{
    struct irc_setup *setup = &config->irc;
    created_print(config->started_ms, setup->created, sizeof setup->created);
    for (uint32_t i = 0; i < config->operator_count; i++) {
        setup->operators[i] = (struct irc_operator){
            .name = text_of(config->operators[i].name),
            .hash = text_of(config->operators[i].hash),
        };
    }
    setup->server = (struct irc_server){
        .name = text_of(config->name),
        .info = text_of(config->info),
        .network = text_of(config->network),
        .version = TEXT("madang-" MADANG_VERSION),
        .created = text_of(setup->created),
        .password = text_of(config->password),
        .lobby = text_of(config->lobby),
        .motd = {.data = config->motd, .count = config->motd_bytes},
        .icon = text_of(config->icon),
        .casemapping = text_of(config->casemapping),
        .operators = setup->operators,
        .operator_count = config->operator_count,
    };
    for (uint32_t i = 0; i < CONFIG_ADMIN_LINES_MAX; i++) {
        setup->server.admin[i] = text_of(config->admin[i]);
    }
}

struct text irc_setup_operator(const struct irc_server *server, struct text hash)
{
    for (uint32_t i = 0; i < server->operator_count; i++) {
        if (hash.data == server->operators[i].hash.data) {
            return server->operators[i].name;
        }
    }
    return TEXT_NONE;
}
