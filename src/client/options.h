/* The command line of madang, and the form HOST[:PORT] of a server's address. */
#ifndef MADANG_CLIENT_OPTIONS_H
#define MADANG_CLIENT_OPTIONS_H

#include "base/bytes.h"
#include "model/limits.h"
#include "model/name.h"

#define OPTIONS_HOST_DEFAULT "127.0.0.1"
#define OPTIONS_PORT_DEFAULT "9999"

enum options_action { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION };

/* Why a command line is refused; argument in struct options is the word that is at fault. */
enum options_problem {
    OPTIONS_FINE = 0,
    OPTIONS_UNKNOWN,        /* No such option. */
    OPTIONS_VALUE_MISSING,  /* An option without its value. */
    OPTIONS_VALUE_UNWANTED, /* A value where none belongs: --plain=x. */
    OPTIONS_NAME_MISSING,
    OPTIONS_NAME_TWICE,
    OPTIONS_NAME_BAD,    /* name_verdict says why. */
    OPTIONS_NAME_LEAVES, /* "q" and "quit" are the words that leave. */
    OPTIONS_SERVER_BAD,  /* Not HOST, HOST:PORT or [HOST]:PORT. */
    OPTIONS_NO_TLS,      /* --tls does not work yet. */
    OPTIONS_ROOM_BAD,    /* Not the name of a room. */
    OPTIONS_ROOM_PLAIN,  /* The report's server has no rooms. */
};

struct options {
    enum options_action action;
    enum options_problem problem;
    enum name_verdict name_verdict;
    const char *argument; /* Borrowed from the command line; NULL when no word is at fault. */
    const char *name;     /* Borrowed from the command line. */
    bool plain;
    char room[CHANNEL_BYTES_MAX + 1];     /* With its '#'; "": where the server's people start. */
    char host[CLIENT_HOST_BYTES_MAX + 1]; /* Without brackets. */
    char port[6];                         /* 1 to 65535, decimal. */
};

/* Decides about a whole command line; arguments[0] is the program. Any thread. */
void options_parse(int count, char *const *arguments, struct options *out);
/*
 * Takes HOST, HOST:PORT, [HOST] or [HOST]:PORT apart; a host with two colons and no brackets is an
 * IPv6 address without a port. Without a port out->port stays. ERR_INVALID leaves out as it was.
 * Any thread.
 */
MUST_USE enum error options_server_parse(const char *server, struct options *out);
/* Appends the sentence that says what options->problem is, in the person's language. ERR_MEMORY. */
MUST_USE enum error options_problem_append(const struct options *options, struct bytes *out);
/* The name of the room that word means: itself, or '#' and word. Borrowed from out. ERR_LIMIT when
 * it is too long for one. */
MUST_USE enum error options_room_name(struct text word, char out[CHANNEL_BYTES_MAX + 1]);
/* True for the two words that leave when they are a whole line. Any thread. */
bool is_leave_word(struct text line);

#endif
