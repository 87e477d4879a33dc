/* Determinism: the same entries give the same effects, rows, replies and digest, whatever the seed
 * of the tables. And: whatever is asked, bounds hold and questions change nothing. */
#include "chat.h"
#include "random_command.h"

static struct bytes recorded[2];

static void record_text(struct bytes *out, struct text text)
{
    assert_int_equal(bytes_append_text(out, text), ERR_OK);
    assert_int_equal(bytes_append_text(out, TEXT("; ")), ERR_OK);
}

static void record_person(struct bytes *out, const struct person *person)
{
    assert_int_equal(bytes_format(out, "%llu %llu %u %u %u ", (unsigned long long)person->session,
                                  (unsigned long long)person->connection, person->node,
                                  person->worker, person->flags),
                     ERR_OK);
    record_text(out, person->nick);
    record_text(out, person->user);
    record_text(out, person->host);
    record_text(out, person->account);
    record_text(out, person->realname);
}

static void record_effect(struct bytes *out, const struct effect *effect)
{
    const struct origin *origin = &effect->origin;
    assert_int_equal(bytes_format(out, "effect %d %d %u %d %d %u %u %llu %lld ", effect->kind,
                                  effect->refusal, effect->verdict, effect->command_kind,
                                  effect->reason, effect->flags, effect->rank,
                                  (unsigned long long)effect->seq, (long long)effect->time_ms),
                     ERR_OK);
    assert_int_equal(bytes_format(out, "%u %u %llu %llu ", origin->node, origin->worker,
                                  (unsigned long long)origin->connection,
                                  (unsigned long long)origin->label),
                     ERR_OK);
    record_person(out, &effect->who);
    record_person(out, &effect->target);
    record_text(out, effect->name);
    record_text(out, effect->text);
    record_text(out, effect->extra);
    for (uint32_t i = 0; i < effect->channel_count; i++) {
        assert_int_equal(bytes_format(out, "in %llu of %u %u ",
                                      (unsigned long long)effect->channels[i].id,
                                      effect->channels[i].member_count, effect->channels[i].hidden),
                         ERR_OK);
    }
    for (uint32_t i = 0; i < effect->rank_count; i++) {
        assert_int_equal(bytes_format(out, "rank %llu %u ",
                                      (unsigned long long)effect->ranks[i].connection,
                                      effect->ranks[i].rank),
                         ERR_OK);
    }
}

static void record_row(struct bytes *out, const struct row *row)
{
    assert_int_equal(bytes_format(out, "row %d %d %u %llu %lld %lld ", row->kind, row->reason,
                                  row->flags, (unsigned long long)row->seq, (long long)row->time_ms,
                                  (long long)row->number),
                     ERR_OK);
    record_text(out, row->channel);
    record_text(out, row->nick);
    record_text(out, row->text);
    record_text(out, row->extra);
}

/* All that the last entry or question caused. */
static void record(struct bytes *out, const struct chat *chat)
{
    for (size_t i = 0; i < chat->effect_count; i++) {
        record_effect(out, &chat->effects[i].effect);
    }
    for (size_t i = 0; i < chat->row_count; i++) {
        record_row(out, &chat->rows[i].row);
    }
    for (size_t i = 0; i < chat->reply_count; i++) {
        record_text(out, text_of(chat->replies[i]));
    }
    assert_int_equal(bytes_format(out, "more %llu\n", (unsigned long long)chat->more), ERR_OK);
}

static void ask(struct chat *chat, const struct command *command)
{
    const struct core_sink sink = {.context = chat, .reply = chat_hear_reply};
    const uint64_t before = core_digest(chat->core);
    chat_forget(chat);
    chat->more = core_query(chat->core, command, chat->time_ms, &sink);
    assert_int_equal(core_digest(chat->core), before);
}

/* Whether the command would be a mistake of ours, not of a peer. */
static bool is_ours(const bool present[RANDOM_SESSIONS + 1], const struct command *command)
{
    return command->kind == COMMAND_OPEN && present[command->session];
}

