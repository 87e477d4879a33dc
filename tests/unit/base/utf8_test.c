/* UTF-8 at every edge of RFC 3629, widths, and text that can do nothing to a terminal. */
#include "base/utf8.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct sample {
    const char *data;
    size_t count;
};

#define SAMPLE(literal)                                                                            \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct text text_of_sample(const struct sample *sample)
{
    return (struct text){sample->data, sample->count};
}

/* Encodes without any check: surrogates and numbers past the end too. */
static size_t encode(uint32_t rune, char out[4])
{
    if (rune < 0x80) {
        out[0] = (char)rune;
        return 1;
    }
    size_t bytes = rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
    for (size_t i = bytes - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (rune & 0x3F));
        rune >>= 6;
    }
    static const unsigned lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(lead[bytes] | rune);
    return bytes;
}

static const struct sample whole[] = {
    SAMPLE(""),
    SAMPLE("a"),
    SAMPLE("\0"),
    SAMPLE("\x7f"),
    SAMPLE("\xc2\x80"),
    SAMPLE("\xdf\xbf"),
    SAMPLE("\xe0\xa0\x80"),
    SAMPLE("\xed\x9f\xbf"),
    SAMPLE("\xee\x80\x80"),
    SAMPLE("\xef\xbf\xbf"),
    SAMPLE("\xf0\x90\x80\x80"),
    SAMPLE("\xf4\x8f\xbf\xbf"),
    SAMPLE("안녕하세요"),
    SAMPLE("twelve bytes of ASCII and then 한글"),
};

static const struct sample broken[] = {
    SAMPLE("\x80"),             /* A continuation alone. */
    SAMPLE("\xbf"),             /**/
    SAMPLE("\xc0\xaf"),         /* Overlong. */
    SAMPLE("\xc1\xbf"),         /**/
    SAMPLE("\xe0\x9f\xbf"),     /**/
    SAMPLE("\xf0\x8f\xbf\xbf"), /**/
    SAMPLE("\xed\xa0\x80"),     /* Surrogates. */
    SAMPLE("\xed\xbf\xbf"),     /**/
    SAMPLE("\xf4\x90\x80\x80"), /* Past U+10FFFF. */
    SAMPLE("\xf5\x80\x80\x80"), /**/
    SAMPLE("\xff"),             /**/
    SAMPLE("\xec\x95"),         /* Cut. */
    SAMPLE("\xf0\x9f\x98"),     /**/
    SAMPLE("\xc3("),            /* Something else instead of a continuation. */
    SAMPLE("\xe2\x28\xa1"),     /**/
    SAMPLE("\xe2\x82("),        /**/
    SAMPLE("\xf0\x9f\x98("),    /**/
};

static void whole_text_is_valid(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(whole); i++) {
        assert_true(utf8_valid(text_of_sample(&whole[i])));
    }
}

static void broken_text_is_not_valid(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        assert_false(utf8_valid(text_of_sample(&broken[i])));
    }
}

/* The fast way over ASCII must not miss a fault at any place of its 8 bytes. */
static void fault_is_found_at_every_place(void **state)
{
    (void)state;
    for (size_t before = 0; before < 20; before++) {
        for (size_t after = 0; after < 20; after++) {
            for (size_t i = 0; i < COUNT_OF(broken); i++) {
                char line[64];
                memset(line, 'a', sizeof(line));
                memcpy(line + before, broken[i].data, broken[i].count);
                struct text text = {line, before + broken[i].count + after};
                assert_false(utf8_valid(text));
            }
        }
    }
}

static void every_rune_decodes_to_itself(void **state)
{
    (void)state;
    for (uint32_t rune = 0; rune <= 0x10FFFF + 1; rune++) {
        char data[4];
        struct text text = {data, encode(rune, data)};
        bool is_rune = (rune < 0xD800 || rune > 0xDFFF) && rune <= 0x10FFFF;
        uint32_t decoded;
        size_t bytes = utf8_decode(text, &decoded);
        assert_int_equal(utf8_valid(text), is_rune);
        assert_int_equal(decoded, is_rune ? rune : 0xFFFD);
        assert_int_equal(bytes, is_rune ? text.count : 1);
    }
}

static void what_is_not_utf8_decodes_one_byte_at_a_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        uint32_t rune;
        assert_int_equal(utf8_decode(text_of_sample(&broken[i]), &rune), 1);
        assert_int_equal(rune, 0xFFFD);
    }
}

