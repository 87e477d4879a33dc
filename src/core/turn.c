/* What is told of one entry, and to whom: effects, refusals, replies and rows with all filled in
 * that the turn knows. */
#include "base/check.h"
#include "core/state.h"

#include <string.h>

struct effect turn_effect(const struct turn *turn, enum effect_kind kind)
{
    const struct command *command = &turn->entry->command;
    struct effect effect = {
        .kind = kind,
        .command_kind = command->kind,
        .flags = command->flags,
        .seq = turn->entry->seq,
        .time_ms = turn->entry->time_ms,
        .origin = command->origin,
    };
    if (turn->session != NULL) {
        effect.origin.node = turn->session->node;
        effect.origin.worker = turn->session->worker;
        effect.origin.connection = turn->session->connection;
        effect.who = person_of(turn->session);
        effect.who.realname = TEXT_NONE;
    }
    return effect;
}

struct effect turn_channel_effect(const struct turn *turn, enum effect_kind kind,
                                  const struct channel *channel, struct effect_channel *concerned)
{
    *concerned = (struct effect_channel){
        .id = channel->id,
        .member_count = channel_member_count(channel),
    };
    struct effect effect = turn_effect(turn, kind);
    effect.name = channel_name(channel);
    effect.channels = concerned;
    effect.channel_count = 1;
    return effect;
}

void turn_tell(const struct turn *turn, const struct effect *effect)
{
    turn->sink->effect(turn->sink->context, effect);
}

static struct effect refused(const struct turn *turn, enum refusal refusal)
{
    const struct command *command = &turn->entry->command;
    struct effect effect = turn_effect(turn, EFFECT_REFUSED);
    effect.refusal = refusal;
    effect.name = command->name;
    if (command->kind != COMMAND_MESSAGE) {
        effect.extra = command->extra;
    }
    return effect;
}

void turn_refuse(const struct turn *turn, enum refusal refusal)
{
    const struct effect effect = refused(turn, refusal);
    turn_tell(turn, &effect);
}

void turn_refuse_extra(const struct turn *turn, enum refusal refusal, struct text extra)
{
    struct effect effect = refused(turn, refusal);
    effect.extra = extra;
    turn_tell(turn, &effect);
}

void turn_refuse_text(const struct turn *turn, enum refusal refusal, struct text text)
{
    struct effect effect = refused(turn, refusal);
    effect.text = text;
    turn_tell(turn, &effect);
}

void turn_refuse_name(const struct turn *turn, struct text name, enum name_verdict verdict)
{
    struct effect effect = refused(turn, REFUSAL_NAME_BAD);
    effect.verdict = verdict;
    effect.name = name;
    turn_tell(turn, &effect);
}

struct row turn_row(const struct turn *turn, enum row_kind kind, struct text channel)
{
    return (struct row){
        .kind = kind,
        .seq = turn->entry->seq,
        .time_ms = turn->entry->time_ms,
        .channel = channel,
        .nick = turn->session != NULL ? session_nick(turn->session) : TEXT_NONE,
    };
}

void turn_keep(const struct turn *turn, const struct row *row)
{
    turn->sink->row(turn->sink->context, row);
}

struct text session_prefix(const struct session *session, char out[PREFIX_BYTES_MAX])
{
    const struct text parts[] = {
        session_nick(session), TEXT("!"), session_user(session), TEXT("@"), session_host(session),
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i].count > 0) {
            memcpy(out + count, parts[i].data, parts[i].count);
            count += parts[i].count;
        }
    }
    return (struct text){.data = out, .count = count};
}

struct text param_of(struct text typed)
{
    if (typed.count == 0 || typed.data[0] == ':' || memchr(typed.data, ' ', typed.count) != NULL ||
        memchr(typed.data, '\n', typed.count) != NULL ||
        memchr(typed.data, '\r', typed.count) != NULL ||
        memchr(typed.data, '\0', typed.count) != NULL) {
        return TEXT("*");
    }
    return typed;
}

void sink_reply(const struct core_sink *sink, enum numeric numeric, const struct text *params,
                uint32_t param_count)
{
    check(param_count <= REPLY_PARAMS_MAX);
    struct reply reply = {.numeric = numeric, .param_count = param_count};
    for (uint32_t i = 0; i < param_count; i++) {
        reply.params[i] = params[i];
    }
    sink->reply(sink->context, &reply);
}

struct text number_text(uint64_t number, char out[NUMBER_BYTES_MAX])
{
    size_t begin = NUMBER_BYTES_MAX;
    do {
        out[--begin] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return (struct text){.data = out + begin, .count = NUMBER_BYTES_MAX - begin};
}

struct text text_cut(struct text text, size_t bytes_max)
{
    if (text.count <= bytes_max) {
        return text;
    }
    size_t count = bytes_max;
    /* The bytes of a character behind its first one are 10xxxxxx (RFC 3629 section 3). */
    while (count > 0 && ((unsigned char)text.data[count] & 0xC0) == 0x80) {
        count--;
    }
    return (struct text){.data = text.data, .count = count};
}
