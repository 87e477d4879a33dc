"""Configuration and command line (C01 to C03, C07, C09, C14, C19, C20): refused clearly, never half taken."""

import os
import re
import socket
import subprocess

import pytest

from madang_server import MADANGD, REPO, environment, run_madangd
from streams import PATIENCE_S

VALID = """
# A comment.
server {
    name = "madang"
    info = "a yard"
    network = "madang"
    lobby = "#madang"
    lang = "ko"
}
listen "127.0.0.1:0" {
    door = auto
}
limit {
    flood = true
    connections_per_address = 16
    exempt = {"127.0.0.0/8", "::1"}
    register_ms = 30000
    vanish_ms = 150000
    quiet_ms = 40
    burst = 5
    rate = 2
}
storage {
    sync = always
}
"""


def check(path, *args):
    return run_madangd("--config", path, "--check", *args)


def assert_refused(done, path=None, line=None, *words):
    """Exit 2, a message with file and line, and what was expected; nothing on the console."""
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert done.stdout == ""
    assert 1 <= len(done.stderr.splitlines()) <= 3, done.stderr
    if path is not None:
        where = f"{path}:{line}: " if line else str(path)
        assert where in done.stderr, done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


def test_valid_configuration_is_accepted(write_config):
    done = check(write_config(VALID))
    assert done.returncode == 0, done.stderr


def test_shipped_configuration_is_accepted_and_holds_the_defaults():
    done = check(REPO / "dist" / "madang.conf")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("text", ["", "# only\n# comments\n", "\n\n\n"], ids=["empty", "comments", "blank"])
def test_C03_empty_configuration_gives_the_safe_defaults(madangd, write_config, text):
    assert check(write_config(text)).returncode == 0
    server = madangd("--config", write_config(text))
    with server.join("bob"), server.connect() as client:
        client.say("bob")
        client.expect_refusal("name-in-use")


def test_C01_unknown_key(write_config):
    path = write_config("server {\n    nmae = \"x\"\n}\n")
    assert_refused(check(path), path, 2, "nmae", "name")


def test_C01_unknown_section(write_config):
    path = write_config("\nlimits {\n    burst = 5\n}\n")
    assert_refused(check(path), path, None, "limits", "limit")


@pytest.mark.parametrize("text, line", [
    ("server {\n    lang = \"ko\"\n    lang = \"en\"\n}\n", 3),
    ("limit {\n    burst = 5\n}\nlimit {\n    burst = 6\n}\n", 4),
], ids=["key", "section"])
def test_C01_twice(write_config, text, line):
    path = write_config(text)
    done = check(path)
    assert_refused(done, path)
    number = int(re.search(re.escape(str(path)) + r":(\d+)", done.stderr)[1])
    assert line <= number <= text.count("\n")


@pytest.mark.parametrize("text", ["limit {", "limit }", "limit { burst = }", "limit { burst 5 }", "}", "= 5",
                                  "server { name = \"open }\n", "listen { door = auto }"])
def test_C01_syntax_error(write_config, text):
    path = write_config(text)
    assert_refused(check(path), path)


BAD_NUMBERS = ["-1", "1e9", "10kk", "99999999999999999999", "\"\"", "\" \"", "9999999999d", "0x", "1.5", "many"]


@pytest.mark.parametrize("value", BAD_NUMBERS)
def test_C02_bad_number(write_config, value):
    path = write_config(f"limit {{\n    burst = {value}\n}}\n")
    assert_refused(check(path), path, 2, "burst")


@pytest.mark.parametrize("key, value", [("register_ms", "0"), ("vanish_ms", "0"), ("quiet_ms", "0"), ("burst", "0"),
                                        ("rate", "0"), ("quiet_ms", "1000000000"), ("burst", "1000000000"),
                                        ("connections_per_address", "-5"), ("flood", "maybe"),
                                        ("exempt", "{\"127.0.0.0/33\"}"), ("exempt", "{\"localhost/8\"}"),
                                        ("exempt", "{\"::1/129\"}"), ("exempt", "{\"\"}"),
                                        ("register_ms", "9999999999d"), ("vanish_ms", "99999999999999999999"),
                                        ("oper_again_ms", "-1"), ("cut_ms", "1s")])
def test_C20_absurd_limit(write_config, key, value):
    path = write_config(f"limit {{\n    {key} = {value}\n}}\n")
    assert_refused(check(path), path, 2, key)


@pytest.mark.parametrize("text, word", [
    ("storage {\n    sync = sometimes\n}\n", "always"),
    ("server {\n    lang = \"klingon\"\n}\n", "lang"),
    ("server {\n    lobby = \"no hash\"\n}\n", "lobby"),
    ("listen \"127.0.0.1:0\" {\n    door = barn\n}\n", "door"),
], ids=["sync", "lang", "lobby", "door"])
def test_bad_value(write_config, text, word):
    path = write_config(text)
    assert_refused(check(path), path, 2, word)


PORTS = ["65536", "-1", "1e9", "10kk", "99999999999999999999", "", " ", "0x10", "99 99", "+1"]


@pytest.mark.parametrize("port", PORTS)
def test_C02_bad_port_on_the_command_line(tmp_path, port):
    assert_refused(run_madangd("--data", tmp_path / "data", "--listen", f"127.0.0.1:{port}"))
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("port", PORTS)
def test_C02_bad_port_in_the_configuration(write_config, port):
    path = write_config(f"\nlisten \"127.0.0.1:{port}\" {{\n}}\n")
    assert_refused(check(path), path)


