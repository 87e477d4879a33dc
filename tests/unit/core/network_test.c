/* Addresses and networks in text form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/network.h"

#include <arpa/inet.h>
#include <string.h>

/* What the system reads from it, as IPv6. */
static bool system_parse(const char *text, uint8_t out[16])
{
    if (inet_pton(AF_INET, text, out + 12) == 1) {
        memset(out, 0, 10);
        memset(out + 10, 0xFF, 2);
        return true;
    }
    return inet_pton(AF_INET6, text, out) == 1;
}

static void addresses_are_read_as_the_system_reads_them(void **state)
{
    static const char *const cases[] = {
        "192.0.2.1",
        "0.0.0.0",
        "255.255.255.255",
        "256.0.0.1",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.",
        ".1.2.3",
        "1..2.3",
        "1.2.3.4x",
        "",
        "::",
        "::1",
        "1::",
        "1::2",
        "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
        "1::3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8::",
        ":::",
        ":::1",
        "1:::2",
        "::1::",
        "::1::2",
        ":",
        ":1",
        "1:",
        "1:2:",
        "12345::",
        "g::",
        "2001:DB8::A",
        "::ffff:192.0.2.1",
        "::192.0.2.1",
        "1:2:3:4:5:6:192.0.2.1",
        "1:2:3:4:5:6:7:192.0.2.1",
        "192.0.2.1::",
        "::192.0.2",
        "::1.2.3.4:5",
        "fe80::1",
        "0:0:0:0:0:0:0:0",
        "a",
        "abcd",
        "1",
        "::1 ",
        " ::1",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t expected[16];
        struct network network;
        const bool good = system_parse(cases[i], expected);
        if ((network_parse(text_of(cases[i]), &network) == ERR_OK) != good) {
            fail_msg("%s", cases[i]);
        }
        if (good) {
            assert_memory_equal(network.bytes, expected, 16);
            assert_int_equal(network.bits, 128);
        }
    }
}

static bool contains(const char *network, const char *address)
{
    struct network range;
    struct network place;
    assert_int_equal(network_parse(text_of(network), &range), ERR_OK);
    assert_int_equal(network_parse(text_of(address), &place), ERR_OK);
    return network_contains(&range, &place);
}

static void network_holds_the_addresses_of_its_bits(void **state)
{
    (void)state;
    assert_true(contains("192.0.2.0/24", "192.0.2.255"));
    assert_false(contains("192.0.2.0/24", "192.0.3.0"));
    assert_true(contains("192.0.2.9/29", "192.0.2.15"));
    assert_false(contains("192.0.2.9/29", "192.0.2.16"));
    assert_true(contains("0.0.0.0/0", "8.8.8.8"));
    assert_false(contains("0.0.0.0/0", "2001:db8::1"));
    assert_true(contains("::/0", "8.8.8.8"));
    assert_true(contains("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(contains("2001:db8::/33", "2001:db8:8000::1"));
    assert_true(contains("192.0.2.1", "::ffff:192.0.2.1"));
    assert_true(contains("192.0.2.1/32", "192.0.2.1"));
    assert_false(contains("192.0.2.1/32", "192.0.2.0"));
}

static void bits_are_bounded(void **state)
{
    static const char *const cases[] = {"1.2.3.4/33",  "::/129",        "1.2.3.4/", "1.2.3.4/-1",
                                        "1.2.3.4/8/8", "::/9999999999", "/8",       "1.2.3.4/8x"};
    struct network network;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(network_parse(text_of(cases[i]), &network), ERR_INVALID);
    }
    assert_int_equal(network_parse(TEXT("::/128"), &network), ERR_OK);
    assert_int_equal(network_parse(TEXT("1.2.3.4/32"), &network), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_as_the_system_reads_them),
        cmocka_unit_test(network_holds_the_addresses_of_its_bits),
        cmocka_unit_test(bits_are_bounded),
    };
    return cmocka_run_group_tests_name("core/network", tests, NULL, NULL);
}
