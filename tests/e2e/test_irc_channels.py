"""Broken and hostile IRC peers: names, rooms, modes, lists (I18 to I23, I44 to I49)."""

import pytest

MARK = "\u0301"


@pytest.mark.parametrize("channels, answers", [
    ("#", ["476"]), ("#\x07", ["476"]), ("#a\x1b", ["476"]), (f"#{'a' * 64}", ["476"]), (f"#{'a' * 65}", ["403"]),
    ("nothing", ["403"]), ("&a", ["403"]), ("::a", ["403"]), (":#a b", ["476"]), ("#a\u202eb", ["476"]), (f"#{MARK}", ["476"]),
    ("#a,b", ["JOIN", "353", "366", "403"]), ("#a b", ["JOIN", "353", "366"]), (",,,", []), ("#a,#A,#a", ["JOIN", "353", "366"]),
    (f"#{'a' * 63}", ["JOIN", "353", "366"]),
])
def test_I18_names_of_rooms(irc, channels, answers):
    client = irc("bob")
    assert client.commands(f"JOIN {channels}") == answers


def test_I18_more_rooms_than_one_person_may_be_in(irc):
    client = irc("bob")
    # As many as a line holds, ten times: the lines are short, and what they ask for is not.
    lines = ["JOIN " + ",".join(f"#{line}{number}" for number in range(100)) for line in "abcdefghij"]
    joined = client.commands(*lines)
    assert joined.count("JOIN") == 100 and joined.count("405") == 900
    parted = client.ask("JOIN 0")
    assert [m.command for m in parted] == ["PART"] * 100 and len({m.params[0] for m in parted}) == 100
    assert client.commands("JOIN #again") == ["JOIN", "353", "366"]


def test_I19_rooms_that_are_not_there(irc):
    client = irc("bob")
    irc("present")
    lines = ("PART #nothere", "PART #nothere,#norhere", "INVITE present #nothere", "JOIN 0", "TOPIC #nothere :x",
             "KICK #nothere present", "MODE #nothere +i", "NAMES #nothere")
    assert client.commands(*lines) == ["403"] * 7 + ["366"]


SECRET = [
    "TOPIC {}", "TOPIC {} :x", "NAMES {}", "WHO {}", "WHO {} %cnu", "MODE {}", "MODE {} b", "MODE {} +i", "LIST {}", "LIST",
    "KICK {} owner", "PART {}", "INVITE outsider {}", "PRIVMSG {} :x", "PRIVMSG @{} :x", "NOTICE {} :x", "@+a TAGMSG {}",
    "RENAME {} #other", "WHOIS owner", "METADATA {} GET a", "METADATA {} LIST", "METADATA {} SET a :b", "METADATA {} SYNC",
    "METADATA {} CLEAR",
    "BATCH +1 draft/multiline {0}\r\n@batch=1 PRIVMSG {0} :x\r\n@batch=1 PRIVMSG {0} :y\r\nBATCH -1",
]


def test_I21_a_secret_room_is_none_for_outsiders(irc):
    owner = irc("owner", caps=["draft/metadata-3"])
    outsider = irc("outsider", caps=["draft/metadata-3", "draft/channel-rename", "draft/multiline", "message-tags", "batch"])
    owner.join("#geheim")
    owner.ask("MODE #geheim +s", "TOPIC #geheim :nobody's business", "METADATA #geheim SET a :b")
    for line in SECRET:
        answers = []
        for room in ("#geheim", "#nichts"):
            got = outsider.ask(line.format(room))
            answers.append([(m.command, [p.replace(room, "#?") for p in m.params if not p.isdigit()]) for m in got])
        assert answers[0] == answers[1], line
    # And nobody in it has heard anything.
    assert owner.ask() == []


@pytest.mark.parametrize("modes, answers", [
    ("+" + "x" * 60, ["472"] * 60), ("+Z-Z+é", ["472"] * 3), ("+l 99999999999999999999", ["696"]), ("+l -1", ["696"]),
    ("+l 0", ["696"]), ("+l 1e3", ["696"]), ("+l", ["696"]), ("+k a,b", ["696"]), ("+k :a b", ["696"]), ("+k :", ["696"]),
    ("+k " + "k" * 33, ["696"]), ("+b " + "a" * 480, ["696"]), ("+b :a b", ["696"]), ("+oooooo", ["696"] * 6),
    ("+o nobody", ["401"]), ("+f nothing", ["696"]), ("-", []), ("+", []), ("+-+-+-", []),
])
def test_I22_modes(irc, modes, answers):
    client = irc("bob")
    client.join("#modes")
    assert client.commands(f"MODE #modes {modes}") == answers
    assert client.ask("MODE #modes")[0].params[1:] == ["#modes", "+nt"]


