"""A server with two witnesses who talk through everything: what must hold after every bad input."""

import itertools

from streams import wait_until


class Yard:
    """`haneul` and `bada` stand in the lobby; a case happens beside them."""

    # They come from an address of their own, so that a test can exempt them from limits meant for the case's peer.
    ADDRESS = "127.0.0.2"

    def __init__(self, server):
        self.server = server
        self._numbers = itertools.count(1)
        self.writer = server.join("haneul", source=self.ADDRESS)
        self.reader = server.join("bada", source=self.ADDRESS)
        self.begin_case()

    def close(self):
        self.writer.close()
        self.reader.close()

    def begin_case(self):
        """What the console shows from here on belongs to the case."""
        self.server.console.skip_seen()
        self._case_start = len(self.server.console.seen)

    def seen(self):
        """The lines that the reading witness was shown up to now; a fence from the other one ends them."""
        return self.reader.until(self._say_fence())

    def console(self):
        """The case's lines on the console up to now, but those of the fences."""
        line = self._say_fence()
        self.reader.until(line)
        wait_until(lambda: line in self.server.console.seen[self._case_start :], "the fence on the console")
        return [line for line in self.server.console.seen[self._case_start :] if not line.startswith("[haneul] fence")]

    def _say_fence(self):
        text = f"fence {next(self._numbers)}"
        self.writer.say(text)
        return f"[haneul] {text}"

    def still_well(self):
        """The same process, and the witnesses hear each other: every line once and in order."""
        assert self.server.alive(), self.server.errors.text()
        self.seen()
        lines = [f"line {next(self._numbers)}" for _ in range(5)]
        self.writer.say(*lines)
        self.reader.expect(*(f"[haneul] {line}" for line in lines))
        answers = [f"answer {next(self._numbers)}" for _ in range(5)]
        self.reader.say(*answers)
        self.writer.until(f"[bada] {answers[0]}")
        self.writer.expect(*(f"[bada] {answer}" for answer in answers[1:]))
        # The console comes when it comes; what is still on its way would look like the next case's.
        wait_until(lambda: f"[bada] {answers[-1]}" in self.server.console.seen[self._case_start :], "the last answer on the console")

    def wait_alone(self):
        """Whoever the case brought has left, and the console has said so."""
        words = self.server.words

        def alone():
            self.seen()
            counts = [line for line in self.server.console.seen if words.is_count(line)]
            return counts[-1] == words.count(2)

        wait_until(alone, "the witnesses are alone")
