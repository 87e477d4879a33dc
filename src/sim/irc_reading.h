/* A line that somebody on IRC reads: what irc_read.c and irc_fact.c share. */
#ifndef MADANG_SIM_IRC_READING_H
#define MADANG_SIM_IRC_READING_H

#include "sim/irc_line.h"
#include "sim/people.h"

struct reading {
    struct people *people;
    struct visit *visit;
    struct line line;
    bool in_batch; /* Of the answer to a label. */
    bool in_multi; /* One of the lines of a message. */
};

static inline bool has_cap(const struct visit *visit, uint32_t caps)
{
    return (visit->irc.caps & caps) == caps;
}

/* Whether it is told messages of several lines as batches. */
bool reads_batches(const struct visit *visit);
/* The tags of the line are those that the fact is told with. */
bool tags_are_right(const struct reading *reading, const struct fact *fact);
/* The line is what people are told of the fact. *out_whole: it is all of it. */
bool fact_is_told(const struct reading *reading, const struct fact *fact, bool *out_whole);

#endif
