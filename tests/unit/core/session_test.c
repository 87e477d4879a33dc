/* The rules of sessions: opening, closing, the fence, and who may have which nick. */
#include "chat.h"

#include "model/name.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void open_makes_a_session_of_that_nick(void **state)
{
    struct chat *chat = *state;
    chat_open(chat, 1, "user1");
    const struct effect *effect = assert_own(chat, EFFECT_OPENED, 1);
    assert_text(effect->who.nick, "user1");
    assert_text(effect->who.user, "user");
    assert_text(effect->who.host, "h1.cloak");
    assert_text(effect->who.account, "");
    assert_text(effect->who.realname, "Real Name");
    assert_int_equal(effect->who.flags, 0);
    assert_int_equal(effect->command_kind, COMMAND_OPEN);
    assert_int_equal(effect->channel_count, 0);
    assert_int_equal(chat->row_count, 0);
    assert_int_equal(core_session_count(chat->core), 1);
    assert_int_equal(core_seq(chat->core), 101);
    assert_int_not_equal(core_digest(chat->core), chat->digest_before);
}

static void bad_name_is_refused_with_its_verdict(void **state)
{
    static const struct {
        const char *nick;
        enum name_verdict verdict;
    } cases[] = {
        {"", NAME_EMPTY},
        {"a2345678901234567890123456789012x", NAME_TOO_LONG},
        {"\xc0\xaf", NAME_NOT_UTF8},
        {"bob\x07", NAME_CONTROL},
        {"a\u202eb", NAME_INVISIBLE},
        {"a b", NAME_SPACE},
        {"#bob", NAME_CHARACTER},
        {"9bob", NAME_START},
    };
    struct chat *chat = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        chat_open(chat, 1, cases[i].nick);
        const struct effect *effect = assert_refused(chat, REFUSAL_NAME_BAD, 1);
        assert_int_equal(effect->verdict, cases[i].verdict);
        assert_int_equal(effect->command_kind, COMMAND_OPEN);
        assert_text(effect->name, cases[i].nick);
    }
    assert_int_equal(core_session_count(chat->core), 0);
}

static void name_of_32_bytes_is_the_longest(void **state)
{
    struct chat *chat = *state;
    chat_open(chat, 1, "a2345678901234567890123456789012");
    assert_effect(chat, EFFECT_OPENED, 1);
}

static void name_in_use_is_refused_however_it_is_spelled(void **state)
{
    static const char *const spellings[] = {"bob", "Bob", "BOB", "\uff42\uff4f\uff42"};
    struct chat *chat = *state;
    chat_open(chat, 1, "Bob");
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        chat_open(chat, 2, spellings[i]);
        const struct effect *effect = assert_refused(chat, REFUSAL_NAME_IN_USE, 2);
        assert_text(effect->extra, "Bob");
        assert_text(effect->name, spellings[i]);
    }
    /* The same Hangul, composed and not. */
    chat_open(chat, 2, "\ud55c\uae00");
    assert_effect(chat, EFFECT_OPENED, 2);
    chat_open(chat, 3, "\u1112\u1161\u11ab\u1100\u1173\u11af");
    assert_refused(chat, REFUSAL_NAME_IN_USE, 3);
}

static void name_that_looks_like_a_present_one_is_refused(void **state)
{
    struct chat *chat = *state;
    chat_open(chat, 1, "paco");
    /* Four Cyrillic letters. */
    chat_open(chat, 2, "\u0440\u0430\u0441\u043e");
    const struct effect *effect = assert_refused(chat, REFUSAL_NAME_LOOKS_LIKE, 2);
    assert_text(effect->extra, "paco");
}

static void name_is_free_again_after_close(void **state)
{
    struct chat *chat = *state;
    chat_open(chat, 1, "bob");
    chat_close(chat, 1);
    assert_int_equal(core_session_count(chat->core), 0);
    chat_open(chat, 2, "BOB");
    assert_effect(chat, EFFECT_OPENED, 2);
}

static void refused_open_may_be_tried_again(void **state)
{
    struct chat *chat = *state;
    chat_open(chat, 1, "bob");
    chat_open(chat, 2, "bob");
    assert_refused(chat, REFUSAL_NAME_IN_USE, 2);
    chat_open(chat, 2, "bob2");
    assert_effect(chat, EFFECT_OPENED, 2);
}

static void close_without_channels_leaves_no_row(void **state)
{
    struct chat *chat = *state;
    chat_open(chat, 1, "bob");
    chat_do(chat, COMMAND_CLOSE, 1, "", "Quit: home");
    const struct effect *effect = assert_own(chat, EFFECT_CLOSED, 1);
    assert_text(effect->who.nick, "bob");
    assert_text(effect->text, "Quit: home");
    assert_int_equal(effect->reason, LEAVE_VANISHED);
    assert_int_equal(effect->channel_count, 0);
    assert_int_equal(chat->row_count, 0);
    assert_int_equal(core_session_count(chat->core), 0);
}

