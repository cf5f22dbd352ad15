"""What an audit entry is, and how each is chained to the one before so that none can be changed or taken out unseen."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

import msgspec

FIRST = "0" * 64
"""What stands before the first entry."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Who tried what on which thing, and how it ended. `outcome`: done, refused or failed."""

    seq: int
    at: datetime
    actor: str
    verb: str
    object: str
    outcome: str
    reason: str


_encoder = msgspec.json.Encoder(order="sorted")


def chained_hash(entry: Entry, previous_hash: str) -> str:
    """SHA-256 in hex over the hash before and the entry as canonical JSON, time in UTC."""
    canonical = _encoder.encode(msgspec.structs.replace(entry, at=entry.at.astimezone(UTC)))
    return sha256(previous_hash.encode() + b"\n" + canonical).hexdigest()
