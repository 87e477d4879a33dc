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

/* Stores that exist carry sums over these numbers. */
_Static_assert(ROW_MESSAGE == 1 && ROW_RENAMED == 9 && ROW_REDACTED == 10 && ROW_CHANNEL == 32 &&
                   ROW_BAN == 38,
               "rows keep their numbers");
_Static_assert(LEAVE_QUIT == 1 && LEAVE_KILLED == 7, "reasons keep their numbers");

/* What a message is besides an ordinary one. */
static uint64_t message_kind_number(uint32_t flags)
{
    return (flags & MESSAGE_TAGMSG) != 0 ? 2 : (flags & MESSAGE_NOTICE) != 0 ? 1 : 0;
}

/* What a store of version 1 could not hold counts only where it is. */
static uint64_t mix_message(uint64_t sum, const struct row *row)
{
    uint64_t kind = message_kind_number(row->flags);
    sum = mix_text(sum, row->text);
    if (kind != 0 || row->extra.count > 0) {
        sum = mix(sum, kind);
        sum = mix_text(sum, row->extra);
    }
    return sum;
}

static uint64_t mix_event(uint64_t sum, const struct row *row)
{
    if (row->kind == ROW_CLOSED) {
        sum = mix(sum, (uint64_t)row->reason);
    }
    if (row->text.count > 0 || row->extra.count > 0) {
        sum = mix_text(sum, row->text);
        sum = mix_text(sum, row->extra);
    }
    return sum;
}

static uint64_t mix_state(uint64_t sum, const struct row *row)
{
    sum = mix_text(sum, row->text);
    sum = mix_text(sum, row->extra);
    return mix(sum, (uint64_t)row->number);
}

int64_t row_sum(const struct row *row)
{
    uint64_t sum = mix(0, (uint64_t)row->kind);
    sum = mix(sum, row->seq);
    sum = mix(sum, (uint64_t)row->time_ms);
    sum = mix_text(sum, row->channel);
    sum = mix_text(sum, row->nick);
    if (row->kind == ROW_MESSAGE) {
        sum = mix_message(sum, row);
    } else if (row->kind < ROW_STATE_FIRST) {
        sum = mix_event(sum, row);
    } else {
        sum = mix_state(sum, row);
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

struct word {
    int number;
    const char *word;
};

static const struct word kind_words[] = {
    {ROW_JOINED, "joined"}, {ROW_PARTED, "parted"},   {ROW_CLOSED, "closed"},
    {ROW_KICKED, "kicked"}, {ROW_NICK, "nick"},       {ROW_TOPIC, "topic"},
    {ROW_MODE, "mode"},     {ROW_RENAMED, "renamed"}, {ROW_REDACTED, "redacted"},
};
static const struct word reason_words[] = {
    {LEAVE_QUIT, "quit"},     {LEAVE_VANISHED, "vanished"}, {LEAVE_SENDQ, "sendq"},
    {LEAVE_FLOOD, "flood"},   {LEAVE_ERROR, "error"},       {LEAVE_SHUTDOWN, "shutdown"},
    {LEAVE_KILLED, "killed"},
};
static const struct word message_words[] = {
    {MESSAGE_NOTICE, "notice"},
    {MESSAGE_TAGMSG, "tagmsg"},
};
#define COUNT_OF(words) (sizeof(words) / sizeof((words)[0]))

static const char *word_of(const struct word *words, size_t count, int number)
{
    for (size_t index = 0; index < count; index++) {
        if (words[index].number == number) {
            return words[index].word;
        }
    }
    return NULL;
}

static int number_of(const struct word *words, size_t count, struct text word)
{
    for (size_t index = 0; index < count; index++) {
        if (text_equal(word, text_of(words[index].word))) {
            return words[index].number;
        }
    }
    return 0;
}

const char *row_kind_word(enum row_kind kind)
{
    return word_of(kind_words, COUNT_OF(kind_words), (int)kind);
}

const char *leave_reason_word(enum leave_reason reason)
{
    return word_of(reason_words, COUNT_OF(reason_words), (int)reason);
}

const char *message_kind_word(uint32_t flags)
{
    uint32_t kind = flags & MESSAGE_TAGMSG ? MESSAGE_TAGMSG : flags & MESSAGE_NOTICE;
    return word_of(message_words, COUNT_OF(message_words), (int)kind);
}

enum row_kind row_kind_of_word(struct text word)
{
    return (enum row_kind)number_of(kind_words, COUNT_OF(kind_words), word);
}

enum leave_reason leave_reason_of_word(struct text word)
{
    return (enum leave_reason)number_of(reason_words, COUNT_OF(reason_words), word);
}

uint32_t message_kind_of_word(struct text word)
{
    return (uint32_t)number_of(message_words, COUNT_OF(message_words), word);
}
