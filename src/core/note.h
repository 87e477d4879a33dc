/*
 * Notes: texts that the core keeps, with who left them and when. A topic, an entry of a list of
 * masks, a ban of the server, a value of metadata.
 */
#ifndef MADANG_CORE_NOTE_H
#define MADANG_CORE_NOTE_H

#include "base/bytes.h"

struct note {
    int64_t time_ms;  /* When it was left. */
    int64_t until_ms; /* When it ends; 0: never. Only for a ban of the server. */
    uint32_t serial;  /* In a list: larger than that of all before it, so that an answer which
                         takes several steps can go on behind it. notes_add() gives it. */
    uint16_t subject_bytes;
    uint16_t text_bytes;
    uint16_t nick_bytes;
    char data[];
};

/* What goes into one. */
struct note_words {
    struct text subject; /* What it is about: the mask, the key of metadata; "" for a topic. */
    struct text text;    /* The topic, the value, why. */
    struct text nick;    /* Who left it. */
    int64_t time_ms;
    int64_t until_ms;
};

/* NULL when there is no memory. mem_free() ends one. */
struct note *note_new(const struct note_words *words);
struct text note_subject(const struct note *note);
struct text note_text(const struct note *note);
struct text note_nick(const struct note *note);

/* A list of them in the order in which they came. All zero is a valid empty one. */
struct notes {
    struct note **items;
    uint32_t count;
    uint32_t capacity;
    uint32_t serial; /* The last one given. What replaces a note in its place keeps its serial. */
};

/* Frees the notes too. */
void notes_finish(struct notes *notes);
/* Makes room for that many more, which notes_add() then takes without fail. ERR_MEMORY. */
MUST_USE enum error notes_reserve(struct notes *notes, uint32_t more);
void notes_add(struct notes *notes, struct note *note);
/* Frees the note at index and puts the other in its place. */
void notes_replace(struct notes *notes, uint32_t index, struct note *note);
/* Takes the note out of the list, frees it, and keeps the order of the others. */
void notes_remove(struct notes *notes, uint32_t index);
/* The index of the one with that very subject, or count. */
uint32_t notes_find(const struct notes *notes, struct text subject);

#endif
