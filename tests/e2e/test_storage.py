"""Shown means stored: kill -9 under load, and what is refused at start (S01, S10, S17, S18, S23, C10, C11)."""

import os
import shutil
import sqlite3
import stat

import pytest

from irc_client import IrcClient
from load import Load
from madang_server import environment, run_madangd, stored, wait_stored_count
from plain_client import PlainClient
from streams import wait_until


def shown_form(rows):
    return [f"[{nick}] {text}" for _, _, _, nick, text in rows]


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
def test_S01_kill_in_full_flight(madangd, tmp_path, threads):
    data = tmp_path / "data"
    older = 0
    for round_number in range(3):
        server = madangd("--threads", threads, data=data)
        load = Load(server, f"round {round_number}")
        load.wait_full_flight()
        server.kill()
        load.finish()

        # A copy, opened by a stranger's SQLite, as a person would after a crash.
        copy = tmp_path / f"copy{round_number}"
        shutil.copytree(data, copy)
        rows = stored(copy)
        for received in load.received:
            # Every reader came before the first message, so it was shown a beginning of this round: in order, once.
            assert len(received) >= 1000
            assert received == shown_form(rows[older : older + len(received)])
        assert len({row[0] for row in rows}) == len(rows)
        assert len(set(shown_form(rows))) == len(rows), "a message is stored twice"
        assert [row[1] for row in rows] == sorted(row[1] for row in rows), "the time runs backwards"

        # The server itself starts on what the kill left, keeps all of it, and goes on with the numbers.
        server = madangd("--threads", threads, data=data)
        with server.join("after") as after, server.join("hearer") as hearer:
            after.say(f"after round {round_number}")
            hearer.expect(f"[after] after round {round_number}")
        server.stop()
        again = stored(data)
        assert again[: len(rows)] == rows
        assert shown_form(again[len(rows) :]) == [f"[after] after round {round_number}"]
        assert again[-1][0] > rows[-1][0]
        older = len(again)


def test_shown_is_stored_at_that_moment(madangd):
    """Whoever has seen the line can find it with sqlite3 beside the running server."""
    server = madangd()
    with server.join("bob") as bob, server.join("coco") as coco:
        for number in range(20):
            bob.say(f"line {number}")
            coco.expect(f"[bob] line {number}")
            assert shown_form(stored(server.data))[-1] == f"[bob] line {number}"


def test_control_characters_are_stored_as_sent(madangd):
    server = madangd()
    with server.join("bob") as bob, server.join("coco") as coco:
        bob.send(b"a\x1b[2Jb\x07\n")
        coco.expect("[bob] a^[[2Jb^G")
        assert wait_stored_count(server.data, 1)[-1][4] == "a\x1b[2Jb\x07"


def test_S17_files_are_private(madangd, tmp_path):
    data = tmp_path / "deep" / "data"
    data.parent.mkdir()
    old = os.umask(0)
    try:
        server = madangd(data=data)
    finally:
        os.umask(old)
    with server.join("bob") as bob:
        bob.say("secret")
        wait_stored_count(data, 1)
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        for path in data.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


@pytest.mark.parametrize("text", ["'; DROP TABLE message;--", "100 % _ \\ \\n %s %n", '"}{"', "\U0001f600 한글"])
def test_S18_text_is_data(madangd, text):
    server = madangd()
    with server.join("bob") as bob, server.join("coco") as coco:
        bob.say(text)
        coco.expect(f"[bob] {text}")
        assert stored(server.data)[-1][4] == text
        server.console.until(f"[bob] {text}")


def assert_refuses_to_start(data, *args):
    """Exit 1, one line, nothing on the console."""
    done = run_madangd("--listen", "127.0.0.1:0", "--data", data, *args)
    assert done.returncode == 1, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stdout == ""
    return done.stderr


