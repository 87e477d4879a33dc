"""Broken and hostile IRC peers beside two plain witnesses in the same room (I01 to I46)."""

import socket

import pytest

import config_text
from irc_client import IrcClient
from plain_client import flood_until_closed

ROOM = "#madang"


@pytest.fixture
def irc(yard, house):
    """Connects to the common server: `irc("nick", caps=…)`."""

    def connect(nick=None, **how):
        client = IrcClient(yard.server.port, nick, **how)
        house.callback(client.close)
        return client

    return connect


def test_I01_nothing_is_said_before_registration(yard, irc):
    client = irc()
    client.say("NICK bob", f"PRIVMSG {ROOM} :hello", f"JOIN {ROOM}", "WHO bob", "OPER a b")
    assert [m.command for m in (client.message() for _ in range(4))] == ["451"] * 4
    assert yard.seen() == []


@pytest.mark.parametrize("nick", ["1abc", "#x", "*", "a,b", "a" * 33, ":a b", "a@b", "a!b", "-x"])
def test_I03_names_that_are_none(irc, nick):
    client = irc()
    client.say(f"NICK {nick}")
    assert client.message().command == "432"


def test_I02_lines_that_lack_a_name(irc):
    client = irc()
    client.say("USER a", "NICK", "NICK :")
    assert [client.message().command for _ in range(3)] == ["461", "431", "432"]


@pytest.mark.parametrize("nick", ["haneul", "HANEUL", "ｈａｎｅｕｌ"])
def test_I04_name_of_a_plain_witness_is_taken(irc, nick):
    client = irc()
    client.say(f"NICK {nick}", "USER a 0 * :a")
    assert client.message().command == "433"


def test_I04_name_that_looks_like_a_witness(irc):
    client = irc()
    client.say("NICK hаneul", "USER a 0 * :a")  # Cyrillic а
    assert client.message().command == "433"


def test_I06_unknown_commands(irc):
    client = irc("bob")
    assert client.commands("FROB x", "001 bob :hi", "X" * 400, "SERVER a 1 :b", "SVSNICK a b", "STARTTLS") == ["421"] * 6


@pytest.mark.parametrize("count, answered", [(510, True), (511, False), (8000, False)])
def test_I08_length_of_a_line(yard, irc, count, answered):
    client = irc("bob")
    client.join(ROOM)
    line = f"PRIVMSG {ROOM} :"
    commands = client.commands(line + "x" * (count - len(line)))
    # A line that fits coming in may not fit going out, with its prefix: then it is refused as well, not cut.
    assert commands == ["417"] if not answered else commands in ([], ["417"])
    assert client.commands(f"PRIVMSG {ROOM} :next") == []
    assert [line for line in yard.seen() if line.endswith("next")] == ["[bob] next"]


def test_I08_endless_line(yard, irc):
    client = irc("bob")
    try:
        for _ in range(64):
            client.send(b"a" * 65536)
    except OSError:
        pass
    yard.server.console.skip_seen()
    assert yard.server.alive()


def test_I09_too_many_tags(irc):
    client = irc("bob", caps=["message-tags"])
    tags = "+a=" + "b" * 4095
    assert client.commands(f"@{tags} PRIVMSG bob :hello") == ["417"]
    assert [m.command for m in client.ask(f"@{tags[:4000]} PRIVMSG bob :hello")] == ["PRIVMSG"]


def test_I10_broken_tags(irc):
    client = irc("bob")
    assert client.commands("@", "@ ", "@;", "@=", "@a=\\", "@a", ":", ": ", ":a", "@a :b") == []


def test_I12_I13_a_sender_cannot_be_forged(yard, irc):
    reader = irc("reader", caps=["message-tags", "server-time", "account-tag"])
    reader.join(ROOM)
    client = irc("bob", caps=["message-tags"])
    client.join(ROOM)
    client.ask(f"@time=2001-01-01T00:00:00.000Z;account=admin;msgid=x;+ok=1 :admin!a@b PRIVMSG {ROOM} :hello")
    message = next(m for m in reader.ask() if m.command == "PRIVMSG")
    assert message.nick == "bob" and message.params == [ROOM, "hello"]
    assert message.tags["+ok"] == "1" and "account" not in message.tags
    assert message.tags["msgid"] != "x" and not message.tags["time"].startswith("2001")
    assert "[bob] hello" in yard.seen()


def test_I15_a_lone_cr_is_never_relayed(yard, irc):
    reader = irc("reader")
    reader.join(ROOM)
    client = irc("bob")
    client.join(ROOM)
    client.ask(f"PRIVMSG {ROOM} :one\r:reader!r@r PRIVMSG {ROOM} :two")
    assert all("two" not in text or nick == "bob" for nick, text in reader.texts())
    assert not any(line.startswith("[reader]") for line in yard.seen())


def test_I16_bytes_that_are_not_utf8(yard, irc):
    client = irc("bob")
    client.join(ROOM)
    client.send(f"PRIVMSG {ROOM} :".encode() + b"\xff\xfe\r\nTOPIC #nowhere :\xc0\xaf\r\n")
    answers = client.ask()
    assert [(m.command, m.params[0], m.params[1]) for m in answers[:2]] == [
        ("FAIL", "PRIVMSG", "INVALID_UTF8"), ("FAIL", "TOPIC", "INVALID_UTF8"),
    ]
    assert yard.seen() == []


def test_I18_names_of_rooms(irc):
    client = irc("bob")
    assert client.commands("JOIN #", "JOIN #\x07", "JOIN nothing", f"JOIN #{'a' * 64}") != []
    assert "JOIN" not in client.commands("JOIN #", "JOIN #\x07", "JOIN nothing", f"JOIN #{'a' * 64}")
    joined = client.commands(*(f"JOIN #r{number}" for number in range(105)))
    assert joined.count("JOIN") == 100 and joined.count("405") == 5
    assert client.commands("JOIN 0").count("PART") == 100


