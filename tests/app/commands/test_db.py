"""`throughline db`."""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.command import run
from models.store import migrate
from tests.servers import Databases


@pytest.fixture
def empty(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with databases.fresh() as url:
        databases.empty(url)
        monkeypatch.setenv("THROUGHLINE_DATABASE_URL", url)
        yield url


def test_upgrade_and_status_of_an_empty_database(empty: str, capsys: pytest.CaptureFixture[str]) -> None:
    names = [str(migration) for migration in migrate.available()]
    assert run(["db", "status", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {"current": False, "applied": [], "pending": names, "changed": [], "unknown": []}
    assert run(["db", "status"]) == 0
    assert "`throughline db upgrade`" in capsys.readouterr().out
    assert run(["db", "upgrade"]) == 0
    assert capsys.readouterr().out == "".join(f"applied {name}\n" for name in names) + "the database is current\n"
    assert run(["db", "status"]) == 0
    assert capsys.readouterr().out.endswith("the database is current\n")
    migrate.require_current(empty)


def test_backup_and_restore(empty: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "kept.backup"
    run(["db", "upgrade"])
    with psycopg.connect(empty) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    assert run(["db", "backup", str(file)]) == 0
    assert f"bytes to {file}" in capsys.readouterr().out
    assert run(["db", "restore", str(file)]) == 1
    assert "--replace" in capsys.readouterr().err
    with psycopg.connect(empty) as connection:
        connection.execute("DROP TABLE kept")
    assert run(["db", "restore", str(file), "--replace"]) == 0
    with psycopg.connect(empty) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)


def test_a_restored_backup_of_another_version_asks_for_the_upgrade(
    empty: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["db", "backup", str(tmp_path / "old")])
    assert run(["db", "restore", str(tmp_path / "old")]) == 0
    assert "run `throughline db upgrade`" in capsys.readouterr().out


def test_the_schema_is_written(empty: str, tmp_path: Path) -> None:
    run(["db", "upgrade"])
    assert run(["db", "schema", str(tmp_path / "schema.sql")]) == 0
    assert "CREATE TABLE public.schema_migration" in (tmp_path / "schema.sql").read_text()


@pytest.mark.parametrize("what", ["backup", "schema"])
def test_a_place_that_cannot_be_written_is_told(
    what: str, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THROUGHLINE_DATABASE_URL", database)
    assert run(["db", what, "nowhere/file"]) == 2
    assert (
        "nowhere/file cannot be written (No such file or directory); name a file in a folder" in capsys.readouterr().err
    )
