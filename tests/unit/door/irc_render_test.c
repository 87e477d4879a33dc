/* Effects in the lines of IRC, for each of the capabilities that change them. */
#include "base/mem.h"
#include "door/irc.h"
#include "door/irc_message.h"
#include "door/irc_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Every capability there may be. */
#define ALL (DIALECT_IRC | ((IRC_DIALECT_REDACTION << 1) - 1))
#define ALL_BUT(bit) (ALL & ~(dialect)(bit))
#define BARE DIALECT_IRC

static const struct irc_server server = {.name = {"madang.example", 14}};
static const struct effect_channel two_members = {.id = 1, .member_count = 2};
static const struct effect_channel one_member = {.id = 1, .member_count = 1};

/* Number 26, at 2026-01-02T03:04:05.678Z, by bob; without tags but for those. */
static struct effect effect_of(enum effect_kind kind)
{
    return (struct effect){
        .kind = kind,
        .seq = 26,
        .time_ms = INT64_C(1767323045678),
        .who = {.nick = TEXT("bob"), .user = TEXT("~b"), .host = TEXT("h.example")},
        .name = TEXT("#a"),
        .channels = &two_members,
        .channel_count = 1,
    };
}

#define TIME_TAG "time=2026-01-02T03:04:05.678Z"
#define MSGID_TAG "msgid=00000000001a"
#define BOB ":bob!~b@h.example "

static uint32_t count_lines(const struct bytes *bytes)
{
    uint32_t count = 0;
    for (size_t i = 0; i < bytes->count; i++) {
        count += bytes->data[i] == '\n';
    }
    return count;
}

static uint32_t count_words(const struct bytes *bytes, const char *word)
{
    uint32_t count = 0;
    for (size_t i = 0; i + strlen(word) <= bytes->count; i++) {
        count += memcmp(bytes->data + i, word, strlen(word)) == 0;
    }
    return count;
}

static void assert_bytes(const struct bytes *bytes, const char *expected)
{
    if (!text_equal(bytes_text(bytes), text_of(expected))) {
        fail_msg("got  %.*s\nwant %s", (int)bytes->count, bytes->count > 0 ? bytes->data : "",
                 expected);
    }
}

static void assert_rendered(const struct effect *effect, dialect spoken, const char *expected)
{
    struct bytes out = {0};
    assert_int_equal(irc_render(&server, effect, spoken, &out), ERR_OK);
    assert_bytes(&out, expected);
    if (strstr(expected, "BATCH") == NULL) {
        assert_int_equal(irc_render_count(effect, spoken), count_lines(&out));
    }
    bytes_finish(&out);
}

static void a_message_is_a_line(void **state)
{
    (void)state;
    struct effect effect = effect_of(EFFECT_MESSAGE);
    effect.text = TEXT("hello world");
    effect.extra = TEXT("+a=b;+c");
    assert_rendered(&effect, BARE, BOB "PRIVMSG #a :hello world\r\n");
    effect.flags = MESSAGE_NOTICE;
    assert_rendered(&effect, BARE, BOB "NOTICE #a :hello world\r\n");
    effect.text = TEXT("word");
    effect.name = TEXT("@#a");
    assert_rendered(&effect, BARE, BOB "NOTICE @#a :word\r\n");
}

