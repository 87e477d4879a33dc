/*
 * What the core has refused, in IRC's numerics and standard replies. A refusal says what stands
 * against a command; which number that has on IRC depends on the command as well.
 */
#include "door/irc_numeric.h"

#include "base/check.h"
#include "model/name.h"

#include <string.h>

/* A sentence put together. Longer ones do not fit into a line anyway. */
struct words {
    char data[IRC_LINE_BYTES_MAX];
    size_t count;
};

static void words_add(struct words *words, struct text text)
{
    size_t room = sizeof(words->data) - words->count;
    size_t count = text.count < room ? text.count : room;
    if (count > 0) {
        memcpy(words->data + words->count, text.data, count);
        words->count += count;
    }
}

/* What the asker is told. */
struct told {
    struct reply reply; /* Without a numeric: nothing. */
    struct words words; /* In the place of the numeric's own sentence; "" for that one. */
};

static void told_param(struct told *told, struct text param)
{
    told->reply.params[told->reply.param_count++] = param;
}

static void told_1(struct told *told, enum numeric numeric, struct text param)
{
    told->reply.numeric = numeric;
    told_param(told, param);
}

/* "FAIL COMMAND CODE"; context and words are to follow. */
static void told_fail(struct told *told, struct text command, struct text code)
{
    told_1(told, REPLY_FAIL, command);
    told_param(told, code);
}

/* The word by which people gave the command. */
static struct text command_word(enum command_kind kind)
{
    static const char *const command_words[COMMAND_QUESTION_FIRST] = {
        [COMMAND_OPEN] = "NICK",         [COMMAND_JOIN] = "JOIN",
        [COMMAND_PART] = "PART",         [COMMAND_MESSAGE] = "PRIVMSG",
        [COMMAND_CLOSE] = "QUIT",        [COMMAND_PING] = "PING",
        [COMMAND_NICK] = "NICK",         [COMMAND_TOPIC] = "TOPIC",
        [COMMAND_KICK] = "KICK",         [COMMAND_INVITE] = "INVITE",
        [COMMAND_MODE] = "MODE",         [COMMAND_RENAME] = "RENAME",
        [COMMAND_AWAY] = "AWAY",         [COMMAND_SETNAME] = "SETNAME",
        [COMMAND_OPER] = "OPER",         [COMMAND_KILL] = "KILL",
        [COMMAND_WALLOPS] = "WALLOPS",   [COMMAND_BAN] = "BAN",
        [COMMAND_UNBAN] = "UNBAN",       [COMMAND_DEFCON] = "DEFCON",
        [COMMAND_METADATA] = "METADATA", [COMMAND_ACCEPT] = "ACCEPT",
        [COMMAND_REDACT] = "REDACT",
    };
    bool is_known = (unsigned)kind < COMMAND_QUESTION_FIRST && command_words[kind] != NULL;
    return text_of(is_known ? command_words[kind] : "*");
}

/* Where IRC has no number of its own for it. */
static void told_error(struct told *told, const struct effect *effect, struct text words)
{
    told_1(told, ERR_UNKNOWNERROR, command_word(effect->command_kind));
    words_add(&told->words, words);
}

static bool is_channel(struct text name)
{
    /* Perhaps behind a prefix of STATUSMSG. */
    return name.count > 0 && memchr(name.data, '#', name.count < 2 ? name.count : 2) != NULL;
}

static bool is_opening(const struct effect *effect)
{
    return effect->command_kind == COMMAND_OPEN || effect->command_kind == COMMAND_NICK;
}

/* The nick that the command named, wherever it stands. */
static struct text nick_meant(const struct effect *effect)
{
    bool is_extra = effect->command_kind == COMMAND_KICK ||
                    effect->command_kind == COMMAND_INVITE ||
                    effect->command_kind == COMMAND_ACCEPT;
    return is_extra && effect->extra.count > 0 ? effect->extra : effect->name;
}

static struct text verdict_words(enum name_verdict verdict)
{
    switch (verdict) {
    case NAME_EMPTY:
        return TEXT("it is empty");
    case NAME_TOO_LONG:
        return TEXT("it is too long");
    case NAME_NOT_UTF8:
        return TEXT("it is not UTF-8");
    case NAME_CONTROL:
        return TEXT("it holds a control character");
    case NAME_INVISIBLE:
        return TEXT("it holds an invisible character");
    case NAME_SPACE:
        return TEXT("it holds a space");
    case NAME_CHARACTER:
        return TEXT("it holds a character that no name may hold");
    case NAME_START:
        return TEXT("it may not begin like that");
    case NAME_MARKS:
        return TEXT("it holds too many marks on one letter");
    case NAME_RESERVED:
        return TEXT("the server itself speaks by that name");
    case NAME_OK:
        break;
    }
    return TEXT("it cannot be a name");
}

