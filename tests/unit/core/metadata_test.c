/* METADATA: setting, unsetting and clearing keys. */
#include "chat.h"

/* Sessions 1 (bob), 2 (eve) and 3 (ann) exist; bob, who made it, and eve are in #yard. */
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

static void set(struct chat *chat, uint64_t session, const char *name, const char *key,
                const char *value)
{
    chat_give(chat, (struct command){.kind = COMMAND_METADATA,
                                     .session = session,
                                     .name = text_of(name),
                                     .extra = text_of(key),
                                     .text = text_of(value)});
}

static void unset(struct chat *chat, uint64_t session, const char *name, const char *key)
{
    chat_give(chat, (struct command){.kind = COMMAND_METADATA,
                                     .session = session,
                                     .name = text_of(name),
                                     .extra = text_of(key),
                                     .flags = METADATA_UNSET});
}

static void clear(struct chat *chat, uint64_t session, const char *name, uint64_t cursor)
{
    chat_give(chat, (struct command){.kind = COMMAND_METADATA,
                                     .session = session,
                                     .name = text_of(name),
                                     .flags = METADATA_CLEAR,
                                     .cursor = cursor});
}

static void own_key_is_told_where_one_is_seen(void **state)
{
    struct chat *chat = *state;
    set(chat, 1, "*", "display-name", "Bob the First");
    const struct effect *effect = assert_own(chat, EFFECT_METADATA, 1);
    assert_int_equal(effect->target.session, 1);
    assert_text(effect->extra, "display-name");
    assert_text(effect->text, "Bob the First");
    assert_int_equal(effect->flags, 0);
    assert_text(effect->name, "");
    assert_int_equal(effect->channel_count, 1);
    assert_replies(chat, "761|bob|display-name|*|Bob the First", NULL);
    assert_int_equal(chat->row_count, 0);
    /* The same by name, and another value. */
    set(chat, 1, "BOB", "display-name", "Bob the Second");
    assert_text(assert_own(chat, EFFECT_METADATA, 1)->text, "Bob the Second");
    set(chat, 1, "bob", "display-name", "Bob the Second");
    assert_int_equal(chat->effect_count, 0);
    assert_replies(chat, "761|bob|display-name|*|Bob the Second", NULL);
    set(chat, 1, "bob", "display-name", "");
    assert_text(assert_own(chat, EFFECT_METADATA, 1)->text, "");
    assert_replies(chat, "761|bob|display-name|*|", NULL);
}

static void key_is_unset_once(void **state)
{
    struct chat *chat = *state;
    set(chat, 1, "*", "url", "x");
    unset(chat, 1, "*", "url");
    const struct effect *effect = assert_own(chat, EFFECT_METADATA, 1);
    assert_int_equal(effect->flags, METADATA_UNSET);
    assert_text(effect->extra, "url");
    assert_text(effect->text, "");
    assert_replies(chat, "766|bob|url", NULL);
    unset(chat, 1, "*", "url");
    assert_unchanged(chat);
    assert_replies(chat, "1000|METADATA|KEY_NOT_SET|bob|url|The key is not set", NULL);
    unset(chat, 2, "*", "url");
    assert_replies(chat, "1000|METADATA|KEY_NOT_SET|eve|url|The key is not set", NULL);
}

static void channel_key_is_the_operators(void **state)
{
    struct chat *chat = *state;
    set(chat, 1, "#YARD", "url", "x");
    const struct effect *effect = assert_own(chat, EFFECT_METADATA, 1);
    assert_text(effect->name, "#yard");
    assert_int_equal(effect->target.session, 0);
    assert_int_equal(effect->channel_count, 1);
    assert_replies(chat, "761|#yard|url|*|x", NULL);
    set(chat, 2, "#yard", "url", "y");
    assert_unchanged(chat);
    assert_replies(chat, "1000|METADATA|KEY_NO_PERMISSION|#yard|url|You may not change that", NULL);
    unset(chat, 3, "#yard", "url");
    assert_unchanged(chat);
    clear(chat, 2, "#yard", 0);
    assert_unchanged(chat);
    assert_replies(chat, "1000|METADATA|KEY_NO_PERMISSION|#yard|*|You may not change that", NULL);
}

static void keys_of_others_are_theirs(void **state)
{
    struct chat *chat = *state;
    set(chat, 1, "eve", "url", "x");
    assert_unchanged(chat);
    assert_replies(chat, "1000|METADATA|KEY_NO_PERMISSION|eve|url|You may not change that", NULL);
    chat_oper(chat, 1);
    set(chat, 1, "eve", "url", "x");
    assert_int_equal(assert_own(chat, EFFECT_METADATA, 1)->target.session, 2);
}