def test_C11_second_server_on_the_same_data(madangd, tmp_path):
    server = madangd()
    with server.join("bob") as bob, server.join("coco") as coco:
        assert_refuses_to_start(server.data)
        bob.say("undisturbed")
        coco.expect("[bob] undisturbed")
        # By another path too.
        link = tmp_path / "other-way"
        link.symlink_to(server.data.parent, target_is_directory=True)
        assert_refuses_to_start(link / server.data.name)
        bob.say("still undisturbed")
        coco.expect("[bob] still undisturbed")


def make_foreign_base(path):
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE bookmark (title TEXT)")
    base.execute("INSERT INTO bookmark VALUES ('mine')")
    base.execute("PRAGMA application_id = 1234")
    base.commit()
    base.close()


FOREIGN = {
    "garbage": lambda path: path.write_bytes(os.urandom(8192)),
    "text": lambda path: path.write_text("this is my diary\n" * 500),
    "other-programs": make_foreign_base,
}


@pytest.mark.parametrize("what", FOREIGN)
def test_S10_file_that_is_not_ours_is_left_alone(tmp_path, what):
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    FOREIGN[what](data / "madang.db")
    before = (data / "madang.db").read_bytes()
    assert_refuses_to_start(data)
    assert (data / "madang.db").read_bytes() == before


def test_S10_newer_schema_is_left_alone(madangd):
    server = madangd()
    with server.join("bob") as bob:
        bob.say("from the past")
        wait_stored_count(server.data, 1)
    server.stop()
    base = sqlite3.connect(server.data / "madang.db")
    version = base.execute("PRAGMA user_version").fetchone()[0]
    assert version > 0
    base.execute(f"PRAGMA user_version = {version + 1}")
    base.commit()
    base.execute("PRAGMA journal_mode = DELETE")
    base.close()
    before = (server.data / "madang.db").read_bytes()
    line = assert_refuses_to_start(server.data)
    assert str(version + 1) in line
    assert (server.data / "madang.db").read_bytes() == before


def test_S08_damaged_page_is_not_served_as_whole(madangd):
    """The tail of the file overwritten: refused at start or told; never a crash, and the file is not emptied."""
    server = madangd()
    with server.join("bob") as bob, server.join("coco") as coco:
        for number in range(400):
            bob.say(f"{number} " + "x" * 500)
        coco.until("[bob] 399 " + "x" * 500)
    server.stop()
    path = server.data / "madang.db"
    size = path.stat().st_size
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    before = path.read_bytes()
    assert_refuses_to_start(server.data)
    assert path.read_bytes() == before


def test_C10_data_is_a_file(tmp_path):
    (tmp_path / "data").write_text("mine")
    assert_refuses_to_start(tmp_path / "data")
    assert (tmp_path / "data").read_text() == "mine"


def test_C10_data_cannot_be_made():
    assert_refuses_to_start("/proc/self/madang")


