"""The report's session: the screens of server and clients, line for line, with every mix of programs."""

import pytest

import config_text
import words
from madang_server import environment, stored
from programs import Netcat, OurClient, ReportClient, ReportServer
from terminal import OurTerminal

CONSOLE = """\
[user1] 접속
[1]명의 사용자 접속 중
[user2] 접속
[2]명의 사용자 접속 중
[user3] 접속
[3]명의 사용자 접속 중
[user3] 안녕하세요
[user1] 안녕
[user2] 컴퓨터네트워크
[user3] 접속 종료
[2]명의 사용자 접속 중
[user2] 접속 종료
[1]명의 사용자 접속 중
[user1] 접속 종료
[0]명의 사용자 접속 중""".split("\n")

TALK = [("user3", "안녕하세요"), ("user1", "안녕"), ("user2", "컴퓨터네트워크")]
LEAVE = [("user3", "q"), ("user2", "quit"), ("user1", "q")]

MIXES = {
    "nc": [Netcat, Netcat, Netcat],
    "ours": [OurClient, OurClient, OurClient],
    "report": [ReportClient, ReportClient, ReportClient],
    "nc-ours-report": [Netcat, OurClient, ReportClient],
    "report-nc-ours": [ReportClient, Netcat, OurClient],
    "ours-report-nc": [OurClient, ReportClient, Netcat],
}


def play(console, start, house):
    """Plays the session; each step waits for what the step before it shows. Returns the people by name."""
    people = {}
    expected = iter(CONSOLE)
    for name in ("user1", "user2", "user3"):
        person = people[name] = start(name)
        house.callback(person.close)
        person.screen.expect(*person.opening())
        console.expect(next(expected), next(expected))
    for writer, text in TALK:
        people[writer].type(text)
        console.expect(next(expected))
        for name, person in people.items():
            if name != writer:
                person.screen.expect(f"[{writer}] {text}")
    for name, word in LEAVE:
        people[name].type(word)
        people[name].screen.expect(*people[name].closing())
        console.expect(next(expected), next(expected))
    return people


@pytest.mark.parametrize("mix", MIXES)
def test_session_screens(madangd, house, mix):
    server = madangd()
    kinds = dict(zip(("user1", "user2", "user3"), MIXES[mix]))
    people = play(server.console, lambda name: kinds[name](server.port, name), house)
    for person in people.values():
        if isinstance(person, Netcat):
            person.end_of_input()
        assert person.wait_exit() == 0
        # Nothing but the screen above: no blank line, no word of the others' coming and going, no torn rest.
        assert person.screen.end() == [] and person.screen.tail == b""
        assert person.errors.text().strip() == ""
    server.stop()
    assert server.console.end() == []
    assert server.console.seen == CONSOLE


def test_session_of_plain_clients_at_the_report_server(house):
    server = ReportServer()
    house.callback(server.close)
    people = play(server.screen, lambda name: OurClient(server.port, name, "--plain"), house)
    for person in people.values():
        assert person.wait_exit() == 0
        assert person.screen.end() == [] and person.screen.tail == b""
    assert server.screen.skip_seen() == []


def test_session_of_plain_and_report_clients_at_the_report_server(house):
    server = ReportServer()
    house.callback(server.close)

    def start(name):
        return ReportClient(server.port, name) if name == "user2" else OurClient(server.port, name, "--plain")

    people = play(server.screen, start, house)
    assert [person.wait_exit() for person in people.values()] == [0, 0, 0]


def test_session_of_plain_clients_at_madangd(madangd, house):
    server = madangd()
    people = play(server.console, lambda name: OurClient(server.port, name, "--plain"), house)
    assert [person.wait_exit() for person in people.values()] == [0, 0, 0]


def test_session_on_terminals(madangd, house):
    server = madangd()
    people = {}
    for name in ("user1", "user2", "user3"):
        people[name] = OurTerminal(server.port, name)
        house.callback(people[name].close)
        people[name].wait_row(f"[{name}] 접속")
        server.console.until(server.words.joined(name))
    for writer, text in TALK:
        people[writer].type(text)
        for name, person in people.items():
            if name != writer:
                person.wait_row(f"[{writer}] {text}")
    for name, word in LEAVE:
        people[name].type(word)
        people[name].wait_row(words.CLIENT_ENDED)
        assert people[name].wait_exit() == 0
        server.expect_left(name)
    for name, person in people.items():
        shown = [row for row in person.screen.rows() if row.startswith("[") or row == words.CLIENT_ENDED]
        others = [f"[{writer}] {text}" for writer, text in TALK if writer != name]
        assert shown == [f"[{name}] 접속", *others, words.CLIENT_ENDED], person.picture()
        # What the person typed stands there as typed, in its place among the others' lines.
        own = next(text for writer, text in TALK if writer == name)
        assert [row for row in person.screen.rows() if row.endswith(own) and not row.startswith("[")], person.picture()
        assert "" not in person.screen.rows(), person.picture()
    server.stop()
    assert server.console.seen == CONSOLE


@pytest.mark.parametrize("how", ["config", "locale"])
def test_english_console(madangd, how):
    config = config_text.server(lang="en") if how == "config" else None
    # The locale need not be installed: only its language's name is asked for.
    env = environment(LC_ALL="en_US.UTF-8") if how == "locale" else None
    server = madangd(config=config, env=env, language=words.ENGLISH)
    user1 = server.join("user1")
    user2 = server.join("user2")
    user1.say("hello")
    user2.expect("[user1] hello")
    user1.say("q")
    user1.expect_end()
    server.expect_left("user1")
    user2.reset()
    server.expect_gone("user2")
    server.stop()
    assert server.console.seen == [
        "[user1] joined", "[1] connected", "[user2] joined", "[2] connected", "[user1] hello",
        "[user1] left", "[1] connected", "[user2] vanished", "[0] connected",
    ]


def test_vanished_client_is_named(madangd):
    server = madangd()
    server.join("user1").reset()
    server.console.expect("[user1] 비정상 종료", "[0]명의 사용자 접속 중")


@pytest.mark.parametrize("locale", ["C", "POSIX", "ko_KR.UTF-8", "xx_YY.UTF-8", "de_DE", ""])
def test_console_is_korean_in_odd_locales(madangd, locale):
    server = madangd(env=environment(LC_ALL=locale, LANG=""))
    server.join("user1").say("q")
    server.expect_left("user1")
    server.stop()
    assert server.console.seen == [
        "[user1] 접속", "[1]명의 사용자 접속 중", "[user1] 접속 종료", "[0]명의 사용자 접속 중",
    ]


def test_next_client_may_come_at_once(madangd):
    server = madangd()
    clients = [server.connect() for _ in range(3)]
    # All three are connected before the first has a name.
    for number, client in enumerate(clients, 1):
        client.say(f"user{number}")
        server.console.expect(f"[user{number}] 접속", f"[{number}]명의 사용자 접속 중")


def test_rows_are_stored_with_their_writers(madangd):
    server = madangd()
    user1, user2 = server.join("user1"), server.join("user2")
    user1.say("안녕")
    user2.expect("[user1] 안녕")
    user2.say("hello; DROP TABLE message;--")
    user1.expect("[user2] hello; DROP TABLE message;--")
    server.stop()
    rows = stored(server.data)
    assert [(nick, text) for _, _, _, nick, text in rows] == [
        ("user1", "안녕"), ("user2", "hello; DROP TABLE message;--"),
    ]
    assert len({channel for _, _, channel, _, _ in rows}) == 1
