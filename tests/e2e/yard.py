"""A server with two witnesses who talk through everything: what must hold after every bad input."""

import itertools


class Yard:
    """`haneul` and `bada` stand in the lobby; a case happens beside them."""

    # They come from an address of their own, so that a test can exempt them from limits meant for the case's peer.
    ADDRESS = "127.0.0.2"

    def __init__(self, server):
        self.server = server
        self._numbers = itertools.count(1)
        self.writer = server.join("haneul", source=self.ADDRESS)
        self.reader = server.join("bada", source=self.ADDRESS)

    def seen(self):
        """The lines that the reading witness was shown up to now; a fence from the other one ends them."""
        fence = f"fence {next(self._numbers)}"
        self.writer.say(fence)
        return self.reader.until(f"[haneul] {fence}")

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
