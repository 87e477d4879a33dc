/* One port for everything: which protocol a connection speaks is told from its first bytes, once.
 * docs/protocol/plain.md lists the verdicts. */
#include "door/sniff.h"

#include "base/check.h"

#include <string.h>

/* A word that only one protocol begins with. */
struct opening {
    const char *word;
    bool any_case;
    enum sniff verdict;
};

static const struct opening openings[] = {
    /* RFC 9110 section 9, RFC 5789, and the preface of HTTP/2 (RFC 9113 section 3.4). */
    {"GET ", false, SNIFF_HTTP},
    {"HEAD ", false, SNIFF_HTTP},
    {"POST ", false, SNIFF_HTTP},
    {"PUT ", false, SNIFF_HTTP},
    {"DELETE ", false, SNIFF_HTTP},
    {"OPTIONS ", false, SNIFF_HTTP},
    {"TRACE ", false, SNIFF_HTTP},
    {"CONNECT ", false, SNIFF_HTTP},
    {"PATCH ", false, SNIFF_HTTP},
    {"PRI ", false, SNIFF_HTTP},
    /* What an IRC client or a gateway may say before it is registered. */
    {"CAP ", true, SNIFF_IRC},
    {"NICK ", true, SNIFF_IRC},
    {"USER ", true, SNIFF_IRC},
    {"PASS ", true, SNIFF_IRC},
    {"AUTHENTICATE ", true, SNIFF_IRC},
    {"PING ", true, SNIFF_IRC},
    {"QUIT ", true, SNIFF_IRC},
    {"WEBIRC ", true, SNIFF_IRC},
    {"REGISTER ", true, SNIFF_IRC},
    /* SSH, SMTP, and the header that a web page's request is smuggled with. */
    {"SSH-", false, SNIFF_FOREIGN},
    {"EHLO ", true, SNIFF_FOREIGN},
    {"HELO ", true, SNIFF_FOREIGN},
    {"Host:", true, SNIFF_FOREIGN},
};

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* How first and the opening agree: the opening's verdict, SNIFF_MORE when first ends inside it,
 * SNIFF_PLAIN when they differ. */
static enum sniff opening_match(const struct opening *opening, struct text first)
{
    size_t word_bytes = strlen(opening->word);
    for (size_t i = 0; i < word_bytes; i++) {
        if (i == first.count) {
            return SNIFF_MORE;
        }
        char expected = opening->word[i];
        char found = first.data[i];
        if (opening->any_case) {
            expected = upper(expected);
            found = upper(found);
        }
        if (found != expected) {
            return SNIFF_PLAIN;
        }
    }
    return opening->verdict;
}

static unsigned char byte_at(struct text first, size_t index)
{
    return (unsigned char)first.data[index];
}

/* 00 00, a length of two bytes, then FF or FE and "SMB" ([MS-SMB2] section 2.1). */
static enum sniff smb_match(struct text first)
{
    static const char marks[2][5] = {"\xffSMB", "\xfeSMB"};
    if (first.count < 2) {
        return SNIFF_MORE;
    }
    if (byte_at(first, 1) != 0) {
        return SNIFF_PLAIN;
    }
    for (size_t i = 4; i < 8; i++) {
        if (i >= first.count) {
            return SNIFF_MORE;
        }
        if (first.data[i] != marks[0][i - 4] && first.data[i] != marks[1][i - 4]) {
            return SNIFF_PLAIN;
        }
    }
    return SNIFF_FOREIGN;
}

/* "*", digits, "\r": an array of RESP (Redis). */
static enum sniff resp_match(struct text first)
{
    for (size_t i = 1; i < first.count && i < 12; i++) {
        if (i > 1 && first.data[i] == '\r') {
            return SNIFF_FOREIGN;
        }
        if (first.data[i] < '0' || first.data[i] > '9') {
            return SNIFF_PLAIN;
        }
    }
    return first.count < 12 ? SNIFF_MORE : SNIFF_PLAIN;
}

/* The verdict when the second byte is within low..high. */
static enum sniff pair_match(struct text first, unsigned char low, unsigned char high,
                             enum sniff verdict)
{
    if (first.count < 2) {
        return SNIFF_MORE;
    }
    return byte_at(first, 1) >= low && byte_at(first, 1) <= high ? verdict : SNIFF_PLAIN;
}

enum sniff sniff_bytes(struct text first)
{
    check(first.count >= 1);
    switch (byte_at(first, 0)) {
    case 0x00:
        return smb_match(first);
    case 0x03: /* TPKT, which carries RDP (RFC 1006 section 6). */
        return pair_match(first, 0x00, 0x00, SNIFF_FOREIGN);
    case 0x04: /* SOCKS4: connect or bind. */
        return pair_match(first, 0x01, 0x02, SNIFF_FOREIGN);
    case 0x05: /* SOCKS5 and how many methods follow (RFC 1928 section 3). */
        return pair_match(first, 0x01, 0xff, SNIFF_FOREIGN);
    case 0x16: /* A TLS record of a handshake (RFC 8446 section 5.1). */
        return pair_match(first, 0x03, 0x03, SNIFF_TLS);
    case 0xff: /* Telnet's IAC (RFC 854); never a byte of UTF-8. */
        return SNIFF_FOREIGN;
    case '*':
        return resp_match(first);
    default:
        break;
    }
    bool more = false;
    for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++) {
        enum sniff verdict = opening_match(&openings[i], first);
        if (verdict != SNIFF_MORE && verdict != SNIFF_PLAIN) {
            return verdict;
        }
        more = more || verdict == SNIFF_MORE;
    }
    return more ? SNIFF_MORE : SNIFF_PLAIN;
}
