/*
 * A number over the state. Sessions and channels are hashed one by one and the hashes are added, so
 * that the order in which a table happens to hold them does not count, and nothing needs sorting.
 * On the way it checks that the tables agree with each other.
 */
#include "base/check.h"
#include "base/siphash.h"
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

/* Not by the seed of the tables, which is another one on another day. */
static uint64_t add_text(uint64_t hash, struct text text)
{
    static const struct siphash_key key = {.k0 = GOLDEN, .k1 = ~GOLDEN};
    return add_number(add_number(hash, text.count), siphash(&key, text, 1, 3));
}

static uint64_t add_note(uint64_t hash, const struct note *note)
{
    if (note == NULL) {
        return add_number(hash, 0);
    }
    hash = add_text(hash, note_subject(note));
    hash = add_text(hash, note_text(note));
    hash = add_text(hash, note_nick(note));
    hash = add_number(hash, (uint64_t)note->time_ms);
    return add_number(hash, (uint64_t)note->until_ms);
}

static uint64_t add_notes(uint64_t hash, const struct notes *notes)
{
    const uint32_t count = notes == NULL ? 0 : notes->count;
    hash = add_number(hash, count);
    for (uint32_t i = 0; i < count; i++) {
        check(i == 0 || notes->items[i - 1]->serial < notes->items[i]->serial);
        hash = add_note(hash, notes->items[i]);
    }
    return hash;
}

/* Options without anything in them are no options. */
static uint64_t add_session_options(uint64_t hash, const struct session *session)
{
    static const struct session_options none;
    const struct session_options *options = session->options == NULL ? &none : session->options;
    check((options->away != NULL) == ((session->flags & PERSON_AWAY) != 0));
    check((options->operator!= NULL) == ((session->flags & PERSON_OPERATOR) != 0));
    hash = add_note(hash, options->away);
    hash = add_note(hash, options->realname);
    hash = add_note(hash, options->operator);
    hash = add_notes(hash, &options->metadata);
    hash = add_number(hash, options->invitation_count);
    for (uint32_t i = 0; i < options->invitation_count; i++) {
        hash = add_number(hash, options->invitations[i].channel_id);
    }
    hash = add_number(hash, options->accept_count);
    for (uint32_t i = 0; i < options->accept_count; i++) {
        hash = add_number(hash, options->accepts[i]);
    }
    return hash;
}

/* What somebody is by themselves, also when they are gone. */
static uint64_t add_person(uint64_t hash, const struct session *session)
{
    hash = add_number(hash, session->id);
    hash = add_number(hash, (uint64_t)session->opened_ms);
    hash = add_text(hash, session_nick(session));
    const struct text all = {
        .data = session->texts,
        .count = (size_t)session->user_bytes + session->host_bytes + session->address_bytes +
                 session->realname_bytes + session->account_bytes,
    };
    hash = add_number(hash, session->user_bytes);
    hash = add_number(hash, session->host_bytes);
    hash = add_number(hash, session->address_bytes);
    hash = add_number(hash, session->realname_bytes);
    return add_text(hash, all);
}

static uint64_t session_digest(const struct session *session)
{
    uint64_t hash = add_person(0, session);
    hash = add_number(hash, session->node);
    hash = add_number(hash, session->worker);
    hash = add_number(hash, session->connection);
    hash = add_number(hash, (uint64_t)session->active_ms);
    hash = add_number(hash, session->flags);
    hash = add_session_options(hash, session);
    hash = add_number(hash, session->membership_count);
    for (size_t i = 0; i < session->membership_count; i++) {
        const struct membership *membership = &session_memberships_const(session)[i];
        check(slots_get(&membership->channel->members, membership->slot) == session);
        hash = add_number(hash, membership->channel->id);
        hash = add_number(hash, slots_tag(&membership->channel->members, membership->slot));
    }
    return hash;
}

