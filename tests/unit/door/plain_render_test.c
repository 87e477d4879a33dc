/* The plain door's writing side: what members read, and the server's own words. */
#include "base/mem.h"
#include "base/utf8.h"
#include "door/plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct effect_channel room = {.id = 1, .member_count = 2};

static struct effect message(struct text nick, struct text text)
{
    return (struct effect){.kind = EFFECT_MESSAGE,
                           .who = {.session = 1, .flags = PERSON_PLAIN, .nick = nick},
                           .text = text,
                           .channels = &room,
                           .channel_count = 1};
}

static void assert_text(const struct bytes *bytes, const char *expected)
{
    struct text text = bytes_text(bytes);
    if (!text_equal(text, text_of(expected))) {
        fail_msg("got  %.*s\nwant %s", (int)text.count, text.count > 0 ? text.data : "", expected);
    }
}

struct rendering {
    struct text nick;
    struct text text;
    const char *shown;
};

#define T(literal)                                                                                 \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static const struct rendering renderings[] = {
    {T("user3"), T("안녕하세요"), "[user3] 안녕하세요"},
    {T("bob"), T("hello"), "[bob] hello"},
    {T("bob"), T(" two  spaces "), "[bob]  two  spaces "},
    {T("bob"), T("[admin] hello"), "[bob] [admin] hello"},
    {T("[admin]"), T("hello"), "[[admin]] hello"},
    {T("bob"), T("\x1b]0;x\a\x1b[6n"), "[bob] ^[]0;x^G^[[6n"},
    {T("bob"), T("a\r\0\b\x7f"), "[bob] a^M^@^H^?"},
    {T("bob"), T("a\nb"), "[bob] a^Jb"},
    {T("bob"), T("\xc2\x9b"), "[bob] \\x9b"},
    {T("bob"), T("\xe2\x80\xae"), "[bob] \\u202e"},
    {T("bob"), T("a\xff"), "[bob] a\\xff"},
};

static void messages_are_shown_as_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(renderings) / sizeof(renderings[0]); i++) {
        struct effect effect = message(renderings[i].nick, renderings[i].text);
        struct bytes out = {0};
        char line[128];
        snprintf(line, sizeof(line), "%s\n", renderings[i].shown);
        assert_int_equal(plain_render(&effect, DIALECT_PLAIN_LINE, &out), ERR_OK);
        assert_text(&out, line);
        bytes_clear(&out);
        assert_int_equal(plain_render(&effect, DIALECT_PLAIN_CHUNK, &out), ERR_OK);
        assert_text(&out, renderings[i].shown);
        bytes_finish(&out);
    }
}

/* What people write by IRC. */
struct irc_rendering {
    uint32_t flags;
    uint32_t rank;
    uint32_t channel_count;
    struct text text;
    struct text extra;
    const char *shown; /* "" is nothing at all. */
};

