"""The rows behind a duration."""

from __future__ import annotations

from models.store.engine import Connection
from models.store.reading.listing import Asked, Field, Kind, Listing, Page

SAMPLES = Listing(
    query="samples_listed",
    fields=(
        Field("key", is_nullable=False),
        Field("contract"),
        Field("customer"),
        Field("state", is_nullable=False),
        Field("subject", is_nullable=False),
        Field("part", is_nullable=False),
        Field("started_at", Kind.TIME, is_nullable=False),
        Field("finished_at", Kind.TIME),
        Field("seconds", Kind.NUMBER),
    ),
    unique=("key", "subject"),
    usual_sort="-seconds",
)


def list_samples(connection: Connection, process: str, figure: str, asked: Asked) -> Page:
    """Samples of a figure, the longest first.

    Shape: `{key, contract, customer, state, subject, started_at, finished_at, seconds, part}`; seconds None while it
    runs.
    """
    page = SAMPLES.page(connection, asked, process=process, figure=figure)
    rows = [row | {"seconds": None if row["seconds"] is None else float(row["seconds"])} for row in page.rows]
    return Page(rows, page.next)
