/* WHO and WHOX: src/core/ask_who.c. */
#include "ask_chat.h"

static void who_ask(struct ask_chat *chat, uint64_t session, const char *mask, const char *extra,
                    uint32_t flags)
{
    ask_command(chat, (struct command){.kind = COMMAND_WHO,
                                       .session = session,
                                       .name = text_of(mask),
                                       .extra = text_of(extra),
                                       .flags = flags});
}

/* ann, who made #chan, and bob in it. */
static void two_people(struct ask_chat *chat)
{
    ask_open(chat, 1, "ann");
    ask_open(chat, 2, "bob");
    ask_join(chat, 1, "#chan");
    ask_join(chat, 2, "#chan");
}

static void a_nick_is_found_however_it_is_spelled(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    who_ask(chat, 2, "Ann", "", 0);
    assert_answer(chat, "352|*|user|h1.cloak|irc.test|ann|H|0 Real ann", "315|Ann", NULL);
}

static void a_nick_that_nobody_has_is_only_an_end(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    who_ask(chat, 2, "nobody", "", 0);
    assert_answer(chat, "315|nobody", NULL);
}

static void a_channel_tells_its_members_with_their_ranks(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    ask_mode(chat, 1, "#chan", "+v ann");
    ask_do(chat, COMMAND_AWAY, 2, "", "gone");
    ask_mode(chat, 2, "bob", "+B");
    who_ask(chat, 2, "#CHAN", "", 0);
    assert_answer(chat, "352|#chan|user|h1.cloak|irc.test|ann|H@|0 Real ann",
                  "352|#chan|user|h2.cloak|irc.test|bob|GB|0 Real bob", "315|#CHAN", NULL);
    who_ask(chat, 2, "#chan", "", ASK_MULTI_PREFIX);
    assert_string_equal(chat->lines[0], "352|#chan|user|h1.cloak|irc.test|ann|H@+|0 Real ann");
}

static void a_mask_is_of_the_nick_the_host_or_the_real_name(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    who_ask(chat, 2, "A*", "", 0);
    assert_answer(chat, "352|*|user|h1.cloak|irc.test|ann|H|0 Real ann", "315|A*", NULL);
    who_ask(chat, 2, "h2.*", "", 0);
    assert_answer(chat, "352|*|user|h2.cloak|irc.test|bob|H|0 Real bob", "315|h2.*", NULL);
    who_ask(chat, 2, "*!user@h1.?loak", "", 0);
    assert_answer(chat, "352|*|user|h1.cloak|irc.test|ann|H|0 Real ann", "315|*!user@h1.?loak",
                  NULL);
    who_ask(chat, 2, "user@h1.cloak", "", 0);
    assert_int_equal(chat->line_count, 2);
    who_ask(chat, 2, "real?BOB", "", 0);
    assert_answer(chat, "352|*|user|h2.cloak|irc.test|bob|H|0 Real bob", "315|real?BOB", NULL);
}

static void without_a_mask_it_is_everybody(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    static const char *const masks[] = {"", "*", "0"};
    static const char *const ends[] = {"315|*", "315|*", "315|0"};
    for (size_t i = 0; i < 3; i++) {
        who_ask(chat, 2, masks[i], "", 0);
        assert_answer(chat, "352|*|user|h1.cloak|irc.test|ann|H|0 Real ann",
                      "352|*|user|h2.cloak|irc.test|bob|H|0 Real bob", ends[i], NULL);
    }
}

static void somebody_invisible_is_found_by_the_nick_and_by_who_shares_a_channel(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 1, "evan");
    ask_mode(chat, 1, "evan", "+i");
    ask_open(chat, 2, "shivaram");
    who_ask(chat, 2, "eva*", "", 0);
    assert_answer(chat, "315|eva*", NULL);
    who_ask(chat, 2, "evan", "", 0);
    assert_int_equal(answer_count(chat, "352|"), 1);
    ask_join(chat, 1, "#test");
    who_ask(chat, 2, "#test", "", 0);
    assert_answer(chat, "315|#test", NULL);
    ask_join(chat, 2, "#test");
    who_ask(chat, 2, "eva*", "", 0);
    assert_int_equal(answer_count(chat, "352|"), 1);
    who_ask(chat, 2, "#test", "", 0);
    assert_int_equal(answer_count(chat, "352|"), 2);
}