static void a_message_has_the_tags_that_the_dialect_knows(void **state)
{
    (void)state;
    struct effect effect = effect_of(EFFECT_MESSAGE);
    effect.text = TEXT("hi");
    effect.extra = TEXT("+a=b;+c");
    effect.who.account = TEXT("b\\b");
    effect.who.flags = PERSON_BOT | PERSON_OPERATOR;
    static const struct {
        uint32_t bits;
        const char *tags;
    } dialects[] = {
        {IRC_DIALECT_TAGS, "@bot;" MSGID_TAG ";+a=b;+c "},
        {IRC_DIALECT_TIME, "@" TIME_TAG " "},
        {IRC_DIALECT_ACCOUNT, "@account=b\\\\b "},
        {IRC_DIALECT_OPER, "@draft/oper "},
        {IRC_DIALECT_TIME | IRC_DIALECT_OPER, "@" TIME_TAG ";draft/oper "},
        {IRC_DIALECT_TAGS | IRC_DIALECT_TIME, "@" TIME_TAG ";bot;" MSGID_TAG ";+a=b;+c "},
        {IRC_DIALECT_TAGS | IRC_DIALECT_OPER | IRC_DIALECT_ACCOUNT,
         "@bot;draft/oper;" MSGID_TAG ";account=b\\\\b;+a=b;+c "},
        {IRC_DIALECT_AWAY | IRC_DIALECT_SETNAME | IRC_DIALECT_MULTILINE | IRC_DIALECT_INVITE, ""},
    };
    for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
        char line[256];
        snprintf(line, sizeof(line), "%s" BOB "PRIVMSG #a :hi\r\n", dialects[i].tags);
        assert_rendered(&effect, BARE | dialects[i].bits, line);
    }
    effect.who.account = TEXT_NONE;
    effect.who.flags = 0;
    effect.extra = TEXT_NONE;
    assert_rendered(&effect, BARE | IRC_DIALECT_TAGS | IRC_DIALECT_ACCOUNT | IRC_DIALECT_OPER,
                    "@" MSGID_TAG " " BOB "PRIVMSG #a :hi\r\n");
}

static void the_number_of_a_message_is_its_msgid(void **state)
{
    (void)state;
    char out[IRC_MSGID_BYTES];
    irc_msgid_format(UINT64_C(0xFEDCBA987654), out);
    assert_memory_equal(out, "fedcba987654", sizeof(out));
    irc_msgid_format(0, out);
    assert_memory_equal(out, "000000000000", sizeof(out));
}

/* IRCv3 message-tags: not to clients that do not know it. */
static void a_tagmsg_is_only_for_who_knows_tags(void **state)
{
    (void)state;
    struct effect effect = effect_of(EFFECT_MESSAGE);
    effect.flags = MESSAGE_TAGMSG;
    effect.extra = TEXT("+typing=active");
    assert_rendered(&effect, BARE | IRC_DIALECT_TIME, "");
    assert_rendered(&effect, BARE | IRC_DIALECT_TAGS,
                    "@" MSGID_TAG ";+typing=active " BOB "TAGMSG #a\r\n");
}

static void a_line_break_in_a_message_is_left_out(void **state)
{
    (void)state;
    struct effect effect = effect_of(EFFECT_MESSAGE);
    effect.text = TEXT("a\r\nQUIT :b\0c");
    effect.name = TEXT("#a\rb");
    assert_rendered(&effect, BARE, BOB "PRIVMSG * :aQUIT :bc\r\n");
    effect.name = TEXT("#a");
    effect.extra = TEXT("+a=b\r\nQUIT c");
    effect.text = TEXT("x");
    assert_rendered(&effect, BARE | IRC_DIALECT_TAGS,
                    "@" MSGID_TAG ";+a=bQUITc " BOB "PRIVMSG #a :x\r\n");
}

/* Plain people may write them; a PRIVMSG without a text is none. */
static void a_message_of_line_breaks_alone_is_not_shown(void **state)
{
    (void)state;
    struct effect effect = effect_of(EFFECT_MESSAGE);
    static const struct text texts[] = {{"\r", 1}, {"\0", 1}, {"\r\0\r\r\0", 5}};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        effect.text = texts[i];
        assert_rendered(&effect, BARE, "");
        assert_rendered(&effect, ALL, "");
    }
    /* Longer than a line, and no piece of it is shown but the one that says something. */
    char text[MESSAGE_BYTES_MAX];
    memset(text, '\r', sizeof(text));
    effect.text = (struct text){text, sizeof(text)};
    assert_rendered(&effect, BARE, "");
    assert_rendered(&effect, ALL, "");
    text[sizeof(text) - 1] = 'x';
    assert_rendered(&effect, BARE, BOB "PRIVMSG #a :x\r\n");
}

