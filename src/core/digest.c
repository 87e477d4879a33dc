/*
 * A number over the state. Sessions and channels are hashed one by one and the hashes are added, so
 * that the order in which a table happens to hold them does not count, and nothing needs sorting.
 * On the way it checks that the tables agree with each other.
 */
#include "base/check.h"
#include "core/state.h"

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15) /* 2^64 divided by the golden ratio. */

/* Spreads every bit of value over all 64; different values stay different. */
static uint64_t mixed(uint64_t value)
{
    value = (value ^ (value >> 32)) * GOLDEN;
    value = (value ^ (value >> 29)) * GOLDEN;
    return value ^ (value >> 32);
}

/* Adding before the next round keeps a row of zeros from staying at zero. */
static uint64_t add_number(uint64_t hash, uint64_t number)
{
    return mixed(hash ^ number) + GOLDEN;
}

static uint64_t add_text(uint64_t hash, struct text text)
{
    hash = add_number(hash, text.count);
    for (size_t i = 0; i < text.count; i++) {
        hash = add_number(hash, (unsigned char)text.data[i]);
    }
    return hash;
}

static uint64_t session_digest(struct session *session)
{
    uint64_t hash = add_number(0, session->id);
    hash = add_number(hash, session->node);
    hash = add_number(hash, session->worker);
    hash = add_number(hash, session->connection);
    hash = add_text(hash, session_nick(session));
    hash = add_number(hash, session->channel_count);
    for (size_t i = 0; i < session->channel_count; i++) {
        hash = add_number(hash, session_channels(session)[i]->id);
    }
    return hash;
}

static uint64_t channel_digest(const struct channel *channel)
{
    uint64_t hash = add_number(1, channel->id);
    hash = add_number(hash, channel->member_count);
    hash = add_text(hash, channel_name(channel));
    return hash;
}

uint64_t core_digest(const struct core *core)
{
    uint64_t sum = 0;
    size_t membership_count = 0;
    size_t member_count = 0;

    check(map_count(core->sessions) == map_count(core->nicks));
    check(map_count(core->sessions) == map_count(core->looks));
    struct session *session;
    for (size_t cursor = 0; (session = map_next(core->sessions, &cursor)) != NULL;) {
        sum += session_digest(session);
        membership_count += session->channel_count;
    }
    const struct channel *channel;
    for (size_t cursor = 0; (channel = map_next(core->channels, &cursor)) != NULL;) {
        check(channel->member_count > 0);
        sum += channel_digest(channel);
        member_count += channel->member_count;
    }
    check(membership_count == member_count);
    uint64_t hash = add_number(2, map_count(core->sessions));
    hash = add_number(hash, map_count(core->channels));
    return add_number(hash, sum);
}
