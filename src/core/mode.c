/* MODE of a channel: what its letters and parameters ask for, and whether that may be. */
#include "core/mode.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "core/act.h"

/* What of a parameter is told back. */
#define ECHO_BYTES_MAX 64

/* Where the reading of "+o-v a b" is. */
struct reader {
    struct text letters;
    struct text params;
    bool is_set;
};

uint32_t mode_rank(char letter)
{
    switch (letter) {
    case 'v':
        return RANK_VOICE;
    case 'h':
        return RANK_HALFOP;
    case 'o':
        return RANK_OPERATOR;
    case 'a':
        return RANK_PROTECTED;
    case 'q':
        return RANK_FOUNDER;
    default:
        return 0;
    }
}

/* The least rank that may change the mode. */
static uint32_t rank_needed(char letter)
{
    switch (letter) {
    case 'a':
    case 'q':
        return RANK_FOUNDER;
    case 'o':
    case 'h':
    case 'f':
    case 'u':
        return RANK_OPERATOR;
    default:
        return RANK_HALFOP;
    }
}

static struct text shown(struct text param)
{
    return param_of(text_cut(param, ECHO_BYTES_MAX));
}

static void reply_bad_param(const struct mode_plan *plan, const struct mode_change *change,
                            struct text param)
{
    turn_reply(plan->turn, ERR_INVALIDMODEPARAM, channel_name(plan->channel),
               (struct text){.data = &change->letter, .count = 1}, shown(param));
}

/* Makes the change one of the plan. */
static void add(struct mode_plan *plan, const struct mode_change *change)
{
    plan->changes[plan->count++] = *change;
}

/* Whether who asks may change the mode at all; what they may not is told once, at the end. */
static bool may_change(struct mode_plan *plan, char letter)
{
    if (plan->rank < rank_needed(letter)) {
        plan->is_denied = true;
        return false;
    }
    return true;
}

static void plan_rank(struct mode_plan *plan, struct mode_change *change)
{
    if (change->param.count == 0) {
        reply_bad_param(plan, change, TEXT("*"));
        return;
    }
    change->target = session_find(plan->turn->core, change->param);
    if (change->target == NULL) {
        turn_reply(plan->turn, ERR_NOSUCHNICK, shown(change->param));
    } else if (session_membership(change->target, plan->channel) == NULL) {
        turn_reply(plan->turn, ERR_USERNOTINCHANNEL, session_nick(change->target),
                   channel_name(plan->channel));
    } else {
        add(plan, change);
    }
}

/* Makes ready what a new mask needs. ERR_MEMORY. */
MUST_USE static enum error prepare_mask(struct mode_plan *plan, struct mode_change *change,
                                        enum channel_list list)
{
    struct channel *channel = plan->channel;
    if (channel_options_reserve(channel) != ERR_OK ||
        notes_reserve(&channel->options->lists[list], plan->list_counts[list] + 1) != ERR_OK) {
        return ERR_MEMORY;
    }
    struct folded folded;
    mask_fold_complete(change->param, &folded);
    change->note = note_new(&(struct note_words){
        .subject = change->param,
        .text = folded_text(&folded),
        .nick = session_nick(plan->turn->session),
        .time_ms = plan->turn->entry->time_ms,
    });
    if (change->note == NULL) {
        return ERR_MEMORY;
    }
    plan->list_counts[list]++;
    return ERR_OK;
}

/* ERR_MEMORY. */
MUST_USE static enum error plan_mask(struct mode_plan *plan, struct mode_change *change,
                                     enum channel_list list)
{
    const struct text mask = mask_complete(change->param, plan->masks[plan->param_count - 1]);
    if (mask.count == 0) {
        reply_bad_param(plan, change, change->param);
        return ERR_OK;
    }
    change->param = mask;
    if (change->is_set && prepare_mask(plan, change, list) != ERR_OK) {
        return ERR_MEMORY;
    }
    add(plan, change);
    return ERR_OK;
}

/* ERR_MEMORY. */
MUST_USE static enum error plan_key(struct mode_plan *plan, struct mode_change *change)
{
    if (!change->is_set) {
        add(plan, change);
        return ERR_OK;
    }
    if (!key_is_good(change->param)) {
        /* A key that was meant to be secret is not told back. */
        reply_bad_param(plan, change, TEXT("*"));
        return ERR_OK;
    }
    if (channel_options_reserve(plan->channel) != ERR_OK) {
        return ERR_MEMORY;
    }
    add(plan, change);
    return ERR_OK;
}

static void plan_limit(struct mode_plan *plan, struct mode_change *change)
{
    if (change->is_set && limit_of(change->param) == 0) {
        reply_bad_param(plan, change, change->param);
        return;
    }
    add(plan, change);
}

