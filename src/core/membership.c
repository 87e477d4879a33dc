/* Who is in which channel, and how the channel that somebody names is found fast. */
#include "base/check.h"
#include "base/mem.h"
#include "core/change.h"

#include <string.h>

#define ALL_RANKS (RANK_VOICE | RANK_HALFOP | RANK_OPERATOR | RANK_PROTECTED | RANK_FOUNDER)

struct membership *session_memberships(struct session *session)
{
    return session->membership_capacity > 1 ? session->joined.many : &session->joined.one;
}

const struct membership *session_memberships_const(const struct session *session)
{
    return session->membership_capacity > 1 ? session->joined.many : &session->joined.one;
}

size_t session_index(const struct session *session, const struct channel *channel)
{
    const struct membership *memberships = session_memberships_const(session);
    size_t index = 0;
    while (index < session->membership_count && memberships[index].channel != channel) {
        index++;
    }
    return index;
}

const struct membership *session_membership(const struct session *session,
                                            const struct channel *channel)
{
    const size_t index = session_index(session, channel);
    return index < session->membership_count ? &session_memberships_const(session)[index] : NULL;
}

uint32_t session_rank(const struct session *session, const struct channel *channel)
{
    const struct membership *membership = session_membership(session, channel);
    return membership == NULL ? 0 : slots_tag(&channel->members, membership->slot);
}

enum error session_reserve(struct session *session)
{
    if (session->membership_count < session->membership_capacity) {
        return ERR_OK;
    }
    check(session->membership_count < CHANNELS_PER_SESSION_MAX);
    size_t capacity = (size_t)session->membership_capacity * 2;
    if (capacity > CHANNELS_PER_SESSION_MAX) {
        capacity = CHANNELS_PER_SESSION_MAX;
    }
    struct membership *larger = mem_zalloc(capacity, sizeof(*larger));
    if (larger == NULL) {
        return ERR_MEMORY;
    }
    memcpy(larger, session_memberships(session), session->membership_count * sizeof(*larger));
    if (session->membership_capacity > 1) {
        mem_free(session->joined.many);
    }
    session->joined.many = larger;
    session->membership_capacity = (uint16_t)capacity;
    return ERR_OK;
}

void session_enter(struct session *session, struct channel *channel, uint32_t rank)
{
    check(session->membership_count < session->membership_capacity);
    const uint32_t slot = slots_add(&channel->members, session, rank);
    session_memberships(session)[session->membership_count++] =
        (struct membership){.channel = channel, .slot = slot};
}

struct channel *session_leave(struct session *session, size_t index)
{
    check(index < session->membership_count);
    struct membership *memberships = session_memberships(session);
    const struct membership left = memberships[index];
    check(slots_get(&left.channel->members, left.slot) == session);
    slots_remove(&left.channel->members, left.slot);
    session->membership_count--;
    /* The order is the one in which a close names them. */
    memmove(memberships + index, memberships + index + 1,
            (session->membership_count - index) * sizeof(*memberships));
    return left.channel;
}

bool member_is_hidden(const struct channel *channel, uint32_t rank)
{
    return (channel->modes & MODE_AUDITORIUM) != 0 && rank == 0;
}

void session_concerned(const struct session *session,
                       struct effect_channel out[CHANNELS_PER_SESSION_MAX])
{
    const struct membership *memberships = session_memberships_const(session);
    for (size_t i = 0; i < session->membership_count; i++) {
        const struct channel *channel = memberships[i].channel;
        out[i] = (struct effect_channel){
            .id = channel->id,
            .member_count = channel_member_count(channel),
            .hidden = member_is_hidden(channel, slots_tag(&channel->members, memberships[i].slot)),
        };
    }
}

static bool channel_is_spelled(const struct channel *channel, struct text name)
{
    return (channel->name_bytes == name.count &&
            memcmp(channel->name, name.data, name.count) == 0) ||
           (channel->alias_bytes == name.count &&
            memcmp(channel->alias, name.data, name.count) == 0);
}

/* The index of the channel called name, by comparing bytes only, or membership_count. */
static size_t index_as_spelled(const struct session *session, struct text name)
{
    if (name.count == 0) {
        return session->membership_count;
    }
    const struct membership *memberships = session_memberships_const(session);
    size_t index = session->recent;
    if (index < session->membership_count && channel_is_spelled(memberships[index].channel, name)) {
        return index;
    }
    index = 0;
    while (index < session->membership_count &&
           !channel_is_spelled(memberships[index].channel, name)) {
        index++;
    }
    return index;
}

struct channel *session_find_channel(const struct turn *turn, struct text name, size_t *out_index)
{
    struct session *session = turn->session;
    size_t index = index_as_spelled(session, name);
    struct channel *channel;
    if (index < session->membership_count) {
        channel = session_memberships(session)[index].channel;
    } else {
        channel = channel_get(turn->core, name);
        index = channel == NULL ? index : session_index(session, channel);
        if (index < session->membership_count) {
            memcpy(channel->alias, name.data, name.count);
            channel->alias_bytes = (uint8_t)name.count;
        }
    }
    session->recent = (uint16_t)index;
    *out_index = index;
    return channel;
}

struct channel *turn_find_channel(const struct turn *turn, struct text name, size_t *out_index)
{
    struct channel *channel = session_find_channel(turn, name, out_index);
    if (channel == NULL || !channel_is_visible_to(channel, turn->session)) {
        turn_refuse(turn, REFUSAL_NO_CHANNEL);
        return NULL;
    }
    if (*out_index == turn->session->membership_count && !session_is_operator(turn->session)) {
        turn_refuse(turn, REFUSAL_NOT_MEMBER);
        return NULL;
    }
    return channel;
}

uint32_t turn_rank(const struct turn *turn, const struct channel *channel)
{
    if (session_is_operator(turn->session)) {
        return ALL_RANKS;
    }
    return session_rank(turn->session, channel);
}
