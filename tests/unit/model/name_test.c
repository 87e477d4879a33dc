/* What may be a name, which names are the same, which look the same. */
#include "model/name.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "model/lookalike.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void assert_verdict(struct text name, enum name_verdict expected)
{
    enum name_verdict verdict = name_check(name);
    if (verdict != expected) {
        fail_msg("\"%.*s\" gave %d, not %d", (int)name.count, name.count > 0 ? name.data : "",
                 (int)verdict, (int)expected);
    }
}

static void assert_verdicts(const char *const *names, size_t count, enum name_verdict expected)
{
    for (size_t i = 0; i < count; i++) {
        assert_verdict(text_of(names[i]), expected);
    }
}

static struct name_key key_of(const char *name)
{
    struct name_key key = {.count = 0};
    assert_int_equal(name_key(text_of(name), &key), ERR_OK);
    return key;
}

static struct name_key skeleton_of(const char *name)
{
    struct name_key skeleton = {.count = 0};
    assert_int_equal(name_skeleton(text_of(name), &skeleton), ERR_OK);
    return skeleton;
}

static bool keys_equal(const struct name_key *a, const struct name_key *b)
{
    return text_equal((struct text){a->data, a->count}, (struct text){b->data, b->count});
}

static bool same(const char *a, const char *b)
{
    struct name_key key_a = key_of(a);
    struct name_key key_b = key_of(b);
    return keys_equal(&key_a, &key_b);
}

static bool look_alike(const char *a, const char *b)
{
    struct name_key skeleton_a = skeleton_of(a);
    struct name_key skeleton_b = skeleton_of(b);
    return keys_equal(&skeleton_a, &skeleton_b);
}

static void ordinary_names_are_fine(void **state)
{
    (void)state;
    static const char *const names[] = {
        "user1", "a",      "Z",       "[admin]",  "{x}",      "a_b-c", "bob^", "`a",
        "\\",    "|",      "_1",      "마당쇠",   "사용자1",  "ㅋㅋ",  "Zoë",  "Ωmega",
        "नमस्ते",  "ไทยใหญ่", "Дмитрий", "山田太郎", "カタカナ", "שלום",  "سلام", "NICK",
        "q",     "quit",   "Tiếng",   "e\u0301",  "𐐷",        "ª",     "ﬁ",
    };
    assert_verdicts(names, COUNT_OF(names), NAME_OK);
}

static void every_ascii_character_has_its_verdict(void **state)
{
    (void)state;
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "[]\\`_^{|}-";
    for (int byte = 0; byte < 0x80; byte++) {
        char name[] = {'a', (char)byte, 'b'};
        enum name_verdict expected = NAME_CHARACTER;
        if (byte < 0x20 || byte == 0x7F) {
            expected = NAME_CONTROL;
        } else if (byte == ' ') {
            expected = NAME_SPACE;
        } else if (strchr(allowed, byte) != NULL) {
            expected = NAME_OK;
        }
        assert_verdict((struct text){name, 3}, expected);
    }
}

static void name_of_no_bytes_is_empty(void **state)
{
    (void)state;
    assert_verdict(TEXT(""), NAME_EMPTY);
    assert_verdict(TEXT_NONE, NAME_EMPTY);
}

static void name_has_32_bytes_at_most(void **state)
{
    (void)state;
    char name[NAME_BYTES_MAX + 1];
    memset(name, 'b', sizeof(name));
    assert_verdict((struct text){name, NAME_BYTES_MAX}, NAME_OK);
    assert_verdict((struct text){name, NAME_BYTES_MAX + 1}, NAME_TOO_LONG);
    assert_verdict(TEXT("가가가가가가가가가가ab"), NAME_OK);
    assert_verdict(TEXT("가가가가가가가가가가가"), NAME_TOO_LONG);
}

static void name_is_utf8(void **state)
{
    (void)state;
    static const char *const names[] = {"bob\xc0\xaf", "bob\xed\xa0\x80", "bob\xf4\x90\x80\x80",
                                        "bob\x80",     "bob\xec\x95",     "\xff"};
    assert_verdicts(names, COUNT_OF(names), NAME_NOT_UTF8);
}

static void name_has_no_control_character(void **state)
{
    (void)state;
    static const char *const names[] = {"a\rb",      "a\tb",      "a\ab",     "a\x1b[2Jb", "a\x7f",
                                        "a\xc2\x85", "a\xc2\x9b", "a\u2028b", "a\u2029b"};
    assert_verdicts(names, COUNT_OF(names), NAME_CONTROL);
    assert_verdict(TEXT("a\0b"), NAME_CONTROL);
}

