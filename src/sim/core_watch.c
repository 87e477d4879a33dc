/* Between the hub and the core. */
#include "sim/core_watch.h"

#include <stddef.h>

void __real_core_apply(struct core *core, const struct entry *entry, const struct core_sink *sink);
void __wrap_core_apply(struct core *core, const struct entry *entry, const struct core_sink *sink);

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

void core_apply_unwatched(struct core *core, const struct entry *entry,
                          const struct core_sink *sink)
{
    __real_core_apply(core, entry, sink);
}

void __wrap_core_apply(struct core *core, const struct entry *entry, const struct core_sink *sink)
{
    if (used == NULL) {
        __real_core_apply(core, entry, sink);
        return;
    }
    struct both both = {.watch = used, .sink = sink};
    const struct core_sink watched = {.context = &both, .effect = both_effect, .row = both_row};
    used->entry(used->context, entry);
    __real_core_apply(core, entry, &watched);
    used->applied(used->context, core);
}
