/* Whoever may not know of a channel gets the very answer of one that does not exist, whatever is
 * asked. */
#include "ask_chat.h"

/* Every question that can name a channel, in each of its forms. */
static const struct {
    enum command_kind kind;
    const char *extra;
    bool is_in_text;
} questions[] = {
    {COMMAND_NAMES, "", true},          {COMMAND_WHO, "", false},
    {COMMAND_WHO, "%cn", false},        {COMMAND_LIST, "", true},
    {COMMAND_MODES, "", false},         {COMMAND_MODES, "b", false},
    {COMMAND_MODES, "e", false},        {COMMAND_MODES, "I", false},
    {COMMAND_MODES, "x", false},        {COMMAND_TOPIC_OF, "", false},
    {COMMAND_METADATA_GET, "", false},  {COMMAND_METADATA_LIST, "", false},
    {COMMAND_METADATA_SYNC, "", false}, {COMMAND_WHOIS, "", false},
};

static void ask_about(struct ask_chat *chat, size_t question, const char *name)
{
    const bool is_in_text = questions[question].is_in_text;
    ask_command(chat, (struct command){.kind = questions[question].kind,
                                       .session = 2,
                                       .name = text_of(is_in_text ? "" : name),
                                       .text = text_of(is_in_text ? name : "url"),
                                       .extra = text_of(questions[question].extra)});
}

static void assert_same_as_none(struct ask_chat *chat, const char *secret, const char *none)
{
    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
        char *expected[8];
        ask_about(chat, i, none);
        const size_t count = chat->line_count;
        assert_in_range(count, 0, 7);
        for (size_t j = 0; j < count; j++) {
            expected[j] = strdup(chat->lines[j]);
            assert_non_null(expected[j]);
            char *place = strstr(expected[j], none);
            if (place != NULL) {
                memcpy(place, secret, strlen(secret));
            }
        }
        ask_about(chat, i, secret);
        assert_int_equal(chat->line_count, count);
        for (size_t j = 0; j < count; j++) {
            assert_string_equal(chat->lines[j], expected[j]);
            free(expected[j]);
        }
    }
}

static void a_secret_channel_is_answered_for_like_none(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 1, "ann");
    ask_open(chat, 2, "bob");
    ask_join(chat, 1, "#secret");
    ask_extra(chat, COMMAND_METADATA, 1, "#secret", "url", "http://x.example");
    ask_do(chat, COMMAND_TOPIC, 1, "#secret", "hush");
    ask_mode(chat, 1, "#secret", "+sbeI eve!*@* dave!*@* carol!*@*");
    assert_same_as_none(chat, "#secret", "#nobody");
    assert_same_as_none(chat, "#SECRET", "#NOBODY");
    ask_mode(chat, 1, "#secret", "+ik key");
    assert_same_as_none(chat, "#secret", "#nobody");
}

static void once_in_it_one_knows_of_it(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 1, "ann");
    ask_open(chat, 2, "bob");
    ask_join(chat, 1, "#secret");
    ask_mode(chat, 1, "#secret", "+s");
    ask_join(chat, 2, "#secret");
    ask(chat, COMMAND_TOPIC_OF, 2, "#secret", "");
    assert_answer(chat, "331|#secret", NULL);
    ask(chat, COMMAND_WHO, 2, "#secret", "");
    assert_int_equal(answer_count(chat, "352|"), 2);
    ask_part(chat, 2, "#secret");
    assert_same_as_none(chat, "#secret", "#nobody");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ASK_TEST(a_secret_channel_is_answered_for_like_none),
        ASK_TEST(once_in_it_one_knows_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
