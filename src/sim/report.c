/* Digest, marks and violations. */
#include "sim/report.h"

#include "base/check.h"

#include <stdarg.h>
#include <string.h>

static const char *const mark_names[MARK_COUNT] = {
    [MARK_CRASH_KILL] = "crash: process killed",
    [MARK_CRASH_POWER] = "crash: power cut",
    [MARK_CRASH_IN_COMMIT] = "crash: within a commit",
    [MARK_CRASH_IN_START] = "crash: while the store is opened",
    [MARK_CRASH_IN_END] = "crash: while the store is closed",
    [MARK_CRASH_LOST_ENTRIES] = "crash: entries that were not stored are gone",
    [MARK_CLEAN_STOP] = "stop: clean",
    [MARK_STOP_UNDER_LOAD] = "stop: while people talk",
    [MARK_DISK_FULL] = "disk: full",
    [MARK_DISK_IO_ERROR] = "disk: refuses",
    [MARK_DISK_RECOVERED] = "disk: stores again",
    [MARK_GROUP_RETRIED] = "disk: group tried again",
    [MARK_FSYNC_FAILED] = "disk: flush failed, server ended",
    [MARK_OPEN_FAILED] = "disk: store not opened at first",
    [MARK_NOT_SAVED] = "told: not-saved",
    [MARK_PENDING] = "told: pending",
    [MARK_SENDQ] = "told: sendq",
    [MARK_FLOOD] = "told: flood",
    [MARK_TOO_LONG] = "told: too-long",
    [MARK_BAD_UTF8] = "told: bad-utf8",
    [MARK_BAD_NAME] = "told: bad-name",
    [MARK_NAME_IN_USE] = "told: name-in-use",
    [MARK_TIMEOUT] = "told: timeout",
    [MARK_TOO_MANY] = "told: too-many",
    [MARK_SLOW_DOWN] = "told: slow-down",
    [MARK_FULL] = "told: full",
    [MARK_SHUTDOWN_TOLD] = "told: shutdown",
    [MARK_FOREIGN] = "foreign protocol answered",
    [MARK_QUIT] = "left: q",
    [MARK_HALF_CLOSE] = "left: half close",
    [MARK_RESET] = "left: reset",
    [MARK_RESET_IN_LINE] = "left: reset within a line",
    [MARK_VANISHED] = "left: cable pulled",
    [MARK_CUT_CHARACTER] = "chunk: quiet within a character",
    [MARK_CHUNK_READER] = "chunk: somebody reads unterminated",
    [MARK_CHUNKS_MERGED] = "chunk: pieces run together",
    [MARK_PACED] = "pace: a writer waits",
    [MARK_COMMANDS_FULL] = "ring: commands full, worker waits",
    [MARK_GHOST_WAITED] = "ring: a ghost waits for room",
    [MARK_HUB_STARVED] = "ring: hub starved",
    [MARK_CONSOLE_LOST] = "ring: console lost lines",
    [MARK_ARRIVALS_FULL] = "ring: arrivals full",
    [MARK_TWO_WORKERS] = "two workers or more have people",
    [MARK_SHORT_WRITE] = "net: short write",
    [MARK_ACCEPT_FAILED] = "net: accept failed",
    [MARK_RELOAD] = "configuration replaced",
    [MARK_WAL_COPIED] = "journal: WAL began anew",
    [MARK_IRC_REGISTERED] = "irc: registered",
    [MARK_IRC_ECHO] = "irc: somebody reads what it said itself",
    [MARK_IRC_PIECES] = "irc: a long message comes in several",
    [MARK_IRC_PRIVATE] = "irc: a private message",
    [MARK_IRC_PONG] = "irc: pong",
    [MARK_IRC_REFUSED] = "irc: a message is refused by its room",
    [MARK_IRC_UNSAVED] = "irc: told that something cannot be saved",
    [MARK_IRC_BROKEN_LINE] = "irc: a broken line is refused",
    [MARK_IRC_NICK] = "irc: nick changed",
    [MARK_IRC_NICK_TAKEN] = "irc: another nick after one that was taken",
    [MARK_IRC_KICK] = "irc: put out of a room",
    [MARK_IRC_RANK] = "irc: rank given or taken",
    [MARK_IRC_ONCE] = "irc: told once of who shares several rooms",
    [MARK_IRC_DIALECT] = "irc: other capabilities while in rooms",
    [MARK_IRC_LABEL_ACK] = "irc: a label without an answer",
    [MARK_IRC_LABEL_BETWEEN] = "irc: others' lines while a label's batch is open",
    [MARK_IRC_LABEL_STEPS] = "irc: a label's answer of several steps",
    [MARK_IRC_PAGED] = "irc: a question answered in pages",
    [MARK_IRC_INVITED] = "irc: invited",
    [MARK_IRC_INVITE_NOTICED] = "irc: operators are told of an invitation",
    [MARK_IRC_MODES] = "irc: modes other than ranks",
    [MARK_IRC_FOR_RANK] = "irc: a message for a rank",
    [MARK_IRC_BANNED] = "irc: banned from a room",
    [MARK_IRC_UNINVITED] = "irc: not invited to a room",
    [MARK_IRC_WRONG_KEY] = "irc: a wrong key",
    [MARK_IRC_ROOM_FULL] = "irc: a room is full",
    [MARK_IRC_MODERATED] = "irc: silent in a moderated room",
    [MARK_IRC_MUTED] = "irc: silent by a ban",
    [MARK_IRC_LET_IN] = "irc: an invitation lets somebody in",
    [MARK_IRC_OUTSIDE] = "irc: said in a room from outside",
    [MARK_IRC_MULTILINE] = "irc: a message of several lines as a batch",
    [MARK_IRC_LINES] = "irc: a message of several lines as several",
    [MARK_IRC_BATCH_REFUSED] = "irc: a message of several lines is refused",
    [MARK_IRC_REDACTED] = "irc: a message is taken back",
    [MARK_IRC_REDACTED_BY_OTHER] = "irc: somebody reads that one is taken back",
    [MARK_IRC_RENAMED] = "irc: a room is renamed",
    [MARK_IRC_RENAME_MOVED] = "irc: a renamed room is left and entered",
    [MARK_IRC_ONLINE] = "irc: told that somebody has come",
    [MARK_IRC_OFFLINE] = "irc: told that somebody has gone",
};

