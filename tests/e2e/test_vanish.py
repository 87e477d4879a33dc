"""P35: a peer that vanishes without a word: packets are dropped, no FIN, no RST. Needs root for network namespaces."""

import os
import shutil
import subprocess
import sys

import pytest

import config_text
from programs import HERE
from streams import Lines

SERVER_ADDRESS, PEER_ADDRESS = "192.0.2.1", "192.0.2.2"  # documentation addresses, inside our own namespaces only


def run(*argv):
    subprocess.run(argv, check=True, capture_output=True)


@pytest.fixture
def two_hosts(house):
    """Two network namespaces joined by a cable; yields (the server's, the peer's)."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        pytest.skip("needs root and iproute2, to make two network namespaces and cut the cable between them")
    names = [f"madang{os.getpid()}{side}" for side in "ab"]
    links = [f"mv{os.getpid() % 100000}{side}" for side in "ab"]
    try:
        for name in names:
            run("ip", "netns", "add", name)
            house.callback(run, "ip", "netns", "del", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "link", "add", links[0], "netns", names[0], "type", "veth", "peer", "name", links[1], "netns",
            names[1])
        for name, link, address in zip(names, links, (SERVER_ADDRESS, PEER_ADDRESS)):
            run("ip", "-n", name, "addr", "add", f"{address}/24", "dev", link)
            run("ip", "-n", name, "link", "set", link, "up")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespaces here: {error.stderr.decode().strip()}")
    return names, links


class Peer:
    """Someone at nc in a namespace."""

    def __init__(self, namespace, port, name):
        argv = ["ip", "netns", "exec", namespace, sys.executable, str(HERE / "report_client.py"), SERVER_ADDRESS,
                str(port), name]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.screen = Lines(self.process.stdout, name)

    def type(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.mark.slow
@pytest.mark.parametrize("talking", [False, True], ids=["idle-room", "busy-room"])
def test_P35_peer_vanishes_without_a_word(madangd, two_hosts, house, talking):
    (server_side, peer_side), (_, peer_link) = two_hosts
    config = config_text.limit(vanish_ms=2000)
    server = madangd(config=config, listen=f"{SERVER_ADDRESS}:0", prefix=("ip", "netns", "exec", server_side))
    lost = Peer(peer_side, server.port, "user1")
    house.callback(lost.close)
    server.console.expect("[user1] 접속", "[1]명의 사용자 접속 중")
    near = Peer(server_side, server.port, "user2")
    house.callback(near.close)
    server.console.expect("[user2] 접속", "[2]명의 사용자 접속 중")
    near.type("hello")
    server.console.expect("[user2] hello")
    lost.screen.until("[user2] hello")

    run("ip", "-n", peer_side, "link", "set", peer_link, "down")
    if talking:
        near.type("are you there?")
        server.console.expect("[user2] are you there?")
    server.console.expect("[user1] 비정상 종료", "[1]명의 사용자 접속 중")

    # Its name is free, and the others talk on.
    again = Peer(server_side, server.port, "user1")
    house.callback(again.close)
    server.console.expect("[user1] 접속", "[2]명의 사용자 접속 중")
    near.type("welcome back")
    again.screen.until("[user2] welcome back")
