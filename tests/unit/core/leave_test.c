/* PART and KICK. */
#include "chat.h"

/* Sessions 1 (bob), 2 (eve) and 3 (ann) exist; bob, who made it, and eve are in #yard. */
static int yard_setup(void **state)
{
    struct chat *chat = chat_new();
    chat_open(chat, 1, "bob");
    chat_open(chat, 2, "eve");
    chat_open(chat, 3, "ann");
    chat_join(chat, 1, "#yard");
    chat_join(chat, 2, "#yard");
    *state = chat;
    return 0;
}

static void kick(struct chat *chat, uint64_t session, const char *channel, const char *nick,
                 const char *words)
{
    chat_give(chat, (struct command){.kind = COMMAND_KICK,
                                     .session = session,
                                     .name = text_of(channel),
                                     .extra = text_of(nick),
                                     .text = text_of(words)});
}

static void part_is_told_and_kept(void **state)
{
    struct chat *chat = *state;
    const uint64_t id = chat->effects[0].effect.channels[0].id;
    chat_do(chat, COMMAND_PART, 2, "#Yard", "bye");
    const struct effect *effect = assert_own(chat, EFFECT_PARTED, 2);
    assert_text(effect->who.nick, "eve");
    assert_text(effect->name, "#yard");
    assert_text(effect->text, "bye");
    assert_int_equal(effect->channel_count, 1);
    assert_int_equal(effect->channels[0].id, id);
    assert_int_equal(effect->channels[0].member_count, 1);
    assert_int_equal(chat->row_count, 1);
    assert_text(assert_row(chat, 0, ROW_PARTED, "#yard", "eve")->text, "bye");
    assert_int_equal(core_member_count(chat->core, TEXT("#yard")), 1);
}

static void empty_channel_disappears_and_its_number_never_comes_back(void **state)
{
    struct chat *chat = *state;
    const uint64_t id = chat->effects[0].effect.channels[0].id;
    chat_part(chat, 1, "#yard");
    chat_part(chat, 2, "#yard");
    assert_int_equal(chat->effects[0].effect.channels[0].member_count, 0);
    assert_int_equal(core_channel_count(chat->core), 0);
    chat_say(chat, 1, "#yard", "hello");
    assert_refused(chat, REFUSAL_NO_CHANNEL, 1);
    chat_join(chat, 2, "#YARD");
    const struct effect *effect = assert_own(chat, EFFECT_JOINED, 2);
    assert_text(effect->name, "#YARD");
    assert_int_not_equal(effect->channels[0].id, id);
}

static void part_by_non_member_is_refused(void **state)
{
    struct chat *chat = *state;
    chat_part(chat, 3, "#yard");
    const struct effect *effect = assert_refused(chat, REFUSAL_NOT_MEMBER, 3);
    assert_text(effect->name, "#yard");
}

static void part_of_no_channel_is_refused(void **state)
{
    static const char *const names[] = {"#nothere", "yard", "#\xff", "#a b"};
    struct chat *chat = *state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        chat_part(chat, 1, names[i]);
        assert_refused(chat, REFUSAL_NO_CHANNEL, 1);
    }
}

static void part_of_a_secret_channel_is_refused_like_that_of_none(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+s");
    chat_part(chat, 3, "#yard");
    assert_refused(chat, REFUSAL_NO_CHANNEL, 3);
}

static void part_of_all_leaves_one_after_the_other(void **state)
{
    static const char *const names[] = {"#yard", "#a", "#b"};
    struct chat *chat = *state;
    chat_join(chat, 2, "#a");
    chat_join(chat, 2, "#b");
    struct command part = {.kind = COMMAND_PART, .session = 2, .text = TEXT("all")};
    for (size_t i = 0; i < 3; i++) {
        chat_give(chat, part);
        const struct effect *effect = assert_own(chat, EFFECT_PARTED, 2);
        assert_text(effect->name, names[i]);
        assert_text(effect->text, "all");
        assert_int_equal(chat->more != 0, i < 2);
        assert_true(i == 2 || chat->more > part.cursor);
        part.cursor = chat->more;
    }
    chat_give(chat, (struct command){.kind = COMMAND_PART, .session = 2});
    assert_nothing(chat);
}

