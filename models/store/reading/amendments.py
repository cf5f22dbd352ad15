"""Amendments of all contracts."""

from __future__ import annotations

from datetime import datetime

from models.store.engine import Connection
from models.store.reading.journeys import amendment_shape
from models.store.reading.listing import Asked, Field, Kind, Listing, Page

AMENDMENTS = Listing(
    query="amendments_listed",
    fields=(
        Field("amendment", is_nullable=False),
        Field("contract"),
        Field("journey", is_nullable=False, is_sort=False),
        Field("approved_at", Kind.TIME),
        Field("state", is_nullable=False),
    ),
    unique=("amendment", "journey"),
    usual_sort="-approved_at",
)


def list_amendments(connection: Connection, asked: Asked) -> Page:
    """Amendments, the latest approved first, as a journey shows them, with their `contract` and `journey`."""
    page = AMENDMENTS.page(connection, asked)
    rows = []
    for row in page.rows:
        for target in row["targets"]:
            target["reached_at"] = target["reached_at"] and datetime.fromisoformat(target["reached_at"])
        rows.append(amendment_shape(row) | {"contract": row["contract"], "journey": row["journey"]})
    return Page(rows, page.next)