static void refuse_bad_name(struct told *told, const struct effect *effect)
{
    struct text why = verdict_words((enum name_verdict)effect->verdict);
    if (is_opening(effect)) {
        told_1(told, ERR_ERRONEUSNICKNAME, effect->name);
        words_add(&told->words, irc_numeric_sentence(ERR_ERRONEUSNICKNAME));
        words_add(&told->words, TEXT(": "));
        words_add(&told->words, why);
    } else if (effect->command_kind == COMMAND_SETNAME) {
        told_fail(told, TEXT("SETNAME"), TEXT("INVALID_REALNAME"));
        words_add(&told->words, TEXT("That is no real name: "));
        words_add(&told->words, why);
    } else if (effect->command_kind == COMMAND_JOIN && is_channel(effect->name)) {
        told_1(told, ERR_BADCHANMASK, effect->name);
        words_add(&told->words, irc_numeric_sentence(ERR_BADCHANMASK));
        words_add(&told->words, TEXT(": "));
        words_add(&told->words, why);
    } else if (effect->command_kind == COMMAND_JOIN || is_channel(effect->name)) {
        told_1(told, ERR_NOSUCHCHANNEL, effect->name);
    } else {
        told_1(told, ERR_NOSUCHNICK, nick_meant(effect));
    }
}

static void refuse_name_in_use(struct told *told, const struct effect *effect)
{
    told_1(told, ERR_NICKNAMEINUSE, effect->name);
    if (effect->refusal == REFUSAL_NAME_LOOKS_LIKE) {
        words_add(&told->words, TEXT("Nickname looks like "));
        words_add(&told->words, effect->extra);
        words_add(&told->words, TEXT(", which is in use"));
    }
}

/* IRCv3 channel-rename. False: told as for any other command. */
static bool refuse_rename(struct told *told, const struct effect *effect)
{
    struct text why;
    struct text code = TEXT("CANNOT_RENAME");
    switch ((int)effect->refusal) {
    case REFUSAL_NAME_IN_USE:
    case REFUSAL_NAME_LOOKS_LIKE:
        code = TEXT("CHANNEL_NAME_IN_USE");
        why = TEXT("There is a channel of that name already");
        break;
    case REFUSAL_NAME_BAD:
        why = TEXT("No channel can be called that");
        break;
    case REFUSAL_UNSUPPORTED:
        why = TEXT("This channel cannot be renamed");
        break;
    default:
        return false;
    }
    told_fail(told, TEXT("RENAME"), code);
    told_param(told, effect->name);
    told_param(told, effect->extra);
    words_add(&told->words, why);
    return true;
}

/* IRCv3 metadata. False: told as for any other command. */
static bool refuse_metadata(struct told *told, const struct effect *effect)
{
    switch ((int)effect->refusal) {
    case REFUSAL_NAME_BAD:
    case REFUSAL_NO_NICK:
    case REFUSAL_NO_CHANNEL:
        told_fail(told, TEXT("METADATA"), TEXT("INVALID_TARGET"));
        told_param(told, effect->name);
        words_add(&told->words, TEXT("There is nobody and nothing of that name"));
        return true;
    case REFUSAL_NOT_MEMBER:
    case REFUSAL_NOT_OPERATOR:
    case REFUSAL_NO_PRIVILEGES:
        told_fail(told, TEXT("METADATA"), TEXT("KEY_NO_PERMISSION"));
        told_param(told, effect->name);
        told_param(told, effect->extra.count > 0 ? effect->extra : TEXT("*"));
        words_add(&told->words, TEXT("You may not do that"));
        return true;
    case REFUSAL_TOO_MANY:
        told_fail(told, TEXT("METADATA"), TEXT("LIMIT_REACHED"));
        told_param(told, effect->name);
        words_add(&told->words, TEXT("No more keys can be set"));
        return true;
    default:
        return false;
    }
}

