/*
 * The one rule for names of people and of channels, for every door. docs/protocol/names.md says it
 * in words.
 *
 * A nick: 1 to NAME_BYTES_MAX bytes of valid UTF-8; ASCII letters, digits and []\`_^{|}- (RFC 2812
 * section 2.3.1), and the letters and marks of Unicode; no leading digit, '-' or mark; nothing
 * else. Two nicks are the same when their keys are.
 */
#ifndef MADANG_MODEL_NAME_H
#define MADANG_MODEL_NAME_H

#include "base/bytes.h"
#include "model/limits.h"

/* Where several things are wrong, the one that stands first here is told. */
enum name_verdict {
    NAME_OK = 0,
    NAME_EMPTY,
    NAME_TOO_LONG,
    NAME_NOT_UTF8,
    NAME_CONTROL,   /* A control character, or a line or paragraph separator. */
    NAME_INVISIBLE, /* An invisible, direction or tag character. */
    NAME_SPACE,
    NAME_CHARACTER, /* Any other character that a name may not hold. */
    NAME_START,     /* A digit, '-' or a combining mark at the start. */
    NAME_MARKS,     /* More combining marks on one letter than a script needs. */
    NAME_RESERVED,  /* A word that the server itself speaks with, or one that looks like it. */
};

/* Bytes that a key or a skeleton may take: folding and normalising can lengthen a name. */
#define NAME_KEY_BYTES_MAX (NAME_BYTES_MAX * 12)
#define CHANNEL_KEY_BYTES_MAX (CHANNEL_BYTES_MAX * 12)

struct name_key {
    char data[NAME_KEY_BYTES_MAX];
    size_t count;
};

/* Decides whether nick may be somebody's name. Any thread. */
enum name_verdict name_check(struct text nick);
/* What is wrong, as a sentence in the program's language; "" for NAME_OK. Any thread. */
const char *name_verdict_sentence(enum name_verdict verdict);
/*
 * The form by which nicks are compared: normalised (NFKC) and case-folded. Needs no memory;
 * ERR_INVALID for what name_check() refuses, and never for what it likes. Any thread.
 */
MUST_USE enum error name_key(struct text nick, struct name_key *out);
/*
 * The form by which nicks that look alike are found: after UTS #39, with a table of our own. Equal
 * skeletons must not be present at once. It says nothing about sameness: compare keys too. Errors
 * as name_key(). Any thread.
 */
MUST_USE enum error name_skeleton(struct text nick, struct name_key *out);

/* A channel: '#' and 1 to CHANNEL_BYTES_MAX - 1 more bytes of UTF-8 without space, comma, colon,
 * controls, invisible and unassigned characters; not a mark at once behind the '#'. Any thread. */
enum name_verdict channel_name_check(struct text name);
/* As name_key(), for channel names up to CHANNEL_BYTES_MAX bytes; appended to out, at most
 * CHANNEL_KEY_BYTES_MAX. ERR_INVALID; ERR_MEMORY when out has no room. Any thread. */
MUST_USE enum error channel_name_key(struct text name, struct bytes *out);

#endif
