/*
 * Replies: what somebody who asked is told. Their words are those of IRC's numerics (RFC 2812
 * section 5, the list of modern IRC); a door that speaks otherwise translates the few that its
 * people can cause.
 */
#ifndef MADANG_MODEL_REPLY_H
#define MADANG_MODEL_REPLY_H

#include "base/bytes.h"
#include "model/numeric.h"

#define REPLY_PARAMS_MAX 13 /* WHOX with every field. */

struct reply {
    enum numeric numeric;
    uint32_t param_count;
    /* Borrowed. Without the asker's nick, which stands before them on the wire, and without the
     * numeric's own sentence (door/irc_numeric.c), which stands behind them. None holds CR, LF or
     * NUL; none but the last is empty, begins with ':' or holds a space. */
    struct text params[REPLY_PARAMS_MAX];
};

size_t reply_packed_bytes(const struct reply *reply);
/* Appends it to out, which has room. */
void reply_pack(const struct reply *reply, void *out);
/* Takes the first one off *packed; false when there is none left. The texts point into packed. */
bool reply_take(struct text *packed, struct reply *out);

#endif
