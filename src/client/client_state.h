/* What the parts of the client share. Private to client*.c; everything runs on the main thread. */
#ifndef MADANG_CLIENT_CLIENT_STATE_H
#define MADANG_CLIENT_CLIENT_STATE_H

#include "client/keys.h"
#include "client/lines.h"
#include "client/options.h"
#include "client/output.h"
#include "client/plain_wire.h"
#include "client/screen.h"
#include "client/terminal.h"

#include <stdint.h>

#define CLIENT_NEVER INT64_MAX

/*
 * The server says nothing when a name is taken in, and a sentence when it is not. So the client
 * says
 * "[NAME] 접속" when the first line of somebody else shows that it is in, or when no refusal has
 * come for this long, besides two round trips.
 */
#define CLIENT_GRACE_MS 150
/* The report's wire has no end of a name: the server itself waits before it answers. */
#define CLIENT_PLAIN_GRACE_MS 300
/* After an error the connection may be about to close. */
#define CLIENT_ERROR_GRACE_MS 1000
/* How long the server may take to close after we left and all that we sent has arrived. */
#define CLIENT_LEAVE_TYPED_MS 5000
#define CLIENT_LEAVE_PIPED_MS 10000
/* And for each line that was piped, since the server may pace them: its default is two a second. */
#define CLIENT_LEAVE_LINE_MS 500
#define CLIENT_LEAVE_SIGNAL_MS 1000
/* A terminal that does not say where its cursor is after so long will not. */
#define CLIENT_CURSOR_MS 200

/* Text between the marks of a bracketed paste, and then until the person has said yes or no. */
struct paste {
    bool active;
    bool asking;
    bool skipping; /* Another paste came while asking. */
    bool overlong;
    bool after_return; /* The last byte was \r: a \n behind it is the same line end. */
    struct bytes text;
};

struct client {
    const struct options *options;
    int signals; /* A signalfd. */
    int socket;
    struct output output; /* Standard output. */
    struct output errors; /* Standard error. */
    struct screen screen;
    struct editor *editor; /* NULL: lines are read as they come. */
    struct terminal terminal;
    struct key_decoder keys;
    struct paste paste;

    struct lines received;  /* The server's lines, when it sends lines. */
    struct lines typed;     /* Standard input's, without an editor. */
    struct plain_wire wire; /* With --plain. */
    struct bytes outbox;    /* Lines, each with its \n, that are still to be sent. */

    bool joined;        /* "[NAME] 접속" was said. */
    bool refused;       /* The server has sent an error instead of taking us in. */
    bool explained;     /* An error was its last word. */
    bool input_ended;   /* Nothing more is read from standard input. */
    bool output_failed; /* Nobody sees what is written any more. */
    bool write_ended;   /* Nothing more can be sent. */
    bool undelivered;   /* A line was refused, here or there. */
    bool leaving;
    bool signalled;  /* A signal told us to leave. */
    bool not_madang; /* The other side speaks something else. */
    bool ended;      /* The loop is over. */
    int status;      /* The exit status. */
    int64_t now_ms;  /* The time of this turn. */
    int64_t join_at_ms;
    int64_t cursor_by_ms;
    int64_t leave_by_ms;
    int64_t leave_wait_ms;
    int64_t line_count;  /* Lines that went into the outbox. */
    size_t unsent_bytes; /* When the leave was last looked at. */
};

/* client.c */
/* Says "madang: sentence" to the person. ERR_MEMORY. */
MUST_USE enum error client_complain(struct client *client, const char *sentence);
/* Leaves: what is in the outbox still goes out, and the server has wait_ms to close after that. */
void client_leave(struct client *client, int64_t wait_ms);
/* The loop ends after this turn. */
void client_end(struct client *client, int status);

/* client_talk.c: the server's side. All return ERR_MEMORY. */
MUST_USE enum error client_say_joined(struct client *client);
/* An error line: on the terminal, or on standard error in a pipe. */
MUST_USE enum error client_show_error(struct client *client, struct text line);
/* The socket can be read. */
MUST_USE enum error client_read_socket(struct client *client);
/* Sends what can be sent now. */
MUST_USE enum error client_write_socket(struct client *client);
/* True when client_write_socket() would do something if the socket could be written. */
bool client_wants_write(const struct client *client);
/* The plain wire has waited long enough. */
MUST_USE enum error client_flush_received(struct client *client);

/* client_input.c: the person's side. All return ERR_MEMORY. */
/* Standard input can be read. */
MUST_USE enum error client_read_input(struct client *client);
/* A whole line was typed or piped: to the outbox with it, or an error to the person. */
MUST_USE enum error client_take_line(struct client *client, struct text line, enum line_kind kind);

/* client_paste.c. All return ERR_MEMORY. */
MUST_USE enum error client_paste_key(struct client *client, const struct key *key);

#endif