static void keep_present(const struct chat *chat, bool present[RANDOM_SESSIONS + 1])
{
    for (size_t i = 0; i < chat->effect_count; i++) {
        const struct effect *effect = &chat->effects[i].effect;
        if (effect->kind == EFFECT_OPENED || effect->kind == EFFECT_CLOSED) {
            present[effect->who.session] = effect->kind == EFFECT_OPENED;
        }
    }
}

static uint32_t effects_seen[EFFECT_KIND_COUNT];
static uint32_t refusals_seen[REFUSAL_UNSUPPORTED + 1];

static void count_seen(const struct chat *chat)
{
    for (size_t i = 0; i < chat->effect_count; i++) {
        effects_seen[chat->effects[i].effect.kind]++;
        refusals_seen[chat->effects[i].effect.refusal]++;
    }
}

/* The last message of the run, with its number. */
static struct command last_said;

/* One random command, and the rest of its answer while there is some. */
static void random_step(struct chat *chat, struct random *random, bool present[], struct bytes *out)
{
    struct command command = random_command(random);
    if (is_ours(present, &command)) {
        command.kind = COMMAND_PING;
    } else if (command.kind == COMMAND_MESSAGE) {
        last_said = command;
        last_said.number = (int64_t)chat->seq + 1;
    } else if (command.kind == COMMAND_REDACT && random_below(random, 4) > 0) {
        command.number = last_said.number;
        command.name = last_said.name;
        command.session = last_said.session;
    }
    for (int steps = 0; steps < 300; steps++) {
        if (command_is_question(command.kind)) {
            ask(chat, &command);
        } else {
            chat_give(chat, command);
            keep_present(chat, present);
            count_seen(chat);
        }
        record(out, chat);
        if (chat->more == 0) {
            return;
        }
        assert_true(chat->more > command.cursor);
        command.cursor = chat->more;
    }
    fail_msg("an answer has no end");
}

static struct chat *chat_of_seed(uint64_t table_seed)
{
    struct chat *chat = chat_new();
    core_free(chat->core);
    const struct core_options options = {.seed = table_seed,
                                         .seq = 100,
                                         .time_ms = 5000,
                                         .server = TEXT("yard.example"),
                                         .info = TEXT("a yard")};
    chat->core = core_new(&options);
    assert_non_null(chat->core);
    return chat;
}

/* Gives count random commands to a new core whose tables have that seed. Returns what the digests
 * sum up to. */
static uint64_t run(uint64_t table_seed, uint64_t run_seed, uint64_t count, struct bytes *out)
{
    struct chat *chat = chat_of_seed(table_seed);
    struct random random = {run_seed};
    bool present[RANDOM_SESSIONS + 1] = {0};
    bytes_clear(out);
    last_said = (struct command){.session = 1};
    uint64_t digest = 0;
    for (uint64_t i = 0; i < count; i++) {
        random_step(chat, &random, present, out);
        /* All states on the way count, not only the last. */
        digest = digest * 31 + core_digest(chat->core);
    }
    chat_free(chat);
    return digest;
}

static void same_entries_give_same_effects_and_digest(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        const uint64_t first = run(1, seed, 3000, &recorded[0]);
        assert_int_equal(run(1, seed, 3000, &recorded[1]), first);
        assert_true(text_equal(bytes_text(&recorded[0]), bytes_text(&recorded[1])));
        /* Nothing depends on how the tables lie. */
        assert_int_equal(run(seed + 77, seed, 3000, &recorded[1]), first);
        assert_true(text_equal(bytes_text(&recorded[0]), bytes_text(&recorded[1])));
    }
    bytes_finish(&recorded[0]);
    bytes_finish(&recorded[1]);
    /* Everything that can happen did, but for the bounds and for lack of memory. */
    for (int kind = EFFECT_OPENED; kind < EFFECT_KIND_COUNT; kind++) {
        if (kind != EFFECT_REPLIES && effects_seen[kind] == 0) {
            fail_msg("effect %d was never seen", kind);
        }
    }
    for (int refusal = REFUSAL_NAME_BAD; refusal <= REFUSAL_UNSUPPORTED; refusal++) {
        const bool is_bound = refusal == REFUSAL_TOO_MANY || refusal == REFUSAL_NO_MEMORY ||
                              refusal == REFUSAL_NAME_LOOKS_LIKE;
        if (!is_bound && refusals_seen[refusal] == 0) {
            fail_msg("refusal %d was never seen", refusal);
        }
    }
}

