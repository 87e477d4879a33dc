"""Broken and hostile IRC peers beside two plain witnesses in the same room (I01 to I17, I20, I36 to I43)."""

import socket

import pytest

import config_text
from irc_client import IrcClient
from plain_client import flood_until_closed

ROOM = "#madang"

PROXY = config_text.section("proxy", addresses=["127.0.0.5"], password="gate")


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


def test_I03_I04_names_for_who_has_one(irc):
    client = irc("bob")
    bad = ["1abc", "#x", "*", "a,b", ":a b", "a@b", "a!b", "-x", ":", "a" * 33, "a" * 400, "NickServ", "bo\u200bb"]
    assert client.commands(*(f"NICK {nick}" for nick in bad)) == ["432"] * len(bad)
    assert client.commands("NICK haneul", "NICK HANEUL", "NICK hаneul", "NICK") == ["433", "433", "433", "431"]
    # It is still called what it was called.
    assert client.ask("NICK BOB")[0].nick == "bob"


def test_I05_registration_happens_once(irc):
    client = irc()
    client.say("PASS a", "PASS b", "CAP LS", "NICK bob", "USER bob 0 * :bob", "USER other 0 * :other", "CAP END", "CAP END",
               "USER a 0 * :a")
    commands = [m.command for m in client.ask()]
    assert commands.count("001") == 1 and commands.count("462") == 2
    assert client.commands("USER a 0 * :a", "PASS x", "CAP END", "WEBIRC a b c 192.0.2.1") == ["462", "462", "462"]


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


@pytest.mark.parametrize("end", [b"", b"\r\n"], ids=["endless", "ended"])
@pytest.mark.parametrize("nick", ["bob", None], ids=["registered", "nameless"])
def test_I08_line_past_the_input_limit(irc, nick, end):
    client = irc(nick)
    client.send(b"PING " + b"a" * 8188 + end)
    message = client.message()
    assert message.command == "ERROR" and message.params[-1].endswith("RecvQ exceeded")
    client.expect_end()


def test_I08_line_without_an_end_keeps_nothing(yard, irc):
    client = irc("bob")
    before = yard.server.rss_bytes()
    sent, received = flood_until_closed(client, b"a" * 65536, 1 << 30)
    assert sent < 1 << 26 and received == b"ERROR :too-long: RecvQ exceeded\r\n"
    assert yard.server.rss_bytes() - before < 1 << 26


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


@pytest.mark.parametrize("control", ["\r", "\0"], ids=["CR", "NUL"])
def test_I15_a_lone_cr_is_never_relayed(yard, irc, control):
    reader = irc("reader")
    reader.join(ROOM)
    client = irc("bob")
    client.join(ROOM)
    assert [message.command for message in reader.ask()] == ["JOIN"]
    forged = f"PRIVMSG {ROOM} :one{control}:reader!r@r PRIVMSG {ROOM} :two"
    lines = (forged, f"PRIVMSG {ROOM} :{control}", f"TOPIC {ROOM} :{control}QUIT", f"AWAY :{control}", f"NICK b{control}b")
    assert client.commands(*lines) == ["417"] * 5
    assert reader.ask() == [] and yard.seen() == []


@pytest.mark.parametrize("text, left", [(b"a\rb\0c", "abc"), (b"\r:x!x@x PRIVMSG #a :b", ":x!x@x PRIVMSG #a :b")])
def test_P25_controls_of_a_plain_line_end_no_line_of_irc(yard, irc, text, left):
    reader = irc("reader")
    reader.join(ROOM)
    with yard.server.join("bob") as bob:
        bob.send(text + b"\n")
        assert reader.message().nick == "bob"  # comes in
        assert reader.message().params == [ROOM, left]


