/* The rules of channels: joining, leaving and speaking. */
#include "chat.h"

#include "core/state.h"
#include "model/name.h"

#include <stdio.h>

/* Sessions 1 (bob) and 2 (eve) exist; bob is in #yard. */
static int yard_setup(void **state)
{
    struct chat *chat = chat_new();
    chat_open(chat, 1, "bob");
    chat_open(chat, 2, "eve");
    chat_join(chat, 1, "#yard");
    *state = chat;
    return 0;
}

static void join_makes_the_channel_and_is_told_and_kept(void **state)
{
    struct chat *chat = *state;
    chat_join(chat, 2, "#Forge");
    const struct effect *effect = assert_effect(chat, EFFECT_JOINED, 2);
    assert_text(effect->nick, "eve");
    assert_text(effect->name, "#Forge");
    assert_int_equal(effect->channel_count, 1);
    assert_int_equal(effect->channels[0].member_count, 1);
    assert_int_equal(chat->row_count, 1);
    assert_row(chat, 0, ROW_JOINED, "#Forge", "eve");
    assert_int_equal(core_channel_count(chat->core), 2);
    assert_int_equal(core_member_count(chat->core, TEXT("#FORGE")), 1);
}

static void join_of_any_spelling_enters_the_same_channel(void **state)
{
    struct chat *chat = *state;
    const uint64_t id = chat->effects[0].effect.channels[0].id;
    chat_join(chat, 2, "#YARD");
    const struct effect *effect = assert_effect(chat, EFFECT_JOINED, 2);
    assert_text(effect->name, "#yard");
    assert_int_equal(effect->channels[0].id, id);
    assert_int_equal(effect->channels[0].member_count, 2);
    assert_row(chat, 0, ROW_JOINED, "#yard", "eve");
    assert_int_equal(core_channel_count(chat->core), 1);
}

static void join_of_a_bad_name_is_refused_with_its_verdict(void **state)
{
    static const struct {
        const char *name;
        enum name_verdict verdict;
    } cases[] = {
        {"", NAME_EMPTY},         {"#", NAME_EMPTY},    {"#\xff", NAME_NOT_UTF8},
        {"#\x07", NAME_CONTROL},  {"#a b", NAME_SPACE}, {"#a\u200b", NAME_INVISIBLE},
        {"#a,b", NAME_CHARACTER},
    };
    struct chat *chat = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        chat_join(chat, 2, cases[i].name);
        const struct effect *effect = assert_refused(chat, REFUSAL_NAME_BAD, 2);
        assert_int_equal(effect->verdict, cases[i].verdict);
        assert_text(effect->nick, "eve");
        assert_text(effect->name, cases[i].name);
    }
}

static void join_by_a_member_is_refused(void **state)
{
    struct chat *chat = *state;
    chat_join(chat, 1, "#yard");
    assert_refused(chat, REFUSAL_MEMBER_ALREADY, 1);
    chat_join(chat, 1, "#YARD");
    assert_refused(chat, REFUSAL_MEMBER_ALREADY, 1);
}

static void part_is_told_and_kept(void **state)
{
    struct chat *chat = *state;
    chat_join(chat, 2, "#yard");
    const uint64_t id = chat->effects[0].effect.channels[0].id;
    chat_part(chat, 1, "#Yard");
    const struct effect *effect = assert_effect(chat, EFFECT_PARTED, 1);
    assert_text(effect->nick, "bob");
    assert_text(effect->name, "#yard");
    assert_int_equal(effect->channel_count, 1);
    assert_int_equal(effect->channels[0].id, id);
    assert_int_equal(effect->channels[0].member_count, 1);
    assert_int_equal(chat->row_count, 1);
    assert_row(chat, 0, ROW_PARTED, "#yard", "bob");
    chat_say(chat, 1, "#yard", "hello");
    assert_refused(chat, REFUSAL_NOT_MEMBER, 1);
}

static void empty_channel_disappears_and_its_number_never_comes_back(void **state)
{
    struct chat *chat = *state;
    const uint64_t id = chat->effects[0].effect.channels[0].id;
    chat_part(chat, 1, "#yard");
    assert_int_equal(chat->effects[0].effect.channels[0].member_count, 0);
    assert_int_equal(core_channel_count(chat->core), 0);
    chat_say(chat, 1, "#yard", "hello");
    assert_refused(chat, REFUSAL_NO_CHANNEL, 1);
    chat_join(chat, 2, "#YARD");
    const struct effect *effect = assert_effect(chat, EFFECT_JOINED, 2);
    assert_text(effect->name, "#YARD");
    assert_int_not_equal(effect->channels[0].id, id);
}

static void part_by_non_member_is_refused(void **state)
{
    struct chat *chat = *state;
    chat_part(chat, 2, "#yard");
    const struct effect *effect = assert_refused(chat, REFUSAL_NOT_MEMBER, 2);
    assert_text(effect->name, "#yard");
}