/* IRCv3 message-redaction. False: told as for any other command. */
static bool refuse_redact(struct told *told, const struct effect *effect)
{
    switch ((int)effect->refusal) {
    case REFUSAL_NO_CHANNEL:
    case REFUSAL_NOT_MEMBER:
    case REFUSAL_NO_NICK:
        told_fail(told, TEXT("REDACT"), TEXT("INVALID_TARGET"));
        told_param(told, effect->name);
        words_add(&told->words, TEXT("No message of yours can have gone there"));
        return true;
    case REFUSAL_NO_MESSAGE:
        told_fail(told, TEXT("REDACT"), TEXT("UNKNOWN_MSGID"));
        words_add(&told->words, TEXT("There is no such message, or it is too old"));
        break;
    case REFUSAL_NOT_OPERATOR:
    case REFUSAL_CANNOT_SEND:
    case REFUSAL_REGISTERED_ONLY:
    case REFUSAL_CALLER_ID:
        told_fail(told, TEXT("REDACT"), TEXT("REDACT_FORBIDDEN"));
        words_add(&told->words, TEXT("You may not take that message back"));
        break;
    default:
        return false;
    }
    told_param(told, effect->name);
    told_param(told, effect->extra);
    return true;
}

/* A bound of model/limits.h. */
static void refuse_too_many(struct told *told, const struct effect *effect)
{
    switch ((int)effect->command_kind) {
    case COMMAND_JOIN:
        told_1(told, ERR_TOOMANYCHANNELS, effect->name);
        break;
    case COMMAND_MODE:
        told_1(told, ERR_BANLISTFULL, effect->name);
        break;
    case COMMAND_ACCEPT:
        told->reply.numeric = ERR_ACCEPTFULL;
        break;
    case COMMAND_OPEN:
        told_error(told, effect, TEXT("The server is full"));
        break;
    default:
        told_error(told, effect, TEXT("There are as many as there may be"));
        break;
    }
}

static void refuse_banned(struct told *told, const struct effect *effect)
{
    if (effect->command_kind == COMMAND_OPEN) {
        told->reply.numeric = ERR_YOUREBANNEDCREEP;
        if (effect->text.count > 0) {
            words_add(&told->words, irc_numeric_sentence(ERR_YOUREBANNEDCREEP));
            words_add(&told->words, TEXT(" ("));
            words_add(&told->words, effect->text);
            words_add(&told->words, TEXT(")"));
        }
    } else if (effect->command_kind == COMMAND_MESSAGE) {
        told_1(told, ERR_CANNOTSENDTOCHAN, effect->name);
    } else {
        told_1(told, ERR_BANNEDFROMCHAN, effect->name);
    }
}

static void refuse_sending(struct told *told, const struct effect *effect)
{
    told_1(told, ERR_CANNOTSENDTOCHAN, effect->name);
    if (effect->text.count > 0) {
        words_add(&told->words, irc_numeric_sentence(ERR_CANNOTSENDTOCHAN));
        words_add(&told->words, TEXT(" (+"));
        words_add(&told->words, effect->text);
        words_add(&told->words, TEXT(")"));
    }
}

static void refuse_unregistered(struct told *told, const struct effect *effect)
{
    if (effect->command_kind == COMMAND_MESSAGE && is_channel(effect->name)) {
        told_1(told, ERR_CANNOTSENDTOCHAN, effect->name);
        words_add(&told->words, TEXT("Cannot send to channel (+M): you need to be logged in"));
    } else {
        told_1(told, ERR_NEEDREGGEDNICK, effect->name);
    }
}

static void refuse_closed(struct told *told, const struct effect *effect)
{
    if (effect->command_kind == COMMAND_OPEN) {
        told->reply.numeric = ERR_YOUREBANNEDCREEP;
        words_add(&told->words, TEXT("This server takes no new people at the moment"));
    } else {
        told_error(told, effect, TEXT("This server does not take that at the moment"));
    }
}

static void refuse_unsupported(struct told *told, const struct effect *effect)
{
    if (effect->command_kind == COMMAND_SETNAME) {
        told_fail(told, TEXT("SETNAME"), TEXT("CANNOT_CHANGE_REALNAME"));
        words_add(&told->words, TEXT("The real name cannot be changed"));
    } else {
        told_error(told, effect, TEXT("That cannot be done here"));
    }
}

static void refuse_sending_outside(struct told *told, const struct effect *effect)
{
    bool is_message = effect->command_kind == COMMAND_MESSAGE;
    told_1(told, is_message ? ERR_CANNOTSENDTOCHAN : ERR_NOTONCHANNEL, effect->name);
}

static void refuse_for_memory(struct told *told, const struct effect *effect)
{
    told_error(told, effect, TEXT("The server has no memory for that at the moment"));
}

