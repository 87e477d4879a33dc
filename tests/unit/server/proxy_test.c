/* The headers of the PROXY protocol: taken whole, or not at all. */
#include "server/proxy.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_address(const struct in6_addr *address, const char *expected)
{
    char text[INET6_ADDRSTRLEN];
    assert_non_null(inet_ntop(AF_INET6, address, text, sizeof text));
    assert_string_equal(text, expected);
}

static void line_of_version_1_says_for_whom_it_speaks(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *address; /* NULL: none. */
    } cases[] = {
        {"PROXY TCP4 192.0.2.7 192.0.2.1 40000 6667\r\n", "::ffff:192.0.2.7"},
        {"PROXY TCP6 2001:db8::7 2001:db8::1 65535 1\r\n", "2001:db8::7"},
        {"PROXY UNKNOWN\r\n", NULL},
        {"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct text line = text_of(cases[i].line);
        char whole[256];
        memcpy(whole, line.data, line.count);
        memcpy(whole + line.count, "NICK a\r\n", 8);
        struct proxy_header header;
        /* Half of it is never enough. */
        for (size_t count = 1; count < line.count; count++) {
            struct text half = {.data = whole, .count = count};
            assert_int_equal(proxy_header_find(half, &header), PROXY_MORE);
        }
        for (size_t more = 0; more <= 8; more++) {
            struct text first = {.data = whole, .count = line.count + more};
            assert_int_equal(proxy_header_find(first, &header), PROXY_TAKEN);
            assert_int_equal(header.bytes, line.count);
            assert_int_equal(header.has_address, cases[i].address != NULL);
            if (header.has_address) {
                assert_address(&header.address, cases[i].address);
            }
        }
    }
}

static void bad_line_of_version_1_is_told_from_another_protocol(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "PROXY \r\n",
        "PROXY TCP4\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 40000\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 40000 6667 \r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 40000 6667 x\r\n",
        "PROXY TCP4  192.0.2.7 192.0.2.1 40000 6667\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 40000 65536\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 40000 -1\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 40000 000001\r\n",
        "PROXY TCP4 192.0.2 192.0.2.1 40000 6667\r\n",
        "PROXY TCP4 2001:db8::7 2001:db8::1 40000 6667\r\n",
        "PROXY TCP6 192.0.2.7 192.0.2.1 40000 6667\r\n",
        "PROXY TCP4 a@b 192.0.2.1 40000 6667\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 40000 6667\n",
        "PROXY tcp4 192.0.2.7 192.0.2.1 40000 6667\r\n",
        "PROXY UNIX a b c d\r\n",
        "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ::1 1 1\r\n",
    };
    struct proxy_header header;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(proxy_header_find(text_of(bad[i]), &header), PROXY_BAD);
    }
    static const char *const others[] = {"proxy TCP4 ", "PROXYTCP4",      "PRIVMSG", "NICK a\r\n",
                                         "안녕\n",      "\r\nNICK a\r\n", "x"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(proxy_header_find(text_of(others[i]), &header), PROXY_NONE);
    }
    /* No end after as many bytes as the longest line has. */
    char endless[200];
    memset(endless, '1', sizeof endless);
    memcpy(endless, "PROXY TCP4 ", 11);
    struct text first = {.data = endless, .count = 106};
    assert_int_equal(proxy_header_find(first, &header), PROXY_MORE);
    first.count = 107;
    assert_int_equal(proxy_header_find(first, &header), PROXY_BAD);
}

/* A header of version 2 over a body of so many bytes. */
static struct text version2(char *out, unsigned char command, unsigned char family,
                            size_t body_bytes)
{
    memcpy(out, "\r\n\r\n\0\r\nQUIT\n", 12);
    out[12] = (char)command;
    out[13] = (char)family;
    out[14] = (char)(body_bytes >> 8);
    out[15] = (char)(body_bytes & 0xff);
    memset(out + 16, 0, body_bytes);
    return (struct text){.data = out, .count = 16 + body_bytes};
}

static void header_of_version_2_says_for_whom_it_speaks(void **state)
{
    (void)state;
    char bytes[1024];
    struct proxy_header header;
    struct text first = version2(bytes, 0x21, 0x11, 12 + 30);
    memcpy(bytes + 16, "\xc0\x00\x02\x07", 4);
    for (size_t count = 1; count < first.count; count++) {
        struct text half = {.data = bytes, .count = count};
        assert_int_equal(proxy_header_find(half, &header), PROXY_MORE);
    }
    assert_int_equal(proxy_header_find(first, &header), PROXY_TAKEN);
    assert_int_equal(header.bytes, 16 + 42);
    assert_true(header.has_address);
    assert_address(&header.address, "::ffff:192.0.2.7");

    first = version2(bytes, 0x21, 0x21, 36);
    assert_int_equal(inet_pton(AF_INET6, "2001:db8::7", bytes + 16), 1);
    assert_int_equal(proxy_header_find(first, &header), PROXY_TAKEN);
    assert_true(header.has_address);
    assert_address(&header.address, "2001:db8::7");

    /* The proxy itself; a family that says nothing to us. */
    assert_int_equal(proxy_header_find(version2(bytes, 0x20, 0x11, 12), &header), PROXY_TAKEN);
    assert_false(header.has_address);
    assert_int_equal(proxy_header_find(version2(bytes, 0x21, 0x31, 216), &header), PROXY_TAKEN);
    assert_false(header.has_address);
    assert_int_equal(proxy_header_find(version2(bytes, 0x20, 0x00, 0), &header), PROXY_TAKEN);
    assert_int_equal(header.bytes, 16);
}

static void bad_header_of_version_2_is_refused(void **state)
{
    (void)state;
    char bytes[4096];
    struct proxy_header header;
    assert_int_equal(proxy_header_find(version2(bytes, 0x11, 0x11, 12), &header), PROXY_BAD);
    assert_int_equal(proxy_header_find(version2(bytes, 0x22, 0x11, 12), &header), PROXY_BAD);
    assert_int_equal(proxy_header_find(version2(bytes, 0x21, 0x11, 11), &header), PROXY_BAD);
    assert_int_equal(proxy_header_find(version2(bytes, 0x21, 0x21, 35), &header), PROXY_BAD);
    assert_int_equal(proxy_header_find(version2(bytes, 0x21, 0x11, 536), &header), PROXY_TAKEN);
    assert_int_equal(proxy_header_find(version2(bytes, 0x21, 0x11, 537), &header), PROXY_BAD);
    /* Its length is known before its body has come. */
    struct text first = version2(bytes, 0x21, 0x11, 3000);
    first.count = 16;
    assert_int_equal(proxy_header_find(first, &header), PROXY_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_of_version_1_says_for_whom_it_speaks),
        cmocka_unit_test(bad_line_of_version_1_is_told_from_another_protocol),
        cmocka_unit_test(header_of_version_2_says_for_whom_it_speaks),
        cmocka_unit_test(bad_header_of_version_2_is_refused),
    };
    return cmocka_run_group_tests_name("proxy", tests, NULL, NULL);
}
