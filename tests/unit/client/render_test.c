/* Received lines can be nothing but text. */
#include "client/render.h"

#include "base/utf8.h"
#include "expect.h"
#include "model/limits.h"

#define REPLACED "\xEF\xBF\xBD"

static const struct render_style pipe_style = {.isolates = false, .colours = false};
static const struct render_style plain_style = {.isolates = true, .colours = false};
static const struct render_style colour_style = {.isolates = true, .colours = true};

static void assert_shown(struct text line, enum line_kind kind, const struct render_style *style,
                         const char *expected)
{
    struct bytes out = {0};
    assert_int_equal(render_line(TEXT_NONE, line, kind, style, &out), ERR_OK);
    assert_text(bytes_text(&out), expected);
    bytes_finish(&out);
}

static void assert_line(struct text line, const char *expected)
{
    assert_shown(line, LINE_WHOLE, &plain_style, expected);
}

static void text_is_shown_as_it_is(void **state)
{
    (void)state;
    assert_line(TEXT("[user3] 안녕하세요"), "[user3] 안녕하세요");
    assert_line(TEXT("! shutdown: 서버를 닫습니다"), "! shutdown: 서버를 닫습니다");
    assert_line(TEXT(""), "");
    assert_line(TEXT("[bot] 🙂👩‍👩‍👧‍👦 e\xCC\x81"),
                "[bot] 🙂👩‍👩‍👧‍👦 e\xCC\x81");
}

static void controls_are_visible_wherever_they_stand(void **state)
{
    (void)state;
    assert_line(TEXT("[e\x1b[2Je] \x1b]0;x\a\r\b\t\v\0z"), "[e^[[2Je] ^[]0;x^G^M^H^I^K^@z");
    assert_line(TEXT("! \x1b[6n: \x7f"), "! ^[[6n: ^?");
    assert_line(TEXT("[e] \xC2\x9B"
                     "2J\x9B"
                     "2J"),
                "[e] \\x9b2J\\x9b2J");
    assert_line(TEXT("[e] \xE2\x80\xAE lie \xE2\x81\xA6"), "[e] \\u202e lie \\u2066");
}

/* No byte string of three bytes gets a control, C1 or newline through. */
static void no_control_passes_in_any_three_bytes(void **state)
{
    (void)state;
    static const char alphabet[] =
        "\x00\x07\x0A\x0D\x1B[]a \x7F\x80\x85\x9B\xBF\xC0\xC2\xE2\xED\xF0\xFF";
    const size_t count = sizeof(alphabet) - 1;
    struct bytes out = {0};
    for (size_t i = 0; i < count * count * count; i++) {
        const char line[] = {'[',
                             alphabet[i % count],
                             alphabet[i / count % count],
                             alphabet[i / count / count],
                             ']',
                             ' ',
                             'x'};
        bytes_clear(&out);
        assert_int_equal(render_line(TEXT_NONE, (struct text){.data = line, .count = sizeof(line)},
                                     LINE_WHOLE, &pipe_style, &out),
                         ERR_OK);
        assert_true(utf8_valid(bytes_text(&out)));
        assert_true(text_is_visible(bytes_text(&out)));
    }
    bytes_finish(&out);
}

static void what_is_not_utf8_is_replaced(void **state)
{
    (void)state;
    assert_line(TEXT("[e] a\xFF\xFEz"), "[e] a" REPLACED REPLACED "z");
    /* A character that was cut is one, whatever its bytes. */
    assert_line(TEXT("[e] \xEC\x95 z"), "[e] " REPLACED " z");
    assert_line(TEXT("[e] \xF0\x9F\x99"), "[e] " REPLACED);
    assert_line(TEXT("[e] \xC0\xAF"), "[e] " REPLACED REPLACED);
}

static size_t count_of(struct text text, struct text part)
{
    size_t count = 0;
    for (size_t i = 0; i + part.count <= text.count; i++) {
        count += memcmp(text.data + i, part.data, part.count) == 0;
    }
    return count;
}

static void assert_marks(struct text mark, int given, size_t shown)
{
    struct bytes line = {0};
    struct bytes out = {0};
    assert_int_equal(bytes_append_text(&line, TEXT("[e] a")), ERR_OK);
    for (int i = 0; i < given; i++) {
        assert_int_equal(bytes_append_text(&line, mark), ERR_OK);
    }
    assert_int_equal(bytes_append_text(&line, TEXT("b")), ERR_OK);
    assert_int_equal(render_line(TEXT_NONE, bytes_text(&line), LINE_WHOLE, &plain_style, &out),
                     ERR_OK);
    assert_int_equal(count_of(bytes_text(&out), mark), shown);
    assert_int_equal(out.data[out.count - 1], 'b');
    bytes_finish(&line);
    bytes_finish(&out);
}

static void marks_on_one_letter_are_capped(void **state)
{
    (void)state;
    assert_marks(TEXT("\xCC\x81"), CLIENT_MARK_COUNT_MAX, CLIENT_MARK_COUNT_MAX);
    assert_marks(TEXT("\xCC\x81"), CLIENT_MARK_COUNT_MAX + 1, CLIENT_MARK_COUNT_MAX);
    assert_marks(TEXT("\xCC\x81"), 500, CLIENT_MARK_COUNT_MAX);
    assert_marks(TEXT("\xE2\x80\x8D"), 1000, CLIENT_MARK_COUNT_MAX);
}

