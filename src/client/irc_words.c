/* Tables: a row for each fault and each answer that a person is likely to meet. Whatever else a
 * server says about a fault is shown as it says it. */
#include "client/irc_words.h"

#include "base/lang.h"
#include "base/utf8.h"
#include "client/names.h"
#include "door/plain.h"

#include <string.h>

struct fault {
    const char *command; /* A numeric, or the code of a standard reply. */
    const char *code;
    const char *sentence;
};

/* What is not here may be one of the server's own words (door/plain.h), by its code. */
static const struct fault faults[] = {
    {"401", "no-such-name", N_("그런 사람이 없습니다")},
    {"403", "no-such-room", N_("그런 방이 없습니다")},
    {"404", "not-allowed", N_("이 방에 글을 쓸 수 없습니다")},
    {"405", "too-many-rooms", N_("더는 방에 들어갈 수 없습니다")},
    {"417", "too-long", N_("줄이 너무 깁니다")},
    {"421", "unknown-command", N_("서버가 모르는 명령입니다")},
    {"432", "bad-name", N_("쓸 수 없는 이름입니다")},
    {"433", "name-in-use", N_("이미 쓰이고 있는 이름입니다")},
    {"436", "name-in-use", N_("이미 쓰이고 있는 이름입니다")},
    {"437", "name-in-use", N_("지금은 쓸 수 없는 이름입니다")},
    {"442", "not-in-room", N_("들어가 있지 않은 방입니다")},
    {"451", "not-in", N_("아직 들어가지 못했습니다")},
    {"461", "usage", N_("빠진 것이 있습니다")},
    {"464", "bad-password", N_("비밀번호가 있어야 하는 서버이거나 비밀번호가 틀렸습니다")},
    {"465", "banned", N_("들어올 수 없도록 막혀 있습니다")},
    {"471", "room-full", N_("방이 가득 찼습니다")},
    {"473", "invite-only", N_("초대받은 사람만 들어갈 수 있는 방입니다")},
    {"474", "banned", N_("이 방에 들어갈 수 없도록 막혀 있습니다")},
    {"475", "bad-key", N_("방의 열쇠가 없거나 틀렸습니다")},
    {"476", "bad-room", N_("방 이름이 될 수 없습니다")},
    {"477", "not-allowed", N_("등록한 사람만 할 수 있습니다")},
    {"481", "not-allowed", N_("권한이 없습니다")},
    {"482", "not-allowed", N_("방의 운영자만 할 수 있습니다")},
    {"CANNOT_SAVE", "not-saved", N_("저장할 수 없어 글을 전하지 않았습니다")},
    {"INVALID_UTF8", "bad-utf8", N_("UTF-8이 아니어서 전하지 않았습니다")},
};

/* $0 to $9 are params, $n is whom the line is from. Numerics have our own nick as $0. */
struct telling {
    const char *command;
    bool always; /* Without being asked for. */
    const char *words;
};

static const struct telling tellings[] = {
    {"KICK", true, N_("! kicked: $n님이 $0에서 내보냈습니다: $2")},
    {"INVITE", true, N_("$n님이 $1에 초대했습니다")},
    {"TOPIC", true, N_("$0의 주제 ($n): $1")},
    {"301", true, N_("$1님은 자리에 없습니다: $2")},
    {"305", false, N_("자리에 돌아왔다고 알렸습니다")},
    {"306", false, N_("자리에 없다고 알렸습니다")},
    {"322", false, "$1 ($2) $3"},
    {"331", false, N_("$1: 주제가 없습니다")},
    {"332", false, N_("$1의 주제: $2")},
    {"352", false, "$5 ($2@$3) $1 $6 $7"},
    {"353", false, "$2: $3"},
    {"470", true, N_("$1 대신 $2에 들어갑니다")},
    /* Beginnings, ends, and who set a topic when. */
    {"315", false, ""},
    {"321", false, ""},
    {"323", false, ""},
    {"333", false, ""},
    {"366", false, ""},
};

int irc_numeric_of(struct text command)
{
    int value = 0;
    for (size_t i = 0; i < command.count; i++) {
        if (command.count != 3 || command.data[i] < '0' || command.data[i] > '9') {
            return -1;
        }
        value = value * 10 + (command.data[i] - '0');
    }
    return command.count == 3 ? value : -1;
}

struct text irc_param(const struct irc_message *message, uint32_t index)
{
    return index < message->param_count ? message->params[index] : TEXT_NONE;
}

struct text irc_nick_of(const struct irc_message *message)
{
    struct text nick = message->source;
    const char *end = nick.count > 0 ? memchr(nick.data, '!', nick.count) : NULL;
    nick.count = end == NULL ? nick.count : (size_t)(end - nick.data);
    return nick;
}

enum error irc_text_append(struct text text, struct bytes *out)
{
    /* Bytes that are not UTF-8 are for whoever shows the line: they get a sign of their own. */
    return utf8_valid(text) ? plain_readable_append(text, out) : bytes_append_text(out, text);
}

/* Faults. */

static bool is_command(const struct irc_message *message, const char *command)
{
    return text_equal(message->command, text_of(command));
}

