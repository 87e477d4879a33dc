/*
 * PRIVMSG, NOTICE and TAGMSG: each recipient is a step of its own; and REDACT. Of the tags that a
 * client sends only its own ("+…") go on, as they are (IRCv3 message-tags). What would not fit into
 * a line with its writer's name before it is not cut but refused, so that nobody says half of
 * something.
 */
#include "door/irc_state.h"

#include "base/check.h"

static uint32_t message_flags(const struct irc_call *call)
{
    switch (call->irc->command->name[0]) {
    case 'N':
        return MESSAGE_NOTICE;
    case 'T':
        return MESSAGE_TAGMSG;
    default:
        return 0;
    }
}

enum error irc_client_tags_append(struct text tags, struct bytes *out)
{
    size_t before = out->count;
    enum error error = ERR_OK;
    struct text key;
    struct text value;
    while (error == ERR_OK && irc_tag_take(&tags, &key, &value)) {
        if (key.count < 2 || key.data[0] != '+') {
            continue;
        }
        if (out->count > before) {
            error = bytes_append_text(out, TEXT(";"));
        }
        if (error == ERR_OK) {
            error = bytes_append_text(out, key);
        }
        if (error == ERR_OK && value.count > 0) {
            error = bytes_append_text(out, TEXT("="));
        }
        if (error == ERR_OK) {
            error = bytes_append_text(out, value);
        }
    }
    if (error != ERR_OK) {
        out->count = before;
    }
    return error;
}

/* Whether all of it fits into a line that others read. */
static bool message_fits(const struct irc *irc, uint32_t flags, struct text target,
                         struct text text)
{
    const struct person who = {
        .nick = irc_own_nick(irc),
        .user = {.data = irc->user, .count = irc->user_bytes},
        .host = {.data = irc->host, .count = irc->host_bytes},
    };
    return (flags & MESSAGE_TAGMSG) != 0 || text.count <= irc_message_room(&who, flags, target);
}

/* What the door itself has against the message to target; 0 for nothing. */
static enum numeric target_objection(const struct irc *irc, const struct command *message)
{
    if (message->name.count > COMMAND_NAME_BYTES_MAX) {
        return ERR_NOSUCHNICK;
    }
    if (!message_fits(irc, message->flags, message->name, message->text)) {
        return ERR_INPUTTOOLONG;
    }
    return (enum numeric)0;
}

/* A step: to one of the recipients. */
static bool message_send(struct irc *irc, const struct command *message)
{
    enum numeric objection = target_objection(irc, message);
    if (objection == 0) {
        return irc_give(irc, message);
    }
    if (!irc_is_idle(irc)) {
        return false;
    }
    if (objection == ERR_INPUTTOOLONG) {
        irc->sink->fault(irc->sink->context, NOTICE_TOO_LONG);
        irc_say(irc, ERR_INPUTTOOLONG, NULL, 0);
    } else if ((message->flags & MESSAGE_NOTICE) == 0) {
        IRC_SAY(irc, objection, message->name);
    }
    return true;
}

static bool messages_send(struct irc *irc, struct text targets, struct command *message)
{
    while (irc_item(targets, irc->step, &message->name)) {
        if (message->name.count > 0 && !message_send(irc, message)) {
            return false;
        }
        irc->step++;
    }
    return true;
}

bool irc_run_privmsg(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text targets = irc_param(call, 0);
    struct command message = {
        .kind = COMMAND_MESSAGE, .flags = message_flags(call), .text = irc_param(call, 1)};
    enum numeric objection = (enum numeric)0;
    if (targets.count == 0) {
        objection = ERR_NORECIPIENT;
    } else if ((message.flags & MESSAGE_TAGMSG) != 0) {
        message.text = TEXT_NONE;
    } else if (message.text.count == 0) {
        objection = ERR_NOTEXTTOSEND;
    }
    if (objection == 0 && irc_item_count(targets) > IRC_TARGETS_MAX) {
        objection = ERR_TOOMANYTARGETS;
    }
    if (objection != 0) {
        if (!irc_is_idle(irc)) {
            return false;
        }
        irc_say(irc, objection, &targets, objection == ERR_TOOMANYTARGETS ? 1 : 0);
        return true;
    }
    struct bytes tags = {0};
    if (irc_has(irc, IRC_CAP_MESSAGE_TAGS) &&
        irc_client_tags_append(call->message.tags, &tags) != ERR_OK) {
        irc_give_up(irc);
        return true;
    }
    message.extra = bytes_text(&tags);
    bool is_done = messages_send(irc, targets, &message);
    bytes_finish(&tags);
    return is_done;
}

bool irc_run_redact(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text target = irc_param(call, 0);
    /* Ours are shorter, and of another one a part is enough to say that there is none. */
    struct text msgid = irc_text_head(irc_param(call, 1), IRC_LABEL_BYTES_MAX);
    if (target.count == 0 || target.count > COMMAND_NAME_BYTES_MAX) {
        if (!irc_is_idle(irc)) {
            return false;
        }
        IRC_SAY(irc, REPLY_FAIL, TEXT("REDACT"), TEXT("INVALID_TARGET"), TEXT("*"),
                TEXT("No message of yours can have gone there"));
        return true;
    }
    return irc_give(irc, &(struct command){
                             .kind = COMMAND_REDACT,
                             .name = target,
                             .number = (int64_t)irc_msgid_seq(msgid),
                             .extra = msgid.count > 0 ? msgid : TEXT("*"),
                             .text = irc_text_head(irc_param(call, 2), REASON_BYTES_MAX),
                         });
}
