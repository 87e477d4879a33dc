"""Many clients at once: everyone sees the same messages, in the same order, exactly once."""

import os
import re
import socket
import threading
from pathlib import Path

import pytest

import config_text
from plain_client import PlainClient


def talk(client, name, line_count, written):
    client.say(*(f"{name} {number}" for number in range(line_count)))
    written.append(name)


def gather(client, expected_count, into):
    """Reads that many lines; a line missing shows as a time-out, one too many as a wrong end later."""
    into.extend(client.next() for _ in range(expected_count))


def run_crowd(server, house, client_count, writer_count, line_count):
    """All join, some write at once; returns what each has seen, by name."""
    names = [f"user{number}" for number in range(1, client_count + 1)]
    clients = {}
    for name in names:
        clients[name] = PlainClient(server.port, name)
        house.callback(clients[name].close)
    server.console.until(server.words.count(client_count))
    writers = names[:writer_count]
    seen = {name: [] for name in names}
    threads = []
    written = []
    for name in names:
        expected = line_count * (writer_count - (name in writers))
        threads.append(threading.Thread(target=gather, args=(clients[name], expected, seen[name]), daemon=True))
    for name in writers:
        threads.append(threading.Thread(target=talk, args=(clients[name], name, line_count, written), daemon=True))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive()
    assert sorted(written) == sorted(writers)
    # A fence: the next thing that anyone sees is this, so nothing came twice.
    clients[names[-1]].say("the end")
    for name in names[:-1]:
        clients[name].expect(f"[{names[-1]}] the end")
    return seen, writers


def assert_one_order(seen, writers, line_count):
    everything = max(seen.values(), key=len)
    if len(seen) > len(writers):
        assert len(everything) == line_count * len(writers)
        assert len(set(everything)) == len(everything)
    for name, lines in seen.items():
        without_own = [line for line in everything if not line.startswith(f"[{name}] ")]
        assert lines == without_own, f"{name} has seen another order"
    for writer in writers:
        numbers = [int(line.split()[-1]) for line in everything if line.startswith(f"[{writer}] ")]
        assert numbers in ([], list(range(line_count)))


def test_fifty_clients_at_once(madangd, house):
    server = madangd()
    seen, writers = run_crowd(server, house, client_count=50, writer_count=49, line_count=20)
    assert_one_order(seen, writers, 20)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_workers_show_one_order(madangd, house, threads):
    server = madangd("--threads", threads)
    seen, writers = run_crowd(server, house, client_count=12, writer_count=6, line_count=200)
    assert_one_order(seen, writers, 200)
    # The console shows each message once too, in the same order.
    messages = [line for line in server.console.seen if re.match(r"\[user\d+\] user", line)]
    reader = next(name for name in seen if name not in writers)
    assert messages == seen[reader]


def sockets_by_epoll(pid):
    """How many sockets each epoll descriptor of the process watches."""
    counts = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        if "eventpoll" not in os.readlink(entry):
            continue
        watched = re.findall(r"tfd:\s*(\d+)", Path(f"/proc/{pid}/fdinfo/{entry.name}").read_text())
        counts.append(sum("socket:" in os.readlink(f"/proc/{pid}/fd/{fd}") for fd in watched))
    return counts


def test_two_workers_both_carry_clients(madangd, house):
    server = madangd("--threads", 2)
    for number in range(32):
        house.callback(server.join(f"user{number}").close)
    busy = [count for count in sockets_by_epoll(server.pid) if count >= 4]
    assert len(busy) == 2, busy


def test_ipv6_listener(madangd):
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError as error:
        pytest.skip(f"no IPv6 loopback here: {error}")
    server = madangd(listen="[::1]:0")
    user1, user2 = server.join("user1"), server.join("user2")
    user1.say("여섯")
    user2.expect("[user1] 여섯")


def test_two_listeners_lead_into_one_room(madangd):
    server = madangd("--listen", "127.0.0.3:0")
    line = server.errors.until(lambda text: "127.0.0.3:" in text)
    port = int(re.search(r"127\.0\.0\.3:(\d+)", line)[1])
    user1 = server.join("user1")
    user2 = PlainClient(port, "user2", host="127.0.0.3")
    server.console.until(server.words.count(2))
    user1.say("hello")
    user2.expect("[user1] hello")
    user2.close()


def test_paced_room_shows_one_order(madangd, house):
    """pace_ms holds writes back for a bounded while; it loses, doubles and reorders nothing."""
    server = madangd(config=config_text.server(pace_ms=20))
    seen, writers = run_crowd(server, house, client_count=12, writer_count=6, line_count=100)
    assert_one_order(seen, writers, 100)
