/*
 * The committer takes the rows that the hub puts into the ring, stores them in groups, and moves
 * the committed mark. A group that the disk refuses stays in the ring and is tried again; it is
 * never dropped. One thread, the journal's.
 */
#ifndef MADANG_SERVER_COMMITTER_H
#define MADANG_SERVER_COMMITTER_H

#include "journal/journal.h"
#include "server/bus.h"

struct committer {
    struct bus *bus;
    struct journal *journal;
    int64_t paced_ms;    /* With server.pace_ms: the next group is not committed before. */
    int64_t retry_ms;    /* Do not try again before. */
    int64_t maintain_ms; /* Next housekeeping. */
};

void committer_init(struct committer *committer, struct bus *bus, struct journal *journal);
/* Commits at most one group. now_ms is monotonic. Returns the number of entries that became
 * committed. */
uint32_t committer_step(struct committer *committer, int64_t now_ms);
/* Milliseconds for which the rows that wait are not committed, whatever else comes, because of
 * server.pace_ms; 0 when nothing waits for that. */
int committer_pace_ms(const struct committer *committer, int64_t now_ms);
/* Milliseconds until a step is due although nothing comes; 0 when there is something now, -1 when
 * the journal has failed and there never will be. */
int committer_wait_ms(const struct committer *committer, int64_t now_ms);

#endif
