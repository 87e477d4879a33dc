/* Moments in ISO 8601. */
#include "door/irc_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void assert_time(int64_t unix_ms, const char *expected)
{
    char out[IRC_TIME_BYTES + 1];
    irc_time_format(unix_ms, out);
    out[IRC_TIME_BYTES] = '\0';
    assert_string_equal(out, expected);
}

static void moments_have_their_dates(void **state)
{
    (void)state;
    assert_time(0, "1970-01-01T00:00:00.000Z");
    assert_time(-1, "1969-12-31T23:59:59.999Z");
    assert_time(1319042451620, "2011-10-19T16:40:51.620Z");
    assert_time(951782400000, "2000-02-29T00:00:00.000Z");
    assert_time(INT64_C(4107542399999), "2100-02-28T23:59:59.999Z");
    assert_time(INT64_C(4107542400000), "2100-03-01T00:00:00.000Z");
    assert_time(INT64_C(2147483648000), "2038-01-19T03:14:08.000Z");
    assert_time(INT64_C(4294967296000), "2106-02-07T06:28:16.000Z");
}

static void moments_beyond_four_digits_of_years_are_the_last_within(void **state)
{
    (void)state;
    assert_time(INT64_C(253402300799999), "9999-12-31T23:59:59.999Z");
    assert_time(INT64_C(253402300800000), "9999-12-31T23:59:59.999Z");
    assert_time(INT64_MAX, "9999-12-31T23:59:59.999Z");
    assert_time(INT64_C(-62135596800000), "0001-01-01T00:00:00.000Z");
    assert_time(INT64_C(-62135596800001), "0001-01-01T00:00:00.000Z");
    assert_time(INT64_MIN, "0001-01-01T00:00:00.000Z");
}

/* 400 years of days, which is all the calendar has, beside the C library. */
static void every_day_has_the_date_that_the_c_library_gives_it(void **state)
{
    (void)state;
    for (int64_t day = -200 * 366; day < 200 * 366; day++) {
        time_t seconds = (time_t)(day * 86400 + 86399);
        struct tm date;
        assert_non_null(gmtime_r(&seconds, &date));
        char expected[64];
        assert_true(strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S.000Z", &date) > 0);
        assert_time((int64_t)seconds * 1000, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_have_their_dates),
        cmocka_unit_test(moments_beyond_four_digits_of_years_are_the_last_within),
        cmocka_unit_test(every_day_has_the_date_that_the_c_library_gives_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
