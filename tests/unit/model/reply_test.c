/* Replies that stand one behind the other come out one by one, as they went in. */
#include "model/reply.h"

#include "dies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_same(const struct reply *a, const struct reply *b)
{
    assert_int_equal(a->numeric, b->numeric);
    assert_int_equal(a->param_count, b->param_count);
    for (uint32_t i = 0; i < a->param_count; i++) {
        assert_true(text_equal(a->params[i], b->params[i]));
    }
}

static void replies_come_back_in_their_order(void **state)
{
    (void)state;
    const struct reply replies[] = {
        {.numeric = RPL_NAMREPLY,
         .param_count = 3,
         .params = {TEXT("="), TEXT("#마당"), TEXT("@a b c")}},
        {.numeric = RPL_ENDOFWHO},
        {.numeric = REPLY_FAIL, .param_count = 2, .params = {TEXT("JOIN"), TEXT("")}},
        {.numeric = RPL_LUSERME,
         .param_count = REPLY_PARAMS_MAX,
         .params = {TEXT("1"), TEXT("2"), TEXT("3"), TEXT("4"), TEXT("5"), TEXT("6"), TEXT("7"),
                    TEXT("8"), TEXT("9"), TEXT("10"), TEXT("11"), TEXT("12")}},
    };
    const size_t count = sizeof(replies) / sizeof(replies[0]);
    /* At any place in memory. */
    for (size_t skew = 0; skew < 8; skew++) {
        size_t bytes = 0;
        for (size_t i = 0; i < count; i++) {
            bytes += reply_packed_bytes(&replies[i]);
        }
        char *packed = malloc(skew + bytes);
        assert_non_null(packed);
        char *next = packed + skew;
        for (size_t i = 0; i < count; i++) {
            reply_pack(&replies[i], next);
            next += reply_packed_bytes(&replies[i]);
        }
        struct text rest = {.data = packed + skew, .count = bytes};
        struct reply out;
        for (size_t i = 0; i < count; i++) {
            assert_true(reply_take(&rest, &out));
            assert_same(&out, &replies[i]);
        }
        assert_false(reply_take(&rest, &out));
        assert_int_equal(rest.count, 0);
        free(packed);
    }
}

static void nothing_packed_holds_no_reply(void **state)
{
    (void)state;
    struct text none = TEXT_NONE;
    struct reply out;
    assert_false(reply_take(&none, &out));
}

static char packed_one[64];

static void pack(void *context)
{
    reply_pack(context, packed_one);
}

static void take(void *context)
{
    struct reply out;
    (void)reply_take(context, &out);
}

static void what_is_no_reply_is_a_fault_of_the_program(void **state)
{
    (void)state;
    struct reply many = {.numeric = RPL_ISON, .param_count = REPLY_PARAMS_MAX + 1};
    assert_dies(pack, &many);
    struct reply one = {.numeric = RPL_ISON, .param_count = 1, .params = {TEXT("user1")}};
    size_t bytes = reply_packed_bytes(&one);
    reply_pack(&one, packed_one);
    for (size_t cut = 1; cut < bytes; cut++) {
        struct text text = {.data = packed_one, .count = cut};
        assert_dies(take, &text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_come_back_in_their_order),
        cmocka_unit_test(nothing_packed_holds_no_reply),
        cmocka_unit_test(what_is_no_reply_is_a_fault_of_the_program),
    };
    return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
