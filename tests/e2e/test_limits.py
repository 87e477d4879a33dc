"""Peers that take too much: time, memory, connections, pace (P01, P04, P24, P30 to P38)."""

import re
import resource
import time

import pytest

import config_text
from irc_client import IrcClient
from madang_server import has_sanitizer
from plain_client import flood_until_closed
from streams import wait_until
from words import is_error
from yard import Yard

GIB = 1 << 30
MIB = 1 << 20


def rss_slack_bytes():
    """Sanitizers keep freed memory back, so there only a flood that is kept whole would show."""
    return 64 * MIB if has_sanitizer() else 4 * MIB


def test_P01_connection_that_says_nothing(make_yard):
    yard = make_yard(register_ms=300)
    before = yard.server.descriptor_count()
    with yard.server.connect() as client:
        client.expect_refusal("timeout")
    wait_until(lambda: yard.server.descriptor_count() <= before, "the slot is free again")


def test_P01_half_a_name_does_not_hold_the_slot(make_yard):
    yard = make_yard(register_ms=300, quiet_ms=20000)
    with yard.server.connect() as client:
        client.send(b"bo")
        client.expect_refusal("timeout")
    assert yard.seen() == []


def test_P01_irc_peer_that_never_registers(make_yard):
    """Whatever it says meanwhile: what counts is that it has no name."""
    yard = make_yard(register_ms=300)
    with IrcClient(yard.server.port) as client:
        client.say("CAP LS 302", "NICK bob")
        while (message := client.message()).command != "ERROR":
            client.say("PING still")
        assert message.params[-1].startswith("timeout: ")
    # The name that it wanted was never its own.
    with yard.server.join("bob"):
        pass


def test_P04_endless_name(yard):
    before = yard.server.rss_bytes()
    with yard.server.connect() as client:
        sent, received = flood_until_closed(client, b"a" * 65536, GIB)
    assert sent < 64 * MIB  # the kernel's buffers take some after the server has closed
    assert is_error(received.decode().rstrip("\n"), "bad-name")
    assert yard.server.rss_bytes() - before < rss_slack_bytes()


def test_P24_endless_line(yard):
    with yard.server.join("bob") as client:
        before = yard.server.rss_bytes()
        sent, received = flood_until_closed(client, b"a" * 65536, GIB)
        assert sent < 64 * MIB
        assert is_error(received.decode().rstrip("\n"), "too-long")
        assert yard.server.rss_bytes() - before < rss_slack_bytes()
        yard.server.expect_gone("bob")
    assert yard.seen() == []


def test_P30_reset_in_the_middle_of_a_line(yard):
    client = yard.server.join("bob")
    client.say("whole")
    yard.reader.expect("[bob] whole")
    client.send(b"half a li")
    client.reset()
    yard.server.console.until("[bob] 비정상 종료")
    yard.server.console.expect("[2]명의 사용자 접속 중")
    assert yard.seen() == []
    assert [line for line in yard.console() if "bob" in line] == [
        "[bob] 접속", "[bob] whole", "[bob] 비정상 종료",
    ]


def test_P31_half_close_right_after_sending(yard):
    with yard.server.connect() as client:
        client.send("bob\n".encode() + b"".join(b"line %d\n" % number for number in range(100)))
        client.half_close()
        yard.reader.expect(*(f"[bob] line {number}" for number in range(100)))
        yard.server.expect_gone("bob")
        client.expect_end()


def fill(yard, stopped_name, until_line):
    """The writing witness talks until the console shows the line; the reading one checks every message."""
    text = "x" * 4000
    for number in range(4000):
        yard.writer.say(f"{number} {text}")
        yard.reader.expect(f"[haneul] {number} {text}")
        if until_line(yard.server.console.skip_seen()):
            return
    raise AssertionError(f"{stopped_name} may lag behind for ever")


def leave_of(name):
    pattern = re.compile(re.escape(f"[{name}] ") + "(접속 종료|비정상 종료)")
    return lambda lines: any(pattern.fullmatch(line) for line in lines)


@pytest.mark.slow
def test_P32_reader_that_stops_reading(make_yard):
    yard = make_yard()
    before = yard.server.rss_bytes()
    with yard.server.join("bob", receive_buffer=4096) as client:
        fill(yard, "bob", leave_of("bob"))
        assert yard.server.rss_bytes() - before < rss_slack_bytes()
        received = client.rest()
        # What it did get is a true beginning, and if the reason still fitted, it is the last line.
        lines = received.split(b"\n")
        for number, line in enumerate(lines[:-1]):
            assert line.startswith(b"[haneul] %d x" % number) or is_error(line.decode(), "sendq")


