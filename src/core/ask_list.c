/* LIST: which channels there are (RFC 2812 section 3.2.6, ELIST=CMNTU of modern IRC). */
#include "core/ask_page.h"

#include "base/check.h"

#include <string.h>

#define MINUTE_MS 60000
#define NUMBER_MAX 1000000000

/* What a number must be: more than one, less than the other. */
struct range {
    int64_t above;
    int64_t below;
    bool is_set;
};

/* A name with or without wildcards, folded as names of channels are where it can be one. */
struct list_mask {
    size_t count;
    bool is_excluded; /* "!mask" */
    char folded[CHANNEL_KEY_BYTES_MAX];
};

/* All conditions of one LIST. A channel is told when it fits one of the masks or names, or there
 * are none; no excluded mask; and every range. */
struct conditions {
    struct range members;
    struct range created; /* Milliseconds that have passed since. */
    struct range topic;
    bool has_names;        /* Without wildcards. */
    bool has_wildcards;    /* In a mask that is not excluded: then a name is a mask like others. */
    uint32_t wanted_count; /* Masks that are not excluded. */
    uint32_t mask_count;
    struct list_mask masks[LIST_CONDITIONS_MAX];
};

static bool is_wildcard(struct text mask)
{
    return mask.count > 0 && (memchr(mask.data, '*', mask.count) != NULL ||
                              memchr(mask.data, '?', mask.count) != NULL);
}

/* Folds name into out, which has room for a key, and returns the bytes. */
static size_t fold(struct text name, char out[CHANNEL_KEY_BYTES_MAX])
{
    /* There is room for every key, so that none of it is ever allocated. */
    struct bytes key = {.data = out, .capacity = CHANNEL_KEY_BYTES_MAX};
    if (channel_name_key(name, &key) == ERR_OK) {
        check(key.data == out);
        return key.count;
    }
    size_t count = 0;
    while (count < name.count && count < CHANNEL_KEY_BYTES_MAX) {
        const char byte = name.data[count];
        out[count++] = byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
    }
    return count;
}

/* "<12" or ">12" with each one worth unit; what is no number is none. */
static void range_read(struct range *range, struct text item, int64_t unit)
{
    int64_t number = 0;
    if (item.count < 2 || (item.data[0] != '<' && item.data[0] != '>')) {
        return;
    }
    for (size_t i = 1; i < item.count; i++) {
        if (item.data[i] < '0' || item.data[i] > '9') {
            return;
        }
        number = number < NUMBER_MAX ? number * 10 + (item.data[i] - '0') : NUMBER_MAX;
    }
    if (!range->is_set) {
        *range = (struct range){.above = INT64_MIN, .below = INT64_MAX, .is_set = true};
    }
    number *= unit;
    if (item.data[0] == '>') {
        range->above = number > range->above ? number : range->above;
    } else {
        range->below = number < range->below ? number : range->below;
    }
}

static bool range_holds(const struct range *range, int64_t number)
{
    return !range->is_set || (number > range->above && number < range->below);
}

static void mask_read(struct conditions *conditions, struct text item)
{
    const bool is_excluded = item.data[0] == '!';
    if (is_excluded) {
        item.data++;
        item.count--;
    } else if (!is_wildcard(item)) {
        conditions->has_names = true;
        if (!conditions->has_wildcards) {
            return;
        }
    }
    if (conditions->mask_count == LIST_CONDITIONS_MAX) {
        return;
    }
    struct list_mask *mask = &conditions->masks[conditions->mask_count++];
    mask->is_excluded = is_excluded;
    mask->count = fold(item, mask->folded);
    conditions->wanted_count += is_excluded ? 0 : 1;
}

static void conditions_read(struct conditions *conditions, struct text text)
{
    struct text item;
    for (struct text all = text; page_word(&all, ',', &item);) {
        conditions->has_wildcards |= item.data[0] != '!' && is_wildcard(item);
    }
    while (page_word(&text, ',', &item)) {
        const struct text rest = {.data = item.data + 1, .count = item.count - 1};
        const bool is_compared = rest.count > 0 && (rest.data[0] == '<' || rest.data[0] == '>');
        if (item.data[0] == '<' || item.data[0] == '>') {
            range_read(&conditions->members, item, 1);
        } else if (is_compared && (item.data[0] == 'C' || item.data[0] == 'c')) {
            range_read(&conditions->created, rest, MINUTE_MS);
        } else if (is_compared && (item.data[0] == 'T' || item.data[0] == 't')) {
            range_read(&conditions->topic, rest, MINUTE_MS);
        } else {
            mask_read(conditions, item);
        }
    }
}

