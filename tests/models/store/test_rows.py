"""Values as COPY reads them come back as they were."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from models.store.engine import Pool
from models.store.rows import (
    NULL,
    as_row,
    bigint,
    binary,
    boolean,
    copy_rows,
    instant,
    integer,
    json,
    moment,
    numeric,
    optional_text,
    text,
    uuid,
)

AT = datetime(1969, 7, 20, 20, 17, 40, 5, tzinfo=UTC)
VALUES: list[tuple[str, bytes, Any]] = [
    ("bigint", bigint(-(2**63)), -(2**63)),
    ("integer", integer(-7), -7),
    ("boolean", boolean(True), True),
    ("boolean", boolean(False), False),
    ("timestamptz", instant(AT), AT),
    ("timestamptz", moment(1_740_711_928_079_278), datetime(2025, 2, 28, 3, 5, 28, 79_278, tzinfo=UTC)),
    ("uuid", uuid(UUID(int=5)), UUID(int=5)),
    ("bytea", binary(b"\0\xff\\"), b"\0\xff\\"),
    ("text", text("Zoë\t\\N\n"), "Zoë\t\\N\n"),
    ("text", optional_text(None), None),
    ("text", NULL, None),
    ("jsonb", json('{"a": ["é", 1.50]}'.encode()), {"a": ["é", 1.5]}),
    *[
        ("numeric", numeric(said), Decimal(said))
        for said in (
            "0",
            "1",
            "-1",
            "9999",
            "10000",
            "120000.5",
            "-0.0001",
            "0.00012",
            "12345678901234567890.0123456789",
        )
    ],
    ("numeric", numeric(None), None),
]


@pytest.mark.parametrize(("type_", "packed", "value"), VALUES)
def test_a_value_comes_back_as_it_was(pool: Pool, type_: str, packed: bytes, value: Any) -> None:
    with pool.connection() as connection:
        connection.execute(f"CREATE TEMPORARY TABLE held (number bigint, value {type_})")  # type: ignore[call-overload]
        copy_rows(connection, "held", "number, value", [as_row(bigint(1), packed)])
        row = connection.execute("SELECT value, value::text FROM held").fetchone()
        assert row is not None
        assert row[0] == value
        if isinstance(value, Decimal):
            assert row[1] == str(value) or Decimal(row[1]).as_tuple() == value.as_tuple()


@pytest.mark.parametrize("count", [0, 1, 5_000])
def test_any_number_of_rows_arrives(pool: Pool, count: int) -> None:
    make: Callable[[int], bytes] = lambda number: as_row(bigint(number), text("x" * 50))  # noqa: E731
    with pool.connection() as connection:
        connection.execute("CREATE TEMPORARY TABLE held (number bigint, said text)")
        copy_rows(connection, "held", "number, said", map(make, range(count)))
        assert connection.execute("SELECT count(*), count(DISTINCT number) FROM held").fetchone() == (count, count)
