/* The line editor: keys in, the line and what draws it out. */
#include "client/editor.h"

#include "base/utf8.h"
#include "expect.h"

#include <stdlib.h>

#define GA "\xEA\xB0\x80"                                    /* 가, one code point */
#define GAK_IN_PIECES "\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8" /* 각, three conjoining jamo */
#define FAMILY "👩‍👩‍👧‍👦"                   /* seven code points, one character */

static struct editor *editor_of(const char *line)
{
    struct editor *editor = calloc(1, sizeof(*editor));
    assert_non_null(editor);
    if (line[0] != '\0') {
        assert_int_equal(editor_insert(editor, text_of(line)), EDITOR_CHANGED);
    }
    return editor;
}

static void release(struct editor *editor)
{
    editor_finish(editor);
    free(editor);
}

static enum editor_result press(struct editor *editor, enum key_kind kind)
{
    struct key key = {.kind = kind};
    enum editor_result result = editor_key(editor, &key);
    assert_true(editor->cursor <= editor->count);
    assert_true(utf8_valid(editor_line(editor)));
    return result;
}

static void press_times(struct editor *editor, enum key_kind kind, int count)
{
    for (int i = 0; i < count; i++) {
        press(editor, kind);
    }
}

static void assert_line(struct editor *editor, const char *expected)
{
    assert_text(editor_line(editor), expected);
}

static void assert_drawn(struct editor *editor, unsigned columns, const char *expected,
                         size_t column)
{
    struct bytes out = {0};
    size_t at = 999;
    assert_int_equal(editor_draw(editor, TEXT_NONE, columns, &out, &at), ERR_OK);
    assert_text(bytes_text(&out), expected);
    assert_int_equal(at, column);
    bytes_finish(&out);
}

static void typed_characters_stand_at_the_cursor(void **state)
{
    (void)state;
    struct editor *editor = editor_of("안세요");
    press_times(editor, KEY_LEFT, 2);
    editor_insert(editor, TEXT("녕하"));
    assert_line(editor, "안녕하세요");
    assert_int_equal(editor->cursor, 9);
    release(editor);
}

static void characters_are_erased_as_a_person_sees_them(void **state)
{
    (void)state;
    struct editor *editor = editor_of("a" GA GAK_IN_PIECES "e\xCC\x81" FAMILY);
    press(editor, KEY_BACKSPACE);
    assert_line(editor, "a" GA GAK_IN_PIECES "e\xCC\x81");
    press(editor, KEY_BACKSPACE);
    assert_line(editor, "a" GA GAK_IN_PIECES);
    press(editor, KEY_BACKSPACE);
    assert_line(editor, "a" GA);
    press(editor, KEY_BACKSPACE);
    assert_line(editor, "a");
    press(editor, KEY_BACKSPACE);
    assert_line(editor, "");
    assert_int_equal(press(editor, KEY_BACKSPACE), EDITOR_REFUSED);
    release(editor);
}

static void the_cursor_steps_over_whole_characters(void **state)
{
    (void)state;
    struct editor *editor = editor_of(GA GAK_IN_PIECES FAMILY "x");
    press_times(editor, KEY_LEFT, 3);
    assert_int_equal(editor->cursor, strlen(GA));
    press(editor, KEY_DELETE);
    assert_line(editor, GA FAMILY "x");
    press(editor, KEY_RIGHT);
    assert_int_equal(editor->cursor, strlen(GA FAMILY));
    press_times(editor, KEY_RIGHT, 3);
    assert_int_equal(editor->cursor, editor->count);
    press(editor, KEY_HOME);
    assert_int_equal(editor->cursor, 0);
    assert_int_equal(press(editor, KEY_LEFT), EDITOR_REFUSED);
    press(editor, KEY_END);
    assert_int_equal(editor->cursor, editor->count);
    release(editor);
}

static void the_cursor_never_stands_inside_a_character(void **state)
{
    (void)state;
    /* The vowel behind the cursor joins the consonant that is typed before it. */
    struct editor *editor = editor_of("\xE1\x85\xA1");
    press(editor, KEY_HOME);
    editor_insert(editor, TEXT("\xE1\x84\x80"));
    assert_int_equal(editor->cursor, 6);
    release(editor);
}

static void what_was_killed_comes_back(void **state)
{
    (void)state;
    struct editor *editor = editor_of("하나 둘 셋");
    press(editor, KEY_KILL_WORD);
    assert_line(editor, "하나 둘 ");
    press(editor, KEY_HOME);
    press(editor, KEY_YANK);
    assert_line(editor, "셋하나 둘 ");
    press(editor, KEY_KILL_TO_END);
    assert_line(editor, "셋");
    press(editor, KEY_KILL_TO_START);
    assert_line(editor, "");
    press(editor, KEY_YANK);
    assert_line(editor, "셋");
    release(editor);
}