static const struct irc_rendering irc_renderings[] = {
    /* Formatting is left out, whole and in pieces. */
    {0, 0, 1,
     T("\x02"
       "bold\x02 \x1d"
       "italic\x0f \x1f"
       "under\x1e\x11\x16."),
     T(""), "[bob] bold italic under."},
    {0, 0, 1,
     T("\x03"
       "4red\x03 \x03"
       "04,12both\x03,7 none"),
     T(""), "[bob] red both,7 none"},
    {0, 0, 1,
     T("\x03"
       "123 \x03"
       "4,x \x03"
       "4,123"),
     T(""), "[bob] 3 ,x 3"},
    {0, 0, 1,
     T("\x04"
       "ff0000red\x04 \x04"
       "00ff00,0000FFboth \x04"
       "12345 \x04"),
     T(""), "[bob] red both 12345 "},
    {0, 0, 1, T("\x03"), T(""), ""},
    {0, 0, 1, T("a\x1b[2J\a"), T(""), "[bob] a^[[2J^G"},
    /* Deeds. */
    {0, 0, 1,
     T("\x01"
       "ACTION waves\x01"),
     T(""), "* bob waves"},
    {0, 0, 1,
     T("\x01"
       "ACTION waves"),
     T(""), "* bob waves"},
    {0, 0, 1,
     T("\x01"
       "ACTION \x02waves\x02\x01"),
     T(""), "* bob waves"},
    {0, 0, 1,
     T("\x01"
       "ACTION \x01"),
     T(""), ""},
    {0, 0, 1,
     T("\x01"
       "ACTIONS\x01"),
     T(""), ""},
    {0, 0, 1,
     T("\x01"
       "VERSION\x01"),
     T(""), ""},
    {MESSAGE_NOTICE, 0, 1,
     T("\x01"
       "VERSION 1\x01"),
     T(""), ""},
    {MESSAGE_NOTICE, 0, 1,
     T("\x01"
       "ACTION waves\x01"),
     T(""), ""},
    /* Notices, and what is for few. */
    {MESSAGE_NOTICE, 0, 1, T("careful"), T(""), "-bob- careful"},
    {MESSAGE_NOTICE, 0, 0, T("careful"), T(""), "-bob- careful"},
    {0, 0, 0, T("psst"), T(""), "*bob* psst"},
    {0, RANK_OPERATOR, 1, T("psst"), T(""), "*bob* psst"},
    {0, 0, 0,
     T("\x01"
       "ACTION waves\x01"),
     T(""), "*bob* * bob waves"},
    /* Reactions; nobody is told that somebody types. */
    {MESSAGE_TAGMSG, 0, 1, T(""), T("+draft/react=👍;+draft/reply=12"), "* bob: 👍"},
    {MESSAGE_TAGMSG, 0, 1, T(""), T("+draft/react=\\:\\s\\n\\\\"), "* bob: ; ^J\\"},
    {MESSAGE_TAGMSG, 0, 0, T(""), T("+draft/react=👍"), "*bob* * bob: 👍"},
    {MESSAGE_TAGMSG, 0, 1, T(""), T("+draft/react="), ""},
    {MESSAGE_TAGMSG, 0, 1, T(""), T("+draft/unreact=👍"), ""},
    {MESSAGE_TAGMSG, 0, 1, T(""), T("+typing=active"), ""},
    {0, 0, 1, T("a text with tags"), T("+draft/react=👍"), "[bob] a text with tags"},
    /* Lines of several; a NUL is where two pieces of one meet. */
    {MESSAGE_MULTILINE, 0, 1, T("one\ntwo\0 and more\nthree"), T(""),
     "[bob] one\n[bob] two and more\n[bob] three"},
    {MESSAGE_MULTILINE, 0, 1, T("one\n\nthree\n"), T(""), "[bob] one\n[bob] \n[bob] three\n[bob] "},
    {MESSAGE_MULTILINE, 0, 0, T("one\ntwo"), T(""), "*bob* one\n*bob* two"},
    {MESSAGE_MULTILINE | MESSAGE_NOTICE, 0, 1, T("one\ntwo"), T(""), "-bob- one\n-bob- two"},
    {MESSAGE_MULTILINE, 0, 1, T("one\r\n[eve] two"), T(""), "[bob] one^M\n[bob] [eve] two"},
};

static void what_irc_people_do_is_readable(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(irc_renderings) / sizeof(irc_renderings[0]); i++) {
        const struct irc_rendering *rendering = &irc_renderings[i];
        struct effect effect = message(TEXT("bob"), rendering->text);
        effect.who.flags = 0;
        effect.flags = rendering->flags;
        effect.rank = rendering->rank;
        effect.channel_count = rendering->channel_count;
        effect.extra = rendering->extra;
        struct bytes out = {0};
        char lines[256];
        snprintf(lines, sizeof(lines), "%s%s", rendering->shown,
                 rendering->shown[0] == '\0' ? "" : "\n");
        assert_int_equal(plain_render(&effect, DIALECT_PLAIN_LINE, &out), ERR_OK);
        assert_text(&out, lines);
        bytes_clear(&out);
        assert_int_equal(plain_render(&effect, DIALECT_PLAIN_CHUNK, &out), ERR_OK);
        assert_text(&out, rendering->shown);
        bytes_finish(&out);
    }
}

/* No byte that a plain person sends means anything but itself. */
static void what_plain_people_write_is_text_alone(void **state)
{
    (void)state;
    static const struct rendering verbatim[] = {
        {T("bob"),
         T("\x01"
           "ACTION waves\x01"),
         "[bob] ^AACTION waves^A\n"},
        {T("bob"),
         T("\x02"
           "bold\x02 \x03"
           "4red"),
         "[bob] ^Bbold^B ^C4red\n"},
        {T("bob"), T("\x0f"), "[bob] ^O\n"},
        {T("bob"), T("a\0b"), "[bob] a^@b\n"},
    };
    for (size_t i = 0; i < sizeof(verbatim) / sizeof(verbatim[0]); i++) {
        struct effect effect = message(verbatim[i].nick, verbatim[i].text);
        struct bytes out = {0};
        assert_int_equal(plain_render(&effect, DIALECT_PLAIN_LINE, &out), ERR_OK);
        assert_text(&out, verbatim[i].shown);
        bytes_finish(&out);
    }
}

