/* What is wrong with a configuration, as the one line that the operator gets. */
#ifndef MADANG_SERVER_CONFIG_PROBLEM_H
#define MADANG_SERVER_CONFIG_PROBLEM_H

#include "base/bytes.h"

/* The file that is read, and where its problem goes: only the first is kept. Main thread. */
struct config_problem {
    const char *file; /* NULL: none, only defaults. */
    struct bytes *out;
};

/*
 * Puts "file:line: " and the sentence; line 0 means the file as a whole. What the file says may be
 * in the sentence: all is made visible and cut at a sensible length. Without memory nothing is put.
 */
void config_problem_put(const struct config_problem *problem, uint32_t line, const char *format,
                        ...) __attribute__((format(printf, 3, 4)));

#endif