static void words_end_at_spaces(void **state)
{
    (void)state;
    struct editor *editor = editor_of("하나  둘");
    press(editor, KEY_WORD_LEFT);
    assert_int_equal(editor->cursor, 8);
    press(editor, KEY_WORD_LEFT);
    assert_int_equal(editor->cursor, 0);
    press(editor, KEY_WORD_RIGHT);
    assert_int_equal(editor->cursor, 6);
    release(editor);
}

static void ctrl_d_leaves_only_from_an_empty_line(void **state)
{
    (void)state;
    struct editor *editor = editor_of("ab");
    assert_int_equal(press(editor, KEY_DELETE_OR_LEAVE), EDITOR_REFUSED);
    press(editor, KEY_HOME);
    assert_int_equal(press(editor, KEY_DELETE_OR_LEAVE), EDITOR_CHANGED);
    assert_int_equal(press(editor, KEY_DELETE_OR_LEAVE), EDITOR_CHANGED);
    assert_int_equal(press(editor, KEY_DELETE_OR_LEAVE), EDITOR_LEAVE);
    release(editor);
}

static void what_may_not_stand_in_a_line_is_left_out(void **state)
{
    (void)state;
    struct editor *editor = editor_of("");
    assert_int_equal(editor_insert(editor, TEXT("\x1b")), EDITOR_REFUSED);
    assert_int_equal(editor_insert(editor, TEXT("a\tb\x1b[2J\xC2\x9B\xE2\x80\xAE\xFF\n")),
                     EDITOR_CHANGED);
    assert_line(editor, "a b[2J");
    release(editor);
}

static void a_line_has_a_bound(void **state)
{
    (void)state;
    char text[EDITOR_BYTES_MAX + 1];
    memset(text, 'x', sizeof(text));
    struct editor *editor = editor_of("");
    assert_int_equal(editor_insert(editor, (struct text){.data = text, .count = sizeof(text)}),
                     EDITOR_FULL);
    assert_int_equal(editor->count, 0);
    assert_int_equal(editor_insert(editor, (struct text){.data = text, .count = EDITOR_BYTES_MAX}),
                     EDITOR_CHANGED);
    assert_int_equal(editor_insert(editor, TEXT("x")), EDITOR_FULL);
    assert_int_equal(editor->count, EDITOR_BYTES_MAX);
    press(editor, KEY_KILL_TO_START);
    press(editor, KEY_YANK);
    assert_int_equal(press(editor, KEY_YANK), EDITOR_FULL);
    release(editor);
}

static void submit(struct editor *editor, const char *line)
{
    assert_int_equal(editor_insert(editor, text_of(line)), EDITOR_CHANGED);
    assert_int_equal(press(editor, KEY_ENTER), EDITOR_SUBMIT);
    assert_int_equal(editor_accept(editor), ERR_OK);
    assert_line(editor, "");
}

static void history_goes_back_and_forth(void **state)
{
    (void)state;
    struct editor *editor = editor_of("");
    assert_int_equal(press(editor, KEY_UP), EDITOR_REFUSED);
    submit(editor, "first");
    submit(editor, "second");
    submit(editor, "second");
    editor_insert(editor, TEXT("draft"));
    press(editor, KEY_UP);
    assert_line(editor, "second");
    press(editor, KEY_UP);
    assert_line(editor, "first");
    assert_int_equal(press(editor, KEY_UP), EDITOR_REFUSED);
    press(editor, KEY_DOWN);
    press(editor, KEY_DOWN);
    assert_line(editor, "draft");
    assert_int_equal(press(editor, KEY_DOWN), EDITOR_REFUSED);
    /* A line that was brought back and changed is a new one. */
    press_times(editor, KEY_UP, 2);
    editor_insert(editor, TEXT("!"));
    assert_int_equal(editor_accept(editor), ERR_OK);
    press(editor, KEY_UP);
    assert_line(editor, "first!");
    release(editor);
}

static void history_is_bounded(void **state)
{
    (void)state;
    struct editor *editor = editor_of("");
    for (int i = 0; i <= CLIENT_HISTORY_COUNT_MAX; i++) {
        struct bytes line = {0};
        assert_int_equal(bytes_format(&line, "line %d", i), ERR_OK);
        assert_int_equal(bytes_append(&line, "", 1), ERR_OK);
        submit(editor, line.data);
        bytes_finish(&line);
    }
    assert_int_equal(editor->history.count, CLIENT_HISTORY_COUNT_MAX);
    press_times(editor, KEY_UP, CLIENT_HISTORY_COUNT_MAX + 10);
    assert_line(editor, "line 1");
    release(editor);
}

