/* Who may know of what: secret channels, invisible people, auditoriums. */
#include "core/change.h"

bool channel_is_visible_to(const struct channel *channel, const struct session *viewer)
{
    return (channel->modes & MODE_SECRET) == 0 || session_is_operator(viewer) ||
           session_membership(viewer, channel) != NULL;
}

bool member_is_visible_to(const struct channel *channel, const struct session *person,
                          const struct session *viewer)
{
    return person == viewer || !member_is_hidden(channel, session_rank(person, channel)) ||
           rank_may_kick(session_rank(viewer, channel));
}

bool person_shares_with(const struct session *person, const struct session *viewer)
{
    const struct membership *memberships = session_memberships_const(person);
    for (size_t i = 0; i < person->membership_count; i++) {
        const struct channel *channel = memberships[i].channel;
        if (session_membership(viewer, channel) != NULL &&
            member_is_visible_to(channel, person, viewer)) {
            return true;
        }
    }
    return false;
}

bool person_is_visible_to(const struct session *person, const struct session *viewer)
{
    return (person->flags & PERSON_INVISIBLE) == 0 || person == viewer ||
           session_is_operator(viewer) || person_shares_with(person, viewer);
}
