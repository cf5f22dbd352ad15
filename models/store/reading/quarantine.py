"""Input that could not be read, with an excerpt that may be shown."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from models.masking import MASKING, Masking
from models.store.engine import Connection
from models.store.reading.listing import Asked, Field, Kind, Listing, Page, Row

QUARANTINE = Listing(
    query="quarantine_listed",
    fields=(
        Field("id", Kind.INTEGER, is_nullable=False),
        Field("source", is_nullable=False),
        Field("stream", is_nullable=False),
        Field("reason", is_nullable=False),
        Field("format", is_nullable=False),
        Field("first_seen_at", Kind.TIME, is_nullable=False),
        Field("count", Kind.INTEGER, is_nullable=False),
    ),
    unique=("first_seen_at", "id"),
    usual_sort="-first_seen_at",
)
_ANY = replace(QUARANTINE, query="quarantine_any")
_EXCERPT = 500


def list_quarantine(connection: Connection, asked: Asked, masking: Masking = MASKING) -> Page:
    """What still waits, the latest first, in the shape of the interface."""
    page = QUARANTINE.page(connection, asked)
    return Page([_shape(row, masking) for row in page.rows], page.next)


def find_quarantined(connection: Connection, quarantine_id: int, masking: Masking = MASKING) -> Row | None:
    """One entry, waiting or re-imported (`reimported_at`); None where there is none."""
    rows = _ANY.page(connection, Asked(limit=1, filters={"id": [str(quarantine_id)]})).rows
    return next((_shape(row, masking) for row in rows), None)


def _shape(row: Row, masking: Masking) -> Row:
    names = ("source", "stream", "format", "first_seen_at", "count", "reimported_at")
    return (
        {"id": str(row["id"])}
        | {name: row[name] for name in names}
        | {
            # A reason quotes the value that was wrong.
            "reason": masking.mask_text(row["reason"]),
            "excerpt": _excerpt(row, masking),
        }
    )


def _excerpt(row: Row, masking: Masking) -> str:
    raw = bytes(row["raw"])
    try:
        # Whole JSON is masked by its structure; what is broken or cut off can only be masked as text.
        text = msgspec.json.encode(masking.mask(msgspec.json.decode(raw))).decode()
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        text = masking.mask_text(raw.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}"))
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"
