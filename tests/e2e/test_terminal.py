"""Our client on a terminal: what is typed is never torn, Hangul has its width, and nothing received is obeyed."""

import os
import signal
import socket
import termios

import pytest

from false_irc import let_in
from madang_server import MADANG, environment
from screen import Screen, width_of
from terminal import OurTerminal, Terminal
from words import CLIENT_ENDED


@pytest.fixture
def at_terminal(yard, house):
    """Our client on a terminal in the witnesses' lobby."""

    def start(name="bot", **how):
        terminal = OurTerminal(yard.server.port, name, **how)
        house.callback(terminal.close)
        yard.server.console.until(f"[{name}] 접속")
        return terminal

    return start


def test_the_test_screen_itself():
    screen = Screen(10, 3)
    screen.feed("안녕\r\nabc\x1b[2D\x1b[KX\r\n12345678901".encode())
    assert screen.rows() == ["안녕", "aX", "1234567890", "1"]
    screen.feed(b"\x1b]0;title\x07\a")
    assert len(screen.suspicious) == 2


def test_messages_do_not_tear_the_typed_line(yard, at_terminal):
    bot = at_terminal()
    bot.keys("hel")
    bot.wait_typed("hel")
    for number in range(5):
        yard.writer.say(f"news {number}")
        bot.wait_row(f"[haneul] news {number}")
    # Below all the news the half line stands whole, once, with the cursor after it.
    bot.wait_typed("hel")
    assert sum("hel" in row for row in bot.screen.rows()) == 1, bot.picture()
    assert bot.screen.rows()[-1] == bot.screen.current(), bot.picture()
    assert bot.screen.x == len(bot.screen.current()), bot.picture()
    bot.keys("lo\r")
    yard.reader.until("[bot] hello")
    bot.type("q")
    assert bot.wait_exit() == 0
    bot.wait_row(CLIENT_ENDED)


def columns(text):
    return sum(width_of(char) for char in text)


def test_hangul_is_erased_at_its_width(yard, at_terminal):
    bot = at_terminal()
    bot.keys("안녕하세요")
    bot.wait_typed("안녕하세요")
    bot.keys("\x7f\x7f")
    bot.wait(lambda screen: screen.current().endswith("안녕하"), "two syllables erased")
    assert bot.screen.x == columns(bot.screen.current()), bot.picture()
    bot.keys("a")
    bot.wait_typed("안녕하a")
    bot.keys("\x7f나\r")
    yard.reader.expect("[bot] 안녕하나")


def test_hangul_typed_byte_by_byte(yard, at_terminal):
    bot = at_terminal()
    for byte in "마당".encode():
        bot.keys(bytes([byte]))
    bot.wait_typed("마당")
    bot.keys("\r")
    yard.reader.expect("[bot] 마당")


def test_long_line_wraps_and_is_sent_whole(yard, at_terminal):
    bot = at_terminal(columns=40, rows=12)
    text = "가나다라마바사아자차카타파하" * 4
    bot.keys(text)
    bot.wait(lambda screen: text[-3:] in "".join(screen.rows()[-3:]), "the end of the long line")
    yard.writer.say("in between")
    bot.wait(lambda screen: "[haneul] in between" in screen.rows(), "news beside a long line")
    bot.keys("\r")
    yard.reader.until(f"[bot] {text}")


def test_news_while_hangul_is_half_typed(yard, at_terminal):
    bot = at_terminal()
    bot.keys("안녕")
    bot.wait_typed("안녕")
    yard.writer.say("새 소식")
    bot.wait_row("[haneul] 새 소식")
    bot.wait_typed("안녕")
    bot.keys("\x7f히\r")
    yard.reader.until("[bot] 안히")


def test_end_of_input_key_leaves(yard, at_terminal):
    bot = at_terminal()
    bot.keys("\x04")
    assert bot.wait_exit() == 0
    bot.wait_row(CLIENT_ENDED)
    yard.server.expect_gone("bot")


def test_history_brings_a_line_back(yard, at_terminal):
    bot = at_terminal()
    bot.type("first line")
    yard.reader.expect("[bot] first line")
    bot.keys("\x1b[A")
    bot.wait_typed("first line")
    bot.keys(" again\r")
    yard.reader.expect("[bot] first line again")


