"""The fixed words of madang in the languages that it speaks: what the console and the client show."""

import re


class Words:
    """The console's lines in one language."""

    def __init__(self, joined, count, left, vanished):
        self._joined, self._count, self._left, self._vanished = joined, count, left, vanished

    def joined(self, name):
        return self._joined.format(name)

    def count(self, number):
        return self._count.format(number)

    def left(self, name):
        return self._left.format(name)

    def vanished(self, name):
        return self._vanished.format(name)

    def is_count(self, line):
        return re.fullmatch(re.escape(self._count).replace(r"\{\}", r"\d+"), line) is not None


KOREAN = Words("[{}] 접속", "[{}]명의 사용자 접속 중", "[{}] 접속 종료", "[{}] 비정상 종료")
ENGLISH = Words("[{}] joined", "[{}] connected", "[{}] left", "[{}] vanished")

CLIENT_ENDED = "접속 해제"


def is_error(line, code=None):
    """Whether a line is `! code: one sentence`."""
    found = re.fullmatch(r"! ([a-z0-9-]+): (\S.*)", line)
    return found is not None and (code is None or found[1] == code)
