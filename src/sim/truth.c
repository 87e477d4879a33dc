/* The entries, as they are applied, and the facts. */
#include "sim/truth.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "sim/core_watch.h"

#include <string.h>

/* So often a whole state is looked at. */
#define DIGEST_ENTRIES 64
#define DIGEST_QUESTIONS 16

void truth_init(struct truth *truth, struct report *report, const char *lobby)
{
    *truth = (struct truth){.report = report, .lobby = lobby};
}

void truth_finish(struct truth *truth)
{
    for (size_t i = 0; i < truth->fact_count; i++) {
        struct fact *fact = &truth->facts[i];
        bytes_finish(&fact->nick);
        bytes_finish(&fact->place);
        bytes_finish(&fact->text);
        bytes_finish(&fact->extra);
        bytes_finish(&fact->words);
        bytes_finish(&fact->line);
        bytes_finish(&fact->told);
    }
    mem_free(truth->facts);
    bytes_finish(&truth->kept);
    chat_clear(&truth->chat);
    core_free(truth->twin);
}

void truth_forget(struct truth *truth, uint64_t seq, bool forgive)
{
    for (size_t i = truth->epoch_first; i < truth->fact_count; i++) {
        struct fact *fact = &truth->facts[i];
        if (fact->is_row && fact->seq > seq) {
            fact->lost = true;
            fact->forgiven = forgive;
            report_mark(truth->report, MARK_CRASH_LOST_ENTRIES);
        }
    }
}

/* A row among those that are kept: its bytes in front of it, both in steps of 8. */
static size_t kept_bytes(size_t row_bytes)
{
    return sizeof(uint64_t) + ((row_bytes + 7) & ~(size_t)7);
}

void truth_keep(struct truth *truth, const struct row *row)
{
    uint64_t row_bytes = row_packed_bytes(row);
    size_t bytes = kept_bytes(row_bytes);
    check(bytes_reserve(&truth->kept, bytes) == ERR_OK);
    char *at = truth->kept.data + truth->kept.count;
    memcpy(at, &row_bytes, sizeof(row_bytes));
    row_pack(row, at + sizeof(row_bytes));
    truth->kept.count += bytes;
}

static void twin_load(struct truth *truth)
{
    size_t at = 0;
    while (at < truth->kept.count) {
        uint64_t row_bytes;
        memcpy(&row_bytes, truth->kept.data + at, sizeof(row_bytes));
        struct row row;
        row_unpack(truth->kept.data + at + sizeof(row_bytes), &row);
        check(core_load(truth->twin, &row) == ERR_OK);
        at += kept_bytes(row_bytes);
    }
    bytes_clear(&truth->kept);
}

void truth_begin_epoch(struct truth *truth, uint64_t seq, int64_t time_ms, uint64_t seed)
{
    truth->epoch++;
    truth->epoch_first = truth->fact_count;
    truth->console_cursor = truth->fact_count;
    truth->console_skipped = 0;
    truth->lobby_id = 0;
    truth->console_blind = 0;
    truth->seq = seq;
    truth->time_ms = time_ms;
    chat_clear(&truth->chat);
    core_free(truth->twin);
    /* Another seed for its tables: nothing that shows may hang on it. */
    struct core_options options = {
        .seed = seed,
        .seq = seq,
        .time_ms = time_ms,
        .server = TEXT("madang"),
        .info = TEXT("simulated"),
    };
    truth->twin = core_new(&options);
    check(truth->twin != NULL);
    twin_load(truth);
}

/* -- The twin -------------------------------------------------------------------------------- */

static uint64_t text_mix(uint64_t digest, struct text text)
{
    digest = digest * 1000003 + text.count;
    for (size_t i = 0; i < text.count; i++) {
        digest = (digest ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
    }
    return digest;
}

static void effect_mix(void *context, const struct effect *effect)
{
    uint64_t *digest = context;
    uint64_t sum = *digest * 31 + effect->kind * 7 + effect->refusal * 5 + effect->rank;
    sum = sum * 31 + effect->who.session + effect->target.session * 3 + effect->flags;
    sum = sum * 31 + effect->origin.connection + effect->origin.worker;
    for (uint32_t i = 0; i < effect->channel_count; i++) {
        sum = sum * 31 + effect->channels[i].id * 7 + effect->channels[i].member_count;
    }
    for (uint32_t i = 0; i < effect->rank_count; i++) {
        sum = sum * 31 + effect->ranks[i].connection * 7 + effect->ranks[i].rank;
    }
    const struct text texts[] = {effect->who.nick, effect->name, effect->text, effect->extra};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        sum = text_mix(sum, texts[i]);
    }
    *digest = sum;
}