@pytest.mark.parametrize("ending", ["q", "end-of-input", "interrupt", "terminated", "server-gone"])
def test_terminal_is_given_back(at_terminal, ending, house, madangd):
    if ending == "server-gone":
        server = madangd()
        bot = OurTerminal(server.port, "bot")
        house.callback(bot.close)
        server.console.until("[bot] 접속")
    else:
        bot = at_terminal()
    bot.keys("typed")
    bot.wait_typed("typed")
    if ending == "q":
        bot.keys("\x15q\r")
    elif ending == "end-of-input":
        bot.keys("\x15\x04")
    elif ending == "interrupt":
        bot.keys("\x03")
    elif ending == "terminated":
        os.kill(bot.process.pid, signal.SIGTERM)
    else:
        server.stop()
        # It tries to come back, and the line stays.
        bot.wait_row(CLIENT_ENDED)
        bot.wait_typed("typed")
        bot.keys("\x15q\r")
    status = bot.wait_exit()
    assert status == {"q": 0, "end-of-input": 0, "server-gone": 1}.get(ending, status)
    assert termios.tcgetattr(bot.slave) == bot.before
    bot.wait_row(CLIENT_ENDED)
    # The shell's prompt would stand at the beginning of a line of its own.
    bot.wait(lambda screen: screen.x == 0, "the cursor at the beginning of a line")


