"""How the server ends, and what may not end it: signals, a console that nobody reads, SIGHUP storms (C15, C16)."""

import fcntl
import os
import pty
import resource
import signal
import subprocess
import termios

import pytest

import config_text
from load import Load
from madang_server import EXIT_S, MADANGD, environment, stored
from plain_client import PlainClient
from streams import Lines, wait_until


def last_lines(client):
    return client.rest().decode().splitlines()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_ending_tells_the_peers(madangd, house, number):
    server = madangd()
    clients = [house.enter_context(server.join(f"user{at}")) for at in range(5)]
    chunked = house.enter_context(server.join("report", terminator=b""))
    silent = house.enter_context(server.connect())
    clients[0].say("hello")
    for client in clients[1:]:
        client.expect("[user0] hello")
    assert chunked.receive() == b"[user0] hello"
    server.stop(number)
    for client in (*clients, chunked):
        lines = last_lines(client)
        assert len(lines) == 1 and lines[0].startswith("! "), lines
    silent.rest()
    assert [row[4] for row in stored(server.data)] == ["hello"]


def test_ending_with_nobody_there(madangd):
    madangd().stop()


def test_C15_SIGTERM_twice(madangd, house):
    server = madangd()
    clients = [house.enter_context(server.join(f"user{at}")) for at in range(3)]
    server.send_signal(signal.SIGTERM)
    try:
        server.send_signal(signal.SIGTERM)
    except ProcessLookupError:
        pass
    server.wait_exit(0)
    for client in clients:
        lines = last_lines(client)
        assert len(lines) == 1 and lines[0].startswith("! "), lines


@pytest.mark.parametrize("attempt", range(5))
def test_C15_SIGTERM_while_starting(madangd, tmp_path, attempt):
    """At whatever point of the start it comes, the data directory can be used afterwards."""
    early = madangd(ready=False, data=tmp_path / "data")
    # A step of the start that can be seen from outside, a different one each time.
    steps = [
        lambda: True,
        lambda: early.data.exists() or not early.alive(),
        lambda: (early.data / "madang.db").exists() or not early.alive(),
        lambda: (early.data / "madang.db-wal").exists() or early.errors.seen or not early.alive(),
        lambda: early.errors.seen or not early.alive(),
    ]
    wait_until(steps[attempt], "the step")
    early.send_signal(signal.SIGTERM)
    status = early.process.wait(15)
    # Before its handlers are there, the signal ends it as any process.
    assert status in (0, -signal.SIGTERM)
    server = madangd(data=tmp_path / "data")
    with server.join("bob") as bob, server.join("coco") as coco:
        bob.say("hello")
        coco.expect("[bob] hello")


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
def test_C15_SIGTERM_under_load_keeps_what_was_shown(madangd, threads):
    server = madangd("--threads", threads)
    load = Load(server, "line")
    load.wait_full_flight()
    server.stop()
    load.finish()
    rows = [f"[{nick}] {text}" for _, _, _, nick, text in stored(server.data)]
    for received in load.received:
        *shown, farewell = received
        assert farewell.startswith("! "), farewell
        # Nobody was cut off in the middle: shown is all that is stored, and stored is all that was shown.
        assert shown == rows


def test_C15_SIGHUP_storm(madangd, house, write_config):
    server = madangd(config=config_text.limit(burst=7))
    writer, reader = (house.enter_context(server.join(name)) for name in ("bob", "coco"))
    for number in range(200):
        server.send_signal(signal.SIGHUP)
        writer.say(f"line {number}")
        reader.expect(f"[bob] line {number}")
    assert server.alive()


