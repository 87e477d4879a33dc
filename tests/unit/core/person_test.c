/* AWAY, SETNAME and ACCEPT. */
#include "chat.h"

/* Sessions 1 (bob), 2 (eve) and 3 (ann) exist; bob and eve are in #yard, bob in #forge too. */
static int yard_setup(void **state)
{
    struct chat *chat = chat_new();
    chat_open(chat, 1, "bob");
    chat_open(chat, 2, "eve");
    chat_open(chat, 3, "ann");
    chat_join(chat, 1, "#yard");
    chat_join(chat, 2, "#yard");
    chat_join(chat, 1, "#forge");
    *state = chat;
    return 0;
}

static void away_is_told_in_all_channels(void **state)
{
    struct chat *chat = *state;
    chat_do(chat, COMMAND_AWAY, 1, "", "at lunch");
    const struct effect *effect = assert_own(chat, EFFECT_AWAY, 1);
    assert_text(effect->text, "at lunch");
    assert_int_equal(effect->who.flags, PERSON_AWAY);
    assert_int_equal(effect->channel_count, 2);
    assert_int_equal(effect->channels[0].member_count, 2);
    assert_replies(chat, "306", NULL);
    assert_int_equal(chat->row_count, 0);
    chat_do(chat, COMMAND_AWAY, 1, "", "");
    effect = assert_own(chat, EFFECT_AWAY, 1);
    assert_text(effect->text, "");
    assert_int_equal(effect->who.flags, 0);
    assert_replies(chat, "305", NULL);
}

static void away_again_is_told_only_when_it_changes(void **state)
{
    struct chat *chat = *state;
    chat_do(chat, COMMAND_AWAY, 1, "", "");
    assert_unchanged(chat);
    assert_replies(chat, "305", NULL);
    chat_do(chat, COMMAND_AWAY, 1, "", "at lunch");
    chat_do(chat, COMMAND_AWAY, 1, "", "at lunch");
    assert_unchanged(chat);
    assert_replies(chat, "306", NULL);
    chat_do(chat, COMMAND_AWAY, 1, "", "at dinner");
    assert_text(assert_own(chat, EFFECT_AWAY, 1)->text, "at dinner");
}

static void texts_are_cut_at_their_bounds(void **state)
{
    struct chat *chat = *state;
    char text[AWAY_BYTES_MAX + 2];
    memset(text, 'x', AWAY_BYTES_MAX + 1);
    text[AWAY_BYTES_MAX + 1] = '\0';
    chat_do(chat, COMMAND_AWAY, 1, "", text);
    assert_int_equal(assert_own(chat, EFFECT_AWAY, 1)->text.count, AWAY_BYTES_MAX);
    chat_do(chat, COMMAND_SETNAME, 1, "", text);
    assert_int_equal(assert_own(chat, EFFECT_SETNAME, 1)->who.realname.count, REALNAME_BYTES_MAX);
}

static void setname_is_told_in_all_channels(void **state)
{
    struct chat *chat = *state;
    chat_do(chat, COMMAND_SETNAME, 1, "", "Robert the Builder");
    const struct effect *effect = assert_own(chat, EFFECT_SETNAME, 1);
    assert_text(effect->who.realname, "Robert the Builder");
    assert_int_equal(effect->channel_count, 2);
    chat_do(chat, COMMAND_SETNAME, 1, "", "Robert the Builder");
    assert_nothing(chat);
    chat_join(chat, 1, "#new");
    assert_text(assert_own(chat, EFFECT_JOINED, 1)->who.realname, "Robert the Builder");
    chat_do(chat, COMMAND_SETNAME, 1, "", "");
    assert_text(assert_own(chat, EFFECT_SETNAME, 1)->who.realname, "");
}

static void accept_list_is_kept_by_who_is_there(void **state)
{
    struct chat *chat = *state;
    chat_do_extra(chat, COMMAND_ACCEPT, 1, "", "EVE");
    assert_int_equal(chat->effect_count, 0);
    assert_replies(chat, NULL);
    assert_int_not_equal(core_digest(chat->core), chat->digest_before);
    chat_do_extra(chat, COMMAND_ACCEPT, 1, "", "eve");
    assert_unchanged(chat);
    assert_replies(chat, "457|eve", NULL);
    chat_do_extra(chat, COMMAND_ACCEPT, 1, "", "-ann");
    assert_unchanged(chat);
    assert_replies(chat, "458|ann", NULL);
    chat_do_extra(chat, COMMAND_ACCEPT, 1, "", "nobody");
    assert_refused(chat, REFUSAL_NO_NICK, 1);
    chat_do_extra(chat, COMMAND_ACCEPT, 1, "", "-");
    assert_replies(chat, "458|*", NULL);
    chat_do_extra(chat, COMMAND_ACCEPT, 1, "", "");
    assert_refused(chat, REFUSAL_NO_NICK, 1);
    chat_do_extra(chat, COMMAND_ACCEPT, 1, "", "-eve");
    assert_int_equal(chat->reply_count, 0);
    chat_do_extra(chat, COMMAND_ACCEPT, 1, "", "-eve");
    assert_replies(chat, "458|eve", NULL);
}

static void accept_follows_the_session_and_not_the_nick(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "bob", "+g");
    chat_do_extra(chat, COMMAND_ACCEPT, 1, "", "eve");
    chat_do(chat, COMMAND_NICK, 2, "eva", "");
    chat_do(chat, COMMAND_NICK, 3, "eve", "");
    chat_say(chat, 2, "bob", "hello");
    assert_own(chat, EFFECT_MESSAGE, 2);
    chat_say(chat, 3, "bob", "hello");
    assert_refused(chat, REFUSAL_CALLER_ID, 3);
}

static void accept_list_is_bounded(void **state)
{
    struct chat *chat = *state;
    char nick[16];
    for (uint64_t i = 0; i <= ACCEPTS_PER_SESSION_MAX; i++) {
        (void)snprintf(nick, sizeof(nick), "n%d", (int)i);
        chat_open(chat, 100 + i, nick);
        chat_do_extra(chat, COMMAND_ACCEPT, 1, "", nick);
    }
    assert_unchanged(chat);
    assert_replies(chat, "456", NULL);
    /* Whoever has left makes room. */
    chat_close(chat, 105);
    chat_do_extra(chat, COMMAND_ACCEPT, 1, "", nick);
    assert_replies(chat, NULL);
    chat_do_extra(chat, COMMAND_ACCEPT, 1, "", "eve");
    assert_replies(chat, "456", NULL);
    /* Whom one writes to comes in all the same, for the oldest. */
    chat_mode(chat, 1, "bob", "+g");
    chat_say(chat, 1, "eve", "hello");
    chat_say(chat, 2, "bob", "hello");
    assert_own(chat, EFFECT_MESSAGE, 2);
    chat_say(chat, 100, "bob", "hello");
    assert_refused(chat, REFUSAL_CALLER_ID, 100);
}

#define YARD_TEST(function) cmocka_unit_test_setup_teardown(function, yard_setup, chat_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        YARD_TEST(away_is_told_in_all_channels),
        YARD_TEST(away_again_is_told_only_when_it_changes),
        YARD_TEST(texts_are_cut_at_their_bounds),
        YARD_TEST(setname_is_told_in_all_channels),
        YARD_TEST(accept_list_is_kept_by_who_is_there),
        YARD_TEST(accept_follows_the_session_and_not_the_nick),
        YARD_TEST(accept_list_is_bounded),
    };
    return cmocka_run_group_tests_name("core/person", tests, NULL, NULL);
}
