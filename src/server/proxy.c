/* Both versions of the header. */
#include "server/proxy.h"

#include <arpa/inet.h>
#include <string.h>

/* Section 2.1: a line of version 1 is never longer, CR LF included. */
#define LINE_BYTES_MAX 107
#define SIGNATURE_BYTES 12
/* Section 2.2: signature, version and command, family, length. */
#define HEAD_BYTES 16
/* What may stand behind the addresses (section 2.2, TLV) is passed over, up to so much in all. */
#define BODY_BYTES_MAX 536

static const char signature[SIGNATURE_BYTES + 1] = "\r\n\r\n\0\r\nQUIT\n";

/* How far first agrees with a fixed beginning. */
static enum proxy_verdict begins(struct text first, struct text beginning)
{
    size_t both = first.count < beginning.count ? first.count : beginning.count;
    if (memcmp(first.data, beginning.data, both) != 0) {
        return PROXY_NONE;
    }
    return both < beginning.count ? PROXY_MORE : PROXY_TAKEN;
}

static void map_ipv4(const void *bytes, struct in6_addr *out)
{
    *out = (struct in6_addr){0};
    out->s6_addr[10] = 0xff;
    out->s6_addr[11] = 0xff;
    memcpy(&out->s6_addr[12], bytes, 4);
}

/* Takes the next word of the line; "" at its end. */
static struct text word_take(struct text *line)
{
    struct text word = {.data = line->data, .count = 0};
    while (word.count < line->count && line->data[word.count] != ' ') {
        word.count++;
    }
    size_t used = word.count < line->count ? word.count + 1 : word.count;
    line->data += used;
    line->count -= used;
    return word;
}

static bool address_parse(int family, struct text word, struct in6_addr *out)
{
    char copy[INET6_ADDRSTRLEN];
    if (word.count == 0 || word.count >= sizeof copy) {
        return false;
    }
    memcpy(copy, word.data, word.count);
    copy[word.count] = '\0';
    if (family == AF_INET6) {
        return inet_pton(AF_INET6, copy, out) == 1;
    }
    struct in_addr ipv4;
    if (inet_pton(AF_INET, copy, &ipv4) != 1) {
        return false;
    }
    map_ipv4(&ipv4, out);
    return true;
}

static bool port_is_good(struct text word)
{
    uint32_t port = 0;
    for (size_t i = 0; i < word.count; i++) {
        if (word.data[i] < '0' || word.data[i] > '9' || i == 5) {
            return false;
        }
        port = port * 10 + (uint32_t)(word.data[i] - '0');
    }
    return word.count > 0 && port <= UINT16_MAX;
}

/* "TCP4 192.0.2.1 192.0.2.2 1111 6667", or "UNKNOWN" and anything. */
static enum proxy_verdict line_parse(struct text line, struct proxy_header *out)
{
    struct text kind = word_take(&line);
    if (text_equal(kind, TEXT("UNKNOWN"))) {
        out->has_address = false;
        return PROXY_TAKEN;
    }
    int family = text_equal(kind, TEXT("TCP4")) ? AF_INET : AF_INET6;
    if (family == AF_INET6 && !text_equal(kind, TEXT("TCP6"))) {
        return PROXY_BAD;
    }
    if (line.count == 0 || line.data[line.count - 1] == ' ') {
        return PROXY_BAD;
    }
    struct in6_addr destination;
    bool is_good = address_parse(family, word_take(&line), &out->address) &&
                   address_parse(family, word_take(&line), &destination);
    is_good = is_good && port_is_good(word_take(&line));
    is_good = is_good && port_is_good(word_take(&line)) && line.count == 0;
    out->has_address = is_good;
    return is_good ? PROXY_TAKEN : PROXY_BAD;
}

static enum proxy_verdict version1_find(struct text first, struct proxy_header *out)
{
    size_t looked_at = first.count < LINE_BYTES_MAX ? first.count : LINE_BYTES_MAX;
    const char *newline = memchr(first.data, '\n', looked_at);
    if (newline == NULL) {
        return looked_at < LINE_BYTES_MAX ? PROXY_MORE : PROXY_BAD;
    }
    size_t count = (size_t)(newline - first.data);
    out->bytes = count + 1;
    if (newline[-1] != '\r') {
        return PROXY_BAD;
    }
    return line_parse((struct text){.data = first.data + 6, .count = count - 7}, out);
}

static enum proxy_verdict version2_find(struct text first, struct proxy_header *out)
{
    if (first.count < HEAD_BYTES) {
        return PROXY_MORE;
    }
    const unsigned char *head = (const unsigned char *)first.data;
    size_t body_bytes = (size_t)head[14] << 8 | head[15];
    if (head[12] >> 4 != 2 || (head[12] & 0x0f) > 1 || body_bytes > BODY_BYTES_MAX) {
        return PROXY_BAD;
    }
    if (first.count < HEAD_BYTES + body_bytes) {
        return PROXY_MORE;
    }
    out->bytes = HEAD_BYTES + body_bytes;
    out->has_address = false;
    bool is_local = (head[12] & 0x0f) == 0;
    if (is_local) {
        return PROXY_TAKEN;
    }
    /* Over TCP alone; of other families the proxy says nothing that we know. */
    if (head[13] == 0x11) {
        if (body_bytes < 12) {
            return PROXY_BAD;
        }
        map_ipv4(head + HEAD_BYTES, &out->address);
        out->has_address = true;
    } else if (head[13] == 0x21) {
        if (body_bytes < 36) {
            return PROXY_BAD;
        }
        memcpy(&out->address, head + HEAD_BYTES, sizeof out->address);
        out->has_address = true;
    }
    return PROXY_TAKEN;
}

enum proxy_verdict proxy_header_find(struct text first, struct proxy_header *out)
{
    enum proxy_verdict verdict = begins(first, TEXT("PROXY "));
    if (verdict == PROXY_TAKEN) {
        return version1_find(first, out);
    }
    if (verdict == PROXY_NONE) {
        verdict = begins(first, (struct text){.data = signature, .count = SIGNATURE_BYTES});
    }
    return verdict == PROXY_TAKEN ? version2_find(first, out) : verdict;
}
