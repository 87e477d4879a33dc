/*
 * The plain door's writing side: what members of a channel read, and the server's own words. Every
 * message that is delivered passes plain_render() once for each dialect, so it has a short way for
 * text that needs no escape.
 */
#include "door/plain.h"

#include "base/check.h"
#include "base/lang.h"
#include "base/utf8.h"

#include <string.h>

/* "[", "] " and a newline. */
#define FRAME_BYTES 4

static char *put(char *at, struct text text)
{
    memcpy(at, text.data, text.count);
    return at + text.count;
}

/* Nick and text are shown as they are: one reservation, no further test. */
static enum error render_clean(const struct effect *effect, bool newline, struct bytes *out)
{
    enum error error = bytes_reserve(out, effect->nick.count + effect->text.count + FRAME_BYTES);
    if (error != ERR_OK) {
        return error;
    }
    char *at = out->data + out->count;
    *at++ = '[';
    at = put(at, effect->nick);
    *at++ = ']';
    *at++ = ' ';
    at = put(at, effect->text);
    if (newline) {
        *at++ = '\n';
    }
    out->count = (size_t)(at - out->data);
    check(out->count <= out->capacity);
    return ERR_OK;
}

static enum error render_escaped(const struct effect *effect, bool newline, struct bytes *out)
{
    size_t count_before = out->count;
    enum error error = bytes_append_text(out, TEXT("["));
    if (error == ERR_OK) {
        error = text_append_visible(out, effect->nick);
    }
    if (error == ERR_OK) {
        error = bytes_append_text(out, TEXT("] "));
    }
    if (error == ERR_OK) {
        error = text_append_visible(out, effect->text);
    }
    if (error == ERR_OK && newline) {
        error = bytes_append_text(out, TEXT("\n"));
    }
    if (error != ERR_OK) {
        out->count = count_before;
    }
    return error;
}

enum error plain_render(const struct effect *effect, enum dialect dialect, struct bytes *out)
{
    if (effect->kind != EFFECT_MESSAGE || effect->nick.count == 0 || effect->text.count == 0) {
        return ERR_OK;
    }
    bool newline = dialect == DIALECT_PLAIN_LINE;
    if (text_is_visible(effect->text) && text_is_visible(effect->nick)) {
        return render_clean(effect, newline, out);
    }
    return render_escaped(effect, newline, out);
}

struct wording {
    const char *code;
    const char *sentence;
    bool detail_alone; /* A detail says it all: it stands in the sentence's place. */
};

static const struct wording wordings[PLAIN_ERROR_COUNT] = {
    [PLAIN_TIMEOUT] = {"timeout", N_("시간 안에 이름을 받지 못해 연결을 끊습니다"), false},
    [PLAIN_BAD_NAME] = {"bad-name", N_("쓸 수 없는 이름입니다"), true},
    [PLAIN_NAME_IN_USE] = {"name-in-use", N_("이미 쓰이고 있는 이름입니다"), true},
    [PLAIN_TOO_LONG] = {"too-long", N_("줄이 너무 깁니다"), true},
    [PLAIN_BAD_UTF8] = {"bad-utf8", N_("UTF-8이 아니어서 전하지 않았습니다"), false},
    [PLAIN_SENDQ] = {"sendq", N_("읽지 않은 글이 너무 많이 쌓여 연결을 끊습니다"), false},
    [PLAIN_FLOOD] = {"flood", N_("너무 빨리 너무 많이 보내서 연결을 끊습니다"), false},
    [PLAIN_SLOW_DOWN] = {"slow-down",
                         N_("이 주소에서 너무 자주 접속했습니다. 잠시 뒤에 다시 와 주십시오"),
                         false},
    [PLAIN_TOO_MANY] = {"too-many", N_("이 주소에서 너무 많이 접속해 있습니다"), false},
    [PLAIN_FULL] = {"full", N_("자리가 없습니다. 잠시 뒤에 다시 와 주십시오"), false},
    [PLAIN_NOT_MADANG] = {"not-madang", N_("마당 채팅 서버입니다. 모르는 규약으로 말씀하셨습니다"),
                          false},
    [PLAIN_NO_TLS] = {"no-tls", N_("이 서버는 TLS를 쓰지 않습니다"), false},
    [PLAIN_NOT_SAVED] = {"not-saved", N_("저장할 수 없어 글을 전하지 않았습니다"), false},
    [PLAIN_PENDING] = {"pending",
                       N_("글이 아직 저장되지 않았습니다. 저장되면 전하니 다시 보내지 마십시오"),
                       false},
    [PLAIN_SHUTDOWN] = {"shutdown", N_("서버를 닫습니다"), false},
};

const char *plain_error_code(enum plain_error error)
{
    check((unsigned)error < PLAIN_ERROR_COUNT);
    return wordings[error].code;
}

enum error plain_error_append(enum plain_error error, struct text detail, bool chunked,
                              struct bytes *out)
{
    check((unsigned)error < PLAIN_ERROR_COUNT);
    const struct wording *wording = &wordings[error];
    bool sentence = detail.count == 0 || !wording->detail_alone;
    size_t count_before = out->count;

    enum error result =
        bytes_format(out, "! %s: %s", wording->code, sentence ? gettext(wording->sentence) : "");
    if (result == ERR_OK && sentence && detail.count > 0) {
        result = bytes_append_text(out, TEXT(" ("));
    }
    if (result == ERR_OK) {
        result = text_append_visible(out, detail);
    }
    if (result == ERR_OK && sentence && detail.count > 0) {
        result = bytes_append_text(out, TEXT(")"));
    }
    if (result == ERR_OK && !chunked) {
        result = bytes_append_text(out, TEXT("\n"));
    }
    if (result != ERR_OK) {
        out->count = count_before;
    }
    return result;
}
