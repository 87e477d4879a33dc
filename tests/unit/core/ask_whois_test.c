/* WHOIS and WHOWAS: src/core/ask_whois.c, src/core/ask_whowas.c. */
#include "ask_chat.h"

static void two_people(struct ask_chat *chat)
{
    ask_open(chat, 1, "ann");
    ask_open(chat, 2, "bob");
}

static void somebody_is_told_with_where_and_since_when(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    chat->time_ms += 61999;
    ask(chat, COMMAND_WHOIS, 2, "ANN", "");
    assert_answer(chat, "311|ann|user|h1.cloak|*|Real ann", "312|ann|irc.test|a test",
                  "317|ann|61|1795820692", "318|ANN", NULL);
}

static void somebody_who_is_not_there_is_no_such_nick(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    ask(chat, COMMAND_WHOIS, 2, "cat", "");
    assert_answer(chat, "401|cat", "318|cat", NULL);
    ask(chat, COMMAND_WHOIS, 2, "a b", "");
    assert_answer(chat, "401|*", "318|*", NULL);
}

static void writing_ends_idleness(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    chat->time_ms += 60000;
    ask_do(chat, COMMAND_MESSAGE, 1, "bob", "hello");
    chat->time_ms += 2000;
    ask(chat, COMMAND_WHOIS, 2, "ann", "");
    assert_non_null(answer_line(chat, "317|ann|2|1795820692"));
}

static void what_somebody_is_has_a_line_each(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 2, "bob");
    ask_apply(chat, (struct command){.kind = COMMAND_OPEN,
                                     .session = 1,
                                     .name = TEXT("ann"),
                                     .flags = OPEN_SECURE,
                                     .identity = {.user = TEXT("u"),
                                                  .host = TEXT("h"),
                                                  .address = TEXT("192.0.2.1"),
                                                  .realname = TEXT("Ann"),
                                                  .account = TEXT("annie")}});
    ask_do(chat, COMMAND_OPER, 1, "boss", "");
    ask_mode(chat, 1, "ann", "+B");
    ask_do(chat, COMMAND_AWAY, 1, "", "at lunch");
    ask(chat, COMMAND_WHOIS, 2, "ann", "");
    assert_answer(chat, "311|ann|u|h|*|Ann", "312|ann|irc.test|a test", "313|ann", "671|ann",
                  "335|ann", "330|ann|annie", "301|ann|at lunch", "317|ann|0|1795820692", "318|ann",
                  NULL);
    ask_do(chat, COMMAND_AWAY, 1, "", "");
    ask(chat, COMMAND_WHOIS, 2, "ann", "");
    assert_null(answer_line(chat, "301|"));
}

static void address_and_modes_are_told_to_operators_and_to_oneself(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    ask(chat, COMMAND_WHOIS, 2, "ann", "");
    assert_null(answer_line(chat, "338|"));
    assert_null(answer_line(chat, "379|"));
    ask_mode(chat, 1, "ann", "+iw");
    ask(chat, COMMAND_WHOIS, 1, "ann", "");
    assert_non_null(answer_line(chat, "338|ann|0::1"));
    assert_non_null(answer_line(chat, "379|ann|is using modes +iw"));
    ask_do(chat, COMMAND_OPER, 2, "boss", "");
    ask(chat, COMMAND_WHOIS, 2, "ann", "");
    assert_non_null(answer_line(chat, "338|ann|0::1"));
    assert_non_null(answer_line(chat, "379|ann|is using modes +iw"));
}

static void channels_are_told_with_signs(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    ask_join(chat, 1, "#one");
    ask_join(chat, 2, "#two");
    ask_join(chat, 1, "#two");
    ask_mode(chat, 2, "#two", "+v ann");
    ask_mode(chat, 1, "#one", "+v ann");
    ask(chat, COMMAND_WHOIS, 2, "ann", "");
    assert_string_equal(answer_line(chat, "319|"), "319|ann|@#one +#two");
    ask_command(chat, (struct command){.kind = COMMAND_WHOIS,
                                       .session = 2,
                                       .name = TEXT("ann"),
                                       .flags = ASK_MULTI_PREFIX});
    assert_string_equal(answer_line(chat, "319|"), "319|ann|@+#one +#two");
}

