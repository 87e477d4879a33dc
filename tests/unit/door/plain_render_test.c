/* The plain door's writing side: what members read, and the server's own words. */
#include "base/mem.h"
#include "base/utf8.h"
#include "door/plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct effect message(struct text nick, struct text text)
{
    return (struct effect){.kind = EFFECT_MESSAGE, .nick = nick, .text = text};
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
    for (int kind = EFFECT_OPENED; kind <= EFFECT_CLOSED; kind++) {
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
    for (int what = 0; what < 3; what++) {
        int pending = 0;
        for (uint64_t nth = 1; !pending; nth++) {
            struct bytes out = {0};
            assert_int_equal(bytes_append_text(&out, TEXT("before")), ERR_OK);
            mem_fail_at(nth);
            enum error error =
                what == 2 ? plain_error_append(PLAIN_FLOOD, dirty.text, false, &out)
                          : plain_render(what == 0 ? &clean : &dirty, DIALECT_PLAIN_LINE, &out);
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

static const char *const codes[PLAIN_ERROR_COUNT] = {
    "timeout",    "bad-name", "name-in-use", "too-long", "bad-utf8",
    "sendq",      "flood",    "slow-down",   "too-many", "full",
    "not-madang", "no-tls",   "not-saved",   "pending",  "shutdown",
};

static void every_error_has_its_code_and_a_sentence(void **state)
{
    (void)state;
    for (int i = 0; i < PLAIN_ERROR_COUNT; i++) {
        struct bytes out = {0};
        char start[64];
        snprintf(start, sizeof(start), "! %s: ", codes[i]);
        assert_string_equal(plain_error_code((enum plain_error)i), codes[i]);
        assert_int_equal(plain_error_append((enum plain_error)i, TEXT_NONE, false, &out), ERR_OK);
        assert_true(out.count > strlen(start) + 4);
        assert_memory_equal(out.data, start, strlen(start));
        assert_true(utf8_valid(bytes_text(&out)));
        assert_ptr_equal(memchr(out.data, '\n', out.count), out.data + out.count - 1);
        size_t line_count = out.count;
        bytes_clear(&out);
        assert_int_equal(plain_error_append((enum plain_error)i, TEXT_NONE, true, &out), ERR_OK);
        assert_int_equal(out.count, line_count - 1);
        assert_null(memchr(out.data, '\n', out.count));
        bytes_finish(&out);
    }
}

static void a_detail_says_it_alone_or_stands_behind(void **state)
{
    (void)state;
    struct bytes out = {0};
    assert_int_equal(plain_error_append(PLAIN_BAD_NAME, TEXT("too odd"), false, &out), ERR_OK);
    assert_text(&out, "! bad-name: too odd\n");
    bytes_clear(&out);
    assert_int_equal(plain_error_append(PLAIN_NO_TLS, TEXT("here"), true, &out), ERR_OK);
    assert_text(&out, "! no-tls: 이 서버는 TLS를 쓰지 않습니다 (here)");
    bytes_finish(&out);
}

static void a_detail_is_made_visible(void **state)
{
    (void)state;
    struct bytes out = {0};
    assert_int_equal(plain_error_append(PLAIN_NAME_IN_USE, TEXT("\x1b[2J\r\n! x: y"), false, &out),
                     ERR_OK);
    assert_text(&out, "! name-in-use: ^[[2J^M^J! x: y\n");
    bytes_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_shown_as_text),
        cmocka_unit_test(the_longest_message_is_whole),
        cmocka_unit_test(messages_are_appended),
        cmocka_unit_test(plain_people_are_told_of_nothing_but_messages),
        cmocka_unit_test(without_memory_nothing_is_appended),
        cmocka_unit_test(every_error_has_its_code_and_a_sentence),
        cmocka_unit_test(a_detail_says_it_alone_or_stands_behind),
        cmocka_unit_test(a_detail_is_made_visible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
