/* Where the characters that a person sees (grapheme clusters, UAX #29) begin and end. */
#ifndef MADANG_CLIENT_GRAPHEME_H
#define MADANG_CLIENT_GRAPHEME_H

#include "base/bytes.h"

/* The end of the cluster that begins at position (below text.count). Any thread. */
size_t grapheme_end(struct text text, size_t position);
/* The beginning of the last cluster that begins before position (above 0). text is read from its
 * start. Any thread. */
size_t grapheme_before(struct text text, size_t position);

#endif
