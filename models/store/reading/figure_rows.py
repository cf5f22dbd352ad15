"""The rows behind a figure: what its number was made of, row by row. `models/store/kpis.py` counts exactly these."""

from __future__ import annotations

from datetime import datetime

from models.events import DIMENSIONS
from models.figures import ALL_TIME, EXCEPTION_DIMENSIONS, FigureKind, Period
from models.process import Figure
from models.store.engine import Connection
from models.store.reading.fields import Field, Kind, Row
from models.store.reading.listing import Asked, Listing, Page

_OF_JOURNEY = tuple(Field(name) for name in DIMENSIONS)
_OF_TIME = (
    Field("part", is_nullable=False),
    Field("started_at", Kind.TIME, is_nullable=False),
    Field("finished_at", Kind.TIME),
    Field("seconds", Kind.NUMBER),
)
_EXCEPTION_FIELDS = (
    Field("id", is_nullable=False),
    Field("kind", is_nullable=False),
    Field("contract"),
    Field("journey"),
    Field("process"),
    Field("system"),
    Field("owner"),
    Field("severity", is_nullable=False, order="severity_rank"),
    *_OF_JOURNEY,
    *_OF_TIME,
)

LISTINGS = {
    FigureKind.DURATION: Listing(
        query="duration_rows",
        fields=(
            Field("key", is_nullable=False),
            Field("contract"),
            Field("process", is_nullable=False),
            Field("state", is_nullable=False),
            Field("subject", is_nullable=False),
            *_OF_JOURNEY,
            *_OF_TIME,
        ),
        unique=("key", "subject"),
        usual_sort="-seconds",
    ),
    FigureKind.RECOVERY_TIME: Listing(
        query="recovery_rows",
        over="exceptions_listed",
        fields=_EXCEPTION_FIELDS,
        unique=("id",),
        usual_sort="-seconds",
    ),
    FigureKind.EXCEPTION_AGING: Listing(
        query="aging_rows",
        over="exceptions_listed",
        fields=_EXCEPTION_FIELDS,
        unique=("id",),
        usual_sort="-seconds",
    ),
}
"""The rows behind each kind of figure."""

FILTERS = {
    FigureKind.DURATION: ("process", *DIMENSIONS),
    FigureKind.RECOVERY_TIME: ("process", *DIMENSIONS, *EXCEPTION_DIMENSIONS),
    FigureKind.EXCEPTION_AGING: ("process", *DIMENSIONS, *EXCEPTION_DIMENSIONS),
}
"""What a figure itself can be narrowed down to."""


def list_figure_rows(
    connection: Connection, figure: Figure, asked: Asked, as_of: datetime, window: Period = ALL_TIME
) -> Page:
    """The rows behind a figure, the longest first, every page as of the first page's instant.

    Shape: of durations `{key, contract, process, state, subject, ...}`, of exceptions `{id, kind, contract, journey,
    process, system, owner, severity, ...}`, then for both the dimensions of the journey and `{part, started_at,
    finished_at, seconds}`. `part` is finished, running or omitted; seconds None unless finished.
    """
    listing = LISTINGS[FigureKind(figure.kind)]
    pins = {"as_of": as_of, "from": window.start, "to": window.end}
    page = listing.page(connection, asked, pins, figure=figure.name)
    names = [one.name for one in listing.fields]
    return Page([_shape(row, names) for row in page.rows], page.next)


def _shape(row: Row, names: list[str]) -> Row:
    seconds = row["seconds"]
    return {name: row[name] for name in names} | {"seconds": None if seconds is None else float(seconds)}
