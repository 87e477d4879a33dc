/* A handful of rooms: an array is enough. */
#include "client/rooms.h"

#include "base/check.h"
#include "client/names.h"
#include "client/render.h"

#include <string.h>

void rooms_finish(struct rooms *rooms)
{
    while (rooms->count > 0) {
        rooms_remove(rooms, rooms->count - 1);
    }
}

size_t rooms_find(const struct rooms *rooms, struct text name)
{
    for (size_t i = 0; i < rooms->count; i++) {
        if (name_same(bytes_text(&rooms->list[i].name), name)) {
            return i;
        }
    }
    return ROOMS_NONE;
}

enum error rooms_add(struct rooms *rooms, struct text name, size_t *out_index)
{
    *out_index = ROOMS_NONE;
    if (rooms->count == CLIENT_ROOM_COUNT_MAX) {
        return ERR_OK;
    }
    struct room room = {0};
    enum error error = bytes_append_text(&room.name, name);
    if (error != ERR_OK) {
        return error;
    }
    *out_index = rooms->count;
    rooms->list[rooms->count] = room;
    rooms->count++;
    return ERR_OK;
}

void rooms_remove(struct rooms *rooms, size_t index)
{
    check(index < rooms->count);
    bytes_finish(&rooms->list[index].name);
    rooms->count--;
    memmove(rooms->list + index, rooms->list + index + 1,
            (rooms->count - index) * sizeof(rooms->list[0]));
    if (rooms->current > index || rooms->current == rooms->count) {
        rooms->current -= rooms->current > 0 ? 1 : 0;
    }
}

void rooms_enter(struct rooms *rooms, size_t index)
{
    check(index < rooms->count);
    rooms->current = index;
    rooms->list[index].unread = 0;
}

struct text rooms_current(const struct rooms *rooms)
{
    return rooms->count == 0 ? TEXT_NONE : bytes_text(&rooms->list[rooms->current].name);
}

enum error rooms_activity(const struct rooms *rooms, struct bytes *out)
{
    if (rooms->count < 2) {
        return ERR_OK;
    }
    struct bytes name = {0};
    enum error error = render_text(rooms_current(rooms), &name);
    if (error == ERR_OK) {
        error = BYTES_JOIN(out, TEXT("["), bytes_text(&name), TEXT("] "));
    }
    for (size_t i = 0; i < rooms->count && error == ERR_OK; i++) {
        const struct room *room = &rooms->list[i];
        if (i == rooms->current) {
            continue;
        }
        bytes_clear(&name);
        error = render_text(bytes_text(&room->name), &name);
        if (error == ERR_OK) {
            error = bytes_format(out, "%zu:%.*s", i + 1, (int)name.count, name.data);
        }
        if (error == ERR_OK) {
            error = room->unread > 0 ? bytes_format(out, "(%u) ", room->unread)
                                     : bytes_append_text(out, TEXT(" "));
        }
    }
    bytes_finish(&name);
    return error;
}
