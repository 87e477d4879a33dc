/* What the servers under test speak: the plain lines, IRC, and the wires of Redis and NATS. */
#include "load_wire.h"

#include <stdio.h>
#include <string.h>

#define ROOM "bench"

/* The fixed fields of a text: where they stand and how many hexadecimal digits they have. */
enum {
    WRITER_AT = 2,
    WRITER_DIGITS = 4,
    NUMBER_AT = 7,
    NUMBER_DIGITS = 10,
    TIME_AT = 18,
    TIME_DIGITS = 16
};

bool wire_by_name(const char *name, enum wire *out_wire)
{
    static const char *const names[] = {"plain", "irc", "irc-mix", "redis", "nats"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            *out_wire = (enum wire)i;
            return true;
        }
    }
    return false;
}

bool wire_writer_hears(enum wire wire)
{
    return wire == WIRE_PLAIN || wire == WIRE_IRC || wire == WIRE_IRC_MIX;
}

uint32_t wire_stream(enum wire wire, uint32_t id)
{
    return wire == WIRE_IRC_MIX ? id % 2 : 0;
}

bool wire_ready_unsaid(enum wire wire)
{
    return wire == WIRE_PLAIN;
}

static size_t put(char *out, const char *words)
{
    size_t bytes = strlen(words);
    memcpy(out, words, bytes);
    return bytes;
}

size_t wire_hello(enum wire wire, uint32_t id, bool hears, char *out)
{
    /* A name has one length whatever the number, so that all messages have one length. */
    switch (wire) {
    case WIRE_PLAIN:
        return (size_t)snprintf(out, WIRE_OUT_BYTES_MAX, "u%05u\n", id);
    case WIRE_IRC:
    case WIRE_IRC_MIX:
        return (size_t)snprintf(out, WIRE_OUT_BYTES_MAX, "%sNICK u%05u\r\nUSER u%05u 0 * :b\r\n%s",
                                wire_stream(wire, id) == 1 ? "CAP REQ :message-tags server-time\r\n"
                                                           : "",
                                id, id, wire_stream(wire, id) == 1 ? "CAP END\r\n" : "");
    case WIRE_REDIS:
        return put(out,
                   hears ? "*2\r\n$9\r\nSUBSCRIBE\r\n$5\r\n" ROOM "\r\n" : "*1\r\n$4\r\nPING\r\n");
    case WIRE_NATS:
        return put(out, hears ? "CONNECT {\"verbose\":false,\"pedantic\":false}\r\nSUB " ROOM
                                " 1\r\nPING\r\n"
                              : "CONNECT {\"verbose\":false,\"pedantic\":false}\r\nPING\r\n");
    }
    return 0;
}

size_t wire_join(enum wire wire, uint32_t id, bool own_room, char *out)
{
    if (wire != WIRE_IRC && wire != WIRE_IRC_MIX) {
        return 0;
    }
    return own_room ? (size_t)snprintf(out, WIRE_OUT_BYTES_MAX, "JOIN #r%05u\r\n", id)
                    : put(out, "JOIN #" ROOM "\r\n");
}

size_t wire_pong(enum wire wire, const struct unit *ping, const char *unit, char *out)
{
    if ((wire == WIRE_IRC || wire == WIRE_IRC_MIX) && ping->bytes >= 6 &&
        ping->bytes < WIRE_OUT_BYTES_MAX) {
        memcpy(out, unit, ping->bytes);
        out[1] = 'O';
        return ping->bytes;
    }
    return wire == WIRE_NATS ? put(out, "PONG\r\n") : 0;
}

static void hex_put(char *at, int digits, uint64_t value)
{
    while (digits-- > 0) {
        at[digits] = "0123456789abcdef"[value & 15];
        value >>= 4;
    }
}

static bool hex_get(const char *at, int digits, uint64_t *out_value)
{
    uint64_t value = 0;
    for (int i = 0; i < digits; i++) {
        unsigned digit = (unsigned char)at[i];
        if (digit - '0' < 10) {
            digit -= '0';
        } else if (digit - 'a' < 6) {
            digit -= 'a' - 10;
        } else {
            return false;
        }
        value = value << 4 | digit;
    }
    *out_value = value;
    return true;
}

