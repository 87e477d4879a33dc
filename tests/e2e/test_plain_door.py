"""Bad input at the plain door: the first bytes, and how bytes become messages (P16 to P29, P40)."""

import re
import socket
import time

import pytest

import config_text
from plain_client import PlainClient

# Characters as the plain door and the console show them.
ESCAPED = {
    "title": (b"\x1b]0;x\x07", "^[]0;x^G"),
    "report": (b"\x1b[6n", "^[[6n"),
    "carriage-return": (b"a\rb", "a^Mb"),
    "backspace": (b"a\x08b", "a^Hb"),
    "nul": (b"a\x00b", "a^@b"),
}


def assert_no_user(yard):
    """Nobody but the witnesses was ever announced or shown."""
    assert yard.seen() == []
    assert yard.console() == []


def test_P16_http_request_is_no_user(yard):
    with yard.server.connect() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.rest().startswith(b"HTTP/1.1 404 ")
    assert_no_user(yard)


def test_P17_browser_form_puts_nothing_into_the_chat(yard):
    body = b"bob\nhello\nNICK x\r\n"
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(body)
    with yard.server.connect() as client:
        client.send(head + body)
        assert client.rest().startswith(b"HTTP/1.1 405 ")
    assert_no_user(yard)


def test_P17_browser_form_byte_by_byte(yard):
    with yard.server.connect() as client:
        try:
            for byte in b"POST / HTTP/1.1\r\n\r\nbob\nhello\n":
                client.send(bytes([byte]))
        except ConnectionError:
            pass
        client.rest()
    assert_no_user(yard)


