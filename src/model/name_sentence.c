/* What is wrong with a name, in words: the server tells it, and the client beforehand. */
#include "model/name.h"

#include "base/lang.h"

_Static_assert(NAME_BYTES_MAX == 32, "the sentence for NAME_TOO_LONG states the bound");

const char *name_verdict_sentence(enum name_verdict verdict)
{
    switch (verdict) {
    case NAME_EMPTY:
        return _("이름이 비어 있습니다");
    case NAME_TOO_LONG:
        return _("이름은 32바이트까지입니다");
    case NAME_NOT_UTF8:
        return _("이름이 UTF-8이 아닙니다");
    case NAME_CONTROL:
        return _("이름에 제어 문자가 들어 있습니다");
    case NAME_INVISIBLE:
        return _("이름에 보이지 않는 문자나 방향 문자가 들어 있습니다");
    case NAME_SPACE:
        return _("이름에는 빈칸을 쓸 수 없습니다");
    case NAME_CHARACTER:
        return _("이름에 쓸 수 없는 문자가 들어 있습니다");
    case NAME_START:
        return _("이름은 숫자, '-', 결합 문자로 시작할 수 없습니다");
    case NAME_MARKS:
        return _("이름의 한 글자에 결합 문자가 너무 많습니다");
    case NAME_RESERVED:
        return _("서버가 쓰는 이름입니다");
    case NAME_OK:
        break;
    }
    return "";
}