def test_a_plain_line_of_line_breaks_alone_is_no_message_of_irc(yard, irc):
    """Plain people see what was sent; of a PRIVMSG nothing would be left."""
    reader = irc("reader")
    reader.join(ROOM)
    with yard.server.join("bob") as bob:
        bob.send(b"\r\r\n\0\nhello\n")
        yard.reader.expect("[bob] ^M", "[bob] ^@", "[bob] hello")
        assert reader.texts() == [("bob", "hello")]


def test_I16_bytes_that_are_not_utf8(yard, irc):
    client = irc("bob")
    client.join(ROOM)
    client.send(f"PRIVMSG {ROOM} :".encode() + b"\xff\xfe\r\nTOPIC #nowhere :\xc0\xaf\r\n")
    answers = client.ask()
    assert [(m.command, m.params[0], m.params[1]) for m in answers[:2]] == [
        ("FAIL", "PRIVMSG", "INVALID_UTF8"), ("FAIL", "TOPIC", "INVALID_UTF8"),
    ]
    client.send(b"NICK b\xff\r\nAWAY :\xff\r\nQUIT :\xff\r\nMODE #\xff\r\n\xff\xfe\r\n")
    answers = client.ask()
    assert [(m.command, *m.params[:2]) for m in answers] == [
        ("FAIL", verb, "INVALID_UTF8") for verb in ("NICK", "AWAY", "QUIT", "MODE", "*")
    ]
    # Not one of them was done.
    assert client.ask("WHOIS bob")[0].command == "311"
    assert yard.seen() == []


def test_I16_names_that_are_not_utf8(irc):
    client = irc()
    client.send(b"NICK \xed\xa0\x80\r\nUSER \xff 0 * :\xff\r\nPASS \xff\r\n")
    messages = [client.message() for _ in range(3)]
    assert [(m.command, *m.params[:2]) for m in messages] == [
        ("FAIL", verb, "INVALID_UTF8") for verb in ("NICK", "USER", "PASS")
    ]


def test_I17_the_longest_of_everything_fits_into_a_line(irc):
    """Names of the greatest length, and texts as long as a line takes them: cut between characters, or refused."""
    nick, room = "가" * 10 + "ab", "#" + "다" * 21
    client, reader = irc(), irc("reader")
    client.say(f"NICK {nick}", f"USER {'u' * 30} 0 * :{'라' * 100}")
    client.read_until("422")
    client.join(room)
    reader.join(room)
    reader.ask(f"MODE {room}")
    client.ask(f"MODE {room} +o reader")
    words = "바" * 200
    for line in (f"TOPIC {room} :{words}", f"PRIVMSG {room} :{words}", f"NOTICE {room} :{words}", f"KICK {room} nobody :{words}",
                 f"PART {room} :{words}", f"JOIN {room}", f"AWAY :{words}", f"SETNAME :{words}", f"QUIT :{words}"):
        whole = line.encode()[:510].decode(errors="ignore")
        client.send(whole.encode() + b"\r\n")
    client.rest()
    seen = []
    while b" QUIT " not in (line := reader.next_bytes()):
        seen.append(line)
    verbs = [line.decode().split()[1] for line in (*seen, line)]
    assert verbs == ["MODE", "TOPIC", "PART", "JOIN", "QUIT"]
    assert all(len(line) + 2 <= 512 for line in (*seen, line))


def test_I20_targets(irc):
    client = irc("bob")
    assert client.commands("PRIVMSG", "PRIVMSG bob", "PRIVMSG bob :", "PRIVMSG nobody :x", "PRIVMSG #nowhere :x") == [
        "411", "412", "412", "401", "403",
    ]
    assert "407" in client.commands("PRIVMSG " + ",".join(f"n{number}" for number in range(100)) + " :x")


def test_I39_ping_comes_back_as_it_went(irc):
    client = irc("bob")
    client.say("PING", "PING :", "PING a b", "PING :a b c", "PING " + "x" * 400)
    assert [client.message().command for _ in range(2)] == ["409", "409"]
    assert client.message().params[-1] == "a"
    assert client.message().params[-1] == "a b c"
    assert client.message().params[-1] == "x" * 400
    # What does not fit with the frame is cut; nothing that was not sent stands there.
    client.say("PING " + "y" * 500)
    token = client.message().params[-1]
    assert set(token) == {"y"} and len(token) > 470


