/* Lines of IRC put together: whatever is given, one line comes out, and not too long. */
#include "base/mem.h"
#include "base/utf8.h"
#include "dies.h"
#include "door/irc_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define BODY_BYTES_MAX (IRC_LINE_BYTES_MAX - 2)

static void assert_bytes(const struct bytes *bytes, struct text expected)
{
    if (!text_equal(bytes_text(bytes), expected)) {
        fail_msg("got  %.*s\nwant %.*s", (int)bytes->count, bytes->data, (int)expected.count,
                 expected.data);
    }
}

static void a_line_has_all_its_fields(void **state)
{
    (void)state;
    struct bytes out = {0};
    struct irc_line line;
    irc_line_begin(&line, &out);
    irc_line_tag(&line, TEXT("time"), TEXT("2026"));
    irc_line_tag(&line, TEXT("bot"), TEXT_NONE);
    irc_line_tag(&line, TEXT("account"), TEXT("a;b c\\"));
    irc_line_tags_raw(&line, TEXT_NONE);
    irc_line_tags_raw(&line, TEXT("+a=\\s;+b"));
    irc_line_source(&line, TEXT("nick"), TEXT("user"), TEXT("host"));
    irc_line_command(&line, TEXT("PRIVMSG"));
    irc_line_param(&line, TEXT("#a"));
    irc_line_last(&line, TEXT("hello world"), false);
    assert_int_equal(irc_line_end(&line), ERR_OK);
    irc_line_begin(&line, &out);
    irc_line_source(&line, TEXT("server"), TEXT_NONE, TEXT_NONE);
    irc_line_command(&line, TEXT("001"));
    irc_line_last(&line, TEXT("x"), false);
    assert_int_equal(irc_line_end(&line), ERR_OK);
    irc_line_begin(&line, &out);
    irc_line_command(&line, TEXT("PING"));
    irc_line_last(&line, TEXT("x"), true);
    assert_int_equal(irc_line_end(&line), ERR_OK);
    assert_bytes(&out, TEXT("@time=2026;bot;account=a\\:b\\sc\\\\;+a=\\s;+b "
                            ":nick!user@host PRIVMSG #a :hello world\r\n"
                            ":server 001 x\r\n"
                            "PING :x\r\n"));
    bytes_finish(&out);
}

static void the_last_param_has_a_colon_where_it_is_needed(void **state)
{
    (void)state;
    static const struct {
        const char *param;
        const char *line;
    } cases[] = {
        {"a", "C a\r\n"},      {"", "C :\r\n"},       {":)", "C ::)\r\n"},
        {"a b", "C :a b\r\n"}, {" ", "C : \r\n"},     {"a:b", "C a:b\r\n"},
        {"가", "C 가\r\n"},    {"\r:a", "C ::a\r\n"}, {"a\nQUIT", "C :aQUIT\r\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bytes out = {0};
        struct irc_line line;
        irc_line_begin(&line, &out);
        irc_line_command(&line, TEXT("C"));
        irc_line_last(&line, text_of(cases[i].param), false);
        assert_int_equal(irc_line_end(&line), ERR_OK);
        assert_bytes(&out, text_of(cases[i].line));
        bytes_finish(&out);
    }
}

static void what_cannot_be_a_middle_param_is_a_star(void **state)
{
    (void)state;
    static const struct text params[] = {
        {"", 0},     {"a b", 3},  {":a", 2}, {"a\rb", 3},
        {"a\nb", 3}, {"a\0b", 3}, {"\r", 1}, {"longer than eight bytes", 23},
        {NULL, 0},
    };
    for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
        struct bytes out = {0};
        struct irc_line line;
        irc_line_begin(&line, &out);
        irc_line_command(&line, TEXT("C"));
        irc_line_param(&line, params[i]);
        irc_line_param(&line, TEXT("d"));
        assert_int_equal(irc_line_end(&line), ERR_OK);
        assert_bytes(&out, TEXT("C * d\r\n"));
        bytes_finish(&out);
    }
}

