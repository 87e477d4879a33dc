/* USERHOST, ISON and MONITOR's answers: src/core/ask_nicks.c. */
#include "ask_chat.h"

static void three_people(struct ask_chat *chat)
{
    ask_open(chat, 1, "ann");
    ask_open(chat, 2, "bob");
    ask_open(chat, 3, "cat");
}

static void userhost_tells_operators_and_who_is_away(void **state)
{
    struct ask_chat *chat = *state;
    three_people(chat);
    ask_do(chat, COMMAND_OPER, 1, "boss", "");
    ask_do(chat, COMMAND_AWAY, 2, "", "gone");
    ask(chat, COMMAND_USERHOST, 3, "", "ANN dan bob cat");
    assert_answer(chat, "302|ann*=+user@h1.cloak bob=-user@h2.cloak cat=+user@h3.cloak", NULL);
}

static void an_empty_answer_is_an_answer(void **state)
{
    struct ask_chat *chat = *state;
    three_people(chat);
    ask(chat, COMMAND_USERHOST, 3, "", "dan");
    assert_answer(chat, "302|", NULL);
    ask(chat, COMMAND_ISON, 3, "", "dan eve");
    assert_answer(chat, "303|", NULL);
    ask(chat, COMMAND_ISON, 3, "", "");
    assert_answer(chat, "303|", NULL);
}

static void ison_tells_who_is_there_as_they_spell_it(void **state)
{
    struct ask_chat *chat = *state;
    three_people(chat);
    ask(chat, COMMAND_ISON, 3, "", " BOB  dan ann ");
    assert_answer(chat, "303|bob ann", NULL);
}

static void monitor_tells_who_is_there_and_then_who_is_not(void **state)
{
    struct ask_chat *chat = *state;
    three_people(chat);
    ask(chat, COMMAND_ONLINE, 3, "", "Dan,bob,ANN,eve");
    assert_answer(chat, "730|bob!user@h2.cloak,ann!user@h1.cloak", "731|Dan,eve", NULL);
    ask(chat, COMMAND_ONLINE, 3, "", "bob");
    assert_answer(chat, "730|bob!user@h2.cloak", NULL);
    ask(chat, COMMAND_ONLINE, 3, "", "dan");
    assert_answer(chat, "731|dan", NULL);
    ask(chat, COMMAND_ONLINE, 3, "", "");
    assert_answer(chat, NULL);
}

static void what_is_too_long_for_a_name_is_left_out(void **state)
{
    struct ask_chat *chat = *state;
    char nicks[700];
    three_people(chat);
    memset(nicks, 'x', 600);
    (void)snprintf(nicks + 600, sizeof(nicks) - 600, ",dan");
    ask(chat, COMMAND_ONLINE, 3, "", nicks);
    assert_answer(chat, "731|dan", NULL);
}

static void long_answers_are_lines_of_IRC_and_tell_everybody_once(void **state)
{
    struct ask_chat *chat = *state;
    char nicks[MESSAGE_BYTES_MAX] = "";
    char nick[NAME_BYTES_MAX + 1];
    ask_open(chat, 3, "cat");
    for (uint64_t i = 0; i < 120; i++) {
        (void)snprintf(nick, sizeof(nick), "%c%03llu-abcdefghijklmnopqrstuvwxy",
                       i % 2 == 0 ? 'a' : 'z', (unsigned long long)i);
        (void)snprintf(nicks + strlen(nicks), sizeof(nicks) - strlen(nicks), "%s,", nick);
        if (i % 2 == 0) {
            ask_open(chat, 100 + i, nick);
        }
    }
    ask(chat, COMMAND_ONLINE, 3, "", nicks);
    size_t online = 0;
    size_t offline = 0;
    for (size_t i = 0; i < chat->line_count; i++) {
        const bool is_online = strncmp(chat->lines[i], "730|", 4) == 0;
        /* ":irc.test 730 cat :…", CR and LF. */
        assert_true(strlen(chat->lines[i]) - 4 + strlen(":irc.test 730 cat :\r\n") <=
                    IRC_LINE_BYTES_MAX);
        for (const char *place = chat->lines[i] + 4; place != NULL;) {
            online += is_online ? 1 : 0;
            offline += is_online ? 0 : 1;
            assert_int_equal(place[0], is_online ? 'a' : 'z');
            place = strchr(place, ',');
            place = place != NULL ? place + 1 : NULL;
        }
    }
    assert_int_equal(online, 60);
    assert_int_equal(offline, 60);
    for (char *comma = nicks; (comma = strchr(comma, ',')) != NULL;) {
        *comma = ' ';
    }
    ask(chat, COMMAND_USERHOST, 3, "", nicks);
    size_t told = 0;
    for (size_t i = 0; i < chat->line_count; i++) {
        for (const char *place = chat->lines[i]; (place = strchr(place, '=')) != NULL; place++) {
            told++;
        }
    }
    assert_int_equal(told, 60);
}

