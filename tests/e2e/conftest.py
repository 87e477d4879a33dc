"""Fixtures of the end-to-end tests: servers, witnesses and processes, all ended by the test that began them."""

import contextlib
import itertools

import pytest

import config_text
from irc_client import IrcClient
from madang_server import MADANG, MADANGD, Server
from yard import Yard


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes several seconds")


def pytest_collection_modifyitems(items):
    # Without the programs there is nothing to test, and that is a failure, not a skip.
    for program in (MADANGD, MADANG):
        if items and not program.exists():
            pytest.exit(f"{program} is not built; build first or set MADANG_BUILD", returncode=1)


FAILED = pytest.StashKey()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if call.when == "call":
        item.stash[FAILED] = report.failed


@pytest.fixture
def house():
    """Whatever is put here is closed when the test ends, the last first."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def write_config(tmp_path):
    """Writes a configuration file and returns its path."""
    numbers = itertools.count(1)

    def write(text):
        path = tmp_path / f"madang-{next(numbers)}.conf"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def madangd(tmp_path, write_config):
    """Starts servers: `madangd(config="…", data=…)`. Those still running at the end must end cleanly."""
    started = []

    def start(*args, config=None, data=None, ready=True, **how):
        server = Server(data or tmp_path / "data", *args, config=write_config(config) if config else None, **how)
        started.append(server)
        return server.wait_ready() if ready else server

    yield start
    try:
        for server in reversed(started):
            server.stop()
    finally:
        for server in started:
            server.close()


@pytest.fixture
def make_yard(madangd, house):
    """A server with witnesses, asked after the test whether all is still well with them."""
    made = []

    def make(*args, strict=False, sections="", **limits):
        """strict: the case's peer is not exempt from per-address limits; the witnesses always are."""
        if strict:
            limits["exempt"] = [Yard.ADDRESS + "/32"]
        config = sections + (config_text.limit(**limits) if limits else "")
        yard = Yard(madangd(*args, config=config or None))
        house.callback(yard.close)
        made.append(yard)
        return yard

    yield make
    for yard in made:
        yard.still_well()


class CommonYard:
    """One server with the default settings for all cases that need no other; a new one after a failure."""

    def __init__(self, folders):
        self._folders = folders
        self.yard = None

    def get(self):
        if self.yard is None:
            self.yard = Yard(Server(self._folders.mktemp("common") / "data").wait_ready())
        return self.yard

    def drop(self):
        yard, self.yard = self.yard, None
        if yard is not None:
            yard.close()
            yard.server.close()

    def finish(self):
        if self.yard is not None:
            self.yard.close()
            try:
                self.yard.server.stop()
            finally:
                self.drop()


@pytest.fixture(scope="session")
def common_yard(tmp_path_factory):
    common = CommonYard(tmp_path_factory)
    yield common
    common.finish()


@pytest.fixture
def yard(common_yard, request):
    """Server and witnesses with the default settings; after the case all must still be well, on the same server."""
    yard = common_yard.get()
    yard.begin_case()
    yield yard
    if request.node.stash.get(FAILED, False):
        common_yard.drop()
        return
    try:
        yard.still_well()
        yard.wait_alone()
    except BaseException:
        common_yard.drop()
        raise


@pytest.fixture
def irc(yard, house):
    """Connects to the common server: `irc("nick", caps=…)`."""

    def connect(nick=None, **how):
        client = IrcClient(yard.server.port, nick, **how)
        house.callback(client.close)
        return client

    return connect
