/* Reads the command line without getopt: its messages could be neither translated nor made safe. */
#include "client/options.h"

#include "base/lang.h"
#include "base/utf8.h"

#include <string.h>

#define PORT_MAX 65535

bool is_leave_word(struct text line)
{
    return text_equal(line, TEXT("q")) || text_equal(line, TEXT("quit"));
}

static bool port_is_valid(struct text port)
{
    if (port.count == 0 || port.count > 5) {
        return false;
    }
    long value = 0;
    for (size_t i = 0; i < port.count; i++) {
        if (port.data[i] < '0' || port.data[i] > '9') {
            return false;
        }
        value = value * 10 + (port.data[i] - '0');
    }
    return value >= 1 && value <= PORT_MAX;
}

static bool host_is_valid(struct text host)
{
    if (host.count == 0 || host.count > CLIENT_HOST_BYTES_MAX) {
        return false;
    }
    for (size_t i = 0; i < host.count; i++) {
        unsigned char byte = (unsigned char)host.data[i];
        if (byte <= ' ' || byte == 0x7F || byte == '[' || byte == ']' || byte == '/') {
            return false;
        }
    }
    return true;
}

/* Parts server into its host and its port; has_port tells whether there is one. */
static bool server_split(const char *server, struct text *out_host, struct text *out_port,
                         bool *out_has_port)
{
    const char *colon = NULL;
    if (server[0] == '[') {
        const char *bracket = strchr(server, ']');
        if (bracket == NULL || (bracket[1] != '\0' && bracket[1] != ':')) {
            return false;
        }
        *out_host = (struct text){.data = server + 1, .count = (size_t)(bracket - server) - 1};
        colon = bracket[1] == ':' ? bracket + 1 : NULL;
    } else {
        colon = strchr(server, ':');
        if (colon != NULL && strchr(colon + 1, ':') != NULL) {
            colon = NULL;
        }
        *out_host = colon == NULL
                        ? text_of(server)
                        : (struct text){.data = server, .count = (size_t)(colon - server)};
    }
    *out_has_port = colon != NULL;
    *out_port = colon == NULL ? TEXT_NONE : text_of(colon + 1);
    return true;
}

enum error options_server_parse(const char *server, struct options *out)
{
    struct text host;
    struct text port;
    bool has_port;
    if (!server_split(server, &host, &port, &has_port) || !host_is_valid(host) ||
        (has_port && !port_is_valid(port))) {
        return ERR_INVALID;
    }
    memcpy(out->host, host.data, host.count);
    out->host[host.count] = '\0';
    if (has_port) {
        memcpy(out->port, port.data, port.count);
        out->port[port.count] = '\0';
    }
    return ERR_OK;
}

enum error options_room_name(struct text word, char out[CHANNEL_BYTES_MAX + 1])
{
    bool is_whole = word.count > 0 && strchr("#&+!", word.data[0]) != NULL;
    size_t count = word.count + (is_whole ? 0 : 1);
    if (count > CHANNEL_BYTES_MAX) {
        return ERR_LIMIT;
    }
    out[0] = '#';
    if (word.count > 0) {
        memcpy(out + count - word.count, word.data, word.count);
    }
    out[count] = '\0';
    return ERR_OK;
}

static void refuse(struct options *options, enum options_problem problem, const char *argument)
{
    if (options->problem == OPTIONS_FINE) {
        options->problem = problem;
        options->argument = argument;
    }
}

static void take_name(struct options *options, const char *name)
{
    if (options->name != NULL) {
        refuse(options, OPTIONS_NAME_TWICE, name);
        return;
    }
    options->name = name;
    options->name_verdict = name_check(text_of(name));
    if (options->name_verdict != NAME_OK) {
        refuse(options, OPTIONS_NAME_BAD, name);
    } else if (is_leave_word(text_of(name))) {
        refuse(options, OPTIONS_NAME_LEAVES, name);
    }
}

static void take_room(struct options *options, const char *room)
{
    enum error error = options_room_name(text_of(room), options->room);
    if (error != ERR_OK || channel_name_check(text_of(options->room)) != NAME_OK) {
        refuse(options, OPTIONS_ROOM_BAD, room);
    }
}

/* The value of the option called name in argument or behind it; NULL when argument is another
 * option, or the value is missing (which is then the problem). */
static const char *option_value(struct options *options, const char *name, char *const *arguments,
                                int *index)
{
    const char *argument = arguments[*index];
    size_t count = strlen(name);
    if (strncmp(argument, name, count) != 0 ||
        (argument[count] != '\0' && argument[count] != '=')) {
        return NULL;
    }
    if (argument[count] == '=') {
        return argument + count + 1;
    }
    if (arguments[*index + 1] == NULL) {
        refuse(options, OPTIONS_VALUE_MISSING, argument);
        return NULL;
    }
    *index += 1;
    return arguments[*index];
}

