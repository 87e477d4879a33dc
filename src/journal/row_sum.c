/* The check sums of the store's records, and the words it uses in them. */
#include "journal/row_sum.h"

#include <endian.h>
#include <string.h>

/* One to one in sum and in word, so that a change of one of them is never lost on the way. */
static uint64_t mix(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return sum ^ (sum >> 32);
}

static uint64_t mix_text(uint64_t sum, struct text text)
{
    sum = mix(sum, text.count);
    const char *at = text.data;
    size_t left = text.count;
    uint64_t word = 0;
    for (; left >= sizeof(word); left -= sizeof(word), at += sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        sum = mix(sum, le64toh(word));
    }
    if (left > 0) {
        word = 0;
        memcpy(&word, at, left);
        sum = mix(sum, le64toh(word));
    }
    return sum;
}

int64_t row_sum(const struct row *row)
{
    uint64_t sum = mix(0, (uint64_t)row->kind);
    sum = mix(sum, row->seq);
    sum = mix(sum, (uint64_t)row->time_ms);
    sum = mix_text(sum, row->channel);
    sum = mix_text(sum, row->nick);
    if (row->kind == ROW_MESSAGE) {
        sum = mix_text(sum, row->text);
    } else if (row->kind == ROW_CLOSED) {
        sum = mix(sum, (uint64_t)row->reason);
    }
    return (int64_t)sum;
}

int64_t numbers_sum(const int64_t *numbers, size_t count)
{
    uint64_t sum = mix(0, count);
    for (size_t index = 0; index < count; index++) {
        sum = mix(sum, (uint64_t)numbers[index]);
    }
    return (int64_t)sum;
}

const char *row_kind_word(enum row_kind kind)
{
    switch (kind) {
    case ROW_JOINED:
        return "joined";
    case ROW_PARTED:
        return "parted";
    case ROW_CLOSED:
        return "closed";
    case ROW_NONE:
    case ROW_MESSAGE:
        break;
    }
    return NULL;
}

const char *leave_reason_word(enum leave_reason reason)
{
    switch (reason) {
    case LEAVE_QUIT:
        return "quit";
    case LEAVE_VANISHED:
        return "vanished";
    case LEAVE_SENDQ:
        return "sendq";
    case LEAVE_FLOOD:
        return "flood";
    case LEAVE_ERROR:
        return "error";
    case LEAVE_SHUTDOWN:
        return "shutdown";
    }
    return NULL;
}

enum row_kind row_kind_of_word(struct text word)
{
    for (enum row_kind kind = ROW_JOINED; kind <= ROW_CLOSED; kind++) {
        if (text_equal(word, text_of(row_kind_word(kind)))) {
            return kind;
        }
    }
    return ROW_NONE;
}

enum leave_reason leave_reason_of_word(struct text word)
{
    for (enum leave_reason reason = LEAVE_QUIT; reason <= LEAVE_SHUTDOWN; reason++) {
        if (text_equal(word, text_of(leave_reason_word(reason)))) {
            return reason;
        }
    }
    return 0;
}