static void close_leaves_every_channel_in_the_order_of_joining(void **state)
{
    struct chat *chat = *state;
    chat_open(chat, 1, "bob");
    chat_open(chat, 2, "eve");
    chat_join(chat, 1, "#c");
    const uint64_t c = chat->effects[0].effect.channels[0].id;
    chat_join(chat, 2, "#a");
    const uint64_t a = chat->effects[0].effect.channels[0].id;
    chat_join(chat, 1, "#b");
    const uint64_t b = chat->effects[0].effect.channels[0].id;
    chat_join(chat, 1, "#A");
    chat_do(chat, COMMAND_CLOSE, 1, "", "bye");

    const struct effect *effect = assert_effect(chat, EFFECT_CLOSED, 1);
    assert_int_equal(effect->channel_count, 3);
    assert_int_equal(effect->channels[0].id, c);
    assert_int_equal(effect->channels[0].member_count, 0);
    assert_int_equal(effect->channels[1].id, b);
    assert_int_equal(effect->channels[1].member_count, 0);
    assert_int_equal(effect->channels[2].id, a);
    assert_int_equal(effect->channels[2].member_count, 1);
    assert_int_equal(chat->row_count, 3);
    assert_row(chat, 0, ROW_CLOSED, "#c", "bob");
    assert_row(chat, 1, ROW_CLOSED, "#b", "bob");
    const struct row *row = assert_row(chat, 2, ROW_CLOSED, "#a", "bob");
    assert_int_equal(row->reason, LEAVE_VANISHED);
    assert_text(row->text, "bye");
    assert_int_equal(core_channel_count(chat->core), 1);
    assert_int_equal(core_member_count(chat->core, TEXT("#a")), 1);
    assert_int_equal(core_member_count(chat->core, TEXT("#b")), 0);
}

static void ping_comes_back_and_changes_nothing(void **state)
{
    struct chat *chat = *state;
    chat_open(chat, 1, "bob");
    chat_do(chat, COMMAND_PING, 1, "", "token 1");
    const struct effect *effect = assert_own(chat, EFFECT_PONG, 1);
    assert_text(effect->who.nick, "bob");
    assert_text(effect->text, "token 1");
    assert_int_equal(chat->row_count, 0);
    assert_int_equal(core_digest(chat->core), chat->digest_before);
}

static void commands_without_a_session_do_nothing(void **state)
{
    enum command_kind kinds[COMMAND_QUESTION_FIRST];
    size_t kind_count = 0;
    for (enum command_kind kind = COMMAND_JOIN; kind < COMMAND_QUESTION_FIRST; kind++) {
        if (kind != COMMAND_KEEP) {
            kinds[kind_count++] = kind;
        }
    }
    struct chat *chat = *state;
    chat_open(chat, 1, "bob");
    chat_join(chat, 1, "#a");
    chat_open(chat, 2, "bob");
    assert_refused(chat, REFUSAL_NAME_IN_USE, 2);
    for (size_t i = 0; i < kind_count; i++) {
        chat_do(chat, kinds[i], 2, "#a", "hello");
        assert_nothing(chat);
    }
    /* Nor after the end. */
    chat_close(chat, 1);
    for (size_t i = 0; i < kind_count; i++) {
        chat_do(chat, kinds[i], 1, "#a", "hello");
        assert_nothing(chat);
    }
    assert_int_equal(core_seq(chat->core), chat->seq);
}

static void session_too_many_is_refused(void **state)
{
    struct chat *chat = *state;
    char nick[16];
    for (uint64_t i = 1; i <= SESSIONS_MAX; i++) {
        snprintf(nick, sizeof(nick), "n%llu", (unsigned long long)i);
        const struct command command = {
            .kind = COMMAND_OPEN,
            .session = i,
            .name = text_of(nick),
        };
        chat_apply(chat, &command);
        assert_int_equal(chat->effects[0].effect.kind, EFFECT_OPENED);
    }
    assert_int_equal(core_session_count(chat->core), SESSIONS_MAX);
    chat_open(chat, SESSIONS_MAX + 1, "one-more");
    assert_refused(chat, REFUSAL_TOO_MANY, SESSIONS_MAX + 1);
    chat_close(chat, 1);
    chat_open(chat, SESSIONS_MAX + 1, "one-more");
    assert_effect(chat, EFFECT_OPENED, SESSIONS_MAX + 1);
}

