/*
 * The commands of IRC that madang knows, in one table: it decides which line comes to which
 * function, when and for whom; and HELP, the reference in docs/protocol/irc.md and the tests are
 * made from it.
 */
#include "door/irc_state.h"

#include "base/check.h"
#include "base/utf8.h"

#include <string.h>

#define ALWAYS (IRC_BEFORE | IRC_AFTER)

/* In the order of their names: irc_command_find() halves it. */
static const struct irc_command commands[] = {
    {"ACCEPT", irc_run_accept, 1, IRC_AFTER, false, 0, 0, "*|[-]nick{,[-]nick}",
     "Lists (*), adds to or takes from those who may write to you in spite of your mode +g."},
    {"ADMIN", irc_run_admin, 0, IRC_AFTER, false, 0, 0, "", "Tells who runs this server."},
    {"AWAY", irc_run_away, 0, ALWAYS, false, 0, IRC_CAP_PRE_AWAY, "[text]",
     "Marks you as being away; without a text, as being here again."},
    {"BAN", irc_run_ban, 0, IRC_AFTER, true, 0, 0, "[mask [duration] [reason]]",
     "Bans a mask (nick!user@host, a host, an address, address/bits) from the server and ends\n"
     "the sessions that match it. A duration: 30m, 12h, 7d, 4w, together 1w2d; a number alone is\n"
     "minutes. Without a mask: lists the bans."},
    {"BATCH", irc_run_batch, 1, IRC_AFTER, false, 0, 0,
     "+reference draft/multiline target|-reference",
     "Begins or ends a message of several lines (IRCv3 multiline)."},
    {"CAP", irc_run_cap, 1, ALWAYS, false, 0, 0, "LS [version]|LIST|REQ :capabilities|END",
     "Lists or chooses capabilities (IRCv3)."},
    {"DEFCON", irc_run_defcon, 1, IRC_AFTER, true, 0, 0, "5|4|3|2|1",
     "Closes the server to newcomers by degrees: at 5 all may come in, at 1 nobody."},
    {"HELP", irc_run_help, 0, IRC_AFTER, false, 0, 0, "[command|topic]",
     "Tells about a command or a topic; without one, what there is."},
    {"HELPOP", irc_run_help, 0, IRC_AFTER, false, 0, 0, "[command|topic]", "As HELP."},
    {"INFO", irc_run_info, 0, IRC_AFTER, false, 0, 0, "", "Tells what this server is."},
    {"INVITE", irc_run_invite, 0, IRC_AFTER, false, 0, 0, "[nick channel]",
     "Invites somebody to a channel, which opens it to them once whatever its modes; without\n"
     "params, lists the channels that you are invited to."},
    {"ISON", irc_run_ison, 1, IRC_AFTER, false, 0, 0, "nick{ nick}",
     "Tells which of them are here."},
    {"ISUPPORT", irc_run_isupport, 0, ALWAYS, false, 0, IRC_CAP_EXTENDED_ISUPPORT, "",
     "Tells what this server can do and how much of it (numeric 005)."},
    {"JOIN", irc_run_join, 1, IRC_AFTER, false, 0, 0, "channel{,channel} [key{,key}]|0",
     "Enters channels, making those that are not there; 0 leaves all of them."},
    {"KICK", irc_run_kick, 2, IRC_AFTER, false, 0, 0, "channel{,channel} nick{,nick} [reason]",
     "Puts people out of a channel. As many channels as nicks, or one channel."},
    {"KILL", irc_run_kill, 1, IRC_AFTER, true, 0, 0, "nick [reason]", "Ends somebody's session."},
    {"LINKS", irc_run_links, 0, IRC_AFTER, false, 0, 0, "",
     "Lists the servers that this one is linked to in a tree: none."},
    {"LIST", irc_run_list, 0, IRC_AFTER, false, 0, 0, "[channel|condition{,channel|condition}]",
     "Lists channels. Conditions: *mask*, !*mask*, >members, <members, C>minutes, C<minutes\n"
     "(since it was made), T>minutes, T<minutes (since the topic was set)."},
    {"LUSERS", irc_run_lusers, 0, IRC_AFTER, false, 0, 0, "",
     "Tells how many people and channels there are."},
    {"METADATA", irc_run_metadata, 2, ALWAYS, false, 0, IRC_CAP_METADATA,
     "target GET|LIST|SET|CLEAR|SUB|UNSUB|SUBS|SYNC {param}",
     "Tells and sets what people and channels say of themselves (IRCv3 metadata). The target * is\n"
     "yourself."},
    {"MODE", irc_run_mode, 1, IRC_AFTER, false, 0, 0, "channel|nick [modes {param}]",
     "Tells or changes the modes of a channel or your own. HELP CMODES and HELP UMODES tell what\n"
     "they mean."},
    {"MONITOR", irc_run_monitor, 1, IRC_AFTER, false, 0, 0, "+|- nick{,nick}|C|L|S",
     "Watches who comes and goes (IRCv3 monitor): adds, takes away, clears, lists, tells."},
    {"MOTD", irc_run_motd, 0, IRC_AFTER, false, 0, 0, "", "Tells the message of the day."},
    {"NAMES", irc_run_names, 0, IRC_AFTER, false, 0, 0, "[channel{,channel}]",
     "Tells who is in channels."},
    {"NICK", irc_run_nick, 1, ALWAYS, false, ERR_NONICKNAMEGIVEN, 0, "nick", "Takes a name."},
    {"NOTICE", irc_run_privmsg, 2, IRC_AFTER, false, ERR_NORECIPIENT, 0, "target{,target} text",
     "As PRIVMSG, but nobody and nothing answers it."},
    {"OPER", irc_run_oper, 2, IRC_AFTER, false, 0, 0, "name password",
     "Makes you an operator of this server."},
    {"PART", irc_run_part, 1, IRC_AFTER, false, 0, 0, "channel{,channel} [reason]",
     "Leaves channels."},
    {"PASS", irc_run_pass, 1, IRC_BEFORE, false, 0, 0, "password",
     "Gives the server's password, before NICK and USER."},
    {"PING", irc_run_ping, 1, ALWAYS, false, ERR_NOORIGIN, 0, "token",
     "Is answered with PONG and the token, after all that came before it."},
    {"PONG", irc_run_pong, 0, ALWAYS, false, 0, 0, "[token]", "Answers the server's PING."},
    {"PRIVMSG", irc_run_privmsg, 2, IRC_AFTER, false, ERR_NORECIPIENT, 0, "target{,target} text",
     "Says something to people and channels; a channel with a sign before it (@#channel) is\n"
     "those of that rank and above."},
    {"QUIT", irc_run_quit, 0, ALWAYS, false, 0, 0, "[reason]", "Leaves."},
    {"REDACT", irc_run_redact, 2, IRC_AFTER, false, 0, IRC_CAP_REDACTION, "target msgid [reason]",
     "Takes a message back (IRCv3 message-redaction): your own, or one in a channel where you are\n"
     "at least a half operator, as long as the server remembers it."},
    {"REHASH", irc_run_rehash, 0, IRC_AFTER, true, 0, 0, "",
     "Has the server read its configuration again."},
    {"RENAME", irc_run_rename, 2, IRC_AFTER, false, 0, 0, "channel newname [reason]",
     "Gives a channel another name (IRCv3 channel-rename)."},
    {"SETNAME", irc_run_setname, 1, IRC_AFTER, false, 0, 0, "realname",
     "Changes your real name (IRCv3 setname)."},
    {"TAGMSG", irc_run_privmsg, 1, IRC_AFTER, false, ERR_NORECIPIENT, IRC_CAP_MESSAGE_TAGS,
     "target{,target}", "A message of tags alone (IRCv3 message-tags): typing, reactions."},
    {"TIME", irc_run_time, 0, IRC_AFTER, false, 0, 0, "", "Tells the server's time."},
    {"TOPIC", irc_run_topic, 1, IRC_AFTER, false, 0, 0, "channel [topic]",
     "Tells or sets a channel's topic; an empty one takes it away."},
    {"UNBAN", irc_run_unban, 1, IRC_AFTER, true, 0, 0, "mask", "Takes a ban of the server away."},
    {"USER", irc_run_user, 4, IRC_BEFORE, false, 0, 0, "user * * realname",
     "Says who you are, once, at the beginning."},
    {"USERHOST", irc_run_userhost, 1, IRC_AFTER, false, 0, 0, "nick{ nick}",
     "Tells the hosts of up to five people, as others see them."},
    {"VERSION", irc_run_version, 0, IRC_AFTER, false, 0, 0, "",
     "Tells the server's version and what it can do."},
    {"WALLOPS", irc_run_wallops, 1, IRC_AFTER, true, 0, 0, "text",
     "Says something to all who have mode +w."},
    {"WEBIRC", irc_run_webirc, 4, IRC_BEFORE, false, 0, 0,
     "password gateway hostname address [options]",
     "The first line of a gateway that speaks for somebody (IRCv3 webirc)."},
    {"WHO", irc_run_who, 0, IRC_AFTER, false, 0, 0, "[channel|mask [o|%fields[,token]]]",
     "Tells about the members of a channel, or about people (WHOX)."},
    {"WHOIS", irc_run_whois, 1, IRC_AFTER, false, ERR_NONICKNAMEGIVEN, 0, "[server] nick",
     "Tells about somebody."},
    {"WHOWAS", irc_run_whowas, 1, IRC_AFTER, false, ERR_NONICKNAMEGIVEN, 0, "nick [count]",
     "Tells about those who had a name and are gone."},
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

const struct irc_command *irc_commands(size_t *out_count)
{
    *out_count = COMMAND_COUNT;
    return commands;
}

/* As strcmp(), of a word in whatever case with a name of the table. */
static int word_compare(struct text word, const char *name)
{
    for (size_t i = 0; i < word.count; i++) {
        char c = word.data[i];
        if (c >= 'a' && c <= 'z') {
            c = (char)(c - 'a' + 'A');
        }
        /* The name's NUL ends it as well, but for a NUL in the word, which no line holds. */
        if (c != name[i] || c == '\0') {
            return (unsigned char)c < (unsigned char)name[i] ? -1 : 1;
        }
    }
    return name[word.count] == '\0' ? 0 : -1;
}

const struct irc_command *irc_command_find(struct text name)
{
    size_t low = 0;
    size_t high = COMMAND_COUNT;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = word_compare(name, commands[middle].name);
        if (order == 0) {
            return &commands[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

/* The line is over, whatever it came to. */
static void line_end(struct irc *irc)
{
    irc_label_end(irc);
    irc->command = NULL;
    irc->spoke = true;
    irc->begun = false;
    irc->given = false;
    irc->step = 0;
    irc->mark = 0;
    irc->cursor = 0;
}

/* Whether a line can be begun or gone on with: not while something is awaited. */
static bool line_may_go_on(struct irc *irc)
{
    if (irc->asked || irc->stage == IRC_STAGE_OPENING) {
        irc->waiting = true;
        return false;
    }
    return irc->begun || irc_errands_run(irc);
}

static bool refuse_too_long(struct irc *irc)
{
    if (!irc_is_idle(irc)) {
        return false;
    }
    irc->sink->fault(irc->sink->context, NOTICE_TOO_LONG);
    irc_say(irc, ERR_INPUTTOOLONG, NULL, 0);
    irc_batch_spoil(irc);
    return true;
}

bool irc_line_refuse(struct irc *irc)
{
    if (!line_may_go_on(irc) || !refuse_too_long(irc)) {
        return false;
    }
    line_end(irc);
    return true;
}

/* The label that the answer to the line has. */
static bool line_label(const struct irc_call *call, struct text *out_raw)
{
    const struct irc *irc = call->irc;
    struct text first = irc_param(call, 0);
    bool is_batch = irc->command != NULL && irc->command->run == irc_run_batch;
    if (irc_has_batch(irc) || (is_batch && first.count > 0 && first.data[0] == '+')) {
        return false; /* That of the batch, when it ends or fails. */
    }
    return irc_label_find(irc, call->message.tags, out_raw) && utf8_valid(*out_raw);
}

static bool line_begin(const struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text raw;
    if (line_label(call, &raw)) {
        if (irc->pending > 0 || !irc_is_idle(irc)) {
            irc->waiting = true;
            return false;
        }
        irc_label_begin(irc, raw);
    }
    irc->begun = true;
    return true;
}

static struct text command_name(const struct irc *irc)
{
    return text_of(irc->command != NULL ? irc->command->name : "*");
}

static bool refuse_utf8(struct irc *irc)
{
    if (!irc_is_idle(irc)) {
        return false;
    }
    irc->sink->fault(irc->sink->context, NOTICE_BAD_UTF8);
    IRC_SAY(irc, REPLY_FAIL, command_name(irc), TEXT("INVALID_UTF8"),
            TEXT("Your line was not passed on: this server takes UTF-8 only"));
    irc_batch_spoil(irc);
    return true;
}

static void say_too_few(const struct irc_call *call)
{
    struct irc *irc = call->irc;
    switch ((int)irc->command->too_few) {
    case 0:
        IRC_SAY(irc, ERR_NEEDMOREPARAMS, command_name(irc));
        break;
    case ERR_NORECIPIENT:
        irc_say(irc, call->message.param_count == 0 ? ERR_NORECIPIENT : ERR_NOTEXTTOSEND, NULL, 0);
        break;
    default:
        irc_say(irc, irc->command->too_few, NULL, 0);
        break;
    }
}

/* What stands against the command at this time, by this client; 0 for nothing. */
static enum numeric command_objection(const struct irc_call *call)
{
    const struct irc *irc = call->irc;
    const struct irc_command *command = irc->command;
    bool is_early = irc->early != NULL;
    bool lacks_cap = command != NULL && command->cap != 0 && (irc->caps & command->cap) == 0;
    if (command == NULL || (lacks_cap && (command->when & IRC_BEFORE) == 0)) {
        return ERR_UNKNOWNCOMMAND;
    }
    if (is_early && (lacks_cap || (command->when & IRC_BEFORE) == 0)) {
        return ERR_NOTREGISTERED;
    }
    if (!is_early && (command->when & IRC_AFTER) == 0) {
        return ERR_ALREADYREGISTERED;
    }
    if (call->message.param_count < command->params_min) {
        return ERR_NEEDMOREPARAMS;
    }
    if (command->is_operators && (irc->flags & PERSON_OPERATOR) == 0) {
        return ERR_NOPRIVILEGES;
    }
    return (enum numeric)0;
}

static bool command_run(struct irc_call *call)
{
    struct irc *irc = call->irc;
    enum numeric objection = command_objection(call);
    if (objection == 0) {
        return irc->command->run(call);
    }
    if (!irc_is_idle(irc)) {
        return false;
    }
    if (objection == ERR_NEEDMOREPARAMS) {
        say_too_few(call);
    } else if (objection == ERR_UNKNOWNCOMMAND) {
        IRC_SAY(irc, objection, call->message.command);
    } else {
        irc_say(irc, objection, NULL, 0);
    }
    return true;
}

static bool line_is_clean(struct text line)
{
    return line.count == 0 || (memchr(line.data, '\r', line.count) == NULL &&
                               memchr(line.data, '\0', line.count) == NULL);
}

/* False: to be fed again. */
static bool line_carry_out(struct irc_call *call)
{
    struct irc *irc = call->irc;
    if (!line_is_clean(call->line)) {
        return refuse_too_long(irc);
    }
    if (!irc_message_parse(call->line, &call->message)) {
        return true;
    }
    irc->command = irc_command_find(call->message.command);
    if (!irc->begun && !line_begin(call)) {
        return false;
    }
    if (irc->stage == IRC_STAGE_ENDED) {
        return true;
    }
    if (!utf8_valid(call->line)) {
        return refuse_utf8(irc);
    }
    bool is_taken;
    if (!irc_batch_take(call, &is_taken)) {
        return false;
    }
    return is_taken || command_run(call);
}

bool irc_line_run(struct irc *irc, struct text line)
{
    if (!line_may_go_on(irc)) {
        return false;
    }
    if (!irc->given) {
        struct irc_call call = {.irc = irc, .line = line};
        if (!line_carry_out(&call)) {
            return false;
        }
        irc->given = true;
    }
    if (irc->label != NULL && irc->pending > 0 && irc->stage != IRC_STAGE_ENDED) {
        irc->waiting = true;
        return false;
    }
    line_end(irc);
    return true;
}
