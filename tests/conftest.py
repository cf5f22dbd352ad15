"""What every test stands on: none of our environment, no network beyond this machine, real databases."""

import ipaddress
import logging
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from models.store import embedded
from models.store.engine import Pool, open_pool
from tests.requirements import Requirements
from tests.servers import Broker, Databases, debian_server, embedded_server, rabbitmq_server

hypothesis.settings.register_profile("test", max_examples=500, deadline=None, print_blob=True)
hypothesis.settings.register_profile("prove", max_examples=20_000, deadline=None, print_blob=True)
hypothesis.settings.load_profile("test")

_HOME = "PYTEST_THROUGHLINE_HOME"


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Requirements())
    for name in [name for name in os.environ if name.startswith("THROUGHLINE_") and name != "THROUGHLINE_REQUIRE"]:
        del os.environ[name]
    if not hasattr(config, "workerinput"):
        # Not pytest's own temporary folder: its path is too long for a socket, and closed to the server's account.
        home = tempfile.mkdtemp(prefix="tl-")
        os.chmod(home, 0o711)
        os.environ[_HOME] = home  # workers inherit it, and so share a server


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(_HOME), ignore_errors=True)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The store's tests run on the oldest server that we promise as well as on the embedded one."""
    in_store = "tests/models/store" in metafunc.definition.path.as_posix()
    if in_store and "database" in metafunc.fixturenames and not metafunc.definition.get_closest_marker("one_server"):
        oldest = pytest.param("postgres15", marks=pytest.mark.needs_postgres15)
        metafunc.parametrize("database", ["embedded", oldest], indirect=True)


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closes the network: a test that reaches out fails, and says where it wanted to go."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address):  # type: ignore[no-untyped-def]
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise AssertionError(f"a test wanted to connect to {address}; tests stay on this machine")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Takes away what a test (the command, mostly) set up for the log, which would write into its closed streams."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(scope="session")
def test_home() -> Path:
    """A folder with a short path that the server's account may enter; shared by the workers of a run."""
    return Path(os.environ[_HOME])


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    """The name of this worker process, `main` when there is only one."""
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture(scope="session")
def server(test_home: Path) -> Iterator[embedded.Server]:
    """The embedded server, in the running."""
    with embedded_server(test_home / "shared") as running:
        yield running


@pytest.fixture(scope="session")
def databases(server: embedded.Server, worker: str) -> Databases:
    """Makes migrated databases on the embedded server."""
    return Databases(server.admin_url, worker)


@pytest.fixture(scope="session")
def databases15(test_home: Path, worker: str) -> Iterator[Databases]:
    """Makes migrated databases on Debian's PostgreSQL 15."""
    with debian_server(test_home / f"fifteen-{worker}") as admin_url:
        yield Databases(admin_url, worker)


@pytest.fixture(scope="session")
def rabbitmq_host(test_home: Path, worker: str) -> Iterator[Broker]:
    """A RabbitMQ of this worker's own."""
    with rabbitmq_server(test_home / f"rabbitmq-{worker}") as broker:
        yield broker


@pytest.fixture
def rabbitmq(rabbitmq_host: Broker) -> Iterator[Broker]:
    """An empty virtual host on a RabbitMQ, with its exchanges and queues gone afterwards. Mark it `needs_rabbitmq`."""
    with rabbitmq_host.apart() as broker:
        yield broker


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a fresh, migrated database."""
    is_oldest = getattr(request, "param", "embedded") == "postgres15"
    with request.getfixturevalue("databases15" if is_oldest else "databases").fresh() as url:
        yield url


@pytest.fixture
def database15(databases15: Databases) -> Iterator[str]:
    """The URL of a fresh, migrated database on PostgreSQL 15. Mark the test `needs_postgres15`."""
    with databases15.fresh() as url:
        yield url


@pytest.fixture
def pool(database: str) -> Iterator[Pool]:
    """An open pool on a fresh, migrated database."""
    with open_pool(database, max_size=4) as opened:
        yield opened
