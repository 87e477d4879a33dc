/* Texts that the core keeps, with who left them and when. */
#include "core/note.h"

#include "base/check.h"
#include "base/mem.h"

#include <string.h>

#define NOTES_MIN 4

static char *put(char *out, struct text text)
{
    if (text.count > 0) {
        memcpy(out, text.data, text.count);
    }
    return out + text.count;
}

struct note *note_new(const struct note_words *words)
{
    check(words->subject.count <= UINT16_MAX && words->text.count <= UINT16_MAX &&
          words->nick.count <= UINT16_MAX);
    const size_t bytes = words->subject.count + words->text.count + words->nick.count;
    /* Also for the few bytes that the structure is longer than where data begins. */
    struct note *note = mem_alloc(sizeof(struct note) + bytes);
    if (note == NULL) {
        return NULL;
    }
    *note = (struct note){
        .time_ms = words->time_ms,
        .until_ms = words->until_ms,
        .subject_bytes = (uint16_t)words->subject.count,
        .text_bytes = (uint16_t)words->text.count,
        .nick_bytes = (uint16_t)words->nick.count,
    };
    put(put(put(note->data, words->subject), words->text), words->nick);
    return note;
}

struct text note_subject(const struct note *note)
{
    return (struct text){.data = note->data, .count = note->subject_bytes};
}

struct text note_text(const struct note *note)
{
    return (struct text){.data = note->data + note->subject_bytes, .count = note->text_bytes};
}

struct text note_nick(const struct note *note)
{
    return (struct text){.data = note->data + note->subject_bytes + note->text_bytes,
                         .count = note->nick_bytes};
}

void notes_finish(struct notes *notes)
{
    for (uint32_t i = 0; i < notes->count; i++) {
        mem_free(notes->items[i]);
    }
    mem_free(notes->items);
    *notes = (struct notes){0};
}

enum error notes_reserve(struct notes *notes, uint32_t more)
{
    check(more <= UINT16_MAX);
    if (notes->capacity - notes->count >= more) {
        return ERR_OK;
    }
    uint32_t capacity = notes->capacity == 0 ? NOTES_MIN : notes->capacity;
    while (capacity - notes->count < more) {
        capacity *= 2;
    }
    struct note **larger = mem_realloc(notes->items, capacity * sizeof(struct note *));
    if (larger == NULL) {
        return ERR_MEMORY;
    }
    notes->items = larger;
    notes->capacity = capacity;
    return ERR_OK;
}

void notes_add(struct notes *notes, struct note *note)
{
    check(notes->count < notes->capacity);
    note->serial = ++notes->serial;
    notes->items[notes->count++] = note;
}

void notes_replace(struct notes *notes, uint32_t index, struct note *note)
{
    check(index < notes->count);
    note->serial = notes->items[index]->serial;
    mem_free(notes->items[index]);
    notes->items[index] = note;
}

void notes_remove(struct notes *notes, uint32_t index)
{
    check(index < notes->count);
    mem_free(notes->items[index]);
    notes->count--;
    memmove(notes->items + index, notes->items + index + 1,
            (notes->count - index) * sizeof(struct note *));
}

uint32_t notes_find(const struct notes *notes, struct text subject)
{
    uint32_t index = 0;
    while (index < notes->count && !text_equal(note_subject(notes->items[index]), subject)) {
        index++;
    }
    return index;
}
