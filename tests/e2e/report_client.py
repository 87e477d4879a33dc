"""A client that behaves on the wire and on the screen as the report's client does, its faults included.

usage: report_client.py HOST PORT NAME
"""

import socket
import sys
import threading

RECV_BYTES = 1024


def show_what_comes(connection, name):
    """Prints every message that does not contain the own name: one recv, one message, one line."""
    while True:
        try:
            data = connection.recv(RECV_BYTES)
        except OSError:
            break
        if not data:
            break
        # Strict: a server that cuts a character in two breaks this client, and so the test.
        text = data.decode("utf-8")
        if name not in text:
            print(text, flush=True)
    print("접속 해제", flush=True)


def main():
    host, port, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    sys.stdin.reconfigure(encoding="utf-8")
    sys.stdout.reconfigure(encoding="utf-8")
    with socket.create_connection((host, port)) as connection:
        connection.sendall(name.encode())
        print(f"[{name}] 접속", flush=True)
        reader = threading.Thread(target=show_what_comes, args=(connection, name), daemon=True)
        reader.start()
        for line in sys.stdin:
            text = line.rstrip("\n")
            # An empty send puts nothing on the wire.
            connection.sendall(text.encode())
            if text in ("q", "quit"):
                break
        reader.join()


if __name__ == "__main__":
    main()
