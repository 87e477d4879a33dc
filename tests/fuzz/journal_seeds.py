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


def definitions():
    source = (ROOT / "src/journal/sqlite_schema.c").read_text()
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


class Store:
    """A store being made, in a directory of its own."""

    def __init__(self):
        self.directory = Path(tempfile.mkdtemp())
        self.path = self.directory / "madang.db"
        self.db = sqlite3.connect(self.path, isolation_level=None)
        self.db.execute(f"PRAGMA page_size = {UNIT}")
        self.db.execute("PRAGMA application_id = 0x6D616461")
        self.db.execute("PRAGMA user_version = 1")
        for definition in definitions():
            self.db.execute(definition)
        self.db.execute("INSERT INTO state VALUES (1, 0, 0, 7, 1, ?)", (state_sum(0, 0, 7, 1),))
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA wal_autocheckpoint = 0")
        self.seq = 0

    def group(self, count):
        self.db.execute("BEGIN")
        for self.seq in range(self.seq + 1, self.seq + count + 1):
            common = (self.seq, self.seq, "#r", f"user{self.seq % 3}")
            if self.seq % 4:
                text = "hello " * (self.seq % 9)
                self.db.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?)",
                                (*common, text, row_sum(1, *common, text)))
            else:
                self.db.execute("INSERT INTO event VALUES (NULL, ?, ?, ?, ?, 'closed', 'quit', ?)",
                                (*common, row_sum(4, *common, reason=1)))
        self.db.execute("UPDATE state SET last_seq = ?, last_time_ms = ?, closed = 0, check_sum = ?",
                        (self.seq, self.seq, state_sum(self.seq, self.seq, 7, 0)))
        self.db.execute("COMMIT")

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


def seeds():
    new, _ = Store().files()
    store = Store()
    store.group(30)
    store.checkpoint()
    filled, _ = store.files()
    store = Store()
    store.group(10)
    store.checkpoint()
    for _ in range(4):
        store.group(2)
    killed, wal = store.files()
    store = Store()
    store.db.execute("PRAGMA user_version = 2")
    newer, newer_wal = store.files()
    store = Store()
    store.group(5)
    store.db.execute("UPDATE state SET last_seq = 2")
    store.checkpoint()
    changed, _ = store.files()
    rollback = bytes.fromhex("d9d505f920a163d7") + bytes(8) + bytes(4) + b"\0\0\2\0\0\0\2\0"
    yield "nothing", seed(b"")
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
    yield "newer", seed(new[:60] + b"\0\0\0\2" + new[64:])
    yield "state_changed", seed(changed)
    yield "record_flipped", seed(flipped(filled, filled.index(b"hello")))
    yield "cut", seed(filled[:len(filled) // 2])
    yield "another", seed(new[:68] + b"\0\0\0\0" + new[72:])
    yield "text", seed(b"this is no database\n" * 30)
    yield "half_made", seed(new[:600], rollback=rollback)


def main():
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in seeds():
        (directory / name).write_bytes(content)


if __name__ == "__main__":
    main()
