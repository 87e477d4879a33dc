/* Days into years, months and days, in the calendar that everybody goes by (proleptic Gregorian).
 */
#include "door/irc_time.h"

#define DAY_MS INT64_C(86400000)
#define DAYS_PER_CENTURIES4 146097 /* 400 years: the leap years repeat. */
#define DAYS_PER_CENTURY 36524     /* The fourth has one more. */
#define DAYS_PER_YEARS4 1461       /* The last of a century may have one less. */
#define DAYS_PER_YEAR 365

/* 0000-03-01 before 1970-01-01. Years are counted from March, so that a leap day is the last one.
 */
#define DAYS_BEFORE_1970 719468

#define FIRST_MS INT64_C(-62135596800000) /* 0001-01-01T00:00:00.000Z */
#define LAST_MS INT64_C(253402300799999)  /* 9999-12-31T23:59:59.999Z */

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Two digits; value is below 100. */
static inline char *put_2(char *at, uint32_t value)
{
    at[0] = (char)('0' + value / 10);
    at[1] = (char)('0' + value % 10);
    return at + 2;
}

static char *put_date(char *at, uint32_t days)
{
    uint32_t centuries4 = days / DAYS_PER_CENTURIES4;
    days %= DAYS_PER_CENTURIES4;
    uint32_t centuries = smaller(days / DAYS_PER_CENTURY, 3);
    days -= centuries * DAYS_PER_CENTURY;
    uint32_t years4 = days / DAYS_PER_YEARS4;
    days %= DAYS_PER_YEARS4;
    uint32_t years = smaller(days / DAYS_PER_YEAR, 3);
    days -= years * DAYS_PER_YEAR;
    uint32_t year = 400 * centuries4 + 100 * centuries + 4 * years4 + years;

    /* From March on, months of 31, 30, 31, 30, 31 days come again and again: 153 in five. */
    uint32_t month_from_march = (5 * days + 2) / 153;
    uint32_t day = days - (153 * month_from_march + 2) / 5 + 1;
    uint32_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;

    year = month <= 2 ? year + 1 : year;
    at = put_2(put_2(at, year / 100), year % 100);
    *at++ = '-';
    at = put_2(at, month);
    *at++ = '-';
    return put_2(at, day);
}

static char *put_time_of_day(char *at, uint32_t ms)
{
    at = put_2(at, ms / 3600000);
    *at++ = ':';
    at = put_2(at, ms / 60000 % 60);
    *at++ = ':';
    at = put_2(at, ms / 1000 % 60);
    *at++ = '.';
    at = put_2(at, ms / 10 % 100);
    *at++ = (char)('0' + ms % 10);
    return at;
}

void irc_time_format(int64_t unix_ms, char out[IRC_TIME_BYTES])
{
    if (unix_ms < FIRST_MS) {
        unix_ms = FIRST_MS;
    }
    if (unix_ms > LAST_MS) {
        unix_ms = LAST_MS;
    }
    uint64_t ms = (uint64_t)(unix_ms + DAYS_BEFORE_1970 * DAY_MS);
    char *at = put_date(out, (uint32_t)(ms / DAY_MS));
    *at++ = 'T';
    at = put_time_of_day(at, (uint32_t)(ms % DAY_MS));
    *at = 'Z';
}