static void a_secret_channel_is_told_to_who_shares_it(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    ask_join(chat, 1, "#one");
    ask_mode(chat, 1, "#one", "+s");
    ask(chat, COMMAND_WHOIS, 2, "ann", "");
    assert_null(answer_line(chat, "319|"));
    ask(chat, COMMAND_WHOIS, 1, "ann", "");
    assert_string_equal(answer_line(chat, "319|"), "319|ann|@#one");
    ask_join(chat, 2, "#one");
    ask(chat, COMMAND_WHOIS, 2, "ann", "");
    assert_string_equal(answer_line(chat, "319|"), "319|ann|@#one");
}

static void somebody_invisible_has_only_the_channels_one_shares(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    ask_join(chat, 1, "#one");
    ask_join(chat, 1, "#two");
    ask_join(chat, 2, "#two");
    ask_mode(chat, 1, "ann", "+i");
    ask(chat, COMMAND_WHOIS, 2, "ann", "");
    assert_string_equal(answer_line(chat, "319|"), "319|ann|@#two");
    ask_part(chat, 2, "#two");
    ask(chat, COMMAND_WHOIS, 2, "ann", "");
    assert_null(answer_line(chat, "319|"));
}

static void guests_of_an_auditorium_do_not_meet(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    ask_open(chat, 3, "cat");
    ask_join(chat, 3, "#hall");
    ask_mode(chat, 3, "#hall", "+u");
    ask_join(chat, 1, "#hall");
    ask_join(chat, 2, "#hall");
    ask(chat, COMMAND_WHOIS, 2, "ann", "");
    assert_null(answer_line(chat, "319|"));
    ask(chat, COMMAND_WHOIS, 3, "ann", "");
    assert_string_equal(answer_line(chat, "319|"), "319|ann|#hall");
}

/* A name of the longest kind. */
static void channel_of(size_t number, char out[CHANNEL_BYTES_MAX + 1])
{
    const int count = snprintf(out, CHANNEL_BYTES_MAX + 1, "#%zu-", number);
    memset(out + count, 'x', CHANNEL_BYTES_MAX - (size_t)count);
    out[CHANNEL_BYTES_MAX] = '\0';
}

static void leave_one(struct ask_chat *chat)
{
    char name[CHANNEL_BYTES_MAX + 1];
    channel_of(chat->step_count, name);
    ask_part(chat, 1, name);
}

/* How many lines of channels tell that one. */
static size_t channel_told(const struct ask_chat *chat, size_t number)
{
    char name[CHANNEL_BYTES_MAX + 1];
    size_t told = 0;
    channel_of(number, name);
    for (size_t i = 0; i < chat->line_count; i++) {
        told += strncmp(chat->lines[i], "319|", 4) == 0 && strstr(chat->lines[i], name) ? 1 : 0;
    }
    return told;
}

