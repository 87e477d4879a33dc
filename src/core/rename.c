/* RENAME: a channel gets another name and stays what it is (IRCv3 channel-rename). */
#include "base/check.h"
#include "core/act.h"
#include "core/change.h"

#include <string.h>

/* Whether the channel may be called what the command says, whose key is in core->key then;
 * *out_same when that is its key already. Else the asker is told. */
static bool may_be_called(const struct turn *turn, const struct channel *channel, bool *out_same)
{
    const struct text name = turn->entry->command.extra;
    struct channel *present = NULL;
    enum name_verdict verdict = channel_name_check(name);
    if (verdict == NAME_OK && channel_find(turn->core, name, &present) != ERR_OK) {
        verdict = NAME_CHARACTER;
    }
    if (verdict != NAME_OK) {
        turn_refuse_name(turn, text_cut(name, CHANNEL_BYTES_MAX), verdict);
        return false;
    }
    if (present != NULL && present != channel) {
        turn_refuse(turn, REFUSAL_NAME_IN_USE);
        return false;
    }
    *out_same = present == channel;
    return true;
}

/* Puts the channel under its new name, whose key is in core->key. ERR_MEMORY. */
MUST_USE static enum error move(struct core *core, struct channel *channel)
{
    if (map_put(core->names, bytes_text(core->key), channel) != ERR_OK) {
        return ERR_MEMORY;
    }
    bytes_clear(core->key);
    check(channel_name_key(channel_name(channel), core->key) == ERR_OK);
    check(map_take(core->names, bytes_text(core->key)) == channel);
    return ERR_OK;
}

void channel_rename(struct turn *turn)
{
    const struct command *command = &turn->entry->command;
    size_t index;
    struct channel *channel = turn_find_channel(turn, command->name, &index);
    if (channel == NULL) {
        return;
    }
    if (!rank_may_operate(turn_rank(turn, channel))) {
        turn_refuse(turn, REFUSAL_NOT_OPERATOR);
        return;
    }
    /* What is kept of it is kept under its name. */
    if ((channel->modes & MODE_KEPT) != 0) {
        turn_refuse(turn, REFUSAL_UNSUPPORTED);
        return;
    }
    bool same_key;
    if (!may_be_called(turn, channel, &same_key) ||
        text_equal(command->extra, channel_name(channel))) {
        return;
    }
    if (!same_key && move(turn->core, channel) != ERR_OK) {
        turn_refuse(turn, REFUSAL_NO_MEMORY);
        return;
    }
    char old[CHANNEL_BYTES_MAX];
    const struct text old_name = {.data = old, .count = channel->name_bytes};
    memcpy(old, channel->name, channel->name_bytes);
    memcpy(channel->name, command->extra.data, command->extra.count);
    channel->name_bytes = (uint8_t)command->extra.count;
    channel->alias_bytes = 0;

    const struct text words = text_cut(command->text, REASON_BYTES_MAX);
    struct effect_channel concerned;
    struct effect effect = turn_channel_effect(turn, EFFECT_RENAMED, channel, &concerned);
    effect.extra = old_name;
    effect.text = words;
    turn_tell(turn, &effect);
    struct row row = turn_row(turn, ROW_RENAMED, old_name);
    row.text = channel_name(channel);
    turn_keep(turn, &row);
}
