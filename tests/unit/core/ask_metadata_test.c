/* METADATA GET, LIST and SYNC: src/core/ask_metadata.c. */
#include "ask_chat.h"

static void set(struct ask_chat *chat, uint64_t session, const char *target, const char *key,
                const char *value)
{
    ask_extra(chat, COMMAND_METADATA, session, target, key, value);
}

static void two_people(struct ask_chat *chat)
{
    ask_open(chat, 1, "ann");
    ask_open(chat, 2, "bob");
    ask_join(chat, 1, "#Chan");
}

static void keys_are_told_in_the_order_asked(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    set(chat, 1, "*", "display-name", "Ann The First");
    set(chat, 1, "*", "url", "http://ann.example");
    ask(chat, COMMAND_METADATA_GET, 1, "*", "url avatar display-name UP");
    assert_answer(chat, "761|ann|url|*|http://ann.example", "766|ann|avatar",
                  "761|ann|display-name|*|Ann The First",
                  "1001|METADATA|INVALID_KEY|UP|That is no key", NULL);
    ask(chat, COMMAND_METADATA_GET, 2, "ANN", "display-name");
    assert_answer(chat, "761|ann|display-name|*|Ann The First", NULL);
}

static void who_has_set_nothing_has_an_empty_list(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    ask(chat, COMMAND_METADATA_LIST, 1, "*", "");
    assert_answer(chat, NULL);
    ask(chat, COMMAND_METADATA_SYNC, 1, "#chan", "");
    assert_answer(chat, NULL);
}

static void a_list_has_all_keys(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    set(chat, 1, "#chan", "url", "http://chan.example");
    set(chat, 1, "#chan", "avatar", "http://chan.example/a.png");
    ask(chat, COMMAND_METADATA_LIST, 2, "#chan", "");
    assert_answer(chat, "761|#Chan|url|*|http://chan.example",
                  "761|#Chan|avatar|*|http://chan.example/a.png", NULL);
}

static void nobody_is_an_invalid_target(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    static const enum command_kind kinds[] = {COMMAND_METADATA_GET, COMMAND_METADATA_LIST,
                                              COMMAND_METADATA_SYNC};
    for (size_t i = 0; i < 3; i++) {
        ask(chat, kinds[i], 1, "cat", "url");
        assert_answer(chat, "1000|METADATA|INVALID_TARGET|cat|Nobody is called that", NULL);
        ask(chat, kinds[i], 1, "#none", "url");
        assert_answer(chat, "1000|METADATA|INVALID_TARGET|#none|Nobody is called that", NULL);
    }
}

static void outsiders_do_not_read_what_is_behind_a_door(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    set(chat, 1, "#chan", "url", "http://chan.example");
    static const char *const modes[] = {"+i", "-i+k key"};
    for (size_t i = 0; i < 2; i++) {
        ask_mode(chat, 1, "#chan", modes[i]);
        ask(chat, COMMAND_METADATA_GET, 2, "#chan", "url");
        assert_answer(chat,
                      "1001|METADATA|KEY_NO_PERMISSION|#Chan|url|You are not allowed to read this",
                      NULL);
        ask(chat, COMMAND_METADATA_LIST, 2, "#chan", "");
        assert_answer(
            chat, "1001|METADATA|KEY_NO_PERMISSION|#Chan|*|You are not allowed to read this", NULL);
        ask(chat, COMMAND_METADATA_SYNC, 2, "#chan", "");
        assert_answer(
            chat, "1001|METADATA|KEY_NO_PERMISSION|#Chan|*|You are not allowed to read this", NULL);
        ask(chat, COMMAND_METADATA_GET, 1, "#chan", "url");
        assert_answer(chat, "761|#Chan|url|*|http://chan.example", NULL);
    }
}

static void sync_tells_the_channel_and_its_members(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    set(chat, 1, "#chan", "url", "http://chan.example");
    set(chat, 1, "*", "display-name", "Ann");
    set(chat, 2, "*", "display-name", "Bob");
    ask(chat, COMMAND_METADATA_SYNC, 2, "#chan", "");
    assert_answer(chat, "761|#Chan|url|*|http://chan.example", NULL);
    ask_join(chat, 2, "#chan");
    ask(chat, COMMAND_METADATA_SYNC, 2, "#chan", "");
    assert_answer(chat, "761|#Chan|url|*|http://chan.example", "761|ann|display-name|*|Ann",
                  "761|bob|display-name|*|Bob", NULL);
    ask(chat, COMMAND_METADATA_SYNC, 2, "ann", "");
    assert_answer(chat, "761|ann|display-name|*|Ann", NULL);
}