static void a_hundred_channels_and_fifty_keys_take_several_steps(void **state)
{
    struct ask_chat *chat = *state;
    char name[CHANNEL_BYTES_MAX + 1];
    char key[METADATA_KEY_BYTES_MAX];
    char text[AWAY_BYTES_MAX + 1];
    two_people(chat);
    /* Not made in the order in which ann joins them. */
    ask_open(chat, 3, "cat");
    for (size_t i = 0; i < CHANNELS_PER_SESSION_MAX; i++) {
        channel_of(i % 2 == 0 ? i / 2 : CHANNELS_PER_SESSION_MAX - 1 - i / 2, name);
        ask_join(chat, 3, name);
    }
    for (size_t i = 0; i < CHANNELS_PER_SESSION_MAX; i++) {
        channel_of(i, name);
        ask_join(chat, 1, name);
    }
    memset(text, 'v', AWAY_BYTES_MAX);
    text[AWAY_BYTES_MAX] = '\0';
    ask_do(chat, COMMAND_AWAY, 1, "", text);
    text[METADATA_VALUE_BYTES_MAX] = '\0';
    for (int i = 0; i < METADATA_KEYS_MAX; i++) {
        (void)snprintf(key, sizeof(key), "key%02d.", i);
        ask_extra(chat, COMMAND_METADATA, 1, "*", key, text);
    }
    chat->between = leave_one;
    ask(chat, COMMAND_WHOIS, 2, "ann", "");
    chat->between = NULL;
    assert_true(chat->step_count >= 4);
    assert_int_equal(answer_count(chat, "311|"), 1);
    assert_int_equal(answer_count(chat, "318|"), 1);
    assert_int_equal(answer_count(chat, "760|ann|key"), METADATA_KEYS_MAX);
    for (size_t i = 0; i < CHANNELS_PER_SESSION_MAX; i++) {
        const size_t told = channel_told(chat, i);
        assert_true(told == 1 || (told == 0 && i <= chat->step_count));
    }
}

/* Wherever the page ends: also just before the end of it all. */
static void an_answer_of_any_length_has_one_end(void **state)
{
    struct ask_chat *chat = *state;
    char name[CHANNEL_BYTES_MAX + 1];
    char text[AWAY_BYTES_MAX + 1];
    two_people(chat);
    for (size_t i = 0; i < CHANNELS_PER_SESSION_MAX; i++) {
        channel_of(i, name);
        ask_join(chat, 1, name);
    }
    memset(text, 'v', sizeof(text));
    bool was_one = false;
    bool were_two = false;
    for (size_t bytes = 1; bytes <= AWAY_BYTES_MAX; bytes++) {
        text[bytes] = '\0';
        ask_do(chat, COMMAND_AWAY, 1, "", text);
        text[bytes] = 'v';
        ask(chat, COMMAND_WHOIS, 2, "ann", "");
        was_one = was_one || chat->step_count == 1;
        were_two = were_two || chat->step_count == 2;
        assert_int_equal(answer_count(chat, "318|"), 1);
        for (size_t i = 0; i < CHANNELS_PER_SESSION_MAX; i++) {
            assert_int_equal(channel_told(chat, i), 1);
        }
    }
    assert_true(was_one && were_two);
}

static void metadata_is_told(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    ask_extra(chat, COMMAND_METADATA, 1, "*", "display-name", "Ann The First");
    ask(chat, COMMAND_WHOIS, 2, "ann", "");
    assert_string_equal(answer_line(chat, "760|"), "760|ann|display-name|*|Ann The First");
}

/* -- WHOWAS ----------------------------------------------------------------------------------- */

static void whowas(struct ask_chat *chat, uint64_t session, const char *nick, int64_t number)
{
    ask_command(chat, (struct command){.kind = COMMAND_WHOWAS,
                                       .session = session,
                                       .name = text_of(nick),
                                       .number = number});
}

static void who_was_here_is_told_from_the_last_one_back(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 2, "bob");
    ask_open(chat, 10, "ann");
    ask_close(chat, 10);
    chat->time_ms += 3600000;
    ask_open(chat, 11, "Ann");
    ask_close(chat, 11);
    whowas(chat, 2, "aNN", 0);
    assert_answer(chat, "314|Ann|user|h11.cloak|*|Real Ann",
                  "312|Ann|irc.test|Saturday November 28 2026 -- 00:04:52 +00:00",
                  "314|ann|user|h10.cloak|*|Real ann",
                  "312|ann|irc.test|Friday November 27 2026 -- 23:04:52 +00:00", "369|aNN", NULL);
    whowas(chat, 2, "ann", 1);
    assert_int_equal(answer_count(chat, "314|"), 1);
    whowas(chat, 2, "ann", 2);
    assert_int_equal(answer_count(chat, "314|"), 2);
    whowas(chat, 2, "ann", -1);
    assert_int_equal(answer_count(chat, "314|"), 2);
}