/* A person and a target of the greatest length, and a text that fits, and one beyond. */
static void what_fits_into_a_line_is_one_message(void **state)
{
    (void)state;
    char names[128];
    memset(names, 'n', sizeof(names));
    char text[IRC_LINE_BYTES_MAX];
    memset(text, 'x', sizeof(text));
    struct effect effect = effect_of(EFFECT_MESSAGE);
    effect.who = (struct person){.nick = {names, NAME_BYTES_MAX},
                                 .user = {names, USER_BYTES_MAX},
                                 .host = {names, HOST_BYTES_MAX}};
    effect.name = (struct text){names, CHANNEL_BYTES_MAX + 1};
    size_t room = irc_message_room(&effect.who, 0, effect.name);
    assert_true(room >= 300);
    for (size_t more = 0; more < 2; more++) {
        struct bytes out = {0};
        effect.text = (struct text){text, room + more};
        assert_int_equal(irc_render(&server, &effect, BARE, &out), ERR_OK);
        assert_int_equal(count_lines(&out), 1 + more);
        assert_ptr_equal(memchr(out.data, '\n', out.count), out.data + IRC_LINE_BYTES_MAX - 1);
        assert_int_equal(irc_render_count(&effect, BARE), 1 + more);
        bytes_finish(&out);
    }
    assert_int_equal(irc_message_room(&effect.who, MESSAGE_NOTICE, effect.name), room + 1);
}

/* The texts of all lines of the command, one after the other; checks that no line is too long. */
static void join_texts(const struct bytes *lines, const char *command, struct bytes *out)
{
    struct text rest = bytes_text(lines);
    while (rest.count > 0) {
        size_t count = (size_t)((const char *)memchr(rest.data, '\n', rest.count) - rest.data) + 1;
        struct irc_message message;
        assert_true(irc_message_parse((struct text){rest.data, count - 2}, &message));
        assert_true(count - message.tags.count - (message.tags.count > 0 ? 2 : 0) <=
                    IRC_LINE_BYTES_MAX);
        if (text_equal(message.command, text_of(command))) {
            assert_int_equal(message.param_count, 2);
            assert_int_equal(bytes_append_text(out, message.params[1]), ERR_OK);
        }
        rest.data += count;
        rest.count -= count;
    }
}

static void a_long_plain_line_is_several_messages_or_a_batch(void **state)
{
    (void)state;
    struct bytes text = {0};
    for (int i = 0; i < 420; i++) {
        assert_int_equal(bytes_append_text(&text, i % 10 == 9 ? TEXT("마당 ") : TEXT("마당😃")),
                         ERR_OK);
    }
    assert_in_range(text.count, MESSAGE_BYTES_MAX - 100, MESSAGE_BYTES_MAX);
    struct effect effect = effect_of(EFFECT_MESSAGE);
    effect.text = bytes_text(&text);
    static const uint32_t dialects[] = {BARE, BARE | IRC_DIALECT_TAGS | IRC_DIALECT_TIME, ALL};
    for (size_t i = 0; i < 3; i++) {
        struct bytes out = {0};
        struct bytes joined = {0};
        assert_int_equal(irc_render(&server, &effect, dialects[i], &out), ERR_OK);
        join_texts(&out, "PRIVMSG", &joined);
        assert_true(text_equal(bytes_text(&joined), effect.text));
        bool is_batch = (dialects[i] & IRC_DIALECT_MULTILINE) != 0;
        assert_int_equal(irc_render_count(&effect, dialects[i]), is_batch ? 1 : count_lines(&out));
        assert_in_range(count_lines(&out), 9, 14);
        /* All pieces but the first go on with the line, between the ends of the batch. */
        assert_int_equal(count_words(&out, ";draft/multiline-concat "),
                         is_batch ? count_lines(&out) - 3 : 0);
        bytes_finish(&out);
        bytes_finish(&joined);
    }
    bytes_finish(&text);
}

/* "one", then "two three" in two pieces, a blank line, "four". */
static struct effect multiline(void)
{
    struct effect effect = effect_of(EFFECT_MESSAGE);
    effect.flags = MESSAGE_MULTILINE;
    effect.text = TEXT("one\ntwo \0three\n\nfour");
    effect.extra = TEXT("+a=b");
    return effect;
}