static void reply_mix(void *context, const struct reply *reply)
{
    uint64_t *digest = context;
    *digest = *digest * 41 + reply->numeric;
    for (uint32_t i = 0; i < reply->param_count; i++) {
        *digest = text_mix(*digest, reply->params[i]);
    }
}

static void row_mix(void *context, const struct row *row)
{
    uint64_t *digest = context;
    const struct text texts[] = {row->channel, row->nick, row->text, row->extra};
    *digest = *digest * 37 + row->kind + row->seq;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        *digest = text_mix(*digest, texts[i]);
    }
}

static struct core_sink twin_begin(struct truth *truth)
{
    truth->effect_count = 0;
    truth->row_count = 0;
    truth->effects_digest = 0;
    truth->twin_digest = 0;
    truth->entry_first = truth->fact_count;
    truth->echo = false;
    return (struct core_sink){
        .context = &truth->twin_digest,
        .effect = effect_mix,
        .reply = reply_mix,
        .row = row_mix,
    };
}

/* -- Facts ----------------------------------------------------------------------------------- */

static void append(struct bytes *out, struct text text)
{
    check(bytes_append_text(out, text) == ERR_OK);
}

static struct fact *fact_add(struct truth *truth, int kind)
{
    if (truth->fact_count == truth->fact_capacity) {
        truth->fact_capacity = truth->fact_capacity == 0 ? 1024 : truth->fact_capacity * 2;
        truth->facts = mem_realloc(truth->facts, truth->fact_capacity * sizeof(*truth->facts));
        check(truth->facts != NULL);
    }
    struct fact *fact = &truth->facts[truth->fact_count++];
    *fact = (struct fact){
        .kind = kind,
        .epoch = truth->epoch,
        .seq = truth->seq,
        .time_ms = truth->time_ms,
        .session = truth->entry.command.session,
        .room = ROOM_NONE,
        .echo = truth->echo,
    };
    return fact;
}

/* Those of the rank and above in the room are told. */
static void fact_tell_ranks(struct truth *truth, struct fact *fact, uint32_t room, uint32_t rank)
{
    const struct chat_room *seats = &truth->chat.rooms[room];
    fact->is_for_some = true;
    for (uint32_t i = 0; i < seats->seat_count; i++) {
        const struct seat *seat = &seats->seats[i];
        if (seat->rank >= rank) {
            check(bytes_append(&fact->told, &seat->sitter->session, sizeof(uint64_t)) == ERR_OK);
        }
    }
}

bool fact_tells(const struct fact *fact, uint64_t session)
{
    for (size_t at = 0; at < fact->told.count; at += sizeof(session)) {
        if (memcmp(fact->told.data + at, &session, sizeof(session)) == 0) {
            return true;
        }
    }
    return false;
}

void fact_text_append(const struct fact *fact, struct bytes *out)
{
    for (size_t i = 0; i < fact->text.count; i++) {
        if (!fact->is_multiline || fact->text.data[i] != '\0') {
            check(bytes_append(out, &fact->text.data[i], 1) == ERR_OK);
        }
    }
}

/* What a plain reader gets: its lines all begin alike. */
static void fact_line_make(struct fact *fact, bool is_private)
{
    struct bytes whole = {0};
    fact_text_append(fact, &whole);
    struct text rest = bytes_text(&whole);
    const char *end;
    do {
        end = fact->is_multiline ? memchr(rest.data, '\n', rest.count) : NULL;
        struct text line = {.data = rest.data,
                            .count = end == NULL ? rest.count : (size_t)(end - rest.data)};
        append(&fact->line, is_private ? TEXT("*") : TEXT("["));
        append(&fact->line, bytes_text(&fact->nick));
        append(&fact->line, is_private ? TEXT("* ") : TEXT("] "));
        check(text_append_visible(&fact->line, line) == ERR_OK);
        append(&fact->line, end != NULL ? TEXT("\n") : TEXT(""));
        rest = text_skip(rest, line.count + (end != NULL ? 1 : 0));
    } while (end != NULL);
    bytes_finish(&whole);
}