static void what_can_be_no_command_is_a_star(void **state)
{
    (void)state;
    static const struct text commands[] = {{"", 0}, {":C", 2}, {"@C", 2}, {"C D", 3}, {"C\n", 2}};
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        struct bytes out = {0};
        struct irc_line line;
        irc_line_begin(&line, &out);
        irc_line_command(&line, commands[i]);
        assert_int_equal(irc_line_end(&line), ERR_OK);
        assert_bytes(&out, TEXT("*\r\n"));
        bytes_finish(&out);
    }
}

/* Every byte, at every place within and across words of eight. */
static void no_field_ends_the_line_or_another_field(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < 19; at++) {
            char field[19];
            memset(field, 'x', sizeof(field));
            field[at] = (char)byte;
            struct text text = {field, sizeof(field)};
            struct bytes out = {0};
            struct irc_line line;
            irc_line_begin(&line, &out);
            irc_line_tag(&line, text, text);
            irc_line_tags_raw(&line, text);
            irc_line_source(&line, text, text, text);
            irc_line_command(&line, text);
            irc_line_param(&line, text);
            irc_line_last(&line, text, false);
            assert_int_equal(irc_line_end(&line), ERR_OK);
            assert_ptr_equal(memchr(out.data, '\n', out.count), out.data + out.count - 1);
            assert_ptr_equal(memchr(out.data, '\r', out.count), out.data + out.count - 2);
            assert_null(memchr(out.data, '\0', out.count));

            struct irc_message message;
            assert_true(irc_message_parse((struct text){out.data, out.count - 2}, &message));
            assert_int_equal(message.param_count, 2);
            bool is_left_out = byte == '\0' || byte == '\r' || byte == '\n';
            assert_int_equal(message.params[1].count, sizeof(field) - (is_left_out ? 1 : 0));
            bool is_star = is_left_out || byte == ' ' || (byte == ':' && at == 0);
            assert_int_equal(message.params[0].count, is_star ? 1 : sizeof(field));
            bytes_finish(&out);
        }
    }
}

/* A line that is full to the byte, and one beyond. */
static void a_line_is_never_longer_than_it_may_be(void **state)
{
    (void)state;
    char text[BODY_BYTES_MAX];
    memset(text, 'x', sizeof(text));
    for (size_t more = 0; more < 3; more++) {
        struct bytes out = {0};
        struct irc_line line;
        irc_line_begin(&line, &out);
        irc_line_tag(&line, TEXT("a"), TEXT("b"));
        irc_line_command(&line, TEXT("C"));
        assert_int_equal(irc_line_room(&line), BODY_BYTES_MAX - 1);
        irc_line_last(&line, (struct text){text, BODY_BYTES_MAX - 3 + more}, true);
        assert_int_equal(irc_line_room(&line), 0);
        irc_line_last(&line, TEXT("more"), true);
        irc_line_param(&line, TEXT("more"));
        assert_int_equal(irc_line_end(&line), ERR_OK);
        assert_int_equal(out.count, strlen("@a=b ") + IRC_LINE_BYTES_MAX);
        bytes_finish(&out);
    }
}

static void a_line_is_cut_between_characters(void **state)
{
    (void)state;
    static const char *const characters[] = {"é", "가", "😃"};
    for (size_t i = 0; i < 3; i++) {
        size_t bytes = strlen(characters[i]);
        for (size_t room = 0; room <= bytes + 1; room++) {
            for (int break_first = 0; break_first < 2; break_first++) {
                char text[BODY_BYTES_MAX + 8];
                memset(text, 'x', sizeof(text));
                if (break_first == 1) {
                    text[0] = '\n';
                }
                size_t before = BODY_BYTES_MAX - 3 - room + (size_t)break_first;
                memcpy(text + before, characters[i], bytes);
                struct bytes out = {0};
                struct irc_line line;
                irc_line_begin(&line, &out);
                irc_line_command(&line, TEXT("C"));
                irc_line_last(&line, (struct text){text, before + bytes + 1}, true);
                irc_line_param(&line, TEXT("d"));
                assert_int_equal(irc_line_end(&line), ERR_OK);
                assert_true(utf8_valid(bytes_text(&out)));
                size_t expected = room < bytes ? IRC_LINE_BYTES_MAX - room : IRC_LINE_BYTES_MAX;
                assert_int_equal(out.count, expected);
                bytes_finish(&out);
            }
        }
    }
}

