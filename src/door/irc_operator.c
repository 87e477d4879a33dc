/*
 * Operators of the server: OPER, KILL, REHASH, WALLOPS, DEFCON, BAN, UNBAN. Whether somebody is one
 * is asked twice: by the command table, which has it from the core as last told, and by the core.
 */
#include "door/irc_state.h"

#include "base/mem.h"

/* The longest ban that ends: what is longer lasts for ever. */
#define BAN_SECONDS_MAX (UINT64_C(100) * 365 * 24 * 3600)

static const struct irc_operator *operator_find(const struct irc *irc, struct text name)
{
    for (uint32_t i = 0; i < irc->server->operator_count; i++) {
        if (text_equal(irc->server->operators[i].name, name)) {
            return &irc->server->operators[i];
        }
    }
    return NULL;
}

/* Steps: 0 the password is to be checked, 1 the verdict has come. */
bool irc_run_oper(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text name = irc_param(call, 0);
    const struct irc_operator *operator= operator_find(irc, name);
    if (!irc_is_idle(irc)) {
        return false;
    }
    if (irc->step == 0) {
        /* Nobody's hash takes as long as somebody's. */
        struct text hash = operator!= NULL ? operator->hash : TEXT_NONE;
        if (irc->sink->verify(irc->sink->context, hash, irc_param(call, 1))) {
            irc->asked = true;
            irc->waiting = true;
        }
        return false;
    }
    if (irc->right && operator!= NULL && name.count <= COMMAND_NAME_BYTES_MAX) {
        return irc_give(irc, &(struct command){.kind = COMMAND_OPER, .name = name});
    }
    irc->sink->fault(irc->sink->context, NOTICE_NOT_ALLOWED);
    irc_say(irc, ERR_PASSWDMISMATCH, NULL, 0);
    return true;
}

void irc_verdict(struct irc *irc, bool right, const struct door_sink *sink)
{
    (void)sink;
    if (irc->asked) {
        irc->asked = false;
        irc->waiting = false;
        irc->right = right;
        irc->step = 1;
    }
}

bool irc_run_kill(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text nick = irc_param(call, 0);
    if (nick.count > 0 && nick.count <= COMMAND_NAME_BYTES_MAX) {
        return irc_give(
            irc, &(struct command){.kind = COMMAND_KILL,
                                   .name = nick,
                                   .text = irc_text_head(irc_param(call, 1), REASON_BYTES_MAX)});
    }
    if (!irc_is_idle(irc)) {
        return false;
    }
    IRC_SAY(irc, ERR_NOSUCHNICK, nick);
    return true;
}

bool irc_run_rehash(struct irc_call *call)
{
    return irc_give(call->irc, &(struct command){.kind = COMMAND_REHASH});
}

bool irc_run_wallops(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text text = irc_text_head(irc_param(call, 0), REASON_BYTES_MAX);
    if (text.count > 0) {
        return irc_give(irc, &(struct command){.kind = COMMAND_WALLOPS, .text = text});
    }
    if (!irc_is_idle(irc)) {
        return false;
    }
    IRC_SAY(irc, ERR_NEEDMOREPARAMS, TEXT("WALLOPS"));
    return true;
}

bool irc_run_defcon(struct irc_call *call)
{
    struct irc *irc = call->irc;
    uint64_t level = 0;
    if (irc_number(irc_param(call, 0), 6, &level) && level >= 1 && level <= 5) {
        return irc_give(irc, &(struct command){.kind = COMMAND_DEFCON, .number = (int64_t)level});
    }
    if (!irc_is_idle(irc)) {
        return false;
    }
    IRC_SAY(irc, REPLY_FAIL, TEXT("DEFCON"), TEXT("INVALID_PARAMS"), irc_param(call, 0),
            TEXT("A number from 5 (all may come in) to 1 (nobody may)"));
    return true;
}

/* Seconds that one of the unit is. */
static uint64_t unit_seconds(char unit)
{
    switch (unit) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 3600;
    case 'd':
        return 24 * 3600;
    case 'w':
        return 7 * 24 * 3600;
    default:
        return 0;
    }
}

/* "1w2d", "12h", "30" (minutes): seconds, 0 for ever. False when it is no duration. */
static bool duration_parse(struct text text, int64_t *out_seconds)
{
    uint64_t seconds = 0;
    size_t start = 0;
    if (text.count == 0) {
        return false;
    }
    for (size_t i = 0; i <= text.count; i++) {
        if (i < text.count && text.data[i] >= '0' && text.data[i] <= '9') {
            continue;
        }
        uint64_t unit = i < text.count ? unit_seconds(text.data[i]) : unit_seconds('m');
        struct text digits = {.data = text.data + start, .count = i - start};
        uint64_t number = 0;
        if (i == text.count && digits.count == 0 && i > 0) {
            break; /* It ended with a unit. */
        }
        if (unit == 0 || !irc_number(digits, BAN_SECONDS_MAX, &number)) {
            return false;
        }
        seconds += number * unit;
        seconds = seconds > BAN_SECONDS_MAX ? BAN_SECONDS_MAX : seconds;
        start = i + 1;
    }
    *out_seconds = seconds == BAN_SECONDS_MAX ? 0 : (int64_t)seconds;
    return true;
}

bool irc_run_ban(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct command ban = {.kind = COMMAND_BAN, .extra = irc_param(call, 0)};
    if (irc->step > 0) {
        return true;
    }
    if (call->message.param_count == 0) {
        struct command ask = {.kind = COMMAND_BANS};
        return irc_ask(irc, &ask);
    }
    if (ban.extra.count == 0 || ban.extra.count > MASK_BYTES_MAX) {
        if (!irc_is_idle(irc)) {
            return false;
        }
        IRC_SAY(irc, REPLY_FAIL, TEXT("BAN"), TEXT("INVALID_MASK"), ban.extra,
                TEXT("Nobody can be banned by that"));
        return true;
    }
    bool has_duration = duration_parse(irc_param(call, 1), &ban.number);
    uint32_t reason = has_duration ? 2 : 1;
    struct bytes words = {0};
    if (irc_params_join(call, reason, &words) != ERR_OK) {
        irc_give_up(irc);
    } else {
        ban.text = irc_text_head(bytes_text(&words), REASON_BYTES_MAX);
        (void)irc_ask(irc, &ban);
    }
    bytes_finish(&words);
    return false;
}

bool irc_run_unban(struct irc_call *call)
{
    struct text mask = irc_text_head(irc_param(call, 0), MASK_BYTES_MAX);
    return irc_give(call->irc, &(struct command){.kind = COMMAND_UNBAN, .extra = mask});
}
