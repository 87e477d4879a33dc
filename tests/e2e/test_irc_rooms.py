"""Operators and what lasts: kept rooms, bans, the message of the day; over kill -9 and a new configuration. And
what does not last: messages that are taken back."""

import pytest

import config_text
from irc_client import IrcClient
from madang_server import stored
from streams import wait_until

# "operpassword", with the smallest cost.
OPERATOR = """operator "boss" {
    password = '$argon2id$v=19$m=1024,t=1,p=1$bWFkYW5nc2FsdDAw$jfo6a5jkTUp9ax1D2ObGrwb5dvWEso8AHBiC3jb4ZR4'
}
"""


def boss(server, house, nick="boss"):
    client = IrcClient(server.port, nick)
    house.callback(client.close)
    assert "381" in client.commands("OPER boss operpassword")
    return client


@pytest.mark.parametrize("line, numeric", [("OPER boss geheimnis", "464"), ("OPER nobody geheimnis", "464"), ("OPER boss", "461")])
def test_I33_wrong_operators(madangd, house, line, numeric):
    server = madangd(config=OPERATOR)
    client = IrcClient(server.port, "bob")
    house.callback(client.close)
    assert client.commands(line)[0] == numeric
    assert client.commands("KILL bob :x")[0] == "481"
    assert "geheimnis" not in server.errors.text()


def test_kept_room_survives_kill(madangd, house):
    server = madangd(config=OPERATOR)
    keeper = boss(server, house)
    keeper.join("#마을")
    keeper.ask("MODE #마을 +P", "MODE #마을 +il 7", "TOPIC #마을 :모두의 마을", "MODE #마을 +b *!*@spam.example", "MODE #마을 +e good!*@*")
    keeper.join("#fleeting")
    keeper.ask("TOPIC #fleeting :gone tomorrow")
    server.kill()
    server = madangd(config=OPERATOR)
    keeper = boss(server, house)
    assert [m.params[-1] for m in keeper.ask("TOPIC #마을")][0] == "모두의 마을"
    modes = keeper.ask("MODE #마을")[0]
    assert modes.command == "324" and set("Pinlt") <= set(modes.params[2]) and "7" in modes.params
    # Nobody is made its operator by coming in; the room keeps its own rules.
    assert keeper.commands("JOIN #마을") == ["473"]
    assert keeper.commands("TOPIC #fleeting")[0] == "403"


def test_ban_of_an_address_survives_kill_and_is_lifted(madangd, house):
    server = madangd(config=OPERATOR)
    keeper = boss(server, house)
    victim = IrcClient(server.port, "victim", source="127.0.0.9")
    house.callback(victim.close)
    victim.join("#madang")
    keeper.ask("BAN 127.0.0.9 :no more")
    assert any(m.command == "ERROR" for m in victim.read_until("ERROR"))
    server.kill()
    server = madangd(config=OPERATOR)
    with IrcClient(server.port, source="127.0.0.9") as client:
        client.say("NICK victim", "USER v 0 * :v")
        assert client.read_until("465", "ERROR")[-1].command in ("465", "ERROR")
    with server.connect(source="127.0.0.9") as client:
        client.say("victim")
        client.expect_refusal("banned")
    keeper = boss(server, house)
    assert any("127.0.0.9" in " ".join(m.params) for m in keeper.ask("BAN"))
    keeper.ask("UNBAN 127.0.0.9")
    with IrcClient(server.port, "victim", source="127.0.0.9") as client:
        assert client.commands("JOIN #madang")[0] == "JOIN"


def test_rehash_reads_the_message_of_the_day_anew(madangd, house, tmp_path):
    motd = tmp_path / "motd"
    motd.write_text("처음\n")
    server = madangd(config=config_text.server(motd=str(motd)) + OPERATOR)
    keeper = boss(server, house)
    assert any(m.command == "372" and "처음" in m.params[-1] for m in keeper.welcome)
    motd.write_text("다음\n")
    assert "382" in keeper.commands("REHASH")

    def is_new():
        with IrcClient(server.port, "reader") as reader:
            return any("다음" in m.params[-1] for m in reader.welcome)

    wait_until(is_new, "the new message of the day")


def test_plain_person_is_kicked_and_told(madangd, house):
    server = madangd(config=OPERATOR)
    keeper = boss(server, house)
    keeper.join("#madang")
    keeper.ask("MODE #madang +o boss")
    guest = server.join("guest")
    keeper.ask("KICK #madang guest :그만")
    assert guest.expect_error("kicked")
    guest.expect_end()