def test_I23_kicks_of_nobody(irc):
    client = irc("bob")
    client.join("#kicks")
    irc("present")
    assert client.commands("KICK #kicks present,a", "KICK #kicks madang", "KICK #nowhere bob") == ["441", "441", "441", "403"]
    assert client.commands("NAMES #kicks") == ["353", "366"]
    # Nobody is in it any more once one has put oneself out.
    assert client.commands("KICK #kicks nobody,bob,present,bob") == ["441", "KICK", "403", "403"]


def test_I44_brackets_are_no_braces(irc):
    """By the CASEMAPPING that is told, everywhere: in names, in rooms, in lists."""
    first, second = irc("foo["), irc("foo{")
    assert any("CASEMAPPING=ascii" in m.params for m in first.welcome if m.command == "005")
    assert first.ask("WHOIS FOO[")[0].params[1] == "foo[" and first.ask("WHOIS FOO{")[0].params[1] == "foo{"
    first.ask("PRIVMSG FOO{ :to you")
    assert second.texts() == [("foo[", "to you")]
    first.ask("MONITOR + FOO{,foo}")
    online, offline = first.ask("MONITOR S")
    assert online.params[-1].startswith("foo{!") and offline.params[-1] == "foo}"
    first.join("#a[")
    assert second.join("#A{") == ["@foo{"] and second.join("#A[") == ["@foo[", "foo{"]


def test_I45_lists_that_are_full(irc):
    client = irc("bob")
    names = [f"n{number}" for number in range(10_000)]
    lines = ["MONITOR + " + ",".join(names[at:at + 80]) for at in range(0, len(names), 80)]
    answers = client.ask(*lines)
    assert {m.command for m in answers} == {"731", "734"}
    told = [name for m in answers if m.command == "731" for name in m.params[-1].split(",")]
    assert told == names[:100]
    full = [m.params for m in answers if m.command == "734"]
    assert full[0][1] == "100" and [name for params in full for name in params[2].split(",")] == names[100:]
    client.join("#lists")
    answers = client.commands(*(f"MODE #lists +b {name}!*@*" for name in names[:1000]))
    assert answers == ["MODE"] * 100 + ["478"] * 900
    assert client.commands("MODE #lists b").count("367") == 100


def test_I48_marks(irc):
    client, other = irc("bob"), irc("other")
    for name in (MARK, MARK * 8, "a" + MARK * 5):
        assert client.commands(f"NICK {name}", f"JOIN #{name}") == ["432", "476"]
    for each in (client, other):
        each.join("#marks")
    client.ask()
    # A message is kept as it is.
    text = "e" + MARK * 200
    client.ask(f"PRIVMSG #marks :{text}")
    assert other.texts() == [("bob", text)]


def test_I49_what_people_say_of_themselves_is_data(irc):
    """Colours and escapes go on as they are, in the place that they were sent for; terminals are the client's part."""
    words = "\x02\x0304red\x03 \x1b[2J\x1b]0;x\x07 \x0f"
    client, other = irc("bob"), irc("other", caps=["away-notify", "setname"])
    client.join("#colours")
    other.join("#colours")
    client.ask("MODE #colours +o other")
    other.ask()
    client.ask(f"AWAY :{words}", f"SETNAME :{words}", f"TOPIC #colours :{words}", f"PART #colours :{words}")
    client.join("#colours")
    told = other.ask(f"KICK #colours bob :{words}")
    client.ask("JOIN #colours")
    client.say(f"QUIT :{words}")
    told += other.read_until("QUIT")
    for verb in ("AWAY", "SETNAME", "TOPIC", "PART", "KICK", "QUIT"):
        text = next(m.params[-1] for m in told if m.command == verb)
        assert text.removeprefix("Quit: ") == words, verb
