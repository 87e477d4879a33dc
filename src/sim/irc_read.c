/*
 * What people on IRC read, held against what really happened: every line of a room, of a person or
 * in answer to themselves is the next fact that they must read, and nothing else comes.
 */
#include "base/check.h"
#include "model/numeric.h"
#include "sim/irc_reading.h"

#include <stdio.h>
#include <string.h>

#define LINE_BYTES_MAX (512 + 8192)

static void misread(const struct reading *reading)
{
    visit_misread(reading->people, reading->visit,
                  visit_next_fact(reading->people, reading->visit));
}

/* -- Labels ---------------------------------------------------------------------------------- */

/* The label on the line, if any, must be the next that is owed. */
static bool label_read(const struct reading *reading)
{
    struct visit *visit = reading->visit;
    struct text label;
    char expected[16];
    if (!line_tag(&reading->line, TEXT("label"), &label)) {
        return true;
    }
    snprintf(expected, sizeof(expected), "L%u", visit->irc.labels_answered);
    if (!text_equal(label, text_of(expected)) && visit->irc.uncertain) {
        return true; /* What was said before it had a name has been refused as a whole. */
    }
    visit->irc.labels_answered++;
    return text_equal(label, text_of(expected)) &&
           visit->irc.labels_answered <= visit->irc.labels_asked;
}

/* "BATCH +reference labeled-response", "BATCH -reference": of the answer to a label. */
static bool label_batch_read(const struct reading *reading)
{
    struct irc_visit *irc = &reading->visit->irc;
    struct text reference = line_param(&reading->line, 0);
    struct text label;
    if (text_starts(reference, TEXT("+"))) {
        bool good = irc->batch.count == 0 && line_tag(&reading->line, TEXT("label"), &label) &&
                    text_equal(line_param(&reading->line, 1), TEXT("labeled-response"));
        bytes_clear(&irc->batch);
        irc->batch_joins = 0;
        check(bytes_append_text(&irc->batch, text_skip(reference, 1)) == ERR_OK);
        return good;
    }
    bool good = text_starts(reference, TEXT("-")) && irc->batch.count > 0 &&
                text_equal(text_skip(reference, 1), bytes_text(&irc->batch));
    bytes_clear(&irc->batch);
    return good;
}

/* -- Facts ----------------------------------------------------------------------------------- */

/* How often it is shown: to oneself, with an echo, twice. */
static uint32_t copies_of(const struct visit *visit, const struct fact *fact)
{
    bool own = fact->session == visit->session;
    bool twice = fact->kind == ROW_MESSAGE && fact->room == ROOM_NONE && own && fact->echo &&
                 fact->target == visit->session;
    return twice ? 2 : 1;
}

/* Ranks alone, or anything else. */
static enum mark mode_mark(const struct fact *fact)
{
    for (size_t i = 0; i < fact->text.count && fact->text.data[i] != ' '; i++) {
        if (memchr("+-ov", fact->text.data[i], 4) == NULL) {
            return MARK_IRC_MODES;
        }
    }
    return MARK_IRC_RANK;
}

static void fact_mark(const struct reading *reading, const struct fact *fact)
{
    struct report *report = reading->people->report;
    const struct visit *visit = reading->visit;
    bool own = fact->session == visit->session;
    if (fact->kind == ROW_REDACTED) {
        report_mark(report, own ? MARK_IRC_REDACTED : MARK_IRC_REDACTED_BY_OTHER);
    } else if (fact->kind == ROW_MESSAGE && own) {
        report_mark(report, MARK_IRC_ECHO);
    } else if (fact->kind == ROW_MESSAGE && fact->is_for_some) {
        report_mark(report, MARK_IRC_FOR_RANK);
    } else if (fact->kind == ROW_MESSAGE && fact->room == ROOM_NONE) {
        report_mark(report, MARK_IRC_PRIVATE);
    } else if (fact->kind == ROW_NICK) {
        report_mark(report, MARK_IRC_NICK);
    } else if (fact->kind == ROW_KICKED) {
        report_mark(report, MARK_IRC_KICK);
    } else if (fact->kind == ROW_MODE) {
        report_mark(report, mode_mark(fact));
    } else if (fact->kind == ROW_RENAMED) {
        report_mark(report,
                    has_cap(visit, SIM_CAP_RENAME) ? MARK_IRC_RENAMED : MARK_IRC_RENAME_MOVED);
    } else if (fact->kind == FACT_INVITED) {
        bool is_own = fact->target == visit->session;
        report_mark(report, is_own ? MARK_IRC_INVITED : MARK_IRC_INVITE_NOTICED);
    }
    if (visit->irc.batch.count > 0 && !reading->in_batch) {
        report_mark(report, MARK_IRC_LABEL_BETWEEN);
    }
    if (reading->in_batch && own && fact->kind == ROW_JOINED &&
        reading->visit->irc.batch_joins++ > 0) {
        report_mark(report, MARK_IRC_LABEL_STEPS);
    }
}