/* What a refusal comes to: by tell, or the numeric with these params. Neither: nothing. */
struct rule {
    void (*tell)(struct told *told, const struct effect *effect);
    enum numeric numeric;
    enum { PARAM_NONE, PARAM_NAME, PARAM_NICK, PARAM_EXTRA_NAME } params;
};

static const struct rule rules[] = {
    [REFUSAL_NONE] = {0},
    [REFUSAL_NAME_BAD] = {.tell = refuse_bad_name},
    [REFUSAL_NAME_IN_USE] = {.tell = refuse_name_in_use},
    [REFUSAL_NAME_LOOKS_LIKE] = {.tell = refuse_name_in_use},
    [REFUSAL_NO_CHANNEL] = {NULL, ERR_NOSUCHCHANNEL, PARAM_NAME},
    [REFUSAL_NOT_MEMBER] = {.tell = refuse_sending_outside},
    [REFUSAL_MEMBER_ALREADY] = {0},
    [REFUSAL_TOO_MANY] = {.tell = refuse_too_many},
    [REFUSAL_NO_MEMORY] = {.tell = refuse_for_memory},
    [REFUSAL_NO_NICK] = {NULL, ERR_NOSUCHNICK, PARAM_NICK},
    [REFUSAL_TARGET_NOT_MEMBER] = {NULL, ERR_USERNOTINCHANNEL, PARAM_EXTRA_NAME},
    [REFUSAL_TARGET_MEMBER] = {NULL, ERR_USERONCHANNEL, PARAM_EXTRA_NAME},
    [REFUSAL_BANNED] = {.tell = refuse_banned},
    [REFUSAL_KEY] = {NULL, ERR_BADCHANNELKEY, PARAM_NAME},
    [REFUSAL_FULL] = {NULL, ERR_CHANNELISFULL, PARAM_NAME},
    [REFUSAL_INVITE_ONLY] = {NULL, ERR_INVITEONLYCHAN, PARAM_NAME},
    [REFUSAL_REGISTERED_ONLY] = {.tell = refuse_unregistered},
    [REFUSAL_CANNOT_SEND] = {.tell = refuse_sending},
    [REFUSAL_CALLER_ID] = {NULL, RPL_TARGUMODEG, PARAM_NAME},
    [REFUSAL_NOT_OPERATOR] = {NULL, ERR_CHANOPRIVSNEEDED, PARAM_NAME},
    [REFUSAL_NO_PRIVILEGES] = {NULL, ERR_NOPRIVILEGES, PARAM_NONE},
    [REFUSAL_SERVER_CLOSED] = {.tell = refuse_closed},
    [REFUSAL_NO_MESSAGE] = {.tell = refuse_unsupported},
    [REFUSAL_UNSUPPORTED] = {.tell = refuse_unsupported},
};

static void refuse(struct told *told, const struct effect *effect)
{
    check((unsigned)effect->refusal < sizeof(rules) / sizeof(rules[0]));
    bool is_told = (effect->command_kind == COMMAND_RENAME && refuse_rename(told, effect)) ||
                   (effect->command_kind == COMMAND_METADATA && refuse_metadata(told, effect)) ||
                   (effect->command_kind == COMMAND_REDACT && refuse_redact(told, effect));
    if (is_told) {
        return;
    }
    const struct rule *rule = &rules[effect->refusal];
    if (rule->tell != NULL) {
        rule->tell(told, effect);
        return;
    }
    told->reply.numeric = rule->numeric;
    switch (rule->params) {
    case PARAM_NONE:
        break;
    case PARAM_NAME:
        told_param(told, effect->name);
        break;
    case PARAM_NICK:
        told_param(told, nick_meant(effect));
        break;
    case PARAM_EXTRA_NAME:
        told_param(told, effect->extra);
        told_param(told, effect->name);
        break;
    }
}

enum error irc_refusal_append(const struct irc_asker *asker, const struct effect *effect,
                              struct bytes *out)
{
    bool is_notice =
        effect->command_kind == COMMAND_MESSAGE && (effect->flags & MESSAGE_NOTICE) != 0;
    struct told told = {0};
    if (!is_notice) {
        refuse(&told, effect);
    }
    if (told.reply.numeric == 0) {
        return ERR_OK;
    }
    struct text words = {.data = told.words.data, .count = told.words.count};
    return irc_reply_append_as(asker, &told.reply, words, out);
}
