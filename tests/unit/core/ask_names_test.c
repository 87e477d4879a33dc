/* NAMES: src/core/ask_names.c. */
#include "ask_chat.h"

static void a_name_has_its_highest_sign(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 1, "ann");
    ask_open(chat, 2, "bob");
    ask_join(chat, 1, "#chan");
    ask_join(chat, 2, "#chan");
    ask_mode(chat, 1, "#chan", "+v ann");
    ask(chat, COMMAND_NAMES, 2, "", "#chan");
    assert_answer(chat, "353|=|#chan|@ann bob", "366|#chan", NULL);
}

static void multi_prefix_tells_all_signs_from_the_highest_down(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 1, "ann");
    ask_join(chat, 1, "#chan");
    ask_mode(chat, 1, "#chan", "+v ann");
    ask_command(chat, (struct command){.kind = COMMAND_NAMES,
                                       .session = 1,
                                       .text = TEXT("#chan"),
                                       .flags = ASK_MULTI_PREFIX | ASK_USERHOST});
    assert_answer(chat, "353|=|#chan|@+ann!user@h1.cloak", "366|#chan", NULL);
}

static void a_channel_is_found_however_it_is_spelled_and_told_as_it_was_made(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 1, "ann");
    ask_join(chat, 1, "#Chan");
    ask(chat, COMMAND_NAMES, 1, "", "#cHAN");
    assert_answer(chat, "353|=|#Chan|@ann", "366|#cHAN", NULL);
}

static void several_channels_have_one_end(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 1, "ann");
    ask_join(chat, 1, "#one");
    ask_join(chat, 1, "#two");
    ask(chat, COMMAND_NAMES, 1, "", "#one,#none,#two");
    assert_answer(chat, "353|=|#one|@ann", "353|=|#two|@ann", "366|#one,#none,#two", NULL);
}

static void what_is_no_channel_has_only_an_end(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 1, "ann");
    ask(chat, COMMAND_NAMES, 1, "", "invalid");
    assert_answer(chat, "366|invalid", NULL);
    ask(chat, COMMAND_NAMES, 1, "", "");
    assert_answer(chat, "366|*", NULL);
    ask(chat, COMMAND_NAMES, 1, "", ",,");
    assert_answer(chat, "366|,,", NULL);
    ask(chat, COMMAND_NAMES, 1, "", ":a b");
    assert_answer(chat, "366|*", NULL);
}

static void a_secret_channel_is_told_to_members_and_operators_of_the_server(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 1, "ann");
    ask_open(chat, 2, "bob");
    ask_join(chat, 1, "#chan");
    ask_mode(chat, 1, "#chan", "+s");
    ask(chat, COMMAND_NAMES, 1, "", "#chan");
    assert_answer(chat, "353|@|#chan|@ann", "366|#chan", NULL);
    ask(chat, COMMAND_NAMES, 2, "", "#chan");
    assert_answer(chat, "366|#chan", NULL);
    ask_do(chat, COMMAND_OPER, 2, "boss", "");
    ask(chat, COMMAND_NAMES, 2, "", "#chan");
    assert_answer(chat, "353|@|#chan|@ann", "366|#chan", NULL);
}

static void invisible_members_do_not_show_to_outsiders(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 1, "ann");
    ask_open(chat, 2, "bob");
    ask_open(chat, 3, "cat");
    ask_join(chat, 1, "#chan");
    ask_join(chat, 2, "#chan");
    ask_mode(chat, 2, "bob", "+i");
    ask(chat, COMMAND_NAMES, 3, "", "#chan");
    assert_answer(chat, "353|=|#chan|@ann", "366|#chan", NULL);
    ask(chat, COMMAND_NAMES, 1, "", "#chan");
    assert_answer(chat, "353|=|#chan|@ann bob", "366|#chan", NULL);
    ask_join(chat, 3, "#chan");
    ask(chat, COMMAND_NAMES, 3, "", "#chan");
    assert_answer(chat, "353|=|#chan|@ann bob cat", "366|#chan", NULL);
}