static void middle_fields_are_cut_too(void **state)
{
    (void)state;
    char text[2 * IRC_LINE_BYTES_MAX];
    memset(text, 'x', sizeof(text));
    struct text long_text = {text, sizeof(text)};
    for (int what = 0; what < 4; what++) {
        struct bytes out = {0};
        struct irc_line line;
        irc_line_begin(&line, &out);
        irc_line_source(&line, what == 0 ? long_text : TEXT("n"), what == 1 ? long_text : TEXT("u"),
                        TEXT("h"));
        irc_line_command(&line, what == 2 ? long_text : TEXT("C"));
        irc_line_param(&line, what == 3 ? long_text : TEXT("p"));
        irc_line_last(&line, TEXT("last"), true);
        assert_int_equal(irc_line_end(&line), ERR_OK);
        assert_int_equal(out.count, IRC_LINE_BYTES_MAX);
        bytes_finish(&out);
    }
}

/* IRCv3 message-tags: 4,094 bytes of the server's, and as many of a client's. */
static void tags_are_never_cut(void **state)
{
    (void)state;
    static char tags[2 * IRC_TAGS_BYTES_MAX + 2];
    memset(tags, 'x', sizeof(tags));
    for (size_t more = 0; more < 2; more++) {
        struct bytes out = {0};
        struct irc_line line;
        irc_line_begin(&line, &out);
        irc_line_tags_raw(&line, (struct text){tags, IRC_TAGS_BYTES_MAX});
        irc_line_tags_raw(&line, (struct text){tags, IRC_TAGS_BYTES_MAX + more});
        irc_line_command(&line, TEXT("C"));
        assert_int_equal(irc_line_end(&line), ERR_OK);
        size_t tags_bytes = more == 0 ? 2 * IRC_TAGS_BYTES_MAX + 1 : IRC_TAGS_BYTES_MAX;
        assert_int_equal(out.count, 1 + tags_bytes + strlen(" C\r\n"));
        bytes_finish(&out);
    }
    struct bytes out = {0};
    struct irc_line line;
    irc_line_begin(&line, &out);
    irc_line_tags_raw(&line, (struct text){tags, sizeof(tags)});
    irc_line_tag(&line, TEXT("a"), (struct text){tags, sizeof(tags)});
    irc_line_tag(&line, (struct text){tags, sizeof(tags)}, TEXT_NONE);
    irc_line_tag(&line, TEXT("a"), (struct text){tags, 2 * IRC_TAGS_BYTES_MAX});
    irc_line_tag(&line, TEXT(" "), TEXT("no key"));
    irc_line_command(&line, TEXT("C"));
    assert_int_equal(irc_line_end(&line), ERR_OK);
    assert_bytes(&out, TEXT("C\r\n"));
    bytes_finish(&out);
}

static void tags_come_before_all_else(void *context)
{
    struct bytes out = {0};
    struct irc_line line;
    irc_line_begin(&line, &out);
    irc_line_command(&line, TEXT("C"));
    irc_line_tag(&line, TEXT("a"), TEXT_NONE);
    (void)context;
}

static void a_tag_behind_the_command_is_our_own_mistake(void **state)
{
    (void)state;
    assert_dies(tags_come_before_all_else, NULL);
}