static void text_put(const struct text *text, size_t text_bytes, char *at)
{
    memset(at, 'x', text_bytes);
    at[0] = text->probe ? 'S' : 'M';
    at[1] = at[WRITER_AT + WRITER_DIGITS] = at[NUMBER_AT + NUMBER_DIGITS] =
        at[TIME_AT + TIME_DIGITS] = ' ';
    hex_put(at + WRITER_AT, WRITER_DIGITS, text->writer);
    hex_put(at + NUMBER_AT, NUMBER_DIGITS, text->number);
    hex_put(at + TIME_AT, TIME_DIGITS, text->sent_ns);
}

bool wire_text(const char *from, struct text *out_text)
{
    struct text text = {.probe = from[0] == 'S'};
    uint64_t writer;
    if ((!text.probe && from[0] != 'M') || !hex_get(from + WRITER_AT, WRITER_DIGITS, &writer) ||
        !hex_get(from + NUMBER_AT, NUMBER_DIGITS, &text.number) ||
        !hex_get(from + TIME_AT, TIME_DIGITS, &text.sent_ns) || writer >= WIRE_WRITERS_MAX) {
        return false;
    }
    text.writer = (uint32_t)writer;
    *out_text = text;
    return true;
}

size_t wire_message(enum wire wire, const struct text *text, size_t text_bytes, char *out)
{
    size_t head = 0;
    switch (wire) {
    case WIRE_PLAIN:
        break;
    case WIRE_IRC:
    case WIRE_IRC_MIX:
        head = put(out, "PRIVMSG #" ROOM " :");
        break;
    case WIRE_REDIS:
        head = (size_t)snprintf(out, WIRE_OUT_BYTES_MAX,
                                "*3\r\n$7\r\nPUBLISH\r\n$5\r\n" ROOM "\r\n$%zu\r\n", text_bytes);
        break;
    case WIRE_NATS:
        head = (size_t)snprintf(out, WIRE_OUT_BYTES_MAX, "PUB " ROOM " %zu\r\n", text_bytes);
        break;
    }
    text_put(text, text_bytes, out + head);
    size_t bytes = head + text_bytes;
    if (wire != WIRE_PLAIN) {
        out[bytes++] = '\r';
    }
    out[bytes++] = '\n';
    return bytes;
}

/* A line with its newline, or 0 while it is incomplete. */
static size_t line_bytes(const char *buffer, size_t bytes)
{
    const char *newline = memchr(buffer, '\n', bytes);
    return newline ? (size_t)(newline - buffer) + 1 : 0;
}

static struct unit plain_cut(const char *buffer, size_t line, size_t text_bytes)
{
    struct unit unit = {.kind = UNIT_OTHER, .bytes = line};
    if (buffer[0] == '!') {
        unit.kind = UNIT_FAULT;
    } else if (buffer[0] == '[' && line > text_bytes + 4) {
        /* A name holds no space, so the first `] ` ends it. */
        const char *end = memmem(buffer, line, "] ", 2);
        if (end && (size_t)(end - buffer) + 2 + text_bytes + 1 == line) {
            unit.kind = UNIT_MESSAGE;
            unit.text = end + 2;
        }
    }
    return unit;
}

static struct unit irc_cut(const char *buffer, size_t line, size_t text_bytes)
{
    struct unit unit = {.kind = UNIT_OTHER, .bytes = line};
    if (buffer[0] == '@') {
        const char *tags_end = memchr(buffer, ' ', line);
        size_t tags = tags_end ? (size_t)(tags_end - buffer) + 1 : line;
        buffer += tags;
        line -= tags;
    }
    if (line > 6 && memcmp(buffer, "PING ", 5) == 0) {
        unit.kind = UNIT_PING;
        return unit;
    }
    if (line > 6 && memcmp(buffer, "ERROR ", 6) == 0) {
        unit.kind = UNIT_FAULT;
        return unit;
    }
    const char *space = buffer[0] == ':' ? memchr(buffer, ' ', line) : NULL;
    size_t left = space ? line - (size_t)(space - buffer) : 0;
    if (left < 5) {
        return unit;
    }
    static const char privmsg[] = " PRIVMSG #" ROOM " :";
    if (left == sizeof privmsg - 1 + text_bytes + 2 &&
        memcmp(space, privmsg, sizeof privmsg - 1) == 0) {
        unit.kind = UNIT_MESSAGE;
        unit.text = space + sizeof privmsg - 1;
    } else if (memcmp(space, " 001 ", 5) == 0) {
        unit.kind = UNIT_WELCOME;
    } else if (memcmp(space, " 366 ", 5) == 0) {
        unit.kind = UNIT_READY;
    } else if (space[1] == '4' && space[4] == ' ' && memcmp(space, " 422 ", 5) != 0) {
        unit.kind = UNIT_FAULT;
    }
    return unit;
}