static void name_has_no_invisible_character(void **state)
{
    (void)state;
    static const char *const names[] = {
        "bob\u202e",   "bob\u2066",   "bo\u200bb",   "\u200d",  "\ufeffbob",   "bo\u00adb",
        "b\U000e0041", "bo\u3164b",   "bo\u115fb",   "b\u1160", "b\uffa0",     "b\u034f",
        "b\ufe0f",     "b\U000e0100", "b\u180b",     "b\u180e", "b\u17b4",     "b\u061c",
        "b\u2060",     "b\u2800",     "b\U00016fe4", "b\u0600", "b\U00013441",
    };
    assert_verdicts(names, COUNT_OF(names), NAME_INVISIBLE);
}

static void name_has_no_space(void **state)
{
    (void)state;
    static const char *const names[] = {" ",        "   ",      " bob",     "bob ",
                                        "b ob",     "a] hi [b", "밥\u00a0", "\u3000",
                                        "a\u2003b", "a\u1680b", "a\u202fb"};
    assert_verdicts(names, COUNT_OF(names), NAME_SPACE);
}

static void name_has_no_other_sign(void **state)
{
    (void)state;
    static const char
        *const names[] =
            {
                "*",       "#bob",        "a.b",     "bob!",    "a,b",     "a:b",     "~bob",
                "@bob",    "a%b",         "+bob",    "$bob",    "a?b",     "a&b",     "a=b",
                "b/c",     "a\"b",        "a😀",      "a·b",     "a、b",    "a₩b",     "a²b",
                "a½b",     "a１b",        "a٣b",     "a\ue000", "a\u0378", "a\uffff", "a\ufffd",
                "a＃b",    "a\U0010ffff", "a\ufdfa", /* One letter that stands for several words. */
                "a\u037a",                           /* A letter that is a space with a mark. */
                "a\u0140",                           /* l with a middle dot. */
            };
    assert_verdicts(names, COUNT_OF(names), NAME_CHARACTER);
}

static void name_begins_with_a_letter_or_a_special(void **state)
{
    (void)state;
    static const char *const names[] = {
        "1bob",      "0",       "-bob",    "-",
        "\u0301bob", "\u094dक", "\uff9eカ" /* Becomes a mark when normalised. */};
    assert_verdicts(names, COUNT_OF(names), NAME_START);
}

static void letter_carries_four_marks_at_most(void **state)
{
    (void)state;
    assert_verdict(TEXT("a\u0301\u0302\u0303\u0304b"), NAME_OK);
    assert_verdict(TEXT("a\u0301\u0302\u0303\u0304\u0305b"), NAME_MARKS);
    assert_verdict(TEXT("a\u0301\u0302\u0303\u0304b\u0301\u0302"), NAME_OK);
}

static void words_of_the_server_are_reserved(void **state)
{
    (void)state;
    static const char *const names[] = {
        "madang", "MADANG", "server", "admin", "Admin", "ａｄｍｉｎ", "NickServ",
        "접속",   "서버",   "마당",   "аdmin", "аԁmіn", "joined",     "\u1109\u1165\u1107\u1165",
    };
    assert_verdicts(names, COUNT_OF(names), NAME_RESERVED);
    static const char *const near[] = {"[admin]", "admins", "madang1", "마당쇠", "nick", "serve"};
    assert_verdicts(near, COUNT_OF(near), NAME_OK);
}

static void first_verdict_in_the_list_is_told(void **state)
{
    (void)state;
    char long_and_broken[NAME_BYTES_MAX + 1];
    memset(long_and_broken, 0xFF, sizeof(long_and_broken));
    assert_verdict((struct text){long_and_broken, sizeof(long_and_broken)}, NAME_TOO_LONG);
    assert_verdict(TEXT("a \x07\xff"), NAME_NOT_UTF8);
    assert_verdict(TEXT("a !\u200b\x07"), NAME_CONTROL);
    assert_verdict(TEXT("a !\u200b"), NAME_INVISIBLE);
    assert_verdict(TEXT("1a! b"), NAME_SPACE);
    assert_verdict(TEXT("1a!"), NAME_CHARACTER);
    assert_verdict(TEXT("1a\u0301\u0302\u0303\u0304\u0305"), NAME_START);
}

