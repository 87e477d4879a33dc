/*
 * CAP: which of IRCv3's extensions the client wants (IRCv3 capability-negotiation). What is in the
 * table is offered, and works; dialects say which of them change lines that many read.
 */
#include "door/irc_state.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

/* The version from which on values, several lines and cap-notify are understood. */
#define VERSION_302 302

#define NUMBER_TEXT(number) #number
#define NUMBER(number) NUMBER_TEXT(number)

struct capability {
    const char *name;
    const char *value; /* NULL without one. */
    enum irc_cap cap;
};

static const struct capability capabilities[IRC_CAP_COUNT] = {
    {"account-notify", NULL, IRC_CAP_ACCOUNT_NOTIFY},
    {"account-tag", NULL, IRC_CAP_ACCOUNT_TAG},
    {"away-notify", NULL, IRC_CAP_AWAY_NOTIFY},
    {"batch", NULL, IRC_CAP_BATCH},
    {"cap-notify", NULL, IRC_CAP_CAP_NOTIFY},
    {"chghost", NULL, IRC_CAP_CHGHOST},
    {"draft/channel-rename", NULL, IRC_CAP_RENAME},
    {"draft/extended-isupport", NULL, IRC_CAP_EXTENDED_ISUPPORT},
    {"draft/message-redaction", NULL, IRC_CAP_REDACTION},
    {"draft/metadata-3",
     "before-connect,max-subs=" NUMBER(METADATA_SUBS_MAX) ",max-keys=" NUMBER(
         METADATA_KEYS_MAX) ",max-value-bytes=" NUMBER(METADATA_VALUE_BYTES_MAX),
     IRC_CAP_METADATA},
    {"draft/multiline",
     "max-bytes=" NUMBER(MULTILINE_BYTES_MAX) ",max-lines=" NUMBER(MULTILINE_LINES_MAX),
     IRC_CAP_MULTILINE},
    {"draft/oper-tag", NULL, IRC_CAP_OPER_TAG},
    {"draft/pre-away", NULL, IRC_CAP_PRE_AWAY},
    {"echo-message", NULL, IRC_CAP_ECHO_MESSAGE},
    {"extended-join", NULL, IRC_CAP_EXTENDED_JOIN},
    {"extended-monitor", NULL, IRC_CAP_EXTENDED_MONITOR},
    {"invite-notify", NULL, IRC_CAP_INVITE_NOTIFY},
    {"labeled-response", NULL, IRC_CAP_LABELED_RESPONSE},
    {"message-tags", NULL, IRC_CAP_MESSAGE_TAGS},
    {"multi-prefix", NULL, IRC_CAP_MULTI_PREFIX},
    {"no-implicit-names", NULL, IRC_CAP_NO_IMPLICIT_NAMES},
    {"server-time", NULL, IRC_CAP_SERVER_TIME},
    {"setname", NULL, IRC_CAP_SETNAME},
    {"standard-replies", NULL, IRC_CAP_STANDARD_REPLIES},
    {"userhost-in-names", NULL, IRC_CAP_USERHOST_IN_NAMES},
};

dialect irc_dialect(const struct irc *irc)
{
    static const struct {
        uint32_t caps; /* All of them. */
        enum irc_dialect_bit bit;
    } bits[] = {
        {IRC_CAP_MESSAGE_TAGS, IRC_DIALECT_TAGS},
        {IRC_CAP_SERVER_TIME, IRC_DIALECT_TIME},
        {IRC_CAP_ACCOUNT_TAG, IRC_DIALECT_ACCOUNT},
        {IRC_CAP_EXTENDED_JOIN, IRC_DIALECT_EXTENDED_JOIN},
        {IRC_CAP_AWAY_NOTIFY, IRC_DIALECT_AWAY},
        {IRC_CAP_SETNAME, IRC_DIALECT_SETNAME},
        {IRC_CAP_MULTILINE | IRC_CAP_BATCH, IRC_DIALECT_MULTILINE},
        {IRC_CAP_RENAME, IRC_DIALECT_RENAME},
        {IRC_CAP_OPER_TAG, IRC_DIALECT_OPER},
        {IRC_CAP_INVITE_NOTIFY, IRC_DIALECT_INVITE},
        {IRC_CAP_EXTENDED_MONITOR, IRC_DIALECT_EXTENDED_MONITOR},
        {IRC_CAP_ACCOUNT_NOTIFY, IRC_DIALECT_ACCOUNT_NOTIFY},
        {IRC_CAP_CHGHOST, IRC_DIALECT_CHGHOST},
        {IRC_CAP_METADATA, IRC_DIALECT_METADATA},
        {IRC_CAP_REDACTION, IRC_DIALECT_REDACTION},
    };
    dialect spoken = DIALECT_IRC;
    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        if ((irc->caps & bits[i].caps) == bits[i].caps) {
            spoken |= (dialect)bits[i].bit;
        }
    }
    return spoken;
}

/* "CAP nick SUBCOMMAND [*] :list" */
static void say_cap(struct irc *irc, struct text subcommand, bool more_come, struct text list)
{
    struct irc_asker asker = irc_asker(irc);
    struct bytes out = {0};
    struct irc_line line;
    irc_line_begin(&line, &out);
    irc_line_source(&line, asker.server, TEXT_NONE, TEXT_NONE);
    irc_line_command(&line, TEXT("CAP"));
    irc_line_param(&line, asker.nick);
    irc_line_param(&line, subcommand);
    if (more_come) {
        irc_line_param(&line, TEXT("*"));
    }
    irc_line_last(&line, list, true);
    if (irc_line_end(&line) == ERR_OK) {
        irc_say_lines(irc, bytes_text(&out));
    } else {
        irc_give_up(irc);
    }
    bytes_finish(&out);
}

