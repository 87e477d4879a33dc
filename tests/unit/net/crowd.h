/*
 * A crowd of readers around a fan-out, for its tests: each has a socket, and each is owed exact
 * bytes. What has come is always the beginning of what is owed; in the end, all of it. One thread.
 */
#ifndef MADANG_TESTS_UNIT_NET_CROWD_H
#define MADANG_TESTS_UNIT_NET_CROWD_H

#include "net/fanout.h"

#define SEATS_MAX 64
#define CROWD_GROUPS 2

struct seat {
    struct connection connection; /* First: a connection is its seat. */
    int far;                      /* -1: nobody sits here. */
    struct group *group;          /* NULL: in none. */
    bool separate;
    struct bytes owed;
    struct bytes seen;
    uint32_t *lengths; /* Of its messages, when each is a write of its own. */
    size_t length_count;
    size_t length_capacity;
    size_t length_done; /* Messages that were written whole. */
    size_t length_left; /* Bytes of the next one that are still to be written. */
};

struct crowd {
    struct poller *poller;
    struct fanout fanout;
    struct group *groups[CROWD_GROUPS]; /* The second one is separate. */
    struct seat seats[SEATS_MAX];
    uint32_t failed_counts[4]; /* By enum connection_failure. */
};

/* Watches all writes through the seam. output_bytes_max is the fan-out's. */
struct crowd *crowd_new(uint32_t output_bytes_max);
/* Closes everybody. */
void crowd_free(struct crowd *crowd);

/* Somebody sits down, with a socket that holds little; false when the poller does not take it. */
bool crowd_sit(struct crowd *crowd, uint32_t seat);
void crowd_close(struct crowd *crowd, uint32_t seat);
/* Into a group (which must have memory for it), and out again. */
void crowd_join(struct crowd *crowd, uint32_t seat, uint32_t group);
void crowd_leave(struct crowd *crowd, uint32_t seat);
/* To all of the group but except (SEATS_MAX: nobody). */
void crowd_append(struct crowd *crowd, uint32_t group, struct text bytes, uint32_t except);
void crowd_send(struct crowd *crowd, uint32_t seat, struct text bytes);
/* Ends the round, and closes those who failed, after checking that they have read no hole. */
void crowd_flush(struct crowd *crowd);
/* Somebody reads so many bytes at most, and the poller's word is passed on. */
void crowd_read(struct crowd *crowd, uint32_t seat, size_t bytes_max);
void crowd_poll(struct crowd *crowd);
/* Everybody reads until nothing is left; then each who has not failed must have all. */
void crowd_settle(struct crowd *crowd);

#endif
