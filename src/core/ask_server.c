/* What the server tells of itself: LUSERS (RFC 2812 section 3.4.2) and TIME (section 3.4.6). */
#include "core/ask_page.h"

#include "base/check.h"

#include <string.h>

#define DAY_SECONDS 86400

/* A sentence that is put together. */
struct sentence {
    size_t count;
    char data[TIME_BYTES_MAX];
};

static void sentence_add(struct sentence *sentence, struct text text)
{
    check(text.count <= sizeof(sentence->data) - sentence->count);
    memcpy(sentence->data + sentence->count, text.data, text.count);
    sentence->count += text.count;
}

static void sentence_add_number(struct sentence *sentence, uint64_t number)
{
    char digits[NUMBER_BYTES_MAX];
    sentence_add(sentence, number_text(number, digits));
}

/* With a zero before it when it is one digit. */
static void sentence_add_two(struct sentence *sentence, uint64_t number)
{
    if (number < 10) {
        sentence_add_number(sentence, 0);
    }
    sentence_add_number(sentence, number);
}

static struct text sentence_text(const struct sentence *sentence)
{
    return (struct text){.data = sentence->data, .count = sentence->count};
}

/* A day as the Gregorian calendar names it. */
struct date {
    uint64_t year;
    uint64_t month;   /* From 0. */
    uint64_t day;     /* From 1. */
    uint64_t weekday; /* From Sunday, 0. */
};

/*
 * days is counted from 1 January 1970. Years are counted from March, so that the day which a leap
 * year has more stands at the end of one; 400 of them always have the same number of days.
 */
static struct date date_of(uint64_t days)
{
    const uint64_t era_days = 146097;
    const uint64_t shifted = days + 719468; /* From 1 March of the year 0. */
    const uint64_t era = shifted / era_days;
    const uint64_t day_of_era = shifted % era_days;
    /* The last day of 4, of 100 and of 400 years is the leap day; it begins no new year. */
    const uint64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (era_days - 1)) / 365;
    const uint64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    /* Five months from March on have 153 days, and so have the next five. */
    const uint64_t month = (5 * day_of_year + 2) / 153;
    const bool is_next_year = month >= 10;
    return (struct date){
        .year = era * 400 + year_of_era + (is_next_year ? 1 : 0),
        .month = is_next_year ? month - 10 : month + 2,
        .day = day_of_year - (153 * month + 2) / 5 + 1,
        .weekday = (days + 4) % 7,
    };
}

struct text page_time(int64_t time_ms, char out[TIME_BYTES_MAX])
{
    static const char *const weekdays[] = {"Sunday ",   "Monday ", "Tuesday ", "Wednesday ",
                                           "Thursday ", "Friday ", "Saturday "};
    static const char *const months[] = {"January ",   "February ", "March ",    "April ",
                                         "May ",       "June ",     "July ",     "August ",
                                         "September ", "October ",  "November ", "December "};
    const int64_t seconds = time_ms > 0 ? time_ms / 1000 : 0;
    const struct date date = date_of((uint64_t)seconds / DAY_SECONDS);
    const uint64_t rest = (uint64_t)(seconds % DAY_SECONDS);
    struct sentence words = {0};
    sentence_add(&words, text_of(weekdays[date.weekday]));
    sentence_add(&words, text_of(months[date.month]));
    sentence_add_number(&words, date.day);
    sentence_add(&words, TEXT(" "));
    sentence_add_number(&words, date.year);
    sentence_add(&words, TEXT(" -- "));
    sentence_add_two(&words, rest / 3600);
    sentence_add(&words, TEXT(":"));
    sentence_add_two(&words, rest / 60 % 60);
    sentence_add(&words, TEXT(":"));
    sentence_add_two(&words, rest % 60);
    sentence_add(&words, TEXT(" +00:00"));
    memcpy(out, words.data, words.count);
    return (struct text){.data = out, .count = words.count};
}

uint64_t ask_time(const struct core *core, const struct command *command,
                  const struct core_sink *sink)
{
    struct page page = page_of(core, command, sink);
    char words[TIME_BYTES_MAX];
    check(PAGE_REPLY(&page, RPL_TIME, page_server(core), page_time(command->number, words)));
    return 0;
}

/* "Current local users 3, max 7", with both numbers before it. */
static void users_give(struct page *page, enum numeric numeric, struct text words)
{
    char now[NUMBER_BYTES_MAX];
    char peak[NUMBER_BYTES_MAX];
    const struct text now_text = number_text(page->core->sessions.count, now);
    const struct text peak_text = number_text(page->core->session_peak, peak);
    struct sentence sentence = {0};
    sentence_add(&sentence, words);
    sentence_add(&sentence, now_text);
    sentence_add(&sentence, TEXT(", max "));
    sentence_add(&sentence, peak_text);
    check(PAGE_REPLY(page, numeric, now_text, peak_text, sentence_text(&sentence)));
}

uint64_t ask_lusers(const struct core *core, const struct command *command,
                    const struct core_sink *sink)
{
    struct page page = page_of(core, command, sink);
    const uint64_t people = core->sessions.count;
    char number[NUMBER_BYTES_MAX];
    struct sentence all = {0};
    sentence_add(&all, TEXT("There are "));
    sentence_add_number(&all, people - core->invisible_count);
    sentence_add(&all, TEXT(" users and "));
    sentence_add_number(&all, core->invisible_count);
    sentence_add(&all, TEXT(" invisible on 1 servers"));
    check(PAGE_REPLY(&page, RPL_LUSERCLIENT, sentence_text(&all)));
    check(PAGE_REPLY(&page, RPL_LUSEROP, number_text(core->operator_count, number)));
    check(PAGE_REPLY(&page, RPL_LUSERCHANNELS, number_text(core->channels.count, number)));
    struct sentence own = {0};
    sentence_add(&own, TEXT("I have "));
    sentence_add_number(&own, people);
    sentence_add(&own, TEXT(" clients and 0 servers"));
    check(PAGE_REPLY(&page, RPL_LUSERME, sentence_text(&own)));
    /* One server, so both are the same. */
    users_give(&page, RPL_LOCALUSERS, TEXT("Current local users "));
    users_give(&page, RPL_GLOBALUSERS, TEXT("Current global users "));
    return 0;
}
