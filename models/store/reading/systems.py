"""Systems, how far each of their streams was read, and since when one is blind: from its watermark on."""

from __future__ import annotations

from datetime import datetime

from psycopg.rows import dict_row

from models.store.engine import Connection
from models.store.reading.listing import Asked, Field, Listing, Page, Row
from sql import query

SYSTEMS = Listing(
    query="systems_listed",
    fields=(Field("name", is_nullable=False), Field("product", is_nullable=False), Field("role")),
    unique=("name",),
    usual_sort="name",
)


def list_systems(connection: Connection, asked: Asked, as_of: datetime) -> Page:
    """Systems in the shape of the interface; lag in seconds behind `as_of`, None without a watermark."""
    page = SYSTEMS.page(connection, asked)
    streams: dict[str, list[Row]] = {row["name"]: [] for row in page.rows}
    with connection.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(query("streams_of_systems"), {"systems": list(streams), "as_of": as_of}):
            streams[row["system"]].append(_stream(row, as_of))
    return Page([row | {"streams": streams[row["name"]]} for row in page.rows], page.next)


def _stream(row: Row, as_of: datetime) -> Row:
    watermark = row["watermark"]
    names = (
        *("stream", "cursor", "watermark", "last_success_at", "last_error", "last_error_at", "next_poll_at"),
        *("watch_from", "quarantined"),
    )
    return {name: row[name] for name in names} | {
        "lag_seconds": None if watermark is None else max((as_of - watermark).total_seconds(), 0.0),
        "blind_since": (watermark or row["watch_from"]) if row["is_blind"] else None,
    }
