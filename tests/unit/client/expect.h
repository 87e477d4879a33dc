/* For the client's tests: lines given to a sink, one after another, and comparison of bytes. */
#ifndef MADANG_TESTS_UNIT_CLIENT_EXPECT_H
#define MADANG_TESTS_UNIT_CLIENT_EXPECT_H

#include "client/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Each line with its kind before it ('=' whole, '<' cut, '+' continued) and '\n' behind it. */
struct seen {
    struct bytes lines;
};

static inline enum error see_line(void *context, struct text line, enum line_kind kind)
{
    struct seen *seen = context;
    assert_int_equal(bytes_append(&seen->lines, &"=<+"[kind], 1), ERR_OK);
    assert_int_equal(bytes_append_text(&seen->lines, line), ERR_OK);
    assert_int_equal(bytes_append(&seen->lines, "\n", 1), ERR_OK);
    return ERR_OK;
}

static inline struct line_sink sink_to(struct seen *seen)
{
    return (struct line_sink){.line = see_line, .context = seen};
}

static inline void assert_text(struct text text, const char *expected)
{
    size_t count = strlen(expected);
    if (text.count != count || (count > 0 && memcmp(text.data, expected, count) != 0)) {
        fail_msg("got \"%.*s\", expected \"%s\"", (int)text.count, text.data, expected);
    }
}

/* What was seen is this; then it is forgotten. */
static inline void assert_seen(struct seen *seen, const char *expected)
{
    assert_text(bytes_text(&seen->lines), expected);
    bytes_finish(&seen->lines);
}

#endif
