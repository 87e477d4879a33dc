/*
 * What really happened: a small chat of its own (the reference model) that is told every entry,
 * says what must come of it, and keeps the facts in their order, over crashes too. What people saw
 * and what the store holds is held against these facts. One thread.
 */
#ifndef MADANG_SIM_TRUTH_H
#define MADANG_SIM_TRUTH_H

#include "core/core.h"
#include "sim/report.h"

#define SITTERS_MAX 512

/* Something that lasts: a row of the store. */
struct fact {
    enum row_kind kind;
    enum leave_reason reason;
    uint32_t epoch; /* Which process; from 1. */
    uint64_t seq;
    int64_t time_ms;
    uint64_t session;
    uint32_t member_count; /* After it. */
    bool lost;             /* A crash took it before it was stored. */
    bool forgiven;         /* That was to be expected. */
    bool shown;            /* Somebody has read it. */
    struct bytes nick;
    struct bytes text;
    struct bytes line; /* What a reader of lines gets: "[nick] text", made visible, no newline. */
};

/* A session that is there. */
struct sitter {
    uint64_t session; /* 0: nobody. */
    struct origin origin;
    struct bytes nick;
    bool is_member;
};

struct truth {
    struct report *report;
    const char *lobby;
    uint32_t epoch;
    uint64_t seq;
    int64_t time_ms;
    uint32_t member_count;
    struct sitter sitters[SITTERS_MAX];
    struct fact *facts;
    size_t fact_count;
    size_t fact_capacity;
    size_t epoch_first; /* The first fact of this epoch. */
    /* What is expected of the entry that is being applied. */
    struct entry entry;
    struct sitter *actor;
    enum effect_kind expected_effect; /* 0: none. */
    enum refusal expected_refusal;
    enum row_kind expected_row;
    uint32_t effect_count;
    uint32_t row_count;
    /* The same entries in a core of our own. */
    struct core *twin;
    uint64_t twin_digest;
    uint64_t effects_digest;
    uint64_t twin_more;
    struct bytes kept; /* Rows of state that the store had at the start, packed. */
    uint64_t entry_count;
    uint64_t lobby_id; /* As the console has learned it. */
    size_t console_cursor;
    uint64_t console_skipped;
    uint64_t console_blind; /* Who left a room that it did not know to be the lobby. */
};

void truth_init(struct truth *truth, struct report *report, const char *lobby);
void truth_finish(struct truth *truth);
/* What is stored ends with entry seq: whatever came later is lost. With forgive that may be so. */
void truth_forget(struct truth *truth, uint64_t seq, bool forgive);
/* The store keeps the row of state, as the process that begins has found. */
void truth_keep(struct truth *truth, const struct row *row);
/* A process begins after entry seq at time_ms. */
void truth_begin_epoch(struct truth *truth, uint64_t seq, int64_t time_ms, uint64_t seed);
/* For core_watch. */
void truth_entry(struct truth *truth, const struct entry *entry);
void truth_effect(struct truth *truth, const struct effect *effect);
void truth_reply(struct truth *truth, const struct reply *reply);
void truth_row(struct truth *truth, const struct row *row);
void truth_applied(struct truth *truth, const struct core *core, uint64_t more);
/* The console shows the effect. */
void truth_console(struct truth *truth, const struct effect *effect);
/* The sitter of that session, or NULL. */
struct sitter *truth_sitter(struct truth *truth, uint64_t session);
uint32_t truth_sitter_count(const struct truth *truth);

#endif
