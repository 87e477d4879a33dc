/* A journal that remembers what it was given, and refuses when it is told to. One thread. */
#ifndef MADANG_TESTS_UNIT_SERVER_SCRIPT_JOURNAL_H
#define MADANG_TESTS_UNIT_SERVER_SCRIPT_JOURNAL_H

#include "journal/journal_ops.h"

#include <stdbool.h>

#define STORED_MAX 20000

struct stored {
    enum row_kind kind;
    enum leave_reason reason;
    uint64_t seq;
    char nick[NAME_BYTES_MAX + 1];
    char text[64]; /* Its beginning. */
};

struct script_journal {
    struct journal base;       /* First. */
    enum error begin_error;    /* What the next begins, */
    enum error put_error;      /* puts, */
    enum error commit_error;   /* commits */
    enum error maintain_error; /* and housekeepings return. */
    uint32_t commit_count;     /* That succeeded. */
    uint32_t try_count;        /* Groups that were begun. */
    uint32_t group_rows_max;   /* Rows of the largest group. */
    uint32_t stored_count;     /* In committed groups. */
    uint32_t group_count;      /* In this one, behind those. */
    struct stored stored[STORED_MAX];
};

void script_journal_init(struct script_journal *journal);
/* Commits of that kind and text that are stored; text may be NULL. */
uint32_t script_journal_count(const struct script_journal *journal, enum row_kind kind,
                              const char *text);

#endif
