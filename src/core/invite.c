/* INVITE: whoever is invited by an operator may come whatever stands against it. */
#include "base/check.h"
#include "base/mem.h"
#include "core/act.h"
#include "core/change.h"

#include <string.h>

struct channel *invitation_channel(const struct core *core, const struct invitation *invitation)
{
    struct channel *channel = slots_get(&core->channels, invitation->channel_slot);
    return channel != NULL && channel->id == invitation->channel_id ? channel : NULL;
}

/* The index of the invitation to the channel, or invitation_count. */
static uint32_t find(const struct session_options *options, const struct channel *channel)
{
    uint32_t index = 0;
    while (index < options->invitation_count &&
           options->invitations[index].channel_id != channel->id) {
        index++;
    }
    return index;
}

bool session_is_invited(const struct session *session, const struct channel *channel)
{
    return session->options != NULL &&
           find(session->options, channel) < session->options->invitation_count;
}

static void drop(struct session_options *options, uint32_t index)
{
    options->invitation_count--;
    memmove(options->invitations + index, options->invitations + index + 1,
            (options->invitation_count - index) * sizeof(*options->invitations));
}

void session_forget_invitation(struct session *session, const struct channel *channel)
{
    if (session_is_invited(session, channel)) {
        drop(session->options, find(session->options, channel));
    }
}

/* Makes room for invitations. ERR_MEMORY. */
MUST_USE static enum error invitations_reserve(struct session *session)
{
    if (session_options_reserve(session) != ERR_OK) {
        return ERR_MEMORY;
    }
    struct session_options *options = session->options;
    if (options->invitations == NULL) {
        options->invitations = mem_zalloc(INVITES_PER_SESSION_MAX, sizeof(*options->invitations));
    }
    return options->invitations == NULL ? ERR_MEMORY : ERR_OK;
}

/* Notes that the session may come; of more than it can hold the oldest is forgotten. */
static void add(struct core *core, struct session *session, const struct channel *channel)
{
    struct session_options *options = session->options;
    if (session_is_invited(session, channel)) {
        return;
    }
    /* Those whose channel is gone first. */
    for (uint32_t i = options->invitation_count; i-- > 0;) {
        if (invitation_channel(core, &options->invitations[i]) == NULL) {
            drop(options, i);
        }
    }
    if (options->invitation_count == INVITES_PER_SESSION_MAX) {
        drop(options, 0);
    }
    options->invitations[options->invitation_count++] = (struct invitation){
        .channel_id = channel->id,
        .channel_slot = channel->slot,
    };
}

static void tell(const struct turn *turn, const struct channel *channel,
                 const struct session *target)
{
    struct effect_channel concerned;
    struct effect effect = turn_channel_effect(turn, EFFECT_INVITED, channel, &concerned);
    effect.target = person_of(target);
    effect.target.realname = TEXT_NONE;
    turn_tell(turn, &effect);
    turn_reply(turn, RPL_INVITING, session_nick(target), channel_name(channel));
    if (session_away(target).count > 0) {
        turn_reply(turn, RPL_AWAY, session_nick(target), session_away(target));
    }
}

void channel_invite(struct turn *turn)
{
    const struct command *command = &turn->entry->command;
    size_t index;
    struct channel *channel = turn_find_channel(turn, command->name, &index);
    if (channel == NULL) {
        return;
    }
    const bool is_operator = rank_may_kick(turn_rank(turn, channel));
    if ((channel->modes & MODE_INVITE_ONLY) != 0 && !is_operator) {
        turn_refuse(turn, REFUSAL_NOT_OPERATOR);
        return;
    }
    struct session *target = session_find(turn->core, command->extra);
    if (target == NULL) {
        turn_refuse(turn, REFUSAL_NO_NICK);
        return;
    }
    if (session_membership(target, channel) != NULL) {
        turn_refuse(turn, REFUSAL_TARGET_MEMBER);
        return;
    }
    /* From anybody else it is only a word: it opens no door. */
    if (is_operator) {
        if (invitations_reserve(target) != ERR_OK) {
            turn_refuse(turn, REFUSAL_NO_MEMORY);
            return;
        }
        add(turn->core, target, channel);
    }
    tell(turn, channel, target);
}
