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
    assert_int_equal(a->flags, b->flags);
    assert_true(a->cursor == b->cursor);
    assert_true(a->number == b->number);
    assert_true(text_equal(a->name, b->name));
    assert_true(text_equal(a->text, b->text));
    assert_true(text_equal(a->extra, b->extra));
    assert_true(text_equal(a->identity.user, b->identity.user));
    assert_true(text_equal(a->identity.host, b->identity.host));
    assert_true(text_equal(a->identity.address, b->identity.address));
    assert_true(text_equal(a->identity.realname, b->identity.realname));
    assert_true(text_equal(a->identity.account, b->identity.account));
}

static void every_field_comes_back(void **state)
{
    (void)state;
    struct command command = {
        .kind = COMMAND_CLOSE,
        .reason = LEAVE_SENDQ,
        .flags = UINT32_MAX,
        .session = UINT64_MAX - 1,
        .cursor = UINT64_MAX - 2,
        .number = INT64_MIN,
        .origin = {.node = 1,
                   .worker = UINT32_MAX,
                   .connection = UINT64_C(1) << 63,
                   .label = UINT64_MAX},
        .name = TEXT("#마당"),
        .text = TEXT("안녕하세요\0and more"),
        .extra = TEXT("+draft/react=👍"),
    };
    struct command out = through(&command);
    assert_same(&command, &out);
}

static struct identity identity_whole(void)
{
    return (struct identity){.user = TEXT("~user"),
                             .host = TEXT("host.example"),
                             .address = TEXT("2001:db8::1"),
                             .realname = TEXT("홍 길동"),
                             .account = TEXT("gildong")};
}

static void who_opens_a_session_says_who_it_is(void **state)
{
    (void)state;
    struct command command = {
        .kind = COMMAND_OPEN, .name = TEXT("길동"), .identity = identity_whole()};
    struct command out = through(&command);
    assert_same(&command, &out);
}

static void identity_goes_only_with_an_open(void **state)
{
    (void)state;
    struct command command = {.kind = COMMAND_MESSAGE, .text = TEXT("a")};
    size_t bytes = command_packed_bytes(&command);
    command.identity = identity_whole();
    assert_int_equal(command_packed_bytes(&command), bytes);
    struct command out = through(&command);
    assert_int_equal(out.identity.user.count, 0);
    assert_int_equal(out.identity.account.count, 0);
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

static char letters[MESSAGE_BYTES_MAX + 1];

static struct text letters_of(size_t bytes)
{
    memset(letters, 'x', sizeof(letters));
    return (struct text){letters, bytes};
}

static void longest_command_fits_its_bound(void **state)
{
    (void)state;
    struct command command = {
        .kind = COMMAND_OPEN,
        .name = letters_of(COMMAND_NAME_BYTES_MAX),
        .text = letters_of(MESSAGE_BYTES_MAX),
        .extra = letters_of(IRC_TAGS_BYTES_MAX),
        .identity = {.user = letters_of(USER_BYTES_MAX),
                     .host = letters_of(HOST_BYTES_MAX),
                     .address = letters_of(ADDRESS_BYTES_MAX),
                     .realname = letters_of(REALNAME_BYTES_MAX),
                     .account = letters_of(NAME_BYTES_MAX)},
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
    struct command commands[] = {
        {.kind = COMMAND_JOIN, .name = letters_of(COMMAND_NAME_BYTES_MAX + 1)},
        {.kind = COMMAND_MESSAGE, .text = letters_of(MESSAGE_BYTES_MAX + 1)},
        {.kind = COMMAND_MESSAGE, .extra = letters_of(IRC_TAGS_BYTES_MAX + 1)},
        {.kind = COMMAND_OPEN, .identity = {.user = letters_of(USER_BYTES_MAX + 1)}},
        {.kind = COMMAND_OPEN, .identity = {.host = letters_of(HOST_BYTES_MAX + 1)}},
        {.kind = COMMAND_OPEN, .identity = {.address = letters_of(ADDRESS_BYTES_MAX + 1)}},
        {.kind = COMMAND_OPEN, .identity = {.realname = letters_of(REALNAME_BYTES_MAX + 1)}},
        {.kind = COMMAND_OPEN, .identity = {.account = letters_of(NAME_BYTES_MAX + 1)}},
    };
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        assert_dies(pack, &commands[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_comes_back),
        cmocka_unit_test(who_opens_a_session_says_who_it_is),
        cmocka_unit_test(identity_goes_only_with_an_open),
        cmocka_unit_test(texts_point_into_the_packed_form),
        cmocka_unit_test(empty_texts_are_fine),
        cmocka_unit_test(longest_command_fits_its_bound),
        cmocka_unit_test(longer_command_than_the_longest_is_a_fault_of_the_program),
    };
    return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
