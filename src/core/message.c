/* PRIVMSG, NOTICE and TAGMSG: to a channel, to those of a rank in it, or to one person. */
#include "base/check.h"
#include "core/act.h"
#include "core/change.h"

#include <string.h>

struct address message_address(struct text name)
{
    const uint32_t rank = name.count > 1 ? rank_of_sign(name.data[0]) : 0;
    if (rank == 0 || name.data[1] != '#') {
        return (struct address){.channel = name};
    }
    return (struct address){
        .channel = {.data = name.data + 1, .count = name.count - 1},
        .rank = rank,
    };
}

bool address_is_channel(const struct address *address)
{
    return address->channel.count > 0 && address->channel.data[0] == '#';
}

struct text message_address_name(const struct address *address, const struct channel *channel,
                                 char out[COMMAND_NAME_BYTES_MAX])
{
    size_t count = 0;
    if (address->rank != 0) {
        out[count++] = address->channel.data[-1];
    }
    memcpy(out + count, channel->name, channel->name_bytes);
    return (struct text){.data = out, .count = count + channel->name_bytes};
}

/* Whether the tag before the next ';' says that somebody is typing. */
static bool tag_is_typing(struct text tag)
{
    const struct text names[] = {TEXT("+typing"), TEXT("+draft/typing")};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (tag.count >= names[i].count && memcmp(tag.data, names[i].data, names[i].count) == 0 &&
            (tag.count == names[i].count || tag.data[names[i].count] == '=')) {
            return true;
        }
    }
    return false;
}

/* Whether a message of tags alone says something that lasts: more than that somebody types. */
static bool tags_last(struct text tags)
{
    while (tags.count > 0) {
        const char *end = memchr(tags.data, ';', tags.count);
        const size_t bytes = end == NULL ? tags.count : (size_t)(end - tags.data);
        if (bytes > 0 && !tag_is_typing((struct text){.data = tags.data, .count = bytes})) {
            return true;
        }
        const size_t taken = end == NULL ? bytes : bytes + 1;
        tags = (struct text){.data = tags.data + taken, .count = tags.count - taken};
    }
    return false;
}

/* The row of a message, where it is one that lasts; then it can be taken back as well. */
static void keep(const struct turn *turn, const struct effect *effect)
{
    const struct command *command = &turn->entry->command;
    if ((command->flags & MESSAGE_TAGMSG) != 0 && !tags_last(command->extra)) {
        return;
    }
    const bool is_private = effect->channel_count == 0;
    turn->core->recents[turn->entry->seq % REDACT_ENTRIES_MAX] = (struct recent){
        .seq = turn->entry->seq,
        .writer = turn->session->id,
        .place = is_private ? effect->target.session : effect->channels[0].id,
        .rank = (uint8_t)effect->rank,
        .is_private = is_private,
    };
    struct row row = turn_row(turn, ROW_MESSAGE, effect->name);
    row.text = command->text;
    row.extra = command->extra;
    row.flags = command->flags;
    turn_keep(turn, &row);
}

static void note_activity(const struct turn *turn)
{
    if ((turn->entry->command.flags & MESSAGE_TAGMSG) == 0) {
        turn->session->active_ms = turn->entry->time_ms;
    }
}

static void send_to_channel(const struct turn *turn, const struct address *address)
{
    const struct command *command = &turn->entry->command;
    struct session *session = turn->session;
    size_t index;
    const struct channel *channel = session_find_channel(turn, address->channel, &index);
    const struct membership *membership =
        index < session->membership_count ? &session_memberships(session)[index] : NULL;
    if (channel == NULL || (membership == NULL && !channel_is_visible_to(channel, session))) {
        turn_refuse(turn, REFUSAL_NO_CHANNEL);
        return;
    }
    const struct text bar = channel_bars_message(channel, session, membership, command->text);
    if (bar.count > 0) {
        turn_refuse_text(turn, REFUSAL_CANNOT_SEND, bar);
        return;
    }
    struct effect_channel concerned;
    struct effect effect = turn_channel_effect(turn, EFFECT_MESSAGE, channel, &concerned);
    effect.text = command->text;
    effect.extra = command->extra;
    char name[COMMAND_NAME_BYTES_MAX];
    if (address->rank != 0) {
        effect.name = message_address_name(address, channel, name);
        effect.rank = address->rank;
    }
    note_activity(turn);
    turn_tell(turn, &effect);
    keep(turn, &effect);
}

bool session_hears(const struct turn *turn, const struct session *target)
{
    const struct session *session = turn->session;
    if (target == session || session_is_operator(session) || session_accepts(target, session)) {
        return true;
    }
    if ((target->flags & PERSON_REGISTERED_ONLY) != 0 && session->account_bytes == 0) {
        turn_refuse_extra(turn, REFUSAL_REGISTERED_ONLY, session_nick(target));
        return false;
    }
    if ((target->flags & PERSON_CALLER_ID) != 0) {
        struct effect effect = turn_effect(turn, EFFECT_REFUSED);
        effect.refusal = REFUSAL_CALLER_ID;
        effect.name = turn->entry->command.name;
        effect.extra = session_nick(target);
        effect.target = person_of(target);
        effect.target.realname = TEXT_NONE;
        turn_tell(turn, &effect);
        return false;
    }
    return true;
}

static void send_to_person(const struct turn *turn)
{
    const struct command *command = &turn->entry->command;
    struct session *session = turn->session;
    const struct session *target = session_find(turn->core, command->name);
    if (target == NULL) {
        turn_refuse(turn, REFUSAL_NO_NICK);
        return;
    }
    if (!session_hears(turn, target)) {
        return;
    }
    /* Whoever was written to may answer; the list has had its room since the mode was set. */
    if ((session->flags & (PERSON_REGISTERED_ONLY | PERSON_CALLER_ID)) != 0 && target != session &&
        !session_accepts(session, target)) {
        session_accept_add(session, target);
    }
    struct effect effect = turn_effect(turn, EFFECT_MESSAGE);
    effect.name = session_nick(target);
    effect.target = person_of(target);
    effect.target.realname = TEXT_NONE;
    effect.text = command->text;
    effect.extra = command->extra;
    note_activity(turn);
    turn_tell(turn, &effect);
    keep(turn, &effect);
    const bool is_answered = (command->flags & (MESSAGE_NOTICE | MESSAGE_TAGMSG)) == 0;
    if (is_answered && session_away(target).count > 0) {
        turn_reply(turn, RPL_AWAY, session_nick(target), session_away(target));
    }
}

void message_send(struct turn *turn)
{
    const struct address address = message_address(turn->entry->command.name);
    if (address_is_channel(&address)) {
        send_to_channel(turn, &address);
    } else {
        send_to_person(turn);
    }
}