/* ERR_MEMORY. */
MUST_USE static enum error plan_forward(struct mode_plan *plan, struct mode_change *change)
{
    const struct turn *turn = plan->turn;
    if (!change->is_set) {
        add(plan, change);
        return ERR_OK;
    }
    const struct channel *to = channel_get(turn->core, change->param);
    if (to == NULL || to == plan->channel || !channel_is_visible_to(to, turn->session)) {
        reply_bad_param(plan, change, change->param);
        return ERR_OK;
    }
    if (!rank_may_operate(turn_rank(turn, to))) {
        turn_reply(turn, ERR_CHANOPRIVSNEEDED, channel_name(to));
        return ERR_OK;
    }
    if (channel_options_reserve(plan->channel) != ERR_OK) {
        return ERR_MEMORY;
    }
    change->param = channel_name(to);
    add(plan, change);
    return ERR_OK;
}

static void plan_flag(struct mode_plan *plan, struct mode_change *change)
{
    if (mode_flag(change->letter) != MODE_KEPT) {
        add(plan, change);
        return;
    }
    if (!session_is_operator(plan->turn->session)) {
        sink_reply(plan->turn->sink, ERR_NOPRIVILEGES, NULL, 0);
    } else if (!plan->has_kept) {
        plan->has_kept = true;
        add(plan, change);
    }
}

static bool takes_param(char letter, bool is_set)
{
    if (letter == 'l' || letter == 'f') {
        return is_set;
    }
    return letter == 'k' || mode_rank(letter) != 0 || mode_list(letter) != LIST_COUNT;
}

/* Reads what one letter, which means something, asks for. ERR_MEMORY. */
MUST_USE static enum error plan_letter(struct mode_plan *plan, struct reader *reader, char letter)
{
    struct mode_change change = {.letter = letter, .is_set = reader->is_set};
    const enum channel_list list = mode_list(letter);
    if (takes_param(letter, change.is_set)) {
        change.param = word_take(&reader->params);
        /* A list's letter alone asks to see it, which is a question. */
        if (plan->param_count == MODES_PER_COMMAND_MAX ||
            (list != LIST_COUNT && change.param.count == 0)) {
            return ERR_OK;
        }
        plan->param_count++;
    }
    if (!may_change(plan, letter)) {
        return ERR_OK;
    }
    if (list != LIST_COUNT) {
        return plan_mask(plan, &change, list);
    }
    switch (letter) {
    case 'k':
        return plan_key(plan, &change);
    case 'f':
        return plan_forward(plan, &change);
    case 'l':
        plan_limit(plan, &change);
        return ERR_OK;
    default:
        break;
    }
    if (mode_rank(letter) != 0) {
        plan_rank(plan, &change);
    } else {
        plan_flag(plan, &change);
    }
    return ERR_OK;
}

static bool means_something(char letter)
{
    return letter == 'k' || letter == 'l' || letter == 'f' || mode_flag(letter) != 0 ||
           mode_rank(letter) != 0 || mode_list(letter) != LIST_COUNT;
}

/* Reads the whole command. ERR_MEMORY. */
MUST_USE static enum error plan_make(struct mode_plan *plan)
{
    struct reader reader = {.params = plan->turn->entry->command.text, .is_set = true};
    reader.letters = word_take(&reader.params);
    for (uint32_t i = 0; i < MODE_LETTERS_MAX && reader.letters.count > 0; i++) {
        const char letter = reader.letters.data[0];
        uint32_t rune;
        const size_t bytes = utf8_decode(reader.letters, &rune);
        if (letter == '+' || letter == '-') {
            reader.is_set = letter == '+';
        } else if (!means_something(letter)) {
            turn_reply(plan->turn, ERR_UNKNOWNMODE,
                       param_of((struct text){.data = reader.letters.data, .count = bytes}));
        } else if (plan_letter(plan, &reader, letter) != ERR_OK) {
            return ERR_MEMORY;
        }
        reader.letters = (struct text){.data = reader.letters.data + bytes,
                                       .count = reader.letters.count - bytes};
    }
    return ERR_OK;
}

static void plan_drop(struct mode_plan *plan)
{
    for (uint32_t i = 0; i < plan->count; i++) {
        mem_free(plan->changes[i].note);
    }
}

static void change_channel(struct turn *turn)
{
    size_t index;
    struct channel *channel = turn_find_channel(turn, turn->entry->command.name, &index);
    if (channel == NULL) {
        return;
    }
    struct mode_plan plan;
    plan.turn = turn;
    plan.channel = channel;
    plan.rank = turn_rank(turn, channel);
    plan.is_denied = false;
    plan.has_kept = false;
    plan.count = 0;
    plan.param_count = 0;
    for (size_t i = 0; i < LIST_COUNT; i++) {
        plan.list_counts[i] = 0;
    }
    if (plan_make(&plan) != ERR_OK) {
        plan_drop(&plan);
        turn_refuse(turn, REFUSAL_NO_MEMORY);
        return;
    }
    if (plan.is_denied && plan.count == 0) {
        turn_refuse(turn, REFUSAL_NOT_OPERATOR);
        return;
    }
    if (plan.is_denied) {
        turn_reply(turn, ERR_CHANOPRIVSNEEDED, channel_name(channel));
    }
    mode_plan_apply(&plan);
}

void channel_mode(struct turn *turn)
{
    const struct text name = turn->entry->command.name;
    if (name.count > 0 && name.data[0] == '#') {
        change_channel(turn);
    } else {
        session_mode(turn);
    }
}
