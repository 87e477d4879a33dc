/* The numerics' own sentences, and the lines that replies become. */
#include "door/irc_numeric.h"

#include "base/check.h"
#include "door/irc_message.h"

/*
 * The words are near those that servers have always used: people search for them, and bots look
 * for them. A numeric that is not here has something of its own to say as its last param.
 */
static const char *const sentences[REPLY_FAIL] = {
    [RPL_ISUPPORT] = "are supported by this server",
    [RPL_ENDOFSTATS] = "End of /STATS report",
    [RPL_LUSEROP] = "operators online",
    [RPL_LUSERUNKNOWN] = "connections without a name yet",
    [RPL_LUSERCHANNELS] = "channels formed",
    [RPL_ADMINME] = "Administrative info",
    [RPL_ENDOFACCEPT] = "End of /ACCEPT list",
    [RPL_UNAWAY] = "You are no longer marked as being away",
    [RPL_NOWAWAY] = "You have been marked as being away",
    [RPL_WHOISOPERATOR] = "is an operator of this server",
    [RPL_ENDOFWHO] = "End of /WHO list",
    [RPL_WHOISIDLE] = "seconds idle, signon time",
    [RPL_ENDOFWHOIS] = "End of /WHOIS list",
    [RPL_LISTSTART] = "Users  Name",
    [RPL_LISTEND] = "End of /LIST",
    [RPL_WHOISACCOUNT] = "is logged in as",
    [RPL_NOTOPIC] = "No topic is set",
    [RPL_WHOISBOT] = "is a bot",
    [RPL_ENDOFINVITELIST] = "End of /INVITE list",
    [RPL_WHOISACTUALLY] = "is actually connecting from",
    [RPL_ENDOFINVEXLIST] = "End of the list of those who need no invitation",
    [RPL_ENDOFEXCEPTLIST] = "End of channel exception list",
    [RPL_ENDOFLINKS] = "End of /LINKS list",
    [RPL_ENDOFNAMES] = "End of /NAMES list",
    [RPL_ENDOFBANLIST] = "End of channel ban list",
    [RPL_ENDOFWHOWAS] = "End of /WHOWAS",
    [RPL_ENDOFINFO] = "End of /INFO list",
    [RPL_ENDOFMOTD] = "End of /MOTD command",
    [RPL_YOUREOPER] = "You are now an operator of this server",
    [RPL_REHASHING] = "Rehashing",
    [ERR_NOSUCHNICK] = "No such nick/channel",
    [ERR_NOSUCHSERVER] = "No such server",
    [ERR_NOSUCHCHANNEL] = "No such channel",
    [ERR_CANNOTSENDTOCHAN] = "Cannot send to channel",
    [ERR_TOOMANYCHANNELS] = "You have joined too many channels",
    [ERR_WASNOSUCHNICK] = "There was no such nickname",
    [ERR_TOOMANYTARGETS] = "Too many targets",
    [ERR_NOORIGIN] = "No origin specified",
    [ERR_INVALIDCAPCMD] = "Invalid CAP command",
    [ERR_NORECIPIENT] = "No recipient given",
    [ERR_NOTEXTTOSEND] = "No text to send",
    [ERR_INPUTTOOLONG] = "Input line was too long",
    [ERR_UNKNOWNCOMMAND] = "Unknown command",
    [ERR_NOMOTD] = "There is no message of the day",
    [ERR_NOADMININFO] = "No administrative info available",
    [ERR_NONICKNAMEGIVEN] = "No nickname given",
    [ERR_ERRONEUSNICKNAME] = "Erroneous nickname",
    [ERR_NICKNAMEINUSE] = "Nickname is already in use",
    [ERR_USERNOTINCHANNEL] = "They aren't on that channel",
    [ERR_NOTONCHANNEL] = "You're not on that channel",
    [ERR_USERONCHANNEL] = "is already on channel",
    [ERR_NOTREGISTERED] = "You have not registered",
    [ERR_ACCEPTFULL] = "Your accept list is full",
    [ERR_ACCEPTEXIST] = "is already on your accept list",
    [ERR_ACCEPTNOT] = "is not on your accept list",
    [ERR_NEEDMOREPARAMS] = "Not enough parameters",
    [ERR_ALREADYREGISTERED] = "You may not register again",
    [ERR_PASSWDMISMATCH] = "Password incorrect",
    [ERR_YOUREBANNEDCREEP] = "You are banned from this server",
    [ERR_KEYSET] = "Channel key already set",
    [ERR_LINKCHANNEL] = "Forwarding to another channel",
    [ERR_CHANNELISFULL] = "Cannot join channel (+l): it is full",
    [ERR_UNKNOWNMODE] = "is unknown mode char to me",
    [ERR_INVITEONLYCHAN] = "Cannot join channel (+i): you must be invited",
    [ERR_BANNEDFROMCHAN] = "Cannot join channel (+b): you are banned",
    [ERR_BADCHANNELKEY] = "Cannot join channel (+k): bad key",
    [ERR_BADCHANMASK] = "No channel can be called that",
    [ERR_NEEDREGGEDNICK] = "You need to be logged in to an account",
    [ERR_BANLISTFULL] = "Channel list is full",
    [ERR_NOPRIVILEGES] = "Permission denied: you're not an operator of this server",
    [ERR_CHANOPRIVSNEEDED] = "You're not channel operator",
    [ERR_NOOPERHOST] = "There is no such operator",
    [ERR_UMODEUNKNOWNFLAG] = "Unknown mode flag",
    [ERR_USERSDONTMATCH] = "Cannot change mode for other users",
    [ERR_HELPNOTFOUND] = "No help available on this topic",
    [ERR_INVALIDKEY] = "Key is not well-formed",
    [RPL_WHOISSECURE] = "is using a secure connection",
    [ERR_INVALIDMODEPARAM] = "Invalid parameter for this mode",
    [RPL_ENDOFHELP] = "End of /HELP",
    [RPL_TARGUMODEG] = "hears only those on their accept list (+g)",
    [RPL_TARGNOTIFY] = "has been told that you wrote to them",
    [RPL_UMODEGMSG] = "is writing to you, and is not on your accept list (+g)",
    [RPL_ENDOFMONLIST] = "End of MONITOR list",
    [ERR_MONLISTFULL] = "Monitor list is full",
    [RPL_METADATAEND] = "End of metadata",
    [RPL_KEYNOTSET] = "Key not set",
};

