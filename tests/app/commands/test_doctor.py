"""`throughline doctor`."""

import json
from pathlib import Path

import pytest

from app.command import run
from tests.servers import Databases


def findings(capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[bool, str]]:
    return {one["what"]: (one["ok"], one["said"]) for one in json.loads(capsys.readouterr().out)["findings"]}


def test_all_is_well(database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("THROUGHLINE_DATABASE_URL", database)
    assert run(["doctor", "--json"]) == 0
    found = findings(capsys)
    assert list(found) == ["python", "settings", "folder", "database", "schema", "clock"]
    assert all(ok for ok, _ in found.values())
    assert found["database"][1].startswith("PostgreSQL 18.")
    assert run(["doctor"]) == 0
    assert "WRONG" not in capsys.readouterr().out


def test_the_embedded_server_is_looked_at_with_its_folder(
    test_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("THROUGHLINE_HOME", str(test_home / "doctor"))
    assert run(["doctor", "--json"]) == 1
    found = findings(capsys)
    assert found["folder"] == (True, found["folder"][1])
    assert "closed to others" in found["folder"][1]
    assert found["schema"][0] is False
    assert "throughline db upgrade" in found["schema"][1]


def test_systems_that_nothing_reads_are_named(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "throughline.toml").write_text(
        "[systems.staff]\nproduct = 'workday'\nrole = 'hris'\n[systems.feed]\nproduct = 'push'\nrole = 'psa'\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THROUGHLINE_DATABASE_URL", database)
    assert run(["doctor", "--json"]) == 0
    told = findings(capsys)["settings"][1]
    assert told.endswith("2 systems; without base_url, so nothing reads them: staff (workday)")


def test_what_is_wrong_is_told_and_the_rest_is_looked_at_all_the_same(
    tmp_path: Path, databases: Databases, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "throughline.toml").write_text(
        'clock = "http://127.0.0.1:9/clock"\n'
        "[systems.a]\nproduct = 'x'\nrole = 'erp'\nauth = { kind = 'token', secret = 'env:NOT_SET_ANYWHERE' }\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THROUGHLINE_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing")
    assert run(["doctor", "--json"]) == 1
    found = findings(capsys)
    assert {what for what, (ok, _) in found.items() if not ok} == {"settings", "database", "schema", "clock"}
    assert found["settings"][1] == (
        "throughline.toml: systems.a.auth.secret: the variable NOT_SET_ANYWHERE is not set; set it to the secret"
    )
    assert "does not answer" in found["clock"][1]