ODD_FILES = {
    "not-utf8": b"server { name = \"\xff\xfe\" }\n", "nul": b"server {\0}\n",
    "long-line": b"server { name = \"" + b"x" * (1 << 20) + b"\" }\n", "elf": b"\x7fELF\x02\x01\x01" + bytes(500),
    "huge": b"# " + b"x" * 100 + b"\n" + b"#\n" * (50 << 20),
}


@pytest.mark.parametrize("what", ODD_FILES)
def test_C07_odd_file(write_config, what):
    path = write_config(ODD_FILES[what])
    assert_refused(check(path), path)


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"], ids=["CRLF", "LF"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "BOM"])
def test_C07_line_ends_and_byte_order_mark(write_config, line_end, mark):
    """Taken as meant, or refused with a clear line; never taken by halves."""
    path = write_config(mark + VALID.encode().replace(b"\n", line_end))
    done = check(path)
    if mark == b"" and line_end == b"\n":
        assert done.returncode == 0
    elif done.returncode != 0:
        assert_refused(done, path)


def test_C08_a_configuration_includes_nothing(write_config, tmp_path):
    """One file, so no chain of them can be endless."""
    for text in (f"include(\"{tmp_path}/madang-1.conf\")\n", f"include = \"{tmp_path}/madang-1.conf\"\n"):
        path = write_config(text)
        assert_refused(check(path), path, 1)


def test_C07_directory_fifo_and_devices(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "fifo", "/dev/zero", "/dev/null/x", tmp_path / "missing.conf"):
        done = check(path)
        assert done.returncode == 2, (path, done.stderr)
        assert str(path) in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr


def assert_environment_error(done, *words):
    assert done.returncode == 1, (done.returncode, done.stderr)
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stdout == ""
    for word in words:
        assert word in done.stderr, done.stderr


def test_C09_port_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert_environment_error(run_madangd("--data", tmp_path / "data", "--listen", f"127.0.0.1:{port}"), port)


def test_C09_host_that_does_not_resolve(tmp_path):
    host = "no-such-host.invalid"
    done = run_madangd("--data", tmp_path / "data", "--listen", f"{host}:9999")
    # A name where an address is wanted may be a usage error too; either way one line that names it.
    assert done.returncode in (1, 2)
    assert len(done.stderr.splitlines()) == 1 and host in done.stderr, done.stderr


@pytest.mark.parametrize("address", ["192.0.2.1", "[2001:db8::1]"])
def test_C09_address_of_another_machine(tmp_path, address):
    """Or of a family that this machine does not speak."""
    assert_environment_error(run_madangd("--data", tmp_path / "data", "--listen", f"{address}:9999"), address.strip("[]"))


def test_C09_privileged_port(tmp_path):
    if os.geteuid() != 0:
        done = run_madangd("--data", tmp_path / "data", "--listen", "127.0.0.1:80")
        assert_environment_error(done, "80")
        return
    if subprocess.run(["setpriv", "--version"], capture_output=True, check=False).returncode != 0:
        pytest.skip("root, and no setpriv to drop the right to port 80")
    if int(open("/proc/sys/net/ipv4/ip_unprivileged_port_start").read()) <= 80:
        pytest.skip("port 80 is open to everyone here")
    argv = ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service", str(MADANGD), "--data",
            str(tmp_path / "data"), "--listen", "127.0.0.1:80"]
    done = subprocess.run(argv, capture_output=True, text=True, env=environment(), timeout=PATIENCE_S, check=False)
    assert_environment_error(done, "80")


@pytest.mark.parametrize("args", [["--nonsense"], ["-Z"], ["--listen"], ["--data"], ["--listen="], ["--threads", "0"],
                                  ["--threads", "-1"], ["--threads", "many"], ["--threads", "1000000"], ["stray"],
                                  ["--tls"], ["--password", "x"], ["--room", "x"], ["--listen", "9999:"], ["--port="]])
def test_C14_usage_error(tmp_path, args):
    done = run_madangd("--data", tmp_path / "data", *args)
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert done.stderr.strip() and done.stdout == ""
    assert not (tmp_path / "data").exists()


def test_C14_many_arguments(tmp_path):
    done = run_madangd("--data", tmp_path / "data", *["x"] * 100_000)
    assert done.returncode == 2
    assert len(done.stderr) < 4096


def test_C14_program_without_a_name():
    done = subprocess.run(["", "--version"], executable=str(MADANGD), env=environment(), capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0 and done.stdout


def test_version_and_help():
    version = run_madangd("--version")
    assert version.returncode == 0 and re.fullmatch(r"madangd \d+\.\d+\S*( .*)?\n", version.stdout), version.stdout
    helped = run_madangd("--help")
    assert helped.returncode == 0 and helped.stderr == ""
    for option in ("--listen", "--data", "--config", "--check", "--threads", "--version", "--help"):
        assert option in helped.stdout, option


def test_check_starts_nothing(tmp_path, write_config):
    done = run_madangd("--config", write_config(VALID), "--data", tmp_path / "data", "--check")
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "data").exists()


def test_listen_of_the_configuration(madangd, write_config):
    server = madangd("--config", write_config(VALID), listen=None)
    with server.join("bob"):
        pass


@pytest.mark.parametrize("sync", ["always", "interval", "never"])
def test_every_sync_talks(madangd, sync):
    server = madangd(config=f"storage {{\n    sync = {sync}\n}}\n")
    with server.join("bob") as bob, server.join("coco") as coco:
        bob.say("hello")
        coco.expect("[bob] hello")


def test_start_says_how_to_join(madangd):
    server = madangd()
    with server.join("bob"):
        pass
    text = server.errors.text()
    assert str(server.data) in text
    assert "madang " in text and f"nc 127.0.0.1 {server.port}" in text
    assert "0.0.0.0" in text or "[::]" in text, "how to open it to the LAN"
