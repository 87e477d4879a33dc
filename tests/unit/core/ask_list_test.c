/* LIST: src/core/ask_list.c. */
#include "ask_chat.h"

#define MINUTE_MS 60000

/* #one with ann, #two with ann and bob. */
static void two_channels(struct ask_chat *chat)
{
    ask_open(chat, 1, "ann");
    ask_open(chat, 2, "bob");
    ask_open(chat, 3, "cat");
    ask_join(chat, 1, "#one");
    ask_join(chat, 1, "#two");
    ask_join(chat, 2, "#two");
}

/* LIST with these conditions tells these channels: "#one #two". */
static void assert_listed(struct ask_chat *chat, const char *conditions, const char *expected)
{
    char listed[ASK_LINE_BYTES_MAX] = "";
    ask(chat, COMMAND_LIST, 3, "", conditions);
    assert_string_equal(chat->lines[0], "321|Channel");
    assert_string_equal(chat->lines[chat->line_count - 1], "323");
    for (size_t i = 1; i + 1 < chat->line_count; i++) {
        const char *name = chat->lines[i] + strlen("322|");
        const size_t used = strlen(listed);
        assert_int_equal(strncmp(chat->lines[i], "322|", 4), 0);
        (void)snprintf(listed + used, sizeof(listed) - used, "%s%.*s", used > 0 ? " " : "",
                       (int)strcspn(name, "|"), name);
    }
    assert_string_equal(listed, expected);
}

static void channels_are_told_with_members_and_topic(void **state)
{
    struct ask_chat *chat = *state;
    two_channels(chat);
    ask_do(chat, COMMAND_TOPIC, 1, "#two", "What two speak of");
    ask(chat, COMMAND_LIST, 3, "", "");
    assert_answer(chat, "321|Channel", "322|#one|1|", "322|#two|2|What two speak of", "323", NULL);
}

static void without_channels_there_is_only_an_end(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 3, "cat");
    assert_listed(chat, "", "");
    assert_listed(chat, "#none", "");
}

static void a_kept_channel_without_people_is_told_by_its_name_alone(void **state)
{
    struct ask_chat *chat = *state;
    ask_do(chat, COMMAND_KEEP, 0, "#yard", "");
    ask_open(chat, 3, "cat");
    assert_listed(chat, "", "");
    assert_listed(chat, "<1", "");
    assert_listed(chat, "#yard", "#yard");
}

static void named_channels_are_told_in_the_order_asked(void **state)
{
    struct ask_chat *chat = *state;
    two_channels(chat);
    assert_listed(chat, "#TWO,#none,#one", "#two #one");
    assert_listed(chat, "#two,#one,>1", "#two");
    assert_listed(chat, "#two,#one,!#t*", "#one");
}

static void masks_choose_and_masks_exclude(void **state)
{
    struct ask_chat *chat = *state;
    two_channels(chat);
    assert_listed(chat, "*ne", "#one");
    assert_listed(chat, "#T*", "#two");
    assert_listed(chat, "*x", "");
    assert_listed(chat, "#*", "#one #two");
    assert_listed(chat, "#o?e,#tw*", "#one #two");
    assert_listed(chat, "!*ne", "#two");
    assert_listed(chat, "!#one", "#two");
    assert_listed(chat, "!*x", "#one #two");
    assert_listed(chat, "!#*", "");
    assert_listed(chat, "#*,!*wo", "#one");
    assert_listed(chat, "#one,*wo", "#one #two");
}

static void members_are_counted(void **state)
{
    struct ask_chat *chat = *state;
    two_channels(chat);
    assert_listed(chat, ">0", "#one #two");
    assert_listed(chat, "<1", "");
    assert_listed(chat, "<100", "#one #two");
    assert_listed(chat, ">1", "#two");
    assert_listed(chat, "<2", "#one");
    assert_listed(chat, ">0,<2", "#one");
    assert_listed(chat, ">99999999999999999999999", "");
    assert_listed(chat, "<99999999999999999999999", "#one #two");
    assert_listed(chat, ">", "#one #two");
    assert_listed(chat, ">x", "#one #two");
}

