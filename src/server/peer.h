/*
 * A peer: one connection with its door, as its worker keeps it. Shared by the worker's files only;
 * everything belongs to one worker thread. Peers are named by handles (index and generation) that
 * outlive them, so that a late effect or event finds nobody rather than somebody else.
 */
#ifndef MADANG_SERVER_PEER_H
#define MADANG_SERVER_PEER_H

#include "base/log.h"
#include "base/map.h"
#include "door/irc.h"
#include "door/plain.h"
#include "net/fanout.h"
#include "net/timers.h"
#include "server/bus.h"
#include "server/cloak.h"
#include "server/watch.h"

enum peer_stage {
    PEER_SNIFFING, /* The first bytes have not decided yet. */
    PEER_TALKING,  /* The door reads. */
    PEER_LEAVING,  /* It said q: it still reads, until its CLOSED has come back. */
    PEER_ENDING,   /* Our last words are on the way; what it sends is thrown away. */
    PEER_GHOST,    /* The socket is closed; a command or note for it still waits for room. */
};

/* There may be very many of these, and an idle one costs little more than this: mind the size. */
struct peer {
    struct connection connection; /* First: a connection of this worker is its peer. */
    struct timer timer;
    union {
        struct plain plain; /* With DOOR_PLAIN. */
        struct irc *irc;    /* With DOOR_IRC. */
    } state;
    struct bytes input; /* What the door has left; empty for the idle. From PEER_LEAVING on, the
                           words of the CLOSE that is due. */
    uint64_t session;   /* 0: none. */
    uint64_t handle;
    struct peer *next_waiting;
    struct peer *next_ending;
    struct peer *next_answered;
    struct watch *watches; /* Whom it wants to know about. */
    int64_t called_ms;     /* Not before does it hear again whom its +g holds off. */
    int64_t arrived_ms;
    int64_t read_ms;         /* When the last bytes came; in PEER_ENDING, when that began. */
    int64_t pace_us;         /* Up to when its lines are paid for (a leaky bucket). */
    struct in6_addr address; /* As the gate counts it. */
    struct in6_addr host;    /* For whom it speaks. */
    uint32_t in_flight;      /* Commands and passwords whose answer has not been shown yet. */
    uint8_t stage;           /* enum peer_stage. */
    uint8_t door;            /* enum door_kind; DOOR_AUTO while the first bytes have not decided. */
    uint8_t listener_door;   /* enum door_kind; DOOR_AUTO: the first bytes decide. */
    uint8_t leave;           /* enum leave_reason of the CLOSE that is due. */
    bool exempt;             /* From the gate's limits. */
    bool host_exempt;        /* From the pace of lines, for its host's sake, */
    bool unpaced;            /* or for that of the listener by which it came. */
    bool secure;
    bool proxy_due;    /* It must begin with the header of a proxy. */
    bool proxied;      /* That has come. */
    bool registered;   /* It has a name. */
    bool note_due;     /* The gate is still to be told that. */
    bool close_due;    /* COMMAND_CLOSE is still to be put into the ring. */
    bool waiting;      /* In the worker's list of those that wait for room in a ring. */
    bool ending;       /* In the worker's list of those whose output may just have become empty. */
    bool answered;     /* In the worker's list of those whose door may go on. */
    bool paced;        /* Waits for its turn to speak. */
    bool cut_wait;     /* The quiet time is over, but the last character is incomplete. */
    bool input_ended;  /* The peer closed its sending side. */
    bool output_ended; /* We closed ours. */
};

/* After a wrong password of OPER, no other from there is looked at for a while. */
struct wrong_try {
    struct in6_addr address;
    int64_t at_ms;
};
#define WRONG_TRIES_MAX 64

struct worker {
    uint32_t index;
    struct bus *bus;
    struct lane *lane;
    struct config *config;
    struct poller *poller;
    struct fanout fanout;
    struct timers timers;
    struct map *rooms; /* struct room by channel id. */
    uint64_t stamp;    /* Of the last walk through several rooms (room.c). */
    struct watch_table watches;
    struct peer **peers;
    uint32_t *generations;
    uint32_t *free_indices;
    uint32_t free_count;
    uint32_t peer_count;
    uint32_t peer_capacity;
    uint32_t peer_closed; /* Since memory was last given back. */
    struct peer *waiting;
    struct peer *ending;
    struct peer *answered;
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
    bool requests_put;
    int64_t goodbye_ms; /* Peers that have not read our last words by then are cut off. */
    uint64_t notices[NOTICE_COUNT]; /* Counted for the operator. */
    struct log_limit notice_logs[NOTICE_COUNT];
    struct wrong_try wrong_tries[WRONG_TRIES_MAX];
    uint32_t wrong_count;
};

/* peer.c: the life of one connection. */
void peer_arrive(struct worker *worker, const struct arrival *arrival);
/* One more of those who were told notice; the log hears of it at most once a second. */
void worker_count_notice(struct worker *worker, enum notice notice);
/* Says it and goes on. detail may be empty. */
void peer_say(struct worker *worker, struct peer *peer, enum notice notice, struct text detail);
/* Says it and ends the connection, and its session for reason. */
void peer_refuse(struct worker *worker, struct peer *peer, enum notice notice,
                 enum leave_reason reason);
