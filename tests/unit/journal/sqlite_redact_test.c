/* Messages that are taken back: what they said is not in the store any more, and the store says who
 * has done that. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "place.h"

#include <stdio.h>
#include <string.h>

/* Two letters in turn, found nowhere else in a store. */
#define SECRET "qxqxqxqxqxqxqxqx"

static struct row message_of(uint64_t seq, struct text text)
{
    return (struct row){
        .kind = ROW_MESSAGE,
        .seq = seq,
        .time_ms = scene_time_ms(seq),
        .channel = TEXT("#room"),
        .nick = TEXT("writer"),
        .text = text,
    };
}

static struct row redaction_of(uint64_t seq, uint64_t message)
{
    static char number[32];
    int count = snprintf(number, sizeof(number), "%llu", (unsigned long long)message);
    return (struct row){
        .kind = ROW_REDACTED,
        .seq = seq,
        .time_ms = scene_time_ms(seq),
        .number = (int64_t)message,
        .channel = TEXT("#room"),
        .nick = TEXT("op"),
        .text = TEXT("why"),
        .extra = {.data = number, .count = (size_t)count},
    };
}

/* Puts the rows as one group, which ends with the number of the last of them. */
static void group_put(struct place *place, const struct row *rows, size_t count)
{
    assert_int_equal(journal_begin(place->journal), ERR_OK);
    for (size_t index = 0; index < count; index++) {
        assert_int_equal(journal_put(place->journal, &rows[index]), ERR_OK);
    }
    place->stored = rows[count - 1].seq;
    assert_int_equal(journal_commit(place->journal, place->stored, scene_time_ms(place->stored)),
                     ERR_OK);
}

static void one_put(struct place *place, const struct row row)
{
    group_put(place, &row, 1);
}

static int line_add(void *context, int count, char **values, char **names)
{
    (void)names;
    struct bytes *out = context;
    for (int index = 0; index < count; index++) {
        const char *value = values[index] != NULL ? values[index] : "NULL";
        assert_int_equal(bytes_format(out, "%s%s", index > 0 ? "|" : "", value), ERR_OK);
    }
    assert_int_equal(bytes_append_text(out, TEXT("\n")), ERR_OK);
    return 0;
}

static void rows_expect(struct place *place, const char *select, const char *expected)
{
    sqlite3 *db = NULL;
    struct bytes out = {0};
    assert_int_equal(sqlite3_open(place_path(place, ""), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, select, line_add, &out, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    if (!text_equal(bytes_text(&out), text_of(expected))) {
        fail_msg("got  %.*s\nwant %s", (int)out.count, out.count > 0 ? out.data : "", expected);
    }
    bytes_finish(&out);
}

/* Whether the file holds the secret anywhere, also where nothing points to. */
static bool file_tells(struct place *place, const char *suffix)
{
    struct bytes content = {0};
    bool tells = place_read(place, suffix, &content) && content.count > 0 &&
                 memmem(content.data, content.count, SECRET, sizeof(SECRET) - 1) != NULL;
    bytes_finish(&content);
    return tells;
}

#define MESSAGES "SELECT seq, channel, nick, text, kind, tags FROM message ORDER BY seq"
#define EVENTS "SELECT seq, channel, nick, kind, reason, target, text FROM event ORDER BY id"

static void what_was_said_is_gone_from_the_file(void **state)
{
    struct place *place = *state;
    char longest[MESSAGE_BYTES_MAX];
    for (size_t index = 0; index < sizeof(longest); index++) {
        longest[index] = SECRET[index % 2];
    }
    struct row notice = message_of(2, TEXT("said " SECRET));
    notice.flags = MESSAGE_NOTICE;
    notice.extra = TEXT("+reply=" SECRET);
    place_open_well(place);
    one_put(place, message_of(1, TEXT("stays")));
    one_put(place, notice);
    one_put(place, message_of(3, (struct text){.data = longest, .count = sizeof(longest)}));
    one_put(place, message_of(4, TEXT(SECRET)));
    place_close(place);
    assert_true(file_tells(place, ""));
    place_open_well(place);
    one_put(place, redaction_of(5, 2));
    one_put(place, redaction_of(6, 3));
    one_put(place, redaction_of(7, 4));
    place_close(place);
    assert_false(file_tells(place, ""));
    assert_false(file_tells(place, "-wal"));
    rows_expect(place, MESSAGES,
                "1|#room|writer|stays|NULL|NULL\n"
                "2|#room|writer||notice|NULL\n"
                "3|#room|writer||NULL|NULL\n"
                "4|#room|writer||NULL|NULL\n");
    rows_expect(place, EVENTS,
                "5|#room|op|redacted|NULL|2|why\n"
                "6|#room|op|redacted|NULL|3|why\n"
                "7|#room|op|redacted|NULL|4|why\n");
    /* Every record matches its check sum. */
    place_open_well(place);
    assert_int_equal(place->problem.count, 0);
}

static void message_and_redaction_may_be_in_one_group(void **state)
{
    struct place *place = *state;
    place_open_well(place);
    const struct row rows[] = {message_of(1, TEXT(SECRET)), redaction_of(2, 1),
                               message_of(3, TEXT("stays"))};
    group_put(place, rows, 3);
    place_close(place);
    assert_false(file_tells(place, ""));
    rows_expect(place, MESSAGES, "1|#room|writer||NULL|NULL\n3|#room|writer|stays|NULL|NULL\n");
    place_open_well(place);
    assert_int_equal(place->problem.count, 0);
}

static void message_that_is_not_there_is_no_fault(void **state)
{
    struct place *place = *state;
    place_open_well(place);
    one_put(place, redaction_of(9, 4));
    place_close(place);
    rows_expect(place, MESSAGES, "");
    rows_expect(place, EVENTS, "9|#room|op|redacted|NULL|4|why\n");
    place_open_well(place);
    assert_int_equal(place->problem.count, 0);
}

static void group_that_is_given_up_takes_nothing_back(void **state)
{
    struct place *place = *state;
    const struct row redaction = redaction_of(2, 1);
    place_open_well(place);
    one_put(place, message_of(1, TEXT("stays")));
    assert_int_equal(journal_begin(place->journal), ERR_OK);
    assert_int_equal(journal_put(place->journal, &redaction), ERR_OK);
    journal_rollback(place->journal);
    place_close(place);
    rows_expect(place, MESSAGES, "1|#room|writer|stays|NULL|NULL\n");
    rows_expect(place, EVENTS, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(what_was_said_is_gone_from_the_file),
        PLACE_TEST(message_and_redaction_may_be_in_one_group),
        PLACE_TEST(message_that_is_not_there_is_no_fault),
        PLACE_TEST(group_that_is_given_up_takes_nothing_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
