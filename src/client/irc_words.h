/* What the lines of IRC that are no messages mean, in words for people. */
#ifndef MADANG_CLIENT_IRC_WORDS_H
#define MADANG_CLIENT_IRC_WORDS_H

#include "door/irc_message.h"

/* The number of a numeric, -1 for a word. */
int irc_numeric_of(struct text command);
/* True for a line that only the server says, and only about a fault. */
bool irc_is_error(const struct irc_message *message);
/* Appends "! code: sentence" for such a line, in the person's language where the fault is known, in
 * the server's words where it is not. ERR_MEMORY. */
MUST_USE enum error irc_error_line(const struct irc_message *message, struct bytes *out);
/*
 * Appends what people are told of a line that is an answer or news; nothing when they are not.
 * asked: it answers a question of theirs. ERR_MEMORY.
 */
MUST_USE enum error irc_told_line(const struct irc_message *message, bool asked, struct bytes *out);
/* Appends what somebody wrote without IRC's codes for bold, colours and the like. ERR_MEMORY. */
MUST_USE enum error irc_text_append(struct text text, struct bytes *out);
/* Who a line is from: its source up to '!'. */
struct text irc_nick_of(const struct irc_message *message);
/* Missing ones are "". */
struct text irc_param(const struct irc_message *message, uint32_t index);

#endif
