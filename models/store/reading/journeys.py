"""Journeys: the list, one by any of its keys, what leads to it, what happened in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from models import derived as packing
from models.derived import AmendmentRow, Derived, LineRow, StepRow
from models.events import from_micros
from models.masking import MASKING, Masking
from models.money import money
from models.questions import QuestionError, read_text
from models.store.engine import Connection
from models.store.reading.listing import Asked, Field, Kind, Listing, Page, Row
from sql import query

JOURNEYS = Listing(
    query="journeys_listed",
    fields=(
        Field("key", is_nullable=False),
        Field("contract"),
        Field("process", is_nullable=False),
        Field("customer"),
        Field("entity"),
        Field("region"),
        Field("practice"),
        Field("contract_type"),
        Field("value", Kind.NUMBER),
        Field("step"),
        Field("state", is_nullable=False),
        Field("state_reason", is_nullable=False, is_sort=False),
        Field("first_at", Kind.TIME, is_nullable=False),
        Field("last_at", Kind.TIME, is_nullable=False),
    ),
    unique=("key",),
    usual_sort="key",
)

_FOUND = replace(JOURNEYS, query="journeys_by_beginning", over="journeys_listed")

_STORY = Listing(
    query="story_of_journey",
    fields=(
        Field("occurred_at", Kind.TIME, is_nullable=False),
        Field("event_id", Kind.INTEGER, is_nullable=False, is_filter=False, is_sort=False),
        Field("type", is_nullable=False, is_sort=False),
        Field("source", is_nullable=False, is_sort=False),
    ),
    unique=("occurred_at", "event_id"),
    usual_sort="occurred_at",
)
_MOST_KEYS = 1_000
_AFTER_ALL = "\U0010ffff"


class AmbiguousKeyError(QuestionError):
    """A key that leads to several journeys; `allowed` are their keys."""


def list_journeys(connection: Connection, asked: Asked, as_of: datetime, beginning: str = "") -> Page:
    """Journeys in the shape of the interface, by key unless asked otherwise.

    `beginning`: only those that some key leads to whose value begins so.
    """
    if beginning:
        prefix = read_text("search", beginning)
        page = _FOUND.page(connection, asked, prefix=prefix, end=prefix + _AFTER_ALL)
    else:
        page = JOURNEYS.page(connection, asked)
    return Page(_shapes(connection, page.rows, as_of), page.next)


def find_journey(connection: Connection, key: str, as_of: datetime) -> Row | None:
    """The journey that a contract or `kind:value` leads to; None where none does.

    Errors: AmbiguousKeyError where a shared key, or a kind of several systems, leads to several.
    """
    shown = resolve_key(connection, key)
    if shown is None:
        return None
    rows = JOURNEYS.page(connection, Asked(limit=1, filters={"key": [shown]})).rows
    return next(iter(_shapes(connection, rows, as_of)), None)


def resolve_key(connection: Connection, key: str) -> str | None:
    """The key under which a journey is listed, from any key of it. Errors: AmbiguousKeyError, QuestionError."""
    read_text("key", key)
    if _number(connection, key) is not None:
        return key
    # A name may hold a colon, and so may a value: every place where one could end is tried.
    parts = [(key[:place], key[place + 1 :]) for place, sign in enumerate(key[:2_000]) if sign == ":"]
    names = {value: name for name, value in reversed([("", key), *parts])}
    found = connection.execute(query("places_of_key_value"), {"values": list(names)}).fetchall()
    journeys = {shown for name, value, shown in found if _is_called(name, names[value])}
    if len(journeys) > 1:
        raise AmbiguousKeyError(
            f"{key[:100]!r} leads to {len(journeys)} journeys; ask for one of them", "key", journeys
        )
    return next(iter(journeys), None)


def keys_of(connection: Connection, key: str) -> list[Row]:
    """The keys that lead to the journey listed under `key`, by system; at most 1,000.

    Shape: `{system, keys: [{kind, value, class}]}`, systems in order of their names, '' for keys that name none.
    """
    number = _number(connection, key)
    found = connection.execute(query("keys_of_journey"), {"journey_id": number, "count": _MOST_KEYS})
    systems: dict[str, list[Row]] = {}
    for name, value, key_class in found:
        system, _, kind = name.rpartition("/")
        systems.setdefault(system, []).append({"kind": kind, "value": value, "class": key_class})
    return [{"system": system, "keys": keys} for system, keys in sorted(systems.items())]


def story(connection: Connection, key: str, asked: Asked, masking: Masking = MASKING) -> Page:
    """What happened in the journey listed under `key`, in the order in which it happened.

    Shape: `{at, source, id, type, subject, recorded_at, observed_at, record, sequence, retracts, keys, attributes}`.
    """
    page = _STORY.page(connection, asked, journey_id=_number(connection, key))
    names = ("source", "id", "type", "subject", "recorded_at", "observed_at", "record", "sequence", "retracts", "keys")
    rows = [
        {"at": row["occurred_at"]}
        | {name: row[name] for name in names}
        | {"attributes": masking.mask(row["attributes"])}
        for row in page.rows
    ]
    return Page(rows, page.next)


def amendment_shape(row: Row) -> Row:
    """An amendment with its targets, all fields of the interface present."""
    return {
        "amendment": row["amendment"],
        "approved_at": row["approved_at"],
        "state": row["state"],
        "targets": [
            {
                "step": one["step"],
                "state": one["state"],
                "due_at": None,
                "reached_at": one["reached_at"],
                "expected": None,
                "found": None,
            }
            for one in row["targets"]
        ],
    }


def _number(connection: Connection, key: str) -> int | None:
    row = connection.execute(query("journey_number"), {"key": key}).fetchone()
    return None if row is None else int(row[0])


def _is_called(name: str, wanted: str) -> bool:
    # A value alone names a journey only where a journey is called so, which was looked up before.
    return bool(wanted) and (name == wanted or name.endswith(f"/{wanted}"))


def _shapes(connection: Connection, rows: Sequence[Row], as_of: datetime) -> list[Row]:
    numbers = [row["journey_id"] for row in rows]
    found = connection.execute(query("exceptions_of_journeys"), {"journeys": numbers, "as_of": as_of}) if rows else ()
    exceptions: dict[int, list[str]] = {}
    for number, name in found:
        exceptions.setdefault(number, []).append(name)
    return [_shape(row, packing.unpack(row["derived"]), exceptions.get(row["journey_id"], [])) for row in rows]


def _shape(row: Row, derived: Derived, exceptions: list[str]) -> Row:
    names = ("key", "contract", "process", "customer", "entity", "region", "practice", "contract_type")
    return {name: row[name] for name in names} | {
        "value": money(row["value"], row["value_currency"]),
        "lines": [_line(one) for one in derived.lines],
        "step": row["step"],
        "state": row["state"],
        # It quotes what failed, as other systems said it.
        "state_reason": MASKING.mask_text(row["state_reason"]),
        "first_at": row["first_at"],
        "last_at": row["last_at"],
        "related": [],
        "steps": [_step(one) for one in derived.steps],
        "amendments": [_amendment(one) for one in derived.amendments],
        "exceptions": exceptions,
        "money_at_risk": None,
    }


def _line(line: LineRow) -> Row:
    return {
        "line": line.line,
        "contract_type": line.contract_type,
        "entity": line.entity,
        "value": money(line.value, line.currency),
    }


def _step(step: StepRow) -> Row:
    return {
        "step": step.step,
        "subject": step.subject,
        "first_at": _instant(step.first_at),
        "last_at": _instant(step.last_at),
        "due_at": None,
        "evidence": step.evidence,
        "system": step.system,
        "withdrawn_at": _instant(step.withdrawn_at),
        "withdrawn_by": step.withdrawn_by,
    }


def _amendment(row: AmendmentRow) -> Row:
    targets = [{"step": one.step, "state": one.state, "reached_at": _instant(one.reached_at)} for one in row.targets]
    return amendment_shape(
        {
            "amendment": row.amendment,
            "approved_at": _instant(row.approved_at),
            "state": row.state,
            "targets": targets,
        }
    )


def _instant(micros: int | None) -> Any:
    return None if micros is None else from_micros(micros)