static void sync_in_an_auditorium_leaves_out_its_guests(void **state)
{
    struct ask_chat *chat = *state;
    two_people(chat);
    ask_open(chat, 3, "cat");
    ask_mode(chat, 1, "#chan", "+u");
    ask_join(chat, 2, "#chan");
    ask_join(chat, 3, "#chan");
    set(chat, 2, "*", "display-name", "Bob");
    ask(chat, COMMAND_METADATA_SYNC, 3, "#chan", "");
    assert_answer(chat, NULL);
    ask(chat, COMMAND_METADATA_SYNC, 1, "#chan", "");
    assert_answer(chat, "761|bob|display-name|*|Bob", NULL);
}

#define CROWD 40

static void key_goes(struct ask_chat *chat)
{
    char key[METADATA_KEY_BYTES_MAX];
    /* Values that were told go away, and so does a member. */
    (void)snprintf(key, sizeof(key), "gone%zu", chat->step_count);
    ask_apply(chat, (struct command){.kind = COMMAND_METADATA,
                                     .session = 100,
                                     .name = TEXT("*"),
                                     .extra = text_of(key),
                                     .flags = METADATA_UNSET});
    if (chat->step_count < CROWD / 2) {
        ask_close(chat, 100 + CROWD - chat->step_count);
    }
}

static void a_long_sync_tells_everything_once(void **state)
{
    struct ask_chat *chat = *state;
    char nick[NAME_BYTES_MAX];
    char key[METADATA_KEY_BYTES_MAX];
    char value[METADATA_VALUE_BYTES_MAX + 1];
    memset(value, 'v', METADATA_VALUE_BYTES_MAX);
    value[METADATA_VALUE_BYTES_MAX] = '\0';
    for (uint64_t session = 100; session < 100 + CROWD; session++) {
        (void)snprintf(nick, sizeof(nick), "somebody%llu", (unsigned long long)session);
        ask_open(chat, session, nick);
        ask_join(chat, session, "#chan");
        for (int i = 0; i < 12; i++) {
            (void)snprintf(key, sizeof(key), "%s%d", i < 6 ? "gone" : "stays", i);
            set(chat, session, "*", key, value);
        }
    }
    chat->between = key_goes;
    ask(chat, COMMAND_METADATA_SYNC, 105, "#chan", "");
    chat->between = NULL;
    assert_true(chat->step_count > 5);
    for (uint64_t session = 100; session < 100 + CROWD; session++) {
        size_t told = 0;
        (void)snprintf(nick, sizeof(nick), "761|somebody%llu|", (unsigned long long)session);
        for (size_t i = 0; i < chat->line_count; i++) {
            const bool is_theirs = strncmp(chat->lines[i], nick, strlen(nick)) == 0;
            told += is_theirs && strstr(chat->lines[i], "|stays") != NULL ? 1 : 0;
        }
        /* Only the last ones may be gone before they were told. */
        assert_true(told == 6 || (session >= 100 + CROWD / 2 && told < 6));
    }
}

static void a_long_list_of_keys_takes_several_steps(void **state)
{
    struct ask_chat *chat = *state;
    char key[METADATA_KEY_BYTES_MAX];
    char keys[MESSAGE_BYTES_MAX] = "";
    char value[METADATA_VALUE_BYTES_MAX + 1];
    two_people(chat);
    memset(value, 'v', METADATA_VALUE_BYTES_MAX);
    value[METADATA_VALUE_BYTES_MAX] = '\0';
    for (int i = 0; i < METADATA_KEYS_MAX; i++) {
        (void)snprintf(key, sizeof(key), "key%d", i);
        (void)snprintf(keys + strlen(keys), sizeof(keys) - strlen(keys), "%s ", key);
        set(chat, 1, "*", key, value);
    }
    ask(chat, COMMAND_METADATA_GET, 2, "ann", keys);
    assert_true(chat->step_count > 1);
    assert_int_equal(answer_count(chat, "761|ann|key"), METADATA_KEYS_MAX);
    ask(chat, COMMAND_METADATA_LIST, 2, "ann", "");
    assert_true(chat->step_count > 1);
    assert_int_equal(answer_count(chat, "761|ann|key"), METADATA_KEYS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ASK_TEST(keys_are_told_in_the_order_asked),
        ASK_TEST(who_has_set_nothing_has_an_empty_list),
        ASK_TEST(a_list_has_all_keys),
        ASK_TEST(nobody_is_an_invalid_target),
        ASK_TEST(outsiders_do_not_read_what_is_behind_a_door),
        ASK_TEST(sync_tells_the_channel_and_its_members),
        ASK_TEST(sync_in_an_auditorium_leaves_out_its_guests),
        ASK_TEST(a_long_sync_tells_everything_once),
        ASK_TEST(a_long_list_of_keys_takes_several_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
