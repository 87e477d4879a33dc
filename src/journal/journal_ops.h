/*
 * Private to src/journal: what each kind of journal brings, and what all share. journal.c watches
 * over the order of calls, so that no implementation has to.
 */
#ifndef MADANG_JOURNAL_JOURNAL_OPS_H
#define MADANG_JOURNAL_JOURNAL_OPS_H

#include "journal/journal.h"

#include <stdbool.h>

/* The same contracts as the public functions, but: called only in their order, never for a journal
 * that is done, and after an error nothing of the group is left. */
struct journal_ops {
    enum error (*load)(struct journal *journal, void (*take)(void *context, const struct row *row),
                       void *context);
    enum error (*begin)(struct journal *journal);
    enum error (*put)(struct journal *journal, const struct row *row);
    enum error (*commit)(struct journal *journal, uint64_t seq, int64_t time_ms);
    void (*rollback)(struct journal *journal);
    enum error (*maintain)(struct journal *journal);
    void (*finish)(struct journal *journal);
};

#define JOURNAL_PROBLEM_BYTES 1024

/* The first member of every implementation. */
struct journal {
    const struct journal_ops *ops;
    uint64_t last_seq;  /* Of the last committed group. */
    uint64_t group_seq; /* The largest of the group's rows. */
    bool in_group;
    enum error done; /* ERR_SYNC or ERR_DAMAGED once nothing more is accepted. */
    char problem[JOURNAL_PROBLEM_BYTES];
};

#endif
