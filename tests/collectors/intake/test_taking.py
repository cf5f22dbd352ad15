"""Requests taken into the store: everything of one is there, or whoever sent it is not told so."""

from __future__ import annotations

import psycopg
import pytest

from collectors.intake.otlp import read
from collectors.intake.otlp_wire import Encoding, Signal
from collectors.intake.taking import Store, take_otlp
from models.store.engine import Pool
from models.store.processes import read_workshop
from tests.collectors.intake.test_watching import a_trace
from tests.making import at, load


def held(pool: Pool) -> list[int]:
    """How many events and spans there are."""
    with pool.connection() as connection:
        counts = [connection.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("event", "span")]
    return [count[0] for count in counts if count]


@pytest.mark.parametrize("table", ["span", "journey_key"])
def test_a_request_of_which_a_part_cannot_be_written_is_not_taken(pool: Pool, table: str) -> None:
    load(pool)
    with pool.connection() as connection:
        store = Store(pool, read_workshop(connection), at(1))
    received = read(a_trace(1).encode(), Signal.TRACES, Encoding.JSON)
    with pool.connection() as connection:
        connection.execute(f"ALTER TABLE {table} RENAME TO away")
    with pytest.raises(psycopg.errors.UndefinedTable):
        take_otlp(store, received, Signal.TRACES)
    with pool.connection() as connection:
        connection.execute(f"ALTER TABLE away RENAME TO {table}")
    # The exporter comes again.
    take_otlp(store, received, Signal.TRACES)
    assert held(pool) == [1, 1]
