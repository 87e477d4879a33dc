/* The lists of masks of a channel: b, e and I. */
#include "chat.h"

#include "core/state.h"

/* Session 1 (bob) has made #yard. */
static int yard_setup(void **state)
{
    struct chat *chat = chat_new();
    chat_open(chat, 1, "bob");
    chat_join(chat, 1, "#yard");
    *state = chat;
    return 0;
}

static const struct notes *list_of(const struct chat *chat, enum channel_list list)
{
    return channel_list(channel_get(chat->core, TEXT("#yard")), list);
}

static void mask_is_completed(void **state)
{
    static const struct {
        const char *typed;
        const char *kept;
    } cases[] = {
        {"eve", "eve!*@*"},
        {"eve!u", "eve!u@*"},
        {"u@h", "*!u@h"},
        {"Eve!U@H", "Eve!U@H"},
        {"h.example", "*!*@h.example"},
        {"2001:db8::*", "*!*@2001:db8::*"},
        {"*", "*!*@*"},
        {"~m:eve", "~m:eve!*@*"},
        {"~a:eve", "~a:eve"},
        {"\ud55c?", "\ud55c?!*@*"},
    };
    struct chat *chat = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char modes[64];
        (void)snprintf(modes, sizeof(modes), "+e %s", cases[i].typed);
        chat_mode(chat, 1, "#yard", modes);
        (void)snprintf(modes, sizeof(modes), "+e %s", cases[i].kept);
        assert_text(assert_own(chat, EFFECT_MODE, 1)->text, modes);
        const struct notes *masks = list_of(chat, LIST_EXCEPTIONS);
        assert_int_equal(masks->count, i + 1);
        assert_text(note_subject(masks->items[i]), cases[i].kept);
        assert_text(note_nick(masks->items[i]), "bob");
        assert_int_equal(masks->items[i]->time_ms, chat->time_ms);
    }
}

static void masks_that_are_none_are_told(void **state)
{
    char longest[MASK_BYTES_MAX + 8] = "+b ";
    struct chat *chat = *state;
    static const struct {
        const char *modes;
        const char *reply;
    } cases[] = {
        {"+b ~x:eve", "696|#yard|b|~x:eve"},
        {"+b ~m:", "696|#yard|b|~m:"},
        {"+I ~", "696|#yard|I|~"},
        {"+b :x", "696|#yard|b|*"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        chat_mode(chat, 1, "#yard", cases[i].modes);
        assert_unchanged(chat);
        assert_replies(chat, cases[i].reply, NULL);
    }
    /* Completed it would be one byte too long. */
    memset(longest + 3, 'a', MASK_BYTES_MAX - 3);
    chat_mode(chat, 1, "#yard", longest);
    assert_unchanged(chat);
    assert_int_equal(chat->reply_count, 1);
    longest[3 + MASK_BYTES_MAX - 4] = '\0';
    longest[3 + MASK_BYTES_MAX - 5] = '\0';
    chat_mode(chat, 1, "#yard", longest);
    assert_own(chat, EFFECT_MODE, 1);
}

static void mask_is_there_once_however_it_is_spelled(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+b EVE!*@Host");
    chat_mode(chat, 1, "#yard", "+b eve!*@hOST");
    assert_nothing(chat);
    /* A mute of the same is another thing. */
    chat_mode(chat, 1, "#yard", "+b ~m:eve!*@host");
    assert_own(chat, EFFECT_MODE, 1);
    chat_mode(chat, 1, "#yard", "-b eve!*@host");
    assert_text(assert_own(chat, EFFECT_MODE, 1)->text, "-b EVE!*@Host");
    chat_mode(chat, 1, "#yard", "-b eve!*@host");
    assert_nothing(chat);
    assert_int_equal(list_of(chat, LIST_BANS)->count, 1);
}

static void lists_are_apart(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+beI eve eve eve");
    assert_text(assert_own(chat, EFFECT_MODE, 1)->text, "+beI eve!*@* eve!*@* eve!*@*");
    chat_mode(chat, 1, "#yard", "-e eve");
    assert_int_equal(list_of(chat, LIST_BANS)->count, 1);
    assert_null(list_of(chat, LIST_EXCEPTIONS));
    assert_int_equal(list_of(chat, LIST_INVITATIONS)->count, 1);
}

static void letter_alone_changes_nothing(void **state)
{
    struct chat *chat = *state;
    chat_open(chat, 2, "eve");
    chat_join(chat, 2, "#yard");
    chat_mode(chat, 1, "#yard", "b");
    assert_nothing(chat);
    chat_mode(chat, 2, "#yard", "+beI");
    assert_nothing(chat);
}

static void masks_of_a_list_are_bounded(void **state)
{
    struct chat *chat = *state;
    for (int i = 0; i < LIST_MASKS_MAX; i++) {
        char modes[32];
        (void)snprintf(modes, sizeof(modes), "+b n%d", i);
        chat_mode(chat, 1, "#yard", modes);
        assert_own(chat, EFFECT_MODE, 1);
    }
    chat_mode(chat, 1, "#yard", "+b one-more");
    assert_unchanged(chat);
    assert_replies(chat, "478|#yard|b", NULL);
    /* One out, one in. */
    chat_mode(chat, 1, "#yard", "-b+b n7 one-more");
    assert_text(assert_own(chat, EFFECT_MODE, 1)->text, "-b+b n7!*@* one-more!*@*");
    assert_int_equal(list_of(chat, LIST_BANS)->count, LIST_MASKS_MAX);
    chat_mode(chat, 1, "#yard", "+e one-more");
    assert_own(chat, EFFECT_MODE, 1);
}

#define YARD_TEST(function) cmocka_unit_test_setup_teardown(function, yard_setup, chat_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        YARD_TEST(mask_is_completed),
        YARD_TEST(masks_that_are_none_are_told),
        YARD_TEST(mask_is_there_once_however_it_is_spelled),
        YARD_TEST(lists_are_apart),
        YARD_TEST(letter_alone_changes_nothing),
        YARD_TEST(masks_of_a_list_are_bounded),
    };
    return cmocka_run_group_tests_name("core/mode_list", tests, NULL, NULL);
}