static void forms_of_one_name_have_one_key(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"bob", "BOB"},  {"bob", "ｂｏｂ"}, {"é", "e\u0301"},
        {"σα", "ΣΑ"},    {"ς", "σ"},        {"straße", "STRASSE"},
        {"ﬁ", "fi"},     {"ｶﾞ", "ガ"},      {"각하", "\u1100\u1161\u11a8\u1112\u1161"},
        {"Å", "\u212b"}, {"ǆ", "Ǆ"},        {"q\u0307\u0323", "q\u0323\u0307"},
        {"ꭰ", "Ꭰ"},
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        if (!same(pairs[i][0], pairs[i][1])) {
            fail_msg("%s and %s have different keys", pairs[i][0], pairs[i][1]);
        }
    }
}

static void different_names_have_different_keys(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"bob", "bobb"},    {"e", "é"},       {"가", "나"}, {"각", "갂"},
        {"admin", "аdmin"}, {"foo[", "foo{"}, /* ASCII's case mapping, not RFC 1459's. */
        {"user1", "user2"}, {"i", "ı"},       {"か", "カ"},
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        if (same(pairs[i][0], pairs[i][1])) {
            fail_msg("%s and %s have one key", pairs[i][0], pairs[i][1]);
        }
    }
}

static size_t encode(uint32_t rune, char out[4])
{
    if (rune < 0x800) {
        out[0] = (char)(0xC0 | rune >> 6);
        out[1] = (char)(0x80 | (rune & 0x3F));
        return 2;
    }
    size_t bytes = rune < 0x10000 ? 3 : 4;
    out[0] = (char)((bytes == 3 ? 0xE0 : 0xF0) | rune >> (6 * (bytes - 1)));
    for (size_t i = 1; i < bytes; i++) {
        out[i] = (char)(0x80 | (rune >> (6 * (bytes - 1 - i)) & 0x3F));
    }
    return bytes;
}

/* For every character that a name may hold: its key is a name too, and is its own key; and a whole
 * name of it has a key and a skeleton. */
static void key_of_a_key_is_the_key(void **state)
{
    (void)state;
    size_t count = 0;
    for (uint32_t rune = 0x80; rune <= 0x10FFFF; rune++) {
        char name[NAME_BYTES_MAX] = "a";
        struct text text = {name, 1 + encode(rune, name + 1)};
        if (name_check(text) != NAME_OK) {
            continue;
        }
        count++;
        struct name_key key = {.count = 0};
        struct name_key again = {.count = 0};
        assert_int_equal(name_key(text, &key), ERR_OK);
        struct text key_text = {key.data, key.count};
        assert_verdict(key_text, NAME_OK);
        assert_int_equal(name_key(key_text, &again), ERR_OK);
        assert_true(keys_equal(&key, &again));
        size_t bytes = text.count - 1;
        while (text.count + bytes <= sizeof(name)) {
            memcpy(name + text.count, name + 1, bytes);
            text.count += bytes;
        }
        assert_int_equal(name_key(text, &key), ERR_OK);
        assert_int_equal(name_skeleton(text, &key), ERR_OK);
    }
    assert_true(count > 100000);
}

static void bytes_that_are_no_name_have_no_key(void **state)
{
    (void)state;
    char name[NAME_BYTES_MAX + 1];
    memset(name, 'b', sizeof(name));
    struct name_key key = {.count = 77};
    assert_int_equal(name_key(TEXT(""), &key), ERR_INVALID);
    assert_int_equal(name_key(TEXT("a\xff"), &key), ERR_INVALID);
    assert_int_equal(name_key((struct text){name, NAME_BYTES_MAX + 1}, &key), ERR_INVALID);
    assert_int_equal(name_skeleton(TEXT(""), &key), ERR_INVALID);
    assert_int_equal(name_skeleton(TEXT("a\xff"), &key), ERR_INVALID);
    assert_int_equal(name_skeleton((struct text){name, NAME_BYTES_MAX + 1}, &key), ERR_INVALID);
    assert_int_equal(key.count, 77);
    assert_int_equal(name_key((struct text){name, NAME_BYTES_MAX}, &key), ERR_OK);
    assert_int_equal(key.count, NAME_BYTES_MAX);
}

