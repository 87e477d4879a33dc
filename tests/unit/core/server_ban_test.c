/* BAN and UNBAN: whom the server does not take in. */
#include "chat.h"

/* Session 1 (boss) is operator; 2 (eve) and 3 (ann) exist; boss and eve are in #yard. */
static int yard_setup(void **state)
{
    struct chat *chat = chat_new();
    chat_open(chat, 1, "boss");
    chat_open(chat, 2, "eve");
    chat_open(chat, 3, "ann");
    chat_join(chat, 1, "#yard");
    chat_join(chat, 2, "#yard");
    chat_oper(chat, 1);
    *state = chat;
    return 0;
}

static void ban(struct chat *chat, const char *mask, int64_t seconds, uint64_t cursor)
{
    chat_give(chat, (struct command){.kind = COMMAND_BAN,
                                     .session = 1,
                                     .extra = text_of(mask),
                                     .text = TEXT("spam"),
                                     .number = seconds,
                                     .cursor = cursor});
}

/* Goes on until all whom the ban meets are gone; their number. */
static size_t ban_all(struct chat *chat, const char *mask)
{
    size_t ended = 0;
    uint64_t cursor = 0;
    do {
        ban(chat, mask, 0, cursor);
        assert_true(chat->more == 0 || chat->more > cursor);
        cursor = chat->more;
        assert_true(chat->effect_count <= 1);
        if (chat->effect_count == 1) {
            assert_int_equal(chat->effects[0].effect.kind, EFFECT_CLOSED);
            ended++;
        }
    } while (cursor != 0);
    return ended;
}

static void unban(struct chat *chat, const char *mask)
{
    chat_do_extra(chat, COMMAND_UNBAN, 1, "", mask);
}

static void ban_is_kept_and_ends_whom_it_meets(void **state)
{
    struct chat *chat = *state;
    ban(chat, "*!*@H2.cloak", 60, 0);
    const struct effect *effect = assert_effect(chat, EFFECT_CLOSED, 1);
    assert_int_equal(effect->who.session, 2);
    assert_int_equal(effect->reason, LEAVE_KILLED);
    assert_text(effect->text, "Killed (boss (spam))");
    assert_replies(chat, "1002|BAN|BANNED|*!*@h2.cloak|The ban stands", NULL);
    assert_int_equal(chat->row_count, 2);
    const struct row *row = assert_row(chat, 0, ROW_BAN, "", "boss");
    /* Kept folded, so that it is compared fast. */
    assert_text(row->extra, "*!*@h2.cloak");
    assert_text(row->text, "spam");
    assert_int_equal(row->number, chat->time_ms + 60000);
    assert_row(chat, 1, ROW_CLOSED, "#yard", "eve");
    assert_int_not_equal(chat->more, 0);
    ban(chat, "*!*@H2.cloak", 60, chat->more);
    assert_int_equal(chat->effect_count, 0);
    assert_int_equal(chat->reply_count, 0);
    assert_int_equal(chat->row_count, 0);
    assert_int_equal(chat->more, 0);
    chat_open(chat, 2, "eve");
    assert_text(assert_refused(chat, REFUSAL_BANNED, 2)->text, "spam");
}

static void ban_meets_all_kinds_of_masks(void **state)
{
    /* Whoever they are about comes from 192.0.2.N and hN.cloak, or has an account. */
    static const struct {
        const char *mask;
        size_t ended;
    } cases[] = {
        {"192.0.2.10", 1},
        {"192.0.2.8/30", 2},
        {"192.0.2.1?", 6},
        {"H1?.CLOAK", 5},
        {"nick1?!*@*", 6},
        {"nick12", 0},
        {"user@192.0.2.14", 1},
        {"~a:JOE", 1},
        {"~a:none", 0},
        {"2001:db8::/32", 0},
        {"0::ffff:192.0.2.15/127", 2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct chat *chat = chat_new();
        char nick[16];
        chat_open(chat, 1, "boss");
        chat_oper(chat, 1);
        for (uint64_t session = 10; session < 16; session++) {
            (void)snprintf(nick, sizeof(nick), "nick%d", (int)session);
            if (session == 11) {
                chat_give(chat, (struct command){.kind = COMMAND_OPEN,
                                                 .session = session,
                                                 .name = text_of(nick),
                                                 .identity = {.host = TEXT("known"),
                                                              .address = TEXT("192.0.2.11"),
                                                              .account = TEXT("joe")}});
            } else {
                chat_open(chat, session, nick);
            }
        }
        assert_int_equal(ban_all(chat, cases[i].mask), cases[i].ended);
        chat_free(chat);
    }
    (void)state;
}

static void operators_are_never_met(void **state)
{
    struct chat *chat = *state;
    chat_oper(chat, 3);
    assert_int_equal(ban_all(chat, "192.0.2.0/24"), 1);
    chat_do(chat, COMMAND_PING, 1, "", "");
    assert_own(chat, EFFECT_PONG, 1);
    chat_do(chat, COMMAND_PING, 2, "", "");
    assert_nothing(chat);
    chat_do(chat, COMMAND_PING, 3, "", "");
    assert_own(chat, EFFECT_PONG, 3);
}

static void ban_of_everybody_and_of_nothing_is_refused(void **state)
{
    static const char *const masks[] = {"*",         "*!*@*",     "*@*",    "?*",  "*.*",
                                        "0.0.0.0/0", "::/0",      "",       "a b", ":x",
                                        "***",       "1.2.3.4/0", "~m:eve", "~x"};
    struct chat *chat = *state;
    for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        ban(chat, masks[i], 0, 0);
        assert_text(assert_refused(chat, REFUSAL_UNSUPPORTED, 1)->extra, masks[i]);
    }
}

