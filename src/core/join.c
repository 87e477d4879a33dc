/* JOIN: who may come in, what everybody is told of it, and what the new member is shown. */
#include "base/check.h"
#include "core/act.h"
#include "core/ask.h"
#include "core/change.h"

/* A cursor of JOIN says in which channel, for it may have been forwarded, and where among the
 * names: 1 + the channel's slot, and below that ask_names()'s own cursor. */
#define CHANNEL_SHIFT 32
#define NAMES_MASK UINT32_MAX

/* What the other levels close is in session.c. */
#define DEFCON_NO_NEW_CHANNELS 4

static uint64_t milliseconds_to_seconds(int64_t time_ms)
{
    return time_ms < 0 ? 0 : (uint64_t)time_ms / 1000;
}

/* The names from the cursor on, and the cursor for the rest. */
static uint64_t tell_names(const struct turn *turn, const struct channel *channel, uint64_t cursor)
{
    struct command question = turn->entry->command;
    question.name = channel_name(channel);
    question.cursor = cursor;
    const uint64_t more = ask_names(turn->core, &question, turn->sink);
    check(more <= NAMES_MASK);
    return more == 0 ? 0 : ((uint64_t)channel->slot + 1) << CHANNEL_SHIFT | more;
}

static void tell_topic(const struct turn *turn, const struct channel *channel)
{
    const struct text topic = channel_topic(channel);
    if (topic.count == 0) {
        return;
    }
    const struct note *note = channel->options->topic;
    char seconds[NUMBER_BYTES_MAX];
    turn_reply(turn, RPL_TOPIC, channel_name(channel), topic);
    turn_reply(turn, RPL_TOPICWHOTIME, channel_name(channel), param_of(note_nick(note)),
               number_text(milliseconds_to_seconds(note->time_ms), seconds));
}

/* The next step of an answer that began with a JOIN. */
static void go_on(struct turn *turn)
{
    const uint64_t cursor = turn->entry->command.cursor;
    const struct channel *channel = slots_get(&turn->core->channels, (cursor >> CHANNEL_SHIFT) - 1);
    /* It may have left meanwhile, and the place be another channel's. */
    if (channel == NULL || session_membership(turn->session, channel) == NULL) {
        turn_reply(turn, RPL_ENDOFNAMES, param_of(turn->entry->command.name));
        return;
    }
    turn->more = tell_names(turn, channel, cursor & NAMES_MASK);
}

/* Whether the acting session may make a channel; REFUSAL_NONE. */
static enum refusal may_make(const struct turn *turn)
{
    const struct core *core = turn->core;
    if (core->channels.count >= CHANNELS_MAX) {
        return REFUSAL_TOO_MANY;
    }
    if (core->defcon <= DEFCON_NO_NEW_CHANNELS && !session_is_operator(turn->session)) {
        return REFUSAL_SERVER_CLOSED;
    }
    return REFUSAL_NONE;
}

/* Where who is kept out of the channel is sent to instead, when it may enter there; or NULL. */
static struct channel *forwarded(const struct turn *turn, const struct channel *from)
{
    if ((from->modes & MODE_FORWARD) == 0) {
        return NULL;
    }
    struct channel *to =
        channel_get(turn->core, (struct text){.data = from->options->forward,
                                              .count = from->options->forward_bytes});
    /* One step only: so nobody is sent in circles. */
    if (to == NULL || session_membership(turn->session, to) != NULL ||
        channel_bars_entry(to, turn->session, TEXT_NONE) != REFUSAL_NONE) {
        return NULL;
    }
    return to;
}

/* All that follows when somebody who may enters; memory is all that can be lacking. asked is the
 * channel that was asked for, when somebody is sent to another one. */
static void enter(struct turn *turn, struct channel *channel, const struct channel *asked)
{
    struct session *session = turn->session;
    const struct command *command = &turn->entry->command;
    if (session_reserve(session) != ERR_OK ||
        (channel != NULL && slots_reserve(&channel->members) != ERR_OK)) {
        turn_refuse(turn, REFUSAL_NO_MEMORY);
        return;
    }
    uint32_t rank = 0;
    if (channel == NULL) {
        channel = channel_new(turn->core, command->name, turn->entry->seq, turn->entry->time_ms);
        if (channel == NULL) {
            turn_refuse(turn, REFUSAL_NO_MEMORY);
            return;
        }
        if (slots_reserve(&channel->members) != ERR_OK) {
            channel_release(turn->core, channel);
            turn_refuse(turn, REFUSAL_NO_MEMORY);
            return;
        }
        channel->modes = MODE_NO_EXTERNAL | MODE_TOPIC_LOCKED;
        rank = RANK_OPERATOR;
    }
    session_forget_invitation(session, channel);
    session_enter(session, channel, rank);
    struct effect_channel concerned;
    struct effect effect = turn_channel_effect(turn, EFFECT_JOINED, channel, &concerned);
    effect.who.realname = session_realname(session);
    effect.rank = rank;
    effect.extra = session_away(session);
    if (member_is_hidden(channel, rank)) {
        effect.flags |= EFFECT_HIDDEN;
        concerned.hidden = 1;
    }
    turn_tell(turn, &effect);
    const struct row row = turn_row(turn, ROW_JOINED, channel_name(channel));
    turn_keep(turn, &row);
    if (asked != NULL) {
        turn_reply(turn, ERR_LINKCHANNEL, channel_name(asked), channel_name(channel));
    }
    tell_topic(turn, channel);
    if ((command->flags & ASK_NAMES) != 0) {
        turn->more = tell_names(turn, channel, 0);
    }
}

/* The acting session is to enter the channel, which is there. */
static void enter_present(struct turn *turn, struct channel *channel)
{
    const enum refusal refusal =
        channel_bars_entry(channel, turn->session, turn->entry->command.text);
    if (refusal == REFUSAL_NONE) {
        enter(turn, channel, NULL);
        return;
    }
    /* Who mistyped a key is to be told so. */
    struct channel *to = refusal == REFUSAL_KEY ? NULL : forwarded(turn, channel);
    if (to == NULL) {
        turn_refuse(turn, refusal);
        return;
    }
    enter(turn, to, channel);
}

void channel_join(struct turn *turn)
{
    const struct text name = turn->entry->command.name;
    if (turn->entry->command.cursor != 0) {
        go_on(turn);
        return;
    }
    struct channel *channel = NULL;
    enum name_verdict verdict = channel_name_check(name);
    if (verdict == NAME_OK && channel_find(turn->core, name, &channel) != ERR_OK) {
        verdict = NAME_CHARACTER;
    }
    if (verdict != NAME_OK) {
        turn_refuse_name(turn, name, verdict);
        return;
    }
    if (channel != NULL && session_membership(turn->session, channel) != NULL) {
        turn_refuse(turn, REFUSAL_MEMBER_ALREADY);
        return;
    }
    if (turn->session->membership_count >= CHANNELS_PER_SESSION_MAX) {
        turn_refuse(turn, REFUSAL_TOO_MANY);
        return;
    }
    if (channel != NULL) {
        enter_present(turn, channel);
        return;
    }
    const enum refusal refusal = may_make(turn);
    if (refusal != REFUSAL_NONE) {
        turn_refuse(turn, refusal);
        return;
    }
    enter(turn, NULL, NULL);
}
