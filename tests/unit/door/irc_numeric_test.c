/* What IRC says to who asked: replies, standard replies, refusals. */
#include "base/mem.h"
#include "door/irc_message.h"
#include "door/irc_numeric.h"
#include "model/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct irc_asker bob = {.server = {"madang.example", 14}, .nick = {"bob", 3}};

static void assert_bytes(struct bytes *bytes, const char *expected)
{
    if (!text_equal(bytes_text(bytes), text_of(expected))) {
        fail_msg("got  %.*s\nwant %s", (int)bytes->count, bytes->count > 0 ? bytes->data : "",
                 expected);
    }
    bytes_clear(bytes);
}

static void a_reply_has_its_numeric_nick_and_sentence(void **state)
{
    (void)state;
    struct bytes out = {0};
    const struct text channel = TEXT("#a");
    assert_int_equal(irc_numeric_append(&bob, RPL_ENDOFNAMES, &channel, 1, &out), ERR_OK);
    assert_bytes(&out, ":madang.example 366 bob #a :End of /NAMES list\r\n");
    assert_int_equal(irc_numeric_append(&bob, ERR_NOTEXTTOSEND, NULL, 0, &out), ERR_OK);
    assert_bytes(&out, ":madang.example 412 bob :No text to send\r\n");
    const struct text welcome = TEXT("Welcome");
    assert_int_equal(irc_numeric_append(&bob, RPL_WELCOME, &welcome, 1, &out), ERR_OK);
    assert_bytes(&out, ":madang.example 001 bob :Welcome\r\n");
    bytes_finish(&out);
}

static void data_ends_a_reply_as_is_customary(void **state)
{
    (void)state;
    struct bytes out = {0};
    const struct text names[] = {TEXT("="), TEXT("#a"), TEXT("@bob")};
    assert_int_equal(irc_numeric_append(&bob, RPL_NAMREPLY, names, 3, &out), ERR_OK);
    assert_bytes(&out, ":madang.example 353 bob = #a :@bob\r\n");
    const struct text modes[] = {TEXT("#a"), TEXT("+nt")};
    assert_int_equal(irc_numeric_append(&bob, RPL_CHANNELMODEIS, modes, 2, &out), ERR_OK);
    assert_bytes(&out, ":madang.example 324 bob #a +nt\r\n");
    const struct text topic[] = {TEXT("#a"), TEXT("")};
    assert_int_equal(irc_numeric_append(&bob, RPL_TOPIC, topic, 2, &out), ERR_OK);
    assert_bytes(&out, ":madang.example 332 bob #a :\r\n");
    bytes_finish(&out);
}

static void a_param_that_cannot_stand_in_the_middle_does_not_move_the_others(void **state)
{
    (void)state;
    struct bytes out = {0};
    const struct text params[] = {TEXT("#a"), TEXT("k"), TEXT("two words")};
    assert_int_equal(irc_numeric_append(&bob, ERR_INVALIDMODEPARAM, params, 3, &out), ERR_OK);
    assert_bytes(&out, ":madang.example 696 bob #a k * :Invalid parameter for this mode\r\n");
    bytes_finish(&out);
}

static void tags_stand_before_a_reply(void **state)
{
    (void)state;
    struct bytes out = {0};
    struct irc_asker asker = bob;
    asker.tags = TEXT("label=a\\sb");
    assert_int_equal(irc_numeric_append(&asker, RPL_UNAWAY, NULL, 0, &out), ERR_OK);
    assert_bytes(&out, "@label=a\\sb :madang.example 305 bob "
                       ":You are no longer marked as being away\r\n");
    bytes_finish(&out);
}

static void standard_replies_have_their_own_verbs_and_no_nick(void **state)
{
    (void)state;
    struct bytes out = {0};
    const struct text params[] = {TEXT("BATCH"), TEXT("MULTILINE_MAX_BYTES"), TEXT("4096"),
                                  TEXT("Enough")};
    static const char *const verbs[] = {"FAIL", "WARN", "NOTE"};
    for (int i = 0; i < 3; i++) {
        char line[128];
        snprintf(line, sizeof(line),
                 ":madang.example %s BATCH MULTILINE_MAX_BYTES 4096 :Enough\r\n", verbs[i]);
        assert_int_equal(irc_numeric_append(&bob, (enum numeric)(REPLY_FAIL + i), params, 4, &out),
                         ERR_OK);
        assert_bytes(&out, line);
    }
    struct reply reply = {
        .numeric = REPLY_FAIL, .param_count = 2, .params = {TEXT("*"), TEXT("INVALID_UTF8")}};
    assert_int_equal(irc_reply_append_as(&bob, &reply, TEXT("Not UTF-8"), &out), ERR_OK);
    assert_bytes(&out, ":madang.example FAIL * INVALID_UTF8 :Not UTF-8\r\n");
    bytes_finish(&out);
}

