/* A journal that keeps nothing but numbers, for tests and for servers that are to forget. */
#include "base/mem.h"
#include "journal/journal_ops.h"

static enum error memory_load(struct journal *journal,
                              void (*take)(void *context, const struct row *row), void *context)
{
    (void)journal;
    (void)take;
    (void)context;
    return ERR_OK;
}

static enum error memory_begin(struct journal *journal)
{
    (void)journal;
    return ERR_OK;
}

static enum error memory_put(struct journal *journal, const struct row *row)
{
    (void)journal;
    (void)row;
    return ERR_OK;
}

static enum error memory_commit(struct journal *journal, uint64_t seq, int64_t time_ms)
{
    (void)journal;
    (void)seq;
    (void)time_ms;
    return ERR_OK;
}

static void memory_rollback(struct journal *journal)
{
    (void)journal;
}

static enum error memory_maintain(struct journal *journal)
{
    (void)journal;
    return ERR_OK;
}

static void memory_finish(struct journal *journal)
{
    mem_free(journal);
}

static const struct journal_ops memory_ops = {
    .load = memory_load,
    .begin = memory_begin,
    .put = memory_put,
    .commit = memory_commit,
    .rollback = memory_rollback,
    .maintain = memory_maintain,
    .finish = memory_finish,
};

struct journal *journal_memory_new(void)
{
    struct journal *journal = mem_zalloc(1, sizeof(*journal));
    if (journal != NULL) {
        journal->ops = &memory_ops;
    }
    return journal;
}
