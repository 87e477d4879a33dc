"""One room for everybody: netcat, the report's client, ours, and IRC clients as people have them."""

import re

from irc_client import IrcClient
from programs import Netcat, OurClient, ReportClient
from real_clients import Ii, Irssi, WeeChat

ROOM = "#madang"
PROGRAMS = {"nana": Netcat, "repo": ReportClient, "urie": OurClient}
CLIENTS = {"weeeee": WeeChat, "irssian": Irssi, "iiiii": Ii}
WORDS = ["안녕하세요, 마당에 오신 것을 환영합니다", "two words", "ㅋㅋㅋ 😀", "<b>%s%n</b> \\o/"]


def people(server, tmp_path, house):
    """All of them in the room, each when the one before it is there."""
    everybody = {}
    for name, kind in PROGRAMS.items():
        everybody[name] = kind(server.port, name)
        house.callback(everybody[name].close)
        server.console.until(server.words.joined(name))
    for name, kind in CLIENTS.items():
        everybody[name] = kind(server.port, name, ROOM, tmp_path / name)
        house.callback(everybody[name].close)
        server.console.until(server.words.joined(name))
    return everybody


def plain_lines(person):
    """(nick, text) of what a plain program has shown."""
    return re.findall(r"^\[([^\]]+)\] (.+)$", person.screen.text(), re.M)


def test_everybody_in_one_room_sees_every_line_once_and_in_order(madangd, tmp_path, house):
    server = madangd()
    everybody = people(server, tmp_path, house)
    observer = IrcClient(server.port, "observer")
    house.callback(observer.close)
    observer.join(ROOM)
    said = []
    for round_number, words in enumerate(WORDS):
        for name, person in everybody.items():
            text = f"{round_number} {name} {words}"
            if name in PROGRAMS:
                person.type(text)
            else:
                person.say(text)
            said.append((name, text))
            server.console.until(f"[{name}] {text}")
            # The report's client takes two messages for one where they come into one read.
            if name != "repo":
                everybody["repo"].screen.until(f"[{name}] {text}")
    # What all have seen, in the server's order.
    order = [message for message in observer.texts() if message in said]
    assert order == said
    for name, person in everybody.items():
        others = [message for message in said if message[0] != name]
        if name in PROGRAMS:
            if name != "repo":
                person.screen.until("[{}] {}".format(*others[-1]))
            seen = [message for message in plain_lines(person) if message in said]
        else:
            person.wait_shown(*others[-1])
            # They show their own lines at once, wherever they are in the room's order.
            seen = [message for message in person.shown() if message in others]
        assert seen == others, name
    for name in CLIENTS:
        everybody[name].leave()
        server.expect_left(name)
    for name in PROGRAMS:
        everybody[name].type("q")
        server.expect_left(name)
