/* JOIN: who may come in, what is told of it, and where somebody is sent instead. */
#include "chat.h"

#include "core/state.h"
#include "model/name.h"

/* Sessions 1 (bob), 2 (eve) and 3 (ann) exist; bob is in #yard, which he has made. */
static int yard_setup(void **state)
{
    struct chat *chat = chat_new();
    chat_open(chat, 1, "bob");
    chat_open(chat, 2, "eve");
    chat_open(chat, 3, "ann");
    chat_join(chat, 1, "#yard");
    *state = chat;
    return 0;
}

static void join_makes_the_channel_and_is_told_and_kept(void **state)
{
    struct chat *chat = *state;
    chat_join(chat, 2, "#Forge");
    const struct effect *effect = assert_own(chat, EFFECT_JOINED, 2);
    assert_text(effect->who.nick, "eve");
    assert_text(effect->who.realname, "Real Name");
    assert_text(effect->name, "#Forge");
    assert_text(effect->extra, "");
    assert_int_equal(effect->channel_count, 1);
    assert_int_equal(effect->channels[0].member_count, 1);
    assert_int_equal(effect->channels[0].hidden, 0);
    assert_int_equal(chat->row_count, 1);
    assert_row(chat, 0, ROW_JOINED, "#Forge", "eve");
    assert_int_equal(core_channel_count(chat->core), 2);
    assert_int_equal(core_member_count(chat->core, TEXT("#FORGE")), 1);
}

static void who_makes_a_channel_is_its_operator(void **state)
{
    struct chat *chat = *state;
    chat_join(chat, 2, "#forge");
    assert_int_equal(assert_own(chat, EFFECT_JOINED, 2)->rank, RANK_OPERATOR);
    chat_join(chat, 3, "#forge");
    assert_int_equal(assert_own(chat, EFFECT_JOINED, 3)->rank, 0);
}

static void join_of_any_spelling_enters_the_same_channel(void **state)
{
    struct chat *chat = *state;
    const uint64_t id = chat->effects[0].effect.channels[0].id;
    chat_join(chat, 2, "#YARD");
    const struct effect *effect = assert_own(chat, EFFECT_JOINED, 2);
    assert_text(effect->name, "#yard");
    assert_int_equal(effect->channels[0].id, id);
    assert_int_equal(effect->channels[0].member_count, 2);
    assert_row(chat, 0, ROW_JOINED, "#yard", "eve");
    assert_int_equal(core_channel_count(chat->core), 1);
}

static void join_of_a_bad_name_is_refused_with_its_verdict(void **state)
{
    static const struct {
        const char *name;
        enum name_verdict verdict;
    } cases[] = {
        {"", NAME_EMPTY},         {"#", NAME_EMPTY},    {"#\xff", NAME_NOT_UTF8},
        {"#\x07", NAME_CONTROL},  {"#a b", NAME_SPACE}, {"#a\u200b", NAME_INVISIBLE},
        {"#a,b", NAME_CHARACTER},
    };
    struct chat *chat = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        chat_join(chat, 2, cases[i].name);
        const struct effect *effect = assert_refused(chat, REFUSAL_NAME_BAD, 2);
        assert_int_equal(effect->verdict, cases[i].verdict);
        assert_text(effect->who.nick, "eve");
        assert_text(effect->name, cases[i].name);
    }
}

static void join_by_a_member_is_refused(void **state)
{
    struct chat *chat = *state;
    chat_join(chat, 1, "#yard");
    assert_refused(chat, REFUSAL_MEMBER_ALREADY, 1);
    chat_join(chat, 1, "#YARD");
    assert_refused(chat, REFUSAL_MEMBER_ALREADY, 1);
}

static void who_is_away_joins_with_the_message(void **state)
{
    struct chat *chat = *state;
    chat_do(chat, COMMAND_AWAY, 2, "", "at lunch");
    chat_join(chat, 2, "#yard");
    const struct effect *effect = assert_own(chat, EFFECT_JOINED, 2);
    assert_text(effect->extra, "at lunch");
    assert_int_equal(effect->who.flags, PERSON_AWAY);
}

static void join_tells_the_topic(void **state)
{
    struct chat *chat = *state;
    chat_do(chat, COMMAND_TOPIC, 1, "#yard", "the old well");
    chat_join(chat, 2, "#YARD");
    assert_replies(chat, "332|#yard|the old well", "333|#yard|bob|5", NULL);
}

