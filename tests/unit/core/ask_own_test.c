/* Invitations, ACCEPT's list, the bans of the server, LUSERS and TIME: src/core/ask_own.c,
 * src/core/ask_server.c. */
#include "ask_chat.h"

static void invitations_are_told_to_who_has_them(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 1, "ann");
    ask_open(chat, 2, "bob");
    ask_join(chat, 1, "#Chan");
    ask_join(chat, 1, "#gone");
    ask_mode(chat, 1, "#chan", "+s");
    ask(chat, COMMAND_INVITES, 2, "", "");
    assert_answer(chat, "337", NULL);
    ask_extra(chat, COMMAND_INVITE, 1, "#chan", "bob", "");
    ask_extra(chat, COMMAND_INVITE, 1, "#gone", "bob", "");
    ask(chat, COMMAND_INVITES, 2, "", "");
    assert_answer(chat, "336|#Chan", "336|#gone", "337", NULL);
    ask_part(chat, 1, "#gone");
    ask(chat, COMMAND_INVITES, 2, "", "");
    assert_answer(chat, "336|#Chan", "337", NULL);
    ask_join(chat, 2, "#chan");
    ask(chat, COMMAND_INVITES, 2, "", "");
    assert_answer(chat, "337", NULL);
}

static void the_list_of_accept_is_told(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 1, "ann");
    ask_open(chat, 2, "bob");
    ask_open(chat, 3, "cat");
    ask(chat, COMMAND_ACCEPTS, 1, "", "");
    assert_answer(chat, "282", NULL);
    ask_extra(chat, COMMAND_ACCEPT, 1, "", "BOB", "");
    ask_extra(chat, COMMAND_ACCEPT, 1, "", "cat", "");
    ask(chat, COMMAND_ACCEPTS, 1, "", "");
    assert_answer(chat, "281|bob", "281|cat", "282", NULL);
    ask_extra(chat, COMMAND_ACCEPT, 1, "", "-bob", "");
    ask(chat, COMMAND_ACCEPTS, 1, "", "");
    assert_answer(chat, "281|cat", "282", NULL);
    ask_close(chat, 3);
    ask(chat, COMMAND_ACCEPTS, 1, "", "");
    assert_answer(chat, "282", NULL);
}

static void ban(struct ask_chat *chat, const char *mask, int64_t seconds)
{
    ask_apply(chat, (struct command){.kind = COMMAND_BAN,
                                     .session = 1,
                                     .extra = text_of(mask),
                                     .text = TEXT("was rude"),
                                     .number = seconds});
}

static void bans_are_told_to_operators(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 1, "ann");
    ask(chat, COMMAND_BANS, 1, "", "");
    assert_answer(chat, "481", NULL);
    ask_do(chat, COMMAND_OPER, 1, "boss", "");
    ask(chat, COMMAND_BANS, 1, "", "");
    assert_answer(chat, "219|D", NULL);
    ban(chat, "192.0.2.0/24", 0);
    ban(chat, "*!*@*.example", 60);
    ask(chat, COMMAND_BANS, 1, "", "");
    assert_int_equal(chat->line_count, 3);
    assert_int_equal(answer_count(chat, "225|D|192.0.2.0/24|"), 1);
    assert_non_null(strstr(chat->lines[0], "|0|was rude"));
    assert_int_equal(answer_count(chat, "225|D|*!*@*.example|"), 1);
    assert_non_null(strstr(chat->lines[1], "|1795820752|was rude"));
    assert_string_equal(chat->lines[2], "219|D");
}

static void a_ban_that_is_over_is_told_no_more(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 1, "ann");
    ask_do(chat, COMMAND_OPER, 1, "boss", "");
    ban(chat, "192.0.2.1", 60);
    chat->time_ms += 59999;
    ask(chat, COMMAND_BANS, 1, "", "");
    assert_int_equal(answer_count(chat, "225|"), 1);
    chat->time_ms += 1;
    ask(chat, COMMAND_BANS, 1, "", "");
    assert_answer(chat, "219|D", NULL);
}