HOSTILE = {
    "title": b"\x1b]0;pwned\x07", "clipboard": b"\x1b]52;c;eA==\x07", "report": b"\x1b[6n", "device": b"\x1bP$qm\x1b\\",
    "clear": b"\x1b[2J", "c1": "\u009b2J".encode(), "byte-9b": b"\x9b2J", "return": b"\r[admin] lie", "up": b"\x1b[A\x1b[2K",
    "backspace": b"\b\b\b\b\b\b\b\bxx", "bell": b"\a", "vertical-tab": b"\v", "alternate": b"\x1b[?1049h", "bidi": "\u202elie".encode(),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_K01_K03_received_controls_never_reach_the_terminal(house, what):
    """From a false server, so that only the client stands between the bytes and the terminal."""
    data = HOSTILE[what]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        bot = OurTerminal(listener.getsockname()[1], "bot")
        house.callback(bot.close)
        connection, _ = listener.accept()
        with connection:
            let_in(connection, "bot")
            said = b"!u@h PRIVMSG #madang :"
            connection.sendall(b":eve" + said + b"first line\r\n")
            bot.wait_row("[eve] first line")
            connection.sendall(b":eve" + said + b"x" + data + b"\r\n:eve" + data.replace(b" ", b"") + said + b"y\r\n"
                               b":irc.false 499 bot :" + data + b"\r\n:bot!u@h JOIN #x" + data.replace(b" ", b"") +
                               b"\r\n:eve" + said + b"last\r\n")
            bot.wait_row("#madang [eve] last")
            rows = bot.screen.rows()
            assert "[eve] first line" in rows, bot.picture()
            assert not [row for row in rows if row.startswith("[admin]")], bot.picture()
            assert not [note for note in bot.screen.suspicious if "pwned" in note or "52;" in note or "$q" in note]
            if what not in ("return", "up", "clear"):
                # These the client may use itself; what makes them harmless is the picture above.
                assert data not in bot.raw, bot.picture()
            assert bot.screen.suspicious == [], bot.screen.suspicious
            bot.type("q")


@pytest.mark.parametrize("term", ["dumb", "", "vt100", "linux", "xterm-256color", "nonsense"])
def test_K17_odd_terminals(yard, at_terminal, term):
    bot = at_terminal(env=environment(TERM=term) if term else environment())
    bot.type("hello")
    yard.reader.expect("[bot] hello")
    yard.writer.say("and you?")
    bot.wait(lambda screen: any("[haneul] and you?" in row for row in screen.rows()), "the answer")
    bot.type("q")
    assert bot.wait_exit() == 0


def test_K17_tiny_terminal_resized_again_and_again(yard, at_terminal):
    bot = at_terminal(columns=1, rows=1)
    bot.keys("가나")
    for number in range(100):
        bot.resize(1 + number % 7, 1 + number % 3)
        os.kill(bot.process.pid, signal.SIGWINCH)
        if number % 10 == 0:
            yard.writer.say(f"가나다 {number}")
            yard.reader.expect(f"[haneul] 가나다 {number}")
    bot.resize(80, 24)
    bot.keys("\r")
    yard.reader.expect("[bot] 가나")
    bot.type("q")
    assert bot.wait_exit() == 0


def colours(raw):
    """SGR sequences that set a colour."""
    return [piece for piece in raw.split(b"\x1b[")[1:] if piece.partition(b"m")[0].replace(b";", b"").isdigit()
            and b"m" in piece[:12] and piece.partition(b"m")[0] not in (b"0", b"00")]


def test_names_are_coloured_unless_told_not_to(yard, at_terminal):
    bot = at_terminal(env=environment(TERM="xterm-256color"))
    yard.writer.say("hello")
    bot.wait_row("[haneul] hello")
    assert colours(bot.raw)
    bot.type("q")
    assert bot.wait_exit() == 0
    plain = at_terminal(name="bat", env=environment(TERM="xterm-256color", NO_COLOR="1"))
    yard.writer.say("hello again")
    plain.wait_row("[haneul] hello again")
    assert not colours(plain.raw), plain.raw


def test_pipe_on_one_side_only(yard, house):
    """stdout a terminal, stdin a file: no editor, no prompt, all is delivered."""
    terminal = Terminal(["sh", "-c", f"printf 'hello\\nq\\n' | {MADANG} --server 127.0.0.1:{yard.server.port} bot"])
    house.callback(terminal.close)
    yard.reader.expect("[bot] hello")
    assert terminal.wait_exit() == 0
    terminal.wait_row(CLIENT_ENDED)
    assert terminal.screen.rows() == ["[bot] 접속", CLIENT_ENDED], terminal.picture()


@pytest.mark.parametrize("answer", ["y", "n"])
def test_K18_pasted_lines_are_asked_about(yard, at_terminal, answer):
    bot = at_terminal()
    bot.keys("\x1b[200~one\rtwo\rthree\x1b[201~")
    bot.wait(lambda screen: "(y/n)" in screen.current() and "3" in screen.current(), "the question")
    # Other people go on while the question stands.
    yard.writer.say("meanwhile")
    bot.wait_row("[haneul] meanwhile")
    assert yard.seen() == ["[haneul] meanwhile"]
    bot.keys(answer)
    bot.wait(lambda screen: "(y/n)" not in screen.current(), "an end of the question")
    bot.type("typed after")
    pasted = ["[bot] one", "[bot] two", "[bot] three"] if answer == "y" else []
    yard.reader.expect(*pasted, "[bot] typed after")
    bot.type("q")
    assert bot.wait_exit() == 0


def test_pasted_single_line_waits_for_enter(yard, at_terminal):
    bot = at_terminal()
    bot.keys("\x1b[200~한 줄\x1b[201~")
    bot.wait_typed("한 줄")
    assert yard.seen() == []
    bot.keys("\r")
    yard.reader.expect("[bot] 한 줄")


# Commands, rooms, completion: whatever is more than the lobby.


@pytest.fixture
def in_room(yard, at_terminal, house):
    """Two of our clients on terminals, bot in the lobby and in #모임, friend in #모임 alone."""
    bot = at_terminal()
    friend = OurTerminal(yard.server.port, "friend", "--room", "모임")
    house.callback(friend.close)
    friend.wait_row("[friend] 접속")
    bot.type("/join 모임")
    bot.wait_row("#모임 방에 들어왔습니다")
    return bot, friend


def leave(*terminals):
    for terminal in terminals:
        terminal.keys("\x15q\r")
        assert terminal.wait_exit() == 0


def test_rooms_side_by_side(yard, in_room):
    bot, friend = in_room
    bot.wait(lambda screen: screen.current() == "[#모임] 1:#madang", "the line of activity")
    friend.type("여기는 모임")
    bot.wait_row("[friend] 여기는 모임")
    yard.writer.say("the lobby speaks")
    bot.wait_row("#madang [haneul] the lobby speaks")
    bot.wait(lambda screen: screen.current() == "[#모임] 1:#madang(1)", "the count")
    bot.type("to the room")
    friend.wait_row("[bot] to the room")
    bot.type("/1")
    bot.wait(lambda screen: screen.current() == "[#madang] 2:#모임", "the other room")
    bot.type("to the lobby")
    yard.reader.expect("[haneul] the lobby speaks", "[bot] to the lobby")
    assert "" not in bot.screen.rows(), bot.picture()
    bot.type("/part #모임")
    bot.wait_row("#모임 방에서 나왔습니다")
    leave(bot, friend)


def test_commands_at_a_terminal(yard, in_room):
    bot, friend = in_room
    bot.type("/me waves")
    friend.wait_row("* bot waves")
    friend.type("/msg bot 둘이서만")
    bot.wait_row("*friend* 둘이서만")
    bot.type("/names")
    bot.wait(lambda screen: any(row.startswith("#모임: ") and "friend" in row for row in screen.rows()), "the names")
    friend.type("/topic 오늘의 주제")
    bot.wait_row("#모임의 주제 (friend): 오늘의 주제")
    bot.type("/topic")
    bot.wait_row("#모임의 주제: 오늘의 주제")
    bot.type("/list")
    bot.wait(lambda screen: any(row.startswith("#모임 (2) ") for row in screen.rows()), "the list")
    bot.type("/who friend")
    bot.wait(lambda screen: any(row.startswith("friend (") for row in screen.rows()), "the answer to who")
    bot.type("/away 점심")
    bot.wait_row("자리에 없다고 알렸습니다")
    friend.type("/msg bot 있어요?")
    friend.wait_row("bot님은 자리에 없습니다: 점심")
    bot.type("/nick 새이름")
    bot.wait_row("이름이 바뀌었습니다: 새이름")
    bot.type("//slash")
    friend.wait_row("[새이름] /slash")
    bot.type("/msg nobody-here hi")
    bot.wait(lambda screen: any(row.startswith("! no-such-name: ") for row in screen.rows()), "the error")
    bot.type("/quit 안녕")
    assert bot.wait_exit() == 0
    leave(friend)


def test_tab_completes_a_name(yard, in_room):
    bot, friend = in_room
    friend.type("hello")
    bot.wait_row("[friend] hello")
    bot.keys("fr\t")
    bot.wait_typed("friend:")
    bot.keys("hi\r")
    friend.wait_row("[bot] friend: hi")
    bot.keys("/he\t\r")
    bot.wait(lambda screen: any(row.startswith("/join") for row in screen.rows()), "the help")
    leave(bot, friend)


def test_mention_is_bold(yard, at_terminal):
    bot = at_terminal(env=environment(TERM="xterm-256color"))
    yard.writer.say("bottom line")
    bot.wait_row("[haneul] bottom line")
    assert b"\x1b[1m" not in bot.raw
    yard.writer.say("hello bot")
    bot.wait_row("[haneul] hello bot")
    assert b"\x1b[1mhello bot\x1b[m" in bot.raw
    assert bot.screen.suspicious == []
    leave(bot)


def test_long_line_is_shown_whole(yard, at_terminal, house):
    bot = at_terminal()
    other = at_terminal(name="other")
    text = "가나다라마바사" * 60
    bot.keys(text)
    bot.keys("\r")
    other.wait(lambda screen: f"[bot] {text}" in "".join(screen.rows()), "the whole line")
    yard.reader.until(f"[bot] {text}")
    leave(bot, other)


def test_comes_back_when_the_server_does(madangd, house, tmp_path):
    server = madangd(data=tmp_path / "first")
    bot = OurTerminal(server.port, "bot")
    house.callback(bot.close)
    bot.wait_row("[bot] 접속")
    bot.keys("half")
    bot.wait_typed("half")
    server.stop()
    bot.wait_row(CLIENT_ENDED)
    bot.wait(lambda screen: any(row.endswith("초 뒤에 다시 접속합니다") for row in screen.rows()), "what it does")
    again = madangd(data=tmp_path / "second", listen=f"127.0.0.1:{server.port}")
    again.console.until("[bot] 접속")
    bot.wait(lambda screen: screen.rows().count("[bot] 접속") == 2, "the second join")
    bot.wait_typed("half")
    witness = again.join("witness")
    bot.keys(" line\r")
    witness.expect("[bot] half line")
    leave(bot)
