"""Backup and restore with the packaged PostgreSQL programs, for every server we promise (15 to 18).

A backup is pg_dump's custom format. A restore is one transaction: it is there whole, or not at all.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

import sql
from models.errors import Misconfigured, Refused
from models.store.embedded_place import tool
from models.store.engine import StoreUnavailableError, translated

# Written by pg_dump and pg_restore since 17; a server of 15 or 16 does not know it and would refuse everything after.
_UNKNOWN_TO_OLDER = b"SET transaction_timeout = 0;\n"
_HEADER_LINES = 60


class BackupRefusedError(Refused):
    """The file is in the way, or the database is not free to be restored into."""


class UnwritableError(Misconfigured):
    """Nothing can be written where the file was asked for."""


def backup(url: str, file: Path) -> int:
    """Write the whole database to a file with mode 0600; its size in bytes.

    Errors: BackupRefusedError when the file exists, UnwritableError, StoreUnavailableError with what pg_dump said.
    """
    part = file.with_name(f"{file.name}.part")
    with writable(file):
        if file.exists():
            raise BackupRefusedError(f"{file} exists; choose another name, or remove it")
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        _run([tool("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", f"--file={part}"], url)
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
    return file.stat().st_size


@contextmanager
def writable(file: Path) -> Iterator[None]:
    """Tells, of a block that writes a file, that it cannot be written. Errors: UnwritableError."""
    try:
        yield
    except OSError as error:
        raise UnwritableError(
            f"{file} cannot be written ({error.strerror}); name a file in a folder that you may write to"
        ) from error


def restore(url: str, file: Path, *, replace: bool = False) -> None:
    """Bring a database to what a backup holds; its schema is the backup's, so `db upgrade` may have to follow.

    The database must be empty, or `replace` given; nobody else may use it. Errors: BackupRefusedError,
    StoreUnavailableError with what the programs said.
    """
    if not file.is_file():
        raise BackupRefusedError(f"{file} is no file; name a backup made by `throughline db backup`")
    _require_free(url, replace)
    with tempfile.TemporaryFile() as complaints:
        reader = subprocess.Popen(
            [tool("pg_restore"), "--no-owner", "--no-privileges", "--file=-", file],
            stdout=subprocess.PIPE,
            stderr=complaints,
        )
        writer = subprocess.Popen(
            [tool("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", "--file=-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            env=connection_environment(url),
        )
        is_whole = _transfer(reader, writer, sql.query("empty_schema") if replace else "")
        if not is_whole:
            complaints.seek(0)
            raise StoreUnavailableError(f"nothing was restored: {_complaint(complaints.read())}")


def connection_environment(url: str) -> dict[str, str]:
    """The connection as variables for PostgreSQL's programs: a password in an argument could be read by anybody."""
    names = {option.keyword.decode(): option.envvar.decode() for option in pq.Conninfo.get_defaults() if option.envvar}
    given = {names[key]: str(value) for key, value in conninfo_to_dict(url).items() if key in names}
    return {"PATH": os.defpath, "LC_ALL": "C"} | given


def schema(url: str) -> str:
    """The schema of a database as SQL, the same for the same schema: no versions, no random lines, no settings."""
    dumped = _run([tool("pg_dump"), "--schema-only", "--no-owner", "--no-privileges"], url)
    noise = ("SET ", "SELECT pg_catalog.set_config", "\\", "-- Dumped ", "--\n")
    kept = "".join(line for line in dumped.splitlines(keepends=True) if not line.startswith(noise))
    return re.sub(r"\n{3,}", "\n\n", kept).strip() + "\n"


def _require_free(url: str, replace: bool) -> None:
    with translated(), psycopg.connect(url) as connection:
        row = connection.execute(sql.query("database_use")).fetchone()
    others, tables = row or (0, 0)
    if others:
        raise BackupRefusedError(f"{others} other connections use the database; stop the program everywhere first")
    if tables and not replace:
        raise BackupRefusedError(f"the database holds {tables} tables; give --replace to lose them for the backup's")


def _transfer(reader: subprocess.Popen[bytes], writer: subprocess.Popen[bytes], first: str) -> bool:
    """Send the backup's SQL to psql; whether all of it arrived and was committed."""
    source, target = reader.stdout, writer.stdin
    assert source is not None
    assert target is not None
    try:
        target.write(first.encode() + b"\n")
        for _ in range(_HEADER_LINES):
            line = source.readline()
            if line != _UNKNOWN_TO_OLDER:
                target.write(line)
        shutil.copyfileobj(source, target, 2**20)
        is_read = reader.wait() == 0
        if is_read:
            target.close()
    except BrokenPipeError:
        is_read = False  # psql ended early and has said why
    if not is_read:
        # Ending psql's input would commit the part that it has; ending psql rolls it back.
        writer.kill()
        reader.kill()
        with suppress(BrokenPipeError):
            target.close()
    source.close()
    reader.wait()
    return writer.wait() == 0 and is_read


def _run(command: list[str | Path], url: str) -> str:
    ended = subprocess.run(command, capture_output=True, check=False, env=connection_environment(url))
    if ended.returncode != 0:
        raise StoreUnavailableError(
            f"{Path(command[0]).name} failed: {_complaint(ended.stderr)}; see `throughline doctor`"
        )
    return ended.stdout.decode()


def _complaint(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "no reason given")
