/*
 * From the door to the core: commands that a line comes to, questions that are asked step by step,
 * and the errands that the door runs for its client without being told to. Whatever is given here
 * is counted, and irc_effect() counts the answers.
 */
#include "door/irc_state.h"

#include "base/check.h"
#include "base/mem.h"

#include <string.h>

/* origin.label of commands whose whole answer is awaited. */
#define LABEL_ASKED 1

bool irc_is_idle(struct irc *irc)
{
    if (irc->sink->idle(irc->sink->context)) {
        return true;
    }
    irc->waiting = true;
    return false;
}

static bool give(struct irc *irc, const struct command *command)
{
    if (!irc->sink->command(irc->sink->context, command)) {
        return false;
    }
    check(irc->pending < UINT16_MAX);
    irc->pending++;
    return true;
}

bool irc_give(struct irc *irc, const struct command *command)
{
    check(!irc->asked && command->origin.label == 0);
    return give(irc, command);
}

static void answer_free(struct irc *irc)
{
    mem_free(irc->answer);
    irc->answer = NULL;
}

static void step_over(struct irc *irc)
{
    answer_free(irc);
    irc->cursor = 0;
    irc->step++;
}

bool irc_ask(struct irc *irc, struct command *command)
{
    check(!irc->asked);
    command->cursor = irc->cursor;
    command->origin.label = LABEL_ASKED;
    if (give(irc, command)) {
        irc->asked = true;
        irc->waiting = true;
    }
    return false;
}

bool irc_ask_as(struct irc *irc, struct command *command, enum irc_answer_kind kind,
                struct text target)
{
    if (irc->answer == NULL) {
        check(target.count <= sizeof(irc->answer->target));
        irc->answer = mem_zalloc(1, sizeof(*irc->answer));
        if (irc->answer == NULL) {
            irc_give_up(irc);
            return false;
        }
        irc->answer->kind = kind;
        irc->answer->target_bytes = (uint8_t)target.count;
        if (target.count > 0) {
            memcpy(irc->answer->target, target.data, target.count);
        }
    }
    return irc_ask(irc, command);
}

static void errand_pop(struct irc *irc)
{
    struct irc_errand *errand = irc->errands;
    irc->errands = errand->next;
    mem_free(errand);
    answer_free(irc);
    irc->cursor = 0;
    irc->on_errand = false;
}

void irc_answered(struct irc *irc, bool was_asked, uint64_t more)
{
    check(irc->pending > 0);
    irc->pending--;
    if (!was_asked) {
        return;
    }
    check(irc->asked);
    irc->asked = false;
    if (more != 0) {
        irc->cursor = more;
    } else if (irc->on_errand) {
        errand_pop(irc);
    } else {
        step_over(irc);
    }
}

void irc_errand_add(struct irc *irc, const struct command *command, enum irc_answer_kind answer)
{
    size_t bytes = command->name.count + command->extra.count + command->text.count;
    check(command->name.count <= UINT8_MAX && command->extra.count <= UINT8_MAX &&
          command->text.count <= UINT16_MAX);
    struct irc_errand *errand = mem_zalloc(1, sizeof(*errand) + bytes);
    if (errand == NULL) {
        irc_give_up(irc);
        return;
    }
    errand->kind = command->kind;
    errand->answer = answer;
    errand->name_bytes = (uint8_t)command->name.count;
    errand->extra_bytes = (uint8_t)command->extra.count;
    errand->text_bytes = (uint16_t)command->text.count;
    char *at = errand->data;
    const struct text parts[] = {command->name, command->extra, command->text};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i].count > 0) {
            memcpy(at, parts[i].data, parts[i].count);
            at += parts[i].count;
        }
    }
    struct irc_errand **end = &irc->errands;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = errand;
}

bool irc_errands_run(struct irc *irc)
{
    const struct irc_errand *errand = irc->errands;
    if (errand == NULL || irc->stage == IRC_STAGE_ENDED) {
        return true;
    }
    const char *extra = errand->data + errand->name_bytes;
    struct command command = {
        .kind = errand->kind,
        .flags = irc_ask_flags(irc),
        .name = {.data = errand->data, .count = errand->name_bytes},
        .extra = {.data = extra, .count = errand->extra_bytes},
        .text = {.data = extra + errand->extra_bytes, .count = errand->text_bytes},
    };
    irc->on_errand = true;
    return irc_ask_as(irc, &command, errand->answer, command.name);
}

void irc_errands_free(struct irc *irc)
{
    while (irc->errands != NULL) {
        errand_pop(irc);
    }
    answer_free(irc);
}

uint32_t irc_ask_flags(const struct irc *irc)
{
    return (irc_has(irc, IRC_CAP_MULTI_PREFIX) ? (uint32_t)ASK_MULTI_PREFIX : 0) |
           (irc_has(irc, IRC_CAP_USERHOST_IN_NAMES) ? (uint32_t)ASK_USERHOST : 0);
}
