/*
 * The answers to protocols that are not spoken here: each is told so in its own words, and how to
 * come in, then the connection is closed. Nothing of what the peer sent is repeated to it.
 */
#include "door/plain.h"
#include "door/sniff.h"

#include "base/check.h"
#include "base/lang.h"

#include <string.h>

/* The first line without its end; *out_whole tells whether its end is there. */
static struct text first_line(struct text first, bool *out_whole)
{
    const char *newline = first.count == 0 ? NULL : memchr(first.data, '\n', first.count);
    *out_whole = newline != NULL;
    if (newline == NULL) {
        return first;
    }
    struct text line = {.data = first.data, .count = (size_t)(newline - first.data)};
    if (line.count > 0 && line.data[line.count - 1] == '\r') {
        line.count--;
    }
    return line;
}

static bool starts_with(struct text text, const char *word)
{
    size_t word_bytes = strlen(word);
    return text.count >= word_bytes && memcmp(text.data, word, word_bytes) == 0;
}

/* "METHOD target HTTP/d.d" (RFC 9112 section 3), the target without spaces; *out_major is the first
 * d. */
static bool request_line_parse(struct text line, char *out_major)
{
    size_t spaces = 0;
    size_t version = 0;
    for (size_t i = 0; i < line.count; i++) {
        unsigned char byte = (unsigned char)line.data[i];
        if (byte < 0x20 || byte == 0x7f) {
            return false;
        }
        if (byte != ' ') {
            continue;
        }
        if (i == 0 || line.data[i - 1] == ' ') {
            return false;
        }
        spaces++;
        version = i + 1;
    }
    if (spaces != 2 || line.count - version != strlen("HTTP/1.1")) {
        return false;
    }
    const char *at = line.data + version;
    if (memcmp(at, "HTTP/", 5) != 0 || at[5] < '0' || at[5] > '9' || at[6] != '.' || at[7] < '0' ||
        at[7] > '9') {
        return false;
    }
    *out_major = at[5];
    return true;
}

/* A request line that has not come whole may still be a good one; controls never are. */
static const char *http_status(struct text first)
{
    bool whole;
    char major = '1';
    struct text line = first_line(first, &whole);
    if (starts_with(line, "PRI ")) {
        return "505 HTTP Version Not Supported";
    }
    if (whole && !request_line_parse(line, &major)) {
        return "400 Bad Request";
    }
    if (major != '1') {
        return "505 HTTP Version Not Supported";
    }
    if (!starts_with(line, "GET ") && !starts_with(line, "HEAD ")) {
        return "405 Method Not Allowed";
    }
    return "404 Not Found";
}

static enum error http_append(struct text first, struct bytes *out)
{
    const char *status = http_status(first);
    const char *sentence = _("마당 채팅 서버이고, 웹 페이지는 아직 없습니다. 들어오려면: madang "
                             "이름, 또는 nc 주소 포트");
    bool head = starts_with(first, "HEAD ");
    bool not_allowed = starts_with(text_of(status), "405");
    return bytes_format(out,
                        "HTTP/1.1 %s\r\n%s"
                        "Content-Type: text/plain; charset=utf-8\r\n"
                        "Content-Length: %zu\r\n"
                        "Cache-Control: no-store\r\n"
                        "X-Content-Type-Options: nosniff\r\n"
                        "Connection: close\r\n\r\n%s%s",
                        status, not_allowed ? "Allow: GET, HEAD\r\n" : "", strlen(sentence) + 1,
                        head ? "" : sentence, head ? "" : "\n");
}

enum error foreign_answer_append(int sniff_verdict, struct text first, struct bytes *out)
{
    check(sniff_verdict != SNIFF_MORE && sniff_verdict != SNIFF_PLAIN &&
          sniff_verdict != SNIFF_IRC);
    switch ((enum sniff)sniff_verdict) {
    case SNIFF_HTTP:
        return http_append(first, out);
    case SNIFF_TLS:
        return notice_append(NOTICE_NO_TLS, TEXT_NONE, false, out);
    case SNIFF_FOREIGN:
        return notice_append(NOTICE_NOT_MADANG, TEXT_NONE, false, out);
    case SNIFF_MORE:
    case SNIFF_PLAIN:
    case SNIFF_IRC:
        break;
    }
    return ERR_INVALID;
}