/* Whether the line is that reply, or the word about who is there, and nothing more. */
static bool is_line_of(const struct reading *reading, const struct fact *fact)
{
    const struct line *line = &reading->line;
    struct text words = line_param(line, 1);
    return line_numeric(line) == fact->numeric &&
           (fact->kind == FACT_REPLY || text_equal(words, text_skip(bytes_text(&fact->text), 1)));
}

/* The next fact that the line may be, behind those of which nothing has come. */
static struct fact *due_fact(const struct reading *reading)
{
    struct visit *visit = reading->visit;
    struct fact *fact = visit_next_fact(reading->people, visit);
    while (fact != NULL && visit_may_miss(visit, fact) && !is_line_of(reading, fact)) {
        visit->irc.entrances -= fact->kind == FACT_REPLY ? 1 : 0;
        visit_fact_done(reading->people, visit);
        fact = visit_next_fact(reading->people, visit);
    }
    return fact;
}

/*
 * The next fact. What a line with a label is answered is held back while it may be all, and others'
 * lines may overtake it, which have happened after it.
 */
static struct fact *next_fact(const struct reading *reading)
{
    struct visit *visit = reading->visit;
    struct irc_visit *irc = &visit->irc;
    struct fact *fact = due_fact(reading);
    bool is_held = fact != NULL && fact->kind == FACT_REPLY && irc->batch.count == 0 &&
                   irc->labels_answered < irc->labels_asked;
    if (is_held && irc->late == 0) {
        irc->late = visit->fact_cursor + 1;
        visit_fact_done(reading->people, visit);
        fact = due_fact(reading);
    }
    return fact;
}

/* The fact was told, once more or for the last time. */
static void fact_told(const struct reading *reading, const struct fact *fact)
{
    struct visit *visit = reading->visit;
    struct irc_visit *irc = &visit->irc;
    irc->piece = 0;
    if (++irc->copies < copies_of(visit, fact)) {
        return;
    }
    irc->copies = 0;
    if (fact->kind == ROW_MESSAGE && fact->room != ROOM_NONE && has_cap(visit, SIM_CAP_TAGS)) {
        bytes_clear(&irc->last_id);
        check(bytes_format(&irc->last_id, "%.*s %012llx", (int)fact->place.count, fact->place.data,
                           (unsigned long long)fact->seq) == ERR_OK);
    }
    if (fact->kind == FACT_INVITED && fact->target == visit->session) {
        visit_irc_invited(reading->people, visit, sim_room_find(bytes_text(&fact->place)));
    }
    if (fact->kind == ROW_NICK && fact->session == visit->session) {
        bytes_clear(&irc->nick);
        check(bytes_append_text(&irc->nick, bytes_text(&fact->text)) == ERR_OK);
    }
    visit_fact_done(reading->people, visit);
}

/* Somebody did or said something. */
static bool person_read(const struct reading *reading)
{
    struct visit *visit = reading->visit;
    struct fact *fact = next_fact(reading);
    bool whole = false;
    if (fact == NULL || !fact_is_told(reading, fact, &whole)) {
        return false;
    }
    visit_fact_show(reading->people, visit, fact);
    fact_mark(reading, fact);
    if (whole) {
        fact_told(reading, fact);
    }
    return true;
}

/* -- Messages of several lines --------------------------------------------------------------- */

