/* The forms are those that madangd's plain door has too (docs/protocol/plain.md). */
#include "client/irc_said.h"

#include "client/irc_words.h"

#include <string.h>

bool irc_is_room(struct text name)
{
    return name.count > 1 && memchr("#&+!", name.data[0], 4) != NULL;
}

/* "@#room" is the room, to those of a rank. */
static struct text room_of(struct text target)
{
    size_t ranks = 0;
    while (ranks + 1 < target.count && memchr("~&@%+", target.data[ranks], 5) != NULL) {
        ranks++;
    }
    struct text room = text_skip(target, ranks);
    room = text_starts(room, TEXT("#")) ? room : target;
    return irc_is_room(room) ? room : TEXT_NONE;
}

/* Undoes CTCP's frame. False: a message from program to program. */
static bool take_action(struct text *text, bool *out_is_action)
{
    *out_is_action = text_starts(*text, TEXT("\001ACTION "));
    if (!*out_is_action) {
        return !text_starts(*text, TEXT("\001"));
    }
    *text = text_skip(*text, strlen("\001ACTION "));
    text->count -= text->count > 0 && text->data[text->count - 1] == '\001' ? 1 : 0;
    return true;
}

/* Appends what stands before the first line. */
static enum error append_start(const struct irc_said *said, struct text room, bool is_action,
                               struct bytes *out)
{
    bool is_private = room.count != said->target.count;
    struct text nick = said->nick;
    enum error error = ERR_OK;
    if (said->is_notice) {
        error = BYTES_JOIN(out, TEXT("-"), nick, TEXT("- "));
    } else if (is_private) {
        error = BYTES_JOIN(out, TEXT("*"), nick, TEXT("* "));
    } else if (!is_action) {
        error = BYTES_JOIN(out, TEXT("["), nick, TEXT("] "));
    }
    return error == ERR_OK && is_action ? BYTES_JOIN(out, TEXT("* "), nick, TEXT(" ")) : error;
}

enum error irc_said_tell(const struct irc_said *said, struct bytes *scratch,
                         const struct event_sink *sink)
{
    struct text text = said->text;
    bool is_action;
    if (said->nick.count == 0 || !take_action(&text, &is_action)) {
        return ERR_OK;
    }
    /* Only a server's name has a dot. */
    bool is_news = said->is_notice && memchr(said->nick.data, '.', said->nick.count) != NULL;
    struct event event = {.kind = is_news ? EVENT_TOLD : EVENT_MESSAGE,
                          .line_kind = said->kind,
                          .room = room_of(said->target),
                          .nick = said->nick};
    enum error error = ERR_OK;
    for (bool is_first = true; text.count > 0 && error == ERR_OK;) {
        const char *newline = memchr(text.data, '\n', text.count);
        size_t count = newline == NULL ? text.count : (size_t)(newline - text.data);
        struct text line = {.data = text.data, .count = count};
        text = text_skip(text, newline == NULL ? count : count + 1);
        if (count == 0) {
            continue;
        }
        bytes_clear(scratch);
        error = is_first ? append_start(said, event.room, is_action, scratch) : ERR_OK;
        if (error == ERR_OK) {
            error = irc_text_append(line, scratch);
        }
        if (error == ERR_OK) {
            event.line = bytes_text(scratch);
            error = sink->event(sink->context, &event);
        }
        is_first = false;
        event.line_kind = LINE_CONTINUED;
    }
    return error;
}
