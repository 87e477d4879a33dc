/* Everything that changes the line goes through splice(), so that its invariants hold in one place.
 */
#include "client/editor.h"

#include "base/check.h"
#include "base/grapheme.h"
#include "base/utf8.h"

#include <string.h>

struct text editor_line(const struct editor *editor)
{
    return (struct text){.data = editor->text, .count = editor->count};
}

void editor_finish(struct editor *editor)
{
    history_finish(&editor->history);
}

/* The end of the cluster that position stands in: position itself when it stands between two. */
static size_t boundary_from(const struct editor *editor, size_t position)
{
    if (position == 0 || position == editor->count) {
        return position;
    }
    struct text line = editor_line(editor);
    return grapheme_end(line, grapheme_before(line, position));
}

/* Replaces the bytes from start to end by text and puts the cursor behind it. False, and nothing
 * changes, when there is no room. */
static bool splice(struct editor *editor, size_t start, size_t end, struct text text)
{
    check(start <= end && end <= editor->count);
    if (editor->count - (end - start) + text.count > EDITOR_BYTES_MAX) {
        return false;
    }
    memmove(editor->text + start + text.count, editor->text + end, editor->count - end);
    if (text.count > 0) {
        memcpy(editor->text + start, text.data, text.count);
    }
    editor->count = editor->count - (end - start) + text.count;
    /* What was put in may have joined the cluster before it or behind it. */
    editor->cursor = boundary_from(editor, start + text.count);
    /* What is left of the row's edge is no longer what it was. */
    if (start < editor->first) {
        editor->first = 0;
    }
    return true;
}

static enum editor_result erase(struct editor *editor, size_t start, size_t end)
{
    if (start == end) {
        return EDITOR_REFUSED;
    }
    check(splice(editor, start, end, TEXT_NONE));
    return EDITOR_CHANGED;
}

static enum editor_result erase_and_keep(struct editor *editor, size_t start, size_t end)
{
    if (start < end) {
        editor->killed_count = end - start;
        memcpy(editor->killed, editor->text + start, end - start);
    }
    return erase(editor, start, end);
}

static size_t before_cursor(const struct editor *editor)
{
    return editor->cursor == 0 ? 0 : grapheme_before(editor_line(editor), editor->cursor);
}

static size_t after_cursor(const struct editor *editor)
{
    return editor->cursor == editor->count ? editor->count
                                           : grapheme_end(editor_line(editor), editor->cursor);
}

static bool is_space_at(const struct editor *editor, size_t position)
{
    return editor->text[position] == ' ';
}

static size_t word_start(const struct editor *editor)
{
    size_t position = editor->cursor;
    while (position > 0 && is_space_at(editor, position - 1)) {
        position--;
    }
    while (position > 0 && !is_space_at(editor, position - 1)) {
        position--;
    }
    return position;
}

static size_t word_end(const struct editor *editor)
{
    size_t position = editor->cursor;
    while (position < editor->count && is_space_at(editor, position)) {
        position++;
    }
    while (position < editor->count && !is_space_at(editor, position)) {
        position++;
    }
    return position;
}

static enum editor_result move(struct editor *editor, size_t position)
{
    /* A space may carry a mark, so even the end of a word may stand inside a cluster. */
    position = boundary_from(editor, position);
    if (position == editor->cursor) {
        return EDITOR_REFUSED;
    }
    editor->cursor = position;
    return EDITOR_CHANGED;
}

/* Shows the line that is age lines back in the history; 0 is the draft. */
static enum editor_result recall(struct editor *editor, size_t age)
{
    if (editor->age == 0) {
        memcpy(editor->draft, editor->text, editor->count);
        editor->draft_count = editor->count;
    }
    struct text line = {.data = editor->draft, .count = editor->draft_count};
    if (age > 0) {
        line = history_line(&editor->history, age - 1);
    }
    editor->age = age;
    check(splice(editor, 0, editor->count, line));
    return EDITOR_CHANGED;
}

enum editor_result editor_replace(struct editor *editor, size_t start, struct text text)
{
    check(start <= editor->cursor);
    return splice(editor, start, editor->cursor, text) ? EDITOR_CHANGED : EDITOR_FULL;
}

enum editor_result editor_insert(struct editor *editor, struct text text)
{
    char fit[EDITOR_BYTES_MAX];
    size_t fit_count = 0;
    for (size_t position = 0; position < text.count;) {
        uint32_t rune;
        struct text rest = {.data = text.data + position, .count = text.count - position};
        struct text character = {.data = rest.data, .count = utf8_decode(rest, &rune)};
        position += character.count;
        if (rune == '\t') {
            character = TEXT(" ");
        } else if (!text_is_visible(character)) {
            continue;
        }
        if (fit_count + character.count > EDITOR_BYTES_MAX) {
            return EDITOR_FULL;
        }
        memcpy(fit + fit_count, character.data, character.count);
        fit_count += character.count;
    }
    if (fit_count == 0) {
        return EDITOR_REFUSED;
    }
    struct text insertion = {.data = fit, .count = fit_count};
    return splice(editor, editor->cursor, editor->cursor, insertion) ? EDITOR_CHANGED : EDITOR_FULL;
}

