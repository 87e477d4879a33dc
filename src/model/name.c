/* The one rule for names: what may be one, which are the same, which look the same. */
#include "model/name.h"

#include "base/check.h"
#include "base/utf8.h"
#include "model/lookalike.h"

#include <string.h>
#include <utf8proc.h>

/* Combining marks in a row: what the scripts that stack most of them need. */
#define MARKS_MAX 4
/* U+FDFA, the longest decomposition there is, makes 18 characters of 3 bytes. */
#define RUNES_PER_BYTE_MAX 6
#define RUNES_MAX (CHANNEL_BYTES_MAX * RUNES_PER_BYTE_MAX)

/* What decides about one kind of name. */
struct rule {
    size_t bytes_max;
    size_t sign_bytes; /* Before what is the name itself: a mark there would stand on the sign. */
    enum name_verdict (*ascii)(char byte);
    bool letters_only; /* Beyond ASCII: letters and marks, or whatever can be seen. */
};

/* Words that the server speaks with, as their keys are. */
static const char *const reserved_words[] = {
    "madang",   "마당",     "server",   "서버",    "admin",     "관리자",   "접속",
    "종료",     "해제",     "joined",   "left",    "connected", "nickserv", "chanserv",
    "memoserv", "operserv", "hostserv", "botserv", "histserv",
};

static bool is_ascii(struct text text)
{
    for (size_t i = 0; i < text.count; i++) {
        if ((unsigned char)text.data[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static enum name_verdict ascii_in_nick(char byte)
{
    bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    /* strchr() would find the NUL too. */
    bool is_special = byte != '\0' && strchr("[]\\`_^{|}-", byte) != NULL;
    return is_letter || is_digit(byte) || is_special ? NAME_OK : NAME_CHARACTER;
}

static enum name_verdict ascii_in_channel(char byte)
{
    return byte == ',' || byte == ':' ? NAME_CHARACTER : NAME_OK;
}

static const struct rule nick_rule = {NAME_BYTES_MAX, 0, ascii_in_nick, true};
static const struct rule channel_rule = {CHANNEL_BYTES_MAX, 1, ascii_in_channel, false};

static bool is_mark(uint32_t rune)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)rune);
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
           category == UTF8PROC_CATEGORY_ME;
}

/* Shown as nothing at all, though by its category a letter, a mark or a symbol. */
static bool is_blank(uint32_t rune)
{
    /* Braille blank, Khitan filler, Egyptian blanks; the others are default-ignorable. */
    return rune == 0x2800 || rune == 0x16FE4 || rune == 0x13441 || rune == 0x13442 ||
           utf8proc_get_property((utf8proc_int32_t)rune)->ignorable;
}

static enum name_verdict rune_verdict(const struct rule *rule, uint32_t rune)
{
    if (rune < 0x80) {
        if (rune < 0x20 || rune == 0x7F) {
            return NAME_CONTROL;
        }
        return rune == ' ' ? NAME_SPACE : rule->ascii((char)rune);
    }
    if (is_blank(rune)) {
        return NAME_INVISIBLE;
    }
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)rune);
    if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_ME) {
        return NAME_OK; /* Letters and marks stand together in utf8proc's list. */
    }
    if (category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_ZL ||
        category == UTF8PROC_CATEGORY_ZP) {
        return NAME_CONTROL;
    }
    if (category == UTF8PROC_CATEGORY_CF) {
        return NAME_INVISIBLE;
    }
    if (category == UTF8PROC_CATEGORY_ZS) {
        return NAME_SPACE;
    }
    /* Nobody knows what an unassigned or private character will look like. */
    bool is_unknown = category == UTF8PROC_CATEGORY_CN || category == UTF8PROC_CATEGORY_CO ||
                      category == UTF8PROC_CATEGORY_CS;
    return rule->letters_only || is_unknown ? NAME_CHARACTER : NAME_OK;
}

/* The one that is told: verdicts are listed in the order in which people expect them. */
static enum name_verdict first_of(enum name_verdict a, enum name_verdict b)
{
    return a == NAME_OK || (b != NAME_OK && b < a) ? b : a;
}

/* What is wrong with the characters of name (valid UTF-8), taken one by one. */
static enum name_verdict runes_verdict(const struct rule *rule, struct text name)
{
    enum name_verdict verdict = NAME_OK;
    size_t mark_count = 0;
    for (size_t position = 0; position < name.count;) {
        struct text rest = {name.data + position, name.count - position};
        uint32_t rune;
        size_t bytes = utf8_decode(rest, &rune);
        verdict = first_of(verdict, rune_verdict(rule, rune));
        bool mark = rune >= 0x80 && is_mark(rune);
        mark_count = mark ? mark_count + 1 : 0;
        if (mark_count > MARKS_MAX) {
            verdict = first_of(verdict, NAME_MARKS);
        }
        if (position == rule->sign_bytes && mark) {
            verdict = first_of(verdict, NAME_START);
        }
        position += bytes;
    }
    return verdict;
}

/* What is wrong with the bytes of name. */
static enum name_verdict bytes_verdict(const struct rule *rule, struct text name)
{
    if (name.count == 0) {
        return NAME_EMPTY;
    }
    if (name.count > rule->bytes_max) {
        return NAME_TOO_LONG;
    }
    return utf8_valid(name) ? NAME_OK : NAME_NOT_UTF8;
}

/*
 * Decomposes text as utf8proc does with options into runes, and writes them, or what lookalike
 * letters they are taken for, to out as UTF-8. Returns the bytes, 0 when they are not as expected.
 */