static void several_lines_are_a_batch_for_who_knows_that(void **state)
{
    (void)state;
    struct effect effect = multiline();
    assert_rendered(&effect, BARE | IRC_DIALECT_TAGS | IRC_DIALECT_TIME | IRC_DIALECT_MULTILINE,
                    "@" TIME_TAG ";" MSGID_TAG ";+a=b " BOB
                    "BATCH +m00000000001a draft/multiline #a\r\n"
                    "@batch=m00000000001a " BOB "PRIVMSG #a :one\r\n"
                    "@batch=m00000000001a " BOB "PRIVMSG #a :two \r\n"
                    "@batch=m00000000001a;draft/multiline-concat " BOB "PRIVMSG #a :three\r\n"
                    "@batch=m00000000001a " BOB "PRIVMSG #a :\r\n"
                    "@batch=m00000000001a " BOB "PRIVMSG #a :four\r\n"
                    ":madang.example BATCH -m00000000001a\r\n");
    assert_int_equal(irc_render_count(&effect, ALL), 1);
    /* A blank line that goes on with another is not allowed there. */
    effect.text = TEXT("a\0\0b");
    effect.extra = TEXT_NONE;
    assert_rendered(&effect, BARE | IRC_DIALECT_MULTILINE,
                    BOB "BATCH +m00000000001a draft/multiline #a\r\n"
                        "@batch=m00000000001a " BOB "PRIVMSG #a :a\r\n"
                        "@batch=m00000000001a;draft/multiline-concat " BOB "PRIVMSG #a :b\r\n"
                        ":madang.example BATCH -m00000000001a\r\n");
}

/* IRCv3 multiline: no blank lines, and the message's id on the first line that is sent. */
static void several_lines_are_messages_for_all_others(void **state)
{
    (void)state;
    struct effect effect = multiline();
    assert_rendered(&effect, BARE | IRC_DIALECT_TAGS | IRC_DIALECT_TIME,
                    "@" TIME_TAG ";" MSGID_TAG ";+a=b " BOB "PRIVMSG #a :one\r\n"
                    "@" TIME_TAG ";+a=b " BOB "PRIVMSG #a :two \r\n"
                    "@" TIME_TAG ";+a=b " BOB "PRIVMSG #a :three\r\n"
                    "@" TIME_TAG ";+a=b " BOB "PRIVMSG #a :four\r\n");
    effect.text = TEXT("\n\nfirst");
    effect.extra = TEXT_NONE;
    assert_rendered(&effect, BARE | IRC_DIALECT_TAGS,
                    "@" MSGID_TAG " " BOB "PRIVMSG #a :first\r\n");
    effect.text = TEXT("\n");
    assert_rendered(&effect, BARE, "");
    effect.text = TEXT("");
    assert_rendered(&effect, ALL, "");
}

static void one_line_is_no_batch(void **state)
{
    (void)state;
    struct effect effect = multiline();
    effect.text = TEXT("alone");
    effect.flags |= MESSAGE_NOTICE;
    assert_rendered(&effect, BARE | IRC_DIALECT_MULTILINE, BOB "NOTICE #a :alone\r\n");
}

/* Lines that were let in because they were short enough without a source. */
static void a_long_line_of_several_is_cut_too(void **state)
{
    (void)state;
    char text[1 + 490 + 1 + 3];
    memset(text, 'x', sizeof(text));
    text[1] = '\n';
    text[sizeof(text) - 4] = '\0';
    struct effect effect = multiline();
    effect.text = (struct text){text, sizeof(text)};
    struct bytes out = {0};
    struct bytes joined = {0};
    assert_int_equal(irc_render(&server, &effect, ALL, &out), ERR_OK);
    join_texts(&out, "PRIVMSG", &joined);
    assert_int_equal(joined.count, sizeof(text) - 2);
    assert_int_equal(count_lines(&out), 2 + 4);
    bytes_finish(&out);
    bytes_finish(&joined);
}

