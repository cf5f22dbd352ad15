"""Questions in SuiteQL. Its REST interface binds no parameters, so every value passes through a literal made here.

Source: NetSuite help, "Executing SuiteQL Queries Through REST Web Services", "SuiteQL Syntax and Examples".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from models.errors import SkipRecord

TIME_FORMAT = "YYYY-MM-DD HH24:MI:SS"
STAMP = "lastmod"
"""What every source calls the column that orders its rows."""

CLOCK = f"SELECT TO_CHAR(SYSDATE, '{TIME_FORMAT}') AS shown FROM DUAL"  # noqa: S608
"""What time the account shows to its user."""

MOST_IN_LIST = 1_000
_LONGEST_LITERAL = 4_000


class LiteralError(SkipRecord):
    """A value that no query can hold."""


def text_literal(value: str) -> str:
    """A text in quotes, quotes in it doubled. Errors: LiteralError for control characters, and above 4,000 bytes."""
    if not value.isprintable() or len(value.encode(errors="surrogatepass")) > _LONGEST_LITERAL:
        raise LiteralError(f"{value[:40]!r} cannot stand in a query: 1 to 4,000 printable characters are wanted")
    return "'" + value.replace("'", "''") + "'"


def id_literal(value: str) -> str:
    """An internal id, which is a whole number. Errors: LiteralError."""
    if not is_id(value):
        raise LiteralError(f"{value[:40]!r} is no internal id; a whole number is wanted")
    return str(int(value))


def is_id(value: str) -> bool:
    """Whether a value is an internal id."""
    return value.isascii() and value.removeprefix("-").isdigit() and len(value) <= 18


def time_literal(value: str) -> str:
    """A time of the account as SuiteQL shows it (`2026-01-15 09:30:00`)."""
    return f"TO_TIMESTAMP({text_literal(value)}, '{TIME_FORMAT}')"


def ids(values: Iterable[str]) -> Iterator[str]:
    """Internal ids for `IN`, each once, as many in a list as it may hold. What is no id is left out: nothing has it."""
    held = sorted({value for value in values if is_id(value)}, key=lambda one: (len(one), one))
    for at in range(0, len(held), MOST_IN_LIST):
        yield ", ".join(id_literal(value) for value in held[at : at + MOST_IN_LIST])


def texts(values: Iterable[str]) -> str:
    """Texts for `IN`, each once."""
    return ", ".join(text_literal(value) for value in sorted(set(values)))


@dataclass(frozen=True)
class Source:
    """A table as a stream reads it: `columns` maps what a row calls a value to the expression that gives it.

    `clock` orders the rows, and `key` those of one instant; `where` is a condition of its own.
    """

    table: str
    columns: Mapping[str, str]
    clock: str = "lastmodifieddate"
    key: str = "id"
    where: str = ""

    @property
    def bare(self) -> str:
        """The columns and the table."""
        return _select(self.columns, self.table)

    @property
    def select(self) -> str:
        """The key, the columns, the clock and the table."""
        return _select({"id": self.key, **self.columns, STAMP: time_column(self.clock)}, self.table)

    def page(self, since: str | None, after: tuple[str, str] | None) -> str:
        """Rows in the order of (clock, key): from `since` on, or behind the row at `after` (time, key)."""
        conditions = [self.where] if self.where else []
        if after is not None:
            at, key = time_literal(after[0]), id_literal(after[1])
            conditions.append(f"({self.clock} > {at} OR ({self.clock} = {at} AND {self.key} > {key}))")
        elif since is not None:
            conditions.append(f"{self.clock} >= {time_literal(since)}")
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"{self.select}{where} ORDER BY {self.clock}, {self.key}"

    def those(self, condition: str) -> str:
        """Rows by a further condition."""
        where = f"{self.where} AND {condition}" if self.where else condition
        return f"{self.select} WHERE {where} ORDER BY {self.key}"

    def one(self) -> str:
        """Any one row: whether every column is there."""
        where = f" WHERE {self.where}" if self.where else ""
        return f"{self.select}{where} FETCH FIRST 1 ROWS ONLY"


def _select(columns: Mapping[str, str], table: str) -> str:
    names = [name if name == what else f"{what} AS {name}" for name, what in columns.items()]
    return f"SELECT {', '.join(names)} FROM {table}"  # noqa: S608 - names are checked ones, never values


def time_column(column: str) -> str:
    """A time in the format that we read."""
    return f"TO_CHAR({column}, '{TIME_FORMAT}')"
