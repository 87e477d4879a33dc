"""What an operator sees: each kind of fault is counted in the log, at most once a second, and nothing that was sent is in it."""

import pytest

from irc_client import IrcClient

# "operpassword", at the least cost.
OPERATOR = """operator "boss" {
    password = '$argon2id$v=19$m=1024,t=1,p=1$bWFkYW5nc2FsdDAw$jfo6a5jkTUp9ax1D2ObGrwb5dvWEso8AHBiC3jb4ZR4'
}
"""

FAULTS = {
    "bad-name": b"a sentinel name\n",
    "not-madang": b"SSH-2.0-sentinel\r\n",
    "no-tls": b"\x16\x03\x01\x02\x00sentinel",
    "too-long": b"coco\n" + b"sentinel" * 600 + b"\nq\n",
    "bad-utf8": b"dudu\n\xffsentinel\nq\n",
}


def commit_fault(server, code, data):
    """Sends it, sees the code counted and ends the server; returns what was answered."""
    with server.connect() as client:
        client.send(data)
        client.half_close()
        answer = client.rest()
    server.errors.until(lambda line: code in line and "(1 so far)" in line)
    server.stop()
    assert "sentinel" not in server.errors.text()
    return answer


@pytest.mark.parametrize("code", FAULTS)
def test_fault_is_counted(madangd, code):
    assert code.encode() in commit_fault(madangd(), code, FAULTS[code])


IRC_FAULTS = {
    "bad-name": b"NICK 1sentinel\r\n",
    "too-long": b"PING " + b"sentinel" * 100 + b"\r\n",
    "bad-utf8": b"PING sentinel\xff\r\n",
    "not-allowed": b"WEBIRC sentinel gateway host 192.0.2.1\r\n",
}


@pytest.mark.parametrize("code", IRC_FAULTS)
def test_fault_of_an_irc_peer_is_counted(madangd, code):
    server = madangd()
    assert commit_fault(server, code, IRC_FAULTS[code])
    assert "192.0.2.1" not in server.errors.text()


@pytest.mark.parametrize("opening", [b"GET /sentinel HTTP/1.1\r\n\r\n", b"SSH-2.0-sentinel\r\n"], ids=["http", "ssh"])
def test_protocol_that_is_not_spoken_is_counted(madangd, opening):
    server = madangd()
    with server.connect() as client:
        client.send(opening)
        client.half_close()
        assert client.rest()
    server.errors.until(lambda line: "not-madang" in line)
    server.stop()
    assert "sentinel" not in server.errors.text()


def test_K22_many_faults_are_few_lines(madangd):
    """Thousands of bad lines, and the log does not grow with them."""
    server = madangd()
    with server.join("bob") as client:
        client.send(b"\xff\n" * 1000 + b"q\n")
        assert client.rest().count(b"bad-utf8") == 1000
    server.stop()
    assert 1 <= server.errors.text().count("bad-utf8") < 100


def test_K21_what_operators_say_is_one_line_of_the_log(madangd, tmp_path):
    config = tmp_path / "operator.conf"
    config.touch(mode=0o600)
    config.write_text(OPERATOR)
    server = madangd("--config", config)
    with IrcClient(server.port, "boss") as boss:
        assert "381" in boss.commands("OPER boss operpassword")
        boss.ask("KILL nobody :%s%n\x1b[2J\x072026-01-01T00:00:00Z info forged\u202e")
    line = server.errors.until(lambda text: "KILL" in text)
    assert "%s%n^[[2J^G2026-01-01T00:00:00Z info forged" in line and "\u202e" not in line
