/* The core's entrance: checks the order of entries and hands each command to the file that knows
 * its rules. */
#include "core/core.h"

#include "base/check.h"
#include "base/mem.h"
#include "core/act.h"
#include "core/ask.h"
#include "core/change.h"

#include <string.h>

#define DEFCON_FIRST 5

/* What a change does, by its kind. The two without a session are called from core_apply() itself.
 */
static void (*const acts[COMMAND_QUESTION_FIRST])(struct turn *turn) = {
    [COMMAND_JOIN] = channel_join,        [COMMAND_PART] = channel_part,
    [COMMAND_MESSAGE] = message_send,     [COMMAND_CLOSE] = session_close,
    [COMMAND_NICK] = session_rename,      [COMMAND_TOPIC] = channel_topic_set,
    [COMMAND_KICK] = channel_kick,        [COMMAND_INVITE] = channel_invite,
    [COMMAND_MODE] = channel_mode,        [COMMAND_RENAME] = channel_rename,
    [COMMAND_AWAY] = session_set_away,    [COMMAND_SETNAME] = session_set_realname,
    [COMMAND_OPER] = operator_become,     [COMMAND_KILL] = operator_kill,
    [COMMAND_WALLOPS] = operator_wallops, [COMMAND_BAN] = server_ban_add,
    [COMMAND_UNBAN] = server_ban_remove,  [COMMAND_DEFCON] = operator_defcon,
    [COMMAND_REHASH] = operator_rehash,   [COMMAND_METADATA] = metadata_set,
    [COMMAND_ACCEPT] = session_accept,    [COMMAND_REDACT] = message_redact,
};

typedef uint64_t question(const struct core *core, const struct command *command,
                          const struct core_sink *sink);
static question *const questions[COMMAND_KIND_COUNT - COMMAND_QUESTION_FIRST] = {
    [COMMAND_NAMES - COMMAND_QUESTION_FIRST] = ask_names,
    [COMMAND_WHO - COMMAND_QUESTION_FIRST] = ask_who,
    [COMMAND_WHOIS - COMMAND_QUESTION_FIRST] = ask_whois,
    [COMMAND_WHOWAS - COMMAND_QUESTION_FIRST] = ask_whowas,
    [COMMAND_LIST - COMMAND_QUESTION_FIRST] = ask_list,
    [COMMAND_LUSERS - COMMAND_QUESTION_FIRST] = ask_lusers,
    [COMMAND_USERHOST - COMMAND_QUESTION_FIRST] = ask_userhost,
    [COMMAND_ISON - COMMAND_QUESTION_FIRST] = ask_ison,
    [COMMAND_ONLINE - COMMAND_QUESTION_FIRST] = ask_online,
    [COMMAND_MODES - COMMAND_QUESTION_FIRST] = ask_modes,
    [COMMAND_TOPIC_OF - COMMAND_QUESTION_FIRST] = ask_topic_of,
    [COMMAND_INVITES - COMMAND_QUESTION_FIRST] = ask_invites,
    [COMMAND_ACCEPTS - COMMAND_QUESTION_FIRST] = ask_accepts,
    [COMMAND_BANS - COMMAND_QUESTION_FIRST] = ask_bans,
    [COMMAND_METADATA_GET - COMMAND_QUESTION_FIRST] = ask_metadata_get,
    [COMMAND_METADATA_LIST - COMMAND_QUESTION_FIRST] = ask_metadata_list,
    [COMMAND_METADATA_SYNC - COMMAND_QUESTION_FIRST] = ask_metadata_sync,
    [COMMAND_TIME - COMMAND_QUESTION_FIRST] = ask_time,
};

static size_t copy(struct text text, char *out, size_t bytes_max)
{
    text = text_cut(text, bytes_max);
    if (text.count > 0) {
        memcpy(out, text.data, text.count);
    }
    return text.count;
}