static void an_auditorium_shows_those_of_rank_and_oneself(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 1, "ann");
    ask_open(chat, 2, "bob");
    ask_open(chat, 3, "cat");
    ask_join(chat, 1, "#chan");
    ask_mode(chat, 1, "#chan", "+u");
    ask_join(chat, 2, "#chan");
    ask_join(chat, 3, "#chan");
    ask(chat, COMMAND_NAMES, 1, "", "#chan");
    assert_answer(chat, "353|=|#chan|@ann bob cat", "366|#chan", NULL);
    ask(chat, COMMAND_NAMES, 2, "", "#chan");
    assert_answer(chat, "353|=|#chan|@ann bob", "366|#chan", NULL);
    ask_mode(chat, 1, "#chan", "+v cat");
    ask(chat, COMMAND_NAMES, 2, "", "#chan");
    assert_answer(chat, "353|=|#chan|@ann bob +cat", "366|#chan", NULL);
}

static void a_join_is_told_the_names_with_its_own(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 1, "ann");
    ask_open(chat, 2, "bob");
    ask_join(chat, 1, "#chan");
    ask_mode(chat, 1, "#chan", "+k key");
    ask_apply(chat, (struct command){.kind = COMMAND_JOIN,
                                     .session = 2,
                                     .name = TEXT("#CHAN"),
                                     .text = TEXT("key"),
                                     .flags = ASK_NAMES});
    assert_non_null(answer_line(chat, "353|=|#chan|@ann bob"));
    assert_int_equal(answer_count(chat, "366|"), 1);
}

/* -- long answers ----------------------------------------------------------------------------- */

#define CROWD 3000
#define CROWD_FIRST 100

/* With long nicks a step ends because a page is full, with short ones because it has looked at
 * enough. */
static const char *nick_beginning = "somebody";

static void nick_of(uint64_t session, char out[NAME_BYTES_MAX + 1])
{
    (void)snprintf(out, NAME_BYTES_MAX + 1, "%s%llu", nick_beginning, (unsigned long long)session);
}

static void crowd_join(struct ask_chat *chat, uint64_t first, uint64_t count)
{
    char nick[NAME_BYTES_MAX + 1];
    for (uint64_t session = first; session < first + count; session++) {
        nick_of(session, nick);
        ask_open(chat, session, nick);
        ask_join(chat, session, "#chan");
    }
}

/* How often the answer tells somebody of that number. */
static size_t told_count(const struct ask_chat *chat, uint64_t session)
{
    char nick[NAME_BYTES_MAX + 1];
    nick_of(session, nick);
    const size_t bytes = strlen(nick);
    size_t count = 0;
    for (size_t i = 0; i < chat->line_count; i++) {
        const char *place = chat->lines[i];
        while ((place = strstr(place, nick)) != NULL) {
            place += bytes;
            count += *place == ' ' || *place == '\0' ? 1 : 0;
        }
    }
    return count;
}

static void assert_lines_are_full(const char *beginning)
{
    struct ask_chat *chat = ask_chat_new();
    void *state = chat;
    char first[NAME_BYTES_MAX + 1];
    nick_beginning = beginning;
    nick_of(CROWD_FIRST, first);
    crowd_join(chat, CROWD_FIRST, CROWD);
    ask(chat, COMMAND_NAMES, CROWD_FIRST, "", "#chan");
    assert_true(chat->step_count > 2);
    for (uint64_t session = CROWD_FIRST; session < CROWD_FIRST + CROWD; session++) {
        assert_int_equal(told_count(chat, session), 1);
    }
    for (size_t i = 0; i + 1 < chat->line_count; i++) {
        /* ":irc.test 353 nick = #chan :…", CR and LF; the lines here begin "353|=|#chan|". */
        const size_t bytes = strlen(chat->lines[i]) - strlen("353|=|#chan|") + strlen(first) +
                             strlen(":irc.test 353  = #chan :\r\n");
        assert_true(bytes <= IRC_LINE_BYTES_MAX);
        assert_true(i + 2 == chat->line_count ||
                    bytes + strlen(" 1000") + strlen(beginning) > IRC_LINE_BYTES_MAX);
    }
    assert_string_equal(chat->lines[chat->line_count - 1], "366|#chan");
    (void)ask_teardown(&state);
}

static void lines_are_full_and_no_longer_than_IRC_has_them(void **state)
{
    (void)state;
    assert_lines_are_full("somebody");
    assert_lines_are_full("x");
}

/* Some leave and others come, wherever that makes holes and fills them. */
static void crowd_changes(struct ask_chat *chat)
{
    const uint64_t turn = chat->step_count;
    for (uint64_t session = CROWD_FIRST + turn; session < CROWD_FIRST + CROWD; session += 40) {
        if (session % 3 == 0) {
            ask_close(chat, session);
        }
    }
    crowd_join(chat, 10000 * turn, 30);
}

