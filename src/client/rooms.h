/* The rooms that the person is in, in the order of joining, and the one that is typed into. */
#ifndef MADANG_CLIENT_ROOMS_H
#define MADANG_CLIENT_ROOMS_H

#include "base/bytes.h"
#include "model/limits.h"

struct room {
    struct bytes name;
    bool is_inside;  /* The server has let us in; false before that and after a lost connection. */
    uint32_t unread; /* Messages since it was last typed into. */
};

/* All zero is a valid empty one. One thread at a time. */
struct rooms {
    struct room list[CLIENT_ROOM_COUNT_MAX];
    size_t count;
    size_t current; /* Below count, unless that is 0. */
};

#define ROOMS_NONE SIZE_MAX

void rooms_finish(struct rooms *rooms);
/* Its index, or ROOMS_NONE. */
size_t rooms_find(const struct rooms *rooms, struct text name);
/* Adds one that is not there. *out_index is ROOMS_NONE when there is no place. ERR_MEMORY. */
MUST_USE enum error rooms_add(struct rooms *rooms, struct text name, size_t *out_index);
void rooms_remove(struct rooms *rooms, size_t index);
/* What is typed goes there from now on; nothing in it is unread. */
void rooms_enter(struct rooms *rooms, size_t index);
/* The name of the current one; "" when there is none. */
struct text rooms_current(const struct rooms *rooms);
/* Appends the line of activity: "[#current] 2:#other(3) " with the others by their numbers, and how
 * much is unread there. Nothing while there is but one room. ERR_MEMORY. */
MUST_USE enum error rooms_activity(const struct rooms *rooms, struct bytes *out);

#endif