static void an_auditorium_is_no_common_channel(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 1, "ann");
    ask_join(chat, 1, "#hall");
    ask_mode(chat, 1, "#hall", "+u");
    ask_open(chat, 2, "evan");
    ask_mode(chat, 2, "evan", "+i");
    ask_open(chat, 3, "bob");
    ask_join(chat, 2, "#hall");
    ask_join(chat, 3, "#hall");
    who_ask(chat, 3, "eva*", "", 0);
    assert_answer(chat, "315|eva*", NULL);
    who_ask(chat, 3, "#hall", "", 0);
    assert_int_equal(answer_count(chat, "352|"), 2);
    who_ask(chat, 1, "#hall", "", 0);
    assert_int_equal(answer_count(chat, "352|"), 3);
}

static void operators_alone_can_be_asked_for(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    ask_do(chat, COMMAND_OPER, 1, "boss", "");
    who_ask(chat, 2, "*", "", WHO_OPERATORS);
    assert_answer(chat, "352|*|user|h1.cloak|irc.test|ann|H*|0 Real ann", "315|*", NULL);
    who_ask(chat, 2, "bob", "", WHO_OPERATORS);
    assert_answer(chat, "315|bob", NULL);
    who_ask(chat, 2, "#chan", "o%n", 0);
    assert_answer(chat, "354|ann", "315|#chan", NULL);
}

static void whox_has_all_fields_in_their_order(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    chat->time_ms += 5000;
    who_ask(chat, 2, "ann", "%tcuihsnfdlaor,123", 0);
    assert_answer(chat, "354|123|*|user|255.255.255.255|h1.cloak|irc.test|ann|H|0|5|0|n/a|Real ann",
                  "315|ann", NULL);
    who_ask(chat, 2, "#chan", "%roaldfnshiuct,9", 0);
    assert_string_equal(
        chat->lines[0],
        "354|9|#chan|user|255.255.255.255|h1.cloak|irc.test|ann|H@|0|5|0|n/a|Real ann");
}

static void whox_has_the_fields_asked_for_and_no_others(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    static const char letters[] = "cuihsnfdlaor";
    for (size_t i = 0; i + 1 < sizeof(letters); i++) {
        const char extra[] = {'%', letters[i], '\0'};
        who_ask(chat, 2, "ann", extra, 0);
        assert_int_equal(chat->line_count, 2);
        assert_int_equal(strncmp(chat->lines[0], "354|", 4), 0);
        assert_null(strchr(chat->lines[0] + 4, '|'));
    }
    who_ask(chat, 2, "ann", "%tnzn,321", 0);
    assert_answer(chat, "354|321|ann", "315|ann", NULL);
}

static void a_token_of_four_digits_is_none(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    who_ask(chat, 2, "ann", "%tn,1234", 0);
    assert_answer(chat, "354|0|ann", "315|ann", NULL);
    who_ask(chat, 2, "ann", "%tn", 0);
    assert_answer(chat, "354|0|ann", "315|ann", NULL);
}

static void an_address_is_told_to_operators_and_to_oneself(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    who_ask(chat, 2, "ann", "%i", 0);
    assert_answer(chat, "354|255.255.255.255", "315|ann", NULL);
    who_ask(chat, 1, "ann", "%i", 0);
    assert_answer(chat, "354|0::1", "315|ann", NULL);
    who_ask(chat, 2, "::1*", "", 0);
    assert_answer(chat, "315|*", NULL);
    ask_do(chat, COMMAND_OPER, 2, "boss", "");
    who_ask(chat, 2, "ann", "%i", 0);
    assert_answer(chat, "354|0::1", "315|ann", NULL);
    who_ask(chat, 2, "::1*", "%n", 0);
    assert_answer(chat, "354|ann", "315|*", NULL);
    who_ask(chat, 2, "*@::1", "%n", 0);
    assert_answer(chat, "354|ann", "315|*@::1", NULL);
}

#define CROWD 1500

static void arrive(struct ask_chat *chat)
{
    char nick[NAME_BYTES_MAX];
    const uint64_t session = 5000 + chat->step_count;
    (void)snprintf(nick, sizeof(nick), "late%llu", (unsigned long long)session);
    ask_open(chat, session, nick);
    ask_join(chat, session, "#crowd");
    ask_close(chat, 10 + chat->step_count);
}