static void sentences_are_plain_ascii_lines(void **state)
{
    (void)state;
    uint32_t count = 0;
    for (int numeric = 0; numeric < REPLY_FAIL; numeric++) {
        struct text sentence = irc_numeric_sentence((enum numeric)numeric);
        for (size_t i = 0; i < sentence.count; i++) {
            assert_in_range(sentence.data[i], 0x20, 0x7E);
        }
        count += sentence.count > 0;
    }
    assert_true(count > 70);
    assert_int_equal(irc_numeric_sentence(REPLY_FAIL).count, 0);
}

static const struct {
    enum refusal refusal;
    enum command_kind kind;
    const char *name;
    const char *extra;
    const char *text;
    const char *said; /* Behind ":madang.example "; NULL for nothing. */
} refusals[] = {
    {REFUSAL_NAME_BAD, COMMAND_NICK, "1a", "", "",
     "432 bob 1a :Erroneous nickname: it may not begin like that"},
    {REFUSAL_NAME_BAD, COMMAND_OPEN, "a b", "", "",
     "432 bob * :Erroneous nickname: it may not begin like that"},
    {REFUSAL_NAME_BAD, COMMAND_JOIN, "#", "", "",
     "476 bob # :No channel can be called that: it may not begin like that"},
    {REFUSAL_NAME_BAD, COMMAND_JOIN, "inv@lid", "", "", "403 bob inv@lid :No such channel"},
    {REFUSAL_NAME_BAD, COMMAND_TOPIC, "#a", "", "", "403 bob #a :No such channel"},
    {REFUSAL_NAME_BAD, COMMAND_MESSAGE, "@#a", "", "", "403 bob @#a :No such channel"},
    {REFUSAL_NAME_BAD, COMMAND_MESSAGE, "1a", "", "", "401 bob 1a :No such nick/channel"},
    {REFUSAL_NAME_BAD, COMMAND_INVITE, "", "1a", "", "401 bob 1a :No such nick/channel"},
    {REFUSAL_NAME_BAD, COMMAND_SETNAME, "", "", "",
     "FAIL SETNAME INVALID_REALNAME :That is no real name: it may not begin like that"},
    {REFUSAL_NAME_BAD, COMMAND_RENAME, "#a", "#b,c", "",
     "FAIL RENAME CANNOT_RENAME #a #b,c :No channel can be called that"},
    {REFUSAL_NAME_BAD, COMMAND_METADATA, "?", "k", "",
     "FAIL METADATA INVALID_TARGET ? :There is nobody and nothing of that name"},
    {REFUSAL_NAME_IN_USE, COMMAND_NICK, "Al", "al", "", "433 bob Al :Nickname is already in use"},
    {REFUSAL_NAME_LOOKS_LIKE, COMMAND_NICK, "a1", "al", "",
     "433 bob a1 :Nickname looks like al, which is in use"},
    {REFUSAL_NAME_IN_USE, COMMAND_RENAME, "#a", "#b", "",
     "FAIL RENAME CHANNEL_NAME_IN_USE #a #b :There is a channel of that name already"},
    {REFUSAL_NO_CHANNEL, COMMAND_PART, "#a", "", "", "403 bob #a :No such channel"},
    {REFUSAL_NO_CHANNEL, COMMAND_RENAME, "#a", "#b", "", "403 bob #a :No such channel"},
    {REFUSAL_NO_CHANNEL, COMMAND_METADATA, "#a", "k", "",
     "FAIL METADATA INVALID_TARGET #a :There is nobody and nothing of that name"},
    {REFUSAL_NOT_MEMBER, COMMAND_PART, "#a", "", "", "442 bob #a :You're not on that channel"},
    {REFUSAL_NOT_MEMBER, COMMAND_MESSAGE, "#a", "", "", "404 bob #a :Cannot send to channel"},
    {REFUSAL_MEMBER_ALREADY, COMMAND_JOIN, "#a", "", "", NULL},
    {REFUSAL_NONE, COMMAND_JOIN, "#a", "", "", NULL},
    {REFUSAL_TOO_MANY, COMMAND_JOIN, "#a", "", "", "405 bob #a :You have joined too many channels"},
    {REFUSAL_TOO_MANY, COMMAND_MODE, "#a", "", "", "478 bob #a :Channel list is full"},
    {REFUSAL_TOO_MANY, COMMAND_ACCEPT, "", "al", "", "456 bob :Your accept list is full"},
    {REFUSAL_TOO_MANY, COMMAND_METADATA, "*", "k", "",
     "FAIL METADATA LIMIT_REACHED * :No more keys can be set"},
    {REFUSAL_TOO_MANY, COMMAND_OPEN, "bob", "", "", "400 bob NICK :The server is full"},
    {REFUSAL_TOO_MANY, COMMAND_BAN, "", "*@x", "",
     "400 bob BAN :There are as many as there may be"},
    {REFUSAL_NO_MEMORY, COMMAND_JOIN, "#a", "", "",
     "400 bob JOIN :The server has no memory for that at the moment"},
    {REFUSAL_NO_MEMORY, COMMAND_KEEP, "#a", "", "",
     "400 bob * :The server has no memory for that at the moment"},
    {REFUSAL_NO_NICK, COMMAND_MESSAGE, "al", "", "", "401 bob al :No such nick/channel"},
    {REFUSAL_NO_NICK, COMMAND_KICK, "#a", "al", "", "401 bob al :No such nick/channel"},
    {REFUSAL_NO_NICK, COMMAND_METADATA, "al", "k", "",
     "FAIL METADATA INVALID_TARGET al :There is nobody and nothing of that name"},
    {REFUSAL_TARGET_NOT_MEMBER, COMMAND_KICK, "#a", "al", "",
     "441 bob al #a :They aren't on that channel"},
    {REFUSAL_TARGET_MEMBER, COMMAND_INVITE, "#a", "al", "", "443 bob al #a :is already on channel"},
    {REFUSAL_BANNED, COMMAND_JOIN, "#a", "", "",
     "474 bob #a :Cannot join channel (+b): you are banned"},
    {REFUSAL_BANNED, COMMAND_MESSAGE, "#a", "", "", "404 bob #a :Cannot send to channel"},
    {REFUSAL_BANNED, COMMAND_OPEN, "bob", "", "spam",
     "465 bob :You are banned from this server (spam)"},
    {REFUSAL_BANNED, COMMAND_OPEN, "bob", "", "", "465 bob :You are banned from this server"},
    {REFUSAL_KEY, COMMAND_JOIN, "#a", "", "", "475 bob #a :Cannot join channel (+k): bad key"},
    {REFUSAL_FULL, COMMAND_JOIN, "#a", "", "", "471 bob #a :Cannot join channel (+l): it is full"},
    {REFUSAL_INVITE_ONLY, COMMAND_JOIN, "#a", "", "",
     "473 bob #a :Cannot join channel (+i): you must be invited"},
    {REFUSAL_REGISTERED_ONLY, COMMAND_JOIN, "#a", "", "",
     "477 bob #a :You need to be logged in to an account"},
    {REFUSAL_REGISTERED_ONLY, COMMAND_MESSAGE, "al", "", "",
     "477 bob al :You need to be logged in to an account"},
    {REFUSAL_REGISTERED_ONLY, COMMAND_MESSAGE, "#a", "", "",
     "404 bob #a :Cannot send to channel (+M): you need to be logged in"},
    {REFUSAL_CANNOT_SEND, COMMAND_MESSAGE, "#a", "", "m",
     "404 bob #a :Cannot send to channel (+m)"},
    {REFUSAL_CANNOT_SEND, COMMAND_MESSAGE, "#a", "", "", "404 bob #a :Cannot send to channel"},
    {REFUSAL_CALLER_ID, COMMAND_MESSAGE, "al", "al", "",
     "716 bob al :hears only those on their accept list (+g)"},
    {REFUSAL_NOT_OPERATOR, COMMAND_RENAME, "#a", "#b", "",
     "482 bob #a :You're not channel operator"},
    {REFUSAL_NOT_OPERATOR, COMMAND_METADATA, "#a", "", "",
     "FAIL METADATA KEY_NO_PERMISSION #a * :You may not do that"},
    {REFUSAL_NO_PRIVILEGES, COMMAND_KILL, "al", "", "",
     "481 bob :Permission denied: you're not an operator of this server"},
    {REFUSAL_SERVER_CLOSED, COMMAND_OPEN, "bob", "", "",
     "465 bob :This server takes no new people at the moment"},
    {REFUSAL_SERVER_CLOSED, COMMAND_JOIN, "#a", "", "",
     "400 bob JOIN :This server does not take that at the moment"},
    {REFUSAL_NO_CHANNEL, COMMAND_REDACT, "#a", "f", "",
     "FAIL REDACT INVALID_TARGET #a :No message of yours can have gone there"},
    {REFUSAL_NO_NICK, COMMAND_REDACT, "al", "f", "",
     "FAIL REDACT INVALID_TARGET al :No message of yours can have gone there"},
    {REFUSAL_NO_MESSAGE, COMMAND_REDACT, "#a", "f", "",
     "FAIL REDACT UNKNOWN_MSGID #a f :There is no such message, or it is too old"},
    {REFUSAL_NOT_OPERATOR, COMMAND_REDACT, "#a", "f", "",
     "FAIL REDACT REDACT_FORBIDDEN #a f :You may not take that message back"},
    {REFUSAL_NO_MEMORY, COMMAND_REDACT, "#a", "f", "",
     "400 bob REDACT :The server has no memory for that at the moment"},
    {REFUSAL_UNSUPPORTED, COMMAND_JOIN, "#a", "", "", "400 bob JOIN :That cannot be done here"},
    {REFUSAL_UNSUPPORTED, COMMAND_SETNAME, "", "", "",
     "FAIL SETNAME CANNOT_CHANGE_REALNAME :The real name cannot be changed"},
    {REFUSAL_UNSUPPORTED, COMMAND_RENAME, "#a", "#b", "",
     "FAIL RENAME CANNOT_RENAME #a #b :This channel cannot be renamed"},
};

