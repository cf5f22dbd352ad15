"""The SQL text: numbered migrations, and queries known by name.

A file in `queries/` holds any number of queries. Each starts with `-- name: journeys_by_key`, followed by comment lines
that give its question, its parameters and its columns.
"""

import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import LiteralString, cast

MIGRATIONS: Traversable = files("sql") / "migrations"
SCHEMA: Traversable = files("sql") / "schema.sql"

_NAME = re.compile(r"^-- name: *([a-z][a-z0-9_]*)[ \t]*$", re.MULTILINE)


def query(name: str) -> LiteralString:
    """The text of a query, its comments included. KeyError names the query when there is none."""
    try:
        return queries()[name]
    except KeyError:
        raise KeyError(f"sql/queries has no query named {name}") from None


@cache
def queries() -> dict[str, LiteralString]:
    """Every shipped query by name, read once."""
    return parse(sorted((files("sql") / "queries").iterdir(), key=lambda file: file.name))


def parse(sources: list[Traversable]) -> dict[str, LiteralString]:
    """Split files into queries by name. ValueError for a name used twice and for text before the first name."""
    found: dict[str, LiteralString] = {}
    for source in sources:
        if not source.name.endswith(".sql"):
            continue
        head, *rest = _NAME.split(source.read_text(encoding="utf-8"))
        if head.strip():
            raise ValueError(f"sql/queries/{source.name} has text before its first '-- name:' line")
        for name, text in zip(rest[::2], rest[1::2], strict=True):
            if name in found:
                raise ValueError(f"sql/queries/{source.name} names {name}, which another query is called already")
            # The text comes from our own files, never from a value: what LiteralString promises to the driver.
            found[name] = cast(LiteralString, text.strip())
    return found
