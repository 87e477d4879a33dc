/*
 * The plain door's other half: what becomes of a connection by what its session does, or by what
 * is done to it, and what it is told of that.
 */
#include "base/lang.h"
#include "door/plain_state.h"
#include "model/name.h"

#include <stdio.h>

/* The answer is a kindness: without memory the code alone goes out. */
void plain_say(const struct plain *plain, enum notice notice, struct text detail,
               const struct door_sink *sink)
{
    sink->fault(sink->context, notice);
    struct bytes line;
    bytes_init(&line);
    if (notice_append(notice, detail, plain->chunked, &line) == ERR_OK) {
        sink->reply(sink->context, bytes_text(&line));
    } else {
        char code[40];
        snprintf(code, sizeof(code), "! %s:%s", notice_code(notice), plain->chunked ? "" : "\n");
        sink->reply(sink->context, text_of(code));
    }
    bytes_finish(&line);
}

void plain_leave(struct plain *plain, enum leave_reason reason, const struct door_sink *sink)
{
    plain->state = PLAIN_ENDED;
    plain->skipping = false;
    plain->join_due = false;
    plain->piece_bytes = 0;
    sink->close(sink->context, reason, TEXT_NONE);
}

/* The lines of a refusal: what is said, and a detail that may be put together in words. */
struct refusal_words {
    enum notice notice;
    struct text detail;
    struct bytes words;
};

/* Why somebody cannot come in. A detail that finds no memory is left out. */
static void entry_refusal_say(const struct effect *effect, struct refusal_words *out)
{
    switch (effect->refusal) {
    case REFUSAL_NAME_BAD:
        out->notice = NOTICE_BAD_NAME;
        out->detail = text_of(name_verdict_sentence((enum name_verdict)effect->verdict));
        break;
    case REFUSAL_NAME_IN_USE:
        out->notice = NOTICE_NAME_IN_USE;
        break;
    case REFUSAL_NAME_LOOKS_LIKE:
        out->notice = NOTICE_NAME_IN_USE;
        /* Translators: the name that is present already. */
        if (bytes_format(&out->words, _("[%.*s]처럼 보입니다"), (int)effect->extra.count,
                         effect->extra.count > 0 ? effect->extra.data : "") == ERR_OK) {
            out->detail = bytes_text(&out->words);
        }
        break;
    case REFUSAL_BANNED:
        out->notice = NOTICE_BANNED;
        out->detail = effect->text;
        break;
    case REFUSAL_SERVER_CLOSED:
        out->notice = NOTICE_NOT_ALLOWED;
        out->detail = text_of(_("서버가 지금은 새로 오는 사람을 받지 않습니다"));
        break;
    case REFUSAL_KEY:
    case REFUSAL_INVITE_ONLY:
    case REFUSAL_REGISTERED_ONLY:
        out->notice = NOTICE_NOT_ALLOWED;
        out->detail = text_of(_("아무나 들어오는 방이 아닙니다"));
        break;
    case REFUSAL_NONE:
    case REFUSAL_NO_CHANNEL:
    case REFUSAL_NOT_MEMBER:
    case REFUSAL_MEMBER_ALREADY:
    case REFUSAL_TOO_MANY:
    case REFUSAL_NO_MEMORY:
    case REFUSAL_NO_NICK:
    case REFUSAL_TARGET_NOT_MEMBER:
    case REFUSAL_TARGET_MEMBER:
    case REFUSAL_FULL:
    case REFUSAL_CANNOT_SEND:
    case REFUSAL_CALLER_ID:
    case REFUSAL_NOT_OPERATOR:
    case REFUSAL_NO_PRIVILEGES:
    case REFUSAL_NO_MESSAGE:
    case REFUSAL_UNSUPPORTED:
        break;
    }
}

static void entry_refused(struct plain *plain, const struct effect *effect,
                          const struct door_sink *sink)
{
    struct refusal_words words = {.notice = NOTICE_FULL};
    entry_refusal_say(effect, &words);
    plain_say(plain, words.notice, words.detail, sink);
    bytes_finish(&words.words);
    if (plain->state != PLAIN_ENDED) {
        plain_leave(plain, LEAVE_ERROR, sink);
    }
}

/* The room stands against it, which is no fault of the disk. */
static bool is_forbidden(enum refusal refusal)
{
    return refusal == REFUSAL_CANNOT_SEND || refusal == REFUSAL_BANNED ||
           refusal == REFUSAL_REGISTERED_ONLY || refusal == REFUSAL_NOT_OPERATOR;
}

static void refused(struct plain *plain, const struct effect *effect, const struct door_sink *sink)
{
    if (effect->command_kind == COMMAND_OPEN || effect->command_kind == COMMAND_JOIN) {
        entry_refused(plain, effect, sink);
    } else if (effect->command_kind == COMMAND_MESSAGE && plain->state != PLAIN_ENDED) {
        if (is_forbidden(effect->refusal)) {
            plain_say(plain, NOTICE_NOT_ALLOWED, text_of(_("이 방에 글을 쓸 수 없습니다")), sink);
        } else {
            plain_say(plain, NOTICE_NOT_SAVED, TEXT_NONE, sink);
        }
    }
}

/* By an operator's hand: the words are told, made readable. */
static void put_out(struct plain *plain, const struct effect *effect, const struct door_sink *sink)
{
    struct bytes words = {0};
    BEST_EFFORT(plain_readable_append(effect->text, &words));
    plain_say(plain, NOTICE_KICKED, bytes_text(&words), sink);
    bytes_finish(&words);
    plain_leave(plain, LEAVE_KILLED, sink);
}

void plain_effect(struct plain *plain, const struct effect *effect, const struct door_sink *sink)
{
    switch (effect->kind) {
    case EFFECT_JOINED:
        if (plain->state == PLAIN_OPENING) {
            plain->state = PLAIN_JOINED;
        }
        break;
    case EFFECT_REFUSED:
        refused(plain, effect, sink);
        break;
    case EFFECT_KICKED:
        if (plain->state != PLAIN_ENDED) {
            put_out(plain, effect, sink);
        }
        break;
    case EFFECT_CLOSED:
        if (plain->state == PLAIN_ENDED) {
            break;
        }
        if (effect->reason == LEAVE_KILLED) {
            put_out(plain, effect, sink);
        } else {
            plain_leave(plain, effect->reason, sink);
        }
        break;
    case EFFECT_OPENED:
    case EFFECT_REPLIES:
    case EFFECT_PONG:
    case EFFECT_PARTED:
    case EFFECT_MESSAGE:
    case EFFECT_NICK:
    case EFFECT_AWAY:
    case EFFECT_SETNAME:
    case EFFECT_TOPIC:
    case EFFECT_MODE:
    case EFFECT_USER_MODE:
    case EFFECT_RENAMED:
    case EFFECT_INVITED:
    case EFFECT_WALLOPS:
    case EFFECT_METADATA:
    case EFFECT_REDACTED:
    case EFFECT_REHASH:
    case EFFECT_KIND_COUNT:
        break;
    }
}