static void part_of_no_channel_is_refused(void **state)
{
    static const char *const names[] = {"#nothere", "yard", "", "#\xff", "#a b"};
    struct chat *chat = *state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        chat_part(chat, 1, names[i]);
        assert_refused(chat, REFUSAL_NO_CHANNEL, 1);
        chat_say(chat, 1, names[i], "hello");
        assert_refused(chat, REFUSAL_NO_CHANNEL, 1);
    }
}

static void message_by_a_member_is_told_and_kept(void **state)
{
    struct chat *chat = *state;
    chat_join(chat, 2, "#yard");
    const uint64_t id = chat->effects[0].effect.channels[0].id;
    chat_say(chat, 1, "#yard", "\uc548\ub155\ud558\uc138\uc694");
    const struct effect *effect = assert_effect(chat, EFFECT_MESSAGE, 1);
    assert_text(effect->nick, "bob");
    assert_text(effect->name, "#yard");
    assert_text(effect->text, "\uc548\ub155\ud558\uc138\uc694");
    assert_int_equal(effect->channel_count, 1);
    assert_int_equal(effect->channels[0].id, id);
    assert_int_equal(effect->channels[0].member_count, 2);
    assert_int_equal(chat->row_count, 1);
    const struct row *row = assert_row(chat, 0, ROW_MESSAGE, "#yard", "bob");
    assert_text(row->text, "\uc548\ub155\ud558\uc138\uc694");
    assert_int_equal(core_digest(chat->core), chat->digest_before);
}

static void message_by_non_member_is_refused(void **state)
{
    struct chat *chat = *state;
    chat_say(chat, 2, "#yard", "hello");
    const struct effect *effect = assert_refused(chat, REFUSAL_NOT_MEMBER, 2);
    assert_int_equal(effect->command_kind, COMMAND_MESSAGE);
}

static void message_finds_its_channel_by_any_spelling(void **state)
{
    static const char *const spellings[] = {"#yard", "#YARD", "#Yard", "#YARD", "#yard", "#yarD"};
    struct chat *chat = *state;
    chat_join(chat, 1, "#forge");
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        chat_say(chat, 1, spellings[i], "hello");
        const struct effect *effect = assert_effect(chat, EFFECT_MESSAGE, 1);
        assert_text(effect->name, "#yard");
        chat_say(chat, 1, "#FORGE", "hello");
        effect = assert_effect(chat, EFFECT_MESSAGE, 1);
        assert_text(effect->name, "#forge");
    }
}

static void spelling_that_somebody_used_is_no_way_in(void **state)
{
    struct chat *chat = *state;
    chat_say(chat, 1, "#YARD", "hello");
    assert_effect(chat, EFFECT_MESSAGE, 1);
    chat_join(chat, 2, "#forge");
    chat_say(chat, 2, "#YARD", "hello");
    assert_refused(chat, REFUSAL_NOT_MEMBER, 2);
}

static void message_finds_its_channel_after_a_part(void **state)
{
    struct chat *chat = *state;
    chat_join(chat, 1, "#b");
    chat_join(chat, 1, "#c");
    chat_say(chat, 1, "#c", "hello");
    chat_part(chat, 1, "#b");
    chat_say(chat, 1, "#c", "hello");
    assert_text(assert_effect(chat, EFFECT_MESSAGE, 1)->name, "#c");
    chat_part(chat, 1, "#c");
    chat_say(chat, 1, "#yard", "hello");
    assert_text(assert_effect(chat, EFFECT_MESSAGE, 1)->name, "#yard");
}

static void channels_per_session_are_bounded(void **state)
{
    struct chat *chat = *state;
    char name[16];
    for (int i = 0; i < CHANNELS_PER_SESSION_MAX; i++) {
        snprintf(name, sizeof(name), "#c%d", i);
        chat_join(chat, 2, name);
        assert_effect(chat, EFFECT_JOINED, 2);
    }
    /* One that is there and one that is not. */
    chat_join(chat, 2, "#yard");
    assert_refused(chat, REFUSAL_TOO_MANY, 2);
    chat_join(chat, 2, "#new");
    assert_refused(chat, REFUSAL_TOO_MANY, 2);
    /* Being a member is said before being in too many. */
    chat_join(chat, 2, "#c7");
    assert_refused(chat, REFUSAL_MEMBER_ALREADY, 2);
    chat_say(chat, 2, "#C99", "hello");
    assert_effect(chat, EFFECT_MESSAGE, 2);

    chat_part(chat, 2, "#c50");
    chat_join(chat, 2, "#yard");
    assert_effect(chat, EFFECT_JOINED, 2);
    chat_close(chat, 2);
    const struct effect *effect = assert_effect(chat, EFFECT_CLOSED, 2);
    assert_int_equal(effect->channel_count, CHANNELS_PER_SESSION_MAX);
    assert_int_equal(chat->row_count, CHANNELS_PER_SESSION_MAX);
    assert_row(chat, 49, ROW_CLOSED, "#c49", "eve");
    assert_row(chat, 50, ROW_CLOSED, "#c51", "eve");
    assert_row(chat, 99, ROW_CLOSED, "#yard", "eve");
    assert_int_equal(core_channel_count(chat->core), 1);
}

