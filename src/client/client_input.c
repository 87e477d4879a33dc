/* Between the person and the outbox: keys on a terminal, lines in a pipe. */
#include "base/lang.h"
#include "base/utf8.h"
#include "client/client_state.h"

#include <errno.h>
#include <unistd.h>

#define READ_BYTES_MAX 4096

static enum error put_line(struct client *client, struct text line)
{
    client->line_count++;
    enum error error = bytes_append_text(&client->outbox, line);
    return error == ERR_OK ? bytes_append_text(&client->outbox, TEXT("\n")) : error;
}

/* How long the server may take to close when the person leaves now. */
static int64_t leave_wait_ms(const struct client *client)
{
    return client->editor != NULL
               ? CLIENT_LEAVE_TYPED_MS
               : CLIENT_LEAVE_PIPED_MS + client->line_count * CLIENT_LEAVE_LINE_MS;
}

static enum error refuse_line(struct client *client, const char *code, const char *sentence)
{
    struct bytes line;
    bytes_init(&line);
    enum error error = bytes_format(&line, "! %s: %s", code, sentence);
    if (error == ERR_OK) {
        error = client_show_error(client, bytes_text(&line));
    }
    bytes_finish(&line);
    return error;
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
        return refuse_line(client, "too-long", _("한 줄은 4096바이트까지라 보내지 않았습니다"));
    }
    if (is_blank(line)) {
        return ERR_OK;
    }
    if (!utf8_valid(line)) {
        return refuse_line(client, "bad-utf8", _("UTF-8이 아니어서 보내지 않았습니다"));
    }
    enum error error = put_line(client, line);
    if (error == ERR_OK && is_leave_word(line)) {
        client_leave(client, leave_wait_ms(client));
    }
    return error;
}

/* Without an editor. */

static enum error take_piped(void *context, struct text line, enum line_kind kind)
{
    return client_take_line(context, line, kind);
}

/* The end of input leaves; the report's server has to be told in words. */
static enum error leave_at_end(struct client *client)
{
    client->input_ended = true;
    if (client->leaving) {
        return ERR_OK;
    }
    enum error error = client->options->plain ? put_line(client, TEXT("q")) : ERR_OK;
    client_leave(client, leave_wait_ms(client));
    return error;
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

static enum error submit(struct client *client)
{
    struct text line = editor_line(client->editor);
    if (client->outbox.count > CLIENT_PASTE_BYTES_MAX) {
        /* The server takes nothing at the moment: the line stays. */
        return screen_bell(&client->screen);
    }
    enum error error = screen_keep_typed(&client->screen, line);
    if (error == ERR_OK) {
        error = client_take_line(client, line, LINE_WHOLE);
    }
    screen_row_changed(&client->screen);
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