/* The message was taken back by the last fact. */
static void fact_forget_words(struct truth *truth, uint64_t seq)
{
    size_t last = truth->fact_count - 1;
    for (size_t i = truth->epoch_first; i < last; i++) {
        if (truth->facts[i].kind == ROW_MESSAGE && truth->facts[i].seq == seq) {
            truth->facts[i].redaction = last;
        }
    }
}

static void fact_add_row(struct truth *truth, const struct row *row, uint32_t room)
{
    struct fact *fact = fact_add(truth, (int)row->kind);
    const struct sitter *target = truth->expected.target;
    fact->is_row = true;
    fact->reason = row->reason;
    fact->room = room;
    fact->member_count = room != ROOM_NONE ? truth->chat.rooms[room].seat_count : 0;
    fact->target = target != NULL ? target->session : 0;
    append(&fact->nick, row->nick);
    append(&fact->place, row->channel);
    append(&fact->text, row->text);
    append(&fact->extra, row->extra);
    if (row->kind == ROW_RENAMED) {
        append(&fact->words, truth->entry.command.text);
    }
    uint32_t rank = truth->expected.rank;
    if (rank != 0 && (row->kind == ROW_MESSAGE || row->kind == ROW_REDACTED)) {
        fact_tell_ranks(truth, fact, room, rank);
    }
    if (row->kind == ROW_REDACTED) {
        append(&fact->words, truth->entry.command.extra);
        fact_forget_words(truth, (uint64_t)row->number);
    }
    if (row->kind == ROW_MESSAGE) {
        bool is_private = room == ROOM_NONE || rank != 0;
        fact->is_multiline = (row->flags & MESSAGE_MULTILINE) != 0;
        fact_line_make(fact, is_private);
    }
}

/* The asker is told, unless it reads plain lines. */
static void fact_add_reply(struct truth *truth, uint32_t numeric, const struct text *params,
                           uint32_t param_count)
{
    const struct sitter *asker = chat_sitter(&truth->chat, truth->entry.command.session);
    if (truth->entry.command.session == 0 || asker == NULL || asker->is_plain) {
        return;
    }
    struct fact *fact = fact_add(truth, FACT_REPLY);
    fact->numeric = numeric;
    for (uint32_t i = 0; i < param_count; i++) {
        append(&fact->text, TEXT(" "));
        append(&fact->text, params[i]);
    }
}

/* What the refusal is to the command on IRC; 0: nothing is said. */
static uint32_t refusal_numeric(enum refusal refusal, enum command_kind kind)
{
    if (kind == COMMAND_REDACT) {
        return REPLY_FAIL;
    }
    switch ((int)refusal) {
    case REFUSAL_NAME_BAD:
        return kind == COMMAND_JOIN ? ERR_BADCHANMASK : ERR_ERRONEUSNICKNAME;
    case REFUSAL_NAME_IN_USE:
        return kind == COMMAND_RENAME ? REPLY_FAIL : ERR_NICKNAMEINUSE;
    case REFUSAL_NAME_LOOKS_LIKE:
        return ERR_NICKNAMEINUSE;
    case REFUSAL_UNSUPPORTED:
        return REPLY_FAIL;
    case REFUSAL_NO_CHANNEL:
        return ERR_NOSUCHCHANNEL;
    case REFUSAL_NOT_MEMBER:
        return ERR_NOTONCHANNEL;
    case REFUSAL_NO_NICK:
        return ERR_NOSUCHNICK;
    case REFUSAL_TARGET_NOT_MEMBER:
        return ERR_USERNOTINCHANNEL;
    case REFUSAL_TARGET_MEMBER:
        return ERR_USERONCHANNEL;
    case REFUSAL_BANNED:
        return ERR_BANNEDFROMCHAN;
    case REFUSAL_INVITE_ONLY:
        return ERR_INVITEONLYCHAN;
    case REFUSAL_KEY:
        return ERR_BADCHANNELKEY;
    case REFUSAL_FULL:
        return ERR_CHANNELISFULL;
    case REFUSAL_CANNOT_SEND:
        return ERR_CANNOTSENDTOCHAN;
    case REFUSAL_NOT_OPERATOR:
        return ERR_CHANOPRIVSNEEDED;
    default:
        return 0;
    }
}

