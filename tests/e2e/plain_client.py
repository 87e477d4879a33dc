"""A plain client that is nothing but a socket: what a test needs to see of the wire, byte by byte."""

import re
import socket
import struct
import time

from streams import PATIENCE_S, Lines
from words import is_error


class PlainClient:
    """One connection to the plain door. Lines in, lines out; raw bytes for what is not lines."""

    def __init__(self, port, name=None, source=None, host="127.0.0.1", receive_buffer=None, terminator=b"\n"):
        self.name = name
        self.terminator = terminator
        self._unread = b""
        self._seen = []
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source is not None:
            self.socket.bind((source, 0))
        self.socket.connect((host, port))
        if name is not None:
            self.say(name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.socket.sendall(data)

    def say(self, *texts):
        """Sends each text as this client ends its lines."""
        self.send(b"".join(text.encode() + self.terminator for text in texts))

    def _story(self):
        return f"{self.name or 'the peer'} has received {self._seen[-20:]!r} and then {self._unread[-200:]!r}"

    def receive(self, bytes_max=65536):
        """What one recv gives; b"" at the end."""
        try:
            return self.socket.recv(bytes_max)
        except ConnectionError:
            return b""
        except TimeoutError:
            raise AssertionError(f"nothing came; {self._story()}") from None

    def next_bytes(self):
        """The next line's bytes without its newline, or None at the end of the connection."""
        while b"\n" not in self._unread:
            data = self.receive()
            if not data:
                return None
            self._unread += data
        line, self._unread = self._unread.split(b"\n", 1)
        self._seen.append(line)
        return line

    def next(self):
        line = self.next_bytes()
        assert line is not None, f"the connection ended; {self._story()}"
        return line.decode()

    def expect(self, *lines):
        """The next lines are exactly these."""
        for line in lines:
            got = self.next()
            assert got == line, f"wanted {line!r}, got {got!r}; {self._story()}"

    def until(self, line):
        """Reads up to this line; returns those before it."""
        before = []
        while (got := self.next()) != line:
            before.append(got)
        return before

    def expect_error(self, code):
        """The next line is `! code: a sentence`."""
        got = self.next()
        assert is_error(got, code), f"wanted `! {code}: …`, got {got!r}"
        return got

    def expect_end(self):
        """Nothing more comes and the server has closed."""
        rest = self.rest()
        assert rest == b"", f"came before the end: {rest[:300]!r}"

    def expect_refusal(self, code):
        """A typed error, then the end."""
        self.expect_error(code)
        self.expect_end()

    def rest(self):
        """All bytes up to the end of the connection."""
        deadline = time.monotonic() + 4 * PATIENCE_S
        while data := self.receive():
            self._unread += data
            assert time.monotonic() < deadline, f"no end; {self._story()}"
        rest, self._unread = self._unread, b""
        return rest

    def rest_lines(self):
        """The whole lines up to the end of the connection; a torn last one is left out."""
        return [line.decode() for line in self.rest().split(b"\n")[:-1]]

    def lines(self):
        """From here on a thread reads; returns the lines that it gathers."""
        self.socket.setblocking(True)
        return Lines(self.socket, self.name)

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """Goes away with RST: what a crashed or unplugged peer's kernel sends."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()


def flood_until_closed(client, piece, bytes_max):
    """Sends `piece` over and over until the server closes; returns (bytes sent, bytes received)."""
    sent, received = 0, b""
    client.socket.setblocking(False)
    deadline = time.monotonic() + PATIENCE_S
    while sent < bytes_max:
        assert time.monotonic() < deadline, f"still open after {sent} bytes"
        try:
            sent += client.socket.send(piece)
        except BlockingIOError:
            time.sleep(0.001)
        except ConnectionError:
            break
        try:
            data = client.socket.recv(65536)
            if not data:
                break
            received += data
        except BlockingIOError:
            pass
        except ConnectionError:
            break
    client.socket.settimeout(PATIENCE_S)
    return sent, received + client.rest()


def numbered(line, pattern=r"\[(\S+)\] \S+ (\d+)"):
    """Splits `[writer] word 17` into the writer and the number."""
    found = re.fullmatch(pattern, line)
    assert found, f"unlooked-for line {line!r}"
    return found[1], int(found[2])