/* Bytes that a list may have in one line. */
static size_t list_room(const struct irc *irc, struct text subcommand)
{
    struct irc_asker asker = irc_asker(irc);
    /* ":server CAP nick LS * :" and CR LF. */
    size_t frame = 1 + asker.server.count + 5 + asker.nick.count + 1 + subcommand.count + 4 + 2;
    check(frame + 100 < IRC_LINE_BYTES_MAX);
    return IRC_LINE_BYTES_MAX - frame;
}

static enum error list_add(struct bytes *list, const struct capability *capability, bool with_value)
{
    bool has_value = with_value && capability->value != NULL;
    return bytes_format(list, "%s%s%s%s", list->count > 0 ? " " : "", capability->name,
                        has_value ? "=" : "", has_value ? capability->value : "");
}

/* Those of caps; in several lines for who understands that. */
static void say_list(struct irc *irc, struct text subcommand, uint32_t caps, bool is_302)
{
    size_t room = list_room(irc, subcommand);
    struct bytes list = {0};
    enum error error = ERR_OK;
    for (size_t i = 0; error == ERR_OK && i < IRC_CAP_COUNT; i++) {
        if ((caps & (uint32_t)capabilities[i].cap) == 0) {
            continue;
        }
        size_t before = list.count;
        bool with_value = is_302 && text_equal(subcommand, TEXT("LS"));
        error = list_add(&list, &capabilities[i], with_value);
        if (error != ERR_OK || list.count <= room) {
            continue;
        }
        list.count = before;
        if (!is_302) {
            break; /* All of them fit, whatever the server is called; but never a second line. */
        }
        say_cap(irc, subcommand, true, bytes_text(&list));
        bytes_clear(&list);
        error = list_add(&list, &capabilities[i], with_value);
    }
    if (error == ERR_OK) {
        say_cap(irc, subcommand, false, bytes_text(&list));
    } else {
        irc_give_up(irc);
    }
    bytes_finish(&list);
}

static void suspend_registration(struct irc *irc)
{
    if (irc->early != NULL) {
        irc->early->negotiating = true;
    }
}

static void run_ls(struct irc_call *call)
{
    struct irc *irc = call->irc;
    uint64_t version = 0;
    bool is_302 = irc_number(irc_param(call, 1), UINT32_MAX, &version) && version >= VERSION_302;
    suspend_registration(irc);
    if (is_302) {
        irc->cap_302 = true;
        irc->caps |= (uint32_t)IRC_CAP_CAP_NOTIFY;
    }
    say_list(irc, TEXT("LS"), UINT32_MAX, is_302);
}

/* Takes the first word off *list; false when there is none left. */
static bool word_take(struct text *list, struct text *out)
{
    size_t start = 0;
    while (start < list->count && list->data[start] == ' ') {
        start++;
    }
    size_t end = start;
    while (end < list->count && list->data[end] != ' ') {
        end++;
    }
    if (end == start) {
        return false;
    }
    *out = (struct text){.data = list->data + start, .count = end - start};
    *list = (struct text){.data = list->data + end, .count = list->count - end};
    return true;
}

/* The capability of that name; 0 when there is none. */
static uint32_t cap_find(struct text name)
{
    for (size_t i = 0; i < IRC_CAP_COUNT; i++) {
        if (text_equal(name, text_of(capabilities[i].name))) {
            return (uint32_t)capabilities[i].cap;
        }
    }
    return 0;
}

/* What caps become by the list; false when something of it is not to be had. */
static bool caps_change(struct text list, uint32_t *caps)
{
    struct text word;
    while (word_take(&list, &word)) {
        bool off = word.data[0] == '-';
        if (off) {
            word = (struct text){.data = word.data + 1, .count = word.count - 1};
        }
        uint32_t cap = cap_find(word);
        if (cap == 0) {
            return false;
        }
        *caps = off ? *caps & ~cap : *caps | cap;
    }
    return true;
}

static void run_req(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text list = irc_param(call, 1);
    uint32_t caps = irc->caps;
    suspend_registration(irc);
    /* An ACK that had to be cut would not be one. */
    if (list.count > list_room(irc, TEXT("ACK")) || !caps_change(list, &caps)) {
        say_cap(irc, TEXT("NAK"), false, list);
        return;
    }
    if (irc->cap_302) {
        caps |= (uint32_t)IRC_CAP_CAP_NOTIFY; /* It goes with the version. */
    }
    say_cap(irc, TEXT("ACK"), false, list);
    dialect before = irc_dialect(irc);
    irc->caps = caps;
    if (irc_dialect(irc) != before && irc->early == NULL) {
        irc->sink->dialect(irc->sink->context);
    }
}

static bool run_end(struct irc *irc)
{
    if (irc->early == NULL) {
        return true;
    }
    irc->early->negotiating = false;
    return irc_register(irc);
}

bool irc_run_cap(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text subcommand = irc_param(call, 0);
    if (!irc_is_idle(irc)) {
        return false;
    }
    if (irc_word_equal(subcommand, TEXT("LS"))) {
        run_ls(call);
    } else if (irc_word_equal(subcommand, TEXT("LIST"))) {
        say_list(irc, TEXT("LIST"), irc->caps, irc->cap_302);
    } else if (irc_word_equal(subcommand, TEXT("REQ"))) {
        run_req(call);
    } else if (irc_word_equal(subcommand, TEXT("END"))) {
        return run_end(irc);
    } else {
        IRC_SAY(irc, ERR_INVALIDCAPCMD, subcommand);
    }
    return true;
}
