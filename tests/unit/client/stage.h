/* A client without a terminal: its socket is one end of a pair, its screen is bytes in memory. */
#ifndef MADANG_TESTS_UNIT_CLIENT_STAGE_H
#define MADANG_TESTS_UNIT_CLIENT_STAGE_H

#include "client/client_state.h"
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
    client->socket = ends[0];
    stage->server = ends[1];
    client->output.fd = client->errors.fd = -1;
    /* Nothing is ever written: what was printed can be looked at. */
    client->editor = editing ? calloc(1, sizeof(*client->editor)) : NULL;
    lines_init(&client->received, CLIENT_LINE_BYTES_MAX);
    lines_init(&client->typed, PLAIN_LINE_BYTES_MAX + 1);
    screen_init(&client->screen, &client->output, client->editor);
    client->join_at_ms = 100;
    assert_int_equal(plain_wire_init(&client->wire, TEXT("me")), ERR_OK);
}

static inline void tear_down(struct stage *stage)
{
    struct client *client = &stage->client;
    if (client->editor != NULL) {
        editor_finish(client->editor);
        free(client->editor);
    }
    bytes_finish(&client->paste.text);
    bytes_finish(&client->outbox);
    plain_wire_finish(&client->wire);
    lines_finish(&client->typed);
    lines_finish(&client->received);
    screen_finish(&client->screen);
    bytes_finish(&client->output.pending);
    bytes_finish(&client->errors.pending);
    close(client->socket);
    if (stage->server >= 0) {
        close(stage->server);
    }
}

static inline void assert_taken(struct bytes *bytes, const char *expected)
{
    assert_text(bytes_text(bytes), expected);
    bytes_clear(bytes);
}

#endif
