/* The client's clock. */
#ifndef MADANG_CLIENT_CLOCK_H
#define MADANG_CLIENT_CLOCK_H

#include <stdint.h>

/* Milliseconds since some moment in the past; never goes back. Any thread. */
int64_t clock_now_ms(void);

#endif