static bool masks_hold(struct page *page, const struct conditions *conditions,
                       const struct channel *channel)
{
    char folded[CHANNEL_KEY_BYTES_MAX];
    bool is_wanted = conditions->wanted_count == 0;
    if (conditions->mask_count == 0) {
        return true;
    }
    const struct text name = {.data = folded, .count = fold(channel_name(channel), folded)};
    page_spend(page, NAME_COST);
    for (uint32_t i = 0; i < conditions->mask_count; i++) {
        const struct list_mask *mask = &conditions->masks[i];
        const bool is_match =
            mask_match((struct text){.data = mask->folded, .count = mask->count}, name);
        page_spend(page, NAME_COST);
        if (is_match && mask->is_excluded) {
            return false;
        }
        is_wanted = is_wanted || (is_match && !mask->is_excluded);
    }
    return is_wanted;
}

static bool ranges_hold(const struct page *page, const struct conditions *conditions,
                        const struct channel *channel)
{
    const int64_t now_ms = page->command->number;
    const struct note *topic = channel->options == NULL ? NULL : channel->options->topic;
    return range_holds(&conditions->members, channel_member_count(channel)) &&
           range_holds(&conditions->created, now_ms - channel->created_ms) &&
           (!conditions->topic.is_set ||
            (topic != NULL && range_holds(&conditions->topic, now_ms - topic->time_ms)));
}

static bool channel_give(struct page *page, const struct channel *channel)
{
    char members[NUMBER_BYTES_MAX];
    return PAGE_REPLY(page, RPL_LIST, channel_name(channel),
                      number_text(channel_member_count(channel), members), channel_topic(channel));
}

/* The channels that are named, from the index-th name on; false: go on there. */
static bool named_tell(struct page *page, const struct conditions *conditions, uint64_t *index)
{
    struct text rest = page->command->text;
    struct text item;
    uint64_t i = 0;
    for (; page_word(&rest, ',', &item); i++) {
        if (i < *index || item.data[0] != '#') {
            continue;
        }
        if (page_is_tired(page)) {
            *index = i;
            return false;
        }
        const struct channel *channel = page_channel(page, item);
        if (channel != NULL && ranges_hold(page, conditions, channel) &&
            masks_hold(page, conditions, channel) && !channel_give(page, channel)) {
            *index = i;
            return false;
        }
    }
    *index = i;
    return true;
}

/* All that fit, from *place on; false: go on there. A kept channel where nobody is does not show.
 */
static bool all_tell(struct page *page, const struct conditions *conditions, uint64_t *place)
{
    const struct channel *channel;
    while ((channel = page_next(page, &page->core->channels, place)) != NULL) {
        /* The asker is looked for in the list of its own channels. */
        page_spend(page, (channel->modes & MODE_SECRET) != 0 ? NAME_COST : 0);
        if (channel_member_count(channel) == 0 || !ranges_hold(page, conditions, channel) ||
            !channel_is_visible_to(channel, page->asker) ||
            !masks_hold(page, conditions, channel)) {
            continue;
        }
        if (!channel_give(page, channel)) {
            *place -= 1;
            return false;
        }
    }
    return *place >= page->core->channels.used;
}

uint64_t ask_list(const struct core *core, const struct command *command,
                  const struct core_sink *sink)
{
    struct page page = page_of(core, command, sink);
    struct conditions conditions = {0};
    conditions_read(&conditions, command->text);
    if (command->cursor == 0) {
        check(PAGE_REPLY(&page, RPL_LISTSTART, TEXT("Channel")));
    }
    uint64_t next = command->cursor > 0 ? command->cursor - 1 : 0;
    const bool is_named = conditions.has_names && !conditions.has_wildcards;
    const bool is_whole =
        is_named ? named_tell(&page, &conditions, &next) : all_tell(&page, &conditions, &next);
    if (!is_whole) {
        return next + 1;
    }
    return page_reply(&page, RPL_LISTEND, NULL, 0) ? 0 : next + 1;
}
