/* A command comes out of its packed form as it went in. */
#include "model/command.h"

#include "dies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* As aligned as a ring's record. */
static _Alignas(8) char packed[COMMAND_PACKED_BYTES_MAX + 8];

/* Packs and unpacks; checks that nothing beyond the told bytes was written. */
static struct command through(const struct command *command)
{
    size_t bytes = command_packed_bytes(command);
    assert_true(bytes <= COMMAND_PACKED_BYTES_MAX);
    memset(packed, 0x5A, sizeof(packed));
    command_pack(command, packed);
    for (size_t i = bytes; i < sizeof(packed); i++) {
        assert_int_equal(packed[i], 0x5A);
    }
    struct command out;
    command_unpack(packed, &out);
    return out;
}

static void assert_same(const struct command *a, const struct command *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->reason, b->reason);
    assert_true(a->session == b->session);
    assert_int_equal(a->origin.node, b->origin.node);
    assert_int_equal(a->origin.worker, b->origin.worker);
    assert_true(a->origin.connection == b->origin.connection);
    assert_true(a->origin.label == b->origin.label);
    assert_true(text_equal(a->name, b->name));
    assert_true(text_equal(a->text, b->text));
}

static void every_field_comes_back(void **state)
{
    (void)state;
    struct command command = {
        .kind = COMMAND_CLOSE,
        .reason = LEAVE_SENDQ,
        .session = UINT64_MAX - 1,
        .origin = {.node = 1,
                   .worker = UINT32_MAX,
                   .connection = UINT64_C(1) << 63,
                   .label = UINT64_MAX},
        .name = TEXT("#마당"),
        .text = TEXT("안녕하세요\0and more"),
    };
    struct command out = through(&command);
    assert_same(&command, &out);
}

static void texts_point_into_the_packed_form(void **state)
{
    (void)state;
    struct command command = {.kind = COMMAND_MESSAGE, .name = TEXT("#a"), .text = TEXT("b")};
    struct command out = through(&command);
    assert_true(out.name.data > packed && out.name.data < packed + sizeof(packed));
    assert_ptr_equal(out.text.data, out.name.data + 2);
}

static void empty_texts_are_fine(void **state)
{
    (void)state;
    struct command command = {.kind = COMMAND_PING, .name = TEXT_NONE, .text = TEXT_NONE};
    struct command out = through(&command);
    assert_same(&command, &out);
}

static void longest_command_fits_its_bound(void **state)
{
    (void)state;
    static char name[CHANNEL_BYTES_MAX];
    static char text[MESSAGE_BYTES_MAX];
    memset(name, 'n', sizeof(name));
    memset(text, 't', sizeof(text));
    struct command command = {
        .kind = COMMAND_MESSAGE,
        .name = {name, sizeof(name)},
        .text = {text, sizeof(text)},
    };
    struct command out = through(&command);
    assert_same(&command, &out);
}

static void pack(void *context)
{
    command_pack(context, packed);
}

static void longer_command_than_the_longest_is_a_fault_of_the_program(void **state)
{
    (void)state;
    static char letters[MESSAGE_BYTES_MAX + 1];
    struct command command = {.kind = COMMAND_JOIN, .name = {letters, CHANNEL_BYTES_MAX + 1}};
    assert_dies(pack, &command);
    command = (struct command){.kind = COMMAND_MESSAGE, .text = {letters, MESSAGE_BYTES_MAX + 1}};
    assert_dies(pack, &command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_comes_back),
        cmocka_unit_test(texts_point_into_the_packed_form),
        cmocka_unit_test(empty_texts_are_fine),
        cmocka_unit_test(longest_command_fits_its_bound),
        cmocka_unit_test(longer_command_than_the_longest_is_a_fault_of_the_program),
    };
    return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
