/*
 * People: clients of the plain door, line by line or piece by piece, and of IRC, well behaved or
 * not. Each visit remembers what was said and reads what comes; what comes is held against the
 * facts. One thread.
 */
#ifndef MADANG_SIM_PEOPLE_H
#define MADANG_SIM_PEOPLE_H

#include "door/plain.h"
#include "sim/settings.h"
#include "sim/truth.h"

/* A line that was said, as part of what was sent. */
struct said {
    size_t offset;
    uint32_t count;     /* Without its end. */
    uint32_t room;      /* IRC: where; ROOM_NONE: to a person. */
    bool is_message;    /* Not blank, not a word that leaves. */
    bool echo;          /* IRC: its writer is shown it. */
    struct bytes lines; /* IRC: several, as the core takes them; else empty. */
};

/* Being in a room: the facts of that time. */
struct stay {
    uint32_t room;
    size_t first;
    size_t end;
};

/* Capabilities, as bits. */
enum sim_cap {
    SIM_CAP_TAGS = 1u << 0,
    SIM_CAP_TIME = 1u << 1,
    SIM_CAP_ECHO = 1u << 2,
    SIM_CAP_BATCH = 1u << 3,
    SIM_CAP_LABEL = 1u << 4,
    SIM_CAP_SIGNS = 1u << 5,
    SIM_CAP_USERHOST = 1u << 6,
    SIM_CAP_NO_NAMES = 1u << 7,
    SIM_CAP_MULTILINE = 1u << 8,
    /* From here on they say which lines there are at all, so nobody changes them later. */
    SIM_CAP_INVITES = 1u << 9,
    SIM_CAP_RENAME = 1u << 10,
    SIM_CAP_REDACTION = 1u << 11,
};
#define SIM_CAP_COUNT 12
#define SIM_CAP_CHANGED_COUNT 9
extern const char *const sim_cap_names[SIM_CAP_COUNT];

/* What a visit by IRC has besides. */
struct irc_visit {
    uint32_t asked_caps;   /* As of the last line that it said, */
    uint32_t caps;         /* and as it was told. */
    uint32_t asked_rooms;  /* Bits of the rooms that it wanted to enter. */
    uint32_t asked;        /* Lines and parts of lines that the server must take or refuse. */
    uint32_t refused;      /* Those for which a refusal was read. */
    uint32_t labels_asked; /* Labels are their numbers. */
    uint32_t labels_answered;
    uint32_t pings;
    uint32_t batches;  /* Messages of several lines that it has begun. */
    uint32_t invited;  /* Bits of the rooms that it was invited to and has not tried since. */
    uint32_t watched;  /* Bits of the names that it wants to be told of. */
    uint32_t toggled;  /* Those of which it may have been told or not, */
    size_t unsure_end; /* up to this fact; SIZE_MAX: its last word about it was not heeded yet. */
    uint32_t watch_count; /* Words about it, each with a PING behind it. */
    bool uncertain;     /* Things were said before it had a name: they were refused by the line. */
    bool registered;    /* 001 was read. */
    bool got_error;     /* ERROR was read. */
    bool begun_early;   /* It has said things before it was told that it is in. */
    struct bytes nick;  /* As it was told. */
    struct bytes batch; /* The open one's reference. */
    uint32_t batch_joins; /* Rooms that were entered by the line that it answers. */
    struct bytes multi;   /* The reference of an open batch that is one message, */
    struct bytes lines;   /* and its lines so far, */
    uint32_t line_count;  /* so many. */
    struct bytes
        last_id;        /* "#room 000000000001": of the message that it has read last in a room. */
    uint32_t entrances; /* Rooms with another name that it has entered for not knowing RENAME. */
    uint32_t copies;    /* Of the message that comes next, read already. */
    size_t piece;       /* So many bytes of it are read. */
    size_t late; /* 1 + the fact that is the only line of a label's answer, not read yet; or 0. */
};

/* One connection of a person, from connecting to its end. Kept to the end of the run. */
struct visit {
    uint32_t person;
    uint32_t epoch;
    int link;     /* -1: over. */
    bool chunk;   /* It ends nothing with a newline. */
    bool chunked; /* The server takes it for one of those: also when its name came in pieces. */
    bool foreign;
    bool is_irc;
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
    int64_t closed_ms;  /* When. */
    size_t line_cursor; /* Lines before it became messages, or never will. */
    size_t byte_cursor; /* The same in bytes of what was sent, for pieces. */
    uint32_t taken;     /* Messages; of IRC all changes. */
    struct stay *stays;
    size_t stay_count;
    size_t stay_capacity;
    size_t fact_end;    /* It reads facts up to here, when it is closed. */
    size_t fact_cursor; /* The next it can read. */
    struct irc_visit irc;
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
    bool quiet;            /* Nobody begins anything new. */
    uint32_t close_ms_min; /* The shortest time that a server gave to read its last words. */
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
/* A command of its has become an entry. */
void visit_entry(struct visit *visit, const struct command *command);
/* The entry at hand has it enter or leave the room. */
void visit_enters(struct people *people, struct visit *visit, uint32_t room);
void visit_leaves(struct people *people, struct visit *visit, uint32_t room);
/* It has said that, the core says. Returns whether it will be shown it. */
bool visit_message(struct people *people, struct visit *visit, const struct effect *effect);
void visit_closed(struct people *people, struct visit *visit, enum leave_reason reason);
/* people_read.c: the next fact that it must read; NULL when there is none (yet). */
struct fact *visit_next_fact(struct people *people, struct visit *visit);
/* That was read. */
void visit_fact_done(struct people *people, struct visit *visit);
/* Whether nothing need come of the fact. */
bool visit_may_miss(const struct visit *visit, const struct fact *fact);
/* A fact that is read: it must be stored. */
void visit_fact_show(struct people *people, const struct visit *visit, struct fact *fact);
/* What came is nothing that may come now. */
void visit_misread(struct people *people, struct visit *visit, const struct fact *fact);
/* The server's own word, by its code: counted and marked. False: there is none like that. */
bool visit_word(struct people *people, struct visit *visit, struct text code);
/* Takes what has come. False: nothing. */
bool visit_read(struct people *people, struct visit *visit);
/* Nothing is on its way any more: all that is owed has come. */
void visit_check_quiet(struct people *people, struct visit *visit);
/* The connection has ended: did all come that had to? */
void visit_check_end(struct people *people, struct visit *visit);

/* irc_read.c: takes whole lines off what has come. */
void visit_read_irc(struct people *people, struct visit *visit);
/* speech.c: what people say. */
struct text people_name(struct people *people);
/* Letters of one, two, three and four bytes. */
void visit_put_filler(struct people *people, struct visit *visit, size_t count);
void visit_put(struct visit *visit, struct text text);
/* What was put from offset on is a message, or a line that is none. */
struct said *visit_said(struct visit *visit, size_t offset, bool is_message);
/* irc_speech.c: the same of those who speak IRC. */
void visit_irc_begin(struct people *people, struct visit *visit);
void visit_irc_say(struct people *people, struct visit *visit);
void visit_irc_quit(struct people *people, struct visit *visit);
/* Another nick, before it has one. */
void visit_irc_renick(struct people *people, struct visit *visit);
/* It was invited to the room. */
void visit_irc_invited(struct people *people, struct visit *visit, uint32_t room);
/* speech.c: what everybody says, by whichever door. */
void visit_say_name(struct people *people, struct visit *visit);
void visit_say(struct people *people, struct visit *visit);
void visit_say_foreign(struct people *people, struct visit *visit);
void visit_say_quit(struct people *people, struct visit *visit);

#endif
