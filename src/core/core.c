/* The core's entrance: checks the order of entries and hands each command to the file that knows
 * its rules. */
#include "core/core.h"

#include "base/check.h"
#include "base/mem.h"
#include "core/state.h"

struct core *core_new(const struct core_options *options)
{
    struct core *core = mem_zalloc(1, sizeof(*core));
    if (core == NULL) {
        return NULL;
    }
    core->seq = options->seq;
    core->time_ms = options->time_ms;
    core->sessions = map_new(options->seed);
    core->nicks = map_new(options->seed);
    core->looks = map_new(options->seed);
    core->channels = map_new(options->seed);
    core->key = mem_zalloc(1, sizeof(*core->key));
    if (core->sessions == NULL || core->nicks == NULL || core->looks == NULL ||
        core->channels == NULL || core->key == NULL ||
        bytes_reserve(core->key, CHANNEL_KEY_BYTES_MAX) != ERR_OK) {
        core_free(core);
        return NULL;
    }
    return core;
}

void core_free(struct core *core)
{
    if (core == NULL) {
        return;
    }
    if (core->sessions != NULL) {
        struct session *session;
        for (size_t cursor = 0; (session = map_next(core->sessions, &cursor)) != NULL;) {
            session_free(session);
        }
    }
    if (core->channels != NULL) {
        struct channel *channel;
        for (size_t cursor = 0; (channel = map_next(core->channels, &cursor)) != NULL;) {
            mem_free(channel);
        }
    }
    map_free(core->sessions);
    map_free(core->nicks);
    map_free(core->looks);
    map_free(core->channels);
    if (core->key != NULL) {
        bytes_finish(core->key);
    }
    mem_free(core->key);
    mem_free(core);
}

struct effect turn_effect(const struct turn *turn, enum effect_kind kind)
{
    const struct entry *entry = turn->entry;
    struct effect effect = {
        .kind = kind,
        .command_kind = entry->command.kind,
        .seq = entry->seq,
        .time_ms = entry->time_ms,
        .session = entry->command.session,
        .origin = entry->command.origin,
    };
    if (turn->session != NULL) {
        effect.origin.node = turn->session->node;
        effect.origin.worker = turn->session->worker;
        effect.origin.connection = turn->session->connection;
        effect.nick = session_nick(turn->session);
    }
    return effect;
}

void turn_refuse(const struct turn *turn, enum refusal refusal)
{
    struct effect effect = turn_effect(turn, EFFECT_REFUSED);
    effect.refusal = refusal;
    effect.name = turn->entry->command.name;
    turn->sink->effect(turn->sink->context, &effect);
}

void turn_refuse_name(const struct turn *turn, enum name_verdict verdict)
{
    struct effect effect = turn_effect(turn, EFFECT_REFUSED);
    effect.refusal = REFUSAL_NAME_BAD;
    effect.verdict = verdict;
    effect.name = turn->entry->command.name;
    turn->sink->effect(turn->sink->context, &effect);
}

void turn_row(const struct turn *turn, enum row_kind kind, const struct channel *channel)
{
    struct row row = {
        .kind = kind,
        .seq = turn->entry->seq,
        .time_ms = turn->entry->time_ms,
        .channel = channel_name(channel),
        .nick = session_nick(turn->session),
    };
    if (kind == ROW_MESSAGE) {
        row.text = turn->entry->command.text;
    }
    if (kind == ROW_CLOSED) {
        row.reason = turn->entry->command.reason;
    }
    turn->sink->row(turn->sink->context, &row);
}

static void ping(const struct turn *turn)
{
    const struct effect effect = turn_effect(turn, EFFECT_PONG);
    turn->sink->effect(turn->sink->context, &effect);
}

void core_apply(struct core *core, const struct entry *entry, const struct core_sink *sink)
{
    const struct command *command = &entry->command;
    /* The order is what every node must agree on, and the doors cut what is too long. */
    check(entry->seq == core->seq + 1);
    check(entry->time_ms >= core->time_ms);
    check(command->name.count <= CHANNEL_BYTES_MAX);
    check(command->text.count <= MESSAGE_BYTES_MAX);
    core->seq = entry->seq;
    core->time_ms = entry->time_ms;

    struct turn turn = {
        .core = core,
        .entry = entry,
        .sink = sink,
        .session = map_get_number(core->sessions, command->session),
    };
    if (command->kind == COMMAND_OPEN) {
        check(turn.session == NULL);
        session_open(&turn);
        return;
    }
    /* Its OPEN was refused, or it is closed already and this was under way. */
    if (turn.session == NULL) {
        return;
    }
    switch (command->kind) {
    case COMMAND_JOIN:
        channel_join(&turn);
        return;
    case COMMAND_PART:
        channel_part(&turn);
        return;
    case COMMAND_MESSAGE:
        channel_message(&turn);
        return;
    case COMMAND_CLOSE:
        session_close(&turn);
        return;
    case COMMAND_PING:
        ping(&turn);
        return;
    case COMMAND_OPEN:
        break;
    }
    /* No command of this kind exists. */
    check(false);
}

uint64_t core_seq(const struct core *core)
{
    return core->seq;
}

size_t core_session_count(const struct core *core)
{
    return map_count(core->sessions);
}

size_t core_channel_count(const struct core *core)
{
    return map_count(core->channels);
}

uint32_t core_member_count(const struct core *core, struct text channel)
{
    struct channel *found = NULL;
    if (channel_find(core, channel, &found) != ERR_OK || found == NULL) {
        return 0;
    }
    return found->member_count;
}
