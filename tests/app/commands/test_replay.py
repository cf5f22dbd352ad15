"""`throughline replay`: what would be sent, and asking for it."""

import json

import pytest

from app.command import run
from models.exceptions import ExceptionKind, exception_id
from models.store.engine import Pool
from tests.making import an_event, load, take

EXCEPTION = exception_id(ExceptionKind.FAILED, ["op-1"])


@pytest.fixture
def failing(pool: Pool, database: str, monkeypatch: pytest.MonkeyPatch) -> Pool:
    monkeypatch.setenv("THROUGHLINE_DATABASE_URL", database)
    load(pool)
    keys = {"contract": ("SOW-1",), "transaction": ("doc-1",)}
    said = {"transaction": "doc-1", "operation": "op-1", "target_system": "psa", "error_message": "no such customer"}
    take(pool, an_event("transaction.failed", 1, source="mid", keys=keys, attributes=said))
    return pool


def test_a_dry_run_shows_the_plan_and_why_nothing_would_be_sent(failing: Pool, capsys) -> None:
    assert run(["replay", EXCEPTION, "--dry-run"]) == 1
    told = capsys.readouterr().out
    assert f"{EXCEPTION}: SOW-1, to psa: not asked; not sent: mid is not listed in the settings" in " ".join(
        told.split()
    )
    assert run(["replay", EXCEPTION, "--dry-run", "--json"]) == 1
    (plan,) = json.loads(capsys.readouterr().out)
    assert (plan["operation"], plan["system"], plan["is_allowed"]) == ("op-1", "mid", False)


def test_a_refusal_is_told_and_audited(failing: Pool, capsys) -> None:
    assert run(["replay", EXCEPTION, "exc_nobody", "--reason", "try it"]) == 1
    told = capsys.readouterr().out
    assert "mid is not listed in the settings" in told
    assert "there is no exception 'exc_nobody'" in told
    with failing.connection() as connection:
        rows = connection.execute("SELECT object, outcome FROM audit ORDER BY seq").fetchall()
    assert rows == [(EXCEPTION, "refused"), ("exc_nobody", "refused")]