/* Everybody but those whom arrive() closes is in the answer once; a line begins so. */
static void assert_all_told(const struct ask_chat *chat, const char *beginning)
{
    bool told[CROWD + 1] = {false};
    for (size_t i = 0; i + 1 < chat->line_count; i++) {
        if (strstr(chat->lines[i], "late") != NULL) {
            continue;
        }
        const char *place = strstr(chat->lines[i], beginning);
        assert_non_null(place);
        const long session = strtol(place + strlen(beginning), NULL, 10);
        assert_in_range(session, 1, CROWD);
        assert_false(told[session]);
        told[session] = true;
    }
    for (uint64_t session = 1; session <= CROWD; session++) {
        assert_true(told[session] || (session > 10 && session <= 10 + chat->step_count));
    }
    assert_int_equal(answer_count(chat, "315|"), 1);
}

static void a_long_answer_tells_everybody_once(void **state)
{
    static const struct {
        const char *mask;
        const char *extra;
        const char *beginning;
    } asked[] = {
        {"p*n*", "%n", "|person"},
        {"p*n*", "", "|person"},
        {"#crowd", "%n", "|person"},
        {"#crowd", "", "|person"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        struct ask_chat *chat = ask_chat_new();
        void *own = chat;
        char nick[NAME_BYTES_MAX];
        for (uint64_t session = 1; session <= CROWD; session++) {
            (void)snprintf(nick, sizeof(nick), "person%llu", (unsigned long long)session);
            ask_open(chat, session, nick);
            ask_join(chat, session, "#crowd");
        }
        chat->between = arrive;
        who_ask(chat, 1, asked[i].mask, asked[i].extra, 0);
        chat->between = NULL;
        assert_true(chat->step_count > 1);
        assert_all_told(chat, asked[i].beginning);
        (void)ask_teardown(&own);
    }
}

/* Wherever the page ends, also just before the end of the list. People are as many as nearly fill
 * a page. */
static void assert_one_end(const char *mask, uint64_t people)
{
    struct ask_chat *chat = ask_chat_new();
    void *own = chat;
    char nick[NAME_BYTES_MAX];
    char realname[REALNAME_BYTES_MAX + 1];
    for (uint64_t session = 1; session <= people; session++) {
        (void)snprintf(nick, sizeof(nick), "person%llu", (unsigned long long)session);
        ask_open(chat, session, nick);
        ask_join(chat, session, "#crowd");
    }
    memset(realname, 'r', sizeof(realname));
    bool was_one = false;
    bool were_two = false;
    for (size_t bytes = 1; bytes < sizeof(realname); bytes++) {
        realname[bytes] = '\0';
        for (uint64_t session = 1; session <= 3; session++) {
            ask_do(chat, COMMAND_SETNAME, session, "", realname);
        }
        realname[bytes] = 'r';
        who_ask(chat, 1, mask, "", 0);
        was_one = was_one || chat->step_count == 1;
        were_two = were_two || chat->step_count == 2;
        assert_int_equal(answer_count(chat, "352|"), people);
        assert_int_equal(answer_count(chat, "315|"), 1);
    }
    assert_true(was_one && were_two);
    (void)ask_teardown(&own);
}

static void an_answer_of_any_length_has_one_end(void **state)
{
    (void)state;
    assert_one_end("#crowd", 100);
    assert_one_end("p*", 108);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ASK_TEST(a_nick_is_found_however_it_is_spelled),
        ASK_TEST(a_nick_that_nobody_has_is_only_an_end),
        ASK_TEST(a_channel_tells_its_members_with_their_ranks),
        ASK_TEST(a_mask_is_of_the_nick_the_host_or_the_real_name),
        ASK_TEST(without_a_mask_it_is_everybody),
        ASK_TEST(somebody_invisible_is_found_by_the_nick_and_by_who_shares_a_channel),
        ASK_TEST(an_auditorium_is_no_common_channel),
        ASK_TEST(operators_alone_can_be_asked_for),
        ASK_TEST(whox_has_all_fields_in_their_order),
        ASK_TEST(whox_has_the_fields_asked_for_and_no_others),
        ASK_TEST(a_token_of_four_digits_is_none),
        ASK_TEST(an_address_is_told_to_operators_and_to_oneself),
        ASK_TEST(a_long_answer_tells_everybody_once),
        ASK_TEST(an_answer_of_any_length_has_one_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
