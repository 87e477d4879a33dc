/* Words, lists and numbers as they stand in the params of a line. */
#include "door/irc_state.h"

#include "base/utf8.h"

#include <string.h>

bool irc_is_channel_name(struct text name)
{
    return name.count > 0 && name.data[0] == '#';
}

struct text irc_text_head(struct text text, size_t bytes_max)
{
    if (text.count <= bytes_max) {
        return text;
    }
    struct text head = {.data = text.data, .count = bytes_max};
    head.count -= utf8_tail_bytes(head);
    return head;
}

bool irc_item(struct text list, uint32_t index, struct text *out)
{
    for (uint32_t i = 0;; i++) {
        const char *comma = list.count == 0 ? NULL : memchr(list.data, ',', list.count);
        size_t count = comma == NULL ? list.count : (size_t)(comma - list.data);
        if (i == index) {
            *out = (struct text){.data = list.data, .count = count};
            return true;
        }
        if (comma == NULL) {
            return false;
        }
        list = (struct text){.data = comma + 1, .count = list.count - count - 1};
    }
}

uint32_t irc_item_count(struct text list)
{
    uint32_t count = 1;
    for (size_t i = 0; i < list.count; i++) {
        count += list.data[i] == ',';
    }
    return count;
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

bool irc_word_equal(struct text a, struct text b)
{
    if (a.count != b.count) {
        return false;
    }
    for (size_t i = 0; i < a.count; i++) {
        if (upper(a.data[i]) != upper(b.data[i])) {
            return false;
        }
    }
    return true;
}

bool irc_number(struct text text, uint64_t max, uint64_t *out)
{
    uint64_t number = 0;
    for (size_t i = 0; i < text.count; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(text.data[i] - '0');
        number = number > (max - digit) / 10 ? max : number * 10 + digit;
    }
    *out = number;
    return text.count > 0;
}

enum error irc_params_join(const struct irc_call *call, uint32_t index, struct bytes *out)
{
    size_t before = out->count;
    enum error error = ERR_OK;
    for (uint32_t i = index; error == ERR_OK && i < call->message.param_count; i++) {
        if (i > index) {
            error = bytes_append_text(out, TEXT(" "));
        }
        if (error == ERR_OK) {
            error = bytes_append_text(out, call->message.params[i]);
        }
    }
    if (error != ERR_OK) {
        out->count = before;
    }
    return error;
}
