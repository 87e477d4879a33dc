/* Argon2id by libsodium, which checks hashes of any cost: what may come to it is decided here. */
#include "auth/password.h"

#include "base/mem.h"

#include <sodium.h>
#include <string.h>

/* RFC 9106 section 3.1, and what libsodium takes. */
#define SALT_BYTES_MIN 8
#define SALT_BYTES_MAX 48
#define HASH_BYTES_MIN 16
#define HASH_BYTES_MAX 64
#define LANES_MAX 16
#define KIB_A_LANE_MIN 8

/* What is checked in place of a hash that cannot be: of an ordinary cost, and of nobody's password.
 */
static const char nobody[] = "$argon2id$v=19$m=19456,t=2,p=1$bWFkYW5nIG5vYm9keQ$"
                             "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/* Takes literal off *text. */
static bool take_literal(struct text *text, const char *literal)
{
    size_t count = strlen(literal);
    if (text->count < count || memcmp(text->data, literal, count) != 0) {
        return false;
    }
    text->data += count;
    text->count -= count;
    return true;
}

/* Takes a number without leading zeros off *text. */
static bool take_number(struct text *text, uint32_t *out)
{
    uint64_t number = 0;
    size_t digits = 0;
    while (digits < text->count && digits < 10 && text->data[digits] >= '0' &&
           text->data[digits] <= '9') {
        number = number * 10 + (uint64_t)(text->data[digits] - '0');
        digits++;
    }
    if (digits == 0 || text->data[0] == '0' || number > UINT32_MAX) {
        return false;
    }
    text->data += digits;
    text->count -= digits;
    *out = (uint32_t)number;
    return true;
}

/* The value of a digit of base 64 (RFC 4648 section 4), -1 for any other byte. */
static int digit_value(char digit)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = digit != '\0' ? strchr(digits, digit) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

/* Takes base 64 without padding off *text, up to '$' or the end. False when it is not that, or not
 * of least to most bytes. */
static bool take_base64(struct text *text, size_t least, size_t most)
{
    size_t count = 0;
    int last = 0;
    while (count < text->count && text->data[count] != '$') {
        last = digit_value(text->data[count]);
        if (last < 0) {
            return false;
        }
        count++;
    }
    /* Bits of the last digit that belong to no byte are zero, or libsodium refuses the whole. */
    static const int spare_bits[] = {0, 0x3f, 0x0f, 0x03};
    size_t bytes = count * 3 / 4;
    if (count % 4 == 1 || bytes < least || bytes > most || (last & spare_bits[count % 4]) != 0) {
        return false;
    }
    text->data += count;
    text->count -= count;
    return true;
}

enum password_form password_hash_check(struct text hash)
{
    uint32_t kib;
    uint32_t passes;
    uint32_t lanes;
    bool formed = hash.count <= PASSWORD_HASH_BYTES_MAX &&
                  take_literal(&hash, "$argon2id$v=19$m=") && take_number(&hash, &kib) &&
                  take_literal(&hash, ",t=") && take_number(&hash, &passes) &&
                  take_literal(&hash, ",p=") && take_number(&hash, &lanes) &&
                  take_literal(&hash, "$") && take_base64(&hash, SALT_BYTES_MIN, SALT_BYTES_MAX) &&
                  take_literal(&hash, "$") && take_base64(&hash, HASH_BYTES_MIN, HASH_BYTES_MAX) &&
                  hash.count == 0 && lanes <= LANES_MAX && kib >= KIB_A_LANE_MIN * lanes;
    if (!formed) {
        return PASSWORD_FORM_WRONG;
    }
    return kib > PASSWORD_HASH_KIB_MAX || passes > PASSWORD_HASH_PASSES_MAX ? PASSWORD_FORM_COSTLY
                                                                            : PASSWORD_FORM_OK;
}

bool password_verify(struct text hash, struct text password)
{
    bool usable =
        password_hash_check(hash) == PASSWORD_FORM_OK && password.count <= PASSWORD_BYTES_MAX;
    struct text checked = usable ? hash : text_of(nobody);
    char string[PASSWORD_HASH_BYTES_MAX + 1];
    memcpy(string, checked.data, checked.count);
    string[checked.count] = '\0';
    size_t count = password.count < PASSWORD_BYTES_MAX ? password.count : PASSWORD_BYTES_MAX;
    const char *data = password.count > 0 ? password.data : "";
    /* It is safe to be called again, by any thread. */
    bool right = sodium_init() >= 0 && crypto_pwhash_str_verify(string, data, count) == 0;
    mem_wipe(string, sizeof string);
    return usable && right;
}
