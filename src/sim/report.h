/*
 * What a run tells: the digest over all that happened, rare paths that were met (marks), the last
 * events, and the first thing that was wrong. One thread.
 */
#ifndef MADANG_SIM_REPORT_H
#define MADANG_SIM_REPORT_H

#include "base/bytes.h"

#include <stdio.h>

/* Rare paths; a batch of seeds must meet each of them. report_mark_name() has the words. */
enum mark {
    MARK_CRASH_KILL,
    MARK_CRASH_POWER,
    MARK_CRASH_IN_COMMIT,
    MARK_CRASH_IN_START,
    MARK_CRASH_IN_END,
    MARK_CRASH_LOST_ENTRIES,
    MARK_CLEAN_STOP,
    MARK_STOP_UNDER_LOAD,
    MARK_DISK_FULL,
    MARK_DISK_IO_ERROR,
    MARK_DISK_RECOVERED,
    MARK_GROUP_RETRIED,
    MARK_FSYNC_FAILED,
    MARK_OPEN_FAILED,
    MARK_NOT_SAVED,
    MARK_PENDING,
    MARK_SENDQ,
    MARK_FLOOD,
    MARK_TOO_LONG,
    MARK_BAD_UTF8,
    MARK_BAD_NAME,
    MARK_NAME_IN_USE,
    MARK_TIMEOUT,
    MARK_TOO_MANY,
    MARK_SLOW_DOWN,
    MARK_FULL,
    MARK_SHUTDOWN_TOLD,
    MARK_FOREIGN,
    MARK_QUIT,
    MARK_HALF_CLOSE,
    MARK_RESET,
    MARK_RESET_IN_LINE,
    MARK_VANISHED,
    MARK_CUT_CHARACTER,
    MARK_CHUNK_READER,
    MARK_CHUNKS_MERGED,
    MARK_PACED,
    MARK_COMMANDS_FULL,
    MARK_GHOST_WAITED,
    MARK_HUB_STARVED,
    MARK_CONSOLE_LOST,
    MARK_ARRIVALS_FULL,
    MARK_TWO_WORKERS,
    MARK_SHORT_WRITE,
    MARK_ACCEPT_FAILED,
    MARK_RELOAD,
    MARK_WAL_COPIED,
    MARK_IRC_REGISTERED,
    MARK_IRC_ECHO,
    MARK_IRC_PIECES,
    MARK_IRC_PRIVATE,
    MARK_IRC_PONG,
    MARK_IRC_REFUSED,
    MARK_IRC_UNSAVED,
    MARK_IRC_BROKEN_LINE,
    MARK_IRC_NICK,
    MARK_IRC_NICK_TAKEN,
    MARK_IRC_KICK,
    MARK_IRC_RANK,
    MARK_IRC_ONCE,
    MARK_IRC_DIALECT,
    MARK_IRC_LABEL_ACK,
    MARK_IRC_LABEL_BETWEEN,
    MARK_IRC_LABEL_STEPS,
    MARK_IRC_PAGED,
    MARK_IRC_INVITED,
    MARK_IRC_INVITE_NOTICED,
    MARK_IRC_MODES,
    MARK_IRC_FOR_RANK,
    MARK_IRC_BANNED,
    MARK_IRC_UNINVITED,
    MARK_IRC_WRONG_KEY,
    MARK_IRC_ROOM_FULL,
    MARK_IRC_MODERATED,
    MARK_IRC_MUTED,
    MARK_IRC_LET_IN,
    MARK_IRC_OUTSIDE,
    MARK_IRC_MULTILINE,
    MARK_IRC_LINES,
    MARK_IRC_BATCH_REFUSED,
    MARK_IRC_REDACTED,
    MARK_IRC_REDACTED_BY_OTHER,
    MARK_IRC_RENAMED,
    MARK_IRC_RENAME_MOVED,
    MARK_IRC_ONLINE,
    MARK_IRC_OFFLINE,
    MARK_COUNT,
};

struct report {
    uint64_t digest;
    uint64_t step_count;
    uint64_t marks[MARK_COUNT];
    bool failed;
    bool trace; /* Every event is printed. */
    int64_t now_ms;
    struct bytes violation; /* The first one. */
};

void report_init(struct report *report, bool trace);
void report_finish(struct report *report);
/* Takes value into the digest. */
void report_add(struct report *report, uint64_t value);
void report_add_text(struct report *report, struct text text);
void report_mark(struct report *report, enum mark mark);
const char *report_mark_name(enum mark mark);
/* An event: into the digest, and printed when tracing. */
void report_event(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Something is wrong: kept when it is the first. */
void report_violation(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
