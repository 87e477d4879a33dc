/* Addresses in text form (RFC 4291 section 2.2), and whether one is in a network. */
#include "core/network.h"

#include <string.h>

#define WORDS 8 /* Of 16 bits, in an address of IPv6. */
#define MAPPED_BITS 96
#define NO_GAP SIZE_MAX

/* Takes the decimal number, at most max, off the beginning of *text. False: there is none. */
static bool take_decimal(struct text *text, uint32_t max, uint32_t *out)
{
    uint32_t number = 0;
    size_t digits = 0;
    while (digits < text->count && text->data[digits] >= '0' && text->data[digits] <= '9') {
        number = number * 10 + (uint32_t)(text->data[digits] - '0');
        digits++;
        if (number > max || digits > 3) {
            return false;
        }
    }
    *text = (struct text){.data = text->data + digits, .count = text->count - digits};
    *out = number;
    return digits > 0;
}

static bool take_byte(struct text *text, char byte)
{
    if (text->count == 0 || text->data[0] != byte) {
        return false;
    }
    *text = (struct text){.data = text->data + 1, .count = text->count - 1};
    return true;
}

/* "192.0.2.1" at the beginning of *text. */
static bool take_dotted(struct text *text, uint8_t out[4])
{
    for (size_t i = 0; i < 4; i++) {
        uint32_t number;
        if ((i > 0 && !take_byte(text, '.')) || !take_decimal(text, UINT8_MAX, &number)) {
            return false;
        }
        out[i] = (uint8_t)number;
    }
    return true;
}

static int digit_value(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    if (byte >= 'a' && byte <= 'f') {
        return byte - 'a' + 10;
    }
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

/* One to four hexadecimal digits off the beginning of *text. */
static bool take_word(struct text *text, uint32_t *out)
{
    uint32_t number = 0;
    size_t digits = 0;
    while (digits < text->count && digits < 4 && digit_value(text->data[digits]) >= 0) {
        number = number * 16 + (uint32_t)digit_value(text->data[digits]);
        digits++;
    }
    *text = (struct text){.data = text->data + digits, .count = text->count - digits};
    *out = number;
    return digits > 0;
}

/* Whether the next part is an address of IPv4 at the end of one of IPv6. */
static bool is_dotted(struct text text)
{
    for (size_t i = 0; i < text.count && i < 4; i++) {
        if (text.data[i] == '.') {
            return true;
        }
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
    }
    return false;
}

/* What a walk over the words of an address has found. */
struct words {
    uint8_t bytes[2 * WORDS];
    size_t count; /* Words. */
    size_t gap;   /* The word at which "::" stands, or NO_GAP. */
};

/* Takes one word, or the dotted end, which is two. */
static bool words_take(struct words *words, struct text *text)
{
    if (is_dotted(*text)) {
        if (words->count > WORDS - 2 || !take_dotted(text, words->bytes + 2 * words->count)) {
            return false;
        }
        words->count += 2;
        return text->count == 0 || text->data[0] == '/';
    }
    uint32_t word;
    if (words->count == WORDS || !take_word(text, &word)) {
        return false;
    }
    words->bytes[2 * words->count] = (uint8_t)(word >> 8);
    words->bytes[2 * words->count + 1] = (uint8_t)word;
    words->count++;
    return true;
}

/* Marks that "::" stands here, and takes the word behind it, where there is one. */
static bool words_skip(struct words *words, struct text *text)
{
    if (words->gap != NO_GAP) {
        return false;
    }
    words->gap = words->count;
    return text->count == 0 || text->data[0] == '/' || words_take(words, text);
}

/* "2001:db8::1" at the beginning of *text. */
static bool take_words(struct text *text, uint8_t out[2 * WORDS])
{
    struct words words = {.gap = NO_GAP};
    bool good;
    if (text->count >= 2 && text->data[0] == ':' && text->data[1] == ':') {
        *text = (struct text){.data = text->data + 2, .count = text->count - 2};
        good = words_skip(&words, text);
    } else {
        good = words_take(&words, text);
    }
    while (good && take_byte(text, ':')) {
        good = take_byte(text, ':') ? words_skip(&words, text) : words_take(&words, text);
    }
    if (!good || (words.gap == NO_GAP) != (words.count == WORDS)) {
        return false;
    }
    const size_t before = words.gap == NO_GAP ? words.count : words.gap;
    const size_t after = words.count - before;
    memset(out, 0, 2 * WORDS);
    memcpy(out, words.bytes, 2 * before);
    memcpy(out + 2 * (WORDS - after), words.bytes + 2 * before, 2 * after);
    return true;
}

enum error network_parse(struct text text, struct network *out)
{
    struct network network = {.bits = 8 * sizeof(network.bytes)};
    uint32_t prefix_bits = 0;
    if (is_dotted(text)) {
        network.bytes[10] = UINT8_MAX;
        network.bytes[11] = UINT8_MAX;
        prefix_bits = MAPPED_BITS;
        if (!take_dotted(&text, network.bytes + 12)) {
            return ERR_INVALID;
        }
    } else if (!take_words(&text, network.bytes)) {
        return ERR_INVALID;
    }
    if (take_byte(&text, '/')) {
        uint32_t bits;
        if (!take_decimal(&text, 8 * sizeof(network.bytes) - prefix_bits, &bits)) {
            return ERR_INVALID;
        }
        network.bits = prefix_bits + bits;
    }
    if (text.count > 0) {
        return ERR_INVALID;
    }
    *out = network;
    return ERR_OK;
}

bool network_contains(const struct network *network, const struct network *address)
{
    const uint32_t whole = network->bits / 8;
    const uint32_t rest = network->bits % 8;
    if (memcmp(network->bytes, address->bytes, whole) != 0) {
        return false;
    }
    return rest == 0 || ((network->bytes[whole] ^ address->bytes[whole]) >> (8 - rest)) == 0;
}
