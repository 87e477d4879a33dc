/* MODE of a channel: letters and parameters, and who may. */
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

/* The entry was this change, and no reply is given. */
static const struct effect *assert_mode(const struct chat *chat, uint64_t session, const char *text)
{
    const struct effect *effect = assert_own(chat, EFFECT_MODE, session);
    assert_text(effect->text, text);
    assert_text(effect->name, "#yard");
    assert_int_equal(effect->channel_count, 1);
    assert_text(assert_row(chat, 0, ROW_MODE, "#yard", "bob")->text, text);
    assert_int_equal(chat->row_count, 1);
    assert_int_equal(chat->reply_count, 0);
    return effect;
}

static void new_channel_has_n_and_t(void **state)
{
    struct chat *chat = *state;
    chat_ask(chat, COMMAND_MODES, 1, "#yard");
    assert_string_equal(chat->replies[0], "324|#yard|+nt");
}

static void flags_are_set_and_unset(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#YARD", "+im-n");
    assert_mode(chat, 1, "+im-n");
    chat_mode(chat, 1, "#yard", "-imt+CMRcnsu");
    assert_mode(chat, 1, "-imt+CMRcnsu");
    chat_mode(chat, 1, "#yard", "s-s");
    assert_mode(chat, 1, "-s");
    /* What is so already is not told. */
    chat_mode(chat, 1, "#yard", "+n-i");
    assert_nothing(chat);
    chat_mode(chat, 1, "#yard", "+");
    assert_nothing(chat);
    chat_mode(chat, 1, "#yard", "");
    assert_nothing(chat);
}

static void what_is_set_and_unset_at_once_is_told_in_its_order(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+i-i+i");
    assert_mode(chat, 1, "+i-i+i");
}

static void rank_is_given_and_taken(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+ov EVE eve");
    const struct effect *effect = assert_mode(chat, 1, "+ov eve eve");
    assert_int_equal(effect->rank_count, 1);
    assert_int_equal(effect->ranks[0].connection, 1002);
    assert_int_equal(effect->ranks[0].node, 3);
    assert_int_equal(effect->ranks[0].worker, 0);
    assert_int_equal(effect->ranks[0].rank, RANK_OPERATOR | RANK_VOICE);
    chat_mode(chat, 1, "#yard", "+o eve");
    assert_nothing(chat);
    chat_mode(chat, 1, "#yard", "-o+h-o bob eve eve");
    effect = assert_mode(chat, 1, "-o+h-o bob eve eve");
    assert_int_equal(effect->rank_count, 2);
    assert_int_equal(effect->ranks[0].connection, 1001);
    assert_int_equal(effect->ranks[0].rank, 0);
    assert_int_equal(effect->ranks[1].rank, RANK_HALFOP | RANK_VOICE);
}

static void who_is_no_operator_may_not(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 2, "#yard", "+o eve");
    assert_text(assert_refused(chat, REFUSAL_NOT_OPERATOR, 2)->name, "#yard");
    chat_mode(chat, 2, "#yard", "+imnt-s");
    assert_refused(chat, REFUSAL_NOT_OPERATOR, 2);
    chat_mode(chat, 3, "#yard", "+o ann");
    assert_refused(chat, REFUSAL_NOT_MEMBER, 3);
    chat_mode(chat, 3, "#none", "+o ann");
    assert_refused(chat, REFUSAL_NO_CHANNEL, 3);
    chat_mode(chat, 1, "#yard", "+s");
    chat_mode(chat, 3, "#yard", "+o ann");
    assert_refused(chat, REFUSAL_NO_CHANNEL, 3);
}

static void half_operator_may_some(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+h eve");
    chat_mode(chat, 2, "#yard", "+iov eve bob");
    const struct effect *effect = assert_own(chat, EFFECT_MODE, 2);
    assert_text(effect->text, "+iv bob");
    assert_replies(chat, "482|#yard", NULL);
    /* One's own rank may be given up, but nobody else's who stands above. */
    chat_mode(chat, 2, "#yard", "-v bob");
    assert_unchanged(chat);
    assert_replies(chat, "482|#yard", NULL);
    chat_mode(chat, 2, "#yard", "-h eve");
    assert_refused(chat, REFUSAL_NOT_OPERATOR, 2);
}