static bool is_standard_reply(const struct irc_message *message)
{
    return is_command(message, "FAIL") || is_command(message, "WARN");
}

bool irc_is_error(const struct irc_message *message)
{
    int numeric = irc_numeric_of(message->command);
    bool is_fault = (numeric >= 400 && numeric <= 599) || numeric == 696 || numeric == 734;
    return (is_fault && numeric != 470) || is_command(message, "ERROR") ||
           is_standard_reply(message);
}

static const struct fault *find_fault(struct text command)
{
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        if (text_equal(command, text_of(faults[i].command))) {
            return &faults[i];
        }
    }
    return NULL;
}

/* The server's own word of that code, or NOTICE_COUNT. */
static enum notice find_notice(struct text code)
{
    for (int i = 0; i < NOTICE_COUNT; i++) {
        if (name_same(code, text_of(notice_code((enum notice)i)))) {
            return (enum notice)i;
        }
    }
    return NOTICE_COUNT;
}

/* A fault in the person's language; subject, if there is one, is what it is about. */
static enum error known_line(const struct fault *fault, struct text subject, struct bytes *out)
{
    enum error error = bytes_format(out, "! %s: %s", fault->code, gettext(fault->sentence));
    if (error == ERR_OK && subject.count > 0) {
        error = bytes_append_text(out, TEXT(": "));
    }
    return error == ERR_OK ? irc_text_append(subject, out) : error;
}

/* A fault in the server's words. "SOME_FAULT" and "some-fault" are one code. */
static enum error unknown_line(struct text code, struct text words, struct bytes *out)
{
    enum error error = bytes_append_text(out, TEXT("! "));
    size_t before = out->count;
    if (error == ERR_OK) {
        error = text_append_visible(out, code);
    }
    for (size_t i = before; i < out->count; i++) {
        char byte = out->data[i];
        out->data[i] = byte == '_' ? '-' : byte >= 'A' && byte <= 'Z' ? (char)(byte + 32) : byte;
    }
    if (error == ERR_OK) {
        error = bytes_append_text(out, TEXT(": "));
    }
    return error == ERR_OK ? irc_text_append(words, out) : error;
}

/* What stands before the first ':', which madangd puts behind a code: "too-many: Too many". */
static struct text code_before_colon(struct text words)
{
    const char *colon = words.count > 0 ? memchr(words.data, ':', words.count) : NULL;
    words.count = colon == NULL ? 0 : (size_t)(colon - words.data);
    return words;
}

enum error irc_error_line(const struct irc_message *message, struct bytes *out)
{
    uint32_t last = message->param_count == 0 ? 0 : message->param_count - 1;
    struct text words = irc_param(message, last);
    bool is_end = is_command(message, "ERROR");
    bool is_standard = is_standard_reply(message);
    struct text code = is_end        ? code_before_colon(words)
                       : is_standard ? irc_param(message, 1)
                                     : message->command;
    const struct fault *fault = find_fault(code);
    if (fault != NULL) {
        /* Between our nick and the server's sentence stands what it is about. */
        struct text subject = !is_standard && last >= 2 ? irc_param(message, 1) : TEXT_NONE;
        return known_line(fault, subject, out);
    }
    enum notice notice = find_notice(code);
    if (notice != NOTICE_COUNT) {
        return notice_append(notice, TEXT_NONE, true, out);
    }
    return unknown_line(is_end ? TEXT("closed") : code, words, out);
}

/* Answers and news. */

static enum error expand(const char *words, const struct irc_message *message, struct bytes *out)
{
    enum error error = ERR_OK;
    for (; *words != '\0' && error == ERR_OK; words++) {
        if (words[0] != '$') {
            error = bytes_append(out, words, 1);
            continue;
        }
        words++;
        if (*words == '\0') {
            break;
        }
        struct text value =
            *words == 'n' ? irc_nick_of(message) : irc_param(message, (uint32_t)(*words - '0'));
        error = irc_text_append(value, out);
    }
    return error;
}

/* All that stands behind our nick. */
static enum error append_params(const struct irc_message *message, struct bytes *out)
{
    enum error error = ERR_OK;
    for (uint32_t i = 1; i < message->param_count && error == ERR_OK; i++) {
        if (i > 1) {
            error = bytes_append_text(out, TEXT(" "));
        }
        if (error == ERR_OK) {
            error = irc_text_append(message->params[i], out);
        }
    }
    return error;
}

enum error irc_told_line(const struct irc_message *message, bool asked, struct bytes *out)
{
    for (size_t i = 0; i < sizeof(tellings) / sizeof(tellings[0]); i++) {
        const struct telling *telling = &tellings[i];
        if (is_command(message, telling->command)) {
            bool told = (telling->always || asked) && telling->words[0] != '\0';
            return told ? expand(gettext(telling->words), message, out) : ERR_OK;
        }
    }
    bool is_answer = asked && irc_numeric_of(message->command) >= 0;
    if (is_command(message, "NOTE")) {
        return irc_text_append(irc_param(message, message->param_count - 1), out);
    }
    return is_answer ? append_params(message, out) : ERR_OK;
}
