/*
 * Rooms: the readers of one channel on one worker, in a group for each dialect that they read. A
 * shared line is rendered once a dialect. The tag of a membership (net/fanout.h) is the reader's
 * rank. One thread, the worker's.
 */
#ifndef MADANG_SERVER_ROOM_H
#define MADANG_SERVER_ROOM_H

#include "server/peer.h"

/* The readers of one dialect. */
struct room_group {
    struct room_group *next;
    struct group *group; /* Its owner is the room. */
    uint64_t stamp;      /* Of the walk that has passed it. */
    dialect reader;
};

struct room {
    uint64_t id;
    uint64_t stamp; /* Of the walk that has passed it, or means it (worker->stamp). */
    struct room_group *groups;
};

/* Ranks whose owners are told what others are not (mode u, invite-notify). */
#define RANKS_TOLD_HIDDEN (RANK_HALFOP | RANK_OPERATOR | RANK_PROTECTED | RANK_FOUNDER)
#define RANKS_ALL (RANK_VOICE | RANKS_TOLD_HIDDEN)
/* rank is one of enum rank: it and all above it. */
static inline uint8_t ranks_from(uint32_t rank)
{
    return (uint8_t)(RANKS_ALL & ~(rank - 1));
}

/* NULL when nobody of this worker reads it. */
struct room *room_at(struct worker *worker, uint64_t id);
/* The peer reads the channel from here on, with a rank. False when there is no memory for it. */
bool room_enter(struct worker *worker, uint64_t id, struct peer *peer, uint32_t rank);
/* No more; a room without readers is freed. */
void room_leave(struct worker *worker, struct room *room, struct peer *peer);
void room_set_rank(struct room *room, const struct peer *peer, uint32_t rank);
/* Drops what nobody of this worker reads any more. */
void room_tidy(struct worker *worker, uint64_t id);
void room_free(struct worker *worker, struct room *room);
/* The peer reads another dialect from here on, in all its rooms. False when there is no memory for
 * it. */
bool rooms_change_dialect(struct worker *worker, struct peer *peer);

/* The effect to all readers but except (may be NULL). */
void room_show(struct worker *worker, const struct room *room, const struct effect *effect,
               const struct peer *except);
/* Some of the readers of a room. */
struct readers {
    uint8_t ranks; /* They have one of these; 0: whatever theirs is. */
    dialect bit;   /* Their dialect is of IRC and has it; 0: whatever theirs is. */
    const struct peer *except;
};
void room_show_some(struct worker *worker, const struct room *room, const struct effect *effect,
                    const struct readers *readers);
/* To all readers of the effect's channels but except, each once; of a hidden channel to those whom
 * that concerns. */
void rooms_show_once(struct worker *worker, const struct effect *effect, const struct peer *except);

/* What is done with a reader. */
typedef void room_visit(struct worker *worker, struct peer *peer, const struct effect *effect);
/* Visits the readers of the effect's channels whose dialect is of IRC and has the bit, each once,
 * as far as the channel is not hidden from them. */
void rooms_visit_once(struct worker *worker, const struct effect *effect, dialect bit,
                      room_visit *visit);
/* Visits the readers of the room whose dialect is of IRC and lacks the bit. */
void room_visit_without(struct worker *worker, const struct room *room, const struct effect *effect,
                        dialect bit, room_visit *visit);
/* Marks the rooms of the effect's channels, for peer_reads_marked(). */
void rooms_mark(struct worker *worker, const struct effect *effect);
/* Whether the peer reads one of those that were marked last. */
bool peer_reads_marked(const struct worker *worker, const struct peer *peer);

#endif