static void the_line_is_drawn_with_the_cursor_in_its_place(void **state)
{
    (void)state;
    struct editor *editor = editor_of("");
    assert_drawn(editor, 80, "\r\033[K", 0);
    editor_insert(editor, TEXT("안녕"));
    assert_drawn(editor, 80, "\r안녕\033[K", 4);
    press(editor, KEY_LEFT);
    assert_drawn(editor, 80, "\r안\0337녕\033[K\0338", 2);
    release(editor);
}

static void a_long_line_scrolls_under_the_row(void **state)
{
    (void)state;
    struct editor *editor = editor_of("가나다라마");
    /* Ten columns need eleven: the last is never written. */
    assert_drawn(editor, 11, "\r가나다라마\033[K", 10);
    assert_drawn(editor, 10, "\r나다라마\033[K", 8);
    /* Half of a wide character is never drawn. */
    assert_drawn(editor, 8, "\r다라마\033[K", 6);
    press(editor, KEY_HOME);
    assert_drawn(editor, 8, "\r\0337가나다\033[K\0338", 0);
    press(editor, KEY_END);
    assert_drawn(editor, 8, "\r다라마\033[K", 6);
    /* What becomes free at the end is used again. */
    press(editor, KEY_BACKSPACE);
    assert_drawn(editor, 8, "\r나다라\033[K", 6);
    assert_drawn(editor, 80, "\r가나다라\033[K", 8);
    release(editor);
}

static void the_narrowest_terminals_show_nothing_wrong(void **state)
{
    (void)state;
    struct editor *editor = editor_of("가a");
    assert_drawn(editor, 1, "\r\033[K", 0);
    assert_drawn(editor, 2, "\ra\033[K", 1);
    assert_drawn(editor, 3, "\ra\033[K", 1);
    press(editor, KEY_LEFT);
    assert_drawn(editor, 2, "\r\0337a\033[K\0338", 0);
    press(editor, KEY_LEFT);
    assert_drawn(editor, 1, "\r\033[K", 0);
    assert_drawn(editor, 2, "\r\033[K", 0);
    release(editor);
}

/* Whatever is pressed on whatever width: the row is never overfull, the text stays UTF-8. */
static void random_keys_keep_the_row_whole(void **state)
{
    (void)state;
    static const char *const pieces[] = {"a",        " ",           GA, GAK_IN_PIECES, FAMILY,
                                         "\xCC\x81", "\xE1\x85\xA1"};
    struct editor *editor = editor_of("");
    uint32_t random = 12345;
    for (int i = 0; i < 20000; i++) {
        random = random * 1664525u + 1013904223u;
        uint32_t choice = random >> 16;
        if (choice % 3 == 0) {
            editor_insert(editor, text_of(pieces[choice / 3 % 7]));
        } else if (choice % 97 == 0) {
            assert_int_equal(editor_accept(editor), ERR_OK);
        } else {
            press(editor, (enum key_kind)(choice % (KEY_UNKNOWN + 1)));
        }
        unsigned columns = 1 + choice % 13;
        struct bytes out = {0};
        size_t column;
        assert_int_equal(editor_draw(editor, TEXT_NONE, columns, &out, &column), ERR_OK);
        assert_true(column < columns);
        assert_true(utf8_valid(bytes_text(&out)));
        /* The sequences' own printable bytes: "7", "[K", "8". */
        size_t drawn = utf8_width(bytes_text(&out));
        assert_true(drawn <= columns - 1 + 4);
        bytes_finish(&out);
    }
    release(editor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(typed_characters_stand_at_the_cursor),
        cmocka_unit_test(characters_are_erased_as_a_person_sees_them),
        cmocka_unit_test(the_cursor_steps_over_whole_characters),
        cmocka_unit_test(the_cursor_never_stands_inside_a_character),
        cmocka_unit_test(what_was_killed_comes_back),
        cmocka_unit_test(words_end_at_spaces),
        cmocka_unit_test(ctrl_d_leaves_only_from_an_empty_line),
        cmocka_unit_test(what_may_not_stand_in_a_line_is_left_out),
        cmocka_unit_test(a_line_has_a_bound),
        cmocka_unit_test(history_goes_back_and_forth),
        cmocka_unit_test(history_is_bounded),
        cmocka_unit_test(the_line_is_drawn_with_the_cursor_in_its_place),
        cmocka_unit_test(a_long_line_scrolls_under_the_row),
        cmocka_unit_test(the_narrowest_terminals_show_nothing_wrong),
        cmocka_unit_test(random_keys_keep_the_row_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
