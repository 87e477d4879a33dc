/* What somebody says of themselves: AWAY, SETNAME, and who may write to them (ACCEPT). */
#include "base/check.h"
#include "base/mem.h"
#include "core/act.h"
#include "core/change.h"

#include <string.h>

/* An effect about the acting session, for all who share a channel with it. */
static void tell_all(const struct turn *turn, enum effect_kind kind, struct text text)
{
    struct effect_channel concerned[CHANNELS_PER_SESSION_MAX];
    session_concerned(turn->session, concerned);
    struct effect effect = turn_effect(turn, kind);
    effect.text = text;
    effect.channels = concerned;
    effect.channel_count = turn->session->membership_count;
    if (kind == EFFECT_SETNAME) {
        effect.who.realname = session_realname(turn->session);
    }
    turn_tell(turn, &effect);
}

void session_set_away(struct turn *turn)
{
    struct session *session = turn->session;
    const struct text text = text_cut(turn->entry->command.text, AWAY_BYTES_MAX);
    const bool is_changed = !text_equal(text, session_away(session));
    struct note *note = NULL;
    if (text.count > 0 && is_changed) {
        note = note_new(&(struct note_words){.text = text, .time_ms = turn->entry->time_ms});
        if (note == NULL || session_options_reserve(session) != ERR_OK) {
            mem_free(note);
            turn_refuse(turn, REFUSAL_NO_MEMORY);
            return;
        }
    }
    if (is_changed) {
        mem_free(session->options->away);
        session->options->away = note;
        const uint32_t others = session->flags & ~(uint32_t)PERSON_AWAY;
        session_set_flags(turn->core, session, others | (note != NULL ? PERSON_AWAY : 0));
        tell_all(turn, EFFECT_AWAY, session_away(session));
    }
    sink_reply(turn->sink, text.count > 0 ? RPL_NOWAWAY : RPL_UNAWAY, NULL, 0);
}

void session_set_realname(struct turn *turn)
{
    struct session *session = turn->session;
    const struct text realname = text_cut(turn->entry->command.text, REALNAME_BYTES_MAX);
    if (text_equal(realname, session_realname(session))) {
        return;
    }
    struct note *note =
        note_new(&(struct note_words){.text = realname, .time_ms = turn->entry->time_ms});
    if (note == NULL || session_options_reserve(session) != ERR_OK) {
        mem_free(note);
        turn_refuse(turn, REFUSAL_NO_MEMORY);
        return;
    }
    mem_free(session->options->realname);
    session->options->realname = note;
    tell_all(turn, EFFECT_SETNAME, TEXT_NONE);
}

/* The index of the number in the list, or accept_count. */
static uint32_t accept_find(const struct session_options *options, uint64_t id)
{
    uint32_t index = 0;
    while (index < options->accept_count && options->accepts[index] != id) {
        index++;
    }
    return index;
}

bool session_accepts(const struct session *session, const struct session *other)
{
    const struct session_options *options = session->options;
    return options != NULL && accept_find(options, other->id) < options->accept_count;
}

enum error session_accepts_reserve(struct session *session)
{
    if (session_options_reserve(session) != ERR_OK) {
        return ERR_MEMORY;
    }
    struct session_options *options = session->options;
    if (options->accepts == NULL) {
        options->accepts = mem_zalloc(ACCEPTS_PER_SESSION_MAX, sizeof(*options->accepts));
    }
    return options->accepts == NULL ? ERR_MEMORY : ERR_OK;
}

static void accept_drop(struct session_options *options, uint32_t index)
{
    options->accept_count--;
    memmove(options->accepts + index, options->accepts + index + 1,
            (options->accept_count - index) * sizeof(*options->accepts));
}

void session_accept_add(struct session *session, const struct session *who)
{
    struct session_options *options = session->options;
    check(options != NULL && options->accepts != NULL);
    if (options->accept_count == ACCEPTS_PER_SESSION_MAX) {
        accept_drop(options, 0);
    }
    options->accepts[options->accept_count++] = who->id;
}

/* Forgets those who have left. */
static void accepts_tidy(const struct core *core, struct session_options *options)
{
    for (uint32_t i = options->accept_count; i-- > 0;) {
        if (session_by_id(core, options->accepts[i]) == NULL) {
            accept_drop(options, i);
        }
    }
}

static void accept_remove(struct turn *turn, struct text nick)
{
    struct session_options *options = turn->session->options;
    const struct session *other = session_find(turn->core, nick);
    if (other == NULL || !session_accepts(turn->session, other)) {
        turn_reply(turn, ERR_ACCEPTNOT, param_of(nick));
        return;
    }
    accept_drop(options, accept_find(options, other->id));
}

void session_accept(struct turn *turn)
{
    struct session *session = turn->session;
    const struct text extra = turn->entry->command.extra;
    if (extra.count > 0 && extra.data[0] == '-') {
        accept_remove(turn, (struct text){.data = extra.data + 1, .count = extra.count - 1});
        return;
    }
    const struct session *other = session_find(turn->core, extra);
    if (other == NULL) {
        turn_refuse(turn, REFUSAL_NO_NICK);
        return;
    }
    if (session_accepts_reserve(session) != ERR_OK) {
        turn_refuse(turn, REFUSAL_NO_MEMORY);
        return;
    }
    if (session_accepts(session, other)) {
        turn_reply(turn, ERR_ACCEPTEXIST, session_nick(other));
        return;
    }
    if (session->options->accept_count == ACCEPTS_PER_SESSION_MAX) {
        accepts_tidy(turn->core, session->options);
    }
    if (session->options->accept_count == ACCEPTS_PER_SESSION_MAX) {
        sink_reply(turn->sink, ERR_ACCEPTFULL, NULL, 0);
        return;
    }
    session_accept_add(session, other);
}
