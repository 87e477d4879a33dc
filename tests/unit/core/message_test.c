/* PRIVMSG, NOTICE and TAGMSG. */
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

static void tag(struct chat *chat, uint64_t session, const char *name, const char *tags)
{
    chat_give(chat, (struct command){.kind = COMMAND_MESSAGE,
                                     .session = session,
                                     .name = text_of(name),
                                     .extra = text_of(tags),
                                     .flags = MESSAGE_TAGMSG});
}

static void message_by_a_member_is_told_and_kept(void **state)
{
    struct chat *chat = *state;
    const uint64_t id = chat->effects[0].effect.channels[0].id;
    chat_give(chat, (struct command){.kind = COMMAND_MESSAGE,
                                     .session = 1,
                                     .name = TEXT("#yard"),
                                     .text = TEXT("\uc548\ub155\ud558\uc138\uc694"),
                                     .extra = TEXT("+reply=12"),
                                     .flags = MESSAGE_NOTICE});
    const struct effect *effect = assert_own(chat, EFFECT_MESSAGE, 1);
    assert_text(effect->who.nick, "bob");
    assert_text(effect->name, "#yard");
    assert_text(effect->text, "\uc548\ub155\ud558\uc138\uc694");
    assert_text(effect->extra, "+reply=12");
    assert_int_equal(effect->flags, MESSAGE_NOTICE);
    assert_int_equal(effect->rank, 0);
    assert_int_equal(effect->target.session, 0);
    assert_int_equal(effect->channel_count, 1);
    assert_int_equal(effect->channels[0].id, id);
    assert_int_equal(effect->channels[0].member_count, 2);
    assert_int_equal(chat->row_count, 1);
    const struct row *row = assert_row(chat, 0, ROW_MESSAGE, "#yard", "bob");
    assert_text(row->text, "\uc548\ub155\ud558\uc138\uc694");
    assert_text(row->extra, "+reply=12");
    assert_int_equal(row->flags, MESSAGE_NOTICE);
    assert_replies(chat, NULL);
}

static void message_from_outside_is_refused_unless_the_mode_is_off(void **state)
{
    struct chat *chat = *state;
    chat_say(chat, 3, "#yard", "hello");
    const struct effect *effect = assert_refused(chat, REFUSAL_CANNOT_SEND, 3);
    assert_int_equal(effect->command_kind, COMMAND_MESSAGE);
    assert_text(effect->text, "n");
    assert_text(effect->name, "#yard");
    chat_mode(chat, 1, "#yard", "-n");
    chat_say(chat, 3, "#yard", "hello");
    assert_own(chat, EFFECT_MESSAGE, 3);
    /* A secret channel is none to who is not in it. */
    chat_mode(chat, 1, "#yard", "+s");
    chat_say(chat, 3, "#yard", "hello");
    assert_refused(chat, REFUSAL_NO_CHANNEL, 3);
}

static void message_to_nobody_is_refused(void **state)
{
    struct chat *chat = *state;
    chat_say(chat, 1, "#none", "hello");
    assert_refused(chat, REFUSAL_NO_CHANNEL, 1);
    chat_say(chat, 1, "@#none", "hello");
    assert_refused(chat, REFUSAL_NO_CHANNEL, 1);
    static const char *const names[] = {"nobody", "", "@", "@bob", "yard", "\xff"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        chat_say(chat, 1, names[i], "hello");
        assert_text(assert_refused(chat, REFUSAL_NO_NICK, 1)->name, names[i]);
    }
}

static void message_finds_its_channel_by_any_spelling(void **state)
{
    static const char *const spellings[] = {"#yard", "#YARD", "#Yard", "#YARD", "#yard", "#yarD"};
    struct chat *chat = *state;
    chat_join(chat, 1, "#forge");
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        chat_say(chat, 1, spellings[i], "hello");
        assert_text(assert_own(chat, EFFECT_MESSAGE, 1)->name, "#yard");
        chat_say(chat, 1, "#FORGE", "hello");
        assert_text(assert_own(chat, EFFECT_MESSAGE, 1)->name, "#forge");
    }
}

static void spelling_that_somebody_used_is_no_way_in(void **state)
{
    struct chat *chat = *state;
    chat_say(chat, 1, "#YARD", "hello");
    assert_own(chat, EFFECT_MESSAGE, 1);
    chat_join(chat, 3, "#forge");
    chat_say(chat, 3, "#YARD", "hello");
    assert_refused(chat, REFUSAL_CANNOT_SEND, 3);
}

