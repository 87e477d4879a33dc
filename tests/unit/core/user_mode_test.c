/* MODE of oneself. */
#include "chat.h"

/* Sessions 1 (bob) and 2 (eve) exist. */
static int pair_setup(void **state)
{
    struct chat *chat = chat_new();
    chat_open(chat, 1, "bob");
    chat_open(chat, 2, "eve");
    *state = chat;
    return 0;
}

static void own_modes_are_set_and_unset(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "BOB", "+wiB");
    const struct effect *effect = assert_own(chat, EFFECT_USER_MODE, 1);
    assert_text(effect->text, "+Biw");
    assert_int_equal(effect->who.flags, PERSON_BOT | PERSON_INVISIBLE | PERSON_WALLOPS);
    assert_replies(chat, NULL);
    assert_int_equal(chat->row_count, 0);
    chat_mode(chat, 1, "bob", "-i+g-B+i");
    effect = assert_own(chat, EFFECT_USER_MODE, 1);
    assert_text(effect->text, "+g-B");
    chat_mode(chat, 1, "bob", "+i");
    assert_nothing(chat);
    chat_mode(chat, 1, "bob", "");
    assert_nothing(chat);
}

static void nobody_makes_themselves_operator(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "bob", "+o");
    assert_nothing(chat);
    chat_oper(chat, 1);
    chat_mode(chat, 1, "bob", "-o");
    assert_text(assert_own(chat, EFFECT_USER_MODE, 1)->text, "-o");
    chat_do(chat, COMMAND_WALLOPS, 1, "", "hello");
    assert_refused(chat, REFUSAL_NO_PRIVILEGES, 1);
}

static void unknown_letters_are_told_once(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "bob", "+XYi\xff Z");
    assert_text(assert_own(chat, EFFECT_USER_MODE, 1)->text, "+i");
    assert_replies(chat, "501", NULL);
}

static void modes_of_others_are_their_own(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "eve", "+i");
    assert_unchanged(chat);
    assert_replies(chat, "502", NULL);
    chat_mode(chat, 1, "nobody", "+i");
    assert_refused(chat, REFUSAL_NO_NICK, 1);
    chat_mode(chat, 1, "", "+i");
    assert_refused(chat, REFUSAL_NO_NICK, 1);
}

static void numbers_of_the_server_follow(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "bob", "+i");
    chat_oper(chat, 2);
    chat_ask(chat, COMMAND_LUSERS, 1, "");
    assert_string_equal(chat->replies[0], "251|There are 1 users and 1 invisible on 1 servers");
    assert_string_equal(chat->replies[1], "252|1");
    chat_close(chat, 1);
    chat_mode(chat, 2, "eve", "-o");
    /* The digest counts again. */
    assert_int_not_equal(core_digest(chat->core), 0);
}

#define PAIR_TEST(function) cmocka_unit_test_setup_teardown(function, pair_setup, chat_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAIR_TEST(own_modes_are_set_and_unset),   PAIR_TEST(nobody_makes_themselves_operator),
        PAIR_TEST(unknown_letters_are_told_once), PAIR_TEST(modes_of_others_are_their_own),
        PAIR_TEST(numbers_of_the_server_follow),
    };
    return cmocka_run_group_tests_name("core/user_mode", tests, NULL, NULL);
}
