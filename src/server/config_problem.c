/* One line about the first fault of a configuration. */
#include "server/config_problem.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

/* Of one sentence, and with the file's name before it. */
#define SENTENCE_BYTES_MAX 400

void config_problem_put(const struct config_problem *problem, uint32_t line, const char *format,
                        ...)
{
    if (problem->out->count > 0) {
        return;
    }
    char sentence[SENTENCE_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    if (length < 0) {
        return;
    }
    struct text shown = text_of(sentence);
    /* The cut may have gone through a character. */
    shown.count -= utf8_tail_bytes(shown);
    if (problem->file != NULL) {
        BEST_EFFORT(text_append_visible(problem->out, text_of(problem->file)));
        if (line > 0) {
            BEST_EFFORT(bytes_format(problem->out, ":%u", line));
        }
        BEST_EFFORT(bytes_append_text(problem->out, TEXT(": ")));
    }
    BEST_EFFORT(text_append_visible(problem->out, shown));
    if ((size_t)length >= sizeof(sentence)) {
        BEST_EFFORT(bytes_append_text(problem->out, TEXT("...")));
    }
}
