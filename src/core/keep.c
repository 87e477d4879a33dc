/* Channels that last: those with mode P are there without members, and after a restart. */
#include "base/check.h"
#include "core/act.h"
#include "core/change.h"

#include <string.h>

static bool is_kept(const struct channel *channel)
{
    return (channel->modes & MODE_KEPT) != 0;
}

/* A row of state; it has no nick but where something says who. */
static struct row state_row(const struct turn *turn, enum row_kind kind,
                            const struct channel *channel)
{
    struct row row = turn_row(turn, kind, channel_name(channel));
    row.nick = TEXT_NONE;
    return row;
}

void channel_store(const struct turn *turn, const struct channel *channel)
{
    if (!is_kept(channel)) {
        return;
    }
    struct channel_modes modes;
    char words[MODES_BYTES_MAX];
    struct row row = state_row(turn, ROW_CHANNEL, channel);
    if (channel->options != NULL && channel->options->topic != NULL) {
        row.text = note_text(channel->options->topic);
        row.nick = note_nick(channel->options->topic);
        row.number = channel->options->topic->time_ms;
    }
    channel_modes(channel, true, &modes);
    row.extra = channel_modes_text(&modes, words);
    turn_keep(turn, &row);
}

void channel_drop(const struct turn *turn, const struct channel *channel)
{
    const struct row row = state_row(turn, ROW_CHANNEL_DROP, channel);
    turn_keep(turn, &row);
}

void mask_store(const struct turn *turn, const struct channel *channel, enum channel_list list,
                const struct note *mask, bool is_dropped)
{
    if (!is_kept(channel)) {
        return;
    }
    const struct text subject = note_subject(mask);
    char words[MASK_BYTES_MAX + 2];
    words[0] = mode_list_letter(list);
    words[1] = ' ';
    memcpy(words + 2, subject.data, subject.count);
    struct row row = state_row(turn, is_dropped ? ROW_MASK_DROP : ROW_MASK, channel);
    row.extra = (struct text){.data = words, .count = subject.count + 2};
    if (!is_dropped) {
        row.nick = note_nick(mask);
        row.number = mask->time_ms;
    }
    turn_keep(turn, &row);
}

void metadata_store(const struct turn *turn, const struct channel *channel,
                    const struct note *value, bool is_dropped)
{
    if (!is_kept(channel)) {
        return;
    }
    struct row row = state_row(turn, is_dropped ? ROW_METADATA_DROP : ROW_METADATA, channel);
    row.extra = note_subject(value);
    row.text = is_dropped ? TEXT_NONE : note_text(value);
    turn_keep(turn, &row);
}

uint32_t channel_kept_count(const struct channel *channel)
{
    const struct channel_options *options = channel->options;
    if (options == NULL) {
        return 0;
    }
    uint32_t count = options->metadata.count;
    for (size_t i = 0; i < LIST_COUNT; i++) {
        count += options->lists[i].count;
    }
    return count;
}

void channel_store_all(const struct turn *turn, const struct channel *channel)
{
    channel_store(turn, channel);
    if (channel->options == NULL) {
        return;
    }
    for (size_t i = 0; i < LIST_COUNT; i++) {
        const struct notes *masks = &channel->options->lists[i];
        for (uint32_t j = 0; j < masks->count; j++) {
            mask_store(turn, channel, (enum channel_list)i, masks->items[j], false);
        }
    }
    const struct notes *metadata = &channel->options->metadata;
    for (uint32_t i = 0; i < metadata->count; i++) {
        metadata_store(turn, channel, metadata->items[i], false);
    }
}

void channel_keep(struct turn *turn)
{
    struct core *core = turn->core;
    const struct text name = turn->entry->command.name;
    struct channel *channel = NULL;
    enum name_verdict verdict = channel_name_check(name);
    if (verdict == NAME_OK && channel_find(core, name, &channel) != ERR_OK) {
        verdict = NAME_CHARACTER;
    }
    if (verdict != NAME_OK) {
        turn_refuse_name(turn, name, verdict);
        return;
    }
    if (channel != NULL && is_kept(channel)) {
        return;
    }
    if (channel == NULL && core->channels.count >= CHANNELS_MAX) {
        turn_refuse(turn, REFUSAL_TOO_MANY);
        return;
    }
    if (channel != NULL && channel_kept_count(channel) > KEPT_ROWS_MAX) {
        turn_refuse(turn, REFUSAL_TOO_MANY);
        return;
    }
    if (channel == NULL) {
        channel = channel_new(core, name, turn->entry->seq, turn->entry->time_ms);
        if (channel == NULL) {
            turn_refuse(turn, REFUSAL_NO_MEMORY);
            return;
        }
        channel->modes = MODE_NO_EXTERNAL | MODE_TOPIC_LOCKED;
    }
    channel->modes |= MODE_KEPT;
    channel_store_all(turn, channel);
}
