"""The real madangd, started on a port of the kernel's choice, watched on both of its outputs, ended by pid."""

import os
import re
import resource
import signal
import sqlite3
import subprocess
from pathlib import Path

import words
from plain_client import PlainClient
from streams import PATIENCE_S, Lines, wait_until

REPO = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("MADANG_BUILD", REPO / "build")).resolve()
MADANGD = BUILD / "madangd"
MADANG = BUILD / "madang"

# The specification gives 5 s; a busy machine and sanitizers get some more before a test calls it broken.
EXIT_S = 15

_REPORT = re.compile(r"(ERROR|WARNING): \w+Sanitizer|runtime error:|check failed|[Aa]ssertion")


def environment(**more):
    """A small environment, the C locale, and the sanitizers' own settings."""
    kept = {key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS") or key == "PATH"}
    return {"LC_ALL": "C", "HOME": "/nonexistent", **kept, **more}


def has_sanitizer(program=MADANGD):
    data = program.read_bytes()
    return any(mark in data for mark in (b"__asan_init", b"__tsan_init", b"__ubsan_handle"))


def assert_no_report(text):
    assert not _REPORT.search(text), text


class Server:
    """One running madangd. `console` and `errors` are its two outputs."""

    def __init__(self, data, *args, config=None, listen="127.0.0.1:0", env=None, limits=None, prefix=(), console=True,
                 language=words.KOREAN, default_data=False):
        """default_data: no --data is given, `data` is where the server is to store all the same."""
        self.data = Path(data)
        self.words = language
        argv = [*prefix, str(MADANGD)]
        if not default_data:
            argv += ["--data", str(data)]
        if listen is not None:
            argv += ["--listen", listen]
        if config is not None:
            argv += ["--config", str(config)]
        argv += [str(arg) for arg in args]

        def lower_limits():
            for which, value in (limits or {}).items():
                resource.setrlimit(which, (value, value))

        self.process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env or environment(),
            preexec_fn=lower_limits if limits else None,
        )
        self.pid = self.process.pid
        self.errors = Lines(self.process.stderr, "madangd's stderr")
        # A test may leave the console unread, to fill its pipe.
        self.console = Lines(self.process.stdout, "the console") if console else None
        self.host = (listen or "127.0.0.1:0").rpartition(":")[0].strip("[]")
        self.port = None

    def wait_ready(self):
        """Waits for the line that says where the server listens."""
        pattern = re.compile(re.escape(self.host) + r"\]?:(\d+)\b")
        try:
            line = self.errors.until(lambda text: pattern.search(text))
        except AssertionError:
            self.kill()
            raise
        self.port = int(pattern.search(line)[1])
        assert self.port != 0, line
        return self

    def connect(self, **how):
        """A connection that has said nothing yet."""
        return PlainClient(self.port, host=self.host, **how)

    def join(self, name, **how):
        """A client that the console has announced."""
        client = PlainClient(self.port, name, host=self.host, **how)
        if self.console is not None:
            self.console.until(self.words.joined(name))
            counted = self.console.next()
            assert self.words.is_count(counted), counted
        return client

    def lets_in(self, name):
        """Whether a newcomer, who leaves again, is let in: it hears nothing but the end that it asks for."""
        with self.connect() as client:
            try:
                client.say(name)
                client.half_close()
                return client.socket.recv(4096) == b""
            except OSError:  # a reset: refused
                return False

    def expect_left(self, name):
        self.console.until(self.words.left(name))
        assert self.words.is_count(self.console.next())

    def expect_gone(self, name):
        """The name's leave of either kind, then the count."""
        kinds = (self.words.left(name), self.words.vanished(name))
        line = self.console.until(lambda text: text in kinds)
        assert self.words.is_count(self.console.next())
        return line

    def alive(self):
        return self.process.poll() is None

    def descriptor_count(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def rss_bytes(self):
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def send_signal(self, number):
        os.kill(self.pid, number)

    def wait_exit(self, status, seconds=EXIT_S):
        try:
            got = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"madangd did not end; stderr:\n{self.errors.text()}") from None
        self.errors.end()
        assert_no_report(self.errors.text())
        assert got == status, f"exit status {got}, wanted {status}; stderr:\n{self.errors.text()}"

    def stop(self, number=signal.SIGTERM):
        """Ends the server as an operator does: exit 0, in time, without a sanitizer's report."""
        if self.process.returncode is None:
            assert self.alive(), f"madangd had ended by itself; stderr:\n{self.errors.text()}"
            self.send_signal(number)
            self.wait_exit(0)

    def kill(self):
        """kill -9, for the tests of storage and for cleaning up."""
        if self.process.returncode is None:
            self.process.kill()
            self.process.wait()

    def close(self):
        self.kill()
        self.process.stdout.close()
        self.process.stderr.close()


def run_madangd(*args, env=None, seconds=PATIENCE_S, **popen):
    """Runs madangd for something that ends at once; returns the finished process, texts decoded."""
    try:
        done = subprocess.run([str(MADANGD), *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True,
                              env=env or environment(), timeout=seconds, check=False, **popen)
    except subprocess.TimeoutExpired as late:
        raise AssertionError(f"madangd {args} went on; stderr: {late.stderr}") from None
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    assert_no_report(done.stderr)
    return done


def stored(data):
    """The rows of the message table in the order of their numbers."""
    base = sqlite3.connect(f"file:{Path(data) / 'madang.db'}?mode=rw", uri=True, timeout=PATIENCE_S)
    try:
        return base.execute("SELECT seq, time_ms, channel, nick, text FROM message ORDER BY seq").fetchall()
    finally:
        base.close()


def wait_stored_count(data, count):
    return wait_until(lambda: len(rows := stored(data)) >= count and rows, f"{count} rows stored")
