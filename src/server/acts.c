/* The words for the log. */
#include "server/acts.h"

/* NULL for what anybody may do. */
static const char *act_word(enum command_kind kind)
{
    if (kind == COMMAND_KILL) {
        return "KILL";
    }
    if (kind == COMMAND_BAN) {
        return "ban";
    }
    if (kind == COMMAND_UNBAN) {
        return "unban";
    }
    if (kind == COMMAND_DEFCON) {
        return "DEFCON";
    }
    if (kind == COMMAND_REHASH) {
        return "REHASH";
    }
    return kind == COMMAND_WALLOPS ? "WALLOPS" : NULL;
}

static int count_of(struct text text)
{
    return (int)text.count;
}

static const char *data_of(struct text text)
{
    return text.count > 0 ? text.data : "";
}

void act_log(const struct peer *peer, const struct command *command)
{
    const char *word = act_word(command->kind);
    if (word == NULL || command->cursor != 0 || (peer_flags(peer) & PERSON_OPERATOR) == 0) {
        return;
    }
    struct text nick = irc_nick(peer->state.irc);
    struct text whom = command->name.count > 0 ? command->name : command->extra;
    log_line(LOG_INFO, "operator %.*s: %s %.*s %lld (%.*s)", count_of(nick), data_of(nick), word,
             count_of(whom), data_of(whom), (long long)command->number, count_of(command->text),
             data_of(command->text));
}
