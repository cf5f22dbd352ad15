"""Migrations: numbered, checksummed, one transaction a file, any number of processes at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from models.errors import Misconfigured
from models.store import migrate
from models.store.migrate import MigrationFileError, SchemaNotCurrentError
from tests.servers import Databases


@pytest.fixture
def empty(databases: Databases) -> Iterator[str]:
    with databases.fresh() as url:
        databases.empty(url)
        yield url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_first.sql").write_text("-- why\nCREATE TABLE a (n integer);\nCREATE TABLE b (n integer);\n")
    (tmp_path / "0002_second.sql").write_text("-- why\nALTER TABLE a ADD COLUMN m text DEFAULT '50 %';\n")
    (tmp_path / "README.md").write_text("not a migration")
    return tmp_path


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


def test_upgrade_applies_what_is_pending_in_order_and_then_nothing(empty: str, folder: Path) -> None:
    assert migrate.status(empty, folder).pending == ["0001_first", "0002_second"]
    assert migrate.upgrade(empty, folder) == ["0001_first", "0002_second"]
    assert migrate.upgrade(empty, folder) == []
    assert migrate.status(empty, folder) == migrate.Status(["0001_first", "0002_second"], [], [], [])
    assert tables(empty) == {"a", "b", "schema_migration"}


def test_looking_at_the_status_of_an_empty_database_changes_nothing(empty: str, folder: Path) -> None:
    migrate.status(empty, folder)
    assert tables(empty) == set()


def test_only_what_is_new_is_applied(empty: str, folder: Path) -> None:
    migrate.upgrade(empty, folder)
    (folder / "0003_third.sql").write_text("-- why\nCREATE TABLE c (n integer);")
    assert migrate.upgrade(empty, folder) == ["0003_third"]


def test_a_failing_file_leaves_nothing_of_itself_and_keeps_those_before(empty: str, folder: Path) -> None:
    (folder / "0002_second.sql").write_text("-- why\nCREATE TABLE c (n integer);\nSELECT nonsense;\n")
    with pytest.raises(errors.UndefinedColumn):
        migrate.upgrade(empty, folder)
    assert tables(empty) == {"a", "b", "schema_migration"}
    assert migrate.status(empty, folder).applied == ["0001_first"]


def test_a_file_changed_after_it_was_applied_is_refused(empty: str, folder: Path) -> None:
    migrate.upgrade(empty, folder)
    (folder / "0001_first.sql").write_text("-- why\nCREATE TABLE a (n bigint);\n")
    assert migrate.status(empty, folder).changed == ["0001_first"]
    for refuse in (migrate.upgrade, migrate.require_current):
        with pytest.raises(MigrationFileError, match="0001_first changed after being applied"):
            refuse(empty, folder)


def test_line_ends_of_another_system_are_no_change(empty: str, folder: Path) -> None:
    migrate.upgrade(empty, folder)
    file = folder / "0001_first.sql"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert migrate.status(empty, folder).is_current


def test_a_database_that_lacks_a_migration_is_refused_with_the_command_to_run(empty: str, folder: Path) -> None:
    with pytest.raises(SchemaNotCurrentError, match=r"lacks 0001_first, 0002_second; run `throughline db upgrade`"):
        migrate.require_current(empty, folder)
    migrate.upgrade(empty, folder)
    migrate.require_current(empty, folder)


def test_a_database_of_a_newer_program_is_refused(empty: str, folder: Path) -> None:
    migrate.upgrade(empty, folder)
    (folder / "0002_second.sql").unlink()
    for refuse in (migrate.upgrade, migrate.require_current):
        with pytest.raises(SchemaNotCurrentError, match="0002_second, which this version of the program does not know"):
            refuse(empty, folder)


def test_many_upgrades_at_once_apply_each_file_once(empty: str, folder: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        applied = [name for names in threads.map(lambda _: migrate.upgrade(empty, folder), range(8)) for name in names]
    assert sorted(applied) == ["0001_first", "0002_second"]


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("0004_gap.sql", "its number should be 0003"),
        ("0002_twice.sql", "its number should be 0003"),
        ("3_short.sql", "NNNN_name.sql"),
        ("0003_Upper.sql", "NNNN_name.sql"),
    ],
)
def test_a_badly_named_file_is_refused_by_name(folder: Path, name: str, complaint: str) -> None:
    (folder / name).write_text("-- why\n")
    with pytest.raises(MigrationFileError, match=complaint) as caught:
        migrate.available(folder)
    assert isinstance(caught.value, Misconfigured)


def test_the_shipped_migrations_start_with_a_line_that_says_why() -> None:
    assert migrate.available()
    for migration in migrate.available():
        assert migration.text.startswith("-- "), migration


def test_the_shipped_migrations_run_on_every_server_we_promise(database: str) -> None:
    migrate.require_current(database)
