/*
 * What became of what the client asked for: effects of its own become its own copies of lines,
 * replies become numerics, and each answer is counted. Also what is meant for it alone: private
 * messages, invitations, the end.
 */
#include "door/irc_state.h"

#include "base/check.h"

#include <string.h>

/* Members that a reader without IRCv3 channel-rename is told of after a rename; in a larger channel
 * it would be one list for each of them, and who wants it may ask. */
#define RENAME_NAMES_MAX 256

/* Answers to a question have this label (irc_ask()). */
static bool is_asked(const struct effect *effect)
{
    return effect->origin.label != 0;
}

/* Whether who did it, and from this connection. */
static bool is_by_self(const struct irc *irc, const struct effect *effect)
{
    return irc->session != 0 && effect->who.session == irc->session &&
           effect->origin.connection == effect->who.connection &&
           effect->origin.worker == effect->who.worker && effect->origin.node == effect->who.node;
}

static bool is_for_self(const struct irc *irc, const struct effect *effect)
{
    return irc->session != 0 && effect->target.session == irc->session;
}

bool irc_wants_own(const struct irc *irc, const struct effect *effect)
{
    if (effect->who.session != irc->session) {
        return false; /* Somebody else, whose end it caused. */
    }
    switch (effect->kind) {
    case EFFECT_MESSAGE:
        /* As everybody else has it, unless something tells it apart. */
        return effect->rank != 0 || irc->label != NULL || !irc_has(irc, IRC_CAP_ECHO_MESSAGE);
    case EFFECT_TOPIC:
    case EFFECT_MODE:
    case EFFECT_KICKED:
        return irc->label != NULL;
    case EFFECT_OPENED:
    case EFFECT_REFUSED:
    case EFFECT_REPLIES:
    case EFFECT_PONG:
    case EFFECT_JOINED:
    case EFFECT_PARTED:
    case EFFECT_CLOSED:
    case EFFECT_NICK:
    case EFFECT_AWAY:
    case EFFECT_SETNAME:
    case EFFECT_USER_MODE:
    case EFFECT_RENAMED:
    case EFFECT_INVITED:
    case EFFECT_WALLOPS:
    case EFFECT_METADATA:
    case EFFECT_REDACTED:
    case EFFECT_REHASH:
    case EFFECT_KIND_COUNT:
        break;
    }
    return true;
}

/* -- Own lines --------------------------------------------------------------------------------- */

static size_t line_count(struct text lines)
{
    size_t count = 0;
    for (size_t i = 0; i < lines.count; i++) {
        count += lines.data[i] == '\n';
    }
    return count;
}

/* Nothing will be answered behind this effect. */
static bool is_last(const struct irc *irc, const struct effect *effect)
{
    return effect->done && effect->more == 0 && irc->given && irc->pending == 1;
}

/* The line as others have it, in answer to the one who caused it. */
static void say_own_in(struct irc *irc, const struct effect *effect, dialect spoken)
{
    struct bytes lines = {0};
    if (irc_render(irc->server, effect, spoken, &lines) != ERR_OK) {
        irc_give_up(irc);
    } else if (line_count(bytes_text(&lines)) > irc_render_count(effect, spoken)) {
        irc_say_batch(irc, bytes_text(&lines), is_last(irc, effect));
    } else {
        irc_say_lines(irc, bytes_text(&lines));
    }
    bytes_finish(&lines);
}

static void say_own(struct irc *irc, const struct effect *effect)
{
    say_own_in(irc, effect, irc_dialect(irc));
}

/* Not in answer to anything. */
static void tell_rendered(struct irc *irc, const struct effect *effect)
{
    struct bytes lines = {0};
    if (irc_render(irc->server, effect, irc_dialect(irc), &lines) == ERR_OK) {
        irc_tell(irc, bytes_text(&lines));
    } else {
        irc_give_up(irc);
    }
    bytes_finish(&lines);
}

