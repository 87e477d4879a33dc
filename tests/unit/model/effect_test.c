/* Effects come out of their packed form as they went in. */
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

static char letters[REPLIES_BYTES_MAX + 1];

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

static void assert_same_person(const struct person *a, const struct person *b)
{
    assert_true(a->session == b->session);
    assert_true(a->connection == b->connection);
    assert_int_equal(a->node, b->node);
    assert_int_equal(a->worker, b->worker);
    assert_int_equal(a->flags, b->flags);
    assert_true(text_equal(a->nick, b->nick));
    assert_true(text_equal(a->user, b->user));
    assert_true(text_equal(a->host, b->host));
    assert_true(text_equal(a->account, b->account));
    assert_true(text_equal(a->realname, b->realname));
}

static void assert_same_lists(const struct effect *a, const struct effect *b)
{
    assert_int_equal(a->channel_count, b->channel_count);
    assert_int_equal((uintptr_t)a->channels % _Alignof(struct effect_channel), 0);
    for (uint32_t i = 0; i < a->channel_count; i++) {
        assert_true(a->channels[i].id == b->channels[i].id);
        assert_int_equal(a->channels[i].member_count, b->channels[i].member_count);
    }
    assert_int_equal(a->rank_count, b->rank_count);
    assert_int_equal((uintptr_t)a->ranks % _Alignof(struct effect_rank), 0);
    for (uint32_t i = 0; i < a->rank_count; i++) {
        assert_true(a->ranks[i].connection == b->ranks[i].connection);
        assert_int_equal(a->ranks[i].node, b->ranks[i].node);
        assert_int_equal(a->ranks[i].worker, b->ranks[i].worker);
        assert_int_equal(a->ranks[i].rank, b->ranks[i].rank);
    }
}

static struct effect pack_and_unpack(const struct effect *effect)
{
    size_t bytes = effect_packed_bytes(effect);
    assert_true(bytes <= EFFECT_PACKED_BYTES_MAX);
    memset(packed, 0x5A, sizeof(packed));
    effect_pack(effect, packed);
    assert_untouched_from(bytes);
    struct effect out;
    effect_unpack(packed, &out);
    return out;
}

static void assert_effect_survives(const struct effect *effect)
{
    struct effect out = pack_and_unpack(effect);
    assert_int_equal(out.kind, effect->kind);
    assert_int_equal(out.refusal, effect->refusal);
    assert_int_equal(out.verdict, effect->verdict);
    assert_int_equal(out.command_kind, effect->command_kind);
    assert_int_equal(out.reason, effect->reason);
    assert_int_equal(out.flags, effect->flags);
    assert_int_equal(out.rank, effect->rank);
    assert_true(out.seq == effect->seq);
    assert_true(effect_packed_seq(packed) == effect->seq);
    assert_true(out.time_ms == effect->time_ms);
    assert_int_equal(out.origin.node, effect->origin.node);
    assert_int_equal(out.origin.worker, effect->origin.worker);
    assert_true(out.origin.connection == effect->origin.connection);
    assert_true(out.origin.label == effect->origin.label);
    assert_int_equal(out.done, effect->done);
    assert_true(out.more == effect->more);
    assert_same_person(&out.who, &effect->who);
    assert_same_person(&out.target, &effect->target);
    assert_true(text_equal(out.name, effect->name));
    assert_true(text_equal(out.text, effect->text));
    assert_true(text_equal(out.extra, effect->extra));
    assert_same_lists(&out, effect);
}

static struct person person_whole(uint64_t session)
{
    return (struct person){.session = session,
                           .connection = UINT64_MAX - session,
                           .node = 8,
                           .worker = 9,
                           .flags = PERSON_OPERATOR | PERSON_REGISTERED_ONLY,
                           .nick = TEXT("user1"),
                           .user = TEXT("~user"),
                           .host = TEXT("host.example"),
                           .account = TEXT("account"),
                           .realname = TEXT("Real Name")};
}

static void every_field_of_an_effect_comes_back(void **state)
{
    (void)state;
    const struct effect_channel channels[] = {{.id = UINT64_MAX, .member_count = UINT32_MAX},
                                              {.id = 2, .member_count = 1}};
    const struct effect_rank ranks[] = {
        {.connection = 1, .node = 2, .worker = 3, .rank = RANK_FOUNDER},
        {.connection = UINT64_MAX, .node = 5, .worker = 6, .rank = 0}};
    struct effect effect = {
        .kind = EFFECT_CLOSED,
        .refusal = REFUSAL_NAME_LOOKS_LIKE,
        .verdict = 9,
        .command_kind = COMMAND_JOIN,
        .reason = LEAVE_VANISHED,
        .flags = UINT32_MAX,
        .rank = RANK_FOUNDER | RANK_VOICE,
        .seq = UINT64_MAX,
        .time_ms = INT64_MIN,
        .origin = {.node = 4, .worker = 5, .connection = 6, .label = 7},
        .done = true,
        .more = UINT64_MAX,
        .who = person_whole(3),
        .target = person_whole(4),
        .name = TEXT("#마당"),
        .text = TEXT("안녕"),
        .extra = TEXT("+a=b"),
        .channels = channels,
        .ranks = ranks,
        .channel_count = 2,
        .rank_count = 2,
    };
    assert_effect_survives(&effect);
    effect.target.nick = TEXT("other");
    assert_effect_survives(&effect);
}

