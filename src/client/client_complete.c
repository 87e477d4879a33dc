/* Tab: commands behind a slash, rooms behind a '#', and otherwise the people that were seen last.
 * As much is filled in as all that fit agree in; when that is nothing, they are listed. */
#include "base/lang.h"
#include "base/utf8.h"
#include "client/client_state.h"

/* More than these are not listed. */
#define LISTED_BYTES_MAX 400

/* What fits the word so far. */
struct offers {
    struct text word;
    size_t count;
    struct bytes common; /* What all of them begin with. */
    struct bytes list;
};

/* The part of the text that the other begins with, between characters. */
static size_t common_bytes(struct text text, struct text other)
{
    size_t count = 0;
    while (count < text.count && count < other.count &&
           name_same((struct text){.data = text.data + count, .count = 1},
                     (struct text){.data = other.data + count, .count = 1})) {
        count++;
    }
    return count - utf8_tail_bytes((struct text){.data = text.data, .count = count});
}

static enum error offer(struct offers *offers, struct text name)
{
    if (!name_starts(name, offers->word)) {
        return ERR_OK;
    }
    offers->count++;
    enum error error = ERR_OK;
    if (offers->count == 1) {
        error = bytes_append_text(&offers->common, name);
    } else {
        offers->common.count = common_bytes(bytes_text(&offers->common), name);
    }
    if (error == ERR_OK && offers->list.count < LISTED_BYTES_MAX) {
        error = bytes_append_text(&offers->list, name);
        if (error == ERR_OK) {
            error = bytes_append_text(&offers->list, TEXT("  "));
        }
    }
    return error;
}

static enum error offer_commands(struct offers *offers)
{
    enum error error = ERR_OK;
    for (size_t i = 0; error == ERR_OK && client_command_name(i) != NULL; i++) {
        struct bytes slashed = {0};
        error = bytes_format(&slashed, "/%s", client_command_name(i));
        if (error == ERR_OK) {
            error = offer(offers, bytes_text(&slashed));
        }
        bytes_finish(&slashed);
    }
    return error;
}

static enum error gather(const struct client *client, bool at_start, struct offers *offers)
{
    enum error error = ERR_OK;
    if (at_start && text_starts(offers->word, TEXT("/"))) {
        return offer_commands(offers);
    }
    if (text_starts(offers->word, TEXT("#"))) {
        for (size_t i = 0; i < client->rooms.count && error == ERR_OK; i++) {
            error = offer(offers, bytes_text(&client->rooms.list[i].name));
        }
        return error;
    }
    for (size_t i = client->people.count; i > 0 && error == ERR_OK; i--) {
        error = offer(offers, bytes_text(&client->people.names[i - 1]));
    }
    return error;
}

/* Puts what is agreed in in place of the word; behind the only name there is goes a space, at the
 * start of a line with a colon before it. */
static enum error fill_in(struct client *client, size_t start, struct offers *offers)
{
    bool is_person =
        offers->common.count > 0 && offers->common.data[0] != '/' && offers->common.data[0] != '#';
    enum error error = ERR_OK;
    if (offers->count == 1) {
        error =
            bytes_append_text(&offers->common, start == 0 && is_person ? TEXT(": ") : TEXT(" "));
    }
    if (error != ERR_OK) {
        return error;
    }
    screen_row_changed(&client->screen);
    return editor_replace(client->editor, start, bytes_text(&offers->common)) == EDITOR_FULL
               ? screen_bell(&client->screen)
               : ERR_OK;
}

enum error client_complete(struct client *client)
{
    struct text line = editor_line(client->editor);
    size_t end = client->editor->cursor;
    size_t start = end;
    while (start > 0 && line.data[start - 1] != ' ') {
        start--;
    }
    struct offers offers = {.word = {.data = line.data + start, .count = end - start}};
    enum error error = gather(client, start == 0, &offers);
    if (error == ERR_OK && offers.count == 0) {
        error = screen_bell(&client->screen);
    } else if (error == ERR_OK && (offers.count == 1 || offers.common.count > offers.word.count)) {
        error = fill_in(client, start, &offers);
    } else if (error == ERR_OK) {
        error = screen_received(&client->screen, TEXT_NONE, bytes_text(&offers.list), LINE_WHOLE);
        screen_row_changed(&client->screen);
    }
    bytes_finish(&offers.common);
    bytes_finish(&offers.list);
    return error;
}
