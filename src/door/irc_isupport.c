/*
 * 004 and 005: what this server can do, and how much of it. Every number comes from
 * model/limits.h, so that what is told is what is done; the modes are those of the core.
 */
#include "door/irc_state.h"

#include "base/check.h"

#include <string.h>

/* In the order of the alphabet, capitals first, as the core keeps them (docs/protocol/irc.md). */
const char irc_user_modes[] = "BRgiow";
const char irc_channel_modes[] = "CIMPRabcefhiklmnoqstuv";
const char irc_channel_modes_with_param[] = "Iabefhkloqv";

/* A line has at most 15 params: the nick, these, and the sentence. */
#define TOKENS_A_LINE_MAX 13
_Static_assert(TOKENS_A_LINE_MAX <= REPLY_PARAMS_MAX, "a line's tokens are one reply");

/* The digits of a bound that is one number. */
#define DIGITS(number) DIGITS_OF(number)
#define DIGITS_OF(number) #number

/* Every client is told these: they are put together when this is compiled. */
static const char
    fixed_tokens[] = " ACCEPT=" DIGITS(ACCEPTS_PER_SESSION_MAX) " ACCOUNTEXTBAN=a"
                                                                " AWAYLEN=" DIGITS(AWAY_BYTES_MAX) " BOT=B CALLERID=g"
                                                                                                   " CHANLIMIT=#:" DIGITS(
                                                                                                       CHANNELS_PER_SESSION_MAX) " CHANMODES=Ibe,k,fl,CMPRcimnstu"
                                                                                                                                 " CHANNELLEN=" DIGITS(
                                                                                                                                     CHANNEL_BYTES_MAX) " CHANTYPES=# ELIST=CMNTU EXCEPTS=e EXTBAN=~,am"
                                                                                                                                                        " HOSTLEN=" DIGITS(HOST_BYTES_MAX) " INVEX=I"
                                                                                                                                                                                           " KEYLEN=" DIGITS(
                                                                                                                                                                                               KEY_BYTES_MAX) " KICKLEN=" DIGITS(REASON_BYTES_MAX) " MAXLIST=beI:" DIGITS(LIST_MASKS_MAX) " MAXTARGETS=" DIGITS(IRC_TARGETS_MAX) " MODES=" DIGITS(MODES_PER_COMMAND_MAX) " MONITOR=" DIGITS(MONITOR_COUNT_MAX) " NAMELEN=" DIGITS(REALNAME_BYTES_MAX) " NICKLEN=" DIGITS(NAME_BYTES_MAX) " PREFIX=(qaohv)~&@%+ SAFELIST STATUSMSG=~&@%+"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         " TARGMAX=ACCEPT:,ISON:,JOIN:,KICK:,KILL:1,LIST:,MONITOR:,NAMES:"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         ",NOTICE:" DIGITS(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             IRC_TARGETS_MAX) ",PART:"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              ",PRIVMSG:" DIGITS(IRC_TARGETS_MAX) ",TAGMSG:" DIGITS(IRC_TARGETS_MAX) ",USERHOST:" DIGITS(IRC_USERHOST_MAX) ",WHO:1,WHOIS:1,WHOWAS:1"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           " TOPICLEN=" DIGITS(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               TOPIC_BYTES_MAX) " USERLEN=" DIGITS(USER_BYTES_MAX) " UTF8ONLY WHOX";

/* A value in which a space, '=' and '\\' are written as \xHH. */
static enum error escaped_append(struct bytes *out, struct text value)
{
    enum error error = ERR_OK;
    for (size_t i = 0; error == ERR_OK && i < value.count; i++) {
        unsigned char c = (unsigned char)value.data[i];
        bool is_plain = c > ' ' && c != '=' && c != '\\' && c != 0x7f;
        error = is_plain ? bytes_append(out, &value.data[i], 1) : bytes_format(out, "\\x%02X", c);
    }
    return error;
}

static enum error token_append(struct bytes *out, struct text name, struct text value, bool escape)
{
    if (value.count == 0) {
        return ERR_OK;
    }
    enum error error = bytes_append_text(out, name);
    if (error == ERR_OK) {
        error = escape ? escaped_append(out, value) : bytes_append_text(out, value);
    }
    return error;
}

/* All tokens, a space before each. */
static enum error tokens_append(const struct irc_server *server, struct bytes *out)
{
    enum error error = bytes_append(out, fixed_tokens, sizeof fixed_tokens - 1);
    if (error == ERR_OK) {
        error = token_append(out, TEXT(" CASEMAPPING="), server->casemapping, true);
    }
    if (error == ERR_OK) {
        error = token_append(out, TEXT(" NETWORK="), server->network, true);
    }
    if (error == ERR_OK) {
        error = token_append(out, TEXT(" draft/ICON="), server->icon, true);
    }
    if (error == ERR_OK) {
        error = token_append(out, TEXT(" MADANG-LOBBY="), server->lobby, false);
    }
    return error;
}

/* Takes the first token, which has a space before it; false when there is none left. */
static bool token_take(struct text *tokens, struct text *out)
{
    if (tokens->count == 0) {
        return false;
    }
    struct text rest = {.data = tokens->data + 1, .count = tokens->count - 1};
    const char *space = memchr(rest.data, ' ', rest.count);
    size_t count = space == NULL ? rest.count : (size_t)(space - rest.data);
    *out = (struct text){.data = rest.data, .count = count};
    *tokens = (struct text){.data = rest.data + count, .count = rest.count - count};
    return true;
}

/* As many tokens as fit into lines. */
static void say_tokens(struct irc *irc, struct text tokens)
{
    struct irc_asker asker = irc_asker(irc);
    struct text sentence = irc_numeric_sentence(RPL_ISUPPORT);
    /* ":server 005 nick", " :sentence" and CR LF. */
    size_t frame = 1 + asker.server.count + 5 + asker.nick.count + 2 + sentence.count + 2;
    check(frame < IRC_LINE_BYTES_MAX);
    struct reply reply = {.numeric = RPL_ISUPPORT};
    size_t used = frame;
    struct text token;
    while (token_take(&tokens, &token)) {
        if (reply.param_count == TOKENS_A_LINE_MAX ||
            (reply.param_count > 0 && used + 1 + token.count > IRC_LINE_BYTES_MAX)) {
            irc_say_reply(irc, &reply);
            reply.param_count = 0;
            used = frame;
        }
        reply.params[reply.param_count++] = token;
        used += 1 + token.count;
    }
    irc_say_reply(irc, &reply);
}

void irc_say_isupport(struct irc *irc, bool is_alone)
{
    struct bytes tokens = {0};
    bool is_batched = irc_has(irc, IRC_CAP_EXTENDED_ISUPPORT);
    if (tokens_append(irc->server, &tokens) == ERR_OK) {
        if (is_batched) {
            irc_say_batch_begin(irc, TEXT("draft/isupport"), TEXT_NONE, is_alone);
        }
        say_tokens(irc, bytes_text(&tokens));
        if (is_batched) {
            irc_say_batch_end(irc);
        }
    } else {
        irc_give_up(irc);
    }
    bytes_finish(&tokens);
}

bool irc_run_isupport(struct irc_call *call)
{
    if (!irc_is_idle(call->irc)) {
        return false;
    }
    irc_say_isupport(call->irc, true);
    return true;
}
