/* The state that a start reads: what was put last and not dropped since, and nothing that is not as
 * it was put. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "place.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

/* Puts rows as one group, with the next number. */
static void rows_put(struct place *place, const struct row *rows, size_t count)
{
    uint64_t seq = ++place->stored;
    assert_int_equal(journal_begin(place->journal), ERR_OK);
    for (size_t index = 0; index < count; index++) {
        struct row row = rows[index];
        row.seq = seq;
        row.time_ms = scene_time_ms(seq);
        assert_int_equal(journal_put(place->journal, &row), ERR_OK);
    }
    assert_int_equal(journal_commit(place->journal, seq, scene_time_ms(seq)), ERR_OK);
}

#define PUT(place, ...)                                                                            \
    do {                                                                                           \
        const struct row rows[] = {__VA_ARGS__};                                                   \
        rows_put(place, rows, sizeof(rows) / sizeof(rows[0]));                                     \
    } while (0)

static void row_note(void *context, const struct row *row)
{
    struct bytes *out = context;
    static const char *const words[] = {
        [ROW_CHANNEL - ROW_STATE_FIRST] = "channel",
        [ROW_MASK - ROW_STATE_FIRST] = "mask",
        [ROW_METADATA - ROW_STATE_FIRST] = "metadata",
        [ROW_BAN - ROW_STATE_FIRST] = "ban",
    };
    assert_true(row->kind >= ROW_STATE_FIRST && row->kind < ROW_KIND_COUNT);
    assert_int_equal(row->time_ms, scene_time_ms(row->seq));
    const struct text texts[] = {row->channel, row->nick, row->text, row->extra};
    assert_int_equal(bytes_format(out, "%s", words[row->kind - ROW_STATE_FIRST]), ERR_OK);
    for (size_t index = 0; index < 4; index++) {
        assert_int_equal(bytes_append_text(out, TEXT("|")), ERR_OK);
        assert_int_equal(text_append_visible(out, texts[index]), ERR_OK);
    }
    assert_int_equal(bytes_format(out, "|%lld\n", (long long)row->number), ERR_OK);
}

/* What a start reads, one line a row: kind, channel, nick, text, extra, number. */
static void load_expect(struct place *place, const char *expected)
{
    struct bytes out = {0};
    assert_int_equal(journal_load(place->journal, row_note, &out), ERR_OK);
    if (!text_equal(bytes_text(&out), text_of(expected))) {
        fail_msg("got  %.*s\nwant %s", (int)out.count, out.count > 0 ? out.data : "", expected);
    }
    bytes_finish(&out);
}

static void reopen(struct place *place)
{
    place_close(place);
    place_open_well(place);
}

