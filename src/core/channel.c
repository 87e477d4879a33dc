/* Channels: what is kept of one, how it is found, and when it is gone. */
#include "base/check.h"
#include "base/mem.h"
#include "core/change.h"

#include <string.h>

struct text channel_name(const struct channel *channel)
{
    return (struct text){.data = channel->name, .count = channel->name_bytes};
}

struct text channel_topic(const struct channel *channel)
{
    if (channel->options == NULL || channel->options->topic == NULL) {
        return TEXT_NONE;
    }
    return note_text(channel->options->topic);
}

const struct notes *channel_list(const struct channel *channel, enum channel_list list)
{
    if (channel->options == NULL || channel->options->lists[list].count == 0) {
        return NULL;
    }
    return &channel->options->lists[list];
}

const struct notes *channel_metadata(const struct channel *channel)
{
    return channel->options == NULL ? NULL : &channel->options->metadata;
}

uint32_t channel_member_count(const struct channel *channel)
{
    return channel->members.count;
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
    *out = map_get(core->names, bytes_text(core->key));
    return ERR_OK;
}

struct channel *channel_get(const struct core *core, struct text name)
{
    struct channel *channel = NULL;
    return channel_find(core, name, &channel) == ERR_OK ? channel : NULL;
}

struct channel *channel_new(struct core *core, struct text name, uint64_t id, int64_t time_ms)
{
    if (slots_reserve(&core->channels) != ERR_OK) {
        return NULL;
    }
    struct channel *channel = mem_zalloc(1, sizeof(*channel));
    if (channel == NULL) {
        return NULL;
    }
    if (map_put(core->names, bytes_text(core->key), channel) != ERR_OK) {
        mem_free(channel);
        return NULL;
    }
    channel->id = id;
    channel->created_ms = time_ms;
    channel->name_bytes = (uint8_t)name.count;
    memcpy(channel->name, name.data, name.count);
    channel->slot = slots_add(&core->channels, channel, 0);
    return channel;
}

enum error channel_options_reserve(struct channel *channel)
{
    if (channel->options == NULL) {
        channel->options = mem_zalloc(1, sizeof(*channel->options));
    }
    return channel->options == NULL ? ERR_MEMORY : ERR_OK;
}

void channel_free(struct channel *channel)
{
    struct channel_options *options = channel->options;
    if (options != NULL) {
        mem_free(options->topic);
        for (size_t i = 0; i < LIST_COUNT; i++) {
            notes_finish(&options->lists[i]);
        }
        notes_finish(&options->metadata);
        mem_free(options);
    }
    slots_finish(&channel->members);
    mem_free(channel);
}

void channel_release(struct core *core, struct channel *channel)
{
    if (channel->members.count > 0 || (channel->modes & MODE_KEPT) != 0) {
        return;
    }
    bytes_clear(core->key);
    check(channel_name_key(channel_name(channel), core->key) == ERR_OK);
    check(map_take(core->names, bytes_text(core->key)) == channel);
    slots_remove(&core->channels, channel->slot);
    channel_free(channel);
}