static void join_tells_the_names_when_asked(void **state)
{
    struct chat *chat = *state;
    chat_give(chat,
              (struct command){
                  .kind = COMMAND_JOIN, .session = 2, .name = TEXT("#Yard"), .flags = ASK_NAMES});
    assert_own(chat, EFFECT_JOINED, 2);
    assert_replies(chat, "353|=|#yard|@bob eve", "366|#yard", NULL);
    assert_int_equal(chat->more, 0);
}

/* Fills #yard until its names need several steps. */
static void crowd(struct chat *chat, uint64_t count)
{
    for (uint64_t session = 100; session < 100 + count; session++) {
        char nick[40];
        (void)snprintf(nick, sizeof(nick), "a-person-with-a-long-name-%llu",
                       (unsigned long long)session);
        const struct command open = {
            .kind = COMMAND_OPEN, .session = session, .name = text_of(nick)};
        chat_apply(chat, &open);
        const struct command join = {
            .kind = COMMAND_JOIN, .session = session, .name = TEXT("#yard")};
        chat_apply(chat, &join);
    }
}

static size_t names_in(const struct chat *chat)
{
    size_t count = 0;
    for (size_t i = 0; i < chat->reply_count; i++) {
        if (strncmp(chat->replies[i], "353|", 4) == 0) {
            const char *names = strrchr(chat->replies[i], '|');
            count++;
            for (; *names != '\0'; names++) {
                count += *names == ' ';
            }
        }
    }
    return count;
}

static void names_of_a_full_channel_come_in_steps(void **state)
{
    struct chat *chat = *state;
    crowd(chat, 700);
    struct command join = {
        .kind = COMMAND_JOIN, .session = 2, .name = TEXT("#YARD"), .flags = ASK_NAMES};
    chat_give(chat, join);
    assert_own(chat, EFFECT_JOINED, 2);
    size_t count = names_in(chat);
    size_t steps = 1;
    while (chat->more != 0) {
        assert_true(chat->more > join.cursor);
        join.cursor = chat->more;
        const uint64_t more = chat->more;
        chat_give(chat, join);
        assert_int_equal(chat->effect_count, 0);
        assert_int_equal(chat->row_count, 0);
        assert_int_equal(core_digest(chat->core), chat->digest_before);
        assert_true(chat->more == 0 || chat->more > more);
        count += names_in(chat);
        steps++;
    }
    assert_true(steps > 2);
    assert_int_equal(count, 702);
    assert_string_equal(chat->replies[chat->reply_count - 1], "366|#yard");
}

static void names_end_for_who_has_left_meanwhile(void **state)
{
    struct chat *chat = *state;
    crowd(chat, 700);
    struct command join = {
        .kind = COMMAND_JOIN, .session = 2, .name = TEXT("#YARD"), .flags = ASK_NAMES};
    chat_give(chat, join);
    join.cursor = chat->more;
    assert_int_not_equal(join.cursor, 0);
    chat_give(chat,
              (struct command){
                  .kind = COMMAND_KICK, .session = 1, .name = TEXT("#yard"), .extra = TEXT("eve")});
    chat_give(chat, join);
    assert_replies(chat, "366|#YARD", NULL);
    assert_int_equal(chat->more, 0);
}

/* -- Modes that keep people out -------------------------------------------------------------------
 */

static void ban_keeps_out_but_for_an_exception(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+b EVE!*@*");
    chat_join(chat, 2, "#yard");
    assert_refused(chat, REFUSAL_BANNED, 2);
    chat_join(chat, 3, "#yard");
    assert_own(chat, EFFECT_JOINED, 3);
    chat_mode(chat, 1, "#yard", "+e *!*@H2.cloak");
    chat_join(chat, 2, "#yard");
    assert_own(chat, EFFECT_JOINED, 2);
}

static void ban_of_an_account_is_not_one_of_a_nick(void **state)
{
    struct chat *chat = *state;
    chat_open_known(chat, 4, "joe", "eve");
    chat_mode(chat, 1, "#yard", "+b ~a:EVE");
    chat_join(chat, 2, "#yard");
    assert_own(chat, EFFECT_JOINED, 2);
    chat_join(chat, 4, "#yard");
    assert_refused(chat, REFUSAL_BANNED, 4);
}

static void mute_keeps_nobody_out(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+b ~m:eve");
    chat_join(chat, 2, "#yard");
    assert_own(chat, EFFECT_JOINED, 2);
}

static void invite_only_lets_in_whom_the_list_names(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+i");
    chat_join(chat, 2, "#yard");
    assert_refused(chat, REFUSAL_INVITE_ONLY, 2);
    chat_mode(chat, 1, "#yard", "+I eve");
    chat_join(chat, 2, "#yard");
    assert_own(chat, EFFECT_JOINED, 2);
    chat_join(chat, 3, "#yard");
    assert_refused(chat, REFUSAL_INVITE_ONLY, 3);
}

