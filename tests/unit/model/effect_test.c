/* Effects and rows come out of their packed forms as they went in. */
#include "model/effect.h"

#include "dies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* As aligned as a ring's record. */
static _Alignas(8) char packed[EFFECT_PACKED_BYTES_MAX + 8];

static char letters[MESSAGE_BYTES_MAX + 1];

static struct text letters_of(size_t bytes)
{
    memset(letters, 'x', sizeof(letters));
    return (struct text){letters, bytes};
}

/* Nothing beyond the told bytes was written. */
static void assert_untouched_from(size_t bytes)
{
    for (size_t i = bytes; i < sizeof(packed); i++) {
        assert_int_equal(packed[i], 0x5A);
    }
}

static void assert_effect_survives(const struct effect *effect)
{
    size_t bytes = effect_packed_bytes(effect);
    assert_true(bytes <= EFFECT_PACKED_BYTES_MAX);
    memset(packed, 0x5A, sizeof(packed));
    effect_pack(effect, packed);
    assert_untouched_from(bytes);
    struct effect out;
    effect_unpack(packed, &out);
    assert_int_equal(out.kind, effect->kind);
    assert_int_equal(out.refusal, effect->refusal);
    assert_int_equal(out.verdict, effect->verdict);
    assert_int_equal(out.command_kind, effect->command_kind);
    assert_int_equal(out.reason, effect->reason);
    assert_true(out.seq == effect->seq);
    assert_true(out.time_ms == effect->time_ms);
    assert_true(out.session == effect->session);
    assert_int_equal(out.origin.node, effect->origin.node);
    assert_int_equal(out.origin.worker, effect->origin.worker);
    assert_true(out.origin.connection == effect->origin.connection);
    assert_true(out.origin.label == effect->origin.label);
    assert_true(text_equal(out.nick, effect->nick));
    assert_true(text_equal(out.name, effect->name));
    assert_true(text_equal(out.text, effect->text));
    assert_int_equal(out.channel_count, effect->channel_count);
    assert_int_equal((uintptr_t)out.channels % _Alignof(struct effect_channel), 0);
    for (uint32_t i = 0; i < out.channel_count; i++) {
        assert_true(out.channels[i].id == effect->channels[i].id);
        assert_int_equal(out.channels[i].member_count, effect->channels[i].member_count);
    }
}

static void every_field_of_an_effect_comes_back(void **state)
{
    (void)state;
    const struct effect_channel channels[] = {{.id = UINT64_MAX, .member_count = UINT32_MAX},
                                              {.id = 2, .member_count = 1}};
    struct effect effect = {
        .kind = EFFECT_CLOSED,
        .refusal = REFUSAL_NAME_LOOKS_LIKE,
        .verdict = 9,
        .command_kind = COMMAND_JOIN,
        .reason = LEAVE_VANISHED,
        .seq = UINT64_MAX,
        .time_ms = INT64_MIN,
        .session = 3,
        .origin = {.node = 4, .worker = 5, .connection = 6, .label = 7},
        .nick = TEXT("user1"),
        .name = TEXT("#마당"),
        .text = TEXT("안녕"),
        .channels = channels,
        .channel_count = 2,
    };
    assert_effect_survives(&effect);
}

static void effect_with_nothing_in_it_is_fine(void **state)
{
    (void)state;
    struct effect effect = {.kind = EFFECT_PONG};
    assert_effect_survives(&effect);
}

static void largest_effect_fits_its_bound(void **state)
{
    (void)state;
    struct effect_channel channels[CHANNELS_PER_SESSION_MAX] = {0};
    for (uint32_t i = 0; i < CHANNELS_PER_SESSION_MAX; i++) {
        channels[i] = (struct effect_channel){.id = i, .member_count = i + 1};
    }
    struct effect effect = {
        .kind = EFFECT_CLOSED,
        .nick = letters_of(NAME_BYTES_MAX),
        .name = letters_of(CHANNEL_BYTES_MAX),
        .text = letters_of(MESSAGE_BYTES_MAX),
        .channels = channels,
        .channel_count = CHANNELS_PER_SESSION_MAX,
    };
    assert_effect_survives(&effect);
}

static void assert_row_survives(const struct row *row)
{
    size_t bytes = row_packed_bytes(row);
    assert_true(bytes <= ROW_PACKED_BYTES_MAX);
    memset(packed, 0x5A, sizeof(packed));
    row_pack(row, packed);
    assert_untouched_from(bytes);
    struct row out;
    row_unpack(packed, &out);
    assert_int_equal(out.kind, row->kind);
    assert_int_equal(out.reason, row->reason);
    assert_true(out.seq == row->seq);
    assert_true(out.time_ms == row->time_ms);
    assert_true(text_equal(out.channel, row->channel));
    assert_true(text_equal(out.nick, row->nick));
    assert_true(text_equal(out.text, row->text));
}

static void every_field_of_a_row_comes_back(void **state)
{
    (void)state;
    struct row row = {
        .kind = ROW_CLOSED,
        .reason = LEAVE_FLOOD,
        .seq = UINT64_MAX,
        .time_ms = -1,
        .channel = TEXT("#마당"),
        .nick = TEXT("user1"),
        .text = TEXT("with a \0 in it"),
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
        .channel = letters_of(CHANNEL_BYTES_MAX),
        .nick = letters_of(NAME_BYTES_MAX),
        .text = letters_of(MESSAGE_BYTES_MAX),
    };
    assert_row_survives(&row);
}

static void pack_effect(void *context)
{
    effect_pack(context, packed);
}

static void pack_row(void *context)
{
    row_pack(context, packed);
}

static void larger_than_the_largest_is_a_fault_of_the_program(void **state)
{
    (void)state;
    struct effect effects[] = {
        {.kind = EFFECT_OPENED, .nick = letters_of(NAME_BYTES_MAX + 1)},
        {.kind = EFFECT_JOINED, .name = letters_of(CHANNEL_BYTES_MAX + 1)},
        {.kind = EFFECT_MESSAGE, .text = letters_of(MESSAGE_BYTES_MAX + 1)},
        {.kind = EFFECT_CLOSED, .channel_count = CHANNELS_PER_SESSION_MAX + 1},
    };
    for (size_t i = 0; i < sizeof(effects) / sizeof(effects[0]); i++) {
        assert_dies(pack_effect, &effects[i]);
    }
    struct row rows[] = {
        {.kind = ROW_MESSAGE, .nick = letters_of(NAME_BYTES_MAX + 1)},
        {.kind = ROW_MESSAGE, .channel = letters_of(CHANNEL_BYTES_MAX + 1)},
        {.kind = ROW_MESSAGE, .text = letters_of(MESSAGE_BYTES_MAX + 1)},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_dies(pack_row, &rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_an_effect_comes_back),
        cmocka_unit_test(effect_with_nothing_in_it_is_fine),
        cmocka_unit_test(largest_effect_fits_its_bound),
        cmocka_unit_test(every_field_of_a_row_comes_back),
        cmocka_unit_test(row_with_nothing_in_it_is_fine),
        cmocka_unit_test(largest_row_fits_its_bound),
        cmocka_unit_test(larger_than_the_largest_is_a_fault_of_the_program),
    };
    return cmocka_run_group_tests_name("effect", tests, NULL, NULL);
}
