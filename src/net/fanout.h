/*
 * The fan-out: groups of connections that read the same bytes. What is appended to a group's log
 * goes to every member, once, in order, with one write a member and round. A member of several
 * groups gets what was appended to them in the order of the appends. Knows nothing of chat.
 * Everything here belongs to one worker thread.
 *
 * A round: append and send as often as wanted, then fanout_flush(). Between rounds no group holds
 * bytes of its own: what a member could not be sent is in that member's output.
 */
#ifndef MADANG_NET_FANOUT_H
#define MADANG_NET_FANOUT_H

#include "net/output.h"
#include "net/poller.h"

struct group;
struct membership;
struct connection;

/* Lists of what the round has touched, and the common means. Opaque to others but for the counters.
 */
struct fanout {
    struct poller *poller;
    struct chunk_pool pool;
    struct group *dirty; /* In the order in which they got their first bytes. */
    struct group **dirty_end;
    struct connection *touched;
    struct connection *failed;
    uint64_t log_count;
    struct group *appended; /* The group that the last append went to; NULL: it is gone. */
    uint64_t append_order;
    uint32_t output_bytes_max;
    uint32_t pace_ms; /* A group is flushed at most once in so long; 0: every round. The owner may
                         change it. */
    /*
     * The owner knows that more is on its way: until then a group whose flush is dear waits for it,
     * since a write costs the same however much it carries. 0: nothing is known.
     */
    int64_t hold_until_ms;
    int64_t now_ms; /* The owner sets it in every round; only pacing looks at it. */
    uint64_t write_count;
    uint64_t written_bytes;
};

/* Why a connection failed in the fan-out. */
enum connection_failure {
    CONNECTION_FINE = 0,
    CONNECTION_GONE,    /* A write said so. */
    CONNECTION_BEHIND,  /* More than output_bytes_max unsent, or in too many segments. */
    CONNECTION_STARVED, /* No memory for its output. */
};

/* One socket's place in the fan-out. The caller's memory, which stays in place; all else is the
 * owner's business. */
struct connection {
    int socket;
    enum poller_interest interest;
    uint64_t token; /* The poller's. */
    struct output output;
    struct membership *memberships;
    struct connection *next_touched;
    struct connection *next_failed;
    uint32_t membership_count;
    enum connection_failure failure;
    bool is_touched; /* In the fan-out's list of those, */
    bool is_failed;  /* and in that of those. */
    bool blocked;    /* The kernel took no more; waits for POLLER_WRITE. */
    bool separate;   /* One segment a write. */
    bool is_once;    /* In several of the groups that group_append_once() is at. */
};

void fanout_init(struct fanout *fanout, struct poller *poller, uint32_t output_bytes_max);
void fanout_finish(struct fanout *fanout);

/* Enters the socket into the poller, for reading. ERR_MEMORY, ERR_LIMIT. */
MUST_USE enum error connection_open(struct fanout *fanout, struct connection *connection,
                                    int socket, uint64_t token);
/* Out of all groups, out of the poller; the socket is closed. Not between a round's failures and
 * connection_take_failed(). */
void connection_close(struct fanout *fanout, struct connection *connection);
/* Reading on or off. */
void connection_set_reading(struct fanout *fanout, struct connection *connection, bool reading);
/* Out of all groups; what it has not read of them is still sent. */
void connection_leave_all(struct fanout *fanout, struct connection *connection);
/* Private bytes, behind all that its groups hold already. Failures show at the end of the round. */
void connection_send(struct fanout *fanout, struct connection *connection, struct text bytes);
/* The same with a chunk that several connections get: it is kept once, and takes a reference of its
 * own. */
void connection_send_chunk(struct fanout *fanout, struct connection *connection,
                           struct chunk *chunk);
/* The poller says that it can be written to. */
void connection_writable(struct fanout *fanout, struct connection *connection);
/* Takes one that failed; NULL when there is none. The owner closes it, or says goodbye to it. */
struct connection *connection_take_failed(struct fanout *fanout);
/*
 * For a connection that failed because it is behind: leaves all groups and drops what waits for it
 * but for the rest of the line it is in, so that last words can be sent.
 */
void connection_forgive(struct fanout *fanout, struct connection *connection);
/* Walks the groups that it reads, in no order: start with *cursor = NULL; NULL at the end. It may
 * not join or leave any meanwhile. */
struct group *connection_next_group(const struct connection *connection,
                                    const struct membership **cursor);
/* Its tag in the group that connection_next_group() gave. */
uint8_t membership_tag(const struct membership *membership);

/*
 * A group. separate: every append is a write of its own (for readers without line ends). owner is
 * whose it is, for group_owner(). NULL when there is no memory. It is freed when it has no members.
 */
struct group *group_new(struct fanout *fanout, bool separate, void *owner);
void group_free(struct fanout *fanout, struct group *group);
void *group_owner(const struct group *group);
uint32_t group_member_count(const struct group *group);
/* Reads from here on, with a tag of 0. A connection is at most once in a group. ERR_MEMORY. */
MUST_USE enum error group_join(struct group *group, struct connection *connection);
/* Reads from here on in the group to instead of from, with the same tag. ERR_MEMORY: it stays where
 * it is; ERR_NOT_FOUND when it is not in from. */
MUST_USE enum error group_move(struct fanout *fanout, struct group *from, struct group *to,
                               struct connection *connection);
/* Out again; what came before is still sent. ERR_NOT_FOUND when it is not in. */
MUST_USE enum error group_leave(struct fanout *fanout, struct group *group,
                                struct connection *connection);
/* A byte of the owner's with each membership, for group_next(). ERR_NOT_FOUND when it is not in. */
MUST_USE enum error group_set_tag(const struct group *group, const struct connection *connection,
                                  uint8_t tag);
/* Walks the members whose tag has a bit of mask, all of them with 0: start with *cursor = 0; NULL
 * at the end. Nobody may join or leave it meanwhile. */
struct connection *group_next(const struct group *group, uint8_t mask, uint32_t *cursor);
/*
 * Appends bytes (1 to GROUP_APPEND_BYTES_MAX) for all members but except (may be NULL). When there
 * is no memory for it, all members fail: an end is better than a hole in what they read.
 */
#define GROUP_APPEND_BYTES_MAX 16000
void group_append(struct fanout *fanout, struct group *group, struct text bytes,
                  const struct connection *except);
/*
 * The same for the members of several groups, each of whom gets it once, behind all that its groups
 * hold already and before all that they get later. No group stands twice in groups. Costs nothing
 * for the members of the largest group, and for the others who are in no other one.
 */
void group_append_once(struct fanout *fanout, struct group *const *groups, uint32_t group_count,
                       struct text bytes, const struct connection *except);
/* All members fail: there is something that cannot be given to them. */
void group_fail(struct fanout *fanout, struct group *group);

/*
 * Ends the round: one write for each connection that has something to read and is not blocked. A
 * group whose pace is not due keeps its bytes, up to 64 KiB, for a later round; what is sent to one
 * connection alone, or to another group of its, still comes after them.
 */
void fanout_flush(struct fanout *fanout);
/* Milliseconds until a group that waits for its pace is due; -1 when none waits. */
int fanout_wait_ms(const struct fanout *fanout);

#endif
