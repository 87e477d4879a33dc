/*
 * Coming in and going: PASS, NICK, USER, WEBIRC, the welcome, QUIT. A name is asked for when all is
 * there that has to be; until the core has answered, no further line is looked at.
 */
#include "door/irc_state.h"

#include "base/mem.h"
#include "model/name.h"

#include <stdio.h>
#include <string.h>

static void say_refusal(struct irc *irc, const struct effect *effect)
{
    struct bytes line = {0};
    struct irc_asker asker = irc_asker(irc);
    if (irc_refusal_append(&asker, effect, &line) == ERR_OK) {
        irc_say_lines(irc, bytes_text(&line));
    } else {
        irc_give_up(irc);
    }
    bytes_finish(&line);
}

void irc_early_free(struct irc *irc)
{
    struct irc_early *early = irc->early;
    if (early == NULL) {
        return;
    }
    if (early->password.count > 0) {
        mem_wipe(early->password.data, early->password.count);
    }
    bytes_finish(&early->password);
    irc_pairs_free(&early->metadata);
    mem_free(early);
    irc->early = NULL;
}

static bool password_is_right(const struct irc *irc)
{
    struct text expected = irc->server->password;
    return expected.count == 0 || text_equal_secret(bytes_text(&irc->early->password), expected);
}

bool irc_register(struct irc *irc)
{
    struct irc_early *early = irc->early;
    if (!early->has_nick || !early->has_user || early->negotiating) {
        return true;
    }
    if (!password_is_right(irc)) {
        irc->sink->fault(irc->sink->context, NOTICE_NOT_ALLOWED);
        irc_say(irc, ERR_PASSWDMISMATCH, NULL, 0);
        irc_hang_up(irc, LEAVE_ERROR, TEXT("Closing link: password incorrect"), TEXT_NONE);
        return true;
    }
    const struct command open = {
        .kind = COMMAND_OPEN,
        .flags = early->secure ? (uint32_t)OPEN_SECURE : 0,
        .name = irc_own_nick(irc),
        .text = {.data = early->away, .count = early->away_bytes},
        .identity =
            {
                .user = {.data = early->user, .count = early->user_bytes},
                .host = {.data = irc->host, .count = irc->host_bytes},
                .address = {.data = early->address, .count = early->address_bytes},
                .realname = {.data = early->realname, .count = early->realname_bytes},
            },
    };
    if (!irc_give(irc, &open)) {
        return false;
    }
    irc->stage = IRC_STAGE_OPENING;
    return true;
}

bool irc_run_pass(struct irc_call *call)
{
    struct irc *irc = call->irc;
    bytes_clear(&irc->early->password);
    if (bytes_append_text(&irc->early->password, irc_param(call, 0)) != ERR_OK) {
        irc_give_up(irc);
    }
    return true;
}

/* As the core would have refused it. */
static void refuse_nick(struct irc *irc, struct text nick, enum name_verdict verdict)
{
    const struct effect refused = {
        .kind = EFFECT_REFUSED,
        .refusal = REFUSAL_NAME_BAD,
        .verdict = verdict,
        .command_kind = COMMAND_NICK,
        .name = nick,
    };
    irc->sink->fault(irc->sink->context, NOTICE_BAD_NAME);
    say_refusal(irc, &refused);
}

static uint8_t name_copy(char *out, size_t room, struct text name)
{
    size_t count = name.count < room ? name.count : room;
    if (count > 0) {
        memcpy(out, name.data, count);
    }
    return (uint8_t)count;
}

static bool nick_early(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text nick = irc_param(call, 0);
    if (irc->step == 0) {
        if (!irc_is_idle(irc)) {
            return false;
        }
        enum name_verdict verdict = name_check(nick);
        if (verdict != NAME_OK) {
            refuse_nick(irc, nick, verdict);
            return true;
        }
        irc->nick_bytes = name_copy(irc->nick, sizeof(irc->nick), nick);
        irc->early->has_nick = true;
        irc->step = 1;
    }
    return irc_register(irc);
}

bool irc_run_nick(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text nick = irc_param(call, 0);
    if (irc->early != NULL) {
        return nick_early(call);
    }
    if (nick.count > NAME_BYTES_MAX) {
        if (!irc_is_idle(irc)) {
            return false;
        }
        refuse_nick(irc, nick, NAME_TOO_LONG);
        return true;
    }
    return irc_give(irc, &(struct command){.kind = COMMAND_NICK, .name = nick});
}

