"""Load with a window: writers that never run further ahead than the slowest reader can follow."""

import threading

from streams import PATIENCE_S

# Lines that may be under way at once: enough to keep every part of the server busy, far less than what gets a slow
# reader disconnected.
WINDOW = 400


class Load:
    """Writers say `LABEL number` until the server goes away; readers keep what they were shown."""

    def __init__(self, server, label, writer_count=4, reader_count=3, enough_count=1000):
        self.label = label
        self.received = [[] for _ in range(reader_count)]
        self._enough_count = enough_count
        self._sent_count = 0
        self._over = False
        self._moved = threading.Condition()
        self._threads = []
        readers = [server.join(f"reader{number}") for number in range(reader_count)]
        writers = [server.join(f"writer{number}") for number in range(writer_count)]
        self._clients = readers + writers
        for client, into in zip(readers, self.received):
            self._start(self._read, client, into)
        for client in writers:
            self._start(self._read, client, [])
            self._start(self._write, client)

    def _start(self, what, *args):
        thread = threading.Thread(target=what, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _read(self, client, into):
        # A line torn by the end was not received.
        while (line := client.next_bytes()) is not None:
            with self._moved:
                into.append(line.decode())
                self._moved.notify_all()
        with self._moved:
            self._over = True
            self._moved.notify_all()

    def _slowest_count(self):
        return min(map(len, self.received))

    def _write(self, client):
        number = 0
        try:
            while True:
                with self._moved:
                    self._moved.wait_for(lambda: self._over or self._sent_count - self._slowest_count() < WINDOW)
                    if self._over:
                        return
                    self._sent_count += 8
                client.say(*(f"{self.label} {at}" for at in range(number, number + 8)))
                number += 8
        except OSError:
            pass

    def wait_full_flight(self):
        """Returns when every reader has been shown enough; the talk goes on."""
        with self._moved:
            met = self._moved.wait_for(lambda: self._over or self._slowest_count() >= self._enough_count,
                                       4 * PATIENCE_S)
            assert met and not self._over, f"shown: {[len(received) for received in self.received]}"

    def finish(self):
        """After the server has gone: all that is still on the way to the readers comes in."""
        for thread in self._threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()
        for client in self._clients:
            client.close()