static void very_many_nicks_take_several_steps(void **state)
{
    struct ask_chat *chat = *state;
    char nicks[MESSAGE_BYTES_MAX] = "";
    three_people(chat);
    for (size_t i = 0; i < 1000; i++) {
        memcpy(nicks + i * 4, "cat ", 4);
    }
    ask(chat, COMMAND_USERHOST, 3, "", nicks);
    assert_true(chat->step_count > 1);
    size_t told = 0;
    for (size_t i = 0; i < chat->line_count; i++) {
        for (const char *place = chat->lines[i]; (place = strchr(place, '=')) != NULL; place++) {
            told++;
        }
    }
    assert_int_equal(told, 1000);
}

static void long_hosts_fill_a_page_and_nobody_is_lost(void **state)
{
    struct ask_chat *chat = *state;
    char nicks[MESSAGE_BYTES_MAX] = "";
    char nick[NAME_BYTES_MAX + 1];
    ask_open(chat, 3, "cat");
    for (uint64_t i = 0; i < 120; i++) {
        (void)snprintf(nick, sizeof(nick), "a%03llu-abcdefghijklmnopqrstuvwxy",
                       (unsigned long long)i);
        (void)snprintf(nicks + strlen(nicks), sizeof(nicks) - strlen(nicks), "%s,", nick);
        ask_apply(chat, (struct command){
                            .kind = COMMAND_OPEN,
                            .session = 100 + i,
                            .name = text_of(nick),
                            .identity =
                                {
                                    .user = TEXT("a-user-of-20-letters"),
                                    .host = TEXT(
                                        "a-host-of-sixty-three-letters-which-is-the-longest-there-"
                                        "may-be"),
                                },
                        });
    }
    ask(chat, COMMAND_ONLINE, 3, "", nicks);
    assert_true(chat->step_count > 1);
    for (uint64_t i = 0; i < 120; i++) {
        size_t told = 0;
        (void)snprintf(nick, sizeof(nick), "a%03llu-", (unsigned long long)i);
        for (size_t j = 0; j < chat->line_count; j++) {
            assert_int_equal(strncmp(chat->lines[j], "730|", 4), 0);
            told += strstr(chat->lines[j], nick) != NULL ? 1 : 0;
        }
        assert_int_equal(told, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ASK_TEST(userhost_tells_operators_and_who_is_away),
        ASK_TEST(an_empty_answer_is_an_answer),
        ASK_TEST(ison_tells_who_is_there_as_they_spell_it),
        ASK_TEST(monitor_tells_who_is_there_and_then_who_is_not),
        ASK_TEST(what_is_too_long_for_a_name_is_left_out),
        ASK_TEST(long_answers_are_lines_of_IRC_and_tell_everybody_once),
        ASK_TEST(very_many_nicks_take_several_steps),
        ASK_TEST(long_hosts_fill_a_page_and_nobody_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
