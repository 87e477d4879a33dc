"""The servers under test: how each is started on loopback, and with its flood limits lifted.

A `Server` is a context manager around one process in a folder of its own. It knows the process's id
and port, and ends that process and no other.
"""

import glob
import os
import re
import shutil
import signal
import socket
import subprocess
import time

START_SECONDS = 15
STOP_SECONDS = 15


class NotMeasured(Exception):
    """A server or a setting that is not here, with the reason as its text."""


def free_port():
    """A port that was free a moment ago, for servers that cannot choose one themselves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def first_line(command):
    """What a program says of its version, or an empty text."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ((result.stdout or result.stderr).strip().splitlines() or [""])[0]


class Server:
    """One running server. Subclasses say how it is started and what it is called."""

    name = ""
    wire = "plain"
    package = None  # Debian's name, for those that come from there
    cpus = "0"

    def __init__(self, build, folder):
        self.build = build
        self.folder = folder
        self.port = 0
        self.pid = 0
        self.process = None
        self.files = []

    def command(self):
        """The command line, after writing what configuration it needs."""
        raise NotImplementedError

    @classmethod
    def available(cls, build):
        """Is the program here?"""
        return bool(cls.package) and shutil.which(cls.program, path=SEARCH) is not None

    @classmethod
    def version(cls, build):
        """One line for the report."""
        return cls.name

    def path(self, name):
        """A file in the server's own folder."""
        return os.path.join(self.folder, name)

    def write(self, name, text):
        """Writes a configuration file and says where it is."""
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def find_port(self):
        """True once the server listens."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def wrap(self, command):
        """What the command is run under."""
        return ["taskset", "-c", self.cpus] + command

    def find_pid(self):
        """taskset becomes the server, so the process's id is the server's."""
        return self.process.pid

    def __enter__(self):
        os.makedirs(self.folder)
        command = self.command()
        self.files = [open(self.path(name), "wb") for name in ("stdout", "stderr")]
        environment = dict(os.environ, LC_ALL="C.UTF-8")
        self.process = subprocess.Popen(
            self.wrap(command), stdin=subprocess.DEVNULL, stdout=self.files[0],
            stderr=self.files[1], env=environment, cwd=self.folder)
        end = time.monotonic() + START_SECONDS
        while not self.find_port():
            if self.process.poll() is not None or time.monotonic() > end:
                self.__exit__(None, None, None)
                with open(self.path("stderr"), encoding="utf-8", errors="replace") as file:
                    raise NotMeasured(f"{self.name} did not start: {file.read()[-400:].strip()}")
            time.sleep(0.02)
        self.pid = self.find_pid()
        return self

    def stop(self, number):
        """Sends a signal to the server and waits for its end."""
        if self.process and self.process.poll() is None:
            try:
                os.kill(self.pid or self.process.pid, number)
                self.process.wait(STOP_SECONDS)
            except (subprocess.TimeoutExpired, ProcessLookupError):
                self.process.kill()
                self.process.wait()

    def __exit__(self, *_):
        self.stop(signal.SIGTERM)
        for file in self.files:
            file.close()


SEARCH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


class PrintsPort(Server):
    """A server that takes port 0 and prints the address that it got."""

    def find_port(self):
        with open(self.path("stderr"), encoding="utf-8", errors="replace") as file:
            found = re.search(r"127\.0\.0\.1[: ](\d+)", file.read())
        if found:
            self.port = int(found.group(1))
        return bool(found)


class Ceiling(PrintsPort):
    """The yardstick."""

    name = "ceiling"

    @classmethod
    def available(cls, build):
        return True

    def command(self):
        return [os.path.join(self.build, "bench", "ceiling")]


class Madangd(PrintsPort):
    """madangd with the SQLite journal on, sync = always, one worker."""

    name = "madangd"
    threads = 1
    config = ""

    @classmethod
    def available(cls, build):
        return os.path.exists(os.path.join(build, "madangd"))

    @classmethod
    def version(cls, build):
        return first_line([os.path.join(build, "madangd"), "--version"]) or "madangd"

    def command(self):
        command = [os.path.join(self.build, "madangd"), "--listen", "127.0.0.1:0", "--data",
                   self.path("data"), "--threads", str(self.threads)]
        if self.config:
            file = self.write("madang.conf", self.config)
            check = subprocess.run(command + ["--config", file, "--check"], capture_output=True,
                                   text=True)
            if check.returncode != 0:
                raise NotMeasured(f"{self.name}: {check.stderr.strip()[-200:]}")
            command += ["--config", file]
        return command

    def stored(self):
        """Rows of measured messages in the store, once the server has ended."""
        import sqlite3
        for path in glob.glob(self.path("data/*")):
            with open(path, "rb") as file:
                if not file.read(15).startswith(b"SQLite format 3"):
                    continue
            with sqlite3.connect(path) as store:
                return store.execute(
                    "SELECT count(*), count(DISTINCT text) FROM message WHERE text LIKE 'M%'"
                ).fetchone()
        raise NotMeasured("no store found")


class MadangdPaced(Madangd):
    """With a flush pace of 5 ms for the whole server."""

    name = "madangd, pace_ms = 5"
    config = "server { pace_ms = 5 }\n"


class MadangdTwo(Madangd):
    """Two workers on two cores."""

    name = "madangd, 2 workers"
    threads = 2
    cpus = "0,1"


class MadangdIrc(Madangd):
    """The same through the IRC door."""

    name, wire = "madangd, IRC", "irc"


class MadangdIrcMix(Madangd):
    """The same; every other connection reads message-tags and server-time."""

    name, wire = "madangd, IRC in two dialects", "irc-mix"


class MadangdTraced(Madangd):
    """Under strace, which counts the flushes; only traced calls are slowed."""

    name = "madangd, traced"

    def wrap(self, command):
        return super().wrap(["strace", "-f", "-c", "--seccomp-bpf", "-e", "trace=fdatasync,fsync",
                             "-o", self.path("strace")] + command)

    def find_pid(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return int(file.read().split()[0])

    def flushes(self):
        """Calls of fdatasync and fsync over the server's whole life."""
        with open(self.path("strace"), encoding="utf-8") as file:
            rows = [line.split() for line in file]
        return sum(int(row[3]) for row in rows if row and row[-1] in ("fdatasync", "fsync"))


