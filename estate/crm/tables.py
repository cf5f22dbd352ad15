"""The org's rows: one table an object, with an index in time, and history rows for the fields that keep one.

Rows hold what goes over the wire (times as `2026-11-20T23:58:11.000+0000`), so that texts sort as times do and a page
needs no conversion. A row is replaced when it changes, never altered: a cursor goes on showing what it found.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from estate.crm.schema import SOBJECTS, Sobject

Row = dict[str, Any]

INTEGRATION_USER = "0055g00000INTEGRAAV"  # who writes through the API
FIRM_USER = "0055g00000PEOPLEAAV"  # everybody else


def stamp(at: datetime) -> str:
    """A time as the API writes it: milliseconds, and an offset without a colon."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}+0000"


def from_stamp(text: str) -> datetime:
    """The time of a `stamp`."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")


def native(value: Any) -> Any:
    """A value as the wire has it: numbers for money, ISO texts for dates, stamps for times."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


class Table:
    """The rows of one object by id, and their ids in time."""

    def __init__(self, sobject: Sobject) -> None:
        self.sobject = sobject
        self.rows: dict[str, Row] = {}
        self._order: list[tuple[str, str]] = []

    def put(self, row: Row) -> None:
        """Keep a row, in the place of its earlier version."""
        clock = self.sobject.clock
        before = self.rows.get(row["Id"])
        if before is not None:
            del self._order[bisect_left(self._order, (before[clock], before["Id"]))]
        self.rows[row["Id"]] = row
        insort(self._order, (row[clock], row["Id"]))

    def in_time(self, since: str = "") -> Iterator[Row]:
        """Rows from a time on, oldest first, equal times by id."""
        for position in range(bisect_left(self._order, (since, "")), len(self._order)):
            yield self.rows[self._order[position][1]]


class Tables:
    """All tables of the org, and the only way to change them."""

    def __init__(self) -> None:
        self._tables = {sobject.name: Table(sobject) for sobject in SOBJECTS.values()}
        self._next = 0

    def __getitem__(self, name: str) -> Table:
        return self._tables[name]

    def new_id(self, prefix: str) -> str:
        """An id of 18 characters that no row has."""
        self._next += 1
        return f"{prefix}5g{self._next:010d}AAV"

    def create(
        self, name: str, row_id: str | None, at: datetime, values: Mapping[str, Any], by: str = FIRM_USER
    ) -> Row:
        """A new row; fields that are not given are null, checkboxes false. One that stands already is changed."""
        table = self[name]
        if row_id in table.rows:
            return self.change(name, row_id, at, values, by)
        now = stamp(at)
        row: Row = {field.name: False if field.kind == "boolean" else None for field in table.sobject.fields}
        row |= {"Id": row_id or self.new_id(table.sobject.prefix), "CreatedDate": now, "CreatedById": by}
        row |= {"LastModifiedDate": now, "LastModifiedById": by, "SystemModstamp": now}
        row |= {field: native(value) for field, value in values.items()}
        table.put(row)
        if table.sobject.history:
            self._note(table.sobject, row["Id"], now, by, ("created", None, None))
        return row

    def change(self, name: str, row_id: str, at: datetime, values: Mapping[str, Any], by: str = FIRM_USER) -> Row:
        """A changed row, with a history row for each tracked field whose value is another one. Raises KeyError."""
        table = self[name]
        before, now = table.rows[row_id], stamp(at)
        fresh = {field: native(value) for field, value in values.items()}
        row = before | fresh | {"LastModifiedDate": now, "LastModifiedById": by}
        # A record written late by a clock behind never moves its stamp back: polling would lose it.
        row["SystemModstamp"] = max(now, before["SystemModstamp"])
        table.put(row)
        for field, value in fresh.items():
            if field in table.sobject.tracked and before[field] != value:
                self._note(table.sobject, row_id, now, by, (field, before[field], value))
        return row

    def delete(self, name: str, row_id: str, at: datetime, **values: Any) -> Row:
        """A row in the recycle bin: only queryAll shows it from now on. Raises KeyError."""
        return self.change(name, row_id, at, {"IsDeleted": True, **values})

    def _note(self, sobject: Sobject, parent: str, now: str, by: str, what: tuple[str, Any, Any]) -> None:
        assert sobject.history
        history = self[sobject.history]
        field, old, new = what
        kind = sobject.by_name[field.lower()].kind if field != "created" else "Text"
        row: Row = {
            "Id": self.new_id(history.sobject.prefix),
            "IsDeleted": False,
            sobject.history_parent: parent,
            "CreatedById": by,
            "CreatedDate": now,
            "Field": field,
            "DataType": kind,
            "OldValue": old,
            "NewValue": new,
        }
        history.put(row)
