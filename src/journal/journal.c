/* The calls of every journal: checks their order, then hands them to the implementation. */
#include "journal/journal.h"

#include "base/check.h"
#include "journal/journal_ops.h"

/* Remembers an error after which nothing more is accepted. */
static enum error note_error(struct journal *journal, enum error error)
{
    if (error == ERR_SYNC || error == ERR_DAMAGED) {
        journal->done = error;
    }
    if (error != ERR_OK) {
        journal->in_group = false;
    }
    return error;
}

enum error journal_load(struct journal *journal, void (*take)(void *context, const struct row *row),
                        void *context)
{
    check(!journal->in_group);
    if (journal->done != ERR_OK) {
        return journal->done;
    }
    return note_error(journal, journal->ops->load(journal, take, context));
}

enum error journal_begin(struct journal *journal)
{
    check(!journal->in_group);
    if (journal->done != ERR_OK) {
        return journal->done;
    }
    enum error error = journal->ops->begin(journal);
    if (error == ERR_OK) {
        journal->in_group = true;
        journal->group_seq = journal->last_seq;
    }
    return note_error(journal, error);
}

enum error journal_put(struct journal *journal, const struct row *row)
{
    check(journal->in_group);
    check(row->seq > journal->last_seq && row->seq <= INT64_MAX);
    if (row->kind == ROW_NONE) {
        return ERR_OK;
    }
    check(row->kind < ROW_KIND_COUNT);
    if (row->seq > journal->group_seq) {
        journal->group_seq = row->seq;
    }
    return note_error(journal, journal->ops->put(journal, row));
}

enum error journal_commit(struct journal *journal, uint64_t seq, int64_t time_ms)
{
    check(journal->in_group);
    check(seq > journal->last_seq && seq >= journal->group_seq && seq <= INT64_MAX);
    enum error error = journal->ops->commit(journal, seq, time_ms);
    if (error == ERR_OK) {
        journal->last_seq = seq;
        journal->in_group = false;
    }
    return note_error(journal, error);
}

void journal_rollback(struct journal *journal)
{
    if (journal->in_group) {
        journal->ops->rollback(journal);
        journal->in_group = false;
    }
}

enum error journal_maintain(struct journal *journal)
{
    check(!journal->in_group);
    if (journal->done != ERR_OK) {
        return journal->done;
    }
    return note_error(journal, journal->ops->maintain(journal));
}

const char *journal_problem(const struct journal *journal)
{
    return journal->problem;
}

void journal_free(struct journal *journal)
{
    if (journal != NULL) {
        journal_rollback(journal);
        journal->ops->finish(journal);
    }
}
