/* OPER, KILL, WALLOPS, DEFCON and REHASH. */
#include "chat.h"

/* Sessions 1 (bob), 2 (eve) and 3 (ann) exist; bob and eve are in #yard. */
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

static void oper_is_told_to_oneself(void **state)
{
    struct chat *chat = *state;
    chat_oper(chat, 1);
    const struct effect *effect = assert_own(chat, EFFECT_USER_MODE, 1);
    assert_text(effect->text, "+o");
    assert_int_equal(effect->who.flags, PERSON_OPERATOR);
    assert_replies(chat, "381", NULL);
    chat_do(chat, COMMAND_OPER, 1, "other", "");
    assert_int_equal(chat->effect_count, 0);
    assert_replies(chat, "381", NULL);
}

static void what_operators_do_is_refused_to_others(void **state)
{
    static const enum command_kind kinds[] = {COMMAND_KILL,  COMMAND_WALLOPS, COMMAND_BAN,
                                              COMMAND_UNBAN, COMMAND_DEFCON,  COMMAND_REHASH};
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+q bob");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        chat_give(chat, (struct command){.kind = kinds[i],
                                         .session = 1,
                                         .name = TEXT("eve"),
                                         .text = TEXT("words"),
                                         .extra = TEXT("1.2.3.4"),
                                         .number = 1});
        assert_int_equal(assert_refused(chat, REFUSAL_NO_PRIVILEGES, 1)->command_kind, kinds[i]);
    }
}

static void kill_ends_a_session_by_the_operators_words(void **state)
{
    struct chat *chat = *state;
    chat_oper(chat, 1);
    chat_do(chat, COMMAND_KILL, 1, "EVE", "spam");
    const struct effect *effect = assert_effect(chat, EFFECT_CLOSED, 1);
    assert_int_equal(effect->who.session, 2);
    assert_int_equal(effect->who.connection, 1002);
    assert_text(effect->who.nick, "eve");
    assert_int_equal(effect->reason, LEAVE_KILLED);
    assert_text(effect->text, "Killed (bob (spam))");
    assert_int_equal(effect->channel_count, 1);
    assert_int_equal(effect->channels[0].member_count, 1);
    assert_int_equal(chat->row_count, 1);
    const struct row *row = assert_row(chat, 0, ROW_CLOSED, "#yard", "eve");
    assert_int_equal(row->reason, LEAVE_KILLED);
    assert_text(row->text, "Killed (bob (spam))");
    /* What was under way from there does nothing any more. */
    chat_close(chat, 2);
    assert_nothing(chat);
    chat_do(chat, COMMAND_KILL, 1, "eve", "spam");
    assert_refused(chat, REFUSAL_NO_NICK, 1);
}

static void kill_of_oneself_ends_oneself(void **state)
{
    struct chat *chat = *state;
    chat_oper(chat, 1);
    chat_do(chat, COMMAND_KILL, 1, "bob", "");
    assert_text(assert_own(chat, EFFECT_CLOSED, 1)->text, "Killed (bob ())");
    assert_int_equal(core_session_count(chat->core), 2);
}

static void words_of_a_kill_keep_their_brackets(void **state)
{
    struct chat *chat = *state;
    char words[600];
    memset(words, 'x', sizeof(words) - 1);
    words[sizeof(words) - 1] = '\0';
    chat_oper(chat, 1);
    chat_do(chat, COMMAND_KILL, 1, "eve", words);
    const struct text text = assert_effect(chat, EFFECT_CLOSED, 1)->text;
    assert_true(text.count <= REASON_BYTES_MAX);
    assert_memory_equal(text.data + text.count - 2, "))", 2);
}

static void wallops_is_told(void **state)
{
    struct chat *chat = *state;
    chat_oper(chat, 1);
    chat_do(chat, COMMAND_WALLOPS, 1, "", "hello all");
    const struct effect *effect = assert_own(chat, EFFECT_WALLOPS, 1);
    assert_text(effect->text, "hello all");
    assert_int_equal(effect->who.flags, PERSON_OPERATOR);
}

static void rehash_is_passed_on(void **state)
{
    struct chat *chat = *state;
    chat_oper(chat, 1);
    chat_do(chat, COMMAND_REHASH, 1, "", "");
    assert_own(chat, EFFECT_REHASH, 1);
    assert_replies(chat, "382|madang.conf", NULL);
}

static void defcon(struct chat *chat, int64_t level)
{
    chat_give(chat, (struct command){.kind = COMMAND_DEFCON, .session = 1, .number = level});
}

static void defcon_closes_the_door_by_degrees(void **state)
{
    struct chat *chat = *state;
    chat_oper(chat, 1);
    defcon(chat, 4);
    assert_replies(chat, "1002|DEFCON|LEVEL|4|5 lets everybody in, 1 nobody", NULL);
    chat_join(chat, 2, "#new");
    assert_refused(chat, REFUSAL_SERVER_CLOSED, 2);
    chat_join(chat, 1, "#new");
    assert_own(chat, EFFECT_JOINED, 1);
    chat_join(chat, 2, "#new");
    assert_own(chat, EFFECT_JOINED, 2);
    chat_open(chat, 4, "joe");
    assert_own(chat, EFFECT_OPENED, 4);
    defcon(chat, 3);
    chat_open(chat, 5, "jim");
    assert_refused(chat, REFUSAL_SERVER_CLOSED, 5);
    chat_open_known(chat, 5, "jim", "jim");
    assert_own(chat, EFFECT_OPENED, 5);
    defcon(chat, 1);
    chat_open_known(chat, 6, "kim", "kim");
    assert_refused(chat, REFUSAL_SERVER_CLOSED, 6);
    defcon(chat, 0);
    assert_unchanged(chat);
    assert_replies(chat, "1002|DEFCON|LEVEL|1|5 lets everybody in, 1 nobody", NULL);
    defcon(chat, 6);
    assert_unchanged(chat);
    defcon(chat, 5);
    chat_open(chat, 6, "kim");
    assert_own(chat, EFFECT_OPENED, 6);
}

#define YARD_TEST(function) cmocka_unit_test_setup_teardown(function, yard_setup, chat_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        YARD_TEST(oper_is_told_to_oneself),
        YARD_TEST(what_operators_do_is_refused_to_others),
        YARD_TEST(kill_ends_a_session_by_the_operators_words),
        YARD_TEST(kill_of_oneself_ends_oneself),
        YARD_TEST(words_of_a_kill_keep_their_brackets),
        YARD_TEST(wallops_is_told),
        YARD_TEST(rehash_is_passed_on),
        YARD_TEST(defcon_closes_the_door_by_degrees),
    };
    return cmocka_run_group_tests_name("core/operator", tests, NULL, NULL);
}
