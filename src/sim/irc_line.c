/* The client's own reading of IRC: nothing of it is the server's. */
#include "sim/irc_line.h"

#include <stdio.h>
#include <string.h>

/* Behind the first count bytes, or nothing. */
static struct text skip(struct text text, size_t count)
{
    return text_skip(text, count < text.count ? count : text.count);
}

/* Takes what stands before the space off *rest, and the space. */
static struct text word_take(struct text *rest)
{
    const char *space = rest->count > 0 ? memchr(rest->data, ' ', rest->count) : NULL;
    size_t count = space == NULL ? rest->count : (size_t)(space - rest->data);
    struct text word = {.data = rest->data, .count = count};
    *rest = skip(*rest, count + 1);
    return word;
}

bool line_parse(struct text bytes, struct line *out)
{
    *out = (struct line){0};
    if (text_starts(bytes, TEXT("@"))) {
        out->tags = text_skip(word_take(&bytes), 1);
    }
    if (text_starts(bytes, TEXT(":"))) {
        out->source = text_skip(word_take(&bytes), 1);
        const char *mark = memchr(out->source.data, '!', out->source.count);
        out->source.count = mark == NULL ? out->source.count : (size_t)(mark - out->source.data);
    }
    out->command = word_take(&bytes);
    while (bytes.count > 0 && out->param_count < LINE_PARAMS_MAX) {
        if (bytes.data[0] == ':') {
            out->params[out->param_count++] = text_skip(bytes, 1);
            return out->command.count > 0;
        }
        out->params[out->param_count++] = word_take(&bytes);
    }
    return out->command.count > 0 && bytes.count == 0;
}

bool line_tag(const struct line *line, struct text key, struct text *out)
{
    struct text rest = line->tags;
    while (rest.count > 0) {
        const char *end = memchr(rest.data, ';', rest.count);
        struct text tag = {.data = rest.data,
                           .count = end == NULL ? rest.count : (size_t)(end - rest.data)};
        rest = skip(rest, tag.count + 1);
        const char *equal = memchr(tag.data, '=', tag.count);
        size_t count = equal == NULL ? tag.count : (size_t)(equal - tag.data);
        if (text_equal((struct text){.data = tag.data, .count = count}, key)) {
            *out = skip(tag, count + 1);
            return true;
        }
    }
    return false;
}

struct text line_param(const struct line *line, uint32_t index)
{
    return index < line->param_count ? line->params[index] : TEXT("");
}

uint32_t line_numeric(const struct line *line)
{
    uint32_t number = 0;
    for (size_t i = 0; i < line->command.count; i++) {
        char c = line->command.data[i];
        if (c < '0' || c > '9' || line->command.count != 3) {
            return 0;
        }
        number = number * 10 + (uint32_t)(c - '0');
    }
    return number;
}

/* count digits at that place. */
static int64_t digits_at(struct text text, size_t at, size_t count)
{
    int64_t number = 0;
    for (size_t i = at; i < at + count; i++) {
        number = number * 10 + (text.data[i] - '0');
    }
    return number;
}

int64_t line_time_ms(struct text time)
{
    static const char form[] = "0000-00-00T00:00:00.000Z";
    if (time.count != sizeof(form) - 1) {
        return -1;
    }
    for (size_t i = 0; i < time.count; i++) {
        bool is_digit = time.data[i] >= '0' && time.data[i] <= '9';
        if (form[i] == '0' ? !is_digit : time.data[i] != form[i]) {
            return -1;
        }
    }
    int64_t year = digits_at(time, 0, 4);
    int64_t month = digits_at(time, 5, 2);
    int64_t day = digits_at(time, 8, 2);
    int64_t hour = digits_at(time, 11, 2);
    int64_t minute = digits_at(time, 14, 2);
    int64_t second = digits_at(time, 17, 2);
    int64_t ms = digits_at(time, 20, 3);
    /* Days since March 1 of the year 0, of which the leap day is the last of a year. */
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;
    int64_t days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
    return ((((days - 719468) * 24 + hour) * 60 + minute) * 60 + second) * 1000 + ms;
}