static void channels_of_the_server_are_bounded(void **state)
{
    struct chat *chat = *state;
    char name[16];
    uint64_t session = 2;
    for (int i = 1; i < CHANNELS_MAX; i++) {
        if (i % CHANNELS_PER_SESSION_MAX == 0) {
            session++;
            snprintf(name, sizeof(name), "n%llu", (unsigned long long)session);
            const struct command open = {
                .kind = COMMAND_OPEN, .session = session, .name = text_of(name)};
            chat_apply(chat, &open);
        }
        snprintf(name, sizeof(name), "#c%d", i);
        const struct command join = {
            .kind = COMMAND_JOIN, .session = session, .name = text_of(name)};
        chat_apply(chat, &join);
        assert_int_equal(chat->effects[0].effect.kind, EFFECT_JOINED);
    }
    assert_int_equal(core_channel_count(chat->core), CHANNELS_MAX);
    chat_join(chat, 1, "#new");
    assert_refused(chat, REFUSAL_TOO_MANY, 1);
    chat_join(chat, 1, "#C77");
    assert_effect(chat, EFFECT_JOINED, 1);
    chat_part(chat, 2, "#c1");
    chat_join(chat, 1, "#new");
    assert_effect(chat, EFFECT_JOINED, 1);
}

static void members_of_a_channel_are_bounded(void **state)
{
    struct chat *chat = *state;
    struct channel *yard = NULL;
    chat_open(chat, 3, "ann");
    assert_int_equal(channel_find(chat->core, TEXT("#yard"), &yard), ERR_OK);
    /* The rule only counts, so the others need not be there, as long as no digest looks. */
    yard->member_count = MEMBERS_PER_CHANNEL_MAX - 1;
    const struct command join = {.kind = COMMAND_JOIN, .session = 2, .name = TEXT("#yard")};
    chat_apply(chat, &join);
    assert_int_equal(chat->effects[0].effect.kind, EFFECT_JOINED);
    const struct command one_more = {.kind = COMMAND_JOIN, .session = 3, .name = TEXT("#yard")};
    chat_apply(chat, &one_more);
    assert_int_equal(chat->effects[0].effect.kind, EFFECT_REFUSED);
    assert_int_equal(chat->effects[0].effect.refusal, REFUSAL_TOO_MANY);
    assert_int_equal(yard->member_count, MEMBERS_PER_CHANNEL_MAX);
    assert_int_equal(chat->row_count, 0);
}

static void longest_channel_name_and_longest_message_pass(void **state)
{
    struct chat *chat = *state;
    char name[CHANNEL_BYTES_MAX + 1];
    char text[MESSAGE_BYTES_MAX + 1];
    memset(name, 'x', CHANNEL_BYTES_MAX);
    name[0] = '#';
    name[CHANNEL_BYTES_MAX] = '\0';
    memset(text, 'y', MESSAGE_BYTES_MAX);
    text[MESSAGE_BYTES_MAX] = '\0';
    chat_join(chat, 1, name);
    assert_effect(chat, EFFECT_JOINED, 1);
    chat_say(chat, 1, name, text);
    assert_text(assert_effect(chat, EFFECT_MESSAGE, 1)->text, text);
    name[1] = 'X';
    chat_say(chat, 1, name, text);
    name[1] = 'x';
    assert_text(assert_row(chat, 0, ROW_MESSAGE, name, "bob")->text, text);
}

#define YARD_TEST(function) cmocka_unit_test_setup_teardown(function, yard_setup, chat_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        YARD_TEST(join_makes_the_channel_and_is_told_and_kept),
        YARD_TEST(join_of_any_spelling_enters_the_same_channel),
        YARD_TEST(join_of_a_bad_name_is_refused_with_its_verdict),
        YARD_TEST(join_by_a_member_is_refused),
        YARD_TEST(part_is_told_and_kept),
        YARD_TEST(empty_channel_disappears_and_its_number_never_comes_back),
        YARD_TEST(part_by_non_member_is_refused),
        YARD_TEST(part_of_no_channel_is_refused),
        YARD_TEST(message_by_a_member_is_told_and_kept),
        YARD_TEST(message_by_non_member_is_refused),
        YARD_TEST(message_finds_its_channel_by_any_spelling),
        YARD_TEST(spelling_that_somebody_used_is_no_way_in),
        YARD_TEST(message_finds_its_channel_after_a_part),
        YARD_TEST(channels_per_session_are_bounded),
        YARD_TEST(channels_of_the_server_are_bounded),
        YARD_TEST(members_of_a_channel_are_bounded),
        YARD_TEST(longest_channel_name_and_longest_message_pass),
    };
    return cmocka_run_group_tests_name("core/channel", tests, NULL, NULL);
}