static void without_memory_nothing_of_the_line_is_left(void **state)
{
    (void)state;
    static char tags[IRC_TAGS_BYTES_MAX];
    memset(tags, 'x', sizeof(tags));
    int pending = 0;
    for (uint64_t nth = 1; !pending; nth++) {
        struct bytes out = {0};
        assert_int_equal(bytes_append_text(&out, TEXT("before")), ERR_OK);
        mem_fail_at(nth);
        struct irc_line line;
        irc_line_begin(&line, &out);
        irc_line_tags_raw(&line, (struct text){tags, sizeof(tags)});
        irc_line_tag(&line, TEXT("a"), (struct text){tags, sizeof(tags)});
        irc_line_source(&line, TEXT("n"), TEXT("u"), TEXT("h"));
        irc_line_command(&line, TEXT("C"));
        irc_line_param(&line, TEXT("p"));
        irc_line_last(&line, TEXT("last"), true);
        enum error error = irc_line_end(&line);
        pending = mem_fail_pending();
        mem_fail_at(0);
        assert_int_equal(error, pending ? ERR_OK : ERR_MEMORY);
        if (!pending) {
            assert_bytes(&out, TEXT("before"));
        }
        bytes_finish(&out);
    }
}

static void a_long_text_is_cut_behind_a_space_near_the_end(void **state)
{
    (void)state;
    assert_int_equal(irc_text_cut(TEXT("one two three"), 9), 8);
    assert_int_equal(irc_text_cut(TEXT("one two three"), 8), 8);
    assert_int_equal(irc_text_cut(TEXT("one two three"), 7), 4);
    assert_int_equal(irc_text_cut(TEXT("unbroken"), 5), 5);
    char text[200];
    memset(text, 'x', sizeof(text));
    text[10] = ' ';
    assert_int_equal(irc_text_cut((struct text){text, sizeof(text)}, 100), 100);
    text[40] = ' ';
    assert_int_equal(irc_text_cut((struct text){text, sizeof(text)}, 100), 41);
}

static void a_long_text_is_cut_between_characters(void **state)
{
    (void)state;
    assert_int_equal(irc_text_cut(TEXT("가나다"), 8), 6);
    assert_int_equal(irc_text_cut(TEXT("가나다"), 6), 6);
    /* A letter keeps its mark, an emoji what it is joined to. */
    assert_int_equal(irc_text_cut(TEXT("abcde\xcc\x81z"), 5), 4);
    assert_int_equal(irc_text_cut(TEXT("ab👩‍💻z"), 6), 2);
    /* But a piece is never empty, and no heap of marks makes it small. */
    char marks[200] = "a";
    for (size_t i = 1; i + 1 < sizeof(marks); i += 2) {
        memcpy(marks + i, "\xcc\x81", 2);
    }
    assert_int_equal(irc_text_cut((struct text){marks, 199}, 100), 99);
    assert_int_equal(irc_text_cut(TEXT("\x80\x80\x80\x80\x80\x80"), 4), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_all_its_fields),
        cmocka_unit_test(the_last_param_has_a_colon_where_it_is_needed),
        cmocka_unit_test(what_cannot_be_a_middle_param_is_a_star),
        cmocka_unit_test(what_can_be_no_command_is_a_star),
        cmocka_unit_test(no_field_ends_the_line_or_another_field),
        cmocka_unit_test(a_line_is_never_longer_than_it_may_be),
        cmocka_unit_test(a_line_is_cut_between_characters),
        cmocka_unit_test(middle_fields_are_cut_too),
        cmocka_unit_test(tags_are_never_cut),
        cmocka_unit_test(a_tag_behind_the_command_is_our_own_mistake),
        cmocka_unit_test(without_memory_nothing_of_the_line_is_left),
        cmocka_unit_test(a_long_text_is_cut_behind_a_space_near_the_end),
        cmocka_unit_test(a_long_text_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
