/*
 * What really happened: is told every entry and every question, holds what comes of them against
 * the reference model (chat.h) and a second core, and keeps the facts in their order, over crashes
 * too. What people read and what the store holds is held against these facts. One thread.
 */
#ifndef MADANG_SIM_TRUTH_H
#define MADANG_SIM_TRUTH_H

#include "sim/chat.h"
#include "sim/report.h"

/* Besides those of enum row_kind. */
enum fact_kind {
    FACT_PONG = ROW_KIND_COUNT, /* To session alone, as the next. text the token. */
    FACT_REPLY,                 /* numeric; text its params, each behind a space. */
    FACT_PRESENCE,              /* To those who watch the name: numeric and text as of a reply. */
    FACT_INVITED,               /* To target, and to those who are told; text its nick. */
};

/* Something that somebody is shown; most last as a row of the store. */
struct fact {
    int kind; /* enum row_kind, enum fact_kind. */
    enum leave_reason reason;
    uint32_t epoch; /* Which process; from 1. */
    uint64_t seq;
    int64_t time_ms;
    uint64_t session;      /* Who did it, or is told. */
    uint64_t target;       /* The session that is written to. */
    uint32_t room;         /* ROOM_NONE: none. */
    uint32_t member_count; /* Of the room, after it. */
    uint32_t numeric;
    uint32_t name;    /* sim_name_find() of who came or went. */
    size_t redaction; /* The fact by which a message was taken back; 0: none. */
    bool is_row;
    bool echo;         /* Who did it is shown it as well. */
    bool lost;         /* A crash took it before it was stored. */
    bool forgiven;     /* That was to be expected. */
    bool is_answer;    /* Behind all else that the entry does. */
    bool shown;        /* Somebody has read it. */
    bool is_multiline; /* text holds '\n' between lines, '\0' between pieces of one. */
    bool is_for_some;  /* In its room only those who are told read it, */
    struct bytes told; /* the numbers of their sessions, as bytes. */
    struct bytes nick;
    struct bytes place; /* The room's name as it was made, or the nick that is written to. */
    struct bytes text;
    struct bytes extra; /* Who was kicked. */
    struct bytes words; /* Of a room's new name: what was said of it; what a message is called that
                           was taken back. */
    struct bytes line;  /* What a plain reader of lines gets, made visible, no newline. */
};

struct truth {
    struct report *report;
    const char *lobby;
    uint32_t epoch;
    uint64_t seq;
    int64_t time_ms;
    struct chat chat;
    struct fact *facts;
    size_t fact_count;
    size_t fact_capacity;
    size_t epoch_first; /* The first fact of this epoch. */
    /* The entry or question at hand. */
    struct entry entry;
    struct expected expected;
    size_t entry_first; /* Its first fact. */
    bool echo;          /* Who says something will be shown it. */
    uint32_t effect_count;
    uint32_t row_count;
    /* The same entries in a core of our own. */
    struct core *twin;
    uint64_t twin_digest;
    uint64_t effects_digest;
    uint64_t twin_more;
    struct bytes kept; /* Rows of state that the store had at the start, packed. */
    uint64_t entry_count;
    uint64_t question_count;
    uint64_t lobby_id; /* As the console has learned it. */
    size_t console_cursor;
    uint64_t console_skipped;
    uint64_t console_blind; /* What happened in a room that it did not know to be the lobby. */
};

void truth_init(struct truth *truth, struct report *report, const char *lobby);
void truth_finish(struct truth *truth);
/* What is stored ends with entry seq: whatever came later is lost. With forgive that may be so. */
void truth_forget(struct truth *truth, uint64_t seq, bool forgive);
/* The store keeps the row of state, as the process that begins has found. */
void truth_keep(struct truth *truth, const struct row *row);
/* A process begins after entry seq at time_ms. */
void truth_begin_epoch(struct truth *truth, uint64_t seq, int64_t time_ms, uint64_t seed);
/* Appends the text of a fact as it is stored. */
void fact_text_append(const struct fact *fact, struct bytes *out);
/* Whether the session is one of those who are told. */
bool fact_tells(const struct fact *fact, uint64_t session);
/* For core_watch. */
void truth_entry(struct truth *truth, const struct entry *entry);
void truth_question(struct truth *truth, const struct command *command, int64_t time_ms);
void truth_effect(struct truth *truth, const struct effect *effect);
void truth_reply(struct truth *truth, const struct reply *reply);
void truth_row(struct truth *truth, const struct row *row);
void truth_applied(struct truth *truth, const struct core *core, uint64_t more);
void truth_answered(struct truth *truth, const struct core *core, uint64_t more);
/* truth_console.c: the console shows the effect. */
void truth_console(struct truth *truth, const struct effect *effect);
/* How many of the lines that it is to show it has not shown. */
uint64_t truth_console_missing(const struct truth *truth);

#endif
