"""What pages show at a glance: where journeys stand, what is open and why, how new it all is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from psycopg import sql
from psycopg.rows import dict_row

from models.masking import MASKING
from models.store.engine import Connection
from models.store.reading.listing import Row
from sql import query

_MOST_CAUSES = 8

WORKER_BEAT = "worker_beat"
"""The fact of the store that a worker renews while it lives."""


def standing(connection: Connection, process: str) -> list[Row]:
    """Where the journeys of a process stand.

    Shape: `{state, step, count, last_at}`; step None before the first, last_at of the journey longest without news.
    """
    return _rows(connection, sql.Composed([sql.SQL(query("journeys_standing"))]), {"process": process})


def journeys_by_process(connection: Connection) -> dict[str, int]:
    """How many journeys follow each process; none of a process without."""
    return dict(connection.execute(query("journeys_by_process")).fetchall())


def freshness(connection: Connection, process: str) -> Row:
    """How new the data of a process, or where it has none of all, is: `{newest_event_at, beat_seconds, quarantined}`.

    newest_event_at is None before the first event; beat_seconds is the wall time since a worker's sign of life, None
    before the first worker; quarantined counts the inputs that wait.
    """
    return _rows(connection, sql.Composed([sql.SQL(query("freshness"))]), {"process": process, "beat": WORKER_BEAT})[0]


def count_exceptions(connection: Connection, process: str, as_of: datetime) -> list[Row]:
    """How many exceptions there are, of a process and of those that belong to no journey.

    Shape: `{kind, status, severity, system, count, opened_at}`, opened_at of the oldest.
    """
    return _rows(connection, _over_listed("exceptions_counted"), {"process": process, "as_of": as_of})


def exception_causes(
    connection: Connection, process: str, wanted: Mapping[str, Sequence[str]], as_of: datetime
) -> list[Row]:
    """The causes with most exceptions, at most eight; `wanted` may hold kind, status, severity and system.

    Shape: `{fingerprint, kind, system, reason, count, opened_at}`, reason and opened_at of the oldest.
    """
    names = {"kinds": "kind", "statuses": "status", "severities": "severity", "systems": "system"}
    values = {name: list(wanted[field]) if wanted.get(field) else None for name, field in names.items()}
    parameters = {"process": process, "as_of": as_of, "most": _MOST_CAUSES, **values}
    rows = _rows(connection, _over_listed("exception_causes"), parameters)
    return [row | {"reason": MASKING.mask_text(row["reason"])} for row in rows]


def _over_listed(name: str) -> sql.Composed:
    # One rule says which exceptions there are at an instant; counts must not have another.
    listed = sql.SQL(query("exceptions_listed").rstrip(";\n "))
    return sql.SQL("WITH source AS (\n{}\n)\n{}").format(listed, sql.SQL(query(name)))


def _rows(connection: Connection, statement: sql.Composed, parameters: Row) -> list[Row]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, parameters).fetchall()
