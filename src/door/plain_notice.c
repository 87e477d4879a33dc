/* The server's own words: their codes for every door, their sentences for plain people. */
#include "door/plain.h"

#include "base/check.h"
#include "base/lang.h"
#include "base/utf8.h"

struct wording {
    const char *code;
    const char *sentence;
    bool detail_alone; /* A detail says it all: it stands in the sentence's place. */
};

static const struct wording wordings[NOTICE_COUNT] = {
    [NOTICE_TIMEOUT] = {"timeout", N_("시간 안에 이름을 받지 못해 연결을 끊습니다"), false},
    [NOTICE_BAD_NAME] = {"bad-name", N_("쓸 수 없는 이름입니다"), true},
    [NOTICE_NAME_IN_USE] = {"name-in-use", N_("이미 쓰이고 있는 이름입니다"), true},
    [NOTICE_TOO_LONG] = {"too-long", N_("줄이 너무 깁니다"), true},
    [NOTICE_BAD_UTF8] = {"bad-utf8", N_("UTF-8이 아니어서 전하지 않았습니다"), false},
    [NOTICE_SENDQ] = {"sendq", N_("읽지 않은 글이 너무 많이 쌓여 연결을 끊습니다"), false},
    [NOTICE_FLOOD] = {"flood", N_("너무 빨리 너무 많이 보내서 연결을 끊습니다"), false},
    [NOTICE_SLOW_DOWN] = {"slow-down",
                          N_("이 주소에서 너무 자주 접속했습니다. 잠시 뒤에 다시 와 주십시오"),
                          false},
    [NOTICE_TOO_MANY] = {"too-many", N_("이 주소에서 너무 많이 접속해 있습니다"), false},
    [NOTICE_FULL] = {"full", N_("자리가 없습니다. 잠시 뒤에 다시 와 주십시오"), false},
    [NOTICE_NOT_MADANG] = {"not-madang", N_("마당 채팅 서버입니다. 모르는 규약으로 말씀하셨습니다"),
                           false},
    [NOTICE_NO_TLS] = {"no-tls", N_("이 서버는 TLS를 쓰지 않습니다"), false},
    [NOTICE_NOT_SAVED] = {"not-saved", N_("저장할 수 없어 글을 전하지 않았습니다"), false},
    [NOTICE_PENDING] = {"pending",
                        N_("글이 아직 저장되지 않았습니다. 저장되면 전하니 다시 보내지 마십시오"),
                        false},
    [NOTICE_SHUTDOWN] = {"shutdown", N_("서버를 닫습니다"), false},
    [NOTICE_BANNED] = {"banned", N_("들어올 수 없도록 막혀 있습니다"), false},
    [NOTICE_KICKED] = {"kicked", N_("내보내졌습니다"), false},
    [NOTICE_NOT_ALLOWED] = {"not-allowed", N_("지금은 허락되지 않습니다"), false},
};

const char *notice_code(enum notice notice)
{
    check((unsigned)notice < NOTICE_COUNT);
    return wordings[notice].code;
}

enum error notice_append(enum notice notice, struct text detail, bool chunked, struct bytes *out)
{
    check((unsigned)notice < NOTICE_COUNT);
    const struct wording *wording = &wordings[notice];
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
