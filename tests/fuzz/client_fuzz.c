/*
 * The client under an arbitrary server of IRC. However the network cuts the bytes, the events must
 * be the same; nothing may grow past its bound; and what is shown of an event is text and nothing
 * else.
 *
 * The input: two bytes that choose the cuts, then what the server sends. Two bytes that UTF-8 never
 * has stand for what the person does: FE says something long, FD asks a question.
 */
#include "base/check.h"
#include "base/utf8.h"
#include "client/irc_wire.h"
#include "client/names.h"
#include "client/render.h"
#include "client/rooms.h"
#include "model/limits.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SAY_BYTE 0xFE
#define ASK_BYTE 0xFD
#define HEAD_BYTES 2
/* What the client may have waiting: all its requests of one run, and answers to pings. */
#define REQUESTS_MAX 4

struct client {
    struct wire *wire;
    struct people people;
    struct rooms rooms;
    struct bytes events;
    int request_count;
};

static void must(enum error error)
{
    check(error == ERR_OK);
}

static void look_at(struct text line, enum line_kind kind)
{
    const struct render_style style = {.own = TEXT("me")};
    struct bytes shown = {0};
    must(render_line(TEXT_NONE, line, kind, &style, &shown));
    check(utf8_valid(bytes_text(&shown)));
    check(text_is_visible(bytes_text(&shown)));
    bytes_finish(&shown);
}

static void note(struct bytes *out, struct text text)
{
    must(bytes_append_text(out, text));
    must(bytes_append(out, "|", 1));
}

static enum error take_event(void *context, const struct event *event)
{
    struct client *client = context;
    must(
        bytes_format(&client->events, "%d %d %d ", event->kind, event->line_kind, event->for_good));
    note(&client->events, event->room);
    note(&client->events, event->nick);
    note(&client->events, event->line);
    look_at(event->line, event->line_kind);
    check(memchr(event->line.data == NULL ? "" : event->line.data, '\n', event->line.count) ==
          NULL);
    size_t index;
    if (event->kind == EVENT_JOINED && rooms_find(&client->rooms, event->room) == ROOMS_NONE) {
        must(rooms_add(&client->rooms, event->room, &index));
    } else if (event->kind == EVENT_LEFT) {
        index = rooms_find(&client->rooms, event->room);
        if (index != ROOMS_NONE) {
            rooms_remove(&client->rooms, index);
        }
    } else if (event->kind == EVENT_PRESENT) {
        must(people_see(&client->people, event->nick));
    } else if (event->kind == EVENT_ABSENT) {
        people_forget(&client->people, event->nick);
    }
    struct bytes activity = {0};
    must(rooms_activity(&client->rooms, &activity));
    check(text_is_visible(bytes_text(&activity)));
    bytes_finish(&activity);
    return ERR_OK;
}

/* What is written is lines of IRC of the right lengths. */
static void write_all(struct client *client)
{
    struct bytes sent = {0};
    for (;;) {
        struct text piece;
        must(client->wire->protocol->next(client->wire, &piece));
        if (piece.count == 0) {
            break;
        }
        must(bytes_append_text(&sent, piece));
        must(client->wire->protocol->written(client->wire, piece.count));
    }
    size_t start = 0;
    for (size_t i = 0; i < sent.count; i++) {
        check(sent.data[i] != '\0');
        if (sent.data[i] == '\n') {
            check(i > start && sent.data[i - 1] == '\r');
            check(i + 1 - start <= IRC_LINE_BYTES_MAX + IRC_TAGS_BYTES_MAX);
            start = i + 1;
        }
    }
    check(start == sent.count);
    bytes_finish(&sent);
}

static void act(struct client *client, bool asks)
{
    static const char words[PLAIN_LINE_BYTES_MAX] = "a long line";
    if (client->request_count == REQUESTS_MAX) {
        return;
    }
    client->request_count++;
    struct request request = {
        .kind = asks ? REQUEST_NAMES : REQUEST_SAY,
        .target = TEXT("#a"),
        .text = {.data = asks ? NULL : words, .count = asks ? 0 : sizeof(words)}};
    must(client->wire->protocol->ask(client->wire, &request));
}

static void play(struct client *client, struct text script, size_t piece_bytes_max)
{
    *client = (struct client){.wire = irc_wire_new(TEXT("me"))};
    check(client->wire != NULL);
    struct event_sink sink = {.event = take_event, .context = client};
    for (size_t at = 0; at < script.count;) {
        unsigned char byte = (unsigned char)script.data[at];
        if (byte == SAY_BYTE || byte == ASK_BYTE) {
            act(client, byte == ASK_BYTE);
            write_all(client);
            at++;
            continue;
        }
        size_t count = 0;
        while (count < piece_bytes_max && at + count < script.count &&
               (unsigned char)script.data[at + count] != SAY_BYTE &&
               (unsigned char)script.data[at + count] != ASK_BYTE) {
            count++;
        }
        struct text piece = {.data = script.data + at, .count = count};
        must(client->wire->protocol->receive(client->wire, piece, &sink));
        check(client->wire->protocol->pending_bytes(client->wire) < 256 * 1024);
        at += count;
    }
    write_all(client);
    check(client->people.count <= CLIENT_PEOPLE_COUNT_MAX);
}

static void finish(struct client *client)
{
    client->wire->protocol->dispose(client->wire);
    people_finish(&client->people);
    rooms_finish(&client->rooms);
    bytes_finish(&client->events);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size <= HEAD_BYTES) {
        return 0;
    }
    struct text script = {.data = (const char *)data + HEAD_BYTES, .count = size - HEAD_BYTES};
    struct client whole;
    play(&whole, script, SIZE_MAX);
    const size_t pieces[] = {1, 1u + data[0], 1u + data[1]};
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct client client;
        play(&client, script, pieces[i]);
        check(text_equal(bytes_text(&whole.events), bytes_text(&client.events)));
        finish(&client);
    }
    finish(&whole);
    return 0;
}
