"""Servers for tests: PostgreSQL, with a migrated template that every test's own database is copied from; RabbitMQ."""

import itertools
import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import httpx
import psycopg
from psycopg import sql as text

from models.store import embedded, migrate
from tests.requirements import POSTGRES15, RABBITMQ

# Tests lose nothing in a power cut: without these a database is made and dropped three times as fast.
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    "shared_buffers": "256MB",
}


class Databases:
    """Fresh databases of one server, each a copy of a template with all migrations."""

    def __init__(self, admin_url: str, prefix: str) -> None:
        self._admin_url = admin_url
        self._prefix = prefix
        self._numbers = itertools.count(1)
        self._template = f"template_{migrations_hash()}"
        self._make_template()

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """The URL of a database that exists for the block."""
        name = f"{self._prefix}_{next(self._numbers)}"
        self._copy(self._template, name)
        try:
            yield self._url(name)
        finally:
            self._run("DROP DATABASE {} WITH (FORCE)", name)

    def lasting(self, name: str) -> str:
        """The URL of a database that lasts as long as the server, for all workers of a run."""
        self._copy(self._template, name)
        return self._url(name)

    def empty(self, url: str) -> None:
        """Take everything out of a database."""
        with psycopg.connect(url) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")

    def _url(self, name: str) -> str:
        return self._admin_url.replace("postgres@/postgres?", f"throughline@/{name}?")

    def _make_template(self) -> None:
        with psycopg.connect(self._admin_url, autocommit=True) as admin:
            admin.execute("SELECT pg_advisory_lock(1)")  # workers share a server: one of them makes it
            if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self._template]).fetchone():
                return
            fresh = f"{self._template}_new"
            self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", fresh)
            self._run("CREATE DATABASE {} OWNER throughline", fresh)
            migrate.upgrade(self._url(fresh))
            self._run("ALTER DATABASE {} RENAME TO {}", fresh, self._template)

    def _copy(self, template: str, name: str) -> None:
        self._run("CREATE DATABASE {} OWNER throughline TEMPLATE {} STRATEGY file_copy", name, template)

    def _run(self, statement: str, *names: str) -> None:
        with psycopg.connect(self._admin_url, autocommit=True) as admin:
            admin.execute(text.SQL(statement).format(*map(text.Identifier, names)))  # type: ignore[arg-type]


def migrations_hash() -> str:
    """Names the template: another set of migrations gives another one."""
    return "_".join(migration.checksum[:8] for migration in migrate.available()[-1:]) or "empty"


@contextmanager
def embedded_server(home: Path) -> Iterator[embedded.Server]:
    """The embedded server of a home, shared by all workers of a run."""
    server = embedded.start(home, FAST)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def debian_server(home: Path) -> Iterator[str]:
    """Debian's PostgreSQL 15 on a socket of its own; yields the URL of its superuser. Not shared between workers."""
    home.mkdir(mode=0o700)
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(home, owner.pw_uid, owner.pw_gid)
    _as_owner(home, "initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
    start_debian_server(home)
    try:
        url = f"postgresql://postgres@/postgres?host={quote(str(home), safe='')}"
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("CREATE ROLE throughline LOGIN")
        yield url
    finally:
        crash_debian_server(home)


def start_debian_server(home: Path) -> None:
    """Start the server of a home, also one that has crashed, and wait until it answers."""
    settings = FAST | {"listen_addresses": "", "unix_socket_directories": str(home)}
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    _as_owner(home, "pg_ctl", "-s", "-w", "start", "-l", str(home / "server.log"), "-o", options)


def crash_debian_server(home: Path) -> None:
    """End the server of a home at once, as a crash does."""
    _as_owner(home, "pg_ctl", "-s", "-w", "stop", "-m", "immediate")


def _as_owner(home: Path, program: str, *arguments: str) -> None:
    # PostgreSQL refuses to run as root.
    user: dict = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    command = [POSTGRES15 / program, "-D", home / "data", *arguments]
    subprocess.run(command, check=True, cwd=home, stdout=subprocess.DEVNULL, **user)


@dataclass(frozen=True)
class Broker:
    """A running RabbitMQ: its addresses for AMQP and for the management API, credentials included."""

    amqp_url: str
    management_url: str

    @contextmanager
    def apart(self) -> Iterator["Broker"]:
        """A virtual host of the block's own: its exchanges and queues meet nobody else's."""
        name = uuid4().hex
        rights = {"configure": ".*", "write": ".*", "read": ".*"}
        with httpx.Client(base_url=f"{self.management_url}/api/", trust_env=False) as client:
            client.put(f"vhosts/{name}").raise_for_status()
            client.put(f"permissions/{name}/guest", json=rights).raise_for_status()
            try:
                yield Broker(self.amqp_url.replace("%2F", name), self.management_url)
            finally:
                client.delete(f"vhosts/{name}").raise_for_status()


@contextmanager
def rabbitmq_server(home: Path, seconds: float = 90.0) -> Iterator[Broker]:
    """Debian's RabbitMQ with the management API, in a folder and on ports of its own."""
    home.mkdir(mode=0o700)
    amqp, management, distribution, mapper = (free_port() for _ in range(4))
    (home / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{amqp}\nmanagement.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {management}\n"
    )
    (home / "enabled_plugins").write_text("[rabbitmq_management].")
    environment = os.environ | {
        "HOME": str(home),
        "RABBITMQ_NODENAME": f"tests{amqp}@localhost",
        "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_DIST_PORT": str(distribution),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(mapper),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
    }
    # Not the wrapper on the path: it switches to the user rabbitmq and refuses others. The port mapper is started here,
    # for the one that the server would start outlives it.
    program = next(RABBITMQ.glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    names = ["epmd", "-port", str(mapper), "-address", "127.0.0.1"]
    with (home / "out.log").open("wb") as log:
        mapping = subprocess.Popen(names, stdout=log, stderr=subprocess.STDOUT)
        server = subprocess.Popen(
            [program], env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    broker = Broker(f"amqp://guest:guest@127.0.0.1:{amqp}/%2F", f"http://guest:guest@127.0.0.1:{management}")
    try:
        _wait_for(broker, home / "out.log", time.monotonic() + seconds)
        yield broker
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        mapping.kill()
        server.wait()
        mapping.wait()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(broker: Broker, log: Path, end: float) -> None:
    with httpx.Client(trust_env=False) as client:
        while True:
            try:
                if client.get(f"{broker.management_url}/api/overview").status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            assert time.monotonic() < end, f"RabbitMQ did not start:\n{log.read_text()}"
            time.sleep(0.2)
