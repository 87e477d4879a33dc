/* What an earlier run has kept: channels with mode P and what belongs to them, and bans. */
#include "base/mem.h"
#include "base/utf8.h"
#include "core/change.h"

/* Numbers of channels that no entry of this run has made. */
#define LOADED_ID (UINT64_C(1) << 63)

/* ERR_INVALID for what the other functions of the core would not have kept. */
MUST_USE static enum error load_channel(struct core *core, const struct row *row)
{
    struct channel *channel = NULL;
    if (channel_name_check(row->channel) != NAME_OK ||
        channel_find(core, row->channel, &channel) != ERR_OK || channel != NULL ||
        row->text.count > TOPIC_BYTES_MAX || !utf8_valid(row->text)) {
        return ERR_INVALID;
    }
    if (core->channels.count >= CHANNELS_MAX) {
        return ERR_LIMIT;
    }
    channel = channel_new(core, row->channel, LOADED_ID + core->channels.count, row->time_ms);
    if (channel == NULL) {
        return ERR_MEMORY;
    }
    enum error error = channel_modes_load(channel, row->extra);
    if (error == ERR_OK && (channel->modes & MODE_KEPT) == 0) {
        error = ERR_INVALID;
    }
    if (error == ERR_OK && row->text.count > 0) {
        channel->options->topic = note_new(
            &(struct note_words){.text = row->text, .nick = row->nick, .time_ms = row->number});
        error = channel->options->topic == NULL ? ERR_MEMORY : ERR_OK;
    }
    if (error != ERR_OK) {
        channel->modes &= ~(uint32_t)MODE_KEPT;
        channel_release(core, channel);
    }
    return error;
}

/* Puts a note made of words into notes. ERR_MEMORY. */
MUST_USE static enum error load_note(struct notes *notes, const struct note_words *words)
{
    struct note *note = note_new(words);
    if (note == NULL || notes_reserve(notes, 1) != ERR_OK) {
        mem_free(note);
        return ERR_MEMORY;
    }
    notes_add(notes, note);
    return ERR_OK;
}

/* The kept channel that the row belongs to, with options; its error. */
MUST_USE static enum error owner(const struct core *core, const struct row *row,
                                 struct channel **out)
{
    struct channel *channel = channel_get(core, row->channel);
    if (channel == NULL || (channel->modes & MODE_KEPT) == 0) {
        return ERR_INVALID;
    }
    *out = channel;
    return channel_options_reserve(channel);
}

MUST_USE static enum error load_mask(const struct core *core, const struct row *row)
{
    if (row->extra.count < 3 || row->extra.data[1] != ' ') {
        return ERR_INVALID;
    }
    const enum channel_list list = mode_list(row->extra.data[0]);
    const struct text typed = {.data = row->extra.data + 2, .count = row->extra.count - 2};
    char room[MASK_ROOM];
    if (list == LIST_COUNT || !text_equal(mask_complete(typed, room), typed)) {
        return ERR_INVALID;
    }
    struct channel *channel;
    const enum error error = owner(core, row, &channel);
    if (error != ERR_OK) {
        return error;
    }
    struct notes *masks = &channel->options->lists[list];
    if (masks_find(masks, typed) < masks->count) {
        return ERR_INVALID;
    }
    if (masks->count >= LIST_MASKS_MAX) {
        return ERR_LIMIT;
    }
    struct folded folded;
    mask_fold_complete(typed, &folded);
    return load_note(masks, &(struct note_words){.subject = typed,
                                                 .text = folded_text(&folded),
                                                 .nick = row->nick,
                                                 .time_ms = row->number});
}

MUST_USE static enum error load_metadata(const struct core *core, const struct row *row)
{
    if (!metadata_key_is_good(row->extra) || row->text.count > METADATA_VALUE_BYTES_MAX ||
        !utf8_valid(row->text)) {
        return ERR_INVALID;
    }
    struct channel *channel;
    const enum error error = owner(core, row, &channel);
    if (error != ERR_OK) {
        return error;
    }
    struct notes *metadata = &channel->options->metadata;
    if (notes_find(metadata, row->extra) < metadata->count) {
        return ERR_INVALID;
    }
    if (metadata->count >= METADATA_KEYS_MAX) {
        return ERR_LIMIT;
    }
    return load_note(
        metadata,
        &(struct note_words){.subject = row->extra, .text = row->text, .time_ms = row->time_ms});
}

MUST_USE static enum error load_ban(struct core *core, const struct row *row)
{
    struct folded folded;
    if (row->extra.count == 0 || row->text.count > REASON_BYTES_MAX ||
        !text_equal(server_ban_mask(row->extra, &folded), row->extra) ||
        notes_find(&core->bans, row->extra) < core->bans.count) {
        return ERR_INVALID;
    }
    if (core->bans.count >= SERVER_BANS_MAX) {
        return ERR_LIMIT;
    }
    return load_note(&core->bans, &(struct note_words){.subject = row->extra,
                                                       .text = row->text,
                                                       .nick = row->nick,
                                                       .time_ms = row->time_ms,
                                                       .until_ms = row->number});
}

enum error core_load(struct core *core, const struct row *row)
{
    switch (row->kind) {
    case ROW_CHANNEL:
        return load_channel(core, row);
    case ROW_MASK:
        return load_mask(core, row);
    case ROW_METADATA:
        return load_metadata(core, row);
    case ROW_BAN:
        return load_ban(core, row);
    case ROW_NONE:
    case ROW_MESSAGE:
    case ROW_JOINED:
    case ROW_PARTED:
    case ROW_CLOSED:
    case ROW_KICKED:
    case ROW_NICK:
    case ROW_TOPIC:
    case ROW_MODE:
    case ROW_RENAMED:
    case ROW_REDACTED:
    case ROW_CHANNEL_DROP:
    case ROW_MASK_DROP:
    case ROW_METADATA_DROP:
    case ROW_BAN_DROP:
    case ROW_KIND_COUNT:
        break;
    }
    return ERR_INVALID;
}
