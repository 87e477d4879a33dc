/* The rules of channels: joining, leaving and speaking. */
#include "base/check.h"
#include "base/mem.h"
#include "core/state.h"

#include <string.h>

struct text channel_name(const struct channel *channel)
{
    return (struct text){.data = channel->name, .count = channel->name_bytes};
}

static bool channel_is_spelled(const struct channel *channel, struct text name)
{
    return (channel->name_bytes == name.count &&
            memcmp(channel->name, name.data, name.count) == 0) ||
           (channel->alias_bytes == name.count &&
            memcmp(channel->alias, name.data, name.count) == 0);
}

enum error channel_find(const struct core *core, struct text name, struct channel **out)
{
    bytes_clear(core->key);
    const enum error error = channel_name_key(name, core->key);
    if (error != ERR_OK) {
        /* There is room for every key. */
        check(error == ERR_INVALID);
        return error;
    }
    *out = map_get(core->channels, bytes_text(core->key));
    return ERR_OK;
}

/*
 * The index of the channel called name in the session's list, by comparing bytes only, or
 * channel_count. Nearly all messages end here: the name is spelled as it was the last time.
 */
static size_t index_as_spelled(struct session *session, struct text name)
{
    if (name.count == 0) {
        return session->channel_count;
    }
    struct channel **channels = session_channels(session);
    size_t index = session->recent;
    if (index < session->channel_count && channel_is_spelled(channels[index], name)) {
        return index;
    }
    index = 0;
    while (index < session->channel_count && !channel_is_spelled(channels[index], name)) {
        index++;
    }
    return index;
}

/* Finds the acting session's membership of the channel that the command names. */
static enum refusal find_membership(const struct turn *turn, size_t *out_index)
{
    struct session *session = turn->session;
    const struct text name = turn->entry->command.name;
    size_t index = index_as_spelled(session, name);
    if (index == session->channel_count) {
        struct channel *channel = NULL;
        if (channel_find(turn->core, name, &channel) != ERR_OK || channel == NULL) {
            return REFUSAL_NO_CHANNEL;
        }
        index = session_index(session, channel);
        if (index == session->channel_count) {
            return REFUSAL_NOT_MEMBER;
        }
        memcpy(channel->alias, name.data, name.count);
        channel->alias_bytes = (uint8_t)name.count;
    }
    session->recent = (uint16_t)index;
    *out_index = index;
    return REFUSAL_NONE;
}

static void channel_effect(const struct turn *turn, enum effect_kind kind,
                           const struct channel *channel)
{
    const struct effect_channel concerned = {
        .id = channel->id,
        .member_count = channel->member_count,
    };
    struct effect effect = turn_effect(turn, kind);
    effect.name = channel_name(channel);
    effect.channels = &concerned;
    effect.channel_count = 1;
    if (kind == EFFECT_MESSAGE) {
        effect.text = turn->entry->command.text;
    }
    turn->sink->effect(turn->sink->context, &effect);
}

/* Makes the channel named as the command says, whose key is in core->key. NULL when there is no
 * memory. */
static struct channel *channel_new(const struct turn *turn)
{
    const struct text name = turn->entry->command.name;
    const struct text key = bytes_text(turn->core->key);
    struct channel *channel = mem_zalloc(1, sizeof(*channel));
    if (channel == NULL) {
        return NULL;
    }
    channel->id = turn->entry->seq;
    channel->name_bytes = (uint8_t)name.count;
    memcpy(channel->name, name.data, name.count);
    if (map_put(turn->core->channels, key, channel) != ERR_OK) {
        mem_free(channel);
        return NULL;
    }
    return channel;
}

/* Whether the acting session may enter the channel; found is NULL when it is still to be made. */
static enum refusal may_join(const struct turn *turn, const struct channel *found)
{
    struct session *session = turn->session;
    if (found != NULL && session_index(session, found) < session->channel_count) {
        return REFUSAL_MEMBER_ALREADY;
    }
    if (session->channel_count >= CHANNELS_PER_SESSION_MAX) {
        return REFUSAL_TOO_MANY;
    }
    if (found == NULL && map_count(turn->core->channels) >= CHANNELS_MAX) {
        return REFUSAL_TOO_MANY;
    }
    if (found != NULL && found->member_count >= MEMBERS_PER_CHANNEL_MAX) {
        return REFUSAL_TOO_MANY;
    }
    return REFUSAL_NONE;
}

void channel_join(struct turn *turn)
{
    struct session *session = turn->session;
    const struct text name = turn->entry->command.name;
    struct channel *channel = NULL;
    enum name_verdict verdict = channel_name_check(name);
    if (verdict == NAME_OK && channel_find(turn->core, name, &channel) != ERR_OK) {
        verdict = NAME_CHARACTER;
    }
    if (verdict != NAME_OK) {
        turn_refuse_name(turn, verdict);
        return;
    }
    const enum refusal refusal = may_join(turn, channel);
    if (refusal != REFUSAL_NONE) {
        turn_refuse(turn, refusal);
        return;
    }
    /* First everything that can fail; a list with room to spare is no change. */
    if (session_reserve(session) != ERR_OK) {
        turn_refuse(turn, REFUSAL_NO_MEMORY);
        return;
    }
    if (channel == NULL) {
        channel = channel_new(turn);
        if (channel == NULL) {
            turn_refuse(turn, REFUSAL_NO_MEMORY);
            return;
        }
    }
    session_channels(session)[session->channel_count++] = channel;
    channel->member_count++;
    channel_effect(turn, EFFECT_JOINED, channel);
    turn_row(turn, ROW_JOINED, channel);
}

void channel_leave(struct core *core, struct channel *channel)
{
    check(channel->member_count > 0);
    channel->member_count--;
    if (channel->member_count == 0) {
        bytes_clear(core->key);
        check(channel_name_key(channel_name(channel), core->key) == ERR_OK);
        check(map_take(core->channels, bytes_text(core->key)) == channel);
    }
}

void channel_free_empty(struct channel *channel)
{
    if (channel->member_count == 0) {
        mem_free(channel);
    }
}

void channel_part(struct turn *turn)
{
    struct session *session = turn->session;
    size_t index = 0;
    const enum refusal refusal = find_membership(turn, &index);
    if (refusal != REFUSAL_NONE) {
        turn_refuse(turn, refusal);
        return;
    }
    struct channel **channels = session_channels(session);
    struct channel *channel = channels[index];
    session->channel_count--;
    /* The others keep their order: it is the order in which a close names them. */
    memmove(channels + index, channels + index + 1,
            (session->channel_count - index) * sizeof(struct channel *));
    channel_leave(turn->core, channel);
    channel_effect(turn, EFFECT_PARTED, channel);
    turn_row(turn, ROW_PARTED, channel);
    channel_free_empty(channel);
}

void channel_message(struct turn *turn)
{
    size_t index = 0;
    const enum refusal refusal = find_membership(turn, &index);
    if (refusal != REFUSAL_NONE) {
        turn_refuse(turn, refusal);
        return;
    }
    const struct channel *channel = session_channels(turn->session)[index];
    channel_effect(turn, EFFECT_MESSAGE, channel);
    turn_row(turn, ROW_MESSAGE, channel);
}