@pytest.mark.slow
def test_P32_irc_reader_that_stops_reading(make_yard):
    yard = make_yard()
    with IrcClient(yard.server.port, "bob", receive_buffer=4096) as client:
        client.join("#madang")
        fill(yard, "bob", leave_of("bob"))
        lines = client.rest().split(b"\r\n")
        for line in lines[:-1]:
            assert line.startswith(b":haneul!") or line.startswith(b"ERROR :sendq: "), line[:80]


@pytest.mark.slow
def test_P33_reader_of_one_byte_at_a_time(make_yard):
    yard = make_yard()
    with yard.server.join("bob", receive_buffer=4096) as client:
        text = "x" * 4000
        gone = leave_of("bob")
        for number in range(4000):
            yard.writer.say(f"{number} {text}")
            yard.reader.expect(f"[haneul] {number} {text}")
            client.socket.settimeout(0.001)
            try:
                client.socket.recv(1)
            except (TimeoutError, ConnectionError):
                pass
            if gone(yard.server.console.skip_seen()):
                return
        raise AssertionError("bob may lag behind for ever")


def test_P34_writer_without_measure(make_yard):
    yard = make_yard(strict=True, flood=True, burst=5, rate=2)
    with yard.server.join("bob") as client:
        lines = b"".join(b"spam %d\n" % number for number in range(100_000))
        try:
            client.send(lines)
        except ConnectionError:
            pass
        received = client.rest()
        yard.server.expect_gone("bob")
    shown = [line for line in yard.seen() if line.startswith("[bob] ")]
    # Paced: what was shown is a short, whole beginning.
    assert shown == [f"[bob] spam {number}" for number in range(len(shown))]
    assert 1 <= len(shown) < 1000
    assert received == b"" or is_error(received.decode().splitlines()[-1], "flood")


@pytest.mark.parametrize("line", [b"\xff\n", b"x" * 4097 + b"\n"], ids=["bad-utf8", "too-long"])
def test_P34_flood_of_lines_that_are_refused(make_yard, line):
    """What is refused is counted against the pace too: a few are answered, a flood of them ends the connection."""
    yard = make_yard(strict=True, flood=True, burst=5, rate=2)
    with yard.server.join("bob") as client:
        client.send(line * 20)
        for _ in range(20):
            client.next()
        try:
            client.send(line * 5000)
        except ConnectionError:
            pass
        codes = {answer.split(":")[0] for answer in client.rest_lines()}
        assert codes <= {"! bad-utf8", "! too-long", "! flood"}
        yard.server.expect_gone("bob")


def test_P34_burst_is_paced_not_lost(make_yard):
    """A person who pastes a few lines loses none of them."""
    yard = make_yard(strict=True, flood=True, burst=3, rate=20)
    with yard.server.join("bob") as client:
        client.say(*(f"line {number}" for number in range(12)))
        yard.reader.expect(*(f"[bob] line {number}" for number in range(12)))


def test_flood_false_lifts_the_pacing(make_yard):
    yard = make_yard(strict=True, flood=False, burst=1, rate=1)
    with yard.server.join("bob") as client:
        client.say(*(f"line {number}" for number in range(500)))
        yard.reader.expect(*(f"[bob] line {number}" for number in range(500)))


def test_loopback_is_exempt_from_pacing_by_default(yard):
    with yard.server.join("bob") as client:
        client.say(*(f"line {number}" for number in range(500)))
        yard.reader.expect(*(f"[bob] line {number}" for number in range(500)))


def refused_or_closed(client, code):
    """Either the typed error or, where a reset overtook it, nothing."""
    received = client.rest().decode()
    assert received == "" or is_error(received.splitlines()[0], code), received
    return received != ""


@pytest.mark.slow
def test_P36_thousands_of_connects_from_one_address(make_yard):
    yard = make_yard(strict=True)
    before = yard.server.descriptor_count()
    told = 0
    for _ in range(1000):
        try:
            with yard.server.connect() as client:
                client.half_close()
                told += refused_or_closed(client, "slow-down")
        except ConnectionError:
            pass
    assert told > 900, f"{told} of 1000 were told to slow down"
    wait_until(lambda: yard.server.descriptor_count() <= before, "the descriptors are free again")
    # Another address is not punished for it.
    with yard.server.join("bob", source=Yard.ADDRESS):
        pass