def test_C10_data_belongs_to_another(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root, to give a directory to somebody else")
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    os.chown(data, 65534, 65534)
    assert_refuses_to_start(data)
    assert list(data.iterdir()) == []


@pytest.mark.parametrize("end", ["", "/", "//"])
def test_C10_data_directory_is_a_symlink(tmp_path, end):
    target = tmp_path / "elsewhere"
    target.mkdir(mode=0o700)
    (tmp_path / "data").symlink_to(target)
    assert_refuses_to_start(f"{tmp_path}/data{end}")
    assert list(target.iterdir()) == []


def test_S23_database_is_a_symlink(tmp_path):
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    target = tmp_path / "elsewhere.db"
    (data / "madang.db").symlink_to(target)
    assert_refuses_to_start(data)
    assert not target.exists()


def test_S13_database_locked_by_another(madangd):
    """The server's threads go on without the disk: nothing is shown that is not stored, and all of it when it can be."""
    server = madangd()
    with server.join("bob") as bob, server.join("coco") as coco, IrcClient(server.port, "irc") as irc:
        bob.say("before")
        coco.expect("[bob] before")
        backup = sqlite3.connect(server.data / "madang.db", isolation_level=None)
        backup.execute("BEGIN IMMEDIATE")
        bob.say("meanwhile")
        bob.expect_error("pending")
        bob.say("refused")
        bob.expect_error("not-saved")
        # What needs no disk is answered, and newcomers are told.
        irc.say("MOTD", "CAP LIST")
        assert [irc.message().command for _ in range(2)] == ["422", "CAP"]
        irc.say("PRIVMSG bob :refused too")
        assert irc.message().params[:2] == ["PRIVMSG", "CANNOT_SAVE"]
        with server.connect() as late:
            late.say("late")
            late.expect_refusal("not-saved")
        backup.execute("ROLLBACK")
        backup.close()
        coco.expect("[bob] meanwhile")
        wait_until(lambda: irc.commands("PRIVMSG bob :after") == [], "it stores again")
        bob.until("*irc* after")
    assert [row[4] for row in stored(server.data)] == ["before", "meanwhile", "after"]


def test_S08_changed_record_is_named_at_start(madangd):
    """One letter of one message is not what was stored: the server says which record, and serves the rest."""
    first = madangd()
    with first.join("bob") as bob:
        for text in ("one", "two", "three"):
            bob.say(text)
        rows = wait_stored_count(first.data, 3)
    first.stop()
    seq = rows[1][0]
    with sqlite3.connect(first.data / "madang.db") as base:
        base.execute("UPDATE message SET text = 'twO' WHERE seq = ?", (seq,))
    base.close()
    second = madangd(data=first.data)
    assert f"record {seq}:" in second.errors.text()
    with second.join("bob"):
        pass


def test_S09_lost_wal_is_told_at_the_next_start(madangd):
    first = madangd()
    with first.join("bob") as bob:
        bob.say("one")
        wait_stored_count(first.data, 1)
        first.kill()
    (first.data / "madang.db-wal").unlink()
    second = madangd(data=first.data)
    assert "was not closed properly" in second.errors.text()
    with second.join("bob"):
        pass


def test_data_survives_a_restart(madangd):
    first = madangd()
    with first.join("bob") as bob:
        bob.say("one")
        wait_stored_count(first.data, 1)
    first.stop()
    second = madangd(data=first.data)
    with second.join("bob") as bob:
        bob.say("two")
        wait_stored_count(first.data, 2)
    second.stop()
    rows = stored(first.data)
    assert shown_form(rows) == ["[bob] one", "[bob] two"]
    assert rows[0][0] < rows[1][0] and rows[0][1] <= rows[1][1]


def test_C17_no_home_and_no_data_directory(tmp_path):
    """Nothing says where to store: one line, and nothing is made just anywhere."""
    env = environment()
    del env["HOME"]
    done = run_madangd("--listen", "127.0.0.1:0", env=env, cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert len(done.stderr.splitlines()) == 1 and "--data" in done.stderr, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_C17_hostile_environment(madangd):
    env = environment(TZ="/../../etc/passwd", LANG="%s%n", LANGUAGE="../../../tmp", COLUMNS="-1", TERM="\x1b[2J")
    server = madangd(env=env)
    with server.join("bob") as bob, server.join("coco") as coco:
        bob.say("시간")
        coco.expect("[bob] 시간")


def test_default_data_directory(madangd, tmp_path):
    """Without --data: $XDG_DATA_HOME/madang, or ~/.local/share/madang."""
    for key, folder in (("XDG_DATA_HOME", "madang"), ("HOME", ".local/share/madang")):
        base = tmp_path / key
        base.mkdir()
        server = madangd(data=base / folder, default_data=True, env=environment(**{key: str(base)}))
        with PlainClient(server.port, "bob") as bob:
            bob.say("hello")
            wait_stored_count(base / folder, 1)
        assert stat.S_IMODE((base / folder).stat().st_mode) == 0o700
        server.stop()
