/* The check sum of a record notices every flipped bit, and means the same for ever. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "journal/row_sum.h"

#include <string.h>

static struct row example(void)
{
    return (struct row){.kind = ROW_MESSAGE,
                        .seq = 1234,
                        .time_ms = 1700000000123,
                        .channel = TEXT("#madang"),
                        .nick = TEXT("user1"),
                        .text = TEXT("안녕하세요, 0123456789")};
}

/* Stores that exist carry these. */
static void sums_never_change(void **state)
{
    (void)state;
    struct row row = example();
    const int64_t numbers[] = {1, -2, 3};
    assert_true(row_sum(&row) == INT64_C(7116440451356658473));
    row.kind = ROW_JOINED;
    row.text = TEXT_NONE;
    assert_true(row_sum(&row) == INT64_C(7405067497920667301));
    row.kind = ROW_CLOSED;
    row.reason = LEAVE_VANISHED;
    assert_true(row_sum(&row) == INT64_C(2943272286100574392));
    assert_true(numbers_sum(numbers, 3) == INT64_C(3760545033505391406));
}

static void text_flips_are_noticed(struct row *row, struct text *field)
{
    char copy[64];
    int64_t sum = row_sum(row);
    struct text before = *field;
    assert_in_range(before.count, 1, sizeof(copy));
    memcpy(copy, before.data, before.count);
    field->data = copy;
    for (size_t bit = 0; bit < before.count * 8; bit++) {
        copy[bit / 8] ^= (char)(1 << bit % 8);
        assert_true(row_sum(row) != sum);
        copy[bit / 8] ^= (char)(1 << bit % 8);
    }
    /* Shorter by one, too. */
    field->count--;
    assert_true(row_sum(row) != sum);
    *field = before;
}

static void every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    struct row row = example();
    int64_t sum = row_sum(&row);
    text_flips_are_noticed(&row, &row.channel);
    text_flips_are_noticed(&row, &row.nick);
    text_flips_are_noticed(&row, &row.text);
    row.extra = TEXT("+draft/react=x");
    text_flips_are_noticed(&row, &row.extra);
    row.extra = TEXT_NONE;
    assert_true(row_sum(&row) == sum);
    for (int bit = 0; bit < 64; bit++) {
        row.seq ^= UINT64_C(1) << bit;
        assert_true(row_sum(&row) != sum);
        row.seq ^= UINT64_C(1) << bit;
        row.time_ms = (int64_t)((uint64_t)row.time_ms ^ UINT64_C(1) << bit);
        assert_true(row_sum(&row) != sum);
        row.time_ms = (int64_t)((uint64_t)row.time_ms ^ UINT64_C(1) << bit);
    }
    assert_true(row_sum(&row) == sum);
}

static void what_a_message_is_counts(void **state)
{
    (void)state;
    static const uint32_t kinds[] = {0, MESSAGE_NOTICE, MESSAGE_TAGMSG};
    struct row row = example();
    int64_t sums[3];
    for (size_t index = 0; index < 3; index++) {
        row.flags = kinds[index];
        sums[index] = row_sum(&row);
        /* Whether it has several lines is seen from its text. */
        row.flags |= MESSAGE_MULTILINE;
        assert_true(row_sum(&row) == sums[index]);
    }
    assert_true(sums[0] != sums[1] && sums[1] != sums[2] && sums[0] != sums[2]);
}

static void every_field_of_events_and_state_counts(void **state)
{
    (void)state;
    static const enum row_kind kinds[] = {ROW_KICKED, ROW_RENAMED, ROW_CHANNEL, ROW_MASK, ROW_BAN};
    for (size_t index = 0; index < sizeof(kinds) / sizeof(kinds[0]); index++) {
        struct row row = example();
        row.kind = kinds[index];
        row.extra = TEXT("b *!*@host");
        row.number = 77;
        int64_t sum = row_sum(&row);
        text_flips_are_noticed(&row, &row.channel);
        text_flips_are_noticed(&row, &row.nick);
        text_flips_are_noticed(&row, &row.text);
        text_flips_are_noticed(&row, &row.extra);
        row.number = 78;
        assert_true((row_sum(&row) != sum) == (row.kind >= ROW_STATE_FIRST));
        row.number = 77;
        row.kind = ROW_TOPIC;
        assert_true(row_sum(&row) != sum);
    }
}

static void text_that_moves_between_fields_is_noticed(void **state)
{
    (void)state;
    struct row row = example();
    row.channel = TEXT("#a");
    row.nick = TEXT("bc");
    int64_t sum = row_sum(&row);
    row.channel = TEXT("#ab");
    row.nick = TEXT("c");
    assert_true(row_sum(&row) != sum);
}

static void words_go_both_ways(void **state)
{
    (void)state;
    for (enum row_kind kind = ROW_JOINED; kind <= ROW_REDACTED; kind++) {
        assert_int_equal(row_kind_of_word(text_of(row_kind_word(kind))), kind);
    }
    for (enum leave_reason reason = LEAVE_QUIT; reason <= LEAVE_KILLED; reason++) {
        assert_int_equal(leave_reason_of_word(text_of(leave_reason_word(reason))), reason);
    }
    assert_int_equal(row_kind_of_word(TEXT("message")), ROW_NONE);
    assert_int_equal(row_kind_of_word(TEXT_NONE), ROW_NONE);
    assert_int_equal(leave_reason_of_word(TEXT("joine")), 0);
    assert_null(row_kind_word(ROW_MESSAGE));
    assert_null(leave_reason_word(0));
    assert_int_equal(message_kind_of_word(text_of(message_kind_word(MESSAGE_NOTICE))),
                     MESSAGE_NOTICE);
    assert_int_equal(message_kind_of_word(text_of(message_kind_word(MESSAGE_TAGMSG))),
                     MESSAGE_TAGMSG);
    assert_int_equal(message_kind_of_word(TEXT("privmsg")), 0);
    assert_null(message_kind_word(0));
    assert_null(message_kind_word(MESSAGE_MULTILINE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_never_change),
        cmocka_unit_test(every_flipped_bit_is_noticed),
        cmocka_unit_test(what_a_message_is_counts),
        cmocka_unit_test(every_field_of_events_and_state_counts),
        cmocka_unit_test(text_that_moves_between_fields_is_noticed),
        cmocka_unit_test(words_go_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
