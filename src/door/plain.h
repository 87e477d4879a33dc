/*
 * The plain door: the seed's protocol. The first line is the name, every other line a message to
 * the lobby, "q" or "quit" ends. Lines end in \n or \r\n; or, from the report's own client, a piece
 * of bytes after which nothing comes for a while (the quiet time) is a whole line.
 * docs/protocol/plain.md says it in words.
 */
#ifndef MADANG_DOOR_PLAIN_H
#define MADANG_DOOR_PLAIN_H

#include "door/door.h"

enum plain_state {
    PLAIN_NAME,    /* Waiting for the name. */
    PLAIN_OPENING, /* The name was asked for; messages already go behind it. */
    PLAIN_JOINED,  /* In the lobby. */
    PLAIN_ENDED,   /* Asked to close. */
};

/* Bytes of a line that is too long are dropped up to its end, or up to so many: then the connection
 * is closed. Counted from the line's start. */
#define PLAIN_SKIP_BYTES_MAX 65536

/* One connection's state; the caller's memory, no resources inside. */
struct plain {
    enum plain_state state;
    bool chunked;  /* The name came unterminated: pieces are lines, and answers carry no newline. */
    bool skipping; /* Inside a line that is too long: drop up to its end. */
    bool join_due; /* The name was taken, the lobby is still to be asked for. */
    uint32_t skipped_bytes; /* Of the line that is too long, consumed so far. */
    uint32_t piece_bytes;   /* So many bytes at the start of the rest are a whole line already. */
    struct text lobby;      /* Borrowed; outlives the door. */
};

void plain_init(struct plain *plain, struct text lobby);

/*
 * Takes what it can of bytes and returns how many it consumed: all whole lines, unless
 * sink->command said no. The caller keeps the rest and feeds it again, with what comes next or,
 * when there is room again, as it is. Without a "no" the rest is never more than
 * PLAIN_LINE_BYTES_MAX + 1 bytes. After sink->close nothing more is taken seriously: all is
 * consumed.
 */
size_t plain_input(struct plain *plain, struct text bytes, const struct door_sink *sink);

/* True while quiet time matters: the caller then calls plain_quiet() when rest is not empty and no
 * byte came for that while. */
bool plain_wants_quiet(const struct plain *plain);
/*
 * Nothing came for the quiet time; rest is what plain_input() left. Returns the bytes consumed:
 * all, as one line, or 0 when rest ends inside a character and last is false (call again, with last
 * true, when the longer wait for cut characters is over). When sink->command said no, less is
 * consumed and the rest is kept and fed again as with plain_input(): the door remembers that it is
 * a whole line.
 */
size_t plain_quiet(struct plain *plain, struct text rest, bool last, const struct door_sink *sink);
/*
 * The peer closed its sending side properly; rest, if any, is its last line. Then the session
 * leaves as with q. Returns the bytes consumed. When sink->command said no, that is less than all
 * and the state is not PLAIN_ENDED: call again with what is left when there is room.
 */
size_t plain_end(struct plain *plain, struct text rest, const struct door_sink *sink);

/*
 * An effect of this connection's own session or command: joined, refused, closed, or kicked (then
 * it was the target) from its only room, which ends it; others change nothing. A refused name is
 * told even after PLAIN_ENDED ("bob\nq\n", and bob is taken).
 */
void plain_effect(struct plain *plain, const struct effect *effect, const struct door_sink *sink);

/* Which rendering of shared lines this connection reads. */
dialect plain_dialect(const struct plain *plain);

/* The most that plain_render() appends for a message to a channel. Made visible, a character of two
 * bytes takes up to six. */
#define PLAIN_RENDERED_BYTES_MAX                                                                   \
    (3 * MESSAGE_BYTES_MAX + MULTILINE_LINES_MAX * (NAME_BYTES_MAX + 5))
/*
 * Appends what plain readers see of the effect; nothing for what they are not told. Of messages:
 *   [nick] text     to the room
 *   * nick waves    ACTION
 *   * nick: text    a reaction (IRCv3 react)
 *   -nick- text     NOTICE
 *   *nick* text     to the reader alone, or to those of its rank
 * each line of several with its beginning; and of other people than plain ones without what
 * formats text. The readers of chunks get no newline at the end. ERR_MEMORY. Any thread.
 */
MUST_USE enum error plain_render(const struct effect *effect, dialect reader, struct bytes *out);

/* Appends what somebody wrote by IRC as one line of text: IRC's formatting codes are left out,
 * other controls made visible (base/utf8.h). ERR_MEMORY. Any thread. */
MUST_USE enum error plain_readable_append(struct text text, struct bytes *out);

/*
 * Appends the server's own words to one plain connection: "! code: sentence", in the server's
 * language, with a newline unless it is chunked. For bad-name, name-in-use and too-long a detail
 * stands in the place of the sentence; for the others in parentheses behind it. It is made visible,
 * and may be empty. ERR_MEMORY. Any thread.
 */
MUST_USE enum error notice_append(enum notice notice, struct text detail, bool chunked,
                                  struct bytes *out);

/*
 * The answers to protocols that are not spoken here; then the connection is closed. sniff_verdict
 * is SNIFF_HTTP, SNIFF_TLS or SNIFF_FOREIGN, first what the peer has sent so far.
 * ERR_MEMORY. Any thread.
 */
MUST_USE enum error foreign_answer_append(int sniff_verdict, struct text first, struct bytes *out);

#endif
