/* Names of people and rooms: whether two are the same, and the people that were seen last. */
#ifndef MADANG_CLIENT_NAMES_H
#define MADANG_CLIENT_NAMES_H

#include "base/bytes.h"
#include "model/limits.h"

/* Takes the first word off *rest, and the spaces before it and the one behind it; "" at the end. */
struct text word_take(struct text *rest);
/* The same but for the case of ASCII letters: servers differ in the rest, and agree in that. */
bool name_same(struct text a, struct text b);
/* As text_starts() with name_same()'s idea of a letter. */
bool name_starts(struct text name, struct text start);
/* Whether somebody of that name is addressed in text: it stands there, and no ASCII letter or digit
 * at either side of it. (Korean puts particles right behind a name.) */
bool name_is_in(struct text name, struct text text);

/* The last CLIENT_PEOPLE_COUNT_MAX, those seen last at the end. All zero is a valid empty one. One
 * thread at a time. */
struct people {
    struct bytes names[CLIENT_PEOPLE_COUNT_MAX];
    size_t count;
};

void people_finish(struct people *people);
/* Names that can be no nick anywhere, with a space or a control, are left out. ERR_MEMORY. */
MUST_USE enum error people_see(struct people *people, struct text name);
void people_forget(struct people *people, struct text name);

#endif
