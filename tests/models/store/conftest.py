"""One database a module and server: what a test writes through `connection` is rolled back after it."""

from collections.abc import Iterator

import psycopg
import pytest

from models.store.engine import Connection, open_pool
from tests.making import CONTRACT_TO_CASH
from tests.models.store.laws import Store, open_store


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


@pytest.fixture(scope="module")
def shipped_store(shared_database: str) -> Iterator[Store]:
    with open_pool(shared_database, max_size=4) as pool:
        yield open_store(pool, CONTRACT_TO_CASH)


@pytest.fixture
def store(shipped_store: Store) -> Store:
    """An empty store with the shipped process and the systems clm, psa and erp."""
    shipped_store.empty()
    return shipped_store