static void message_finds_its_channel_after_a_part(void **state)
{
    struct chat *chat = *state;
    chat_join(chat, 1, "#b");
    chat_join(chat, 1, "#c");
    chat_say(chat, 1, "#c", "hello");
    chat_part(chat, 1, "#b");
    chat_say(chat, 1, "#c", "hello");
    assert_text(assert_own(chat, EFFECT_MESSAGE, 1)->name, "#c");
    chat_part(chat, 1, "#c");
    chat_say(chat, 1, "#yard", "hello");
    assert_text(assert_own(chat, EFFECT_MESSAGE, 1)->name, "#yard");
}

static void longest_channel_name_and_longest_message_pass(void **state)
{
    struct chat *chat = *state;
    char name[CHANNEL_BYTES_MAX + 2];
    char text[MESSAGE_BYTES_MAX + 1];
    memset(name, 'x', CHANNEL_BYTES_MAX + 1);
    name[0] = '@';
    name[1] = '#';
    name[CHANNEL_BYTES_MAX + 1] = '\0';
    memset(text, 'y', MESSAGE_BYTES_MAX);
    text[MESSAGE_BYTES_MAX] = '\0';
    chat_join(chat, 1, name + 1);
    assert_own(chat, EFFECT_JOINED, 1);
    chat_say(chat, 1, name + 1, text);
    assert_text(assert_own(chat, EFFECT_MESSAGE, 1)->text, text);
    chat_say(chat, 1, name, text);
    assert_text(assert_own(chat, EFFECT_MESSAGE, 1)->name, name);
    name[2] = 'X';
    chat_say(chat, 1, name + 1, text);
    name[2] = 'x';
    assert_text(assert_row(chat, 0, ROW_MESSAGE, name + 1, "bob")->text, text);
}

/* -- Modes of the channel
 * -------------------------------------------------------------------------- */

static void moderated_channel_hears_those_of_rank(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+m");
    chat_say(chat, 2, "#yard", "hello");
    assert_text(assert_refused(chat, REFUSAL_CANNOT_SEND, 2)->text, "m");
    tag(chat, 2, "#yard", "+typing=active");
    assert_refused(chat, REFUSAL_CANNOT_SEND, 2);
    chat_mode(chat, 1, "#yard", "+v eve");
    chat_say(chat, 2, "#yard", "hello");
    assert_own(chat, EFFECT_MESSAGE, 2);
}

static void registered_only_channel_hears_accounts_and_those_of_rank(void **state)
{
    struct chat *chat = *state;
    chat_open_known(chat, 4, "joe", "joe");
    chat_join(chat, 4, "#yard");
    chat_mode(chat, 1, "#yard", "+M");
    chat_say(chat, 2, "#yard", "hello");
    assert_text(assert_refused(chat, REFUSAL_CANNOT_SEND, 2)->text, "M");
    chat_say(chat, 4, "#yard", "hello");
    assert_own(chat, EFFECT_MESSAGE, 4);
    chat_say(chat, 1, "#yard", "hello");
    assert_own(chat, EFFECT_MESSAGE, 1);
}

static void banned_member_is_silent_without_a_rank(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+b eve");
    chat_say(chat, 2, "#yard", "hello");
    assert_text(assert_refused(chat, REFUSAL_CANNOT_SEND, 2)->text, "b");
    chat_mode(chat, 1, "#yard", "+v eve");
    chat_say(chat, 2, "#yard", "hello");
    assert_own(chat, EFFECT_MESSAGE, 2);
}

static void muted_member_is_silent_however_the_mask_is_spelled(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+b ~m:EVE!*@*");
    chat_say(chat, 2, "#yard", "hello");
    assert_text(assert_refused(chat, REFUSAL_CANNOT_SEND, 2)->text, "b");
    chat_mode(chat, 1, "#yard", "-b ~m:eve!*@*");
    chat_say(chat, 2, "#yard", "hello");
    assert_own(chat, EFFECT_MESSAGE, 2);
}

