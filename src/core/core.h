/*
 * The chat itself: sessions, channels, members, messages. A deterministic state machine: the same
 * entries give the same state and the same effects, on any node, in any test, after any restart. No
 * I/O, no clock, no randomness, no threads.
 *
 * Sessions do not outlive the process; a core therefore starts empty and knows only the last number
 * that was given. All functions: one thread, the hub's.
 */
#ifndef MADANG_CORE_CORE_H
#define MADANG_CORE_CORE_H

#include "base/error.h"
#include "model/command.h"
#include "model/effect.h"

struct core;

struct core_options {
    uint64_t seed;   /* For the hash tables; the same on every node. */
    uint64_t seq;    /* The last number given before; 0 in the beginning. */
    int64_t time_ms; /* The time of that entry. */
};

/* Where core_apply() puts what it did. Both are called before core_apply() returns; what they get
 * is borrowed for the call. */
struct core_sink {
    void *context;
    void (*effect)(void *context, const struct effect *effect);
    void (*row)(void *context, const struct row *row);
};

/* NULL when there is no memory. */
struct core *core_new(const struct core_options *options);
void core_free(struct core *core);

/*
 * Applies the entry. Its number is the last one plus one and its time not before the last one:
 * checked. What a person may get wrong is an EFFECT_REFUSED; commands of a session that does not
 * exist (its OPEN was refused) do nothing at all. Causes at most EFFECTS_PER_ENTRY_MAX effects and
 * ROWS_PER_ENTRY_MAX rows. When memory is lacking, nothing is changed and the asker gets
 * REFUSAL_NO_MEMORY; COMMAND_CLOSE, PART and MESSAGE never need memory.
 */
void core_apply(struct core *core, const struct entry *entry, const struct core_sink *sink);

uint64_t core_seq(const struct core *core);
size_t core_session_count(const struct core *core);
size_t core_channel_count(const struct core *core);
/* 0 when there is no such channel. */
uint32_t core_member_count(const struct core *core, struct text channel);
/*
 * A number over the whole state, equal for equal states: for the tests of determinism and the
 * simulator. The number and time of the last entry are not in it, so an entry that changes nothing
 * leaves it as it was. Takes as long as the state is large, and checks it on the way.
 */
uint64_t core_digest(const struct core *core);

#endif