static void key_must_be_the_same_bytes(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+k Beer");
    chat_do(chat, COMMAND_JOIN, 2, "#yard", "");
    assert_refused(chat, REFUSAL_KEY, 2);
    chat_do(chat, COMMAND_JOIN, 2, "#yard", "beer");
    assert_refused(chat, REFUSAL_KEY, 2);
    chat_do(chat, COMMAND_JOIN, 2, "#yard", "Beer");
    assert_own(chat, EFFECT_JOINED, 2);
}

static void limit_counts_members(void **state)
{
    struct chat *chat = *state;
    chat_mode(chat, 1, "#yard", "+l 2");
    chat_join(chat, 2, "#yard");
    assert_own(chat, EFFECT_JOINED, 2);
    chat_join(chat, 3, "#yard");
    assert_refused(chat, REFUSAL_FULL, 3);
    chat_part(chat, 2, "#yard");
    chat_join(chat, 3, "#yard");
    assert_own(chat, EFFECT_JOINED, 3);
}

static void registered_only_lets_in_who_has_an_account(void **state)
{
    struct chat *chat = *state;
    chat_open_known(chat, 4, "joe", "joe");
    chat_mode(chat, 1, "#yard", "+R");
    chat_join(chat, 2, "#yard");
    assert_refused(chat, REFUSAL_REGISTERED_ONLY, 2);
    chat_join(chat, 4, "#yard");
    assert_own(chat, EFFECT_JOINED, 4);
}

static void who_is_kept_out_is_sent_on(void **state)
{
    struct chat *chat = *state;
    chat_join(chat, 1, "#Hall");
    chat_mode(chat, 1, "#yard", "+f #hall");
    chat_join(chat, 3, "#yard");
    assert_text(assert_own(chat, EFFECT_JOINED, 3)->name, "#yard");
    chat_mode(chat, 1, "#yard", "+i");
    chat_join(chat, 2, "#Yard");
    assert_text(assert_own(chat, EFFECT_JOINED, 2)->name, "#Hall");
    assert_replies(chat, "470|#yard|#Hall", NULL);
    assert_row(chat, 0, ROW_JOINED, "#Hall", "eve");
    /* And no further when there already. */
    chat_join(chat, 2, "#yard");
    assert_refused(chat, REFUSAL_INVITE_ONLY, 2);
}

static void who_is_sent_on_is_sent_one_step(void **state)
{
    struct chat *chat = *state;
    chat_join(chat, 1, "#hall");
    chat_mode(chat, 1, "#yard", "+if #hall");
    chat_mode(chat, 1, "#hall", "+if #yard");
    chat_join(chat, 2, "#yard");
    assert_refused(chat, REFUSAL_INVITE_ONLY, 2);
}

static void wrong_key_sends_nobody_on(void **state)
{
    struct chat *chat = *state;
    chat_join(chat, 1, "#hall");
    chat_mode(chat, 1, "#yard", "+fk #hall beer");
    chat_join(chat, 2, "#yard");
    assert_refused(chat, REFUSAL_KEY, 2);
}

/* -- Bounds
 * -------------------------------------------------------------------------------------------- */

static void channels_per_session_are_bounded(void **state)
{
    struct chat *chat = *state;
    char name[16];
    for (int i = 0; i < CHANNELS_PER_SESSION_MAX; i++) {
        (void)snprintf(name, sizeof(name), "#c%d", i);
        chat_join(chat, 2, name);
        assert_own(chat, EFFECT_JOINED, 2);
    }
    /* One that is there and one that is not. */
    chat_join(chat, 2, "#yard");
    assert_refused(chat, REFUSAL_TOO_MANY, 2);
    chat_join(chat, 2, "#new");
    assert_refused(chat, REFUSAL_TOO_MANY, 2);
    /* Being a member is said before being in too many. */
    chat_join(chat, 2, "#c7");
    assert_refused(chat, REFUSAL_MEMBER_ALREADY, 2);
    chat_say(chat, 2, "#C99", "hello");
    assert_own(chat, EFFECT_MESSAGE, 2);

    chat_part(chat, 2, "#c50");
    chat_join(chat, 2, "#yard");
    assert_own(chat, EFFECT_JOINED, 2);
    chat_close(chat, 2);
    const struct effect *effect = assert_own(chat, EFFECT_CLOSED, 2);
    assert_int_equal(effect->channel_count, CHANNELS_PER_SESSION_MAX);
    assert_int_equal(chat->row_count, CHANNELS_PER_SESSION_MAX);
    assert_row(chat, 49, ROW_CLOSED, "#c49", "eve");
    assert_row(chat, 50, ROW_CLOSED, "#c51", "eve");
    assert_row(chat, 99, ROW_CLOSED, "#yard", "eve");
    assert_int_equal(core_channel_count(chat->core), 1);
}

