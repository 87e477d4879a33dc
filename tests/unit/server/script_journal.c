/* The journal's operations, in an array. */
#include "script_journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct script_journal *script_of(struct journal *journal)
{
    return (struct script_journal *)journal;
}

static enum error script_begin(struct journal *journal)
{
    struct script_journal *script = script_of(journal);
    script->try_count++;
    script->group_count = 0;
    return script->begin_error;
}

static enum error script_put(struct journal *journal, const struct row *row)
{
    struct script_journal *script = script_of(journal);
    if (script->put_error != ERR_OK) {
        return script->put_error;
    }
    uint32_t index = script->stored_count + script->group_count;
    assert_true(index < STORED_MAX);
    struct stored *stored = &script->stored[index];
    *stored = (struct stored){.kind = row->kind, .reason = row->reason, .seq = row->seq};
    memcpy(stored->nick, row->nick.data, row->nick.count);
    size_t count =
        row->text.count < sizeof stored->text ? row->text.count : sizeof stored->text - 1;
    if (count > 0) {
        memcpy(stored->text, row->text.data, count);
    }
    script->group_count++;
    return ERR_OK;
}

static enum error script_commit(struct journal *journal, uint64_t seq, int64_t time_ms)
{
    (void)time_ms;
    struct script_journal *script = script_of(journal);
    if (script->commit_error != ERR_OK) {
        return script->commit_error;
    }
    assert_true(seq > journal->last_seq);
    script->stored_count += script->group_count;
    if (script->group_count > script->group_rows_max) {
        script->group_rows_max = script->group_count;
    }
    script->group_count = 0;
    script->commit_count++;
    return ERR_OK;
}

static void script_rollback(struct journal *journal)
{
    script_of(journal)->group_count = 0;
}

static enum error script_maintain(struct journal *journal)
{
    return script_of(journal)->maintain_error;
}

static void script_finish(struct journal *journal)
{
    (void)journal;
}

static const struct journal_ops script_ops = {
    .begin = script_begin,
    .put = script_put,
    .commit = script_commit,
    .rollback = script_rollback,
    .maintain = script_maintain,
    .finish = script_finish,
};

void script_journal_init(struct script_journal *journal)
{
    memset(journal, 0, sizeof *journal);
    journal->base.ops = &script_ops;
}

uint32_t script_journal_count(const struct script_journal *journal, enum row_kind kind,
                              const char *text)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < journal->stored_count; i++) {
        const struct stored *stored = &journal->stored[i];
        if (stored->kind == kind && (text == NULL || strcmp(stored->text, text) == 0)) {
            count++;
        }
    }
    return count;
}