static void tail_is_the_beginning_of_a_character(void **state)
{
    (void)state;
    static const struct {
        struct sample sample;
        size_t bytes;
    } tails[] = {
        {SAMPLE(""), 0},
        {SAMPLE("a"), 0},
        {SAMPLE("안"), 0},
        {SAMPLE("\xec"), 1},
        {SAMPLE("\xec\x95"), 2},
        {SAMPLE("안\xec\x95"), 2},
        {SAMPLE("\xf0"), 1},
        {SAMPLE("\xf0\x9f"), 2},
        {SAMPLE("\xf0\x9f\x98"), 3},
        {SAMPLE("\xf0\x9f\x98\x80"), 0},
        {SAMPLE("a\xc3"), 1},
        {SAMPLE("\x80"), 0},
        {SAMPLE("\x80\x80\x80"), 0},
        {SAMPLE("\x80\x80\x80\x80"), 0},
        {SAMPLE("\xc0"), 0},     /* Never begins a character. */
        {SAMPLE("\xe0\x80"), 0}, /* Would be overlong. */
        {SAMPLE("\xed\xa0"), 0}, /* Would be a surrogate. */
        {SAMPLE("\xf4\x90"), 0}, /* Would be past U+10FFFF. */
        {SAMPLE("\xf5"), 0},
        {SAMPLE("\xc3\x80\x80"), 0},
        {SAMPLE("\xec\x95z"), 0},
    };
    for (size_t i = 0; i < COUNT_OF(tails); i++) {
        assert_int_equal(utf8_tail_bytes(text_of_sample(&tails[i].sample)), tails[i].bytes);
    }
}

static void cut_anywhere_text_less_its_tail_is_valid(void **state)
{
    (void)state;
    struct text text = TEXT("a안é😀ㅎ\xf4\x8f\xbf\xbf 끝");
    for (size_t count = 0; count <= text.count; count++) {
        struct text cut = {text.data, count};
        cut.count -= utf8_tail_bytes(cut);
        assert_true(utf8_valid(cut));
    }
}

static void widths_are_those_of_a_terminal(void **state)
{
    (void)state;
    static const struct {
        uint32_t rune;
        int width;
    } widths[] = {
        {0, 0},       {0x1F, 0},    {' ', 1},    {'~', 1},    {0x7F, 0},   {0x80, 0},
        {0x9F, 0},    {0xE9, 1},    {0xAD, 1},   {0x301, 0},  {0x430, 1},  {0x903, 1},
        {0x600, 1},   {0x10FF, 1},  {0x1100, 2}, {0x115F, 2}, {0x1160, 0}, {0x11FF, 0},
        {0x1200, 1},  {0x200B, 0},  {0x200D, 0}, {0x2028, 0}, {0x3000, 2}, {0x3042, 2},
        {0x30A2, 2},  {0x3131, 2},  {0x4DC0, 2}, {0x4DFF, 2}, {0x4E00, 2}, {0x9FFF, 2},
        {0xABFF, 1},  {0xAC00, 2},  {0xD7A3, 2}, {0xD7B0, 0}, {0xD7C6, 0}, {0xD7CB, 0},
        {0xD7FB, 0},  {0xFE0F, 0},  {0xFF21, 2}, {0xFF71, 1}, {0xFFFD, 1}, {0x1F600, 2},
        {0x20000, 2}, {0xE0041, 0},
    };
    for (size_t i = 0; i < COUNT_OF(widths); i++) {
        if (utf8_rune_width(widths[i].rune) != widths[i].width) {
            fail_msg("U+%04X is %d columns wide", widths[i].rune, utf8_rune_width(widths[i].rune));
        }
    }
}

static void width_of_a_text_is_the_sum(void **state)
{
    (void)state;
    assert_int_equal(utf8_width(TEXT("")), 0);
    assert_int_equal(utf8_width(TEXT("abc")), 3);
    assert_int_equal(utf8_width(TEXT("안녕 a")), 6);
    assert_int_equal(utf8_width(TEXT("e\xcc\x81")), 1);
    /* The same syllable, composed and as conjoining jamo. */
    assert_int_equal(utf8_width(TEXT("\u1112\u1161\u11ab")), utf8_width(TEXT("한")));
}

struct shown {
    struct sample text;
    const char *form;
};