/* Runs SQL on the store's file through SQLite itself. */
static void sql_run(struct place *place, const char *text)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(place_path(place, ""), &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK) {
        fail_msg("%s", sqlite3_errmsg(db));
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* As TEXT(), for what is initialised at compile time. */
#define T(literal)                                                                                 \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }
static const struct row room = {.kind = ROW_CHANNEL,
                                .channel = T("#room"),
                                .nick = T("op"),
                                .text = T("the topic"),
                                .extra = T("+ntl 5"),
                                .number = 1234};
static const struct row mask = {.kind = ROW_MASK,
                                .channel = T("#room"),
                                .nick = T("op"),
                                .extra = T("b *!*@host"),
                                .number = 99};
static const struct row metadata = {
    .kind = ROW_METADATA, .channel = T("#room"), .text = T("blue"), .extra = T("color")};
static const struct row ban = {.kind = ROW_BAN,
                               .nick = T("oper"),
                               .text = T("spam"),
                               .extra = T("*!*@10.0.0.0/8"),
                               .number = 5555};

#define ROOM_LINES                                                                                 \
    "channel|#room|op|the topic|+ntl 5|1234\n"                                                     \
    "mask|#room|op||b *!*@host|99\n"                                                               \
    "metadata|#room||blue|color|0\n"

static struct row changed(struct row row, struct text channel, struct text extra)
{
    row.channel = channel;
    row.extra = extra;
    return row;
}

static void new_store_has_no_state(void **state)
{
    struct place *place = *state;
    place_open_well(place);
    load_expect(place, "");
}

static void what_was_put_is_read_at_the_next_start(void **state)
{
    struct place *place = *state;
    place_open_well(place);
    PUT(place, ban, metadata, mask, room);
    load_expect(place, ROOM_LINES "ban||oper|spam|*!*@10.0.0.0/8|5555\n");
    reopen(place);
    assert_int_equal(place->problem.count, 0);
    load_expect(place, ROOM_LINES "ban||oper|spam|*!*@10.0.0.0/8|5555\n");
}

static void each_channel_comes_before_what_belongs_to_it(void **state)
{
    struct place *place = *state;
    place_open_well(place);
    PUT(place, changed(mask, TEXT("#b"), TEXT("e x!*@*")), changed(mask, TEXT("#a"), TEXT("I y")),
        changed(mask, TEXT("#a"), TEXT("b z")), changed(room, TEXT("#b"), TEXT("+s")),
        changed(room, TEXT("#a"), TEXT("+n")), changed(metadata, TEXT("#a"), TEXT("k2")),
        changed(metadata, TEXT("#a"), TEXT("k1")));
    load_expect(place, "channel|#a|op|the topic|+n|1234\n"
                       "mask|#a|op||I y|99\n"
                       "mask|#a|op||b z|99\n"
                       "metadata|#a||blue|k1|0\n"
                       "metadata|#a||blue|k2|0\n"
                       "channel|#b|op|the topic|+s|1234\n"
                       "mask|#b|op||e x!*@*|99\n");
}

static void put_replaces(void **state)
{
    struct place *place = *state;
    place_open_well(place);
    PUT(place, room, mask, metadata, ban);
    struct row other = room;
    other.text = TEXT("");
    other.nick = TEXT("");
    other.number = 0;
    PUT(place, other);
    other = mask;
    other.nick = TEXT("op2");
    PUT(place, other);
    other = metadata;
    other.text = TEXT("red");
    PUT(place, other);
    other = ban;
    other.text = TEXT("again");
    other.number = 0;
    PUT(place, other);
    reopen(place);
    load_expect(place, "channel|#room|||+ntl 5|0\n"
                       "mask|#room|op2||b *!*@host|99\n"
                       "metadata|#room||red|color|0\n"
                       "ban||oper|again|*!*@10.0.0.0/8|0\n");
}

static void drop_removes_and_needs_nothing_there(void **state)
{
    struct place *place = *state;
    place_open_well(place);
    struct row drops[] = {mask, metadata, ban};
    drops[0].kind = ROW_MASK_DROP;
    drops[1].kind = ROW_METADATA_DROP;
    drops[2].kind = ROW_BAN_DROP;
    rows_put(place, drops, 3);
    PUT(place, room, mask, changed(mask, TEXT("#room"), TEXT("e *!*@host")), metadata, ban);
    rows_put(place, drops, 3);
    load_expect(place, "channel|#room|op|the topic|+ntl 5|1234\n"
                       "mask|#room|op||e *!*@host|99\n");
}

static void dropped_channel_takes_its_own_with_it(void **state)
{
    struct place *place = *state;
    place_open_well(place);
    PUT(place, room, mask, metadata, changed(room, TEXT("#a"), TEXT("+n")),
        changed(mask, TEXT("#a"), TEXT("b x")));
    PUT(place, {.kind = ROW_CHANNEL_DROP, .channel = TEXT("#room")});
    load_expect(place, "channel|#a|op|the topic|+n|1234\nmask|#a|op||b x|99\n");
    /* One of the same name begins anew. */
    PUT(place, room);
    load_expect(place, "channel|#a|op|the topic|+n|1234\nmask|#a|op||b x|99\n"
                       "channel|#room|op|the topic|+ntl 5|1234\n");
}

static void group_that_is_given_up_changes_no_state(void **state)
{
    struct place *place = *state;
    place_open_well(place);
    PUT(place, room, mask);
    struct row drop = {.kind = ROW_CHANNEL_DROP, .seq = 2, .channel = TEXT("#room")};
    assert_int_equal(journal_begin(place->journal), ERR_OK);
    assert_int_equal(journal_put(place->journal, &drop), ERR_OK);
    journal_rollback(place->journal);
    load_expect(place, "channel|#room|op|the topic|+ntl 5|1234\nmask|#room|op||b *!*@host|99\n");
}

static void texts_of_state_are_data(void **state)
{
    struct place *place = *state;
    struct row odd = room;
    odd.channel = TEXT("#'\";--%_\\");
    odd.text = TEXT("'; DROP TABLE channel;--\0\x1b");
    place_open_well(place);
    PUT(place, odd, changed(mask, odd.channel, TEXT("b ';--")));
    load_expect(place, "channel|#'\";--%_\\|op|'; DROP TABLE channel;--^@^[|+ntl 5|1234\n"
                       "mask|#'\";--%_\\|op||b ';--|99\n");
}

static void longest_rows_of_state_come_back(void **state)
{
    struct place *place = *state;
    static char letters[MESSAGE_BYTES_MAX];
    struct bytes out = {0};
    memset(letters, 'x', sizeof(letters));
    struct row long_mask = mask;
    char extra[MASK_BYTES_MAX + 2];
    memset(extra, 'm', sizeof(extra));
    extra[1] = ' ';
    long_mask.extra = (struct text){extra, sizeof(extra)};
    long_mask.nick = (struct text){letters, NAME_BYTES_MAX};
    long_mask.channel = (struct text){letters, CHANNEL_BYTES_MAX};
    struct row long_room = room;
    long_room.channel = long_mask.channel;
    long_room.text = (struct text){letters, sizeof(letters)};
    place_open_well(place);
    PUT(place, long_room, long_mask);
    reopen(place);
    assert_int_equal(place->problem.count, 0);
    assert_int_equal(journal_load(place->journal, row_note, &out), ERR_OK);
    assert_true(out.count > sizeof(letters) + sizeof(extra) + 2 * CHANNEL_BYTES_MAX);
    bytes_finish(&out);
}

/* Each record of state that is not as it was put is named, and left out with what belongs to it. */
static void damaged_state_is_named_and_left_out(void **state)
{
    struct place *place = *state;
    static const struct {
        const char *sql;
        const char *name;
        const char *left;
    } damages[] = {
        {"UPDATE channel SET topic = 'another' WHERE name = '#room'",
         "table channel, record #room:",
         "channel|#a|op|the topic|+n|1234\nban||oper|spam|x|5555\n"},
        {"UPDATE channel SET modes = '+o' WHERE name = '#a'",
         "table channel, record #a:", ROOM_LINES "ban||oper|spam|x|5555\n"},
        {"UPDATE channel_mask SET mask = 'any' || char(27)",
         "table channel_mask, record #room b any^[:",
         "channel|#a|op|the topic|+n|1234\n"
         "channel|#room|op|the topic|+ntl 5|1234\nmetadata|#room||blue|color|0\n"
         "ban||oper|spam|x|5555\n"},
        {"UPDATE channel_mask SET list = 'bb'", "table channel_mask, record #room bb *!*@host:",
         "channel|#a|op|the topic|+n|1234\n"
         "channel|#room|op|the topic|+ntl 5|1234\nmetadata|#room||blue|color|0\n"
         "ban||oper|spam|x|5555\n"},
        {"UPDATE channel_metadata SET value = 'bleu'",
         "table channel_metadata, record #room color:",
         "channel|#a|op|the topic|+n|1234\n"
         "channel|#room|op|the topic|+ntl 5|1234\nmask|#room|op||b *!*@host|99\n"
         "ban||oper|spam|x|5555\n"},
        {"UPDATE server_ban SET until_time_ms = 0",
         "table server_ban, record x:", "channel|#a|op|the topic|+n|1234\n" ROOM_LINES},
    };
    for (size_t index = 0; index < sizeof(damages) / sizeof(damages[0]); index++) {
        place_open_well(place);
        PUT(place, changed(room, TEXT("#a"), TEXT("+n")), room, mask, metadata,
            changed(ban, TEXT(""), TEXT("x")));
        place_close(place);
        sql_run(place, damages[index].sql);
        place_open_well(place);
        if (strstr(place_problem(place), damages[index].name) == NULL) {
            fail_msg("it says: %s", place_problem(place));
        }
        load_expect(place, damages[index].left);
        PUT(place, {.kind = ROW_CHANNEL_DROP, .channel = TEXT("#room")},
            {.kind = ROW_CHANNEL_DROP, .channel = TEXT("#a")},
            {.kind = ROW_BAN_DROP, .extra = TEXT("x")});
        place_close(place);
        sql_run(place, "DELETE FROM channel_mask");
    }
}

/* A record with the right sum and more than a row holds was put by somebody else. */
static void state_beyond_its_bounds_is_left_out(void **state)
{
    struct place *place = *state;
    place_open_well(place);
    PUT(place, room);
    place_close(place);
    sql_run(place, "UPDATE channel SET topic = printf('%.*c', 5000, 'x')");
    place->options.check_bytes_max = 1;
    place_open_well(place);
    assert_non_null(strstr(place_problem(place), "table channel, record #room"));
    load_expect(place, "");
}

static void several_lines_are_kept_without_the_seams_of_their_pieces(void **state)
{
    struct place *place = *state;
    place_open_well(place);
    PUT(place, {.kind = ROW_MESSAGE,
                .flags = MESSAGE_MULTILINE,
                .channel = TEXT("#room"),
                .nick = TEXT("user1"),
                .text = TEXT("one\ntwo\0 and more\0")});
    place_close(place);
    place_open_well(place);
    assert_int_equal(place->problem.count, 0);
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(place_path(place, ""), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT text FROM message", -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_int_equal(sqlite3_column_bytes(statement, 0), strlen("one\ntwo and more"));
    assert_string_equal(sqlite3_column_text(statement, 0), "one\ntwo and more");
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(new_store_has_no_state),
        PLACE_TEST(what_was_put_is_read_at_the_next_start),
        PLACE_TEST(each_channel_comes_before_what_belongs_to_it),
        PLACE_TEST(put_replaces),
        PLACE_TEST(drop_removes_and_needs_nothing_there),
        PLACE_TEST(dropped_channel_takes_its_own_with_it),
        PLACE_TEST(group_that_is_given_up_changes_no_state),
        PLACE_TEST(texts_of_state_are_data),
        PLACE_TEST(longest_rows_of_state_come_back),
        PLACE_TEST(damaged_state_is_named_and_left_out),
        PLACE_TEST(state_beyond_its_bounds_is_left_out),
        PLACE_TEST(several_lines_are_kept_without_the_seams_of_their_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
