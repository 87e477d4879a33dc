/* What operators of the server do: OPER, KILL, WALLOPS, DEFCON, REHASH. */
#include "base/check.h"
#include "base/mem.h"
#include "core/act.h"
#include "core/change.h"

#include <string.h>

#define DEFCON_MAX 5

bool operator_may(const struct turn *turn)
{
    if (session_is_operator(turn->session)) {
        return true;
    }
    turn_refuse(turn, REFUSAL_NO_PRIVILEGES);
    return false;
}

void operator_become(struct turn *turn)
{
    struct session *session = turn->session;
    struct note *name = note_new(
        &(struct note_words){.text = turn->entry->command.name, .time_ms = turn->entry->time_ms});
    if (name == NULL || session_options_reserve(session) != ERR_OK) {
        mem_free(name);
        turn_refuse(turn, REFUSAL_NO_MEMORY);
        return;
    }
    mem_free(session->options->operator);
    session->options->operator= name;
    const uint32_t before = session->flags;
    if ((before & PERSON_OPERATOR) == 0) {
        session_set_flags(turn->core, session, before | PERSON_OPERATOR);
        session_tell_mode(turn, before);
    }
    sink_reply(turn->sink, RPL_YOUREOPER, NULL, 0);
}

void operator_end(struct turn *turn, struct session *session, struct text words)
{
    const struct text parts[] = {
        TEXT("Killed ("), session_nick(turn->session), TEXT(" ("), words, TEXT("))"),
    };
    char room[REASON_BYTES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const struct text part = text_cut(parts[i], sizeof(room) - count);
        if (part.count > 0) {
            memcpy(room + count, part.data, part.count);
            count += part.count;
        }
    }
    session_end(turn, session, LEAVE_KILLED, (struct text){.data = room, .count = count});
}

void operator_kill(struct turn *turn)
{
    if (!operator_may(turn)) {
        return;
    }
    struct session *target = session_find(turn->core, turn->entry->command.name);
    if (target == NULL) {
        turn_refuse(turn, REFUSAL_NO_NICK);
        return;
    }
    /* Two brackets close behind the words. */
    operator_end(turn, target, text_cut(turn->entry->command.text, KILL_WORDS_BYTES_MAX));
}

void operator_wallops(struct turn *turn)
{
    if (!operator_may(turn)) {
        return;
    }
    struct effect effect = turn_effect(turn, EFFECT_WALLOPS);
    effect.text = turn->entry->command.text;
    turn_tell(turn, &effect);
}

void operator_defcon(struct turn *turn)
{
    if (!operator_may(turn)) {
        return;
    }
    const int64_t level = turn->entry->command.number;
    if (level >= 1 && level <= DEFCON_MAX) {
        turn->core->defcon = (uint32_t)level;
    }
    char digits[NUMBER_BYTES_MAX];
    turn_reply(turn, REPLY_NOTE, TEXT("DEFCON"), TEXT("LEVEL"),
               number_text(turn->core->defcon, digits), TEXT("5 lets everybody in, 1 nobody"));
}

void operator_rehash(struct turn *turn)
{
    if (!operator_may(turn)) {
        return;
    }
    const struct effect effect = turn_effect(turn, EFFECT_REHASH);
    turn_tell(turn, &effect);
    turn_reply(turn, RPL_REHASHING, TEXT("madang.conf"));
}