static void channels_of_the_server_are_bounded(void **state)
{
    struct chat *chat = *state;
    char name[16];
    uint64_t session = 3;
    for (int i = 1; i < CHANNELS_MAX; i++) {
        if (i % CHANNELS_PER_SESSION_MAX == 0) {
            session++;
            (void)snprintf(name, sizeof(name), "n%llu", (unsigned long long)session);
            const struct command open = {
                .kind = COMMAND_OPEN, .session = session, .name = text_of(name)};
            chat_apply(chat, &open);
        }
        (void)snprintf(name, sizeof(name), "#c%d", i);
        const struct command join = {
            .kind = COMMAND_JOIN, .session = session, .name = text_of(name)};
        chat_apply(chat, &join);
        assert_int_equal(chat->effects[0].effect.kind, EFFECT_JOINED);
    }
    assert_int_equal(core_channel_count(chat->core), CHANNELS_MAX);
    chat_join(chat, 1, "#new");
    assert_refused(chat, REFUSAL_TOO_MANY, 1);
    chat_join(chat, 1, "#C77");
    assert_own(chat, EFFECT_JOINED, 1);
    chat_part(chat, 3, "#c1");
    chat_join(chat, 1, "#new");
    assert_own(chat, EFFECT_JOINED, 1);
}

static void members_of_a_channel_are_bounded(void **state)
{
    struct chat *chat = *state;
    struct channel *yard = channel_get(chat->core, TEXT("#yard"));
    assert_non_null(yard);
    /* The rule only counts, so the others need not be there, as long as no digest looks. */
    yard->members.count = MEMBERS_PER_CHANNEL_MAX - 1;
    const struct command join = {.kind = COMMAND_JOIN, .session = 2, .name = TEXT("#yard")};
    chat_apply(chat, &join);
    assert_int_equal(chat->effects[0].effect.kind, EFFECT_JOINED);
    const struct command one_more = {.kind = COMMAND_JOIN, .session = 3, .name = TEXT("#yard")};
    chat_apply(chat, &one_more);
    assert_int_equal(chat->effects[0].effect.kind, EFFECT_REFUSED);
    assert_int_equal(chat->effects[0].effect.refusal, REFUSAL_FULL);
    assert_int_equal(yard->members.count, MEMBERS_PER_CHANNEL_MAX);
    assert_int_equal(chat->row_count, 0);
}

#define YARD_TEST(function) cmocka_unit_test_setup_teardown(function, yard_setup, chat_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        YARD_TEST(join_makes_the_channel_and_is_told_and_kept),
        YARD_TEST(who_makes_a_channel_is_its_operator),
        YARD_TEST(join_of_any_spelling_enters_the_same_channel),
        YARD_TEST(join_of_a_bad_name_is_refused_with_its_verdict),
        YARD_TEST(join_by_a_member_is_refused),
        YARD_TEST(who_is_away_joins_with_the_message),
        YARD_TEST(join_tells_the_topic),
        YARD_TEST(join_tells_the_names_when_asked),
        YARD_TEST(names_of_a_full_channel_come_in_steps),
        YARD_TEST(names_end_for_who_has_left_meanwhile),
        YARD_TEST(ban_keeps_out_but_for_an_exception),
        YARD_TEST(ban_of_an_account_is_not_one_of_a_nick),
        YARD_TEST(mute_keeps_nobody_out),
        YARD_TEST(invite_only_lets_in_whom_the_list_names),
        YARD_TEST(key_must_be_the_same_bytes),
        YARD_TEST(limit_counts_members),
        YARD_TEST(registered_only_lets_in_who_has_an_account),
        YARD_TEST(who_is_kept_out_is_sent_on),
        YARD_TEST(who_is_sent_on_is_sent_one_step),
        YARD_TEST(wrong_key_sends_nobody_on),
        YARD_TEST(channels_per_session_are_bounded),
        YARD_TEST(channels_of_the_server_are_bounded),
        YARD_TEST(members_of_a_channel_are_bounded),
    };
    return cmocka_run_group_tests_name("core/join", tests, NULL, NULL);
}
