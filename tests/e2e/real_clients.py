"""IRC clients as people have them, driven without a person: WeeChat, irssi and ii from Debian.

Each says a line into the room, and tells what it has shown there as (nick, text), from its own log.
"""

import os
import re
import subprocess

from madang_server import environment
from streams import wait_until


class RealClient:
    """A client in a folder of its own."""

    def __init__(self, port, name, room, folder):
        self.port, self.name, self.room, self.folder = port, name, room, folder
        folder.mkdir()
        self.start()

    def environment(self):
        return environment(HOME=str(self.folder), TERM="screen-256color", LC_ALL="C.UTF-8")

    def log_text(self, path):
        return path.read_text(errors="surrogateescape") if path.exists() else ""

    def wait_shown(self, nick, text):
        wait_until(lambda: (nick, text) in self.shown(), f"{self.name} shows {nick}: {text}")


class WeeChat(RealClient):
    """weechat-headless, told what to do through its FIFO."""

    def start(self):
        options = [f"/server add yard 127.0.0.1/{self.port} -nicks={self.name} -autojoin={self.room}",
                   "/set logger.level.irc 9", "/set logger.file.flush_delay 0", "/set logger.file.path ${weechat_data_dir}/logs",
                   "/set logger.mask.irc $channel.log", "/set irc.look.smart_filter off",
                   "/set fifo.file.path ${weechat_data_dir}/fifo", "/fifo enable", "/connect yard"]
        arguments = [part for option in options for part in ("-r", option)]
        self.process = subprocess.Popen(["weechat-headless", "-d", str(self.folder / "weechat"), *arguments],
                                        env=self.environment(), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.fifo = self.folder / "weechat" / "fifo"
        self.log = self.folder / "weechat" / "logs" / f"{self.room}.log"

    def say(self, text):
        self._order(f"irc.yard.{self.room} *{text}")

    def leave(self):
        self._order("core.weechat */quit")
        self.process.wait(15)

    def _order(self, line):
        with open(self.fifo, "w", encoding="utf-8") as fifo:
            fifo.write(line + "\n")

    def shown(self):
        lines = (line.split("\t") for line in self.log_text(self.log).splitlines())
        return [(line[1].lstrip("@+%&~"), line[2]) for line in lines if len(line) == 3 and line[1].strip("-<> ")]

    def close(self):
        self.process.kill()
        self.process.wait()


class Irssi(RealClient):
    """irssi in a tmux of its own."""

    def start(self):
        self.socket = str(self.folder / "tmux")
        self.log = self.folder / "room.log"
        self._tmux("new-session", "-d", "-x", "100", "-y", "30", "irssi", f"--home={self.folder / 'irssi'}", "-!")
        wait_until(lambda: "[(status)]" in self.picture(), "irssi's prompt")
        self._type("/set log_open_string")
        self._type(f"/log open -targets {self.room} {self.log} ALL")
        self._type(f"/connect -nocap -noautosendcmd 127.0.0.1 {self.port} '' {self.name}")
        wait_until(lambda: f"{self.name}(+" in self.picture() or f"{self.name}]" in self.picture() or "End of" in self.picture()
                   or "no message of the day" in self.picture(), "irssi is connected")
        self._type(f"/join {self.room}")

    def _tmux(self, *arguments):
        done = subprocess.run(["tmux", "-S", self.socket, "-f", "/dev/null", *arguments], env=self.environment(),
                              capture_output=True, check=False, timeout=20)
        return done.stdout.decode(errors="replace")

    def _type(self, line):
        self._tmux("send-keys", "-l", line)
        self._tmux("send-keys", "Enter")

    def picture(self):
        return self._tmux("capture-pane", "-p")

    say = _type

    def leave(self):
        self._type("/quit")

    def shown(self):
        found = re.findall(r"^\d\d:\d\d <[ @+%&~]?(\S+)> (.*)$", self.log_text(self.log), re.M)
        return [(nick, text) for nick, text in found]

    def close(self):
        self._tmux("kill-server")


class Ii(RealClient):
    """ii: a folder of FIFOs and files."""

    def start(self):
        self.process = subprocess.Popen(["ii", "-s", "127.0.0.1", "-p", str(self.port), "-n", self.name, "-i", str(self.folder)],
                                        env=self.environment(), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        server = self.folder / "127.0.0.1"
        wait_until(lambda: "End of" in self.log_text(server / "out") or "no message" in self.log_text(server / "out"),
                   "ii is connected")
        self._write(server / "in", f"/j {self.room}")
        self.place = server / self.room
        wait_until((self.place / "in").exists, "ii is in the room")

    def _write(self, path, line):
        with open(path, "w", encoding="utf-8") as fifo:
            fifo.write(line + "\n")

    def say(self, text):
        self._write(self.place / "in", text)

    def leave(self):
        self._write(self.folder / "127.0.0.1" / "in", "/q")
        self.process.wait(15)

    def shown(self):
        return re.findall(r"^\d+ <(\S+)> (.*)$", self.log_text(self.place / "out"), re.M)

    def close(self):
        self.process.kill()
        self.process.wait()