static void names_have_a_colour_of_their_own(void **state)
{
    (void)state;
    struct bytes expected = {0};
    assert_int_equal(bytes_format(&expected, "[\033[%dmbob\033[m] hi", render_colour(TEXT("bob"))),
                     ERR_OK);
    assert_int_equal(bytes_append(&expected, "", 1), ERR_OK);
    assert_shown(TEXT("[bob] hi"), LINE_WHOLE, &colour_style, expected.data);
    bytes_finish(&expected);
    /* No name, no colour. */
    assert_shown(TEXT("[bob]hi"), LINE_WHOLE, &colour_style, "[bob]hi");
    assert_shown(TEXT("! code: [bob] hi"), LINE_WHOLE, &colour_style, "! code: [bob] hi");
}

static void the_first_bracket_and_space_end_the_name(void **state)
{
    (void)state;
    int colour = render_colour(TEXT("[admin]"));
    struct bytes expected = {0};
    assert_int_equal(bytes_format(&expected, "[\033[%dm[admin]\033[m] [x] hi", colour), ERR_OK);
    assert_int_equal(bytes_append(&expected, "", 1), ERR_OK);
    assert_shown(TEXT("[[admin]] [x] hi"), LINE_WHOLE, &colour_style, expected.data);
    bytes_finish(&expected);
}

static void right_to_left_stays_in_its_isolate(void **state)
{
    (void)state;
    static const char shalom[] = "[bob] \xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D";
    assert_shown(text_of(shalom), LINE_WHOLE, &plain_style,
                 "[bob] \xE2\x81\xA8\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D\xE2\x81\xA9");
    assert_shown(TEXT("[\xD7\xA9] hi"), LINE_WHOLE, &plain_style,
                 "[\xE2\x81\xA8\xD7\xA9\xE2\x81\xA9] hi");
    /* A pipe gets what was written. */
    assert_shown(text_of(shalom), LINE_WHOLE, &pipe_style, shalom);
}

static void continued_and_cut_lines_are_marked(void **state)
{
    (void)state;
    assert_shown(TEXT("[user1] forged"), LINE_CONTINUED, &colour_style, "  | [user1] forged");
    assert_shown(TEXT("[bob] abc"), LINE_CUT, &plain_style, "[bob] abc\xE2\x80\xA6");
    /* The cut may have gone through a character. */
    assert_shown(TEXT("[bob] ab\xEC\x95"), LINE_CUT, &plain_style, "[bob] ab\xE2\x80\xA6");
}

static void a_line_that_mentions_the_reader_is_bold(void **state)
{
    (void)state;
    struct render_style style = colour_style;
    style.own = TEXT("me");
    struct bytes expected = {0};
    assert_int_equal(bytes_format(&expected, "[\033[%dmbob\033[m] \033[1mhi Me!\033[m",
                                  render_colour(TEXT("bob"))),
                     ERR_OK);
    assert_int_equal(bytes_append(&expected, "", 1), ERR_OK);
    assert_shown(TEXT("[bob] hi Me!"), LINE_WHOLE, &style, expected.data);
    bytes_finish(&expected);
    assert_shown(TEXT("* bob sees me"), LINE_WHOLE, &style, "\033[1m* bob sees me\033[m");
    assert_shown(TEXT("* bob sees some"), LINE_WHOLE, &style, "* bob sees some");
    style.colours = false;
    assert_shown(TEXT("[bob] hi me!"), LINE_WHOLE, &style, "[bob] hi me!");
}

static void a_room_stands_before_its_line(void **state)
{
    (void)state;
    struct bytes out = {0};
    assert_int_equal(render_line(TEXT("#t\x1b"), TEXT("[bob] hi"), LINE_WHOLE, &plain_style, &out),
                     ERR_OK);
    assert_text(bytes_text(&out), "#t^[ [bob] hi");
    bytes_clear(&out);
    assert_int_equal(render_line(TEXT("#t"), TEXT("more"), LINE_CONTINUED, &plain_style, &out),
                     ERR_OK);
    assert_text(bytes_text(&out), "#t   | more");
    bytes_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_shown_as_it_is),
        cmocka_unit_test(controls_are_visible_wherever_they_stand),
        cmocka_unit_test(no_control_passes_in_any_three_bytes),
        cmocka_unit_test(what_is_not_utf8_is_replaced),
        cmocka_unit_test(marks_on_one_letter_are_capped),
        cmocka_unit_test(names_have_a_colour_of_their_own),
        cmocka_unit_test(the_first_bracket_and_space_end_the_name),
        cmocka_unit_test(right_to_left_stays_in_its_isolate),
        cmocka_unit_test(continued_and_cut_lines_are_marked),
        cmocka_unit_test(a_line_that_mentions_the_reader_is_bold),
        cmocka_unit_test(a_room_stands_before_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