static size_t transform(struct text text, int options, bool lookalikes,
                        char out[CHANNEL_KEY_BYTES_MAX])
{
    /* One more than needed: utf8proc_reencode() ends its result with a NUL. */
    utf8proc_int32_t runes[RUNES_MAX + 1];
    utf8proc_ssize_t count =
        utf8proc_decompose((const utf8proc_uint8_t *)text.data, (utf8proc_ssize_t)text.count, runes,
                           RUNES_MAX, (utf8proc_option_t)options);
    if (count <= 0 || count > RUNES_MAX) {
        return 0;
    }
    for (utf8proc_ssize_t i = 0; lookalikes && i < count; i++) {
        runes[i] = (utf8proc_int32_t)lookalike_of((uint32_t)runes[i]);
    }
    utf8proc_ssize_t bytes = utf8proc_reencode(runes, count, (utf8proc_option_t)options);
    if (bytes <= 0 || bytes > CHANNEL_KEY_BYTES_MAX) {
        return 0;
    }
    memcpy(out, runes, (size_t)bytes);
    return (size_t)bytes;
}

/* The key of a name of either kind that bytes_verdict() likes; its bytes, or 0. */
static size_t make_key(struct text name, char out[CHANNEL_KEY_BYTES_MAX])
{
    check(name.count <= CHANNEL_BYTES_MAX);
    if (is_ascii(name)) {
        for (size_t i = 0; i < name.count; i++) {
            char byte = name.data[i];
            out[i] = byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
        }
        return name.count;
    }
    return transform(name, UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD,
                     false, out);
}

/* Copies what was made into the caller's key. */
MUST_USE static enum error give_key(const char *data, size_t count, struct name_key *out)
{
    if (count == 0 || count > NAME_KEY_BYTES_MAX) {
        return ERR_INVALID;
    }
    memcpy(out->data, data, count);
    out->count = count;
    return ERR_OK;
}

enum error name_key(struct text nick, struct name_key *out)
{
    if (bytes_verdict(&nick_rule, nick) != NAME_OK) {
        return ERR_INVALID;
    }
    char key[CHANNEL_KEY_BYTES_MAX];
    return give_key(key, make_key(nick, key), out);
}

enum error name_skeleton(struct text nick, struct name_key *out)
{
    if (bytes_verdict(&nick_rule, nick) != NAME_OK) {
        return ERR_INVALID;
    }
    char shape[CHANNEL_KEY_BYTES_MAX];
    char folded[CHANNEL_KEY_BYTES_MAX];
    if (is_ascii(nick)) {
        size_t count = make_key(nick, folded);
        for (size_t i = 0; i < count; i++) {
            shape[i] = (char)lookalike_of((unsigned char)folded[i]);
        }
        return give_key(shape, count, out);
    }
    /* Before folding, a Greek capital Nu is an N; after it, a small nu is a v. Both matter. */
    const int decompose = UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE;
    size_t count = transform(nick, decompose, true, shape);
    if (count == 0 || count > NAME_KEY_BYTES_MAX) {
        return ERR_INVALID;
    }
    count = transform((struct text){shape, count}, decompose | UTF8PROC_CASEFOLD, true, folded);
    return give_key(folded, count, out);
}

static bool is_reserved(struct text nick, const struct name_key *key)
{
    struct name_key skeleton;
    if (name_skeleton(nick, &skeleton) != ERR_OK) {
        return false;
    }
    for (size_t i = 0; i < sizeof(reserved_words) / sizeof(reserved_words[0]); i++) {
        struct text word = text_of(reserved_words[i]);
        if (text_equal(word, (struct text){key->data, key->count}) ||
            text_equal(word, (struct text){skeleton.data, skeleton.count})) {
            return true;
        }
    }
    return false;
}

enum name_verdict name_check(struct text nick)
{
    enum name_verdict verdict = bytes_verdict(&nick_rule, nick);
    if (verdict != NAME_OK) {
        return verdict;
    }
    verdict = runes_verdict(&nick_rule, nick);
    if (is_digit(nick.data[0]) || nick.data[0] == '-') {
        verdict = first_of(verdict, NAME_START);
    }
    if (verdict != NAME_OK) {
        return verdict;
    }
    struct name_key key;
    if (name_key(nick, &key) != ERR_OK) {
        return NAME_CHARACTER;
    }
    /* Some letters are made of others with a space or a sign: what the key may not hold, the name
     * may not either. */
    verdict = runes_verdict(&nick_rule, (struct text){key.data, key.count});
    if (verdict != NAME_OK) {
        return verdict < NAME_CHARACTER ? NAME_CHARACTER : verdict;
    }
    return is_reserved(nick, &key) ? NAME_RESERVED : NAME_OK;
}

enum name_verdict channel_name_check(struct text name)
{
    enum name_verdict verdict = bytes_verdict(&channel_rule, name);
    if (verdict != NAME_OK) {
        return verdict;
    }
    if (name.data[0] != '#') {
        return first_of(NAME_START, runes_verdict(&channel_rule, name));
    }
    if (name.count == 1) {
        return NAME_EMPTY;
    }
    return runes_verdict(&channel_rule, name);
}

enum error channel_name_key(struct text name, struct bytes *out)
{
    if (bytes_verdict(&channel_rule, name) != NAME_OK) {
        return ERR_INVALID;
    }
    char key[CHANNEL_KEY_BYTES_MAX];
    size_t count = make_key(name, key);
    return count == 0 ? ERR_INVALID : bytes_append(out, key, count);
}