static void lines_of_several_have_a_bound(void **state)
{
    (void)state;
    char text[MESSAGE_BYTES_MAX];
    char nick[NAME_BYTES_MAX];
    memset(nick, 'n', sizeof(nick));
    for (int round = 0; round < 3; round++) {
        struct bytes out = {0};
        memset(text, '\n', sizeof(text));
        for (size_t i = 0; round > 0 && i < sizeof(text); i += 2) {
            /* U+061C, which takes six bytes. */
            memcpy(text + i, i / 2 % 40 == 0 ? "\n\n" : "\xd8\x9c", 2);
        }
        struct effect effect =
            message((struct text){nick, sizeof(nick)}, (struct text){text, sizeof(text)});
        effect.who.flags = 0;
        effect.flags = MESSAGE_MULTILINE | (round == 2 ? MESSAGE_NOTICE : 0);
        assert_int_equal(plain_render(&effect, DIALECT_PLAIN_LINE, &out), ERR_OK);
        assert_true(out.count <= PLAIN_RENDERED_BYTES_MAX);
        size_t lines = 0;
        for (size_t i = 0; i < out.count; i++) {
            lines += out.data[i] == '\n' ? 1 : 0;
        }
        assert_int_equal(lines, MULTILINE_LINES_MAX);
        bytes_finish(&out);
    }
}

static void a_line_is_made_readable(void **state)
{
    (void)state;
    struct bytes out = {0};
    assert_int_equal(bytes_append_text(&out, TEXT("before ")), ERR_OK);
    assert_int_equal(plain_readable_append(TEXT("\x02"
                                                "a\x0f\nb\x03"
                                                "12,3c\x1b"),
                                           &out),
                     ERR_OK);
    assert_text(&out, "before a^Jbc^[");
    assert_int_equal(plain_readable_append(TEXT_NONE, &out), ERR_OK);
    assert_text(&out, "before a^Jbc^[");
    bytes_finish(&out);
}

static void the_longest_message_is_whole(void **state)
{
    (void)state;
    char text[MESSAGE_BYTES_MAX];
    struct bytes out = {0};
    for (int round = 0; round < 2; round++) {
        memset(text, round == 0 ? 'a' : '\a', sizeof(text));
        struct effect effect = message(TEXT("bob"), (struct text){text, sizeof(text)});
        bytes_clear(&out);
        assert_int_equal(plain_render(&effect, DIALECT_PLAIN_LINE, &out), ERR_OK);
        assert_int_equal(out.count, sizeof(text) * (round == 0 ? 1 : 2) + strlen("[bob] \n"));
        assert_int_equal(out.data[out.count - 1], '\n');
    }
    bytes_finish(&out);
}

static void messages_are_appended(void **state)
{
    (void)state;
    struct effect one = message(TEXT("a"), TEXT("one"));
    struct effect two = message(TEXT("b"), TEXT("t\two"));
    struct bytes out = {0};
    assert_int_equal(plain_render(&one, DIALECT_PLAIN_LINE, &out), ERR_OK);
    assert_int_equal(plain_render(&two, DIALECT_PLAIN_LINE, &out), ERR_OK);
    assert_text(&out, "[a] one\n[b] t^Iwo\n");
    bytes_finish(&out);
}

static void plain_people_are_told_of_nothing_but_messages(void **state)
{
    (void)state;
    struct bytes out = {0};
    for (int kind = EFFECT_OPENED; kind < EFFECT_KIND_COUNT; kind++) {
        struct effect effect = message(TEXT("bob"), TEXT("hello"));
        effect.kind = (enum effect_kind)kind;
        if (effect.kind != EFFECT_MESSAGE) {
            assert_int_equal(plain_render(&effect, DIALECT_PLAIN_LINE, &out), ERR_OK);
            assert_int_equal(plain_render(&effect, DIALECT_PLAIN_CHUNK, &out), ERR_OK);
        }
    }
    assert_int_equal(out.count, 0);
    bytes_finish(&out);
}

