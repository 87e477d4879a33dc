/* REDACT: messages that are taken back. */
#include "chat.h"

#include "model/limits.h"

/* Sessions 1 (bob), 2 (eve), 3 (ann) and 4 (jun) exist; bob, who made it, eve and ann are in #yard.
 */
static int yard_setup(void **state)
{
    struct chat *chat = chat_new();
    chat_open(chat, 1, "bob");
    chat_open(chat, 2, "eve");
    chat_open(chat, 3, "ann");
    chat_open(chat, 4, "jun");
    chat_join(chat, 1, "#yard");
    chat_join(chat, 2, "#yard");
    chat_join(chat, 3, "#yard");
    *state = chat;
    return 0;
}

/* Says something and returns its number. */
static uint64_t said(struct chat *chat, uint64_t session, const char *name)
{
    chat_say(chat, session, name, "hello");
    assert_own(chat, EFFECT_MESSAGE, session);
    return chat->seq;
}

static void redact(struct chat *chat, uint64_t session, const char *name, uint64_t seq)
{
    chat_give(chat, (struct command){.kind = COMMAND_REDACT,
                                     .session = session,
                                     .name = text_of(name),
                                     .number = (int64_t)seq,
                                     .extra = TEXT("0000beef"),
                                     .text = TEXT("oops")});
}

/* The row of a redaction in that place by nick. */
static void assert_redacted_row(const struct chat *chat, uint64_t seq, const char *place,
                                const char *nick)
{
    char number[32];
    (void)snprintf(number, sizeof(number), "%llu", (unsigned long long)seq);
    assert_int_equal(chat->row_count, 1);
    const struct row *row = assert_row(chat, 0, ROW_REDACTED, place, nick);
    assert_int_equal(row->number, seq);
    assert_text(row->extra, number);
    assert_text(row->text, "oops");
}

static void own_message_is_taken_back_once(void **state)
{
    struct chat *chat = *state;
    const uint64_t seq = said(chat, 2, "#yard");
    const uint64_t id = chat->effects[0].effect.channels[0].id;
    redact(chat, 2, "#YARD", seq);
    const struct effect *effect = assert_own(chat, EFFECT_REDACTED, 2);
    assert_text(effect->name, "#yard");
    assert_text(effect->extra, "0000beef");
    assert_text(effect->text, "oops");
    assert_int_equal(effect->rank, 0);
    assert_int_equal(effect->channel_count, 1);
    assert_int_equal(effect->channels[0].id, id);
    assert_redacted_row(chat, seq, "#yard", "eve");
    redact(chat, 2, "#yard", seq);
    const struct effect *refused = assert_refused(chat, REFUSAL_NO_MESSAGE, 2);
    assert_text(refused->name, "#yard");
    assert_text(refused->extra, "0000beef");
}

static void others_message_is_taken_back_by_half_operators_and_above(void **state)
{
    struct chat *chat = *state;
    const uint64_t first = said(chat, 1, "#yard");
    redact(chat, 2, "#yard", first);
    assert_refused(chat, REFUSAL_NOT_OPERATOR, 2);
    chat_mode(chat, 1, "#yard", "+v eve");
    redact(chat, 2, "#yard", first);
    assert_refused(chat, REFUSAL_NOT_OPERATOR, 2);
    chat_mode(chat, 1, "#yard", "+h eve");
    redact(chat, 2, "#yard", first);
    assert_own(chat, EFFECT_REDACTED, 2);
    assert_redacted_row(chat, first, "#yard", "eve");
    /* Operators of the server have all ranks, and need not be there. */
    const uint64_t second = said(chat, 3, "#yard");
    redact(chat, 4, "#yard", second);
    assert_refused(chat, REFUSAL_NOT_MEMBER, 4);
    chat_oper(chat, 4);
    redact(chat, 4, "#yard", second);
    assert_own(chat, EFFECT_REDACTED, 4);
}

static void what_is_not_there_is_refused(void **state)
{
    struct chat *chat = *state;
    const uint64_t seq = said(chat, 2, "#yard");
    const uint64_t others[] = {0, 1, seq - 1, seq + 1, seq + REDACT_ENTRIES_MAX, UINT64_MAX};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        redact(chat, 2, "#yard", others[i]);
        assert_refused(chat, REFUSAL_NO_MESSAGE, 2);
    }
    redact(chat, 2, "#none", seq);
    assert_refused(chat, REFUSAL_NO_CHANNEL, 2);
    redact(chat, 2, "nobody", seq);
    assert_refused(chat, REFUSAL_NO_NICK, 2);
    /* It went to another place. */
    chat_join(chat, 2, "#other");
    redact(chat, 2, "#other", seq);
    assert_refused(chat, REFUSAL_NO_MESSAGE, 2);
    redact(chat, 2, "bob", seq);
    assert_refused(chat, REFUSAL_NO_MESSAGE, 2);
    redact(chat, 2, "@#yard", seq);
    assert_refused(chat, REFUSAL_NO_MESSAGE, 2);
    /* Typing is no message. */
    chat_give(chat, (struct command){.kind = COMMAND_MESSAGE,
                                     .session = 2,
                                     .name = TEXT("#yard"),
                                     .extra = TEXT("+typing=active"),
                                     .flags = MESSAGE_TAGMSG});
    redact(chat, 2, "#yard", chat->seq);
    assert_refused(chat, REFUSAL_NO_MESSAGE, 2);
}

static void reaction_is_taken_back(void **state)
{
    struct chat *chat = *state;
    chat_give(chat, (struct command){.kind = COMMAND_MESSAGE,
                                     .session = 2,
                                     .name = TEXT("#yard"),
                                     .extra = TEXT("+draft/react=:)"),
                                     .flags = MESSAGE_TAGMSG});
    redact(chat, 2, "#yard", chat->seq);
    assert_own(chat, EFFECT_REDACTED, 2);
}