/* A number in decimal from `at`, at most a unit's bytes; only for lengths in a server's answer. */
static size_t decimal(const char *at, const char *end)
{
    size_t value = 0;
    for (; at < end && *at >= '0' && *at <= '9' && value < WIRE_UNIT_BYTES_MAX; at++) {
        value = value * 10 + (size_t)(*at - '0');
    }
    return value;
}

/* RESP: an array of bulk strings and numbers, or one simple line. */
static struct unit redis_cut(const char *buffer, size_t bytes, size_t text_bytes)
{
    struct unit unit = {.kind = UNIT_PARTIAL};
    size_t at = line_bytes(buffer, bytes), last_bytes = 0;
    const char *last = NULL, *first = NULL;
    if (at == 0) {
        return unit;
    }
    size_t parts = buffer[0] == '*' ? decimal(buffer + 1, buffer + at) : 0;
    for (size_t i = 0; i < parts; i++) {
        size_t line = line_bytes(buffer + at, bytes - at);
        if (line == 0) {
            return unit;
        }
        bool bulk = buffer[at] == '$';
        last_bytes = bulk ? decimal(buffer + at + 1, buffer + at + line) : line - 3;
        last = buffer + at + (bulk ? line : 1);
        first = first ? first : last;
        at += line + (bulk ? last_bytes + 2 : 0);
        if (at > bytes) {
            return unit;
        }
    }
    unit.bytes = at;
    unit.kind = buffer[0] == '-' ? UNIT_FAULT : buffer[0] == '+' ? UNIT_READY : UNIT_OTHER;
    if (parts == 3 && memcmp(first, "message", 7) == 0 && last_bytes == text_bytes) {
        unit.kind = UNIT_MESSAGE;
        unit.text = last;
    } else if (parts == 3 && memcmp(first, "subscribe", 9) == 0) {
        unit.kind = UNIT_READY;
    }
    return unit;
}

static struct unit nats_cut(const char *buffer, size_t bytes, size_t line, size_t text_bytes)
{
    struct unit unit = {.kind = UNIT_OTHER, .bytes = line};
    if (line > 4 && memcmp(buffer, "MSG ", 4) == 0) {
        const char *size = memrchr(buffer, ' ', line);
        size_t text = decimal(size + 1, buffer + line);
        unit.bytes = line + text + 2;
        if (unit.bytes > bytes) {
            return (struct unit){.kind = UNIT_PARTIAL};
        }
        unit.kind = text == text_bytes ? UNIT_MESSAGE : UNIT_OTHER;
        unit.text = buffer + line;
    } else if (line == 6 && memcmp(buffer, "PING", 4) == 0) {
        unit.kind = UNIT_PING;
    } else if (line == 6 && memcmp(buffer, "PONG", 4) == 0) {
        unit.kind = UNIT_READY;
    } else if (buffer[0] == '-') {
        unit.kind = UNIT_FAULT;
    }
    return unit;
}

struct unit wire_cut(enum wire wire, const char *buffer, size_t bytes, size_t text_bytes)
{
    size_t line = line_bytes(buffer, bytes);
    if (line == 0) {
        return (struct unit){.kind = UNIT_PARTIAL};
    }
    switch (wire) {
    case WIRE_PLAIN:
        return plain_cut(buffer, line, text_bytes);
    case WIRE_IRC:
    case WIRE_IRC_MIX:
        return irc_cut(buffer, line, text_bytes);
    case WIRE_REDIS:
        return redis_cut(buffer, bytes, text_bytes);
    case WIRE_NATS:
        return nats_cut(buffer, bytes, line, text_bytes);
    }
    return (struct unit){.kind = UNIT_OTHER, .bytes = line};
}
