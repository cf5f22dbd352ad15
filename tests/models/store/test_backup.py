"""Backup and restore: whole, private, and on every server we promise."""

import stat
from pathlib import Path

import psycopg
import pytest

from models.store import backup
from models.store.backup import BackupRefusedError
from models.store.engine import StoreUnavailableError
from tests.servers import Databases

ODD = "SET transaction_timeout = 0;\nünïcode \\. \t end"

COLUMNS = """
SELECT table_name, column_name, data_type, collation_name, is_nullable
FROM information_schema.columns
WHERE table_schema = 'public'
ORDER BY 1, 2
"""


def fill(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE note (n integer PRIMARY KEY, said text)")
        connection.execute("INSERT INTO note SELECT n, %s FROM generate_series(1, 1000) AS n", [ODD])


def notes(url: str) -> list[tuple[int, str]]:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT count(*), min(said) FROM note").fetchall()


def test_what_was_backed_up_comes_back(database: str, tmp_path: Path) -> None:
    fill(database)
    before = backup.schema(database)
    assert backup.backup(database, tmp_path / "b") == (tmp_path / "b").stat().st_size
    with psycopg.connect(database) as connection:
        connection.execute("DELETE FROM note")
        connection.execute("CREATE TABLE later (n integer)")
    for _ in range(2):
        backup.restore(database, tmp_path / "b", replace=True)
        assert notes(database) == [(1000, ODD)]
        assert backup.schema(database) == before


def test_a_backup_is_private(database: str, tmp_path: Path) -> None:
    backup.backup(database, tmp_path / "b")
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["b"]


def test_a_file_in_the_way_is_not_overwritten(database: str, tmp_path: Path) -> None:
    (tmp_path / "b").write_text("mine")
    with pytest.raises(BackupRefusedError, match="exists"):
        backup.backup(database, tmp_path / "b")
    assert (tmp_path / "b").read_text() == "mine"


def test_a_database_with_tables_is_not_overwritten_unasked(database: str, tmp_path: Path) -> None:
    backup.backup(database, tmp_path / "b")
    with pytest.raises(BackupRefusedError, match="--replace"):
        backup.restore(database, tmp_path / "b")


def test_a_database_in_use_is_not_restored_into(database: str, tmp_path: Path) -> None:
    backup.backup(database, tmp_path / "b")
    with psycopg.connect(database), pytest.raises(BackupRefusedError, match="1 other connections"):
        backup.restore(database, tmp_path / "b", replace=True)


@pytest.mark.parametrize("length", [0, 3, 20_000])
def test_a_backup_that_was_cut_off_changes_nothing(database: str, tmp_path: Path, length: int) -> None:
    fill(database)
    backup.backup(database, tmp_path / "b")
    with (tmp_path / "b").open("r+b") as file:
        file.truncate(length)
    with pytest.raises(StoreUnavailableError, match="nothing was restored"):
        backup.restore(database, tmp_path / "b", replace=True)
    assert notes(database) == [(1000, ODD)]


def test_a_backup_that_is_not_there_is_named(database: str, tmp_path: Path) -> None:
    with pytest.raises(BackupRefusedError, match="is no file"):
        backup.restore(database, tmp_path / "none")


def test_an_unreachable_server_is_told_with_the_programs_words(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError, match=r"pg_dump failed: .*127"):
        backup.backup("postgresql://nobody@127.0.0.1:9/nothing", tmp_path / "b")
    assert list(tmp_path.iterdir()) == []


def test_a_password_goes_by_a_variable_and_never_as_an_argument() -> None:
    environment = backup.connection_environment("postgresql://me:secret@example.org:5433/db?sslmode=require")
    assert {name: environment[name] for name in environment if name.startswith("PG")} == {
        "PGUSER": "me",
        "PGPASSWORD": "secret",
        "PGHOST": "example.org",
        "PGPORT": "5433",
        "PGDATABASE": "db",
        "PGSSLMODE": "require",
    }


@pytest.mark.needs_postgres15
def test_a_backup_of_the_embedded_server_is_restored_on_an_older_one(
    databases: Databases, database15: str, tmp_path: Path
) -> None:
    with databases.fresh() as newer:
        fill(newer)
        backup.backup(newer, tmp_path / "b")
        backup.restore(database15, tmp_path / "b", replace=True)
        assert notes(database15) == [(1000, ODD)]
        with psycopg.connect(database15) as older, psycopg.connect(newer) as origin:
            assert older.execute(COLUMNS).fetchall() == origin.execute(COLUMNS).fetchall()