static void a_joiner_is_told_with_account_and_realname_to_who_knows_that(void **state)
{
    (void)state;
    struct effect effect = effect_of(EFFECT_JOINED);
    effect.who.realname = TEXT("Bob B.");
    assert_rendered(&effect, BARE, BOB "JOIN #a\r\n");
    assert_rendered(&effect, BARE | IRC_DIALECT_EXTENDED_JOIN, BOB "JOIN #a * :Bob B.\r\n");
    effect.who.account = TEXT("bobby");
    assert_rendered(&effect, BARE | IRC_DIALECT_EXTENDED_JOIN, BOB "JOIN #a bobby :Bob B.\r\n");
    assert_rendered(&effect, BARE | IRC_DIALECT_TIME | IRC_DIALECT_ACCOUNT,
                    "@" TIME_TAG ";account=bobby " BOB "JOIN #a\r\n");
}

static void a_joiner_who_is_away_is_told_to_be(void **state)
{
    (void)state;
    struct effect effect = effect_of(EFFECT_JOINED);
    effect.extra = TEXT("at lunch");
    assert_rendered(&effect, BARE, BOB "JOIN #a\r\n");
    assert_rendered(&effect, BARE | IRC_DIALECT_AWAY, BOB "JOIN #a\r\n" BOB "AWAY :at lunch\r\n");
}

static void the_rank_of_a_joiner_is_told_to_who_is_there(void **state)
{
    (void)state;
    struct effect effect = effect_of(EFFECT_JOINED);
    effect.rank = RANK_OPERATOR | RANK_VOICE;
    assert_rendered(&effect, BARE, BOB "JOIN #a\r\n:madang.example MODE #a +ov bob bob\r\n");
    effect.channels = &one_member;
    assert_rendered(&effect, BARE, BOB "JOIN #a\r\n");
}

static void leaving_has_its_words(void **state)
{
    (void)state;
    struct effect effect = effect_of(EFFECT_PARTED);
    assert_rendered(&effect, BARE, BOB "PART #a\r\n");
    effect.text = TEXT("bye all");
    assert_rendered(&effect, BARE, BOB "PART #a :bye all\r\n");

    effect = effect_of(EFFECT_CLOSED);
    static const struct {
        enum leave_reason reason;
        const char *line;
        const char *line_with_words;
    } reasons[] = {
        {LEAVE_QUIT, "Quit", "Quit: so long"},
        {LEAVE_VANISHED, "Connection closed", "Connection closed: so long"},
        {LEAVE_SENDQ, "SendQ exceeded", "SendQ exceeded: so long"},
        {LEAVE_FLOOD, "Excess flood", "Excess flood: so long"},
        {LEAVE_ERROR, "Protocol error", "Protocol error: so long"},
        {LEAVE_SHUTDOWN, "Server shutting down", "Server shutting down: so long"},
        {LEAVE_KILLED, "Killed", "Killed: so long"},
    };
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        char line[128];
        effect.reason = reasons[i].reason;
        effect.text = TEXT_NONE;
        snprintf(line, sizeof(line), BOB "QUIT :%s\r\n", reasons[i].line);
        assert_rendered(&effect, BARE, line);
        effect.text = TEXT("so long");
        snprintf(line, sizeof(line), BOB "QUIT :%s\r\n", reasons[i].line_with_words);
        assert_rendered(&effect, BARE, line);
    }
    char words[MESSAGE_BYTES_MAX];
    memset(words, 'w', sizeof(words));
    effect.text = (struct text){words, sizeof(words)};
    struct bytes out = {0};
    assert_int_equal(irc_render(&server, &effect, BARE, &out), ERR_OK);
    assert_int_equal(out.count, IRC_LINE_BYTES_MAX);
    bytes_finish(&out);
}