static void different_entries_give_different_digests(void **state)
{
    (void)state;
    uint64_t digests[50];
    for (uint64_t seed = 0; seed < 50; seed++) {
        digests[seed] = run(1, seed, 400, &recorded[0]);
        for (uint64_t i = 0; i < seed; i++) {
            assert_int_not_equal(digests[i], digests[seed]);
        }
    }
    bytes_finish(&recorded[0]);
}

/* One detail of the state. */
struct detail {
    enum command_kind kind;
    uint64_t session;
    const char *name;
    const char *text;
    const char *extra;
};

/* The digest of a chat that is as it always is but for the detail. */
static uint64_t digest_with(const struct detail *detail)
{
    struct chat *chat = chat_new();
    chat_open(chat, 1, "bob");
    chat_open(chat, 2, "eve");
    chat_oper(chat, 2);
    chat_join(chat, 1, "#a");
    chat_join(chat, 2, "#b");
    chat_join(chat, 2, "#a");
    chat_give(chat, (struct command){.kind = detail->kind,
                                     .session = detail->session,
                                     .name = text_of(detail->name),
                                     .text = text_of(detail->text),
                                     .extra = text_of(detail->extra),
                                     .number = 3});
    const uint64_t digest = core_digest(chat->core);
    chat_free(chat);
    return digest;
}

static void digest_sees_every_part_of_the_state(void **state)
{
    static const struct detail details[] = {
        {COMMAND_PING, 1, "", "", ""},           {COMMAND_OPEN, 3, "ann", "", ""},
        {COMMAND_OPEN, 3, "ann", "away", ""},    {COMMAND_OPEN, 3, "anna", "", ""},
        {COMMAND_OPEN, 4, "ann", "", ""},        {COMMAND_JOIN, 1, "#b", "", ""},
        {COMMAND_JOIN, 1, "#c", "", ""},         {COMMAND_JOIN, 1, "#C", "", ""},
        {COMMAND_PART, 2, "#a", "", ""},         {COMMAND_PART, 2, "#b", "", ""},
        {COMMAND_MESSAGE, 1, "#a", "hello", ""}, {COMMAND_CLOSE, 1, "", "", ""},
        {COMMAND_CLOSE, 2, "", "", ""},          {COMMAND_NICK, 1, "Bob", "", ""},
        {COMMAND_NICK, 1, "joe", "", ""},        {COMMAND_TOPIC, 1, "#a", "x", ""},
        {COMMAND_TOPIC, 1, "#a", "y", ""},       {COMMAND_TOPIC, 2, "#a", "x", ""},
        {COMMAND_INVITE, 2, "#b", "", "bob"},    {COMMAND_MODE, 1, "#a", "+i", ""},
        {COMMAND_MODE, 1, "#a", "-n", ""},       {COMMAND_MODE, 1, "#a", "+k x", ""},
        {COMMAND_MODE, 1, "#a", "+k y", ""},     {COMMAND_MODE, 1, "#a", "+l 5", ""},
        {COMMAND_MODE, 1, "#a", "+l 6", ""},     {COMMAND_MODE, 2, "#b", "+f #a", ""},
        {COMMAND_MODE, 1, "#a", "+v bob", ""},   {COMMAND_MODE, 1, "#a", "+v eve", ""},
        {COMMAND_MODE, 1, "#a", "+b x", ""},     {COMMAND_MODE, 1, "#a", "+b y", ""},
        {COMMAND_MODE, 1, "#a", "+e x", ""},     {COMMAND_MODE, 1, "bob", "+w", ""},
        {COMMAND_RENAME, 1, "#a", "", "#A"},     {COMMAND_AWAY, 1, "", "x", ""},
        {COMMAND_AWAY, 1, "", "y", ""},          {COMMAND_SETNAME, 1, "", "x", ""},
        {COMMAND_OPER, 1, "x", "", ""},          {COMMAND_OPER, 1, "y", "", ""},
        {COMMAND_BAN, 2, "", "x", "h.example"},  {COMMAND_BAN, 2, "", "y", "h.example"},
        {COMMAND_DEFCON, 2, "", "", ""},         {COMMAND_METADATA, 1, "*", "x", "url"},
        {COMMAND_METADATA, 1, "*", "y", "url"},  {COMMAND_METADATA, 1, "*", "x", "uri"},
        {COMMAND_METADATA, 1, "#a", "x", "url"}, {COMMAND_ACCEPT, 1, "", "", "eve"},
        {COMMAND_KEEP, 0, "#a", "", ""},
    };
    uint64_t digests[sizeof(details) / sizeof(details[0])];
    (void)state;
    for (size_t i = 0; i < sizeof(details) / sizeof(details[0]); i++) {
        digests[i] = digest_with(&details[i]);
        assert_int_equal(digest_with(&details[i]), digests[i]);
        for (size_t j = 0; j < i; j++) {
            if (digests[i] == digests[j]) {
                fail_msg("details %d and %d", (int)i, (int)j);
            }
        }
    }
}

