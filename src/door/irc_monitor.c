/*
 * MONITOR (IRCv3 monitor): whom the client wants to know about. The list is the worker's, which
 * sees who comes and goes; who of them is there now is a question to the core.
 */
#include "door/irc_state.h"

#include "base/check.h"

#include <string.h>

#define NUMBER_TEXT(number) #number
#define NUMBER(number) TEXT(NUMBER_TEXT(number))

/*
 * Adds them to the list; sets irc->mark to how many bytes of targets were heeded. What can be no
 * nick is not watched, and will be told to be away.
 */
static void watch(struct irc *irc, struct text targets)
{
    struct text nick;
    for (uint32_t i = 0; irc_item(targets, i, &nick); i++) {
        size_t offset = (size_t)(nick.data - targets.data);
        enum error error = nick.count == 0 || nick.count > NAME_BYTES_MAX
                               ? ERR_INVALID
                               : irc->sink->watch(irc->sink->context, nick);
        if (error == ERR_LIMIT || error == ERR_MEMORY) {
            struct text rest = {.data = nick.data, .count = targets.count - offset};
            IRC_SAY(irc, ERR_MONLISTFULL, NUMBER(MONITOR_COUNT_MAX), rest);
            irc->mark = (uint16_t)(offset > 0 ? offset - 1 : 0);
            return;
        }
    }
    irc->mark = (uint16_t)targets.count;
}

static bool run_add(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text targets = irc_param(call, 1);
    if (irc->step == 0) {
        if (!irc_is_idle(irc)) {
            return false;
        }
        watch(irc, targets);
        irc->step = 1;
    }
    if (irc->step > 1 || irc->mark == 0) {
        return true;
    }
    struct command ask = {.kind = COMMAND_ONLINE,
                          .text = {.data = targets.data, .count = irc->mark}};
    return irc_ask(irc, &ask);
}

static bool run_remove(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text nick;
    if (!irc_is_idle(irc)) {
        return false;
    }
    for (uint32_t i = 0; irc_item(irc_param(call, 1), i, &nick); i++) {
        /* "" would be all of them. */
        if (nick.count > 0) {
            irc->sink->unwatch(irc->sink->context, nick);
        }
    }
    return true;
}

/* Appends those watched from the index-th on, with commas, up to bytes_max; returns the index of
 * the first that did not fit. */
static uint32_t watched_join(const struct irc *irc, uint32_t index, size_t bytes_max,
                             struct bytes *out, enum error *error)
{
    for (;; index++) {
        struct text nick = irc->sink->watched(irc->sink->context, index);
        bool is_first = out->count == 0;
        if (nick.count == 0 || out->count + !is_first + nick.count > bytes_max) {
            return index;
        }
        if (!is_first) {
            *error = bytes_append_text(out, TEXT(","));
        }
        if (*error == ERR_OK) {
            *error = bytes_append_text(out, nick);
        }
        if (*error != ERR_OK) {
            return index;
        }
    }
}

static bool run_list(struct irc *irc)
{
    if (!irc_is_idle(irc)) {
        return false;
    }
    /* ":server 732 nick :" and CR LF. */
    size_t room = IRC_LINE_BYTES_MAX - 1 - irc->server->name.count - 5 - irc->nick_bytes - 2 - 2;
    enum error error = ERR_OK;
    struct bytes nicks = {0};
    uint32_t index = 0;
    do {
        bytes_clear(&nicks);
        index = watched_join(irc, index, room, &nicks, &error);
        if (error == ERR_OK && nicks.count > 0) {
            IRC_SAY(irc, RPL_MONLIST, bytes_text(&nicks));
        }
    } while (error == ERR_OK && nicks.count > 0);
    bytes_finish(&nicks);
    if (error == ERR_OK) {
        irc_say(irc, RPL_ENDOFMONLIST, NULL, 0);
    } else {
        irc_give_up(irc);
    }
    return true;
}

static bool run_status(struct irc *irc)
{
    enum error error = ERR_OK;
    struct bytes nicks = {0};
    if (irc->step > 0) {
        return true;
    }
    (void)watched_join(irc, 0, MESSAGE_BYTES_MAX, &nicks, &error);
    bool is_done = false;
    if (error != ERR_OK) {
        irc_give_up(irc);
    } else if (nicks.count == 0) {
        is_done = irc_is_idle(irc);
    } else {
        struct command ask = {.kind = COMMAND_ONLINE, .text = bytes_text(&nicks)};
        is_done = irc_ask(irc, &ask);
    }
    bytes_finish(&nicks);
    return is_done;
}
_Static_assert(MONITOR_COUNT_MAX *(NAME_BYTES_MAX + 1) <= MESSAGE_BYTES_MAX,
               "one question is enough for all that are watched");

