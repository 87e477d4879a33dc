/* MODE of a channel: each change is done, told and kept. Nothing here can fail. */
#include "base/check.h"
#include "base/mem.h"
#include "core/mode.h"

#include <string.h>

/* Effects of one MODE at most: what does not fit into the first goes into the second. */
#define TOLD_MAX 2

/* The text of one effect as it grows. */
struct told {
    char sign; /* The last one that was written. */
    size_t letter_bytes;
    size_t param_bytes;
    char letters[2 * MODE_LETTERS_MAX];
    char params[MODE_TEXT_BYTES_MAX];
};

struct work {
    struct mode_plan *plan;
    struct told told[TOLD_MAX];
    size_t told_count;
    bool is_dirty; /* What ROW_CHANNEL holds has changed. */
    struct session *ranked[MODES_PER_COMMAND_MAX];
    uint32_t ranked_count;
};

static bool told_fits(const struct told *told, struct text param)
{
    const size_t param_bytes = param.count == 0 ? 0 : param.count + 1;
    return told->letter_bytes + told->param_bytes + 2 + param_bytes <= MODE_TEXT_BYTES_MAX;
}

static void told_add(struct told *told, const struct mode_change *change, struct text param)
{
    const char sign = change->is_set ? '+' : '-';
    if (told->sign != sign) {
        told->letters[told->letter_bytes++] = sign;
        told->sign = sign;
    }
    told->letters[told->letter_bytes++] = change->letter;
    if (param.count > 0) {
        told->params[told->param_bytes++] = ' ';
        memcpy(told->params + told->param_bytes, param.data, param.count);
        told->param_bytes += param.count;
    }
}

/* False: there is no room to tell of it, and so it is not done. */
static bool work_tell(struct work *work, const struct mode_change *change, struct text param)
{
    if (!told_fits(&work->told[work->told_count - 1], param)) {
        if (work->told_count == TOLD_MAX) {
            return false;
        }
        work->told[work->told_count++] = (struct told){0};
    }
    told_add(&work->told[work->told_count - 1], change, param);
    return true;
}

/* -- One change ------------------------------------------------------------------------------ */

static void apply_flag(struct work *work, const struct mode_change *change)
{
    struct channel *channel = work->plan->channel;
    const uint32_t flag = mode_flag(change->letter);
    if (((channel->modes & flag) != 0) == change->is_set) {
        return;
    }
    if (flag == MODE_KEPT && change->is_set && channel_kept_count(channel) > KEPT_ROWS_MAX) {
        turn_reply(work->plan->turn, ERR_BANLISTFULL, channel_name(channel),
                   (struct text){.data = &change->letter, .count = 1});
        return;
    }
    if (!work_tell(work, change, TEXT_NONE)) {
        return;
    }
    channel->modes ^= flag;
    if (flag != MODE_KEPT) {
        work->is_dirty = true;
    } else if (change->is_set) {
        channel_store_all(work->plan->turn, channel);
    } else {
        channel_drop(work->plan->turn, channel);
    }
}

static void apply_key(struct work *work, const struct mode_change *change)
{
    struct channel *channel = work->plan->channel;
    const bool has_key = (channel->modes & MODE_KEY) != 0;
    if (!change->is_set) {
        if (has_key && work_tell(work, change, TEXT("*"))) {
            channel->modes &= ~(uint32_t)MODE_KEY;
            work->is_dirty = true;
        }
        return;
    }
    struct channel_options *options = channel->options;
    const struct text old = {.data = options->key, .count = options->key_bytes};
    if ((has_key && text_equal(old, change->param)) || !work_tell(work, change, change->param)) {
        return;
    }
    channel->modes |= MODE_KEY;
    memcpy(options->key, change->param.data, change->param.count);
    options->key_bytes = (uint8_t)change->param.count;
    work->is_dirty = true;
}

static void apply_forward(struct work *work, const struct mode_change *change)
{
    struct channel *channel = work->plan->channel;
    const bool has_forward = (channel->modes & MODE_FORWARD) != 0;
    if (!change->is_set) {
        if (has_forward && work_tell(work, change, TEXT_NONE)) {
            channel->modes &= ~(uint32_t)MODE_FORWARD;
            work->is_dirty = true;
        }
        return;
    }
    struct channel_options *options = channel->options;
    const struct text old = {.data = options->forward, .count = options->forward_bytes};
    if ((has_forward && text_equal(old, change->param)) ||
        !work_tell(work, change, change->param)) {
        return;
    }
    channel->modes |= MODE_FORWARD;
    memcpy(options->forward, change->param.data, change->param.count);
    options->forward_bytes = (uint8_t)change->param.count;
    work->is_dirty = true;
}

static void apply_limit(struct work *work, const struct mode_change *change)
{
    struct channel *channel = work->plan->channel;
    const uint32_t limit = change->is_set ? limit_of(change->param) : 0;
    const uint32_t old = (channel->modes & MODE_LIMIT) != 0 ? channel->limit : 0;
    char digits[NUMBER_BYTES_MAX];
    if (limit == old ||
        !work_tell(work, change, limit == 0 ? TEXT_NONE : number_text(limit, digits))) {
        return;
    }
    channel->modes &= ~(uint32_t)MODE_LIMIT;
    channel->modes |= limit == 0 ? 0 : MODE_LIMIT;
    channel->limit = limit;
    work->is_dirty = true;
}

