"""S03: the disk is full. A tiny file system of the test's own; needs root to mount it."""

import os
import subprocess

import pytest

from madang_server import EXIT_S, run_madangd, stored
from streams import wait_until
from words import is_error


@pytest.fixture
def small_disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount a file system of a few MiB")
    point = tmp_path / "disk"
    point.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m,mode=700", "madang-test", str(point)],
                             capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount a small file system here: {mounted.stderr.decode().strip()}")
    yield point
    subprocess.run(["umount", "-l", str(point)], check=True)


def fill(path):
    """Takes every free byte."""
    with open(path, "wb", buffering=0) as file:
        for bytes_count in (65536, 4096, 1):
            try:
                while True:
                    file.write(b"x" * bytes_count)
            except OSError:
                pass


class Talk:
    """One writer, one reader, and what became of each line that was said."""

    def __init__(self, server, house):
        self._writer = house.enter_context(server.join("writer"))
        self.answers = self._writer.lines()
        self.shown = house.enter_context(server.join("reader")).lines()
        self.outcomes = {}

    def say(self, text):
        """Says one line and waits for its outcome: "shown", or the code of the error."""
        answered = len(self.answers.seen)
        self._writer.say(text)
        wait_until(lambda: f"[writer] {text}" in self.shown.seen or len(self.answers.seen) > answered,
                   f"an outcome of {text[:20]!r}")
        if len(self.answers.seen) > answered:
            line = self.answers.seen[answered]
            assert is_error(line, "not-saved") or is_error(line, "pending"), line
            self.outcomes[text] = line[2:].partition(":")[0]
        else:
            self.outcomes[text] = "shown"
        return self.outcomes[text]


def shown_form(rows):
    return [f"[{nick}] {text}" for _, _, _, nick, text in rows]


@pytest.mark.slow
def test_S03_disk_full_and_room_again(small_disk, madangd, house):
    data = small_disk / "data"
    server = madangd(data=data)
    talk = Talk(server, house)
    assert talk.say("before") == "shown"
    fill(small_disk / "filler")

    lines = (f"line {number} " + "x" * 1000 for number in range(4000))
    for line in lines:
        if talk.say(line) != "shown":
            break
    else:
        raise AssertionError("the full disk was never noticed")
    for _ in range(5):
        assert talk.say(next(lines)) == "not-saved"
    # Nothing is shown that is not stored.
    assert talk.shown.seen == shown_form(stored(data))[: len(talk.shown.seen)]
    assert server.alive()

    # Room again: it recovers alone. The line that waited comes first; nobody has to say it twice.
    os.unlink(small_disk / "filler")
    pending = [f"[writer] {text}" for text, outcome in talk.outcomes.items() if outcome == "pending"]
    wait_until(lambda: set(pending) <= set(talk.shown.seen), "the waiting line is shown")
    attempts = (f"is there room? {number}" for number in range(3000))
    wait_until(lambda: talk.say(next(attempts)) == "shown", "a new line is shown")
    assert talk.say("after") == "shown"

    server.stop()
    owed = [f"[writer] {text}" for text, outcome in talk.outcomes.items() if outcome != "not-saved"]
    assert talk.shown.end() is not None
    shown = [line for line in talk.shown.seen if line.startswith("[")]
    assert shown == owed
    assert shown_form(stored(data)) == owed


def test_S03_disk_full_at_the_end(small_disk, madangd, house):
    """SIGTERM with the disk full: the server ends in time, and what it had shown is there."""
    data = small_disk / "data"
    server = madangd(data=data)
    talk = Talk(server, house)
    assert talk.say("before") == "shown"
    fill(small_disk / "filler")
    for number in range(4000):
        if talk.say(f"line {number} " + "x" * 1000) != "shown":
            break
    shown = list(talk.shown.seen)
    server.send_signal(15)
    server.process.wait(EXIT_S)
    assert server.process.returncode in (0, 1)
    os.unlink(small_disk / "filler")
    assert shown_form(stored(data))[: len(shown)] == shown


def test_C10_data_on_a_disk_that_is_only_read(small_disk, madangd, tmp_path):
    """Refused in one line, a store that is there and one that is not; nothing is touched."""
    server = madangd(data=small_disk / "data")
    with server.join("bob"):
        pass
    server.stop()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    before = sorted(path.name for path in (small_disk / "data").iterdir())
    for data in (small_disk / "data", small_disk / "other"):
        done = run_madangd("--listen", "127.0.0.1:0", "--data", data, cwd=tmp_path)
        assert done.returncode == 1 and done.stdout == "", done.stderr
        assert len(done.stderr.splitlines()) == 1 and str(data) in done.stderr, done.stderr
    assert sorted(path.name for path in (small_disk / "data").iterdir()) == before
