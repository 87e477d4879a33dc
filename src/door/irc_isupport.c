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

static enum error fixed_append(struct bytes *out)
{
    return bytes_format(
        out,
        "ACCEPT=%d ACCOUNTEXTBAN=a AWAYLEN=%d BOT=B CALLERID=g CHANLIMIT=#:%d "
        "CHANMODES=Ibe,k,fl,CMPRcimnstu CHANNELLEN=%d CHANTYPES=# ELIST=CMNTU EXCEPTS=e "
        "EXTBAN=~,am HOSTLEN=%d INVEX=I KEYLEN=%d KICKLEN=%d MAXLIST=beI:%d MAXTARGETS=%d "
        "MODES=%d MONITOR=%d NAMELEN=%d NICKLEN=%d PREFIX=(qaohv)~&@%%+ SAFELIST "
        "STATUSMSG=~&@%%+ "
        "TARGMAX=ACCEPT:,ISON:,JOIN:,KICK:,KILL:1,LIST:,MONITOR:,NAMES:,NOTICE:%d,PART:,"
        "PRIVMSG:%d,TAGMSG:%d,USERHOST:%d,WHO:1,WHOIS:1,WHOWAS:1 "
        "TOPICLEN=%d USERLEN=%d UTF8ONLY WHOX",
        ACCEPTS_PER_SESSION_MAX, AWAY_BYTES_MAX, CHANNELS_PER_SESSION_MAX, CHANNEL_BYTES_MAX,
        HOST_BYTES_MAX, KEY_BYTES_MAX, REASON_BYTES_MAX, LIST_MASKS_MAX, IRC_TARGETS_MAX,
        MODES_PER_COMMAND_MAX, MONITOR_COUNT_MAX, REALNAME_BYTES_MAX, NAME_BYTES_MAX,
        IRC_TARGETS_MAX, IRC_TARGETS_MAX, IRC_TARGETS_MAX, IRC_USERHOST_MAX, TOPIC_BYTES_MAX,
        USER_BYTES_MAX);
}

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
    enum error error = bytes_append_text(out, TEXT(" "));
    if (error == ERR_OK) {
        error = fixed_append(out);
    }
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