static void what_changes_is_told(void **state)
{
    (void)state;
    struct effect effect = effect_of(EFFECT_NICK);
    effect.text = TEXT("밥");
    assert_rendered(&effect, BARE, BOB "NICK 밥\r\n");
    effect = effect_of(EFFECT_TOPIC);
    assert_rendered(&effect, BARE, BOB "TOPIC #a :\r\n");
    effect.text = TEXT("on topic");
    assert_rendered(&effect, BARE, BOB "TOPIC #a :on topic\r\n");
    effect = effect_of(EFFECT_USER_MODE);
    effect.text = TEXT("+i");
    assert_rendered(&effect, BARE, BOB "MODE bob +i\r\n");
    effect = effect_of(EFFECT_WALLOPS);
    effect.text = TEXT("all of you");
    assert_rendered(&effect, BARE, BOB "WALLOPS :all of you\r\n");
    effect = effect_of(EFFECT_INVITED);
    effect.target.nick = TEXT("al");
    assert_rendered(&effect, BARE, BOB "INVITE al #a\r\n");
}

static void a_kick_without_words_has_the_kickers_nick(void **state)
{
    (void)state;
    struct effect effect = effect_of(EFFECT_KICKED);
    effect.target.nick = TEXT("al");
    assert_rendered(&effect, BARE, BOB "KICK #a al :bob\r\n");
    effect.text = TEXT("no more");
    assert_rendered(&effect, BARE, BOB "KICK #a al :no more\r\n");
    effect.text = TEXT_NONE;
    effect.who = (struct person){0};
    assert_rendered(&effect, BARE, ":madang.example KICK #a al :madang.example\r\n");
}

static void away_and_realname_are_told_to_who_knows_them(void **state)
{
    (void)state;
    struct effect effect = effect_of(EFFECT_AWAY);
    effect.text = TEXT("at lunch");
    assert_rendered(&effect, ALL_BUT(IRC_DIALECT_AWAY), "");
    assert_rendered(&effect, BARE | IRC_DIALECT_AWAY, BOB "AWAY :at lunch\r\n");
    effect.text = TEXT_NONE;
    assert_rendered(&effect, BARE | IRC_DIALECT_AWAY, BOB "AWAY\r\n");
    effect = effect_of(EFFECT_SETNAME);
    effect.who.realname = TEXT("Bob");
    assert_rendered(&effect, ALL_BUT(IRC_DIALECT_SETNAME), "");
    assert_rendered(&effect, BARE | IRC_DIALECT_SETNAME, BOB "SETNAME :Bob\r\n");
}

static void a_rename_is_told_to_who_knows_it(void **state)
{
    (void)state;
    struct effect effect = effect_of(EFFECT_RENAMED);
    effect.name = TEXT("#new");
    effect.extra = TEXT("#old");
    assert_rendered(&effect, ALL_BUT(IRC_DIALECT_RENAME), "");
    assert_rendered(&effect, BARE | IRC_DIALECT_RENAME, BOB "RENAME #old #new :\r\n");
    effect.text = TEXT("better so");
    assert_rendered(&effect, BARE | IRC_DIALECT_RENAME, BOB "RENAME #old #new :better so\r\n");
}

static void a_redaction_is_told_to_who_knows_it(void **state)
{
    (void)state;
    struct effect effect = effect_of(EFFECT_REDACTED);
    effect.extra = TEXT("0000000000ff");
    assert_rendered(&effect, ALL_BUT(IRC_DIALECT_REDACTION), "");
    assert_rendered(&effect, BARE | IRC_DIALECT_REDACTION, BOB "REDACT #a 0000000000ff\r\n");
    effect.text = TEXT("wrong room");
    effect.seq = 0x1ab;
    assert_rendered(&effect, BARE | IRC_DIALECT_REDACTION | IRC_DIALECT_TAGS,
                    "@msgid=0000000001ab " BOB "REDACT #a 0000000000ff :wrong room\r\n");
}

static void a_msgid_is_read_as_it_is_written(void **state)
{
    (void)state;
    char msgid[IRC_MSGID_BYTES];
    const uint64_t seqs[] = {1, 0x1ab, 0xffffffffffff};
    for (size_t i = 0; i < sizeof(seqs) / sizeof(seqs[0]); i++) {
        irc_msgid_format(seqs[i], msgid);
        assert_int_equal(irc_msgid_seq((struct text){msgid, sizeof(msgid)}), seqs[i]);
    }
    static const char *const others[] = {
        "", "1", "0000000001AB", "00000000001", "00000000001g", "0000000000012", "-00000000001"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(irc_msgid_seq(text_of(others[i])), 0);
    }
    assert_int_equal(irc_msgid_seq((struct text){"00000000000\0", 12}), 0);
}

