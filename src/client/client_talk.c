/* What the server's events mean to the person. Nothing is shown of others' coming and going. */
#include "base/lang.h"
#include "client/client_state.h"

enum error client_show_error(struct client *client, struct text line)
{
    client->undelivered = true;
    if (client->editor != NULL) {
        return screen_received(&client->screen, TEXT_NONE, line, LINE_WHOLE);
    }
    output_flush(&client->output);
    enum error error = render_text(line, &client->errors.pending);
    if (error == ERR_OK) {
        error = bytes_append_text(&client->errors.pending, TEXT("\n"));
    }
    output_flush(&client->errors);
    return error;
}

enum error client_refuse(struct client *client, const char *code, const char *sentence)
{
    struct bytes line = {0};
    enum error error = bytes_format(&line, "! %s: %s", code, sentence);
    if (error == ERR_OK) {
        error = client_show_error(client, bytes_text(&line));
    }
    bytes_finish(&line);
    return error;
}

/* News about a name: our own or a room's. */
enum news { NEWS_IN, NEWS_ROOM, NEWS_LEFT, NEWS_RENAMED };

static enum error news_format(enum news news, const char *name, struct bytes *out)
{
    switch (news) {
    case NEWS_IN:
        /* Translators: a name; the person has joined the chat. */
        return bytes_format(out, _("[%s] 접속"), name);
    case NEWS_ROOM:
        return bytes_format(out, _("%s 방에 들어왔습니다"), name);
    case NEWS_LEFT:
        return bytes_format(out, _("%s 방에서 나왔습니다"), name);
    case NEWS_RENAMED:
        return bytes_format(out, _("이름이 바뀌었습니다: %s"), name);
    }
    return ERR_OK;
}

static enum error say_news(struct client *client, enum news news, struct text name)
{
    struct bytes shown = {0};
    struct bytes line = {0};
    enum error error = render_text(name, &shown);
    if (error == ERR_OK) {
        error = bytes_append(&shown, "", 1);
    }
    if (error == ERR_OK) {
        error = news_format(news, shown.data, &line);
    }
    if (error == ERR_OK) {
        error = screen_say(&client->screen, bytes_text(&line));
    }
    bytes_finish(&line);
    bytes_finish(&shown);
    return error;
}

enum error client_rooms_changed(struct client *client)
{
    bytes_clear(&client->screen.prompt);
    screen_row_changed(&client->screen);
    return rooms_activity(&client->rooms, &client->screen.prompt);
}

static enum error set_name(struct client *client, struct text name)
{
    bytes_clear(&client->name);
    enum error error = bytes_append_text(&client->name, name);
    client->screen.style.own = bytes_text(&client->name);
    return error;
}

static enum error join(struct client *client, struct text room)
{
    struct request request = {.kind = REQUEST_JOIN, .target = room};
    return client->wire->protocol->ask(client->wire, &request);
}

/* The first time into one room; after that back into all that we were in. */
static enum error take_ready(struct client *client, const struct event *event)
{
    struct text room =
        client->options->room[0] != '\0' ? text_of(client->options->room) : event->room;
    if (!client->was_joined && room.count == 0) {
        client_end(client, 1);
        return client_refuse(
            client, "no-room",
            _("이 서버에는 로비가 없습니다. --room 으로 들어갈 방을 정해 주십시오"));
    }
    if (!client->was_joined) {
        return join(client, room);
    }
    enum error error = ERR_OK;
    for (size_t i = 0; i < client->rooms.count && error == ERR_OK; i++) {
        error = join(client, bytes_text(&client->rooms.list[i].name));
    }
    return error;
}

static enum error take_joined(struct client *client, const struct event *event)
{
    size_t index = rooms_find(&client->rooms, event->room);
    bool is_new = index == ROOMS_NONE;
    enum error error = is_new ? rooms_add(&client->rooms, event->room, &index) : ERR_OK;
    if (error != ERR_OK || index == ROOMS_NONE) {
        return error;
    }
    client->rooms.list[index].is_inside = true;
    if (!client->joined) {
        client->joined = client->was_joined = true;
        client->farewell = false;
        client->joined_at_ms = client->now_ms;
        error = set_name(client, event->nick);
        return error == ERR_OK ? say_news(client, NEWS_IN, event->nick) : error;
    }
    if (!is_new) {
        return ERR_OK;
    }
    rooms_enter(&client->rooms, index);
    error = client_rooms_changed(client);
    bool is_told = error == ERR_OK && client->editor != NULL;
    return is_told ? say_news(client, NEWS_ROOM, event->room) : error;
}

