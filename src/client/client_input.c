/* What the person types: keys on a terminal, lines in a pipe. */
#include "base/check.h"
#include "base/lang.h"
#include "base/utf8.h"
#include "client/client_state.h"

#include <errno.h>
#include <unistd.h>

#define READ_BYTES_MAX 4096

int64_t client_leave_wait_ms(const struct client *client)
{
    return client->editor != NULL
               ? CLIENT_LEAVE_TYPED_MS
               : CLIENT_LEAVE_PIPED_MS + client->line_count * CLIENT_LEAVE_LINE_MS;
}

static enum error leave(struct client *client)
{
    return client_leave(client, TEXT_NONE, client_leave_wait_ms(client));
}

static bool is_blank(struct text line)
{
    for (size_t i = 0; i < line.count; i++) {
        if (line.data[i] != ' ' && line.data[i] != '\t') {
            return false;
        }
    }
    return true;
}

_Static_assert(PLAIN_LINE_BYTES_MAX == 4096, "the sentence for too-long states the bound");

enum error client_take_line(struct client *client, struct text line, enum line_kind kind)
{
    if (client->leaving) {
        return ERR_OK;
    }
    if (line.count > 0 && line.data[line.count - 1] == '\r') {
        line.count--;
    }
    if (kind == LINE_CUT || line.count > PLAIN_LINE_BYTES_MAX) {
        return client_refuse(client, "too-long", _("한 줄은 4096바이트까지라 보내지 않았습니다"));
    }
    if (is_blank(line)) {
        return ERR_OK;
    }
    if (!utf8_valid(line)) {
        return client_refuse(client, "bad-utf8", _("UTF-8이 아니어서 보내지 않았습니다"));
    }
    if (is_leave_word(line)) {
        return leave(client);
    }
    /* Between two connections only leaving gets here. */
    check(client->wire != NULL);
    if (client->rooms.count == 0 && client->wire->protocol->has_rooms) {
        return client_refuse(client, "no-room", _("들어가 있는 방이 없습니다. /join 방이름"));
    }
    client->line_count++;
    struct request request = {
        .kind = REQUEST_SAY, .target = rooms_current(&client->rooms), .text = line};
    return client->wire->protocol->ask(client->wire, &request);
}

/* Without an editor. */

static enum error take_piped(void *context, struct text line, enum line_kind kind)
{
    return client_take_line(context, line, kind);
}

static enum error leave_at_end(struct client *client)
{
    client->input_ended = true;
    return client->leaving ? ERR_OK : leave(client);
}

static enum error take_pipe(struct client *client, struct text input)
{
    struct line_sink sink = {.line = take_piped, .context = client};
    if (input.count > 0) {
        return lines_feed(&client->typed, input, &sink);
    }
    enum error error = lines_end(&client->typed, &sink);
    return error == ERR_OK ? leave_at_end(client) : error;
}

/* With the editor. */

/* We are in nowhere at the moment, or the server takes nothing: one can only leave. */
static bool must_wait(const struct client *client, struct text line)
{
    if (client->wire == NULL || !client->joined) {
        return !is_leave_word(line) && !text_starts(line, TEXT("/quit"));
    }
    return client->wire->protocol->pending_bytes(client->wire) > CLIENT_PASTE_BYTES_MAX;
}

/* "/word" is a command where there are any, "//word" is the text "/word". */
static enum error take_typed(struct client *client, struct text line)
{
    bool is_slashed =
        text_starts(line, TEXT("/")) && (client->wire == NULL || client->wire->protocol->has_rooms);
    if (is_slashed && !text_starts(line, TEXT("//"))) {
        return client_command(client, line);
    }
    size_t skipped = is_slashed ? 1 : 0;
    struct text text = {.data = line.data + skipped, .count = line.count - skipped};
    return client_take_line(client, text, LINE_WHOLE);
}

static enum error submit(struct client *client)
{
    struct text line = editor_line(client->editor);
    if (must_wait(client, line)) {
        /* The line stays. */
        return screen_bell(&client->screen);
    }
    enum error error = screen_keep_typed(&client->screen, line);
    if (error == ERR_OK) {
        error = take_typed(client, line);
    }
    if (error == ERR_OK) {
        error = client_rooms_changed(client);
    }
    return error == ERR_OK ? editor_accept(client->editor) : error;
}

static enum error edit(struct client *client, const struct key *key)
{
    switch (editor_key(client->editor, key)) {
    case EDITOR_CHANGED:
        screen_row_changed(&client->screen);
        return ERR_OK;
    case EDITOR_SUBMIT:
        return submit(client);
    case EDITOR_LEAVE:
        return leave_at_end(client);
    case EDITOR_FULL:
        return screen_bell(&client->screen);
    case EDITOR_REDRAW:
        return screen_clear(&client->screen);
    case EDITOR_COMPLETE:
        return client_complete(client);
    case EDITOR_REFUSED:
        break;
    }
    return key->kind == KEY_INVALID ? screen_bell(&client->screen) : ERR_OK;
}

static enum error take_key(struct client *client, const struct key *key)
{
    if (key->kind == KEY_CURSOR_REPORT) {
        return screen_cursor_reported(&client->screen, key->row, key->column);
    }
    bool pasting = client->paste.active || client->paste.asking || key->kind == KEY_PASTE_BEGIN;
    return pasting ? client_paste_key(client, key) : edit(client, key);
}

static enum error take_keys(struct client *client, struct text input)
{
    if (input.count == 0) {
        return leave_at_end(client);
    }
    for (size_t i = 0; i < input.count; i++) {
        struct key keys[2];
        size_t count = key_decode(&client->keys, (unsigned char)input.data[i], keys);
        for (size_t k = 0; k < count && !client->leaving; k++) {
            enum error error = take_key(client, &keys[k]);
            if (error != ERR_OK) {
                return error;
            }
        }
    }
    return ERR_OK;
}

enum error client_read_input(struct client *client)
{
    char data[READ_BYTES_MAX];
    ssize_t count = read(STDIN_FILENO, data, sizeof(data));
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) {
        return ERR_OK;
    }
    /* A terminal that is gone gives an error: an end like any other. */
    struct text input = {.data = data, .count = count > 0 ? (size_t)count : 0};
    return client->editor != NULL ? take_keys(client, input) : take_pipe(client, input);
}
