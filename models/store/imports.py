"""How far a file was imported, so that an import that was stopped goes on where it was."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

from models.store.append import to_json
from models.store.engine import Connection
from sql import query

_FORGOTTEN_AFTER = timedelta(days=7)


class ImportKey(NamedTuple):
    """What makes two imports the same: the bytes of the file, and the text of the process with the mapping's name."""

    file_hash: str
    mapping_hash: str


def read_progress(connection: Connection, key: ImportKey) -> tuple[int, dict[str, Any]]:
    """(rows done, what became of them); (0, {}) for a file that was not begun, or was imported whole."""
    row = connection.execute(query("import_progress"), key._asdict()).fetchone()
    return (0, {}) if row is None else (row[0], row[1])


def keep_progress(
    connection: Connection, key: ImportKey, rows_done: int, report: dict[str, Any], now: datetime
) -> None:
    """Note how far the file was imported, in the transaction that holds its events."""
    values = {"rows_done": rows_done, "report": to_json(report), "now": now}
    connection.execute(query("keep_import_progress"), key._asdict() | values)


def end_progress(connection: Connection, key: ImportKey) -> None:
    """The file was imported whole: another import of it begins at its first row."""
    connection.execute(query("end_import_progress"), key._asdict())


def positions(connection: Connection, mapping: str) -> dict[str, int]:
    """How far each file of this mapping was imported, by its `file_hash`."""
    return {row[0]: row[1] for row in connection.execute(query("import_positions"), {"mapping_hash": mapping})}


def forget_progress(connection: Connection, mapping: str, now: datetime) -> None:
    """Forget how far files of this mapping were imported on which nothing was done for a week."""
    connection.execute(query("forget_import_progress"), {"mapping_hash": mapping, "before": now - _FORGOTTEN_AFTER})


def waiting(connection: Connection, stream: str, format: str) -> dict[UUID, int]:
    """The inputs of a stream that wait in quarantine, as `input_hash` of their bytes, with their numbers."""
    rows = connection.execute(query("waiting_of_stream"), {"stream": stream, "format": format})
    return {row[0]: row[1] for row in rows}


def input_hash(raw: bytes) -> UUID:
    """What tells inputs in quarantine apart."""
    return UUID(bytes=blake2b(raw, digest_size=16).digest())