class Redis(Server):
    """Redis: pub/sub only, nothing written to disk."""

    name, wire, package, program = "redis", "redis", "redis-server", "redis-server"

    @classmethod
    def version(cls, build):
        return first_line([cls.program, "--version"])

    def command(self):
        self.port = free_port()
        return [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                "--protected-mode", "no", "--appendonly", "no", "--maxclients", "15000",
                "--client-output-buffer-limit", "pubsub 0 0 0", "--dir", self.folder]


class Nats(Server):
    """NATS core: no stream, no store."""

    name, wire, package, program = "nats", "nats", "nats-server", "nats-server"

    @classmethod
    def version(cls, build):
        return first_line([shutil.which(cls.program, path=SEARCH), "--version"])

    def command(self):
        self.port = free_port()
        config = self.write("nats.conf", f"listen: 127.0.0.1:{self.port}\n"
                            "max_pending: 268435456\nwrite_deadline: \"60s\"\n")
        return [shutil.which(self.program, path=SEARCH), "-c", config]


class Inspircd(Server):
    """InspIRCd without penalties, look-ups, or limits on queues."""

    name, wire, package, program = "inspircd", "irc", "inspircd", "inspircd"

    @classmethod
    def version(cls, build):
        return first_line([shutil.which(cls.program, path=SEARCH), "--version"])

    def command(self):
        self.port = free_port()
        config = self.write("inspircd.conf", f"""<config format="xml">
<server name="bench.local" description="bench" network="bench" id="001">
<admin name="bench" nick="bench" email="bench@bench.local">
<bind address="127.0.0.1" port="{self.port}" type="clients">
<connect name="main" allow="*" timeout="60" pingfreq="600" hardsendq="268435456"
         softsendq="268435456" recvq="1048576" threshold="1000000" commandrate="100000000"
         fakelag="no" localmax="20000" globalmax="20000" maxconnwarn="no" resolvehostnames="no"
         useident="no" limit="20000">
<performance netbuffersize="65536" somaxconn="4096" softlimit="20000" clonesonconnect="no">
<log method="file" type="*" level="default" target="{self.path('log')}">
<files motd="/dev/null">
""")
        root = ["--runasroot"] if os.geteuid() == 0 else []
        return [shutil.which(self.program, path=SEARCH), "--config", config, "--nofork",
                "--nopid"] + root


class Ngircd(Server):
    """ngIRCd without penalties, look-ups or limits on connections."""

    name, wire, package, program = "ngircd", "irc", "ngircd", "ngircd"

    @classmethod
    def version(cls, build):
        return first_line([shutil.which(cls.program, path=SEARCH), "--version"])

    def command(self):
        self.port = free_port()
        os.makedirs(self.path("none"))
        config = self.write("ngircd.conf", f"""[Global]
Name = bench.local
Info = bench
Listen = 127.0.0.1
Ports = {self.port}
MotdFile = /dev/null
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxNickLength = 16
MaxPenaltyTime = 0
PingTimeout = 600
PongTimeout = 600
[Options]
DNS = no
Ident = no
PAM = no
IncludeDir = {self.path('none')}
""")
        # It gives up root's rights before it reads the folder.
        os.chmod(self.folder, 0o755)
        return [shutil.which(self.program, path=SEARCH), "-n", "-f", config]


PEERS = [Redis, Nats, Inspircd, Ngircd]


def install_peers():
    """Debian's packages of the peers, without starting the services that they bring."""
    missing = [peer.package for peer in PEERS if not peer.available(None)]
    if not missing:
        return
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    # RUNLEVEL=1 makes invoke-rc.d leave a package's service alone where there is no systemd.
    environment = sudo + ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"]
    subprocess.run(sudo + ["apt-get", "-qq", "update"], check=True)
    subprocess.run(environment + ["apt-get", "-qq", "-y", "--no-install-recommends", "install"]
                   + missing, check=True)
