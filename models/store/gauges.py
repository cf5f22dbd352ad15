"""What the store holds, in numbers for its operators."""

from __future__ import annotations

from datetime import datetime

from models.store.engine import Connection
from sql import query


def read_gauges(connection: Connection, as_of: datetime) -> list[tuple[str, str, float]]:
    """As (name, label, value): `exceptions_open` by kind, `quarantine_waiting` by stream, `stream_lag_seconds`."""
    rows = connection.execute(query("gauges_of_store"), {"as_of": as_of})
    return [(name, label, float(value)) for name, label, value in rows]