static void ctcp_is_kept_out_but_actions_are_not(void **state)
{
    static const struct {
        const char *text;
        bool passes;
    } cases[] = {
        {"\x01"
         "ACTION waves\x01",
         true},
        {"\x01"
         "ACTION",
         true},
        {"\x01"
         "ACTIONS\x01",
         false},
        {"\x01"
         "PING 1\x01",
         false},
        {"\x01", false},
        {"hello \x01there", true},
        {"", true},
    };
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+C");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        chat_say(chat, 2, "#yard", cases[i].text);
        if (cases[i].passes) {
            assert_own(chat, EFFECT_MESSAGE, 2);
        } else {
            assert_text(assert_refused(chat, REFUSAL_CANNOT_SEND, 2)->text, "C");
        }
    }
    /* Nor does it hide in a later line. */
    chat_give(chat, (struct command){.kind = COMMAND_MESSAGE,
                                     .session = 2,
                                     .name = TEXT("#yard"),
                                     .text = TEXT("hello\n\x01PING 1\x01"),
                                     .flags = MESSAGE_MULTILINE});
    assert_refused(chat, REFUSAL_CANNOT_SEND, 2);
}

static void colours_are_kept_out(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+c");
    chat_say(chat, 2, "#yard",
             "in \x03"
             "4red");
    assert_text(assert_refused(chat, REFUSAL_CANNOT_SEND, 2)->text, "c");
    chat_say(chat, 2, "#yard",
             "in \x02"
             "bold");
    assert_own(chat, EFFECT_MESSAGE, 2);
}

/* -- STATUSMSG
 * ------------------------------------------------------------------------------------- */

static void sign_before_the_channel_names_a_rank(void **state)
{
    static const struct {
        const char *name;
        uint32_t rank;
    } cases[] = {
        {"+#YARD", RANK_VOICE},     {"%#yard", RANK_HALFOP},  {"@#yard", RANK_OPERATOR},
        {"&#yard", RANK_PROTECTED}, {"~#yard", RANK_FOUNDER},
    };
    struct chat *chat = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        chat_say(chat, 2, cases[i].name, "hello");
        const struct effect *effect = assert_own(chat, EFFECT_MESSAGE, 2);
        const char expected[] = {cases[i].name[0], '#', 'y', 'a', 'r', 'd', '\0'};
        assert_text(effect->name, expected);
        assert_int_equal(effect->rank, cases[i].rank);
        assert_int_equal(effect->channel_count, 1);
        assert_row(chat, 0, ROW_MESSAGE, expected, "eve");
    }
    chat_say(chat, 3, "@#yard", "hello");
    assert_refused(chat, REFUSAL_CANNOT_SEND, 3);
}

/* -- Messages of tags alone
 * -------------------------------------------------------------------------- */

static void typing_is_told_but_not_kept(void **state)
{
    static const struct {
        const char *tags;
        bool lasts;
    } cases[] = {
        {"+typing=active", false},
        {"+draft/typing=done;+typing", false},
        {"", false},
        {";", false},
        {"+draft/react=x", true},
        {"+typing=active;+draft/react=x", true},
        {"+typingx=active", true},
    };
    struct chat *chat = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tag(chat, 2, "#yard", cases[i].tags);
        const struct effect *effect = assert_own(chat, EFFECT_MESSAGE, 2);
        assert_int_equal(effect->flags, MESSAGE_TAGMSG);
        assert_text(effect->extra, cases[i].tags);
        assert_int_equal(chat->row_count, cases[i].lasts ? 1 : 0);
        /* What lasts can be taken back. */
        assert_int_equal(core_digest(chat->core) != chat->digest_before, cases[i].lasts);
    }
}

/* -- To one person
 * --------------------------------------------------------------------------------- */

static void private_message_is_told_to_both_and_kept(void **state)
{
    struct chat *chat = *state;
    chat_say(chat, 3, "EVE", "psst");
    const struct effect *effect = assert_own(chat, EFFECT_MESSAGE, 3);
    assert_text(effect->name, "eve");
    assert_text(effect->text, "psst");
    assert_int_equal(effect->channel_count, 0);
    assert_int_equal(effect->target.session, 2);
    assert_int_equal(effect->target.connection, 1002);
    assert_int_equal(effect->target.worker, 0);
    assert_text(effect->target.nick, "eve");
    assert_int_equal(chat->row_count, 1);
    assert_text(assert_row(chat, 0, ROW_MESSAGE, "eve", "ann")->text, "psst");
    assert_replies(chat, NULL);
    chat_say(chat, 3, "ann", "note to self");
    assert_int_equal(assert_own(chat, EFFECT_MESSAGE, 3)->target.session, 3);
}