static void nobody_of_that_name_was_no_such_nick(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 2, "bob");
    whowas(chat, 2, "bob", 0);
    assert_answer(chat, "406|bob", "369|bob", NULL);
    whowas(chat, 2, "*", 0);
    assert_answer(chat, "406|*", "369|*", NULL);
}

static void a_nick_that_was_changed_was_there(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 2, "bob");
    ask_open(chat, 1, "ann");
    ask_do(chat, COMMAND_NICK, 1, "cat", "");
    whowas(chat, 2, "ann", 0);
    assert_int_equal(answer_count(chat, "314|ann|user|h1.cloak|*|Real ann"), 1);
}

static void an_address_that_was_is_told_to_operators(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 2, "bob");
    ask_open(chat, 1, "ann");
    ask_close(chat, 1);
    whowas(chat, 2, "ann", 0);
    assert_int_equal(answer_count(chat, "338|"), 0);
    ask_do(chat, COMMAND_OPER, 2, "boss", "");
    whowas(chat, 2, "ann", 0);
    assert_int_equal(answer_count(chat, "338|ann|0::1"), 1);
}

static void come_and_go(struct ask_chat *chat)
{
    ask_open(chat, 90000 + chat->step_count, "ann");
    ask_close(chat, 90000 + chat->step_count);
}

static void the_last_thousand_are_kept_and_told_in_steps(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 1, "bob");
    for (uint64_t session = 100; session < 100 + WHOWAS_MAX + 10; session++) {
        ask_open(chat, session, "ann");
        ask_close(chat, session);
    }
    whowas(chat, 1, "ann", 0);
    assert_true(chat->step_count > 3);
    assert_int_equal(answer_count(chat, "314|"), WHOWAS_MAX);
    assert_int_equal(answer_count(chat, "406|"), 0);
    chat->between = come_and_go;
    whowas(chat, 1, "ann", 500);
    chat->between = NULL;
    assert_int_equal(answer_count(chat, "314|"), 500);
    for (size_t i = 0, told = 0; i < chat->line_count; i++) {
        char line[64];
        if (strncmp(chat->lines[i], "314|", 4) == 0) {
            (void)snprintf(line, sizeof(line), "314|ann|user|h%zu.", 100 + WHOWAS_MAX + 9 - told++);
            assert_int_equal(strncmp(chat->lines[i], line, strlen(line)), 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ASK_TEST(somebody_is_told_with_where_and_since_when),
        ASK_TEST(somebody_who_is_not_there_is_no_such_nick),
        ASK_TEST(writing_ends_idleness),
        ASK_TEST(what_somebody_is_has_a_line_each),
        ASK_TEST(address_and_modes_are_told_to_operators_and_to_oneself),
        ASK_TEST(channels_are_told_with_signs),
        ASK_TEST(a_secret_channel_is_told_to_who_shares_it),
        ASK_TEST(somebody_invisible_has_only_the_channels_one_shares),
        ASK_TEST(guests_of_an_auditorium_do_not_meet),
        ASK_TEST(a_hundred_channels_and_fifty_keys_take_several_steps),
        ASK_TEST(an_answer_of_any_length_has_one_end),
        ASK_TEST(metadata_is_told),
        ASK_TEST(who_was_here_is_told_from_the_last_one_back),
        ASK_TEST(nobody_of_that_name_was_no_such_nick),
        ASK_TEST(a_nick_that_was_changed_was_there),
        ASK_TEST(an_address_that_was_is_told_to_operators),
        ASK_TEST(the_last_thousand_are_kept_and_told_in_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
