/*
 * People: clients of the plain door, line by line or piece by piece, well behaved or not. Each
 * visit remembers what was said and reads what comes; what comes is held against the facts. One
 * thread.
 */
#ifndef MADANG_SIM_PEOPLE_H
#define MADANG_SIM_PEOPLE_H

#include "door/plain.h"
#include "sim/settings.h"
#include "sim/truth.h"

/* A line that was said, as part of what was sent. */
struct said {
    size_t offset;
    uint32_t count;  /* Without its end. */
    bool is_message; /* Not blank, not a word that leaves. */
};

/* One connection of a person, from connecting to its end. Kept to the end of the run. */
struct visit {
    uint32_t person;
    uint32_t epoch;
    int link;     /* -1: over. */
    bool chunk;   /* It ends nothing with a newline. */
    bool chunked; /* The server takes it for one of those: also when its name came in pieces. */
    bool foreign;
    bool is_over;
    /* What it says. */
    struct bytes sent; /* All that was or will be sent. */
    size_t sent_count; /* So much of it is. */
    struct said *said;
    size_t said_count;
    size_t said_capacity;
    uint32_t serial;
    bool name_sent;
    bool ends_behind; /* Half-closes when all is sent. */
    bool said_quit;
    bool half_closed;
    /* What became of it. */
    uint64_t session; /* 0: not (yet) opened. */
    bool joined;
    bool closed;
    enum leave_reason reason;
    size_t line_cursor; /* Lines before it became messages, or never will. */
    size_t byte_cursor; /* The same in bytes of what was sent, for pieces. */
    uint32_t taken;     /* Messages. */
    size_t fact_first;  /* Of its reading: facts from here on, */
    size_t fact_end;    /* up to here, when it is closed. */
    size_t fact_cursor; /* The next it can read. */
    /* What it has read. */
    struct bytes in;
    bool in_word;
    uint32_t words[NOTICE_COUNT];
    int64_t reads_again_ms;
    bool was_hurried; /* The server has ended in a hurry: not all that was owed could come. */
    bool got_end;
    bool got_reset;
};

struct visitor {
    struct in6_addr address;
    struct visit *visit; /* NULL: away. */
    int64_t next_ms;
};

struct people {
    struct fake_net *net;
    struct truth *truth;
    struct report *report;
    struct random *random;
    const struct settings *settings;
    struct manners manners; /* Of this phase. */
    struct visitor persons[PEOPLE_MAX];
    struct visit **visits;
    size_t visit_count;
    size_t visit_capacity;
    struct visit *of_link[NET_LINKS_MAX];
    bool quiet; /* Nobody begins anything new. */
};

void people_init(struct people *people, const struct settings *settings);
void people_finish(struct people *people);
/* When the next of them does something; INT64_MAX: never. */
int64_t people_next_ms(const struct people *people, int64_t now_ms);
/* One of those who have something to do does it. False: nobody has. */
bool people_step(struct people *people, int64_t now_ms);
/* Everybody reads, and finishes what was begun. */
void people_calm(struct people *people);
/* Everybody leaves properly. */
void people_leave(struct people *people);

/* The server ends in a hurry. */
void people_hurry(struct people *people);
/* The visit whose link that is; NULL when it is over. */
struct visit *people_of_link(struct people *people, int link);
/* The visit of that session of this epoch; NULL when nobody knows. */
struct visit *people_of_session(struct people *people, uint64_t session);
/* A session opened for it under this name. */
void visit_opened(struct people *people, struct visit *visit, const struct command *command,
                  bool chunked);
void visit_joined(struct people *people, struct visit *visit);
/* It has said text, the core says. */
void visit_message(struct people *people, struct visit *visit, struct text text);
void visit_closed(struct people *people, struct visit *visit, enum leave_reason reason);
/* people_read.c: takes what has come. False: nothing. */
bool visit_read(struct people *people, struct visit *visit);
/* Nothing is on its way any more: all that is owed has come. */
void visit_check_quiet(struct people *people, struct visit *visit);
/* The connection has ended: did all come that had to? */
void visit_check_end(struct people *people, struct visit *visit);

/* speech.c: what people say. */
void visit_say_name(struct people *people, struct visit *visit);
void visit_say(struct people *people, struct visit *visit);
void visit_say_foreign(struct people *people, struct visit *visit);
void visit_say_quit(struct people *people, struct visit *visit);

#endif
