/* Other people's lines and the line being typed, as the bytes that a terminal gets. */
#include "client/screen.h"

#include "expect.h"

#include <stdlib.h>

struct stage {
    struct output output;
    struct editor *editor;
    struct screen screen;
};

static void set_up(struct stage *stage, bool editing)
{
    stage->output = (struct output){.fd = -1};
    stage->editor = editing ? calloc(1, sizeof(*stage->editor)) : NULL;
    screen_init(&stage->screen, &stage->output, stage->editor);
    stage->screen.columns = 20;
}

static void tear_down(struct stage *stage)
{
    if (stage->editor != NULL) {
        editor_finish(stage->editor);
        free(stage->editor);
    }
    screen_finish(&stage->screen);
    bytes_finish(&stage->output.pending);
}

/* What was written since the last time. */
static void assert_written(struct stage *stage, const char *expected)
{
    assert_text(bytes_text(&stage->output.pending), expected);
    bytes_clear(&stage->output.pending);
}

static void type(struct stage *stage, const char *text)
{
    assert_int_equal(editor_insert(stage->editor, text_of(text)), EDITOR_CHANGED);
    screen_row_changed(&stage->screen);
    assert_int_equal(screen_refresh(&stage->screen), ERR_OK);
}

static void receive(struct stage *stage, const char *line)
{
    assert_int_equal(screen_received(&stage->screen, TEXT_NONE, text_of(line), LINE_WHOLE), ERR_OK);
}

static void a_pipe_gets_lines_and_nothing_else(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, false);
    receive(&stage, "[user3] 안녕하세요");
    assert_int_equal(screen_say(&stage.screen, TEXT("접속 해제")), ERR_OK);
    assert_int_equal(screen_keep_typed(&stage.screen, TEXT("typed")), ERR_OK);
    assert_int_equal(screen_refresh(&stage.screen), ERR_OK);
    assert_int_equal(screen_bell(&stage.screen), ERR_OK);
    assert_int_equal(screen_resume(&stage.screen), ERR_OK);
    assert_int_equal(screen_suspend(&stage.screen), ERR_OK);
    assert_int_equal(screen_resized(&stage.screen, 1), ERR_OK);
    assert_written(&stage, "[user3] 안녕하세요\n접속 해제\n");
    tear_down(&stage);
}

static void a_message_stands_above_the_typed_line(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true);
    type(&stage, "안녕");
    assert_written(&stage, "\r안녕\033[K");
    receive(&stage, "[a] one");
    receive(&stage, "[a] two");
    assert_int_equal(screen_refresh(&stage.screen), ERR_OK);
    assert_written(&stage, "\r\033[K[a] one\r\n[a] two\r\n\r안녕\033[K");
    assert_int_equal(screen_refresh(&stage.screen), ERR_OK);
    assert_written(&stage, "");
    tear_down(&stage);
}

static void the_typed_line_stays_as_it_was_typed(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true);
    type(&stage, "가나다라마바사아자차카타파하");
    bytes_clear(&stage.output.pending);
    assert_int_equal(screen_keep_typed(&stage.screen, editor_line(stage.editor)), ERR_OK);
    assert_written(&stage, "\r\033[K가나다라마바사아자차카타파하\r\n");
    /* An empty line leaves no blank one. */
    assert_int_equal(screen_keep_typed(&stage.screen, TEXT("")), ERR_OK);
    assert_written(&stage, "");
    tear_down(&stage);
}

static void what_was_being_typed_is_left_visible_at_the_end(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true);
    assert_int_equal(screen_resume(&stage.screen), ERR_OK);
    assert_written(&stage, "\033[?2004h");
    type(&stage, "half a li");
    bytes_clear(&stage.output.pending);
    assert_int_equal(screen_suspend(&stage.screen), ERR_OK);
    assert_int_equal(screen_say(&stage.screen, TEXT("접속 해제")), ERR_OK);
    assert_written(&stage, "\r\033[Khalf a li\r\n\033[?2004l접속 해제\r\n");
    tear_down(&stage);
}

static void a_pasted_line_is_shown_as_text(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true);
    assert_int_equal(screen_keep_typed(&stage.screen, TEXT("a\xE2\x80\xAE\xC2\x9B")), ERR_OK);
    assert_written(&stage, "a\\u202e\\x9b\r\n");
    tear_down(&stage);
}

static void a_question_stands_in_place_of_the_line(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true);
    type(&stage, "typed");
    bytes_clear(&stage.output.pending);
    assert_int_equal(screen_ask(&stage.screen, TEXT("3줄을 붙여 넣어 보낼까요?")), ERR_OK);
    assert_int_equal(screen_refresh(&stage.screen), ERR_OK);
    /* Cut to the row, between characters. */
    assert_written(&stage, "\r3줄을 붙여 넣어 보\033[K");
    assert_int_equal(screen_ask(&stage.screen, TEXT_NONE), ERR_OK);
    assert_int_equal(screen_refresh(&stage.screen), ERR_OK);
    assert_written(&stage, "\rtyped\033[K");
    tear_down(&stage);
}

