/* What holds for all that is sent to a peer of the IRC door, whatever went into it. */
#ifndef MADANG_TESTS_FUZZ_IRC_LINES_H
#define MADANG_TESTS_FUZZ_IRC_LINES_H

#include "base/check.h"
#include "door/irc_message.h"

#include <string.h>

static inline bool lines_byte_is_break(char byte)
{
    return byte == '\r' || byte == '\n' || byte == '\0';
}

/*
 * Takes the first line off *rest, and parses it; false when there is none left. Checks that it ends
 * as a line has to, is no longer than it may be, and holds nothing else that would end one.
 */
static inline bool lines_take(struct text *rest, struct irc_message *out)
{
    if (rest->count == 0) {
        return false;
    }
    size_t count = 0;
    while (!lines_byte_is_break(rest->data[count])) {
        count++;
        check(count < rest->count);
    }
    check(rest->count - count >= 2 && memcmp(rest->data + count, "\r\n", 2) == 0);
    check(irc_message_parse((struct text){.data = rest->data, .count = count}, out));
    size_t tags_bytes = out->tags.count == 0 ? 0 : 1 + out->tags.count + 1;
    check(tags_bytes <= 2 * (IRC_TAGS_BYTES_MAX + 1) + 1);
    check(count - tags_bytes + 2 <= IRC_LINE_BYTES_MAX);
    *rest = (struct text){.data = rest->data + count + 2, .count = rest->count - count - 2};
    return true;
}

#endif
