/* Only sequences that every terminal knows: erase to the end, up, save and restore the cursor. */
#include "client/screen.h"

#include "base/check.h"
#include "base/grapheme.h"
#include "base/utf8.h"

#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
#define ASK_CURSOR "\033[6n"
/* Kept free behind a prompt. */
#define TYPED_COLUMNS_MIN 20

void screen_init(struct screen *screen, struct output *output, struct editor *editor)
{
    *screen = (struct screen){.output = output, .editor = editor, .columns = 80};
}

void screen_finish(struct screen *screen)
{
    bytes_finish(&screen->question);
    bytes_finish(&screen->prompt);
}

static enum error put(struct screen *screen, struct text text)
{
    return bytes_append_text(&screen->output->pending, text);
}

static enum error take_row_away(struct screen *screen)
{
    screen->asked_cursor = false;
    if (!screen->row_drawn) {
        return ERR_OK;
    }
    screen->row_drawn = false;
    screen->row_changed = true;
    return put(screen, TEXT("\r\033[K"));
}

static enum error end_line(struct screen *screen)
{
    return put(screen, screen->editor != NULL ? TEXT("\r\n") : TEXT("\n"));
}

enum error screen_received(struct screen *screen, struct text room, struct text line,
                           enum line_kind kind)
{
    enum error error = take_row_away(screen);
    if (error == ERR_OK) {
        error = render_line(room, line, kind, &screen->style, &screen->output->pending);
    }
    return error == ERR_OK ? end_line(screen) : error;
}

enum error screen_say(struct screen *screen, struct text line)
{
    enum error error = take_row_away(screen);
    if (error == ERR_OK) {
        error = put(screen, line);
    }
    return error == ERR_OK ? end_line(screen) : error;
}

enum error screen_keep_typed(struct screen *screen, struct text line)
{
    if (screen->editor == NULL || line.count == 0) {
        return ERR_OK;
    }
    enum error error = take_row_away(screen);
    if (error == ERR_OK) {
        error = render_text(line, &screen->output->pending);
    }
    return error == ERR_OK ? end_line(screen) : error;
}

void screen_row_changed(struct screen *screen)
{
    screen->row_changed = true;
}

/* The question, cut to the row. */
static enum error draw_question(struct screen *screen)
{
    struct text question = bytes_text(&screen->question);
    size_t end = 0;
    size_t width = 0;
    while (end < question.count) {
        size_t next = grapheme_end(question, end);
        size_t more = utf8_width((struct text){.data = question.data + end, .count = next - end});
        if (width + more > screen->columns - 1) {
            break;
        }
        width += more;
        end = next;
    }
    screen->cursor_column = width;
    enum error error = put(screen, TEXT("\r"));
    if (error == ERR_OK) {
        error = put(screen, (struct text){.data = question.data, .count = end});
    }
    return error == ERR_OK ? put(screen, TEXT("\033[K")) : error;
}

/* A narrow row is for what is typed. */
static struct text visible_prompt(const struct screen *screen)
{
    struct text prompt = bytes_text(&screen->prompt);
    return utf8_width(prompt) + TYPED_COLUMNS_MIN <= screen->columns ? prompt : TEXT_NONE;
}

enum error screen_refresh(struct screen *screen)
{
    if (screen->editor == NULL || !screen->row_changed || screen->asked_cursor) {
        return ERR_OK;
    }
    struct text prompt = visible_prompt(screen);
    screen->drawn_prompt = prompt.count > 0;
    enum error error = screen->question.count > 0
                           ? draw_question(screen)
                           : editor_draw(screen->editor, prompt, screen->columns,
                                         &screen->output->pending, &screen->cursor_column);
    screen->row_drawn = true;
    screen->row_changed = false;
    return error;
}

enum error screen_ask(struct screen *screen, struct text question)
{
    bytes_clear(&screen->question);
    screen->row_changed = true;
    return bytes_append_text(&screen->question, question);
}

enum error screen_bell(struct screen *screen)
{
    return screen->editor != NULL ? put(screen, TEXT("\a")) : ERR_OK;
}

enum error screen_clear(struct screen *screen)
{
    screen->asked_cursor = false;
    screen->row_changed = true;
    return put(screen, TEXT("\033[H\033[2J"));
}

enum error screen_suspend(struct screen *screen)
{
    if (screen->editor == NULL) {
        return ERR_OK;
    }
    bytes_clear(&screen->question);
    enum error error = take_row_away(screen);
    if (error == ERR_OK) {
        error = screen_keep_typed(screen, editor_line(screen->editor));
    }
    return error == ERR_OK ? put(screen, TEXT(PASTE_OFF)) : error;
}

enum error screen_resume(struct screen *screen)
{
    if (screen->editor == NULL) {
        return ERR_OK;
    }
    screen->row_drawn = false;
    screen->row_changed = true;
    return put(screen, TEXT(PASTE_ON));
}

/* A cell of a terminal: rows below where the row of input begins, and a column. */
struct cell {
    size_t row;
    size_t column;
};

/* Where writing text leads to on a terminal that wraps after so many columns; wide characters never
 * stand in two rows. */
static void write_on(struct cell *cell, struct text text, unsigned columns)
{
    for (size_t position = 0; position < text.count;) {
        uint32_t rune;
        position += utf8_decode(
            (struct text){.data = text.data + position, .count = text.count - position}, &rune);
        size_t width = (size_t)utf8_rune_width(rune);
        if (cell->column + width > columns) {
            cell->row++;
            cell->column = 0;
        }
        cell->column += width;
    }
}

/* Where the cursor of the row as it was drawn stands when the terminal has wrapped it. */
static struct cell wrapped_place(const struct screen *screen)
{
    const struct editor *editor = screen->editor;
    struct cell cell = {0};
    struct text typed = {.data = editor->text + editor->first,
                         .count = editor->cursor - editor->first};
    write_on(&cell, screen->drawn_prompt ? bytes_text(&screen->prompt) : TEXT_NONE,
             screen->columns);
    write_on(&cell, typed, screen->columns);
    return cell.column < screen->columns ? cell : (struct cell){.row = cell.row + 1};
}

/* Draws the row anew, which begins so many rows above the cursor. */
static enum error redraw_from(struct screen *screen, size_t rows_above)
{
    screen->asked_cursor = false;
    screen->row_drawn = false;
    screen->row_changed = true;
    enum error error = put(screen, TEXT("\r"));
    if (error == ERR_OK && rows_above > 0) {
        error = bytes_format(&screen->output->pending, "\033[%zuA", rows_above);
    }
    return error == ERR_OK ? put(screen, TEXT("\033[J")) : error;
}

enum error screen_resized(struct screen *screen, unsigned columns)
{
    check(columns >= 1);
    screen->columns = columns;
    if (screen->editor == NULL || !screen->row_drawn) {
        return ERR_OK;
    }
    if (screen->cursor_column < columns || screen->question.count > 0) {
        return redraw_from(screen, 0);
    }
    if (screen->asked_cursor) {
        return ERR_OK;
    }
    screen->asked_cursor = true;
    return put(screen, TEXT(ASK_CURSOR));
}

enum error screen_cursor_reported(struct screen *screen, unsigned row, unsigned column)
{
    if (!screen->asked_cursor) {
        return ERR_OK;
    }
    struct cell cell = wrapped_place(screen);
    bool wraps = column == cell.column + 1 && row > cell.row;
    return redraw_from(screen, wraps ? cell.row : 0);
}

enum error screen_cursor_unknown(struct screen *screen)
{
    return screen->asked_cursor ? redraw_from(screen, 0) : ERR_OK;
}
