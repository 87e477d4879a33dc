/*
 * The IRC door: RFC 1459 and 2812 as modern IRC describes them, and IRCv3. One connection's state
 * machine: registration, capabilities, labels, batches; lines to commands, effects to lines.
 * docs/protocol/irc.md is the reference of what it speaks.
 *
 * Order: a line that the door answers by itself waits until all earlier commands of the connection
 * are answered (sink->idle()); a question (command_is_question()) and a labelled line are not
 * consumed before their answer is whole. So no reply ever overtakes another.
 */
#ifndef MADANG_DOOR_IRC_H
#define MADANG_DOOR_IRC_H

#include "door/door.h"

/* What the door knows of the server; the same for all connections of a worker, and replaced as a
 * whole. Borrowed by the connections between two calls of irc_attach(). */
struct irc_operator {
    struct text name;
    struct text hash;
};

struct irc_server {
    struct text name;
    struct text info;
    struct text network;
    struct text version;  /* "madang-0.1.0" */
    struct text created;  /* When the server started, as people read it. */
    struct text password; /* "" without one. */
    struct text lobby;
    struct text motd;        /* Lines with '\n'; "" without one. */
    struct text icon;        /* draft/ICON, a URL; "" without one. */
    struct text admin[3];    /* Place, more of it, address; "" without. */
    struct text casemapping; /* "ascii" */
    const struct irc_operator *operators;
    uint32_t operator_count;
};

struct irc; /* door/irc_state.h; the worker holds one by pointer for each IRC connection. */

/* host: as others shall see it; address: as operators see it. Both are copied. NULL when there is
 * no memory. */
struct irc *irc_new(const struct irc_server *server, struct text host, struct text address,
                    bool secure);
void irc_free(struct irc *irc);
/* The configuration was read again. */
void irc_attach(struct irc *irc, const struct irc_server *server);
/* WEBIRC was accepted: copied. Also from within sink->proxied(). */
void irc_set_host(struct irc *irc, struct text host, struct text address, bool secure);

/*
 * As plain_input(): takes whole lines as far as it can and returns how many bytes it consumed. When
 * less than all whole lines, a command was not taken or the answer to one is awaited: the caller
 * feeds the rest again when there is room, and when sink->idle() has turned true. Not while the
 * connection does not read what it is told: so long answers keep its pace. It may be fed nothing,
 * and is when there was no room for a command in irc_effect(). The rest without a "no" is never
 * more than IRC_INPUT_REST_MAX bytes.
 */
#define IRC_INPUT_REST_MAX (IRC_TAGS_BYTES_MAX + 2 + IRC_LINE_BYTES_MAX)
size_t irc_input(struct irc *irc, struct text bytes, const struct door_sink *sink);
/* The peer closed its sending side; rest is half a line, and dropped. */
void irc_end(struct irc *irc, const struct door_sink *sink);
/* While true the door has a line that waits (for sink->idle(), or for the rest of an answer): no
 * use in feeding it before that. */
bool irc_is_waiting(const struct irc *irc);
/* A multi-line message has been begun and not ended. */
bool irc_has_batch(const struct irc *irc);
/* The same, and none of its lines waits to be done: the caller lets it expire after some time. */
bool irc_batch_may_expire(const struct irc *irc);
void irc_batch_expire(struct irc *irc, const struct door_sink *sink);

/*
 * An effect that concerns this connection itself:
 * - caused by it, but for lines that reach it by a channel's log (see irc_wants_own()). When the
 *   last effect of a command is not given here, an empty EFFECT_REPLIES with done, more and the
 *   origin's label is given instead: the door counts the answers to its commands;
 * - a message to it, or an invitation (once when it wrote to itself: it is shown both copies);
 * - CLOSED or USER_MODE of its session, whoever caused it. At CLOSED it calls sink->close();
 * - RENAMED of a channel that it is in, when its dialect is without IRC_DIALECT_RENAME: what it is
 *   told instead names the reader.
 */
void irc_effect(struct irc *irc, const struct effect *effect, const struct door_sink *sink);
/* Whether the effect, which goes to a channel where this connection is and which it caused, must
 * not reach it by the channel's log: it is cut out, and given to irc_effect(), which shows it with
 * its label, or not at all (no echo-message). */
