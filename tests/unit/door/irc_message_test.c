/* Lines of IRC taken apart: any bytes have some reading, and none leads astray. */
#include "base/mem.h"
#include "door/irc_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define T(literal)                                                                                 \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

/* "tags|source|command|param|param…", or NULL for no message. */
static void assert_parsed(struct text line, const char *expected)
{
    struct irc_message message;
    if (!irc_message_parse(line, &message)) {
        if (expected != NULL) {
            fail_msg("%.*s was not taken", (int)line.count, line.data);
        }
        return;
    }
    struct bytes got = {0};
    const struct text fields[] = {message.tags, message.source, message.command};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bytes_append_text(&got, i > 0 ? TEXT("|") : TEXT_NONE), ERR_OK);
        assert_int_equal(bytes_append_text(&got, fields[i]), ERR_OK);
    }
    for (uint32_t i = 0; i < message.param_count; i++) {
        assert_int_equal(bytes_append_text(&got, TEXT("|")), ERR_OK);
        assert_int_equal(bytes_append_text(&got, message.params[i]), ERR_OK);
    }
    if (expected == NULL || !text_equal(bytes_text(&got), text_of(expected))) {
        fail_msg("got  %.*s\nwant %s", (int)got.count, got.data,
                 expected != NULL ? expected : "nothing");
    }
    bytes_finish(&got);
}

static const struct {
    struct text line;
    const char *parsed;
} lines[] = {
    {T("PING"), "||PING"},
    {T("PRIVMSG #a :hello world"), "||PRIVMSG|#a|hello world"},
    {T("privmsg #a hello"), "||privmsg|#a|hello"},
    {T(":admin!a@b PRIVMSG #c :x"), "|admin!a@b|PRIVMSG|#c|x"},
    {T("@time=1;+a=b :n!u@h PRIVMSG #c ::)"), "time=1;+a=b|n!u@h|PRIVMSG|#c|:)"},
    {T("TOPIC #a :"), "||TOPIC|#a|"},
    {T("TOPIC #a : "), "||TOPIC|#a| "},
    {T("PRIVMSG #마당 :안녕하세요 여러분"), "||PRIVMSG|#마당|안녕하세요 여러분"},
    {T("USER a 0 * :b c"), "||USER|a|0|*|b c"},
    /* Spaces, more than are needed. */
    {T("  NICK   bob  "), "||NICK|bob"},
    {T("@a   :b   NICK   c   :  d "), "a|b|NICK|c|  d "},
    {T("MODE #a +b a:b"), "||MODE|#a|+b|a:b"},
    /* The 15th param is all that is left, whether it has a colon or not. */
    {T("C 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"), "||C|1|2|3|4|5|6|7|8|9|10|11|12|13|14|15"},
    {T("C 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15  16 :x "),
     "||C|1|2|3|4|5|6|7|8|9|10|11|12|13|14|15  16 :x "},
    {T("C 1 2 3 4 5 6 7 8 9 10 11 12 13 14 :15 16"), "||C|1|2|3|4|5|6|7|8|9|10|11|12|13|14|15 16"},
    /* No command, or hardly one. */
    {T(""), NULL},
    {T("   "), NULL},
    {T("@"), NULL},
    {T("@ "), NULL},
    {T("@;"), NULL},
    {T("@="), NULL},
    {T("@a"), NULL},
    {T("@a "), NULL},
    {T("@a=\\"), NULL},
    {T("@a=\\ "), NULL},
    {T(":"), NULL},
    {T(": "), NULL},
    {T(":x"), NULL},
    {T(":x "), NULL},
    {T("@a :x"), NULL},
    {T("@ : "), NULL},
    {T("@ PING"), "||PING"},
    {T(": PING"), "||PING"},
    {T("@a :b :c"), "a|b|:c"},
    {T("::"), NULL},
    {T("A@b :"), "||A@b|"},
};

static void a_line_is_taken_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_parsed(lines[i].line, lines[i].parsed);
    }
    assert_parsed(TEXT_NONE, NULL);
}

static void any_byte_may_stand_in_a_line(void **state)
{
    (void)state;
    struct irc_message message;
    assert_true(irc_message_parse(TEXT("A b\0c \r\xff\x80 :d\0"), &message));
    assert_int_equal(message.param_count, 3);
    assert_true(text_equal(message.params[0], TEXT("b\0c")));
    assert_true(text_equal(message.params[1], TEXT("\r\xff\x80")));
    assert_true(text_equal(message.params[2], TEXT("d\0")));
}

static void five_hundred_spaces_are_one(void **state)
{
    (void)state;
    char line[600];
    memset(line, ' ', sizeof(line));
    line[0] = 'A';
    line[501] = 'b';
    struct irc_message message;
    assert_true(irc_message_parse((struct text){line, sizeof(line)}, &message));
    assert_int_equal(message.param_count, 1);
    assert_true(text_equal(message.params[0], TEXT("b")));
}

