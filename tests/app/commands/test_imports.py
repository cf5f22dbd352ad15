"""`throughline import`, with the project's own log."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.command import run
from processes.demo import make
from tests.making import PROCESSES

DEMO = PROCESSES / "demo" / "contract_to_cash.csv"
COMMAND = Path(sys.executable).with_name("throughline")


@pytest.fixture
def store(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of the database that the command works on, from an empty folder."""
    monkeypatch.setenv("THROUGHLINE_DATABASE_URL", database)
    monkeypatch.chdir(tmp_path)
    return database


def imported(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert run(["import", "csv", *arguments, "--process", "contract_to_cash", "--json"]) == 0
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


def state_hash(capsys: pytest.CaptureFixture[str]) -> str:
    assert run(["state", "hash"]) == 0
    return capsys.readouterr().out.strip()


def test_the_report_counts_rows_and_gives_the_figures(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    report = imported(capsys, str(DEMO))
    rows = len(DEMO.read_text().splitlines()) - 1
    assert (report["read"], report["new"], report["duplicate"], report["quarantined"]) == (rows, rows - 2, 2, 0)
    figures = {row["name"]: row for row in report["figures"]}
    assert list(figures) == ["activation_latency", "contract_to_cash", "recovery_time", "exception_aging"]
    assert figures["activation_latency"]["unit"] == "seconds"
    assert figures["activation_latency"]["finished"] + figures["activation_latency"]["running"] == make.CONTRACTS
    assert figures["contract_to_cash"]["p50"] > 0


def test_people_are_told_in_lines_and_a_table(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", "csv", str(DEMO), "--process", "contract_to_cash"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("1,470 read, 1,468 new, 2 duplicate, 0 quarantined\n")
    assert "activation_latency" in told.out
    assert told.err == ""


def test_the_demo_holds_what_it_is_made_to_show(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    imported(capsys, str(DEMO))
    with psycopg.connect(store) as connection:
        kinds = dict(connection.execute("SELECT kind || ' ' || status, count(*) FROM exception GROUP BY 1").fetchall())
        states = dict(
            connection.execute("SELECT state, count(*) FROM journey WHERE NOT contested GROUP BY 1").fetchall()
        )
    assert kinds == {
        "failed open": len(make.DEAD),
        "failed settled": len(make.MENDED | make.BY_HAND),
        "premature open": len(make.PREMATURE),
        "duplicate open": len(make.TWO_PROJECTS | make.TWO_BILLS),
        "link_conflict open": len(make.CLAIMED),
        "changed_content open": 1,
        "unlinked open": 1,
    }
    assert states["provisional"] == make.LEADS
    assert states["failed"] == len(make.DEAD)
    assert states["ended"] == len(make.TERMINATED)
    assert sum(states.values()) == make.CONTRACTS + make.LEADS


def test_the_demo_log_is_what_its_script_makes() -> None:
    assert make.text() == DEMO.read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["csv", "nowhere.csv", "--process", "contract_to_cash"], 2, "cannot be read"),
        (["csv", str(DEMO), "--process", "nothing"], 2, "contract_to_cash, order_to_cash, travel_claims"),
        (["xes", str(DEMO), "--process", "contract_to_cash"], 2, "throughline import csv"),
        (["csv", str(DEMO), "--process", "order_to_cash"], 2, "no mapping fits the columns"),
        (["csv", str(DEMO)], 2, "--process"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_kept(
    store: str, arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["import", *arguments]) == code
    assert said in capsys.readouterr().err
    with psycopg.connect(store) as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (0,)


def test_a_log_that_breaks_off_keeps_what_came_before_and_fails(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    event = (
        '<event><string key="concept:name" value="Start trip"/>'
        '<date key="time:timestamp" value="2017-01-09T00:00:00+01:00"/></event>'
    )
    broken = f'<log xes.version="1.0"><trace><string key="concept:name" value="c"/>{event}<event></trace></log>'
    (tmp_path / "log.xes").write_text(broken)
    assert run(["import", "xes", "log.xes", "--process", "travel_claims", "--json"]) == 1
    told = capsys.readouterr()
    report = json.loads(told.out)
    assert (report["read"], report["new"], report["quarantined"]) == (2, 1, 1)
    assert "XML is broken" in report["stopped"]
    assert "mend the file" in told.err


def test_an_import_that_is_killed_goes_on_and_gives_the_same_state(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(capsys, str(DEMO))
    whole = state_hash(capsys)
    with psycopg.connect(store, autocommit=True) as connection:
        tables = (
            "event, event_identity, event_variant, journey, journey_key, key_link, journey_event, sample, exception"
        )
        connection.execute(f"TRUNCATE {tables}, amendment, transaction_place, record_first, record_version")
        # A small batch, so that there is a middle to be killed in.
        script = (
            "from collectors.logs import importing; importing.BATCH = 100; "
            "import sys; from app.command import run; sys.exit(run(sys.argv[1:]))"
        )
        arguments = [sys.executable, "-c", script, "import", "csv", str(DEMO), "--process", "contract_to_cash"]
        killed = subprocess.Popen(arguments, env=os.environ, cwd=tmp_path)
        until = time.monotonic() + 60
        while killed.poll() is None and time.monotonic() < until:
            row = connection.execute("SELECT rows_done FROM import_progress").fetchone()
            if row is not None and row[0] >= 300:
                killed.send_signal(signal.SIGKILL)
                break
        assert killed.wait(60) == -signal.SIGKILL
        row = connection.execute("SELECT rows_done, (SELECT count(*) FROM event) FROM import_progress").fetchone()
        assert row is not None
        assert 300 <= row[0] < 1_470
        assert row[0] - 3 <= row[1] <= row[0]
    report = imported(capsys, str(DEMO))
    assert (report["read"], report["new"], report["duplicate"]) == (1_470, 1_468, 2)
    assert state_hash(capsys) == whole


def test_two_imports_of_the_same_file_at_once_are_one(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [COMMAND, "import", "csv", DEMO, "--process", "contract_to_cash", "--json"]
    both = [subprocess.Popen(arguments, env=os.environ, cwd=tmp_path, stdout=subprocess.PIPE) for _ in range(2)]
    reports = [json.loads(one.communicate(timeout=60)[0]) for one in both]
    assert sum(report["new"] for report in reports) == 1_468
    assert [report["read"] for report in reports] == [1_470, 1_470]
    found = state_hash(capsys)
    assert imported(capsys, str(DEMO))["new"] == 0
    assert state_hash(capsys) == found
    with psycopg.connect(store) as connection:
        assert connection.execute("SELECT count(*) FROM import_progress").fetchone() == (0,)
