/* Letters that look like other letters. docs/protocol/names.md says how they were chosen. */
#ifndef MADANG_MODEL_LOOKALIKE_H
#define MADANG_MODEL_LOOKALIKE_H

#include <stdint.h>

/* How many letters can be taken for another. */
#define LOOKALIKE_COUNT 182

/* The plainest letter that rune can be taken for, or rune itself. Any thread. */
uint32_t lookalike_of(uint32_t rune);

#endif