static void own_joined(struct irc *irc, const struct effect *effect)
{
    /* One knows that one is away. */
    say_own_in(irc, effect, irc_dialect(irc) & ~(dialect)IRC_DIALECT_AWAY);
    if (irc->subscription_count > 0) {
        irc_errand_add(irc, &(struct command){.kind = COMMAND_METADATA_SYNC, .name = effect->name},
                       IRC_ANSWER_ARRIVAL);
    }
}

static void own_nick(struct irc *irc, const struct effect *effect)
{
    say_own(irc, effect);
    check(effect->text.count <= sizeof(irc->nick));
    memcpy(irc->nick, effect->text.data, effect->text.count);
    irc->nick_bytes = (uint8_t)effect->text.count;
}

/* Who does not know RENAME leaves the one and enters the other. */
static void rename_fallback(struct irc *irc, const struct effect *effect, bool is_own)
{
    const struct person reader = {
        .session = irc->session,
        .nick = irc_own_nick(irc),
        .user = {.data = irc->user, .count = irc->user_bytes},
        .host = {.data = irc->host, .count = irc->host_bytes},
    };
    struct effect parted;
    struct effect joined;
    if (!irc_rename_split(effect, &reader, &parted, &joined)) {
        return;
    }
    if (is_own) {
        say_own(irc, &parted);
        own_joined(irc, &joined);
    } else {
        tell_rendered(irc, &parted);
        tell_rendered(irc, &joined);
    }
    irc_errand_add(irc, &(struct command){.kind = COMMAND_TOPIC_OF, .name = effect->name},
                   IRC_ANSWER_ENTRANCE);
    bool is_small =
        effect->channel_count > 0 && effect->channels[0].member_count <= RENAME_NAMES_MAX;
    if (is_small && !irc_has(irc, IRC_CAP_NO_IMPLICIT_NAMES)) {
        irc_errand_add(irc, &(struct command){.kind = COMMAND_NAMES, .text = effect->name},
                       IRC_ANSWER_PLAIN);
    }
}

static void show_renamed(struct irc *irc, const struct effect *effect, bool is_own)
{
    if (!irc_has(irc, IRC_CAP_RENAME)) {
        rename_fallback(irc, effect, is_own);
    } else if (is_own) {
        say_own(irc, effect);
    } else {
        tell_rendered(irc, effect);
    }
}

static void show_message(struct irc *irc, const struct effect *effect, bool is_own)
{
    if (is_for_self(irc, effect)) {
        tell_rendered(irc, effect);
    }
    if (is_own && irc_has(irc, IRC_CAP_ECHO_MESSAGE)) {
        say_own(irc, effect);
    }
}

/* Once for who has written to itself, too. */
static void show_redacted(struct irc *irc, const struct effect *effect, bool is_own)
{
    if (is_own) {
        say_own(irc, effect);
    } else {
        tell_rendered(irc, effect);
    }
}

static void show_user_mode(struct irc *irc, const struct effect *effect, bool is_own)
{
    irc->flags = effect->who.flags;
    if (is_own) {
        say_own(irc, effect);
    } else {
        tell_rendered(irc, effect);
    }
}

static void show_closed(struct irc *irc, const struct effect *effect)
{
    struct bytes words = {0};
    struct text who =
        effect->reason == LEAVE_KILLED ? TEXT("Closing link: Killed") : TEXT("Closing link");
    if (bytes_append_text(&words, who) != ERR_OK ||
        (effect->text.count > 0 && (bytes_append_text(&words, TEXT(": ")) != ERR_OK ||
                                    bytes_append_text(&words, effect->text) != ERR_OK))) {
        bytes_clear(&words);
    }
    irc_hang_up(irc, effect->reason, bytes_text(&words), TEXT_NONE);
    bytes_finish(&words);
}

/* -- Replies ----------------------------------------------------------------------------------- */

static enum irc_answer_kind answer_kind(const struct irc *irc, const struct effect *effect)
{
    return is_asked(effect) && irc->answer != NULL ? irc->answer->kind : IRC_ANSWER_PLAIN;
}

