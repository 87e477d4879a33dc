/* Nicks: who may have which, how a session is found by its own, and the change to another one. */
#include "base/check.h"
#include "base/mem.h"
#include "core/act.h"
#include "core/change.h"

#include <string.h>

static struct text key_text(const struct name_key *key)
{
    return (struct text){.data = key->data, .count = key->count};
}

enum error nick_forms_make(struct text nick, struct nick_forms *out)
{
    const enum error error = name_key(nick, &out->key);
    return error != ERR_OK ? error : name_skeleton(nick, &out->skeleton);
}

struct session *session_find(const struct core *core, struct text nick)
{
    struct name_key key;
    if (nick.count > NAME_BYTES_MAX || name_key(nick, &key) != ERR_OK) {
        return NULL;
    }
    return map_get(core->nicks, key_text(&key));
}

bool nick_may_be_taken(const struct turn *turn, const struct session *session,
                       struct nick_forms *out)
{
    const struct text nick = turn->entry->command.name;
    enum name_verdict verdict = name_check(nick);
    /* A nick that could not be found again is none, whatever it is made of. */
    if (verdict == NAME_OK && nick_forms_make(nick, out) != ERR_OK) {
        verdict = NAME_CHARACTER;
    }
    if (verdict != NAME_OK) {
        turn_refuse_name(turn, nick, verdict);
        return false;
    }
    const struct session *present = map_get(turn->core->nicks, key_text(&out->key));
    if (present != NULL && present != session) {
        turn_refuse_extra(turn, REFUSAL_NAME_IN_USE, session_nick(present));
        return false;
    }
    present = map_get(turn->core->looks, key_text(&out->skeleton));
    if (present != NULL && present != session) {
        turn_refuse_extra(turn, REFUSAL_NAME_LOOKS_LIKE, session_nick(present));
        return false;
    }
    return true;
}

enum error session_register(struct core *core, struct session *session,
                            const struct nick_forms *forms)
{
    enum error error = slots_reserve(&core->sessions);
    if (error != ERR_OK) {
        return error;
    }
    error = map_put(core->nicks, key_text(&forms->key), session);
    if (error != ERR_OK) {
        return error;
    }
    error = map_put(core->looks, key_text(&forms->skeleton), session);
    if (error != ERR_OK) {
        goto take_nick;
    }
    error = map_put_number(core->by_id, session->id, session);
    if (error != ERR_OK) {
        goto take_look;
    }
    session->slot = slots_add(&core->sessions, session, 0);
    return ERR_OK;

take_look:
    check(map_take(core->looks, key_text(&forms->skeleton)) == session);
take_nick:
    check(map_take(core->nicks, key_text(&forms->key)) == session);
    return error;
}

void session_unregister(struct core *core, const struct session *session)
{
    struct nick_forms forms;
    check(nick_forms_make(session_nick(session), &forms) == ERR_OK);
    check(map_take_number(core->by_id, session->id) == session);
    check(map_take(core->looks, key_text(&forms.skeleton)) == session);
    check(map_take(core->nicks, key_text(&forms.key)) == session);
    slots_remove(&core->sessions, session->slot);
}

/*
 * Puts the session under its new forms as well, where they are others: of two nicks with the same
 * key the skeletons may differ. ERR_MEMORY, and then none is there.
 */
MUST_USE static enum error forms_add(struct core *core, struct session *session,
                                     const struct nick_forms *old, const struct nick_forms *new)
{
    const bool other_key = !text_equal(key_text(&old->key), key_text(&new->key));
    const bool other_look = !text_equal(key_text(&old->skeleton), key_text(&new->skeleton));
    if (other_key && map_put(core->nicks, key_text(&new->key), session) != ERR_OK) {
        return ERR_MEMORY;
    }
    if (other_look && map_put(core->looks, key_text(&new->skeleton), session) != ERR_OK) {
        if (other_key) {
            check(map_take(core->nicks, key_text(&new->key)) == session);
        }
        return ERR_MEMORY;
    }
    return ERR_OK;
}

static void forms_drop(struct core *core, const struct session *session,
                       const struct nick_forms *old, const struct nick_forms *new)
{
    if (!text_equal(key_text(&old->key), key_text(&new->key))) {
        check(map_take(core->nicks, key_text(&old->key)) == session);
    }
    if (!text_equal(key_text(&old->skeleton), key_text(&new->skeleton))) {
        check(map_take(core->looks, key_text(&old->skeleton)) == session);
    }
}

/* What WHOWAS will tell of the nick that is given up. NULL when there is no memory. */
static struct session *session_shade(const struct session *session)
{
    const size_t bytes = offsetof(struct session, texts) + session->user_bytes +
                         session->host_bytes + session->address_bytes + session->realname_bytes +
                         session->account_bytes;
    struct session *shade = mem_alloc(bytes);
    if (shade == NULL) {
        return NULL;
    }
    memcpy(shade, session, bytes);
    shade->options = NULL;
    shade->membership_count = 0;
    shade->membership_capacity = 1;
    return shade;
}

/* Tells that the session, which is still called old, is called new from now on. */
static void tell(const struct turn *turn, struct text new)
{
    struct session *session = turn->session;
    struct effect_channel concerned[CHANNELS_PER_SESSION_MAX];
    session_concerned(session, concerned);
    struct effect effect = turn_effect(turn, EFFECT_NICK);
    effect.text = new;
    effect.channels = concerned;
    effect.channel_count = session->membership_count;
    turn_tell(turn, &effect);
    for (size_t i = 0; i < session->membership_count; i++) {
        const struct channel *channel = session_memberships(session)[i].channel;
        struct row row = turn_row(turn, ROW_NICK, channel_name(channel));
        row.text = new;
        turn_keep(turn, &row);
    }
}

void session_rename(struct turn *turn)
{
    struct session *session = turn->session;
    struct core *core = turn->core;
    const struct text name = turn->entry->command.name;
    if (text_equal(name, session_nick(session))) {
        return;
    }
    struct nick_forms old;
    struct nick_forms new;
    if (!nick_may_be_taken(turn, session, &new)) {
        return;
    }
    check(nick_forms_make(session_nick(session), &old) == ERR_OK);
    struct session *shade = NULL;
    if (!text_equal(key_text(&old.key), key_text(&new.key))) {
        shade = session_shade(session);
        if (shade == NULL) {
            turn_refuse(turn, REFUSAL_NO_MEMORY);
            return;
        }
    }
    if (forms_add(core, session, &old, &new) != ERR_OK) {
        mem_free(shade);
        turn_refuse(turn, REFUSAL_NO_MEMORY);
        return;
    }
    forms_drop(core, session, &old, &new);
    tell(turn, name);
    memcpy(session->nick, name.data, name.count);
    session->nick_bytes = (uint8_t)name.count;
    if (shade != NULL) {
        past_take(core, shade, turn->entry->time_ms);
    }
}
