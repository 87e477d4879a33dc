/*
 * The chat itself: sessions, channels, members, modes, messages. A deterministic state machine: the
 * same entries give the same state and the same effects, on any node, in any test, after any
 * restart. No I/O, no clock, no randomness, no threads.
 *
 * Sessions do not outlive the process; a core therefore starts with what core_load() is given (kept
 * channels, bans) and knows the last number that was given. All functions: one thread, the hub's.
 */
#ifndef MADANG_CORE_CORE_H
#define MADANG_CORE_CORE_H

#include "base/error.h"
#include "model/command.h"
#include "model/effect.h"
#include "model/reply.h"
#include "model/row.h"

struct core;

struct core_options {
    uint64_t seed;      /* For the hash tables; the same on every node. */
    uint64_t seq;       /* The last number given before; 0 in the beginning. */
    int64_t time_ms;    /* The time of that entry. */
    struct text server; /* Its name and description, as WHO and WHOIS tell them. Copied. */
    struct text info;
};

/* Where core_apply() and core_query() put what they did. All are called before they return; what
 * they get is borrowed for the call. */
struct core_sink {
    void *context;
    /* At most EFFECTS_PER_ENTRY_MAX - 1 an entry; never EFFECT_REPLIES. None for a question. */
    void (*effect)(void *context, const struct effect *effect);
    /* For the asker, after all effects; at most REPLIES_BYTES_MAX packed, in all. */
    void (*reply)(void *context, const struct reply *reply);
    /* At most ROWS_PER_ENTRY_MAX an entry. None for a question. */
    void (*row)(void *context, const struct row *row);
};

/* NULL when there is no memory. */
struct core *core_new(const struct core_options *options);
void core_free(struct core *core);

/* Before the first entry: takes one row of state (ROW_STATE_FIRST and on, no drops) as the journal
 * kept it, a channel before what belongs to it. ERR_INVALID: cannot be one of ours; ERR_MEMORY,
 * ERR_LIMIT. */
MUST_USE enum error core_load(struct core *core, const struct row *row);

/*
 * Applies the entry. Its number is the last one plus one and its time not before the last one:
 * checked. What a person may get wrong is an EFFECT_REFUSED or a reply; commands of a session that
 * does not exist (its OPEN was refused) do nothing at all. When memory is lacking, nothing is
 * changed and the asker gets REFUSAL_NO_MEMORY; COMMAND_CLOSE, PART and MESSAGE never need memory.
 *
 * Returns 0, or the cursor with which the same command is to be given again (as a new entry) for
 * what is left of it: names after a JOIN, further channels of PART, further sessions of BAN,
 * further keys of METADATA_CLEAR.
 */
uint64_t core_apply(struct core *core, const struct entry *entry, const struct core_sink *sink);

/*
 * Answers a question (command_is_question()) from the state as it is; of a session that does not
 * exist: nothing. time_ms is now, by the clock that gives entries their times: how long somebody
 * has been idle is not told by the last entry. Looks at a bounded number of things and gives at
 * most REPLIES_BYTES_MAX of replies; returns 0, or the cursor for the rest, which is larger than
 * the one before it. What is there from the first step of an answer to its last is told exactly
 * once.
 */
uint64_t core_query(const struct core *core, const struct command *command, int64_t time_ms,
                    const struct core_sink *sink);

uint64_t core_seq(const struct core *core);
int64_t core_time_ms(const struct core *core);
size_t core_session_count(const struct core *core);
size_t core_channel_count(const struct core *core);
/* 0 when there is no such channel. */
uint32_t core_member_count(const struct core *core, struct text channel);
/*
 * A number over the whole state, equal for equal states: for the tests of determinism and the
 * simulator. The number and time of the last entry are not in it, so an entry that changes nothing
 * leaves it as it was, but for a message that becomes too old to be taken back. Takes as long as
 * the state is large, and checks it on the way.
 */
uint64_t core_digest(const struct core *core);

#endif
