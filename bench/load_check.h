/*
 * Loss, doubles and order of what the members of a room receive.
 *
 * A `tally` follows one stream exactly: the next number of every writer. Following every stream so
 * would make the generator slower than the servers it measures. But most members of a room receive
 * the very same bytes, so these are followed once, as `record`: the first member to get a message
 * tallies it and keeps its bytes; the others are compared with them. A member whose stream differs
 * gets a tally of its own, made from the record as far as it had come, and goes on with that.
 */
#ifndef BENCH_LOAD_CHECK_H
#define BENCH_LOAD_CHECK_H

#include "load_wire.h"

enum {
    RECORD_UNITS = 1 << 16, /* a power of two; a member further behind than this is lost sight of */
    TALLY_RECENT_NUMBERS = 1024, /* how far back a late message is told from a double */
};

struct tally {
    uint64_t lost, doubled, disordered, count;
    uint64_t next[WIRE_WRITERS_MAX];
    uint64_t (*recent)[TALLY_RECENT_NUMBERS / 64]; /* a bit per number, for each writer */
};

struct record {
    struct tally tally;
    uint64_t head;      /* units so far */
    size_t unit_bytes;  /* 0 until the first unit tells */
    char *bytes;        /* ring of RECORD_UNITS * unit_bytes */
    struct text *texts; /* ring of RECORD_UNITS */
};

void tally_init(struct tally *tally, uint32_t writer_count);
void tally_finish(struct tally *tally);
void tally_add(struct tally *tally, const struct text *text);

void record_finish(struct record *record);
/* Appends a unit; false if it is not as long as those before it. */
bool record_add(struct record *record, const struct unit *unit, const char *bytes,
                const struct text *text);
/* How many whole units of `bytes` are the record's from unit `from` on (0: the next one differs, is
 * incomplete, or is not in the record). */
size_t record_match(const struct record *record, uint64_t from, const char *buffer, size_t bytes);
const struct text *record_text(const struct record *record, uint64_t unit);
/* Fills a fresh tally as if it had followed the record up to unit `end`. */
void record_tally(const struct record *record, uint64_t end, struct tally *tally);

#endif
