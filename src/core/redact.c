/*
 * REDACT (IRCv3 message-redaction): takes a message back. Who wrote it may, and who may put people
 * out of the channel. What is told of a message that the asker has not been sent is the same as of
 * one that never was.
 */
#include "core/act.h"
#include "core/change.h"

/* The message that the command means, where it went to that place; else the asker is told. */
static struct recent *recent_find(const struct turn *turn, uint64_t place, bool is_private,
                                  uint32_t rank)
{
    const uint64_t seq = (uint64_t)turn->entry->command.number;
    struct recent *recent = &turn->core->recents[seq % REDACT_ENTRIES_MAX];
    const bool is_recent = seq + REDACT_ENTRIES_MAX > turn->core->seq && seq <= turn->core->seq;
    if (seq == 0 || !is_recent || recent->seq != seq || recent->place != place ||
        recent->is_private != is_private || recent->rank != rank) {
        turn_refuse(turn, REFUSAL_NO_MESSAGE);
        return NULL;
    }
    return recent;
}

/* It is done: those who were sent the message are told, and what it said is not kept. */
static void redact(const struct turn *turn, struct recent *recent, struct effect *effect)
{
    const struct command *command = &turn->entry->command;
    effect->text = command->text;
    effect->extra = command->extra;
    effect->rank = recent->rank;
    turn_tell(turn, effect);
    char number[NUMBER_BYTES_MAX];
    struct row row = turn_row(turn, ROW_REDACTED, effect->name);
    row.number = (int64_t)recent->seq;
    row.extra = number_text(recent->seq, number);
    row.text = command->text;
    turn_keep(turn, &row);
    *recent = (struct recent){0};
}

static void redact_in_channel(const struct turn *turn, const struct address *address)
{
    struct session *session = turn->session;
    size_t index;
    const struct channel *channel = turn_find_channel(turn, address->channel, &index);
    if (channel == NULL) {
        return;
    }
    struct recent *recent = recent_find(turn, channel->id, false, address->rank);
    if (recent == NULL) {
        return;
    }
    if (!rank_may_kick(turn_rank(turn, channel))) {
        if (recent->writer != session->id) {
            turn_refuse(turn, REFUSAL_NOT_OPERATOR);
            return;
        }
        /* Its words are read like those of any message. */
        const struct text bar = channel_bars_message(
            channel, session, &session_memberships(session)[index], turn->entry->command.text);
        if (bar.count > 0) {
            turn_refuse_text(turn, REFUSAL_CANNOT_SEND, bar);
            return;
        }
    }
    struct effect_channel concerned;
    struct effect effect = turn_channel_effect(turn, EFFECT_REDACTED, channel, &concerned);
    char name[COMMAND_NAME_BYTES_MAX];
    effect.name = message_address_name(address, channel, name);
    redact(turn, recent, &effect);
}

static void redact_private(const struct turn *turn)
{
    const struct session *target = session_find(turn->core, turn->entry->command.name);
    if (target == NULL) {
        turn_refuse(turn, REFUSAL_NO_NICK);
        return;
    }
    struct recent *recent = recent_find(turn, target->id, true, 0);
    if (recent == NULL) {
        return;
    }
    if (recent->writer != turn->session->id) {
        turn_refuse(turn, REFUSAL_NO_MESSAGE);
        return;
    }
    if (!session_hears(turn, target)) {
        return;
    }
    struct effect effect = turn_effect(turn, EFFECT_REDACTED);
    effect.name = session_nick(target);
    effect.target = person_of(target);
    effect.target.realname = TEXT_NONE;
    redact(turn, recent, &effect);
}

void message_redact(struct turn *turn)
{
    const struct address address = message_address(turn->entry->command.name);
    if (address_is_channel(&address)) {
        redact_in_channel(turn, &address);
    } else {
        redact_private(turn);
    }
}