static void many_bans_take_several_steps(void **state)
{
    struct ask_chat *chat = *state;
    char mask[64];
    ask_open(chat, 1, "ann");
    ask_do(chat, COMMAND_OPER, 1, "boss", "");
    for (int i = 0; i < 300; i++) {
        (void)snprintf(mask, sizeof(mask), "203.0.%d.%d", i / 100, i % 100 + 1);
        ban(chat, mask, 0);
    }
    ask(chat, COMMAND_BANS, 1, "", "");
    assert_true(chat->step_count > 1);
    assert_int_equal(answer_count(chat, "225|D|203.0."), 300);
    assert_int_equal(answer_count(chat, "219|"), 1);
}

static void lusers_counts_people(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 1, "ann");
    ask_open(chat, 2, "bob");
    ask_mode(chat, 2, "bob", "+i");
    ask_join(chat, 1, "#chan");
    ask_do(chat, COMMAND_OPER, 1, "boss", "");
    ask(chat, COMMAND_LUSERS, 1, "", "");
    assert_answer(chat, "251|There are 1 users and 1 invisible on 1 servers", "252|1", "254|1",
                  "255|I have 2 clients and 0 servers", "265|2|2|Current local users 2, max 2",
                  "266|2|2|Current global users 2, max 2", NULL);
    ask_close(chat, 2);
    ask(chat, COMMAND_LUSERS, 1, "", "");
    assert_answer(chat, "251|There are 1 users and 0 invisible on 1 servers", "252|1", "254|1",
                  "255|I have 1 clients and 0 servers", "265|1|2|Current local users 1, max 2",
                  "266|1|2|Current global users 1, max 2", NULL);
}

static void who_comes_is_told_the_same(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 1, "ann");
    assert_int_equal(answer_count(chat, "251|There are 1 users and 0 invisible on 1 servers"), 1);
    assert_int_equal(answer_count(chat, "266|1|1|"), 1);
}

static void assert_time(struct ask_chat *chat, int64_t seconds, const char *expected)
{
    char line[128];
    chat->time_ms = seconds * 1000 + 999;
    ask(chat, COMMAND_TIME, 1, "", "");
    (void)snprintf(line, sizeof(line), "391|irc.test|%s +00:00", expected);
    assert_answer(chat, line, NULL);
}

static void time_is_of_the_gregorian_calendar(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 1, "ann");
    assert_time(chat, 0, "Thursday January 1 1970 -- 00:00:00");
    assert_time(chat, 951782399, "Monday February 28 2000 -- 23:59:59");
    assert_time(chat, 951782400, "Tuesday February 29 2000 -- 00:00:00");
    assert_time(chat, 951868800, "Wednesday March 1 2000 -- 00:00:00");
    assert_time(chat, 978307199, "Sunday December 31 2000 -- 23:59:59");
    assert_time(chat, 1795820692, "Friday November 27 2026 -- 23:04:52");
    assert_time(chat, 2147483648, "Tuesday January 19 2038 -- 03:14:08");
    assert_time(chat, 4107542399, "Sunday February 28 2100 -- 23:59:59");
    assert_time(chat, 4107542400, "Monday March 1 2100 -- 00:00:00");
    assert_time(chat, 4294967296, "Sunday February 7 2106 -- 06:28:16");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ASK_TEST(invitations_are_told_to_who_has_them),
        ASK_TEST(the_list_of_accept_is_told),
        ASK_TEST(bans_are_told_to_operators),
        ASK_TEST(a_ban_that_is_over_is_told_no_more),
        ASK_TEST(many_bans_take_several_steps),
        ASK_TEST(lusers_counts_people),
        ASK_TEST(who_comes_is_told_the_same),
        ASK_TEST(time_is_of_the_gregorian_calendar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
