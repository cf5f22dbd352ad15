"""sql/schema.sql is what the migrations give."""

import sql
from models.store import backup


def test_the_schema_file_equals_the_result_of_the_migrations(database: str) -> None:
    assert backup.schema(database) == sql.SCHEMA.read_text(encoding="utf-8"), "run `make schema`"
