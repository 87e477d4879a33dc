"""Operators, what the configuration tells newcomers, and what it may not give away (I33, K23, T16, C04 to C06)."""

import os
import re
import signal

import pytest

from irc_client import IrcClient
from madang_server import run_madangd
from streams import wait_until

# "operpassword", at the least cost.
HASH = "$argon2id$v=19$m=1024,t=1,p=1$bWFkYW5nc2FsdDAw$jfo6a5jkTUp9ax1D2ObGrwb5dvWEso8AHBiC3jb4ZR4"
OPERATOR = f"operator \"root\" {{ password = '{HASH}' }}\n"
# The tests do not wait for a second try.
SOON = "limit { oper_again_ms = 0 }\n"


@pytest.fixture
def secret_config(tmp_path):
    """A configuration that only its owner reads; called again it replaces it."""
    path = tmp_path / "operators.conf"

    def write(text):
        path.touch(mode=0o600)
        path.write_text(text)
        return path

    return write


@pytest.fixture
def irc(house):
    def connect(server, nick=None, **how):
        client = IrcClient(server.port, nick, **how)
        house.callback(client.close)
        return client

    return connect


def test_the_right_password_makes_an_operator(madangd, secret_config, irc):
    server = madangd("--config", secret_config(OPERATOR + SOON))
    alice = irc(server, "alice")
    assert alice.commands("OPER root guess") == ["464"]
    assert "381" not in alice.commands("OPER nobody operpassword")
    assert "481" in alice.commands("WALLOPS :hello")
    assert "381" in alice.commands("OPER root operpassword")
    assert "481" not in alice.commands("WALLOPS :hello")
    server.stop()
    log = "\n".join(line for line in server.errors.seen if re.match(r"\d{4}-\d\d-\d\dT", line))
    assert "oper: wrong password: alice as operator root" in log
    assert "oper: right password: alice as operator root" in log
    for secret in ("operpassword", "guess", "argon2id", "127.0.0.1"):
        assert secret not in log, log


def test_I33_a_guess_costs_a_while(madangd, secret_config, irc):
    server = madangd("--config", secret_config(OPERATOR + "limit { oper_again_ms = 3600000 }\n"))
    alice = irc(server, "alice")
    assert alice.commands("OPER root guess") == ["464"]
    assert alice.commands("OPER root operpassword") == ["464"]


def test_I33_guesses_do_not_slow_the_others(madangd, secret_config, irc):
    server = madangd("--config", secret_config(OPERATOR + SOON))
    guesser, bob, coco = irc(server, "guesser"), irc(server, "bob"), irc(server, "coco")
    bob.join("#a")
    coco.join("#a")
    guesser.say(*["OPER root guess"] * 300)
    bob.say("PRIVMSG #a :still here")
    assert coco.read_until("PRIVMSG")[-1].params == ["#a", "still here"]
    for _ in range(300):
        assert guesser.message().command == "464"
    # Each was answered, and the log was not filled.
    assert server.errors.text().count("wrong password") < 100


def test_an_operator_has_the_configuration_read_again(madangd, secret_config, irc, tmp_path):
    motd = tmp_path / "motd"
    motd.write_text("마당에 오신 것을\n환영합니다\n")
    server = madangd("--config", secret_config(OPERATOR + f"server {{ motd = '{motd}' name = first }}\n"))
    alice = irc(server, "alice")
    assert [m.params[-1].removeprefix("- ") for m in alice.welcome if m.command == "372"] == \
        ["마당에 오신 것을", "환영합니다"]
    assert "481" in alice.commands("REHASH")
    assert "381" in alice.commands("OPER root operpassword")
    motd.write_text("new\n")
    secret_config(f"server {{ motd = '{motd}' name = second password = sesame }}\n")
    alice.ask("REHASH")
    wait_until(lambda: "reload: " in server.errors.text(), "the reload")
    # What is told newcomers is new; the name that everybody knows stays; who is an operator stays one.
    assert wait_until(lambda: [m.params[-1].removeprefix("- ") for m in alice.ask("MOTD") if m.command == "372"] ==
                      ["new"], "the new words")
    assert alice.ask("MOTD")[0].source == "first"
    assert "481" not in alice.commands("WALLOPS :hello")
    bob = irc(server)
    bob.say("NICK bob", "USER bob 0 * :bob")
    assert bob.read_until("464", "001", "ERROR")[-1].command in ("464", "ERROR")


def test_C05_a_wrong_file_changes_nothing(madangd, secret_config, irc):
    server = madangd("--config", secret_config(OPERATOR + SOON))
    secret_config("operator \"root\" { }\n")
    server.send_signal(signal.SIGHUP)
    wait_until(lambda: "reload refused" in server.errors.text(), "the refusal")
    alice = irc(server, "alice")
    assert "381" in alice.commands("OPER root operpassword")


def test_a_cloak_stays_the_same_and_tells_nothing(madangd, irc, tmp_path):
    def cloak(nick):
        server = madangd(data=tmp_path / "data")
        client = irc(server, nick)
        source = next(m.source for m in client.ask("JOIN #a") if m.command == "JOIN")
        client.close()
        server.stop()
        return source.rpartition("@")[2]

    first = cloak("alice")
    assert re.fullmatch(r"([a-z2-9]{8}\.){3}ip", first)
    assert cloak("bob") == first
    secret = tmp_path / "data" / "secret"
    assert secret.stat().st_mode & 0o777 == 0o600
    secret.unlink()
    assert cloak("carol") != first


def test_a_secret_that_others_may_read_is_refused(madangd, tmp_path):
    madangd(data=tmp_path / "data").stop()
    os.chmod(tmp_path / "data" / "secret", 0o644)
    done = run_madangd("--data", tmp_path / "data", "--listen", "127.0.0.1:0")
    assert done.returncode == 1
    assert "secret" in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("text", [
    "operator \"root\" { }", "operator \"root\" { password = hunter2 }", "operator { password = hunter2 }",
    f"operator \"root\" {{ password = '{HASH.replace('m=1024', 'm=1048576')}' }}",
], ids=["none", "plain", "untitled", "costly"])
def test_C04_an_operator_without_a_good_hash(secret_config, text):
    done = run_madangd("--check", "--config", secret_config(text))
    assert done.returncode == 2
    assert "operator" in done.stderr and "hunter2" not in done.stderr


def test_C06_secrets_that_everybody_may_read_are_told(madangd, secret_config):
    path = secret_config(OPERATOR)
    assert run_madangd("--check", "--config", path).stderr == ""
    path.chmod(0o644)
    done = run_madangd("--check", "--config", path)
    assert done.returncode == 0 and "chmod" in done.stderr
    server = madangd("--config", path)
    wait_until(lambda: "anybody on this machine may read" in server.errors.text(), "the warning")


def test_T16_a_key_that_everybody_may_read(secret_config, tmp_path):
    for name in ("certificate", "key"):
        (tmp_path / name).write_text("not looked into yet\n")
    path = secret_config(f"tls {{\n certificate = '{tmp_path}/certificate'\n key = '{tmp_path}/key'\n}}\n")
    (tmp_path / "key").chmod(0o600)
    assert run_madangd("--check", "--config", path).returncode == 0
    (tmp_path / "key").chmod(0o644)
    done = run_madangd("--check", "--config", path)
    assert done.returncode == 2 and f"{path}:3: tls.key" in done.stderr
