"""A small terminal: what a program's bytes make of an 80 x 24 screen, and a note of everything suspicious."""

import re
import unicodedata

_CSI = re.compile(r"\x1b\[([?>=!]?)([0-9;:]*)([ !\"$']?)([@-~])")
_OTHER = re.compile(r"\x1b(?:[()*+][0-9A-Za-z]|[78=>cDEHM])")
_OSC = re.compile(r"\x1b[\]PX^_](?:[^\x07\x1b]*)(?:\x07|\x1b\\)")


def width_of(char):
    """Columns that a character takes."""
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    if "\u1160" <= char <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


class Screen:
    """Rows of cells; a wide character's second cell holds ""."""

    def __init__(self, columns=80, rows=24):
        self.columns, self.row_count = columns, rows
        self.cells = [[" "] * columns for _ in range(rows)]
        self.x = self.y = 0
        self.scrolled = []  # rows that left at the top
        self.suspicious = []  # titles, reports asked for, bells, C1 controls, whatever is not known
        self.answers = []  # to questions about the cursor's place, for whoever holds the terminal
        self.question_count = 0
        self._wrap_pending = False
        self._saved = (0, 0)
        self._bytes = b""
        self._text = ""

    def resize(self, columns, rows):
        """Keeps the lower left of what is there, as many terminals do."""
        cells = [(row + [" "] * columns)[:columns] for row in self.cells]
        lost = max(0, self.y + 1 - rows)
        self.scrolled += [self._row_text(row) for row in cells[:lost]]
        self.cells = (cells[lost:] + [[" "] * columns for _ in range(rows)])[:rows]
        self.columns, self.row_count = columns, rows
        self.x, self.y = min(self.x, columns - 1), self.y - lost
        self._wrap_pending = False

    def feed(self, data):
        """Takes bytes in pieces of any size."""
        self._bytes += data
        try:
            text, self._bytes = self._bytes.decode(), b""
        except UnicodeDecodeError as error:
            if len(self._bytes) - error.start >= 4 or error.reason != "unexpected end of data":
                self.suspicious.append(f"not UTF-8: {self._bytes!r}")
                text, self._bytes = self._bytes.decode(errors="replace"), b""
            else:
                text, self._bytes = self._bytes[: error.start].decode(), self._bytes[error.start :]
        self._text += text
        while self._text and self._step():
            pass

    def _step(self):
        char = self._text[0]
        if char != "\x1b":
            self._text = self._text[1:]
            self._control(char) if ord(char) < 32 or 127 <= ord(char) < 160 else self._print(char)
            return True
        for pattern, act in ((_CSI, self._csi), (_OTHER, self._escape), (_OSC, self._osc)):
            if found := pattern.match(self._text):
                self._text = self._text[found.end() :]
                act(found)
                return True
        if len(self._text) > 200:
            self.suspicious.append(f"unknown sequence {self._text[:20]!r}")
            self._text = self._text[1:]
            return True
        return False  # the rest of the sequence has not come yet

    def _osc(self, found):
        self.suspicious.append(f"string sequence {found[0]!r}")

    def _escape(self, found):
        code = found[0][1]
        if code == "7":
            self._saved = (self.x, self.y)
        elif code == "8":
            self.x, self.y = self._saved
        elif code in "DE":
            self.x = 0 if code == "E" else self.x
            self._line_feed()
        elif code in "cHM":
            self.suspicious.append(f"escape {found[0]!r}")

    def _csi(self, found):
        private, given, _, final = found.groups()
        numbers = [int(n) if n else 0 for n in re.split("[;:]", given)] if given else []
        count = max(1, numbers[0]) if numbers else 1
        mode = numbers[0] if numbers else 0
        self._wrap_pending = False
        if private or final in "mhlrt":
            return
        if final == "A":
            self.y = max(0, self.y - count)
        elif final in "Be":
            self.y = min(self.row_count - 1, self.y + count)
        elif final in "Ca":
            self.x = min(self.columns - 1, self.x + count)
        elif final == "D":
            self.x = max(0, self.x - count)
        elif final in "G`":
            self.x = min(self.columns, count) - 1
        elif final == "d":
            self.y = min(self.row_count, count) - 1
        elif final in "Hf":
            self.y = min(self.row_count, count) - 1
            self.x = min(self.columns, max(1, numbers[1]) if len(numbers) > 1 else 1) - 1
        elif final in "JK":
            self._erase(final, mode)
        elif final in "P@X":
            self._shift(final, count)
        elif final == "n" and mode == 6:
            self.question_count += 1
            self.answers.append(f"\x1b[{self.y + 1};{self.x + 1}R")
        elif final == "s":
            self._saved = (self.x, self.y)
        elif final == "u":
            self.x, self.y = self._saved
        else:
            self.suspicious.append(f"control sequence {found[0]!r}")

    def _erase(self, final, mode):
        row = self.cells[self.y]
        before, after = mode in (1, 2), mode in (0, 2)
        for x in range(self.columns):
            if (after and x >= self.x) or (before and x <= self.x):
                row[x] = " "
        if final == "J":
            for y in range(self.row_count):
                if (after and y > self.y) or (before and y < self.y):
                    self.cells[y] = [" "] * self.columns

    def _shift(self, final, count):
        row = self.cells[self.y]
        blanks = [" "] * min(count, self.columns - self.x)
        if final == "P":
            row[self.x :] = row[self.x + len(blanks) :] + blanks
        elif final == "@":
            row[self.x :] = (blanks + row[self.x :])[: self.columns - self.x]
        else:
            row[self.x : self.x + len(blanks)] = blanks

    def _control(self, char):
        self._wrap_pending = False
        if char == "\r":
            self.x = 0
        elif char == "\n":
            self._line_feed()
        elif char == "\b":
            self.x = max(0, self.x - 1)
        elif char == "\t":
            self.x = min(self.columns - 1, (self.x // 8 + 1) * 8)
        elif char not in "\x00\x0e\x0f":
            self.suspicious.append(f"control character {char!r}")

    def _line_feed(self):
        if self.y == self.row_count - 1:
            self.scrolled.append(self._row_text(self.cells.pop(0)))
            self.cells.append([" "] * self.columns)
        else:
            self.y += 1

    def _print(self, char):
        width = width_of(char)
        if width == 0:
            at = max(0, self.x - 1)
            while at and self.cells[self.y][at] == "":
                at -= 1
            self.cells[self.y][at] += char
            return
        if width > self.columns:
            char, width = " ", 1
        if self._wrap_pending or self.x + width > self.columns:
            self.x = 0
            self._line_feed()
        self._wrap_pending = False
        row = self.cells[self.y]
        # Half of a wide character that is overwritten leaves a blank.
        if row[self.x] == "" and self.x:
            row[self.x - 1] = " "
        end = self.x + width
        if end < self.columns and row[end] == "":
            row[end] = " "
        row[self.x] = char
        if width == 2:
            row[self.x + 1] = ""
        self.x = end
        if self.x >= self.columns:
            self.x, self._wrap_pending = self.columns - 1, True

    @staticmethod
    def _row_text(row):
        return "".join(row).rstrip()

    def rows(self):
        """All rows with something on them, those that scrolled away first."""
        rows = self.scrolled + [self._row_text(row) for row in self.cells]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def current(self):
        """The row that the cursor is on."""
        return self._row_text(self.cells[self.y])