static void names_that_look_alike_have_one_skeleton(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"admin", "аdmin"},                           /* Cyrillic a. */
        {"coco", "сосо"},                             /* All Cyrillic. */
        {"Bob", "Воb"},                               /* Cyrillic capital Ve and o. */
        {"bob", "вob"},                               /* Its small form. */
        {"Nick", "Νick"},                             /* Greek capital Nu. */
        {"Anna", "ΑΝΝΑ"},                             /* Greek capitals. */
        {"paul", "pau1"},                             /* Digit one. */
        {"paul", "pau|"},                             /* The bar. */
        {"bob", "b0b"},                               /* Digit zero. */
        {"ChanSurf", "ChɑnSurf"}, {"söner", "sӧner"}, /* The mark on a Cyrillic o. */
        {"ＡＮＮＡ", "аnna"},                         /* Full-width and Cyrillic. */
        {"カメラ", "力メラ"},                         /* Katakana and a Chinese character. */
        {"LISA", "ꓡꓲꓢꓮ"},
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        if (!look_alike(pairs[i][0], pairs[i][1])) {
            fail_msg("%s and %s have different skeletons", pairs[i][0], pairs[i][1]);
        }
        assert_false(same(pairs[i][0], pairs[i][1]));
    }
}

static void ordinary_names_do_not_look_alike(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"Ian", "Lan"},     {"ian", "lan"},       {"barn", "bam"}, {"modern", "modem"},
        {"clara", "dara"},  {"vvilma", "wilma"},  {"zoe", "zoë"},  {"마당쇠", "마당새"},
        {"user1", "user2"}, {"user10", "user11"}, {"a_b", "a-b"},  {"Анна", "Инна"},
        {"각", "갂"},       {"ㅏ", "ㅑ"},         {"으", "一"},    {"[x]", "{x}"},
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        if (look_alike(pairs[i][0], pairs[i][1])) {
            fail_msg("%s and %s have one skeleton", pairs[i][0], pairs[i][1]);
        }
    }
}

/* All 11,172 syllables, alone: one skeleton each. */
static void hangul_syllables_never_look_alike(void **state)
{
    (void)state;
    struct name_key before = skeleton_of("가");
    for (uint32_t rune = 0xAC01; rune <= 0xD7A3; rune++) {
        char name[5] = {0};
        encode(rune, name);
        struct name_key skeleton = skeleton_of(name);
        /* Decomposed syllables come in ascending order, so equal ones would be neighbours. */
        size_t count = skeleton.count < before.count ? skeleton.count : before.count;
        int order = memcmp(before.data, skeleton.data, count);
        assert_true(order < 0 || (order == 0 && before.count < skeleton.count));
        before = skeleton;
    }
}

static void lookalike_of_a_lookalike_is_itself(void **state)
{
    (void)state;
    size_t count = 0;
    for (uint32_t rune = 0; rune <= 0x10FFFF; rune++) {
        uint32_t taken_for = lookalike_of(rune);
        count += taken_for != rune;
        assert_int_equal(lookalike_of(taken_for), taken_for);
    }
    /* All of the table is found, so it is in order. */
    assert_int_equal(count, LOOKALIKE_COUNT);
}

static void channel_is_a_hash_sign_and_nearly_anything(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum name_verdict verdict;
    } channels[] = {
        {"#madang", NAME_OK},
        {"#마당", NAME_OK},
        {"#a.b!c*d@e", NAME_OK},
        {"##", NAME_OK},
        {"#1", NAME_OK},
        {"#😀", NAME_OK},
        {"", NAME_EMPTY},
        {"#", NAME_EMPTY},
        {"madang", NAME_START},
        {"&a", NAME_START},
        {"# a", NAME_SPACE},
        {"#a\u3000b", NAME_SPACE},
        {"#a,b", NAME_CHARACTER},
        {"#a:b", NAME_CHARACTER},
        {"#a\x07", NAME_CONTROL},
        {"#a\u2028", NAME_CONTROL},
        {"#a\u200b", NAME_INVISIBLE},
        {"#a\u202e", NAME_INVISIBLE},
        {"#a\ue000", NAME_CHARACTER},
        {"#a\u0378", NAME_CHARACTER},
        {"#\xff", NAME_NOT_UTF8},
        {"#a\u0301\u0302\u0303\u0304", NAME_OK},
        {"#a\u0301\u0302\u0303\u0304\u0305", NAME_MARKS},
        {"#\u0301", NAME_START},
        {"#\u0301a", NAME_START},
        {"##\u0301", NAME_OK},
    };
    for (size_t i = 0; i < COUNT_OF(channels); i++) {
        enum name_verdict verdict = channel_name_check(text_of(channels[i].name));
        if (verdict != channels[i].verdict) {
            fail_msg("\"%s\" gave %d", channels[i].name, (int)verdict);
        }
    }
    char name[CHANNEL_BYTES_MAX + 1];
    memset(name, '#', sizeof(name));
    assert_int_equal(channel_name_check((struct text){name, CHANNEL_BYTES_MAX}), NAME_OK);
    assert_int_equal(channel_name_check((struct text){name, CHANNEL_BYTES_MAX + 1}), NAME_TOO_LONG);
}

