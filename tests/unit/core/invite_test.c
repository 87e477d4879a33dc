/* INVITE. */
#include "chat.h"

#include "core/state.h"

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

static void invite(struct chat *chat, uint64_t session, const char *channel, const char *nick)
{
    chat_do_extra(chat, COMMAND_INVITE, session, channel, nick);
}

static void invitation_is_told_to_who_is_invited(void **state)
{
    struct chat *chat = *state;
    invite(chat, 1, "#YARD", "ANN");
    const struct effect *effect = assert_own(chat, EFFECT_INVITED, 1);
    assert_int_equal(effect->target.session, 3);
    assert_text(effect->target.nick, "ann");
    assert_text(effect->name, "#yard");
    assert_int_equal(effect->channel_count, 1);
    assert_replies(chat, "341|ann|#yard", NULL);
    assert_int_equal(chat->row_count, 0);
    chat_do(chat, COMMAND_AWAY, 3, "", "at lunch");
    invite(chat, 1, "#yard", "ann");
    assert_replies(chat, "341|ann|#yard", "301|ann|at lunch", NULL);
}

static void invitation_opens_every_door_once(void **state)
{
    static const char *const modes[] = {"+i", "+b ann", "+k beer", "+l 1", "+R"};
    struct chat *chat = *state;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        chat_mode(chat, 1, "#yard", modes[i]);
        chat_join(chat, 3, "#yard");
        assert_int_equal(chat->effects[0].effect.kind, EFFECT_REFUSED);
        invite(chat, 1, "#yard", "ann");
        chat_join(chat, 3, "#yard");
        assert_own(chat, EFFECT_JOINED, 3);
        chat_part(chat, 3, "#yard");
        chat_join(chat, 3, "#yard");
        assert_int_equal(chat->effects[0].effect.kind, EFFECT_REFUSED);
    }
}

static void invitation_by_who_is_no_operator_opens_none(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+k beer");
    invite(chat, 2, "#yard", "ann");
    assert_own(chat, EFFECT_INVITED, 2);
    assert_int_equal(core_digest(chat->core), chat->digest_before);
    chat_join(chat, 3, "#yard");
    assert_refused(chat, REFUSAL_KEY, 3);
    chat_mode(chat, 1, "#yard", "+i");
    invite(chat, 2, "#yard", "ann");
    assert_refused(chat, REFUSAL_NOT_OPERATOR, 2);
}

static void invitations_that_cannot_be_are_refused(void **state)
{
    struct chat *chat = *state;
    invite(chat, 1, "#none", "ann");
    assert_refused(chat, REFUSAL_NO_CHANNEL, 1);
    invite(chat, 3, "#yard", "ann");
    assert_refused(chat, REFUSAL_NOT_MEMBER, 3);
    invite(chat, 1, "#yard", "nobody");
    assert_text(assert_refused(chat, REFUSAL_NO_NICK, 1)->extra, "nobody");
    invite(chat, 1, "#yard", "Eve");
    assert_text(assert_refused(chat, REFUSAL_TARGET_MEMBER, 1)->extra, "Eve");
    chat_mode(chat, 1, "#yard", "+s");
    invite(chat, 3, "#yard", "bob");
    assert_refused(chat, REFUSAL_NO_CHANNEL, 3);
}

static void invitation_ends_with_its_channel(void **state)
{
    struct chat *chat = *state;
    invite(chat, 1, "#yard", "ann");
    chat_part(chat, 1, "#yard");
    chat_part(chat, 2, "#yard");
    /* Another one of the same name, and in the same place. */
    chat_join(chat, 1, "#yard");
    chat_mode(chat, 1, "#yard", "+i");
    chat_join(chat, 3, "#yard");
    assert_refused(chat, REFUSAL_INVITE_ONLY, 3);
}

static void invitation_follows_a_renamed_channel(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+i");
    invite(chat, 1, "#yard", "ann");
    chat_do_extra(chat, COMMAND_RENAME, 1, "#yard", "#forge");
    chat_join(chat, 3, "#forge");
    assert_own(chat, EFFECT_JOINED, 3);
}

static void oldest_of_too_many_invitations_is_forgotten(void **state)
{
    struct chat *chat = *state;
    char name[16];
    for (int i = 0; i <= INVITES_PER_SESSION_MAX; i++) {
        (void)snprintf(name, sizeof(name), "#c%d", i);
        chat_join(chat, 1, name);
        chat_mode(chat, 1, name, "+i");
        invite(chat, 1, name, "ann");
        invite(chat, 1, name, "ann");
    }
    chat_join(chat, 3, "#c0");
    assert_refused(chat, REFUSAL_INVITE_ONLY, 3);
    chat_join(chat, 3, "#c1");
    assert_own(chat, EFFECT_JOINED, 3);
    chat_join(chat, 3, name);
    assert_own(chat, EFFECT_JOINED, 3);
    /* Those to channels that are gone go first. */
    invite(chat, 1, "#c1", "ann");
    chat_part(chat, 1, "#c9");
    chat_join(chat, 1, "#new");
    invite(chat, 1, "#new", "ann");
    chat_join(chat, 3, "#c2");
    assert_own(chat, EFFECT_JOINED, 3);
}

#define YARD_TEST(function) cmocka_unit_test_setup_teardown(function, yard_setup, chat_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        YARD_TEST(invitation_is_told_to_who_is_invited),
        YARD_TEST(invitation_opens_every_door_once),
        YARD_TEST(invitation_by_who_is_no_operator_opens_none),
        YARD_TEST(invitations_that_cannot_be_are_refused),
        YARD_TEST(invitation_ends_with_its_channel),
        YARD_TEST(invitation_follows_a_renamed_channel),
        YARD_TEST(oldest_of_too_many_invitations_is_forgotten),
    };
    return cmocka_run_group_tests_name("core/invite", tests, NULL, NULL);
}
