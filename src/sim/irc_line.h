/* A line of IRC, as a client reads it. One thread. */
#ifndef MADANG_SIM_IRC_LINE_H
#define MADANG_SIM_IRC_LINE_H

#include "base/bytes.h"

#define LINE_PARAMS_MAX 24

struct line {
    struct text tags;   /* Without '@'. */
    struct text source; /* Up to '!'; "" without one. */
    struct text command;
    struct text params[LINE_PARAMS_MAX];
    uint32_t param_count;
};

/* Without its end. False: it is none. */
bool line_parse(struct text bytes, struct line *out);
/* The tag's value, with its escapes; false when there is no such tag. */
bool line_tag(const struct line *line, struct text key, struct text *out);
/* The param, "" when there are not so many. */
struct text line_param(const struct line *line, uint32_t index);
/* A number of the three digits that a numeric is; 0: it is none. */
uint32_t line_numeric(const struct line *line);
/* "2026-01-01T00:00:00.000Z" in Unix milliseconds; -1: it is none. */
int64_t line_time_ms(struct text time);

/* What no line can hold, and what only separates lines. */
static inline bool is_no_text(char c)
{
    return c == '\r' || c == '\n' || c == '\0';
}

#endif
