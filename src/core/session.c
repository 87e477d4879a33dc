/* Sessions: who may come, what is kept of somebody, and what is left when a session ends. */
#include "base/check.h"
#include "base/mem.h"
#include "core/act.h"
#include "core/ask.h"
#include "core/change.h"

#include <string.h>

struct text session_nick(const struct session *session)
{
    return (struct text){.data = session->nick, .count = session->nick_bytes};
}

struct text session_user(const struct session *session)
{
    return (struct text){.data = session->texts, .count = session->user_bytes};
}

/* The text that stands behind another one in session->texts. */
static struct text text_behind(struct text text, size_t count)
{
    return (struct text){.data = text.data + text.count, .count = count};
}

struct text session_host(const struct session *session)
{
    return text_behind(session_user(session), session->host_bytes);
}

struct text session_address(const struct session *session)
{
    return text_behind(session_host(session), session->address_bytes);
}

static struct text first_realname(const struct session *session)
{
    return text_behind(session_address(session), session->realname_bytes);
}

struct text session_realname(const struct session *session)
{
    if (session->options != NULL && session->options->realname != NULL) {
        return note_text(session->options->realname);
    }
    return first_realname(session);
}

struct text session_account(const struct session *session)
{
    return text_behind(first_realname(session), session->account_bytes);
}

struct text session_away(const struct session *session)
{
    if (session->options == NULL || session->options->away == NULL) {
        return TEXT_NONE;
    }
    return note_text(session->options->away);
}

struct person person_of(const struct session *session)
{
    return (struct person){
        .session = session->id,
        .connection = session->connection,
        .node = session->node,
        .worker = session->worker,
        .flags = session->flags,
        .nick = session_nick(session),
        .user = session_user(session),
        .host = session_host(session),
        .account = session_account(session),
        .realname = session_realname(session),
    };
}

bool session_is_operator(const struct session *session)
{
    return (session->flags & PERSON_OPERATOR) != 0;
}

const struct notes *session_metadata(const struct session *session)
{
    return session->options == NULL ? NULL : &session->options->metadata;
}

struct session *session_by_id(const struct core *core, uint64_t id)
{
    return map_get_number(core->by_id, id);
}

enum error session_options_reserve(struct session *session)
{
    if (session->options == NULL) {
        session->options = mem_zalloc(1, sizeof(*session->options));
    }
    return session->options == NULL ? ERR_MEMORY : ERR_OK;
}

/* How much more or less of one flag there is when a session's flags become others. */
static uint32_t counted(uint32_t count, uint32_t flag, uint32_t before, uint32_t after)
{
    return count + ((after & flag) != 0) - ((before & flag) != 0);
}

void session_set_flags(struct core *core, struct session *session, uint32_t flags)
{
    core->operator_count = counted(core->operator_count, PERSON_OPERATOR, session->flags, flags);
    core->invisible_count = counted(core->invisible_count, PERSON_INVISIBLE, session->flags, flags);
    session->flags = flags;
}

static uint32_t first_flags(uint32_t command_flags)
{
    uint32_t flags = 0;
    flags |= (command_flags & OPEN_SECURE) != 0 ? PERSON_SECURE : 0;
    flags |= (command_flags & OPEN_PLAIN) != 0 ? PERSON_PLAIN : 0;
    flags |= (command_flags & OPEN_INVISIBLE) != 0 ? PERSON_INVISIBLE : 0;
    return flags;
}

static char *put(char *out, struct text text)
{
    if (text.count > 0) {
        memcpy(out, text.data, text.count);
    }
    return out + text.count;
}

/* NULL when there is no memory. Its flags are set later, when nothing can fail any more. */
static struct session *session_new(const struct entry *entry)
{
    const struct command *command = &entry->command;
    const struct identity *identity = &command->identity;
    /* The doors and the workers cut what is too long. */
    check(identity->user.count <= USER_BYTES_MAX && identity->host.count <= HOST_BYTES_MAX);
    check(identity->address.count <= ADDRESS_BYTES_MAX &&
          identity->account.count <= NAME_BYTES_MAX);
    check(identity->realname.count <= REALNAME_BYTES_MAX);
    const size_t bytes = identity->user.count + identity->host.count + identity->address.count +
                         identity->realname.count + identity->account.count;
    struct session *session = mem_zalloc(1, offsetof(struct session, texts) + bytes);
    if (session == NULL) {
        return NULL;
    }
    session->id = command->session;
    session->connection = command->origin.connection;
    session->node = command->origin.node;
    session->worker = command->origin.worker;
    session->opened_ms = entry->time_ms;
    session->active_ms = entry->time_ms;
    session->membership_capacity = 1;
    session->nick_bytes = (uint8_t)command->name.count;
    session->user_bytes = (uint8_t)identity->user.count;
    session->host_bytes = (uint8_t)identity->host.count;
    session->address_bytes = (uint8_t)identity->address.count;
    session->realname_bytes = (uint8_t)identity->realname.count;
    session->account_bytes = (uint8_t)identity->account.count;
    put(session->nick, command->name);
    char *next = put(put(session->texts, identity->user), identity->host);
    next = put(put(next, identity->address), identity->realname);
    put(next, identity->account);
    return session;
}

