/* The two clocks. Only threads and main look at them; everything else is told the time. */
#ifndef MADANG_SERVER_CLOCK_H
#define MADANG_SERVER_CLOCK_H

#include <stdint.h>

/* Milliseconds that never go back, for timers. Any thread. */
int64_t clock_monotonic_ms(void);
/* Milliseconds since 1970, for what people read. Any thread. */
int64_t clock_unix_ms(void);

#endif
