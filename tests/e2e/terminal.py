"""A program on a terminal of its own: a pty of 80 x 24 with a screen that the test can look at."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading

from madang_server import MADANG, environment
from screen import Screen
from streams import PATIENCE_S


class Terminal:
    """Our client, or any program, on a pty."""

    def __init__(self, argv, name="", env=None, columns=80, rows=24):
        self.name = name
        self.screen = Screen(columns, rows)
        self.raw = b""
        self.ended = False
        self._changed = threading.Condition()
        # The test keeps the terminal's own end open, to see how the program leaves it.
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(argv, stdin=self.slave, stdout=self.slave, stderr=self.slave,
                                        env=env or environment(TERM="xterm"), start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while True:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                data = b""
            with self._changed:
                if not data:
                    self.ended = True
                    self._changed.notify_all()
                    return
                self.raw += data
                self.screen.feed(data)
                answers, self.screen.answers = self.screen.answers, []
                self._changed.notify_all()
            for answer in answers:
                self.keys(answer)

    def type(self, line):
        """One line and Enter."""
        self.keys(line + "\r")

    def keys(self, text):
        os.write(self.master, text.encode() if isinstance(text, str) else text)

    def picture(self):
        rows = "\n".join("  |" + row for row in self.screen.rows())
        return f"the screen of {self.name}:\n{rows}\n  cursor {self.screen.x},{self.screen.y}; raw ends {self.raw[-300:]!r}"

    def wait(self, condition, what, seconds=PATIENCE_S):
        """Waits until the screen fulfils the condition."""
        with self._changed:
            met = self._changed.wait_for(lambda: condition(self.screen) or self.ended, seconds)
            assert met and condition(self.screen), f"never on the screen: {what}; {self.picture()}"

    def wait_row(self, row):
        self.wait(lambda screen: row in screen.rows(), repr(row))

    def wait_typed(self, text):
        """The row of the cursor ends with what was typed, the cursor after it."""
        self.wait(lambda screen: screen.current().endswith(text), f"{text!r} being typed")

    def resize(self, columns, rows):
        with self._changed:
            self.screen.resize(columns, rows)
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait_exit(self, seconds=PATIENCE_S):
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"did not end; {self.picture()}") from None
        return status

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.slave)
        self._thread.join(PATIENCE_S)
        os.close(self.master)


class OurTerminal(Terminal):
    """build/madang on a terminal."""

    def __init__(self, port, name, *options, env=None, **size):
        super().__init__([str(MADANG), "--server", f"127.0.0.1:{port}", *options, name], name, env, **size)