static void assert_told_once(const char *beginning)
{
    struct ask_chat *chat = ask_chat_new();
    void *state = chat;
    nick_beginning = beginning;
    crowd_join(chat, CROWD_FIRST, CROWD);
    chat->between = crowd_changes;
    ask(chat, COMMAND_NAMES, CROWD_FIRST + 1, "", "#chan");
    chat->between = NULL;
    assert_true(chat->step_count > 2);
    for (uint64_t session = CROWD_FIRST; session < CROWD_FIRST + CROWD; session++) {
        /* crowd_changes() closes numbers that 3 divides, and no others. */
        const size_t told = told_count(chat, session);
        assert_true(told == 1 || (told == 0 && session % 3 == 0));
    }
    (void)ask_teardown(&state);
}

static void who_is_there_all_the_time_is_told_once(void **state)
{
    (void)state;
    assert_told_once("somebody");
    assert_told_once("x");
}

static void several_long_channels_are_told_one_after_the_other(void **state)
{
    struct ask_chat *chat = *state;
    char nick[NAME_BYTES_MAX + 1];
    nick_beginning = "somebody";
    for (uint64_t session = CROWD_FIRST; session < CROWD_FIRST + 900; session++) {
        nick_of(session, nick);
        ask_open(chat, session, nick);
        ask_join(chat, session, session % 3 == 0 ? "#one" : "#two");
    }
    ask(chat, COMMAND_NAMES, CROWD_FIRST, "", "#one,#none,#two,#one");
    assert_true(chat->step_count > 2);
    for (uint64_t session = CROWD_FIRST; session < CROWD_FIRST + 900; session++) {
        assert_int_equal(told_count(chat, session), session % 3 == 0 ? 2 : 1);
    }
    assert_int_equal(answer_count(chat, "366|"), 1);
}

/* Wherever the page ends: also just before the end of names. */
static void an_answer_of_any_length_has_one_end(void **state)
{
    struct ask_chat *chat = *state;
    nick_beginning = "somebody";
    crowd_join(chat, CROWD_FIRST, 400);
    for (uint64_t count = 401; count < 700; count++) {
        crowd_join(chat, CROWD_FIRST + count, 1);
        ask(chat, COMMAND_NAMES, CROWD_FIRST, "", "#chan");
        assert_string_equal(chat->lines[chat->line_count - 1], "366|#chan");
        assert_int_equal(answer_count(chat, "366|"), 1);
        assert_int_equal(told_count(chat, CROWD_FIRST + count), 1);
    }
}

static void places_without_anybody_are_passed_over(void **state)
{
    struct ask_chat *chat = *state;
    nick_beginning = "somebody";
    crowd_join(chat, CROWD_FIRST, CROWD);
    for (uint64_t session = CROWD_FIRST; session + 1 < CROWD_FIRST + CROWD; session++) {
        ask_close(chat, session);
    }
    ask(chat, COMMAND_NAMES, CROWD_FIRST + CROWD - 1, "", "#chan");
    assert_answer(chat, "353|=|#chan|somebody3099", "366|#chan", NULL);
}

static void a_question_of_nobody_has_no_answer(void **state)
{
    struct ask_chat *chat = *state;
    for (int kind = COMMAND_QUESTION_FIRST; kind < COMMAND_KIND_COUNT; kind++) {
        ask(chat, (enum command_kind)kind, 77, "#chan", "#chan");
        assert_int_equal(chat->line_count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ASK_TEST(a_name_has_its_highest_sign),
        ASK_TEST(multi_prefix_tells_all_signs_from_the_highest_down),
        ASK_TEST(a_channel_is_found_however_it_is_spelled_and_told_as_it_was_made),
        ASK_TEST(several_channels_have_one_end),
        ASK_TEST(what_is_no_channel_has_only_an_end),
        ASK_TEST(a_secret_channel_is_told_to_members_and_operators_of_the_server),
        ASK_TEST(invisible_members_do_not_show_to_outsiders),
        ASK_TEST(an_auditorium_shows_those_of_rank_and_oneself),
        ASK_TEST(a_join_is_told_the_names_with_its_own),
        ASK_TEST(lines_are_full_and_no_longer_than_IRC_has_them),
        ASK_TEST(who_is_there_all_the_time_is_told_once),
        ASK_TEST(several_long_channels_are_told_one_after_the_other),
        ASK_TEST(an_answer_of_any_length_has_one_end),
        ASK_TEST(places_without_anybody_are_passed_over),
        ASK_TEST(a_question_of_nobody_has_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