/* "BATCH +m000000000001 draft/multiline #room", by who has written it. */
static bool multi_begin(const struct reading *reading)
{
    const struct line *line = &reading->line;
    struct irc_visit *irc = &reading->visit->irc;
    struct fact *fact = next_fact(reading);
    char reference[16];
    if (fact == NULL || fact->kind != ROW_MESSAGE || irc->multi.count > 0 ||
        !reads_batches(reading->visit)) {
        return false;
    }
    snprintf(reference, sizeof(reference), "+m%012llx", (unsigned long long)fact->seq);
    check(bytes_append_text(&irc->multi, text_of(reference + 1)) == ERR_OK);
    bytes_clear(&irc->lines);
    irc->line_count = 0;
    visit_fact_show(reading->people, reading->visit, fact);
    fact_mark(reading, fact);
    return text_equal(line->source, bytes_text(&fact->nick)) && tags_are_right(reading, fact) &&
           text_equal(line_param(line, 0), text_of(reference)) &&
           text_equal(line_param(line, 1), TEXT("draft/multiline")) &&
           text_equal(line_param(line, 2), bytes_text(&fact->place));
}

/* One of its lines, or the rest of the one before. */
static bool multi_line(const struct reading *reading)
{
    const struct line *line = &reading->line;
    struct irc_visit *irc = &reading->visit->irc;
    const struct fact *fact = next_fact(reading);
    struct text value;
    bool concat = line_tag(line, TEXT("draft/multiline-concat"), &value);
    if (irc->line_count++ > 0 && !concat) {
        check(bytes_append_text(&irc->lines, TEXT("\n")) == ERR_OK);
    }
    check(bytes_append_text(&irc->lines, line_param(line, 1)) == ERR_OK);
    return fact != NULL && text_equal(line->command, TEXT("PRIVMSG")) &&
           text_equal(line->source, bytes_text(&fact->nick)) &&
           text_equal(line_param(line, 0), bytes_text(&fact->place)) &&
           !line_tag(line, TEXT("msgid"), &value) && !line_tag(line, TEXT("time"), &value) &&
           (!concat || line_param(line, 1).count > 0);
}

/* What came is the message, and more than one line was needed for it. */
static bool multi_end(const struct reading *reading)
{
    struct irc_visit *irc = &reading->visit->irc;
    const struct fact *fact = next_fact(reading);
    struct bytes text = {0};
    bytes_clear(&irc->multi);
    if (fact == NULL) {
        return false;
    }
    for (size_t i = 0; i < fact->text.count; i++) {
        char c = fact->text.data[i];
        if (!is_no_text(c) || (fact->is_multiline && c == '\n')) {
            check(bytes_append(&text, &c, 1) == ERR_OK);
        }
    }
    bool good = irc->line_count > 1 && text_equal(bytes_text(&irc->lines), bytes_text(&text));
    bytes_finish(&text);
    report_mark(reading->people->report, fact->is_multiline ? MARK_IRC_MULTILINE : MARK_IRC_PIECES);
    fact_told(reading, fact);
    return good;
}

static bool batch_read(const struct reading *reading)
{
    const struct irc_visit *irc = &reading->visit->irc;
    struct text reference = line_param(&reading->line, 0);
    if (irc->multi.count > 0 && text_starts(reference, TEXT("-")) &&
        text_equal(text_skip(reference, 1), bytes_text(&irc->multi))) {
        return multi_end(reading);
    }
    return irc->got_error || label_batch_read(reading);
}

/* -- The server's own lines ------------------------------------------------------------------ */

static bool pong_read(const struct reading *reading)
{
    struct visit *visit = reading->visit;
    if (!visit->irc.registered) {
        return true;
    }
    const struct fact *fact = due_fact(reading);
    if (fact == NULL || fact->kind != FACT_PONG || visit->irc.late != 0 ||
        !text_equal(line_param(&reading->line, 1), bytes_text(&fact->text))) {
        return false;
    }
    report_mark(reading->people->report, MARK_IRC_PONG);
    visit_fact_done(reading->people, visit);
    struct irc_visit *irc = &visit->irc;
    char token[16];
    snprintf(token, sizeof(token), "w%u", irc->watch_count);
    if (irc->unsure_end == SIZE_MAX && text_equal(bytes_text(&fact->text), text_of(token))) {
        irc->unsure_end = reading->people->truth->fact_count;
    }
    return true;
}

/* The line says what the core has answered, from that param on; what is too long is cut, and a
 * sentence may follow. */
static bool reply_is_told(const struct line *line, uint32_t first, const struct fact *fact)
{
    struct bytes words = {0};
    for (uint32_t i = first; i < line->param_count; i++) {
        check(bytes_append_text(&words, TEXT(" ")) == ERR_OK);
        check(bytes_append_text(&words, line->params[i]) == ERR_OK);
    }
    size_t count = words.count < fact->text.count ? words.count : fact->text.count;
    bool is_long = words.count > 400;
    bool good = (count == fact->text.count || is_long) &&
                (count == 0 || memcmp(words.data, fact->text.data, count) == 0);
    bytes_finish(&words);
    return good;
}