def test_closing_the_terminal_ends_it(tmp_path):
    """Whoever runs it in a window and closes that window does not leave a server behind."""
    master, slave = pty.openpty()
    server = subprocess.Popen([str(MADANGD), "--listen", "127.0.0.1:0", "--data", str(tmp_path / "data")],
                              stdin=slave, stdout=slave, stderr=slave, env=environment(), start_new_session=True,
                              preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.close(slave)
    try:
        seen = b""
        while b"127.0.0.1:" not in seen:
            seen += os.read(master, 4096)
        os.close(master)
        assert server.wait(EXIT_S) == 0
    finally:
        server.kill()
        server.wait()


def test_SIGHUP_takes_a_new_limit(madangd, tmp_path):
    server = madangd(config=config_text.limit(exempt=[], connects_per_address=0, connections_per_address=2))
    config = tmp_path / "madang-1.conf"
    with server.join("user1"), server.join("user2"):
        with server.connect() as client:
            client.expect_refusal("too-many")
        config.write_text(config_text.limit(exempt=[], connects_per_address=0, connections_per_address=3))
        server.send_signal(signal.SIGHUP)

        wait_until(lambda: server.lets_in("user3"), "the new limit holds")
        server.console.until(server.words.joined("user3"))


@pytest.mark.parametrize("broken", ["limit {", "limit { burst = many }", "nonsense = 1", None])
def test_C05_broken_reload_leaves_the_running_configuration(madangd, tmp_path, broken):
    server = madangd(config=config_text.limit(exempt=[], connects_per_address=0, connections_per_address=2))
    config = tmp_path / "madang-1.conf"
    with server.join("user1") as user1, server.join("user2") as user2:
        server.errors.skip_seen()
        if broken is None:
            config.unlink()
        else:
            config.write_text(config_text.limit(exempt=["127.0.0.0/8"]) + broken + "\n")
        server.send_signal(signal.SIGHUP)
        complaint = server.errors.until(lambda line: "madang-1.conf" in line)
        assert complaint
        with server.connect() as client:
            client.expect_refusal("too-many")
        user1.say("hello")
        user2.expect("[user1] hello")


def test_C05_reload_without_a_descriptor_leaves_the_running_configuration(madangd, tmp_path):
    server = madangd(config=config_text.limit(exempt=[], connects_per_address=0, connections_per_address=2))
    config = tmp_path / "madang-1.conf"
    config.write_text(config_text.limit(exempt=[], connects_per_address=0, connections_per_address=3))
    limits = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    with server.join("user1"), server.join("user2"):
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (3, limits[1]))
        server.send_signal(signal.SIGHUP)
        server.errors.until(lambda line: "madang-1.conf" in line)
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, limits)
        with server.connect() as client:
            client.expect_refusal("too-many")
        # With a descriptor it is taken, as a whole.
        server.send_signal(signal.SIGHUP)
        wait_until(lambda: server.lets_in("user3"), "the new limit holds")
        server.console.until(server.words.joined("user3"))


def test_SIGPIPE_does_not_end_it(madangd):
    server = madangd()
    server.send_signal(signal.SIGPIPE)
    with server.join("bob") as bob, server.join("coco") as coco:
        bob.say("hello")
        coco.expect("[bob] hello")


@pytest.mark.slow
def test_C16_console_that_nobody_reads(madangd, house):
    server = madangd(console=False)
    writer, reader = house.enter_context(PlainClient(server.port, "bob")), None
    # The console cannot be asked who is there: the writer talks until the reader hears it.
    reader = house.enter_context(PlainClient(server.port, "coco"))
    heard = reader.lines()
    wait_until(lambda: writer.say("hello?") or "[bob] hello?" in heard.seen, "coco hears")
    text = "x" * 1000
    for number in range(300):
        writer.say(f"{number} {text}")
        heard.until(f"[bob] {number} {text}")
    # Somebody looks again: what comes are whole lines.
    console = Lines(server.process.stdout, "the console")
    wait_until(lambda: writer.say("again") or "[bob] again" in console.seen, "the console goes on")
    server.stop()
    console.end()
    assert console.seen[0] in ("[bob] 접속", "[coco] 접속")
    assert len(stored(server.data)) >= 302


def test_C16_console_reader_goes_away(madangd, house):
    server = madangd(console=False)
    server.process.stdout.close()
    writer, reader = (house.enter_context(PlainClient(server.port, name)) for name in ("bob", "coco"))
    heard = reader.lines()
    wait_until(lambda: writer.say("hello?") or "[bob] hello?" in heard.seen, "coco hears")
    writer.say("after")
    heard.until("[bob] after")
    server.errors.skip_seen()


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_C16_standard_descriptors_closed(tmp_path, closed):
    """No socket and no file may become descriptor 0, 1 or 2."""

    def close():
        for descriptor in closed:
            os.close(descriptor)

    data = tmp_path / "data"
    argv = [str(MADANGD), "--listen", "127.0.0.1:0", "--data", str(data)]
    process = subprocess.Popen(argv, env=environment(), preexec_fn=close, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: (data / "madang.db").exists() or process.poll() is not None, "started or refused")
        if process.poll() is None:
            for descriptor in (0, 1, 2):
                path = f"/proc/{process.pid}/fd/{descriptor}"
                if os.path.lexists(path):
                    target = os.readlink(path)
                    assert target.startswith("/dev/null"), f"{descriptor} is {target}"
            process.send_signal(signal.SIGTERM)
            assert process.wait(15) in (0, -signal.SIGTERM)
        else:
            assert process.returncode == 1
    finally:
        process.kill()
        process.wait()
