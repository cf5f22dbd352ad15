"""The state hash: two stores that know the same give the same hash, however and whenever they came to know it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from models.derived import unpack
from models.events import EPOCH
from models.store.engine import Connection
from models.store.kpis import Cut, choose, kpis
from models.store.processes import read_catalogue
from sql import query

_encoder = msgspec.json.Encoder(order="sorted")


def default_as_of(connection: Connection) -> datetime:
    """The time of the newest event: an instant that two stores with the same events share."""
    row = connection.execute(query("newest_event")).fetchone()
    return row[0] if row is not None and row[0] is not None else EPOCH


def state_hash(connection: Connection, as_of: datetime) -> str:
    """SHA-256 over the canonical lines of `state_lines`, sorted bytewise, each ended by a line feed."""
    digest = sha256()
    for line in sorted(state_lines(connection, as_of)):
        digest.update(line)
        digest.update(b"\n")
    return digest.hexdigest()


def state_lines(connection: Connection, as_of: datetime) -> Iterator[bytes]:
    """One JSON line each for journeys, steps, amendments, exceptions, samples and figures as of an instant.

    Times are UTC with microseconds, decimals have no trailing zeros. Left out: numbers of the store, when we learned
    things, leases, cursors, deliveries, audit.
    """
    for key, contract, state, reason, step, packed in _stream(connection, "state_journeys", {}):
        derived = unpack(packed)
        yield _line(
            "journey",
            key=key,
            contract=contract,
            state=state,
            reason=reason,
            step=step,
            process=[derived.process, derived.process_version],
            first_at=derived.first_at,
            last_at=derived.last_at,
            agreed=derived.agreed,
            held=derived.held,
            lines=derived.lines,
            transactions=derived.transactions,
        )
        for one in derived.steps:
            yield _line("step", key=key, step=one)
    for name in ("exceptions", "samples", "amendments"):
        for row in _stream(connection, f"state_{name}", {"as_of": as_of}):
            yield _line(name, row=[_plain(value) for value in row])
    figures, cut = choose(read_catalogue(connection), (), ())
    for figure in kpis(connection, figures, cut, Cut(as_of, ZoneInfo("UTC"))):
        yield _line("figure", figure={name: _plain(value) for name, value in figure.items()})


def _stream(connection: Connection, name: str, parameters: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    with connection.cursor(name="state") as cursor:
        cursor.itersize = 5_000
        cursor.execute(query(name), parameters)
        yield from cursor


def _line(what: str, **fields: Any) -> bytes:
    return _encoder.encode({"what": what, **fields})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value
