/*
 * Which letters are taken for which others. A short table of our own, not the whole of Unicode's
 * confusables: only single letters, and only of alphabets in which whole words can be written that
 * pass for Latin ones (and Katakana that pass for Chinese characters). A rule such as "rn looks
 * like m" would keep apart people whose names nobody mixes up.
 */
#include "model/lookalike.h"

#include <stddef.h>

struct pair {
    uint32_t seen;
    uint32_t taken_for;
};

/*
 * Ascending. A capital stands here only where its small letter is taken for something else, because
 * letters are looked up before and after case folding.
 */
static const struct pair pairs[] = {
    /* clang-format off */
    /* ASCII: digits and the bar. */
    {0x0030, 'o'}, {0x0031, 'l'}, {0x007C, 'l'},
    /* Latin, extended. */
    {0x0131, 'i'}, {0x01BD, 's'}, {0x01C0, 'l'}, {0x0237, 'j'},
    /* Latin: letters of phonetic alphabets. */
    {0x0251, 'a'}, {0x0261, 'g'}, {0x0262, 'g'}, {0x0263, 'y'}, {0x0269, 'i'},
    {0x026A, 'i'}, {0x026F, 'w'}, {0x0274, 'n'}, {0x0280, 'r'}, {0x028B, 'u'},
    {0x028F, 'y'}, {0x0299, 'b'}, {0x029C, 'h'}, {0x029F, 'l'},
    /* Greek. */
    {0x0392, 'b'}, {0x0395, 'e'}, {0x0396, 'z'}, {0x0397, 'h'}, {0x039C, 'm'},
    {0x039D, 'n'}, {0x03A5, 'y'}, {0x03B1, 'a'}, {0x03B3, 'y'}, {0x03B7, 'n'},
    {0x03B9, 'i'}, {0x03BA, 'k'}, {0x03BD, 'v'}, {0x03BF, 'o'}, {0x03C1, 'p'},
    {0x03C3, 'o'}, {0x03C4, 't'}, {0x03C5, 'u'}, {0x03C7, 'x'}, {0x03F2, 'c'},
    {0x03F3, 'j'},
    /* Cyrillic. */
    {0x0430, 'a'}, {0x0432, 'b'}, {0x0433, 'r'}, {0x0435, 'e'}, {0x043A, 'k'},
    {0x043C, 'm'}, {0x043D, 'h'}, {0x043E, 'o'}, {0x0440, 'p'}, {0x0441, 'c'},
    {0x0442, 't'}, {0x0443, 'y'}, {0x0445, 'x'}, {0x0455, 's'}, {0x0456, 'i'},
    {0x0458, 'j'}, {0x0461, 'w'}, {0x0475, 'v'}, {0x04AF, 'y'}, {0x04BB, 'h'},
    {0x04BD, 'e'}, {0x04CF, 'i'}, {0x0501, 'd'}, {0x050D, 'g'}, {0x051B, 'q'},
    {0x051D, 'w'},
    /* Armenian. */
    {0x054F, 's'}, {0x0561, 'w'}, {0x0563, 'q'}, {0x0566, 'q'}, {0x0570, 'h'},
    {0x0578, 'n'}, {0x057D, 'u'}, {0x0581, 'g'}, {0x0584, 'f'}, {0x0585, 'o'},
    /* Georgian. */
    {0x10E7, 'y'}, {0x10FF, 'o'},
    /* Cherokee. */
    {0x13A0, 'd'}, {0x13A1, 'r'}, {0x13A2, 't'}, {0x13A5, 'i'}, {0x13A9, 'y'},
    {0x13AA, 'a'}, {0x13AB, 'j'}, {0x13AC, 'e'}, {0x13B3, 'w'}, {0x13B7, 'm'},
    {0x13BB, 'h'}, {0x13BD, 'y'}, {0x13C0, 'g'}, {0x13C3, 'z'}, {0x13CE, '4'},
    {0x13CF, 'b'}, {0x13D2, 'r'}, {0x13D4, 'w'}, {0x13D5, 's'}, {0x13D9, 'v'},
    {0x13DA, 's'}, {0x13DE, 'l'}, {0x13DF, 'c'}, {0x13E2, 'p'}, {0x13E6, 'k'},
    {0x13E7, 'd'}, {0x13F3, 'g'}, {0x13F4, 'b'},
    /* Runic. */
    {0x16B7, 'x'}, {0x16D5, 'k'}, {0x16D6, 'm'},
    /* Latin: small capitals of phonetic alphabets. */
    {0x1D00, 'a'}, {0x1D04, 'c'}, {0x1D05, 'd'}, {0x1D07, 'e'}, {0x1D0A, 'j'},
    {0x1D0B, 'k'}, {0x1D0D, 'm'}, {0x1D0F, 'o'}, {0x1D11, 'o'}, {0x1D18, 'p'},
    {0x1D1B, 't'}, {0x1D1C, 'u'}, {0x1D20, 'v'}, {0x1D21, 'w'}, {0x1D22, 'z'},
    /* Coptic. */
    {0x2C81, 'a'}, {0x2C82, 'b'}, {0x2C85, 'r'}, {0x2C89, 'e'}, {0x2C8E, 'h'},
    {0x2C93, 'i'}, {0x2C95, 'k'}, {0x2C98, 'm'}, {0x2C9B, 'n'}, {0x2C9F, 'o'},
    {0x2CA3, 'p'}, {0x2CA5, 'c'}, {0x2CA6, 't'}, {0x2CA9, 'y'}, {0x2CAD, 'x'},
    /* Katakana, like Chinese characters. */
    {0x30A8, 0x5DE5}, {0x30AB, 0x529B}, {0x30BF, 0x5915}, {0x30C8, 0x535C}, {0x30CB, 0x4E8C},
    {0x30CF, 0x516B}, {0x30D8, 0x3078}, {0x30ED, 0x53E3}, {0x30FC, 0x4E00},
    /* Lisu. */
    {0xA4D0, 'b'}, {0xA4D1, 'p'}, {0xA4D3, 'd'}, {0xA4D4, 't'}, {0xA4D6, 'g'},
    {0xA4D7, 'k'}, {0xA4D9, 'j'}, {0xA4DA, 'c'}, {0xA4DC, 'z'}, {0xA4DD, 'f'},
    {0xA4DF, 'm'}, {0xA4E0, 'n'}, {0xA4E1, 'l'}, {0xA4E2, 's'}, {0xA4E3, 'r'},
    {0xA4E6, 'v'}, {0xA4E7, 'h'}, {0xA4EA, 'w'}, {0xA4EB, 'x'}, {0xA4EC, 'y'},
    {0xA4EE, 'a'}, {0xA4F0, 'e'}, {0xA4F2, 'i'}, {0xA4F3, 'o'}, {0xA4F4, 'u'},
    /* Cyrillic, extended. */
    {0xA647, 'i'},
    /* Latin, extended further. */
    {0xA731, 's'}, {0xA79F, 'u'},
    /* Latin, extended for dialects. */
    {0xAB47, 'r'}, {0xAB4E, 'u'}, {0xAB52, 'u'}, {0xAB5A, 'y'},
    /* clang-format on */
};

_Static_assert(sizeof(pairs) / sizeof(pairs[0]) == LOOKALIKE_COUNT, "the count is told");

uint32_t lookalike_of(uint32_t rune)
{
    size_t low = 0;
    size_t high = LOOKALIKE_COUNT;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pairs[middle].seen == rune) {
            return pairs[middle].taken_for;
        }
        if (pairs[middle].seen < rune) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return rune;
}