/* Asks the hub to end its session, with words; the connection ends when that has come back. */
void peer_leave(struct worker *worker, struct peer *peer, enum leave_reason reason,
                struct text words);
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
/* A gateway said for whom it speaks. */
void peer_speak_for(struct worker *worker, struct peer *peer, const struct in6_addr *host);

/* peer_door.c: the one door or the other. */
/* What is told of its address: to others, and to operators. */
struct peer_names {
    char host[CLOAK_BYTES + 1];
    char address[INET6_ADDRSTRLEN];
};
struct peer_names peer_names(const struct worker *worker, const struct peer *peer);
/* The verdict over the first bytes: false when there is no memory. */
bool peer_begin_door(struct worker *worker, struct peer *peer, enum door_kind door);
void peer_end_door(struct peer *peer);
/* An effect that concerns it itself (irc_effect(), plain_effect()). */
void peer_tell(struct worker *worker, struct peer *peer, const struct effect *effect);
/* A command of its, or a password, has been answered. told: its door was given effect. */
void peer_answered(struct worker *worker, struct peer *peer, const struct effect *effect,
                   bool told);
/* The part of it that goes for passwords as well: the door may go on. */
void peer_count_answer(struct worker *worker, struct peer *peer);
/* Nobody has the name yet under which it will be known. */
bool peer_is_nameless(const struct peer *peer);
/* Its door has a line that waits for an answer which is on its way. */
bool peer_awaits_answer(const struct peer *peer);
dialect peer_dialect(const struct peer *peer);
/* enum person_flag, as far as its door knows. */
uint32_t peer_flags(const struct peer *peer);
/* Appends to the worker's emptied scratch what readers of the dialect see of the effect.
 * ERR_MEMORY.
 */
MUST_USE enum error worker_render(struct worker *worker, const struct effect *effect,
                                  dialect reader);
/* Takes the reference: from now on it holds. */
void worker_set_config(struct worker *worker, struct config *config);

/* peer_input.c: from bytes to lines. */
void peer_event(struct worker *worker, struct peer *peer, const struct poller_event *event);
void peer_timer(struct worker *worker, struct peer *peer);
/* Feeds the door again with what it left. */
void peer_resume(struct worker *worker, struct peer *peer);
/* Sets the peer's one timer to the nearest of its deadlines. */
void peer_set_timer(struct worker *worker, struct peer *peer);

/* peer_feed.c: what the door gets, and what comes of the first bytes. Each returns how much it
 * took.
 */
size_t peer_feed(struct worker *worker, struct peer *peer, struct text bytes);
/* The rest is whole because nothing came for a while (plain door). */
size_t peer_feed_quiet(struct worker *worker, struct peer *peer, struct text bytes);
/* The rest is the last that came. */
size_t peer_feed_end(struct worker *worker, struct peer *peer, struct text bytes);

/* peer_pace.c: how fast somebody may speak. */
/* The plain door: one more line. */
bool peer_may_speak(const struct worker *worker, const struct peer *peer);
void peer_pay_line(const struct worker *worker, struct peer *peer);
/* Lines that were refused cost as much as others, but nothing of them can wait: whoever owes for
 * too many of them is not let go on. */
bool peer_owes_too_much(const struct worker *worker, const struct peer *peer);
/* When a paced one may go on. */
int64_t peer_speaks_again_ms(const struct worker *worker, const struct peer *peer);
/* The IRC door: the bytes of as many whole lines as it may say now, and of half a line behind them.
 */
size_t peer_affordable_bytes(const struct worker *worker, const struct peer *peer,
                             struct text bytes);
/* The lines in bytes were taken. */
void peer_pay_lines(const struct worker *worker, struct peer *peer, struct text bytes);

/* peer_sink.c: the door's way to act on the peer. */
struct peer_sink {
    struct worker *worker;
    struct peer *peer;
    struct door_sink sink;
    /* Commands of an IRC peer that were thrown away because the disk refuses. Its door hears of it
     * when it has returned. */
    uint32_t unsaved_count;
    enum command_kind unsaved_kind;
    uint64_t unsaved_label; /* Of the last one. */
};
/* Makes *out's sink point to *out itself: it must stay in place while it is used. */
void peer_sink_init(struct peer_sink *out, struct worker *worker, struct peer *peer);
/* After each call of the IRC door by which it may have given commands: what was thrown away is
 * told. False: nothing was. */
bool peer_sink_settle(struct peer_sink *sink);
/* Takes the verdicts on passwords. */
void worker_take_verdicts(struct worker *worker);

/* peer_table.c: handles. */
struct peer *peer_at(struct worker *worker, uint64_t handle);
struct peer *peer_new(struct worker *worker);
void peer_free(struct worker *worker, struct peer *peer);
/* Walks all peers: start with *cursor = 0; NULL at the end. Peers may be freed during the walk. */
struct peer *peer_next(struct worker *worker, uint32_t *cursor);

/* show.c: effects become bytes. */
void worker_show(struct worker *worker, const struct effect *effect);

#endif
