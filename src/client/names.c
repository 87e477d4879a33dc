/* A short list in the order of being seen is all that completion needs: whoever has just spoken is
 * whom one answers. Who is in which room the server knows. */
#include "client/names.h"

#include "base/utf8.h"

#include <string.h>

/* Longer ones are no names, whatever the server says. */
#define PERSON_BYTES_MAX 64

struct text word_take(struct text *rest)
{
    while (text_starts(*rest, TEXT(" "))) {
        *rest = text_skip(*rest, 1);
    }
    const char *space = rest->count > 0 ? memchr(rest->data, ' ', rest->count) : NULL;
    size_t count = space == NULL ? rest->count : (size_t)(space - rest->data);
    struct text word = {.data = rest->data, .count = count};
    *rest = text_skip(*rest, space == NULL ? count : count + 1);
    return word;
}

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

bool name_starts(struct text name, struct text start)
{
    if (name.count < start.count) {
        return false;
    }
    for (size_t i = 0; i < start.count; i++) {
        if (lower(name.data[i]) != lower(start.data[i])) {
            return false;
        }
    }
    return true;
}

bool name_same(struct text a, struct text b)
{
    return a.count == b.count && name_starts(a, b);
}

static bool is_letter(char byte)
{
    return (lower(byte) >= 'a' && lower(byte) <= 'z') || (byte >= '0' && byte <= '9');
}

bool name_is_in(struct text name, struct text text)
{
    for (size_t i = 0; name.count > 0 && i + name.count <= text.count; i++) {
        struct text rest = {.data = text.data + i, .count = text.count - i};
        bool is_free = (i == 0 || !is_letter(text.data[i - 1])) &&
                       (rest.count == name.count || !is_letter(rest.data[name.count]));
        if (is_free && name_starts(rest, name)) {
            return true;
        }
    }
    return false;
}

void people_finish(struct people *people)
{
    for (size_t i = 0; i < people->count; i++) {
        bytes_finish(&people->names[i]);
    }
    people->count = 0;
}

/* Takes the name at that place out of the list, for the caller to keep. */
static struct bytes take_at(struct people *people, size_t index)
{
    struct bytes name = people->names[index];
    people->count--;
    memmove(people->names + index, people->names + index + 1,
            (people->count - index) * sizeof(people->names[0]));
    return name;
}

/* people->count when it is not there. */
static size_t find(const struct people *people, struct text name)
{
    size_t index = 0;
    while (index < people->count && !name_same(bytes_text(&people->names[index]), name)) {
        index++;
    }
    return index;
}

enum error people_see(struct people *people, struct text name)
{
    if (name.count == 0 || name.count > PERSON_BYTES_MAX || memchr(name.data, ' ', name.count) ||
        !text_is_visible(name)) {
        return ERR_OK;
    }
    struct bytes entry = {0};
    size_t index = find(people, name);
    if (index < people->count) {
        entry = take_at(people, index);
    } else if (people->count == CLIENT_PEOPLE_COUNT_MAX) {
        entry = take_at(people, 0);
    }
    bytes_clear(&entry);
    enum error error = bytes_append_text(&entry, name);
    if (error != ERR_OK) {
        bytes_finish(&entry);
        return error;
    }
    people->names[people->count] = entry;
    people->count++;
    return ERR_OK;
}

void people_forget(struct people *people, struct text name)
{
    size_t index = find(people, name);
    if (index < people->count) {
        struct bytes entry = take_at(people, index);
        bytes_finish(&entry);
    }
}
