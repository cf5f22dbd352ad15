"""The sign of life that workers give, by which others see that due times are being watched."""

from __future__ import annotations

from models.store.engine import Connection
from models.store.reading.overview import WORKER_BEAT
from sql import query


def beat(connection: Connection) -> None:
    """Say that a worker lives."""
    connection.execute(query("renew_beat"), {"name": WORKER_BEAT})


def age_of_beat(connection: Connection) -> float | None:
    """How many seconds ago a worker was last heard, by the database's clock; None for never."""
    row = connection.execute(query("age_of_beat"), {"name": WORKER_BEAT}).fetchone()
    return None if row is None else float(row[0])
