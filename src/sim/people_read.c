/* What people read, held against what really happened: every message, once, in its order, and no
 * other; and the server's own words. */
#include "sim/people.h"

#include "base/check.h"

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

/* The next fact that it must read; NULL when there is none (yet). */
static struct fact *visit_next_fact(struct people *people, struct visit *visit)
{
    struct truth *truth = people->truth;
    if (!visit->joined) {
        return NULL;
    }
    while (visit->fact_cursor < truth->fact_count && visit->fact_cursor < visit->fact_end) {
        struct fact *fact = &truth->facts[visit->fact_cursor];
        if (fact->epoch != visit->epoch) {
            return NULL;
        }
        if (fact->kind == ROW_MESSAGE && fact->session != visit->session) {
            return fact;
        }
        visit->fact_cursor++;
    }
    return NULL;
}

static void visit_misread(struct people *people, struct visit *visit, const struct fact *fact)
{
    size_t count = visit->in.count < 120 ? visit->in.count : 120;
    report_violation(people->report,
                     "person %u (joined %d, closed %d) reads \"%.*s\", but the next is %s%.*s%s",
                     visit->person, visit->joined, visit->closed, (int)count, visit->in.data,
                     fact != NULL ? "\"" : "nothing",
                     fact != NULL ? (int)(fact->line.count < 120 ? fact->line.count : 120) : 0,
                     fact != NULL ? fact->line.data : "", fact != NULL ? "\"" : "");
    bytes_clear(&visit->in);
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
    if (fact->lost && !fact->forgiven) {
        report_violation(people->report, "person %u reads what is not stored: \"%.*s\"",
                         visit->person, (int)count, fact->line.data);
    }
    fact->shown = true;
    visit->fact_cursor++;
    bytes_consume(&visit->in, whole);
    return true;
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
    for (size_t i = 0; i < NOTICE_COUNT; i++) {
        if (count == strlen(words[i].code) + 2 && memcmp(visit->in.data, "! ", 2) == 0 &&
            memcmp(visit->in.data + 2, words[i].code, count - 2) == 0) {
            visit->words[i]++;
            report_mark(people->report, words[i].mark);
            visit->in_word = true;
            bytes_consume(&visit->in, count + 1);
            return true;
        }
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
        if (c == '!' || (c == '[' && visit->joined)) {
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
    visit_parse(people, visit);
    return true;
}

static void visit_check_read_all(struct people *people, struct visit *visit, const char *when)
{
    const struct fact *fact = visit_next_fact(people, visit);
    if (fact != NULL) {
        report_violation(people->report, "%s: person %u was never shown \"%.*s\"", when,
                         visit->person, (int)(fact->line.count < 120 ? fact->line.count : 120),
                         fact->line.data);
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
    if (!visit->joined || visit->closed) {
        report_violation(people->report, "person %u is still connected (joined %d, closed %d)",
                         visit->person, visit->joined, visit->closed);
        return;
    }
    if (visit->sent_count < visit->sent.count) {
        report_violation(people->report, "person %u: the server does not read", visit->person);
    }
    visit_check_read_all(people, visit, "all is quiet");
    visit_check_said(people, visit);
}

void visit_check_end(struct people *people, struct visit *visit)
{
    /* Who does not read in time is closed with words unsent; so are all when the end is hurried. */
    bool cut = visit->words[NOTICE_SENDQ] > 0 || visit->was_hurried ||
               net_was_cut(people->net, visit->link);
    if (visit->foreign || !visit->joined || cut) {
        return;
    }
    if (visit->closed && visit->reason == LEAVE_QUIT) {
        visit_check_read_all(people, visit, "left with q");
    } else if (!visit->closed && visit->words[NOTICE_SHUTDOWN] > 0) {
        visit_check_read_all(people, visit, "the server has ended");
    }
}
