/* The first bytes decide, at the earliest byte that can, and never again otherwise. */
#include "door/sniff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct first {
    const char *data;
    size_t count;
    enum sniff verdict;
    size_t decided_bytes; /* At so many bytes the verdict is there, not before; 0: not said here. */
};

#define FIRST(literal, verdict, decided_bytes)                                                     \
    {                                                                                              \
        literal, sizeof(literal) - 1, verdict, decided_bytes                                       \
    }

static const struct first firsts[] = {
    FIRST("GET / HTTP/1.1\r\n", SNIFF_HTTP, 4),
    FIRST("HEAD / HTTP/1.1\r\n", SNIFF_HTTP, 5),
    FIRST("POST / HTTP/1.1\r\n", SNIFF_HTTP, 5),
    FIRST("PUT / HTTP/1.1\r\n", SNIFF_HTTP, 4),
    FIRST("DELETE / HTTP/1.1\r\n", SNIFF_HTTP, 7),
    FIRST("OPTIONS * HTTP/1.1\r\n", SNIFF_HTTP, 8),
    FIRST("TRACE / HTTP/1.1\r\n", SNIFF_HTTP, 6),
    FIRST("CONNECT h:1 HTTP/1.1\r\n", SNIFF_HTTP, 8),
    FIRST("PATCH / HTTP/1.1\r\n", SNIFF_HTTP, 6),
    FIRST("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", SNIFF_HTTP, 4),
    FIRST("get / HTTP/1.1\r\n", SNIFF_PLAIN, 1),
    FIRST("GETS", SNIFF_PLAIN, 4),
    FIRST("GET\n", SNIFF_PLAIN, 4),
    FIRST("GET\r\n", SNIFF_PLAIN, 4),
    FIRST("CAP LS 302\r\n", SNIFF_IRC, 4),
    FIRST("NICK bob\r\n", SNIFF_IRC, 5),
    FIRST("nick bob\n", SNIFF_IRC, 5),
    FIRST("NiCk ", SNIFF_IRC, 5),
    FIRST("USER a 0 * :b\r\n", SNIFF_IRC, 5),
    FIRST("PASS x\r\n", SNIFF_IRC, 5),
    FIRST("AUTHENTICATE PLAIN\r\n", SNIFF_IRC, 13),
    FIRST("PING x\r\n", SNIFF_IRC, 5),
    FIRST("QUIT :bye\r\n", SNIFF_IRC, 5),
    FIRST("WEBIRC a b c d\r\n", SNIFF_IRC, 7),
    FIRST("REGISTER * * x\r\n", SNIFF_IRC, 9),
    FIRST("PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n", SNIFF_PLAIN, 3), /* Asked for before. */
    FIRST("NICK\n", SNIFF_PLAIN, 5),
    FIRST("NICKY ", SNIFF_PLAIN, 5),
    FIRST("user1", SNIFF_PLAIN, 5),
    FIRST("quit\n", SNIFF_PLAIN, 5),
    FIRST("q\n", SNIFF_PLAIN, 2),
    FIRST("bob\n", SNIFF_PLAIN, 1),
    FIRST("\n", SNIFF_PLAIN, 1),
    FIRST(" NICK bob\n", SNIFF_PLAIN, 1),
    FIRST("@time=x NICK bob\n", SNIFF_PLAIN, 1),
    FIRST(":bob NICK bob\n", SNIFF_PLAIN, 1),
    FIRST("안녕\n", SNIFF_PLAIN, 1),
    FIRST("\x16\x03\x01\x02\x00\x01", SNIFF_TLS, 2),
    FIRST("\x16\x04", SNIFF_PLAIN, 2),
    FIRST("SSH-2.0-OpenSSH\r\n", SNIFF_FOREIGN, 4),
    FIRST("ssh-", SNIFF_PLAIN, 1),
    FIRST("EHLO x\r\n", SNIFF_FOREIGN, 5),
    FIRST("helo x\r\n", SNIFF_FOREIGN, 5),
    FIRST("EHLO\n", SNIFF_PLAIN, 5),
    FIRST("Host: x\r\n", SNIFF_FOREIGN, 5),
    FIRST("Hosta\n", SNIFF_PLAIN, 5),
    FIRST("*1\r\n$4\r\nPING\r\n", SNIFF_FOREIGN, 3),
    FIRST("*12345\r\n", SNIFF_FOREIGN, 7),
    FIRST("*\r\n", SNIFF_PLAIN, 2),
    FIRST("*1\n", SNIFF_PLAIN, 3),
    FIRST("*a", SNIFF_PLAIN, 2),
    FIRST("*99999999999999999999\r\n", SNIFF_PLAIN, 12),
    FIRST("\x03\x00\x00\x13\x0e", SNIFF_FOREIGN, 2),
    FIRST("\x03x", SNIFF_PLAIN, 2),
    FIRST("\x05\x01\x00", SNIFF_FOREIGN, 2),
    FIRST("\x05\x00", SNIFF_PLAIN, 2),
    FIRST("\x04\x01\x00\x50", SNIFF_FOREIGN, 2),
    FIRST("\x04\x03", SNIFF_PLAIN, 2),
    FIRST("\x00\x00\x00\x85\xffSMBr", SNIFF_FOREIGN, 8),
    FIRST("\x00\x00\x00\x85\xfeSMB@", SNIFF_FOREIGN, 8),
    FIRST("\x00\x00\x00\x85SMB", SNIFF_PLAIN, 5),
    FIRST("\x00x", SNIFF_PLAIN, 2),
    FIRST("\xff\xfb\x01", SNIFF_FOREIGN, 1),
};

