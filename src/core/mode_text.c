/* The letters of modes: which mean what, and how the modes of a channel or a person are written. */
#include "base/check.h"
#include "core/change.h"

#include <string.h>

/* Flags, in the order in which they are told. */
static const struct {
    char letter;
    uint32_t flag;
} channel_flags[] = {
    {'C', MODE_NO_CTCP},         {'M', MODE_SPEAK_REGISTERED}, {'P', MODE_KEPT},
    {'R', MODE_JOIN_REGISTERED}, {'c', MODE_NO_COLOURS},       {'i', MODE_INVITE_ONLY},
    {'m', MODE_MODERATED},       {'n', MODE_NO_EXTERNAL},      {'s', MODE_SECRET},
    {'t', MODE_TOPIC_LOCKED},    {'u', MODE_AUDITORIUM},
};
static const struct {
    char letter;
    uint32_t flag;
} user_flags[] = {
    {'B', PERSON_BOT},       {'R', PERSON_REGISTERED_ONLY}, {'g', PERSON_CALLER_ID},
    {'i', PERSON_INVISIBLE}, {'o', PERSON_OPERATOR},        {'w', PERSON_WALLOPS},
};
static const char list_letters[LIST_COUNT] = {
    [LIST_BANS] = 'b',
    [LIST_EXCEPTIONS] = 'e',
    [LIST_INVITATIONS] = 'I',
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

uint32_t mode_flag(char letter)
{
    for (size_t i = 0; i < COUNT(channel_flags); i++) {
        if (channel_flags[i].letter == letter) {
            return channel_flags[i].flag;
        }
    }
    return 0;
}

uint32_t user_mode_flag(char letter)
{
    for (size_t i = 0; i < COUNT(user_flags); i++) {
        if (user_flags[i].letter == letter) {
            return user_flags[i].flag;
        }
    }
    return 0;
}

enum channel_list mode_list(char letter)
{
    size_t list = 0;
    while (list < LIST_COUNT && list_letters[list] != letter) {
        list++;
    }
    return (enum channel_list)list;
}

char mode_list_letter(enum channel_list list)
{
    check(list < LIST_COUNT);
    return list_letters[list];
}

struct text user_flags_text(uint32_t flags, char out[USER_MODES_BYTES_MAX])
{
    _Static_assert(COUNT(user_flags) < USER_MODES_BYTES_MAX, "all letters have room");
    size_t count = 0;
    out[count++] = '+';
    for (size_t i = 0; i < COUNT(user_flags); i++) {
        if ((flags & user_flags[i].flag) != 0) {
            out[count++] = user_flags[i].letter;
        }
    }
    return (struct text){.data = out, .count = count};
}

struct text session_modes(const struct session *session, char out[USER_MODES_BYTES_MAX])
{
    return user_flags_text(session->flags, out);
}

static void add_param(struct channel_modes *modes, char letter, struct text param)
{
    modes->letters[modes->letter_bytes++] = letter;
    modes->params[modes->param_count++] = param;
}

void channel_modes(const struct channel *channel, bool is_inside, struct channel_modes *out)
{
    _Static_assert(COUNT(channel_flags) + 4 <= sizeof(out->letters), "all letters have room");
    const struct channel_options *options = channel->options;
    out->letter_bytes = 0;
    out->param_count = 0;
    out->letters[out->letter_bytes++] = '+';
    for (size_t i = 0; i < COUNT(channel_flags); i++) {
        if ((channel->modes & channel_flags[i].flag) != 0) {
            out->letters[out->letter_bytes++] = channel_flags[i].letter;
        }
    }
    if ((channel->modes & MODE_FORWARD) != 0) {
        const struct text forward = {.data = options->forward, .count = options->forward_bytes};
        add_param(out, 'f', is_inside ? forward : TEXT("*"));
    }
    if ((channel->modes & MODE_KEY) != 0) {
        const struct text key = {.data = options->key, .count = options->key_bytes};
        add_param(out, 'k', is_inside ? key : TEXT("*"));
    }
    if ((channel->modes & MODE_LIMIT) != 0) {
        add_param(out, 'l', number_text(channel->limit, out->limit));
    }
}

struct text channel_modes_text(const struct channel_modes *modes, char out[MODES_BYTES_MAX])
{
    size_t count = modes->letter_bytes;
    memcpy(out, modes->letters, count);
    for (uint32_t i = 0; i < modes->param_count; i++) {
        out[count++] = ' ';
        memcpy(out + count, modes->params[i].data, modes->params[i].count);
        count += modes->params[i].count;
    }
    return (struct text){.data = out, .count = count};
}

struct text word_take(struct text *text)
{
    size_t begin = 0;
    while (begin < text->count && text->data[begin] == ' ') {
        begin++;
    }
    size_t end = begin;
    while (end < text->count && text->data[end] != ' ') {
        end++;
    }
    const struct text word = {.data = text->data + begin, .count = end - begin};
    *text = (struct text){.data = text->data + end, .count = text->count - end};
    return word;
}

bool key_is_good(struct text key)
{
    if (key.count == 0 || key.count > KEY_BYTES_MAX || key.data[0] == ':') {
        return false;
    }
    for (size_t i = 0; i < key.count; i++) {
        /* A comma stands between the keys of a JOIN. */
        if ((unsigned char)key.data[i] <= ' ' || key.data[i] == 0x7F || key.data[i] == ',') {
            return false;
        }
    }
    return true;
}

uint32_t limit_of(struct text text)
{
    uint32_t limit = 0;
    for (size_t i = 0; i < text.count; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return 0;
        }
        limit = limit * 10 + (uint32_t)(text.data[i] - '0');
        if (limit > MEMBERS_PER_CHANNEL_MAX) {
            return 0;
        }
    }
    return limit;
}

/* Sets the mode of one letter that takes a parameter. ERR_INVALID. */
MUST_USE static enum error load_param(struct channel *channel, char letter, struct text param)
{
    struct channel_options *options = channel->options;
    if (letter == 'k' && key_is_good(param)) {
        channel->modes |= MODE_KEY;
        options->key_bytes = (uint8_t)param.count;
        memcpy(options->key, param.data, param.count);
        return ERR_OK;
    }
    if (letter == 'l' && limit_of(param) > 0) {
        channel->modes |= MODE_LIMIT;
        channel->limit = limit_of(param);
        return ERR_OK;
    }
    if (letter == 'f' && channel_name_check(param) == NAME_OK) {
        channel->modes |= MODE_FORWARD;
        options->forward_bytes = (uint8_t)param.count;
        memcpy(options->forward, param.data, param.count);
        return ERR_OK;
    }
    return ERR_INVALID;
}

enum error channel_modes_load(struct channel *channel, struct text modes)
{
    struct text params = modes;
    const struct text letters = word_take(&params);
    if (letters.count == 0 || letters.data[0] != '+') {
        return ERR_INVALID;
    }
    if (channel_options_reserve(channel) != ERR_OK) {
        return ERR_MEMORY;
    }
    for (size_t i = 1; i < letters.count; i++) {
        const uint32_t flag = mode_flag(letters.data[i]);
        channel->modes |= flag;
        if (flag == 0 && load_param(channel, letters.data[i], word_take(&params)) != ERR_OK) {
            return ERR_INVALID;
        }
    }
    return word_take(&params).count == 0 ? ERR_OK : ERR_INVALID;
}