static void less_and_more_than_so_many_minutes_ago(void **state)
{
    struct ask_chat *chat = *state;
    ask_open(chat, 1, "ann");
    ask_open(chat, 3, "cat");
    ask_join(chat, 1, "#one");
    ask_do(chat, COMMAND_TOPIC, 1, "#one", "old");
    chat->time_ms += 2 * MINUTE_MS;
    ask_join(chat, 1, "#two");
    ask_join(chat, 1, "#bare");
    ask_do(chat, COMMAND_TOPIC, 1, "#two", "new");
    chat->time_ms += MINUTE_MS;
    assert_listed(chat, "C>2", "#one");
    assert_listed(chat, "C<2", "#two #bare");
    assert_listed(chat, "C<0", "");
    assert_listed(chat, "c>0", "#one #two #bare");
    assert_listed(chat, "C<10", "#one #two #bare");
    assert_listed(chat, "T>2", "#one");
    assert_listed(chat, "T<2", "#two");
    assert_listed(chat, "T<0", "");
    assert_listed(chat, "t>0", "#one #two");
    assert_listed(chat, "T<10,C>2", "#one");
}

static void time_goes_on_without_entries(void **state)
{
    struct ask_chat *chat = *state;
    two_channels(chat);
    assert_listed(chat, "C>5", "");
    chat->time_ms += 6 * MINUTE_MS;
    assert_listed(chat, "C>5", "#one #two");
}

static void a_secret_channel_is_told_to_members(void **state)
{
    struct ask_chat *chat = *state;
    two_channels(chat);
    ask_mode(chat, 1, "#two", "+s");
    assert_listed(chat, "", "#one");
    assert_listed(chat, "#two", "");
    assert_listed(chat, "#tw*", "");
    ask_join(chat, 3, "#two");
    assert_listed(chat, "", "#one #two");
    assert_listed(chat, "#two", "#two");
}

static void korean_names_are_matched(void **state)
{
    struct ask_chat *chat = *state;
    two_channels(chat);
    ask_join(chat, 1, "#마당");
    assert_listed(chat, "#마*", "#마당");
    assert_listed(chat, "#?당", "#마당");
    assert_listed(chat, "#마당", "#마당");
}

static void masks_past_the_bound_are_not_heeded(void **state)
{
    struct ask_chat *chat = *state;
    two_channels(chat);
    /* LIST_CONDITIONS_MAX is 8. */
    assert_listed(chat, "!a,!b,!c,!d,!e,!f,!g,!#two", "#one");
    assert_listed(chat, "!a,!b,!c,!d,!e,!f,!g,!h,!#two", "#one #two");
}

#define MANY 1200

static void channels_change(struct ask_chat *chat)
{
    char name[CHANNEL_BYTES_MAX];
    (void)snprintf(name, sizeof(name), "#new%zu", chat->step_count);
    ask_join(chat, 5000, name);
    (void)snprintf(name, sizeof(name), "#gone%zu", chat->step_count);
    ask_part(chat, 5000, name);
}

static void a_long_list_tells_every_channel_once(void **state)
{
    struct ask_chat *chat = *state;
    char name[CHANNEL_BYTES_MAX];
    ask_open(chat, 3, "cat");
    ask_open(chat, 5000, "dan");
    for (int i = 0; i < 40; i++) {
        (void)snprintf(name, sizeof(name), "#gone%d", i);
        ask_join(chat, 5000, name);
    }
    for (uint64_t i = 0; i < MANY; i++) {
        if (i % 100 == 0) {
            (void)snprintf(name, sizeof(name), "maker%llu", (unsigned long long)i);
            ask_open(chat, 100 + i / 100, name);
        }
        (void)snprintf(name, sizeof(name), "#stays%llu", (unsigned long long)i);
        ask_join(chat, 100 + i / 100, name);
    }
    chat->between = channels_change;
    ask(chat, COMMAND_LIST, 3, "", "");
    chat->between = NULL;
    assert_true(chat->step_count > 3);
    for (uint64_t i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof(name), "322|#stays%llu|", (unsigned long long)i);
        assert_int_equal(answer_count(chat, name), 1);
    }
    assert_int_equal(answer_count(chat, "321|"), 1);
    assert_int_equal(answer_count(chat, "323"), 1);
}

