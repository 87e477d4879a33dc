/*
 * What IRC says to somebody who asked: numerics with their sentences, standard replies (IRCv3
 * standard-replies), and refusals of the core in the same words. English alone: clients translate
 * numerics by their numbers. All functions: any thread.
 */
#ifndef MADANG_DOOR_IRC_NUMERIC_H
#define MADANG_DOOR_IRC_NUMERIC_H

#include "base/bytes.h"
#include "model/effect.h"
#include "model/reply.h"

/* Who is told, and as part of what. Borrowed. */
struct irc_asker {
    struct text server; /* The server's name. */
    struct text nick;   /* "*" before there is one. */
    struct text tags;   /* As they stand in a line ("label=abc", "batch=1"); "" for none. */
};

/* The sentence that stands behind the params of a reply; TEXT_NONE for a numeric whose last param
 * says something by itself, and for standard replies. */
struct text irc_numeric_sentence(enum numeric numeric);

/* Appends ":server NNN nick params… :sentence", or ":server FAIL params… :last". ERR_MEMORY. */
MUST_USE enum error irc_reply_append(const struct irc_asker *asker, const struct reply *reply,
                                     struct bytes *out);
/* The same with another sentence than the numeric's own; "" for that one. For standard replies it
 * is the last param. */
MUST_USE enum error irc_reply_append_as(const struct irc_asker *asker, const struct reply *reply,
                                        struct text sentence, struct bytes *out);
/* The first with up to REPLY_PARAMS_MAX params one by one. */
MUST_USE enum error irc_numeric_append(const struct irc_asker *asker, enum numeric numeric,
                                       const struct text *params, uint32_t param_count,
                                       struct bytes *out);
/*
 * Appends what an EFFECT_REFUSED comes to. Nothing for what IRC passes over in silence: a notice
 * that was not delivered (RFC 2812 section 3.3.2), a JOIN by a member. ERR_MEMORY.
 */
MUST_USE enum error irc_refusal_append(const struct irc_asker *asker, const struct effect *effect,
                                       struct bytes *out);

#endif
