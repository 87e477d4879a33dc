"""A server of IRC that lets clients in and then says whatever a test wants: bytes that no real server would send."""

import socket
import threading

from streams import PATIENCE_S

ROOM = "#madang"


def receive_until(connection, wanted):
    """Reads until these bytes have come; returns all that came."""
    seen = b""
    while wanted not in seen:
        data = connection.recv(4096)
        assert data, f"the client has gone after {seen!r}"
        seen += data
    return seen


def let_in(connection, name):
    """Takes one client through registration and into the room."""
    connection.settimeout(PATIENCE_S)
    receive_until(connection, b"USER ")
    connection.sendall(
        f":irc.false CAP * LS :message-tags batch\r\n:irc.false 001 {name} :Welcome\r\n"
        f":irc.false 005 {name} MADANG-LOBBY={ROOM} :are supported\r\n:irc.false 422 {name} :No motd\r\n".encode())
    receive_until(connection, b"JOIN ")
    connection.sendall(f":{name}!madang@host JOIN {ROOM}\r\n".encode())


class FalseIrc:
    """Listens at once; each client in turn is let in, is sent `data`, and is held until the server is closed."""

    def __init__(self, name="bot", data=b""):
        self._name, self._data = name, data
        self._hold = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        try:
            connection, _ = self._listener.accept()
            with connection:
                let_in(connection, self._name)
                connection.sendall(self._data)
                self._hold.wait(4 * PATIENCE_S)
        except OSError:
            pass

    def close(self):
        self._hold.set()
        self._listener.close()
        self._thread.join(PATIENCE_S)
