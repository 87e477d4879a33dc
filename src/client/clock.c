/* Waiting times must not jump when somebody sets the date. */
#include "client/clock.h"

#include "base/check.h"

#include <time.h>

int64_t clock_now_ms(void)
{
    struct timespec now;
    check(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
