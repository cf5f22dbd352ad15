"""A page of a SuiteQL answer."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from estate.netsuite.answers import invalid
from estate.netsuite.dialect import written
from estate.netsuite.schema import NAME_SUFFIX
from estate.netsuite.store import Store, names
from estate.netsuite.suiteql import Query

_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_$#]*")

_STREAMS = {
    "customer": "customers",
    "deletedrecord": "deleted",
    "job": "projects",
    "systemnote": "changes",
    "charge": "charges",
    "timebill": "time",
}
_BY_TYPE = {"CustPymt": "payments", "CustCred": "credits", "CustInvc": "invoices"}


def stream_of(query: Query) -> str:
    """Which stream of the account's tables a query reads, for outages of one of them."""
    if "transaction" in query.tables:
        return next((stream for kind, stream in _BY_TYPE.items() if kind in query.literals), "invoices")
    return next((stream for table, stream in _STREAMS.items() if table in query.tables), "")


def page(store: Store, query: Query, limit: int, offset: int) -> tuple[list[dict[str, Any]], int]:
    """The rows of this page, every value a word and nulls left out, and how many rows there are in all.

    Refuses what SQLite does not understand either, in SuiteQL's words.
    """
    try:
        total: int = store.database.execute(query.count).fetchone()[0]
        if query.has_own_limit:
            cursor = store.database.execute(query.sql)
            found = cursor.fetchall()[offset : offset + limit]
        else:
            cursor = store.database.execute(f"{query.sql} LIMIT ? OFFSET ?", (limit, offset))
            found = cursor.fetchall()
    except sqlite3.Error as error:
        raise invalid(
            "q", f"Invalid search query. Detailed unprocessed description follows. {_complaint(error)}"
        ) from error
    keys = _keys(names(cursor))
    return [_item(keys, row) for row in found], total


def _item(keys: list[str | None], row: tuple[Any, ...]) -> dict[str, Any]:
    item: dict[str, Any] = {"links": []}
    for key, value in zip(keys, row, strict=True):
        if value is not None and key is not None:
            item[key] = written(value)
    return item


def _keys(columns: Any) -> list[str | None]:
    """The names of an answer: lower case; `expr1`, `expr2` for what has none. The kept names of `*` are nobody's."""
    keys: list[str | None] = []
    nameless = 0
    for column in columns:
        if column.endswith(NAME_SUFFIX) or not _COLUMN.fullmatch(column):
            nameless += 1
            keys.append(f"expr{nameless}")
        else:
            keys.append(column.lower())
    return keys


def _complaint(error: sqlite3.Error) -> str:
    text = str(error)
    if found := re.fullmatch(r"no such column: (.+)", text):
        return f"Search error occurred: Unknown identifier '{found[1]}'."
    if found := re.fullmatch(r"no such table: (.+)", text):
        return f"Search error occurred: Record '{found[1]}' was not found."
    return "Search error occurred: Invalid or unsupported search."