static void founder_is_made_by_an_operator_of_the_server(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+q bob");
    assert_refused(chat, REFUSAL_NOT_OPERATOR, 1);
    /* Who need not be in the channel. */
    chat_oper(chat, 3);
    chat_mode(chat, 3, "#yard", "+q bob");
    assert_own(chat, EFFECT_MODE, 3);
    chat_mode(chat, 1, "#yard", "+a eve");
    assert_mode(chat, 1, "+a eve");
    chat_mode(chat, 1, "#yard", "+o eve");
    chat_mode(chat, 2, "#yard", "-q bob");
    assert_refused(chat, REFUSAL_NOT_OPERATOR, 2);
    chat_mode(chat, 2, "#yard", "-o bob");
    assert_unchanged(chat);
    assert_replies(chat, "482|#yard", NULL);
}

static void rank_of_nobody_is_told(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+o nobody");
    assert_unchanged(chat);
    assert_replies(chat, "401|nobody", NULL);
    chat_mode(chat, 1, "#yard", "+o ANN");
    assert_unchanged(chat);
    assert_replies(chat, "441|ann|#yard", NULL);
    chat_mode(chat, 1, "#yard", "+o");
    assert_unchanged(chat);
    assert_replies(chat, "696|#yard|o|*", NULL);
    chat_mode(chat, 1, "#yard", "+o :x");
    assert_replies(chat, "401|*", NULL);
}

static void unknown_letters_are_told(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+Xi:\ud55c");
    assert_text(assert_own(chat, EFFECT_MODE, 1)->text, "+i");
    assert_replies(chat, "472|X", "472|*", "472|\ud55c", NULL);
    /* Broken UTF-8 does no harm either. */
    chat_mode(chat, 1, "#yard", "+\xff\xe3");
    assert_unchanged(chat);
}

static void letters_are_bounded(void **state)
{
    struct chat *chat = *state;
    char letters[200];
    memset(letters, 'X', sizeof(letters) - 1);
    letters[0] = '+';
    letters[sizeof(letters) - 1] = '\0';
    chat_mode(chat, 1, "#yard", letters);
    assert_unchanged(chat);
    assert_int_equal(chat->reply_count, 63);
    char modes[MESSAGE_BYTES_MAX + 1];
    memset(modes, 'y', MESSAGE_BYTES_MAX);
    memcpy(modes, "+oooooooooooooooooooo ", 22);
    modes[MESSAGE_BYTES_MAX] = '\0';
    chat_mode(chat, 1, "#yard", modes);
    assert_unchanged(chat);
}

static void parameters_are_bounded(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard",
              "+vovovovovovovovov eve eve eve eve eve eve eve eve eve eve eve eve eve eve eve eve "
              "eve");
    assert_text(assert_own(chat, EFFECT_MODE, 1)->text, "+vo eve eve");
    chat_mode(chat, 1, "#yard", "-vo eve eve");
    /* The seventeenth is not done any more. */
    chat_mode(chat, 1, "#yard",
              "+vvvvvvvvvvvvvvvvo eve eve eve eve eve eve eve eve eve eve eve eve eve eve eve eve "
              "eve");
    assert_text(assert_own(chat, EFFECT_MODE, 1)->text, "+v eve");
}

static void key_is_set_changed_and_unset(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+k beer");
    assert_mode(chat, 1, "+k beer");
    chat_mode(chat, 1, "#yard", "+k beer");
    assert_nothing(chat);
    chat_mode(chat, 1, "#yard", "+k wine");
    assert_mode(chat, 1, "+k wine");
    chat_mode(chat, 1, "#yard", "-k");
    assert_mode(chat, 1, "-k *");
    chat_mode(chat, 1, "#yard", "+k wine");
    chat_mode(chat, 1, "#yard", "-k+v x eve");
    assert_mode(chat, 1, "-k+v * eve");
}

static void bad_keys_are_told_without_the_key(void **state)
{
    char modes[64] = "+k ";
    struct chat *chat = *state;
    memset(modes + 3, 'k', KEY_BYTES_MAX + 1);
    modes[3 + KEY_BYTES_MAX + 1] = '\0';
    const char *const cases[] = {"+k", "+k ", "+k  ", "+k a,b", "+k :x", "+k \x02", modes};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        chat_mode(chat, 1, "#yard", cases[i]);
        assert_unchanged(chat);
        assert_replies(chat, "696|#yard|k|*", NULL);
    }
    modes[3 + KEY_BYTES_MAX] = '\0';
    chat_mode(chat, 1, "#yard", modes);
    assert_own(chat, EFFECT_MODE, 1);
}