/* "key=value," for each of them. */
static void assert_tags(const char *tags, const char *expected)
{
    struct text rest = text_of(tags);
    struct text key;
    struct text value;
    struct bytes got = {0};
    while (irc_tag_take(&rest, &key, &value)) {
        assert_true(key.count > 0);
        assert_int_equal(bytes_format(&got, "%.*s=%.*s,", (int)key.count, key.data,
                                      (int)value.count, value.count > 0 ? value.data : ""),
                         ERR_OK);
    }
    assert_true(text_equal(bytes_text(&got), text_of(expected)));
    bytes_finish(&got);
}

static void tags_are_taken_one_by_one(void **state)
{
    (void)state;
    assert_tags("", "");
    assert_tags("a", "a=,");
    assert_tags("a=", "a=,");
    assert_tags("a=b;c;+d/e=f=g", "a=b,c=,+d/e=f=g,");
    assert_tags("a=\\:\\s", "a=\\:\\s,");
}

static void tags_without_a_key_are_passed_over(void **state)
{
    (void)state;
    assert_tags(";", "");
    assert_tags("=", "");
    assert_tags("=a;;b;=", "b=,");
}

static void the_last_of_equal_tags_counts(void **state)
{
    (void)state;
    struct text value = TEXT("before");
    assert_true(irc_tag_find(TEXT("a=1;b=2;a=3;A=4"), TEXT("a"), &value));
    assert_true(text_equal(value, TEXT("3")));
    assert_true(irc_tag_find(TEXT("a=1;a"), TEXT("a"), &value));
    assert_int_equal(value.count, 0);
    value = TEXT("before");
    assert_false(irc_tag_find(TEXT("aa=1;b"), TEXT("a"), &value));
    assert_true(text_equal(value, TEXT("before")));
}

static const struct {
    struct text escaped;
    struct text value;
} escapes[] = {
    {T("a\\:b\\sc\\\\d\\re\\nf"), T("a;b c\\d\re\nf")},
    {T("test\\"), T("test")},
    {T("\\b"), T("b")},
    {T("\\"), T("")},
    {T("\\\\\\"), T("\\")},
    {T("가\\s나"), T("가 나")},
    {T(""), T("")},
    {T("a\0b\\\0c"), T("abc")},
};

static void escapes_are_undone(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
        struct bytes out = {0};
        assert_int_equal(irc_tag_unescape(escapes[i].escaped, &out), ERR_OK);
        assert_true(text_equal(bytes_text(&out), escapes[i].value));
        bytes_finish(&out);
    }
}

static void an_escaped_value_comes_back_and_holds_nothing_that_ends_it(void **state)
{
    (void)state;
    char every[255];
    for (size_t i = 0; i < sizeof(every); i++) {
        every[i] = (char)(i + 1);
    }
    struct text value = {every, sizeof(every)};
    struct bytes escaped = {0};
    struct bytes back = {0};
    assert_int_equal(irc_tag_escape(value, &escaped), ERR_OK);
    assert_int_equal(irc_tag_unescape(bytes_text(&escaped), &back), ERR_OK);
    assert_true(text_equal(bytes_text(&back), value));
    for (size_t i = 0; i < escaped.count; i++) {
        assert_null(memchr("; \r\n", escaped.data[i], 5));
    }
    bytes_clear(&escaped);
    assert_int_equal(irc_tag_escape(TEXT("a\0;"), &escaped), ERR_OK);
    assert_true(text_equal(bytes_text(&escaped), TEXT("a\\:")));
    bytes_finish(&escaped);
    bytes_finish(&back);
}

static void without_memory_a_value_stays_away(void **state)
{
    (void)state;
    for (int what = 0; what < 2; what++) {
        struct bytes out = {0};
        mem_fail_at(1);
        enum error error =
            what == 0 ? irc_tag_escape(TEXT("a"), &out) : irc_tag_unescape(TEXT("a"), &out);
        mem_fail_at(0);
        assert_int_equal(error, ERR_MEMORY);
        assert_int_equal(out.count, 0);
        bytes_finish(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_taken_apart),
        cmocka_unit_test(any_byte_may_stand_in_a_line),
        cmocka_unit_test(five_hundred_spaces_are_one),
        cmocka_unit_test(tags_are_taken_one_by_one),
        cmocka_unit_test(tags_without_a_key_are_passed_over),
        cmocka_unit_test(the_last_of_equal_tags_counts),
        cmocka_unit_test(escapes_are_undone),
        cmocka_unit_test(an_escaped_value_comes_back_and_holds_nothing_that_ends_it),
        cmocka_unit_test(without_memory_a_value_stays_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
