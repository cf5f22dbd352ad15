"""`throughline links`: what people say belongs together, and how they take it back."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.command import run
from models.store.engine import open_pool
from tests.making import an_event, load, take


@pytest.fixture(autouse=True)
def told(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that knows a contract, and a project that belongs to nothing."""
    monkeypatch.setenv("THROUGHLINE_DATABASE_URL", database)
    monkeypatch.chdir(tmp_path)
    with open_pool(database, max_size=2) as pool:
        load(pool)
        take(
            pool,
            an_event("contract.signed", 1, source="clm", keys={"contract": "SOW-1"}),
            an_event("project.created", 2, source="psa", keys={"project": "P-7"}),
        )


def journeys(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [row["key"] for row in answer(capsys, "journeys", "list", "--sort", "key")["items"]]


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_link_is_made_and_taken_back_once(capsys) -> None:
    before = journeys(capsys)
    assert run(["links", "add", "contract:SOW-1", "project:P-7", "--reason", "same work"]) == 0
    capsys.readouterr()
    assert journeys(capsys) == ["SOW-1"]
    link = answer(capsys, "links", "list")[0]["decision"]
    assert run(["links", "undo", link, "--reason", "other work"]) == 0
    assert capsys.readouterr().out == f"took {link} back\n"
    assert run(["links", "undo", link, "--reason", "other work"]) == 0
    assert capsys.readouterr().out == f"{link} was taken back before; nothing changed\n"
    assert journeys(capsys) == before
    assert len(answer(capsys, "links", "list")) == 2


def test_a_blank_reason_is_refused(capsys) -> None:
    assert run(["links", "add", "contract:SOW-1", "project:P-7", "--reason", " "]) == 2
    assert "--reason is blank" in capsys.readouterr().err
    assert answer(capsys, "links", "list") == []