void report_init(struct report *report, bool trace)
{
    *report = (struct report){.digest = UINT64_C(0xcbf29ce484222325), .trace = trace};
}

void report_finish(struct report *report)
{
    bytes_finish(&report->violation);
}

void report_add(struct report *report, uint64_t value)
{
    uint64_t digest = report->digest ^ value;
    digest *= UINT64_C(0x9e3779b97f4a7c15);
    report->digest = digest ^ digest >> 29;
}

void report_add_text(struct report *report, struct text text)
{
    uint64_t word = text.count;
    for (size_t at = 0; at < text.count; at += sizeof(word)) {
        size_t left = text.count - at;
        report_add(report, word);
        word = 0;
        memcpy(&word, text.data + at, left < sizeof(word) ? left : sizeof(word));
    }
    report_add(report, word);
}

void report_mark(struct report *report, enum mark mark)
{
    report->marks[mark]++;
}

const char *report_mark_name(enum mark mark)
{
    check(mark < MARK_COUNT && mark_names[mark] != NULL);
    return mark_names[mark];
}

void report_event(struct report *report, const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int count = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    check(count >= 0);
    report_add_text(report, text_of(line));
    if (report->trace) {
        fprintf(stderr, "%8lld ms %7llu  %s\n", (long long)report->now_ms,
                (unsigned long long)report->step_count, line);
    }
}

void report_violation(struct report *report, const char *format, ...)
{
    if (report->failed) {
        return;
    }
    report->failed = true;
    char line[2048];
    va_list arguments;
    va_start(arguments, format);
    int count = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    check(count >= 0);
    check(bytes_format(&report->violation, "at %lld ms, step %llu: %s", (long long)report->now_ms,
                       (unsigned long long)report->step_count, line) == ERR_OK);
    if (report->trace) {
        fprintf(stderr, "violation: %.*s\n", (int)report->violation.count, report->violation.data);
    }
}
