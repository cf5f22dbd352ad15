"""Who did what: an append-only log in which each row's hash covers the row before."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec

from models.store.engine import Connection
from sql import query

_BEGINNING = "0" * 64
_encoder = msgspec.json.Encoder(order="sorted")


def record(
    connection: Connection, *, at: datetime, actor: str, verb: str, object: str, outcome: str, reason: str
) -> int:
    """Write one line at the end of the log, in the caller's transaction; its number."""
    connection.execute(query("hold_audit"))
    row = connection.execute(query("newest_audit")).fetchone()
    number, previous = (row[0] + 1, row[1]) if row is not None else (1, _BEGINNING)
    line = {
        "seq": number,
        "at": at.astimezone(UTC),
        "actor": actor,
        "verb": verb,
        "object": object,
        "outcome": outcome,
        "reason": reason,
        "previous_hash": previous,
    }
    connection.execute(query("add_audit"), {**line, "hash": _hash(line)})
    return number


def verify(connection: Connection) -> tuple[int, str | None]:
    """How many lines the log has, and what is wrong with the first one that does not fit; None when all fit."""
    previous = _BEGINNING
    count = 0
    names = ("seq", "at", "actor", "verb", "object", "outcome", "reason", "hash", "previous_hash")
    for row in connection.execute(query("audit_in_order")):
        line = dict(zip(names, row, strict=True))
        count += 1
        told = line.pop("hash")
        line["at"] = line["at"].astimezone(UTC)
        if line["seq"] != count:
            return count, f"line {count} is missing: the log goes on with line {line['seq']}"
        if line["previous_hash"] != previous:
            return count, f"line {count} does not follow line {count - 1}: one of them was changed or exchanged"
        if _hash(line) != told:
            return count, f"line {count} was changed after it was written"
        previous = told
    return count, None


def _hash(line: dict[str, Any]) -> str:
    return sha256(_encoder.encode(line)).hexdigest()