static void limit_is_a_number_of_members(void **state)
{
    static const struct {
        const char *modes;
        const char *reply;
    } cases[] = {
        {"+l", "696|#yard|l|*"},
        {"+l 0", "696|#yard|l|0"},
        {"+l -1", "696|#yard|l|-1"},
        {"+l abc", "696|#yard|l|abc"},
        {"+l 200001", "696|#yard|l|200001"},
        {"+l 99999999999999999999", "696|#yard|l|99999999999999999999"},
    };
    struct chat *chat = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        chat_mode(chat, 1, "#yard", cases[i].modes);
        assert_unchanged(chat);
        assert_replies(chat, cases[i].reply, NULL);
    }
    chat_mode(chat, 1, "#yard", "+l 007");
    assert_mode(chat, 1, "+l 7");
    chat_mode(chat, 1, "#yard", "+l 7");
    assert_nothing(chat);
    chat_mode(chat, 1, "#yard", "+l 200000");
    assert_mode(chat, 1, "+l 200000");
    chat_mode(chat, 1, "#yard", "-l+v eve");
    assert_mode(chat, 1, "-l+v eve");
    chat_mode(chat, 1, "#yard", "-l");
    assert_nothing(chat);
}

static void forward_leads_to_where_one_is_operator(void **state)
{
    struct chat *chat = *state;
    chat_join(chat, 3, "#other");
    chat_join(chat, 1, "#Hall");
    chat_mode(chat, 1, "#yard", "+f #none");
    assert_unchanged(chat);
    assert_replies(chat, "696|#yard|f|#none", NULL);
    chat_mode(chat, 1, "#yard", "+f #yard");
    assert_replies(chat, "696|#yard|f|#yard", NULL);
    chat_mode(chat, 1, "#yard", "+f #other");
    assert_unchanged(chat);
    assert_replies(chat, "482|#other", NULL);
    chat_mode(chat, 3, "#other", "+s");
    chat_mode(chat, 1, "#yard", "+f #other");
    assert_replies(chat, "696|#yard|f|#other", NULL);
    chat_mode(chat, 1, "#yard", "+f #HALL");
    assert_mode(chat, 1, "+f #Hall");
    chat_mode(chat, 1, "#yard", "+f #hall");
    assert_nothing(chat);
    chat_mode(chat, 1, "#yard", "-f");
    assert_mode(chat, 1, "-f");
}

static void long_changes_are_told_in_two_parts(void **state)
{
    struct chat *chat = *state;
    char modes[1024] = "+bbbbb";
    for (int i = 0; i < 5; i++) {
        char mask[120];
        memset(mask, 'a' + i, sizeof(mask) - 1);
        mask[sizeof(mask) - 1] = '\0';
        (void)snprintf(modes + strlen(modes), sizeof(modes) - strlen(modes), " x!*@%s", mask);
    }
    chat_mode(chat, 1, "#yard", modes);
    /* What would make a third part is not done. */
    assert_int_equal(chat->effect_count, 2);
    assert_int_equal(chat->row_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct effect *effect = &chat->effects[i].effect;
        assert_int_equal(effect->kind, EFFECT_MODE);
        assert_true(effect->text.count <= 320);
        assert_memory_equal(effect->text.data, "+bb x!*@", 8);
    }
    const struct channel *yard = channel_get(chat->core, TEXT("#yard"));
    assert_int_equal(channel_list(yard, LIST_BANS)->count, 4);
}

static void server_operator_may_without_being_there(void **state)
{
    struct chat *chat = *state;
    chat_oper(chat, 3);
    chat_mode(chat, 1, "#yard", "+s");
    chat_mode(chat, 3, "#yard", "-s");
    assert_own(chat, EFFECT_MODE, 3);
}

#define YARD_TEST(function) cmocka_unit_test_setup_teardown(function, yard_setup, chat_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        YARD_TEST(new_channel_has_n_and_t),
        YARD_TEST(flags_are_set_and_unset),
        YARD_TEST(what_is_set_and_unset_at_once_is_told_in_its_order),
        YARD_TEST(rank_is_given_and_taken),
        YARD_TEST(who_is_no_operator_may_not),
        YARD_TEST(half_operator_may_some),
        YARD_TEST(founder_is_made_by_an_operator_of_the_server),
        YARD_TEST(rank_of_nobody_is_told),
        YARD_TEST(unknown_letters_are_told),
        YARD_TEST(letters_are_bounded),
        YARD_TEST(parameters_are_bounded),
        YARD_TEST(key_is_set_changed_and_unset),
        YARD_TEST(bad_keys_are_told_without_the_key),
        YARD_TEST(limit_is_a_number_of_members),
        YARD_TEST(forward_leads_to_where_one_is_operator),
        YARD_TEST(long_changes_are_told_in_two_parts),
        YARD_TEST(server_operator_may_without_being_there),
    };
    return cmocka_run_group_tests_name("core/mode", tests, NULL, NULL);
}
