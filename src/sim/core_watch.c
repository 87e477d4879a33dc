/* Between the hub and the core. */
#include "sim/core_watch.h"

#include <stddef.h>

uint64_t __real_core_apply(struct core *core, const struct entry *entry,
                           const struct core_sink *sink);
uint64_t __wrap_core_apply(struct core *core, const struct entry *entry,
                           const struct core_sink *sink);
uint64_t __real_core_query(const struct core *core, const struct command *command, int64_t time_ms,
                           const struct core_sink *sink);
uint64_t __wrap_core_query(const struct core *core, const struct command *command, int64_t time_ms,
                           const struct core_sink *sink);

static const struct core_watch *used;

struct both {
    const struct core_watch *watch;
    const struct core_sink *sink;
};

static void both_effect(void *context, const struct effect *effect)
{
    struct both *both = context;
    both->watch->effect(both->watch->context, effect);
    both->sink->effect(both->sink->context, effect);
}

static void both_reply(void *context, const struct reply *reply)
{
    struct both *both = context;
    both->watch->reply(both->watch->context, reply);
    both->sink->reply(both->sink->context, reply);
}

static void both_row(void *context, const struct row *row)
{
    struct both *both = context;
    both->watch->row(both->watch->context, row);
    both->sink->row(both->sink->context, row);
}

void core_watch_use(const struct core_watch *watch)
{
    used = watch;
}

uint64_t core_apply_unwatched(struct core *core, const struct entry *entry,
                              const struct core_sink *sink)
{
    return __real_core_apply(core, entry, sink);
}

uint64_t __wrap_core_apply(struct core *core, const struct entry *entry,
                           const struct core_sink *sink)
{
    if (used == NULL) {
        return __real_core_apply(core, entry, sink);
    }
    struct both both = {.watch = used, .sink = sink};
    const struct core_sink watched = {
        .context = &both, .effect = both_effect, .reply = both_reply, .row = both_row};
    used->entry(used->context, entry);
    uint64_t more = __real_core_apply(core, entry, &watched);
    used->applied(used->context, core, more);
    return more;
}

uint64_t core_query_unwatched(const struct core *core, const struct command *command,
                              int64_t time_ms, const struct core_sink *sink)
{
    return __real_core_query(core, command, time_ms, sink);
}

uint64_t __wrap_core_query(const struct core *core, const struct command *command, int64_t time_ms,
                           const struct core_sink *sink)
{
    if (used == NULL) {
        return __real_core_query(core, command, time_ms, sink);
    }
    struct both both = {.watch = used, .sink = sink};
    const struct core_sink watched = {
        .context = &both, .effect = both_effect, .reply = both_reply, .row = both_row};
    used->question(used->context, command, time_ms);
    uint64_t more = __real_core_query(core, command, time_ms, &watched);
    used->answered(used->context, core, more);
    return more;
}