static void ban_ends_by_itself(void **state)
{
    struct chat *chat = *state;
    ban(chat, "h2.cloak", 10, 0);
    chat->time_ms += 9000;
    chat_open(chat, 2, "eve");
    assert_refused(chat, REFUSAL_BANNED, 2);
    chat->time_ms += 1000;
    chat_open(chat, 2, "eve");
    assert_own(chat, EFFECT_OPENED, 2);
    /* The next ban clears it away. */
    ban(chat, "h9.cloak", 0, 0);
    assert_int_equal(chat->row_count, 2);
    assert_text(assert_row(chat, 0, ROW_BAN_DROP, "", "")->extra, "h2.cloak");
    assert_int_equal(assert_row(chat, 1, ROW_BAN, "", "boss")->number, 0);
}

static void ban_of_the_same_mask_takes_the_place_of_the_first(void **state)
{
    struct chat *chat = *state;
    ban(chat, "h9.cloak", 0, 0);
    ban(chat, "H9.CLOAK", 60, 0);
    assert_int_equal(chat->row_count, 1);
    unban(chat, "h9.cloak");
    assert_replies(chat, "1002|UNBAN|UNBANNED|h9.cloak|The ban is lifted", NULL);
    assert_text(assert_row(chat, 0, ROW_BAN_DROP, "", "")->extra, "h9.cloak");
    unban(chat, "h9.cloak");
    assert_unchanged(chat);
    assert_replies(chat, "1000|UNBAN|NO_SUCH_BAN|h9.cloak|There is no such ban", NULL);
}

static void ban_lifted_between_two_steps_meets_nobody_else(void **state)
{
    struct chat *chat = *state;
    ban(chat, "192.0.2.0/24", 0, 0);
    const uint64_t cursor = chat->more;
    assert_int_not_equal(cursor, 0);
    unban(chat, "192.0.2.0/24");
    ban(chat, "192.0.2.0/24", 0, cursor);
    assert_int_equal(chat->effect_count, 0);
    assert_int_equal(chat->more, 0);
    assert_int_equal(core_session_count(chat->core), 2);
}

static void bans_are_bounded(void **state)
{
    struct chat *chat = *state;
    char mask[32];
    for (int i = 0; i < SERVER_BANS_MAX; i++) {
        (void)snprintf(mask, sizeof(mask), "n%d.example", i);
        const struct command command = {
            .kind = COMMAND_BAN, .session = 1, .extra = text_of(mask), .number = i == 7 ? 100 : 0};
        chat_apply(chat, &command);
        assert_int_equal(chat->rows[chat->row_count - 1].row.kind, ROW_BAN);
    }
    /* The one that has ended gives its place. */
    chat->time_ms += 100000;
    ban(chat, "one-more.example", 0, 0);
    assert_int_equal(chat->row_count, 2);
    ban(chat, "two-more.example", 0, 0);
    assert_refused(chat, REFUSAL_TOO_MANY, 1);
    ban(chat, "n1.example", 60, 0);
    assert_int_equal(chat->row_count, 1);
}

static void long_time_is_bounded(void **state)
{
    struct chat *chat = *state;
    ban(chat, "h9.cloak", INT64_MAX, 0);
    const int64_t until = assert_row(chat, 0, ROW_BAN, "", "boss")->number;
    assert_int_equal(until, chat->time_ms + INT64_C(315360000000));
    ban(chat, "h8.cloak", -5, 0);
    assert_int_equal(assert_row(chat, 0, ROW_BAN, "", "boss")->number, 0);
}

static void many_sessions_are_looked_at_in_steps(void **state)
{
    struct chat *chat = *state;
    char nick[16];
    for (uint64_t session = 100; session < 5100; session++) {
        (void)snprintf(nick, sizeof(nick), "n%d", (int)session);
        const struct command open = {.kind = COMMAND_OPEN,
                                     .session = session,
                                     .name = text_of(nick),
                                     .identity = {.host = TEXT("many.cloak")}};
        chat_apply(chat, &open);
    }
    uint64_t cursor = 0;
    size_t steps = 0;
    do {
        ban(chat, "none.example", 0, cursor);
        assert_int_equal(chat->effect_count, 0);
        cursor = chat->more;
        steps++;
    } while (cursor != 0);
    assert_int_equal(steps, 3);
}

#define YARD_TEST(function) cmocka_unit_test_setup_teardown(function, yard_setup, chat_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        YARD_TEST(ban_is_kept_and_ends_whom_it_meets),
        YARD_TEST(ban_meets_all_kinds_of_masks),
        YARD_TEST(operators_are_never_met),
        YARD_TEST(ban_of_everybody_and_of_nothing_is_refused),
        YARD_TEST(ban_ends_by_itself),
        YARD_TEST(ban_of_the_same_mask_takes_the_place_of_the_first),
        YARD_TEST(ban_lifted_between_two_steps_meets_nobody_else),
        YARD_TEST(bans_are_bounded),
        YARD_TEST(long_time_is_bounded),
        YARD_TEST(many_sessions_are_looked_at_in_steps),
    };
    return cmocka_run_group_tests_name("core/server_ban", tests, NULL, NULL);
}
