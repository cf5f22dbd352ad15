"""Lists: filtered, sorted, a page at a time, each page beginning right after the last row of the one before.

A page is found by comparing with that row (keyset), never by counting, so rows written meanwhile move nothing. The
order is a sort column and columns that together are unique. Rows without a value in the sort column come last, always.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, LiteralString

from psycopg import sql
from psycopg.rows import dict_row

from models.questions import USUAL, QuestionError, read_limit, unknown
from models.store.engine import Connection
from models.store.reading.cursor import Cursor, plain, read_cursor, read_place, write_cursor
from models.store.reading.fields import CONTROLS, Field, Fields, Kind, Row, column
from sql import query

__all__ = ["Asked", "Field", "Kind", "Listing", "Page", "Row", "read_asked"]


@dataclass(frozen=True)
class Asked:
    """Which page of a list is wanted. `sort` is a field, with a minus sign for the highest first; '' as usual."""

    limit: int = USUAL
    cursor: str = ""
    sort: str = ""
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    zone: tzinfo = UTC


@dataclass(frozen=True)
class Page:
    """Rows by column name, and the cursor of the next page, None after the last row."""

    rows: list[Row]
    next: str | None


@dataclass(frozen=True)
class Listing:
    """One list: the query whose rows it shows, its fields, the columns that make a row unique, its usual order.

    `over` names another query, whose rows the first finds as `source`.
    """

    query: str
    fields: tuple[Field, ...]
    unique: tuple[str, ...]
    usual_sort: str
    over: str = ""

    @property
    def filters(self) -> list[str]:
        """The names of every filter, ranges included."""
        return Fields(self.fields).filters

    @property
    def source(self) -> LiteralString:
        """The text of the query whose rows it shows."""
        text = query(self.query).rstrip(";\n ")
        return "WITH source AS (\n" + query(self.over).rstrip(";\n ") + "\n)\n" + text if self.over else text

    @property
    def sorts(self) -> list[str]:
        """The fields it can be sorted by."""
        return [one.name for one in self.fields if one.is_sort]

    def page(
        self, connection: Connection, asked: Asked, pins: Mapping[str, datetime] | None = None, **parameters: Any
    ) -> Page:
        """The page that is asked for.

        `pins` are parameters of the query that keep, on every page, the value they had on the first; `parameters` are
        its others. Errors: QuestionError for unknown or unreadable filters, sort, cursor.
        """
        after = read_cursor(asked.cursor) if asked.cursor else None
        filters = {name: list(values) for name, values in asked.filters.items()}
        if after is not None:
            # A cursor alone asks for more of the same.
            filters = filters or after.filters
            asked = Asked(asked.limit, asked.cursor, asked.sort or after.sort, filters, asked.zone)
        sort = asked.sort or self.usual_sort
        if after is not None and (after.filters != filters or after.sort != sort):
            raise QuestionError("cursor belongs to a list with other filters or another order", "cursor")
        held = dict(after.pins if after and pins else pins or {})
        search = _Search(self, sort, filters, asked.zone, parameters | held)
        rows = search.rows(connection, asked.limit + 1, after)
        if len(rows) <= asked.limit:
            return Page(rows, None)
        rows.pop()
        return Page(rows, write_cursor(Cursor(sort, filters, *search.place(rows[-1]), held)))


def read_asked(parameters: Mapping[str, Sequence[str]], zone: tzinfo = UTC) -> Asked:
    """What the parameters of a query string ask for: limit, cursor and sort, and all others as filters."""
    for name in CONTROLS:
        if len(parameters.get(name, ())) > 1:
            raise QuestionError(f"{name} is given more than once", name)
    limit, cursor, sort = (next(iter(parameters.get(name, ())), "") for name in CONTROLS)
    filters = {name: list(values) for name, values in parameters.items() if name not in CONTROLS}
    return Asked(read_limit(limit) if "limit" in parameters else USUAL, cursor, sort, filters, zone)


class _Search:
    """One list under one question: its conditions and order, put together from whitelisted names and bound values."""

    def __init__(
        self, listing: Listing, sort: str, filters: Mapping[str, Sequence[str]], zone: tzinfo, parameters: Row
    ) -> None:
        self._listing = listing
        self._is_descending = sort.startswith("-")
        name = sort.removeprefix("-")
        if name not in listing.sorts:
            raise unknown("sort", name, listing.sorts)
        self._sort = next(one for one in listing.fields if one.name == name)
        self._conditions, values = Fields(listing.fields).conditions(filters, zone)
        self._values = {**parameters, **values}

    def rows(self, connection: Connection, count: int, after: Cursor | None) -> list[Row]:
        """So many rows after the cursor's, those without a value in the sort column at the end."""
        found: list[Row] = []
        if after is None or not after.in_nulls:
            found = self._part(connection, count, after, in_nulls=False)
            after = None
        if self._sort.is_nullable and len(found) < count:
            found += self._part(connection, count - len(found), after, in_nulls=True)
        return found

    def place(self, row: Row) -> tuple[bool, list[str | int]]:
        """Where a row stands in the order: whether among those without a value, and its values."""
        in_nulls = row[self._sort.column] is None
        return in_nulls, [plain(row[name]) for name in self._order(in_nulls)]

    def _order(self, in_nulls: bool) -> list[str]:
        names = list(self._listing.unique)
        return names if in_nulls else list(dict.fromkeys([self._sort.column, *names]))

    def _part(self, connection: Connection, count: int, after: Cursor | None, in_nulls: bool) -> list[Row]:
        conditions = list(self._conditions)
        values = self._values | {"count": count}
        order = self._order(in_nulls)
        if self._sort.is_nullable:
            test = "{} IS NULL" if in_nulls else "{} IS NOT NULL"
            conditions.append(sql.SQL(test).format(column(self._sort.column)))
        if after is not None:
            conditions.append(self._after(order, after, values))
        direction = sql.SQL(" DESC" if self._is_descending else " ASC")
        statement = sql.SQL(
            "SELECT * FROM ({source}) AS listed WHERE {conditions} ORDER BY {order} LIMIT {count}"
        ).format(
            source=sql.SQL(self._listing.source),
            conditions=sql.SQL(" AND ").join(conditions) if conditions else sql.SQL("true"),
            order=sql.SQL(", ").join(column(name) + direction for name in order),
            count=sql.Placeholder("count"),
        )
        with connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement, values).fetchall()

    def _after(self, order: list[str], after: Cursor, values: Row) -> sql.Composable:
        if len(order) != len(after.place):
            raise QuestionError("cursor does not fit this list", "cursor")
        # A column that sorts instead of a word is its rank.
        kinds = {
            one.column: Kind.INTEGER if one.order and one.kind is Kind.TEXT else one.kind
            for one in self._listing.fields
        }
        for number, (name, value) in enumerate(zip(order, after.place, strict=True)):
            values[f"after_{number}"] = read_place(value, kinds.get(name, Kind.TEXT))
        return sql.SQL("({columns}) {sign} ({values})").format(
            columns=sql.SQL(", ").join(map(column, order)),
            sign=sql.SQL("<" if self._is_descending else ">"),
            values=sql.SQL(", ").join(sql.Placeholder(f"after_{number}") for number in range(len(order))),
        )
