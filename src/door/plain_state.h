/*
 * Private to the plain door: what its two halves share. A connection leaves once: afterwards it is
 * PLAIN_ENDED, and nothing of it is due any more.
 */
#ifndef MADANG_DOOR_PLAIN_STATE_H
#define MADANG_DOOR_PLAIN_STATE_H

#include "door/plain.h"

/* Counts the notice and tells the peer. */
void plain_say(const struct plain *plain, enum notice notice, struct text detail,
               const struct door_sink *sink);
/* Has the connection closed; its session ends for reason. */
void plain_leave(struct plain *plain, enum leave_reason reason, const struct door_sink *sink);

#endif
