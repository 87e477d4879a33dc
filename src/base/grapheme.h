/* Where the characters that a person sees (grapheme clusters, UAX #29) begin and end, and in which
 * direction they are written (UAX #9). */
#ifndef MADANG_BASE_GRAPHEME_H
#define MADANG_BASE_GRAPHEME_H

#include "base/bytes.h"

/* The end of the cluster that begins at position (below text.count). Any thread. */
size_t grapheme_end(struct text text, size_t position);
/* The beginning of the last cluster that begins before position (above 0). text is read from its
 * start. Any thread. */
size_t grapheme_before(struct text text, size_t position);
/* True when some character of text is written from right to left (Hebrew, Arabic, …): a line with
 * it may be shown in another order than it was written in. Any thread. */
bool text_has_right_to_left(struct text text);

#endif