static void a_prompt_stands_before_the_line_where_there_is_room(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true);
    stage.screen.columns = 30;
    assert_int_equal(bytes_append_text(&stage.screen.prompt, TEXT("[#가] 2:#b ")), ERR_OK);
    /* Eleven columns would leave less than twenty for the line. */
    type(&stage, "typed");
    assert_written(&stage, "\rtyped\033[K");
    assert_int_equal(screen_resized(&stage.screen, 31), ERR_OK);
    assert_int_equal(screen_refresh(&stage.screen), ERR_OK);
    assert_written(&stage, "\r\033[J\r[#가] 2:#b typed\033[K");
    assert_int_equal(stage.screen.cursor_column, 16);
    tear_down(&stage);
}

static void a_wrapped_prompt_is_cleared_too(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true);
    stage.screen.columns = 40;
    assert_int_equal(bytes_append_text(&stage.screen.prompt, TEXT("[#가] 2:#b ")), ERR_OK);
    type(&stage, "typed");
    bytes_clear(&stage.output.pending);
    assert_int_equal(screen_resized(&stage.screen, 7), ERR_OK);
    assert_written(&stage, "\033[6n");
    /* Sixteen columns on rows of seven. */
    assert_int_equal(screen_cursor_reported(&stage.screen, 12, 3), ERR_OK);
    assert_int_equal(screen_refresh(&stage.screen), ERR_OK);
    assert_written(&stage, "\r\033[2A\033[J\rtyped\033[K");
    tear_down(&stage);
}

static void a_wider_terminal_is_drawn_at_once(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, true);
    type(&stage, "typed");
    bytes_clear(&stage.output.pending);
    assert_int_equal(screen_resized(&stage.screen, 40), ERR_OK);
    assert_int_equal(screen_refresh(&stage.screen), ERR_OK);
    assert_written(&stage, "\r\033[J\rtyped\033[K");
    tear_down(&stage);
}

/* Types nine wide characters on 20 columns and makes it 7: 3 + 3 + 3 on a terminal that wraps. */
static void shrink(struct stage *stage)
{
    set_up(stage, true);
    type(stage, "가나다라마바사아자");
    bytes_clear(&stage->output.pending);
    assert_int_equal(screen_resized(&stage->screen, 7), ERR_OK);
    assert_int_equal(screen_refresh(&stage->screen), ERR_OK);
    assert_written(stage, "\033[6n");
}

static void a_narrower_terminal_that_wraps_is_cleared_from_the_rows_beginning(void **state)
{
    (void)state;
    struct stage stage;
    shrink(&stage);
    assert_int_equal(screen_cursor_reported(&stage.screen, 12, 7), ERR_OK);
    assert_int_equal(screen_refresh(&stage.screen), ERR_OK);
    assert_written(&stage, "\r\033[2A\033[J\r사아자\033[K");
    tear_down(&stage);
}

static void a_narrower_terminal_that_cuts_loses_no_other_row(void **state)
{
    (void)state;
    struct stage stage;
    shrink(&stage);
    /* A wrapped row cannot begin above the screen. */
    assert_int_equal(screen_cursor_reported(&stage.screen, 2, 7), ERR_OK);
    assert_int_equal(screen_refresh(&stage.screen), ERR_OK);
    assert_written(&stage, "\r\033[J\r사아자\033[K");
    tear_down(&stage);
}

static void a_terminal_that_does_not_answer_is_drawn_all_the_same(void **state)
{
    (void)state;
    struct stage stage;
    shrink(&stage);
    assert_int_equal(screen_cursor_unknown(&stage.screen), ERR_OK);
    assert_int_equal(screen_refresh(&stage.screen), ERR_OK);
    assert_written(&stage, "\r\033[J\r사아자\033[K");
    /* And an answer that comes too late changes nothing. */
    assert_int_equal(screen_cursor_reported(&stage.screen, 12, 7), ERR_OK);
    assert_written(&stage, "");
    tear_down(&stage);
}

static void a_message_does_not_wait_for_the_answer(void **state)
{
    (void)state;
    struct stage stage;
    shrink(&stage);
    receive(&stage, "[a] hi");
    assert_int_equal(screen_refresh(&stage.screen), ERR_OK);
    assert_written(&stage, "\r\033[K[a] hi\r\n\r사아자\033[K");
    tear_down(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipe_gets_lines_and_nothing_else),
        cmocka_unit_test(a_message_stands_above_the_typed_line),
        cmocka_unit_test(the_typed_line_stays_as_it_was_typed),
        cmocka_unit_test(what_was_being_typed_is_left_visible_at_the_end),
        cmocka_unit_test(a_pasted_line_is_shown_as_text),
        cmocka_unit_test(a_question_stands_in_place_of_the_line),
        cmocka_unit_test(a_prompt_stands_before_the_line_where_there_is_room),
        cmocka_unit_test(a_wrapped_prompt_is_cleared_too),
        cmocka_unit_test(a_wider_terminal_is_drawn_at_once),
        cmocka_unit_test(a_narrower_terminal_that_wraps_is_cleared_from_the_rows_beginning),
        cmocka_unit_test(a_narrower_terminal_that_cuts_loses_no_other_row),
        cmocka_unit_test(a_terminal_that_does_not_answer_is_drawn_all_the_same),
        cmocka_unit_test(a_message_does_not_wait_for_the_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
