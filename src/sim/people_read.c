/* What people read, held against what really happened: every message, once, in its order, and no
 * other; and the server's own words. */
#include "sim/irc_line.h"
#include "sim/people.h"

#include "base/check.h"
#include "model/numeric.h"

#include <string.h>

struct word {
    const char *code;
    enum mark mark;
};

static const struct word words[NOTICE_COUNT] = {
    [NOTICE_TIMEOUT] = {"timeout", MARK_TIMEOUT},
    [NOTICE_BAD_NAME] = {"bad-name", MARK_BAD_NAME},
    [NOTICE_NAME_IN_USE] = {"name-in-use", MARK_NAME_IN_USE},
    [NOTICE_TOO_LONG] = {"too-long", MARK_TOO_LONG},
    [NOTICE_BAD_UTF8] = {"bad-utf8", MARK_BAD_UTF8},
    [NOTICE_SENDQ] = {"sendq", MARK_SENDQ},
    [NOTICE_FLOOD] = {"flood", MARK_FLOOD},
    [NOTICE_SLOW_DOWN] = {"slow-down", MARK_SLOW_DOWN},
    [NOTICE_TOO_MANY] = {"too-many", MARK_TOO_MANY},
    [NOTICE_FULL] = {"full", MARK_FULL},
    [NOTICE_NOT_MADANG] = {"not-madang", MARK_FOREIGN},
    [NOTICE_NO_TLS] = {"no-tls", MARK_FOREIGN},
    [NOTICE_NOT_SAVED] = {"not-saved", MARK_NOT_SAVED},
    [NOTICE_PENDING] = {"pending", MARK_PENDING},
    [NOTICE_SHUTDOWN] = {"shutdown", MARK_SHUTDOWN_TOLD},
    /* Nobody does what these answer. */
    [NOTICE_BANNED] = {"", MARK_COUNT},
    [NOTICE_KICKED] = {"", MARK_COUNT},
    [NOTICE_NOT_ALLOWED] = {"", MARK_COUNT},
};

static bool visit_is_in(const struct visit *visit, uint32_t room, size_t index)
{
    for (size_t i = 0; i < visit->stay_count; i++) {
        const struct stay *stay = &visit->stays[i];
        if (stay->room == room && index >= stay->first && index < stay->end) {
            return true;
        }
    }
    return false;
}

/* Nothing that a line of IRC can hold. */
static bool is_blank(struct text text)
{
    for (size_t i = 0; i < text.count; i++) {
        if (!is_no_text(text.data[i])) {
            return false;
        }
    }
    return true;
}

/* Whether the fact of that index is one that it is to read. */
static bool visit_sees(const struct visit *visit, const struct fact *fact, size_t index)
{
    bool own = fact->session == visit->session;
    bool is_in = fact->room != ROOM_NONE && visit_is_in(visit, fact->room, index);
    if (!visit->is_irc) {
        bool is_reader = fact->is_for_some ? fact_tells(fact, visit->session) : is_in;
        return fact->kind == ROW_MESSAGE && !own && (is_reader || fact->target == visit->session);
    }
    /* Who has been told ERROR still reads its rooms, but its door says nothing more to it. */
    bool is_told = !visit->irc.got_error;
    switch (fact->kind) {
    case FACT_PONG:
    case FACT_REPLY:
        return own && is_told;
    case FACT_PRESENCE:
        return is_told &&
               ((visit->irc.watched | (index < visit->irc.unsure_end ? visit->irc.toggled : 0)) &
                1u << fact->name) != 0;
    case FACT_INVITED:
        return fact->target == visit->session ? is_told
                                              : !own && fact_tells(fact, visit->session) &&
                                                    (visit->irc.caps & SIM_CAP_INVITES) != 0;
    case ROW_RENAMED:
        if ((visit->irc.caps & SIM_CAP_RENAME) != 0) {
            return is_in && (!own || is_told);
        }
        return is_in && is_told &&
               sim_room_find(bytes_text(&fact->place)) != sim_room_find(bytes_text(&fact->text));
    case ROW_REDACTED:
        if ((visit->irc.caps & SIM_CAP_REDACTION) == 0) {
            return false;
        }
        if (own) {
            return is_told;
        }
        return fact->is_for_some ? fact_tells(fact, visit->session) : is_in;
    case ROW_MESSAGE:
        if (is_blank(bytes_text(&fact->text))) {
            return false;
        }
        if (fact->room == ROOM_NONE) {
            return is_told && (fact->target == visit->session || (own && fact->echo));
        }
        if (own) {
            return fact->echo && (is_told || (is_in && !fact->is_for_some));
        }
        return fact->is_for_some ? fact_tells(fact, visit->session) : is_in;
    case ROW_NICK:
        return own ? is_told : is_in;
    case ROW_JOINED:
    case ROW_PARTED:
        return is_in && (!own || is_told);
    case ROW_CLOSED:
        return is_in && !own;
    default:
        return is_in;
    }
}