static void a_long_row_of_names_tells_each_once(void **state)
{
    struct ask_chat *chat = *state;
    char name[CHANNEL_BYTES_MAX];
    char names[MESSAGE_BYTES_MAX] = "";
    char topic[TOPIC_BYTES_MAX + 1];
    memset(topic, 't', TOPIC_BYTES_MAX);
    topic[TOPIC_BYTES_MAX] = '\0';
    ask_open(chat, 3, "cat");
    for (int i = 0; i < 60; i++) {
        (void)snprintf(name, sizeof(name), "#n%d", i);
        ask_join(chat, 3, name);
        ask_do(chat, COMMAND_TOPIC, 3, name, topic);
        (void)snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s,", name);
    }
    ask(chat, COMMAND_LIST, 3, "", names);
    assert_true(chat->step_count > 1);
    assert_int_equal(answer_count(chat, "322|#n"), 60);
    assert_int_equal(answer_count(chat, "323"), 1);
}

/* Wherever the page ends: also just before the end of the list. */
static void an_answer_of_any_length_has_one_end(void **state)
{
    struct ask_chat *chat = *state;
    char name[CHANNEL_BYTES_MAX];
    char names[MESSAGE_BYTES_MAX] = "";
    char topic[TOPIC_BYTES_MAX + 1];
    memset(topic, 't', sizeof(topic));
    ask_open(chat, 3, "cat");
    for (int i = 0; i < 16; i++) {
        (void)snprintf(name, sizeof(name), "#n%d", i);
        ask_join(chat, 3, name);
        topic[TOPIC_BYTES_MAX] = '\0';
        ask_do(chat, COMMAND_TOPIC, 3, name, topic);
        (void)snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s,", name);
    }
    ask_join(chat, 3, "#last");
    ask_join(chat, 3, "#then");
    (void)snprintf(names + strlen(names), sizeof(names) - strlen(names), "#last,#then");
    bool was_one = false;
    bool were_two = false;
    for (size_t bytes = 1; bytes < sizeof(topic); bytes++) {
        topic[bytes] = '\0';
        ask_do(chat, COMMAND_TOPIC, 3, "#last", topic);
        ask_do(chat, COMMAND_TOPIC, 3, "#then", topic);
        topic[bytes] = 't';
        ask(chat, COMMAND_LIST, 3, "", "");
        was_one = was_one || chat->step_count == 1;
        were_two = were_two || chat->step_count == 2;
        assert_int_equal(answer_count(chat, "322|"), 18);
        assert_int_equal(answer_count(chat, "323"), 1);
        ask(chat, COMMAND_LIST, 3, "", names);
        assert_int_equal(answer_count(chat, "322|"), 18);
        assert_int_equal(answer_count(chat, "323"), 1);
    }
    assert_true(was_one && were_two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ASK_TEST(channels_are_told_with_members_and_topic),
        ASK_TEST(without_channels_there_is_only_an_end),
        ASK_TEST(a_kept_channel_without_people_is_told_by_its_name_alone),
        ASK_TEST(named_channels_are_told_in_the_order_asked),
        ASK_TEST(masks_choose_and_masks_exclude),
        ASK_TEST(members_are_counted),
        ASK_TEST(less_and_more_than_so_many_minutes_ago),
        ASK_TEST(time_goes_on_without_entries),
        ASK_TEST(a_secret_channel_is_told_to_members),
        ASK_TEST(korean_names_are_matched),
        ASK_TEST(masks_past_the_bound_are_not_heeded),
        ASK_TEST(a_long_list_tells_every_channel_once),
        ASK_TEST(a_long_row_of_names_tells_each_once),
        ASK_TEST(an_answer_of_any_length_has_one_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