struct core *core_new(const struct core_options *options)
{
    struct core *core = mem_zalloc(1, sizeof(*core));
    if (core == NULL) {
        return NULL;
    }
    core->seed = options->seed;
    core->first_seq = options->seq;
    core->seq = options->seq;
    core->time_ms = options->time_ms;
    core->defcon = DEFCON_FIRST;
    core->server_bytes = (uint8_t)copy(options->server, core->server, sizeof(core->server));
    core->info_bytes = (uint8_t)copy(options->info, core->info, sizeof(core->info));
    core->by_id = map_new(options->seed);
    core->nicks = map_new(options->seed);
    core->looks = map_new(options->seed);
    core->names = map_new(options->seed);
    core->key = mem_zalloc(1, sizeof(*core->key));
    core->recents = mem_zalloc(REDACT_ENTRIES_MAX, sizeof(*core->recents));
    if (core->by_id == NULL || core->nicks == NULL || core->looks == NULL || core->names == NULL ||
        core->key == NULL || core->recents == NULL ||
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
    struct session *session;
    for (uint64_t cursor = 0; (session = slots_next(&core->sessions, &cursor)) != NULL;) {
        session_free(session);
    }
    struct channel *channel;
    for (uint64_t cursor = 0; (channel = slots_next(&core->channels, &cursor)) != NULL;) {
        channel_free(channel);
    }
    for (size_t i = 0; i < WHOWAS_MAX; i++) {
        session_free(core->past[i].session);
    }
    slots_finish(&core->sessions);
    slots_finish(&core->channels);
    notes_finish(&core->bans);
    map_free(core->by_id);
    map_free(core->nicks);
    map_free(core->looks);
    map_free(core->names);
    if (core->key != NULL) {
        bytes_finish(core->key);
    }
    mem_free(core->key);
    mem_free(core->recents);
    mem_free(core);
}

static void ping(const struct turn *turn)
{
    struct effect effect = turn_effect(turn, EFFECT_PONG);
    effect.text = turn->entry->command.text;
    turn_tell(turn, &effect);
}

/* The doors cut what is too long. */
static void check_command(const struct command *command)
{
    check(command->name.count <= COMMAND_NAME_BYTES_MAX);
    check(command->text.count <= MESSAGE_BYTES_MAX);
    check(command->extra.count <= IRC_TAGS_BYTES_MAX);
}

uint64_t core_apply(struct core *core, const struct entry *entry, const struct core_sink *sink)
{
    const enum command_kind kind = entry->command.kind;
    /* The order is what every node must agree on. */
    check(entry->seq == core->seq + 1);
    check(entry->time_ms >= core->time_ms);
    check(kind > 0 && kind < COMMAND_QUESTION_FIRST);
    check_command(&entry->command);
    core->seq = entry->seq;
    core->time_ms = entry->time_ms;

    struct turn turn = {.core = core, .entry = entry, .sink = sink};
    if (kind == COMMAND_KEEP) {
        channel_keep(&turn);
        return 0;
    }
    turn.session = session_by_id(core, entry->command.session);
    if (kind == COMMAND_OPEN) {
        check(turn.session == NULL);
        session_open(&turn);
        return 0;
    }
    /* Its OPEN was refused, or it is closed already and this was under way. */
    if (turn.session == NULL) {
        return 0;
    }
    if (kind == COMMAND_PING) {
        ping(&turn);
        return 0;
    }
    check(acts[kind] != NULL);
    acts[kind](&turn);
    return turn.more;
}

uint64_t core_query(const struct core *core, const struct command *command, int64_t time_ms,
                    const struct core_sink *sink)
{
    check(command_is_question(command->kind) && command->kind < COMMAND_KIND_COUNT);
    check_command(command);
    if (session_by_id(core, command->session) == NULL) {
        return 0;
    }
    struct command asked = *command;
    if (command->kind != COMMAND_WHOWAS) {
        asked.number = time_ms;
    }
    const uint64_t more = questions[command->kind - COMMAND_QUESTION_FIRST](core, &asked, sink);
    check(more == 0 || more > command->cursor);
    return more;
}

uint64_t core_seq(const struct core *core)
{
    return core->seq;
}

int64_t core_time_ms(const struct core *core)
{
    return core->time_ms;
}

size_t core_session_count(const struct core *core)
{
    return core->sessions.count;
}

size_t core_channel_count(const struct core *core)
{
    return core->channels.count;
}

uint32_t core_member_count(const struct core *core, struct text channel)
{
    const struct channel *found = channel_get(core, channel);
    return found == NULL ? 0 : channel_member_count(found);
}
