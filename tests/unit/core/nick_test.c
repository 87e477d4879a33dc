/* NICK: a session gets another name. */
#include "chat.h"

#include "model/name.h"

/* Sessions 1 (bob) and 2 (eve) exist; both are in #yard, bob in #forge too. */
static int yard_setup(void **state)
{
    struct chat *chat = chat_new();
    chat_open(chat, 1, "bob");
    chat_open(chat, 2, "eve");
    chat_join(chat, 1, "#yard");
    chat_join(chat, 2, "#yard");
    chat_join(chat, 1, "#forge");
    *state = chat;
    return 0;
}

static void rename_to(struct chat *chat, uint64_t session, const char *nick)
{
    chat_do(chat, COMMAND_NICK, session, nick, "");
}

static void nick_is_told_and_kept_in_all_channels(void **state)
{
    struct chat *chat = *state;
    rename_to(chat, 1, "robert");
    const struct effect *effect = assert_own(chat, EFFECT_NICK, 1);
    assert_text(effect->who.nick, "bob");
    assert_text(effect->text, "robert");
    assert_int_equal(effect->channel_count, 2);
    assert_int_equal(effect->channels[0].member_count, 2);
    assert_int_equal(chat->row_count, 2);
    assert_text(assert_row(chat, 0, ROW_NICK, "#yard", "bob")->text, "robert");
    assert_text(assert_row(chat, 1, ROW_NICK, "#forge", "bob")->text, "robert");
    chat_say(chat, 1, "#yard", "hello");
    assert_text(assert_own(chat, EFFECT_MESSAGE, 1)->who.nick, "robert");
    chat_say(chat, 2, "robert", "hello");
    assert_int_equal(assert_own(chat, EFFECT_MESSAGE, 2)->target.session, 1);
}

static void old_nick_is_free(void **state)
{
    struct chat *chat = *state;
    rename_to(chat, 1, "robert");
    chat_open(chat, 3, "Bob");
    assert_own(chat, EFFECT_OPENED, 3);
    chat_open(chat, 4, "ROBERT");
    assert_refused(chat, REFUSAL_NAME_IN_USE, 4);
}

static void nick_in_use_is_refused(void **state)
{
    struct chat *chat = *state;
    rename_to(chat, 1, "EVE");
    const struct effect *effect = assert_refused(chat, REFUSAL_NAME_IN_USE, 1);
    assert_text(effect->name, "EVE");
    assert_text(effect->extra, "eve");
    assert_text(effect->who.nick, "bob");
    assert_int_equal(effect->command_kind, COMMAND_NICK);
    rename_to(chat, 2, "b0b");
    assert_text(assert_refused(chat, REFUSAL_NAME_LOOKS_LIKE, 2)->extra, "bob");
    rename_to(chat, 2, "9eve");
    assert_int_equal(assert_refused(chat, REFUSAL_NAME_BAD, 2)->verdict, NAME_START);
    rename_to(chat, 2, "");
    assert_int_equal(assert_refused(chat, REFUSAL_NAME_BAD, 2)->verdict, NAME_EMPTY);
}

static void own_nick_may_be_spelled_otherwise(void **state)
{
    struct chat *chat = *state;
    rename_to(chat, 1, "Bob");
    assert_text(assert_own(chat, EFFECT_NICK, 1)->text, "Bob");
    rename_to(chat, 1, "Bob");
    assert_nothing(chat);
    /* Only the look is the same, and it is one's own. */
    rename_to(chat, 1, "B0b");
    assert_own(chat, EFFECT_NICK, 1);
    rename_to(chat, 1, "bob");
    assert_own(chat, EFFECT_NICK, 1);
    chat_open(chat, 3, "b0b");
    assert_refused(chat, REFUSAL_NAME_LOOKS_LIKE, 3);
}

/* A Greek capital Nu looks like an N, the small one like a v: the same key, two looks. */
static void spelling_may_change_the_look_alone(void **state)
{
    struct chat *chat = *state;
    rename_to(chat, 1, "\u039d");
    assert_own(chat, EFFECT_NICK, 1);
    rename_to(chat, 1, "\u03bd");
    assert_own(chat, EFFECT_NICK, 1);
    rename_to(chat, 1, "\u039d");
    assert_own(chat, EFFECT_NICK, 1);
    rename_to(chat, 1, "bob");
    assert_own(chat, EFFECT_NICK, 1);
    rename_to(chat, 2, "\u03bd");
    assert_own(chat, EFFECT_NICK, 2);
}

static void longest_nick_passes_and_may_shrink(void **state)
{
    struct chat *chat = *state;
    rename_to(chat, 1, "a2345678901234567890123456789012");
    assert_own(chat, EFFECT_NICK, 1);
    rename_to(chat, 1, "a2345678901234567890123456789012x");
    assert_int_equal(assert_refused(chat, REFUSAL_NAME_BAD, 1)->verdict, NAME_TOO_LONG);
    rename_to(chat, 1, "a");
    assert_own(chat, EFFECT_NICK, 1);
    chat_close(chat, 1);
    assert_text(assert_own(chat, EFFECT_CLOSED, 1)->who.nick, "a");
}

static void whowas_tells_of_nicks_that_were_given_up(void **state)
{
    struct chat *chat = *state;
    rename_to(chat, 1, "BOB");
    chat_ask(chat, COMMAND_WHOWAS, 2, "bob");
    assert_string_equal(chat->replies[0], "406|bob");
    rename_to(chat, 1, "robert");
    chat_ask(chat, COMMAND_WHOWAS, 2, "bob");
    assert_string_equal(chat->replies[0], "314|BOB|user|h1.cloak|*|Real Name");
    chat_close(chat, 1);
    chat_ask(chat, COMMAND_WHOWAS, 2, "Robert");
    assert_string_equal(chat->replies[0], "314|robert|user|h1.cloak|*|Real Name");
}

static void whowas_forgets_the_oldest(void **state)
{
    struct chat *chat = *state;
    char nick[16];
    rename_to(chat, 1, "robert");
    for (int i = 0; i < WHOWAS_MAX; i++) {
        chat_ask(chat, COMMAND_WHOWAS, 2, "bob");
        assert_string_equal(chat->replies[0], "314|bob|user|h1.cloak|*|Real Name");
        (void)snprintf(nick, sizeof(nick), "n%d", i);
        chat_open(chat, 100 + (uint64_t)i, nick);
        chat_close(chat, 100 + (uint64_t)i);
    }
    chat_ask(chat, COMMAND_WHOWAS, 2, "bob");
    assert_string_equal(chat->replies[0], "406|bob");
}

#define YARD_TEST(function) cmocka_unit_test_setup_teardown(function, yard_setup, chat_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        YARD_TEST(nick_is_told_and_kept_in_all_channels),
        YARD_TEST(old_nick_is_free),
        YARD_TEST(nick_in_use_is_refused),
        YARD_TEST(own_nick_may_be_spelled_otherwise),
        YARD_TEST(spelling_may_change_the_look_alone),
        YARD_TEST(longest_nick_passes_and_may_shrink),
        YARD_TEST(whowas_tells_of_nicks_that_were_given_up),
        YARD_TEST(whowas_forgets_the_oldest),
    };
    return cmocka_run_group_tests_name("core/nick", tests, NULL, NULL);
}
