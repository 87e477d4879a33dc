"""Our client in a pipe: what goes in is delivered, what comes out is pure lines, every way of ending is said."""

import socket
import subprocess
import threading

import pytest

import config_text
from false_irc import FalseIrc, let_in, receive_until
from madang_server import MADANG, assert_no_report, environment
from programs import OurClient, ReportServer
from streams import PATIENCE_S
from words import CLIENT_ENDED, is_error


def run_client(port, name, text, *options, host="127.0.0.1", env=None):
    """Runs the client with this as its whole input."""
    argv = [str(MADANG), "--server", f"{host}:{port}", *options, name]
    done = subprocess.run(argv, input=text if isinstance(text, bytes) else text.encode(), capture_output=True,
                          env=env or environment(), timeout=4 * PATIENCE_S, check=False)
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    assert_no_report(done.stderr)
    return done


def test_piped_line_is_delivered(yard):
    done = run_client(yard.server.port, "bot", "hello\nq\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["[bot] 접속", CLIENT_ENDED]
    assert done.stderr == ""
    yard.reader.expect("[bot] hello")
    yard.server.expect_left("bot")


@pytest.mark.parametrize("ending", ["", "q\n", "quit\n", "q"], ids=["end-of-input", "q", "quit", "q-unterminated"])
def test_everything_piped_is_delivered(yard, ending):
    text = "".join(f"line {number}\n" for number in range(2000))
    done = run_client(yard.server.port, "bot", text + ending)
    assert done.returncode == 0, done.stderr
    yard.reader.expect(*(f"[bot] line {number}" for number in range(2000)))
    yard.server.expect_gone("bot")


def test_last_line_without_newline_is_delivered(yard):
    assert run_client(yard.server.port, "bot", "one\ntwo").returncode == 0
    yard.reader.expect("[bot] one", "[bot] two")


def test_lines_after_the_leave_word_are_not_sent(yard):
    assert run_client(yard.server.port, "bot", "one\nq\ntwo\n").returncode == 0
    yard.reader.expect("[bot] one")
    assert yard.seen() == []


def test_nothing_piped(yard):
    done = run_client(yard.server.port, "bot", "")
    assert done.returncode == 0
    assert done.stdout.splitlines() == ["[bot] 접속", CLIENT_ENDED]


def test_blank_lines_are_not_sent(yard):
    assert run_client(yard.server.port, "bot", "\n\n  \none\n\n").returncode == 0
    yard.reader.expect("[bot] one")
    assert yard.seen() == []


def test_korean_is_delivered_in_the_c_locale(yard):
    assert run_client(yard.server.port, "사용자", "안녕하세요 여러분\nq\n").returncode == 0
    yard.reader.expect("[사용자] 안녕하세요 여러분")


def test_english_client(yard):
    done = run_client(yard.server.port, "bot", "hello\nq\n", env=environment(LC_ALL="en_US.UTF-8"))
    first, *_, last = done.stdout.splitlines()
    assert first == "[bot] joined"
    assert last != CLIENT_ENDED and last.isascii() and last.strip()


def test_K18_input_not_utf8_is_refused(yard):
    done = run_client(yard.server.port, "bot", b"good\nbad \xff\xfe\nagain\nq\n")
    yard.reader.expect("[bot] good", "[bot] again")
    assert done.stdout + done.stderr != ""


def test_K18_line_of_a_mebibyte(yard):
    done = run_client(yard.server.port, "bot", "one\n" + "x" * (1 << 20) + "\ntwo\nq\n")
    yard.reader.expect("[bot] one", "[bot] two")
    assert any(is_error(line, "too-long") for line in (done.stdout + done.stderr).splitlines())


@pytest.mark.parametrize("name", ["haneul", "a b", "admin", "x" * 33, "", "#bob"])
def test_refused_name(yard, name):
    done = run_client(yard.server.port, name, "hello\nq\n")
    # What the client can see for itself is a usage error; what the server says is shown, and ends it.
    assert done.returncode in (1, 2), done.stdout
    said = done.stdout + done.stderr
    assert "name" in said
    assert f"[{name}] 접속" not in done.stdout.splitlines()
    if done.returncode == 1:
        assert any(is_error(line) for line in said.splitlines()), said
    assert yard.seen() == []


def test_turned_away(madangd):
    server = madangd(config=config_text.limit(exempt=[], connections_per_address=1))
    with server.join("first"):
        done = run_client(server.port, "bot", "hello\nq\n")
    assert done.returncode == 1
    assert any(is_error(line, "too-many") for line in (done.stdout + done.stderr).splitlines()), done.stdout
    assert "[bot] 접속" not in done.stdout.splitlines()


def assert_clear_failure(done, *words):
    assert done.returncode == 1, (done.returncode, done.stderr)
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr, done.stderr
    assert "접속\n" not in done.stdout


def test_K19_closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert_clear_failure(run_client(port, "bot", "hello\n"), str(port))


def test_K19_wrong_host():
    if b"__tsan_init" in MADANG.read_bytes():
        pytest.skip("ThreadSanitizer does not survive the threads in which the C library looks names up")
    assert_clear_failure(run_client(9999, "bot", "hello\n", host="no-such-host.invalid"), "no-such-host.invalid")


def test_K19_server_that_closes_at_once():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = OurClient(listener.getsockname()[1], "bot")
        listener.accept()[0].close()
        assert client.wait_exit() == 1
        assert client.screen.end()[-1] == CLIENT_ENDED
        client.close()


@pytest.mark.parametrize("how", ["terminated", "killed"])
def test_server_goes_away(madangd, house, how):
    server = madangd()
    client = OurClient(server.port, "bot")
    house.callback(client.close)
    client.screen.expect("[bot] 접속")
    server.stop() if how == "terminated" else server.kill()
    assert client.wait_exit() == 1
    shown = client.screen.end()
    assert shown[-1] == CLIENT_ENDED
    # The server's last word is shown too.
    assert how == "killed" or any(line.startswith("! ") for line in shown + client.errors.seen)


@pytest.mark.parametrize("args", [[], ["--nonsense", "bot"], ["bot", "extra"], ["--server"], ["--server", ":", "bot"],
                                  ["--server", "h:70000", "bot"], ["--server", "h:x", "bot"], ["--tls", "bot"],
                                  ["--room", "a b", "bot"], ["--room", "x", "--plain", "bot"]])
def test_usage_error(args):
    done = subprocess.run([str(MADANG), *args], input=b"", capture_output=True, env=environment(), timeout=PATIENCE_S,
                          check=False)
    assert done.returncode == 2, done.stderr
    assert done.stderr.strip() and done.stdout == b""


def test_version_and_help():
    for option, wanted in (("--version", "madang "), ("--help", "--server")):
        done = subprocess.run([str(MADANG), option], input="", capture_output=True, env=environment(), text=True,
                              timeout=PATIENCE_S, check=False)
        assert done.returncode == 0 and wanted in done.stdout and done.stderr == ""


def serve_once(listener, data, hold):
    """A false server: takes one client, sends these bytes, and keeps the line open until told."""
    connection, _ = listener.accept()
    with connection:
        connection.recv(1024)
        connection.sendall(data)
        hold.wait(4 * PATIENCE_S)


@pytest.fixture
def false_server(house):
    """Starts `false_server(bytes)`; returns its port."""
    hold = threading.Event()
    house.callback(hold.set)

    def start(data):
        listener = house.enter_context(socket.create_server(("127.0.0.1", 0)))
        threading.Thread(target=serve_once, args=(listener, data, hold), daemon=True).start()
        return listener.getsockname()[1]

    return start


HOSTILE = {
    "title": (b"\x1b]0;x\x07", b"\x1b"), "clipboard": (b"\x1b]52;c;eA==\x07", b"\x1b"), "report": (b"\x1b[6n", b"\x1b"),
    "device": (b"\x1bP$qm\x1b\\", b"\x1b"), "clear": (b"\x1b[2J", b"\x1b"), "c1": "\u009b2J".encode(), "byte-9b": b"\x9b2J",
    "return": (b"x\r[admin] lie", b"\r"), "backspace": (b"x\b\b", b"\b"), "bell": (b"x\a", b"\a"),
    "vertical-tab": (b"x\v", b"\v"),
}


def hostile(what):
    """The bytes of a case, and those of them that may never reach the terminal."""
    given = HOSTILE[what]
    return given if isinstance(given, tuple) else (given, given[:2] if given[0] == 0xC2 else given[:1])


def assert_shown_as_text(client, banned):
    shown = client.screen.text().encode("utf-8", "surrogateescape") + client.errors.text().encode(
        "utf-8", "surrogateescape")
    assert banned not in shown, shown
    assert b"e" in shown


@pytest.fixture
def false_irc(house):
    """Starts `false_irc(bytes)`; returns its port."""

    def start(data, name="bot"):
        server = FalseIrc(name, data)
        house.callback(server.close)
        return server.port

    return start


# What stands before and behind the hostile bytes.
PLACES = {
    "text": (b":eve!u@h PRIVMSG #madang :", b""), "nick": (b":e", b"!u@h PRIVMSG #madang :hi"),
    "private": (b":eve!u@h PRIVMSG bot :", b""), "notice": (b":eve!u@h NOTICE #madang :", b""),
    "room": (b":eve!u@h PRIVMSG #x", b" :hi"), "error": (b":irc.false 404 bot #madang", b" :no"),
    "odd-error": (b":irc.false 499 bot :e", b""), "fail": (b":irc.false FAIL ", b" EEE :e"),
    "kick": (b":e", b"!u@h KICK #madang somebody :hi"), "batch": (b":eve!u@h BATCH +", b" draft/multiline #madang"),
}


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("what", HOSTILE)
def test_K01_K02_K03_hostile_bytes_are_shown_as_text(false_irc, house, what, where):
    data, banned = hostile(what)
    before, behind = PLACES[where]
    client = OurClient(false_irc(before + data + behind + b"\r\n:eve!u@h PRIVMSG #madang :end\r\n"), "bot")
    house.callback(client.close)
    client.screen.until("[eve] end")
    assert_shown_as_text(client, banned)


@pytest.mark.parametrize("where", ["text", "name", "error"])
@pytest.mark.parametrize("what", HOSTILE)
def test_K01_K02_K03_hostile_bytes_of_a_plain_server(false_server, house, what, where):
    data, banned = hostile(what)
    line = {"text": b"[eve] " + data, "name": b"[e" + data + b"] hi", "error": b"[e] ! odd: " + data}[where]
    client = OurClient(false_server(line + b"\n[eve] end\n"), "bot", "--plain")
    house.callback(client.close)
    client.screen.until(lambda shown: shown.endswith("[eve] end"))
    assert_shown_as_text(client, banned)


def test_K08_bytes_that_are_not_utf8(false_irc, house):
    port = false_irc(b":eve!u@h PRIVMSG #madang :a\xff\xfeb\r\n:eve!u@h PRIVMSG #madang :end\r\n")
    client = OurClient(port, "bot")
    house.callback(client.close)
    client.screen.until("[eve] end")
    assert "[eve] a\ufffd\ufffdb" in client.screen.seen
    assert not any("\udcff" in line for line in client.screen.seen)


def test_K09_endless_line_from_the_server(house):
    """Memory stays flat while a false server sends tens of megabytes without a newline; `q` still works."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = OurClient(listener.getsockname()[1], "bot")
        house.callback(client.close)
        connection, _ = listener.accept()
        with connection:
            let_in(connection, "bot")
            connection.sendall(b":eve!u@h PRIVMSG #madang :hello\r\n:eve!u@h PRIVMSG #madang :")
            sender = threading.Thread(target=send_quietly, args=(connection, b"x" * 65536, 1000), daemon=True)
            sender.start()
            client.screen.expect("[bot] 접속", "[eve] hello")
            sender.join(4 * PATIENCE_S)
            assert not sender.is_alive()
            assert resident_bytes(client.process.pid) < 200 << 20
            client.type("q")
            receive_until(connection, b"PING ")
            connection.sendall(b"\r\n:irc.false PONG irc.false :m\r\n")
            receive_until(connection, b"QUIT")
        client.wait_exit()


def test_K10_numerics_without_their_parameters(false_irc, house):
    """Every numeric and word with nothing, with empty and with doubled parameters."""
    words = [b"%03d" % number for number in range(1000)]
    words += [b"JOIN", b"PART", b"KICK", b"NICK", b"QUIT", b"PRIVMSG", b"NOTICE", b"BATCH", b"CAP", b"FAIL", b"TOPIC"]
    rest = [b"", b" ", b" :", b" bot", b" bot bot :", b" bot #madang #madang :x"]
    lines = [source + word + end for source in (b":irc.false ", b":eve!u@h ", b"") for word in words for end in rest
             if word != b"KICK" or b"#" not in end]
    data = b"\r\n".join(lines) + b"\r\n:eve!u@h PRIVMSG #madang :end\r\n"
    client = OurClient(false_irc(data), "bot")
    house.callback(client.close)
    client.screen.until("[eve] end")
    client.type("q")


def test_K19_server_that_is_not_madang(false_server):
    done = run_client(false_server(b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n"), "bot", "hello\n")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "HTTP/1.1" not in done.stdout


def test_server_without_a_lobby_needs_a_room(house):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = OurClient(listener.getsockname()[1], "bot")
        house.callback(client.close)
        connection, _ = listener.accept()
        with connection:
            receive_until(connection, b"USER ")
            connection.sendall(b":irc.false 001 bot :Welcome\r\n:irc.false 422 bot :No motd\r\n")
            assert client.wait_exit() == 1
            assert any(is_error(line, "no-room") for line in client.errors.seen)
            assert client.screen.end() == [CLIENT_ENDED]


def test_room_is_joined(yard):
    with subprocess.Popen([str(MADANG), "--server", f"127.0.0.1:{yard.server.port}", "--room", "모임", "listener"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()) as listener:
        assert listener.stdout.readline().decode() == "[listener] 접속\n"
        done = run_client(yard.server.port, "bot", "hello\nq\n", "--room", "#모임")
        assert done.returncode == 0, done.stderr
        assert listener.stdout.readline().decode() == "[bot] hello\n"
        listener.communicate(b"q\n", timeout=PATIENCE_S)
        assert listener.returncode == 0
    assert yard.seen() == []


def test_slashes_are_text_in_a_pipe(yard):
    assert run_client(yard.server.port, "bot", "/me waves\n//\n/quit\nq\n").returncode == 0
    yard.reader.expect("[bot] /me waves", "[bot] //", "[bot] /quit")


@pytest.mark.parametrize("letter", ["x", "가", "😀"])
def test_long_line_arrives_whole(yard, letter):
    line = letter * (4096 // len(letter.encode()))
    done = run_client(yard.server.port, "bot", line + "\nq\n")
    assert done.returncode == 0, done.stderr
    yard.reader.expect(f"[bot] {line}")


def send_quietly(connection, piece, count):
    try:
        for _ in range(count):
            connection.sendall(piece)
    except OSError:
        pass


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


def test_K20_line_that_mentions_my_name(yard, house):
    client = OurClient(yard.server.port, "bot")
    house.callback(client.close)
    client.screen.expect("[bot] 접속")
    yard.server.console.until("[bot] 접속")
    yard.writer.say("bot, [bot] is you")
    client.screen.expect("[haneul] bot, [bot] is you")


def test_plain_drops_only_its_own_echo(house):
    server = ReportServer()
    house.callback(server.close)
    first, second = OurClient(server.port, "user1", "--plain"), None
    house.callback(first.close)
    server.screen.expect("[user1] 접속", "[1]명의 사용자 접속 중")
    second = OurClient(server.port, "user2", "--plain")
    house.callback(second.close)
    server.screen.expect("[user2] 접속", "[2]명의 사용자 접속 중")
    first.screen.expect("[user1] 접속")
    second.type("[user1] 안녕")
    first.screen.expect("[user2] [user1] 안녕")
    first.type("hello")
    second.screen.expect("[user2] 접속", "[user1] hello")
    second.type("user1, are you there?")
    first.screen.expect("[user2] user1, are you there?")


def test_plain_keeps_piped_lines_apart(house):
    """The report's server takes one recv as one message, so quick lines need a pause between them."""
    server = ReportServer()
    house.callback(server.close)
    done = run_client(server.port, "bot", "하나\n둘\n셋\nq\n", "--plain")
    assert done.returncode == 0, done.stderr
    server.screen.expect("[bot] 접속", "[1]명의 사용자 접속 중", "[bot] 하나", "[bot] 둘", "[bot] 셋", "[bot] 접속 종료",
                         "[0]명의 사용자 접속 중")


def test_plain_sends_whole_characters_in_pieces_of_a_recv(house):
    """A line longer than the report's recv arrives in pieces that end at characters: its server never breaks."""
    server = ReportServer()
    house.callback(server.close)
    line = "가" * 1000
    assert run_client(server.port, "bot", line + "\nq\n", "--plain").returncode == 0
    server.screen.expect("[bot] 접속", "[1]명의 사용자 접속 중")
    pieces = []
    while (got := server.screen.next()) != "[bot] 접속 종료":
        pieces.append(got.removeprefix("[bot] "))
    assert "".join(pieces) == line


def test_K04_newline_in_a_message_of_a_plain_server(false_server, house):
    client = OurClient(false_server("[eve] hi\n[user1] forged".encode()), "bot", "--plain")
    house.callback(client.close)
    client.screen.expect("[bot] 접속")
    assert client.screen.next().startswith("[eve] hi")
    client.type("q")
    house.callback(client.close)
    rest = client.screen.skip_seen()
    assert "[user1] forged" not in rest
