/*
 * The language of what people read. The message ids are the Korean sentences, so Korean needs no
 * catalogue; English comes from one. Used by the server, the doors and the client.
 */
#ifndef MADANG_BASE_LANG_H
#define MADANG_BASE_LANG_H

#include <libintl.h>

#define _(korean) gettext(korean)
/* Marks a sentence for the catalogues where gettext() is called later. */
#define N_(korean) (korean)

/*
 * Call once, first, on the main thread. wanted is "ko", "en" or "" (decide by LC_ALL, LC_MESSAGES,
 * LANG, LANGUAGE as gettext would, whether or not that locale is installed); what we do not have is
 * Korean. LC_CTYPE becomes a UTF-8 one (C.UTF-8 when nothing else is there). Catalogues are looked
 * for in the build tree the program runs from, then in the installed place.
 */
void lang_init(const char *wanted);

/* The folder of the catalogues for a program of that path; static. Any thread. */
const char *lang_folder(const char *program);

#endif