static void who_is_away_says_so_to_a_message_and_to_no_notice(void **state)
{
    struct chat *chat = *state;
    chat_do(chat, COMMAND_AWAY, 2, "", "at lunch");
    chat_say(chat, 1, "eve", "hello");
    assert_own(chat, EFFECT_MESSAGE, 1);
    assert_replies(chat, "301|eve|at lunch", NULL);
    chat_give(chat, (struct command){.kind = COMMAND_MESSAGE,
                                     .session = 1,
                                     .name = TEXT("eve"),
                                     .text = TEXT("hello"),
                                     .flags = MESSAGE_NOTICE});
    assert_own(chat, EFFECT_MESSAGE, 1);
    assert_replies(chat, NULL);
    tag(chat, 1, "eve", "+typing=active");
    assert_replies(chat, NULL);
    chat_say(chat, 1, "#yard", "hello");
    assert_replies(chat, NULL);
}

static void registered_only_person_hears_accounts_and_whom_they_accept(void **state)
{
    struct chat *chat = *state;
    chat_open_known(chat, 4, "joe", "joe");
    chat_mode(chat, 2, "eve", "+R");
    chat_say(chat, 1, "eve", "hello");
    assert_text(assert_refused(chat, REFUSAL_REGISTERED_ONLY, 1)->extra, "eve");
    chat_say(chat, 4, "eve", "hello");
    assert_own(chat, EFFECT_MESSAGE, 4);
    chat_do_extra(chat, COMMAND_ACCEPT, 2, "", "bob");
    chat_say(chat, 1, "eve", "hello");
    assert_own(chat, EFFECT_MESSAGE, 1);
    chat_do_extra(chat, COMMAND_ACCEPT, 2, "", "-BOB");
    chat_say(chat, 1, "eve", "hello");
    assert_refused(chat, REFUSAL_REGISTERED_ONLY, 1);
}

static void whom_somebody_writes_to_may_answer(void **state)
{
    static const char *const modes[] = {"+R", "-R+g"};
    struct chat *chat = *state;
    for (size_t i = 0; i < 2; i++) {
        const char *nick = i == 0 ? "bob" : "ann";
        const uint64_t session = i == 0 ? 1 : 3;
        chat_mode(chat, 2, "eve", modes[i]);
        chat_say(chat, session, "eve", "hello?");
        assert_int_equal(chat->effects[0].effect.kind, EFFECT_REFUSED);
        chat_say(chat, 2, nick, "hello");
        assert_own(chat, EFFECT_MESSAGE, 2);
        chat_say(chat, session, "eve", "hello!");
        assert_own(chat, EFFECT_MESSAGE, session);
    }
}

static void caller_id_is_told_to_both(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 2, "eve", "+g");
    chat_say(chat, 1, "Eve", "hello");
    const struct effect *effect = assert_refused(chat, REFUSAL_CALLER_ID, 1);
    assert_text(effect->extra, "eve");
    assert_int_equal(effect->target.session, 2);
    /* Nobody stands between one and oneself, or an operator of the server. */
    chat_say(chat, 2, "eve", "hello");
    assert_own(chat, EFFECT_MESSAGE, 2);
    chat_oper(chat, 1);
    chat_say(chat, 1, "eve", "hello");
    assert_own(chat, EFFECT_MESSAGE, 1);
}

#define YARD_TEST(function) cmocka_unit_test_setup_teardown(function, yard_setup, chat_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        YARD_TEST(message_by_a_member_is_told_and_kept),
        YARD_TEST(message_from_outside_is_refused_unless_the_mode_is_off),
        YARD_TEST(message_to_nobody_is_refused),
        YARD_TEST(message_finds_its_channel_by_any_spelling),
        YARD_TEST(spelling_that_somebody_used_is_no_way_in),
        YARD_TEST(message_finds_its_channel_after_a_part),
        YARD_TEST(longest_channel_name_and_longest_message_pass),
        YARD_TEST(moderated_channel_hears_those_of_rank),
        YARD_TEST(registered_only_channel_hears_accounts_and_those_of_rank),
        YARD_TEST(banned_member_is_silent_without_a_rank),
        YARD_TEST(muted_member_is_silent_however_the_mask_is_spelled),
        YARD_TEST(ctcp_is_kept_out_but_actions_are_not),
        YARD_TEST(colours_are_kept_out),
        YARD_TEST(sign_before_the_channel_names_a_rank),
        YARD_TEST(typing_is_told_but_not_kept),
        YARD_TEST(private_message_is_told_to_both_and_kept),
        YARD_TEST(who_is_away_says_so_to_a_message_and_to_no_notice),
        YARD_TEST(registered_only_person_hears_accounts_and_whom_they_accept),
        YARD_TEST(whom_somebody_writes_to_may_answer),
        YARD_TEST(caller_id_is_told_to_both),
    };
    return cmocka_run_group_tests_name("core/message", tests, NULL, NULL);
}