struct text irc_numeric_sentence(enum numeric numeric)
{
    check((unsigned)numeric < REPLY_FAIL || numeric <= REPLY_NOTE);
    if (numeric >= REPLY_FAIL || sentences[numeric] == NULL) {
        return TEXT_NONE;
    }
    return text_of(sentences[numeric]);
}

/* Whether the last param is a word or a number, which customarily stands there without a colon. */
static bool ends_with_word(unsigned numeric)
{
    static const uint16_t numerics[] = {
        RPL_MYINFO,       RPL_UMODEIS,           RPL_CHANNELMODEIS, RPL_CREATIONTIME,
        RPL_TOPICWHOTIME, RPL_INVITELIST,        RPL_INVITING,      RPL_INVEXLIST,
        RPL_EXCEPTLIST,   RPL_BANLIST,           RPL_METADATASUBOK, RPL_METADATAUNSUBOK,
        RPL_METADATASUBS, RPL_METADATASYNCLATER,
    };
    for (size_t i = 0; i < sizeof(numerics) / sizeof(numerics[0]); i++) {
        if (numerics[i] == numeric) {
            return true;
        }
    }
    return false;
}

static void put_verb(struct irc_line *line, const struct irc_asker *asker, enum numeric numeric)
{
    if (numeric >= REPLY_FAIL) {
        static const char *const verbs[] = {"FAIL", "WARN", "NOTE"};
        irc_line_command(line, text_of(verbs[numeric - REPLY_FAIL]));
        return;
    }
    const char digits[] = {
        (char)('0' + numeric / 100),
        (char)('0' + numeric / 10 % 10),
        (char)('0' + numeric % 10),
    };
    irc_line_command(line, (struct text){.data = digits, .count = sizeof(digits)});
    irc_line_param(line, asker->nick);
}

enum error irc_reply_append(const struct irc_asker *asker, const struct reply *reply,
                            struct bytes *out)
{
    return irc_reply_append_as(asker, reply, TEXT_NONE, out);
}

enum error irc_reply_append_as(const struct irc_asker *asker, const struct reply *reply,
                               struct text sentence, struct bytes *out)
{
    check(reply->param_count <= REPLY_PARAMS_MAX);
    if (sentence.count == 0) {
        sentence = irc_numeric_sentence(reply->numeric);
    }
    bool ends_with_param = sentence.count == 0 && reply->param_count > 0;
    uint32_t middle_count = reply->param_count - (ends_with_param ? 1 : 0);

    struct irc_line line;
    irc_line_begin(&line, out);
    irc_line_tags_raw(&line, asker->tags);
    irc_line_source(&line, asker->server, TEXT_NONE, TEXT_NONE);
    put_verb(&line, asker, reply->numeric);
    for (uint32_t i = 0; i < middle_count; i++) {
        irc_line_param(&line, reply->params[i]);
    }
    if (ends_with_param) {
        irc_line_last(&line, reply->params[middle_count], !ends_with_word(reply->numeric));
    } else if (sentence.count > 0) {
        irc_line_last(&line, sentence, true);
    }
    return irc_line_end(&line);
}

enum error irc_numeric_append(const struct irc_asker *asker, enum numeric numeric,
                              const struct text *params, uint32_t param_count, struct bytes *out)
{
    check(param_count <= REPLY_PARAMS_MAX);
    struct reply reply = {.numeric = numeric, .param_count = param_count};
    for (uint32_t i = 0; i < param_count; i++) {
        reply.params[i] = params[i];
    }
    return irc_reply_append(asker, &reply, out);
}
