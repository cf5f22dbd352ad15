"""The border to PostgreSQL: transactions, conflicts, and the driver's errors in our families."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import errors

from models.errors import Misconfigured, Refused, RetryLater, SkipRecord
from models.store.engine import (
    Connection,
    ConstraintError,
    Pool,
    StoreAccessError,
    StoreConflictError,
    StoreUnavailableError,
    UnstorableValueError,
    in_transaction,
    open_pool,
    transaction,
)


@pytest.fixture
def table(pool: Pool) -> None:
    with transaction(pool) as connection:
        connection.execute(
            "CREATE TABLE counter (name text PRIMARY KEY, n integer NOT NULL CONSTRAINT small CHECK (n < 9))"
        )
        connection.execute("INSERT INTO counter VALUES ('a', 0), ('b', 0)")


def value(pool: Pool, name: str = "a") -> int:
    with transaction(pool) as connection:
        row = connection.execute("SELECT n FROM counter WHERE name = %s", [name]).fetchone()
    assert row is not None
    return int(row[0])


def test_instants_come_back_in_utc(pool: Pool) -> None:
    with transaction(pool) as connection:
        row = connection.execute("SELECT timestamptz '2026-03-29 02:30:00+01', current_setting('TimeZone')").fetchone()
    assert row is not None
    assert row[0] == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert row[0].utcoffset() == timedelta()
    assert row[1] == "UTC"


@pytest.mark.usefixtures("table")
def test_a_transaction_is_all_or_nothing(pool: Pool) -> None:
    def half_way(connection: Connection) -> None:
        connection.execute("UPDATE counter SET n = 5")
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        in_transaction(pool, half_way)
    assert value(pool) == 0
    with transaction(pool) as connection:
        connection.execute("UPDATE counter SET n = 5")
    assert value(pool) == 5


@pytest.mark.usefixtures("table")
def test_work_that_met_a_deadlock_is_done_again_from_the_start(pool: Pool) -> None:
    both_hold_one = threading.Barrier(2)
    attempts = []

    def add(first: str, second: str) -> None:
        waits = iter([True])

        def work(connection: Connection) -> None:
            attempts.append(first)
            connection.execute("UPDATE counter SET n = n + 1 WHERE name = %s", [first])
            if next(waits, False):
                both_hold_one.wait(timeout=30)
            connection.execute("UPDATE counter SET n = n + 1 WHERE name = %s", [second])

        in_transaction(pool, work)

    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(add, "a", "b"), threads.submit(add, "b", "a")]:
            done.result()
    assert (value(pool, "a"), value(pool, "b")) == (2, 2)
    assert len(attempts) == 3


@pytest.mark.usefixtures("table")
def test_a_serialization_failure_is_done_again(pool: Pool) -> None:
    meddled = iter([True])

    def work(connection: Connection) -> int:
        connection.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        before = connection.execute("SELECT n FROM counter WHERE name = 'a'").fetchone()
        assert before is not None
        if next(meddled, False):
            with transaction(pool) as other:
                other.execute("UPDATE counter SET n = 3 WHERE name = 'a'")
        connection.execute("UPDATE counter SET n = %s WHERE name = 'a'", [before[0] + 1])
        return int(before[0])

    assert in_transaction(pool, work) == 3
    assert value(pool) == 4


def test_work_that_always_meets_a_conflict_is_given_up(pool: Pool) -> None:
    attempts = []

    def work(_: Connection) -> None:
        attempts.append(1)
        raise errors.SerializationFailure

    with pytest.raises(StoreConflictError):
        in_transaction(pool, work)
    assert len(attempts) == 10


@pytest.mark.usefixtures("table")
def test_a_forbidden_row_is_refused_with_the_name_of_the_constraint(pool: Pool) -> None:
    with pytest.raises(ConstraintError, match="small") as caught, transaction(pool) as connection:
        connection.execute("UPDATE counter SET n = 9")
    assert caught.value.constraint == "small"
    assert isinstance(caught.value, Refused)
    assert isinstance(caught.value.__cause__, psycopg.Error)


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("bad", ["null byte \x00", "lone surrogate \ud800"])
def test_a_value_that_cannot_be_held_concerns_its_record_only(pool: Pool, bad: str) -> None:
    with pytest.raises((UnstorableValueError, UnicodeEncodeError)) as caught, transaction(pool) as connection:
        connection.execute("INSERT INTO counter VALUES (%s, 1)", [bad])
    assert isinstance(caught.value, SkipRecord | UnicodeEncodeError)


def test_an_error_in_our_own_sql_is_not_dressed_up(pool: Pool) -> None:
    with pytest.raises(errors.UndefinedTable), transaction(pool) as connection:
        connection.execute("SELECT * FROM nonsense")


def test_a_database_that_is_not_there_is_a_matter_of_settings(database: str) -> None:
    with pytest.raises(StoreAccessError, match="THROUGHLINE_DATABASE_URL") as caught:
        open_pool(database.replace("/main_", "/gone_").replace("/gw", "/gone_gw"))
    assert isinstance(caught.value, Misconfigured)


def test_a_server_that_is_not_there_may_come_back() -> None:
    with pytest.raises(StoreUnavailableError) as caught:
        open_pool("postgresql://nobody@127.0.0.1:9/nothing")
    assert isinstance(caught.value, RetryLater)


def test_a_connection_that_broke_is_not_lent_again(pool: Pool, database: str) -> None:
    with transaction(pool) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None
    with psycopg.connect(database) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", row)
    with transaction(pool) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_connection_that_breaks_in_the_middle_is_told_as_one_that_may_come_back(pool: Pool, database: str) -> None:
    def work(connection: Connection) -> None:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        with psycopg.connect(database) as other:
            other.execute("SELECT pg_terminate_backend(%s, 10000)", row)
        connection.execute("SELECT 1")

    with pytest.raises(StoreUnavailableError):
        in_transaction(pool, work)