struct fact *visit_next_fact(struct people *people, struct visit *visit)
{
    struct truth *truth = people->truth;
    if (visit->session == 0) {
        return NULL;
    }
    while (visit->fact_cursor < truth->fact_count && visit->fact_cursor < visit->fact_end) {
        struct fact *fact = &truth->facts[visit->fact_cursor];
        if (fact->epoch != visit->epoch) {
            return NULL;
        }
        if (visit_sees(visit, fact, visit->fact_cursor)) {
            return fact;
        }
        visit->fact_cursor++;
    }
    return NULL;
}

void visit_fact_done(struct people *people, struct visit *visit)
{
    const struct truth *truth = people->truth;
    const struct fact *fact = &truth->facts[visit->fact_cursor];
    size_t next = ++visit->fact_cursor;
    /* Of a nick or an end it is told once, however many rooms it shares. */
    while ((fact->kind == ROW_CLOSED || fact->kind == ROW_NICK) && next < truth->fact_count &&
           truth->facts[next].seq == fact->seq && truth->facts[next].kind == fact->kind) {
        if (visit_sees(visit, &truth->facts[next], next)) {
            report_mark(people->report, MARK_IRC_ONCE);
        }
        visit->fact_cursor = ++next;
    }
}

/* Who has not asked is not told that there is no topic. And nobody can tell when the server has
 * begun or ceased to watch, until it has answered what was asked behind that. */
bool visit_may_miss(const struct visit *visit, const struct fact *fact)
{
    if (fact->kind == FACT_PRESENCE) {
        return (visit->irc.toggled & 1u << fact->name) != 0 &&
               visit->fact_cursor < visit->irc.unsure_end;
    }
    return fact->kind == FACT_REPLY && fact->numeric == RPL_NOTOPIC && visit->irc.entrances > 0;
}

void visit_fact_show(struct people *people, const struct visit *visit, struct fact *fact)
{
    if (fact->lost && !fact->forgiven) {
        report_violation(people->report, "person %u reads what is not stored: \"%.*s\"",
                         visit->person, (int)fact->line.count, fact->line.data);
    }
    fact->shown = true;
}

void visit_misread(struct people *people, struct visit *visit, const struct fact *fact)
{
    size_t count = visit->in.count < 120 ? visit->in.count : 120;
    if (fact == NULL) {
        report_violation(people->report,
                         "person %u (joined %d, closed %d) reads \"%.*s\", but the next is nothing",
                         visit->person, visit->joined, visit->closed, (int)count, visit->in.data);
    } else {
        report_violation(
            people->report,
            "person %u (joined %d, closed %d) reads \"%.*s\", but the next is entry %llu, kind %d, "
            "number %u, %.*s in %.*s: \"%.*s\"",
            visit->person, visit->joined, visit->closed, (int)count, visit->in.data,
            (unsigned long long)fact->seq, fact->kind, fact->numeric, (int)fact->nick.count,
            fact->nick.data, (int)fact->place.count, fact->place.data,
            (int)(fact->text.count < 120 ? fact->text.count : 120), fact->text.data);
    }
    bytes_clear(&visit->in);
}

/* Who is too slow is told so at the end of a line, which need not be the end of a message. Returns
 * how many bytes of the message came before that; 0: it is not so. */
static size_t message_cut_bytes(const struct visit *visit, const struct fact *fact)
{
    struct text word = TEXT("! sendq:");
    size_t same = 0;
    while (same < visit->in.count && same < fact->line.count &&
           visit->in.data[same] == fact->line.data[same]) {
        same++;
    }
    struct text rest = text_skip(bytes_text(&visit->in), same);
    bool is_end = fact->is_multiline && same > 0 && fact->line.data[same - 1] == '\n';
    /* Of the word some has come. */
    word.count = rest.count < word.count ? rest.count : word.count;
    return is_end && word.count > 0 && text_starts(rest, word) ? same : 0;
}

