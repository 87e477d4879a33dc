/* The server's own words to one IRC connection: standard replies (IRCv3 standard-replies) and, at
 * the end, an ERROR line. English, as all that the door says; the code is for programs. */
#include "door/irc_state.h"

#include "base/check.h"

#include <string.h>

struct wording {
    const char *code;     /* Of the standard reply. */
    const char *sentence; /* Said as it is when no detail is known. */
};

static const struct wording wordings[NOTICE_COUNT] = {
    [NOTICE_TIMEOUT] = {"TIMEOUT", "You did not register in time"},
    [NOTICE_BAD_NAME] = {"BAD_NAME", "That cannot be a name"},
    [NOTICE_NAME_IN_USE] = {"NAME_IN_USE", "That name is in use"},
    [NOTICE_TOO_LONG] = {"TOO_LONG", "The line is too long"},
    [NOTICE_BAD_UTF8] = {"INVALID_UTF8", "This server takes UTF-8 only"},
    [NOTICE_SENDQ] = {"SENDQ", "SendQ exceeded: too much waits for you to read it"},
    [NOTICE_FLOOD] = {"FLOOD", "Excess flood: you send too much too fast"},
    [NOTICE_SLOW_DOWN] = {"SLOW_DOWN",
                          "Too many connections from your address in a short time, try later"},
    [NOTICE_TOO_MANY] = {"TOO_MANY", "Too many connections from your address"},
    [NOTICE_FULL] = {"FULL", "There is no room at the moment, try later"},
    [NOTICE_NOT_MADANG] = {"NOT_MADANG",
                           "This is a chat server, which does not know your protocol"},
    [NOTICE_NO_TLS] = {"NO_TLS", "This server does not speak TLS"},
    [NOTICE_NOT_SAVED] = {"CANNOT_SAVE", "It cannot be stored, so it was not passed on"},
    [NOTICE_PENDING] = {"PENDING",
                        "What you said is not stored yet; it will be passed on when it is, do not "
                        "say it again"},
    [NOTICE_SHUTDOWN] = {"SHUTDOWN", "The server is shutting down"},
    [NOTICE_BANNED] = {"BANNED", "You are banned from this server"},
    [NOTICE_KICKED] = {"KICKED", "You were put out of the channel"},
    [NOTICE_NOT_ALLOWED] = {"NOT_ALLOWED", "You may not do that"},
};

enum error irc_error_append(enum notice notice, struct bytes *out)
{
    check((unsigned)notice < NOTICE_COUNT);
    struct bytes words = {0};
    enum error error =
        bytes_format(&words, "%s: %s", notice_code(notice), wordings[notice].sentence);
    if (error == ERR_OK) {
        struct irc_line line;
        irc_line_begin(&line, out);
        irc_line_command(&line, TEXT("ERROR"));
        irc_line_last(&line, bytes_text(&words), true);
        error = irc_line_end(&line);
    }
    bytes_finish(&words);
    return error;
}

/* The command that it is about. */
static struct text notice_command(const struct irc *irc, enum notice notice)
{
    if (irc->command != NULL) {
        return text_of(irc->command->name);
    }
    return notice == NOTICE_NOT_SAVED || notice == NOTICE_PENDING ? TEXT("PRIVMSG") : TEXT("*");
}

static enum numeric notice_verb(enum notice notice)
{
    switch ((int)notice) {
    case NOTICE_PENDING:
        return REPLY_WARN;
    case NOTICE_SHUTDOWN:
        return REPLY_NOTE;
    default:
        return REPLY_FAIL;
    }
}

static enum error notice_line_append(const struct irc *irc, enum notice notice, struct text detail,
                                     struct bytes *out)
{
    const struct wording *wording = &wordings[notice];
    struct irc_asker asker = irc_asker(irc);
    struct bytes words = {0};
    enum error error = bytes_append_text(&words, text_of(wording->sentence));
    if (error == ERR_OK && detail.count > 0) {
        error = bytes_format(&words, " (%.*s)", (int)detail.count, detail.data);
    }
    if (error == ERR_OK) {
        const struct text params[] = {notice_command(irc, notice), text_of(wording->code),
                                      bytes_text(&words)};
        error = irc_numeric_append(&asker, notice_verb(notice), params, 3, out);
    }
    bytes_finish(&words);
    return error;
}

/* Without memory it is not told: nothing depends on it. */
static void say_notice(struct irc *irc, enum notice notice, struct text detail)
{
    struct bytes line = {0};
    if (notice_line_append(irc, notice, detail, &line) == ERR_OK) {
        if (notice == NOTICE_NOT_SAVED) {
            irc_say_lines(irc, bytes_text(&line)); /* The answer to what was not passed on. */
        } else {
            irc_tell(irc, bytes_text(&line));
        }
    }
    bytes_finish(&line);
}

void irc_notice(struct irc *irc, enum notice notice, struct text detail, bool closes,
                const struct door_sink *sink)
{
    check((unsigned)notice < NOTICE_COUNT);
    /* Who has said QUIT still hears why less comes than was on its way. */
    if (irc->stage == IRC_STAGE_ENDED && !closes) {
        return;
    }
    const struct door_sink *before = irc->sink;
    irc->sink = sink;
    if (closes) {
        struct bytes line = {0};
        if (irc_error_append(notice, &line) == ERR_OK) {
            /* It is part of no answer, and the end of one that is under way. */
            sink->reply(sink->context, bytes_text(&line));
        }
        bytes_finish(&line);
        irc->stage = IRC_STAGE_ENDED;
    } else {
        say_notice(irc, notice, detail);
    }
    irc->sink = before;
}