static void kick_is_told_and_kept(void **state)
{
    struct chat *chat = *state;
    kick(chat, 1, "#YARD", "EVE", "be nice");
    const struct effect *effect = assert_own(chat, EFFECT_KICKED, 1);
    assert_text(effect->who.nick, "bob");
    assert_int_equal(effect->target.session, 2);
    assert_int_equal(effect->target.connection, 1002);
    assert_text(effect->target.nick, "eve");
    assert_text(effect->name, "#yard");
    assert_text(effect->text, "be nice");
    assert_int_equal(effect->channels[0].member_count, 1);
    assert_int_equal(chat->row_count, 1);
    const struct row *row = assert_row(chat, 0, ROW_KICKED, "#yard", "bob");
    assert_text(row->extra, "eve");
    assert_text(row->text, "be nice");
    chat_say(chat, 2, "#yard", "hello");
    assert_refused(chat, REFUSAL_CANNOT_SEND, 2);
}

static void kick_without_words_has_the_kickers_nick(void **state)
{
    struct chat *chat = *state;
    kick(chat, 1, "#yard", "eve", "");
    assert_text(assert_own(chat, EFFECT_KICKED, 1)->text, "bob");
}

static void kick_by_who_is_no_operator_is_refused(void **state)
{
    struct chat *chat = *state;
    kick(chat, 2, "#yard", "bob", "");
    assert_refused(chat, REFUSAL_NOT_OPERATOR, 2);
    chat_mode(chat, 1, "#yard", "+v eve");
    kick(chat, 2, "#yard", "bob", "");
    assert_refused(chat, REFUSAL_NOT_OPERATOR, 2);
    kick(chat, 3, "#yard", "bob", "");
    assert_refused(chat, REFUSAL_NOT_MEMBER, 3);
    kick(chat, 1, "#none", "bob", "");
    assert_refused(chat, REFUSAL_NO_CHANNEL, 1);
}

static void kick_of_who_is_no_member_is_refused(void **state)
{
    static const char *const nicks[] = {"ann", "nobody", "", "yard.example", "a b"};
    struct chat *chat = *state;
    for (size_t i = 0; i < sizeof(nicks) / sizeof(nicks[0]); i++) {
        kick(chat, 1, "#yard", nicks[i], "");
        const struct effect *effect = assert_refused(chat, REFUSAL_TARGET_NOT_MEMBER, 1);
        assert_text(effect->extra, nicks[i]);
    }
}

static void kick_reaches_as_high_as_the_kicker(void **state)
{
    struct chat *chat = *state;
    chat_join(chat, 3, "#yard");
    chat_mode(chat, 1, "#yard", "+hh eve ann");
    kick(chat, 2, "#yard", "bob", "");
    assert_refused(chat, REFUSAL_NOT_OPERATOR, 2);
    /* Half operators do not fight each other. */
    kick(chat, 2, "#yard", "ann", "");
    assert_refused(chat, REFUSAL_NOT_OPERATOR, 2);
    chat_mode(chat, 1, "#yard", "-h ann");
    kick(chat, 2, "#yard", "ann", "");
    assert_own(chat, EFFECT_KICKED, 2);
    /* Operators may kick operators, but nobody a founder. */
    chat_mode(chat, 1, "#yard", "+o eve");
    chat_oper(chat, 3);
    chat_mode(chat, 3, "#yard", "+q bob");
    kick(chat, 2, "#yard", "bob", "");
    assert_refused(chat, REFUSAL_NOT_OPERATOR, 2);
    chat_mode(chat, 3, "#yard", "-q bob");
    kick(chat, 2, "#yard", "bob", "");
    assert_own(chat, EFFECT_KICKED, 2);
}

static void kick_of_oneself_may_empty_the_channel(void **state)
{
    struct chat *chat = *state;
    chat_part(chat, 2, "#yard");
    kick(chat, 1, "#yard", "bob", "");
    assert_int_equal(assert_own(chat, EFFECT_KICKED, 1)->channels[0].member_count, 0);
    assert_int_equal(core_channel_count(chat->core), 0);
}

#define YARD_TEST(function) cmocka_unit_test_setup_teardown(function, yard_setup, chat_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        YARD_TEST(part_is_told_and_kept),
        YARD_TEST(empty_channel_disappears_and_its_number_never_comes_back),
        YARD_TEST(part_by_non_member_is_refused),
        YARD_TEST(part_of_no_channel_is_refused),
        YARD_TEST(part_of_a_secret_channel_is_refused_like_that_of_none),
        YARD_TEST(part_of_all_leaves_one_after_the_other),
        YARD_TEST(kick_is_told_and_kept),
        YARD_TEST(kick_without_words_has_the_kickers_nick),
        YARD_TEST(kick_by_who_is_no_operator_is_refused),
        YARD_TEST(kick_of_who_is_no_member_is_refused),
        YARD_TEST(kick_reaches_as_high_as_the_kicker),
        YARD_TEST(kick_of_oneself_may_empty_the_channel),
    };
    return cmocka_run_group_tests_name("core/leave", tests, NULL, NULL);
}