static void channel_key_is_appended_folded(void **state)
{
    (void)state;
    struct bytes out = {0};
    assert_int_equal(channel_name_key(TEXT("#MaDang"), &out), ERR_OK);
    assert_int_equal(channel_name_key(TEXT("#\u1106\u1161Ｄ"), &out), ERR_OK);
    assert_true(text_equal(bytes_text(&out), TEXT("#madang#마d")));
    assert_int_equal(channel_name_key(TEXT(""), &out), ERR_INVALID);
    assert_int_equal(channel_name_key(TEXT("#\xff"), &out), ERR_INVALID);
    char name[CHANNEL_BYTES_MAX + 1];
    memset(name, '#', sizeof(name));
    assert_int_equal(channel_name_key((struct text){name, sizeof(name)}, &out), ERR_INVALID);
    mem_fail_at(1);
    assert_int_equal(channel_name_key((struct text){name, CHANNEL_BYTES_MAX}, &out), ERR_MEMORY);
    assert_true(text_equal(bytes_text(&out), TEXT("#madang#마d")));
    bytes_finish(&out);
    /* The longest key there is: 21 times the letter that stands for 18. */
    name[0] = '#';
    for (size_t i = 1; i + 3 <= CHANNEL_BYTES_MAX; i += 3) {
        memcpy(name + i, "\ufdfa", 3);
    }
    assert_int_equal(channel_name_key((struct text){name, CHANNEL_BYTES_MAX}, &out), ERR_OK);
    assert_int_equal(out.count, 1 + 21 * 33);
    bytes_finish(&out);
}

static void every_verdict_has_a_sentence_of_its_own(void **state)
{
    (void)state;
    assert_string_equal(name_verdict_sentence(NAME_OK), "");
    for (int verdict = NAME_EMPTY; verdict <= NAME_RESERVED; verdict++) {
        const char *sentence = name_verdict_sentence((enum name_verdict)verdict);
        assert_true(sentence[0] != '\0');
        for (int other = NAME_OK; other < verdict; other++) {
            assert_string_not_equal(sentence, name_verdict_sentence((enum name_verdict)other));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_names_are_fine),
        cmocka_unit_test(every_ascii_character_has_its_verdict),
        cmocka_unit_test(name_of_no_bytes_is_empty),
        cmocka_unit_test(name_has_32_bytes_at_most),
        cmocka_unit_test(name_is_utf8),
        cmocka_unit_test(name_has_no_control_character),
        cmocka_unit_test(name_has_no_invisible_character),
        cmocka_unit_test(name_has_no_space),
        cmocka_unit_test(name_has_no_other_sign),
        cmocka_unit_test(name_begins_with_a_letter_or_a_special),
        cmocka_unit_test(letter_carries_four_marks_at_most),
        cmocka_unit_test(words_of_the_server_are_reserved),
        cmocka_unit_test(first_verdict_in_the_list_is_told),
        cmocka_unit_test(every_verdict_has_a_sentence_of_its_own),
        cmocka_unit_test(forms_of_one_name_have_one_key),
        cmocka_unit_test(different_names_have_different_keys),
        cmocka_unit_test(key_of_a_key_is_the_key),
        cmocka_unit_test(bytes_that_are_no_name_have_no_key),
        cmocka_unit_test(names_that_look_alike_have_one_skeleton),
        cmocka_unit_test(ordinary_names_do_not_look_alike),
        cmocka_unit_test(hangul_syllables_never_look_alike),
        cmocka_unit_test(lookalike_of_a_lookalike_is_itself),
        cmocka_unit_test(channel_is_a_hash_sign_and_nearly_anything),
        cmocka_unit_test(channel_key_is_appended_folded),
    };
    return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