NOT_MADANG = {
    "http-header": b"Host: x\r\n", "smtp": b"EHLO x\r\n", "ssh": b"SSH-2.0-x\r\n", "redis": b"*1\r\n$4\r\nPING\r\n",
    "rdp": b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00", "socks": b"\x05\x01\x00",
    "smb": b"\x00\x00\x00\x54\xffSMB\x72\x00\x00\x00\x00", "tls": bytes.fromhex("16030100050100000100"),
    "proxy": b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n", "connect": b"CONNECT x:1 HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("protocol", NOT_MADANG)
def test_P18_other_protocols_make_no_user(yard, protocol):
    with yard.server.connect() as client:
        client.send(NOT_MADANG[protocol])
        client.half_close()
        client.rest()
    assert_no_user(yard)


@pytest.mark.parametrize("line", [b"NICK bob\r\nUSER bob 0 * :bob\r\n", b"CAP LS 302\r\nNICK bob\r\n"])
def test_P15_verb_with_a_space_is_no_plain_user(yard, line):
    """That is IRC's door: whatever it answers today, no plain user of that name appears."""
    with yard.server.connect() as client:
        client.send(line)
        client.half_close()
        client.rest()
    assert_no_user(yard)


def test_P15_verb_cut_by_a_pause_is_a_name(yard):
    """Quiet means plain as long as a space has not said otherwise, and what follows cannot change it."""
    with yard.server.connect() as client:
        client.send(b"CAP")
        yard.server.console.until("[CAP] 접속")
        client.send(b" LS 302\r\nNICK bob\r\n")
        yard.reader.expect("[CAP]  LS 302", "[CAP] NICK bob")


def test_P15_irc_listener_waits_for_the_rest_of_a_verb(madangd):
    config = config_text.limit(quiet_ms=10) + 'listen "127.0.0.1:0" { door = auto }\nlisten "127.0.0.3:0" { door = irc }\n'
    server = madangd(config=config, listen=None)
    line = server.errors.until(lambda text: "127.0.0.3:" in text)
    with PlainClient(int(re.search(r"127\.0\.0\.3:(\d+)", line)[1]), host="127.0.0.3") as client, server.connect() as other:
        client.send(b"NI")
        # Quiet has ended another client's chunks after that, so it had its chance.
        for number in range(3):
            other.send(b"chunk%d" % number)
            server.console.until("[chunk0] 접속" if number == 0 else f"[chunk0] chunk{number}")
        client.send(b"CK bob\r\nUSER bob 0 * :bob\r\n")
        assert client.next().split()[1] == "001"


def test_P19_name_byte_by_byte_is_one_name(make_yard):
    # The quiet time is far longer than a busy machine lets this loop take.
    yard = make_yard(quiet_ms=3000)
    with yard.server.connect() as client:
        for byte in "천천히".encode():
            client.send(bytes([byte]))
            time.sleep(0.01)
        yard.server.console.until("[천천히] 접속")
    yard.server.expect_gone("천천히")


def test_P19_quiet_ends_no_line_of_a_line_client(make_yard):
    yard = make_yard(quiet_ms=10)
    with yard.server.join("bob") as client, yard.server.connect() as other:
        client.send(b"half a ")
        # Quiet has ended another client's chunks after the half line was sent, so it had its chance.
        for number in range(3):
            other.send(b"chunk%d" % number)
            yard.server.console.until("[chunk0] 접속" if number == 0 else f"[chunk0] chunk{number}")
        client.send(b"line\n")
        assert yard.reader.until("[bob] half a line") == ["[chunk0] chunk1", "[chunk0] chunk2"]


@pytest.mark.parametrize("ends", [b"", b"\n"], ids=["unterminated", "line"])
def test_P21_character_over_two_segments(yard, ends):
    """The report's programs lose such a character; ours may not, whether quiet comes in between or not."""
    with yard.server.join("bob", terminator=ends) as client:
        first, rest = "안녕".encode()[:4], "안녕".encode()[4:]
        client.send(first)
        time.sleep(0.05)
        client.send(rest + ends)
        yard.reader.expect("[bob] 안녕")


def test_P22_chunk_that_ends_inside_a_character(yard):
    with yard.server.join("bob", terminator=b"") as client:
        client.send(b"ok\xec\x95")
        answer = client.receive().decode()
        assert answer.startswith("! bad-utf8: "), answer
    assert not [line for line in yard.seen() if "\ufffd" in line or "ok" in line]


@pytest.mark.parametrize("bytes_count", [1, 1023, 1024, 1025, 4095, 4096])
def test_P23_long_message_comes_whole_and_once(yard, bytes_count):
    text = ("가나다라마바사" * 200).encode()[:bytes_count].decode(errors="ignore")
    text += "x" * (bytes_count - len(text.encode()))
    with yard.server.join("bob") as client:
        client.say(text, "next")
        yard.reader.expect(f"[bob] {text}", "[bob] next")


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_P23_message_of_4097_bytes_is_refused_whole(yard, line_end):
    with yard.server.join("bob") as client:
        client.send(b"x" * 4097 + line_end + b"next" + line_end)
        told = client.expect_error("too-long")
        assert re.findall(r"\d+", told.replace(",", "")) == ["4097", "4096"], told
        yard.reader.expect("[bob] next")


def test_P23_tail_of_a_long_line_is_no_second_message(yard):
    with yard.server.join("bob") as client:
        for _ in range(5):
            client.send(b"x" * 4097)
        client.send(b"the tail\nnext\n")
        client.expect_error("too-long")
        yard.reader.expect("[bob] next")


def test_P23_carriage_return_is_not_counted(yard):
    with yard.server.join("bob") as client:
        client.send(b"y" * 4096 + b"\r\n")
        yard.reader.expect("[bob] " + "y" * 4096)


def test_P23_unterminated_message_of_1025_bytes(yard):
    with yard.server.join("bob", terminator=b"") as client:
        client.send(b"z" * 1025)
        yard.reader.expect("[bob] " + "z" * 1025)


@pytest.mark.parametrize("which", ESCAPED)
def test_P25_controls_in_a_message_are_shown_as_text(yard, which):
    sent, shown = ESCAPED[which]
    with yard.server.join("bob") as client:
        client.send(sent + b"\n")
        yard.reader.expect(f"[bob] {shown}")
        yard.server.console.until(f"[bob] {shown}")


def test_P25_c1_control_in_a_message_is_shown_as_text(yard):
    with yard.server.join("bob") as client:
        client.say("a\u009b2Jb")
        got = yard.reader.next()
        assert got.startswith("[bob] a") and got.endswith("2Jb") and "\u009b" not in got, got
        yard.server.console.until(got)


def test_P26_forged_line_inside_a_message_stays_one_line(yard):
    with yard.server.join("bob") as client, yard.server.join("report", terminator=b"") as chunks:
        client.say("x[user1] send money")
        yard.reader.expect("[bob] x[user1] send money")
        # One message a write for a reader of the report's kind, and no newline after it.
        assert chunks.receive() == b"[bob] x[user1] send money"


@pytest.mark.parametrize("text", ["Q", "QUIT", " q", "q ", "quit now", "qq", "/quit", "q\u0301"])
def test_P27_almost_a_leave_word_is_a_message(yard, text):
    with yard.server.join("bob") as client:
        client.say(text, "still here")
        yard.reader.expect(f"[bob] {text}", "[bob] still here")


@pytest.mark.parametrize("word", ["q", "quit"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_P28_what_follows_the_leave_word_is_dropped(yard, word, line_end):
    with yard.server.join("bob") as client:
        client.send(f"{word}{line_end}hello{line_end}".encode())
        client.expect_end()
        yard.server.expect_left("bob")
    assert yard.seen() == []


@pytest.mark.parametrize("blank", [b"\n", b"\r\n", b"   \n", b"\n\n\n", b"\t \n"])
def test_P29_blank_lines_are_ignored(yard, blank):
    with yard.server.join("bob") as client:
        client.send(blank + b"hello\n" + blank + b"again\n")
        yard.reader.expect("[bob] hello", "[bob] again")
        assert "" not in yard.console()


@pytest.mark.parametrize("bad", [b"\x80", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xec\x95"])
def test_message_not_utf8_goes_to_nobody(yard, bad):
    with yard.server.join("bob") as client:
        client.send(b"before " + bad + b" after\nnext\n")
        client.expect_error("bad-utf8")
        yard.reader.expect("[bob] next")


def test_P40_urgent_data(yard):
    with yard.server.join("bob") as client:
        client.socket.send(b"!", socket.MSG_OOB)
        client.say("hello")
        got = yard.reader.next()
        # The urgent byte is lost or in line, as the kernel has it; the rest is whole.
        assert got in ("[bob] hello", "[bob] !hello")


def test_P40_telnet_negotiation(yard):
    with yard.server.join("bob") as client:
        client.send(b"\xff\xfb\x01")
        client.send(b"\nhello\n")
        yard.reader.expect("[bob] hello")


def test_P40_telnet_negotiation_before_the_name(yard):
    with yard.server.connect() as client:
        client.send(b"\xff\xfb\x01\xff\xfd\x03bob\n")
        client.half_close()
        client.rest()
    assert not [line for line in yard.seen() if "\ufffd" in line]


def test_report_style_client_gets_no_newlines(yard):
    """Its name came unterminated, so its messages do too, each in one write."""
    with yard.server.join("report", terminator=b"") as chunks:
        for text in ("하나", "둘", "셋"):
            yard.writer.say(text)
            yard.reader.until(f"[haneul] {text}")
            assert chunks.receive() == f"[haneul] {text}".encode()


def test_report_style_client_does_not_get_its_own_line_back(yard):
    with yard.server.join("report", terminator=b"") as chunks:
        chunks.send(b"mine")
        yard.reader.expect("[report] mine")
        yard.writer.say("yours")
        assert chunks.receive() == b"[haneul] yours"


def test_unterminated_q_leaves(yard):
    with yard.server.join("report", terminator=b"") as chunks:
        chunks.send(b"q")
        chunks.expect_end()
        yard.server.expect_left("report")


def test_no_history_no_greeting(yard):
    """A newcomer hears first what is said after it came, and nothing from the server itself."""
    yard.writer.say("before")
    yard.reader.expect("[haneul] before")
    with yard.server.join("bob") as client:
        yard.writer.say("after")
        client.expect("[haneul] after")


def test_line_that_mentions_my_name_is_shown(yard):
    with yard.server.join("bob") as client:
        yard.writer.say("bob, [bob] is you")
        client.expect("[haneul] bob, [bob] is you")


def test_lobby_and_server_name_are_configured(madangd):
    server = madangd(config=config_text.server(name="테스트", info="for the tests", lobby="#test"))
    with server.join("bob"), PlainClient(server.port, "coco") as other:
        server.console.until("[2]명의 사용자 접속 중")
        other.say("hello")
        server.console.until("[coco] hello")
