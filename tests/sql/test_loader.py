"""The loader of named queries, and what every named query must be."""

from pathlib import Path

import pytest

import sql


def test_a_query_is_known_by_its_name() -> None:
    assert "FROM schema_migration" in sql.query("applied_migrations")


def test_a_name_that_is_not_there_is_told() -> None:
    with pytest.raises(KeyError, match="no query named nonsense"):
        sql.query("nonsense")


def test_queries_of_several_files_are_split_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("-- name: one\n-- A question?\nSELECT 1;\n\n-- name: two\nSELECT 2;\n")
    (tmp_path / "b.sql").write_text("-- name: three\nSELECT 3;\n")
    (tmp_path / "notes.txt").write_text("no query")
    assert sql.parse(sorted(tmp_path.iterdir())) == {
        "one": "-- A question?\nSELECT 1;",
        "two": "SELECT 2;",
        "three": "SELECT 3;",
    }


def test_a_name_used_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("-- name: one\nSELECT 1;\n-- name: one\nSELECT 2;\n")
    with pytest.raises(ValueError, match=r"a\.sql names one"):
        sql.parse(list(tmp_path.iterdir()))


def test_text_before_the_first_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("SELECT 0;\n-- name: one\nSELECT 1;\n")
    with pytest.raises(ValueError, match=r"a\.sql has text before"):
        sql.parse(list(tmp_path.iterdir()))


def test_every_shipped_query_starts_with_its_question() -> None:
    for name, text in sql.queries().items():
        assert text.startswith("-- "), f"{name} does not say what it answers"
        assert any(line and not line.startswith("--") for line in text.splitlines()), f"{name} is empty"
