"""What an operator sees: each kind of fault is counted in the log, at most once a second, and nothing that was sent is in it."""

import pytest

FAULTS = {
    "bad-name": b"a sentinel name\n",
    "not-madang": b"SSH-2.0-sentinel\r\n",
    "no-tls": b"\x16\x03\x01\x02\x00sentinel",
    "too-long": b"coco\n" + b"sentinel" * 600 + b"\nq\n",
    "bad-utf8": b"dudu\n\xffsentinel\nq\n",
}


@pytest.mark.parametrize("code", FAULTS)
def test_fault_is_counted(madangd, code):
    server = madangd()
    with server.connect() as client:
        client.send(FAULTS[code])
        client.half_close()
        assert code.encode() in client.rest()
    server.errors.until(lambda line: code in line and "(1 so far)" in line)
    server.stop()
    assert "sentinel" not in server.errors.text()


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
