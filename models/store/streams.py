"""Streams that are polled: who reads one now, from where on, and what it learned of its records.

A claim is a lease with a name of its own. Every page is written with the cursor behind it, and only while the lease is
held: whoever lost it writes nothing. Leases and polls run on the database's clock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import uuid4

from models.errors import RetryLater
from models.store.append import to_json
from models.store.engine import Connection, Pool, in_transaction
from sql import query

LEASE_SECONDS = 15.0
"""How long a stream waits for a reader that died. Readers renew their leases several times in between."""

_MOST_REMEMBERED = 5_000


class LeaseLostError(RetryLater):
    """Another worker reads this stream by now, or its cursor was set anew: nothing of this page was written."""


@dataclass(frozen=True)
class Expected:
    """A stream as the settings want it; `interval_seconds` None where nothing is expected of it in time."""

    system: str
    stream: str
    interval_seconds: float | None
    watch_from: datetime | None = None
    is_polled: bool = True


class Claimed(NamedTuple):
    """A stream that is ours. `fields`: what is kept of the fields that its records have (JSON)."""

    system: str
    stream: str
    lease: str
    cursor: Any
    failures: int
    interval_seconds: float
    fields: Any


class Step(NamedTuple):
    """What a page brings besides its events: `learned` None forgets a record; `watermark`, `fields` None: as before."""

    cursor: Any
    watermark: datetime | None = None
    learned: Mapping[str, str | None] = {}
    fields: Any = None


Name = tuple[str, str]
"""System and stream."""


def expect(connection: Connection, streams: Sequence[Expected]) -> None:
    """These streams there are, by the settings; others are polled no more."""
    for one in sorted(streams, key=lambda one: (one.system, one.stream)):
        connection.execute(
            query("expect_stream"),
            {
                "system": one.system,
                "stream": one.stream,
                "interval_seconds": one.interval_seconds,
                "watch_from": one.watch_from,
                "is_polled": one.is_polled,
            },
        )
    connection.execute(query("forget_other_streams"), _side_by_side([(one.system, one.stream) for one in streams]))


def claim(connection: Connection, among: Collection[Name], *, is_due_only: bool = True) -> Claimed | None:
    """Take the stream that has been due the longest; None when none of them is due and free."""
    lease = str(uuid4())
    asked = {"lease": lease, "seconds": LEASE_SECONDS, "is_due_only": is_due_only, **_side_by_side(among)}
    row = connection.execute(query("claim_stream"), asked).fetchone()
    if row is None:
        return None
    system, stream, cursor, failures, interval, fields = row
    return Claimed(system, stream, lease, cursor, failures, interval or 60.0, fields)


def renew(connection: Connection, leases: Collection[str]) -> set[str]:
    """Hold on to leases; those that are still ours."""
    rows = connection.execute(query("renew_leases"), {"leases": list(leases), "seconds": LEASE_SECONDS})
    return {row[0] for row in rows}


def advance(connection: Connection, claimed: Claimed, step: Step) -> None:
    """Write the cursor behind a page, in the transaction that writes its events. Errors: LeaseLostError."""
    changed = connection.execute(
        query("advance_stream"),
        {
            "system": claimed.system,
            "stream": claimed.stream,
            "lease": claimed.lease,
            "seconds": LEASE_SECONDS,
            "cursor": None if step.cursor is None else to_json(step.cursor),
            "watermark": step.watermark,
            "fields": None if step.fields is None else to_json(step.fields),
        },
    )
    if changed.rowcount != 1:
        raise LeaseLostError(
            f"{claimed.system}/{claimed.stream} is read by another worker by now; this page is read again by it"
        )
    _learn(connection, claimed, step.learned)


def release(
    connection: Connection, claimed: Claimed, *, seconds: float, is_well: bool, told: str | None = None
) -> None:
    """Put a stream down for so long; `is_well`: it was read to its end, `told` is what is noteworthy all the same."""
    asked = {"lease": claimed.lease, "seconds": seconds, "is_well": is_well, "told": told}
    connection.execute(query("release_stream"), asked)


def fail(connection: Connection, claimed: Claimed, *, seconds: float, failure: str, told: str) -> None:
    """Put a stream down that cannot be read now, with its reason and the name of the family."""
    asked = {"lease": claimed.lease, "seconds": seconds, "failure": failure, "told": told}
    connection.execute(query("fail_stream"), asked)


def hint(connection: Connection, system: str, stream: str) -> bool:
    """Have a stream read at once: somebody says that there is something new. False where it is not polled."""
    return connection.execute(query("hint_stream"), {"system": system, "stream": stream}).rowcount > 0


def set_cursor(connection: Connection, system: str, stream: str, cursor: Any) -> bool:
    """Have a stream read from elsewhere, None: from its beginning, with nothing remembered. False where there is none.

    Whoever reads it now loses it. Its watermark stays, for what was read stays known.
    """
    asked = {"system": system, "stream": stream, "cursor": None if cursor is None else to_json(cursor)}
    is_there = connection.execute(query("set_cursor"), asked).fetchone() is not None
    if is_there and cursor is None:
        connection.execute(query("forget_all"), {"system": system, "stream": stream})
    return is_there


def seconds_to_next(connection: Connection, among: Collection[Name]) -> float | None:
    """In how many seconds the next of these is due, below 0 when it is; None for never."""
    row = connection.execute(query("next_poll"), _side_by_side(among)).fetchone()
    return None if row is None or row[0] is None else float(row[0])


class StoredMemory:
    """What a stream learned of its records (`collectors.base.Memory`), each question in a transaction of its own."""

    def __init__(self, pool: Pool, system: str, stream: str) -> None:
        self._pool = pool
        self._of = {"system": system, "stream": stream}

    def recall(self, records: Collection[str]) -> dict[str, str]:
        """What is remembered of these; absent where nothing is."""
        if not records:
            return {}
        asked = {**self._of, "records": list(records)}
        rows = in_transaction(self._pool, lambda connection: connection.execute(query("recall"), asked).fetchall())
        return {row[0]: row[1] for row in rows}

    def all(self) -> Iterator[tuple[str, str]]:
        """Everything remembered, by record id."""
        after = ""
        while True:
            asked = {**self._of, "after": after, "count": _MOST_REMEMBERED}
            rows = in_transaction(self._pool, partial(_remembered, asked))
            yield from rows
            if len(rows) < _MOST_REMEMBERED:
                return
            after = rows[-1][0]


def _remembered(asked: Mapping[str, Any], connection: Connection) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in connection.execute(query("remembered_after"), asked)]


def _learn(connection: Connection, claimed: Claimed, learned: Mapping[str, str | None]) -> None:
    of = {"system": claimed.system, "stream": claimed.stream}
    kept = sorted((record, text) for record, text in learned.items() if text is not None)
    dropped = sorted(record for record, text in learned.items() if text is None)
    if kept:
        asked = {"records": [record for record, _ in kept], "learned": [text for _, text in kept]}
        connection.execute(query("remember"), {**of, **asked})
    if dropped:
        connection.execute(query("forget"), {**of, "records": dropped})


def _side_by_side(names: Collection[Name]) -> dict[str, list[str]]:
    ordered = sorted(names)
    return {"systems": [system for system, _ in ordered], "streams": [stream for _, stream in ordered]}
