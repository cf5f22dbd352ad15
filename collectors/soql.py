"""Questions to a Salesforce org and the rows that answer them: literals, queries in time, and fields read with care.

Source: SOQL and SOSL reference (quoted string escape sequences, date formats, relationship queries with history
objects); REST API developer guide (Query, QueryAll).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from models.events import UnreadableEventError

Row = Mapping[str, Any]

ROWS_A_PAGE = 2_000
STAMP, CREATED = "SystemModstamp", "CreatedDate"
"""What orders the rows of an object, and those of a history, which never change."""

_ESCAPES = (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\f", "\\f"), ("\b", "\\b"))
_WANTED = "a date-time such as '2026-03-02T10:15:00.000+0000' is wanted"


@dataclass(frozen=True)
class Question:
    """What is read of an object: its fields, those of parents with points in their names, and which rows."""

    sobject: str
    fields: tuple[str, ...]
    clock: str = STAMP
    where: str = ""

    def soql(self, since: datetime | None, after: Sequence[str] | None, limit: int) -> str:
        """The query for rows since an instant, itself included, or behind a row given by its (time, id)."""
        conditions = [self.where] if self.where else []
        if after is not None:
            at, row_id = instant_literal(datetime.fromisoformat(after[0])), text_literal(after[1])
            conditions.append(f"({self.clock} > {at} OR ({self.clock} = {at} AND Id > {row_id}))")
        elif since is not None:
            conditions.append(f"{self.clock} >= {instant_literal(since)}")
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        selected = ", ".join(self.fields)
        # Names come from the connector and from checked options, values from the two functions below.
        return f"SELECT {selected} FROM {self.sobject}{where} ORDER BY {self.clock}, Id LIMIT {limit}"  # noqa: S608


def text_literal(value: str) -> str:
    """A text as a SOQL literal: in quotes, what would end or bend it escaped."""
    for plain, escaped in _ESCAPES:
        value = value.replace(plain, escaped)
    return f"'{value}'"


def instant_literal(at: datetime) -> str:
    """An instant as a SOQL literal: unquoted, in milliseconds, with a Z, for a plus sign would need escaping."""
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def field(row: Row, name: str) -> Any:
    """A field, through references where the name has points (`Parent.Name`); None where a reference is empty.

    Errors: UnreadableEventError when the row has no such field, for what was asked for is always answered.
    """
    value: Any = row
    for part in name.split("."):
        if value is None:
            return None
        if not isinstance(value, Mapping) or part not in value:
            raise UnreadableEventError(f"{name} is missing")
        value = value[part]
    return value


def instant(row: Row, name: str) -> datetime:
    """A date-time field, in UTC. Errors: UnreadableEventError, for an empty one too."""
    value = field(row, name)
    if value is None:
        raise UnreadableEventError(f"{name} is empty; {_WANTED}")
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError
        return at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise UnreadableEventError(f"{name} is {repr(value)[:40]}; {_WANTED}") from None


def text(row: Row, name: str) -> str:
    """A text field; '' when it is empty. Errors: UnreadableEventError."""
    value = field(row, name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UnreadableEventError(f"{name} is {repr(value)[:40]}; a text is wanted")
    return value.strip()


def flag(row: Row, name: str) -> bool:
    """A checkbox, also where a history keeps it as text; empty is false. Errors: UnreadableEventError."""
    value = field(row, name)
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, str) and value.lower() in {"true", "false", "1", "0"}:
        return value.lower() in {"true", "1"}
    raise UnreadableEventError(f"{name} is {repr(value)[:40]}; true or false is wanted")


def numbers(row: Row, name: str) -> list[str]:
    """The numbers in a text field that may name several, divided by semicolons or commas; sorted, each once."""
    return sorted({part for piece in re.split("[;,]", text(row, name)) if (part := piece.strip())})
