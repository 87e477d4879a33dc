#!/usr/bin/python3
"""Makes the seeds of the fuzz target `journal`: small stores, whole and broken.

Usage: tests/fuzz/journal_seeds.py DIRECTORY. Run it again when the tables change. The definitions of
the tables are taken from src/journal/sqlite_schema.c; pages are of 512 bytes, so that a seed is
small.
"""

import re
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MASK = (1 << 64) - 1
UNIT = 512
CHECK_IN_PART = 4


def definitions(version):
    source = (ROOT / "src/journal/sqlite_schema.c").read_text()
    name = "store_tables_1" if version == 1 else "store_tables"
    source = source[source.index(f"struct store_table {name}["):]
    source = source[:source.index("};")]
    found = re.findall(r'\{"(\w+)",\s*((?:"[^"]*"\s*)+)\}', source)
    return ["".join(re.findall(r'"([^"]*)"', text)).replace("\\n", "\n") for _, text in found]


def mix(total, word):
    total = ((total ^ (word & MASK)) * 0x9E3779B97F4A7C15) & MASK
    return total ^ (total >> 32)


def mix_text(total, text):
    data = text.encode()
    total = mix(total, len(data))
    for at in range(0, len(data), 8):
        total = mix(total, int.from_bytes(data[at:at + 8].ljust(8, b"\0"), "little"))
    return total


def signed(total):
    return total - (1 << 64) if total >> 63 else total


def state_sum(*numbers):
    total = mix(0, len(numbers))
    for number in numbers:
        total = mix(total, number)
    return signed(total)


def row_sum(kind, seq, time_ms, channel, nick, text="", reason=None):
    total = mix(mix(mix(0, kind), seq), time_ms)
    total = mix_text(mix_text(total, channel), nick)
    if kind == 1:
        total = mix_text(total, text)
    return signed(total if reason is None else mix(total, reason))


def seen_sum(kind, common, text, extra, number=None):
    """Of a row that version 1 could not hold: a message of that kind, or an event."""
    total = mix(mix(mix(0, kind), common[0]), common[1])
    total = mix_text(mix_text(total, common[2]), common[3])
    total = mix_text(total, text)
    if number is not None:
        total = mix(total, number)
    return signed(mix_text(total, extra))


def kept_sum(kind, seq, time_ms, channel, nick, text, extra, number):
    total = mix(mix(mix(0, kind), seq), time_ms)
    for part in (channel, nick, text, extra):
        total = mix_text(total, part)
    return signed(mix(total, number))


class Store:
    """A store being made, in a directory of its own."""

    def __init__(self, version=2):
        self.version = version
        self.directory = Path(tempfile.mkdtemp())
        self.path = self.directory / "madang.db"
        self.db = sqlite3.connect(self.path, isolation_level=None)
        self.db.execute(f"PRAGMA page_size = {UNIT}")
        self.db.execute("PRAGMA application_id = 0x6D616461")
        self.db.execute(f"PRAGMA user_version = {version}")
        for definition in definitions(version):
            self.db.execute(definition)
        self.db.execute("INSERT INTO state VALUES (1, 0, 0, 7, 1, ?)", (state_sum(0, 0, 7, 1),))
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA wal_autocheckpoint = 0")
        self.seq = 0

    def insert(self, columns, *values):
        self.db.execute(f"INSERT INTO {columns} VALUES ({', '.join('?' * len(values))})", values)

    def group(self, count):
        self.db.execute("BEGIN")
        for self.seq in range(self.seq + 1, self.seq + count + 1):
            common = (self.seq, self.seq, "#r", f"user{self.seq % 3}")
            if self.seq % 4:
                text = "hello " * (self.seq % 9)
                self.insert("message(seq, time_ms, channel, nick, text, check_sum)",
                            *common, text, row_sum(1, *common, text))
            else:
                self.insert("event(seq, time_ms, channel, nick, kind, reason, check_sum)",
                            *common, "closed", "quit", row_sum(4, *common, reason=1))
        self.state_put()
        self.db.execute("COMMIT")

    def group_of_version_2(self):
        """One of each kind of row that version 1 had not."""
        self.db.execute("BEGIN")
        self.seq += 1
        common = self.seq, self.seq, "#r", "user1"
        tags = "+draft/react=x"
        self.insert("message", *common, "", seen_sum(1, common, "", tags, 2), "tagmsg", tags)
        self.insert("event", None, *common, "kicked", None, seen_sum(5, common, "out", "user2"),
                    "user2", "out")
        stamp = self.seq, self.seq
        self.insert("channel", "#r", "a topic", "user1", 5, "+nt", *stamp,
                    kept_sum(32, *stamp, "#r", "user1", "a topic", "+nt", 5))
        self.insert("channel_mask", "#r", "b", "*!*@host", "user1", 6, *stamp,
                    kept_sum(34, *stamp, "#r", "user1", "", "b *!*@host", 6))
        self.insert("channel_metadata", "#r", "color", "blue", *stamp,
                    kept_sum(36, *stamp, "#r", "", "blue", "color", 0))
        self.insert("server_ban", "*!*@evil", "spam", "user1", 7, *stamp,
                    kept_sum(38, *stamp, "", "user1", "spam", "*!*@evil", 7))
        self.state_put()
        self.db.execute("COMMIT")

    def state_put(self):
        self.db.execute("UPDATE state SET last_seq = ?, last_time_ms = ?, closed = 0, check_sum = ?",
                        (self.seq, self.seq, state_sum(self.seq, self.seq, 7, 0)))

    def checkpoint(self):
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def files(self):
        """The database and the WAL as kill -9 would leave them."""
        wal = self.directory / "madang.db-wal"
        content = self.path.read_bytes(), wal.read_bytes() if wal.exists() else b""
        self.db.close()
        shutil.rmtree(self.directory)
        return content


