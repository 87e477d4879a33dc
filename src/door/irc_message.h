/*
 * One line of IRC, taken apart (irc_message.c) and put together (irc_line.c): RFC 2812 section 2.3,
 * IRCv3 message-tags. For the door and for the client. All functions: any thread.
 */
#ifndef MADANG_DOOR_IRC_MESSAGE_H
#define MADANG_DOOR_IRC_MESSAGE_H

#include "base/bytes.h"
#include "model/limits.h"

/* Borrowed from the line. */
struct irc_message {
    struct text tags;    /* Without '@'; "" without any. */
    struct text source;  /* Without ':'; "" without one. */
    struct text command; /* As it came, of whatever case. */
    struct text params[IRC_PARAMS_MAX];
    uint32_t param_count; /* The 15th takes all that is left (RFC 2812 section 2.3). */
};

/* False when there is no command in it ("@a", ":x", blanks). line is without CR LF; it may hold
 * anything. */
bool irc_message_parse(struct text line, struct irc_message *out);

/* Takes the first tag off *tags; false when there is none left. value is escaped as it came, "" for
 * a tag without one. */
bool irc_tag_take(struct text *tags, struct text *key, struct text *value);
/* The last tag called key (that one counts); false when there is none. */
bool irc_tag_find(struct text tags, struct text key, struct text *value);
/* Appends the value with its escapes undone, or made; NUL, which has no escape, is left out.
 * ERR_MEMORY. */
MUST_USE enum error irc_tag_unescape(struct text value, struct bytes *out);
MUST_USE enum error irc_tag_escape(struct text value, struct bytes *out);

/*
 * A line that is put together: irc_line_begin(), tags, source, command, params, irc_line_end(). The
 * only way by which the door makes lines. CR, LF and NUL in what it is given are left out of the
 * line, in tags and source also spaces; what goes past IRC_LINE_BYTES_MAX is cut between
 * characters; a tag that does not fit into twice IRC_TAGS_BYTES_MAX (what the server and what a
 * client may add) is left out whole. After an error (ERR_MEMORY, kept until the end) nothing of the
 * line is left in out.
 */
struct irc_line {
    struct bytes *out;
    size_t start; /* Of the line in out. */
    size_t body;  /* Behind the tags, once they are over. */
    bool in_body;
    bool is_full; /* Something was cut: nothing more goes in. */
    enum error error;
};

void irc_line_begin(struct irc_line *line, struct bytes *out);
/* value is escaped here; "" for none. All tags come before all else. */
void irc_line_tag(struct irc_line *line, struct text key, struct text value);
/* Tags as they stand in a line ("+a=b;+c"), escaped already; "" for none. */
void irc_line_tags_raw(struct irc_line *line, struct text tags);
/* ":source", or ":nick!user@host" with the latter two given. */
void irc_line_source(struct irc_line *line, struct text nick, struct text user, struct text host);
/* What can be none (empty, with a space, CR, LF or NUL, or a colon or '@' at the start) becomes
 * "*". */
void irc_line_command(struct irc_line *line, struct text command);
/* One of the middle; what can be none, as above but for '@', becomes "*". */
void irc_line_param(struct irc_line *line, struct text param);
/* The last one, with a colon where it is needed or always is true. */
void irc_line_last(struct irc_line *line, struct text param, bool always);
/* Bytes that are left for more, CR LF taken off; the space and colon before it count. */
size_t irc_line_room(const struct irc_line *line);
MUST_USE enum error irc_line_end(struct irc_line *line);

/* How many bytes of text (more than room) to take into one line of room bytes, 4 or more: up to a
 * space near the end, else up to the end of a character. Never 0. */
size_t irc_text_cut(struct text text, size_t room);

#endif
