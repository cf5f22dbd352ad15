"""What stands behind an exception or a term: anchors, events, who holds which value."""

from __future__ import annotations

from typing import NamedTuple

from psycopg.rows import dict_row

from models import derived as packing
from models.derived import Derived
from models.events import digest
from models.exceptions import ExceptionKind
from models.masking import MASKING
from models.store.engine import Connection
from models.store.reading.listing import Row
from models.store.reading.transactions import find_attempts
from sql import query

_MOST_EVENTS = 20
_MOST_TRANSACTIONS = 50
_ABOUT_AN_EVENT = (ExceptionKind.UNLINKED, ExceptionKind.CHANGED_CONTENT)


class Backing(NamedTuple):
    """What an exception is known by, and the events that it is about, in the shape of a story."""

    anchor: list[str]
    events: list[Row]


def backing(connection: Connection, exception_id: str, kind: str) -> Backing:
    """What stands behind an exception. Events are given for those that are about events and not about steps."""
    found = connection.execute(query("anchor_of_exception"), {"id": exception_id}).fetchone()
    if found is None:
        return Backing([], [])
    anchor, journey_id = found
    rows: list[Row] = []
    with connection.cursor(row_factory=dict_row) as cursor:
        if kind in _ABOUT_AN_EVENT:
            rows = cursor.execute(query("contents_of_event"), {"identity": digest(*anchor)}).fetchall()
        elif kind == ExceptionKind.LINK_CONFLICT:
            rows = cursor.execute(query("story_of_journey"), {"journey_id": journey_id}).fetchmany(_MOST_EVENTS)
    return Backing(list(anchor), [_event(row) for row in rows])


def transactions_of(connection: Connection, key: str) -> list[Row]:
    """The operations of the journey listed under `key`, in the shape of `find_attempts`; at most fifty."""
    derived = _derived(connection, key)
    operations = [one.operation for one in derived.transactions] if derived else []
    found = (find_attempts(connection, operation) for operation in operations[:_MOST_TRANSACTIONS])
    return [row for row in found if row is not None]


def terms_of(connection: Connection, key: str) -> dict[str, Row]:
    """What is agreed for a journey and what each system holds, by field: `{agreed, held: {system: value}}`."""
    derived = _derived(connection, key)
    if derived is None:
        return {}
    fields = sorted({*derived.agreed, *derived.held})
    held = {name: {"agreed": derived.agreed.get(name), "held": derived.held.get(name, {})} for name in fields}
    return {name: told for name, told in held.items() if told["agreed"] is not None or told["held"]}


def _derived(connection: Connection, key: str) -> Derived | None:
    found = connection.execute(query("derived_of_journey"), {"key": key}).fetchone()
    return None if found is None else packing.unpack(found[0])


def _event(row: Row) -> Row:
    names = ("source", "id", "type", "subject", "recorded_at", "observed_at", "record", "sequence", "retracts", "keys")
    return (
        {"at": row["occurred_at"]}
        | {name: row[name] for name in names}
        | {"attributes": MASKING.mask(row["attributes"])}
    )