def seed(db, wal=b"", rollback=b"", options=0):
    db += b"\0" * (-len(db) % UNIT)
    rollback += b"\0" * (-len(rollback) % UNIT)
    head = bytes([options]) + (len(db) // UNIT).to_bytes(2, "big") + bytes([len(rollback) // UNIT])
    return head + db + rollback + wal


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 4]) + data[at + 1:]


def seeds_of(version):
    new, _ = Store(version).files()
    store = Store(version)
    store.group(30)
    store.checkpoint()
    filled, _ = store.files()
    store = Store(version)
    store.group(10)
    store.checkpoint()
    for _ in range(4):
        store.group(2)
    killed, wal = store.files()
    store = Store(version)
    store.db.execute(f"PRAGMA user_version = {version + 2}")
    newer, newer_wal = store.files()
    store = Store(version)
    store.group(5)
    store.db.execute("UPDATE state SET last_seq = 2")
    store.checkpoint()
    changed, _ = store.files()
    rollback = bytes.fromhex("d9d505f920a163d7") + bytes(8) + bytes(4) + b"\0\0\2\0\0\0\2\0"
    yield "new", seed(new)
    yield "filled", seed(filled)
    yield "filled_in_part", seed(filled, options=CHECK_IN_PART)
    yield "killed", seed(killed, wal)
    yield "killed_interval", seed(killed, flipped(wal, len(wal) // 2), options=1)
    yield "wal_flipped", seed(killed, flipped(wal, len(wal) // 2))
    yield "wal_header_flipped", seed(killed, flipped(wal, 9))
    yield "wal_cut", seed(killed, wal[:-300])
    yield "wal_zeros", seed(killed, wal + bytes(700))
    yield "wal_alone", seed(b"", wal)
    yield "newer_wal", seed(newer, newer_wal)
    yield "newer", seed(new[:63] + bytes([version + 2]) + new[64:])
    yield "state_changed", seed(changed)
    yield "record_flipped", seed(flipped(filled, filled.index(b"hello")))
    yield "cut", seed(filled[:len(filled) // 2])
    yield "another", seed(new[:68] + b"\0\0\0\0" + new[72:])
    yield "half_made", seed(new[:600], rollback=rollback)


def seeds_of_state():
    store = Store()
    store.group(5)
    store.group_of_version_2()
    store.checkpoint()
    kept, _ = store.files()
    store = Store()
    store.group_of_version_2()
    killed, wal = store.files()
    yield "2_kept", seed(kept)
    yield "2_kept_killed", seed(killed, wal)
    for name, content in (("topic", b"a topic"), ("mask", b"*!*@host"), ("value", b"blue"),
                          ("ban", b"*!*@evil"), ("tags", b"+draft/react"), ("target", b"out")):
        yield f"2_{name}_flipped", seed(flipped(kept, kept.index(content)))
    store = Store(1)
    store.db.execute("CREATE TABLE channel(t)")
    store.checkpoint()
    taken, _ = store.files()
    yield "name_taken", seed(taken)


def seeds():
    yield "nothing", seed(b"")
    yield "text", seed(b"this is no database\n" * 30)
    yield from seeds_of(1)
    for name, content in seeds_of(2):
        yield f"2_{name}", content
    yield from seeds_of_state()


def main():
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in seeds():
        (directory / name).write_bytes(content)


if __name__ == "__main__":
    main()
