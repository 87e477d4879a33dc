/* Between the socket and the screen: what the server's lines mean, and how ours go out. */
#include "base/lang.h"
#include "client/client_state.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define READ_BYTES_MAX (16 * 1024)

enum error client_say_joined(struct client *client)
{
    if (client->joined) {
        return ERR_OK;
    }
    client->joined = true;
    struct bytes line;
    bytes_init(&line);
    /* Translators: a name; the person has joined the chat. */
    enum error error = bytes_format(&line, _("[%s] 접속"), client->options->name);
    if (error == ERR_OK) {
        error = screen_say(&client->screen, bytes_text(&line));
    }
    bytes_finish(&line);
    return error;
}

enum error client_show_error(struct client *client, struct text line)
{
    client->undelivered = true;
    if (client->editor != NULL) {
        return screen_received(&client->screen, line, LINE_WHOLE);
    }
    output_flush(&client->output);
    enum error error = render_text(line, &client->errors.pending);
    if (error == ERR_OK) {
        error = bytes_append_text(&client->errors.pending, TEXT("\n"));
    }
    output_flush(&client->errors);
    return error;
}

static bool starts_with(struct text line, struct text start)
{
    return line.count >= start.count && memcmp(line.data, start.data, start.count) == 0;
}

/* A user's line always begins with '[', so nobody can forge an error. */
static bool is_error_line(struct text line)
{
    return starts_with(line, TEXT("! "));
}

/* The errors that only somebody who is in can get; the others may be about the name. */
static bool is_for_members(struct text line)
{
    static const char *const codes[] = {
        "! too-long:", "! bad-utf8:",  "! sendq:",    "! flood:",
        "! pending:",  "! not-saved:", "! shutdown:",
    };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (starts_with(line, text_of(codes[i]))) {
            return true;
        }
    }
    return false;
}

static enum error take_error(struct client *client, struct text line)
{
    if (is_for_members(line)) {
        enum error error = client_say_joined(client);
        if (error != ERR_OK) {
            return error;
        }
    }
    client->refused = !client->joined;
    client->explained = true;
    client->join_at_ms = client->now_ms + CLIENT_ERROR_GRACE_MS;
    return client_show_error(client, line);
}

static enum error take_received(void *context, struct text line, enum line_kind kind)
{
    struct client *client = context;
    if (client->not_madang) {
        return ERR_OK;
    }
    if (kind != LINE_CONTINUED && is_error_line(line)) {
        return take_error(client, line);
    }
    if (!client->joined && !client->options->plain && !starts_with(line, TEXT("["))) {
        client->not_madang = true;
        client_end(client, 1);
        return ERR_OK;
    }
    client->explained = false;
    enum error error = client_say_joined(client);
    return error == ERR_OK ? screen_received(&client->screen, line, kind) : error;
}

static struct line_sink received_sink(struct client *client)
{
    return (struct line_sink){.line = take_received, .context = client};
}

enum error client_flush_received(struct client *client)
{
    struct line_sink sink = received_sink(client);
    return plain_wire_flush(&client->wire, &sink);
}

/* The connection is over; failure is 0 when the server closed it properly, else an errno. */
static enum error take_end(struct client *client, int failure)
{
    struct line_sink sink = received_sink(client);
    enum error error = client->options->plain ? plain_wire_flush(&client->wire, &sink)
                                              : lines_end(&client->received, &sink);
    if (error != ERR_OK || client->ended) {
        return error;
    }
    bool refused = !client->joined && client->refused;
    bool left = client->leaving && !refused && (failure == 0 || client->signalled);
    client_end(client, left ? 0 : 1);
    if (!refused) {
        error = client_say_joined(client);
    }
    if (error != ERR_OK || left || client->explained) {
        return error;
    }
    return client_complain(client, failure == ETIMEDOUT ? _("서버가 더는 답하지 않습니다")
                                                        : _("서버가 연결을 끊었습니다"));
}

enum error client_read_socket(struct client *client)
{
    char data[READ_BYTES_MAX];
    ssize_t count = recv(client->socket, data, sizeof(data), 0);
    if (count < 0) {
        return errno == EAGAIN || errno == EINTR ? ERR_OK : take_end(client, errno);
    }
    if (count == 0) {
        return take_end(client, 0);
    }
    struct line_sink sink = received_sink(client);
    struct text input = {.data = data, .count = (size_t)count};
    return client->options->plain ? plain_wire_receive(&client->wire, input, client->now_ms, &sink)
                                  : lines_feed(&client->received, input, &sink);
}

/* Returns the bytes sent, 0 when the socket takes none now. When it takes none any more, what the
 * server has said before is still read: it may say why. */
static size_t send_some(struct client *client, struct text data)
{
    ssize_t count;
    do {
        count = send(client->socket, data.data, data.count, MSG_NOSIGNAL);
    } while (count < 0 && errno == EINTR);
    if (count >= 0) {
        return (size_t)count;
    }
    if (errno != EAGAIN) {
        client->write_ended = true;
        bytes_clear(&client->outbox);
    }
    return 0;
}

static enum error write_plain(struct client *client)
{
    struct text piece;
    enum error error = plain_wire_next(&client->wire, &client->outbox, client->now_ms, &piece);
    if (error != ERR_OK || piece.count == 0) {
        return error;
    }
    size_t count = send_some(client, piece);
    return count > 0 ? plain_wire_written(&client->wire, count, client->now_ms) : ERR_OK;
}

static void write_lines(struct client *client)
{
    while (client->outbox.count > 0) {
        size_t count = send_some(client, bytes_text(&client->outbox));
        if (count == 0) {
            return;
        }
        bytes_consume(&client->outbox, count);
    }
    if (client->leaving && !client->write_ended) {
        /* The server reads all that was sent, and then that nothing more comes. */
        shutdown(client->socket, SHUT_WR);
        client->write_ended = true;
    }
}

enum error client_write_socket(struct client *client)
{
    if (client->write_ended) {
        return ERR_OK;
    }
    if (client->options->plain) {
        return write_plain(client);
    }
    write_lines(client);
    return ERR_OK;
}

bool client_wants_write(const struct client *client)
{
    if (client->write_ended) {
        return false;
    }
    if (!client->options->plain) {
        return client->outbox.count > 0 || client->leaving;
    }
    return plain_wire_in_piece(&client->wire) ||
           (client->outbox.count > 0 && client->now_ms >= client->wire.write_at_ms);
}
