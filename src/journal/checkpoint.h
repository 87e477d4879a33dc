/*
 * Private to the SQLite journal: a thread that copies the WAL back into the database, through a
 * connection of its own, so that commits never wait for it. It runs with low priority.
 */
#ifndef MADANG_JOURNAL_CHECKPOINT_H
#define MADANG_JOURNAL_CHECKPOINT_H

#include "base/error.h"

#include <sqlite3.h>
#include <stdbool.h>

struct checkpointer;

/* Starts the thread and takes db, which is closed also on failure. ERR_MEMORY, ERR_LIMIT (no more
 * threads). */
MUST_USE enum error checkpointer_new_take(sqlite3 *db, struct checkpointer **out);
/* Waits for a pass that runs, ends the thread, closes the connection. NULL is fine. */
void checkpointer_free(struct checkpointer *checkpointer);

/* The following by the journal's thread. */

/* Asks for a pass; one that runs is followed by another. */
void checkpointer_ask(struct checkpointer *checkpointer);
bool checkpointer_is_busy(struct checkpointer *checkpointer);
/* Waits until no pass runs or is asked for. */
void checkpointer_wait(struct checkpointer *checkpointer);
/* Lock-free. ERR_SYNC or ERR_DAMAGED when a pass met that: nothing may be acknowledged any more.
 * Otherwise ERR_OK: what a pass could not do the next one does. */
MUST_USE enum error checkpointer_verdict(const struct checkpointer *checkpointer);

#endif
