/* plain_wire.c knows the bytes; here is what they mean. */
#include "client/plain_talk.h"

#include "base/mem.h"
#include "client/names.h"
#include "client/plain_wire.h"

struct plain_talk {
    struct wire wire;
    struct plain_wire bytes;
    struct bytes outbox; /* Lines that are still to be sent, each with its '\n'. */
    int64_t join_at_ms;
    bool joined;
    bool refused;
    const struct event_sink *sink; /* During a call. */
};

static struct plain_talk *talk_of(struct wire *wire)
{
    return (struct plain_talk *)wire;
}

static enum error tell(struct plain_talk *talk, const struct event *event)
{
    return talk->sink->event(talk->sink->context, event);
}

static enum error join(struct plain_talk *talk)
{
    if (talk->joined || talk->refused) {
        return ERR_OK;
    }
    talk->joined = true;
    struct text own = bytes_text(&talk->bytes.own);
    /* Between "[" and "] ". */
    struct text name = {.data = own.data + 1, .count = own.count - 3};
    return tell(talk, &(struct event){.kind = EVENT_JOINED, .nick = name});
}

/* The errors that only somebody who is in can get; the others may be about the name. */
static bool is_for_members(struct text line)
{
    static const char *const codes[] = {
        "! too-long:", "! bad-utf8:",  "! sendq:",    "! flood:",
        "! pending:",  "! not-saved:", "! shutdown:", "! kicked:",
    };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (text_starts(line, text_of(codes[i]))) {
            return true;
        }
    }
    return false;
}

/* A user's line always begins with '[' and a continued one is no line of the server's, so nobody
 * can forge an error. */
static enum error take_line(void *context, struct text line, enum line_kind kind)
{
    struct plain_talk *talk = context;
    bool is_error = kind != LINE_CONTINUED && text_starts(line, TEXT("! "));
    if (is_error && !talk->joined && !is_for_members(line)) {
        talk->refused = true;
        return tell(talk, &(struct event){.kind = EVENT_REFUSED, .line = line});
    }
    enum error error = join(talk);
    if (error != ERR_OK) {
        return error;
    }
    return tell(talk, &(struct event){.kind = is_error ? EVENT_ERROR : EVENT_MESSAGE,
                                      .line_kind = kind,
                                      .line = line});
}

static struct line_sink sink_of(struct plain_talk *talk, const struct event_sink *sink)
{
    talk->sink = sink;
    return (struct line_sink){.line = take_line, .context = talk};
}

static enum error talk_receive(struct wire *wire, struct text bytes, const struct event_sink *sink)
{
    struct plain_talk *talk = talk_of(wire);
    struct line_sink lines = sink_of(talk, sink);
    return plain_wire_receive(&talk->bytes, bytes, wire->now_ms, &lines);
}

static enum error talk_end(struct wire *wire, const struct event_sink *sink)
{
    struct plain_talk *talk = talk_of(wire);
    struct line_sink lines = sink_of(talk, sink);
    enum error error = plain_wire_flush(&talk->bytes, &lines);
    return error == ERR_OK ? join(talk) : error;
}

static enum error talk_tick(struct wire *wire, const struct event_sink *sink)
{
    struct plain_talk *talk = talk_of(wire);
    struct line_sink lines = sink_of(talk, sink);
    enum error error = wire->now_ms >= talk->join_at_ms ? join(talk) : ERR_OK;
    if (error == ERR_OK && wire->now_ms >= plain_wire_flush_at_ms(&talk->bytes)) {
        error = plain_wire_flush(&talk->bytes, &lines);
    }
    return error;
}

static int64_t talk_due_ms(const struct wire *wire)
{
    const struct plain_talk *talk = (const struct plain_talk *)wire;
    int64_t due_ms = talk->joined ? WIRE_NEVER : talk->join_at_ms;
    int64_t flush_ms = plain_wire_flush_at_ms(&talk->bytes);
    due_ms = flush_ms < due_ms ? flush_ms : due_ms;
    int64_t write_ms = talk->outbox.count > 0 ? talk->bytes.write_at_ms : WIRE_NEVER;
    /* When it is due already, the socket is waited for, not the time. */
    return write_ms > wire->now_ms && write_ms < due_ms ? write_ms : due_ms;
}

static enum error put_line(struct plain_talk *talk, struct text line)
{
    enum error error = bytes_append_text(&talk->outbox, line);
    return error == ERR_OK ? bytes_append_text(&talk->outbox, TEXT("\n")) : error;
}

static enum error talk_ask(struct wire *wire, const struct request *request)
{
    return request->kind == REQUEST_SAY ? put_line(talk_of(wire), request->text) : ERR_OK;
}

/* The report's server has to be told in words. Lines that are still waiting would take longer than
 * somebody who leaves at once may; but the name must go out. */
static enum error talk_leave(struct wire *wire, struct text reason, bool at_once)
{
    (void)reason;
    struct plain_talk *talk = talk_of(wire);
    if (at_once && talk->bytes.named) {
        bytes_clear(&talk->outbox);
    }
    return put_line(talk, TEXT("q"));
}

static enum error talk_next(struct wire *wire, struct text *out)
{
    struct plain_talk *talk = talk_of(wire);
    return plain_wire_next(&talk->bytes, &talk->outbox, wire->now_ms, out);
}

static enum error talk_written(struct wire *wire, size_t count)
{
    return plain_wire_written(&talk_of(wire)->bytes, count, wire->now_ms);
}

static size_t talk_pending_bytes(const struct wire *wire)
{
    const struct plain_talk *talk = (const struct plain_talk *)wire;
    return talk->outbox.count + talk->bytes.piece.count - talk->bytes.piece_written;
}

static void talk_dispose(struct wire *wire)
{
    struct plain_talk *talk = talk_of(wire);
    plain_wire_finish(&talk->bytes);
    bytes_finish(&talk->outbox);
    mem_free(talk);
}

static const struct wire_protocol protocol = {
    .has_rooms = false,
    .dispose = talk_dispose,
    .receive = talk_receive,
    .end = talk_end,
    .tick = talk_tick,
    .due_ms = talk_due_ms,
    .ask = talk_ask,
    .leave = talk_leave,
    .next = talk_next,
    .written = talk_written,
    .pending_bytes = talk_pending_bytes,
};

struct wire *plain_talk_new(struct text name, int64_t now_ms, int64_t round_trip_ms)
{
    struct plain_talk *talk = mem_zalloc(1, sizeof(*talk));
    if (talk == NULL) {
        return NULL;
    }
    talk->wire = (struct wire){.protocol = &protocol, .now_ms = now_ms};
    talk->join_at_ms = now_ms + PLAIN_TALK_GRACE_MS + 2 * round_trip_ms;
    if (plain_wire_init(&talk->bytes, name) != ERR_OK || put_line(talk, name) != ERR_OK) {
        talk_dispose(&talk->wire);
        return NULL;
    }
    return &talk->wire;
}
