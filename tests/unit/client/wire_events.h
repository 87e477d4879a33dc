/* For the tests of wires: events written down as text, one a line. */
#ifndef MADANG_TESTS_UNIT_CLIENT_WIRE_EVENTS_H
#define MADANG_TESTS_UNIT_CLIENT_WIRE_EVENTS_H

#include "client/wire.h"
#include "expect.h"

static inline void write_down(struct bytes *out, const char *word, struct text text)
{
    assert_int_equal(bytes_append_text(out, text_of(word)), ERR_OK);
    assert_int_equal(bytes_append_text(out, text), ERR_OK);
}

/* "joined #room nick", "message #room =line" and so on; context is a struct bytes. */
static inline enum error see_event(void *context, const struct event *event)
{
    static const char *const words[] = {
        [EVENT_READY] = "ready",     [EVENT_JOINED] = "joined",   [EVENT_LEFT] = "left",
        [EVENT_RENAMED] = "renamed", [EVENT_MESSAGE] = "message", [EVENT_TOLD] = "told",
        [EVENT_ERROR] = "error",     [EVENT_REFUSED] = "refused", [EVENT_FOREIGN] = "foreign",
        [EVENT_PRESENT] = "present", [EVENT_ABSENT] = "absent",
    };
    struct bytes *out = context;
    write_down(out, words[event->kind], TEXT_NONE);
    if (event->room.count > 0) {
        write_down(out, " ", event->room);
    }
    if (event->nick.count > 0 && event->kind != EVENT_MESSAGE && event->kind != EVENT_TOLD) {
        write_down(out, " ", event->nick);
    }
    if (event->kind == EVENT_MESSAGE) {
        const char *const marks[] = {" =", " <", " +"};
        write_down(out, marks[event->line_kind], event->line);
    } else if (event->line.count > 0) {
        write_down(out, " ", event->line);
    }
    write_down(out, event->for_good ? " (for good)\n" : "\n", TEXT_NONE);
    return ERR_OK;
}

static inline void wire_hears(struct wire *wire, struct text text, struct bytes *events)
{
    struct event_sink sink = {.event = see_event, .context = events};
    assert_int_equal(wire->protocol->receive(wire, text, &sink), ERR_OK);
}

/* Takes all that may be written now and appends it. */
static inline void wire_writes(struct wire *wire, struct bytes *sent)
{
    for (;;) {
        struct text piece;
        assert_int_equal(wire->protocol->next(wire, &piece), ERR_OK);
        if (piece.count == 0) {
            return;
        }
        assert_int_equal(bytes_append_text(sent, piece), ERR_OK);
        assert_int_equal(wire->protocol->written(wire, piece.count), ERR_OK);
    }
}

static inline void assert_noted(struct bytes *notes, const char *expected)
{
    assert_text(bytes_text(notes), expected);
    bytes_clear(notes);
}

#endif
