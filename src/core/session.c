/* The rules of sessions: who may have which nick, and what a session leaves behind when it ends. */
#include "base/check.h"
#include "base/mem.h"
#include "core/state.h"

#include <string.h>

struct text session_nick(const struct session *session)
{
    return (struct text){.data = session->nick, .count = session->nick_bytes};
}

/* The two forms by which a nick is found. */
struct nick_forms {
    struct name_key key;
    struct name_key skeleton;
};

static struct text key_text(const struct name_key *key)
{
    return (struct text){.data = key->data, .count = key->count};
}

MUST_USE static enum error nick_forms_make(struct text nick, struct nick_forms *out)
{
    const enum error error = name_key(nick, &out->key);
    return error != ERR_OK ? error : name_skeleton(nick, &out->skeleton);
}

/* Tells that present has the nick, or one that cannot be told apart from it. */
static void refuse_taken(const struct turn *turn, enum refusal refusal,
                         const struct session *present)
{
    struct effect effect = turn_effect(turn, EFFECT_REFUSED);
    effect.refusal = refusal;
    effect.name = turn->entry->command.name;
    effect.nick = session_nick(present);
    turn->sink->effect(turn->sink->context, &effect);
}

/* Puts the session into the three tables, or into none. ERR_MEMORY. */
MUST_USE static enum error session_register(struct core *core, struct session *session,
                                            const struct nick_forms *forms)
{
    enum error error = map_put(core->nicks, key_text(&forms->key), session);
    if (error != ERR_OK) {
        return error;
    }
    error = map_put(core->looks, key_text(&forms->skeleton), session);
    if (error != ERR_OK) {
        goto take_nick;
    }
    error = map_put_number(core->sessions, session->id, session);
    if (error != ERR_OK) {
        goto take_look;
    }
    return ERR_OK;

take_look:
    check(map_take(core->looks, key_text(&forms->skeleton)) == session);
take_nick:
    check(map_take(core->nicks, key_text(&forms->key)) == session);
    return error;
}

/* The session is in no table any more; it needs no memory, and cannot fail. */
static void session_unregister(struct core *core, const struct session *session)
{
    struct nick_forms forms;
    check(nick_forms_make(session_nick(session), &forms) == ERR_OK);
    check(map_take_number(core->sessions, session->id) == session);
    check(map_take(core->looks, key_text(&forms.skeleton)) == session);
    check(map_take(core->nicks, key_text(&forms.key)) == session);
}

/* NULL when there is no memory. */
static struct session *session_new(const struct command *command)
{
    const struct text nick = command->name;
    struct session *session = mem_zalloc(1, offsetof(struct session, nick) + nick.count);
    if (session == NULL) {
        return NULL;
    }
    session->id = command->session;
    session->connection = command->origin.connection;
    session->node = command->origin.node;
    session->worker = command->origin.worker;
    session->channel_capacity = 1;
    session->nick_bytes = (uint8_t)nick.count;
    memcpy(session->nick, nick.data, nick.count);
    return session;
}

void session_open(struct turn *turn)
{
    const struct command *command = &turn->entry->command;
    struct core *core = turn->core;
    struct nick_forms forms;
    enum name_verdict verdict = name_check(command->name);
    /* A nick that could not be found again is none, whatever it is made of. */
    if (verdict == NAME_OK && nick_forms_make(command->name, &forms) != ERR_OK) {
        verdict = NAME_CHARACTER;
    }
    if (verdict != NAME_OK) {
        turn_refuse_name(turn, verdict);
        return;
    }
    const struct session *present = map_get(core->nicks, key_text(&forms.key));
    if (present != NULL) {
        refuse_taken(turn, REFUSAL_NAME_IN_USE, present);
        return;
    }
    present = map_get(core->looks, key_text(&forms.skeleton));
    if (present != NULL) {
        refuse_taken(turn, REFUSAL_NAME_LOOKS_LIKE, present);
        return;
    }
    if (map_count(core->sessions) >= SESSIONS_MAX) {
        turn_refuse(turn, REFUSAL_TOO_MANY);
        return;
    }
    struct session *session = session_new(command);
    if (session == NULL || session_register(core, session, &forms) != ERR_OK) {
        mem_free(session);
        turn_refuse(turn, REFUSAL_NO_MEMORY);
        return;
    }
    turn->session = session;
    const struct effect effect = turn_effect(turn, EFFECT_OPENED);
    turn->sink->effect(turn->sink->context, &effect);
}

/* All that follows a session's end; it has room for everything before it begins. */
void session_close(struct turn *turn)
{
    struct session *session = turn->session;
    struct channel **joined = session_channels(session);
    struct effect_channel channels[CHANNELS_PER_SESSION_MAX];

    session_unregister(turn->core, session);
    for (size_t i = 0; i < session->channel_count; i++) {
        channel_leave(turn->core, joined[i]);
        channels[i] = (struct effect_channel){
            .id = joined[i]->id,
            .member_count = joined[i]->member_count,
        };
    }
    struct effect effect = turn_effect(turn, EFFECT_CLOSED);
    effect.reason = turn->entry->command.reason;
    effect.channels = channels;
    effect.channel_count = session->channel_count;
    turn->sink->effect(turn->sink->context, &effect);
    for (size_t i = 0; i < session->channel_count; i++) {
        turn_row(turn, ROW_CLOSED, joined[i]);
        channel_free_empty(joined[i]);
    }
    turn->session = NULL;
    session_free(session);
}

void session_free(struct session *session)
{
    if (session->channel_capacity > 1) {
        mem_free(session->joined.many);
    }
    mem_free(session);
}

struct channel **session_channels(struct session *session)
{
    return session->channel_capacity > 1 ? session->joined.many : &session->joined.one;
}

size_t session_index(struct session *session, const struct channel *channel)
{
    struct channel **channels = session_channels(session);
    size_t index = 0;
    while (index < session->channel_count && channels[index] != channel) {
        index++;
    }
    return index;
}

enum error session_reserve(struct session *session)
{
    if (session->channel_count < session->channel_capacity) {
        return ERR_OK;
    }
    check(session->channel_count < CHANNELS_PER_SESSION_MAX);
    size_t capacity = (size_t)session->channel_capacity * 2;
    if (capacity > CHANNELS_PER_SESSION_MAX) {
        capacity = CHANNELS_PER_SESSION_MAX;
    }
    struct channel **channels = mem_zalloc(capacity, sizeof(struct channel *));
    if (channels == NULL) {
        return ERR_MEMORY;
    }
    memcpy(channels, session_channels(session), session->channel_count * sizeof(struct channel *));
    if (session->channel_capacity > 1) {
        mem_free(session->joined.many);
    }
    session->joined.many = channels;
    session->channel_capacity = (uint16_t)capacity;
    return ERR_OK;
}
