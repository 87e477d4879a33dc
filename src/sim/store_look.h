/* Reads the whole store with SQLite and nothing of madang's, and holds it against the facts. */
#ifndef MADANG_SIM_STORE_LOOK_H
#define MADANG_SIM_STORE_LOOK_H

#include "sim/truth.h"

/* The journal is open (or SQLite would tidy up behind us). Every fact that is not lost is there
 * once, in its order, and nothing else. */
void store_look_compare(struct truth *truth);

#endif