def listing(client, room_count):
    """Makes so many rooms with long topics: a LIST of them is longer than what a socket holds."""
    rooms = [f"#list{number}" for number in range(room_count)]
    client.ask(*(f"JOIN {room}" for room in rooms), *(f"TOPIC {room} :{'t' * 390}" for room in rooms))
    return rooms


def test_I40_leaving_while_being_listed(irc):
    """All that was asked before is answered whole, and the end comes behind it."""
    client, other = irc("bob", receive_buffer=4096), irc("other")
    rooms = listing(client, 60)
    other.ask(f"JOIN {rooms[0]}")
    client.ask(f"MODE {rooms[0]} +o other")
    # Several times what waits for a reader at most.
    client.say(*["LIST", "WHO *", f"NAMES {rooms[0]}"] * 30, "NICK bobby", f"PART {rooms[1]}", f"KICK {rooms[2]} bobby", "JOIN 0",
               "QUIT :over")
    other.ask(f"KICK {rooms[0]} bob :out", "WHOIS bob", "NAMES")
    commands = [message.command for message in client.read_until("ERROR")]
    client.expect_end()
    assert [commands.count(end) for end in ("323", "315", "366")] == [30, 30, 30]
    assert commands.count("322") >= 30 * 59


@pytest.mark.parametrize("last", ["QUIT", "BATCH +1 draft/multiline #list0\r\n@batch=1 PRIVMSG #list0 :half\r\nQUIT"])
def test_I40_gone_with_a_full_output(irc, last):
    client = irc("bob", receive_buffer=4096, caps=["batch", "draft/multiline", "labeled-response"])
    listing(client, 60)
    client.say(*[f"@label=l{number} LIST" for number in range(30)], last)
    client.reset()
    watcher = irc("watcher")
    while watcher.commands("ISON bob", "WHOIS bob")[1] != "401":
        pass


def test_I41_nobody_speaks_for_another(irc):
    client = irc()
    client.say("WEBIRC password gateway host 192.0.2.1")
    assert client.message().command == "ERROR"
    client.expect_end()


@pytest.mark.parametrize("line", [
    "WEBIRC wrong gateway host 192.0.2.7", "WEBIRC gate gateway host a@b", "WEBIRC gate gateway host :192.0.2.7 x",
    "WEBIRC gate gateway host 192.0.2.256", "WEBIRC gate gateway host :", "WEBIRC gate gateway host localhost",
])
def test_I41_gateways_that_say_it_wrong(madangd, house, line):
    server = madangd(config=PROXY)
    with IrcClient(server.port, source="127.0.0.5") as client:
        client.say(line, "NICK bob", "USER bob 0 * :bob")
        message = client.message()
        assert message.command == "ERROR" and message.params[-1].startswith("not-allowed")
        client.expect_end()
    assert "192.0.2.7" not in server.errors.text()


@pytest.mark.parametrize("header", [
    b"PROXY TCP4 192.0.2.7 192.0.2.1 4000 6667\r\n", b"PROXY UNKNOWN\r\n",
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\xc0\0\x02\x01\x0f\xa0\x1a\x0b",
], ids=["1", "unknown", "2"])
def test_I41_header_of_a_proxy_that_is_not_listed(madangd, header):
    server = madangd(config=PROXY)
    with server.connect(source="127.0.0.6") as client:
        client.send(header + b"NICK bob\r\nUSER bob 0 * :bob\r\n")
        client.expect_refusal("not-allowed")
    # The one that is listed is believed.
    with IrcClient(server.port, source="127.0.0.5") as client:
        client.send(header + b"NICK bob\r\nUSER bob 0 * :bob\r\n")
        client.read_until("422")


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