/* What a batch of metadata does not surround. */
static bool is_whole_refusal(const struct reply *reply)
{
    return reply->numeric == REPLY_FAIL && reply->param_count > 2 &&
           (text_equal(reply->params[1], TEXT("INVALID_TARGET")) ||
            text_equal(reply->params[1], TEXT("KEY_NO_PERMISSION")));
}

static void answer_batch_begin(struct irc *irc)
{
    struct irc_answer *answer = irc->answer;
    if (!answer->begun) {
        answer->begun = true;
        irc_say_batch_begin(irc, TEXT("metadata"),
                            (struct text){.data = answer->target, .count = answer->target_bytes},
                            true);
    }
}

/* A reply about metadata that goes into a batch. */
static void say_metadata(struct irc *irc, const struct reply *reply)
{
    struct irc_answer *answer = irc->answer;
    bool is_filtered = answer->kind != IRC_ANSWER_METADATA;
    bool is_value = reply->numeric == RPL_KEYVALUE && reply->param_count > 1;
    if (is_filtered && is_value && !irc_subscribes(irc, reply->params[1])) {
        return;
    }
    if (answer->kind == IRC_ANSWER_ARRIVAL && !is_value) {
        return; /* Nobody has asked. */
    }
    if (!answer->begun && is_whole_refusal(reply)) {
        answer->kind = IRC_ANSWER_PLAIN;
    } else {
        answer_batch_begin(irc);
    }
    irc_say_reply(irc, reply);
}

static bool is_hidden(const struct irc *irc, const struct reply *reply, enum irc_answer_kind kind)
{
    switch ((int)reply->numeric) {
    case RPL_METADATAEND:
        return true;
    case RPL_WHOISKEYVALUE:
        return !irc_has(irc, IRC_CAP_METADATA);
    case RPL_KEYVALUE:
        return kind == IRC_ANSWER_SILENT;
    case RPL_NOTOPIC:
        return kind == IRC_ANSWER_ENTRANCE;
    default:
        return false;
    }
}

static void show_replies(struct irc *irc, const struct effect *effect)
{
    struct text packed = effect->text;
    struct reply reply;
    while (irc->stage != IRC_STAGE_ENDED && reply_take(&packed, &reply)) {
        enum irc_answer_kind kind = answer_kind(irc, effect);
        bool is_metadata =
            kind == IRC_ANSWER_METADATA || kind == IRC_ANSWER_SYNC || kind == IRC_ANSWER_ARRIVAL;
        if (is_hidden(irc, &reply, kind)) {
            continue;
        }
        if (is_metadata) {
            say_metadata(irc, &reply);
        } else {
            irc_say_reply(irc, &reply);
        }
    }
}

/* The answer is whole: an empty one still is a batch. */
static void answer_finish(struct irc *irc)
{
    enum irc_answer_kind kind = irc->answer != NULL ? irc->answer->kind : IRC_ANSWER_PLAIN;
    if (kind == IRC_ANSWER_METADATA || kind == IRC_ANSWER_SYNC) {
        answer_batch_begin(irc);
    }
    irc_say_batch_end(irc);
}

static void show_refused(struct irc *irc, const struct effect *effect)
{
    struct bytes line = {0};
    struct irc_asker asker = irc_asker(irc);
    if (effect->command_kind == COMMAND_OPEN) {
        irc_open_refused(irc, effect);
        return;
    }
    if (is_asked(effect) && irc->answer != NULL && !irc->answer->begun) {
        irc->answer->kind = IRC_ANSWER_PLAIN;
    }
    if (irc_refusal_append(&asker, effect, &line) == ERR_OK) {
        irc_say_lines(irc, bytes_text(&line));
    } else {
        irc_give_up(irc);
    }
    bytes_finish(&line);
}

/* -- All of it --------------------------------------------------------------------------------- */