/* Gives the session the away message that it comes with. ERR_MEMORY. */
MUST_USE static enum error begin_away(struct session *session, const struct entry *entry)
{
    const struct text text = text_cut(entry->command.text, AWAY_BYTES_MAX);
    if (text.count == 0) {
        return ERR_OK;
    }
    if (session_options_reserve(session) != ERR_OK) {
        return ERR_MEMORY;
    }
    session->options->away =
        note_new(&(struct note_words){.text = text, .time_ms = entry->time_ms});
    return session->options->away == NULL ? ERR_MEMORY : ERR_OK;
}

/* Whether the server takes somebody like that in at all; else the asker is told. */
static bool may_come(const struct turn *turn, const struct session *session)
{
    const struct core *core = turn->core;
    const struct note *ban = server_ban_find(core, session, turn->entry->time_ms);
    if (ban != NULL) {
        turn_refuse_text(turn, REFUSAL_BANNED, note_text(ban));
        return false;
    }
    const bool is_known = session->account_bytes > 0;
    if (core->defcon == 1 || (core->defcon <= 3 && !is_known)) {
        turn_refuse(turn, REFUSAL_SERVER_CLOSED);
        return false;
    }
    if (core->sessions.count >= SESSIONS_MAX) {
        turn_refuse(turn, REFUSAL_TOO_MANY);
        return false;
    }
    return true;
}

void session_open(struct turn *turn)
{
    struct core *core = turn->core;
    struct nick_forms forms;
    if (!nick_may_be_taken(turn, NULL, &forms)) {
        return;
    }
    struct session *session = session_new(turn->entry);
    if (session == NULL) {
        turn_refuse(turn, REFUSAL_NO_MEMORY);
        return;
    }
    if (!may_come(turn, session)) {
        session_free(session);
        return;
    }
    if (begin_away(session, turn->entry) != ERR_OK ||
        session_register(core, session, &forms) != ERR_OK) {
        session_free(session);
        turn_refuse(turn, REFUSAL_NO_MEMORY);
        return;
    }
    const uint32_t away = session_away(session).count > 0 ? PERSON_AWAY : 0;
    session_set_flags(core, session, first_flags(turn->entry->command.flags) | away);
    if (core->sessions.count > core->session_peak) {
        core->session_peak = core->sessions.count;
    }
    turn->session = session;
    struct effect effect = turn_effect(turn, EFFECT_OPENED);
    effect.who.realname = session_realname(session);
    effect.text = session_away(session);
    turn_tell(turn, &effect);
    if ((session->flags & PERSON_PLAIN) == 0) {
        check(ask_lusers(core, &turn->entry->command, turn->sink) == 0);
    }
}

void session_end(struct turn *turn, struct session *session, enum leave_reason reason,
                 struct text words)
{
    struct effect_channel concerned[CHANNELS_PER_SESSION_MAX];
    struct channel *left[CHANNELS_PER_SESSION_MAX];
    const size_t count = session->membership_count;

    words = text_cut(words, REASON_BYTES_MAX);
    session_unregister(turn->core, session);
    session_concerned(session, concerned);
    for (size_t i = 0; i < count; i++) {
        left[i] = session_leave(session, 0);
        concerned[i].member_count = channel_member_count(left[i]);
    }
    struct effect effect = turn_effect(turn, EFFECT_CLOSED);
    effect.who = person_of(session);
    effect.who.realname = TEXT_NONE;
    effect.reason = reason;
    effect.text = words;
    effect.channels = concerned;
    effect.channel_count = (uint32_t)count;
    turn_tell(turn, &effect);
    for (size_t i = 0; i < count; i++) {
        struct row row = turn_row(turn, ROW_CLOSED, channel_name(left[i]));
        row.nick = session_nick(session);
        row.reason = reason;
        row.text = words;
        turn_keep(turn, &row);
        channel_release(turn->core, left[i]);
    }
    if (turn->session == session) {
        turn->session = NULL;
    }
    session_set_flags(turn->core, session, 0);
    past_take(turn->core, session, turn->entry->time_ms);
}

void session_close(struct turn *turn)
{
    const struct command *command = &turn->entry->command;
    session_end(turn, turn->session, command->reason, command->text);
}

void session_strip(struct session *session)
{
    check(session->membership_count == 0);
    if (session->membership_capacity > 1) {
        mem_free(session->joined.many);
        session->membership_capacity = 1;
    }
    struct session_options *options = session->options;
    if (options != NULL) {
        mem_free(options->away);
        mem_free(options->realname);
        mem_free(options->operator);
        notes_finish(&options->metadata);
        mem_free(options->invitations);
        mem_free(options->accepts);
        mem_free(options);
        session->options = NULL;
    }
}

void session_free(struct session *session)
{
    if (session != NULL) {
        session->membership_count = 0;
        session_strip(session);
        mem_free(session);
    }
}