/* The code of a FAIL. */
static struct text refusal_code(enum refusal refusal, enum command_kind kind)
{
    if (kind == COMMAND_RENAME) {
        return refusal == REFUSAL_NAME_IN_USE ? TEXT("CHANNEL_NAME_IN_USE") : TEXT("CANNOT_RENAME");
    }
    switch ((int)refusal) {
    case REFUSAL_NO_CHANNEL:
    case REFUSAL_NOT_MEMBER:
        return TEXT("INVALID_TARGET");
    case REFUSAL_NO_MESSAGE:
        return TEXT("UNKNOWN_MSGID");
    default:
        return TEXT("REDACT_FORBIDDEN");
    }
}

/* The asker is told what stands against it, and of whom or what. */
static void fact_add_refusal(struct truth *truth)
{
    const struct command *command = &truth->entry.command;
    const struct expected *expected = &truth->expected;
    uint32_t numeric = refusal_numeric(expected->refusal, command->kind);
    struct text params[4] = {command->name};
    uint32_t count = 1;
    char words[64];
    if (numeric == 0) {
        return;
    }
    if (numeric == ERR_USERNOTINCHANNEL || numeric == ERR_USERONCHANNEL) {
        params[0] = command->extra;
        params[count++] = command->name;
    } else if (numeric == ERR_NOSUCHNICK && command->kind == COMMAND_INVITE) {
        params[0] = command->extra;
    } else if (numeric == REPLY_FAIL) {
        params[0] = command->kind == COMMAND_REDACT ? TEXT("REDACT") : TEXT("RENAME");
        params[1] = refusal_code(expected->refusal, command->kind);
        params[2] = command->name;
        params[3] = command->extra;
        count = text_equal(params[1], TEXT("INVALID_TARGET")) ? 3 : 4;
    } else if (numeric == ERR_CANNOTSENDTOCHAN) {
        snprintf(words, sizeof(words), "Cannot send to channel (+%.*s)", (int)expected->words.count,
                 expected->words.data);
        params[count++] = text_of(words);
    }
    fact_add_reply(truth, numeric, params, count);
}

/* -- Entries --------------------------------------------------------------------------------- */

void truth_entry(struct truth *truth, const struct entry *entry)
{
    const struct core_sink sink = twin_begin(truth);
    truth->entry = *entry;
    truth->entry_count++;
    truth->twin_more = core_apply_unwatched(truth->twin, entry, &sink);
    if (entry->seq != truth->seq + 1 || entry->time_ms < truth->time_ms) {
        report_violation(truth->report, "entry %llu at %lld follows %llu at %lld",
                         (unsigned long long)entry->seq, (long long)entry->time_ms,
                         (unsigned long long)truth->seq, (long long)truth->time_ms);
    }
    truth->seq = entry->seq;
    truth->time_ms = entry->time_ms;
    chat_entry(&truth->chat, entry->seq, &entry->command, &truth->expected);
    if (truth->expected.effect == 0) {
        report_event(truth->report, "entry %llu: command %d of %llx does nothing",
                     (unsigned long long)entry->seq, (int)entry->command.kind,
                     (unsigned long long)entry->command.session);
    }
}

void truth_question(struct truth *truth, const struct command *command, int64_t time_ms)
{
    const struct core_sink sink = twin_begin(truth);
    bool looks = truth->question_count++ % DIGEST_QUESTIONS == 0;
    uint64_t before = looks ? core_digest(truth->twin) : 0;
    truth->entry.command = *command;
    truth->expected = (struct expected){0};
    truth->twin_more = core_query_unwatched(truth->twin, command, time_ms, &sink);
    if (looks && core_digest(truth->twin) != before) {
        report_violation(truth->report, "question %d has changed the core", (int)command->kind);
    }
}

