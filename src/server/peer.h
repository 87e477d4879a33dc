/*
 * A peer: one connection with its door, as its worker keeps it. Shared by the worker's files only;
 * everything belongs to one worker thread. Peers are named by handles (index and generation) that
 * outlive them, so that a late effect or event finds nobody rather than somebody else.
 */
#ifndef MADANG_SERVER_PEER_H
#define MADANG_SERVER_PEER_H

#include "base/log.h"
#include "base/map.h"
#include "door/plain.h"
#include "net/fanout.h"
#include "net/timers.h"
#include "server/bus.h"

enum peer_stage {
    PEER_SNIFFING, /* The first bytes have not decided yet. */
    PEER_TALKING,  /* The door reads. */
    PEER_LEAVING,  /* It said q: it still reads, until its CLOSED has come back. */
    PEER_ENDING,   /* Our last words are on the way; what it sends is thrown away. */
    PEER_GHOST,    /* The socket is closed; a command or note for it still waits for room. */
};

struct peer {
    struct connection connection; /* First: a connection of this worker is its peer. */
    struct timer timer;
    struct plain plain;
    struct bytes input; /* What the door has left; empty for the idle. */
    uint64_t session;   /* 0: none. */
    uint64_t handle;
    struct peer *next_waiting;
    struct peer *next_ending;
    int64_t arrived_ms;
    int64_t read_ms; /* When the last bytes came; in PEER_ENDING, when that began. */
    int64_t pace_us; /* Up to when its lines are paid for (a leaky bucket). */
    struct in6_addr address;
    uint32_t in_flight; /* Commands whose effect has not been shown yet. */
    enum peer_stage stage;
    enum leave_reason leave; /* Of the CLOSE that is due. */
    bool exempt;
    bool registered;   /* It has a name. */
    bool note_due;     /* The gate is still to be told that. */
    bool close_due;    /* COMMAND_CLOSE is still to be put into the ring. */
    bool waiting;      /* In the worker's list of those that wait for room in a ring. */
    bool ending;       /* In the worker's list of those whose output may just have become empty. */
    bool paced;        /* Waits for its turn to speak. */
    bool cut_wait;     /* The quiet time is over, but the last character is incomplete. */
    bool input_ended;  /* The peer closed its sending side. */
    bool output_ended; /* We closed ours. */
};

/* The groups of one channel on this worker, one a dialect; NULL where nobody reads it. */
struct room {
    uint64_t id;
    struct group *groups[DIALECT_COUNT];
};

struct worker {
    uint32_t index;
    struct bus *bus;
    struct lane *lane;
    struct config *config;
    struct poller *poller;
    struct fanout fanout;
    struct timers timers;
    struct map *rooms; /* By channel id. */
    struct peer **peers;
    uint32_t *generations;
    uint32_t *free_indices;
    uint32_t free_count;
    uint32_t peer_count;
    uint32_t peer_capacity;
    uint32_t peer_closed; /* Since memory was last given back. */
    struct peer *waiting;
    struct peer *ending;
    struct bytes scratch;              /* Rendered lines. */
    size_t round_bytes;                /* Rendered in this round. */
    char lobby[CHANNEL_BYTES_MAX + 1]; /* The one that the worker began with, as the console's. */
    uint64_t session_count;
    int64_t now_ms; /* Monotonic; of this step. */
    int journal_state;
    enum stage stage; /* The one that the worker has seen. */
    bool draining;    /* Reading has stopped. */
    bool goodbye;     /* All peers were told that the server ends. */
    bool commands_put;
    bool notes_put;
    int64_t goodbye_ms; /* Peers that have not read our last words by then are cut off. */
    uint64_t errors[PLAIN_ERROR_COUNT]; /* Counted for the operator. */
    struct log_limit error_logs[PLAIN_ERROR_COUNT];
};

/* peer.c: the life of one connection. */
void peer_arrive(struct worker *worker, const struct arrival *arrival);
/* One more of those who were told error; the log hears of it at most once a second. */
void worker_count_error(struct worker *worker, enum plain_error error);
/* Says the error and goes on. detail may be empty. */
void peer_say(struct worker *worker, struct peer *peer, enum plain_error error, struct text detail);
/* Says the error and ends the connection, and its session for reason. */
void peer_refuse(struct worker *worker, struct peer *peer, enum plain_error error,
                 enum leave_reason reason);
/* Asks the hub to end its session; the connection ends when that has come back. */
void peer_leave(struct worker *worker, struct peer *peer, enum leave_reason reason);
/* No session (any more): what is on its way is sent, then the connection ends. */
void peer_end(struct worker *worker, struct peer *peer);
/* The rest of peer_end(), when the round has written what could be written. */
void peer_end_output(struct worker *worker, struct peer *peer);
/* The server ends: said to whom may still hear it. */
void peer_say_goodbye(struct worker *worker, struct peer *peer);
/* The connection failed in the fan-out. */
void peer_failed(struct worker *worker, struct peer *peer);
/* Closes the socket now. The peer is freed as soon as the hub and the gate know. */
void peer_destroy(struct worker *worker, struct peer *peer);
/* Waits for room in a ring: will be tried again in the next step. */
void peer_wait(struct worker *worker, struct peer *peer);
/* Tries again to put what waits for room. May free the peer. */
void peer_retry(struct worker *worker, struct peer *peer);
/* Its name stands. */
void peer_registered(struct worker *worker, struct peer *peer);

/* peer_input.c: from bytes to commands. */
void peer_event(struct worker *worker, struct peer *peer, const struct poller_event *event);
void peer_timer(struct worker *worker, struct peer *peer);
/* Feeds the door again with what it left. */
void peer_resume(struct worker *worker, struct peer *peer);
/* Sets the peer's one timer to the nearest of its deadlines. */
void peer_set_timer(struct worker *worker, struct peer *peer);
/* The door's way to act on the peer. */
struct peer_sink {
    struct worker *worker;
    struct peer *peer;
    struct door_sink sink;
};
/* Makes *out's sink point to *out itself: it must stay in place while it is used. */
void peer_sink_init(struct peer_sink *out, struct worker *worker, struct peer *peer);

/* peer_table.c: handles. */
struct peer *peer_at(struct worker *worker, uint64_t handle);
struct peer *peer_new(struct worker *worker);
void peer_free(struct worker *worker, struct peer *peer);
/* Walks all peers: start with *cursor = 0; NULL at the end. Peers may be freed during the walk. */
struct peer *peer_next(struct worker *worker, uint32_t *cursor);

/* show.c: effects become bytes. */
void worker_show(struct worker *worker, const struct effect *effect);
/* Frees a room whose groups have no members. */
void room_free(struct worker *worker, struct room *room);

#endif
