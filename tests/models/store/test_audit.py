"""The audit log is a chain: what is changed afterwards shows."""

from datetime import timedelta

import pytest

from models.store import audit
from models.store.engine import ConstraintError, Pool, in_transaction
from tests.making import DAY


def write(pool: Pool, *verbs: str) -> None:
    for number, verb in enumerate(verbs):
        at = DAY + timedelta(minutes=number)
        in_transaction(
            pool,
            lambda connection, verb=verb, at=at: audit.record(
                connection, at=at, actor="ana", verb=verb, object="exc_1", outcome="done", reason="because"
            ),
        )


def check(pool: Pool) -> tuple[int, str | None]:
    with pool.connection() as connection:
        return audit.verify(connection)


def test_an_empty_log_is_in_order(pool: Pool) -> None:
    assert check(pool) == (0, None)


def test_lines_that_follow_each_other_are_in_order(pool: Pool) -> None:
    write(pool, "link", "unlink", "reimport")
    assert check(pool) == (3, None)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("UPDATE audit SET actor = 'eve' WHERE seq = 2", "line 2 was changed"),
        ("DELETE FROM audit WHERE seq = 2", "line 2 is missing"),
        ("UPDATE audit SET seq = 4 - seq WHERE seq <> 2", "line 1 does not follow line 0"),
        ("DELETE FROM audit WHERE seq = 1", "line 1 is missing"),
    ],
)
def test_what_was_changed_afterwards_is_named(pool: Pool, change: str, fault: str) -> None:
    write(pool, "link", "unlink", "reimport")
    with pool.connection() as connection:
        connection.execute("ALTER TABLE audit DISABLE TRIGGER USER")
        connection.execute("ALTER TABLE audit DROP CONSTRAINT audit_pkey")
        connection.execute(change)
    found = check(pool)[1]
    assert found is not None
    assert found.startswith(fault)


def test_what_a_failed_transaction_would_have_written_is_not_there(pool: Pool) -> None:
    def fail(connection):  # type: ignore[no-untyped-def]
        audit.record(connection, at=DAY, actor="ana", verb="link", object="x", outcome="done", reason="")
        raise KeyError("on purpose")

    with pytest.raises(KeyError):
        in_transaction(pool, fail)
    assert check(pool) == (0, None)


@pytest.mark.parametrize("change", ["UPDATE audit SET actor = 'eve'", "DELETE FROM audit"])
def test_a_line_is_neither_changed_nor_removed(pool: Pool, change: str) -> None:
    write(pool, "link")
    with pytest.raises(ConstraintError, match="append-only"):
        in_transaction(pool, lambda connection: connection.execute(change))
