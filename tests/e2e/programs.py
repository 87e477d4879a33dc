"""People at their programs: nc, our client and the report's, each typed to through a pipe."""

import subprocess
import sys
from pathlib import Path

from madang_server import MADANG, assert_no_report, environment
from streams import PATIENCE_S, Lines
from words import CLIENT_ENDED

HERE = Path(__file__).resolve().parent


class Program:
    """A program with its stdin, stdout and stderr in pipes."""

    def __init__(self, argv, name, env=None):
        self.name = name
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=env or environment())
        self.screen = Lines(self.process.stdout, f"{name}'s screen")
        self.errors = Lines(self.process.stderr, f"{name}'s stderr")

    def type(self, line):
        """One line and Enter."""
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def end_of_input(self):
        self.process.stdin.close()

    def wait_exit(self, seconds=PATIENCE_S):
        """The exit status; the program must end by itself."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"did not end: {self.screen.text()}\n{self.errors.text()}") from None
        self.errors.end()
        assert_no_report(self.errors.text())
        return status

    def close(self):
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                pipe.close()
            except BrokenPipeError:
                pass

    # What this kind of program prints by itself, before and after what the server sends.
    def opening(self):
        return [f"[{self.name}] 접속"]

    def closing(self):
        return [CLIENT_ENDED]


class OurClient(Program):
    """build/madang in a pipe."""

    def __init__(self, port, name, *options, host="127.0.0.1", env=None):
        super().__init__([str(MADANG), "--server", f"{host}:{port}", *options, name], name, env)


class ReportClient(Program):
    """The report's client."""

    def __init__(self, port, name):
        super().__init__([sys.executable, str(HERE / "report_client.py"), "127.0.0.1", str(port), name], name)


class Netcat(Program):
    """nc: the name is the first line that its person types. It prints only what the server sends."""

    def __init__(self, port, name):
        super().__init__(["nc", "127.0.0.1", str(port)], name)
        self.type(name)

    def opening(self):
        return []

    def closing(self):
        return []


class ReportServer(Program):
    """The report's server; `screen` is its console."""

    def __init__(self):
        super().__init__([sys.executable, str(HERE / "report_server.py")], "the report's server")
        self.port = int(self.errors.next().rpartition(":")[2])
