/*
 * One step of an answer: a page. It counts what is said and what is looked at, so that every
 * question stops in time; the cursor with which it goes on is the question's own.
 *
 * A reply that does not fit is not given: the question then returns a cursor at which that reply is
 * made again. The first reply of a page always fits, so that each step gets further.
 */
#ifndef MADANG_CORE_ASK_PAGE_H
#define MADANG_CORE_ASK_PAGE_H

#include "core/ask.h"

struct page {
    const struct core *core;
    const struct command *command;
    const struct core_sink *sink;
    const struct session *asker; /* NULL only where nothing depends on it. */
    size_t bytes;                /* Packed replies given. */
    uint32_t looks;              /* Of ASK_LOOKS_MAX, what is left. */
};

struct page page_of(const struct core *core, const struct command *command,
                    const struct core_sink *sink);

/* False: there is no room for it in this page, and it is not given. */
MUST_USE bool page_reply(struct page *page, enum numeric numeric, const struct text *params,
                         uint32_t param_count);
/* PAGE_REPLY(page, RPL_TOPIC, name, topic): the same, with one param and more as arguments. */
#define PAGE_REPLY(page, numeric, ...)                                                             \
    page_reply((page), (numeric), (const struct text[]){__VA_ARGS__},                              \
               (uint32_t)(sizeof((const struct text[]){__VA_ARGS__}) / sizeof(struct text)))
/* Whether replies of so many packed bytes would fit. */
bool page_has_room(const struct page *page, size_t bytes);

/* What looking at one thing costs; a hole in an array costs 1. */
#define LOOK_COST 4
/* Folding a name and finding what is called so. */
#define NAME_COST 32
/* Something took as long as so many looks. */
void page_spend(struct page *page, uint32_t cost);
/* Enough was looked at: the next thing is for the next step. */
bool page_is_tired(const struct page *page);
/*
 * The next thing of slots at *place or behind it; *place is then behind that. NULL at the end, and
 * when the page is tired: then *place is where to go on.
 */
void *page_next(struct page *page, const struct slots *slots, uint64_t *place);
/* The first note behind the serial, which it sets; NULL at the end. notes may be NULL. */
const struct note *page_note(const struct notes *notes, uint32_t *serial);

/* The name of the server. */
struct text page_server(const struct core *core);
/* What somebody typed, as one of the params before the last: "*" for what cannot be one. */
struct text page_param(struct text typed);
/* An address as a param: with a zero before a leading colon. */
#define ADDRESS_PARAM_BYTES_MAX (ADDRESS_BYTES_MAX + 1)
struct text page_address(const struct session *session, char out[ADDRESS_PARAM_BYTES_MAX]);
/* Where somebody comes from and what they set is told to themselves and to operators. */
bool page_may_know_address(const struct page *page, const struct session *session);
/* The channel of that name, or NULL when the asker may not know of it. Costs NAME_COST. */
const struct channel *page_channel(struct page *page, struct text name);
/*
 * Whether the asker sees that person is in the channel, which it may know of. To who is not in it
 * (is_member), people with +i do not show.
 */
bool page_sees_member(struct page *page, const struct channel *channel,
                      const struct session *person, bool is_member);
/* Whole seconds from then until now, not less than none. */
uint64_t page_seconds_since(const struct page *page, int64_t then_ms);

/* A moment (Unix ms) as people read it: "Friday November 27 2026 -- 23:04:52 +00:00". In
 * ask_server.c. */
#define TIME_BYTES_MAX 64
struct text page_time(int64_t time_ms, char out[TIME_BYTES_MAX]);

/*
 * The last param of a reply, filled with words up to what a line of IRC holds: the server's name,
 * the asker's nick and the other params are taken off.
 */
struct words {
    size_t room;
    size_t count; /* Bytes; 0: no word yet. */
    char separator;
    char data[IRC_LINE_BYTES_MAX];
};

void words_begin(struct words *words, const struct page *page, const struct text *params,
                 uint32_t param_count);
/* Adds a word made of pieces. False: no room for it in this line. */
MUST_USE bool words_add(struct words *words, const struct text *pieces, uint32_t piece_count);
struct text words_text(const struct words *words);
void words_clear(struct words *words);

/* What stands in the command's text at place and behind it. */
struct text page_text_from(const struct page *page, uint64_t place);
/* Takes the first word off *rest; false when there is none left. Empty words are none. */
bool page_word(struct text *rest, char separator, struct text *out);

#endif
