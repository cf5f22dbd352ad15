"""The border to PostgreSQL: one pool, transactions, and the driver's errors in our families.

Source: psycopg 3 documentation, "Connection pools" and "Transactions management"; PostgreSQL 18 appendix A (SQLSTATE).
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

import psycopg
import stamina
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool, PoolTimeout

from models.errors import Misconfigured, Refused, RetryLater, SkipRecord

Connection = psycopg.Connection[tuple[Any, ...]]

T = TypeVar("T")

_MAX_CONNECTIONS = 16
_WAIT_SECONDS = 30.0
_TURN_SECONDS = 2.0
_LAST_PORT = 65_535
_CONFLICT_ATTEMPTS = 10
_QUOTED = re.compile(r'".{2,}"', re.DOTALL)
_HARMLESS = "invalid URI query parameter"


class StoreUnavailableError(RetryLater):
    """The database did not answer, went away in the middle, or was busy."""


class StoreConflictError(RetryLater):
    """Another transaction was in the way (serialization failure, deadlock, lock timeout) too often."""


class StoreAccessError(Misconfigured):
    """The database refuses us, or is not the one we expect."""


class UnstorableValueError(SkipRecord):
    """PostgreSQL cannot hold a value of this record."""


class ConstraintError(Refused):
    """A constraint of the schema forbids the row. `constraint` is its name, or None where the server gives none."""

    def __init__(self, message: str, constraint: str | None) -> None:
        super().__init__(message)
        self.constraint = constraint


class Pool(ConnectionPool[Connection]):
    """Connections to one database. A server that was away is asked again every two seconds that somebody waits.

    The driver's own tries pause twice as long each time: after an outage of minutes it would stay away for minutes.
    """

    def getconn(self, timeout: float | None = None) -> Connection:
        """A connection, within `timeout` seconds (None: as the pool was opened). Errors: PoolTimeout."""
        deadline = monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            left = deadline - monotonic()
            try:
                return super().getconn(min(left, _TURN_SECONDS))
            except PoolTimeout:
                if left <= _TURN_SECONDS:
                    raise


def fault_of(url: str) -> str:
    """Why the driver cannot read the URL of a database, without the URL, which may hold a password; '' where it can."""
    try:
        port = str(conninfo_to_dict(url).get("port") or "")
    except psycopg.ProgrammingError as error:
        said = str(error).strip().partition(" in URI")[0]
        # What is quoted may be the password, or a part of it; the name of a parameter is none.
        return said if said.startswith(_HARMLESS) else _QUOTED.sub('"..."', said)
    # The driver looks at ports when it connects. Several hosts may have several, with nothing for the usual one.
    wrong = [one for one in port.split(",") if one and not (one.isdecimal() and 0 < int(one) <= _LAST_PORT)]
    return f"a port is a number from 1 to {_LAST_PORT}" if wrong else ""


def open_pool(url: str, *, max_size: int = _MAX_CONNECTIONS, application_name: str = "throughline") -> Pool:
    """An open pool whose connections speak UTC; the caller closes it.

    A connection is tried before it is lent, so a restarted server costs its users nothing but the time of restarting.
    Errors: StoreUnavailableError when no connection can be made, StoreAccessError when the server refuses us.
    """
    pool = Pool(
        url,
        kwargs={"application_name": application_name, "connect_timeout": 10},
        min_size=1,
        max_size=max_size,
        timeout=_WAIT_SECONDS,
        configure=_configure,
        check=Pool.check_connection,
        reconnect_timeout=0,
        name=application_name,
        open=False,
    )
    # A pool hides why it cannot connect behind a timeout; one connection of our own says it at once.
    with translated(), psycopg.connect(url, connect_timeout=10):
        pool.open()
    return pool


def _configure(connection: Connection) -> None:
    connection.execute("SET TIME ZONE 'UTC'")
    # A batch is laid out in temporary tables; what does not fit goes through files.
    connection.execute("SET temp_buffers = '64MB'")
    connection.commit()


@dataclass(frozen=True)
class ServerFacts:
    """What answers at an address: PostgreSQL's version, and as whom we are there."""

    major: int
    minor: int
    user: str


def server(url: str) -> ServerFacts:
    """Try an address. Errors: StoreUnavailableError, StoreAccessError."""
    with translated(), psycopg.connect(url, connect_timeout=10) as connection:
        major, minor = divmod(connection.info.server_version, 10_000)
        return ServerFacts(major, minor, connection.info.user)


@contextmanager
def transaction(pool: Pool, *, wait_seconds: float | None = None) -> Iterator[Connection]:
    """One transaction: committed at the end of the block, rolled back when it raises. Never retried.

    `wait_seconds`: how long to wait for a connection, None for as long as the pool does.
    """
    with translated(), pool.connection(wait_seconds) as connection, connection.transaction():
        yield connection


def in_transaction(pool: Pool, work: Callable[[Connection], T]) -> T:
    """The result of `work` in a transaction of its own, done again from the start when another one was in the way.

    `work` must change nothing but the database. Errors: StoreConflictError after ten attempts; what `work` raises.
    """
    for attempt in stamina.retry_context(
        on=StoreConflictError,
        attempts=_CONFLICT_ATTEMPTS,
        timeout=None,
        wait_initial=0.01,
        wait_max=1.0,
        wait_jitter=0.05,
    ):
        with attempt, transaction(pool) as connection:
            return work(connection)
    raise AssertionError("stamina either returns from the block or raises")


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into our families, keeping the cause.

    An error in our own SQL (syntax, an unknown column) is a fault of the program and passes through unchanged.
    """
    try:
        yield
    except PoolTimeout as error:
        raise StoreUnavailableError(
            "no database connection came free in time; try again, see `throughline doctor`, or start fewer workers"
        ) from error
    except psycopg.Error as error:
        translation = _translate(error)
        if translation is None:
            raise
        raise translation from error


def _translate(error: psycopg.Error) -> Exception | None:
    state = error.sqlstate or ""
    said = (error.diag.message_primary or str(error)).strip().splitlines()[0] if str(error) else type(error).__name__
    if state in {"40001", "40P01", "55P03"}:
        return StoreConflictError(f"another transaction was in the way: {said}")
    if state[:2] in {"28", "3D"} or state == "42501":
        return StoreAccessError(
            f"the database refuses: {said}; check THROUGHLINE_DATABASE_URL and `throughline db status`"
        )
    if state.startswith("23"):
        return ConstraintError(f"the schema forbids it: {said}", error.diag.constraint_name)
    if isinstance(error, psycopg.DataError) or state.startswith("54"):
        return UnstorableValueError(f"PostgreSQL cannot hold a value of this record: {said}")
    if isinstance(error, psycopg.OperationalError):
        return _unreachable(said)
    return None


def _unreachable(said: str) -> Exception:
    # A refused login carries no SQLSTATE: libpq gives only its text, always in this form.
    refused = (
        "password authentication failed",
        "does not exist",
        "no pg_hba.conf entry",
        "Peer authentication failed",
    )
    if any(words in said for words in refused):
        return StoreAccessError(f"the database refuses: {said}; check THROUGHLINE_DATABASE_URL")
    return StoreUnavailableError(f"the database does not answer: {said}; try again, or see `throughline doctor`")