/* The name is the room's as it was made, behind the sign of those who are written to. */
static bool is_place(const struct truth *truth, struct text name, uint32_t room)
{
    enum effect_kind effect = truth->expected.effect;
    bool is_to_rank = effect == EFFECT_MESSAGE || effect == EFFECT_REDACTED;
    uint32_t rank = is_to_rank ? truth->expected.rank : 0;
    return chat_rank_of_sign(name) == rank && text_equal(text_skip(name, rank != 0 ? 1 : 0),
                                                         bytes_text(&truth->chat.rooms[room].name));
}

/* Who has another rank now, and which. */
static void ranks_check(struct truth *truth, const struct effect *effect)
{
    const struct expected *expected = &truth->expected;
    bool equal = effect->rank_count == expected->ranked_count;
    for (uint32_t i = 0; equal && i < expected->ranked_count; i++) {
        const struct sitter *sitter = expected->ranked[i];
        const struct effect_rank *rank = &effect->ranks[i];
        equal = rank->worker == sitter->origin.worker &&
                rank->connection == sitter->origin.connection &&
                rank->rank == chat_rank(&truth->chat, expected->rooms[0], sitter);
    }
    if (!equal) {
        report_violation(truth->report, "entry %llu: other ranks", (unsigned long long)effect->seq);
    }
}

static void rooms_check(struct truth *truth, const struct effect *effect)
{
    const struct expected *expected = &truth->expected;
    bool equal = effect->channel_count == expected->room_count;
    for (uint32_t i = 0; equal && i < expected->room_count; i++) {
        equal =
            effect->channels[i].member_count == truth->chat.rooms[expected->rooms[i]].seat_count;
    }
    if (!equal) {
        report_violation(truth->report, "entry %llu, command %d: %u rooms, expected %u, or others",
                         (unsigned long long)effect->seq, (int)truth->entry.command.kind,
                         effect->channel_count, expected->room_count);
    }
    if (expected->room_count == 1 && effect->kind != EFFECT_CLOSED && effect->kind != EFFECT_NICK &&
        effect->kind != EFFECT_AWAY && !is_place(truth, effect->name, expected->rooms[0])) {
        report_violation(truth->report, "entry %llu: in another room",
                         (unsigned long long)effect->seq);
    }
}

static void effect_fact(struct truth *truth, const struct effect *effect)
{
    if (effect->kind == EFFECT_PONG) {
        append(&fact_add(truth, FACT_PONG)->text, effect->text);
    } else if (effect->kind == EFFECT_NICK && truth->expected.room_count == 0) {
        struct fact *fact = fact_add(truth, ROW_NICK); /* Nobody else sees it. */
        append(&fact->nick, effect->who.nick);
        append(&fact->text, effect->text);
    } else if (effect->kind == EFFECT_REFUSED) {
        fact_add_refusal(truth);
    } else if (effect->kind == EFFECT_INVITED) {
        const struct sitter *target = truth->expected.target;
        check(target != NULL);
        struct fact *fact = fact_add(truth, FACT_INVITED);
        fact->target = target->session;
        append(&fact->nick, effect->who.nick);
        append(&fact->place, effect->name);
        append(&fact->text, bytes_text(&target->nick));
        fact_tell_ranks(truth, fact, truth->expected.rooms[0], RANK_OPERATOR);
    }
}

static bool text_is_right(const struct expected *expected, const struct command *command,
                          const struct effect *effect)
{
    switch ((int)effect->kind) {
    case EFFECT_MESSAGE:
    case EFFECT_TOPIC:
        return text_equal(effect->text, command->text);
    case EFFECT_NICK:
        return text_equal(effect->text, command->name);
    case EFFECT_MODE:
        return text_equal(effect->text, expected->words);
    case EFFECT_REDACTED:
        return text_equal(effect->extra, command->extra) && text_equal(effect->text, command->text);
    case EFFECT_RENAMED:
        return text_equal(effect->extra, expected->words) &&
               text_equal(effect->text, command->text);
    case EFFECT_REFUSED:
        return expected->refusal != REFUSAL_CANNOT_SEND ||
               text_equal(effect->text, expected->words);
    default:
        return true;
    }
}

