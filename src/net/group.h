/* The inside of groups, shared by fanout.c, group.c and group_once.c only. */
#ifndef MADANG_NET_GROUP_H
#define MADANG_NET_GROUP_H

#include "net/fanout.h"

/* A connection's place in a group's log. Between rounds it is the log's end. */
struct membership {
    struct group *group;
    struct connection *connection;
    struct membership *next; /* Of the same connection. */
    uint64_t position;
    uint32_t index; /* In the group's members. */
    uint8_t tag;    /* The owner's. */
};

/* Up to where one run of appends went, with nothing appended to another group in between. */
struct group_mark {
    uint64_t order; /* Of all runs of all groups. */
    uint64_t end;
};

struct group {
    void *owner;
    struct membership **members;
    uint32_t member_count;
    uint32_t member_capacity;
    bool separate;
    bool is_dirty;
    bool is_once; /* One of those that group_append_once() is at. */
    struct group *next_dirty;
    uint64_t number; /* The log's, for merging segments; never 0. */
    /* The bytes that are not flushed: from first->data[first_from], which is the place start of the
     * log, up to end. */
    struct chunk *first; /* Holds a reference; NULL between rounds. */
    uint32_t first_from;
    uint64_t start;
    uint64_t end;
    struct group_mark *marks; /* Of those bytes. */
    uint32_t mark_count;
    uint32_t mark_capacity;
    int64_t due_ms;     /* Not flushed before. */
    struct chunk *last; /* Weak: stays as long as some reader keeps it. */
};

/* What the member has not read yet becomes a segment of its connection: only where no other of its
 * groups holds something older. */
void membership_catch_up(struct fanout *fanout, struct membership *membership);
/* The same for all groups of the connection, in the order of the appends. */
void connection_catch_up(struct fanout *fanout, struct connection *connection);
/* Removes the membership, and with it what it has not read. */
void group_drop(struct fanout *fanout, struct membership *membership);
/* Gives the round's bytes to all members. */
void group_flush(struct fanout *fanout, struct group *group);

/* Of fanout.c. */
void connection_fail(struct fanout *fanout, struct connection *connection,
                     enum connection_failure failure);
/* What could not be put into its output fails it. */
void connection_fail_output(struct fanout *fanout, struct connection *connection, enum error error);
void connection_touch(struct fanout *fanout, struct connection *connection);
void connection_block(struct fanout *fanout, struct connection *connection);
void connection_measure(struct fanout *fanout, struct connection *connection);

#endif
