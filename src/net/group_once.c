/*
 * A line to the members of several groups. It goes into the log of each, so that most members read
 * it as they read everything; only who is in two of the groups or more is looked after one by one,
 * and gets it from one of them.
 */
#include "net/group.h"

static uint32_t largest_index(struct group *const *groups, uint32_t group_count)
{
    uint32_t largest = 0;
    for (uint32_t i = 1; i < group_count; i++) {
        if (groups[i]->member_count > groups[largest]->member_count) {
            largest = i;
        }
    }
    return largest;
}

static bool connection_is_in_several(const struct connection *connection)
{
    uint32_t count = 0;
    for (const struct membership *m = connection->memberships; m != NULL && count < 2;
         m = m->next) {
        count += m->group->is_once ? 1 : 0;
    }
    return count >= 2;
}

/* Before the line is in the logs. */
static void member_begin(struct fanout *fanout, struct connection *connection)
{
    if (connection->membership_count > 1 && !connection->is_once &&
        connection_is_in_several(connection)) {
        connection->is_once = true;
        connection_catch_up(fanout, connection);
    }
}

/* When it is in all of them: the first that has it gives it, the others are passed over. */
static void member_end(struct fanout *fanout, struct connection *connection)
{
    if (!connection->is_once) {
        return;
    }
    connection->is_once = false;
    bool is_given = false;
    for (struct membership *m = connection->memberships; m != NULL; m = m->next) {
        if (!m->group->is_once || m->position == m->group->end) {
            continue;
        }
        if (is_given) {
            m->position = m->group->end;
        } else {
            membership_catch_up(fanout, m);
            is_given = true;
        }
    }
}

void group_append_once(struct fanout *fanout, struct group *const *groups, uint32_t group_count,
                       struct text bytes, const struct connection *except)
{
    /* Whoever is in the largest and in another one is met in the other one. */
    uint32_t largest = largest_index(groups, group_count);
    for (uint32_t i = 0; i < group_count; i++) {
        groups[i]->is_once = true;
    }
    for (uint32_t i = 0; i < group_count; i++) {
        for (uint32_t at = 0; i != largest && at < groups[i]->member_count; at++) {
            member_begin(fanout, groups[i]->members[at]->connection);
        }
    }
    for (uint32_t i = 0; i < group_count; i++) {
        group_append(fanout, groups[i], bytes, except);
    }
    for (uint32_t i = 0; i < group_count; i++) {
        for (uint32_t at = 0; i != largest && at < groups[i]->member_count; at++) {
            member_end(fanout, groups[i]->members[at]->connection);
        }
    }
    for (uint32_t i = 0; i < group_count; i++) {
        groups[i]->is_once = false;
    }
}
