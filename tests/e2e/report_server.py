"""A server that behaves on the wire and on its console as the report's server does, its faults included.

usage: report_server.py [PORT]        (0, the default, takes any port; stderr says which)
"""

import socket
import sys
import threading

RECV_BYTES = 1024

lock = threading.Lock()
people = {}  # name to connection; a second one of a name replaces the first, as in the report


def say(line):
    print(line, flush=True)


def tell_everyone(text):
    """Every client gets it, the writer too, with no newline after it."""
    for name, connection in list(people.items()):
        try:
            connection.sendall(text.encode())
        except OSError:
            say(f"비정상적인 접근 [{name}]")


def serve(connection):
    name = connection.recv(RECV_BYTES).decode("utf-8")
    with lock:
        people[name] = connection
        say(f"[{name}] 접속")
        say(f"[{len(people)}]명의 사용자 접속 중")
    while True:
        try:
            data = connection.recv(RECV_BYTES)
        except OSError:
            data = b""
        # The report's server spins here when a client vanishes; a test's server has to end instead.
        if not data:
            break
        text = data.decode("utf-8")
        if text in ("q", "quit"):
            break
        with lock:
            say(f"[{name}] {text}")
            tell_everyone(f"[{name}] {text}")
    with lock:
        people.pop(name, None)
        connection.close()
        say(f"[{name}] 접속 종료")
        say(f"[{len(people)}]명의 사용자 접속 중")


def main():
    sys.stdout.reconfigure(encoding="utf-8")
    with socket.create_server(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0)) as listener:
        print(f"127.0.0.1:{listener.getsockname()[1]}", file=sys.stderr, flush=True)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
