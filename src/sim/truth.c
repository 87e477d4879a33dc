/* The reference model, and the facts. */
#include "sim/truth.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "model/name.h"
#include "server/console.h"
#include "sim/core_watch.h"

#include <string.h>

void truth_init(struct truth *truth, struct report *report, const char *lobby)
{
    *truth = (struct truth){.report = report, .lobby = lobby};
}

static void sitter_clear(struct sitter *sitter)
{
    bytes_finish(&sitter->nick);
    *sitter = (struct sitter){0};
}

static void sitters_clear(struct truth *truth)
{
    for (size_t i = 0; i < SITTERS_MAX; i++) {
        sitter_clear(&truth->sitters[i]);
    }
}

void truth_finish(struct truth *truth)
{
    for (size_t i = 0; i < truth->fact_count; i++) {
        bytes_finish(&truth->facts[i].nick);
        bytes_finish(&truth->facts[i].text);
        bytes_finish(&truth->facts[i].line);
    }
    mem_free(truth->facts);
    bytes_finish(&truth->kept);
    sitters_clear(truth);
    core_free(truth->twin);
}

void truth_forget(struct truth *truth, uint64_t seq, bool forgive)
{
    for (size_t i = truth->epoch_first; i < truth->fact_count; i++) {
        struct fact *fact = &truth->facts[i];
        if (fact->seq > seq) {
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
    truth->member_count = 0;
    sitters_clear(truth);
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

struct sitter *truth_sitter(struct truth *truth, uint64_t session)
{
    for (size_t i = 0; i < SITTERS_MAX; i++) {
        if (truth->sitters[i].session == session) {
            return &truth->sitters[i];
        }
    }
    return NULL;
}

uint32_t truth_sitter_count(const struct truth *truth)
{
    uint32_t count = 0;
    for (size_t i = 0; i < SITTERS_MAX; i++) {
        count += truth->sitters[i].session != 0 ? 1 : 0;
    }
    return count;
}

static bool keys_equal(const struct name_key *a, const struct name_key *b)
{
    return a->count == b->count && memcmp(a->data, b->data, a->count) == 0;
}

/* Whether somebody present has the name or one that looks like it; sameness is looked for first. */
static enum refusal name_is_taken(struct truth *truth, struct text name)
{
    struct name_key key;
    struct name_key look;
    struct name_key other;
    if (name_check(name) != NAME_OK || name_key(name, &key) != ERR_OK ||
        name_skeleton(name, &look) != ERR_OK) {
        return REFUSAL_NAME_BAD;
    }
    enum refusal refusal = REFUSAL_NONE;
    for (size_t i = 0; i < SITTERS_MAX; i++) {
        struct sitter *sitter = &truth->sitters[i];
        if (sitter->session == 0) {
            continue;
        }
        check(name_key(bytes_text(&sitter->nick), &other) == ERR_OK);
        if (keys_equal(&key, &other)) {
            return REFUSAL_NAME_IN_USE;
        }
        check(name_skeleton(bytes_text(&sitter->nick), &other) == ERR_OK);
        if (keys_equal(&look, &other)) {
            refusal = REFUSAL_NAME_LOOKS_LIKE;
        }
    }
    return refusal;
}

static void expect(struct truth *truth, enum effect_kind effect, enum row_kind row)
{
    truth->expected_effect = effect;
    truth->expected_row = row;
}

static void expect_refusal(struct truth *truth, enum refusal refusal)
{
    truth->expected_effect = EFFECT_REFUSED;
    truth->expected_refusal = refusal;
}

static void open_expect(struct truth *truth)
{
    const struct command *command = &truth->entry.command;
    enum refusal refusal = name_is_taken(truth, command->name);
    if (refusal != REFUSAL_NONE) {
        expect_refusal(truth, refusal);
        return;
    }
    struct sitter *sitter = truth_sitter(truth, 0);
    check(sitter != NULL);
    sitter->session = command->session;
    sitter->origin = command->origin;
    check(bytes_append_text(&sitter->nick, command->name) == ERR_OK);
    truth->actor = sitter;
    expect(truth, EFFECT_OPENED, ROW_NONE);
}

static void join_expect(struct truth *truth)
{
    if (truth->actor->is_member) {
        expect_refusal(truth, REFUSAL_MEMBER_ALREADY);
        return;
    }
    truth->actor->is_member = true;
    truth->member_count++;
    expect(truth, EFFECT_JOINED, ROW_JOINED);
}

static void message_expect(struct truth *truth)
{
    if (!truth->actor->is_member) {
        expect_refusal(truth, REFUSAL_CANNOT_SEND);
        return;
    }
    expect(truth, EFFECT_MESSAGE, ROW_MESSAGE);
}

static void close_expect(struct truth *truth)
{
    if (truth->actor->is_member) {
        truth->member_count--;
    }
    expect(truth, EFFECT_CLOSED, truth->actor->is_member ? ROW_CLOSED : ROW_NONE);
}

static void effect_mix(void *context, const struct effect *effect)
{
    uint64_t *digest = context;
    *digest = *digest * 31 + effect->kind * 7 + effect->channel_count * 3 + effect->who.session +
              (effect->channel_count > 0 ? effect->channels[0].id : 0) + effect->text.count +
              effect->who.nick.count + effect->origin.connection + effect->rank;
}

static void reply_mix(void *context, const struct reply *reply)
{
    uint64_t *digest = context;
    *digest = *digest * 41 + reply->numeric;
    for (uint32_t i = 0; i < reply->param_count; i++) {
        *digest = *digest * 43 + reply->params[i].count;
    }
}

static void row_mix(void *context, const struct row *row)
{
    uint64_t *digest = context;
    *digest = *digest * 37 + row->kind + row->text.count + row->seq;
}

void truth_entry(struct truth *truth, const struct entry *entry)
{
    const struct command *command = &entry->command;
    truth->entry = *entry;
    truth->expected_effect = 0;
    truth->expected_refusal = REFUSAL_NONE;
    truth->expected_row = ROW_NONE;
    truth->effect_count = 0;
    truth->row_count = 0;
    truth->effects_digest = 0;
    truth->twin_digest = 0;
    truth->entry_count++;
    const struct core_sink sink = {
        .context = &truth->twin_digest,
        .effect = effect_mix,
        .reply = reply_mix,
        .row = row_mix,
    };
    truth->twin_more = core_apply_unwatched(truth->twin, entry, &sink);
    if (entry->seq != truth->seq + 1 || entry->time_ms < truth->time_ms) {
        report_violation(truth->report, "entry %llu at %lld follows %llu at %lld",
                         (unsigned long long)entry->seq, (long long)entry->time_ms,
                         (unsigned long long)truth->seq, (long long)truth->time_ms);
    }
    truth->seq = entry->seq;
    truth->time_ms = entry->time_ms;
    truth->actor = command->session != 0 ? truth_sitter(truth, command->session) : NULL;
    if (command->kind == COMMAND_OPEN) {
        open_expect(truth);
    } else if (truth->actor == NULL) {
        return; /* Its OPEN was refused; or the lobby was made, before anybody came. */
    } else if (command->kind == COMMAND_JOIN) {
        join_expect(truth);
    } else if (command->kind == COMMAND_MESSAGE) {
        message_expect(truth);
    } else if (command->kind == COMMAND_CLOSE) {
        close_expect(truth);
    }
}

static void fact_add(struct truth *truth, const struct row *row)
{
    if (truth->fact_count == truth->fact_capacity) {
        truth->fact_capacity = truth->fact_capacity == 0 ? 1024 : truth->fact_capacity * 2;
        truth->facts = mem_realloc(truth->facts, truth->fact_capacity * sizeof(*truth->facts));
        check(truth->facts != NULL);
    }
    struct fact *fact = &truth->facts[truth->fact_count++];
    *fact = (struct fact){
        .kind = row->kind,
        .reason = row->reason,
        .epoch = truth->epoch,
        .seq = row->seq,
        .time_ms = row->time_ms,
        .session = truth->entry.command.session,
        .member_count = truth->member_count,
    };
    check(bytes_append_text(&fact->nick, row->nick) == ERR_OK);
    check(bytes_append_text(&fact->text, row->text) == ERR_OK);
    if (row->kind == ROW_MESSAGE) {
        check(bytes_append_text(&fact->line, TEXT("[")) == ERR_OK);
        check(bytes_append_text(&fact->line, row->nick) == ERR_OK);
        check(bytes_append_text(&fact->line, TEXT("] ")) == ERR_OK);
        check(text_append_visible(&fact->line, row->text) == ERR_OK);
    }
}

void truth_effect(struct truth *truth, const struct effect *effect)
{
    const struct command *command = &truth->entry.command;
    struct report *report = truth->report;
    effect_mix(&truth->effects_digest, effect);
    truth->effect_count++;
    report_add(report, (uint64_t)effect->kind << 56 | effect->seq);
    if (effect->kind != truth->expected_effect || effect->refusal != truth->expected_refusal) {
        report_violation(report, "entry %llu, command %d: effect %d, refusal %d; expected %d, %d",
                         (unsigned long long)effect->seq, (int)command->kind, (int)effect->kind,
                         (int)effect->refusal, (int)truth->expected_effect,
                         (int)truth->expected_refusal);
        return;
    }
    bool to_channel = effect->kind == EFFECT_JOINED || effect->kind == EFFECT_MESSAGE ||
                      (effect->kind == EFFECT_CLOSED && truth->actor->is_member);
    if (effect->channel_count != (to_channel ? 1 : 0) ||
        (to_channel && effect->channels[0].member_count != truth->member_count)) {
        report_violation(
            report, "entry %llu: %u members, expected %u", (unsigned long long)effect->seq,
            effect->channel_count > 0 ? effect->channels[0].member_count : 0, truth->member_count);
    }
    if (effect->kind == EFFECT_MESSAGE && !text_equal(effect->text, command->text)) {
        report_violation(report, "entry %llu: another text", (unsigned long long)effect->seq);
    }
    if (truth->actor != NULL && (effect->origin.worker != truth->actor->origin.worker ||
                                 effect->origin.connection != truth->actor->origin.connection ||
                                 !text_equal(effect->who.nick, bytes_text(&truth->actor->nick)))) {
        report_violation(report, "entry %llu: of somebody else", (unsigned long long)effect->seq);
    }
}

void truth_reply(struct truth *truth, const struct reply *reply)
{
    reply_mix(&truth->effects_digest, reply);
}

void truth_row(struct truth *truth, const struct row *row)
{
    row_mix(&truth->effects_digest, row);
    if (truth->entry.command.kind == COMMAND_KEEP && row->kind == ROW_CHANNEL) {
        return; /* State: the next start finds it. */
    }
    truth->row_count++;
    if (row->kind != truth->expected_row || row->seq != truth->entry.seq) {
        report_violation(truth->report, "entry %llu: row %d of %llu, expected %d",
                         (unsigned long long)truth->entry.seq, (int)row->kind,
                         (unsigned long long)row->seq, (int)truth->expected_row);
    }
    fact_add(truth, row);
}

void truth_applied(struct truth *truth, const struct core *core, uint64_t more)
{
    struct report *report = truth->report;
    if (truth->effect_count != (truth->expected_effect != 0 ? 1 : 0) ||
        truth->row_count != (truth->expected_row != ROW_NONE ? 1 : 0)) {
        report_violation(report, "entry %llu, command %d: %u effects and %u rows",
                         (unsigned long long)truth->entry.seq, (int)truth->entry.command.kind,
                         truth->effect_count, truth->row_count);
    }
    if (truth->entry.command.kind == COMMAND_CLOSE && truth->actor != NULL) {
        sitter_clear(truth->actor);
    }
    bool looks = truth->entry_count % 64 == 0;
    if (core_session_count(core) != truth_sitter_count(truth) ||
        truth->effects_digest != truth->twin_digest || more != truth->twin_more ||
        (looks && core_digest(core) != core_digest(truth->twin))) {
        report_violation(report, "entry %llu: the core and its twin are not the same",
                         (unsigned long long)truth->entry.seq);
    }
}

/* The console's lines of the fact. */
static void console_expect(const struct fact *fact, struct bytes *out)
{
    const char *nick = fact->nick.data;
    int count = (int)fact->nick.count;
    enum error error = ERR_OK;
    if (fact->kind == ROW_MESSAGE) {
        error = bytes_append_text(out, bytes_text(&fact->line));
        check(error == ERR_OK && bytes_append_text(out, TEXT("\n")) == ERR_OK);
        return;
    }
    const char *word = fact->kind == ROW_JOINED     ? "접속"
                       : fact->reason == LEAVE_QUIT ? "접속 종료"
                                                    : "비정상 종료";
    error = bytes_format(out, "[%.*s] %s\n[%u]명의 사용자 접속 중\n", count, nick, word,
                         (unsigned)fact->member_count);
    check(error == ERR_OK);
}

void truth_console(struct truth *truth, const struct effect *effect)
{
    struct bytes lines = {0};
    struct bytes expected = {0};
    check(console_render(effect, text_of(truth->lobby), &truth->lobby_id, &lines) == ERR_OK);
    if (lines.count == 0) {
        /* After a lost line it may not know that the room is the lobby. */
        truth->console_blind += effect->kind == EFFECT_CLOSED && effect->channel_count > 0 ? 1 : 0;
        return;
    }
    while (truth->console_cursor < truth->fact_count &&
           truth->facts[truth->console_cursor].seq < effect->seq) {
        truth->console_cursor++;
        truth->console_skipped++;
    }
    if (truth->console_cursor == truth->fact_count ||
        truth->facts[truth->console_cursor].seq != effect->seq) {
        report_violation(truth->report, "the console shows entry %llu out of order",
                         (unsigned long long)effect->seq);
    } else {
        console_expect(&truth->facts[truth->console_cursor], &expected);
        if (!text_equal(bytes_text(&lines), bytes_text(&expected))) {
            report_violation(truth->report, "the console shows \"%.*s\" for \"%.*s\"",
                             (int)lines.count, lines.data, (int)expected.count, expected.data);
        }
        truth->console_cursor++;
    }
    bytes_finish(&lines);
    bytes_finish(&expected);
}