void truth_effect(struct truth *truth, const struct effect *effect)
{
    const struct command *command = &truth->entry.command;
    const struct expected *expected = &truth->expected;
    struct report *report = truth->report;
    effect_mix(&truth->effects_digest, effect);
    truth->effect_count++;
    report_event(report,
                 "entry %llu: command %d, effect %d, refusal %d, by %.*s on %u:%llx in %.*s, "
                 "%u rooms",
                 (unsigned long long)effect->seq, (int)command->kind, (int)effect->kind,
                 (int)effect->refusal, (int)effect->who.nick.count, effect->who.nick.data,
                 effect->origin.worker, (unsigned long long)effect->origin.connection,
                 (int)effect->name.count, effect->name.data, effect->channel_count);
    if (effect->kind != expected->effect || effect->refusal != expected->refusal) {
        report_violation(report, "entry %llu, command %d: effect %d, refusal %d; expected %d, %d",
                         (unsigned long long)effect->seq, (int)command->kind, (int)effect->kind,
                         (int)effect->refusal, (int)expected->effect, (int)expected->refusal);
        return;
    }
    rooms_check(truth, effect);
    ranks_check(truth, effect);
    if (!text_is_right(expected, command, effect)) {
        report_violation(report, "entry %llu: another text", (unsigned long long)effect->seq);
    }
    if (effect->rank != expected->rank) {
        report_violation(report, "entry %llu: rank %u, expected %u",
                         (unsigned long long)effect->seq, effect->rank, expected->rank);
    }
    const struct sitter *actor = expected->actor;
    if (actor != NULL && (effect->origin.worker != actor->origin.worker ||
                          effect->origin.connection != actor->origin.connection ||
                          !text_equal(effect->who.nick, bytes_text(&actor->nick)))) {
        report_violation(report, "entry %llu: of somebody else", (unsigned long long)effect->seq);
    }
    if (expected->target != NULL && effect->target.session != expected->target->session) {
        report_violation(report, "entry %llu: to somebody else", (unsigned long long)effect->seq);
    }
    if (expected->is_let_in) {
        report_mark(report, MARK_IRC_LET_IN);
    } else if (expected->is_outside) {
        report_mark(report, MARK_IRC_OUTSIDE);
    }
    effect_fact(truth, effect);
}

/* The modes that the asker is told. */
static void modes_check(struct truth *truth, const struct reply *reply)
{
    struct bytes words = {0};
    struct bytes expected = {0};
    uint32_t room = sim_room_find(reply->params[0]);
    check(room != ROOM_NONE);
    for (uint32_t i = 1; i < reply->param_count; i++) {
        append(&words, TEXT(" "));
        append(&words, reply->params[i]);
    }
    chat_modes_append(&truth->chat, room, truth->entry.command.session, &expected);
    if (!text_equal(bytes_text(&words), bytes_text(&expected))) {
        report_violation(truth->report, "the modes of room %u are \"%.*s\", not \"%.*s\"", room,
                         (int)expected.count, expected.data, (int)words.count, words.data);
    }
    bytes_finish(&words);
    bytes_finish(&expected);
}

void truth_reply(struct truth *truth, const struct reply *reply)
{
    reply_mix(&truth->effects_digest, reply);
    size_t before = truth->fact_count;
    fact_add_reply(truth, reply->numeric, reply->params, reply->param_count);
    if (truth->fact_count > before) {
        truth->facts[before].is_answer = true;
    }
    if (reply->numeric == RPL_CHANNELMODEIS) {
        modes_check(truth, reply);
    }
}

/* The place of the row that is the next one: a room of those expected, or a nick. */
static bool row_is_placed(struct truth *truth, const struct row *row, uint32_t *out_room)
{
    const struct expected *expected = &truth->expected;
    *out_room = ROOM_NONE;
    if (expected->room_count == 0) {
        return expected->target != NULL &&
               text_equal(row->channel, bytes_text(&expected->target->nick));
    }
    if (truth->row_count > expected->room_count) {
        return false;
    }
    if (row->kind == ROW_RENAMED) {
        *out_room = expected->from; /* As it was. */
        return text_equal(row->channel, expected->words) &&
               is_place(truth, row->text, expected->rooms[0]);
    }
    *out_room = expected->rooms[truth->row_count - 1];
    return is_place(truth, row->channel, *out_room);
}

