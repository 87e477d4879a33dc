"""As many in one room as the machine's descriptor limit allows, and what an idle one costs."""

import resource
import selectors

import pytest

from madang_server import has_sanitizer
from plain_client import PlainClient
from streams import PATIENCE_S, wait_until

WANTED = 10_000
KEPT_BACK = 300


@pytest.fixture
def client_count():
    """Raises this process's own limit; the server is another process and raises its own."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(WANTED, (hard if hard != resource.RLIM_INFINITY else 1 << 20) - KEPT_BACK)
    yield min(count, 2000) if has_sanitizer() else count
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def join_many(server, first, count):
    clients = []
    for number in range(first, first + count):
        clients.append(PlainClient(server.port, f"u{number}"))
    server.console.until(server.words.count(first + count - 1), 4 * PATIENCE_S)
    return clients


def all_receive(clients, line):
    """Every client gets this line next, and nothing before it."""
    wanted = line.encode() + b"\n"
    received = {}
    with selectors.DefaultSelector() as selector:
        for client in clients:
            client.socket.setblocking(False)
            selector.register(client.socket, selectors.EVENT_READ, client)
            received[client] = b""
        while selector.get_map():
            events = selector.select(4 * PATIENCE_S)
            assert events, f"{len(selector.get_map())} of {len(clients)} have not received {line!r}"
            for key, _ in events:
                data = key.fileobj.recv(4096)
                received[key.data] += data
                if not data or len(received[key.data]) >= len(wanted):
                    selector.unregister(key.fileobj)
    assert set(received.values()) == {wanted}


@pytest.mark.slow
def test_one_room_full_of_people(madangd, house, client_count, capsys):
    server = madangd()
    descriptors = server.descriptor_count()
    clients = join_many(server, 1, 100)
    house.callback(lambda: [client.close() for client in clients])
    before = server.rss_bytes()
    clients += join_many(server, 101, client_count - 100)
    each = (server.rss_bytes() - before) / (client_count - 100)
    for number in range(3):
        clients[number].say(f"hello {number}")
        all_receive([client for client in clients if client is not clients[number]], f"[u{number + 1}] hello {number}")
    talked = (server.rss_bytes() - before) / (client_count - 100)
    with capsys.disabled():
        print(f"\n{client_count} in one room: {each:.0f} bytes of RSS each idle, {talked:.0f} after three messages")
    if not has_sanitizer():
        assert each < 2048
    # They all leave, and the server is at rest.
    for client in clients:
        client.close()
    wait_until(lambda: server.descriptor_count() <= descriptors, "all descriptors are free again", 4 * PATIENCE_S)
    server.join("last").close()
    server.console.until(server.words.count(0), 4 * PATIENCE_S)
    # Each of them was printed coming and going, unless the log owns up to lines lost: this reader may have been slow.
    left = sum(line.endswith(server.words.left("")[2:]) for line in server.console.seen)
    assert left == client_count + 1 or "console:" in server.errors.text()