/* A message at the start of what came. False: it is not whole yet. */
static bool message_read(struct people *people, struct visit *visit)
{
    struct fact *fact = visit_next_fact(people, visit);
    if (fact == NULL) {
        visit_misread(people, visit, NULL);
        return false;
    }
    size_t count = fact->line.count;
    size_t there = visit->in.count < count ? visit->in.count : count;
    size_t cut_bytes = message_cut_bytes(visit, fact);
    if (cut_bytes > 0) {
        visit_fact_show(people, visit, fact);
        bytes_consume(&visit->in, cut_bytes);
        return true;
    }
    if (memcmp(visit->in.data, fact->line.data, there) != 0) {
        visit_misread(people, visit, fact);
        return false;
    }
    size_t whole = count + (visit->chunked ? 0 : 1);
    if (visit->in.count < whole) {
        return false;
    }
    if (!visit->chunked && visit->in.data[count] != '\n') {
        visit_misread(people, visit, fact);
        return false;
    }
    visit_fact_show(people, visit, fact);
    visit_fact_done(people, visit);
    bytes_consume(&visit->in, whole);
    return true;
}

bool visit_word(struct people *people, struct visit *visit, struct text code)
{
    for (size_t i = 0; i < NOTICE_COUNT; i++) {
        if (code.count > 0 && text_equal(code, text_of(words[i].code))) {
            visit->words[i]++;
            report_mark(people->report, words[i].mark);
            return true;
        }
    }
    return false;
}

/* The code of the server's word at the start. False: it is not whole yet. */
static bool word_begin(struct people *people, struct visit *visit)
{
    const char *colon = memchr(visit->in.data, ':', visit->in.count);
    if (colon == NULL) {
        if (visit->in.count > 40) {
            visit_misread(people, visit, NULL);
        }
        return false;
    }
    size_t count = (size_t)(colon - visit->in.data);
    struct text word = {.data = visit->in.data, .count = count};
    if (text_starts(word, TEXT("! ")) && visit_word(people, visit, text_skip(word, 2))) {
        visit->in_word = true;
        bytes_consume(&visit->in, count + 1);
        return true;
    }
    visit_misread(people, visit, NULL);
    return false;
}

/* The rest of the server's word: to its newline, or in pieces to what follows. */
static void word_rest(struct people *people, struct visit *visit)
{
    for (size_t i = 0; i < visit->in.count; i++) {
        char c = visit->in.data[i];
        if (c == '\n') {
            visit->in_word = false;
            bytes_consume(&visit->in, i + 1);
            return;
        }
        if (c == '!' || ((c == '[' || c == '*') && visit->joined)) {
            if (visit->joined && !visit->chunked) {
                visit_misread(people, visit, NULL);
                return;
            }
            visit->in_word = false;
            bytes_consume(&visit->in, i);
            return;
        }
    }
    bytes_clear(&visit->in);
}

static void visit_parse(struct people *people, struct visit *visit)
{
    while (visit->in.count > 0) {
        if (visit->foreign) {
            report_mark(people->report, MARK_FOREIGN);
            bytes_clear(&visit->in);
        } else if (visit->in_word) {
            word_rest(people, visit);
        } else if (visit->in.data[0] == '!') {
            if (!word_begin(people, visit)) {
                return;
            }
        } else if (!message_read(people, visit)) {
            return;
        }
    }
}

bool visit_read(struct people *people, struct visit *visit)
{
    char buffer[4096];
    size_t capacity = random_between(people->random, 1, sizeof(buffer));
    size_t count = 0;
    switch (net_receive(people->net, visit->link, buffer, capacity, &count)) {
    case NET_NOTHING:
        return false;
    case NET_ENDED:
        visit->got_end = true;
        return true;
    case NET_RESET:
        visit->got_reset = true;
        return true;
    case NET_BYTES:
        break;
    }
    report_add_text(people->report, (struct text){.data = buffer, .count = count});
    check(bytes_append(&visit->in, buffer, count) == ERR_OK);
    if (visit->is_irc) {
        visit_read_irc(people, visit);
    } else {
        visit_parse(people, visit);
    }
    return true;
}