static void open_says_where_somebody_comes_from(void **state)
{
    struct chat *chat = *state;
    chat_give(chat, (struct command){.kind = COMMAND_OPEN,
                                     .session = 1,
                                     .name = TEXT("bob"),
                                     .text = TEXT("at lunch"),
                                     .flags = OPEN_SECURE | OPEN_INVISIBLE});
    const struct effect *effect = assert_own(chat, EFFECT_OPENED, 1);
    assert_int_equal(effect->who.flags, PERSON_SECURE | PERSON_INVISIBLE | PERSON_AWAY);
    assert_text(effect->text, "at lunch");
}

static void open_is_answered_with_the_numbers_of_the_server(void **state)
{
    struct chat *chat = *state;
    chat_open(chat, 1, "bob");
    assert_true(chat->reply_count >= 4);
    assert_int_equal(strncmp(chat->replies[0], "251|", 4), 0);
    /* Who reads plain lines did not ask for them. */
    chat_give(chat,
              (struct command){
                  .kind = COMMAND_OPEN, .session = 2, .name = TEXT("eve"), .flags = OPEN_PLAIN});
    assert_int_equal(assert_own(chat, EFFECT_OPENED, 2)->who.flags, PERSON_PLAIN);
    assert_replies(chat, NULL);
}

static void words_of_a_close_are_cut_at_their_bound(void **state)
{
    struct chat *chat = *state;
    char words[REASON_BYTES_MAX + 9];
    memset(words, 'x', sizeof(words) - 1);
    /* Two bytes of three would fit. */
    memcpy(words + REASON_BYTES_MAX - 2, "\ud55c\uae00", 6);
    words[REASON_BYTES_MAX + 4] = '\0';
    chat_open(chat, 1, "bob");
    chat_join(chat, 1, "#yard");
    chat_do(chat, COMMAND_CLOSE, 1, "", words);
    assert_int_equal(assert_own(chat, EFFECT_CLOSED, 1)->text.count, REASON_BYTES_MAX - 2);
    assert_int_equal(assert_row(chat, 0, ROW_CLOSED, "#yard", "bob")->text.count,
                     REASON_BYTES_MAX - 2);
}

/* True when the action ends the process by a failed check. */
static bool aborts(struct chat *chat, void (*action)(struct chat *chat))
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (freopen("/dev/null", "w", stderr) == NULL) {
            _exit(1);
        }
        /* The test runner's own handler would turn it into a failure. */
        signal(SIGABRT, SIG_DFL);
        action(chat);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void open_twice(struct chat *chat)
{
    chat_open(chat, 1, "eve");
}

static void skip_a_number(struct chat *chat)
{
    chat->seq++;
    chat_open(chat, 2, "eve");
}

static void repeat_a_number(struct chat *chat)
{
    chat->seq--;
    chat_open(chat, 2, "eve");
}

static void go_back_in_time(struct chat *chat)
{
    chat->time_ms -= 2;
    chat_open(chat, 2, "eve");
}

static void send_an_unknown_command(struct chat *chat)
{
    chat_do(chat, (enum command_kind)99, 1, "", "");
}

static void open_well(struct chat *chat)
{
    chat_open(chat, 2, "eve");
}

static void bugs_of_the_caller_stop_the_process(void **state)
{
    struct chat *chat = *state;
    chat_open(chat, 1, "bob");
    assert_false(aborts(chat, open_well));
    assert_true(aborts(chat, open_twice));
    assert_true(aborts(chat, skip_a_number));
    assert_true(aborts(chat, repeat_a_number));
    assert_true(aborts(chat, go_back_in_time));
    assert_true(aborts(chat, send_an_unknown_command));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHAT_TEST(open_makes_a_session_of_that_nick),
        CHAT_TEST(open_says_where_somebody_comes_from),
        CHAT_TEST(open_is_answered_with_the_numbers_of_the_server),
        CHAT_TEST(words_of_a_close_are_cut_at_their_bound),
        CHAT_TEST(bad_name_is_refused_with_its_verdict),
        CHAT_TEST(name_of_32_bytes_is_the_longest),
        CHAT_TEST(name_in_use_is_refused_however_it_is_spelled),
        CHAT_TEST(name_that_looks_like_a_present_one_is_refused),
        CHAT_TEST(name_is_free_again_after_close),
        CHAT_TEST(refused_open_may_be_tried_again),
        CHAT_TEST(close_without_channels_leaves_no_row),
        CHAT_TEST(close_leaves_every_channel_in_the_order_of_joining),
        CHAT_TEST(ping_comes_back_and_changes_nothing),
        CHAT_TEST(commands_without_a_session_do_nothing),
        CHAT_TEST(session_too_many_is_refused),
        CHAT_TEST(bugs_of_the_caller_stop_the_process),
    };
    return cmocka_run_group_tests_name("core/session", tests, NULL, NULL);
}