static void welcome_read(const struct reading *reading)
{
    struct irc_visit *irc = &reading->visit->irc;
    irc->registered = true;
    irc->uncertain = irc->uncertain && irc->begun_early;
    check(bytes_append_text(&irc->nick, line_param(&reading->line, 0)) == ERR_OK);
    report_mark(reading->people->report, MARK_IRC_REGISTERED);
}

/* Before there is a name. */
static void early_read(const struct reading *reading, uint32_t numeric)
{
    struct visit *visit = reading->visit;
    if (numeric == ERR_NICKNAMEINUSE || numeric == ERR_ERRONEUSNICKNAME) {
        visit->irc.uncertain = true;
        report_mark(reading->people->report, MARK_IRC_NICK_TAKEN);
        visit_irc_renick(reading->people, visit);
    }
}

/* What the door says by itself. */
static bool is_doors_own(uint32_t numeric)
{
    static const uint32_t numbers[] = {
        RPL_WELCOME, RPL_YOURHOST,  RPL_CREATED,   RPL_MYINFO, RPL_ISUPPORT,
        RPL_MOTD,    RPL_MOTDSTART, RPL_ENDOFMOTD, ERR_NOMOTD, RPL_UMODEIS,
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (numbers[i] == numeric) {
            return true;
        }
    }
    return false;
}

static bool is_line_refusal(uint32_t numeric)
{
    return numeric == ERR_INPUTTOOLONG || numeric == ERR_UNKNOWNCOMMAND ||
           numeric == ERR_NEEDMOREPARAMS || numeric == ERR_NOTEXTTOSEND ||
           numeric == ERR_NOTREGISTERED;
}

static void refusal_mark(const struct reading *reading, uint32_t numeric, const struct fact *fact)
{
    static const struct {
        uint32_t numeric;
        enum mark mark;
    } marks[] = {
        {ERR_BANNEDFROMCHAN, MARK_IRC_BANNED},
        {ERR_INVITEONLYCHAN, MARK_IRC_UNINVITED},
        {ERR_BADCHANNELKEY, MARK_IRC_WRONG_KEY},
        {ERR_CHANNELISFULL, MARK_IRC_ROOM_FULL},
    };
    struct report *report = reading->people->report;
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (marks[i].numeric == numeric) {
            report_mark(report, marks[i].mark);
        }
    }
    if (numeric == ERR_CANNOTSENDTOCHAN) {
        char letter = fact->text.data[fact->text.count - 2]; /* "… (+n)" */
        report_mark(report, letter == 'm'   ? MARK_IRC_MODERATED
                            : letter == 'b' ? MARK_IRC_MUTED
                                            : MARK_IRC_REFUSED);
    }
}

/* Somebody whom it watches has come or gone. */
static bool presence_read(const struct reading *reading)
{
    struct visit *visit = reading->visit;
    const struct fact *fact = next_fact(reading);
    if (fact == NULL || fact->kind != FACT_PRESENCE || !is_line_of(reading, fact)) {
        return false;
    }
    report_mark(reading->people->report,
                fact->numeric == RPL_MONONLINE ? MARK_IRC_ONLINE : MARK_IRC_OFFLINE);
    visit_fact_done(reading->people, visit);
    return true;
}

/* An answer of the core; its params begin with that one. */
static bool reply_read(const struct reading *reading, uint32_t numeric, uint32_t first)
{
    struct visit *visit = reading->visit;
    const struct fact *fact = visit->irc.late != 0
                                  ? &reading->people->truth->facts[visit->irc.late - 1]
                                  : due_fact(reading);
    if (fact == NULL || fact->kind != FACT_REPLY || fact->numeric != numeric ||
        !reply_is_told(&reading->line, first, fact)) {
        return false;
    }
    refusal_mark(reading, numeric, fact);
    if (visit->irc.batch.count > 0 && !reading->in_batch) {
        return false; /* An answer outside of its batch. */
    }
    if (visit->irc.late == 0) {
        visit_fact_done(reading->people, visit);
    }
    visit->irc.late = 0;
    return true;
}