static void visit_check_read_all(struct people *people, struct visit *visit, const char *when)
{
    const struct fact *fact = visit_next_fact(people, visit);
    while (fact != NULL && visit_may_miss(visit, fact)) {
        visit_fact_done(people, visit);
        fact = visit_next_fact(people, visit);
    }
    if (fact != NULL) {
        report_violation(people->report,
                         "%s: person %u was never shown entry %llu, kind %d, number %u: \"%.*s\"",
                         when, visit->person, (unsigned long long)fact->seq, fact->kind,
                         fact->numeric, (int)(fact->text.count < 120 ? fact->text.count : 120),
                         fact->text.data);
    }
    if (visit->in.count > 0) {
        report_violation(people->report, "%s: person %u has read half of something: \"%.*s\"", when,
                         visit->person, (int)(visit->in.count < 120 ? visit->in.count : 120),
                         visit->in.data);
    }
}

static uint32_t visit_refused(const struct visit *visit)
{
    return visit->words[NOTICE_TOO_LONG] + visit->words[NOTICE_BAD_UTF8] +
           visit->words[NOTICE_NOT_SAVED];
}

/* Every line, or each of its targets, was taken, or refused with a word; every label answered. */
static void visit_check_asked(struct people *people, struct visit *visit)
{
    const struct irc_visit *irc = &visit->irc;
    if (irc->late != 0) {
        report_violation(people->report, "person %u was never answered with entry %llu",
                         visit->person,
                         (unsigned long long)people->truth->facts[irc->late - 1].seq);
    }
    uint32_t refused = irc->refused + visit->words[NOTICE_NOT_SAVED];
    if (!irc->uncertain && irc->asked != visit->taken + refused) {
        report_violation(people->report, "person %u has asked %u things: %u were taken, %u refused",
                         visit->person, irc->asked, visit->taken, refused);
    }
    if (!irc->uncertain && irc->labels_asked != irc->labels_answered) {
        report_violation(people->report, "person %u has used %u labels, and %u were answered",
                         visit->person, irc->labels_asked, irc->labels_answered);
    }
}

/* All that it said was stored, or refused with a word. */
static void visit_check_said(struct people *people, struct visit *visit)
{
    uint32_t said = 0;
    for (size_t i = 0; i < visit->said_count; i++) {
        said += visit->said[i].is_message ? 1 : 0;
    }
    if (!visit->chunked && said != visit->taken + visit_refused(visit)) {
        report_violation(people->report,
                         "person %u has said %u messages: %u were taken and %u refused",
                         visit->person, said, visit->taken, visit_refused(visit));
    }
    if (visit->chunked && visit->chunk && visit_refused(visit) == 0 && !visit->said_quit &&
        visit->byte_cursor != visit->sent.count) {
        report_violation(people->report, "person %u has said %zu bytes, of which %zu were taken",
                         visit->person, visit->sent.count, visit->byte_cursor);
    }
}

void visit_check_quiet(struct people *people, struct visit *visit)
{
    if (visit->link < 0 || visit->foreign) {
        return;
    }
    if (visit->session == 0 || (!visit->is_irc && !visit->joined) || visit->closed) {
        report_violation(people->report, "person %u is still connected (joined %d, closed %d)",
                         visit->person, visit->joined, visit->closed);
        return;
    }
    if (visit->sent_count < visit->sent.count) {
        report_violation(people->report, "person %u: the server does not read", visit->person);
    }
    visit_check_read_all(people, visit, "all is quiet");
    if (visit->is_irc) {
        visit_check_asked(people, visit);
    } else {
        visit_check_said(people, visit);
    }
}

void visit_check_end(struct people *people, struct visit *visit)
{
    /* Who does not read in time is closed with words unsent; so are all when the end is hurried. */
    bool cut =
        visit->words[NOTICE_SENDQ] > 0 || visit->was_hurried ||
        net_was_cut(people->net, visit->link) ||
        (visit->closed && people->net->now_ms - visit->closed_ms >= (int64_t)people->close_ms_min);
    if (visit->foreign || visit->session == 0 || (!visit->is_irc && !visit->joined) || cut) {
        return;
    }
    if (visit->closed && visit->reason == LEAVE_QUIT) {
        visit_check_read_all(people, visit, "left with q");
    } else if (!visit->closed && visit->words[NOTICE_SHUTDOWN] > 0) {
        visit_check_read_all(people, visit, "the server has ended");
    }
}
