"""A partition of `event` for each month in which something was observed."""

from __future__ import annotations

from datetime import UTC, datetime
from weakref import WeakKeyDictionary

import psycopg
from psycopg import sql as compose

from models.store.engine import Pool

_made: WeakKeyDictionary[Pool, set[str]] = WeakKeyDictionary()


def ensure_month(pool: Pool, at: datetime) -> None:
    """Make the partition that holds what is observed at `at`; what came before it was made stays in the default one."""
    at = at.astimezone(UTC)
    name = f"event_{at:%Y_%m}"
    made = _made.setdefault(pool, set())
    if name in made:
        return
    begin = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    end = begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)
    statement = compose.SQL("CREATE TABLE IF NOT EXISTS {} PARTITION OF event FOR VALUES FROM ({}) TO ({})").format(
        compose.Identifier(name), compose.Literal(begin), compose.Literal(end)
    )
    with pool.connection() as connection:
        try:
            connection.execute(statement)
        except (psycopg.errors.CheckViolation, psycopg.errors.UniqueViolation, psycopg.errors.DuplicateTable):
            # The default partition holds rows of this month, or another writer made it at this moment: either way it
            # is served.
            connection.rollback()
    made.add(name)