def test_I20_targets(irc):
    client = irc("bob")
    assert client.commands("PRIVMSG", "PRIVMSG bob", "PRIVMSG bob :", "PRIVMSG nobody :x", "PRIVMSG #nowhere :x") == [
        "411", "412", "412", "401", "403",
    ]
    assert "407" in client.commands("PRIVMSG " + ",".join(f"n{number}" for number in range(100)) + " :x")


def test_I21_a_secret_room_is_none_for_outsiders(irc):
    owner, outsider = irc("owner"), irc("outsider")
    owner.join("#geheim")
    owner.ask("MODE #geheim +s")
    for line in ("TOPIC {}", "NAMES {}", "WHO {}", "MODE {}", "LIST {}", "MODE {} b", "TOPIC {} :x", "KICK {} owner"):
        answers = []
        for room in ("#geheim", "#nichts"):
            got = outsider.ask(line.format(room))
            answers.append([(m.command, [p.replace(room, "#?") for p in m.params]) for m in got])
        assert answers[0] == answers[1], line


@pytest.mark.parametrize("modes", [
    "+" + "x" * 60, "+l 99999999999999999999", "+l -1", "+k a,b", "+k :a b", "+b " + "a" * 480, "+oooooo", "-", "+", "+b ,",
])
def test_I22_modes(irc, modes):
    client = irc("bob")
    client.join("#modes")
    client.ask(f"MODE #modes {modes}")
    assert client.commands("MODE #modes")[0] == "324"


def test_I23_kicks_of_nobody(irc):
    client = irc("bob")
    client.join("#kicks")
    irc("present")
    assert client.commands("KICK #kicks present,a", "KICK #kicks madang", "KICK #nowhere bob") == ["441", "441", "441", "403"]
    assert client.commands("NAMES #kicks") == ["353", "366"]


def test_I39_ping_comes_back_as_it_went(irc):
    client = irc("bob")
    client.say("PING", "PING :a b c", "PING " + "x" * 400)
    assert client.message().command in ("409", "461")
    assert client.message().params[-1] == "a b c"
    assert client.message().params[-1] == "x" * 400


def test_I41_nobody_speaks_for_another(irc):
    client = irc()
    client.say("WEBIRC password gateway host 192.0.2.1")
    assert client.message().command == "ERROR"


def test_I42_ctcp_is_data(yard, irc):
    client, other = irc("bob"), irc("other")
    for each in (client, other):
        each.join(ROOM)
    for text in ("\x01DCC SEND a 1 2 3\x01", "\x01ACTION waves", "\x01" * 300):
        client.ask(f"PRIVMSG {ROOM} :{text}")
        assert other.texts() == [("bob", text)]
    assert yard.server.alive()


def test_a_plain_line_comes_to_irc_and_back(yard, irc):
    client = irc("bob")
    client.join(ROOM)
    yard.writer.say("안녕하세요")
    assert ("haneul", "안녕하세요") in client.texts(f"PRIVMSG {ROOM} :반갑습니다")
    client.ask(f"PRIVMSG {ROOM} :\x01ACTION 손을 흔든다\x01", f"PRIVMSG {ROOM} :\x02굵게\x0f \x0304,05붉게\x03")
    assert yard.seen()[-3:] == ["[bob] 반갑습니다", "* bob 손을 흔든다", "[bob] 굵게 붉게"]


def test_a_long_plain_line_comes_whole_or_in_pieces(yard, irc):
    whole = irc("whole", caps=["batch", "draft/multiline", "message-tags"])
    pieces = irc("pieces")
    for client in (whole, pieces):
        client.join(ROOM)
    text = "가나다라" * 300  # 3,600 bytes
    yard.writer.say(text)
    yard.seen()
    batch = [m for m in whole.ask() if m.command == "PRIVMSG"]
    assert not batch[-1].tags.get("batch")  # the fence, a short line
    batch = [m for m in batch if "batch" in m.tags]
    assert "".join(m.params[-1] for m in batch) == text
    assert all("draft/multiline-concat" in m.tags for m in batch[1:])
    cut = [text for nick, text in pieces.texts() if nick == "haneul" and not text.startswith("fence")]
    assert "".join(cut) == text and len(cut) > 1


def test_flooding_is_paced_and_ended(make_yard, house):
    yard = make_yard(strict=True, burst=5, rate=2)
    client = IrcClient(yard.server.port, "flood")
    house.callback(client.close)
    sent, received = flood_until_closed(client, b"PRIVMSG nobody :" + b"x" * 300 + b"\r\n", 1 << 24)
    assert sent < 1 << 24 and b"ERROR :flood: " in received


def test_password_of_the_server(madangd):
    server = madangd(config=config_text.server(password="마당"))
    with IrcClient(server.port) as client:
        client.say("NICK bob", "USER bob 0 * :bob")
        assert client.read_until("464", "ERROR")[-1].command in ("464", "ERROR")
    with IrcClient(server.port) as client:
        client.say("PASS 마당", "NICK bob", "USER bob 0 * :bob")
        client.read_until("422", "376")
    # There is no way around it by the plain door of the same port.
    with server.connect() as client:
        client.say("bob")
        client.expect_refusal("not-allowed")


def test_half_a_line_of_a_peer_that_closes_is_dropped(yard, irc):
    client = irc("bob")
    client.join(ROOM)
    client.send(f"PRIVMSG {ROOM} :whole\r\nPRIVMSG {ROOM} :half".encode())
    client.socket.shutdown(socket.SHUT_WR)
    yard.server.expect_gone("bob")
    assert yard.seen() == ["[bob] whole"]
