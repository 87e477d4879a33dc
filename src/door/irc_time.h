/* Moments as IRCv3 server-time writes them: ISO 8601, UTC, with milliseconds. */
#ifndef MADANG_DOOR_IRC_TIME_H
#define MADANG_DOOR_IRC_TIME_H

#include <stdint.h>

#define IRC_TIME_BYTES 24

/*
 * "2026-11-27T23:05:25.123Z", without a NUL. What is outside of the years 1 to 9999 is taken for
 * their first or last moment. Needs no table of time zones and no state, unlike the C library. Any
 * thread.
 */
void irc_time_format(int64_t unix_ms, char out[IRC_TIME_BYTES]);

#endif
