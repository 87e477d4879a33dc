/* The connection: made, used, lost, and made again. */
#include "base/lang.h"
#include "client/client_state.h"
#include "client/clock.h"
#include "client/connection.h"
#include "client/irc_wire.h"
#include "client/plain_talk.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES_MAX (16 * 1024)

/* Making one. */

/* A wire for the socket that was just opened. */
static enum error begin_talk(struct client *client)
{
    struct text name = text_of(client->options->name);
    if (client->was_joined) {
        name = bytes_text(&client->name);
    }
    client->wire = client->options->plain ? plain_talk_new(name, client->now_ms,
                                                           connection_round_trip_ms(client->socket))
                                          : irc_wire_new(name);
    client->join_by_ms = client->now_ms + CLIENT_JOIN_MS;
    client->joined = client->explained = client->write_ended = client->lost = false;
    client->farewell = client->farewell && client->was_joined;
    return client->wire == NULL ? ERR_MEMORY : ERR_OK;
}

static enum error say_verdict(struct client *client, enum connection_verdict verdict, int failure)
{
    struct bytes sentence = {0};
    enum error error = connection_verdict_append(verdict, failure, client->options->host,
                                                 client->options->port, &sentence);
    if (error == ERR_OK) {
        error = bytes_append(&sentence, "", 1);
    }
    if (error == ERR_OK) {
        error = client_complain(client, sentence.data);
    }
    bytes_finish(&sentence);
    return error;
}

/* Opens a connection. *out_verdict is CONNECTION_STOPPED only when a signal ends the client; others
 * (the terminal was resized) only begin the attempt anew. */
static enum error dial(struct client *client, enum connection_verdict *out_verdict)
{
    int failure = 0;
    do {
        *out_verdict = connection_open(client->options->host, client->options->port,
                                       client->signals, &client->socket, &failure);
        enum error error =
            *out_verdict == CONNECTION_STOPPED ? client_read_signals(client) : ERR_OK;
        if (error != ERR_OK) {
            return error;
        }
    } while (*out_verdict == CONNECTION_STOPPED && !client->ended);
    client->now_ms = clock_now_ms();
    if (*out_verdict == CONNECTION_OPEN) {
        return begin_talk(client);
    }
    return client->ended ? ERR_OK : say_verdict(client, *out_verdict, failure);
}

enum error client_connect(struct client *client)
{
    enum connection_verdict verdict;
    enum error error = dial(client, &verdict);
    if (error == ERR_OK && client->wire == NULL && !client->ended) {
        client_end(client, 1);
    }
    return error;
}

/* Losing it. */

void client_hang_up(struct client *client)
{
    if (client->wire != NULL) {
        client->wire->protocol->dispose(client->wire);
        client->wire = NULL;
    }
    client->joined = false;
    if (client->socket >= 0) {
        close(client->socket);
        client->socket = -1;
    }
}

/* Says when the next attempt comes. The waits grow, and differ from one client to another, so that
 * a server that comes back is not overrun. */
static enum error wait_for_retry(struct client *client)
{
    client->retry_ms = client->retry_ms == 0 ? CLIENT_RETRY_MS_MIN : 2 * client->retry_ms;
    if (client->retry_ms > CLIENT_RETRY_MS_MAX) {
        client->retry_ms = CLIENT_RETRY_MS_MAX;
    }
    int64_t wait_ms = client->retry_ms + getpid() % (client->retry_ms / 4);
    client->retry_at_ms = client->now_ms + wait_ms;
    struct bytes line = {0};
    /* Translators: seconds. */
    enum error error = bytes_format(&line, _("%d초 뒤에 다시 접속합니다"), (int)(wait_ms / 1000));
    if (error == ERR_OK) {
        error = screen_say(&client->screen, bytes_text(&line));
    }
    bytes_finish(&line);
    return error;
}

/* Only for a person, and only to where it worked before. */
static bool may_return(const struct client *client)
{
    return client->editor != NULL && client->was_joined && !client->leaving &&
           !client->options->plain;
}

static enum error say_lost(struct client *client, int failure)
{
    if (client->explained) {
        return ERR_OK;
    }
    return client_complain(client, failure == ETIMEDOUT ? _("서버가 더는 답하지 않습니다")
                                                        : _("서버가 연결을 끊었습니다"));
}

static enum error await_return(struct client *client, int failure)
{
    for (size_t i = 0; i < client->rooms.count; i++) {
        client->rooms.list[i].is_inside = false;
    }
    enum error error = say_lost(client, failure);
    if (error == ERR_OK && client->joined) {
        error = screen_say(&client->screen, text_of(_("접속 해제")));
    }
    client->farewell = true;
    if (client->joined && client->now_ms > client->joined_at_ms + CLIENT_RETRY_MS_MAX) {
        client->retry_ms = 0;
    }
    client_hang_up(client);
    return error == ERR_OK ? wait_for_retry(client) : error;
}

enum error client_lose(struct client *client, int failure)
{
    if (may_return(client)) {
        return await_return(client, failure);
    }
    bool all_sent = client->wire->protocol->pending_bytes(client->wire) == 0;
    bool left = client->leaving && ((failure == 0 && all_sent) || client->signalled);
    client_end(client, left ? 0 : 1);
    return left ? ERR_OK : say_lost(client, failure);
}

enum error client_try_again(struct client *client)
{
    enum connection_verdict verdict;
    enum error error = dial(client, &verdict);
    if (error != ERR_OK || client->wire != NULL || client->ended) {
        return error;
    }
    return wait_for_retry(client);
}

/* Using it. */

/* What came before the end of the connection is shown first. */
static enum error take_end(struct client *client, int failure)
{
    struct event_sink sink = client_events(client);
    enum error error = client->wire->protocol->end(client->wire, &sink);
    return error == ERR_OK && !client->ended ? client_lose(client, failure) : error;
}

enum error client_read_socket(struct client *client)
{
    char data[READ_BYTES_MAX];
    ssize_t count = recv(client->socket, data, sizeof(data), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        return ERR_OK;
    }
    if (count <= 0) {
        return take_end(client, count < 0 ? errno : 0);
    }
    struct event_sink sink = client_events(client);
    struct text input = {.data = data, .count = (size_t)count};
    enum error error = client->wire->protocol->receive(client->wire, input, &sink);
    return error == ERR_OK && client->lost && !client->ended ? client_lose(client, 0) : error;
}

/* Returns the bytes sent, 0 when the socket takes none now. When it takes none any more, what the
 * server has said before is still read: it may say why. */
static size_t send_some(struct client *client, struct text data)
{
    ssize_t count;
    do {
        count = send(client->socket, data.data, data.count, MSG_NOSIGNAL);
    } while (count < 0 && errno == EINTR);
    client->write_ended = count < 0 && errno != EAGAIN;
    return count > 0 ? (size_t)count : 0;
}

enum error client_write_socket(struct client *client)
{
    enum error error = ERR_OK;
    while (error == ERR_OK && client->wire != NULL && !client->write_ended) {
        struct text piece;
        error = client->wire->protocol->next(client->wire, &piece);
        if (error != ERR_OK || piece.count == 0) {
            return error;
        }
        size_t count = send_some(client, piece);
        if (count == 0) {
            return ERR_OK;
        }
        error = client->wire->protocol->written(client->wire, count);
    }
    return error;
}

enum error client_wants_write(struct client *client, bool *out)
{
    struct text piece = TEXT_NONE;
    enum error error = ERR_OK;
    if (client->wire != NULL && !client->write_ended) {
        error = client->wire->protocol->next(client->wire, &piece);
    }
    *out = piece.count > 0;
    return error;
}
