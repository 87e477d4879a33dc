/*
 * Channels: JOIN, PART, TOPIC, KICK, INVITE, NAMES, LIST, RENAME. Where a line names several, each
 * is a step. What stands against one is for the core to say; the door only keeps from it what could
 * be no name at all.
 */
#include "door/irc_state.h"

#include "base/check.h"

/* Too long to be handed on: as the core answers for what is called by no such name. */
static bool is_too_long(struct text name)
{
    return name.count > COMMAND_NAME_BYTES_MAX;
}

/* Answers a step by itself. False: not now. */
static bool say_step(struct irc *irc, enum numeric numeric, struct text param)
{
    if (!irc_is_idle(irc)) {
        return false;
    }
    IRC_SAY(irc, numeric, param);
    irc->step++;
    return true;
}

/* A step without an awaited answer. */
static bool give_step(struct irc *irc, const struct command *command)
{
    if (!irc_give(irc, command)) {
        return false;
    }
    irc->step++;
    return true;
}

/* "JOIN 0" */
static bool leave_all(struct irc *irc)
{
    struct command part = {.kind = COMMAND_PART, .text = TEXT("Left all channels")};
    return irc->step > 0 || irc_ask(irc, &part);
}

bool irc_run_join(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text names = irc_param(call, 0);
    struct text keys = irc_param(call, 1);
    if (text_equal(names, TEXT("0"))) {
        return leave_all(irc);
    }
    struct command join = {.kind = COMMAND_JOIN, .flags = irc_ask_flags(irc)};
    if (!irc_has(irc, IRC_CAP_NO_IMPLICIT_NAMES)) {
        join.flags |= (uint32_t)ASK_NAMES;
    }
    while (irc_item(names, irc->step, &join.name)) {
        if (join.name.count == 0) {
            irc->step++;
        } else if (is_too_long(join.name)) {
            if (!say_step(irc, ERR_NOSUCHCHANNEL, join.name)) {
                return false;
            }
        } else {
            if (!irc_item(keys, irc->step, &join.text)) {
                join.text = TEXT_NONE;
            }
            return irc_ask(irc, &join);
        }
    }
    return true;
}

bool irc_run_part(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text names = irc_param(call, 0);
    struct command part = {.kind = COMMAND_PART,
                           .text = irc_text_head(irc_param(call, 1), REASON_BYTES_MAX)};
    while (irc_item(names, irc->step, &part.name)) {
        bool is_done;
        if (part.name.count == 0) {
            irc->step++;
            is_done = true;
        } else if (is_too_long(part.name)) {
            is_done = say_step(irc, ERR_NOSUCHCHANNEL, part.name);
        } else {
            is_done = give_step(irc, &part);
        }
        if (!is_done) {
            return false;
        }
    }
    return true;
}

/* For what has one channel as its first param: false when it is none that the core could know. */
static bool channel_is_possible(struct irc_call *call, bool *out_is_done)
{
    struct text name = irc_param(call, 0);
    if (name.count > 0 && !is_too_long(name)) {
        return true;
    }
    *out_is_done = say_step(call->irc, ERR_NOSUCHCHANNEL, name);
    return false;
}

bool irc_run_topic(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text name = irc_param(call, 0);
    bool is_done;
    if (irc->step > 0) {
        return true;
    }
    if (!channel_is_possible(call, &is_done)) {
        return is_done;
    }
    if (call->message.param_count == 1) {
        return irc_ask(irc, &(struct command){.kind = COMMAND_TOPIC_OF, .name = name});
    }
    struct text topic = irc_text_head(irc_param(call, 1), TOPIC_BYTES_MAX);
    return irc_give(irc, &(struct command){.kind = COMMAND_TOPIC, .name = name, .text = topic});
}

/* RFC 2812 section 3.2.8: one channel and several people, or as many of each. */
bool irc_run_kick(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text channels = irc_param(call, 0);
    struct text nicks = irc_param(call, 1);
    uint32_t channel_count = irc_item_count(channels);
    if (channel_count != 1 && channel_count != irc_item_count(nicks)) {
        return say_step(irc, ERR_NEEDMOREPARAMS, TEXT("KICK"));
    }
    struct command kick = {.kind = COMMAND_KICK,
                           .text = irc_text_head(irc_param(call, 2), REASON_BYTES_MAX)};
    if (kick.text.count == 0) {
        kick.text = irc_own_nick(irc);
    }
    while (irc_item(nicks, irc->step, &kick.extra)) {
        check(irc_item(channels, channel_count == 1 ? 0 : irc->step, &kick.name));
        bool is_done;
        if (kick.name.count == 0 || is_too_long(kick.name)) {
            is_done = say_step(irc, ERR_NOSUCHCHANNEL, kick.name);
        } else if (is_too_long(kick.extra)) {
            is_done = say_step(irc, ERR_NOSUCHNICK, kick.extra);
        } else if (kick.extra.count == 0) {
            irc->step++;
            is_done = true;
        } else {
            is_done = give_step(irc, &kick);
        }
        if (!is_done) {
            return false;
        }
    }
    return true;
}

bool irc_run_invite(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text nick = irc_param(call, 0);
    struct text name = irc_param(call, 1);
    if (irc->step > 0) {
        return true;
    }
    switch (call->message.param_count) {
    case 0:
        return irc_ask(irc, &(struct command){.kind = COMMAND_INVITES});
    case 1:
        return say_step(irc, ERR_NEEDMOREPARAMS, TEXT("INVITE"));
    default:
        break;
    }
    if (nick.count == 0 || is_too_long(nick)) {
        return say_step(irc, ERR_NOSUCHNICK, nick);
    }
    if (name.count == 0 || is_too_long(name)) {
        return say_step(irc, ERR_NOSUCHCHANNEL, name);
    }
    return irc_give(irc, &(struct command){.kind = COMMAND_INVITE, .name = name, .extra = nick});
}

bool irc_run_names(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text names = irc_param(call, 0);
    if (irc->step > 0) {
        return true;
    }
    if (names.count == 0) {
        return say_step(irc, RPL_ENDOFNAMES, TEXT("*"));
    }
    struct command ask = {.kind = COMMAND_NAMES, .flags = irc_ask_flags(irc), .text = names};
    return irc_ask(irc, &ask);
}

bool irc_run_list(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct command ask = {.kind = COMMAND_LIST, .text = irc_param(call, 0)};
    return irc->step > 0 || irc_ask(irc, &ask);
}

bool irc_run_rename(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text name = irc_param(call, 0);
    struct text new_name = irc_param(call, 1);
    bool is_done;
    if (!channel_is_possible(call, &is_done)) {
        return is_done;
    }
    if (is_too_long(new_name)) {
        if (!irc_is_idle(irc)) {
            return false;
        }
        IRC_SAY(irc, REPLY_FAIL, TEXT("RENAME"), TEXT("CANNOT_RENAME"), name, new_name,
                TEXT("No channel can be called that"));
        return true;
    }
    /* Awaited: who does not know RENAME is told more before its next line. */
    struct command rename = {.kind = COMMAND_RENAME,
                             .name = name,
                             .extra = new_name,
                             .text = irc_text_head(irc_param(call, 2), REASON_BYTES_MAX)};
    return irc->step > 0 || irc_ask(irc, &rename);
}