static const struct shown shown[] = {
    {SAMPLE(""), ""},
    {SAMPLE("plain ASCII ~"), "plain ASCII ~"},
    {SAMPLE("한글 é 😀"), "한글 é 😀"},
    {SAMPLE("\0"), "^@"},
    {SAMPLE("\n\r\t\b\a"), "^J^M^I^H^G"},
    {SAMPLE("\x1b]0;x\x07"), "^[]0;x^G"},
    {SAMPLE("\x1f\x20"), "^_ "},
    {SAMPLE("\x7f"), "^?"},
    {SAMPLE("\xc2\x80"), "\\x80"},
    {SAMPLE("\xc2\x9b"), "\\x9b"},
    {SAMPLE("\xc2\x9f\xc2\xa0"), "\\x9f\xc2\xa0"},
    {SAMPLE("\x9b"), "\\x9b"},
    {SAMPLE("\xff\xfe"), "\\xff\\xfe"},
    {SAMPLE("\xec\x95"), "\\xec\\x95"},
    {SAMPLE("\xed\xa0\x80"), "\\xed\\xa0\\x80"},
    {SAMPLE("\u2028\u2029"), "\\u2028\\u2029"},
    {SAMPLE("\u202a\u202e\u2066\u2069"), "\\u202a\\u202e\\u2066\\u2069"},
    {SAMPLE("\u200e\u200f\u061c"), "\\u200e\\u200f\\u061c"},
    {SAMPLE("\u2027\u202f\u2065\u206a\u200d\u2010"), "\u2027\u202f\u2065\u206a\u200d\u2010"},
    {SAMPLE("\xef\xbf\xbd"), "\xef\xbf\xbd"},
    {SAMPLE("a backslash \\x1b is only text"), "a backslash \\x1b is only text"},
};

static void visible_form_is_nothing_but_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(shown); i++) {
        struct bytes out = {0};
        assert_int_equal(text_append_visible(&out, text_of_sample(&shown[i].text)), ERR_OK);
        assert_true(text_equal(bytes_text(&out), text_of(shown[i].form)));
        bytes_finish(&out);
    }
}

static void text_is_visible_exactly_when_its_form_is_the_same(void **state)
{
    (void)state;
    /* Every byte at every place of 8 plain ones, and every character alone. */
    for (size_t place = 0; place < 24; place++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            char data[24];
            memset(data, '~', sizeof(data));
            data[place] = (char)byte;
            struct text text = {data, sizeof(data)};
            assert_int_equal(text_is_visible(text), byte >= 0x20 && byte < 0x7F);
        }
    }
    for (uint32_t rune = 0; rune <= 0x10FFFF; rune++) {
        char data[4];
        struct text text = {data, encode(rune, data)};
        char form[UTF8_VISIBLE_BYTES_MAX];
        size_t form_bytes;
        size_t bytes = text_visible_rune(text, form, &form_bytes);
        bool is_same = bytes == text.count && form_bytes == bytes && memcmp(form, data, bytes) == 0;
        assert_int_equal(text_is_visible(text), is_same);
        assert_true(text_is_visible((struct text){form, form_bytes}));
    }
    for (size_t i = 0; i < COUNT_OF(shown); i++) {
        struct text text = text_of_sample(&shown[i].text);
        assert_int_equal(text_is_visible(text), text_equal(text, text_of(shown[i].form)));
        assert_true(text_is_visible(text_of(shown[i].form)));
    }
}

static void visible_form_is_added_whole_or_not_at_all(void **state)
{
    (void)state;
    struct bytes out = {0};
    assert_int_equal(bytes_append(&out, "kept", 4), ERR_OK);
    char controls[200];
    memset(controls, '\x1b', sizeof(controls));
    mem_fail_at(2);
    assert_int_equal(text_append_visible(&out, (struct text){controls, sizeof(controls)}),
                     ERR_MEMORY);
    assert_false(mem_fail_pending());
    assert_true(text_equal(bytes_text(&out), TEXT("kept")));
    bytes_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_text_is_valid),
        cmocka_unit_test(broken_text_is_not_valid),
        cmocka_unit_test(fault_is_found_at_every_place),
        cmocka_unit_test(every_rune_decodes_to_itself),
        cmocka_unit_test(what_is_not_utf8_decodes_one_byte_at_a_time),
        cmocka_unit_test(tail_is_the_beginning_of_a_character),
        cmocka_unit_test(cut_anywhere_text_less_its_tail_is_valid),
        cmocka_unit_test(widths_are_those_of_a_terminal),
        cmocka_unit_test(width_of_a_text_is_the_sum),
        cmocka_unit_test(visible_form_is_nothing_but_text),
        cmocka_unit_test(text_is_visible_exactly_when_its_form_is_the_same),
        cmocka_unit_test(visible_form_is_added_whole_or_not_at_all),
    };
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