static void targets_that_are_not_there_are_told(void **state)
{
    static const char *const names[] = {"nobody", "#none", "", "a b", ":x"};
    struct chat *chat = *state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        set(chat, 1, names[i], "url", "x");
        assert_unchanged(chat);
        assert_int_equal(chat->reply_count, 1);
        assert_int_equal(strncmp(chat->replies[0], "1000|METADATA|INVALID_TARGET|", 29), 0);
    }
    chat_mode(chat, 1, "#yard", "+s");
    set(chat, 3, "#yard", "url", "x");
    assert_int_equal(strncmp(chat->replies[0], "1000|METADATA|INVALID_TARGET|", 29), 0);
}

static void keys_and_values_have_their_form(void **state)
{
    char longest[METADATA_VALUE_BYTES_MAX + 2];
    static const char *const keys[] = {"", "URL", "a b", "$x", "\ud55c", ":x"};
    struct chat *chat = *state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        set(chat, 1, "*", keys[i], "x");
        assert_unchanged(chat);
        assert_int_equal(chat->reply_count, 1);
        assert_int_equal(strncmp(chat->replies[0], "1000|METADATA|INVALID_KEY|", 26), 0);
    }
    memset(longest, 'k', sizeof(longest));
    longest[METADATA_KEY_BYTES_MAX + 1] = '\0';
    set(chat, 1, "*", longest, "x");
    assert_unchanged(chat);
    longest[METADATA_KEY_BYTES_MAX] = '\0';
    set(chat, 1, "*", longest, "x");
    assert_own(chat, EFFECT_METADATA, 1);
    memset(longest, 'v', sizeof(longest));
    longest[METADATA_VALUE_BYTES_MAX + 1] = '\0';
    set(chat, 1, "*", "url", longest);
    assert_unchanged(chat);
    assert_replies(chat, "1000|METADATA|INVALID_VALUE|url|The value is too long or not UTF-8",
                   NULL);
    longest[METADATA_VALUE_BYTES_MAX] = '\0';
    set(chat, 1, "*", "url", longest);
    assert_own(chat, EFFECT_METADATA, 1);
    set(chat, 1, "*", "url", "\xff");
    assert_unchanged(chat);
    set(chat, 1, "*", "a_b.c/d-9", "x");
    assert_own(chat, EFFECT_METADATA, 1);
}

static void keys_are_bounded_and_cleared_one_by_one(void **state)
{
    struct chat *chat = *state;
    char key[16];
    for (int i = 0; i < METADATA_KEYS_MAX; i++) {
        (void)snprintf(key, sizeof(key), "k%d", i);
        set(chat, 1, "#yard", key, "x");
        assert_own(chat, EFFECT_METADATA, 1);
    }
    set(chat, 1, "#yard", "more", "x");
    assert_unchanged(chat);
    assert_replies(chat, "1000|METADATA|LIMIT_REACHED|#yard|There are too many keys", NULL);
    set(chat, 1, "#yard", "k7", "y");
    assert_own(chat, EFFECT_METADATA, 1);

    uint64_t cursor = 0;
    for (int i = 0; i < METADATA_KEYS_MAX; i++) {
        clear(chat, 1, "#yard", cursor);
        (void)snprintf(key, sizeof(key), "k%d", i);
        assert_text(assert_own(chat, EFFECT_METADATA, 1)->extra, key);
        assert_int_equal(chat->reply_count, 1);
        assert_int_equal(chat->more == 0, i == METADATA_KEYS_MAX - 1);
        assert_true(chat->more == 0 || chat->more > cursor);
        cursor = chat->more;
    }
    clear(chat, 1, "#yard", 0);
    assert_nothing(chat);
    clear(chat, 2, "*", 0);
    assert_nothing(chat);
}

#define YARD_TEST(function) cmocka_unit_test_setup_teardown(function, yard_setup, chat_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        YARD_TEST(own_key_is_told_where_one_is_seen),
        YARD_TEST(key_is_unset_once),
        YARD_TEST(channel_key_is_the_operators),
        YARD_TEST(keys_of_others_are_theirs),
        YARD_TEST(targets_that_are_not_there_are_told),
        YARD_TEST(keys_and_values_have_their_form),
        YARD_TEST(keys_are_bounded_and_cleared_one_by_one),
    };
    return cmocka_run_group_tests_name("core/metadata", tests, NULL, NULL);
}