static void a_refusal_has_the_number_of_its_command(void **state)
{
    (void)state;
    struct bytes out = {0};
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct effect effect = {
            .kind = EFFECT_REFUSED,
            .refusal = refusals[i].refusal,
            .verdict = NAME_START,
            .command_kind = refusals[i].kind,
            .name = text_of(refusals[i].name),
            .extra = text_of(refusals[i].extra),
            .text = text_of(refusals[i].text),
        };
        char line[256] = "";
        if (refusals[i].said != NULL) {
            snprintf(line, sizeof(line), ":madang.example %s\r\n", refusals[i].said);
        }
        assert_int_equal(irc_refusal_append(&bob, &effect, &out), ERR_OK);
        assert_bytes(&out, line);
    }
    bytes_finish(&out);
}

/* RFC 2812 section 3.3.2: automatic replies must never be sent in response to a notice. */
static void a_notice_is_never_answered(void **state)
{
    (void)state;
    struct bytes out = {0};
    struct effect effect = {.kind = EFFECT_REFUSED,
                            .refusal = REFUSAL_NO_NICK,
                            .command_kind = COMMAND_MESSAGE,
                            .flags = MESSAGE_NOTICE,
                            .name = TEXT("al")};
    assert_int_equal(irc_refusal_append(&bob, &effect, &out), ERR_OK);
    assert_int_equal(out.count, 0);
    bytes_finish(&out);
}

