/* PART and KICK: how somebody leaves a channel, and who may make somebody else leave. */
#include "core/act.h"
#include "core/change.h"

/* Takes the acting session out of the channel of that index, and tells everybody. */
static void part(struct turn *turn, size_t index)
{
    struct session *session = turn->session;
    const struct text words = text_cut(turn->entry->command.text, REASON_BYTES_MAX);
    const struct membership *membership = &session_memberships(session)[index];
    const bool is_hidden = member_is_hidden(
        membership->channel, slots_tag(&membership->channel->members, membership->slot));
    struct channel *channel = session_leave(session, index);
    struct effect_channel concerned;
    struct effect effect = turn_channel_effect(turn, EFFECT_PARTED, channel, &concerned);
    effect.text = words;
    if (is_hidden) {
        effect.flags |= EFFECT_HIDDEN;
        concerned.hidden = 1;
    }
    turn_tell(turn, &effect);
    struct row row = turn_row(turn, ROW_PARTED, channel_name(channel));
    row.text = words;
    turn_keep(turn, &row);
    channel_release(turn->core, channel);
}

void channel_part(struct turn *turn)
{
    const struct text name = turn->entry->command.name;
    struct session *session = turn->session;
    if (name.count == 0) {
        if (session->membership_count > 0) {
            part(turn, 0);
        }
        turn->more = session->membership_count > 0 ? turn->entry->command.cursor + 1 : 0;
        return;
    }
    size_t index;
    const struct channel *channel = session_find_channel(turn, name, &index);
    if (channel == NULL || !channel_is_visible_to(channel, session)) {
        turn_refuse(turn, REFUSAL_NO_CHANNEL);
    } else if (index == session->membership_count) {
        turn_refuse(turn, REFUSAL_NOT_MEMBER);
    } else {
        part(turn, index);
    }
}

/* Whether who has that rank may put out somebody who has the other. */
static bool may_kick(uint32_t rank, uint32_t other)
{
    if (!rank_may_kick(rank)) {
        return false;
    }
    const bool is_half = rank_highest(rank) == RANK_HALFOP;
    return is_half ? rank_highest(other) < RANK_HALFOP : rank_highest(rank) >= rank_highest(other);
}

void channel_kick(struct turn *turn)
{
    const struct command *command = &turn->entry->command;
    size_t own_index;
    struct channel *channel = turn_find_channel(turn, command->name, &own_index);
    if (channel == NULL) {
        return;
    }
    const uint32_t rank = turn_rank(turn, channel);
    if (!rank_may_kick(rank)) {
        turn_refuse(turn, REFUSAL_NOT_OPERATOR);
        return;
    }
    struct session *target = session_find(turn->core, command->extra);
    const size_t index = target == NULL ? 0 : session_index(target, channel);
    if (target == NULL || index == target->membership_count) {
        turn_refuse(turn, REFUSAL_TARGET_NOT_MEMBER);
        return;
    }
    if (!may_kick(rank, session_rank(target, channel))) {
        turn_refuse(turn, REFUSAL_NOT_OPERATOR);
        return;
    }
    const struct text words = command->text.count > 0 ? text_cut(command->text, REASON_BYTES_MAX)
                                                      : session_nick(turn->session);
    session_leave(target, index);
    struct effect_channel concerned;
    struct effect effect = turn_channel_effect(turn, EFFECT_KICKED, channel, &concerned);
    effect.target = person_of(target);
    effect.target.realname = TEXT_NONE;
    effect.text = words;
    turn_tell(turn, &effect);
    struct row row = turn_row(turn, ROW_KICKED, channel_name(channel));
    row.extra = session_nick(target);
    row.text = words;
    turn_keep(turn, &row);
    channel_release(turn->core, channel);
}
