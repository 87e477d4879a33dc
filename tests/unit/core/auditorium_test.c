/* Mode u: whom people in a channel see. */
#include "chat.h"

#include "core/state.h"

/* Sessions 1 (bob), 2 (eve) and 3 (ann) exist; all are in #hall, which bob has made, with mode u.
 */
static int hall_setup(void **state)
{
    struct chat *chat = chat_new();
    chat_open(chat, 1, "bob");
    chat_open(chat, 2, "eve");
    chat_open(chat, 3, "ann");
    chat_join(chat, 1, "#hall");
    chat_mode(chat, 1, "#hall", "+u");
    chat_join(chat, 2, "#hall");
    chat_join(chat, 3, "#hall");
    *state = chat;
    return 0;
}

static bool is_hidden(const struct chat *chat)
{
    const struct effect *effect = &chat->effects[0].effect;
    assert_int_equal(chat->effect_count, 1);
    assert_int_equal(effect->channel_count, 1);
    const bool hidden = (effect->flags & EFFECT_HIDDEN) != 0;
    assert_int_equal(effect->channels[0].hidden, hidden);
    return hidden;
}

static void joins_and_parts_without_rank_are_hidden(void **state)
{
    struct chat *chat = *state;
    assert_true(is_hidden(chat));
    chat_part(chat, 3, "#hall");
    assert_true(is_hidden(chat));
    chat_join(chat, 3, "#hall");
    assert_true(is_hidden(chat));
    chat_mode(chat, 1, "#hall", "+v ann");
    assert_false(is_hidden(chat));
    chat_part(chat, 3, "#hall");
    assert_false(is_hidden(chat));
    chat_part(chat, 1, "#hall");
    assert_false(is_hidden(chat));
}

static void messages_are_heard_by_all(void **state)
{
    struct chat *chat = *state;
    chat_say(chat, 3, "#hall", "hello");
    assert_false(is_hidden(chat));
}

static void what_concerns_several_channels_is_hidden_in_one(void **state)
{
    struct chat *chat = *state;
    chat_join(chat, 3, "#yard");
    const struct {
        enum command_kind kind;
        const char *name;
        const char *text;
    } cases[] = {
        {COMMAND_NICK, "anna", ""},
        {COMMAND_AWAY, "", "at lunch"},
        {COMMAND_SETNAME, "", "Anna"},
        {COMMAND_CLOSE, "", "bye"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        chat_do(chat, cases[i].kind, 3, cases[i].name, cases[i].text);
        assert_int_equal(chat->effect_count, 1);
        const struct effect *effect = &chat->effects[0].effect;
        assert_int_equal(effect->channel_count, 2);
        assert_int_equal(effect->channels[0].hidden, 1);
        assert_int_equal(effect->channels[1].hidden, 0);
    }
}

static void people_share_a_channel_where_they_see_each_other(void **state)
{
    struct chat *chat = *state;
    const struct session *bob = session_find(chat->core, TEXT("bob"));
    const struct session *eve = session_find(chat->core, TEXT("eve"));
    const struct session *ann = session_find(chat->core, TEXT("ann"));
    assert_false(person_shares_with(eve, ann));
    assert_true(person_shares_with(bob, ann));
    assert_true(person_shares_with(ann, bob));
    chat_mode(chat, 2, "eve", "+i");
    assert_false(person_is_visible_to(eve, ann));
    assert_true(person_is_visible_to(eve, bob));
    assert_true(person_is_visible_to(eve, eve));
    chat_mode(chat, 1, "#hall", "+v eve");
    assert_true(person_is_visible_to(eve, ann));
    /* Who has a voice does not therefore see more. */
    chat_mode(chat, 3, "ann", "+i");
    assert_false(person_is_visible_to(ann, eve));
    chat_mode(chat, 1, "#hall", "-u");
    assert_true(person_is_visible_to(ann, eve));
}

#define HALL_TEST(function) cmocka_unit_test_setup_teardown(function, hall_setup, chat_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HALL_TEST(joins_and_parts_without_rank_are_hidden),
        HALL_TEST(messages_are_heard_by_all),
        HALL_TEST(what_concerns_several_channels_is_hidden_in_one),
        HALL_TEST(people_share_a_channel_where_they_see_each_other),
    };
    return cmocka_run_group_tests_name("core/auditorium", tests, NULL, NULL);
}
