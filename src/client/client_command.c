/* What begins with a slash: a table of words, what they need, and what they ask the server for. */
#include "base/check.h"
#include "base/lang.h"
#include "client/client_state.h"

#include <string.h>

/* Where the first word of what stands behind a command goes. */
enum target {
    TARGET_NONE,     /* All of it is text. */
    TARGET_WORD,     /* It must be there. */
    TARGET_ROOM,     /* It is a room, and must be there. */
    TARGET_HERE,     /* A room if it begins with '#', else the current one is meant. */
    TARGET_ANYTHING, /* Without it the current room is meant. */
    TARGET_CURRENT,  /* The current room; all of it is text. */
};

struct command {
    const char *name;
    const char *usage;
    const char *help;
    enum target target;
    bool needs_text;
    enum request_kind request;
};

static const struct command commands[] = {
    {"join", "ROOM [KEY]", N_("방에 들어가거나 그 방으로 옮겨 갑니다"), TARGET_ROOM, false,
     REQUEST_JOIN},
    {"part", "[ROOM] [TEXT]", N_("방에서 나옵니다"), TARGET_HERE, false, REQUEST_PART},
    {"msg", "NAME TEXT", N_("한 사람에게만 말합니다"), TARGET_WORD, true, REQUEST_SAY},
    {"me", "TEXT", N_("무엇을 하는지 말합니다"), TARGET_CURRENT, true, REQUEST_ACT},
    {"nick", "NAME", N_("이름을 바꿉니다"), TARGET_NONE, true, REQUEST_NICK},
    {"names", "[ROOM]", N_("방에 있는 사람들을 봅니다"), TARGET_HERE, false, REQUEST_NAMES},
    {"topic", "[ROOM] [TEXT]", N_("방의 주제를 보거나 바꿉니다"), TARGET_HERE, false,
     REQUEST_TOPIC},
    {"list", "", N_("방들을 봅니다"), TARGET_NONE, false, REQUEST_LIST},
    {"who", "[NAME]", N_("누구인지 봅니다"), TARGET_ANYTHING, false, REQUEST_WHO},
    {"away", "[TEXT]", N_("자리를 비운다고, 또는 돌아왔다고 알립니다"), TARGET_NONE, false,
     REQUEST_AWAY},
    /* The rest is not asked of the server. */
    {"quit", "[TEXT]", N_("나갑니다. q와 quit도 같습니다"), TARGET_NONE, false, REQUEST_SAY},
    {"help", "", N_("이 도움말을 봅니다"), TARGET_NONE, false, REQUEST_SAY},
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

const char *client_command_name(size_t index)
{
    return index < COMMAND_COUNT ? commands[index].name : NULL;
}

static enum error say_help(struct client *client)
{
    struct bytes line = {0};
    enum error error = ERR_OK;
    for (size_t i = 0; i < COMMAND_COUNT && error == ERR_OK; i++) {
        bytes_clear(&line);
        error = bytes_format(&line, "/%-5s %-13s  %s", commands[i].name, commands[i].usage,
                             gettext(commands[i].help));
        if (error == ERR_OK) {
            error = screen_say(&client->screen, bytes_text(&line));
        }
    }
    bytes_finish(&line);
    if (error == ERR_OK) {
        error = screen_say(&client->screen,
                           text_of(_("/2는 둘째 방으로 옮겨 갑니다. Tab은 이름을 "
                                     "채웁니다. //로 시작하는 줄은 /로 시작하는 글입니다")));
    }
    return error;
}

static enum error refuse_usage(struct client *client, const struct command *command)
{
    struct bytes usage = {0};
    enum error error = bytes_format(&usage, "/%s %s", command->name, command->usage);
    if (error == ERR_OK) {
        error = bytes_append(&usage, "", 1);
    }
    if (error == ERR_OK) {
        error = client_refuse(client, "usage", usage.data);
    }
    bytes_finish(&usage);
    return error;
}

/* What is typed goes to the room from now on. */
static enum error enter(struct client *client, size_t index)
{
    rooms_enter(&client->rooms, index);
    return client_rooms_changed(client);
}

static bool begins_room(struct text text)
{
    return text.count > 0 && text.data[0] == '#';
}

/* Fills request from what stands behind the command. False: something is missing. */
static bool fill(const struct client *client, const struct command *command, struct text rest,
                 char room[CHANNEL_BYTES_MAX + 1], struct request *request)
{
    request->kind = command->request;
    bool is_named = command->target == TARGET_WORD || command->target == TARGET_ROOM ||
                    (command->target == TARGET_HERE && begins_room(rest)) ||
                    (command->target == TARGET_ANYTHING && rest.count > 0);
    if (is_named) {
        request->target = word_take(&rest);
    } else if (command->target != TARGET_NONE) {
        request->target = rooms_current(&client->rooms);
    }
    request->text = rest;
    if (command->target == TARGET_ROOM) {
        if (request->target.count == 0 || options_room_name(request->target, room) != ERR_OK) {
            return false;
        }
        request->target = text_of(room);
    }
    bool has_target = command->target == TARGET_NONE ||
                      (request->target.count > 0 && request->target.count <= CHANNEL_BYTES_MAX);
    return has_target && (rest.count > 0 || !command->needs_text);
}

static enum error run(struct client *client, const struct command *command, struct text rest)
{
    if (strcmp(command->name, "help") == 0) {
        return say_help(client);
    }
    if (strcmp(command->name, "quit") == 0) {
        return client_leave(client, rest, client_leave_wait_ms(client));
    }
    check(client->wire != NULL);
    char room[CHANNEL_BYTES_MAX + 1];
    struct request request = {0};
    if (!fill(client, command, rest, room, &request)) {
        return refuse_usage(client, command);
    }
    size_t index = rooms_find(&client->rooms, request.target);
    if (command->request == REQUEST_JOIN && index != ROOMS_NONE) {
        return enter(client, index);
    }
    return client->wire->protocol->ask(client->wire, &request);
}

/* "/2" is the second room. */
static size_t room_number(const struct client *client, struct text word)
{
    size_t number = 0;
    for (size_t i = 0; i < word.count; i++) {
        if (word.count > 2 || word.data[i] < '0' || word.data[i] > '9') {
            return ROOMS_NONE;
        }
        number = number * 10 + (size_t)(word.data[i] - '0');
    }
    return number >= 1 && number <= client->rooms.count ? number - 1 : ROOMS_NONE;
}

enum error client_command(struct client *client, struct text line)
{
    struct text rest = text_skip(line, 1);
    struct text word = word_take(&rest);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (name_same(word, text_of(commands[i].name))) {
            return run(client, &commands[i], rest);
        }
    }
    size_t room = room_number(client, word);
    if (room != ROOMS_NONE) {
        return enter(client, room);
    }
    return client_refuse(client, "unknown-command",
                         _("그런 명령이 없습니다. /help 를 쳐 보십시오"));
}
