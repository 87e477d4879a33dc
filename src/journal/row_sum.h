/*
 * The check sum that every record of the store carries, so that a flipped bit inside of it is
 * noticed by whoever reads it, and the record can be named. Against accidents, not against
 * attackers. Whatever changes within eight neighbouring bytes of one field is surely noticed,
 * anything else but for one case in 2^64.
 */
#ifndef MADANG_JOURNAL_ROW_SUM_H
#define MADANG_JOURNAL_ROW_SUM_H

#include "model/row.h"

/*
 * The number in the column check_sum of the row's table. All that a table keeps of a row counts:
 * for what people saw everything but number and MESSAGE_MULTILINE, reason for ROW_CLOSED only; for
 * state everything but flags and reason. The same on every machine, and the same as in stores of
 * version 1 for what those could hold. Any thread.
 */
int64_t row_sum(const struct row *row);
/* The same over a row of numbers: the table state. */
int64_t numbers_sum(const int64_t *numbers, size_t count);

/* The words in the columns event.kind ("joined", "kicked"), event.reason and message.kind
 * ("notice", "tagmsg"); NULL for what has none. Borrowed for ever. */
const char *row_kind_word(enum row_kind kind);
const char *leave_reason_word(enum leave_reason reason);
const char *message_kind_word(uint32_t flags);
/* The way back; ROW_NONE and 0 for words that are none of them. */
enum row_kind row_kind_of_word(struct text word);
enum leave_reason leave_reason_of_word(struct text word);
uint32_t message_kind_of_word(struct text word);

#endif
