/* The modes, lists and topic of a channel, and one's own modes: src/core/ask_modes.c. */
#include "ask_chat.h"

static void list_ask(struct ask_chat *chat, uint64_t session, const char *name, const char *letter)
{
    ask_command(chat, (struct command){.kind = COMMAND_MODES,
                                       .session = session,
                                       .name = text_of(name),
                                       .extra = text_of(letter)});
}

static void two_people(struct ask_chat *chat)
{
    ask_open(chat, 1, "ann");
    ask_open(chat, 2, "bob");
    ask_join(chat, 1, "#Chan");
}

static void modes_are_told_with_the_channels_age(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    chat->time_ms += 5000;
    ask(chat, COMMAND_MODES, 2, "#chan", "");
    assert_answer(chat, "324|#Chan|+nt", "329|#Chan|1795820692", NULL);
    ask_mode(chat, 1, "#chan", "-nt");
    ask(chat, COMMAND_MODES, 2, "#chan", "");
    assert_answer(chat, "324|#Chan|+", "329|#Chan|1795820692", NULL);
}

static void the_key_and_the_forward_are_for_members(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    ask_join(chat, 1, "#other");
    ask_mode(chat, 1, "#chan", "+klf sesame 7 #other");
    ask(chat, COMMAND_MODES, 1, "#chan", "");
    assert_string_equal(chat->lines[0], "324|#Chan|+ntfkl|#other|sesame|7");
    ask(chat, COMMAND_MODES, 2, "#chan", "");
    assert_string_equal(chat->lines[0], "324|#Chan|+ntfkl|*|*|7");
    ask_do(chat, COMMAND_OPER, 2, "boss", "");
    ask(chat, COMMAND_MODES, 2, "#chan", "");
    assert_string_equal(chat->lines[0], "324|#Chan|+ntfkl|#other|sesame|7");
}

static void lists_tell_who_set_what_and_when(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    ask_mode(chat, 1, "#chan", "+b eve!*@*");
    chat->time_ms += 1000;
    ask_mode(chat, 1, "#chan", "+beI mallory!*@* dave!*@* carol!*@*");
    list_ask(chat, 1, "#chan", "b");
    assert_int_equal(chat->line_count, 3);
    assert_int_equal(answer_count(chat, "367|#Chan|eve!*@*|ann"), 1);
    assert_non_null(strstr(chat->lines[0], "|1795820692"));
    assert_non_null(strstr(chat->lines[1], "|1795820693"));
    assert_string_equal(chat->lines[2], "368|#Chan");
    list_ask(chat, 1, "#chan", "e");
    assert_int_equal(answer_count(chat, "348|#Chan|dave!*@*|ann"), 1);
    assert_string_equal(chat->lines[1], "349|#Chan");
    list_ask(chat, 1, "#chan", "I");
    assert_int_equal(answer_count(chat, "346|#Chan|carol!*@*|ann"), 1);
    assert_string_equal(chat->lines[1], "347|#Chan");
}

static void an_empty_list_is_only_an_end(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    list_ask(chat, 1, "#chan", "b");
    assert_answer(chat, "368|#Chan", NULL);
}

static void outsiders_may_read_the_bans_and_not_the_exceptions(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    ask_mode(chat, 1, "#chan", "+beI eve!*@* dave!*@* carol!*@*");
    list_ask(chat, 2, "#chan", "b");
    assert_int_equal(answer_count(chat, "367|"), 1);
    list_ask(chat, 2, "#chan", "e");
    assert_answer(chat, "442|#Chan", NULL);
    list_ask(chat, 2, "#chan", "I");
    assert_answer(chat, "442|#Chan", NULL);
    list_ask(chat, 2, "#chan", "z");
    assert_answer(chat, "472|z", NULL);
}