static void message_to_a_rank_is_known_to_that_rank_alone(void **state)
{
    struct chat *chat = *state;
    const uint64_t seq = said(chat, 2, "@#yard");
    redact(chat, 1, "#yard", seq);
    assert_refused(chat, REFUSAL_NO_MESSAGE, 1);
    redact(chat, 2, "@#YARD", seq);
    const struct effect *effect = assert_own(chat, EFFECT_REDACTED, 2);
    assert_text(effect->name, "@#yard");
    assert_int_equal(effect->rank, RANK_OPERATOR);
    assert_redacted_row(chat, seq, "@#yard", "eve");
}

static void private_message_is_taken_back_by_its_writer_alone(void **state)
{
    struct chat *chat = *state;
    const uint64_t seq = said(chat, 2, "bob");
    chat_oper(chat, 3);
    redact(chat, 3, "bob", seq);
    assert_refused(chat, REFUSAL_NO_MESSAGE, 3);
    redact(chat, 1, "bob", seq);
    assert_refused(chat, REFUSAL_NO_MESSAGE, 1);
    redact(chat, 1, "eve", seq);
    assert_refused(chat, REFUSAL_NO_MESSAGE, 1);
    redact(chat, 2, "BOB", seq);
    const struct effect *effect = assert_own(chat, EFFECT_REDACTED, 2);
    assert_int_equal(effect->target.session, 1);
    assert_int_equal(effect->channel_count, 0);
    assert_text(effect->name, "bob");
    assert_redacted_row(chat, seq, "bob", "eve");
    /* To oneself. */
    const uint64_t own = said(chat, 1, "bob");
    redact(chat, 1, "bob", own);
    assert_int_equal(assert_own(chat, EFFECT_REDACTED, 1)->target.session, 1);
}

static void a_later_holder_of_the_nick_is_somebody_else(void **state)
{
    struct chat *chat = *state;
    const uint64_t seq = said(chat, 2, "bob");
    chat_close(chat, 1);
    chat_open(chat, 5, "bob");
    redact(chat, 2, "bob", seq);
    assert_refused(chat, REFUSAL_NO_MESSAGE, 2);
    /* And so is a channel of the same name. */
    const uint64_t to_ann = said(chat, 4, "ann");
    chat_join(chat, 4, "#new");
    const uint64_t last = said(chat, 4, "#new");
    chat_part(chat, 4, "#new");
    chat_join(chat, 4, "#new");
    redact(chat, 4, "#new", last);
    assert_refused(chat, REFUSAL_NO_MESSAGE, 4);
    redact(chat, 4, "ann", to_ann);
    assert_own(chat, EFFECT_REDACTED, 4);
}

static void who_may_not_speak_says_nothing_by_taking_back(void **state)
{
    struct chat *chat = *state;
    const uint64_t in_yard = said(chat, 2, "#yard");
    const uint64_t to_bob = said(chat, 2, "bob");
    chat_mode(chat, 1, "#yard", "+m");
    redact(chat, 2, "#yard", in_yard);
    assert_text(assert_refused(chat, REFUSAL_CANNOT_SEND, 2)->text, "m");
    chat_mode(chat, 1, "#yard", "-m");
    redact(chat, 2, "#yard", in_yard);
    assert_own(chat, EFFECT_REDACTED, 2);
    chat_mode(chat, 1, "bob", "+g");
    redact(chat, 2, "bob", to_bob);
    assert_refused(chat, REFUSAL_CALLER_ID, 2);
}

static void too_old_a_message_stays(void **state)
{
    struct chat *chat = *state;
    const uint64_t seq = said(chat, 2, "#yard");
    while (chat->seq < seq + REDACT_ENTRIES_MAX - 1) {
        chat_apply(chat, &(struct command){.kind = COMMAND_PING, .session = 1});
    }
    const uint64_t with = core_digest(chat->core);
    assert_int_equal(chat->seq, seq + REDACT_ENTRIES_MAX - 1);
    redact(chat, 2, "#yard", seq);
    assert_effect(chat, EFFECT_REFUSED, 2);
    assert_int_equal(chat->effects[0].effect.refusal, REFUSAL_NO_MESSAGE);
    assert_true(core_digest(chat->core) != with);
    const uint64_t later = said(chat, 3, "#yard");
    redact(chat, 3, "#yard", later);
    assert_own(chat, EFFECT_REDACTED, 3);
}

static void what_can_be_taken_back_is_part_of_the_state(void **state)
{
    struct chat *chat = *state;
    const uint64_t before = core_digest(chat->core);
    const uint64_t seq = said(chat, 1, "#yard");
    const uint64_t with = core_digest(chat->core);
    assert_true(with != before);
    redact(chat, 1, "#yard", seq);
    assert_true(core_digest(chat->core) != with);
}

#define YARD_TEST(function) cmocka_unit_test_setup_teardown(function, yard_setup, chat_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        YARD_TEST(own_message_is_taken_back_once),
        YARD_TEST(others_message_is_taken_back_by_half_operators_and_above),
        YARD_TEST(what_is_not_there_is_refused),
        YARD_TEST(reaction_is_taken_back),
        YARD_TEST(message_to_a_rank_is_known_to_that_rank_alone),
        YARD_TEST(private_message_is_taken_back_by_its_writer_alone),
        YARD_TEST(a_later_holder_of_the_nick_is_somebody_else),
        YARD_TEST(who_may_not_speak_says_nothing_by_taking_back),
        YARD_TEST(too_old_a_message_stays),
        YARD_TEST(what_can_be_taken_back_is_part_of_the_state),
    };
    return cmocka_run_group_tests_name("core/redact", tests, NULL, NULL);
}
