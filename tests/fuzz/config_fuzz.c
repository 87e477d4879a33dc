/*
 * The configuration under arbitrary bytes: it is either taken, and then every number is within the
 * range that its key states, or refused with one line; and however a file ends, libconfuse's lexer,
 * which has one state for the whole process, reads the next file as if it were the first.
 */
#include "base/check.h"
#include "base/utf8.h"
#include "model/name.h"
#include "server/config_file.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum error parse(struct text text, struct config *config, struct bytes *out)
{
    struct config_problem problem = {.file = "f", .out = out};
    struct bytes copy = {0};
    struct config_places places;
    check(bytes_append_text(&copy, text) == ERR_OK);
    *config = (struct config){.unregistered_full = 1, .cut_ms = 10000, .quiet_ms = 1};
    enum error error = config_file_parse(&problem, &copy, &places, config);
    bytes_finish(&copy);
    return error;
}

/* Zero is what parse() gives to what the file does not set. */
static void check_numbers(const struct config *config)
{
    size_t count;
    const struct config_key *keys = config_keys(&count);
    for (size_t i = 0; i < count; i++) {
        uint32_t number = 0;
        if (keys[i].kind == CONFIG_NUMBER && !config_section_is_titled(keys[i].section)) {
            memcpy(&number, (const char *)config + keys[i].offset, sizeof(number));
        }
        check(number == 0 || (number >= keys[i].min && number <= keys[i].max));
    }
    check(config->unregistered_start <= config->unregistered_full);
    check(config->quiet_ms <= config->cut_ms);
    check(config->listen_count <= LISTENERS_MAX);
    check(config->lobby[0] == '\0' || channel_name_check(text_of(config->lobby)) == NAME_OK);
    check(text_is_visible(text_of(config->name)) && text_is_visible(text_of(config->info)));
}

static void check_networks(const struct network *networks, uint32_t count, uint32_t most)
{
    check(count <= most);
    for (uint32_t i = 0; i < count; i++) {
        check(networks[i].prefix_bits <= 128);
    }
}

/* What strangers meet: nobody is an operator without a hash that can be checked within bounds. */
static void check_entrance(const struct config *config)
{
    check(config->operator_count <= OPERATORS_MAX);
    for (uint32_t i = 0; i < config->operator_count; i++) {
        const struct config_operator *oper = &config->operators[i];
        check(password_hash_check(text_of(oper->hash)) == PASSWORD_FORM_OK);
        check(oper->name[0] != '\0' && text_is_visible(text_of(oper->name)));
    }
    check(config->admin_count <= CONFIG_ADMIN_LINES_MAX);
    check(text_is_visible(text_of(config->icon)) && text_is_visible(text_of(config->password)));
    check((config->certificate[0] == '\0') == (config->certificate_key[0] == '\0'));
    check_networks(config->exempt, config->exempt_count, CONFIG_EXEMPT_MAX);
    check_networks(config->proxies, config->proxy_count, CONFIG_PROXIES_MAX);
}

static void check_next(void)
{
    struct config config;
    struct bytes problem = {0};
    check(parse(TEXT("limit { burst = 7 }\n"), &config, &problem) == ERR_OK);
    check(config.burst == 7 && problem.count == 0);
    bytes_finish(&problem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text = {.data = (const char *)data, .count = size};
    struct config config;
    struct bytes problem = {0};
    enum error error = parse(text, &config, &problem);
    if (error == ERR_OK) {
        check(problem.count == 0);
        check_numbers(&config);
        check_entrance(&config);
    } else {
        /* A line is always known: our own walk and libconfuse's agree on what stands where. */
        check(problem.count > 3 && memcmp(problem.data, "f:", 2) == 0);
        check(problem.data[2] >= '1' && problem.data[2] <= '9');
        check(text_is_visible(bytes_text(&problem)));
    }
    bytes_finish(&problem);
    check_next();
    return 0;
}
