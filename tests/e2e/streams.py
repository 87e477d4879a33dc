"""Lines from a pipe, awaited: a thread reads, the test waits for what it expects and never sleeps."""

import os
import threading
import time

# How long a test waits for something that must come. Only a failing test waits so long.
PATIENCE_S = float(os.environ.get("MADANG_TEST_PATIENCE", "25"))


def wait_until(condition, what, seconds=PATIENCE_S):
    """Poll what has no event of its own (a file in /proc, a process); returns the condition's value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain: {what}")
        time.sleep(0.01)


class Lines:
    """The lines that a program writes to a pipe, taken one after the other."""

    def __init__(self, stream, name):
        self.name = name
        self.seen = []  # every whole line, taken or not
        self.tail = b""  # bytes after the last newline
        self.ended = False
        self._taken = 0
        self._changed = threading.Condition()
        self._stream = stream
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while True:
            try:
                data = os.read(self._stream.fileno(), 65536)
            except (OSError, ValueError):
                data = b""
            with self._changed:
                if not data:
                    self.ended = True
                    self._changed.notify_all()
                    return
                *whole, self.tail = (self.tail + data).split(b"\n")
                # A line that is not UTF-8 keeps its bytes as surrogates, so that no comparison can be met by it.
                self.seen += [line.decode("utf-8", "surrogateescape") for line in whole]
                self._changed.notify_all()

    def _story(self):
        shown = "\n".join("  " + repr(line) for line in self.seen[-40:])
        return f"{self.name} has shown {len(self.seen)} lines, {self._taken} taken:\n{shown}\n  tail {self.tail!r}"

    def next(self, seconds=PATIENCE_S):
        """The next line not yet taken."""
        with self._changed:
            self._changed.wait_for(lambda: self._taken < len(self.seen) or self.ended, seconds)
            if self._taken >= len(self.seen):
                why = "ended" if self.ended else "is silent"
                raise AssertionError(f"{self.name} {why}\n{self._story()}")
            self._taken += 1
            return self.seen[self._taken - 1]

    def expect(self, *lines):
        """The next lines are exactly these."""
        for line in lines:
            got = self.next()
            assert got == line, f"{self.name}: wanted {line!r}, got {got!r}\n{self._story()}"

    def until(self, match, seconds=PATIENCE_S):
        """Takes lines up to the first that matches (a text, or a function of the line)."""
        fits = match if callable(match) else lambda line: line == match
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self.next(max(0.01, deadline - time.monotonic()))
            except AssertionError as error:
                wanted = "a matching line" if callable(match) else repr(match)
                raise AssertionError(f"never came: {wanted}; {error}") from None
            if fits(line):
                return line

    def skip_seen(self):
        """Takes what is there already, and returns it."""
        with self._changed:
            lines = self.seen[self._taken :]
            self._taken = len(self.seen)
            return lines

    def end(self, seconds=PATIENCE_S):
        """Waits for the end of the pipe and returns the lines not yet taken."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.ended, seconds), f"no end of {self._story()}"
        return self.skip_seen()

    def text(self):
        """All that was written, for a failure's story or a search."""
        with self._changed:
            return "\n".join(self.seen) + "\n" + self.tail.decode("utf-8", "surrogateescape")
