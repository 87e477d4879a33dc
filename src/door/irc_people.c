/* People: WHO, WHOIS, WHOWAS, USERHOST, ISON, AWAY, SETNAME, ACCEPT. */
#include "door/irc_state.h"

#include <string.h>

static bool is_too_long(struct text name)
{
    return name.count > COMMAND_NAME_BYTES_MAX;
}

/* A question of one step. */
static bool ask_once(struct irc *irc, struct command *command)
{
    return irc->step > 0 || irc_ask(irc, command);
}

bool irc_run_who(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text mask = irc_param(call, 0);
    struct text how = irc_param(call, 1);
    struct command ask = {.kind = COMMAND_WHO, .flags = irc_ask_flags(irc), .name = mask};
    if (is_too_long(mask)) {
        if (!irc_is_idle(irc)) {
            return false;
        }
        IRC_SAY(irc, RPL_ENDOFWHO, mask); /* Nobody is called that. */
        return true;
    }
    if (how.count > 0 && memchr(how.data, '%', how.count) != NULL) {
        const char *fields = memchr(how.data, '%', how.count);
        ask.extra = (struct text){.data = fields, .count = how.count - (size_t)(fields - how.data)};
    }
    if (how.count > 0 && how.data[0] == 'o') {
        ask.flags |= (uint32_t)WHO_OPERATORS;
    }
    return ask_once(irc, &ask);
}

/* "WHOIS nick", "WHOIS server nick": there is one server, whatever it is called. */
bool irc_run_whois(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text nick = irc_param(call, call->message.param_count > 1 ? 1 : 0);
    struct command ask = {.kind = COMMAND_WHOIS, .flags = irc_ask_flags(irc), .name = nick};
    if (nick.count > 0 && !is_too_long(nick)) {
        return ask_once(irc, &ask);
    }
    if (!irc_is_idle(irc)) {
        return false;
    }
    IRC_SAY(irc, ERR_NOSUCHNICK, nick);
    IRC_SAY(irc, RPL_ENDOFWHOIS, nick);
    return true;
}

bool irc_run_whowas(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text nick = irc_param(call, 0);
    uint64_t count = 0;
    if (nick.count == 0 || is_too_long(nick)) {
        if (!irc_is_idle(irc)) {
            return false;
        }
        IRC_SAY(irc, ERR_WASNOSUCHNICK, nick);
        IRC_SAY(irc, RPL_ENDOFWHOWAS, nick);
        return true;
    }
    if (!irc_number(irc_param(call, 1), WHOWAS_MAX, &count)) {
        count = 0; /* Not a positive number: all of them. */
    }
    struct command ask = {.kind = COMMAND_WHOWAS, .name = nick, .number = (int64_t)count};
    return ask_once(irc, &ask);
}

/* Asks about the nicks among the params from the first on; at most count_max of them. */
static bool ask_nicks(struct irc_call *call, enum command_kind kind, uint32_t count_max)
{
    struct irc *irc = call->irc;
    struct bytes nicks = {0};
    if (call->message.param_count > count_max) {
        call->message.param_count = count_max;
    }
    if (irc->step > 0) {
        return true;
    }
    if (irc_params_join(call, 0, &nicks) != ERR_OK) {
        irc_give_up(irc);
    } else {
        struct command ask = {.kind = kind, .text = bytes_text(&nicks)};
        (void)irc_ask(irc, &ask);
    }
    bytes_finish(&nicks);
    return false;
}

bool irc_run_userhost(struct irc_call *call)
{
    return ask_nicks(call, COMMAND_USERHOST, IRC_USERHOST_MAX);
}

bool irc_run_ison(struct irc_call *call)
{
    return ask_nicks(call, COMMAND_ISON, IRC_PARAMS_MAX);
}

/* IRCv3 pre-away. */
static bool away_early(struct irc *irc, struct text text)
{
    struct irc_early *early = irc->early;
    if (!irc_is_idle(irc)) {
        return false;
    }
    if (text.count > 0) {
        memcpy(early->away, text.data, text.count);
    }
    early->away_bytes = (uint16_t)text.count;
    irc_say(irc, text.count > 0 ? RPL_NOWAWAY : RPL_UNAWAY, NULL, 0);
    return true;
}

bool irc_run_away(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text text = irc_text_head(irc_param(call, 0), AWAY_BYTES_MAX);
    if (irc->early != NULL) {
        return away_early(irc, text);
    }
    return irc_give(irc, &(struct command){.kind = COMMAND_AWAY, .text = text});
}

bool irc_run_setname(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text realname = irc_param(call, 0);
    if (realname.count > 0 && realname.count <= REALNAME_BYTES_MAX) {
        return irc_give(irc, &(struct command){.kind = COMMAND_SETNAME, .text = realname});
    }
    if (!irc_is_idle(irc)) {
        return false;
    }
    IRC_SAY(irc, REPLY_FAIL, TEXT("SETNAME"), TEXT("INVALID_REALNAME"),
            realname.count == 0 ? TEXT("A real name is not empty")
                                : TEXT("That real name is too long"));
    return true;
}

bool irc_run_accept(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text list = irc_param(call, 0);
    struct command accept = {.kind = COMMAND_ACCEPT};
    while (irc_item(list, irc->step, &accept.extra)) {
        if (text_equal(accept.extra, TEXT("*"))) {
            struct command ask = {.kind = COMMAND_ACCEPTS};
            return irc_ask(irc, &ask);
        }
        if (is_too_long(accept.extra)) {
            if (!irc_is_idle(irc)) {
                return false;
            }
            IRC_SAY(irc, ERR_NOSUCHNICK, accept.extra);
        } else if (accept.extra.count > 0 && !irc_give(irc, &accept)) {
            return false;
        }
        irc->step++;
    }
    return true;
}