bool irc_run_monitor(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text what = irc_param(call, 0);
    char letter = what.count == 1 ? what.data[0] : '\0';
    bool needs_targets = letter == '+' || letter == '-';
    if (needs_targets && irc_param(call, 1).count == 0) {
        letter = '\0';
    }
    switch (letter) {
    case '+':
        return run_add(call);
    case '-':
        return run_remove(call);
    case 'C':
    case 'c':
        if (!irc_is_idle(irc)) {
            return false;
        }
        irc->sink->unwatch(irc->sink->context, TEXT_NONE);
        return true;
    case 'L':
    case 'l':
        return run_list(irc);
    case 'S':
    case 's':
        return run_status(irc);
    default:
        if (!irc_is_idle(irc)) {
            return false;
        }
        IRC_SAY(irc, ERR_NEEDMOREPARAMS, TEXT("MONITOR"));
        return true;
    }
}

/* -- What happens to them ---------------------------------------------------------------------- */

static void tell_reply(struct irc *irc, const struct reply *reply)
{
    struct bytes line = {0};
    struct irc_asker asker = irc_asker(irc);
    if (irc_reply_append(&asker, reply, &line) == ERR_OK) {
        irc_tell(irc, bytes_text(&line));
    } else {
        irc_give_up(irc);
    }
    bytes_finish(&line);
}

/* "nick!user@host" */
#define PREFIX_BYTES_MAX (NAME_BYTES_MAX + USER_BYTES_MAX + HOST_BYTES_MAX + 2)

static size_t prefix_put(char *out, size_t at, struct text text)
{
    check(at + text.count <= PREFIX_BYTES_MAX);
    if (text.count > 0) {
        memcpy(out + at, text.data, text.count);
    }
    return at + text.count;
}

void irc_tell_online(struct irc *irc, const struct effect *effect, bool online,
                     const struct door_sink *sink)
{
    const struct person *who = &effect->who;
    struct reply reply = {.numeric = online ? RPL_MONONLINE : RPL_MONOFFLINE, .param_count = 1};
    char prefix[PREFIX_BYTES_MAX];
    if (online) {
        bool is_renamed = effect->kind == EFFECT_NICK;
        size_t count = prefix_put(prefix, 0, is_renamed ? effect->text : who->nick);
        count = prefix_put(prefix, count, TEXT("!"));
        count = prefix_put(prefix, count, who->user);
        count = prefix_put(prefix, count, TEXT("@"));
        count = prefix_put(prefix, count, who->host);
        reply.params[0] = (struct text){.data = prefix, .count = count};
    } else {
        reply.params[0] = who->nick;
    }
    const struct door_sink *before = irc->sink;
    irc->sink = sink;
    tell_reply(irc, &reply);
    irc->sink = before;
}

void irc_tell_caller(struct irc *irc, const struct effect *effect, const struct door_sink *sink)
{
    char prefix[PREFIX_BYTES_MAX];
    size_t count = prefix_put(prefix, 0, effect->who.user);
    count = prefix_put(prefix, count, TEXT("@"));
    count = prefix_put(prefix, count, effect->who.host);
    const struct reply reply = {
        .numeric = RPL_UMODEGMSG,
        .param_count = 2,
        .params = {effect->who.nick, {.data = prefix, .count = count}},
    };
    const struct door_sink *before = irc->sink;
    irc->sink = sink;
    tell_reply(irc, &reply);
    irc->sink = before;
}

void irc_tell_metadata(struct irc *irc, const struct effect *effect, const struct door_sink *sink)
{
    struct text target = effect->target.nick.count > 0 ? effect->target.nick : effect->name;
    struct reply reply = {.numeric = RPL_KEYVALUE,
                          .param_count = 4,
                          .params = {target, effect->extra, TEXT("*"), effect->text}};
    if ((effect->flags & METADATA_UNSET) != 0) {
        reply.numeric = RPL_KEYNOTSET;
        reply.param_count = 2;
    }
    const struct door_sink *before = irc->sink;
    irc->sink = sink;
    if (irc_has(irc, IRC_CAP_METADATA)) {
        tell_reply(irc, &reply);
    }
    irc->sink = before;
}
