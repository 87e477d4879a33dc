/* What the parts of the client share. Private to client*.c; everything runs on the main thread. */
#ifndef MADANG_CLIENT_CLIENT_STATE_H
#define MADANG_CLIENT_CLIENT_STATE_H

#include "client/keys.h"
#include "client/lines.h"
#include "client/names.h"
#include "client/options.h"
#include "client/output.h"
#include "client/rooms.h"
#include "client/screen.h"
#include "client/terminal.h"
#include "client/wire.h"

#include <stdint.h>

/* How long a server that we reached may take to let us in: some look us up first. */
#define CLIENT_JOIN_MS 30000
/* How long the server may take to close after we left and all that we sent has arrived. */
#define CLIENT_LEAVE_TYPED_MS 5000
#define CLIENT_LEAVE_PIPED_MS 10000
/* And for each line that was piped, since the server may pace them: its default is two a second. */
#define CLIENT_LEAVE_LINE_MS 500
#define CLIENT_LEAVE_SIGNAL_MS 1000
/* A terminal that does not say where its cursor is after so long will not. */
#define CLIENT_CURSOR_MS 200
/* Between a lost connection and the next attempt; doubled with each that fails. */
#define CLIENT_RETRY_MS_MIN 1000
#define CLIENT_RETRY_MS_MAX 60000

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
    int signals;          /* A signalfd. */
    int socket;           /* -1 between two connections. */
    struct output output; /* Standard output. */
    struct output errors; /* Standard error. */
    struct screen screen;
    struct editor *editor; /* NULL: lines are read as they come, and there are no commands. */
    struct terminal terminal;
    struct key_decoder keys;
    struct paste paste;
    struct lines typed; /* Standard input's, without an editor. */

    struct wire *wire; /* NULL between two connections. */
    struct bytes name; /* What we are called now. */
    struct rooms rooms;
    struct people people;

    bool joined;        /* This connection got as far as "[NAME] 접속". */
    bool was_joined;    /* One did. */
    bool lost;          /* The server has refused to take us back. */
    bool explained;     /* An error was the server's last word. */
    bool input_ended;   /* Nothing more is read from standard input. */
    bool output_failed; /* Nobody sees what is written any more. */
    bool write_ended;   /* Nothing more can be sent. */
    bool undelivered;   /* A line was refused, here or there. */
    bool leaving;
    bool signalled; /* A signal told us to leave. */
    bool foreign;   /* The other side speaks something else. */
    bool farewell;  /* "접속 해제" was said of the last connection. */
    bool ended;     /* The loop is over. */
    int status;     /* The exit status. */
    int64_t now_ms; /* The time of this turn. */
    int64_t join_by_ms;
    int64_t joined_at_ms;
    int64_t cursor_by_ms;
    int64_t leave_by_ms;
    int64_t leave_wait_ms;
    int64_t retry_at_ms;
    int64_t retry_ms;    /* What the last wait was; 0: there was none. */
    int64_t line_count;  /* Lines that were said. */
    size_t unsent_bytes; /* When the leave was last looked at. */
};

/* All that return an error: ERR_MEMORY. */

/* client.c */
/* Says "madang: sentence" to the person. */
MUST_USE enum error client_complain(struct client *client, const char *sentence);
/* Leaves: what was said still goes out, and the server has wait_ms to close after that. */
MUST_USE enum error client_leave(struct client *client, struct text reason, int64_t wait_ms);
/* The loop ends after this turn. */
void client_end(struct client *client, int status);
/* Takes what signals have come. */
MUST_USE enum error client_read_signals(struct client *client);

/* client_link.c: connections. */
/* The first connection, or the sentence that says why there is none; client->wire tells which. */
MUST_USE enum error client_connect(struct client *client);
/* The connection is over; failure is 0 when it ended properly, else an errno. Ends the client, or
 * lets it come back. */
MUST_USE enum error client_lose(struct client *client, int failure);
/* The time for another attempt has come. */
MUST_USE enum error client_try_again(struct client *client);
/* Frees the wire and closes the socket. */
void client_hang_up(struct client *client);
/* The socket can be read. */
MUST_USE enum error client_read_socket(struct client *client);
/* Sends what can be sent now. */
MUST_USE enum error client_write_socket(struct client *client);
/* Whether client_write_socket() would do something if the socket could be written. */
MUST_USE enum error client_wants_write(struct client *client, bool *out);

/* client_talk.c: what the server says. */
struct event_sink client_events(struct client *client);
/* An error line: on the terminal, or on standard error in a pipe. */
MUST_USE enum error client_show_error(struct client *client, struct text line);
/* "! code: sentence" of our own. */
MUST_USE enum error client_refuse(struct client *client, const char *code, const char *sentence);
/* The rooms have changed, or what is unread in them. */
MUST_USE enum error client_rooms_changed(struct client *client);

/* client_input.c: the person's side. */
/* Standard input can be read. */
MUST_USE enum error client_read_input(struct client *client);
/* A whole line that was typed, pasted or piped, and is no command: says it, or says why not. */
MUST_USE enum error client_take_line(struct client *client, struct text line, enum line_kind kind);
/* How long the server may take to close when the person leaves now. */
int64_t client_leave_wait_ms(const struct client *client);

/* client_paste.c */
MUST_USE enum error client_paste_key(struct client *client, const struct key *key);

/* client_command.c */
/* A line that begins with one '/'. */
MUST_USE enum error client_command(struct client *client, struct text line);
/* The names of the commands, from 0; NULL behind the last. */
const char *client_command_name(size_t index);

/* client_complete.c */
/* Completes the word before the cursor. */
MUST_USE enum error client_complete(struct client *client);

#endif