static void show(struct irc *irc, const struct effect *effect, bool is_own)
{
    switch (effect->kind) {
    case EFFECT_OPENED:
        irc_welcome(irc, effect);
        break;
    case EFFECT_REFUSED:
        show_refused(irc, effect);
        break;
    case EFFECT_REPLIES:
        show_replies(irc, effect);
        break;
    case EFFECT_PONG:
        irc_say_pong(irc, effect->text);
        break;
    case EFFECT_JOINED:
        own_joined(irc, effect);
        break;
    case EFFECT_MESSAGE:
        show_message(irc, effect, is_own);
        break;
    case EFFECT_REDACTED:
        show_redacted(irc, effect, is_own);
        break;
    case EFFECT_NICK:
        own_nick(irc, effect);
        break;
    case EFFECT_USER_MODE:
        show_user_mode(irc, effect, is_own);
        break;
    case EFFECT_RENAMED:
        show_renamed(irc, effect, is_own);
        break;
    case EFFECT_CLOSED:
        show_closed(irc, effect);
        break;
    case EFFECT_INVITED:
        if (is_for_self(irc, effect)) {
            tell_rendered(irc, effect);
        }
        break;
    case EFFECT_WALLOPS:
        if ((irc->flags & PERSON_WALLOPS) != 0) {
            say_own(irc, effect);
        }
        break;
    case EFFECT_SETNAME:
    case EFFECT_PARTED:
    case EFFECT_KICKED:
    case EFFECT_TOPIC:
    case EFFECT_MODE:
        say_own(irc, effect);
        break;
    case EFFECT_AWAY: /* 305 and 306 have said it. */
    case EFFECT_METADATA:
    case EFFECT_REHASH:
    case EFFECT_KIND_COUNT:
        break;
    }
}

/* Whether the effect's done is that of a command of this connection. */
static bool is_answer(const struct irc *irc, const struct effect *effect)
{
    switch (effect->kind) {
    case EFFECT_OPENED:
    case EFFECT_REFUSED:
    case EFFECT_REPLIES:
    case EFFECT_PONG:
    case EFFECT_REHASH:
        return true;
    case EFFECT_JOINED:
    case EFFECT_PARTED:
    case EFFECT_MESSAGE:
    case EFFECT_CLOSED:
    case EFFECT_NICK:
    case EFFECT_AWAY:
    case EFFECT_SETNAME:
    case EFFECT_KICKED:
    case EFFECT_TOPIC:
    case EFFECT_MODE:
    case EFFECT_USER_MODE:
    case EFFECT_RENAMED:
    case EFFECT_INVITED:
    case EFFECT_WALLOPS:
    case EFFECT_METADATA:
    case EFFECT_REDACTED:
    case EFFECT_KIND_COUNT:
        break;
    }
    return is_by_self(irc, effect);
}

static void count_answer(struct irc *irc, const struct effect *effect)
{
    if (is_asked(effect) && effect->more == 0) {
        answer_finish(irc);
    }
    if (irc->welcoming) {
        irc_welcome_end(irc);
    }
    irc_answered(irc, is_asked(effect), effect->more);
    irc->waiting = false;
    if (irc->given && irc->pending == 0) {
        irc_label_end(irc);
    }
    if (irc->stage == IRC_STAGE_OPEN && irc->pending == 0 && !irc->begun) {
        (void)irc_errands_run(irc);
    }
}

void irc_effect(struct irc *irc, const struct effect *effect, const struct door_sink *sink)
{
    if (irc->stage == IRC_STAGE_ENDED) {
        return;
    }
    const struct door_sink *before = irc->sink;
    irc->sink = sink;
    bool is_own = is_answer(irc, effect);
    show(irc, effect, is_own);
    if (is_own && effect->done && irc->stage != IRC_STAGE_ENDED) {
        count_answer(irc, effect);
    }
    /* What others see as well has its place among what they do. */
    if (is_own && (effect->channel_count > 0 || effect->kind == EFFECT_MESSAGE)) {
        irc_label_release(irc);
    }
    bool was_renamed = effect->kind == EFFECT_RENAMED && !is_own;
    if (was_renamed && irc->pending == 0 && !irc->begun) {
        (void)irc_errands_run(irc);
    }
    irc->sink = before;
}
