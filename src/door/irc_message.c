/*
 * Lines of IRC taken apart. Whatever a peer sends has some reading here, so nothing is refused but
 * lines without a command; what a command may be is for the caller to say.
 */
#include "door/irc_message.h"

#include <string.h>

static struct text text_from(struct text text, size_t position)
{
    return (struct text){.data = text.data + position, .count = text.count - position};
}

/* memchr() may not be given NULL, which an empty text may hold. */
static size_t find_byte(struct text text, char byte)
{
    const char *found = text.count > 0 ? memchr(text.data, byte, text.count) : NULL;
    return found == NULL ? text.count : (size_t)(found - text.data);
}

/* Several spaces count as one: clients have always been let off with that. */
static struct text skip_spaces(struct text rest)
{
    size_t count = 0;
    while (count < rest.count && rest.data[count] == ' ') {
        count++;
    }
    return count == 0 ? rest : text_from(rest, count);
}

/* Takes the word at the start of *rest, and the spaces behind it. */
static struct text take_word(struct text *rest)
{
    struct text word = {.data = rest->data, .count = find_byte(*rest, ' ')};
    *rest = skip_spaces(word.count == 0 ? *rest : text_from(*rest, word.count));
    return word;
}

static bool begins_with(struct text text, char byte)
{
    return text.count > 0 && text.data[0] == byte;
}

bool irc_message_parse(struct text line, struct irc_message *out)
{
    struct irc_message message = {0};
    struct text rest = skip_spaces(line);
    if (begins_with(rest, '@')) {
        rest = text_from(rest, 1);
        message.tags = take_word(&rest);
    }
    if (begins_with(rest, ':')) {
        rest = text_from(rest, 1);
        message.source = take_word(&rest);
    }
    message.command = take_word(&rest);
    if (message.command.count == 0) {
        return false;
    }
    while (rest.count > 0) {
        bool is_rest = message.param_count == IRC_PARAMS_MAX - 1;
        if (begins_with(rest, ':')) {
            rest = text_from(rest, 1);
            is_rest = true;
        }
        struct text *param = &message.params[message.param_count++];
        if (is_rest) {
            *param = rest;
            break;
        }
        *param = take_word(&rest);
    }
    *out = message;
    return true;
}

bool irc_tag_take(struct text *tags, struct text *key, struct text *value)
{
    /* Tags without a key ("a;;b", "=x") are none. */
    while (tags->count > 0) {
        struct text tag = {.data = tags->data, .count = find_byte(*tags, ';')};
        *tags = text_from(*tags, tag.count < tags->count ? tag.count + 1 : tag.count);
        size_t key_bytes = find_byte(tag, '=');
        if (key_bytes == 0) {
            continue;
        }
        *key = (struct text){.data = tag.data, .count = key_bytes};
        *value = key_bytes < tag.count ? text_from(tag, key_bytes + 1) : TEXT_NONE;
        return true;
    }
    return false;
}

bool irc_tag_find(struct text tags, struct text key, struct text *value)
{
    bool found = false;
    struct text one_key;
    struct text one_value;
    while (irc_tag_take(&tags, &one_key, &one_value)) {
        if (text_equal(one_key, key)) {
            *value = one_value;
            found = true;
        }
    }
    return found;
}

/* What the letter behind a backslash stands for. */
static char unescaped(char letter)
{
    switch (letter) {
    case ':':
        return ';';
    case 's':
        return ' ';
    case 'r':
        return '\r';
    case 'n':
        return '\n';
    default:
        return letter;
    }
}

enum error irc_tag_unescape(struct text value, struct bytes *out)
{
    enum error error = bytes_reserve(out, value.count);
    if (error != ERR_OK) {
        return error;
    }
    for (size_t i = 0; i < value.count; i++) {
        char byte = value.data[i];
        if (byte == '\\') {
            i++;
            if (i == value.count) {
                break; /* A backslash with nothing behind it stands for nothing. */
            }
            byte = unescaped(value.data[i]);
        }
        if (byte != '\0') {
            out->data[out->count++] = byte;
        }
    }
    return ERR_OK;
}

/* The letter that stands behind a backslash for byte; 0 for what stands for itself. */
static char escape_letter(char byte)
{
    switch (byte) {
    case ';':
        return ':';
    case ' ':
        return 's';
    case '\\':
        return '\\';
    case '\r':
        return 'r';
    case '\n':
        return 'n';
    default:
        return 0;
    }
}

enum error irc_tag_escape(struct text value, struct bytes *out)
{
    if (value.count > SIZE_MAX / 2) {
        return ERR_MEMORY;
    }
    enum error error = bytes_reserve(out, 2 * value.count);
    if (error != ERR_OK) {
        return error;
    }
    for (size_t i = 0; i < value.count; i++) {
        char byte = value.data[i];
        char letter = escape_letter(byte);
        if (letter != 0) {
            out->data[out->count++] = '\\';
            out->data[out->count++] = letter;
        } else if (byte != '\0') {
            out->data[out->count++] = byte;
        }
    }
    return ERR_OK;
}
