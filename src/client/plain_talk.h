/* A conversation with the report's server, or with madangd as that: the wire of --plain. */
#ifndef MADANG_CLIENT_PLAIN_TALK_H
#define MADANG_CLIENT_PLAIN_TALK_H

#include "client/wire.h"

/* Nothing says that one is taken in: it counts as that when no refusal has come for this long
 * besides two round trips. A name has no end on this wire, so the server waits before it answers.
 */
#define PLAIN_TALK_GRACE_MS 300

/* A wire that is about to send name, at now_ms. NULL when there is no memory. */
struct wire *plain_talk_new(struct text name, int64_t now_ms, int64_t round_trip_ms);

#endif