void truth_row(struct truth *truth, const struct row *row)
{
    row_mix(&truth->effects_digest, row);
    if (truth->entry.command.kind == COMMAND_KEEP && row->kind == ROW_CHANNEL) {
        return; /* State: the next start finds it. */
    }
    truth->row_count++;
    uint32_t room;
    if (row->kind != truth->expected.row || row->seq != truth->entry.seq ||
        !row_is_placed(truth, row, &room) || truth->expected.actor == NULL ||
        !text_equal(row->nick, bytes_text(&truth->expected.actor->nick))) {
        report_violation(truth->report, "entry %llu: row %d of %llu in \"%.*s\", expected %d",
                         (unsigned long long)truth->entry.seq, (int)row->kind,
                         (unsigned long long)row->seq, (int)row->channel.count,
                         row->channel.count > 0 ? row->channel.data : "", (int)truth->expected.row);
        return;
    }
    fact_add_row(truth, row, room);
}

/* The core and its twin have done the same. */
static void twin_check(struct truth *truth, const struct core *core, uint64_t more, bool looks)
{
    if (core_session_count(core) != chat_sitter_count(&truth->chat) ||
        truth->effects_digest != truth->twin_digest || more != truth->twin_more ||
        (looks && core_digest(core) != core_digest(truth->twin))) {
        report_violation(truth->report, "entry %llu, command %d: the core and its twin differ",
                         (unsigned long long)truth->seq, (int)truth->entry.command.kind);
    }
}

/* The hub puts all replies behind the effects, so the entry's facts are told in that order. */
static void answers_last(struct truth *truth)
{
    size_t answer_count = 0;
    for (size_t i = truth->entry_first; i < truth->fact_count; i++) {
        struct fact fact = truth->facts[i];
        if (fact.is_answer) {
            answer_count++;
            continue;
        }
        memmove(&truth->facts[i - answer_count + 1], &truth->facts[i - answer_count],
                answer_count * sizeof(fact));
        truth->facts[i - answer_count] = fact;
    }
}

static void fact_add_presence(struct truth *truth, struct text nick, bool is_there)
{
    uint32_t name = sim_name_find(nick);
    if (name == SIM_NAMES) {
        return; /* Nobody watches others. */
    }
    struct fact *fact = fact_add(truth, FACT_PRESENCE);
    fact->name = name;
    fact->numeric = is_there ? RPL_MONONLINE : RPL_MONOFFLINE;
    append(&fact->text, TEXT(" "));
    append(&fact->text, nick);
    if (is_there) {
        append(&fact->text, TEXT("!"));
        append(&fact->text, bytes_text(&truth->expected.actor->address));
    }
}

/* Who came, went or is called otherwise: those who watch are told behind the rooms. */
static void presence_add(struct truth *truth)
{
    const struct expected *expected = &truth->expected;
    const struct command *command = &truth->entry.command;
    struct text nick = expected->actor != NULL ? bytes_text(&expected->actor->nick) : TEXT_NONE;
    switch ((int)expected->effect) {
    case EFFECT_OPENED:
        fact_add_presence(truth, nick, true);
        break;
    case EFFECT_CLOSED:
        fact_add_presence(truth, nick, false);
        break;
    case EFFECT_NICK:
        if (!chat_same_nick(nick, command->name)) {
            fact_add_presence(truth, nick, false);
            fact_add_presence(truth, command->name, true);
        }
        break;
    default:
        break;
    }
}

void truth_applied(struct truth *truth, const struct core *core, uint64_t more)
{
    const struct command *command = &truth->entry.command;
    if (truth->effect_count != (truth->expected.effect != 0 ? 1 : 0) ||
        truth->row_count != truth->expected.row_count) {
        report_violation(truth->report, "entry %llu, command %d: %u effects and %u rows",
                         (unsigned long long)truth->entry.seq, (int)command->kind,
                         truth->effect_count, truth->row_count);
    }
    presence_add(truth);
    answers_last(truth);
    chat_applied(&truth->chat, command, &truth->expected);
    twin_check(truth, core, more, truth->entry_count % DIGEST_ENTRIES == 0);
}

void truth_answered(struct truth *truth, const struct core *core, uint64_t more)
{
    if (truth->effect_count > 0 || truth->row_count > 0) {
        report_violation(truth->report, "question %d has effects", (int)truth->entry.command.kind);
    }
    twin_check(truth, core, more, truth->question_count % DIGEST_QUESTIONS == 0);
}
