/* Determinism: the same entries give the same effects, rows and digest, whatever the seed of the
 * tables. */
#include "chat.h"
#include "random.h"

static struct bytes recorded[2];

static void record_text(struct bytes *out, struct text text)
{
    assert_int_equal(bytes_append_text(out, text), ERR_OK);
    assert_int_equal(bytes_append_text(out, TEXT("; ")), ERR_OK);
}

static void record_effect(void *context, const struct effect *effect)
{
    const struct origin *origin = &effect->origin;
    assert_int_equal(bytes_format(context, "effect %d %d %u %d %d %llu %lld %llu ", effect->kind,
                                  effect->refusal, effect->verdict, effect->command_kind,
                                  effect->reason, (unsigned long long)effect->seq,
                                  (long long)effect->time_ms, (unsigned long long)effect->session),
                     ERR_OK);
    assert_int_equal(bytes_format(context, "%u %u %llu %llu ", origin->node, origin->worker,
                                  (unsigned long long)origin->connection,
                                  (unsigned long long)origin->label),
                     ERR_OK);
    record_text(context, effect->nick);
    record_text(context, effect->name);
    record_text(context, effect->text);
    for (uint32_t i = 0; i < effect->channel_count; i++) {
        assert_int_equal(bytes_format(context, "in %llu of %u ",
                                      (unsigned long long)effect->channels[i].id,
                                      effect->channels[i].member_count),
                         ERR_OK);
    }
}

static void record_row(void *context, const struct row *row)
{
    assert_int_equal(bytes_format(context, "row %d %d %llu %lld ", row->kind, row->reason,
                                  (unsigned long long)row->seq, (long long)row->time_ms),
                     ERR_OK);
    record_text(context, row->channel);
    record_text(context, row->nick);
    record_text(context, row->text);
}

static const char *const nicks[] = {"bob", "eve", "ann", "BOB", "\ud55c\uae00", "9no", "joe"};
static const char *const channels[] = {"#a", "#A", "#b", "#\ub9c8\ub2f9", "#c", "bad"};

/* The i-th entry of the run that the random numbers make, applied to core. */
static void random_entry(struct core *core, struct random *random, uint64_t i, struct bytes *out)
{
    const enum command_kind kinds[] = {COMMAND_OPEN, COMMAND_JOIN,    COMMAND_JOIN,
                                       COMMAND_PART, COMMAND_MESSAGE, COMMAND_MESSAGE,
                                       COMMAND_PING, COMMAND_CLOSE};
    static bool present[8];
    if (i == 0) {
        memset(present, 0, sizeof(present));
    }
    struct entry entry = {
        .seq = core_seq(core) + 1,
        .time_ms = (int64_t)(i / 3),
        .command = {.kind = kinds[random_below(random, 8)],
                    .session = random_below(random, 8),
                    .text = TEXT("hello")},
    };
    const uint32_t which = random_below(random, 42);
    if (!present[entry.command.session]) {
        entry.command.kind = COMMAND_OPEN;
    } else if (entry.command.kind == COMMAND_OPEN) {
        entry.command.kind = COMMAND_PING;
    }
    entry.command.reason = entry.command.kind == COMMAND_CLOSE ? LEAVE_QUIT : 0;
    entry.command.name =
        text_of(entry.command.kind == COMMAND_OPEN ? nicks[which % 7] : channels[which % 6]);
    const struct core_sink sink = {.context = out, .effect = record_effect, .row = record_row};
    const size_t session_count = core_session_count(core);
    core_apply(core, &entry, &sink);
    if (core_session_count(core) != session_count) {
        present[entry.command.session] = entry.command.kind == COMMAND_OPEN;
    }
}

/* Applies count random entries to a new core whose tables have that seed. Returns what
 * the digests sum up to. */
static uint64_t run(uint64_t table_seed, uint64_t run_seed, uint64_t count, struct bytes *out)
{
    const struct core_options options = {.seed = table_seed, .seq = 5, .time_ms = 0};
    struct core *core = core_new(&options);
    struct random random = {run_seed};
    assert_non_null(core);
    bytes_clear(out);
    uint64_t digest = 0;
    for (uint64_t i = 0; i < count; i++) {
        random_entry(core, &random, i, out);
        /* All states on the way count, not only the last. */
        digest = digest * 31 + core_digest(core);
    }
    core_free(core);
    return digest;
}

static void same_entries_give_same_effects_and_digest(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        const uint64_t first = run(1, seed, 2000, &recorded[0]);
        assert_int_equal(run(1, seed, 2000, &recorded[1]), first);
        assert_true(text_equal(bytes_text(&recorded[0]), bytes_text(&recorded[1])));
        /* Nothing depends on how the tables lie. */
        assert_int_equal(run(seed + 77, seed, 2000, &recorded[1]), first);
        assert_true(text_equal(bytes_text(&recorded[0]), bytes_text(&recorded[1])));
    }
    bytes_finish(&recorded[0]);
    bytes_finish(&recorded[1]);
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

/* The digest of a chat in which one detail differs from the others. */
static uint64_t digest_of(const char *nick, const char *channel, const char *other,
                          const char *part)
{
    struct chat *chat = chat_new();
    chat_open(chat, 1, nick);
    chat_open(chat, 2, "eve");
    chat_join(chat, 1, channel);
    chat_join(chat, 2, other);
    chat_join(chat, 2, "#last");
    chat_part(chat, 2, part);
    const uint64_t digest = core_digest(chat->core);
    chat_free(chat);
    return digest;
}

static void digest_sees_every_part_of_the_state(void **state)
{
    (void)state;
    const uint64_t base = digest_of("bob", "#a", "#b", "#last");
    assert_int_equal(digest_of("bob", "#a", "#b", "#last"), base);
    assert_int_not_equal(digest_of("Bob", "#a", "#b", "#last"), base);
    assert_int_not_equal(digest_of("bob", "#A", "#b", "#last"), base);
    assert_int_not_equal(digest_of("bob", "#a", "#a", "#last"), base);
    assert_int_not_equal(digest_of("bob", "#a", "#b", "#b"), base);
    assert_int_not_equal(digest_of("bob", "#a", "#b", "#none"), base);
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
    const uint64_t before = core_digest(chat->core);
    chat_open(chat, 2, "eve");
    chat_join(chat, 2, "#a");
    chat_join(chat, 2, "#b");
    assert_int_not_equal(core_digest(chat->core), before);
    chat_part(chat, 2, "#b");
    chat_close(chat, 2);
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
