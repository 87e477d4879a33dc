/* Group commit. */
#include "server/committer.h"

#include "base/check.h"
#include "base/log.h"
#include "server/planted.h"

#define RETRY_MS 200
#define MAINTAIN_MS 1000
/* Only with the planted bug: a group of so many entries is shown too early. */
#define PLANTED_ENTRY_COUNT 3

void committer_init(struct committer *committer, struct bus *bus, struct journal *journal)
{
    *committer = (struct committer){.bus = bus, .journal = journal};
}

static void committer_set_state(struct committer *committer, enum journal_state state)
{
    int before =
        atomic_exchange_explicit(&committer->bus->journal_state, (int)state, memory_order_acq_rel);
    if (before == (int)state) {
        return;
    }
    if (state == JOURNAL_FINE) {
        log_line(LOG_WARNING, "journal: stores again");
    } else {
        log_line(LOG_ERROR, "journal: %s: %s",
                 state == JOURNAL_FAILED ? "failed, the server ends"
                                         : "cannot store, messages wait",
                 journal_problem(committer->journal));
    }
    bus_wake_all(committer->bus);
}

/* After these the journal takes nothing more, however often it is asked. */
static bool journal_is_done(enum error error)
{
    return error == ERR_SYNC || error == ERR_DAMAGED;
}

/* The group goes back into the ring, to be tried again, unless the journal can no longer be
 * trusted. */
static void committer_refuse(struct committer *committer, enum error error, int64_t now_ms)
{
    journal_rollback(committer->journal);
    ring_rewind(committer->bus->rows);
    committer->retry_ms = now_ms + RETRY_MS;
    if (journal_is_done(error)) {
        committer_set_state(committer, JOURNAL_FAILED);
    } else {
        committer_set_state(committer,
                            error == ERR_DISK_FULL ? JOURNAL_REFUSING_FULL : JOURNAL_REFUSING_IO);
    }
}

struct batch {
    uint64_t seq; /* Of its last whole entry. */
    int64_t time_ms;
    uint32_t entry_count;
    size_t bytes;
    bool begun; /* Some row must be stored. */
};

/* Puts the rows of whole entries into the journal's group until the ring or the bound of a group
 * ends it. */
static enum error committer_collect(struct committer *committer, struct batch *batch)
{
    const struct bus_options *options = &committer->bus->options;
    while (batch->entry_count < options->group_entries_max &&
           batch->bytes < options->group_bytes_max) {
        size_t record_bytes;
        const struct row_record *record = ring_next(committer->bus->rows, &record_bytes);
        if (record == NULL) {
            return ERR_OK;
        }
        for (;;) {
            struct row row;
            row_unpack(record->row, &row);
            batch->bytes += record_bytes;
            if (row.kind != ROW_NONE) {
                enum error error = ERR_OK;
                if (!batch->begun) {
                    error = journal_begin(committer->journal);
                    batch->begun = true;
                }
                if (error == ERR_OK) {
                    error = journal_put(committer->journal, &row);
                }
                if (error != ERR_OK) {
                    return error;
                }
            }
            batch->seq = row.seq;
            batch->time_ms = row.time_ms;
            if (record->last_of_entry != 0) {
                break;
            }
            /* The hub publishes whole entries only. */
            record = ring_next(committer->bus->rows, &record_bytes);
            check(record != NULL);
        }
        batch->entry_count++;
    }
    return ERR_OK;
}

static void committer_show(struct committer *committer, uint64_t seq)
{
    struct bus *bus = committer->bus;
    /* Release: whoever sees the mark sees the effects that the hub published before the rows. */
    atomic_store_explicit(&bus->committed, seq, memory_order_release);
    for (uint32_t worker = 0; worker < bus->worker_count; worker++) {
        waker_wake(&bus->lanes[worker].waker);
    }
    waker_wake(&bus->console_waker);
    bus_feed(&bus->hub_starved, &bus->hub_waker);
}

static void committer_maintain(struct committer *committer, int64_t now_ms)
{
    committer->maintain_ms = now_ms + MAINTAIN_MS;
    enum error error = journal_maintain(committer->journal);
    if (journal_is_done(error)) {
        committer_set_state(committer, JOURNAL_FAILED);
    } else if (error != ERR_OK) {
        log_line(LOG_WARNING, "journal: housekeeping: %s", journal_problem(committer->journal));
    }
}

uint32_t committer_step(struct committer *committer, int64_t now_ms)
{
    int state = atomic_load_explicit(&committer->bus->journal_state, memory_order_relaxed);
    if (state == JOURNAL_FAILED || (state != JOURNAL_FINE && now_ms < committer->retry_ms)) {
        return 0;
    }
    if (state == JOURNAL_FINE && now_ms < committer->paced_ms) {
        return 0; /* Readers are written to at this pace: so is the disk, with one flush for all of
                     them. */
    }
    struct batch batch = {0};
    enum error error = committer_collect(committer, &batch);
    if (planted_bug && error == ERR_OK && batch.entry_count == PLANTED_ENTRY_COUNT) {
        committer_show(committer, batch.seq);
    }
    if (error == ERR_OK && batch.begun) {
        error = journal_commit(committer->journal, batch.seq, batch.time_ms);
    }
    if (error != ERR_OK) {
        committer_refuse(committer, error, now_ms);
        return 0;
    }
    if (batch.entry_count > 0) {
        committer->paced_ms =
            now_ms + atomic_load_explicit(&committer->bus->pace_ms, memory_order_relaxed);
        ring_release(committer->bus->rows);
        committer_set_state(committer, JOURNAL_FINE);
        committer_show(committer, batch.seq);
    }
    if (now_ms >= committer->maintain_ms) {
        committer_maintain(committer, now_ms);
    }
    return batch.entry_count;
}

int committer_pace_ms(const struct committer *committer, int64_t now_ms)
{
    int state = atomic_load_explicit(&committer->bus->journal_state, memory_order_relaxed);
    if (state != JOURNAL_FINE || committer->paced_ms <= now_ms ||
        ring_empty(committer->bus->rows)) {
        return 0;
    }
    return (int)(committer->paced_ms - now_ms);
}

int committer_wait_ms(const struct committer *committer, int64_t now_ms)
{
    int state = atomic_load_explicit(&committer->bus->journal_state, memory_order_relaxed);
    int64_t due_ms = committer->maintain_ms;
    if (state == JOURNAL_FAILED) {
        return -1;
    }
    if (state != JOURNAL_FINE) {
        due_ms = committer->retry_ms;
    } else if (!ring_empty(committer->bus->rows)) {
        due_ms = committer->paced_ms;
    }
    return due_ms > now_ms ? (int)(due_ms - now_ms) : 0;
}