static void take_flag(struct options *options, const char *argument)
{
    static const char *const flags[] = {"--plain", "--tls", "--help", "--version"};
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        size_t count = strlen(flags[i]);
        if (strncmp(argument, flags[i], count) == 0 && argument[count] == '=') {
            refuse(options, OPTIONS_VALUE_UNWANTED, flags[i]);
            return;
        }
    }
    if (strcmp(argument, "--plain") == 0) {
        options->plain = true;
    } else if (strcmp(argument, "--tls") == 0) {
        refuse(options, OPTIONS_NO_TLS, NULL);
    } else if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
        options->action = OPTIONS_HELP;
    } else if (strcmp(argument, "--version") == 0) {
        options->action = OPTIONS_VERSION;
    } else {
        refuse(options, OPTIONS_UNKNOWN, argument);
    }
}

static void take_option(struct options *options, char *const *arguments, int *index)
{
    const char *argument = arguments[*index];
    enum options_problem before = options->problem;
    const char *server = option_value(options, "--server", arguments, index);
    if (server != NULL) {
        if (options_server_parse(server, options) != ERR_OK) {
            refuse(options, OPTIONS_SERVER_BAD, server);
        }
        return;
    }
    const char *room = option_value(options, "--room", arguments, index);
    if (room != NULL) {
        take_room(options, room);
        return;
    }
    if (options->problem == before) {
        take_flag(options, argument);
    }
}

void options_parse(int count, char *const *arguments, struct options *out)
{
    struct options options = {.host = OPTIONS_HOST_DEFAULT, .port = OPTIONS_PORT_DEFAULT};
    bool only_names = false;
    for (int i = 1; i < count && options.problem == OPTIONS_FINE; i++) {
        if (!only_names && strcmp(arguments[i], "--") == 0) {
            only_names = true;
        } else if (!only_names && arguments[i][0] == '-' && arguments[i][1] != '\0') {
            take_option(&options, arguments, &i);
        } else {
            take_name(&options, arguments[i]);
        }
        /* Help is given even when what follows is wrong. */
        if (options.action != OPTIONS_RUN) {
            break;
        }
    }
    if (options.action == OPTIONS_RUN && options.name == NULL) {
        refuse(&options, OPTIONS_NAME_MISSING, NULL);
    }
    if (options.plain && options.room[0] != '\0') {
        refuse(&options, OPTIONS_ROOM_PLAIN, NULL);
    }
    *out = options;
}

static enum error problem_format(const struct options *options, const char *word, struct bytes *out)
{
    switch (options->problem) {
    case OPTIONS_UNKNOWN:
        return bytes_format(out, _("모르는 옵션입니다: %s"), word);
    case OPTIONS_VALUE_MISSING:
        return bytes_format(out, _("%s 뒤에 값이 있어야 합니다"), word);
    case OPTIONS_VALUE_UNWANTED:
        return bytes_format(out, _("%s에는 값을 줄 수 없습니다"), word);
    case OPTIONS_NAME_MISSING:
        return bytes_format(out, "%s", _("이름(NAME)을 주십시오"));
    case OPTIONS_NAME_TWICE:
        return bytes_format(out, _("이름은 하나만 줄 수 있습니다: %s"), word);
    case OPTIONS_NAME_BAD:
        return bytes_format(out, "bad-name: %s", name_verdict_sentence(options->name_verdict));
    case OPTIONS_NAME_LEAVES:
        return bytes_format(out, _("bad-name: %s은(는) 나가는 말이라 이름이 될 수 없습니다"), word);
    case OPTIONS_SERVER_BAD:
        return bytes_format(
            out, _("서버 주소가 아닙니다: %s (HOST, HOST:PORT, [IPv6]:PORT 꼴이어야 합니다)"),
            word);
    case OPTIONS_NO_TLS:
        return bytes_format(out, "%s", _("--tls는 아직 되지 않습니다. 다음 판에서 됩니다"));
    case OPTIONS_ROOM_BAD:
        return bytes_format(out, _("bad-room: 방 이름이 될 수 없습니다: %s"), word);
    case OPTIONS_ROOM_PLAIN:
        return bytes_format(out, "%s", _("--plain으로 들어가는 서버에는 방이 없습니다"));
    case OPTIONS_FINE:
        break;
    }
    return ERR_OK;
}

enum error options_problem_append(const struct options *options, struct bytes *out)
{
    struct bytes word;
    bytes_init(&word);
    enum error error = ERR_OK;
    if (options->argument != NULL) {
        error = text_append_visible(&word, text_of(options->argument));
    }
    if (error == ERR_OK) {
        error = bytes_append(&word, "", 1);
    }
    if (error == ERR_OK) {
        error = problem_format(options, word.data, out);
    }
    bytes_finish(&word);
    return error;
}
