/* Ends the program when it can no longer be trusted. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void check_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "madang: %s:%d: check failed: %s\n", file, line, condition);
    abort();
}
