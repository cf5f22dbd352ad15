"""Input that cannot be read: kept whole, each once, with its reason, until it can be read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

import msgspec

from models.events import LONGEST_NAME
from models.store.engine import Connection
from sql import query

UNKNOWN_SOURCE = "unknown"
CLOUD_EVENT = "cloudevent"
"""The format of an event as interfaces send it. Importers have formats of their own."""

_LONGEST_REASON = 500
_BLANKS = b" \t\r\n"


class BadInput(NamedTuple):
    """One input and why it cannot be read."""

    source: str
    raw: bytes
    reason: str


class Waiting(NamedTuple):
    """An input in quarantine."""

    source: str
    stream: str
    raw: bytes
    format: str
    reimported_at: datetime | None


def quarantine(  # noqa: PLR0917 - the columns of one row, in their order
    connection: Connection, source: str, stream: str, raw: bytes, reason: str, at: datetime, format: str = CLOUD_EVENT
) -> int:
    """Put one input into quarantine; its number there. The same bytes of the same stream are only counted."""
    return quarantine_all(connection, stream, [BadInput(source, raw, reason)], at, format)[0]


def quarantine_all(
    connection: Connection, stream: str, inputs: Sequence[BadInput], at: datetime, format: str = CLOUD_EVENT
) -> list[int]:
    """Put many inputs of one stream into quarantine; their numbers, in order of the distinct inputs' places."""
    counted: dict[tuple[str, bytes], tuple[BadInput, int]] = {}
    for one in inputs:
        place = (one.source, blake2b(one.raw, digest_size=16).digest())
        counted[place] = (one, counted[place][1] + 1 if place in counted else 1)
    if not counted:
        return []
    # In one order for all writers: two of them with the same inputs must not wait for each other.
    places = sorted(counted)
    rows = connection.execute(
        query("put_in_quarantine"),
        {
            "stream": stream,
            "format": format,
            "first_seen_at": at,
            "sources": [source for source, _ in places],
            "bytes_hashes": [UUID(bytes=bytes_hash) for _, bytes_hash in places],
            "reasons": [_storable(counted[place][0].reason)[:_LONGEST_REASON] for place in places],
            "raws": [counted[place][0].raw for place in places],
            "counts": [counted[place][1] for place in places],
        },
    )
    numbers = {(source, bytes_hash.bytes): number for source, bytes_hash, number in rows}
    return [numbers[place] for place in counted]


class _Sourced(msgspec.Struct):
    source: str


_sourced = msgspec.json.Decoder(_Sourced)


def source_of(raw: bytes | msgspec.Raw) -> str:
    """The source that an unreadable event names, `unknown` where even that cannot be read."""
    raw = bytes(raw)
    if not raw.lstrip(_BLANKS).startswith(b"{"):
        return UNKNOWN_SOURCE
    try:
        source = _sourced.decode(raw.decode()).source
    except (ValueError, RecursionError):
        # What the quick reader refuses may still name its source: half a surrogate pair elsewhere does not hide it.
        source = _source_of_odd(raw)
    return source if 0 < len(source) <= LONGEST_NAME and "\0" not in source else UNKNOWN_SOURCE


def _source_of_odd(raw: bytes) -> str:
    try:
        source = json.loads(raw)["source"]
        source.encode()
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return UNKNOWN_SOURCE
    return str(source)


def take(connection: Connection, quarantine_id: int) -> Waiting | None:
    """One input, held until the transaction ends; None where there is none."""
    row = connection.execute(query("quarantined_input"), {"quarantine_id": quarantine_id}).fetchone()
    return None if row is None else Waiting(row[0], row[1], bytes(row[2]), row[3], row[4])


def mark_reimported(connection: Connection, quarantine_id: int, at: datetime) -> None:
    """The input was read after all, and waits no longer."""
    connection.execute(query("mark_reimported"), {"quarantine_id": quarantine_id, "at": at})


def explain(connection: Connection, quarantine_id: int, reason: str) -> None:
    """The input still cannot be read, and this is why."""
    reason = _storable(reason)[:_LONGEST_REASON]
    connection.execute(query("explain_quarantined"), {"quarantine_id": quarantine_id, "reason": reason})


def _storable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
