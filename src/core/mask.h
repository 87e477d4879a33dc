/*
 * Masks: patterns with '*' (any characters) and '?' (one character), as bans and WHO use them.
 * Both sides are folded before they are compared: names as model/name.h folds them, the rest by
 * ASCII letters.
 */
#ifndef MADANG_CORE_MASK_H
#define MADANG_CORE_MASK_H

#include "model/name.h"

#define FOLDED_BYTES_MAX (NAME_KEY_BYTES_MAX + MASK_BYTES_MAX + ADDRESS_BYTES_MAX)

struct folded {
    size_t count;
    char data[FOLDED_BYTES_MAX];
};

/*
 * Folds text (at most MASK_BYTES_MAX bytes; what is longer is cut): what stands before the first
 * '!', or all of it, as a name when it can be one; the rest by ASCII letters.
 */
void mask_fold(struct text text, struct folded *out);
/* Whether text matches; both folded. Takes at most the product of their lengths. */
bool mask_match(struct text mask, struct text text);
/* The same for texts that are not folded: folds both. */
bool mask_match_unfolded(struct text mask, struct text text);
struct text folded_text(const struct folded *folded);

/* Appends text to out by ASCII letters; as a name, if it can be one. What does not fit is dropped.
 */
void folded_append(struct folded *out, struct text text);
void folded_append_name(struct folded *out, struct text name);

#endif