/* What the core may come upon next, whatever the command: some line, and only one. */
static void every_refusal_of_every_command_is_at_most_a_line(void **state)
{
    (void)state;
    char why[REASON_BYTES_MAX];
    memset(why, 'y', sizeof(why));
    for (int refusal = REFUSAL_NONE; refusal <= REFUSAL_UNSUPPORTED; refusal++) {
        for (int kind = 0; kind < COMMAND_KIND_COUNT; kind++) {
            for (uint32_t verdict = NAME_OK; verdict <= NAME_RESERVED + 1; verdict++) {
                struct bytes out = {0};
                struct effect effect = {
                    .kind = EFFECT_REFUSED,
                    .refusal = (enum refusal)refusal,
                    .verdict = verdict,
                    .command_kind = (enum command_kind)kind,
                    .text = {why, sizeof(why)},
                };
                assert_int_equal(irc_refusal_append(&bob, &effect, &out), ERR_OK);
                assert_true(out.count <= IRC_LINE_BYTES_MAX);
                if (out.count > 0) {
                    assert_ptr_equal(memchr(out.data, '\n', out.count), out.data + out.count - 1);
                }
                bytes_finish(&out);
            }
        }
    }
}

static void without_memory_nothing_is_appended(void **state)
{
    (void)state;
    for (int what = 0; what < 2; what++) {
        struct bytes out = {0};
        struct effect effect = {.refusal = REFUSAL_NO_PRIVILEGES};
        mem_fail_at(1);
        enum error error = what == 0 ? irc_numeric_append(&bob, RPL_UNAWAY, NULL, 0, &out)
                                     : irc_refusal_append(&bob, &effect, &out);
        mem_fail_at(0);
        assert_int_equal(error, ERR_MEMORY);
        assert_int_equal(out.count, 0);
        bytes_finish(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_has_its_numeric_nick_and_sentence),
        cmocka_unit_test(data_ends_a_reply_as_is_customary),
        cmocka_unit_test(a_param_that_cannot_stand_in_the_middle_does_not_move_the_others),
        cmocka_unit_test(tags_stand_before_a_reply),
        cmocka_unit_test(standard_replies_have_their_own_verbs_and_no_nick),
        cmocka_unit_test(sentences_are_plain_ascii_lines),
        cmocka_unit_test(a_refusal_has_the_number_of_its_command),
        cmocka_unit_test(a_notice_is_never_answered),
        cmocka_unit_test(every_refusal_of_every_command_is_at_most_a_line),
        cmocka_unit_test(without_memory_nothing_is_appended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
