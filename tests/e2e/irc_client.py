"""An IRC client that is nothing but a socket: lines in, messages out."""

import itertools
from dataclasses import dataclass, field

from plain_client import PlainClient


@dataclass
class Message:
    """One line of IRC, taken apart."""

    tags: dict = field(default_factory=dict)
    source: str = ""
    command: str = ""
    params: list = field(default_factory=list)

    @property
    def nick(self):
        return self.source.partition("!")[0]


def parse(line):
    message = Message()
    if line.startswith("@"):
        tags, _, line = line[1:].partition(" ")
        message.tags = dict((key, value) for key, _, value in (tag.partition("=") for tag in tags.split(";")))
    if line.startswith(":"):
        message.source, _, line = line[1:].partition(" ")
    head, colon, trailing = line.partition(" :")
    message.command, *message.params = head.split()
    if colon:
        message.params.append(trailing)
    return message


class IrcClient(PlainClient):
    """One connection to the IRC door; registered when a name is given."""

    _tokens = itertools.count(1)

    def __init__(self, port, nick=None, caps=(), **how):
        super().__init__(port, terminator=b"\r\n", **how)
        self.name = nick
        if nick is not None:
            if caps:
                self.say(f"CAP REQ :{' '.join(caps)}")
            self.say(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
            if caps:
                self.say("CAP END")
            self.welcome = self.read_until("376", "422")

    def next_bytes(self):
        line = super().next_bytes()
        if line is not None:
            assert line.endswith(b"\r"), f"a line without CR: {line!r}"
            line = line[:-1]
        return line

    def message(self):
        return parse(self.next())

    def read_until(self, *commands):
        """Messages up to one of these commands, which is the last."""
        messages = []
        while not messages or messages[-1].command not in commands:
            messages.append(self.message())
        return messages

    def ask(self, *lines):
        """Says the lines; returns all that comes before the PONG to a PING behind them."""
        token = f"fence{next(self._tokens)}"
        self.say(*lines, f"PING {token}")
        messages = []
        while True:
            message = self.message()
            if message.command == "PONG" and message.params[-1] == token:
                return messages
            messages.append(message)

    def commands(self, *lines):
        """The commands and numerics that come for the lines."""
        return [message.command for message in self.ask(*lines)]

    def join(self, channel):
        """Enters the room; returns the names in it."""
        messages = self.ask(f"JOIN {channel}")
        assert messages[0].command == "JOIN", messages
        return " ".join(m.params[-1] for m in messages if m.command == "353").split()

    def texts(self, *lines):
        """(nick, text) of the messages that come up to now."""
        return [(m.nick, m.params[-1]) for m in self.ask(*lines) if m.command == "PRIVMSG"]
