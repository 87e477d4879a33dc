/*
 * A fault that is planted on purpose, to see that the simulator finds it: the committer shows a
 * group before it is stored. Only a build made for that has it (meson setup -Dplanted_bug=true).
 */
#ifndef MADANG_SERVER_PLANTED_H
#define MADANG_SERVER_PLANTED_H

#include <stdbool.h>

#ifndef MADANG_PLANTED_BUG
#define MADANG_PLANTED_BUG 0
#endif

static const bool planted_bug = MADANG_PLANTED_BUG;

#endif