static void digest_sees_whose_session_it_is(void **state)
{
    (void)state;
    const struct command base = {
        .kind = COMMAND_OPEN,
        .session = 1,
        .origin = {.node = 1, .worker = 1, .connection = 1, .label = 1},
        .name = TEXT("bob"),
    };
    struct command commands[6] = {base, base, base, base, base, base};
    uint64_t digests[6];
    commands[1].session = 2;
    commands[2].origin.node = 2;
    commands[3].origin.worker = 2;
    commands[4].origin.connection = 2;
    commands[5].origin.label = 2;
    for (size_t i = 0; i < 6; i++) {
        struct chat *chat = chat_new();
        chat_apply(chat, &commands[i]);
        digests[i] = core_digest(chat->core);
        chat_free(chat);
    }
    for (size_t i = 1; i < 5; i++) {
        assert_int_not_equal(digests[i], digests[0]);
    }
    /* A label belongs to one command, not to the session. */
    assert_int_equal(digests[5], digests[0]);
}

static void digest_does_not_count_what_was_and_is_no_more(void **state)
{
    struct chat *chat = *state;
    chat_open(chat, 1, "bob");
    chat_join(chat, 1, "#a");
    chat_open(chat, 2, "eve");
    const uint64_t before = core_digest(chat->core);
    chat_join(chat, 2, "#a");
    chat_join(chat, 2, "#b");
    chat_mode(chat, 1, "#a", "+bkl x key 7");
    chat_do(chat, COMMAND_TOPIC, 1, "#a", "topic");
    chat_do(chat, COMMAND_AWAY, 1, "", "away");
    chat_do_extra(chat, COMMAND_METADATA, 1, "*", "url");
    assert_int_not_equal(core_digest(chat->core), before);
    chat_part(chat, 2, "#b");
    chat_part(chat, 2, "#a");
    chat_mode(chat, 1, "#a", "-bkl x");
    chat_do(chat, COMMAND_TOPIC, 1, "#a", "");
    chat_do(chat, COMMAND_AWAY, 1, "", "");
    chat_give(chat, (struct command){.kind = COMMAND_METADATA,
                                     .session = 1,
                                     .name = TEXT("*"),
                                     .flags = METADATA_CLEAR});
    assert_int_equal(core_digest(chat->core), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_entries_give_same_effects_and_digest),
        cmocka_unit_test(different_entries_give_different_digests),
        cmocka_unit_test(digest_sees_every_part_of_the_state),
        cmocka_unit_test(digest_sees_whose_session_it_is),
        cmocka_unit_test_setup_teardown(digest_does_not_count_what_was_and_is_no_more, chat_setup,
                                        chat_teardown),
    };
    return cmocka_run_group_tests_name("core/digest", tests, NULL, NULL);
}
