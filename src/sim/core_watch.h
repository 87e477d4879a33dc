/*
 * Sees every entry that the production hub applies to the production core, and every question that
 * it asks it, and what came of them. The linker puts it in between (--wrap). One thread.
 */
#ifndef MADANG_SIM_CORE_WATCH_H
#define MADANG_SIM_CORE_WATCH_H

#include "core/core.h"

struct core_watch {
    void *context;
    void (*entry)(void *context, const struct entry *entry);
    void (*question)(void *context, const struct command *command, int64_t time_ms);
    void (*effect)(void *context, const struct effect *effect);
    void (*reply)(void *context, const struct reply *reply);
    void (*row)(void *context, const struct row *row);
    void (*applied)(void *context, const struct core *core, uint64_t more);
    void (*answered)(void *context, const struct core *core, uint64_t more);
};

/* From now on, until the next call; NULL: nobody. */
void core_watch_use(const struct core_watch *watch);
/* Applies the entry to a core that nobody watches. */
uint64_t core_apply_unwatched(struct core *core, const struct entry *entry,
                              const struct core_sink *sink);
uint64_t core_query_unwatched(const struct core *core, const struct command *command,
                              int64_t time_ms, const struct core_sink *sink);

#endif
