/* A paste of several lines is not sent before the person has said yes: it may be a slip of the
 * hand. */
#include "base/lang.h"
#include "client/client_state.h"

#include <string.h>

static enum error take_byte(struct paste *paste, char byte)
{
    bool same_end = byte == '\n' && paste->after_return;
    paste->after_return = byte == '\r';
    if (same_end || paste->overlong) {
        return ERR_OK;
    }
    if (paste->text.count == CLIENT_PASTE_BYTES_MAX) {
        paste->overlong = true;
        return ERR_OK;
    }
    return bytes_append(&paste->text, byte == '\r' ? "\n" : &byte, 1);
}

static enum error collect(struct paste *paste, const struct key *key)
{
    if (key->kind == KEY_ENTER) {
        return take_byte(paste, key->data[0]);
    }
    if (key->kind == KEY_TAB) {
        return take_byte(paste, ' ');
    }
    for (size_t i = 0; key->kind == KEY_TEXT && i < key->count; i++) {
        enum error error = take_byte(paste, key->data[i]);
        if (error != ERR_OK) {
            return error;
        }
    }
    return ERR_OK;
}

static size_t count_lines(struct text text)
{
    size_t count = 1;
    for (size_t i = 0; i < text.count; i++) {
        count += text.data[i] == '\n';
    }
    return count;
}

static enum error ask(struct client *client, size_t line_count)
{
    struct bytes question;
    bytes_init(&question);
    /* Translators: how many lines were pasted; y and n are the keys to press. */
    enum error error = bytes_format(&question, _("%zu줄을 붙여 넣어 보낼까요? (y/n) "), line_count);
    if (error == ERR_OK) {
        error = screen_ask(&client->screen, bytes_text(&question));
    }
    client->paste.asking = true;
    bytes_finish(&question);
    return error;
}

static enum error refuse_overlong(struct client *client)
{
    bytes_clear(&client->paste.text);
    return client_refuse(client, "too-long", _("붙여 넣은 글이 너무 길어 받지 않았습니다"));
}

static enum error end_paste(struct client *client)
{
    struct paste *paste = &client->paste;
    paste->active = false;
    while (paste->text.count > 0 && paste->text.data[paste->text.count - 1] == '\n') {
        paste->text.count--;
    }
    if (paste->overlong) {
        return refuse_overlong(client);
    }
    size_t line_count = count_lines(bytes_text(&paste->text));
    if (line_count > 1) {
        return ask(client, line_count);
    }
    enum editor_result result = editor_insert(client->editor, bytes_text(&paste->text));
    bytes_clear(&paste->text);
    screen_row_changed(&client->screen);
    return result == EDITOR_FULL ? refuse_overlong(client) : ERR_OK;
}

/* Says line by line. None of them is a command: what was copied somewhere is text. */
static enum error send_paste(struct client *client)
{
    struct text text = bytes_text(&client->paste.text);
    while (text.count > 0 && !client->leaving) {
        const char *newline = memchr(text.data, '\n', text.count);
        size_t count = newline == NULL ? text.count : (size_t)(newline - text.data);
        struct text line = {.data = text.data, .count = count};
        enum error error = screen_keep_typed(&client->screen, line);
        if (error == ERR_OK) {
            error = client_take_line(client, line, LINE_WHOLE);
        }
        if (error != ERR_OK) {
            return error;
        }
        text = text_skip(text, newline == NULL ? count : count + 1);
    }
    return ERR_OK;
}

/* y, and what the same key gives on a Korean keyboard. */
static bool says_yes(const struct key *key)
{
    struct text typed = {.data = key->data, .count = key->count};
    return key->kind == KEY_TEXT && (text_equal(typed, TEXT("y")) || text_equal(typed, TEXT("Y")) ||
                                     text_equal(typed, TEXT("\xE3\x85\x9B")));
}

static enum error answer(struct client *client, const struct key *key)
{
    if (says_yes(key) && !client->joined) {
        /* There is nobody to say it to: the question stays. */
        return screen_bell(&client->screen);
    }
    client->paste.asking = false;
    enum error error = screen_ask(&client->screen, TEXT_NONE);
    if (error == ERR_OK && says_yes(key)) {
        error = send_paste(client);
    }
    bytes_clear(&client->paste.text);
    return error;
}

enum error client_paste_key(struct client *client, const struct key *key)
{
    struct paste *paste = &client->paste;
    if (key->kind == KEY_PASTE_BEGIN && paste->asking) {
        /* A second paste is no answer to the question about the first. */
        paste->skipping = true;
    } else if (key->kind == KEY_PASTE_BEGIN) {
        bytes_clear(&paste->text);
        paste->active = true;
        paste->overlong = false;
        paste->after_return = false;
    } else if (paste->skipping) {
        paste->skipping = key->kind != KEY_PASTE_END;
    } else if (paste->active) {
        return key->kind == KEY_PASTE_END ? end_paste(client) : collect(paste, key);
    } else if (paste->asking) {
        return answer(client, key);
    }
    return ERR_OK;
}