static void ban_goes(struct ask_chat *chat)
{
    char change[64];
    (void)snprintf(change, sizeof(change), "-b n%02zu!*@*", chat->step_count);
    ask_mode(chat, 1, "#chan", change);
    (void)snprintf(change, sizeof(change), "+b new%02zu!*@*", chat->step_count);
    ask_mode(chat, 1, "#chan", change);
}

static void a_long_list_tells_every_mask_once(void **state)
{
    struct ask_chat *chat = *state;
    char change[200];
    char mask[32];
    two_people(chat);
    for (int i = 0; i < LIST_MASKS_MAX; i++) {
        (void)snprintf(change, sizeof(change), "+b n%02d!*@%.*s", i, i < 10 ? 1 : 60,
                       "***********************************************************************");
        if (i >= 10) {
            /* Hosts that do not fold into one. */
            memset(change + strlen("+b n00!*@"), 'h', 60);
        }
        ask_mode(chat, 1, "#chan", change);
    }
    chat->between = ban_goes;
    list_ask(chat, 1, "#chan", "b");
    chat->between = NULL;
    assert_true(chat->step_count > 1);
    for (int i = 10; i < LIST_MASKS_MAX; i++) {
        (void)snprintf(mask, sizeof(mask), "367|#Chan|n%02d!", i);
        assert_int_equal(answer_count(chat, mask), 1);
    }
    assert_int_equal(answer_count(chat, "368|"), 1);
}

static void ones_own_modes_are_told(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    ask(chat, COMMAND_MODES, 1, "ANN", "");
    assert_answer(chat, "221|+", NULL);
    ask_mode(chat, 1, "ann", "+iwB");
    ask(chat, COMMAND_MODES, 1, "ann", "");
    assert_answer(chat, "221|+Biw", NULL);
    ask(chat, COMMAND_MODES, 1, "bob", "");
    assert_answer(chat, "502", NULL);
    ask(chat, COMMAND_MODES, 1, "cat", "");
    assert_answer(chat, "401|cat", NULL);
}

static void a_topic_is_told_with_who_set_it(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    ask(chat, COMMAND_TOPIC_OF, 2, "#chan", "");
    assert_answer(chat, "331|#Chan", NULL);
    ask_do(chat, COMMAND_TOPIC, 1, "#chan", "hear, hear");
    ask(chat, COMMAND_TOPIC_OF, 2, "#chan", "");
    assert_int_equal(chat->line_count, 2);
    assert_string_equal(chat->lines[0], "332|#Chan|hear, hear");
    assert_int_equal(answer_count(chat, "333|#Chan|ann"), 1);
    assert_non_null(strstr(chat->lines[1], "|1795820692"));
    ask_do(chat, COMMAND_TOPIC, 1, "#chan", "");
    ask(chat, COMMAND_TOPIC_OF, 2, "#chan", "");
    assert_answer(chat, "331|#Chan", NULL);
}

static void a_channel_that_is_none_is_told_so(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    ask(chat, COMMAND_TOPIC_OF, 2, "#none", "");
    assert_answer(chat, "403|#none", NULL);
    ask(chat, COMMAND_TOPIC_OF, 2, "none", "");
    assert_answer(chat, "403|none", NULL);
    ask(chat, COMMAND_MODES, 2, "#none", "");
    assert_answer(chat, "403|#none", NULL);
    list_ask(chat, 2, "#none", "e");
    assert_answer(chat, "403|#none", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ASK_TEST(modes_are_told_with_the_channels_age),
        ASK_TEST(the_key_and_the_forward_are_for_members),
        ASK_TEST(lists_tell_who_set_what_and_when),
        ASK_TEST(an_empty_list_is_only_an_end),
        ASK_TEST(outsiders_may_read_the_bans_and_not_the_exceptions),
        ASK_TEST(a_long_list_tells_every_mask_once),
        ASK_TEST(ones_own_modes_are_told),
        ASK_TEST(a_topic_is_told_with_who_set_it),
        ASK_TEST(a_channel_that_is_none_is_told_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