static void apply_mask(struct work *work, struct mode_change *change, enum channel_list list)
{
    const struct mode_plan *plan = work->plan;
    const struct channel_options *options = plan->channel->options;
    const uint32_t count = options == NULL ? 0 : options->lists[list].count;
    const uint32_t index = options == NULL ? 0 : masks_find(&options->lists[list], change->param);
    if (!change->is_set) {
        if (index == count) {
            return;
        }
        struct notes *masks = &plan->channel->options->lists[list];
        if (work_tell(work, change, note_subject(masks->items[index]))) {
            mask_store(plan->turn, plan->channel, list, masks->items[index], true);
            notes_remove(masks, index);
        }
        return;
    }
    if (index < count) {
        return;
    }
    if (count >= LIST_MASKS_MAX) {
        turn_reply(plan->turn, ERR_BANLISTFULL, channel_name(plan->channel),
                   (struct text){.data = &change->letter, .count = 1});
        return;
    }
    if (work_tell(work, change, change->param)) {
        mask_store(plan->turn, plan->channel, list, change->note, false);
        notes_add(&plan->channel->options->lists[list], change->note);
        change->note = NULL;
    }
}

/* Remembers whose rank is to be told. */
static void work_rank(struct work *work, struct session *target)
{
    for (uint32_t i = 0; i < work->ranked_count; i++) {
        if (work->ranked[i] == target) {
            return;
        }
    }
    work->ranked[work->ranked_count++] = target;
}

static void apply_rank(struct work *work, const struct mode_change *change)
{
    const struct mode_plan *plan = work->plan;
    struct channel *channel = plan->channel;
    const uint32_t slot = session_membership(change->target, channel)->slot;
    const uint32_t rank = slots_tag(&channel->members, slot);
    const uint32_t bit = mode_rank(change->letter);
    if (((rank & bit) != 0) == change->is_set) {
        return;
    }
    /* Nobody takes anything from who stands above. */
    if (!change->is_set && change->target != plan->turn->session &&
        rank_highest(plan->rank) < rank_highest(rank)) {
        turn_reply(plan->turn, ERR_CHANOPRIVSNEEDED, channel_name(channel));
        return;
    }
    if (work_tell(work, change, session_nick(change->target))) {
        slots_set_tag(&channel->members, slot, rank ^ bit);
        work_rank(work, change->target);
    }
}

static void apply(struct work *work, struct mode_change *change)
{
    const enum channel_list list = mode_list(change->letter);
    if (list != LIST_COUNT) {
        apply_mask(work, change, list);
    } else if (change->target != NULL) {
        apply_rank(work, change);
    } else if (change->letter == 'k') {
        apply_key(work, change);
    } else if (change->letter == 'l') {
        apply_limit(work, change);
    } else if (change->letter == 'f') {
        apply_forward(work, change);
    } else {
        apply_flag(work, change);
    }
}

/* -- All of them ----------------------------------------------------------------------------- */

static void work_ranks(const struct work *work, struct effect_rank out[MODES_PER_COMMAND_MAX])
{
    for (uint32_t i = 0; i < work->ranked_count; i++) {
        const struct session *session = work->ranked[i];
        out[i] = (struct effect_rank){
            .connection = session->connection,
            .node = session->node,
            .worker = session->worker,
            .rank = session_rank(session, work->plan->channel),
        };
    }
}

/* Tells everybody; the first effect has all the ranks, as they are now. */
static void work_finish(const struct work *work)
{
    const struct turn *turn = work->plan->turn;
    const struct channel *channel = work->plan->channel;
    struct effect_rank ranks[MODES_PER_COMMAND_MAX];
    work_ranks(work, ranks);
    for (size_t i = 0; i < work->told_count; i++) {
        const struct told *told = &work->told[i];
        if (told->letter_bytes == 0) {
            continue;
        }
        char words[MODE_TEXT_BYTES_MAX];
        memcpy(words, told->letters, told->letter_bytes);
        memcpy(words + told->letter_bytes, told->params, told->param_bytes);
        const struct text text = {.data = words, .count = told->letter_bytes + told->param_bytes};
        struct effect_channel concerned;
        struct effect effect = turn_channel_effect(turn, EFFECT_MODE, channel, &concerned);
        effect.text = text;
        effect.ranks = ranks;
        effect.rank_count = i == 0 ? work->ranked_count : 0;
        turn_tell(turn, &effect);
        struct row row = turn_row(turn, ROW_MODE, channel_name(channel));
        row.text = text;
        turn_keep(turn, &row);
    }
}

void mode_plan_apply(struct mode_plan *plan)
{
    struct work work;
    work.plan = plan;
    work.told[0] = (struct told){0};
    work.told_count = 1;
    work.is_dirty = false;
    work.ranked_count = 0;
    for (uint32_t i = 0; i < plan->count; i++) {
        apply(&work, &plan->changes[i]);
        mem_free(plan->changes[i].note);
    }
    work_finish(&work);
    if (work.is_dirty) {
        channel_store(plan->turn, plan->channel);
    }
    channel_release(plan->turn->core, plan->channel);
}
