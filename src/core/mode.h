/*
 * A MODE of a channel on its way. First all of it is read and made ready (mode.c): names are looked
 * up, parameters judged, memory taken. Then it is done, change by change (mode_apply.c), and
 * nothing can fail any more; so a MODE for which memory is lacking changes nothing.
 */
#ifndef MADANG_CORE_MODE_H
#define MADANG_CORE_MODE_H

#include "core/change.h"

/* Letters that are read at most, and how long the text of one effect may be: together with the
 * longest prefix and channel it fits into a line of IRC. */
#define MODE_LETTERS_MAX 64
#define MODE_TEXT_BYTES_MAX 320

struct mode_change {
    char letter;
    bool is_set;
    struct text param;      /* Of k, l, f and lists. */
    struct session *target; /* Of a rank. */
    struct note *note;      /* For a list: made ready, NULL when taken or none is needed. */
};

struct mode_plan {
    struct turn *turn;
    struct channel *channel;
    uint32_t rank; /* Of who asks. */
    bool is_denied;
    bool has_kept; /* P was there: once is enough. */
    uint32_t count;
    uint32_t param_count;
    uint32_t list_counts[LIST_COUNT]; /* Additions. */
    struct mode_change changes[MODE_LETTERS_MAX];
    char masks[MODES_PER_COMMAND_MAX][MASK_ROOM];
};

/* The rank that a letter means; 0 for any other. */
uint32_t mode_rank(char letter);
/* Does what can be done of the plan, tells everybody, and keeps it. Takes the notes. */
void mode_plan_apply(struct mode_plan *plan);

#endif
