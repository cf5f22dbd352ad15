"""One database a module and server: what a test writes through `connection` is rolled back after it."""

from collections.abc import Iterator

import psycopg
import pytest

from models.store.engine import Connection


@pytest.fixture(scope="module", params=["databases", pytest.param("databases15", marks=pytest.mark.needs_postgres15)])
def shared_database(request: pytest.FixtureRequest) -> Iterator[str]:
    with request.getfixturevalue(request.param).fresh() as url:
        yield url


@pytest.fixture
def connection(shared_database: str) -> Iterator[Connection]:
    with psycopg.connect(shared_database) as opened:
        opened.execute("SET TIME ZONE 'UTC'")
        yield opened
        opened.rollback()