/* IRCv3 channel-rename, fallback. */
static void a_rename_is_a_part_and_a_join_for_others(void **state)
{
    (void)state;
    struct effect effect = effect_of(EFFECT_RENAMED);
    effect.name = TEXT("#new");
    effect.extra = TEXT("#old");
    effect.text = TEXT("better so");
    struct person reader = {.nick = TEXT("al"), .user = TEXT("u"), .host = TEXT("h")};
    struct effect parted;
    struct effect joined;
    assert_true(irc_rename_split(&effect, &reader, &parted, &joined));
    assert_rendered(&parted, BARE, ":al!u@h PART #old :better so\r\n");
    assert_rendered(&joined, BARE | IRC_DIALECT_AWAY, ":al!u@h JOIN #new\r\n");
    effect.name = TEXT("#OLD");
    assert_false(irc_rename_split(&effect, &reader, &parted, &joined));
}

static void changes_of_modes_are_told(void **state)
{
    (void)state;
    struct effect effect = effect_of(EFFECT_MODE);
    effect.text = TEXT("+ov-b al al x!*@*");
    assert_rendered(&effect, BARE, BOB "MODE #a +ov-b al al x!*@*\r\n");
    effect.text = TEXT("+nt");
    effect.who = (struct person){0};
    assert_rendered(&effect, BARE | IRC_DIALECT_TIME,
                    "@" TIME_TAG " :madang.example MODE #a +nt\r\n");
}

/* Sixteen masks of the greatest length: none is lost or cut, and each keeps its sign. */
static void many_changes_of_modes_are_several_lines(void **state)
{
    (void)state;
    char mask[MASK_BYTES_MAX + 1];
    memset(mask, 'm', sizeof(mask));
    mask[0] = ' ';
    struct bytes text = {0};
    assert_int_equal(bytes_append_text(&text, TEXT("+nbbbb-lbbbb+iklbbbb-bbbb")), ERR_OK);
    for (int i = 0; i < 18; i++) {
        bool is_short = i == 8 || i == 9;
        assert_int_equal(bytes_append(&text, mask, is_short ? 3 : sizeof(mask)), ERR_OK);
    }
    struct effect effect = effect_of(EFFECT_MODE);
    effect.text = bytes_text(&text);
    struct bytes out = {0};
    assert_int_equal(irc_render(&server, &effect, ALL, &out), ERR_OK);
    assert_int_equal(irc_render_count(&effect, ALL), count_lines(&out));
    struct bytes seen = {0};
    struct text rest = bytes_text(&out);
    size_t param_count = 0;
    while (rest.count > 0) {
        size_t count = (size_t)((const char *)memchr(rest.data, '\n', rest.count) - rest.data) + 1;
        struct irc_message message;
        assert_true(irc_message_parse((struct text){rest.data, count - 2}, &message));
        assert_true(count - message.tags.count - 2 <= IRC_LINE_BYTES_MAX);
        assert_int_equal(bytes_append_text(&seen, message.params[1]), ERR_OK);
        for (uint32_t i = 2; i < message.param_count; i++) {
            bool is_short = param_count == 8 || param_count == 9;
            assert_int_equal(message.params[i].count, is_short ? 2 : MASK_BYTES_MAX);
            param_count++;
        }
        rest.data += count;
        rest.count -= count;
    }
    assert_int_equal(param_count, 18);
    assert_true(text_equal(bytes_text(&seen), TEXT("+nbb+bb-l-bb-bb+ikl+bb+bb-bb-bb")));
    bytes_finish(&seen);
    bytes_finish(&out);
    bytes_finish(&text);
}

static void what_names_a_reader_is_rendered_for_nobody(void **state)
{
    (void)state;
    static const enum effect_kind kinds[] = {EFFECT_OPENED, EFFECT_REFUSED,  EFFECT_REPLIES,
                                             EFFECT_PONG,   EFFECT_METADATA, EFFECT_REHASH};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct effect effect = effect_of(kinds[i]);
        effect.text = TEXT("text");
        assert_rendered(&effect, ALL, "");
        assert_rendered(&effect, BARE, "");
    }
}