def test_P37_one_connection_too_many(make_yard):
    yard = make_yard(strict=True, connections_per_address=4)
    first = [yard.server.join(f"user{number}") for number in range(4)]
    with yard.server.connect() as client:
        client.expect_refusal("too-many")
    # The first four are undisturbed.
    for number, client in enumerate(first):
        client.say(f"still {number}")
        yard.reader.expect(f"[user{number}] still {number}")
    # One that leaves makes room for one.
    first[0].say("q")
    yard.server.expect_left("user0")
    first[0].rest()
    first[0].close()
    wait_until(lambda: yard.server.lets_in("late"), "there is room for one")
    yard.server.console.until("[late] 접속")
    for client in first:
        client.close()


def test_P37_default_is_sixteen(make_yard):
    yard = make_yard(strict=True)
    first = [yard.server.join(f"user{number}") for number in range(16)]
    with yard.server.connect() as client:
        client.expect_refusal("too-many")
    for client in first:
        client.close()


def test_P37_zero_is_no_limit(make_yard):
    yard = make_yard(strict=True, connections_per_address=0)
    first = [yard.server.join(f"user{number}") for number in range(20)]
    for client in first:
        client.close()


def test_P38_no_descriptors_left(madangd):
    server = madangd("--threads", 1, limits={resource.RLIMIT_NOFILE: 80})
    yard = Yard(server)
    more, full = [], 0
    for number in range(120):
        client = server.connect()
        more.append(client)
        try:
            client.say(f"user{number}")
        except ConnectionError:
            full += 1
    # Either it is told, or it waits in the kernel's queue; what was taken talks on.
    lines = yard.seen()
    assert not [line for line in lines if not line.startswith("[haneul] ")]
    cpu = server.cpu_seconds()
    time.sleep(1)
    used = server.cpu_seconds() - cpu
    assert used < 0.4, f"{used:.2f} s of CPU in a second of rest: it spins"
    told = 0
    for client in more:
        client.socket.settimeout(0.01)
        try:
            data = client.socket.recv(4096)
            told += data.startswith(b"! full: ")
        except (TimeoutError, ConnectionError):
            pass
    joined = [line for line in server.console.seen if line.startswith("[user") and line.endswith("접속")]
    assert 10 <= len(joined) < 80
    assert told + len(joined) <= 120
    for client in more:
        client.close()
    wait_until(lambda: server.console.seen[-1] == server.words.count(2), "all the others have left")
    wait_until(lambda: server.lets_in("late"), "a newcomer is let in")
    yard.still_well()
    noise = server.errors.skip_seen()
    assert len(noise) < 40, noise


def test_C18_twenty_descriptors(madangd):
    server = madangd("--threads", 1, ready=False, limits={resource.RLIMIT_NOFILE: 20})
    wait_until(lambda: "127.0.0.1:" in server.errors.text() or not server.alive(), "ready, or ended")
    if not server.alive():
        server.wait_exit(1)
        assert len(server.errors.seen) == 1, server.errors.text()
        return
    server.wait_ready()
    with server.join("bob") as bob:
        bob.say("q")
        bob.expect_end()


@pytest.mark.slow
def test_thousand_bad_names_leave_nothing_behind(make_yard):
    """Descriptors as before, memory too."""
    yard = make_yard()

    def bad_names(count):
        for _ in range(count):
            with yard.server.connect() as client:
                client.send(b"a b\n")
                client.expect_refusal("bad-name")

    noise = len(yard.server.errors.seen)
    bad_names(200)
    descriptors, rss = yard.server.descriptor_count(), yard.server.rss_bytes()
    bad_names(1000)
    wait_until(lambda: yard.server.descriptor_count() <= descriptors, "the descriptors are free again")
    assert yard.server.rss_bytes() - rss < (rss_slack_bytes() if has_sanitizer() else MIB)
    # At most a line a second in the log, however many they were.
    assert len(yard.server.errors.seen) - noise < 120


def fill_rings(yard):
    """The server's rings touch their memory once, as far as they have been filled; then they use it again."""
    for _ in range(300):
        yard.writer.say(*["x" * 200] * 100)
        yard.reader.expect(*["[haneul] " + "x" * 200] * 100)