static bool numeric_read(const struct reading *reading, uint32_t numeric)
{
    struct visit *visit = reading->visit;
    struct text nick = line_param(&reading->line, 0);
    if (numeric == RPL_WELCOME && !visit->irc.registered) {
        welcome_read(reading);
        return true;
    }
    if (!visit->irc.registered) {
        early_read(reading, numeric);
        return true;
    }
    if (!text_equal(nick, bytes_text(&visit->irc.nick))) {
        return false;
    }
    if (is_doors_own(numeric)) {
        return true;
    }
    if (is_line_refusal(numeric)) {
        visit->irc.refused++;
        report_mark(reading->people->report, MARK_IRC_BROKEN_LINE);
        return true;
    }
    bool is_presence = numeric == RPL_MONONLINE || numeric == RPL_MONOFFLINE;
    return reply_read(reading, numeric, 1) || (is_presence && presence_read(reading));
}

static bool cap_read(const struct reading *reading)
{
    struct irc_visit *irc = &reading->visit->irc;
    if (!text_equal(line_param(&reading->line, 1), TEXT("ACK"))) {
        return text_equal(line_param(&reading->line, 1), TEXT("LS"));
    }
    uint32_t before = irc->caps;
    struct text list = line_param(&reading->line, 2);
    while (list.count > 0) {
        const char *space = memchr(list.data, ' ', list.count);
        struct text word = {.data = list.data,
                            .count = space == NULL ? list.count : (size_t)(space - list.data)};
        list = text_skip(list, word.count + (space == NULL ? 0 : 1));
        bool off = text_starts(word, TEXT("-"));
        word = text_skip(word, off ? 1 : 0);
        for (uint32_t i = 0; i < SIM_CAP_COUNT; i++) {
            if (text_equal(word, text_of(sim_cap_names[i]))) {
                irc->caps = off ? irc->caps & ~(1u << i) : irc->caps | 1u << i;
            }
        }
    }
    const uint32_t shared = SIM_CAP_TAGS | SIM_CAP_TIME;
    if (((before ^ irc->caps) & shared) != 0 && irc->registered && reading->visit->joined) {
        report_mark(reading->people->report, MARK_IRC_DIALECT);
    }
    return true;
}

/* "FAIL PRIVMSG CANNOT_SAVE :…", and the like. */
static bool standard_read(const struct reading *reading)
{
    struct visit *visit = reading->visit;
    struct text code = line_param(&reading->line, 1);
    if (text_equal(code, TEXT("CANNOT_SAVE"))) {
        report_mark(reading->people->report, MARK_IRC_UNSAVED);
        return visit_word(reading->people, visit, TEXT("not-saved"));
    }
    if (text_equal(code, TEXT("INVALID_UTF8"))) {
        visit->irc.refused++;
        report_mark(reading->people->report, MARK_IRC_BROKEN_LINE);
        return visit_word(reading->people, visit, TEXT("bad-utf8"));
    }
    if (text_equal(code, TEXT("PENDING"))) {
        return visit_word(reading->people, visit, TEXT("pending"));
    }
    if (text_equal(line_param(&reading->line, 0), TEXT("RENAME")) ||
        text_equal(line_param(&reading->line, 0), TEXT("REDACT"))) {
        return reply_read(reading, REPLY_FAIL, 0);
    }
    bool is_batch = text_equal(line_param(&reading->line, 0), TEXT("BATCH"));
    visit->irc.refused += is_batch ? 1 : 0;
    report_mark(reading->people->report, MARK_IRC_BATCH_REFUSED);
    return is_batch;
}

/* When somebody has quit properly, all answers have come before. */
static bool nothing_is_owed(const struct reading *reading)
{
    const struct visit *visit = reading->visit;
    const struct truth *truth = reading->people->truth;
    for (size_t i = visit->fact_cursor; i < truth->fact_count && i < visit->fact_end; i++) {
        const struct fact *fact = &truth->facts[i];
        bool is_answer =
            fact->kind == FACT_PONG || (fact->kind == FACT_REPLY && !visit_may_miss(visit, fact));
        if (is_answer && fact->epoch == visit->epoch && fact->session == visit->session) {
            return false;
        }
    }
    return true;
}

