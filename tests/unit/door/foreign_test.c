/* The answers to protocols that are not spoken here are well-formed in those protocols, and repeat
 * nothing of what was sent. */
#include "base/mem.h"
#include "base/utf8.h"
#include "door/plain.h"
#include "door/sniff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct request {
    const char *first;
    const char *status_line;
};

static const struct request requests[] = {
    {"GET / HTTP/1.1\r\n", "HTTP/1.1 404 Not Found\r\n"},
    {"GET / HTTP/1.0\r\nHost: x\r\n\r\n", "HTTP/1.1 404 Not Found\r\n"},
    {"GET / HTTP/1.1\n", "HTTP/1.1 404 Not Found\r\n"},
    {"GET ", "HTTP/1.1 404 Not Found\r\n"},
    {"GET /half", "HTTP/1.1 404 Not Found\r\n"},
    {"HEAD / HTTP/1.1\r\n", "HTTP/1.1 404 Not Found\r\n"},
    {"POST / HTTP/1.1\r\nContent-Type: text/plain\r\n\r\nbob\nhello\nNICK x\r\n",
     "HTTP/1.1 405 Method Not Allowed\r\n"},
    {"POST ", "HTTP/1.1 405 Method Not Allowed\r\n"},
    {"OPTIONS * HTTP/1.1\r\n", "HTTP/1.1 405 Method Not Allowed\r\n"},
    {"GET /\r\n", "HTTP/1.1 400 Bad Request\r\n"},
    {"GET / \r\n", "HTTP/1.1 400 Bad Request\r\n"},
    {"GET  / HTTP/1.1\r\n", "HTTP/1.1 400 Bad Request\r\n"},
    {"GET / x HTTP/1.1\r\n", "HTTP/1.1 400 Bad Request\r\n"},
    {"GET / HTTP/1.1 \r\n", "HTTP/1.1 400 Bad Request\r\n"},
    {"GET / HTTP/11\r\n", "HTTP/1.1 400 Bad Request\r\n"},
    {"GET / HTTP/1.x\r\n", "HTTP/1.1 400 Bad Request\r\n"},
    {"GET / http/1.1\r\n", "HTTP/1.1 400 Bad Request\r\n"},
    {"GET /\x1b[2J HTTP/1.1\r\n", "HTTP/1.1 400 Bad Request\r\n"},
    {"GET / HTTP/1.1\r\r\n", "HTTP/1.1 400 Bad Request\r\n"},
    {"POST x\r\n", "HTTP/1.1 400 Bad Request\r\n"},
    {"GET / HTTP/2.0\r\n", "HTTP/1.1 505 HTTP Version Not Supported\r\n"},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 505 HTTP Version Not Supported\r\n"},
    {"PRI ", "HTTP/1.1 505 HTTP Version Not Supported\r\n"},
};

static void assert_starts(struct text text, const char *start)
{
    if (text.count < strlen(start) || memcmp(text.data, start, strlen(start)) != 0) {
        fail_msg("got  %.*s\nwant %s...", (int)text.count, text.data, start);
    }
}

/* The header's value, or NULL. answer ends in NUL. */
static const char *header(const char *answer, const char *name)
{
    const char *at = strstr(answer, name);
    return at != NULL && at > answer && at[-1] == '\n' ? at + strlen(name) : NULL;
}

static void http_gets_a_whole_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        struct bytes out = {0};
        struct text first = text_of(requests[i].first);
        assert_int_equal(foreign_answer_append(SNIFF_HTTP, first, &out), ERR_OK);
        assert_starts(bytes_text(&out), requests[i].status_line);
        assert_int_equal(bytes_append(&out, "", 1), ERR_OK);

        const char *body = strstr(out.data, "\r\n\r\n");
        assert_non_null(body);
        body += 4;
        const char *length = header(out.data, "Content-Length: ");
        assert_non_null(length);
        assert_non_null(header(out.data, "Connection: close\r\n"));
        assert_non_null(header(out.data, "Content-Type: text/plain; charset=utf-8\r\n"));
        bool not_allowed = strstr(requests[i].status_line, " 405 ") != NULL;
        assert_true((header(out.data, "Allow: GET, HEAD\r\n") != NULL) == not_allowed);
        if (strncmp(requests[i].first, "HEAD ", 5) == 0) {
            assert_string_equal(body, "");
            assert_true(strtoul(length, NULL, 10) > 0);
        } else {
            assert_int_equal(strtoul(length, NULL, 10), strlen(body));
            assert_ptr_equal(strchr(body, '\n'), body + strlen(body) - 1);
            assert_non_null(strstr(body, "madang "));
            assert_non_null(strstr(body, "nc "));
        }
        for (const char *at = out.data; at < body; at++) {
            assert_true(*at != '\n' || at[-1] == '\r');
        }
        bytes_finish(&out);
    }
}

static void others_get_a_plain_error(void **state)
{
    (void)state;
    struct bytes out = {0};
    assert_int_equal(foreign_answer_append(SNIFF_TLS, TEXT("\x16\x03"), &out), ERR_OK);
    assert_starts(bytes_text(&out), "! no-tls: ");
    bytes_clear(&out);
    assert_int_equal(foreign_answer_append(SNIFF_FOREIGN, TEXT("SSH-2.0-x\r\n"), &out), ERR_OK);
    assert_starts(bytes_text(&out), "! not-madang: ");
    assert_true(utf8_valid(bytes_text(&out)));
    bytes_finish(&out);
}

static void without_memory_nothing_is_appended(void **state)
{
    (void)state;
    static const enum sniff verdicts[] = {SNIFF_HTTP, SNIFF_TLS, SNIFF_FOREIGN};
    for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
        int pending = 0;
        for (uint64_t nth = 1; !pending; nth++) {
            struct bytes out = {0};
            mem_fail_at(nth);
            enum error error = foreign_answer_append((int)verdicts[i], TEXT("GET "), &out);
            pending = mem_fail_pending();
            mem_fail_at(0);
            assert_int_equal(error, pending ? ERR_OK : ERR_MEMORY);
            assert_true(pending ? out.count > 0 : out.count == 0);
            bytes_finish(&out);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_gets_a_whole_answer),
        cmocka_unit_test(others_get_a_plain_error),
        cmocka_unit_test(without_memory_nothing_is_appended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
