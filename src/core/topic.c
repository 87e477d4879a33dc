/* TOPIC: what a channel is about. */
#include "base/check.h"
#include "base/mem.h"
#include "core/act.h"
#include "core/change.h"

/* Puts note (NULL: no topic) into the channel and tells everybody. */
static void change(struct turn *turn, struct channel *channel, struct note *note)
{
    mem_free(channel->options->topic);
    channel->options->topic = note;
    struct effect_channel concerned;
    struct effect effect = turn_channel_effect(turn, EFFECT_TOPIC, channel, &concerned);
    effect.text = channel_topic(channel);
    turn_tell(turn, &effect);
    struct row row = turn_row(turn, ROW_TOPIC, channel_name(channel));
    row.text = channel_topic(channel);
    turn_keep(turn, &row);
    channel_store(turn, channel);
}

void channel_topic_set(struct turn *turn)
{
    const struct text topic = text_cut(turn->entry->command.text, TOPIC_BYTES_MAX);
    size_t index;
    struct channel *channel = turn_find_channel(turn, turn->entry->command.name, &index);
    if (channel == NULL) {
        return;
    }
    if ((channel->modes & MODE_TOPIC_LOCKED) != 0 && !rank_may_kick(turn_rank(turn, channel))) {
        turn_refuse(turn, REFUSAL_NOT_OPERATOR);
        return;
    }
    /* What is so already is not told. */
    if (text_equal(topic, channel_topic(channel))) {
        return;
    }
    struct note *note = NULL;
    if (topic.count > 0) {
        note = note_new(&(struct note_words){
            .text = topic, .nick = session_nick(turn->session), .time_ms = turn->entry->time_ms});
        if (note == NULL || channel_options_reserve(channel) != ERR_OK) {
            mem_free(note);
            turn_refuse(turn, REFUSAL_NO_MEMORY);
            return;
        }
    }
    change(turn, channel, note);
}