static enum editor_result yank(struct editor *editor)
{
    struct text killed = {.data = editor->killed, .count = editor->killed_count};
    if (killed.count == 0) {
        return EDITOR_REFUSED;
    }
    return splice(editor, editor->cursor, editor->cursor, killed) ? EDITOR_CHANGED : EDITOR_FULL;
}

static enum editor_result delete_or_leave(struct editor *editor)
{
    if (editor->count == 0) {
        return EDITOR_LEAVE;
    }
    return erase(editor, editor->cursor, after_cursor(editor));
}

static enum editor_result go_up(struct editor *editor)
{
    return editor->age < editor->history.count ? recall(editor, editor->age + 1) : EDITOR_REFUSED;
}

static enum editor_result go_down(struct editor *editor)
{
    return editor->age > 0 ? recall(editor, editor->age - 1) : EDITOR_REFUSED;
}

enum editor_result editor_key(struct editor *editor, const struct key *key)
{
    switch (key->kind) {
    case KEY_TEXT:
        return editor_insert(editor, (struct text){.data = key->data, .count = key->count});
    case KEY_ENTER:
        return EDITOR_SUBMIT;
    case KEY_BACKSPACE:
        return erase(editor, before_cursor(editor), editor->cursor);
    case KEY_DELETE:
        return erase(editor, editor->cursor, after_cursor(editor));
    case KEY_DELETE_OR_LEAVE:
        return delete_or_leave(editor);
    case KEY_LEFT:
        return move(editor, before_cursor(editor));
    case KEY_RIGHT:
        return move(editor, after_cursor(editor));
    case KEY_HOME:
        return move(editor, 0);
    case KEY_END:
        return move(editor, editor->count);
    case KEY_WORD_LEFT:
        return move(editor, word_start(editor));
    case KEY_WORD_RIGHT:
        return move(editor, word_end(editor));
    case KEY_UP:
        return go_up(editor);
    case KEY_DOWN:
        return go_down(editor);
    case KEY_KILL_TO_END:
        return erase_and_keep(editor, editor->cursor, editor->count);
    case KEY_KILL_TO_START:
        return erase_and_keep(editor, 0, editor->cursor);
    case KEY_KILL_WORD:
        return erase_and_keep(editor, word_start(editor), editor->cursor);
    case KEY_YANK:
        return yank(editor);
    case KEY_REDRAW:
        return EDITOR_REDRAW;
    case KEY_TAB:
        return EDITOR_COMPLETE;
    case KEY_PASTE_BEGIN:
    case KEY_PASTE_END:
    case KEY_CURSOR_REPORT:
    case KEY_INVALID:
    case KEY_UNKNOWN:
        break;
    }
    return EDITOR_REFUSED;
}

enum error editor_accept(struct editor *editor)
{
    enum error error = history_add(&editor->history, editor_line(editor));
    if (error != ERR_OK) {
        return error;
    }
    editor->count = editor->cursor = editor->first = editor->age = 0;
    return ERR_OK;
}

/* Columns from one position to another. */
static size_t width_between(const struct editor *editor, size_t start, size_t end)
{
    return utf8_width((struct text){.data = editor->text + start, .count = end - start});
}

/* Moves the left edge so that the cursor is on the row, and no room is left unused at its end. */
static void scroll(struct editor *editor, size_t columns)
{
    struct text line = editor_line(editor);
    if (boundary_from(editor, editor->first) != editor->first) {
        editor->first = grapheme_before(line, editor->first);
    }
    if (editor->first > editor->cursor) {
        editor->first = editor->cursor;
    }
    size_t width = width_between(editor, editor->first, editor->cursor);
    while (width > columns) {
        size_t next = grapheme_end(line, editor->first);
        width -= width_between(editor, editor->first, next);
        editor->first = next;
    }
    while (editor->first > 0) {
        size_t before = grapheme_before(line, editor->first);
        if (width_between(editor, before, editor->count) > columns) {
            break;
        }
        editor->first = before;
    }
}

/* Where what fits on the row, from the left edge on, ends. */
static size_t visible_end(const struct editor *editor, size_t columns)
{
    size_t end = editor->cursor;
    size_t width = width_between(editor, editor->first, end);
    while (end < editor->count) {
        size_t next = grapheme_end(editor_line(editor), end);
        width += width_between(editor, end, next);
        if (width > columns) {
            break;
        }
        end = next;
    }
    return end;
}

enum error editor_draw(struct editor *editor, struct text prompt, unsigned columns,
                       struct bytes *out, size_t *out_column)
{
    size_t prompt_columns = utf8_width(prompt);
    check(prompt_columns < columns);
    size_t room = columns - prompt_columns - 1;
    scroll(editor, room);
    size_t end = visible_end(editor, room);
    size_t first = editor->first;
    struct text before = {.data = editor->text + first, .count = editor->cursor - first};
    struct text behind = {.data = editor->text + editor->cursor, .count = end - editor->cursor};
    /* The terminal remembers the place of the cursor itself: what it thinks of a character's width
     * may differ from what we think. */
    bool goes_back = behind.count > 0;
    *out_column = prompt_columns + width_between(editor, first, editor->cursor);
    return BYTES_JOIN(out, TEXT("\r"), prompt, before, goes_back ? TEXT("\0337") : TEXT_NONE,
                      behind, TEXT("\033[K"), goes_back ? TEXT("\0338") : TEXT_NONE);
}
