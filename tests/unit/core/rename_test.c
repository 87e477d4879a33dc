/* RENAME of a channel. */
#include "chat.h"

#include "model/name.h"

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

static void rename_to(struct chat *chat, uint64_t session, const char *channel, const char *name)
{
    chat_give(chat, (struct command){.kind = COMMAND_RENAME,
                                     .session = session,
                                     .name = text_of(channel),
                                     .extra = text_of(name),
                                     .text = TEXT("why not")});
}

static void rename_is_told_and_kept(void **state)
{
    struct chat *chat = *state;
    const uint64_t id = chat->effects[0].effect.channels[0].id;
    chat_say(chat, 1, "#YARD", "hello");
    rename_to(chat, 1, "#YARD", "#Forge");
    const struct effect *effect = assert_own(chat, EFFECT_RENAMED, 1);
    assert_text(effect->name, "#Forge");
    assert_text(effect->extra, "#yard");
    assert_text(effect->text, "why not");
    assert_int_equal(effect->channel_count, 1);
    assert_int_equal(effect->channels[0].id, id);
    assert_int_equal(chat->row_count, 1);
    assert_text(assert_row(chat, 0, ROW_RENAMED, "#yard", "bob")->text, "#Forge");
    /* It is the same channel, and the old name is free, however it was spelled last. */
    chat_say(chat, 1, "#YARD", "hello");
    assert_refused(chat, REFUSAL_NO_CHANNEL, 1);
    chat_say(chat, 2, "#forge", "hello");
    assert_int_equal(assert_own(chat, EFFECT_MESSAGE, 2)->channels[0].id, id);
    chat_join(chat, 2, "#yard");
    assert_int_equal(assert_own(chat, EFFECT_JOINED, 2)->rank, RANK_OPERATOR);
    chat_part(chat, 1, "#forge");
    chat_part(chat, 2, "#forge");
    assert_int_equal(core_channel_count(chat->core), 1);
}

static void rename_may_change_the_spelling_alone(void **state)
{
    struct chat *chat = *state;
    rename_to(chat, 1, "#yard", "#YARD");
    assert_text(assert_own(chat, EFFECT_RENAMED, 1)->name, "#YARD");
    rename_to(chat, 1, "#yard", "#YARD");
    assert_nothing(chat);
    chat_say(chat, 2, "#yard", "hello");
    assert_own(chat, EFFECT_MESSAGE, 2);
}

static void rename_to_what_cannot_be_is_refused(void **state)
{
    struct chat *chat = *state;
    char longest[200];
    memset(longest, 'x', sizeof(longest) - 1);
    longest[0] = '#';
    longest[sizeof(longest) - 1] = '\0';
    chat_join(chat, 3, "#other");
    rename_to(chat, 1, "#yard", "#OTHER");
    assert_text(assert_refused(chat, REFUSAL_NAME_IN_USE, 1)->extra, "#OTHER");
    rename_to(chat, 1, "#yard", "yard");
    const struct effect *effect = assert_refused(chat, REFUSAL_NAME_BAD, 1);
    assert_text(effect->name, "yard");
    assert_int_equal(effect->verdict, NAME_START);
    rename_to(chat, 1, "#yard", longest);
    assert_int_equal(assert_refused(chat, REFUSAL_NAME_BAD, 1)->verdict, NAME_TOO_LONG);
    rename_to(chat, 1, "#yard", "");
    assert_refused(chat, REFUSAL_NAME_BAD, 1);
}

static void rename_by_who_may_not_is_refused(void **state)
{
    struct chat *chat = *state;
    rename_to(chat, 3, "#yard", "#forge");
    assert_refused(chat, REFUSAL_NOT_MEMBER, 3);
    rename_to(chat, 2, "#yard", "#forge");
    assert_refused(chat, REFUSAL_NOT_OPERATOR, 2);
    chat_mode(chat, 1, "#yard", "+h eve");
    rename_to(chat, 2, "#yard", "#forge");
    assert_refused(chat, REFUSAL_NOT_OPERATOR, 2);
    rename_to(chat, 1, "#none", "#forge");
    assert_refused(chat, REFUSAL_NO_CHANNEL, 1);
}

static void kept_channel_keeps_its_name(void **state)
{
    struct chat *chat = *state;
    chat_do(chat, COMMAND_KEEP, 0, "#yard", "");
    rename_to(chat, 1, "#yard", "#forge");
    assert_refused(chat, REFUSAL_UNSUPPORTED, 1);
}

#define YARD_TEST(function) cmocka_unit_test_setup_teardown(function, yard_setup, chat_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        YARD_TEST(rename_is_told_and_kept),
        YARD_TEST(rename_may_change_the_spelling_alone),
        YARD_TEST(rename_to_what_cannot_be_is_refused),
        YARD_TEST(rename_by_who_may_not_is_refused),
        YARD_TEST(kept_channel_keeps_its_name),
    };
    return cmocka_run_group_tests_name("core/rename", tests, NULL, NULL);
}