static void lines_are_appended(void **state)
{
    (void)state;
    struct bytes out = {0};
    struct effect effect = effect_of(EFFECT_MESSAGE);
    for (int i = 0; i < 2; i++) {
        effect.text = i == 0 ? TEXT("one") : TEXT("two");
        assert_int_equal(irc_render(&server, &effect, BARE, &out), ERR_OK);
    }
    assert_bytes(&out, BOB "PRIVMSG #a :one\r\n" BOB "PRIVMSG #a :two\r\n");
    bytes_finish(&out);
}

static void without_memory_nothing_is_appended(void **state)
{
    (void)state;
    static char text[MESSAGE_BYTES_MAX];
    memset(text, 'x', sizeof(text));
    struct effect effects[] = {effect_of(EFFECT_MESSAGE), effect_of(EFFECT_JOINED), multiline(),
                               effect_of(EFFECT_CLOSED)};
    effects[0].text = (struct text){text, sizeof(text)};
    effects[1].extra = TEXT("away");
    effects[1].rank = RANK_VOICE;
    static const uint32_t dialects[] = {BARE, ALL};
    for (size_t i = 0; i < 2 * sizeof(effects) / sizeof(effects[0]); i++) {
        int pending = 0;
        for (uint64_t nth = 1; !pending; nth++) {
            struct bytes out = {0};
            assert_int_equal(bytes_append_text(&out, TEXT("before")), ERR_OK);
            mem_fail_at(nth);
            enum error error = irc_render(&server, &effects[i / 2], dialects[i % 2], &out);
            pending = mem_fail_pending();
            mem_fail_at(0);
            assert_int_equal(error, pending ? ERR_OK : ERR_MEMORY);
            if (!pending) {
                assert_bytes(&out, "before");
            }
            bytes_finish(&out);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_a_line),
        cmocka_unit_test(a_message_has_the_tags_that_the_dialect_knows),
        cmocka_unit_test(the_number_of_a_message_is_its_msgid),
        cmocka_unit_test(a_tagmsg_is_only_for_who_knows_tags),
        cmocka_unit_test(a_line_break_in_a_message_is_left_out),
        cmocka_unit_test(a_message_of_line_breaks_alone_is_not_shown),
        cmocka_unit_test(what_fits_into_a_line_is_one_message),
        cmocka_unit_test(a_long_plain_line_is_several_messages_or_a_batch),
        cmocka_unit_test(several_lines_are_a_batch_for_who_knows_that),
        cmocka_unit_test(several_lines_are_messages_for_all_others),
        cmocka_unit_test(one_line_is_no_batch),
        cmocka_unit_test(a_long_line_of_several_is_cut_too),
        cmocka_unit_test(a_joiner_is_told_with_account_and_realname_to_who_knows_that),
        cmocka_unit_test(a_joiner_who_is_away_is_told_to_be),
        cmocka_unit_test(the_rank_of_a_joiner_is_told_to_who_is_there),
        cmocka_unit_test(leaving_has_its_words),
        cmocka_unit_test(what_changes_is_told),
        cmocka_unit_test(a_kick_without_words_has_the_kickers_nick),
        cmocka_unit_test(away_and_realname_are_told_to_who_knows_them),
        cmocka_unit_test(a_rename_is_told_to_who_knows_it),
        cmocka_unit_test(a_redaction_is_told_to_who_knows_it),
        cmocka_unit_test(a_msgid_is_read_as_it_is_written),
        cmocka_unit_test(a_rename_is_a_part_and_a_join_for_others),
        cmocka_unit_test(changes_of_modes_are_told),
        cmocka_unit_test(many_changes_of_modes_are_several_lines),
        cmocka_unit_test(what_names_a_reader_is_rendered_for_nobody),
        cmocka_unit_test(lines_are_appended),
        cmocka_unit_test(without_memory_nothing_is_appended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