static void effect_with_nothing_in_it_is_fine(void **state)
{
    (void)state;
    struct effect effect = {.kind = EFFECT_PONG};
    assert_effect_survives(&effect);
}

static void target_without_who_is_fine(void **state)
{
    (void)state;
    struct effect effect = {.kind = EFFECT_INVITED, .target = person_whole(1)};
    assert_effect_survives(&effect);
}

static void largest_effect_fits_its_bound(void **state)
{
    (void)state;
    struct effect_channel channels[CHANNELS_PER_SESSION_MAX] = {0};
    struct effect_rank ranks[MODES_PER_COMMAND_MAX] = {0};
    for (uint32_t i = 0; i < CHANNELS_PER_SESSION_MAX; i++) {
        channels[i] = (struct effect_channel){.id = i, .member_count = i + 1};
    }
    for (uint32_t i = 0; i < MODES_PER_COMMAND_MAX; i++) {
        ranks[i] = (struct effect_rank){.connection = i, .rank = i};
    }
    struct person person = {.session = 1,
                            .nick = letters_of(NAME_BYTES_MAX),
                            .user = letters_of(USER_BYTES_MAX),
                            .host = letters_of(HOST_BYTES_MAX),
                            .account = letters_of(NAME_BYTES_MAX),
                            .realname = letters_of(REALNAME_BYTES_MAX)};
    struct effect effect = {
        .kind = EFFECT_REPLIES,
        .who = person,
        .target = person,
        .name = letters_of(COMMAND_NAME_BYTES_MAX),
        .text = letters_of(REPLIES_BYTES_MAX),
        .extra = letters_of(IRC_TAGS_BYTES_MAX),
        .channels = channels,
        .ranks = ranks,
        .channel_count = CHANNELS_PER_SESSION_MAX,
        .rank_count = MODES_PER_COMMAND_MAX,
    };
    assert_effect_survives(&effect);
}

static void packed_effect_is_finished_where_it_stands(void **state)
{
    (void)state;
    struct effect effect = {.kind = EFFECT_JOINED, .seq = 7, .who = person_whole(3)};
    struct effect out = pack_and_unpack(&effect);
    assert_false(out.done);
    effect_packed_finish(packed, 0);
    effect_unpack(packed, &out);
    assert_true(out.done);
    assert_true(out.more == 0);
    effect_packed_finish(packed, 99);
    effect_unpack(packed, &out);
    assert_true(out.done);
    assert_true(out.more == 99);
    assert_true(out.seq == 7);
    assert_same_person(&out.who, &effect.who);
}

static void pack_effect(void *context)
{
    effect_pack(context, packed);
}

static void larger_than_the_largest_is_a_fault_of_the_program(void **state)
{
    (void)state;
    struct effect effects[] = {
        {.kind = EFFECT_OPENED, .who = {.nick = letters_of(NAME_BYTES_MAX + 1)}},
        {.kind = EFFECT_OPENED, .who = {.session = 1, .user = letters_of(USER_BYTES_MAX + 1)}},
        {.kind = EFFECT_OPENED, .who = {.session = 1, .host = letters_of(HOST_BYTES_MAX + 1)}},
        {.kind = EFFECT_OPENED, .target = {.nick = letters_of(NAME_BYTES_MAX + 1)}},
        {.kind = EFFECT_JOINED, .name = letters_of(COMMAND_NAME_BYTES_MAX + 1)},
        {.kind = EFFECT_MESSAGE, .text = letters_of(MESSAGE_BYTES_MAX + 1)},
        {.kind = EFFECT_MESSAGE, .extra = letters_of(IRC_TAGS_BYTES_MAX + 1)},
        {.kind = EFFECT_REPLIES, .text = letters_of(REPLIES_BYTES_MAX + 1)},
        {.kind = EFFECT_CLOSED, .channel_count = CHANNELS_PER_SESSION_MAX + 1},
        {.kind = EFFECT_MODE, .rank_count = MODES_PER_COMMAND_MAX + 1},
    };
    for (size_t i = 0; i < sizeof(effects) / sizeof(effects[0]); i++) {
        assert_dies(pack_effect, &effects[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_an_effect_comes_back),
        cmocka_unit_test(effect_with_nothing_in_it_is_fine),
        cmocka_unit_test(target_without_who_is_fine),
        cmocka_unit_test(largest_effect_fits_its_bound),
        cmocka_unit_test(packed_effect_is_finished_where_it_stands),
        cmocka_unit_test(larger_than_the_largest_is_a_fault_of_the_program),
    };
    return cmocka_run_group_tests_name("effect", tests, NULL, NULL);
}
