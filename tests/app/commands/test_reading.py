"""The reading half of the command."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.command import run
from models.store.engine import open_pool
from tests.making import an_event, load, take


@pytest.fixture
def told(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that knows a failed hand-over of one contract, and that another was signed."""
    monkeypatch.setenv("THROUGHLINE_DATABASE_URL", database)
    monkeypatch.chdir(tmp_path)
    keys = {"contract": "SOW-1"}
    with open_pool(database, max_size=2) as pool:
        load(pool)
        take(
            pool,
            an_event("contract.signed", 1, source="clm", keys=keys, attributes={"value": "5", "currency": "EUR"}),
            an_event("project.activated", 25, source="psa", keys=keys),
            an_event("transaction.failed", 30, source="ipaas", keys=keys, attributes={"transaction": "T-1"}),
            an_event("contract.signed", 2, source="clm", keys={"contract": "SOW-2"}),
            an_event("system.heartbeat", 40, source="clm"),
        )


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("told")
def test_journeys_are_read_in_the_shapes_of_http(capsys) -> None:
    listed = answer(capsys, "journeys", "list", "--sort", "-key")
    assert [row["key"] for row in listed["items"]] == ["SOW-2", "SOW-1"]
    assert listed["next"] is None
    shown = answer(capsys, "journeys", "show", "contract:SOW-1")
    assert shown == listed["items"][1]
    assert shown["first_at"] == "2026-03-02T01:00:00Z"
    assert shown["value"] == {"amount": "5.00", "currency": "EUR"}


@pytest.mark.usefixtures("told")
def test_a_list_is_filtered_and_goes_on_with_a_cursor(capsys) -> None:
    assert [row["key"] for row in answer(capsys, "journeys", "list", "--where", "state=failed")["items"]] == ["SOW-1"]
    first = answer(capsys, "journeys", "list", "--limit", "1")
    second = answer(capsys, "journeys", "list", "--limit", "1", "--cursor", first["next"])
    assert [row["key"] for row in first["items"] + second["items"]] == ["SOW-1", "SOW-2"]


@pytest.mark.usefixtures("told")
def test_exceptions_systems_and_figures_are_read_in_the_shapes_of_http(capsys) -> None:
    (exception,) = answer(capsys, "exceptions", "list", "--where", "status=open")["items"]
    assert answer(capsys, "exceptions", "show", exception["id"])["opened_at"] == "2026-03-03T06:00:00Z"
    (system,) = answer(capsys, "systems", "list")["items"]
    assert (system["name"], system["streams"][0]["watermark"]) == ("clm", "2026-03-03T16:00:00Z")
    (row,) = answer(capsys, "kpi", "activation_latency", "--by", "month", "--from", "2026-03-01", "--to", "2026-04-01")[
        "items"
    ]
    assert (row["finished"], row["p50"], row["period"]["from"]) == (1, 86_400.0, "2026-03-01T00:00:00Z")
    assert len(answer(capsys, "kpi")["items"]) == 4


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["journeys", "list"], ["SOW-1", "failed", "5.00 EUR"]),
        (["journeys", "show", "SOW-1"], ["contract.signed", "observed", "clm", "exception exc_"]),
        (["exceptions", "list"], ["failed", "SOW-1", "high"]),
        (["kpi"], ["activation_latency", "24 hours"]),
        (["kpi", "--by", "week"], ["2 Mar 2026"]),
        (["systems", "list"], ["clm", "2026-03-03 16:00 UTC"]),
        (["journeys", "list", "--limit", "1"], ["more: --cursor "]),
    ],
)
def test_people_read_tables(capsys, monkeypatch, arguments, words) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert run(arguments) == 0
    told = capsys.readouterr().out
    assert all(word in told for word in words), told


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["journeys", "show", "SOW-9"], 1, "no journey has the key 'SOW-9'"),
        (["exceptions", "show", "exc_0"], 1, "there is no exception 'exc_0'"),
        (["journeys", "list", "--where", "colour=red"], 2, "'colour' is not known"),
        (["journeys", "list", "--where", "colour"], 2, "FIELD=VALUE"),
        (["journeys", "list", "--limit", "501"], 2, "limit"),
        (["exceptions", "list", "--sort", "colour"], 2, "sort"),
        (["kpi", "activation_latensy"], 2, "did you mean 'activation_latency'"),
        (["kpi", "--by", "weak"], 2, "by"),
        (["kpi", "--from", "2026-03-02", "--to", "2026-03-01"], 2, "not before"),
    ],
)
def test_what_cannot_be_answered_says_why(capsys, monkeypatch, arguments, code, words) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert run(arguments) == code
    assert words in capsys.readouterr().err
