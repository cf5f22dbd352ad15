"""From settings to opened things."""

from pathlib import Path

import pytest

from app.settings import Settings
from app.wiring import open_database, open_store
from models.store import migrate
from models.store.engine import transaction
from models.store.migrate import SchemaNotCurrentError
from tests.servers import Databases


def test_the_embedded_database_is_started_and_brought_up_to_date(test_home: Path) -> None:
    settings = Settings(home=test_home / "wired")
    with open_store(settings) as store:
        migrate.require_current(store.url)
        with transaction(store.pool) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert store.clock.now().tzinfo is not None
    assert not (test_home / "wired" / "database" / "data" / "postmaster.pid").exists()


def test_another_database_is_used_as_it_is(database: str) -> None:
    with open_store(Settings(database_url=database)) as store:
        assert store.url == database


def test_another_database_that_is_not_current_is_refused_with_the_command(databases: Databases) -> None:
    with databases.fresh() as url:
        databases.empty(url)
        with (
            pytest.raises(SchemaNotCurrentError, match="throughline db upgrade"),
            open_store(Settings(database_url=url)),
        ):
            pass
        with open_database(Settings(database_url=url)) as opened:
            assert migrate.status(opened).applied == []
