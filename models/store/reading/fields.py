"""Fields of a list, and the conditions that filters on them become: whitelisted columns, bound values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum
from typing import Any

from psycopg import sql

from models.questions import QuestionError, read_instant, read_integer, read_number, read_text, unknown
from sql import query

Row = dict[str, Any]
CONTROLS = ("limit", "cursor", "sort")
"""Parameters of a list that are no filters."""


class Kind(StrEnum):
    """What a field holds, and so how a filter on it is read."""

    TEXT = "text"
    TIME = "time"
    NUMBER = "number"
    INTEGER = "integer"


@dataclass(frozen=True)
class Field:
    """A column that a list can be filtered and sorted by.

    `order` is the column that sorts instead of it; `condition` names the query text that filters instead of comparing.
    """

    name: str
    kind: Kind = Kind.TEXT
    is_nullable: bool = True
    is_filter: bool = True
    is_sort: bool = True
    order: str = ""
    condition: str = ""

    @property
    def column(self) -> str:
        """The column that orders the list when it is sorted by this field."""
        return self.order or self.name


class Fields:
    """The fields of one list by name, and what may be asked of them. `controls` are what else the question may hold."""

    def __init__(self, fields: Sequence[Field], controls: Sequence[str] = CONTROLS) -> None:
        self._fields = {one.name: one for one in fields if one.is_filter}
        self._ranges = {
            f"{one.name}_{end}": one
            for one in self._fields.values()
            if one.kind is not Kind.TEXT
            for end in ("from", "to")
        }
        self._controls = controls

    @property
    def filters(self) -> list[str]:
        """The names of every filter, ranges included."""
        return [*self._fields, *self._ranges]

    def conditions(self, filters: Mapping[str, Sequence[str]], zone: tzinfo) -> tuple[list[sql.Composable], Row]:
        """What rows of `listed` must fulfil, and the values to bind. Errors: QuestionError."""
        values: Row = {}
        return [self._condition(name, texts, zone, values) for name, texts in filters.items()], values

    def _condition(self, name: str, texts: Sequence[str], zone: tzinfo, values: Row) -> sql.Composable:
        if name in self._ranges:
            return self._range(name, texts, zone, values)
        if name not in self._fields:
            raise unknown("filter", name, [*self.filters, *self._controls])
        one = self._fields[name]
        # Nothing after the equals sign finds rows that have nothing there.
        wanted = [text for text in texts if text or not one.is_nullable]
        values[f"is_{name}"] = [read_value(name, text, one.kind, zone) for text in wanted]
        parts: list[sql.Composable] = []
        if wanted:
            equal = sql.SQL("{} = ANY({})").format(column(name), sql.Placeholder(f"is_{name}"))
            parts.append(sql.SQL(query(one.condition)) if one.condition else equal)
        if len(wanted) < len(texts):
            parts.append(sql.SQL("{} IS NULL").format(column(name)))
        return sql.SQL("({})").format(sql.SQL(" OR ").join(parts) if parts else sql.SQL("false"))

    def _range(self, name: str, texts: Sequence[str], zone: tzinfo, values: Row) -> sql.Composable:
        if len(texts) > 1:
            raise QuestionError(f"{name} is given more than once", name)
        one = self._ranges[name]
        values[name] = read_value(name, texts[0], one.kind, zone)
        sign = sql.SQL(">=" if name.endswith("_from") else "<")
        return sql.SQL("{} {} {}").format(column(one.name), sign, sql.Placeholder(name))


def read_value(name: str, text: str, kind: Kind, zone: tzinfo) -> Any:
    """The value that a filter on a field of this kind compares with. Errors: QuestionError."""
    if kind is Kind.TIME:
        return read_instant(name, text, zone)
    if kind is Kind.NUMBER:
        return read_number(name, text)
    return read_integer(name, text) if kind is Kind.INTEGER else read_text(name, text)


def column(name: str) -> sql.Composable:
    """A column of the rows that a list shows."""
    return sql.Identifier("listed", name)
