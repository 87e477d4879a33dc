/* Whether a line is what somebody on IRC is told of a fact. */
#include "sim/irc_reading.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

bool reads_batches(const struct visit *visit)
{
    return has_cap(visit, SIM_CAP_MULTILINE | SIM_CAP_BATCH);
}

/* From the place on what a line can hold. */
static size_t text_next(const struct fact *fact, size_t at)
{
    while (at < fact->text.count && is_no_text(fact->text.data[at])) {
        at++;
    }
    return at;
}

/*
 * A message may come in several lines; each goes on where the one before has ended, and none is
 * longer than a line of the message. Who knows batches gets those instead.
 */
static bool text_read(const struct reading *reading, const struct fact *fact, bool *out_whole)
{
    struct irc_visit *irc = &reading->visit->irc;
    struct text piece = line_param(&reading->line, 1);
    size_t at = text_next(fact, irc->piece);
    bool good = piece.count > 0 || at == fact->text.count;
    for (size_t i = 0; good && i < piece.count; i++) {
        at = fact->is_multiline ? at : text_next(fact, at);
        good = at < fact->text.count && fact->text.data[at] == piece.data[i];
        at++;
    }
    if (irc->piece > 0) {
        report_mark(reading->people->report, fact->is_multiline ? MARK_IRC_LINES : MARK_IRC_PIECES);
    }
    irc->piece = at;
    *out_whole = text_next(fact, at) >= fact->text.count;
    return good && (*out_whole || !reads_batches(reading->visit));
}

/* Its number is on the first line of a message, for those who know of it; the time on every one. */
bool tags_are_right(const struct reading *reading, const struct fact *fact)
{
    const struct visit *visit = reading->visit;
    struct text value;
    char number[16];
    bool has_number = line_tag(&reading->line, TEXT("msgid"), &value);
    bool is_numbered = fact->kind == ROW_MESSAGE || fact->kind == ROW_REDACTED;
    bool wants_number = has_cap(visit, SIM_CAP_TAGS) && is_numbered && visit->irc.piece == 0;
    snprintf(number, sizeof(number), "%012llx", (unsigned long long)fact->seq);
    if (has_number != wants_number || (has_number && !text_equal(value, text_of(number)))) {
        return false;
    }
    bool has_time = line_tag(&reading->line, TEXT("time"), &value);
    return has_time == has_cap(visit, SIM_CAP_TIME) &&
           (!has_time || line_time_ms(value) == fact->time_ms);
}

static bool mode_is_right(const struct line *line, const struct fact *fact)
{
    struct bytes words = {0};
    for (uint32_t i = 1; i < line->param_count; i++) {
        check(i == 1 || bytes_append_text(&words, TEXT(" ")) == ERR_OK);
        check(bytes_append_text(&words, line->params[i]) == ERR_OK);
    }
    bool good = text_equal(bytes_text(&words), bytes_text(&fact->text));
    bytes_finish(&words);
    return good;
}

/* A room has another name: who does not know RENAME leaves the one and enters the other. */
static bool rename_is_told(const struct reading *reading, const struct fact *fact, bool *out_whole)
{
    const struct line *line = &reading->line;
    struct irc_visit *irc = &reading->visit->irc;
    *out_whole = true;
    if (!tags_are_right(reading, fact)) {
        return false;
    }
    if (has_cap(reading->visit, SIM_CAP_RENAME)) {
        return text_equal(line->command, TEXT("RENAME")) &&
               text_equal(line->source, bytes_text(&fact->nick)) &&
               text_equal(line_param(line, 0), bytes_text(&fact->place)) &&
               text_equal(line_param(line, 1), bytes_text(&fact->text)) &&
               text_equal(line_param(line, 2), bytes_text(&fact->words));
    }
    bool is_first = irc->piece == 0;
    irc->piece = 1;
    irc->entrances += is_first ? 0 : 1;
    *out_whole = !is_first;
    return text_equal(line->source, bytes_text(&irc->nick)) &&
           text_equal(line->command, is_first ? TEXT("PART") : TEXT("JOIN")) &&
           text_equal(line_param(line, 0), bytes_text(is_first ? &fact->place : &fact->text)) &&
           text_equal(line_param(line, 1), is_first ? bytes_text(&fact->words) : TEXT(""));
}

static bool redaction_is_told(const struct reading *reading, const struct fact *fact,
                              bool *out_whole)
{
    const struct line *line = &reading->line;
    *out_whole = true;
    return tags_are_right(reading, fact) && text_equal(line->command, TEXT("REDACT")) &&
           text_equal(line->source, bytes_text(&fact->nick)) &&
           text_equal(line_param(line, 0), bytes_text(&fact->place)) &&
           text_equal(line_param(line, 1), bytes_text(&fact->words)) &&
           text_equal(line_param(line, 2), bytes_text(&fact->text));
}

bool fact_is_told(const struct reading *reading, const struct fact *fact, bool *out_whole)
{
    static const char *const commands[] = {
        [ROW_MESSAGE] = "PRIVMSG", [ROW_JOINED] = "JOIN", [ROW_PARTED] = "PART",
        [ROW_CLOSED] = "QUIT",     [ROW_KICKED] = "KICK", [ROW_NICK] = "NICK",
        [ROW_TOPIC] = "TOPIC",     [ROW_MODE] = "MODE",   [FACT_INVITED] = "INVITE",
    };
    if (fact->kind == ROW_RENAMED) {
        return rename_is_told(reading, fact, out_whole);
    }
    if (fact->kind == ROW_REDACTED) {
        return redaction_is_told(reading, fact, out_whole);
    }
    const struct line *line = &reading->line;
    size_t count = sizeof(commands) / sizeof(commands[0]);
    if ((size_t)fact->kind >= count || commands[fact->kind] == NULL ||
        !text_equal(line->command, text_of(commands[fact->kind])) ||
        !text_equal(line->source, bytes_text(&fact->nick)) || !tags_are_right(reading, fact)) {
        return false;
    }
    *out_whole = true;
    if (fact->kind == ROW_CLOSED) {
        return true;
    }
    if (fact->kind == ROW_NICK) {
        return text_equal(line_param(line, 0), bytes_text(&fact->text));
    }
    if (fact->kind == FACT_INVITED) {
        return text_equal(line_param(line, 0), bytes_text(&fact->text)) &&
               text_equal(line_param(line, 1), bytes_text(&fact->place));
    }
    if (!text_equal(line_param(line, 0), bytes_text(&fact->place))) {
        return false;
    }
    switch (fact->kind) {
    case ROW_MESSAGE:
        return text_read(reading, fact, out_whole);
    case ROW_KICKED:
        return text_equal(line_param(line, 1), bytes_text(&fact->extra)) &&
               text_equal(line_param(line, 2), bytes_text(&fact->text));
    case ROW_MODE:
        return mode_is_right(line, fact);
    default:
        return text_equal(line_param(line, 1), bytes_text(&fact->text));
    }
}