/* For every allocation that may fail: ERR_MEMORY and the bytes as before, or all is well. */
static void without_memory_nothing_is_appended(void **state)
{
    (void)state;
    struct effect clean = message(TEXT("bob"), TEXT("hello, this is long enough for more than "
                                                    "the first reservation of sixty-four bytes"));
    struct effect dirty = clean;
    char text[2000];
    memset(text, '\a', sizeof(text));
    dirty.text = (struct text){text, sizeof(text)};
    struct effect reaction = clean;
    reaction.who.flags = 0;
    reaction.flags = MESSAGE_TAGMSG;
    reaction.extra = TEXT("+draft/react=a\\sreaction\\sthat\\sis\\slong\\senough\\sfor\\smore\\s"
                          "than\\sthe\\sfirst\\sreservation\\sof\\sits\\sbytes");
    struct effect lines = dirty;
    lines.who.flags = 0;
    lines.flags = MESSAGE_MULTILINE;
    text[500] = '\n';
    text[900] = '\x02';
    const struct effect *const effects[] = {&clean, &dirty, &reaction, &lines};
    for (int what = 0; what < 5; what++) {
        int pending = 0;
        for (uint64_t nth = 1; !pending; nth++) {
            struct bytes out = {0};
            assert_int_equal(bytes_append_text(&out, TEXT("before")), ERR_OK);
            mem_fail_at(nth);
            enum error error = what == 4 ? notice_append(NOTICE_FLOOD, dirty.text, false, &out)
                                         : plain_render(effects[what], DIALECT_PLAIN_LINE, &out);
            pending = mem_fail_pending();
            mem_fail_at(0);
            assert_int_equal(error, pending ? ERR_OK : ERR_MEMORY);
            if (!pending) {
                assert_text(&out, "before");
            }
            bytes_finish(&out);
        }
    }
}

static const char *const codes[NOTICE_COUNT] = {
    "timeout",   "bad-name",  "name-in-use", "too-long", "bad-utf8",   "sendq",
    "flood",     "slow-down", "too-many",    "full",     "not-madang", "no-tls",
    "not-saved", "pending",   "shutdown",    "banned",   "kicked",     "not-allowed",
};

static void every_notice_has_its_code_and_a_sentence(void **state)
{
    (void)state;
    for (int i = 0; i < NOTICE_COUNT; i++) {
        struct bytes out = {0};
        char start[64];
        snprintf(start, sizeof(start), "! %s: ", codes[i]);
        assert_string_equal(notice_code((enum notice)i), codes[i]);
        assert_int_equal(notice_append((enum notice)i, TEXT_NONE, false, &out), ERR_OK);
        assert_true(out.count > strlen(start) + 4);
        assert_memory_equal(out.data, start, strlen(start));
        assert_true(utf8_valid(bytes_text(&out)));
        assert_ptr_equal(memchr(out.data, '\n', out.count), out.data + out.count - 1);
        size_t line_count = out.count;
        bytes_clear(&out);
        assert_int_equal(notice_append((enum notice)i, TEXT_NONE, true, &out), ERR_OK);
        assert_int_equal(out.count, line_count - 1);
        assert_null(memchr(out.data, '\n', out.count));
        bytes_finish(&out);
    }
}

static void a_detail_says_it_alone_or_stands_behind(void **state)
{
    (void)state;
    struct bytes out = {0};
    assert_int_equal(notice_append(NOTICE_BAD_NAME, TEXT("too odd"), false, &out), ERR_OK);
    assert_text(&out, "! bad-name: too odd\n");
    bytes_clear(&out);
    assert_int_equal(notice_append(NOTICE_NO_TLS, TEXT("here"), true, &out), ERR_OK);
    assert_text(&out, "! no-tls: 이 서버는 TLS를 쓰지 않습니다 (here)");
    bytes_finish(&out);
}

static void a_detail_is_made_visible(void **state)
{
    (void)state;
    struct bytes out = {0};
    assert_int_equal(notice_append(NOTICE_NAME_IN_USE, TEXT("\x1b[2J\r\n! x: y"), false, &out),
                     ERR_OK);
    assert_text(&out, "! name-in-use: ^[[2J^M^J! x: y\n");
    bytes_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_shown_as_text),
        cmocka_unit_test(what_irc_people_do_is_readable),
        cmocka_unit_test(what_plain_people_write_is_text_alone),
        cmocka_unit_test(lines_of_several_have_a_bound),
        cmocka_unit_test(a_line_is_made_readable),
        cmocka_unit_test(the_longest_message_is_whole),
        cmocka_unit_test(messages_are_appended),
        cmocka_unit_test(plain_people_are_told_of_nothing_but_messages),
        cmocka_unit_test(without_memory_nothing_is_appended),
        cmocka_unit_test(every_notice_has_its_code_and_a_sentence),
        cmocka_unit_test(a_detail_says_it_alone_or_stands_behind),
        cmocka_unit_test(a_detail_is_made_visible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