/* What may stand between '!' and '@' everywhere; the rest is left out. */
static size_t user_clean(struct text user, char out[USER_BYTES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < user.count && count < USER_BYTES_MAX; i++) {
        char c = user.data[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        if (is_plain) {
            out[count++] = c;
        }
    }
    if (count == 0) {
        memcpy(out, "user", 4);
        count = 4;
    }
    return count;
}

bool irc_run_user(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct irc_early *early = irc->early;
    struct text user = irc_param(call, 0);
    struct text realname = irc_text_head(irc_param(call, 3), REALNAME_BYTES_MAX);
    if (irc->step == 0) {
        if (!irc_is_idle(irc)) {
            return false;
        }
        if (early->has_user) {
            irc_say(irc, ERR_ALREADYREGISTERED, NULL, 0);
            return true;
        }
        if (user.count == 0 || realname.count == 0) {
            IRC_SAY(irc, ERR_NEEDMOREPARAMS, TEXT("USER"));
            return true;
        }
        early->user_bytes = (uint8_t)user_clean(user, early->user);
        early->realname_bytes = name_copy(early->realname, sizeof(early->realname), realname);
        early->has_user = true;
        irc->step = 1;
    }
    return irc_register(irc);
}

/* "secure" or "secure=…" among the words of the options. */
static bool options_say_secure(const struct irc_call *call)
{
    for (uint32_t i = 4; i < call->message.param_count; i++) {
        struct text options = call->message.params[i];
        for (size_t at = 0; at + 6 <= options.count; at++) {
            bool begins = at == 0 || options.data[at - 1] == ' ';
            bool ends = at + 6 == options.count || options.data[at + 6] == ' ' ||
                        options.data[at + 6] == '=';
            if (begins && ends && memcmp(options.data + at, "secure", 6) == 0) {
                return true;
            }
        }
    }
    return false;
}

bool irc_run_webirc(struct irc_call *call)
{
    struct irc *irc = call->irc;
    if (!irc_is_idle(irc)) {
        return false;
    }
    if (irc->spoke) {
        irc_say(irc, ERR_ALREADYREGISTERED, NULL, 0);
        return true;
    }
    bool secure = irc->early->secure && options_say_secure(call);
    if (!irc->sink->proxied(irc->sink->context, irc_param(call, 0), irc_param(call, 3), secure)) {
        irc->sink->fault(irc->sink->context, NOTICE_NOT_ALLOWED);
        irc_hang_up(irc, LEAVE_ERROR, TEXT("not-allowed: You may not speak for others"), TEXT_NONE);
    }
    return true;
}

bool irc_run_quit(struct irc_call *call)
{
    struct irc *irc = call->irc;
    if (!irc_is_idle(irc)) {
        return false;
    }
    struct text words = irc_text_head(irc_param(call, 0), REASON_BYTES_MAX);
    struct bytes error = {0};
    if (bytes_append_text(&error, words.count > 0 ? TEXT("Closing link: Quit: ")
                                                  : TEXT("Closing link: Quit")) != ERR_OK ||
        bytes_append_text(&error, words) != ERR_OK) {
        bytes_clear(&error);
    }
    irc_hang_up(irc, LEAVE_QUIT, bytes_text(&error), words);
    bytes_finish(&error);
    return true;
}

/* -- The core has answered ------------------------------------------------------------------- */

/* One numeric that says a sentence. */
static void say_sentence(struct irc *irc, enum numeric numeric, const struct bytes *sentence)
{
    IRC_SAY(irc, numeric, bytes_text(sentence));
}

#define TEXT_FORMAT(text) (int)(text).count, (text).count > 0 ? (text).data : ""

static enum error say_greeting(struct irc *irc, const struct person *who)
{
    const struct irc_server *server = irc->server;
    struct bytes sentence = {0};
    enum error error = bytes_format(&sentence, "Welcome to the %.*s Network, %.*s!%.*s@%.*s",
                                    TEXT_FORMAT(server->network), TEXT_FORMAT(who->nick),
                                    TEXT_FORMAT(who->user), TEXT_FORMAT(who->host));
    if (error == ERR_OK) {
        say_sentence(irc, RPL_WELCOME, &sentence);
        bytes_clear(&sentence);
        error = bytes_format(&sentence, "Your host is %.*s, running %.*s",
                             TEXT_FORMAT(server->name), TEXT_FORMAT(server->version));
    }
    if (error == ERR_OK) {
        say_sentence(irc, RPL_YOURHOST, &sentence);
        bytes_clear(&sentence);
        error =
            bytes_format(&sentence, "This server was started %.*s", TEXT_FORMAT(server->created));
    }
    if (error == ERR_OK) {
        say_sentence(irc, RPL_CREATED, &sentence);
    }
    bytes_finish(&sentence);
    return error;
}

/* What was set before there was a session: told at the end of the welcome, and set by errands. */
static void metadata_hand_over(struct irc *irc)
{
    for (const struct irc_pair *pair = irc->early->metadata; pair != NULL; pair = pair->next) {
        const struct command set = {
            .kind = COMMAND_METADATA,
            .name = TEXT("*"),
            .extra = irc_pair_key(pair),
            .text = irc_pair_value(pair),
        };
        irc_errand_add(irc, &set, IRC_ANSWER_SILENT);
    }
}

void irc_welcome(struct irc *irc, const struct effect *effect)
{
    const struct person *who = &effect->who;
    metadata_hand_over(irc);
    irc_early_free(irc);
    irc->stage = irc->stage == IRC_STAGE_ENDED ? IRC_STAGE_ENDED : IRC_STAGE_OPEN;
    irc->session = who->session;
    irc->flags = who->flags;
    irc->nick_bytes = name_copy(irc->nick, sizeof(irc->nick), who->nick);
    irc->user_bytes = name_copy(irc->user, sizeof(irc->user), who->user);
    irc->host_bytes = name_copy(irc->host, sizeof(irc->host), who->host);
    irc->welcoming = true;
    if (say_greeting(irc, who) != ERR_OK) {
        irc_give_up(irc);
        return;
    }
    IRC_SAY(irc, RPL_MYINFO, irc->server->name, irc->server->version, text_of(irc_user_modes),
            text_of(irc_channel_modes), text_of(irc_channel_modes_with_param));
    irc_say_isupport(irc, false);
}

/* IRCv3 metadata: one's own, before the end of the message of the day. */
static void say_own_metadata(struct irc *irc)
{
    if (!irc_has(irc, IRC_CAP_METADATA)) {
        return;
    }
    struct text nick = irc_own_nick(irc);
    irc_say_batch_begin(irc, TEXT("metadata"), nick, false);
    for (const struct irc_errand *errand = irc->errands; errand != NULL; errand = errand->next) {
        const char *key = errand->data + errand->name_bytes;
        if (errand->kind == COMMAND_METADATA) {
            IRC_SAY(irc, RPL_KEYVALUE, nick,
                    (struct text){.data = key, .count = errand->extra_bytes}, TEXT("*"),
                    (struct text){.data = key + errand->extra_bytes, .count = errand->text_bytes});
        }
    }
    irc_say_batch_end(irc);
}

void irc_welcome_end(struct irc *irc)
{
    irc->welcoming = false;
    say_own_metadata(irc);
    irc_say_motd(irc);
    if ((irc->flags & PERSON_INVISIBLE) != 0) {
        IRC_SAY(irc, RPL_UMODEIS, TEXT("+i"));
    }
}

void irc_open_refused(struct irc *irc, const struct effect *effect)
{
    bool is_name = effect->refusal == REFUSAL_NAME_BAD || effect->refusal == REFUSAL_NAME_IN_USE ||
                   effect->refusal == REFUSAL_NAME_LOOKS_LIKE;
    if (irc->early == NULL || irc->stage == IRC_STAGE_ENDED) {
        return;
    }
    irc->stage = IRC_STAGE_NEW;
    irc->early->has_nick = false;
    if (is_name) {
        irc->sink->fault(irc->sink->context, effect->refusal == REFUSAL_NAME_BAD
                                                 ? NOTICE_BAD_NAME
                                                 : NOTICE_NAME_IN_USE);
        say_refusal(irc, effect);
        return;
    }
    bool is_banned = effect->refusal == REFUSAL_BANNED || effect->refusal == REFUSAL_SERVER_CLOSED;
    irc->sink->fault(irc->sink->context, is_banned ? NOTICE_BANNED : NOTICE_FULL);
    say_refusal(irc, effect);
    irc_hang_up(irc, LEAVE_ERROR,
                is_banned ? TEXT("banned: You are not welcome here")
                          : TEXT("full: There is no room for you at the moment"),
                TEXT_NONE);
}