@pytest.mark.slow
def test_thousand_joins_and_leaves_leave_nothing_behind(make_yard):
    yard = make_yard()

    def visit(count):
        for _ in range(count):
            with yard.server.connect() as client:
                client.send(b"bob\nhello\nq\n")
                client.expect_end()
            yard.server.expect_left("bob")

    fill_rings(yard)
    visit(100)
    descriptors, rss = yard.server.descriptor_count(), yard.server.rss_bytes()
    visit(1000)
    wait_until(lambda: yard.server.descriptor_count() <= descriptors, "the descriptors are free again")
    assert yard.server.rss_bytes() - rss < (rss_slack_bytes() if has_sanitizer() else MIB)


@pytest.mark.slow
def test_thousand_irc_visits_leave_nothing_behind(make_yard):
    yard = make_yard()
    visit = (b"CAP REQ :batch draft/multiline labeled-response message-tags\r\nNICK bob\r\nUSER bob 0 * :bob\r\nCAP END\r\n"
             b"JOIN #a,#b\r\n@label=x LIST\r\nMONITOR + a,b\r\nAWAY :x\r\nNICK 1\r\nPRIVMSG #a :\xff\r\n" + b"x" * 600 +
             b"\r\nBATCH +1 draft/multiline #a\r\n@batch=1 PRIVMSG #a :half\r\n")

    def visits(count):
        for number in range(count):
            with yard.server.connect() as client:
                client.send(visit + (b"QUIT :bye\r\n" if number % 2 == 0 else b""))
                client.half_close()
                assert b" JOIN #b\r\n" in client.rest()

    fill_rings(yard)
    visits(300)
    descriptors, rss = yard.server.descriptor_count(), yard.server.rss_bytes()
    visits(1000)
    wait_until(lambda: yard.server.descriptor_count() <= descriptors, "the descriptors are free again")
    if not has_sanitizer():  # It keeps back whatever a visit has freed, which is much.
        assert yard.server.rss_bytes() - rss < MIB
    assert yard.seen() == []


def test_P41_coming_and_going_without_end(make_yard):
    yard = make_yard(strict=True, connects_per_address=8)
    told = 0
    for _ in range(50):
        with yard.server.connect() as client:
            try:
                client.send(b"bob\nq\n")
                told += refused_or_closed(client, "slow-down")
            except ConnectionError:
                pass
    assert told > 0
    assert yard.console().count("[bob] 접속") <= 8


def test_early_drop_spares_the_registered(make_yard):
    """Too many who have no name yet: the next is turned away, people are not, and the places come back."""
    yard = make_yard(strict=True, unregistered_start=5, unregistered_percent=100, unregistered_full=6)
    with yard.server.join("bob") as bob:
        silent = [yard.server.connect() for _ in range(5)]
        with yard.server.connect() as client:
            client.expect_refusal("slow-down")
        bob.say("I was here before")
        yard.reader.expect("[bob] I was here before")
        with yard.server.join("coco", source=Yard.ADDRESS):
            pass
        # One of them says its name: that makes room for one.
        silent[0].say("dudu")
        yard.server.console.until("[dudu] 접속")
        wait_until(lambda: yard.server.lets_in("late"), "the place of one with a name")
        for client in silent:
            client.close()
        wait_until(lambda: all(yard.server.lets_in(f"again{number}") for number in range(5)), "the places of the gone")


def test_idle_client_stays(make_yard):
    """Silence is no fault: the time to vanish is about a peer that no longer answers, not one that says nothing."""
    yard = make_yard(vanish_ms=1000)
    with yard.server.join("bob") as client:
        time.sleep(2.5)
        client.say("still here")
        yard.reader.expect("[bob] still here")


def test_unterminated_garbage_of_every_byte(yard):
    """Each byte alone as a whole connection's input: an answer or a close, never a crash."""
    for value in range(256):
        with yard.server.connect() as client:
            client.send(bytes([value]))
            client.half_close()
            client.rest()


def test_write_config_names_are_known(madangd):
    """The keys that these tests lean on are the server's own."""
    config = config_text.limit(flood=True, connections_per_address=3, exempt=["127.0.0.0/8", "::1"], register_ms=1000,
                               vanish_ms=2000, quiet_ms=50, burst=9, rate=3)
    madangd(config=config)