bool irc_wants_own(const struct irc *irc, const struct effect *effect);
/* The verdict on what sink->verify() was given. */
void irc_verdict(struct irc *irc, bool right, const struct door_sink *sink);
/* A notice of the server; for those that end the connection an ERROR line. */
void irc_notice(struct irc *irc, enum notice notice, struct text detail, bool closes,
                const struct door_sink *sink);
/* Metadata: whether the connection has subscribed to the key. */
bool irc_subscribes(const struct irc *irc, struct text key);
/* Before it is registered. */
bool irc_is_nameless(const struct irc *irc);
/* "" before it is registered. Borrowed until the next call. */
struct text irc_nick(const struct irc *irc);
/* enum person_flag of its session, as last told. */
uint32_t irc_flags(const struct irc *irc);

/* The capabilities that change shared bytes, in DIALECT_IRC's lower bits. */
enum irc_dialect_bit {
    IRC_DIALECT_TAGS = 1u << 0,    /* message-tags: msgid (seq, 12 hexadecimal digits), bot,
                                      client tags, TAGMSG. */
    IRC_DIALECT_TIME = 1u << 1,    /* server-time. */
    IRC_DIALECT_ACCOUNT = 1u << 2, /* account-tag. */
    IRC_DIALECT_EXTENDED_JOIN = 1u << 3,
    IRC_DIALECT_AWAY = 1u << 4, /* away-notify. */
    IRC_DIALECT_SETNAME = 1u << 5,
    IRC_DIALECT_MULTILINE = 1u << 6, /* draft/multiline with batch. */
    IRC_DIALECT_RENAME = 1u << 7,    /* draft/channel-rename. */
    IRC_DIALECT_OPER = 1u << 8,      /* draft/oper-tag. */
    IRC_DIALECT_INVITE = 1u << 9,    /* invite-notify. */
    IRC_DIALECT_EXTENDED_MONITOR = 1u << 10,
    IRC_DIALECT_ACCOUNT_NOTIFY = 1u << 11,
    IRC_DIALECT_CHGHOST = 1u << 12,
    IRC_DIALECT_METADATA = 1u << 13, /* draft/metadata-3: irc_tell_metadata() is wanted. */
};
dialect irc_dialect(const struct irc *irc);
/*
 * Appends what readers of the dialect see of the effect, whole lines: nothing for what they are not
 * told. Also for effects to one person (a message, INVITED, WALLOPS, a watcher's AWAY), but not
 * what names the reader: those go by irc_effect(). ERR_MEMORY. Any thread.
 *
 * INVITED is rendered for every dialect, for the one who is invited; the operators of the channel
 * are given it only when theirs has IRC_DIALECT_INVITE. RENAMED gives nothing without
 * IRC_DIALECT_RENAME: each of those readers is told by itself, by irc_effect().
 */
MUST_USE enum error irc_render(const struct irc_server *server, const struct effect *effect,
                               dialect spoken, struct bytes *out);
/* How many messages irc_render() makes of it; a batch with all that is in it is one. Any thread. */
uint32_t irc_render_count(const struct effect *effect, dialect spoken);
/* Makes of RENAMED, for a reader without IRC_DIALECT_RENAME, the two effects that it is told
 * instead: reader has left the channel of the old name and is in that of the new one, whose topic
 * and names it is told too. False: only the case of the name is another, and nothing is told. */
bool irc_rename_split(const struct effect *effect, const struct person *reader,
                      struct effect *out_parted, struct effect *out_joined);
/* The msgid of what entry seq has said (IRCv3 message-ids); not NUL-terminated. */
#define IRC_MSGID_BYTES 12
void irc_msgid_format(uint64_t seq, char out[IRC_MSGID_BYTES]);
/* Bytes of text that fit into one line of a message (MESSAGE_* of flags) by who to target. */
size_t irc_message_room(const struct person *who, uint32_t flags, struct text target);
/* A watcher's 730 or 731, and metadata that a subscriber is told: they name the reader. */
void irc_tell_online(struct irc *irc, const struct effect *effect, bool online,
                     const struct door_sink *sink);
void irc_tell_metadata(struct irc *irc, const struct effect *effect, const struct door_sink *sink);
/* The target's 718: its +g holds off who has written (EFFECT_REFUSED with REFUSAL_CALLER_ID). */
void irc_tell_caller(struct irc *irc, const struct effect *effect, const struct door_sink *sink);

/* The ERROR line for a connection that has no state yet (turned away at the gate). ERR_MEMORY. */
MUST_USE enum error irc_error_append(enum notice notice, struct bytes *out);

#endif
