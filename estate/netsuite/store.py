"""The rows of the firm's NetSuite in an SQLite database in memory: written one by one, read by SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from estate.netsuite.schema import NAME_SUFFIX, Named, kept, statements

CUSTOMER, JOB, TRANSACTION = (
    Named(-2, "Customer"),
    Named(-7, "Project"),
    Named(-30, "Transaction"),
)
"""Record types as system notes and deleted records name them."""

SET, CHANGE = Named(2, "Set"), Named(4, "Change")
INTEGRATION = Named(7, "Integration")


class Store:
    """One database. Its user holds a lock around each use."""

    def __init__(self) -> None:
        self.database = sqlite3.connect(
            ":memory:", check_same_thread=False, isolation_level=None, cached_statements=512
        )
        for statement in ("PRAGMA case_sensitive_like = ON", "PRAGMA journal_mode = OFF", *statements()):
            self.database.execute(statement)
        self._listed: dict[tuple[str, str], int] = {}
        self._notes = 0

    def insert(self, table: str, **values: Any) -> None:
        """Add a row."""
        columns = _flat(values)
        self.database.execute(_insert(table, tuple(columns)), list(columns.values()))

    def update(self, table: str, key: int | str, at: datetime | None = None, **values: Any) -> None:
        """Change the row with this id; `at` moves its last modification."""
        columns = _flat(values if at is None else {**values, "lastmodifieddate": at})
        sets = ", ".join(f"[{name}] = ?" for name in columns)
        self.database.execute(f"UPDATE [{table}] SET {sets} WHERE id = ?", [*columns.values(), int(key)])  # noqa: S608

    def delete(self, table: str, key: int | str) -> None:
        """Drop the row with this id."""
        self.database.execute(f"DELETE FROM [{table}] WHERE id = ?", [int(key)])  # noqa: S608

    def ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a statement of ours."""
        return self.database.execute(sql, values).fetchall()

    def value(self, table: str, key: int | str, column: str) -> Any:
        """One column of the row with this id, None without such a row."""
        found = self.ask(f"SELECT [{column}] FROM [{table}] WHERE id = ?", int(key))  # noqa: S608
        return found[0][0] if found else None

    def note(self, record_type: Named, record: int | str, field: str, *, old: Any, new: Any, at: datetime) -> None:
        """Write down in the history that a field got another value; None is none."""
        self._notes += 1
        self.insert(
            "systemnote",
            id=self._notes,
            recordtypeid=record_type,
            recordid=int(record),
            field=field,
            oldvalue=None if old is None else str(old),
            newvalue=None if new is None else str(new),
            date=at,
            type=SET if old is None else CHANGE,
            name=INTEGRATION,
        )

    def listed(self, table: str, name: str | None, **more: Any) -> Named | None:
        """The entry of this name in a list such as currencies or terms, made when it is new."""
        if not name:
            return None
        number = self._listed.get((table, name))
        if number is None:
            number = self._listed[table, name] = 1 + sum(1 for known, _ in self._listed if known == table)
            self.insert(table, id=number, name=name, isinactive=False, **more)
        return Named(number, name)

    def currency(self, code: str | None) -> Named | None:
        """A currency by its ISO code."""
        return self.listed("currency", code, symbol=code)


@cache
def _insert(table: str, columns: tuple[str, ...]) -> str:
    names, marks = "], [".join(columns), ", ".join("?" * len(columns))
    return f"INSERT INTO [{table}] ([{names}]) VALUES ({marks})"  # noqa: S608 - names of ours


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    """Columns and what they hold, names of references among them."""
    columns: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Named):
            columns[name], columns[name + NAME_SUFFIX] = value.value, value.name
        else:
            columns[name] = kept(value)
    return columns


def names(cursor: sqlite3.Cursor) -> Sequence[str]:
    """The column names of an answer."""
    return [column[0] for column in cursor.description]
