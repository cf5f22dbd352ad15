"""Numbered migrations: what a database has, what it lacks, and bringing it up to date.

A migration is a file `NNNN_name.sql`, forward only. Each runs in one transaction together with the row that records it,
under an advisory lock, so any number of processes may upgrade at once. A file that changed after it was applied is
refused: its effect in this database is not what its text says.
"""

import hashlib
import logging
import re
from dataclasses import dataclass
from importlib.resources.abc import Traversable

import psycopg

import sql
from models.errors import Misconfigured
from models.store.engine import Connection, translated

_log = logging.getLogger(__name__)

_FILE = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")


class MigrationFileError(Misconfigured):
    """A migration file is badly named, numbered twice, leaves a gap, or changed after it was applied."""


class SchemaNotCurrentError(Misconfigured):
    """The database's schema is not the one that this version of the program needs."""


@dataclass(frozen=True)
class Migration:
    """One file: its number, its name without number and ending, its text and the SHA-256 of it."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 in hex of the text with line ends as `\\n`."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def __str__(self) -> str:
        return f"{self.number:04d}_{self.name}"


@dataclass(frozen=True)
class Status:
    """What a database has: names as `0001_name`, in order.

    `changed`: applied, but the file says something else now. `unknown`: applied by a newer version of the program.
    """

    applied: list[str]
    pending: list[str]
    changed: list[str]
    unknown: list[str]

    @property
    def is_current(self) -> bool:
        """Whether the program may use the database as it is."""
        return not (self.pending or self.changed or self.unknown)


def available(folder: Traversable = sql.MIGRATIONS) -> list[Migration]:
    """The migrations of a folder by number, from 1 without gaps. MigrationFileError names the file that is wrong."""
    found = []
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".sql"):
            continue
        match = _FILE.fullmatch(file.name)
        if not match:
            raise MigrationFileError(f"{file.name}: a migration is called NNNN_name.sql, name in lower snake case")
        text = file.read_text(encoding="utf-8").replace("\r\n", "\n")
        found.append(Migration(int(match[1]), match[2], text))
    for expected, migration in enumerate(found, start=1):
        if migration.number != expected:
            raise MigrationFileError(f"{migration}.sql: its number should be {expected:04d}; numbers run without gaps")
    return found


def status(url: str, folder: Traversable = sql.MIGRATIONS) -> Status:
    """How the database compares with the migrations of a folder. Changes nothing."""
    with translated(), psycopg.connect(url) as connection:
        return _compare(_applied(connection), available(folder))


def upgrade(url: str, folder: Traversable = sql.MIGRATIONS) -> list[str]:
    """Apply what is pending; the names of what was applied by this call, in order.

    Errors: MigrationFileError for a changed file, SchemaNotCurrentError for a database of a newer program, and
    StoreConflictError where a lock was not free within ten seconds. Everything before the failing file stays applied.
    """
    migrations = available(folder)
    done: list[str] = []
    with translated(), psycopg.connect(url, autocommit=True) as connection:
        while (migration := _apply_next(connection, migrations)) is not None:
            _log.info("migration applied", extra={"action": "migrate", "migration": str(migration)})
            done.append(str(migration))
    return done


def require_current(url: str, folder: Traversable = sql.MIGRATIONS) -> None:
    """Refuse, with the command to run, unless the database has exactly the migrations of the folder."""
    _refuse_unusable(found := status(url, folder))
    if found.pending:
        raise SchemaNotCurrentError(
            f"the database lacks {_listed(found.pending)}; run `throughline db upgrade` (a backup first: "
            "`throughline db backup FILE`)"
        )


def _apply_next(connection: Connection, migrations: list[Migration]) -> Migration | None:
    with connection.transaction():
        # The transaction's own lock, not the session's: a connection pooler in between may hand sessions around.
        connection.execute(sql.query("lock_migrations"))
        found = _compare(applied := _applied(connection), migrations)
        _refuse_unusable(found)
        if not found.pending:
            return None
        if not _has_table(connection):
            connection.execute(sql.query("create_migration_table"))
        migration = migrations[len(applied)]
        connection.execute(sql.query("limit_lock_waits"))
        # Bytes without parameters go as they are, several statements at once.
        connection.execute(migration.text.encode())
        connection.execute(sql.query("record_migration"), [migration.number, migration.name, migration.checksum])
        return migration


def _has_table(connection: Connection) -> bool:
    row = connection.execute(sql.query("has_migration_table")).fetchone()
    return bool(row and row[0])


def _applied(connection: Connection) -> list[tuple[int, str, str]]:
    if not _has_table(connection):
        return []
    return [(number, name, checksum) for number, name, checksum in connection.execute(sql.query("applied_migrations"))]


def _compare(applied: list[tuple[int, str, str]], migrations: list[Migration]) -> Status:
    known = {migration.number: migration for migration in migrations}
    names = [f"{number:04d}_{name}" for number, name, _ in applied]
    held = {number for number, _, _ in applied}
    return Status(
        applied=names,
        pending=[str(migration) for migration in migrations if migration.number not in held],
        changed=[str(known[n]) for n, _, checksum in applied if n in known and known[n].checksum != checksum],
        unknown=[f"{n:04d}_{name}" for n, name, _ in applied if n not in known],
    )


def _refuse_unusable(found: Status) -> None:
    if found.changed:
        raise MigrationFileError(
            f"{_listed(found.changed)} changed after being applied to this database; install the version that applied "
            "it, or restore a backup and upgrade that"
        )
    if found.unknown:
        raise SchemaNotCurrentError(
            f"the database has {_listed(found.unknown)}, which this version of the program does not know; "
            "install the newer version that upgraded it"
        )


def _listed(names: list[str]) -> str:
    return ", ".join(names)