/* Without any room there is nothing for a program to do; a person may join another. */
static enum error take_left(struct client *client, const struct event *event)
{
    size_t index = rooms_find(&client->rooms, event->room);
    if (index == ROOMS_NONE) {
        return ERR_OK;
    }
    rooms_remove(&client->rooms, index);
    if (client->rooms.count > 0) {
        rooms_enter(&client->rooms, client->rooms.current);
    }
    enum error error = event->line.count > 0 ? client_show_error(client, event->line) : ERR_OK;
    if (error == ERR_OK && client->editor != NULL) {
        error = say_news(client, NEWS_LEFT, event->room);
    } else if (error == ERR_OK && client->rooms.count == 0) {
        client->undelivered = true;
        error = client_leave(client, TEXT_NONE, client_leave_wait_ms(client));
    }
    return error == ERR_OK ? client_rooms_changed(client) : error;
}

static enum error take_message(struct client *client, const struct event *event)
{
    client->explained = false;
    struct text room = TEXT_NONE;
    enum error error = client->editor != NULL ? people_see(&client->people, event->nick) : ERR_OK;
    size_t index = rooms_find(&client->rooms, event->room);
    if (event->room.count > 0 && (index == ROOMS_NONE || index != client->rooms.current)) {
        room = event->room;
    }
    if (error == ERR_OK && index != ROOMS_NONE && index != client->rooms.current) {
        client->rooms.list[index].unread += event->line_kind != LINE_CONTINUED;
        error = client_rooms_changed(client);
    }
    return error == ERR_OK ? screen_received(&client->screen, room, event->line, event->line_kind)
                           : error;
}

/* Before we were in anywhere an error says why we shall not be. */
static enum error take_error(struct client *client, const struct event *event)
{
    client->explained = true;
    size_t index = rooms_find(&client->rooms, event->room);
    if (index != ROOMS_NONE && !client->rooms.list[index].is_inside) {
        /* We were there before the connection was lost, and may not come back. */
        rooms_remove(&client->rooms, index);
    }
    if (!client->was_joined) {
        client_end(client, 1);
    }
    enum error error = client_show_error(client, event->line);
    return error == ERR_OK ? client_rooms_changed(client) : error;
}

static enum error take_refused(struct client *client, const struct event *event)
{
    client->explained = true;
    enum error error = client_show_error(client, event->line);
    if (error != ERR_OK) {
        return error;
    }
    if (event->for_good || !client->was_joined) {
        client_end(client, 1);
    }
    /* The wire is in the middle of something: not now. */
    client->lost = true;
    return ERR_OK;
}

static enum error take_event(void *context, const struct event *event)
{
    struct client *client = context;
    if (client->ended) {
        return ERR_OK;
    }
    bool at_terminal = client->editor != NULL;
    switch (event->kind) {
    case EVENT_READY:
        return take_ready(client, event);
    case EVENT_JOINED:
        return take_joined(client, event);
    case EVENT_LEFT:
        return take_left(client, event);
    case EVENT_RENAMED: {
        enum error error = set_name(client, event->nick);
        bool is_told = at_terminal && error == ERR_OK;
        return is_told ? say_news(client, NEWS_RENAMED, event->nick) : error;
    }
    case EVENT_MESSAGE:
        return take_message(client, event);
    case EVENT_TOLD:
        return at_terminal ? screen_received(&client->screen, TEXT_NONE, event->line, LINE_WHOLE)
                           : ERR_OK;
    case EVENT_ERROR:
        return take_error(client, event);
    case EVENT_REFUSED:
        return take_refused(client, event);
    case EVENT_FOREIGN:
        client->foreign = !client->was_joined;
        client_end(client, 1);
        return ERR_OK;
    case EVENT_PRESENT:
        return at_terminal ? people_see(&client->people, event->nick) : ERR_OK;
    case EVENT_ABSENT:
        people_forget(&client->people, event->nick);
        return ERR_OK;
    }
    return ERR_OK;
}

struct event_sink client_events(struct client *client)
{
    return (struct event_sink){.event = take_event, .context = client};
}