static void the_verdict_comes_at_the_earliest_byte_and_stays(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
        for (size_t count = 1; count <= firsts[i].count; count++) {
            /* A copy of the exact size: a sanitizer sees any look past it. */
            char bytes[64];
            assert_true(count <= sizeof(bytes));
            char *copy = bytes + sizeof(bytes) - count;
            memcpy(copy, firsts[i].data, count);
            enum sniff verdict = sniff_bytes((struct text){.data = copy, .count = count});
            enum sniff expected = count < firsts[i].decided_bytes ? SNIFF_MORE : firsts[i].verdict;
            if (verdict != expected) {
                fail_msg("entry %zu, %zu bytes: got %d, want %d", i, count, (int)verdict,
                         (int)expected);
            }
        }
    }
}

static void no_more_than_64_bytes_are_needed(void **state)
{
    (void)state;
    /* Each byte value, repeated; and each opening followed by itself. */
    for (unsigned byte = 0; byte < 256; byte++) {
        char bytes[64];
        memset(bytes, (int)byte, sizeof(bytes));
        assert_int_not_equal(sniff_bytes((struct text){.data = bytes, .count = 64}), SNIFF_MORE);
    }
    for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
        char bytes[64];
        for (size_t at = 0; at < sizeof(bytes); at++) {
            bytes[at] = firsts[i].data[at % firsts[i].count];
        }
        assert_int_not_equal(sniff_bytes((struct text){.data = bytes, .count = 64}), SNIFF_MORE);
    }
}

/* Every pair of first bytes, and then whatever: what is decided is never taken back. */
static void two_bytes_decide_alike_whatever_follows(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned second = 0; second < 256; second++) {
            char bytes[4] = {(char)first, (char)second, 'x', '\n'};
            enum sniff before = SNIFF_MORE;
            for (size_t count = 1; count <= sizeof(bytes); count++) {
                enum sniff verdict = sniff_bytes((struct text){.data = bytes, .count = count});
                assert_true(before == SNIFF_MORE || verdict == before);
                before = verdict;
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_verdict_comes_at_the_earliest_byte_and_stays),
        cmocka_unit_test(no_more_than_64_bytes_are_needed),
        cmocka_unit_test(two_bytes_decide_alike_whatever_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