/* "ERROR :code: sentence", "ERROR :Closing link: …". */
static bool error_read(const struct reading *reading)
{
    struct visit *visit = reading->visit;
    struct text words = line_param(&reading->line, 0);
    visit->irc.got_error = true;
    bytes_clear(&visit->irc.multi);
    if (text_starts(words, TEXT("Closing link"))) {
        return !visit->irc.registered || nothing_is_owed(reading);
    }
    const char *colon = memchr(words.data, ':', words.count);
    struct text code = {.data = words.data,
                        .count = colon == NULL ? 0 : (size_t)(colon - words.data)};
    return visit_word(reading->people, visit, code);
}

static bool server_line_read(const struct reading *reading)
{
    const struct text command = reading->line.command;
    uint32_t numeric = line_numeric(&reading->line);
    if (numeric != 0) {
        return numeric_read(reading, numeric);
    }
    if (text_equal(command, TEXT("PONG"))) {
        return pong_read(reading);
    }
    if (text_equal(command, TEXT("CAP"))) {
        return cap_read(reading);
    }
    if (text_equal(command, TEXT("BATCH"))) {
        return batch_read(reading);
    }
    if (text_equal(command, TEXT("ERROR"))) {
        return error_read(reading);
    }
    if (text_equal(command, TEXT("FAIL")) || text_equal(command, TEXT("WARN"))) {
        return standard_read(reading);
    }
    if (text_equal(command, TEXT("ACK"))) {
        report_mark(reading->people->report, MARK_IRC_LABEL_ACK);
        struct text label;
        return line_tag(&reading->line, TEXT("label"), &label);
    }
    return false;
}

static bool line_read(struct reading *reading, struct text bytes)
{
    struct text batch;
    if (!line_parse(bytes, &reading->line)) {
        return false;
    }
    const struct irc_visit *irc = &reading->visit->irc;
    reading->in_batch = line_tag(&reading->line, TEXT("batch"), &batch);
    reading->in_multi =
        reading->in_batch && irc->multi.count > 0 && text_equal(batch, bytes_text(&irc->multi));
    reading->in_batch = reading->in_batch && !reading->in_multi;
    /* Of somebody who does not read, what waits is dropped before the last words: a batch's
     * beginning as well. */
    bool is_end = irc->got_error || text_equal(reading->line.command, TEXT("ERROR"));
    if ((reading->in_batch && !is_end && !text_equal(batch, bytes_text(&irc->batch))) ||
        (!label_read(reading) && !is_end)) {
        return false;
    }
    struct text source = reading->line.source;
    bool is_servers = source.count == 0 || text_equal(source, TEXT("madang"));
    if (is_servers) {
        return server_line_read(reading);
    }
    if (reading->in_multi) {
        return multi_line(reading);
    }
    bool is_batch = text_equal(reading->line.command, TEXT("BATCH"));
    return is_batch ? multi_begin(reading) : person_read(reading);
}

/* "! full: …": who is turned away before its first words have shown that it speaks IRC. */
static bool plain_word_read(struct people *people, struct visit *visit, struct text bytes)
{
    const char *colon = memchr(bytes.data, ':', bytes.count);
    if (visit->irc.registered || !text_starts(bytes, TEXT("! ")) || colon == NULL) {
        return false;
    }
    struct text code = {.data = bytes.data, .count = (size_t)(colon - bytes.data)};
    return visit_word(people, visit, text_skip(code, 2));
}

void visit_read_irc(struct people *people, struct visit *visit)
{
    size_t taken = 0;
    while (!people->report->failed) {
        struct text rest = text_skip(bytes_text(&visit->in), taken);
        const char *end = rest.count > 0 ? memchr(rest.data, '\n', rest.count) : NULL;
        if (end == NULL) {
            break;
        }
        size_t count = (size_t)(end - rest.data);
        struct text bytes = {.data = rest.data, .count = count > 0 ? count - 1 : 0};
        struct reading reading = {.people = people, .visit = visit};
        if (people->report->trace) {
            fprintf(stderr, "                      person %u reads: %.*s\n", visit->person,
                    (int)bytes.count, bytes.data);
        }
        bool is_whole = count > 0 && count <= LINE_BYTES_MAX && rest.data[count - 1] == '\r';
        if (!plain_word_read(people, visit, (struct text){.data = rest.data, .count = count}) &&
            (!is_whole || !line_read(&reading, bytes))) {
            bytes_consume(&visit->in, taken);
            misread(&reading);
            return;
        }
        taken += count + 1;
    }
    bytes_consume(&visit->in, taken);
}
