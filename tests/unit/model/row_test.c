/* A row comes out of its packed form as it went in. */
#include "model/row.h"

#include "dies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* As aligned as a ring's record. */
static _Alignas(8) char packed[ROW_PACKED_BYTES_MAX + 8];

static char letters[MESSAGE_BYTES_MAX + 1];

static struct text letters_of(size_t bytes)
{
    memset(letters, 'x', sizeof(letters));
    return (struct text){letters, bytes};
}

static void assert_row_survives(const struct row *row)
{
    size_t bytes = row_packed_bytes(row);
    assert_true(bytes <= ROW_PACKED_BYTES_MAX);
    memset(packed, 0x5A, sizeof(packed));
    row_pack(row, packed);
    /* Nothing beyond the told bytes was written. */
    for (size_t i = bytes; i < sizeof(packed); i++) {
        assert_int_equal(packed[i], 0x5A);
    }
    struct row out;
    row_unpack(packed, &out);
    assert_int_equal(out.kind, row->kind);
    assert_int_equal(out.reason, row->reason);
    assert_int_equal(out.flags, row->flags);
    assert_true(out.seq == row->seq);
    assert_true(out.time_ms == row->time_ms);
    assert_true(out.number == row->number);
    assert_true(text_equal(out.channel, row->channel));
    assert_true(text_equal(out.nick, row->nick));
    assert_true(text_equal(out.text, row->text));
    assert_true(text_equal(out.extra, row->extra));
}

static void every_field_of_a_row_comes_back(void **state)
{
    (void)state;
    struct row row = {
        .kind = ROW_BAN_DROP,
        .reason = LEAVE_KILLED,
        .flags = UINT32_MAX,
        .seq = UINT64_MAX,
        .time_ms = -1,
        .number = INT64_MIN,
        .channel = TEXT("#마당"),
        .nick = TEXT("user1"),
        .text = TEXT("with a \0 in it"),
        .extra = TEXT("b *!*@host"),
    };
    assert_row_survives(&row);
}

static void row_with_nothing_in_it_is_fine(void **state)
{
    (void)state;
    struct row row = {.kind = ROW_NONE, .seq = 1};
    assert_row_survives(&row);
}

static void largest_row_fits_its_bound(void **state)
{
    (void)state;
    struct row row = {
        .kind = ROW_MESSAGE,
        .channel = letters_of(COMMAND_NAME_BYTES_MAX),
        .nick = letters_of(NAME_BYTES_MAX),
        .text = letters_of(MESSAGE_BYTES_MAX),
        .extra = letters_of(IRC_TAGS_BYTES_MAX),
    };
    assert_row_survives(&row);
}

static void pack(void *context)
{
    row_pack(context, packed);
}

static void larger_than_the_largest_is_a_fault_of_the_program(void **state)
{
    (void)state;
    struct row rows[] = {
        {.kind = ROW_MESSAGE, .nick = letters_of(NAME_BYTES_MAX + 1)},
        {.kind = ROW_MESSAGE, .channel = letters_of(COMMAND_NAME_BYTES_MAX + 1)},
        {.kind = ROW_MESSAGE, .text = letters_of(MESSAGE_BYTES_MAX + 1)},
        {.kind = ROW_MESSAGE, .extra = letters_of(IRC_TAGS_BYTES_MAX + 1)},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_dies(pack, &rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_a_row_comes_back),
        cmocka_unit_test(row_with_nothing_in_it_is_fine),
        cmocka_unit_test(largest_row_fits_its_bound),
        cmocka_unit_test(larger_than_the_largest_is_a_fault_of_the_program),
    };
    return cmocka_run_group_tests_name("row", tests, NULL, NULL);
}
