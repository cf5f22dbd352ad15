"""The spans of a transaction."""

from __future__ import annotations

from collections.abc import Collection

from psycopg.rows import dict_row

from models.store.engine import Connection
from models.store.reading.listing import Row
from models.traces import belonging
from sql import query

MOST_TRACES = 20
MOST_SPANS = 2_000


def count_spans(connection: Connection, references: Collection[str]) -> int:
    """How many spans name an operation or one of its transactions."""
    row = connection.execute(query("count_spans_of_transaction"), {"references": sorted(set(references))}).fetchone()
    return 0 if row is None else row[0]


def spans_of(connection: Connection, references: Collection[str]) -> list[Row]:
    """The spans of an operation and its transactions (`references`), as they began; at most 2,000 of 20 traces.

    Shape: as in the interface, `attributes` and texts masked when they were written; [] where none was sent.
    """
    wanted = sorted(set(references))
    traces = [
        row[0]
        for row in connection.execute(query("traces_of_transaction"), {"references": wanted, "most": MOST_TRACES})
    ]
    if not traces:
        return []
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query("spans_of_traces"), {"traces": traces, "most": MOST_SPANS}).fetchall()
    return [dict(row) for row in belonging(rows, wanted)]