static uint64_t channel_digest(const struct channel *channel)
{
    struct channel_modes modes;
    channel_modes(channel, true, &modes);
    uint64_t hash = add_number(1, channel->id);
    hash = add_number(hash, (uint64_t)channel->created_ms);
    hash = add_number(hash, channel->members.count);
    hash = add_text(hash, channel_name(channel));
    hash = add_number(hash, channel->modes);
    for (uint32_t i = 0; i < modes.param_count; i++) {
        hash = add_text(hash, modes.params[i]);
    }
    hash = add_note(hash, channel->options == NULL ? NULL : channel->options->topic);
    for (size_t i = 0; i < LIST_COUNT; i++) {
        hash = add_notes(hash, channel_list(channel, (enum channel_list)i));
    }
    return add_notes(hash, channel_metadata(channel));
}

static uint64_t past_digest(const struct core *core)
{
    uint64_t hash = add_number(3, core->past_count);
    const uint64_t count = core->past_count < WHOWAS_MAX ? core->past_count : WHOWAS_MAX;
    for (uint64_t i = 0; i < count; i++) {
        hash = add_person(hash, core->past[i].session);
    }
    return hash;
}

static uint64_t recents_digest(const struct core *core)
{
    uint64_t hash = 4;
    const uint64_t entry_count = core->seq - core->first_seq;
    const uint64_t count = entry_count < REDACT_ENTRIES_MAX ? entry_count : REDACT_ENTRIES_MAX;
    for (uint64_t seq = core->seq - count + 1; seq <= core->seq; seq++) {
        const struct recent *recent = &core->recents[seq % REDACT_ENTRIES_MAX];
        if (recent->seq != seq) {
            check(recent->seq < seq);
            continue;
        }
        hash = add_number(hash, recent->seq);
        hash = add_number(hash, recent->writer);
        hash = add_number(hash, recent->place);
        hash = add_number(hash, (recent->is_private ? UINT64_C(1) << 8 : 0) | recent->rank);
    }
    return hash;
}

/* All sessions; on the way what is counted of them is counted again. */
static uint64_t sessions_digest(const struct core *core, size_t *out_membership_count)
{
    uint64_t sum = 0;
    uint32_t operator_count = 0;
    uint32_t invisible_count = 0;
    const struct session *session;
    for (uint64_t cursor = 0; (session = slots_next(&core->sessions, &cursor)) != NULL;) {
        check(session->slot == cursor - 1);
        check(session_by_id(core, session->id) == session);
        sum += session_digest(session);
        operator_count += (session->flags & PERSON_OPERATOR) != 0;
        invisible_count += (session->flags & PERSON_INVISIBLE) != 0;
        *out_membership_count += session->membership_count;
    }
    check(operator_count == core->operator_count);
    check(invisible_count == core->invisible_count);
    return sum;
}

uint64_t core_digest(const struct core *core)
{
    size_t membership_count = 0;
    size_t member_count = 0;

    check(core->sessions.count == map_count(core->by_id));
    check(core->sessions.count == map_count(core->nicks));
    check(core->sessions.count == map_count(core->looks));
    check(core->channels.count == map_count(core->names));
    check(core->sessions.count <= core->session_peak);
    uint64_t sum = sessions_digest(core, &membership_count);
    const struct channel *channel;
    for (uint64_t cursor = 0; (channel = slots_next(&core->channels, &cursor)) != NULL;) {
        check(channel->slot == cursor - 1);
        check(channel->members.count > 0 || (channel->modes & MODE_KEPT) != 0);
        sum += channel_digest(channel);
        member_count += channel->members.count;
    }
    check(membership_count == member_count);
    uint64_t hash = add_number(2, core->sessions.count);
    hash = add_number(hash, core->channels.count);
    hash = add_notes(hash, &core->bans);
    hash = add_number(hash, core->defcon);
    hash = add_number(hash, core->session_peak);
    hash = add_number(hash, past_digest(core));
    hash = add_number(hash, recents_digest(core));
    return add_number(hash, sum);
}
