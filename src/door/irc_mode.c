/* MODE: a question (the modes of a channel or one's own, a list) or a change. */
#include "door/irc_state.h"

#include "model/name.h"

#include <string.h>

/* Whether the word asks for lists alone: "b", "+be". */
static bool asks_for_lists(struct text word)
{
    bool has_letter = false;
    for (size_t i = 0; i < word.count; i++) {
        char c = word.data[i];
        if (c == 'b' || c == 'e' || c == 'I') {
            has_letter = true;
        } else if (c != '+' && c != '-') {
            return false;
        }
    }
    return has_letter;
}

/* The index-th letter of the word; false behind the last. */
static bool letter_at(struct text word, uint32_t index, struct text *out)
{
    for (size_t i = 0; i < word.count; i++) {
        if (word.data[i] == '+' || word.data[i] == '-') {
            continue;
        }
        if (index == 0) {
            *out = (struct text){.data = word.data + i, .count = 1};
            return true;
        }
        index--;
    }
    return false;
}

static bool ask_lists(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text word = irc_param(call, 1);
    struct command ask = {.kind = COMMAND_MODES, .name = irc_param(call, 0)};
    /* Each list once is enough, however often its letter stands there. */
    while (letter_at(word, irc->step, &ask.extra)) {
        struct text before = {.data = word.data, .count = (size_t)(ask.extra.data - word.data)};
        if (before.count == 0 || memchr(before.data, ask.extra.data[0], before.count) == NULL) {
            return irc_ask(irc, &ask);
        }
        irc->step++;
    }
    return true;
}

/* The modes and their params as they stand on the wire: the last one with its colon, where it is
 * not plainly one word. */
static enum error modes_append(const struct irc_call *call, struct bytes *out)
{
    enum error error = ERR_OK;
    for (uint32_t i = 1; error == ERR_OK && i < call->message.param_count; i++) {
        struct text param = call->message.params[i];
        bool is_word =
            param.count > 0 && param.data[0] != ':' && memchr(param.data, ' ', param.count) == NULL;
        if (i > 1) {
            error = bytes_append_text(out, TEXT(" "));
        }
        if (error == ERR_OK && !is_word) {
            error = bytes_append_text(out, TEXT(":"));
        }
        if (error == ERR_OK) {
            error = bytes_append_text(out, param);
        }
    }
    return error;
}

static bool change(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct bytes modes = {0};
    if (modes_append(call, &modes) != ERR_OK) {
        irc_give_up(irc);
        bytes_finish(&modes);
        return true;
    }
    bool is_given = irc_give(irc, &(struct command){.kind = COMMAND_MODE,
                                                    .name = irc_param(call, 0),
                                                    .text = bytes_text(&modes)});
    bytes_finish(&modes);
    return is_given;
}

/* However it is spelled. */
static bool is_own_nick(const struct irc *irc, struct text nick)
{
    struct name_key asked;
    struct name_key own;
    if (text_equal(nick, irc_own_nick(irc))) {
        return true;
    }
    return name_key(nick, &asked) == ERR_OK && name_key(irc_own_nick(irc), &own) == ERR_OK &&
           asked.count == own.count && memcmp(asked.data, own.data, own.count) == 0;
}

static bool mode_is_possible(const struct irc *irc, struct text name, enum numeric *out_objection)
{
    if (irc_is_channel_name(name)) {
        *out_objection = ERR_NOSUCHCHANNEL;
        return name.count <= COMMAND_NAME_BYTES_MAX;
    }
    *out_objection = name_check(name) == NAME_OK ? ERR_USERSDONTMATCH : ERR_NOSUCHNICK;
    return is_own_nick(irc, name);
}

bool irc_run_mode(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text name = irc_param(call, 0);
    struct text word = irc_param(call, 1);
    enum numeric objection;
    if (!mode_is_possible(irc, name, &objection)) {
        if (!irc_is_idle(irc)) {
            return false;
        }
        irc_say(irc, objection, &name, objection == ERR_USERSDONTMATCH ? 0 : 1);
        return true;
    }
    if (word.count == 0) {
        struct command ask = {.kind = COMMAND_MODES, .name = name};
        return irc->step > 0 || irc_ask(irc, &ask);
    }
    bool is_question =
        irc_is_channel_name(name) && call->message.param_count == 2 && asks_for_lists(word);
    return is_question ? ask_lists(call) : change(call);
}
