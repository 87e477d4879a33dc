/* A client without a terminal: its socket is one end of a pair, its screen is bytes in memory. */
#ifndef MADANG_TESTS_UNIT_CLIENT_STAGE_H
#define MADANG_TESTS_UNIT_CLIENT_STAGE_H

#include "client/client_state.h"
#include "client/irc_wire.h"
#include "client/plain_talk.h"
#include "expect.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct stage {
    struct options options;
    struct client client;
    int server; /* The other end. */
};

static inline void set_up(struct stage *stage, bool editing, bool plain)
{
    *stage = (struct stage){.options = {.name = "me", .plain = plain}};
    struct client *client = &stage->client;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    client->options = &stage->options;
    client->signals = -1;
    client->socket = ends[0];
    stage->server = ends[1];
    /* Nothing is ever written: what was printed can be looked at. */
    client->output.fd = client->errors.fd = -1;
    client->editor = editing ? calloc(1, sizeof(*client->editor)) : NULL;
    lines_init(&client->typed, PLAIN_LINE_BYTES_MAX + 1);
    screen_init(&client->screen, &client->output, client->editor);
    client->wire = plain ? plain_talk_new(TEXT("me"), 0, 0) : irc_wire_new(TEXT("me"));
    assert_non_null(client->wire);
}

static inline void tear_down(struct stage *stage)
{
    struct client *client = &stage->client;
    client_hang_up(client);
    if (client->editor != NULL) {
        editor_finish(client->editor);
        free(client->editor);
    }
    rooms_finish(&client->rooms);
    people_finish(&client->people);
    bytes_finish(&client->name);
    bytes_finish(&client->paste.text);
    lines_finish(&client->typed);
    screen_finish(&client->screen);
    bytes_finish(&client->output.pending);
    bytes_finish(&client->errors.pending);
    if (stage->server >= 0) {
        close(stage->server);
    }
}

static inline void server_says(struct stage *stage, struct text text)
{
    assert_int_equal(send(stage->server, text.data, text.count, 0), (ssize_t)text.count);
    assert_int_equal(client_read_socket(&stage->client), ERR_OK);
}

static inline void server_ends(struct stage *stage)
{
    close(stage->server);
    stage->server = -1;
    assert_int_equal(client_read_socket(&stage->client), ERR_OK);
}

static inline void assert_taken(struct bytes *bytes, const char *expected)
{
    assert_text(bytes_text(bytes), expected);
    bytes_clear(bytes);
}

static inline void assert_screen(struct stage *stage, const char *expected)
{
    assert_taken(&stage->client.output.pending, expected);
}

static inline void assert_complaints(struct stage *stage, const char *expected)
{
    assert_taken(&stage->client.errors.pending, expected);
}

/* What the client has sent since the last time. */
static inline void assert_server_got(struct stage *stage, const char *expected)
{
    assert_int_equal(client_write_socket(&stage->client), ERR_OK);
    char data[65536];
    ssize_t count = recv(stage->server, data, sizeof(data), 0);
    assert_text((struct text){.data = data, .count = count > 0 ? (size_t)count : 0}, expected);
}

#define WELCOME                                                                                    \
    ":srv 001 me :Hi\r\n:srv 005 me MADANG-LOBBY=#madang :are supported\r\n"                       \
    ":srv 376 me :End\r\n"
#define GREETING "CAP LS :302\r\nNICK me\r\nUSER madang 0 * :me\r\n"

/* Lets the server of IRC take the client in, and forgets what was printed. */
static inline void come_in(struct stage *stage)
{
    server_says(stage, TEXT(WELCOME));
    assert_server_got(stage, GREETING "JOIN #madang\r\n");
    server_says(stage, TEXT(":me!u@h JOIN #madang\r\n"));
    assert_true(stage->client.joined);
    bytes_clear(&stage->client.output.pending);
}

#endif