def test_moderated_lobby_tells_plain_people(madangd, house):
    server = madangd(config=OPERATOR)
    keeper = boss(server, house)
    keeper.join("#madang")
    keeper.ask("MODE #madang +o boss", "MODE #madang +m")
    guest = server.join("guest")
    guest.say("hello")
    guest.expect_error("not-allowed")
    keeper.ask("MODE #madang +v guest")
    guest.say("hello again")
    wait_until(lambda: ("guest", "hello again") in keeper.texts(), "the voiced guest is heard")


def test_private_messages_of_plain_people_and_irc(madangd, house):
    server = madangd()
    guest = server.join("guest")
    client = IrcClient(server.port, "bob")
    house.callback(client.close)
    client.ask("PRIVMSG guest :안녕", "NOTICE guest :알림")
    guest.expect("*bob* 안녕", "-bob- 알림")


def test_caller_id_tells_both(madangd, house):
    server = madangd("--threads", 2)
    shy, caller = IrcClient(server.port, "shy"), IrcClient(server.port, "caller")
    for client in (shy, caller):
        house.callback(client.close)
    shy.ask("MODE shy +g")
    assert caller.commands("PRIVMSG shy :hello", "PRIVMSG shy :hello?") == ["716", "716"]
    told = shy.ask()
    assert [m.command for m in told] == ["718"] and told[0].params[1] == "caller"
    shy.ask("ACCEPT caller")
    assert caller.commands("PRIVMSG shy :hello") == []
    assert shy.texts() == [("caller", "hello")]


REDACTION = ("draft/message-redaction", "message-tags", "echo-message", "batch", "labeled-response")


def reader(server, house, nick, caps=REDACTION):
    client = IrcClient(server.port, nick, caps)
    house.callback(client.close)
    return client


def test_message_is_taken_back_on_screens_and_in_the_store(madangd, house):
    server = madangd()
    writer, other = reader(server, house, "writer"), reader(server, house, "other")
    old = reader(server, house, "old", ("message-tags",))
    guest = server.join("guest")
    for client in (old, other, writer):
        client.join("#madang")
    [said] = writer.ask("PRIVMSG #madang :너만 알아 geheim")
    guest.expect("[writer] 너만 알아 geheim")
    msgid = said.tags["msgid"]
    assert other.ask()[-1].tags["msgid"] == msgid
    [refused] = other.ask(f"REDACT #madang {msgid}")
    assert (refused.command, refused.params[:4]) == ("FAIL", ["REDACT", "REDACT_FORBIDDEN", "#madang", msgid])
    [answer] = writer.ask(f"@label=x REDACT #madang {msgid} :wrong room")
    assert (answer.command, answer.params, answer.tags["label"]) == ("REDACT", ["#madang", msgid, "wrong room"], "x")
    [seen] = other.ask()
    assert (seen.nick, seen.command, seen.params) == ("writer", "REDACT", ["#madang", msgid, "wrong room"])
    # Who does not know it is told nothing, and it cannot be done twice.
    assert [m.command for m in old.ask()][-1] == "PRIVMSG"
    [again] = writer.ask(f"REDACT #madang {msgid}")
    assert again.params[:2] == ["REDACT", "UNKNOWN_MSGID"]
    # What was said later is the next thing that a plain person reads.
    writer.ask("PRIVMSG #madang :안녕")
    guest.expect("[writer] 안녕")
    assert [(nick, text) for _, _, _, nick, text in stored(server.data)] == [("writer", ""), ("writer", "안녕")]
    server.stop()
    assert b"geheim" not in (server.data / "madang.db").read_bytes()


def test_private_message_is_taken_back(madangd, house):
    server = madangd()
    writer, friend = reader(server, house, "writer"), reader(server, house, "friend")
    [said] = writer.ask("PRIVMSG friend :psst")
    msgid = said.tags["msgid"]
    friend.ask()
    [refused] = friend.ask(f"REDACT friend {msgid}")
    assert refused.params[:2] == ["REDACT", "UNKNOWN_MSGID"]
    [answer] = writer.ask(f"REDACT friend {msgid}")
    assert (answer.command, answer.params) == ("REDACT", ["friend", msgid])
    assert [m.params for m in friend.ask()] == [["friend", msgid]]
