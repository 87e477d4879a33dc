/* TOPIC. */
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

static void topic(struct chat *chat, uint64_t session, const char *channel, const char *text)
{
    chat_do(chat, COMMAND_TOPIC, session, channel, text);
}

static void topic_is_told_and_kept(void **state)
{
    struct chat *chat = *state;
    topic(chat, 1, "#YARD", "\ub9c8\ub2f9");
    const struct effect *effect = assert_own(chat, EFFECT_TOPIC, 1);
    assert_text(effect->name, "#yard");
    assert_text(effect->text, "\ub9c8\ub2f9");
    assert_int_equal(effect->channels[0].member_count, 2);
    assert_int_equal(chat->row_count, 1);
    assert_text(assert_row(chat, 0, ROW_TOPIC, "#yard", "bob")->text, "\ub9c8\ub2f9");
    topic(chat, 1, "#yard", "");
    assert_text(assert_own(chat, EFFECT_TOPIC, 1)->text, "");
    assert_text(assert_row(chat, 0, ROW_TOPIC, "#yard", "bob")->text, "");
}

static void same_topic_again_is_not_told(void **state)
{
    struct chat *chat = *state;
    topic(chat, 1, "#yard", "");
    assert_nothing(chat);
    topic(chat, 1, "#yard", "well");
    topic(chat, 1, "#yard", "well");
    assert_nothing(chat);
}

static void topic_is_the_operators_while_it_is_locked(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+v eve");
    topic(chat, 2, "#yard", "well");
    assert_refused(chat, REFUSAL_NOT_OPERATOR, 2);
    chat_mode(chat, 1, "#yard", "+h eve");
    topic(chat, 2, "#yard", "well");
    assert_own(chat, EFFECT_TOPIC, 2);
    chat_mode(chat, 1, "#yard", "-ht eve");
    topic(chat, 2, "#yard", "old well");
    assert_own(chat, EFFECT_TOPIC, 2);
}

static void topic_by_outsiders_is_refused(void **state)
{
    struct chat *chat = *state;
    topic(chat, 3, "#yard", "well");
    assert_refused(chat, REFUSAL_NOT_MEMBER, 3);
    topic(chat, 3, "#none", "well");
    assert_refused(chat, REFUSAL_NO_CHANNEL, 3);
    chat_mode(chat, 1, "#yard", "+s");
    topic(chat, 3, "#yard", "well");
    assert_refused(chat, REFUSAL_NO_CHANNEL, 3);
}

static void topic_is_cut_between_characters(void **state)
{
    struct chat *chat = *state;
    char text[TOPIC_BYTES_MAX + 8];
    memset(text, 'x', sizeof(text));
    memcpy(text + TOPIC_BYTES_MAX - 1, "\ud55c", 4);
    topic(chat, 1, "#yard", text);
    assert_int_equal(assert_own(chat, EFFECT_TOPIC, 1)->text.count, TOPIC_BYTES_MAX - 1);
}

#define YARD_TEST(function) cmocka_unit_test_setup_teardown(function, yard_setup, chat_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        YARD_TEST(topic_is_told_and_kept),
        YARD_TEST(same_topic_again_is_not_told),
        YARD_TEST(topic_is_the_operators_while_it_is_locked),
        YARD_TEST(topic_by_outsiders_is_refused),
        YARD_TEST(topic_is_cut_between_characters),
    };
    return cmocka_run_group_tests_name("core/topic", tests, NULL, NULL);
}
